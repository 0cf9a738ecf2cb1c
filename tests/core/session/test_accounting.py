"""Budgets, payments, invoices and costs in the session: read and written in workers, told in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from invoice_files import make_pdf, make_ubl

from core.app import App, build_app
from core.billing.lines import WhatToBill
from core.billing.own_invoices import TaxRule
from core.credentials.session_store import SessionStore
from core.errors import LedgerError, UserInputError
from core.host import NoHost
from core.ledger.engine import open_ledger
from core.model.costs import CostKey
from core.model.evidence import WebPurchase
from core.model.intended_use import IntendedUse
from core.model.invoice import Invoice
from core.model.listing import Listing, ListingRef, MediaKind
from core.model.money import Money
from core.model.order import OrderState
from core.model.people import Role
from core.services.studio.finance import CostsPage, FinancePart, InvoicesPage, PaymentsPage
from core.services.studio.invoice_import import TypedInvoice
from core.session.state import FinancePartState, Phase
from core.settings import Settings

Part = FinancePart
LAMP = ListingRef(marketplace="turbosquid", id="1234567")
BOUGHT = WebPurchase(
    order_number="W-77",
    bought_on=date(2026, 11, 20),
    license_label="TurboSquid 3D Model License, Standard",
    price=Money.parse("29", "EUR"),
)
PDF = make_ubl(seller="TurboSquid", net="29.00", tax="0.00", gross="29.00", percent="0", day="2026-11-23")


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Build apps over one ledger, as one user or another."""
    with ExitStack() as stack:

        def make(user: str = "ann", **parts: Any) -> App:
            settings = Settings(data_dir=tmp_path / "data", user=user, project="film")
            app = build_app(
                settings, host=NoHost(online=False), environ={}, credentials=SessionStore(), **parts
            )
            stack.callback(_close, app)
            return app

        yield make


def _close(app: App) -> None:
    assert app.close()


@pytest.fixture
def app(build: Callable[..., App]) -> App:
    """One person's app."""
    return build()


def settle(app: App) -> None:
    assert app.tasks.wait(timeout_s=60.0)


def read(app: App, part: FinancePart) -> FinancePartState:
    """Read a part, and return its state."""
    app.session.refresh_finance(part)
    settle(app)
    return app.session.state.finance.parts[part]


def page_of(app: App, part: FinancePart) -> Any:
    return read(app, part).page


def buy_outside(app: App, ref: ListingRef = LAMP, number: str = "W-77") -> None:
    """Book what was bought on a website."""
    app.services.web_purchases.record_outside(
        ref,
        replace(BOUGHT, order_number=number),
        IntendedUse(),
        title="Lamp",
        kind=MediaKind.MODEL,
        actor="ann",
    )


def start_lamp(app: App) -> str:
    """Begin a purchase on a website; return its order."""
    lamp = Listing(ref=LAMP, title="Lamp", kind=MediaKind.MODEL, offers=())
    app.session.state.results = [lamp]
    app.session.select(LAMP)
    settle(app)
    selection = app.session.state.selection
    assert selection is not None
    assert selection.result is not None, selection.problem
    app.session.start_web_purchase(selection.result.quote.id, reason="test")
    settle(app)
    (progress,) = app.session.state.progress
    assert progress.problem is None
    return progress.order_id


def test_every_part_is_read_by_itself(app: App) -> None:
    parts = app.session.state.finance.parts
    assert {state.phase for state in parts.values()} == {Phase.IDLE}
    app.session.refresh_finance(Part.BUDGETS)
    app.session.refresh_finance(Part.BUDGETS)
    assert parts[Part.BUDGETS].phase is Phase.BUSY
    settle(app)
    assert parts[Part.BUDGETS].phase is Phase.READY
    assert parts[Part.BUDGETS].read_at is not None
    assert parts[Part.PAYMENTS].phase is Phase.IDLE
    assert isinstance(page_of(app, Part.INVOICES), InvoicesPage)
    who = app.session.state.finance.who
    assert who is not None
    assert who.is_member
    app.session.match_invoices()
    with pytest.raises(UserInputError, match="wait a moment"):
        app.session.match_invoices()
    settle(app)


