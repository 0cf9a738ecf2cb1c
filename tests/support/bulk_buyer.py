"""A studio's buyer as a process of its own: buys one approved request, or goes on after having been killed.

    python tests/support/bulk_buyer.py prepare|buy --data DIR --sandbox URL --credentials FILE [--kill-at N] …

``prepare`` makes the request and has it approved; ``buy`` buys until it is done, pays what waits for it, and
downloads. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from buyer import LEDGER, credentials_environ, make_app, pay
from killing import Boundaries, KillingLedger

from core.app import App
from core.errors import ClearanceError
from core.ledger.engine import open_ledger
from core.model.budget import LimitKind
from core.model.buy_request import RequestState
from core.model.intended_use import IntendedUse
from core.model.listing import ListingRef
from core.model.money import UNSTATED_CURRENCY, Money
from core.model.order import OrderState
from core.services.studio.cart_file import WantedItem

PATIENCE_S = 60.0


def main() -> int:
    """Run one role."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["prepare", "buy"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sandbox", required=True)
    parser.add_argument("--listing", action="append", default=[])
    parser.add_argument("--credentials", type=Path, required=True)
    parser.add_argument("--kill-at", type=int, default=0)
    options = parser.parse_args()
    boundaries = Boundaries(options.kill_at)
    app = make_app(
        options.data,
        options.sandbox,
        credentials_environ(json.loads(options.credentials.read_text(encoding="utf-8"))),
        ledger=KillingLedger(open_ledger(options.data / LEDGER), boundaries),
        boundaries=boundaries,
    )
    try:
        ended = prepare(app, options.listing) if options.role == "prepare" else buy(app)
    finally:
        app.close()
    print(json.dumps({"boundaries": boundaries.names, "ended": ended}))
    return 0


def prepare(app: App, listings: Iterable[str], approver: App | None = None) -> str:
    """Ask for listings and have them approved, with a budget that they fit into."""
    buying, services = app.services.buying, app.services
    requests = buying.requests
    request = requests.cart.new(IntendedUse(), reason="drill")
    wanted = [ListingRef.parse(text) for text in listings]
    requests.cart.add(request.id, [WantedItem(ref=ref, kind=services.quote.find_kind(ref)) for ref in wanted])
    budget = {"starts_on": date(2020, 1, 1), "ends_on": date(2099, 1, 1), "project_id": "drill"}
    for currency in ("USD", UNSTATED_CURRENCY):  # CGTrader names none with its prices
        buying.budgets.set("Drill", Money(minor=100_000, currency=currency), **budget)  # type: ignore[arg-type]
    buying.limits.set(LimitKind.AUTO, Money(minor=0, currency="USD"))
    requests.submit.run(request.id)
    decide = (approver or app).services.buying.requests.decide
    return str(decide.approve(request.id, reason="drill").state)


def buy(app: App) -> str:
    """Buy until the request is done, as a buyer does who runs the command again and again."""
    requests = app.services.buying.requests
    request = requests.list()[0]
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and request.state is not RequestState.DONE:
        request = requests.buying.run(request.id).request
        for order in app.ledger.orders(states=(OrderState.AWAITING_CHECKOUT,)):
            pay(order)
        time.sleep(0.05)
    if request.state is not RequestState.DONE:
        return "out of patience"
    for grant in app.ledger.grants():
        if not app.ledger.files(grant.id):
            app.services.download.run(grant.id, actor="drill")
    return "done"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ClearanceError as error:
        print(json.dumps({"boundaries": [], "ended": error.code, "message": error.message}))
        sys.exit(3)
