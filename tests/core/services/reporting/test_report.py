"""The report of a scene: one verdict everywhere, obstacles, ways out, the house's rules and decisions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_values import make_document, make_order, make_receipt
from scenes import make_grant

from core.ids import hash_grant_id
from core.ledger.engine import open_ledger
from core.ledger.port import Ledger
from core.licenses import LicenseCatalogue, canonical_text, terms_sha256
from core.model.answer import SceneUse
from core.model.declaration import Declaration, Origin
from core.model.evidence import EvidenceKind
from core.model.findings import Severity, Verdict
from core.model.grant import Grant, GrantState
from core.model.intended_use import IntendedUse, OutputKind, Purpose
from core.model.license import Cap
from core.model.report import Report
from core.model.resolution import Resolution, ResolutionKind
from core.model.scene import DataBlock, SceneScan
from core.policy.compound import WEIGHT, worst_verdict
from core.policy.engine import weigh
from core.policy.presets import PRESETS
from core.policy.studio import Effect, StudioPolicy, StudioRule
from core.reports.credits import collect_credits
from core.services.clearing.house import NO_HOUSE, House, HouseRules
from core.services.reporting.report import MakeReport
from core.settings import Settings
from core.stamp_format import encode, make_declared_stamp, make_stamp

CATALOGUE = LicenseCatalogue.load()
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STATES = (GrantState.ACTIVE, GrantState.ACTIVE, GrantState.ACTIVE, GrantState.ACTIVE, GrantState.REFUNDED,
          GrantState.EXPIRED, GrantState.REVOKED, GrantState.ACTIVE)  # fmt: skip
WEB = IntendedUse(name="Spot", media=("web",))


def grant_of(number: int) -> Grant:
    return replace(make_grant(number, CATALOGUE)[0], state=STATES[number % len(STATES)])


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger with eight grants of four licenses, some of which have ended."""
    folder: Path = tmp_path_factory.mktemp("ledger")
    opened = open_ledger(folder / "ledger.sqlite")
    with opened.transaction() as work:
        for number in range(8):
            grant, (_, terms) = grant_of(number), make_grant(number, CATALOGUE)
            work.add_order(make_order(number, id=grant.order_id, ref=grant.ref))
            work.keep_terms(grant.terms_sha256, canonical_text(terms))
            work.add_grant(grant)
    yield opened
    opened.close()


def service(ledger: Ledger, settings: Settings) -> MakeReport:
    house = House(ledger=ledger, catalogue=CATALOGUE, settings=settings)
    return MakeReport(ledger=ledger, clock=FakeClock(NOW), catalogue=CATALOGUE, house=house)


@pytest.fixture
def settings_(tmp_path: Path) -> Settings:
    """A house without files of its own."""
    return Settings(data_dir=tmp_path / "data", user="ann")


def report_on(
    ledger: Ledger,
    blocks: list[DataBlock],
    use: IntendedUse,
    *,
    house: HouseRules = NO_HOUSE,
    register: tuple[str, ...] = (),
) -> Report:
    scan = SceneScan(host="Test 1.0", scene="/a.blend", data_blocks=tuple(blocks), register=register)
    settings = Settings(data_dir=Path("/nowhere"))
    return service(ledger, settings).run(scan, use, actor="ann", house=house)


def answer_of(report: Report) -> SceneUse:
    assert report.answer is not None
    return report.answer


def mesh(number: int, name: str = "", **other: object) -> DataBlock:
    grant = grant_of(number)
    values: dict[str, object] = {
        "id_type": "MESH", "name": name or f"Mesh{number}", "stamp": encode(make_stamp(grant)),
        "face_grants": frozenset({hash_grant_id(grant.id)}), **other,
    }  # fmt: skip
    return DataBlock(**values)  # type: ignore[arg-type]


