"""What a studio's money does, in pages that a panel can show: budgets, payments, invoices, costs. Reads only.

Everybody gets what their roles and projects let them see; what they do not see is not counted either.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from ...billing.matching import Bought
from ...clock import Clock
from ...ledger.port import Ledger
from ...model.costs import CostKey, CostSum
from ...model.evidence import Refund, RefundState
from ...model.invoice import Invoice, InvoiceKind, InvoiceLine
from ...model.order import OPEN_STATES, Order, OrderState
from ...model.payment import Payment, PaymentMethod
from ...policy.roles import ROLES, Act, may
from ...reports.costs import build_costs
from .budgets import Budgets
from .costs import BOUGHT, Costs
from .invoice_match import InvoiceMatching, InvoiceView
from .invoiced_tax import Tax, tax_of
from .journal import BudgetStatus
from .payments import MANY
from .standing import Standing

PAGE = 12
"""Rows of a page."""
WAITING = 8
"""Payments that wait that are named before they are counted."""
MOST = 10 * PAGE
"""Rows that a panel turns through: older ones are for the command line. Nothing is read of those."""
WITHOUT_SINCE = timedelta(days=366)
"""Of purchases older than this nobody is told any more that they are on no invoice."""
CHOICES = 60
"""Purchases without an invoice that a line can be matched with."""
_URGENCY = (OrderState.UNKNOWN, OrderState.SUBMITTING, OrderState.AWAITING_CHECKOUT, OrderState.APPROVED)

T = TypeVar("T")


class FinancePart(StrEnum):
    """What is read by itself."""

    BUDGETS = "budgets"
    PAYMENTS = "payments"
    INVOICES = "invoices"
    COSTS = "costs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """What the user may do. ``acts`` are theirs; ``is_member`` is False for a stranger to the ledger."""

    acts: frozenset[Act]
    is_member: bool
    sees_all: bool
    """Every project's, not only their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetsPage:
    """Budgets, those that somebody should look at first."""

    rows: tuple[BudgetStatus, ...]
    total: int
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """One payment with its order and the label of the method. A refund has a negative value."""

    payment: Payment
    order: Order
    method: str
    documents: int
    """How many files prove the order."""
    refund_asked: bool = False
    """A refund of the order is under way."""
    tax: Tax | None = None
    """What its invoices say; None also for those who may not see invoices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsPage:
    """What waits to be paid or settled, and what was paid, the newest first."""

    waiting: tuple[Order, ...]
    waiting_total: int
    rows: tuple[Paid, ...]
    total: int
    page: int = 0
    is_cut: bool = False
    """There are more than ``total``, which are not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicesPage:
    """Invoices, those that do not fit first; then the newest first. Counts go up to ``MOST``."""

    rows: tuple[InvoiceView, ...]
    total: int
    to_look_at: int
    """Received ones with lines that have no order or do not fit it."""
    without: tuple[Bought, ...]
    without_total: int
    """What was bought for money in the last year and is on no received invoice."""
    page: int = 0
    is_cut: bool = False
    """There are more than ``total``, which are not counted."""
    credited: frozenset[str] = frozenset()
    """Of the lines of these rows, the ids of those that credit notes took back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostsPage:
    """What this month cost so far, and the month before."""

    month: date
    home_currency: str
    total: CostSum
    before: CostSum
    by_marketplace: tuple[CostSum, ...]
    by_project: tuple[CostSum, ...]
    notes: tuple[str, ...] = ()


FinancePage = BudgetsPage | PaymentsPage | InvoicesPage | CostsPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Finance:
    """Reads the parts."""

    ledger: Ledger
    clock: Clock
    standing: Standing
    budgets: Budgets
    costs: Costs
    matching: InvoiceMatching

    def who(self) -> Who:
        """Say what the user may do."""
        roles = self.standing.roles()
        return Who(
            acts=frozenset(act for act in ROLES if may(roles, act)),
            is_member=bool(roles),
            sees_all=self.standing.projects() is None,
        )

    def require_payment(self, order: Order) -> str:
        """Return the user's name when they may say what became of an order's payment; raise NotAllowed."""
        return self.standing.require(Act.NOTE_PAYMENT, project_id=order.project)

    def read(self, part: FinancePart, *, page: int = 0) -> FinancePage | None:
        """Read one part; None when the user's roles do not let them see it."""
        match part:
            case FinancePart.BUDGETS:
                return self.read_budgets(page)
            case FinancePart.PAYMENTS:
                return self.read_payments(page)
            case FinancePart.INVOICES:
                return self.read_invoices(page) if Act.SEE_INVOICES in self.who().acts else None
            case FinancePart.COSTS:
                return self.read_costs()

    def read_budgets(self, page: int = 0) -> BudgetsPage:
        """Return budgets that are open: alerts first, then by what is used."""
        found = sorted(
            self.budgets.list(),
            key=lambda one: (not one.alert, -one.used_percent, one.budget.name.casefold()),
        )
        page = _within(page, len(found))
        return BudgetsPage(rows=_cut(found, page), total=len(found), page=page)

    def read_payments(self, page: int = 0) -> PaymentsPage:
        """Return what waits, in doubt first, and a page of payments."""
        seen = self.standing.projects()
        open_now = [
            order
            for order in self.ledger.orders(states=OPEN_STATES, limit=MANY)
            if seen is None or order.project in seen
        ]
        open_now.sort(key=lambda order: (_URGENCY.index(order.state), order.updated_at))
        found = self.ledger.newest_payment_ids(projects=seen, states=BOUGHT, limit=MOST + 1)
        total = min(len(found), MOST)
        page = _within(page, total)
        return PaymentsPage(
            waiting=tuple(open_now[:WAITING]),
            waiting_total=len(open_now),
            rows=self._paid(self._payments(_cut(found[:MOST], page))),
            total=total,
            page=page,
            is_cut=len(found) > MOST,
        )

    def read_invoices(self, page: int = 0) -> InvoicesPage:
        """Return a page of invoices, and what is on none. Raises NotAllowed."""
        wrong = self.matching.to_look_at(limit=MOST)
        newest = self.matching.newest(limit=MOST + 1)
        without = self.matching.without_invoice(since=self.clock.now() - WITHOUT_SINCE, limit=MOST)
        known = {view.invoice.id for view in wrong}
        ordered = [*wrong, *(view for view in newest if view.invoice.id not in known)]
        total = min(len(ordered), MOST)
        page = _within(page, total)
        rows = _cut(ordered[:MOST], page)
        return InvoicesPage(
            rows=rows,
            credited=self._credited(rows),
            total=total,
            to_look_at=len(wrong),
            without=tuple(sorted(without, key=lambda one: one.day, reverse=True)[:CHOICES]),
            without_total=len(without),
            page=page,
            is_cut=len(ordered) > MOST,
        )

    def read_costs(self) -> CostsPage:
        """Add up this month by marketplace and by project, and the whole month before."""
        now = self.clock.now()
        first = now.date().replace(day=1)
        lines, notes = self.costs.add_up(month_before(first), now.date())
        home = self.costs.settings.home_currency

        def add_up(by: CostKey, *, before: bool = False) -> tuple[tuple[CostSum, ...], CostSum]:
            wanted = [line for line in lines if (line.day < first) is before]
            made = build_costs(wanted, by, home_currency=home, made_at=now)
            return made.groups, made.total

        by_marketplace, total = add_up(CostKey.MARKETPLACE)
        return CostsPage(
            month=first,
            home_currency=home,
            total=total,
            before=add_up(CostKey.MONTH, before=True)[1],
            by_marketplace=by_marketplace,
            by_project=add_up(CostKey.PROJECT)[0],
            notes=notes,
        )

    def _credited(self, rows: Sequence[InvoiceView]) -> frozenset[str]:
        own = tuple(one.invoice.id for one in rows if one.invoice.kind is not InvoiceKind.RECEIVED)
        notes = tuple(one.id for one in self.ledger.values(Invoice, corrects=own)) if own else ()
        lines = self.ledger.values(InvoiceLine, invoice_id=notes) if notes else ()
        return frozenset(line.reference for line in lines if line.reference)

    def _payments(self, ids: Sequence[str]) -> list[Payment]:
        """Return payments in the order of their ids."""
        found = {one.id: one for one in self.ledger.values(Payment, id=tuple(ids))} if ids else {}
        return [found[payment_id] for payment_id in ids if payment_id in found]

    def _paid(self, payments: Sequence[Payment]) -> tuple[Paid, ...]:
        ids = tuple({one.order_id for one in payments})
        methods = {one.id: one.label for one in self.ledger.values(PaymentMethod)} if ids else {}
        documents = self.ledger.documents_of(ids)
        orders = self.ledger.orders_by_id(ids)
        taxes = self.costs.taxes(ids)
        asked = {order_id: self.ledger.refunds(order_id) for order_id in ids}
        return tuple(
            Paid(
                payment=one,
                order=order,
                method=methods.get(one.method_id, one.method_id),
                documents=len(documents.get(one.order_id, ())),
                refund_asked=_is_asked(asked[one.order_id]),
                tax=tax_of(one, taxes),
            )
            for one in payments
            if (order := orders.get(one.order_id)) is not None
        )


def needs_a_look(view: InvoiceView) -> bool:
    """Say whether a received invoice has lines without an order, or lines that do not fit theirs."""
    return view.invoice.kind is InvoiceKind.RECEIVED and bool(view.open_lines or view.differences)


def month_before(first: date) -> date:
    """Return the first day of the month before."""
    return date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)


def _is_asked(refunds: Collection[Refund]) -> bool:
    return any(one.state is RefundState.REQUESTED for one in refunds)


def _within(page: int, total: int) -> int:
    """Return the page, or the last one that there is."""
    return max(0, min(page, (total - 1) // PAGE))


def _cut(rows: Sequence[T], page: int) -> tuple[T, ...]:
    return tuple(rows[page * PAGE : (page + 1) * PAGE])
