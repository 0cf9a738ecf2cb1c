"""Seats and ends in the session: read in a worker, reminded of once, and one's own seat given back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from seat_studio import make_terms, own

from core.app import App, build_app
from core.credentials.session_store import SessionStore
from core.host import NoHost
from core.ledger.engine import open_ledger
from core.model.agreement import Reminder
from core.model.license import Cap
from core.policy.ending import end_of_day
from core.session.state import Phase
from core.settings import Settings


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    settings = Settings(data_dir=tmp_path, user="ida")
    with closing(open_ledger(settings.ledger_path)) as ledger:
        until = end_of_day((datetime.now(UTC) + timedelta(days=10)).date())
        own(ledger, make_terms(seats=Cap(limit=2)), valid_until=until)
    built = build_app(settings, host=NoHost(online=False), environ={}, credentials=SessionStore())
    yield built
    assert built.close()


def settled(app: App) -> None:
    assert app.tasks.wait(timeout_s=60.0)


def test_the_panel_reads_reminds_once_and_gives_back(app: App) -> None:
    session, seating = app.session, app.session.state.seating
    app.services.studio.seats.take("grant_1")
    session.refresh_seating()
    session.refresh_seating()
    settled(app)
    assert seating.phase is Phase.READY
    assert [seat.member_id for one in seating.seats for seat in one.taken] == ["ida"]
    assert [one.subject for one in seating.outlook.ends] == ["grant_1"]
    assert [one.due for one in seating.told] == [14]
    session.refresh_seating()
    settled(app)
    assert [one.due for one in seating.told] == [14]
    assert len(app.ledger.values(Reminder)) == 1
    session.release_seat("grant_1")
    settled(app)
    assert seating.seats == ()
    session.release_seat("grant_1")
    settled(app)
    assert seating.phase is Phase.FAILED
    assert seating.problem is not None
    assert seating.problem.code == "seat.none"