BARE = DataBlock(id_type="MESH", name="Cube", unmarked_faces=6)
kinds = st.sampled_from(
    ["good", "bare", "damaged", "edited", "foreign", "merged", "stripped", "partly", "rebuilt"]
)


@st.composite
def scenes(draw: st.DrawFn) -> list[DataBlock]:
    """Make a scene with everything that can be wrong with a stamp."""
    blocks = []
    for index, kind in enumerate(draw(st.lists(kinds, max_size=6))):
        shown = draw(st.sampled_from([None, True, False]))
        number = draw(st.integers(0, 7))
        name = f"M{index}"
        stamp = make_stamp(grant_of(number))
        both = frozenset(hash_grant_id(grant_of(one).id) for one in (number, (number + 1) % 8))
        match kind:
            case "good":
                blocks.append(mesh(number, name))
            case "bare":
                blocks.append(replace(BARE, name=name))
            case "damaged":
                blocks.append(mesh(number, name, stamp="{", face_grants=frozenset()))
            case "edited":
                blocks.append(
                    mesh(number, name, stamp=encode(replace(stamp, license_id="cgtrader.royalty_free")))
                )
            case "foreign":
                unknown = replace(stamp, grant_id=f"grant_{number + 100:026d}")
                faces = frozenset({hash_grant_id(unknown.grant_id)})
                blocks.append(mesh(number, name, stamp=encode(unknown), face_grants=faces))
            case "merged":
                blocks.append(mesh(number, name, face_grants=both))
            case "stripped":
                blocks.append(mesh(number, name, stamp=None, face_grants=both))
            case "partly":
                blocks.append(mesh(number, name, unmarked_faces=3))
            case _:
                blocks.append(mesh(number, name, face_grants=frozenset(), unmarked_faces=9))
        blocks[-1] = replace(blocks[-1], in_output=shown)
    return blocks


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks=scenes(), use=st.sampled_from([*PRESETS.values(), WEB]))
def test_there_is_one_verdict(ledger: Ledger, blocks: list[DataBlock], use: IntendedUse) -> None:
    report = report_on(ledger, blocks, use)
    answer = answer_of(report)
    assert report.verdict is worst_verdict(
        [*(row.verdict for row in report.rows), *(line.verdict for line in report.grants)]
    )
    for line in report.grants:
        if line.verdict is Verdict.IN_FILE_ONLY:
            assert use.only_pictures
            assert weigh(line.findings) is Verdict.CLEARED
        else:
            assert line.verdict is weigh(line.findings)
    assert bool(answer.obstacles) is (report.verdict is not Verdict.CLEARED)
    lines = {line.grant_id: line.verdict for line in report.grants}
    rows = {f"{row.id_type}/{row.name}": row.verdict for row in report.rows}
    for subject in answer.obstacles:
        assert {**lines, **rows}[subject] is report.verdict
    # What is planned is one of the uses that are answered for, or several of them at once.
    planned = [
        WEIGHT[entry.verdict]
        for entry in answer.still_for
        if entry.output in use.outputs and entry.purpose is use.purpose
    ]
    assert max(planned) <= WEIGHT[report.verdict]
    if len(use.outputs) == 1:
        assert max(planned) == WEIGHT[report.verdict]
    assert {way.subject for way in answer.cheapest} == {way.subject for way in answer.ways_out}


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    blocks=scenes(),
    use=st.sampled_from([WEB, PRESETS["asset_handover"]]),
    output=st.sampled_from(OutputKind),
)
def test_what_it_is_still_good_for_is_what_a_report_for_that_says(
    ledger: Ledger, blocks: list[DataBlock], use: IntendedUse, output: OutputKind
) -> None:
    answer = answer_of(report_on(ledger, blocks, use))
    (still,) = (entry for entry in answer.still_for if (entry.output, entry.purpose) == (output, use.purpose))
    asked = report_on(ledger, blocks, replace(use, outputs=frozenset({output})))
    assert still.verdict is asked.verdict


