"""Gathers what was paid, with what contracts charge for calls and downloads, for reports and history.

Reads only. A member who does not see everything gets the lines of their own projects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from ...billing.exchange import OLD_AFTER_DAYS
from ...clock import Clock
from ...ledger.port import Ledger
from ...ledger.port_recent import Between
from ...model.costs import CostKey, CostKind, CostLine, CostReport, PaidSum
from ...model.money import Money
from ...model.order import Order, OrderState
from ...model.payment import ExchangeRate, Payment, PaymentMethod, UsageCount, UsagePrice
from ...model.people import Project
from ...policy.ending import end_of_day
from ...policy.roles import Act, may
from ...reports.costs import build_costs
from ...settings import Settings
from ..buying.paying import money_of
from .home_rates import HomeRates
from .invoiced_tax import Tax, Taxes, find_taxes, tax_of
from .payments import MANY
from .standing import Standing

BOUGHT = (OrderState.PAID, OrderState.FULFILLED, OrderState.REFUNDED)
LATE_RECEIPT = timedelta(days=31)
"""How long after its order a receipt may have come, of what was bought before payments were noted."""
DOWNLOAD = "download"
"""The operation whose price is for delivered files, which the ledger counts for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Tells what things cost."""

    ledger: Ledger
    clock: Clock
    settings: Settings
    standing: Standing

    def run(
        self,
        by: CostKey,
        *,
        starts_on: date | None = None,
        ends_on: date | None = None,
        project: str = "",
        client: str = "",
        marketplace: str = "",
    ) -> CostReport:
        """Return what was paid, added up; empty texts do not narrow it down."""
        lines = [
            line
            for line in self.lines(starts_on, ends_on)
            if (not project or line.project == project)
            and (not client or line.client.casefold() == client.casefold())
            and (not marketplace or line.marketplace == marketplace)
        ]
        return build_costs(
            lines,
            by,
            home_currency=self.settings.home_currency,
            made_at=self.clock.now(),
            starts_on=starts_on,
            ends_on=ends_on,
            notes=self._notes(lines),
        )

    def add_up(self, starts_on: date, ends_on: date) -> tuple[list[CostLine], tuple[str, ...]]:
        """Return lines that stand for all that was paid in a time, and what a reader has to know.

        The ledger adds up: there are as many lines as months, projects, marketplaces and currencies, each of
        a day in its month. Amounts that cannot be added up there are read one by one.
        """
        begins, ends = datetime.combine(starts_on, time(), UTC), end_of_day(ends_on)
        home = self.settings.home_currency
        seen = self.standing.projects()
        found = self.ledger.payment_sums(
            after=begins,
            before=ends,
            ordered_after=begins - LATE_RECEIPT,
            states=BOUGHT,
            home_currency=home,
            projects=seen,
        )
        if found is None:
            every = self.lines(starts_on, ends_on)
            lines = [line for line in every if starts_on <= line.day <= ends_on]
            return lines, self._notes(lines)
        rates = HomeRates(self.ledger.values(ExchangeRate) if home else (), home)
        lines = [_scaled(rates.at_home(_line_of(one)), one) for one in found.sums]
        lines += [
            rates.at_home(line)
            for line in self._usage(starts_on, ends_on)
            if starts_on <= line.day <= ends_on and (seen is None or line.project in seen)
        ]
        projects = {project.id: project for project in self.ledger.values(Project)}
        lines = [replace(line, client=_client(projects, line.project)) for line in lines]
        old = sum(
            number for (day, rate_on), number in found.rated.items() if (day - rate_on).days > OLD_AFTER_DAYS
        )
        return lines, self._notes(lines, old=old)

    def lines(self, starts_on: date | None = None, ends_on: date | None = None) -> list[CostLine]:
        """Return every line that the user may see, as it came; with a first day, little of other times."""
        projects = {project.id: project for project in self.ledger.values(Project)}
        home = self.settings.home_currency
        rates = HomeRates(self.ledger.values(ExchangeRate) if home else (), home)
        seen = self.standing.projects()
        paid = self._payments() if starts_on is None else self._payments_of(starts_on, ends_on or date.max)
        lines = [*paid, *self._usage(starts_on or date.min, ends_on or date.max)]
        return [
            rates.at_home(replace(line, client=_client(projects, line.project)))
            for line in lines
            if seen is None or line.project in seen
        ]

    def taxes(self, order_ids: Iterable[str]) -> Taxes:
        """Return the tax in orders, as their invoices tell it, to those who may see invoices."""
        if not may(self.standing.roles(self.ledger), Act.SEE_INVOICES):
            return {}
        return find_taxes(self.ledger, order_ids)

    def _payments(self) -> Iterator[CostLine]:
        orders = {order.id: order for order in self.ledger.orders(states=BOUGHT, limit=MANY)}
        return self._lines_of(orders, self.ledger.values(Payment))

    def _payments_of(self, starts_on: date, ends_on: date) -> Iterator[CostLine]:
        """Read the payments of a time, and of orders without any those that were made about then."""
        begins = datetime.combine(starts_on, time(), UTC)
        ends = end_of_day(ends_on)
        payments = self.ledger.values(Payment, paid_at=Between(begins, ends))
        older = self.ledger.orders_charged((), after=begins - LATE_RECEIPT, before=ends)
        found = self.ledger.orders_by_id({*older, *(one.order_id for one in payments)})
        orders = {order.id: order for order in found.values() if order.state in BOUGHT}
        # An order that was paid at another time has a payment, which is not of this one.
        return self._lines_of(orders, payments, without_payment=older)

    def _lines_of(
        self,
        orders: Mapping[str, Order],
        payments: Iterable[Payment],
        *,
        without_payment: Collection[str] | None = None,
    ) -> Iterator[CostLine]:
        methods = {method.id: method for method in self.ledger.values(PaymentMethod)}
        taxes = self.taxes(orders)
        charged: set[str] = set()
        for payment in payments:
            order = orders.get(payment.order_id)
            if order is None:
                continue
            if not payment.refund_id:
                charged.add(order.id)
            line = _payment_line(payment, order, methods.get(payment.method_id))
            yield _with_tax(line, tax_of(payment, taxes))
        # What was bought before payments were noted: the marketplace's receipt says what it cost.
        older = [
            order_id
            for order_id in orders
            if order_id not in charged and (without_payment is None or order_id in without_payment)
        ]
        for order_id, receipts in self.ledger.receipts_of(older).items():
            order = orders[order_id]
            told = next((one.charged for one in receipts if one.charged is not None), order.cost)
            line = CostLine(
                day=min(receipt.received_at for receipt in receipts).date(),
                kind=CostKind.PURCHASE,
                marketplace=order.ref.marketplace,
                title=order.title,
                project=order.project,
                order_id=order.id,
                listing=str(order.ref),
                method="not noted",
                cost=told,
                value=money_of(told),
                paid_by=order.buyer,
            )
            yield _with_tax(line, taxes.get((order.id, False)))

    def _usage(self, starts_on: date, ends_on: date) -> Iterator[CostLine]:
        prices = self.ledger.values(UsagePrice)
        if any(price.operation == DOWNLOAD for price in prices):
            yield from self._downloads(prices, starts_on)
        if any(price.operation != DOWNLOAD for price in prices):
            yield from self._calls(prices, starts_on, ends_on)

    def _downloads(self, prices: tuple[UsagePrice, ...], starts_on: date) -> Iterator[CostLine]:
        """Count one download for each license and day on which files of it came; whole months of them."""
        priced = {price.marketplace for price in prices if price.operation == DOWNLOAD}
        since = datetime.combine(starts_on.replace(day=1), time(), UTC)
        counts: dict[tuple[UsagePrice, str, date], int] = {}
        for (shop, project, day), number in self.ledger.downloads_by_day(priced, since=since).items():
            price = _price_on(prices, shop, DOWNLOAD, day)
            if price is not None:
                key = (price, project, day.replace(day=1))
                counts[key] = counts.get(key, 0) + number
        for (price, project, month), count in counts.items():
            yield _usage_line(price, count, "downloads", project=project, day=self._end_of(month))

    def _calls(self, prices: tuple[UsagePrice, ...], starts_on: date, ends_on: date) -> Iterator[CostLine]:
        """Count the calls that succeeded: everybody's, as far as their machines have told the ledger."""
        priced = tuple({price.marketplace for price in prices if price.operation != DOWNLOAD})
        counts: dict[tuple[UsagePrice, str, date], int] = {}
        for one in self.ledger.values(UsageCount, day=Between(starts_on, ends_on), marketplace=priced):
            if one.operation == DOWNLOAD:
                continue
            price = _price_on(prices, one.marketplace, one.operation, one.day)
            if price is not None:
                key = (price, one.project_id, one.day.replace(day=1))
                counts[key] = counts.get(key, 0) + one.number
        for (price, project, month), count in counts.items():
            words = f"{price.operation.replace('_', ' ')} calls"
            yield _usage_line(price, count, words, project=project, day=self._end_of(month))

    def _end_of(self, month: date) -> date:
        """Return the last day of a month, or today in the month that is not over."""
        end = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        return min(end, self.clock.now().date())

    def _notes(self, lines: list[CostLine], *, old: int = 0) -> tuple[str, ...]:
        """Say what a reader has to know; ``old`` amounts beside those of the lines had an old rate."""
        notes = []
        if not self.settings.home_currency:
            notes.append(
                "There is no home currency, so currencies stand side by side. Set CLEARANCE_HOME_CURRENCY."
            )
        old += sum(
            line.count
            for line in lines
            if line.rate_on is not None and (line.day - line.rate_on).days > OLD_AFTER_DAYS
        )
        if old:
            notes.append(
                f"{old:,} amount{'' if old == 1 else 's'} converted at a rate that was more than "
                f"{OLD_AFTER_DAYS} days old on the day of the payment."
            )
        if any(line.kind is CostKind.USAGE and line.title.endswith("calls") for line in lines):
            notes.append("Calls are everybody's; each machine tells the ledger about once an hour.")
        if self.standing.projects() is not None:
            notes.append("Only the projects that you work on are in it.")
        return tuple(notes)


