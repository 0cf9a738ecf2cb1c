"""The studio's part of the walk: requests, deliveries, seats, and the panels of its money, in many states.

Called by ``walk.py``, which hands itself over. What is shown is real where that is quick to come by, and made
by hand (tests/support) where a state is hard to reach.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import bpy
from finance_states import FinanceStates
from invoice_files import make_ubl
from session_states import States

PARTS = ("budgets", "payments", "invoices", "costs")
PARTIES = "".join(
    f'[{part}]\nname = "{name}"\nstreet = "Lane 1"\ncity = "Berlin"\npostal_code = "10115"\ncountry = "DE"\n'
    'vat_id = "DE123456789"\n'
    for part, name in (("studio", "Studio Nord"), ("clients.ACME", "ACME Film Ltd."))
)
HARD = (
    ("payments", "many payments"), ("payments", "payments unreachable"), ("payments", "a stranger"),
    ("invoices", "invoices hidden"), ("invoices", "many invoices"), ("budgets", "evil budgets"),
    ("costs", "costs at home"), ("costs", "many costs"),
)  # fmt: skip


def show(session: Any, walk: Any) -> Iterator[Any]:
    """Walk through all of it."""

    def load(name: str) -> Any:
        return importlib.import_module(f"{walk.MODULE}.{name}")

    app = load("addon.runtime").app()

    def idle() -> bool:
        """Say whether nothing is under way but pictures, and a sign-in in a browser that is not here."""
        is_busy = any(task.kind not in ("thumbnail", "account") for task in app.tasks.tasks)
        parts = session.state.finance.parts.values()
        return not is_busy and not any(one.phase == "busy" for one in (*parts, session.state.requests))

    yield from show_requests(session, walk, app, load, idle)
    yield from show_finance(session, walk, app, load, idle)
    yield from show_deliveries(session, walk, load)


def show_requests(session: Any, walk: Any, app: Any, load: Any, idle: Any) -> Iterator[Any]:
    """Show a cart, a request that waits, and one that is approved."""
    bpy.ops.clearance.refresh_requests()
    yield idle
    shown = walk.show_only(("requests",))
    yield 1.0
    walk.shot("30-requests-empty")
    fill_cart(app, load)
    bpy.ops.clearance.refresh_requests()
    yield idle
    yield 1.0
    walk.shot("31-requests-cart")
    cart = session.state.requests.cart.request.id
    with walk.view_3d():
        bpy.ops.clearance.submit_request("INVOKE_DEFAULT", request_id=cart)
    yield 1.0
    walk.shot("32-requests-submit")
    walk.press("Escape")
    people = app.services.buying.people
    role = type(next(iter(app.services.studio.standing.roles())))
    project = session.state.requests.cart.request.project_id
    people.set_project(project, client="ACME", department="cg")
    people.set_member(app.settings.user, roles=list(role), projects=[project])
    bpy.ops.clearance.submit_request(request_id=cart, reason="Billboard in shot 3 of the autumn spot")
    yield idle
    yield 1.0
    walk.shot("33-requests-waiting")
    waiting = session.state.requests.waiting or session.state.requests.mine
    first = waiting[0]
    request_id = getattr(first, "request", first).id
    with walk.view_3d():
        bpy.ops.clearance.approve_request("INVOKE_DEFAULT", request_id=request_id, needs_reason=True)
    yield 1.0
    walk.shot("34-requests-approve")
    walk.press("Escape")
    yield 0.5
    for panel in reversed(shown):
        bpy.utils.unregister_class(panel)


def show_finance(session: Any, walk: Any, app: Any, load: Any, idle: Any) -> Iterator[Any]:
    """Show the parts empty, with real values, and in what is hard to reach; and their dialogs."""
    shown = walk.show_only(("finance", *PARTS))
    for part in PARTS:
        bpy.ops.clearance.refresh_finance(part=part)
    yield idle
    yield 1.0
    walk.shot("40-finance-empty")
    fill(app, load)
    folder = Path(tempfile.mkdtemp())
    (folder / "invoice.xml").write_bytes(
        make_ubl(
            seller="TurboSquid", number="TS-2026-118", net="35.00", tax="0.00", gross="35.00", percent="0"
        )
    )
    (folder / "receipt of the lamp.png").write_bytes(b"\x89PNG no data")
    bpy.ops.clearance.import_invoice(
        directory=f"{folder}/", files=[{"name": "invoice.xml"}, {"name": "receipt of the lamp.png"}]
    )
    yield idle
    bpy.ops.clearance.make_purchase_record(note="The seller gave no invoice")
    yield idle
    (app.settings.data_dir / "invoicing.toml").write_text(PARTIES, encoding="utf-8")
    charged = [line for line in app.services.studio.costs.lines() if line.value and line.value.minor > 0]
    for line in charged[:2]:
        bpy.ops.clearance.make_charge_back(
            order_id=line.order_id,
            client="ACME",
            currency=line.value.currency,
            tax_category="S",
            tax_percent="19",
            note="As agreed",
        )
        yield idle
    invoices = app.ledger.values(load("core.model.invoice").Invoice, client="ACME")
    bpy.ops.clearance.credit_invoice(invoice_id=invoices[0].id, reason="Not used in the film")
    yield idle
    for part in PARTS:
        bpy.ops.clearance.refresh_finance(part=part)
        yield idle
    for panel in reversed(shown):
        bpy.utils.unregister_class(panel)
    for number, part in enumerate(PARTS, start=41):
        shown = walk.show_only((part,))
        yield 1.0
        walk.shot(f"{number}-{part}")
        for panel in reversed(shown):
            bpy.utils.unregister_class(panel)
    page = session.state.finance.parts[load("core.services.studio.finance").FinancePart.PAYMENTS].page
    shown = walk.show_only(("payments",))
    for number, (name, facts) in enumerate(
        (
            ("record_payment", {"order_id": page.waiting[0].id}),
            ("fail_payment", {"order_id": page.waiting[0].id}),
            ("make_purchase_record", {}),
            ("type_invoice", {}),
            ("make_charge_back", {}),
            ("credit_invoice", {"number": invoices[1].number, "invoice_id": invoices[1].id}),
            ("write_invoice", {"number": "CB-2026-0001"}),
            ("export_costs", {}),
        ),
        start=45,
    ):
        with walk.view_3d():
            getattr(bpy.ops.clearance, name)("INVOKE_DEFAULT", **facts)
        yield 1.5
        walk.shot(f"{number}-{name}")
        walk.press("Escape")
        yield 1.0
    for panel in reversed(shown):
        bpy.utils.unregister_class(panel)
    before, states = session.state.finance, FinanceStates(load).every_state()
    for number, (part, name) in enumerate(HARD, start=60):
        session.state.finance = states[name]
        shown = walk.show_only((part,))
        yield 1.0
        walk.shot(f"{number}-{name.replace(' ', '-')}")
        for panel in reversed(shown):
            bpy.utils.unregister_class(panel)
    session.state.finance = before


def show_deliveries(session: Any, walk: Any, load: Any) -> Iterator[Any]:
    """Show what the check of a delivery says, and all of it in its dialog."""
    before, states = session.state, States(load).every_state()
    for number, name in enumerate(("as offered", "not as offered", "not certain"), start=60):
        session.state = states[name]
        shown = walk.show_only(("progress",))
        yield 1.0
        walk.shot(f"{number}-{name.replace(' ', '-')}")
        if name == "not as offered":
            checked = next(one.checked for one in session.state.progress if one.checked is not None)
            with walk.view_3d():
                bpy.ops.clearance.show_delivery_check("INVOKE_DEFAULT", grant_id=checked.check.grant_id)
            yield 1.0
            walk.shot("63-delivery-dialog")
            walk.press("Escape")
            yield 0.5
        for panel in reversed(shown):
            bpy.utils.unregister_class(panel)
    session.state = before
    shown = walk.show_only(("seats", "health"))
    bpy.ops.clearance.refresh_seating()
    bpy.ops.clearance.refresh_health()
    yield 2.0
    walk.shot("64-seats-and-health")
    for panel in reversed(shown):
        bpy.utils.unregister_class(panel)
    for module in walk.modules_of_panels():
        for panel in module.CLASSES:
            bpy.utils.register_class(panel)


def fill_cart(app: Any, load: Any) -> None:
    """Put into a cart what can be bought, and what cannot."""
    listing, wanted = load("core.model.listing"), load("core.services.studio.cart_file").WantedItem
    cart = app.services.buying.requests.cart
    made = cart.new(load("core.model.intended_use").IntendedUse())
    kinds = listing.MediaKind
    items = (
        ("shutterstock", "1120280100", kinds.IMAGE, "Oak table on a veranda in the evening sun"),
        ("cgtrader", "4400123", kinds.MODEL, "Oak dining chair with a cushion, from the workshop"),
        ("turbosquid", "1120001", kinds.MODEL, "Brass floor lamp"),
    )
    cart.add(
        made.id,
        [
            wanted(ref=listing.ListingRef(marketplace=shop, id=number), kind=kind, title=title)
            for shop, number, kind, title in items
        ],
    )


def fill(app: Any, load: Any) -> None:
    """Write budgets, purchases, and one that waits, into the ledger."""
    money, listing = load("core.model.money").Money, load("core.model.listing")
    evidence, use = load("core.model.evidence"), load("core.model.intended_use").IntendedUse()
    today, project = app.clock.now().date(), next(iter(app.services.buying.people.projects())).id
    budgets = app.services.buying.budgets
    for name, amount, facts in (
        ("Props and dressing", "120", {"project_id": project}),
        ("CG assets of the year", "20000", {"department": "cg"}),
    ):
        made = budgets.set(
            name, money.parse(amount, "EUR"), starts_on=today - timedelta(days=20),
            ends_on=today + timedelta(days=40), **facts,
        )  # fmt: skip
        spend(app, load, made, money.parse("104", "EUR"))
    for number, (title, price) in enumerate(
        (
            ("Oak dining chair", "29"), ("Brass floor lamp with a linen shade", "35"),
            ("Library ladder, walnut, with rails and casters", "64"),
        )
    ):  # fmt: skip
        app.services.web_purchases.record_outside(
            listing.ListingRef(marketplace="turbosquid", id=f"11200{number}"),
            evidence.WebPurchase(
                order_number=f"TS-77{number}", bought_on=today, price=money.parse(price, "EUR"),
                license_label="TurboSquid 3D Model License, Standard",
            ),
            use, title=title, kind=listing.MediaKind.MODEL, actor=app.settings.user,
        )  # fmt: skip
    order = load("core.model.order")
    (known, *_) = app.ledger.orders(limit=1)
    from dataclasses import replace

    for number, (state, title) in enumerate(
        (
            (order.OrderState.AWAITING_CHECKOUT, "Ceiling fan"),
            (order.OrderState.UNKNOWN, "Marble bust of a poet"),
        )
    ):
        ref = listing.ListingRef(marketplace="turbosquid", id=f"33{number}")
        with app.ledger.transaction() as work:
            work.add_order(
                replace(
                    known, id=f"order_wait{number}", key=f"wait{number}", ref=ref, title=title, state=state,
                    checkout_url="" if number else "https://www.turbosquid.com/",
                    marketplace_order_id="", version=1,
                )
            )  # fmt: skip


def spend(app: Any, load: Any, budget: Any, amount: Any) -> None:
    """Book something as spent on a budget."""
    model = load("core.model.budget")
    with app.ledger.transaction() as work:
        work.add(
            model.BudgetEntry(
                id=f"entry_{budget.id}", budget_id=budget.id, kind=model.EntryKind.SPEND, amount=amount,
                subject="order", at=app.clock.now(), by=app.settings.user,
            )
        )  # fmt: skip