@pytest.mark.parametrize("output", OutputKind)
@pytest.mark.parametrize("shown", [None, True])
def test_a_hidden_copy_whose_stamp_disagrees_counts_for_the_file_alone(
    ledger: Ledger, output: OutputKind, shown: bool | None
) -> None:
    edited = encode(replace(make_stamp(grant_of(3)), license_id="cgtrader.royalty_free"))
    blocks = [
        replace(mesh(3, "Hidden", stamp=edited), in_output=False),
        replace(mesh(3, "Shown"), in_output=shown),
    ]
    use = PRESETS["asset_handover"]
    answer = answer_of(report_on(ledger, blocks, use))
    asked = report_on(ledger, blocks, replace(use, outputs=frozenset({output})))
    (still,) = (entry for entry in answer.still_for if (entry.output, entry.purpose) == (output, use.purpose))
    assert still.verdict is asked.verdict
    hidden = next(row for row in asked.rows if row.name == "Hidden")
    assert (hidden.verdict is Verdict.IN_FILE_ONLY) is asked.use.only_pictures


@pytest.mark.parametrize("use", [*PRESETS.values(), IntendedUse()], ids=lambda use: use.name)
def test_deciding_by_license_says_what_a_report_says(tmp_path: Path, use: IntendedUse) -> None:
    settings_ = Settings(data_dir=tmp_path / "data", user="ann")
    with closing(open_ledger(tmp_path / "ledger.sqlite")) as ledger:
        with ledger.transaction() as work:
            for number in range(40):
                grant, (_, terms) = grant_of(number), make_grant(number, CATALOGUE)
                ends = NOW if number % 5 == 0 else None
                work.add_order(make_order(number, id=grant.order_id, ref=grant.ref))
                work.keep_terms(grant.terms_sha256, canonical_text(terms))
                work.add_grant(replace(grant, valid_until=ends, editorial=number % 3 == 0))
            for origin in Origin:
                work.add_declaration(
                    Declaration(
                        id=f"declaration_{origin}", origin=origin, title=origin, declared_by="ann",
                        declared_at=NOW, reason="ours", license="CC-BY-NC-4.0", client="ACME",
                    )
                )  # fmt: skip
            for number in range(0, 40, 7):
                work.add_resolution(
                    Resolution(
                        id=f"resolution_{number}", kind=ResolutionKind.NOT_VISIBLE, rule="use.editorial_only",
                        subject=grant_of(number).id, reason="behind the camera", author="legal",
                        decided_at=NOW,
                    )
                )  # fmt: skip
        grants = {grant.id: grant for grant in ledger.grants()}
        declarations = {one.id: one for one in ledger.declarations()}
        stamps = [make_stamp(grant) for grant in grants.values()]
        stamps += [make_declared_stamp(one) for one in declarations.values()]
        blocks = tuple(
            DataBlock(id_type="COLLECTION", name=f"C{number}", stamp=encode(stamp))
            for number, stamp in enumerate(stamps)
        )
        report = service(ledger, settings_).judge(SceneScan(host="", scene="", data_blocks=blocks), use)
        decided = service(ledger, settings_).decide(grants, declarations, use)
    assert len(decided) == len(grants) + len(declarations) == 45
    assert decided == {
        line.grant_id: (line.verdict, next((one.message for one in line.findings if one.decides), ""))
        for line in report.grants
    }


def test_what_no_picture_shows_is_in_the_way_of_files_only(ledger: Ledger) -> None:
    hidden = [mesh(1, "News", in_output=False), replace(BARE, in_output=False)]
    report = report_on(ledger, [mesh(0), *hidden], WEB)
    answer = answer_of(report)
    assert report.verdict is Verdict.CLEARED
    assert (answer.obstacles, answer.ways_out) == ((), ())
    by_output = {one.output: one for one in answer.still_for if one.purpose is Purpose.COMMERCIAL}
    assert by_output[OutputKind.RENDER].obstacles == ()
    assert {"MESH/Cube", grant_of(1).id} <= set(by_output[OutputKind.FILE_SHARE_PUBLIC].obstacles)
    shared = report_on(ledger, [mesh(0), *hidden], replace(WEB, outputs=frozenset(OutputKind)))
    ways = {way.subject: way.way for way in answer_of(shared).ways_out if way.way == "leave_out_output"}
    assert ways["MESH/Cube"] == "leave_out_output"


