"""Alerts in the session: judged in a worker or at once, told once per file and kind, hidden until more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ledger_values import make_order
from scenes import make_grant

from core.app import App, build_app
from core.errors import LedgerError
from core.host import NoHost
from core.licenses import LicenseCatalogue, canonical_text
from core.model.alert import INFORM_ONLY, AlertKind, AlertSettings, GuardAnswer, Occasion
from core.model.grant import Grant
from core.model.scene import DataBlock, SceneScan
from core.services.reporting.guard import Guard, Question
from core.session.alerting import Alerting
from core.session.state import Phase
from core.settings import Settings
from core.stamp_format import encode, make_stamp

STRICT = AlertSettings(stop=frozenset({Occasion.EXPORT, Occasion.RENDER}))
PATIENCE_S = 30.0


@pytest.fixture
def editorial() -> tuple[Grant, str]:
    """A grant for editorial use, and its terms as they are kept."""
    grant, terms = make_grant(1, LicenseCatalogue.load())
    return grant, canonical_text(terms)


@pytest.fixture
def app(tmp_path: Path, editorial: tuple[Grant, str]) -> Iterator[App]:
    """The real app, whose ledger holds the grant."""
    app = build_app(Settings(data_dir=tmp_path), host=NoHost(online=False), environ={}, home=tmp_path)
    grant, text = editorial
    with app.ledger.transaction() as work:
        work.add_order(make_order(1, id=grant.order_id, ref=grant.ref))
        work.keep_terms(grant.terms_sha256, text)
        work.add_grant(grant)
    yield app
    assert app.close()


@pytest.fixture
def scan(editorial: tuple[Grant, str]) -> SceneScan:
    """A file with one editorial picture."""
    stamp = encode(make_stamp(editorial[0]))
    block = DataBlock(id_type="IMAGE", name="Crowd", session_uid=1, stamp=stamp)
    return SceneScan(host="Test", scene="/a.blend", data_blocks=(block,))


def ask(app: App, occasion: Occasion = Occasion.LOAD) -> Question:
    return Question(occasion=occasion, use=app.session.state.use, of_format="glb")


def look(app: App, scan: SceneScan) -> GuardAnswer:
    answers: list[GuardAnswer] = []
    app.session.look_at(scan, ask(app), then=answers.append)
    assert app.session.state.alerts.phase is Phase.BUSY
    assert app.tasks.wait(timeout_s=PATIENCE_S)
    assert app.session.state.alerts.phase is Phase.READY
    return answers[0]


def test_a_look_happens_in_a_worker_and_changes_the_state(app: App, scan: SceneScan) -> None:
    revision = app.session.state.revision
    answer = look(app, scan)
    assert [alert.kind for alert in answer.alerts] == [AlertKind.EDITORIAL]
    assert app.session.state.alerts.answer == answer
    assert app.session.state.alerts.shown == answer.alerts
    assert app.session.state.revision > revision


def test_everybody_is_told_once_per_file_and_kind(app: App, scan: SceneScan) -> None:
    app.session.open_scene("/a.blend")
    answer = look(app, scan)
    assert [alert.kind for alert in app.session.take_news(answer)] == [AlertKind.EDITORIAL]
    assert app.session.take_news(answer) == ()
    more = replace(scan, data_blocks=(*scan.data_blocks, DataBlock(id_type="MESH", name="Rock")))
    assert [alert.kind for alert in app.session.take_news(look(app, more))] == [AlertKind.UNDECLARED]
    app.session.open_scene("/b.blend")
    assert app.session.state.alerts.answer is None
    assert app.session.take_news(look(app, replace(scan, scene="/b.blend"))) != ()
    app.session.open_scene("/a.blend")
    assert app.session.take_news(look(app, more)) == ()


def test_a_new_file_without_a_name_is_not_the_one_before(app: App, scan: SceneScan) -> None:
    unnamed = replace(scan, scene="")
    for _ in range(2):
        app.session.open_scene("")
        assert app.session.take_news(look(app, unnamed)) != ()


def test_saving_under_a_name_is_no_reason_to_tell_again(app: App, scan: SceneScan) -> None:
    app.session.open_scene("")
    assert app.session.take_news(look(app, replace(scan, scene=""))) != ()
    assert app.session.take_news(look(app, scan)) == ()
    assert app.session.state.alerts.scene == "/a.blend"


def test_what_was_hidden_comes_back_when_there_is_more(app: App, scan: SceneScan) -> None:
    app.session.open_scene("/a.blend")
    rocks = tuple(DataBlock(id_type="MESH", name=f"Rock {number}") for number in range(2))
    fewer = replace(scan, data_blocks=(*scan.data_blocks, rocks[0]))
    more = replace(scan, data_blocks=(*scan.data_blocks, *rocks))
    alerts = app.session.state.alerts
    look(app, fewer)
    app.session.hide_alert("undeclared")
    assert [alert.kind for alert in alerts.shown] == [AlertKind.EDITORIAL]
    look(app, fewer)
    assert [alert.kind for alert in alerts.shown] == [AlertKind.EDITORIAL]
    look(app, more)
    assert [alert.kind for alert in alerts.shown] == [AlertKind.EDITORIAL, AlertKind.UNDECLARED]
    app.session.hide_alert("undeclared")
    look(app, fewer)
    assert [alert.kind for alert in alerts.shown] == [AlertKind.EDITORIAL]
    app.session.show_hidden_alerts()
    assert alerts.shown == alerts.all


def test_a_decision_is_there_at_once(app: App, scan: SceneScan) -> None:
    answer = app.session.decide(scan, ask(app, Occasion.EXPORT), STRICT, budget_s=PATIENCE_S)
    assert answer.stopped
    assert app.session.state.alerts.answer == answer
    assert app.session.decide(scan, ask(app, Occasion.EXPORT), STRICT, budget_s=0.0) == answer


def test_a_decision_does_not_wait_behind_downloads(app: App, scan: SceneScan) -> None:
    release = threading.Event()
    for _ in range(20):
        app.tasks.submit("download", "busy", lambda _task: release.wait(PATIENCE_S))
    try:
        answer = app.session.decide(scan, ask(app, Occasion.RENDER), STRICT, budget_s=PATIENCE_S)
        assert answer.stopped
        assert [alert.kind for alert in answer.alerts] == [AlertKind.EDITORIAL]
    finally:
        release.set()
    assert app.tasks.wait(timeout_s=PATIENCE_S)


class SlowHouse:
    """Judges when it is let, or fails."""

    def __init__(self, app: App) -> None:
        self.release = threading.Event()
        self.fault: Exception | None = None
        self._judge = app.services.report.judge

    def judge(self, scan: SceneScan, use: Any) -> Any:
        """Wait, then judge or fail."""
        assert self.release.wait(PATIENCE_S)
        if self.fault is not None:
            raise self.fault
        return self._judge(scan, use)


@pytest.fixture
def slow(app: App) -> Iterator[tuple[SlowHouse, Alerting]]:
    """A session whose judgements take as long as a test wants."""
    house = SlowHouse(app)
    guard = Guard(judge=house.judge, ledger=app.ledger, clock=app.clock)
    yield (
        house,
        Alerting(
            services=replace(app.services, guard=guard),
            tasks=app.tasks,
            host=app.host,
            settings=app.settings,
            library=tuple,
        ),
    )
    house.release.set()


def test_what_takes_too_long_is_stopped_where_the_studio_stops_and_known_later(
    app: App, scan: SceneScan, slow: tuple[SlowHouse, Alerting]
) -> None:
    house, session = slow
    late = session.decide(scan, ask(app, Occasion.RENDER), STRICT, budget_s=0.01)
    assert (late.stopped, late.alerts) == (True, ())
    assert "takes longer than usual" in late.why
    assert not session.decide(scan, ask(app, Occasion.RENDER), INFORM_ONLY, budget_s=0.01).stopped
    house.release.set()
    answer = session.decide(scan, ask(app, Occasion.RENDER), STRICT, budget_s=PATIENCE_S)
    assert [alert.kind for alert in answer.alerts] == [AlertKind.EDITORIAL]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (LedgerError("The ledger is locked by another program."), "The ledger is locked"),
        (RuntimeError("boom"), "could not be checked (RuntimeError)"),
    ],
)
def test_a_fault_is_no_permission(
    app: App, scan: SceneScan, slow: tuple[SlowHouse, Alerting], fault: Exception, words: str
) -> None:
    house, session = slow
    house.fault = fault
    house.release.set()
    answer = session.decide(scan, ask(app, Occasion.EXPORT), STRICT, budget_s=PATIENCE_S)
    assert answer.stopped
    assert words in answer.why


def test_a_look_that_fails_says_why(app: App, scan: SceneScan, slow: tuple[SlowHouse, Alerting]) -> None:
    house, session = slow
    house.fault = LedgerError("The ledger is locked by another program.")
    house.release.set()
    session.look_at(scan, ask(app))
    assert app.tasks.wait(timeout_s=PATIENCE_S)
    assert session.state.alerts.phase is Phase.FAILED
    assert session.state.alerts.problem is not None
    assert "locked" in session.state.alerts.problem.message
