"""What the session's calls become in the ledger: told at the start, hourly, and before costs are shown."""

from __future__ import annotations

from core.app import App
from core.model.listing import SearchQuery
from core.model.payment import UsageCount
from core.services.studio.finance import FinancePart


def wait(app: App) -> None:
    assert app.tasks.wait(timeout_s=60.0)


def searches(app: App) -> int:
    found = app.ledger.values(UsageCount)
    assert {(one.counted_by, one.project_id) for one in found} <= {("ann", "film")}
    return sum(one.number for one in found if one.operation == "search")


def test_calls_are_told_at_the_start_and_before_costs_are_shown(app: App) -> None:
    app.session.search(SearchQuery(text="oak"))
    wait(app)
    assert searches(app) == 0, "not while somebody searches: an hour has not passed"
    app.session.tell_calls()
    wait(app)
    first = searches(app)
    assert first >= 3
    app.session.tell_calls()
    wait(app)
    assert searches(app) == first
    app.session.search(SearchQuery(text="table"))
    wait(app)
    app.session.refresh_finance(FinancePart.COSTS)
    wait(app)
    assert searches(app) > first
    assert app.ledger.verify_audit().ok