def test_many_hidden_things_are_one_part_of_their_own(ledger: Ledger) -> None:
    many = [replace(BARE, name=f"Cube{number}", in_output=number % 2 == 0) for number in range(60)]
    answer = answer_of(report_on(ledger, many, replace(WEB, outputs=frozenset(OutputKind))))
    assert sorted(answer.obstacles) == ["content.undeclared", "content.undeclared in_file_only"]
    by_output = {one.output: one for one in answer.still_for if one.purpose is Purpose.COMMERCIAL}
    assert by_output[OutputKind.RENDER].obstacles == ("content.undeclared",)
    assert len(by_output[OutputKind.FILE_SHARE_PUBLIC].obstacles) == 2


def test_a_scene_names_its_obstacle_and_the_way_out(ledger: Ledger) -> None:
    report = report_on(ledger, [mesh(0), mesh(1), mesh(1, "Again"), BARE], WEB)
    answer = answer_of(report)
    assert report.verdict is Verdict.NOT_CLEARED
    assert answer.obstacles == (grant_of(1).id,)
    first = answer.ways_out[0]
    assert (first.subject, first.way, first.title) == (grant_of(1).id, "hide", "Asset 1")
    assert first.text == "Hide “Asset 1” (2 data-blocks) from every picture that goes out."
    assert [way.subject for way in answer.cheapest] == [grant_of(1).id, "MESH/Cube"]
    assert not [entry for entry in answer.still_for if entry.verdict is Verdict.CLEARED]
    assert "cgtrader.royalty_free_no_ai" in {
        way.license_id for way in answer.ways_out if way.way == "upgrade"
    }


OWN = Resolution(
    id="1", kind=ResolutionKind.OWN_WORK, rule="content.undeclared", subject="MESH/Cube", reason="Mine.",
    author="ann", decided_at=NOW,
)  # fmt: skip
NO_CGTRADER = StudioPolicy(
    rules=(StudioRule(id="x", effect=Effect.DENY, message="No.", marketplaces=frozenset({"cgtrader"})),)
)


def test_resolutions_and_house_rules_count(ledger: Ledger) -> None:
    report = report_on(ledger, [mesh(0), BARE], WEB, house=HouseRules(resolutions=(OWN,)))
    assert report.verdict is Verdict.CLEARED
    assert report.undeclared == ()
    assert [row.verdict for row in report.rows] == [Verdict.CLEARED] * 2
    (decided,) = [finding for finding in report.findings if not finding.decides]
    assert (decided.rule, decided.resolved_by) == ("content.undeclared", OWN)
    assert {
        entry.output
        for entry in answer_of(report).still_for
        if entry.verdict is Verdict.CLEARED and entry.purpose is Purpose.COMMERCIAL
    } == {OutputKind.RENDER, OutputKind.VIDEO, OutputKind.PRINT}
    strict = report_on(ledger, [mesh(0), BARE], WEB, house=HouseRules(studio=NO_CGTRADER, resolutions=(OWN,)))
    assert strict.verdict is Verdict.NOT_CLEARED
    assert [row.verdict for row in strict.rows] == [Verdict.NOT_CLEARED, Verdict.CLEARED]
    assert strict.findings[0].rule == "studio.x"


