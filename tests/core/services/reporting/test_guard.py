"""The guard: what stops a render or an export, what is remembered, and what is never taken for an answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import FakeClock
from ledger_values import make_order
from scenes import make_grant

from core.app import App, build_app
from core.host import NoHost
from core.ids import hash_grant_id
from core.licenses import LicenseCatalogue, canonical_text
from core.model.alert import INFORM_ONLY, AlertKind, AlertSettings, Occasion
from core.model.findings import Severity, Verdict
from core.model.grant import Grant, GrantState
from core.model.intended_use import IntendedUse, OutputKind
from core.model.scene import DataBlock, SceneScan
from core.services.reporting.alert_file import MAX_BYTES, AlertFile
from core.services.reporting.guard import GOOD_FOR_S, KEPT, Guard, Question, not_known, take_part
from core.settings import Settings
from core.stamp_format import encode, make_stamp

GENERAL, EDITORIAL, STANDARD, ENHANCED, ENDING = (0, 1, 2, 3, 6)
NUMBERS = (GENERAL, EDITORIAL, STANDARD, ENHANCED, ENDING)
ENDS_IN = timedelta(days=50)
STRICT = AlertSettings(stop=frozenset({Occasion.RENDER, Occasion.EXPORT}))
USE = IntendedUse(name="Spot")
EXPORT = Question(occasion=Occasion.EXPORT, use=USE, of_format="glb")
RENDER = Question(occasion=Occasion.RENDER, use=USE)
LOAD = Question(occasion=Occasion.LOAD, use=USE)


@dataclass
class Studio:
    """A real app whose ledger holds five grants, and scenes made of them."""

    app: App
    clock: FakeClock
    grants: dict[int, Grant]

    @property
    def guard(self) -> Guard:
        return self.app.services.guard

    def scan(self, *numbers: int, bare: tuple[str, ...] = ()) -> SceneScan:
        blocks = [
            DataBlock(
                id_type="MESH",
                name=f"Mesh {number}",
                session_uid=100 + number,
                stamp=encode(make_stamp(self.grants[number])),
                face_grants=frozenset({hash_grant_id(self.grants[number].id)}),
            )
            for number in numbers
        ]
        blocks += [
            DataBlock(id_type="MESH", name=name, session_uid=200 + index, unmarked_faces=1)
            for index, name in enumerate(bare)
        ]
        return SceneScan(host="Test 1.0", scene="/spot.blend", data_blocks=tuple(blocks))

    def set_state(self, number: int, state: GrantState) -> None:
        with self.app.ledger.transaction() as work:
            work.change_grant_state(self.grants[number].id, state, at=self.clock.now())

    def write(self, text: str) -> None:
        (self.app.settings.data_dir / "studio.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    catalogue, clock = LicenseCatalogue.load(), FakeClock()
    made = {number: make_grant(number, catalogue) for number in NUMBERS}
    ending, terms = made[ENDING]
    made[ENDING] = replace(ending, valid_until=clock.now() + ENDS_IN), terms
    app = build_app(
        Settings(data_dir=tmp_path), host=NoHost(online=False), clock=clock, environ={}, home=tmp_path
    )
    with app.ledger.transaction() as work:
        for number, (grant, terms) in made.items():
            work.add_order(make_order(number, id=grant.order_id, ref=grant.ref))
            work.keep_terms(grant.terms_sha256, canonical_text(terms))
            work.add_grant(grant)
    yield Studio(app=app, clock=clock, grants={number: grant for number, (grant, _) in made.items()})
    assert app.close()


def kinds(studio: Studio, scan: SceneScan, question: Question) -> set[AlertKind]:
    return {alert.kind for alert in studio.guard.check(scan, question).alerts}


# ---------------------------------------------------------------- what stops


def test_without_a_studio_s_word_nothing_stops(studio: Studio) -> None:
    scan = studio.scan(EDITORIAL, STANDARD, bare=("Mystery",))
    for question in (EXPORT, RENDER, LOAD):
        answer = studio.guard.check(scan, question)
        assert answer.verdict is Verdict.NOT_CLEARED
        assert AlertKind.EDITORIAL in {alert.kind for alert in answer.alerts}
        assert not answer.stopped
        assert (answer.why, answer.against) == ("", ())


def test_an_open_format_that_the_license_forbids_stops_the_export_and_not_the_render(studio: Studio) -> None:
    scan = studio.scan(GENERAL)
    answer = studio.guard.check(scan, EXPORT, STRICT)
    assert answer.outputs == {OutputKind.INTERACTIVE_OPEN_FORMAT}
    assert answer.stopped
    assert answer.why.startswith("The export as .glb was stopped for “Spot”. “Asset 0”: ")
    assert {finding.rule for finding in answer.against} == {"output.interactive_open_format"}
    render = studio.guard.check(scan, RENDER, STRICT)
    assert render.outputs == {OutputKind.RENDER}
    assert (render.stopped, render.alerts) == (False, ())


def test_what_stays_in_the_house_goes_on(studio: Studio) -> None:
    inside = replace(USE, outputs=frozenset({OutputKind.FILE_SHARE_INTERNAL}))
    assert not studio.guard.check(studio.scan(GENERAL), replace(EXPORT, use=inside), STRICT).stopped


def test_only_the_occasions_that_the_studio_names_are_stopped(studio: Studio) -> None:
    scan = studio.scan(EDITORIAL)
    only_render = AlertSettings(stop=frozenset({Occasion.RENDER}))
    assert studio.guard.check(scan, RENDER, only_render).stopped
    assert not studio.guard.check(scan, EXPORT, only_render).stopped
    assert not studio.guard.check(scan, LOAD, STRICT).stopped


@pytest.mark.parametrize(
    ("stop_at", "stopped"),
    [(Verdict.NOT_CLEARED, False), (Verdict.UNDECLARED, True), (Verdict.NEEDS_REVIEW, True)],
)
def test_undeclared_content_stops_where_the_studio_says_so(
    studio: Studio, stop_at: Verdict, stopped: bool
) -> None:
    scan = studio.scan(STANDARD, bare=("Mystery",))
    answer = studio.guard.check(scan, RENDER, replace(STRICT, stop_at=stop_at))
    assert answer.verdict is Verdict.UNDECLARED
    assert answer.stopped is stopped
    assert bool(answer.against) is stopped


@pytest.mark.parametrize(
    ("stop_at", "stopped"),
    [(Verdict.NOT_CLEARED, False), (Verdict.UNDECLARED, False), (Verdict.NEEDS_REVIEW, True)],
)
def test_a_doubt_stops_only_the_strictest(studio: Studio, stop_at: Verdict, stopped: bool) -> None:
    stranger = replace(studio.grants[STANDARD], id="grant_of_somebody_else")
    block = DataBlock(id_type="IMAGE", name="Sky", session_uid=9, stamp=encode(make_stamp(stranger)))
    scan = SceneScan(host="Test", scene="", data_blocks=(block,))
    answer = studio.guard.check(scan, RENDER, replace(STRICT, stop_at=stop_at))
    assert answer.verdict is Verdict.NEEDS_REVIEW
    assert answer.stopped is stopped


def test_several_obstacles_are_counted(studio: Studio) -> None:
    answer = studio.guard.check(studio.scan(GENERAL, EDITORIAL), EXPORT, STRICT)
    assert " 1 more part stands against it. " in answer.why


def test_a_movie_is_asked_as_video(studio: Studio) -> None:
    answer = studio.guard.check(studio.scan(STANDARD), replace(RENDER, movie=True), STRICT)
    assert answer.outputs == {OutputKind.VIDEO}


def test_only_what_is_exported_counts(studio: Studio) -> None:
    scan = replace(studio.scan(GENERAL, bare=("Mine",)), register=(encode(make_stamp(studio.grants[1])),))
    part = take_part(scan, {("MESH", 200)})
    assert [block.name for block in part.data_blocks] == ["Mine"]
    answer = studio.guard.check(part, replace(EXPORT, part=True), STRICT)
    assert answer.verdict is Verdict.UNDECLARED
    assert [alert.kind for alert in answer.alerts] == [AlertKind.UNDECLARED]
    assert not answer.stopped


# ---------------------------------------------------------------- what the ledger says


def test_a_refund_and_a_revocation_are_told(studio: Studio) -> None:
    scan = studio.scan(STANDARD, ENHANCED)
    assert kinds(studio, scan, LOAD) == set()
    studio.set_state(STANDARD, GrantState.REFUNDED)
    studio.set_state(ENHANCED, GrantState.REVOKED)
    assert kinds(studio, scan, LOAD) == {AlertKind.REFUNDED, AlertKind.REVOKED}


def test_days_are_the_studio_s(studio: Studio) -> None:
    scan = studio.scan(ENDING)
    assert kinds(studio, scan, LOAD) == set()
    studio.write("schema = 1\n[alerts]\nexpiring_days = 60\n")
    assert kinds(studio, scan, LOAD) == {AlertKind.EXPIRING}


# ---------------------------------------------------------------- what is remembered


def test_an_answer_is_good_for_exactly_the_same_scene_and_a_while(studio: Studio) -> None:
    scan, guard = studio.scan(GENERAL), studio.guard
    assert guard.recall(scan, EXPORT, STRICT) is None
    answer = guard.check(scan, EXPORT, STRICT)
    assert guard.recall(studio.scan(GENERAL), EXPORT, STRICT) == answer
    assert guard.recall(studio.scan(GENERAL, STANDARD), EXPORT, STRICT) is None
    assert guard.recall(scan, RENDER, STRICT) is None
    assert guard.recall(scan, replace(EXPORT, use=replace(USE, seats=9)), STRICT) is None
    assert guard.recall(scan, EXPORT, INFORM_ONLY) is None
    studio.clock.advance(GOOD_FOR_S + 1)
    assert guard.recall(scan, EXPORT, STRICT) is None


def test_answers_can_be_forgotten_and_are_few(studio: Studio) -> None:
    scan, guard = studio.scan(STANDARD), studio.guard
    questions = [replace(EXPORT, of_format=f"f{number}") for number in range(KEPT + 2)]
    for question in questions:
        guard.check(scan, question)
    assert [guard.recall(scan, one, INFORM_ONLY) is not None for one in questions] == (
        [False] * 2 + [True] * KEPT
    )
    guard.forget_answers()
    assert guard.recall(scan, questions[-1], INFORM_ONLY) is None


def test_a_stamp_that_vanished_is_told_until_it_is_back_or_another_file_is_open(studio: Studio) -> None:
    whole = studio.scan(STANDARD, GENERAL)
    bare = replace(whole.data_blocks[0], stamp=None, face_grants=frozenset(), unmarked_faces=1)
    stripped = replace(whole, data_blocks=(bare, *whole.data_blocks[1:]))
    assert kinds(studio, whole, LOAD) == set()
    for question in (LOAD, RENDER, LOAD):
        assert AlertKind.STAMP_VANISHED in kinds(studio, stripped, question)
    assert kinds(studio, whole, LOAD) == set()
    assert AlertKind.STAMP_VANISHED in kinds(studio, stripped, LOAD)
    studio.guard.open_file()
    assert kinds(studio, stripped, LOAD) == {AlertKind.UNDECLARED}


def test_a_look_at_a_part_forgets_nothing_of_the_whole(studio: Studio) -> None:
    whole = studio.scan(STANDARD, GENERAL)
    studio.guard.check(whole, LOAD)
    studio.guard.check(take_part(whole, {("MESH", 102)}), replace(EXPORT, part=True))
    assert kinds(studio, whole, LOAD) == set()


def test_several_threads_may_ask(studio: Studio) -> None:
    scans = [studio.scan(*numbers) for numbers in ((0,), (1,), (2,), (3,), (0, 1), (2, 3))]
    faults: list[BaseException] = []

    def ask(scan: SceneScan) -> None:
        try:
            for question in (LOAD, RENDER, EXPORT):
                studio.guard.check(scan, question, STRICT)
        except BaseException as error:  # noqa: BLE001 - told below
            faults.append(error)

    threads = [threading.Thread(target=ask, args=(scan,)) for scan in scans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


# ---------------------------------------------------------------- what cannot be known


def test_what_could_not_be_judged_stops_where_things_are_stopped() -> None:
    answer = not_known(EXPORT, STRICT, "The ledger is locked.")
    assert answer.stopped
    assert answer.why == "The export as .glb was stopped: The ledger is locked."
    assert not not_known(LOAD, STRICT, "The ledger is locked.").stopped
    assert not not_known(RENDER, INFORM_ONLY, "The ledger is locked.").stopped


def test_rules_that_cannot_be_read_stop_renders_and_exports(studio: Studio) -> None:
    studio.write("[alerts]\nstop = ['nothing']\n")
    settings = studio.guard.settings()
    assert settings.problem.endswith("there is no 'nothing'; there are render, export")
    answer = studio.guard.check(studio.scan(STANDARD), RENDER)
    assert answer.stopped
    assert "studio.toml:2" in answer.why
    assert not studio.guard.check(studio.scan(STANDARD), LOAD).stopped


# ---------------------------------------------------------------- the file


def test_the_file_is_read_anew_when_it_changes(studio: Studio) -> None:
    assert studio.guard.settings() == INFORM_ONLY
    studio.write('[alerts]\nstop = ["export"]\n')
    assert studio.guard.settings().stops(Occasion.EXPORT)
    studio.write("")
    assert studio.guard.settings() == INFORM_ONLY


def test_a_file_that_somebody_named_has_to_be_there(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, studio_rules=tmp_path / "house.toml")
    assert "house.toml cannot be read" in AlertFile.of(settings).read().problem
    (tmp_path / "house.toml").write_text('[alerts]\nstop = ["render"]\n', encoding="utf-8")
    assert AlertFile.of(settings).read().stop == {Occasion.RENDER}


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[alerts]\n" + b"#" * MAX_BYTES])
def test_a_damaged_or_huge_file_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "studio.toml"
    path.write_bytes(content)
    settings = AlertFile(path=path).read()
    assert settings.problem
    assert settings.stops(Occasion.EXPORT)


def test_alerts_of_a_huge_scene_name_few_and_count_all(studio: Studio) -> None:
    scan = studio.scan(bare=tuple(f"Rock {number:05d}" for number in range(10_000)))
    (alert,) = studio.guard.check(scan, LOAD).alerts
    assert (alert.kind, alert.severity) == (AlertKind.UNDECLARED, Severity.WARNING)
    assert alert.message.startswith("10,000 data-blocks")
    assert len(alert.subjects) == 10_000