def test_a_payment_is_recorded_with_its_evidence(app: App, tmp_path: Path) -> None:
    order_id = start_lamp(app)
    page = page_of(app, Part.PAYMENTS)
    assert [one.id for one in page.waiting] == [order_id]
    invoice = tmp_path / "invoice.pdf"
    invoice.write_bytes(b"%PDF-1.4 proof")
    read(app, Part.COSTS)
    app.session.record_payment(order_id, BOUGHT, documents=[invoice])
    settle(app)
    state = app.session.state.finance.parts[Part.PAYMENTS]
    assert (state.problem, state.note) == (None, "The payment of “turbosquid:1234567” is noted.")
    page = state.page
    assert isinstance(page, PaymentsPage)
    assert page.waiting == ()
    assert [(one.order.id, one.documents) for one in page.rows] == [(order_id, 1)]
    costs = app.session.state.finance.parts[Part.COSTS].page
    assert isinstance(costs, CostsPage)
    assert costs.total.purchases + costs.before.purchases == 1, "what was read before is read again"
    assert app.session.state.progress[0].stage == "awaiting_file", "its own row goes on, too"
    more = tmp_path / "page.html"
    more.write_text("order page", encoding="utf-8")
    app.session.attach_evidence(order_id, [more])
    settle(app)
    assert state.note == "1 file is kept with the order."
    app.session.attach_evidence(order_id, [tmp_path / "missing.pdf"])
    settle(app)
    assert state.problem is not None
    assert len(app.ledger.documents(order_id)) == 2


def test_a_payment_comes_to_nothing(app: App) -> None:
    order_id = start_lamp(app)
    app.session.fail_payment(order_id)
    settle(app)
    order = app.ledger.order(order_id)
    assert order is not None
    assert order.state is OrderState.FAILED
    state = app.session.state.finance.parts[Part.PAYMENTS]
    assert state.note == "“turbosquid:1234567” is marked as failed."
    app.session.fail_payment(order_id)
    settle(app)
    assert state.problem is not None
    assert state.problem.code == "order.not_waiting"
    app.session.fail_payment("order_none")
    settle(app)
    assert state.problem.code == "order.unknown"
    app.session.settle_payment(order_id, bought=True, reason="saw it")
    settle(app)
    assert state.problem.code == "order.not_in_doubt"


def test_the_role_is_asked_for_again_before_anything_is_written(build: Callable[..., App]) -> None:
    ann = build("ann")
    order_id = start_lamp(ann)
    people = ann.services.buying.people
    people.set_project("film")
    people.set_member("ann", roles=[Role.ADMIN], projects=["film"])
    people.set_member("ida", roles=[Role.ARTIST], projects=["film"])
    people.set_member("fin", roles=[Role.FINANCE])
    ida, fin = build("ida"), build("fin")
    assert [one.id for one in page_of(ida, Part.PAYMENTS).waiting] == [order_id]
    assert page_of(ida, Part.INVOICES) is None
    for act in (
        lambda: ida.session.fail_payment(order_id),
        lambda: ida.session.record_payment(order_id, BOUGHT),
        lambda: ida.session.attach_evidence(order_id, []),
        lambda: ida.session.settle_payment(order_id, bought=True, reason="x"),
    ):
        act()
        settle(ida)
        problem = ida.session.state.finance.parts[Part.PAYMENTS].problem
        assert problem is not None
        assert problem.code == "studio.not_allowed"
    for act in (ida.session.make_purchase_record, ida.session.match_invoices):
        act()
        settle(ida)
        problem = ida.session.state.finance.parts[Part.INVOICES].problem
        assert problem is not None
        assert problem.code == "studio.not_allowed"
    order = ann.ledger.order(order_id)
    assert order is not None
    assert order.state is OrderState.AWAITING_CHECKOUT
    fin.session.record_payment(order_id, BOUGHT)
    settle(fin)
    assert fin.session.state.finance.parts[Part.PAYMENTS].problem is None
    assert fin.session.state.progress == [], "what others buy is not downloaded here"


