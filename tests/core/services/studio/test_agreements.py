"""Enterprise agreements: checked line by line, one holds, what it says is judged and named, and it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fakes import FakeClock
from hypothesis import given
from hypothesis import strategies as st
from seat_studio import make_parts, make_terms, own
from shops import Shop

from core.errors import NotAllowed, UserInputError
from core.ledger.engine import SqlLedger, open_ledger
from core.licenses import LicenseCatalogue, terms_sha256
from core.licenses.overrides import apply_overrides, read_overrides, write_overrides
from core.model.agreement import Agreement
from core.model.findings import Verdict
from core.model.intended_use import IntendedUse, OutputKind
from core.model.license import Cap, Clause, Confidence, LicenseeKind, Permission
from core.model.people import Member, Role
from core.model.report_format import ReportFormat
from core.model.scene import DataBlock, SceneScan
from core.policy.agreeing import choose_agreement
from core.services.clearing.house import House
from core.services.reporting.report import MakeReport
from core.services.reporting.write_report import render
from core.services.studio.agreements import NewAgreement, check_overrides
from core.settings import Settings
from core.stamp_format import encode, make_stamp

TERMS = """\
# What the contract says.
seats = 25
licensee_kind = "multi_entity"

[outputs]
file_share_contractor = "allowed"
"""
NOW = FakeClock().now()
NEW = NewAgreement(marketplace="cgtrader", name="Studio 2026", starts_on=date(2026, 1, 1), text=TERMS,
                   text_name="terms.toml", ends_on=date(2026, 12, 31))  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    with closing(open_ledger(tmp_path / "ledger.sqlite")) as opened:
        yield opened


def agree(number: int, **facts: object) -> Agreement:
    """Make an agreement of a whole marketplace that has no end."""
    made = Agreement(
        id=f"agreement_{number}", marketplace="cgtrader", name=f"No. {number}", starts_on=date(2026, 1, 1),
        overrides="seats = 2\n", noted_by="lea", noted_at=datetime(2026, 1, number, tzinfo=UTC),
    )  # fmt: skip
    return replace(made, **facts)  # type: ignore[arg-type]  # its own fields


def test_it_is_noted_with_its_document_and_ends(ledger: SqlLedger, tmp_path: Path) -> None:
    paper = tmp_path / "contract.pdf"
    paper.write_bytes(b"%PDF signed")
    studio = make_parts(ledger, tmp_path, "lea")
    made = studio.agreements.add(replace(NEW, document=paper))
    assert ledger.value(Agreement, made.id) == made
    assert made.overrides == (
        'licensee_kind = "multi_entity"\nseats = 25\n[outputs]\nfile_share_contractor = "allowed"\n'
    )
    assert len(made.document_sha256) == 64
    assert studio.agreements.list() == studio.agreements.holding() == (made,)
    assert studio.agreements.holding(day=date(2025, 12, 31)) == ()
    other = studio.agreements.add(replace(NEW, name="Wider"))
    assert studio.agreements.find_beside(made) == (other,)
    ended = studio.agreements.end(made.id, reason="changed hands")
    assert ended.ended_at == NOW
    assert studio.agreements.list() == (other,)
    assert len(studio.agreements.list(with_ended=True)) == 2
    with pytest.raises(UserInputError, match="was ended on 2026-11-23 already"):
        studio.agreements.end(made.id, reason="again")
    with pytest.raises(UserInputError, match="no such agreement"):
        studio.agreements.end("agreement_none", reason="x")
    with pytest.raises(UserInputError, match="Say why"):
        studio.agreements.end(other.id, reason=" \x00")
    actions = [entry.event.action for entry in ledger.audit()]
    assert actions == ["agreement.noted", "agreement.noted", "agreement.ended"]
    assert ledger.verify_audit().ok


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seats = 2\nseets = 3\n", "terms.toml, line 2, seets: is no field of the license terms"),
        ("# none\n\nseats = -1\n", "terms.toml, line 3, seats: -1 is neither a number nor 'unlimited'"),
        ("seats = true\n", "terms.toml, line 1, seats"),
        ('[outputs]\nrender = "maybe"\n', "terms.toml, line 2, output.render: 'maybe' is none of"),
        ('[outputs]\nrender = "allowed"\nhologram = "allowed"\n', "terms.toml, line 3, output.hologram"),
        ('outputs = {hologram = "allowed"}\n', "terms.toml, line 1, output.hologram"),
        ('production_budget_max = "lots"\n', "terms.toml, line 1, production_budget_max"),
        ("seats = 2\nseats = 3\n", "line 2"),
        ("seats = \n", "line 1"),
        ("", "it changes nothing"),
        ("seats = 1\n" + "# \U0001f4a5\n" * 60_000, "longer than 100,000 characters"),
        ('license_id = "cgtrader.other"\n', "license_id: is no field"),
        ("[facts]\nseats = 2\n", "facts: is no field"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_line(
    ledger: SqlLedger, tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(UserInputError) as caught:
        make_parts(ledger, tmp_path, "lea").agreements.add(replace(NEW, text=text))
    assert says in caught.value.message
    assert caught.value.code == "agreement.invalid"
    assert ledger.values(Agreement) == ()
    assert ledger.audit() == ()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": " \t"}, "Give the agreement a name"),
        ({"marketplace": "mars"}, "“mars” is no marketplace"),
        ({"ends_on": date(2025, 1, 1)}, "before it starts"),
        ({"license_ids": ("unity.standard",)}, "is no license of cgtrader"),
        ({"document": Path("/nowhere/at all.pdf")}, "cannot be read"),
    ],
)
def test_nothing_half_is_kept(
    ledger: SqlLedger, tmp_path: Path, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(UserInputError, match=says):
        make_parts(ledger, tmp_path, "lea").agreements.add(replace(NEW, **changes))  # type: ignore[arg-type]
    assert ledger.values(Agreement) == ()


def test_only_who_may_agree_does(ledger: SqlLedger, tmp_path: Path) -> None:
    with ledger.transaction() as work:
        for name, role in (("ida", Role.ARTIST), ("lea", Role.LEGAL)):
            work.add(Member(id=name, name=name, roles=(role,), added_at=NOW, added_by="ada"))
    with pytest.raises(NotAllowed):
        make_parts(ledger, tmp_path, "ida").agreements.add(NEW)
    made = make_parts(ledger, tmp_path, "lea").agreements.add(NEW)
    assert made.noted_by == "lea"
    with pytest.raises(NotAllowed):
        make_parts(ledger, tmp_path, "ida").agreements.end(made.id, reason="no")


def test_the_narrower_holds_then_the_newer(tmp_path: Path) -> None:
    wide, newer = agree(1), agree(2, starts_on=date(2026, 6, 1))
    two = agree(3, license_ids=("cgtrader.a", "cgtrader.b"), starts_on=date(2025, 1, 1))
    one = agree(4, license_ids=("cgtrader.a",), starts_on=date(2024, 1, 1), ends_on=date(2026, 3, 31))
    other, over = agree(5, marketplace="pond5"), agree(6, ended_at=NOW, license_ids=("cgtrader.a",))
    everything = [wide, newer, two, one, other, over]

    def choose(license_id: str, day: date) -> Agreement | None:
        answers = {
            choose_agreement(order, marketplace="cgtrader", license_id=license_id, day=day)
            for order in (everything, everything[::-1])
        }
        (answer,) = answers
        return answer

    assert choose("cgtrader.a", date(2026, 3, 31)) == one
    assert choose("cgtrader.a", date(2026, 4, 1)) == two
    assert choose("cgtrader.c", date(2026, 5, 31)) == wide
    assert choose("cgtrader.c", date(2026, 6, 1)) == newer
    assert choose("cgtrader.c", date(2025, 12, 31)) is None
    assert choose("cgtrader.b", date(2025, 12, 31)) == two


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "seats": st.integers(0, 10**9) | st.just("unlimited"),
        "perpetual": st.booleans(),
        "commercial": st.sampled_from(["allowed", "denied", "conditional"]),
        "territory": st.lists(st.sampled_from(["CZ", "DE"]), min_size=1, max_size=2),
        "credit_template": st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=30),
    },
).filter(bool)


@given(FIELDS)
def test_what_is_written_is_read_again(facts: dict[str, object]) -> None:
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()]
    text = "\n".join(lines).replace("\x7f", "\\u007f")
    once = read_overrides(text, name="a")
    kept = write_overrides(once)
    assert read_overrides(kept, name="b").facts == once.facts == facts
    assert write_overrides(read_overrides(kept, name="c")) == kept
    # The studio's database looks for the number of seats at the beginning of a line.
    assert sum(line.startswith("seats = ") for line in kept.split("\n")) == ("seats" in facts)


def test_terms_take_what_was_agreed_and_nothing_else() -> None:
    terms = make_terms(seats=Cap(limit=1), outputs={OutputKind.RENDER: Permission.ALLOWED}, perpetual=True)
    overrides = read_overrides(TERMS, name="a")

    def make_clause(topic: str, what: str) -> Clause:
        return Clause(
            topic=topic, summary=what, url="", read_on=date(2026, 1, 1), confidence=Confidence.PRIMARY
        )

    made = apply_overrides(terms, overrides, make_clause=make_clause)
    assert (made.seats, made.licensee_kind) == (Cap(limit=25), LicenseeKind.MULTI_ENTITY)
    assert made.outputs == {
        OutputKind.RENDER: Permission.ALLOWED, OutputKind.FILE_SHARE_CONTRACTOR: Permission.ALLOWED,
    }  # fmt: skip
    assert made.perpetual is True
    clause = made.clause("output.file_share_contractor")
    assert clause is not None
    assert clause.summary == 'file_share_contractor = "allowed"'
    assert terms_sha256(make_terms(seats=Cap(limit=1))) != terms_sha256(made)


def test_the_report_rests_on_it_while_it_holds(ledger: SqlLedger, tmp_path: Path) -> None:
    clock = FakeClock()
    own(ledger, make_terms(
        seats=Cap(limit=1), perpetual=True, worldwide=True, commercial=Permission.ALLOWED,
        outputs={OutputKind.FILE_SHARE_CONTRACTOR: Permission.DENIED},
    ))  # fmt: skip
    grant = ledger.grant("grant_1")
    assert grant is not None
    stamp = encode(make_stamp(grant))
    scan = SceneScan(
        host="test", scene="a.blend",
        data_blocks=(DataBlock(id_type="MESH", name="Table", stamp=stamp),), register=(stamp,),
    )  # fmt: skip
    catalogue = LicenseCatalogue.load()
    settings = Settings(data_dir=tmp_path, user="ida")
    house = House(ledger=ledger, catalogue=catalogue, settings=settings)
    report = MakeReport(ledger=ledger, clock=clock, catalogue=catalogue, house=house)
    use = IntendedUse(outputs=frozenset({OutputKind.FILE_SHARE_CONTRACTOR}), seats=30)
    before = {finding.rule for finding in report.judge(scan, use).grants[0].findings}
    assert {"use.seats", "output.file_share_contractor"} <= before
    paper = tmp_path / "contract.pdf"
    paper.write_bytes(b"%PDF signed")
    made = make_parts(ledger, tmp_path, "lea").agreements.add(replace(NEW, document=paper))
    findings = {finding.rule: finding for finding in report.judge(scan, use).grants[0].findings}
    assert "output.file_share_contractor" not in findings
    seats = findings["use.seats"]
    assert "30 people work with the files" in seats.message
    assert "covers 25" in seats.message
    assert seats.clause is not None
    assert "Studio 2026" in seats.clause.summary
    assert made.document_sha256 in seats.clause.summary
    assert made.document_sha256 in findings["license.agreement"].message
    for one in (ReportFormat.HTML, ReportFormat.JSON, ReportFormat.SARIF):
        assert "Studio 2026" in render(report.judge(scan, use), one)
    enough = report.judge(scan, replace(use, seats=25)).grants[0]
    assert "use.seats" not in {finding.rule for finding in enough.findings}
    assert enough.verdict is not Verdict.NOT_CLEARED
    clock.advance(60 * 86_400)  # into the next year: the agreement is over
    after = {finding.rule for finding in report.judge(scan, use).grants[0].findings}
    assert {"use.seats", "output.file_share_contractor"} <= after
    assert "license.agreement" not in after


def test_a_quote_is_judged_by_it(shop: Shop, tmp_path: Path) -> None:
    plain = shop.made_quote()
    assert plain.agreement is None
    made = make_parts(shop.ledger, tmp_path, "lea").agreements.add(
        replace(NEW, marketplace=plain.quote.ref.marketplace, text="seats = 77\n")
    )
    again = shop.made_quote()
    assert again.agreement == made
    assert again.terms.seats == Cap(limit=77)
    assert again.quote.terms_sha256 == plain.quote.terms_sha256
    assert "license.agreement" in {finding.rule for finding in again.answer.findings}


def test_overrides_name_their_file() -> None:
    assert check_overrides("seats=3", name="x.toml") == "seats = 3\n"
    with pytest.raises(UserInputError, match=r"x\.toml"):
        check_overrides("[[seats]]", name="x.toml")
