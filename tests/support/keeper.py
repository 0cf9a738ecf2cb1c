"""A user of websites as a process of its own: confirms a purchase or books a refund, or goes on after a kill.

    python tests/support/keeper.py confirm|refund --data DIR --invoice FILE [--kill-at N]

Doing it again after a kill is what recovers: each step is done only where the ledger lacks it. Prints one
JSON object: the boundaries that were crossed. Nothing here uses a network.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from killing import Boundaries, KillingLedger

from core.app import App, build_app
from core.host import NoHost
from core.ledger.engine import open_ledger
from core.model.evidence import RefundState, WebPurchase
from core.model.intended_use import IntendedUse
from core.model.listing import ListingRef, MediaKind
from core.model.money import Money
from core.model.order import Order, OrderState
from core.services.buying.documents import attach
from core.settings import Settings

REF = ListingRef(marketplace="turbosquid", id="1234567")
PRICE = Money.parse("19", "USD")


def main() -> int:
    """Run one role."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["confirm", "refund"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--invoice", type=Path, required=True)
    parser.add_argument("--kill-at", type=int, default=0)
    options = parser.parse_args()
    boundaries = Boundaries(options.kill_at)
    settings = Settings(data_dir=options.data, user="drill", project="drill", offline=True)
    ledger: Any = KillingLedger(open_ledger(settings.ledger_path), boundaries)
    app = build_app(settings, host=NoHost(), environ={}, ledger=ledger)
    try:
        order = confirm(app, options.invoice)
        if options.role == "refund":
            refund(app, order, options.invoice)
    finally:
        app.close()
    print(json.dumps({"boundaries": boundaries.names}))
    return 0


def confirm(app: App, invoice: Path) -> Order:
    """Start and confirm, as far as that was not done yet."""
    found = app.ledger.orders(ref=REF)
    if not found:
        quote = app.services.quote.run(REF, MediaKind.MODEL, IntendedUse(), actor="drill")
        approval = app.services.approve.run(quote.quote, quote.answer, actor="drill", reason="drill")
        order = app.services.web_purchases.start(approval.id, actor="drill")
    else:
        (order,) = found
    if order.state is OrderState.AWAITING_CHECKOUT:
        entered = WebPurchase(
            order_number="TS-1", bought_on=date(2026, 1, 2), license_label="Custom License", price=PRICE
        )
        order = app.services.web_purchases.confirm(
            order.id, entered, documents=attach([invoice]), actor="drill"
        )
    return order


def refund(app: App, order: Order, paper: Path) -> None:
    """Ask for the money and book that it came back, as far as that was not done yet."""
    refunds = app.services.refunds
    known = app.ledger.refunds(order.id)
    asked = known[0] if known else refunds.request(order.id, reason="drill", actor="drill")
    if asked.state is RefundState.REQUESTED:
        refunds.settle(asked.id, refunded=True, amount=PRICE, documents=attach([paper]), actor="drill")


if __name__ == "__main__":
    sys.exit(main())
