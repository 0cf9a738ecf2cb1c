# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels of budgets, payments, invoices and costs in a real Blender: they draw and work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import recording_layout
from finance_states import FinanceStates
from invoice_files import make_ubl

Load = Callable[[str], Any]
WIDTHS = (180, 280, 600)
NAMES = (
    "nothing read", "budgets", "no budgets", "many budgets", "evil budgets", "payments",
    "payments seen by an auditor", "payments of one's own projects", "no payments", "many payments",
    "payments busy", "payments unreachable", "a stranger", "invoices", "no invoices", "invoices hidden",
    "many invoices", "an invoice to be typed in", "costs", "no costs", "costs at home", "many costs",
)  # fmt: skip


def draw(load: Load, name: str, width: int = 280) -> recording_layout.Layout:
    """Draw one panel into a layout that notes what it is given."""
    panel = getattr(load("addon.ui.panels.finance"), f"CLEARANCE_PT_{name}")
    context = recording_layout.context_of_width(width)
    layout = recording_layout.Layout()
    assert panel.poll(context)
    panel.draw(SimpleNamespace(layout=layout), context)
    return layout


def draw_all(load: Load, width: int = 280) -> dict[str, recording_layout.Layout]:
    names = ("finance", "budgets", "payments", "invoices", "costs")
    return {name: draw(load, name, width) for name in names}


def settle(app: Any) -> None:
    assert app.tasks.wait(timeout_s=60.0)


@pytest.fixture
def states(load: Load, app: Any) -> dict[str, Any]:
    """Every state, made of the installed package's own classes."""
    return FinanceStates(load).every_state()


def buy_outside(load: Load, app: Any, number: str = "W-77") -> str:
    """Book what was bought on a website; return its order."""
    listing = load("core.model.listing")
    purchase = load("core.model.evidence").WebPurchase(
        order_number=number,
        bought_on=datetime.now(UTC).date(),
        license_label="TurboSquid 3D Model License, Standard",
        price=load("core.model.money").Money.parse("29", "EUR"),
    )
    booked = app.services.web_purchases.record_outside(
        listing.ListingRef(marketplace="turbosquid", id=number),
        purchase,
        load("core.model.intended_use").IntendedUse(),
        title="Oak Dining Chair with a Cushion, from the workshop behind the old bridge",
        kind=listing.MediaKind.MODEL,
        actor=app.settings.user,
    )
    return str(booked.order.id)


def test_all_states_are_drawn(states: dict[str, Any]) -> None:
    assert set(states) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_state_draws_and_no_line_is_too_wide(
    name: str, load: Load, app: Any, states: dict[str, Any]
) -> None:
    app.session.state.finance = states[name]
    for width in WIDTHS:
        measure = load("addon.ui.drawing.widgets").measure_with(recording_layout.context_of_width(width))
        for part, layout in draw_all(load, width).items():
            assert layout.texts(), part
            for text in layout.texts():
                assert measure(text) <= width - 30, (part, text)


@pytest.mark.parametrize("name", ["many budgets", "many payments", "many invoices", "many costs"])
def test_what_is_huge_draws_few_rows(name: str, load: Load, app: Any, states: dict[str, Any]) -> None:
    app.session.state.finance = states[name]
    for layout in draw_all(load, 600).values():
        assert len(layout.log) < 400
        assert len(layout.buttons()) < 80


def test_each_panel_reads_its_own_part(bpy: Any, load: Load, app: Any) -> None:
    for part in ("budgets", "payments", "invoices", "costs"):
        assert bpy.ops.clearance.refresh_finance(part=part) == {"FINISHED"}
    assert any("Reading" in text for text in draw(load, "payments").texts())
    settle(app)
    said = {part: " ".join(layout.texts()) for part, layout in draw_all(load, 600).items()}
    assert "No budgets yet" in said["budgets"]
    assert "Nothing was paid yet" in said["payments"]
    assert "No invoices yet" in said["invoices"]
    assert "Nothing was spent" in said["costs"]
    assert "From the ledger on this computer." in said["finance"]
    with pytest.raises(RuntimeError, match="There is no part"):
        bpy.ops.clearance.refresh_finance(part="nonsense")


def test_a_budget_is_a_bar(bpy: Any, load: Load, app: Any) -> None:
    app.services.buying.people.set_project("film")
    today = datetime.now(UTC).date()
    app.services.buying.budgets.set(
        "Props", load("core.model.money").Money.parse("1000", "EUR"), starts_on=today,
        ends_on=today + timedelta(days=30), project_id="film",
    )  # fmt: skip
    bpy.ops.clearance.refresh_finance(part="budgets")
    settle(app)
    layout = draw(load, "budgets")
    assert ("progress", 0.0) in layout.log
    assert "Props" in layout.texts()


