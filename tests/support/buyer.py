"""A buyer as a process of its own: buys one listing, or recovers from having been killed. For drills.

    python tests/support/buyer.py buy|recover --data DIR --sandbox URL --listing REF [--kill-at N] …

Prints one JSON object: the boundaries that were crossed, the grant, and how it ended.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import time
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from killing import Boundaries, KillingLedger, KillingTransport

from core.app import App, build_app
from core.errors import ClearanceError, NotSupported, PurchaseInDoubt
from core.host import NoHost
from core.http.transport import RequestsTransport
from core.ledger.engine import open_ledger
from core.marketplaces import registry
from core.marketplaces.base import Capability
from core.model.intended_use import IntendedUse
from core.model.listing import ListingRef
from core.model.order import OPEN_STATES, Order, OrderState
from core.services.buying.owned import active
from core.settings import Settings

SETTLE_S = 0.6
READ_TIMEOUT_S = 5.0
LEDGER = "ledger.sqlite"
PATIENCE_S = 30.0


def main() -> int:
    """Run one role."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["buy", "recover"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sandbox", required=True)
    parser.add_argument("--listing", required=True)
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
    ref = ListingRef.parse(options.listing)
    try:
        ended = recover(app, ref, options.sandbox) if options.role == "recover" else buy(app, ref)
    finally:
        app.close()
    print(json.dumps({"boundaries": boundaries.names, "ended": ended}))
    return 0


def make_app(
    data: Path,
    sandbox: str,
    environ: Mapping[str, str],
    *,
    ledger: Any,
    boundaries: Boundaries,
    user: str = "drill",
) -> App:
    """Put an application together that buys at the sandbox, and whose requests are boundaries."""
    settings = Settings(
        data_dir=data,
        user=user,
        project="drill",
        sandbox_url=sandbox,
        settle_s=SETTLE_S,
        read_timeout_s=READ_TIMEOUT_S,
        purchase_timeout_s=READ_TIMEOUT_S,
        requests_per_hour=dict.fromkeys(registry.all_ids(), 1_000_000),
        contract_licenses={"pond5": "Business"},
        requests_per_second=None,
    )
    return build_app(
        settings,
        host=NoHost(),
        environ=environ,
        ledger=ledger,
        transport=KillingTransport(RequestsTransport(monotonic=time.monotonic), boundaries),
    )


def credentials_environ(given: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Hand the sandbox's keys over as a farm would: in environment variables."""
    names = {"consumer_key": "CLIENT_ID", "consumer_secret": "CLIENT_SECRET"}
    return {
        f"CLEARANCE_{marketplace.upper()}_{names.get(field, field.upper())}": value
        for marketplace, fields in given.items()
        for field, value in fields.items()
    }


def buy(app: App, ref: ListingRef) -> str:
    """Quote, approve, buy, pay when there is a checkout page, download."""
    services = app.services
    kind = services.quote.find_kind(ref)
    result = services.quote.run(ref, kind, IntendedUse(), actor="drill")
    approval = services.approve.run(result.quote, result.answer, actor="drill", reason="drill")
    try:
        order = services.purchase.run(approval.id, actor="drill")
    except PurchaseInDoubt:
        return "in doubt"
    if order.state is OrderState.AWAITING_CHECKOUT:
        pay(order)
        order = services.reconcile.run_one(order.id, actor="drill")
    grant = app.ledger.grant_for_order(order.id)
    if grant is None:
        return order.state
    services.download.run(grant.id, actor="drill")
    return "downloaded"


def recover(app: App, ref: ListingRef, sandbox: str) -> str:
    """Do what a user does after a crash: reconcile, pay what waits, and only then buy what is missing.

    Where the marketplace has no records that a program can read, the user looks into the account there.
    """
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        app.services.reconcile.run(actor="drill")
        owned = active(app.ledger.grants_for(ref))
        if owned:
            try:
                app.services.download.run(owned[0].id, actor="drill")
            except NotSupported:
                return "not downloadable again"
            return "downloaded"
        open_orders = app.ledger.orders(states=OPEN_STATES, ref=ref)
        if not open_orders:
            ended = buy(app, ref)
            if ended == "downloaded":
                return ended
        for order in open_orders:
            if order.state is OrderState.AWAITING_CHECKOUT:
                pay(order)
            if order.state is OrderState.UNKNOWN and not has_records(ref):
                look_and_decide(app, order, sandbox)
        time.sleep(0.1)
    return "out of patience"


def has_records(ref: ListingRef) -> bool:
    """Say whether the marketplace's own records can be read."""
    return Capability.HISTORY in registry.find(ref.marketplace).INFO.capabilities


def look_and_decide(app: App, order: Order, sandbox: str) -> None:
    """Be the user who looks into the account, and enters what is there."""
    place = urllib.parse.urlsplit(sandbox)
    connection = http.client.HTTPConnection(place.netloc, timeout=20)
    try:
        connection.request("GET", "/_control/books")
        books = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    charges = [
        one
        for one in books["charges"]
        if one["marketplace"] == order.ref.marketplace and str(one["item_id"]) == order.ref.id
    ]
    app.services.reconcile.decide(
        order.id,
        bought=bool(charges),
        actor="drill",
        reason="looked into the account",
        marketplace_order_id=str(charges[0]["reference"]) if charges else "",
    )


def pay(order: Order) -> None:
    """Be the buyer in the browser: press "Pay" on the sandbox's checkout page, which takes it only once."""
    page = urllib.parse.urlsplit(order.checkout_url)
    connection = http.client.HTTPConnection(page.netloc, timeout=20)
    try:
        # The answer redirects to the buyer's own pages at the marketplace; a drill does not go there.
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", page.path, body="action=pay", headers=form)
        connection.getresponse().read()
    except OSError as error:
        print(f"payment page: {error}", file=sys.stderr)
    finally:
        connection.close()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ClearanceError as error:
        print(json.dumps({"boundaries": [], "ended": error.code, "message": error.message}))
        sys.exit(3)