def test_a_resolved_license_stays_with_its_resolution_and_decides_no_more(ledger: Ledger) -> None:
    letter = Resolution(
        id="2", kind=ResolutionKind.CLEARED_IN_WRITING, rule="", subject=grant_of(1).id, reason="Agreed.",
        author="ann", decided_at=NOW, evidence_sha256="ab" * 32,
    )  # fmt: skip
    before = report_on(ledger, [mesh(1)], WEB)
    against = {one.rule for one in before.findings if one.severity is not Severity.HINT}
    house = HouseRules(resolutions=tuple(replace(letter, id=rule, rule=rule) for rule in sorted(against)))
    report = report_on(ledger, [mesh(1)], WEB, house=house)
    assert (before.verdict, report.verdict) == (Verdict.NOT_CLEARED, Verdict.CLEARED)
    assert {one.rule for one in report.findings if not one.decides} == against
    assert report.grants[0].verdict is report.rows[0].verdict is Verdict.CLEARED
    some = HouseRules(resolutions=house.resolutions[:-1])
    assert report_on(ledger, [mesh(1)], WEB, house=some).verdict is not Verdict.CLEARED


def test_a_finding_about_a_data_block_can_be_resolved(ledger: Ledger) -> None:
    fence = [mesh(0, "Fence", unmarked_faces=3)]
    own = replace(OWN, rule="mesh.unmarked_faces", subject="MESH/Fence", reason="Modeled the gate.")
    report = report_on(ledger, fence, WEB)
    assert (report.verdict, answer_of(report).obstacles) == (Verdict.NEEDS_REVIEW, ("MESH/Fence",))
    assert report_on(ledger, fence, WEB, house=HouseRules(resolutions=(own,))).verdict is Verdict.CLEARED


def test_many_data_blocks_of_which_the_same_is_to_be_said_are_one_part(ledger: Ledger) -> None:
    bare = [replace(BARE, name=f"Cube.{number:05d}") for number in range(3000)]
    report = report_on(ledger, [mesh(0), *bare], WEB)
    answer = answer_of(report)
    assert answer.obstacles == ("content.undeclared",)
    assert {way.subject for way in answer.ways_out} == {"content.undeclared"}
    assert answer.ways_out[0].text == (
        "If these 3,000 data-blocks are own work or were given to you, declare them, with a reason."
    )
    assert len(report.undeclared) == 3000
    # Nobody decides about all of them in one word; about each of them, somebody can.
    all_mine = replace(OWN, subject="content.undeclared")
    assert report_on(ledger, bare, WEB, house=HouseRules(resolutions=(all_mine,))).verdict is not (
        Verdict.CLEARED
    )
    each = tuple(replace(OWN, id=one.name, subject=f"MESH/{one.name}") for one in bare)
    assert report_on(ledger, bare, WEB, house=HouseRules(resolutions=each)).verdict is Verdict.CLEARED


def test_an_empty_scene(ledger: Ledger) -> None:
    report = report_on(ledger, [], WEB)
    assert (report.verdict, answer_of(report).ways_out) == (Verdict.CLEARED, ())
    assert len(answer_of(report).still_for) == len(OutputKind) * len(Purpose)


def test_faces_name_a_grant_that_neither_stamp_nor_register_names(ledger: Ledger) -> None:
    faces = frozenset({hash_grant_id(grant_of(0).id)})
    report = report_on(ledger, [replace(BARE, face_grants=faces, unmarked_faces=0)], WEB)
    assert [line.grant_id for line in report.grants] == [grant_of(0).id]
    assert (report.rows[0].witness, report.rows[0].grant_ids) == ("stamp_lost", (grant_of(0).id,))
    assert report.verdict is Verdict.NOT_CLEARED
    strange = report_on(ledger, [replace(BARE, face_grants=frozenset({12345}), unmarked_faces=0)], WEB)
    assert strange.rows[0].witness == "unknown_grant"


