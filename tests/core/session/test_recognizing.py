"""A look for owned content as the panels follow it: learning, batches, stopping, stamping."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ledger_values import make_grant
from mesh_samples import pack
from similar_content import make_chair

from core.app import App, build_app
from core.files.contents import Content
from core.host import NoHost
from core.model.content import Candidate
from core.session.state import Phase
from core.settings import Settings


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = build_app(
        Settings(data_dir=tmp_path / "data", user="ann", offline=True), host=NoHost(online=False), environ={}
    )
    with made.ledger.transaction() as work:
        work.add_grant(make_grant(1, title="Oak Chair"))
    yield made
    assert made.close()


def chair(seed: int = 1) -> Any:
    return pack(make_chair(random.Random(seed)))


def learn(app: App) -> None:
    app.session.remember_imported("grant_1", iter([Content(name="Chair", mesh=chair())]))
    assert app.tasks.wait(timeout_s=30)


def test_a_look_from_its_start_to_its_stamp(app: App) -> None:
    learn(app)
    look = app.session.start_recognition(3)
    state = app.session.state.recognition
    assert state.phase is Phase.BUSY and state.is_learning and state.total == 3
    app.session.compare_batch(look, [Candidate(subject="MESH/A", mesh=chair())])
    app.session.compare_batch(look, [Candidate(subject="MESH/B", mesh=chair(2))])
    assert not app.session.can_look(look) and app.session.is_looking(look)
    assert app.tasks.wait(timeout_s=30)
    assert app.session.can_look(look) and not state.is_learning
    app.session.compare_batch(look, [Candidate(subject="MESH/C", why_not="It is being edited.")])
    app.session.end_look(look)
    assert app.tasks.wait(timeout_s=30)
    assert state.phase is Phase.READY and state.looked_at == 3 and state.known == 1
    assert [one.subject for one in state.found] == ["MESH/A"]
    assert [one.subject for one in state.passed] == ["MESH/C"]
    app.session.note_recognized_stamped([("MESH/A", "grant_1")], "scene.blend")
    assert app.tasks.wait(timeout_s=30)
    assert state.found == []
    assert [entry.event.action for entry in app.ledger.audit()] == ["content.stamped"]


def test_learning_happens_once_a_session(app: App) -> None:
    for is_first in (True, False):
        look = app.session.start_recognition(0)
        assert app.session.state.recognition.is_learning is is_first
        app.session.end_look(look)
        assert app.tasks.wait(timeout_s=30)
        assert app.session.state.recognition.phase is Phase.READY


def test_a_look_that_was_stopped_shows_what_it_found_and_takes_no_more(app: App) -> None:
    learn(app)
    look = app.session.start_recognition(2)
    app.session.compare_batch(look, [Candidate(subject="MESH/A", mesh=chair())])
    assert app.tasks.wait(timeout_s=30)
    app.session.stop_recognition()
    state = app.session.state.recognition
    assert state.phase is Phase.READY and [one.subject for one in state.found] == ["MESH/A"]
    assert not app.session.is_looking(look) and not app.session.can_look(look)
    app.session.compare_batch(look, [Candidate(subject="MESH/B", mesh=chair())])
    app.session.end_look(look)
    assert app.tasks.wait(timeout_s=30)
    assert len(state.found) == 1
    app.session.dismiss_recognized("MESH/A")
    assert state.found == []


def test_results_of_an_earlier_look_do_not_mix_in(app: App) -> None:
    learn(app)
    first = app.session.start_recognition(1)
    app.session.compare_batch(first, [Candidate(subject="MESH/Old", mesh=chair())])
    second = app.session.start_recognition(0)
    app.session.end_look(second)
    assert app.tasks.wait(timeout_s=30)
    assert app.session.state.recognition.found == []
    app.session.forget_recognition()
    assert app.session.state.recognition.phase is Phase.IDLE


def test_an_import_of_something_that_is_not_owned_says_nothing(app: App) -> None:
    app.session.remember_imported("grant_7", iter([Content(name="Chair", mesh=chair())]))
    assert app.tasks.wait(timeout_s=30)
    assert app.session.state.problem is None