def test_an_invoice_is_read_and_held_against_what_was_bought(app: App, tmp_path: Path) -> None:
    buy_outside(app)
    path = tmp_path / "invoice.xml"
    path.write_bytes(PDF)
    app.session.import_invoices([path])
    settle(app)
    state = app.session.state.finance.parts[Part.INVOICES]
    assert (state.problem, state.note) == (None, "A-1 of TurboSquid: 1 of 1 lines matched.")
    assert isinstance(state.page, InvoicesPage)
    assert (state.page.total, state.page.to_look_at, state.page.without_total) == (1, 0, 0)
    app.session.import_invoices([path])
    settle(app)
    assert state.problem is not None
    assert state.problem.code == "invoice.known"


def test_of_many_files_each_is_told(app: App, tmp_path: Path) -> None:
    good, bad, empty, plain = (tmp_path / name for name in ("good.xml", "bad.xml", "empty.xml", "plain.png"))
    good.write_bytes(PDF)
    bad.write_bytes(b"<?xml version='1.0'?><Invoice>")
    empty.write_bytes(b"")
    plain.write_bytes(b"\x89PNG no invoice")
    app.session.import_invoices([bad, good, empty, plain, tmp_path / "gone.pdf"])
    settle(app)
    state = app.session.state.finance.parts[Part.INVOICES]
    assert state.problem is None
    assert state.note.startswith("A-1 of TurboSquid: 0 of 1 lines matched. 4 not: ")
    assert len(app.ledger.values(Invoice)) == 1
    assert app.session.state.finance.untyped == plain
    app.session.import_invoices([bad, empty])
    settle(app)
    assert state.problem is not None
    assert state.problem.message.startswith("None of them could be taken in.")
    for wrong in ([], [bad, good]):
        with pytest.raises(UserInputError):
            app.session.import_invoices(wrong, TypedInvoice(number="1"))


def test_what_stands_on_a_picture_is_typed_in(app: App, tmp_path: Path) -> None:
    path = tmp_path / "receipt.pdf"
    path.write_bytes(make_pdf())
    app.session.import_invoices([path])
    settle(app)
    state = app.session.state.finance.parts[Part.INVOICES]
    assert state.phase is Phase.FAILED
    assert app.session.state.finance.untyped == path
    typed = TypedInvoice(
        number="R-1", issuer="TurboSquid", issued_on=date(2026, 11, 20), gross=Money.parse("29", "EUR")
    )
    app.session.import_invoices([path], typed)
    settle(app)
    assert state.problem is None
    assert app.session.state.finance.untyped is None
    assert [one.number for one in app.ledger.values(Invoice)] == ["R-1"]


def test_a_line_is_matched_by_hand(app: App, tmp_path: Path) -> None:
    buy_outside(app, number="other")
    path = tmp_path / "invoice.xml"
    path.write_bytes(PDF.replace(b"29.00", b"12.00"))
    app.session.import_invoices([path])
    settle(app)
    state = app.session.state.finance.parts[Part.INVOICES]
    assert isinstance(state.page, InvoicesPage)
    (without,) = state.page.without
    invoice = state.page.rows[0].invoice
    app.session.match_invoice_line(invoice.id, 1, without.order_id)
    settle(app)
    assert state.note.startswith("Line 1 of A-1: invoiced 12.00 EUR, charged 29.00 EUR")
    app.session.match_invoice_line(invoice.id, 1, "order_none")
    settle(app)
    assert state.problem is not None
    app.session.match_invoice_line(invoice.id, 1, "")
    settle(app)
    app.session.match_invoices()
    settle(app)
    assert state.note == "1 looked at; 1 lines have no order yet."