STUDIO = """schema = 1
name = "Harbor"
[[rule]]
id = "no-cgtrader"
effect = "deny"
message = "Not from there."
marketplaces = ["cgtrader"]
"""
BOOK = f"""schema = 1
[[resolution]]
id = "r1"
rule = "studio.no-cgtrader"
subject = "{grant_of(0).id}"
reason = "The lead agreed."
author = "lea"
kind = "cleared_in_writing"
evidence_sha256 = "{"ab" * 32}"
decided_at = 2026-11-01
"""
BROKEN = STUDIO.replace('"deny"', '"allow"')


def run(ledger: Ledger, settings: Settings, *blocks: DataBlock) -> Report:
    scan = SceneScan(host="Test 1.0", scene="/a.blend", data_blocks=blocks)
    return service(ledger, settings).run(scan, WEB, actor="ann")


def test_the_house_s_files_are_read_from_the_data_folder(ledger: Ledger, settings_: Settings) -> None:
    assert run(ledger, settings_, mesh(0)).verdict is Verdict.CLEARED
    settings_.data_dir.mkdir()
    (settings_.data_dir / "studio.toml").write_text(STUDIO, encoding="utf-8")
    assert run(ledger, settings_, mesh(0)).verdict is Verdict.NOT_CLEARED
    (settings_.data_dir / "resolutions.toml").write_text(BOOK, encoding="utf-8")
    report = run(ledger, settings_, mesh(0))
    assert report.verdict is Verdict.CLEARED
    assert {one.rule for one in report.findings if not one.decides} == {"studio.no-cgtrader"}
    (settings_.data_dir / "studio.toml").write_text(STUDIO + "exceptions = false\n", encoding="utf-8")
    assert run(ledger, settings_, mesh(0)).verdict is Verdict.NOT_CLEARED


def test_the_house_s_files_may_be_elsewhere(ledger: Ledger, settings_: Settings, tmp_path: Path) -> None:
    rules, book = tmp_path / "house.toml", tmp_path / "book.toml"
    rules.write_text(STUDIO, encoding="utf-8")
    settings = replace(settings_, studio_rules=rules)
    assert run(ledger, settings, mesh(0)).verdict is Verdict.NOT_CLEARED
    book.write_text(BOOK, encoding="utf-8")
    assert run(ledger, replace(settings, resolutions_file=book), mesh(0)).verdict is Verdict.CLEARED


@pytest.mark.parametrize(
    "text", [BROKEN.encode(), b"\xff\xfe", b"schema = 1\n[[rule", b"x" * 5_000_000, None], ids=range(5)
)
def test_rules_that_cannot_be_read_make_nothing_laxer(
    ledger: Ledger, settings_: Settings, tmp_path: Path, text: bytes | None
) -> None:
    rules = tmp_path / "house.toml"
    if text is not None:
        rules.write_bytes(text)
    report = run(ledger, replace(settings_, studio_rules=rules), mesh(0), BARE)
    assert report.verdict is Verdict.NOT_CLEARED
    assert report.findings[0].rule == "policy.studio_unreadable"
    assert "house.toml" in report.findings[0].message
    assert "studio's own rules cannot be read" in report.summary
    assert report.grants[0].verdict is Verdict.NOT_CLEARED
    answer = answer_of(report)
    assert not [entry for entry in answer.still_for if entry.verdict is not Verdict.NOT_CLEARED]
    assert {way.subject for way in answer.ways_out} <= {"MESH/Cube"}
    empty = run(ledger, replace(settings_, studio_rules=rules))
    assert (empty.verdict, empty.answer is not None) == (Verdict.NOT_CLEARED, True)


@pytest.mark.parametrize("text", ["schema = 9", "[[resolution", None])
def test_resolutions_that_cannot_be_read_resolve_nothing_and_are_said(
    ledger: Ledger, settings_: Settings, tmp_path: Path, text: str | None
) -> None:
    book = tmp_path / "book.toml"
    if text is not None:
        book.write_text(text, encoding="utf-8")
    report = run(ledger, replace(settings_, resolutions_file=book), mesh(0))
    assert report.verdict is Verdict.CLEARED
    (said,) = [one for one in report.findings if one.rule == "policy.resolutions_unreadable"]
    assert "book.toml" in said.message