def test_an_invoice_is_imported_shown_and_what_differs_is_listed(
    bpy: Any, load: Load, app: Any, tmp_path: Path
) -> None:
    buy_outside(load, app)
    path = tmp_path / "invoice.xml"
    path.write_bytes(make_ubl(seller="TurboSquid", net="12.00", tax="0.00", gross="12.00", percent="0"))
    assert bpy.ops.clearance.import_invoice(
        directory=f"{tmp_path}/", files=[{"name": "invoice.xml"}]
    ) == {"FINISHED"}  # fmt: skip
    settle(app)
    layout = draw(load, "invoices", 600)
    said = " ".join(layout.texts())
    assert "1 invoice does not fit what was bought." in said
    assert "invoiced 12.00 EUR, charged 29.00 EUR" in said
    assert "clearance.match_invoice_line" in layout.buttons()
    invoice = app.ledger.values(load("core.model.invoice").Invoice)[0]
    assert bpy.ops.clearance.match_invoice_line(invoice_id=invoice.id, position=1, order_id="") == {
        "FINISHED"
    }
    settle(app)
    assert bpy.ops.clearance.match_invoices() == {"FINISHED"}
    settle(app)
    assert "no order yet" in " ".join(draw(load, "invoices", 600).texts())


def test_a_file_without_data_is_typed_in(bpy: Any, load: Load, app: Any, tmp_path: Path) -> None:
    path = tmp_path / "receipt.png"
    path.write_bytes(b"\x89PNG a picture")
    with pytest.raises(RuntimeError, match="Import the invoice's file first"):
        bpy.ops.clearance.type_invoice(number="R-1")
    assert bpy.ops.clearance.import_invoice(filepath=str(path)) == {"FINISHED"}
    settle(app)
    assert "clearance.type_invoice" in draw(load, "invoices").buttons()
    with pytest.raises(RuntimeError):
        bpy.ops.clearance.type_invoice(number="R-1", issuer="TurboSquid", issued_on="yesterday")
    assert bpy.ops.clearance.type_invoice(
        number="R-1", issuer="TurboSquid", issued_on="2026-11-20", gross="29.00 EUR"
    ) == {"FINISHED"}  # fmt: skip
    settle(app)
    layout = draw(load, "invoices", 600)
    assert "clearance.type_invoice" not in layout.buttons()
    assert any(text.startswith("R-1 · TurboSquid") for text in layout.texts())


def test_a_purchase_record_is_made_and_can_be_shown(bpy: Any, load: Load, app: Any) -> None:
    order_id = buy_outside(load, app)
    bpy.ops.clearance.refresh_finance(part="payments")
    settle(app)
    layout = draw(load, "payments")
    assert {"clearance.attach_evidence", "clearance.make_purchase_record", "clearance.refund"} <= set(
        layout.buttons()
    )
    assert bpy.ops.clearance.make_purchase_record(order_id=order_id) == {"FINISHED"}
    settle(app)
    assert "clearance.show_invoice" in draw(load, "invoices").buttons()
    invoice = app.ledger.values(load("core.model.invoice").Invoice)[0]
    page = app.settings.data_dir / "invoices" / f"{invoice.number}.html"
    page.unlink()
    assert bpy.ops.clearance.show_invoice(invoice_id=invoice.id) == {"FINISHED"}
    settle(app)
    assert page.exists()


def test_a_client_is_charged_and_it_is_taken_back(bpy: Any, load: Load, app: Any, tmp_path: Path) -> None:
    order_id = buy_outside(load, app)
    parties = "".join(
        f'[{part}]\nname = "{name}"\nstreet = "Lane 1"\ncity = "Berlin"\npostal_code = "1"\ncountry = "DE"\n'
        'vat_id = "DE123456789"\n'
        for part, name in (("studio", "Studio"), ("clients.ACME", "ACME"))
    )
    (app.settings.data_dir / "invoicing.toml").write_text(parties, encoding="utf-8")
    facts = {"client": "ACME", "order_id": order_id}
    bpy.ops.clearance.refresh_finance(part="invoices")
    settle(app)
    bpy.ops.clearance.refresh_finance(part="payments")
    settle(app)
    for part in ("invoices", "payments"):
        assert "clearance.make_charge_back" in draw(load, part).buttons()
    with pytest.raises(RuntimeError, match="does not guess taxes"):
        bpy.ops.clearance.make_charge_back(**facts)
    with pytest.raises(RuntimeError, match="no rate"):
        bpy.ops.clearance.make_charge_back(tax_category="S", **facts)
    assert bpy.ops.clearance.make_charge_back(tax_category="S", tax_percent="19", **facts) == {"FINISHED"}
    settle(app)
    finance = load("core.services.studio.finance").FinancePart.INVOICES
    assert app.session.state.finance.parts[finance].problem is None
    invoice = app.ledger.values(load("core.model.invoice").Invoice)[0]
    assert {"clearance.credit_invoice", "clearance.write_invoice"} <= set(draw(load, "invoices").buttons())
    path = tmp_path / "a.xml"
    assert bpy.ops.clearance.write_invoice(
        invoice_id=invoice.id, filepath=str(path), format="xml"
    ) == {"FINISHED"}  # fmt: skip
    settle(app)
    assert "CrossIndustryInvoice" in path.read_text(encoding="utf-8")
    with pytest.raises(RuntimeError, match="numbers of lines"):
        bpy.ops.clearance.credit_invoice(invoice_id=invoice.id, lines="all", reason="Not used")
    assert bpy.ops.clearance.credit_invoice(invoice_id=invoice.id, reason="Not used") == {"FINISHED"}
    settle(app)
    layout = draw(load, "invoices", 600)
    assert "credited" in layout.texts()
    assert "clearance.credit_invoice" not in layout.buttons()