def test_a_purchase_record_is_a_page_that_is_handed_over(app: App) -> None:
    written: list[Path] = []
    buy_outside(app)
    buy_outside(app, ListingRef(marketplace="turbosquid", id="2"), "W-78")
    (first, _) = app.ledger.orders()
    app.session.make_purchase_record(orders=[first.id], note="no invoice came", on_written=written.append)
    settle(app)
    state = app.session.state.finance.parts[Part.INVOICES]
    assert state.problem is None
    (invoice,) = app.ledger.values(Invoice)
    assert state.note == f"{invoice.number} over 29.00 EUR is written down."
    (page,) = written
    assert page.name == f"{invoice.number}.html"
    assert "Lamp" in page.read_text(encoding="utf-8")
    page.unlink()
    app.session.show_invoice(invoice.id, on_written=written.append)
    settle(app)
    assert written[1] == page
    assert page.exists()
    app.session.make_purchase_record(orders=[first.id], on_written=written.append)
    settle(app)
    assert state.problem is not None
    assert state.problem.code == "invoice.nothing_to_bill"
    assert len(written) == 2


PARTIES = """
[studio]
name = "Studio Ä"
street = "Lane 1"
city = "Berlin"
postal_code = "10115"
country = "DE"
vat_id = "DE123456789"

[clients.ACME]
name = "ACME Ltd."
street = "Road 2"
city = "Wien"
postal_code = "1010"
country = "AT"
"""
NINETEEN = TaxRule(category="S", percent="19")


def test_a_charge_back_is_written_credited_and_billed_again(app: App, tmp_path: Path) -> None:
    written: list[Path] = []
    app.settings.data_dir.joinpath("invoicing.toml").write_text(PARTIES, encoding="utf-8")
    app.services.buying.people.set_project("film", client="ACME")
    buy_outside(app)
    buy_outside(app, ListingRef(marketplace="turbosquid", id="2"), "W-78")
    state = app.session.state.finance.parts[Part.INVOICES]
    bill = WhatToBill(client="ACME")
    app.session.make_charge_back(bill, NINETEEN, on_written=written.append)
    settle(app)
    assert state.problem is None
    (invoice,) = app.ledger.values(Invoice)
    assert state.note == f"{invoice.number} over 69.02 EUR is written down."
    assert "ACME Ltd." in written[0].read_text(encoding="utf-8")
    app.session.make_charge_back(bill, NINETEEN)
    settle(app)
    assert state.problem is not None
    assert state.problem.code == "invoice.nothing_to_bill"

    app.session.credit_invoice(invoice.id, positions=(2,), reason="Not used", on_written=written.append)
    settle(app)
    assert state.problem is None
    assert state.note.startswith("CN-")
    assert "-34.51 EUR" in state.note or "34.51 EUR" in state.note
    page = page_of(app, Part.INVOICES)
    assert isinstance(page, InvoicesPage)
    assert page.credited == {f"{invoice.id}/2"}
    app.session.credit_invoice(invoice.id, positions=(2,), reason="Once more")
    settle(app)
    assert state.problem is not None
    assert state.problem.code == "invoice.nothing_to_credit"
    app.session.credit_invoice(invoice.id, reason=" ")
    settle(app)
    assert state.problem.code == "invoice.reason_needed"
    app.session.make_charge_back(bill, NINETEEN)
    settle(app)
    assert state.note.endswith("over 34.51 EUR is written down.")


def test_an_invoice_is_saved_in_the_format_that_is_asked_for(app: App, tmp_path: Path) -> None:
    written: list[Path] = []
    app.settings.data_dir.joinpath("invoicing.toml").write_text(PARTIES, encoding="utf-8")
    app.services.buying.people.set_project("film", client="ACME")
    buy_outside(app)
    app.session.make_charge_back(WhatToBill(project="film"), NINETEEN)
    settle(app)
    (invoice,) = app.ledger.values(Invoice)
    state = app.session.state.finance.parts[Part.INVOICES]
    for format_, holds in (("html", "<!doctype html>"), ("xml", "CrossIndustryInvoice")):
        path = tmp_path / "out" / f"a.{format_}"
        app.session.write_invoice(path, invoice.id, format_, on_written=written.append)
        settle(app)
        assert state.problem is None
        assert state.note == f"{invoice.number} is written to a.{format_}."
        assert holds.lower() in path.read_text(encoding="utf-8").lower()
    assert [path.suffix for path in written] == [".html", ".xml"]
    # A file that is there is not replaced by a PDF; without the packages for it, that is said.
    taken = tmp_path / "taken.pdf"
    taken.write_bytes(b"mine")
    app.session.write_invoice(taken, invoice.id, "pdf")
    settle(app)
    assert state.problem is not None
    assert state.problem.code in {"report.exists", "invoice.no_package"}
    assert taken.read_bytes() == b"mine"
    app.session.write_invoice(tmp_path / "b.xml", "nobody", "xml")
    settle(app)
    assert state.problem.code == "invoice.unknown"