def test_the_ledger_s_resolutions_count(tmp_path: Path, settings_: Settings) -> None:
    with closing(open_ledger(tmp_path / "ledger.sqlite")) as ledger:
        assert run(ledger, settings_, BARE).verdict is Verdict.UNDECLARED
        with ledger.transaction() as work:
            work.add_resolution(OWN)
        report = run(ledger, settings_, BARE)
        assert report.verdict is Verdict.CLEARED
        assert ledger.audit()[-1].event.details[-1] == ("resolved", "1")


def declared(number: int, **facts: Any) -> Declaration:
    values = {
        "id": f"declaration_{number}", "origin": Origin.OWN_WORK, "title": f"Moss {number}",
        "declared_by": "mia", "declared_at": NOW, "reason": "Modeled here.", **facts,
    }  # fmt: skip
    return Declaration(**values)


def test_declared_content_is_in_the_bill_of_materials_with_its_origin(
    tmp_path: Path, settings_: Settings
) -> None:
    own = declared(1)
    by = declared(
        2, origin=Origin.FREE_LICENSE, license="CC-BY-4.0", author="Ada", source_url="https://a.example/",
        evidence_sha256="cd" * 32,
    )  # fmt: skip
    gone, faces_only = declared(3), declared(4)

    def block(one: Declaration, **facts: Any) -> DataBlock:
        number = frozenset({hash_grant_id(one.id)})
        stamp = encode(make_declared_stamp(one))
        values = {"id_type": "MESH", "name": one.title, "stamp": stamp, "face_grants": number, **facts}
        return DataBlock(**values)

    with closing(open_ledger(tmp_path / "ledger.sqlite")) as ledger:
        with ledger.transaction() as work:
            for one in (own, by, gone, faces_only):
                work.add_declaration(one)
            work.withdraw_declaration(gone.id, at=NOW)
        good = run(ledger, settings_, block(own), block(own, name="More"), block(by))
        assert (good.verdict, good.undeclared) == (Verdict.CLEARED, ())
        lines = {line.grant_id: line for line in good.grants}
        assert (lines[own.id].origin, lines[own.id].data_blocks) == ("own_work", 2)
        assert lines[own.id].evidence[0].kind is EvidenceKind.DECLARATION
        assert (lines[by.id].license_label, lines[by.id].evidence[0].sha256) == ("CC BY 4.0", "cd" * 32)
        assert [credit.grant_ids for credit in collect_credits(good)] == [(by.id,)]
        assert "2 declared assets" in good.summary
        withdrawn = run(ledger, settings_, block(own), block(gone))
        assert withdrawn.verdict is Verdict.UNDECLARED
        assert withdrawn.undeclared == ("MESH/Moss 3",)
        assert answer_of(withdrawn).obstacles == (gone.id,)
        assert "declare" in {way.way for way in answer_of(withdrawn).ways_out}
        # Its stamp was taken off: as with what was bought, the faces still tell.
        stripped = run(ledger, settings_, block(faces_only, stamp=None))
        assert stripped.rows[0].witness == "stamp_lost"
        assert [line.origin for line in stripped.grants] == ["own_work"]
        unknown = run(ledger, settings_, block(declared(9)))
        assert (unknown.verdict, unknown.rows[0].witness) == (Verdict.NEEDS_REVIEW, "unknown_grant")
        assert "declaration" in unknown.findings[0].message
        forged = run(ledger, settings_, block(own, stamp=encode(make_declared_stamp(replace(by, id=own.id)))))
        assert forged.verdict is Verdict.NOT_CLEARED
        assert "stamp.disagrees" in {one.rule for one in forged.findings}


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"print_run": Cap(limit=None)}, "print run"),
        ({"production_budget_max": None, "seats": Cap(limit=9)}, "seats, production budget"),
        ({}, ""),
        ({"print_run": Cap(limit=5)}, ""),
    ],
)
def test_terms_that_were_narrowed_since_are_a_hint(
    tmp_path: Path, settings_: Settings, facts: dict[str, Any], said: str
) -> None:
    """What was bought under an older reading keeps it; a reading that only became wider is no news."""
    today = make_grant(2, CATALOGUE)[1]
    kept = replace(today, version=date(2025, 3, 2), **facts)
    grant = replace(grant_of(2), order_id="", terms_sha256=terms_sha256(kept))
    stamp = DataBlock(id_type="MATERIAL", name="Wood", stamp=encode(make_stamp(grant)))
    with closing(open_ledger(tmp_path / "ledger.sqlite")) as ledger:
        with ledger.transaction() as work:
            work.keep_terms(grant.terms_sha256, canonical_text(kept))
            work.add_grant(grant)
        report = run(ledger, settings_, stamp)
    changes = [one for one in report.findings if one.rule == "terms.changed"]
    assert len(changes) == bool(said)
    assert report.verdict is Verdict.CLEARED
    for change in changes:
        assert (change.severity, change.subject) == (Severity.HINT, grant.id)
        assert change.message == (
            f"Shutterstock's Standard License allows less since 2026-11-23 ({said}). What you bought keeps "
            "its terms."
        )