def test_evidence_is_attached(bpy: Any, load: Load, app: Any, tmp_path: Path) -> None:
    order_id = buy_outside(load, app)
    for name in ("a.pdf", "b.pdf"):
        (tmp_path / name).write_bytes(name.encode())
    assert bpy.ops.clearance.attach_evidence(
        order_id=order_id, directory=f"{tmp_path}/", files=[{"name": "a.pdf"}, {"name": "b.pdf"}]
    ) == {"FINISHED"}  # fmt: skip
    settle(app)
    assert len(app.ledger.documents(order_id)) == 2
    assert any("2 documents" in text for text in draw(load, "payments", 600).texts())
    with pytest.raises(RuntimeError, match="Choose a file"):
        bpy.ops.clearance.attach_evidence(order_id=order_id)


def test_costs_are_exported(bpy: Any, load: Load, app: Any, tmp_path: Path) -> None:
    buy_outside(load, app)
    bpy.ops.clearance.refresh_finance(part="costs")
    settle(app)
    layout = draw(load, "costs", 600)
    assert any("TurboSquid" in text for text in layout.texts())
    assert ("progress", 1.0) in layout.log
    for ending, period in (("html", "MONTH"), ("csv", "ALL")):
        path = tmp_path / f"costs.{ending}"
        assert bpy.ops.clearance.export_costs(
            filepath=str(path), format=ending, by="marketplace", period=period
        ) == {"FINISHED"}  # fmt: skip
        settle(app)
        assert "turbosquid" in path.read_text(encoding="utf-8").casefold()


def test_pages_are_turned(bpy: Any, load: Load, app: Any) -> None:
    for number in range(14):
        buy_outside(load, app, f"W-{number}")
    bpy.ops.clearance.refresh_finance(part="payments")
    settle(app)
    layout = draw(load, "payments", 600)
    assert "1–12 of 14" in layout.texts()
    assert bpy.ops.clearance.turn_finance_page(part="payments", page=1) == {"FINISHED"}
    settle(app)
    assert "13–14 of 14" in draw(load, "payments", 600).texts()


def test_buttons_say_which_role_they_need(bpy: Any, load: Load, app: Any, states: dict[str, Any]) -> None:
    people = app.services.buying.people
    people.set_project("film")
    role = load("core.model.people").Role
    user = app.settings.user or "ann"
    people.set_member(user, roles=[role.ADMIN], projects=["film"])
    bpy.ops.clearance.refresh_finance(part="invoices")
    settle(app)
    said = " ".join(draw(load, "invoices", 600).texts())
    assert "Invoices are for the roles auditor and finance." in said
    assert not bpy.ops.clearance.import_invoice.poll()
    assert not bpy.ops.clearance.record_payment.poll()
    with pytest.raises(RuntimeError):
        bpy.ops.clearance.match_invoices()


def test_a_payment_is_recorded_marked_and_settled_by_their_buttons(
    bpy: Any, load: Load, app: Any, states: dict[str, Any]
) -> None:
    app.session.state.finance = states["payments"]
    buttons = draw(load, "payments").buttons()
    for name in ("record_payment", "fail_payment", "settle_payment", "look_up_payments", "open_page"):
        assert f"clearance.{name}" in buttons
    for call in (
        lambda: bpy.ops.clearance.record_payment(
            order_id="order_4", order_number="1", license_label="x", price="29 EUR"
        ),
        lambda: bpy.ops.clearance.fail_payment(order_id="order_4"),
        lambda: bpy.ops.clearance.settle_payment(order_id="order_4", reason="looked"),
    ):
        assert call() == {"FINISHED"}
        settle(app)
        part = app.session.state.finance.parts[load("core.services.studio.finance").FinancePart.PAYMENTS]
        assert part.problem.code == "order.unknown"
    with pytest.raises(RuntimeError):
        bpy.ops.clearance.record_payment(order_id="order_4", order_number="1", price="many")
    assert not bpy.ops.clearance.look_up_payments.poll(), "Blender is offline here"