def test_without_parties_nothing_is_numbered(app: App) -> None:
    buy_outside(app)
    app.session.make_charge_back(WhatToBill(client="ACME"), NINETEEN)
    settle(app)
    problem = app.session.state.finance.parts[Part.INVOICES].problem
    assert problem is not None
    assert problem.code == "invoice.party"
    assert "invoicing.toml" in problem.message
    assert app.ledger.values(Invoice) == ()


def test_a_page_that_cannot_be_written_leaves_the_record(app: App) -> None:
    buy_outside(app)
    (app.settings.data_dir / "invoices").write_text("no folder", encoding="utf-8")
    app.session.make_purchase_record()
    settle(app)
    state = app.session.state.finance.parts[Part.INVOICES]
    assert state.problem is None
    assert "could not be written" in state.note
    assert len(app.ledger.values(Invoice)) == 1


@pytest.mark.parametrize(
    ("format_", "holds"), [("html", "<html"), ("csv", "day,kind"), ("json", "clearance-costs/1")]
)
def test_costs_are_written_and_handed_over(app: App, tmp_path: Path, format_: str, holds: str) -> None:
    written: list[Path] = []
    buy_outside(app)
    path = tmp_path / "out" / f"costs.{format_}"
    app.session.export_costs(path, format_, by=CostKey.MARKETPLACE, on_written=written.append)
    settle(app)
    assert written == [path]
    assert holds in path.read_text(encoding="utf-8")
    assert app.session.state.finance.parts[Part.COSTS].note == f"Written to costs.{format_}: 1 lines."


def test_costs_that_cannot_be_written_are_told(app: App, tmp_path: Path) -> None:
    app.session.export_costs(tmp_path, "html", by=CostKey.PROJECT)
    settle(app)
    state = app.session.state.finance.parts[Part.COSTS]
    assert state.problem is not None
    assert state.problem.code == "report.write"
    with pytest.raises(UserInputError, match="before the first"):
        app.session.export_costs(
            tmp_path / "x", "html", by=CostKey.MONTH, starts_on=date(2026, 2, 1), ends_on=date(2026, 1, 1)
        )


class LostLedger:
    """A ledger whose connection goes when a test says so."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.is_lost = False

    def __getattr__(self, name: str) -> Any:
        if self.is_lost and name != "close":
            raise LedgerError("The studio's ledger cannot be reached. Check the network.")
        return getattr(self._ledger, name)


def test_a_ledger_that_cannot_be_reached_is_told_and_what_was_read_stays(
    build: Callable[..., App], tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    ledger = LostLedger(open_ledger(tmp_path / "data" / "ledger.sqlite"))
    app = build(ledger=ledger)
    buy_outside(app)
    before = page_of(app, Part.PAYMENTS)
    assert before.total == 1
    ledger.is_lost = True
    state = read(app, Part.PAYMENTS)
    assert state.phase is Phase.FAILED
    assert state.problem is not None
    assert "cannot be reached" in state.problem.message
    assert state.page is before
    ledger.is_lost = False
    assert read(app, Part.PAYMENTS).problem is None


def test_looking_up_what_waits_buys_nothing(app: App) -> None:
    start_lamp(app)
    app.session.look_up_payments()
    settle(app)
    state = app.session.state.finance.parts[Part.PAYMENTS]
    assert state.problem is None
    assert "looked up" in state.note
    app.session.stop_finance(Part.PAYMENTS)
    assert isinstance(state.page, PaymentsPage)
    assert len(state.page.waiting) == 1
