"""Declarations and decisions: kept with their proof and an audit entry, or refused with nothing written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes import CountingIds, FakeClock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_values import make_resolution, moment

from core.errors import UserInputError
from core.files.store import Store
from core.ledger.engine import open_ledger
from core.ledger.port import Ledger
from core.model.declaration import Declaration, Origin
from core.model.resolution import ResolutionKind
from core.services.clearing.declare import Declarations
from core.services.clearing.resolutions import ResolutionFile, Resolutions
from core.stamp_format import Stamp, decode, encode


@dataclass
class Office:
    """Where people decide and declare."""

    ledger: Ledger
    store: Store
    declarations: Declarations
    resolutions: Resolutions

    def actions(self) -> list[tuple[str, str, str]]:
        """Return what the audit says was done, to what, and by whom."""
        return [(e.event.action, e.event.subject, e.event.actor) for e in self.ledger.audit()]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock, ids = FakeClock(), CountingIds()
    store = Store(tmp_path / "store", clock=clock)
    with closing(open_ledger(tmp_path / "ledger.sqlite")) as ledger:
        parts: dict[str, Any] = {"ledger": ledger, "store": store, "clock": clock, "ids": ids}
        yield Office(ledger, store, Declarations(**parts), Resolutions(**parts))


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "Brief č. 1.pdf"
    path.write_bytes(b"We agree.")
    return path


def test_a_declaration_is_kept_with_its_proof_and_its_stamp(office: Office, letter: Path) -> None:
    made = office.declarations.declare(
        Origin.FREE_LICENSE, title="Moss\n🌿", reason="Said on the page.", actor="mia", author="Ada",
        license="cc by 4.0", source_url="https://museum.example/moss?id=3", project="Forest", evidence=letter,
    )  # fmt: skip
    digest = hashlib.sha256(b"We agree.").hexdigest()
    assert made.declaration == office.ledger.declaration(made.declaration.id)
    assert (made.declaration.title, made.declaration.license) == ("Moss 🌿", "CC-BY-4.0")
    assert made.declaration.evidence_sha256 == digest
    kept = office.store.path(digest)
    assert kept is not None
    assert kept.read_bytes() == b"We agree."
    assert letter.exists()
    assert made.stamp == Stamp(
        grant_id=made.declaration.id, marketplace="declared", listing_id="",
        license_id="declared.free_license", terms_sha256="", credit=made.stamp.credit,
    )  # fmt: skip
    assert made.stamp.credit.startswith("“Moss 🌿” by Ada")
    assert decode(encode(made.stamp)) == made.stamp
    assert "mia" not in encode(made.stamp)
    assert office.actions() == [("content.declared", made.declaration.id, "mia")]
    assert office.declarations.again(made.declaration.id) == made
    assert office.declarations.list() == (made.declaration,)
    assert office.ledger.verify_audit().ok


@pytest.mark.parametrize(
    ("origin", "facts", "said"),
    [
        (Origin.OWN_WORK, {"title": " \n\t"}, "title is missing"),
        (Origin.OWN_WORK, {"reason": "\x00"}, "reason is missing"),
        (Origin.OWN_WORK, {"title": "x" * 301}, "below 300"),
        (Origin.OWN_WORK, {"reason": "x" * 100_000}, "below 2,000"),
        (Origin.FREE_LICENSE, {"license": " "}, "Name the license"),
        (Origin.CLIENT, {}, "Name the client"),
        (Origin.OTHER, {"source_url": "museum.example"}, "no web address"),
        (Origin.OTHER, {"source_url": "javascript:alert(1)"}, "no web address"),
        (Origin.OTHER, {"source_url": "https://a b"}, "no web address"),
        (Origin.OTHER, {"source_url": "http://[::1"}, "no web address"),
        (Origin.OWN_WORK, {"evidence": Path("/nowhere/letter.pdf")}, "cannot be read"),
    ],
)
def test_what_declares_nothing_is_refused_and_nothing_is_written(
    office: Office, origin: Origin, facts: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserInputError, match=said):
        office.declarations.declare(origin, **{"title": "Moss", "reason": "Mine.", "actor": "mia", **facts})
    assert office.ledger.declarations() == ()
    assert office.actions() == []


def test_a_declaration_is_withdrawn_once(office: Office) -> None:
    made = office.declarations.declare(Origin.OWN_WORK, title="Gate", reason="Modeled.", actor="mia")
    with pytest.raises(UserInputError, match="reason is missing"):
        office.declarations.withdraw(made.declaration.id, reason=" ", actor="lea")
    gone = office.declarations.withdraw(made.declaration.id, reason="Bought after all.", actor="lea")
    assert gone.withdrawn_at is not None
    assert office.ledger.declaration(gone.id) == gone
    for act in (
        lambda: office.declarations.withdraw(gone.id, reason="Twice.", actor="lea"),
        lambda: office.declarations.again(gone.id),
        lambda: office.declarations.again("declaration_9"),
    ):
        with pytest.raises(UserInputError):
            act()
    assert [action for action, _, _ in office.actions()] == ["content.declared", "declaration.withdrawn"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=400), origin=st.sampled_from(Origin))
def test_any_text_is_kept_as_one_line_or_refused(office: Office, text: str, origin: Origin) -> None:
    try:
        made = office.declarations.declare(
            origin, title=text, reason=text, actor="mia", author=text, license=text, client=text, credit=text
        )
    except UserInputError:
        return
    kept: Declaration | None = office.ledger.declaration(made.declaration.id)
    assert kept == made.declaration
    assert "\n" not in kept.title
    assert decode(encode(made.stamp)) == made.stamp


def test_a_decision_is_kept_with_its_evidence_its_author_and_an_audit_entry(
    office: Office, letter: Path
) -> None:
    made = office.resolutions.resolve(
        "grant_1", "output.print", kind=ResolutionKind.CLEARED_IN_WRITING, reason=" They agreed. ",
        actor="lea", evidence=letter, project="Film",
    )  # fmt: skip
    assert office.resolutions.resolutions() == (made,) == office.ledger.resolutions_about(["x", "grant_1"])
    assert office.ledger.resolutions_about(["grant_2"]) == office.ledger.resolutions_about([]) == ()
    assert (made.author, made.reason) == ("lea", "They agreed.")
    kept = office.store.path(made.evidence_sha256)
    assert kept is not None
    assert kept.read_bytes() == b"We agree."
    assert office.actions() == [("finding.resolved", made.id, "lea")]


def test_a_decision_in_a_file_is_in_the_audit_too(office: Office, tmp_path: Path) -> None:
    book = ResolutionFile(path=tmp_path / "book.toml")
    made = office.resolutions.resolve(
        "MESH/Cube", "content.undeclared", kind=ResolutionKind.OWN_WORK, reason="Mine.", actor="mia",
        book=book,
    )  # fmt: skip
    assert (book.resolutions(), office.ledger.resolutions()) == ((made,), ())
    assert office.actions() == [("finding.resolved", made.id, "mia")]


@pytest.mark.parametrize(
    "facts",
    [
        {"rule": "scene.undeclared"},
        {"rule": "grant.refunded"},
        {"rule": "policy.studio_unreadable"},
        {"kind": ResolutionKind.OWN_WORK},
        {"subject": "  "},
        {"reason": " "},
        {"reason": "x" * 2001},
        {"evidence": None},
        {"evidence": Path("/nowhere")},
    ],
    ids=str,
)
def test_what_could_never_count_is_refused_and_nothing_is_kept(
    office: Office, letter: Path, facts: dict[str, Any]
) -> None:
    values: dict[str, Any] = {
        "subject": "grant_1", "rule": "output.print", "kind": ResolutionKind.CLEARED_IN_WRITING,
        "reason": "They agreed.", "actor": "lea", "evidence": letter, **facts,
    }  # fmt: skip
    with pytest.raises(UserInputError):
        office.resolutions.resolve(values.pop("subject"), values.pop("rule"), **values)
    assert (office.ledger.resolutions(), office.actions()) == ((), [])


def test_many_subjects_and_many_decisions(office: Office) -> None:
    count = 6000
    with office.ledger.transaction() as work:
        for number in range(count):
            work.add_resolution(
                make_resolution(number, subject=f"MESH/{number % 3000}", decided_at=moment(-number))
            )
    subjects = [f"MESH/{number}" for number in range(2000, 12_000)]
    found = office.ledger.resolutions_about(subjects)
    assert [one.id for one in found] == [
        f"resolution_{number}" for number in range(count) if number % 3000 >= 2000
    ]