def test_every_license_brings_its_evidence(ledger: Ledger, settings_: Settings) -> None:
    grant = grant_of(4)
    with ledger.transaction() as work:
        work.add_receipt(make_receipt(4, order_id=grant.order_id, marketplace_order_id="4711"))
        work.add_document(make_document(4, order_id=grant.order_id, name="invoice.pdf"))
    report = run(ledger, settings_, mesh(4), mesh(0))
    evidence = {line.grant_id: line.evidence for line in report.grants}
    receipt, invoice, terms = evidence[grant.id]
    assert (receipt.kind, receipt.label) == (
        EvidenceKind.RECEIPT, "CGTrader, order 4711 (the answer to the purchase)",
    )  # fmt: skip
    assert (invoice.kind, invoice.label, invoice.sha256) == (EvidenceKind.INVOICE, "invoice.pdf", f"{4:064x}")
    assert (terms.kind, terms.sha256) == (EvidenceKind.TERMS, grant.terms_sha256)
    assert [one.kind for one in evidence[grant_of(0).id]] == [EvidenceKind.TERMS]


def test_kept_terms_that_are_damaged_are_said(tmp_path: Path, settings_: Settings) -> None:
    grant = replace(grant_of(0), order_id="")
    stamp = DataBlock(id_type="MATERIAL", name="Wood", stamp=encode(make_stamp(grant)))
    with closing(open_ledger(tmp_path / "ledger.sqlite")) as ledger:
        with ledger.transaction() as work:
            work.keep_terms(grant.terms_sha256, "{")
            work.add_grant(grant)
        report = run(ledger, settings_, stamp)
    assert report.verdict is Verdict.NEEDS_REVIEW
    assert "terms.missing" in {one.rule for one in report.findings}


def test_what_was_noted_of_a_missing_library_is_looked_up_in_the_ledger(ledger: Ledger) -> None:
    grant = grant_of(0)
    gone = DataBlock(
        id_type="OBJECT", name="Seat", data_type="EMPTY", library="//set.blend", missing=True,
        remembered=encode(make_stamp(grant)),
    )  # fmt: skip
    report = report_on(ledger, [gone], WEB)
    (line,) = report.grants
    assert (line.grant_id, line.title) == (grant.id, grant.title)
    rules = {finding.rule for finding in report.findings}
    assert "library.missing" in rules
    assert "grant.unknown" not in rules
