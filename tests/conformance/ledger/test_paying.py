"""Payments and invoices with the studio's own logins: PostgreSQL lets buyers and finance write just that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes import CountingIds, FakeClock
from ledger_values import fill_everything, make_approval, make_order, make_quote, open_place
from postgres_server import Server

from core.billing.lines import WhatToBill
from core.errors import LedgerError
from core.files.store import Store
from core.ledger.engine import SqlLedger
from core.model.invoice import Invoice
from core.model.money import Credits, Money
from core.model.order import Order, OrderState, Receipt
from core.model.payment import ExchangeRate, MethodKind, Payment, PaymentMethod
from core.model.people import Member, ProjectMember, Role
from core.services.studio.costs import Costs
from core.services.studio.invoicing import InvoicingFile
from core.services.studio.issuing import Issuing
from core.services.studio.payments import MethodDraft, Payments
from core.services.studio.standing import Standing
from core.settings import Settings

NOW = datetime.now(UTC)
"""The database compares with its own clock."""
PEOPLE = {"ben": Role.BUYER, "fin": Role.FINANCE, "adm": Role.ADMIN, "otto": Role.AUDITOR}
USD_29 = Money(minor=2900, currency="USD")


@pytest.fixture(scope="module")
def studio(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str, Path]]:
    """A studio in PostgreSQL with people who work on one project, and two orders that nobody paid yet."""
    name = server.make_database(server.make_template())
    folder = tmp_path_factory.mktemp("checkpoints")
    for login, role in PEOPLE.items():
        server.run_sql(f"CREATE ROLE {login} LOGIN", f"GRANT clearance_{role} TO {login}")
    with (
        closing(open_place(f"{folder}|{server.address(name)}")) as ledger,
        ledger.transaction() as work,
    ):
        fill_everything(work)
        for login, role in PEOPLE.items():
            work.add(Member(id=login, name=login, roles=(role,), added_at=NOW, added_by="ada"))
            work.add(
                ProjectMember(
                    id=f"film1/{login}", project_id="film1", member_id=login, added_at=NOW, added_by="ada"
                )
            )
        for number in (2, 3):
            work.add_quote(make_quote(number))
            work.add_approval(make_approval(number))
            order = make_order(number, quote_id=f"quote_{number}", approval_id=f"approval_{number}")
            work.add_order(replace(order, project="film1", state=OrderState.AWAITING_CHECKOUT))
    yield server, name, folder
    server.run_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    server.run_sql(*(f"DROP ROLE {login}" for login in PEOPLE))


@contextmanager
def opened(studio: tuple[Server, str, Path], login: str) -> Iterator[tuple[SqlLedger, Payments]]:
    """Open the studio with somebody's login."""
    server, name, folder = studio
    with closing(open_place(f"{folder}|{server.address(name, user=login)}")) as ledger:
        settings = Settings(data_dir=folder, user=login, home_currency="EUR")
        yield (
            ledger,
            Payments(
                ledger=ledger,
                clock=FakeClock(NOW),
                ids=_Ids(login),
                settings=settings,
                standing=Standing(ledger=ledger, settings=settings),
            ),
        )


class _Ids(CountingIds):
    """Ids that differ from person to person."""

    def __init__(self, login: str) -> None:
        super().__init__()
        self._login = login

    def new(self, kind: str) -> str:
        return f"{super().new(kind)}_{self._login}"


def settle(ledger: SqlLedger, payments: Payments, number: int, charged: Money | Credits) -> Payment:
    """Book that an order was paid, with the login of the ledger."""
    login = payments.settings.user
    with ledger.transaction() as work:
        order: Order | None = work.order(f"order_{number}")
        quote = work.quote(order.quote_id) if order is not None else None
        assert order is not None
        assert quote is not None
        paid = work.change_order(replace(order, state=OrderState.PAID, updated_at=NOW))
        receipt = Receipt(
            id=f"receipt_n{number}", order_id=order.id, marketplace_order_id=f"M-{number}",
            marketplace_license_id=f"L-{number}", charged=charged, license_label="", received_at=NOW,
            evidence="purchase_answer",
        )  # fmt: skip
        work.add_receipt(receipt)
        return payments.paid(work, paid, quote, receipt, actor=login, at=NOW)


def test_a_studio_pays_and_bills(studio: tuple[Server, str, Path], tmp_path: Path) -> None:
    """An admin sets up, finance notes rates, a buyer pays, finance bills, an auditor reads; each alone."""
    with opened(studio, "adm") as (_, payments):
        method = payments.add_method(
            MethodDraft(
                kind=MethodKind.CREDITS,
                label="Pack",
                marketplace="cgtrader",
                unit_value=Money(minor=100, currency="USD"),
            )
        )
    with opened(studio, "fin") as (ledger, _), ledger.transaction() as work:
        work.add(
            ExchangeRate(
                id="r9",
                base="USD",
                quote="EUR",
                rate="0.5",
                valid_on=NOW.date(),
                source="test",
                set_by="fin",
                set_at=NOW,
            )
        )
    with opened(studio, "ben") as (ledger, payments):
        by_credits = settle(ledger, payments, 2, Credits(amount=4, unit="credit"))
        assert (by_credits.method_id, by_credits.home) == (method.id, Money(minor=200, currency="EUR"))
        own = settle(ledger, payments, 3, USD_29)
        assert own.method_id.startswith("own/")
        kept = ledger.value(PaymentMethod, own.method_id)
        assert kept is not None
        assert kept.created_by == "ben"
        with pytest.raises(LedgerError), ledger.transaction() as work:
            work.add(replace(kept, id="mine", label="Mine"))
    with opened(studio, "fin") as (ledger, payments):
        costs = Costs(
            ledger=ledger,
            clock=FakeClock(NOW),
            settings=payments.settings,
            standing=payments.standing,
        )
        issuing = Issuing(
            ledger=ledger,
            store=Store(tmp_path / "store", clock=FakeClock(NOW)),
            clock=FakeClock(NOW),
            ids=_Ids("fin"),
            standing=payments.standing,
            costs=costs,
            read_invoicing=InvoicingFile(tmp_path / "none.toml").read,
        )
        made = issuing.purchase_record(WhatToBill(orders=("order_2", "order_3")))
        assert (made.invoice.sequence, made.invoice.net) == (1, Money(minor=1650, currency="EUR"))
        note = issuing.credit(made.invoice.number, positions=[1], reason="by mistake")
        assert note.invoice.sequence == 1
        assert ledger.verify_audit().ok
    with opened(studio, "otto") as (ledger, _):
        assert len(ledger.values(Payment)) == 4


def test_a_buyer_sees_no_invoice(studio: tuple[Server, str, Path]) -> None:
    with opened(studio, "ben") as (ledger, _), pytest.raises(LedgerError):
        ledger.values(Invoice)