def _payment_line(payment: Payment, order: Order, method: PaymentMethod | None) -> CostLine:
    return CostLine(
        day=payment.paid_at.date(),
        kind=CostKind.REFUND if payment.refund_id else CostKind.PURCHASE,
        marketplace=order.ref.marketplace,
        title=order.title,
        project=order.project,
        order_id=order.id,
        listing=str(order.ref),
        method=method.label if method is not None else payment.method_id,
        cost=payment.cost,
        value=payment.value,
        home=payment.home,
        rate=payment.rate,
        rate_on=payment.rate_on,
        rate_source=payment.rate_source,
        purchase_order=payment.purchase_order,
        cost_center=payment.cost_center,
        paid_by=payment.paid_by,
    )


def _line_of(one: PaidSum) -> CostLine:
    """Return a line for what was added up; where each has to be converted, the line of one."""
    return CostLine(
        day=one.day,
        kind=one.kind,
        marketplace=one.marketplace,
        title="",
        project=one.project,
        cost=one.value or one.credits,
        value=one.value,
        home=one.home,
        count=one.count,
    )


def _scaled(line: CostLine, one: PaidSum) -> CostLine:
    """Return the line of one amount as that of all that are like it."""
    if not one.is_each:
        return line

    def times(amount: Money | None) -> Money | None:
        return None if amount is None else replace(amount, minor=amount.minor * one.count)

    return replace(line, cost=times(line.value), value=times(line.value), home=times(line.home))


def _with_tax(line: CostLine, tax: Tax | None) -> CostLine:
    return line if tax is None else replace(line, tax=tax.amount, tax_source=tax.source)


def _usage_line(price: UsagePrice, count: int, words: str, *, project: str, day: date) -> CostLine:
    value = Money.rounded(price.amount.decimal * Decimal(count) / price.per, price.amount.currency)
    return CostLine(
        day=day,
        kind=CostKind.USAGE,
        marketplace=price.marketplace,
        title=f"{count:,} {words}",
        project=project,
        method=f"contract, {price.amount} for {price.per:,}",
        cost=value,
        value=value,
    )


def _price_on(
    prices: tuple[UsagePrice, ...], marketplace: str, operation: str, day: date
) -> UsagePrice | None:
    """Return the price that holds on a day; of several, the one that started last."""
    holding = [
        price
        for price in prices
        if price.marketplace == marketplace
        and price.operation == operation
        and price.starts_on <= day
        and (price.ends_on is None or day <= price.ends_on)
    ]
    return max(holding, key=lambda price: (price.starts_on, price.set_at), default=None)


def _client(projects: Mapping[str, Project], project_id: str) -> str:
    project = projects.get(project_id)
    return project.client if project is not None else ""
