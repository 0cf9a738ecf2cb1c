"""How a studio pays: its methods, which are open for an order, and what is noted when an order is charged.

Never asks for, keeps or shows a card's number: text that looks like one is refused. What a marketplace
charged is noted whatever the methods say; they are held before an order is opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from ...billing.card_numbers import refuse_card_numbers
from ...billing.exchange import convert
from ...billing.paying import COUNTED_KINDS, Choice, ToPay, choose_open, own_kind, prefer, value_of
from ...clock import Clock
from ...errors import PaymentError, UserInputError
from ...http.message import clean_text
from ...ids import Ids
from ...ledger.port import Ledger, LedgerReader, LedgerTransaction
from ...model.audit import AuditEvent
from ...model.buy_request import BuyRequest, RequestItem
from ...model.currencies import is_currency
from ...model.evidence import Refund
from ...model.money import Money
from ...model.order import OPEN_STATES, Order, Receipt
from ...model.payment import ExchangeRate, MethodKind, Payment, PaymentMethod
from ...model.people import Project
from ...model.quote import Quote
from ...policy.roles import Act
from ...settings import Settings
from ..buying.paying import (
    charge_id,
    find_charge,
    make_to_pay,
    negative,
    own_method,
    write_payment,
)
from .standing import Standing

MAX_LABEL = 200
MAX_CODE = 100
MANY = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodDraft:
    """What somebody wants to add as a method; the fields are those of :class:`PaymentMethod`."""

    kind: MethodKind
    label: str
    marketplace: str = ""
    account_id: str = ""
    project_id: str = ""
    purchase_order: str = ""
    cost_center: str = ""
    unit: str = ""
    unit_value: Money | None = None
    paid_in: Money | None = None
    limit_amount: Money | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payments:
    """Sets up methods, and pays orders: a :class:`core.services.buying.paying.PayPort`."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    settings: Settings
    standing: Standing

    def add_method(self, draft: MethodDraft) -> PaymentMethod:
        """Set up a way to pay. Raises NotAllowed, UserInputError for what cannot be."""
        actor = self.standing.require(Act.SET_METHOD)
        checked = check_method(draft)
        now = self.clock.now()
        method = PaymentMethod(
            id=self.ids.new("method"),
            kind=checked.kind,
            label=checked.label,
            created_by=actor,
            created_at=now,
            marketplace=checked.marketplace,
            account_id=checked.account_id,
            project_id=checked.project_id,
            purchase_order=checked.purchase_order,
            cost_center=checked.cost_center,
            unit=checked.unit,
            unit_value=checked.unit_value,
            paid_in=checked.paid_in,
            limit_amount=checked.limit_amount,
            valid_until=checked.valid_until,
        )
        with self.ledger.transaction() as work:
            known = work.count_values(Project) > 0
            if method.project_id and known and work.value(Project, method.project_id) is None:
                raise UserInputError(
                    f"There is no project “{method.project_id}” in the ledger. Add it, or leave it out.",
                    code="payment.no_project",
                )
            work.add(method)
            work.record(_about("payment_method.added", method, actor, now))
        return method

    def end_method(self, method_id: str) -> PaymentMethod:
        """End a way to pay; what was paid by it stays. Raises NotAllowed, UserInputError."""
        actor = self.standing.require(Act.SET_METHOD)
        now = self.clock.now()
        with self.ledger.transaction() as work:
            method = find_method(work, method_id)
            if not method.active:
                raise UserInputError(f"“{method.label}” was ended before.", code="payment.method_ended")
            ended = work.change(replace(method, active=False))
            work.record(_about("payment_method.ended", ended, actor, now))
        return ended

    def methods(self, *, ended: bool = False) -> tuple[Choice, ...]:
        """Return the methods with what is left of their limits and balances."""
        found = self.ledger.values(PaymentMethod) if ended else self.ledger.values(PaymentMethod, active=True)
        to_pay = ToPay(
            marketplace="",
            project_id="",
            account_id="",
            kind=MethodKind.CHECKOUT,
            cost=None,
            day=self.clock.now().date(),
        )
        spent = self._spent(self.ledger, found)
        judged = {one.method.id: one for one in choose_open(found, to_pay, spent)}
        return tuple(judged[method.id] for method in found)

    def choices(self, order: Order, quote: Quote, reader: LedgerReader | None = None) -> tuple[Choice, ...]:
        """Say which methods are open for an order, and why the others are not."""
        reader = reader or self.ledger
        to_pay = make_to_pay(order, quote, day=self.clock.now().date())
        found = reader.values(PaymentMethod, active=True)
        return choose_open(found, to_pay, self._spent(reader, found, besides=order.id))

    def check(self, reader: LedgerReader, order: Order, quote: Quote) -> None:
        """Raise PaymentError when the method that was chosen is not open for an order."""
        refuse_card_numbers(purchase_order=self.settings.purchase_order)
        wanted = self._wanted(reader, order)
        if not wanted:
            return
        choices = self.choices(order, quote, reader)
        chosen = next((one for one in choices if one.method.id == wanted), None)
        if chosen is not None and not chosen.why_not:
            return
        label = chosen.method.label if chosen else wanted
        why = chosen.why_not if chosen else "there is no such method, or it was ended"
        others = ", ".join(f"“{one.method.label}”" for one in choices if not one.why_not) or "none"
        raise PaymentError(
            f"“{order.title}” cannot be paid by “{label}”: {why}. Nothing was bought. Open for it: {others}.",
            code="payment.method_not_open",
            context={"method_id": wanted},
        )

    def paid(
        self,
        work: LedgerTransaction,
        order: Order,
        quote: Quote,
        receipt: Receipt,
        *,
        actor: str,
        at: datetime,
    ) -> Payment:
        """Write the payment of an order that was charged; it never refuses, the money is gone."""
        to_pay = make_to_pay(order, quote, receipt, day=at.date())
        found = work.values(PaymentMethod, active=True)
        spent = self._spent(work, found, besides=order.id)
        chosen = prefer(
            choose_open(found, to_pay, spent),
            to_pay,
            wanted_id=self._wanted(work, order),
            purchase_order=self.settings.purchase_order,
        )
        method = chosen.method if chosen else own_method(work, to_pay, actor=actor, at=order.updated_at)
        documents = work.documents(order.id)
        payment = Payment(
            id=charge_id(order.id),
            order_id=order.id,
            method_id=method.id,
            cost=to_pay.cost,
            value=value_of(method, to_pay.cost),
            paid_at=at,
            paid_by=actor,
            purchase_order=method.purchase_order,
            cost_center=method.cost_center or self._cost_center(work, order.project),
            evidence_sha256=documents[0].sha256 if documents else "",
        )
        details = (("not_open", chosen.why_not),) if chosen and chosen.why_not else ()
        priced = self.at_home(work, payment)
        write_payment(work, priced, at=order.updated_at, details=details)
        return priced

    def given_back(
        self, work: LedgerTransaction, order: Order, refund: Refund, *, actor: str, at: datetime
    ) -> Payment:
        """Write what came back, on the method that was charged, at the rate of the day it came back."""
        charge = find_charge(work, order.id)
        back = negative(refund.amount)
        method = work.value(PaymentMethod, charge.method_id) if charge else None
        if method is None:
            kind = own_kind(order.cost, on_page=False, account_id=order.account_id)
            to_pay = ToPay(
                marketplace=order.ref.marketplace,
                project_id=order.project,
                account_id=order.account_id,
                kind=kind,
                cost=order.cost,
                day=at.date(),
            )
            method = own_method(work, to_pay, actor=actor, at=at)
        payment = self.at_home(
            work,
            Payment(
                id=f"payment/{refund.id}",
                order_id=order.id,
                method_id=method.id,
                cost=back,
                value=value_of(method, back),
                paid_at=at,
                paid_by=actor,
                purchase_order=charge.purchase_order if charge else "",
                cost_center=charge.cost_center if charge else "",
                refund_id=refund.id,
            ),
        )
        write_payment(work, payment, at=at)
        return payment

    def at_home(self, reader: LedgerReader, payment: Payment) -> Payment:
        """Return a payment with what it is in the home currency, where there is a rate for its day."""
        home, value = self.settings.home_currency, payment.value
        if not home or value is None:
            return payment
        pair = (value.currency, home)
        rates = reader.values(ExchangeRate, base=pair, quote=pair) if value.currency != home else ()
        found = convert(value, home, rates, payment.paid_at.date())
        if found is None:
            return payment
        return replace(
            payment,
            home=found.amount,
            rate=found.rate,
            rate_on=found.rate_on,
            rate_source=found.source,
        )

    def _wanted(self, reader: LedgerReader, order: Order) -> str:
        """Return the method that was chosen: by the order's request, else by the settings."""
        for item in reader.values(RequestItem, quote_id=order.quote_id, newest=True, limit=1):
            request = reader.value(BuyRequest, item.request_id)
            if request is not None and request.method_id:
                return request.method_id
        return self.settings.payment_method

    def _spent(
        self, reader: LedgerReader, methods: Iterable[PaymentMethod], *, besides: str = ""
    ) -> dict[str, dict[str, int]]:
        """Return what was paid, or is being paid, by the methods that have a limit or a balance."""
        counted = {method.id: method for method in methods if method.limit_amount or method.paid_in}
        spent: dict[str, dict[str, int]] = {method_id: {} for method_id in counted}
        if not counted:
            return spent
        for payment in reader.values(Payment, method_id=tuple(counted)):
            if payment.value is not None:
                _add(spent[payment.method_id], payment.value)
        for order in reader.orders(states=OPEN_STATES, limit=MANY):
            wanted = counted.get(self._wanted(reader, order)) if order.id != besides else None
            value = value_of(wanted, order.cost) if wanted is not None else None
            if wanted is not None and value is not None:
                _add(spent[wanted.id], value)
        return spent

    def _cost_center(self, reader: LedgerReader, project_id: str) -> str:
        project = reader.value(Project, project_id) if project_id else None
        return project.cost_center if project is not None else ""


def check_method(draft: MethodDraft) -> MethodDraft:
    """Return a method's facts, cleaned; raise UserInputError for what cannot be."""
    label = clean_text(draft.label, limit=MAX_LABEL)
    number = clean_text(draft.purchase_order, limit=MAX_CODE)
    center = clean_text(draft.cost_center, limit=MAX_CODE)
    refuse_card_numbers(
        label=draft.label,
        purchase_order=draft.purchase_order,
        cost_center=draft.cost_center,
        account=draft.account_id,
    )
    if not label:
        raise _bad("Give the method a name that people know it by.", "label")
    if draft.kind in COUNTED_KINDS and not draft.marketplace:
        raise _bad("Credits and downloads belong to a marketplace; say which.", "marketplace")
    if draft.kind is MethodKind.PURCHASE_ORDER and not number:
        raise _bad("A purchase order has a number; give it.", "purchase_order")
    if draft.kind is MethodKind.PREPAID and draft.paid_in is None:
        raise _bad("Say how much was paid in, such as 500.00 EUR.", "paid_in")
    if draft.paid_in is not None and draft.kind is not MethodKind.PREPAID:
        raise _bad("Only a prepaid balance has money paid in.", "paid_in")
    if draft.unit_value is not None and draft.kind not in COUNTED_KINDS:
        raise _bad("Only credits and downloads have a value for one of them.", "unit_value")
    for name in ("unit_value", "paid_in", "limit_amount"):
        amount: Money | None = getattr(draft, name)
        if amount is not None and (not is_currency(amount.currency) or amount.minor < 0):
            raise _bad(f"“{amount}” is no amount here. Write it with its currency, such as 19.00 USD.", name)
    unit = clean_text(draft.unit, limit=40).lower()
    if not unit and draft.kind in COUNTED_KINDS:
        unit = "credit" if draft.kind is MethodKind.CREDITS else "download"
    return replace(
        draft,
        label=label,
        purchase_order=number,
        cost_center=center,
        unit=unit,
        account_id=clean_text(draft.account_id, limit=MAX_CODE),
        project_id=clean_text(draft.project_id, limit=MAX_CODE),
    )


def find_method(reader: LedgerReader, method_id: str) -> PaymentMethod:
    """Return a method; raise UserInputError when there is none."""
    method = reader.value(PaymentMethod, method_id)
    if method is None:
        raise UserInputError(
            f"There is no payment method “{method_id[:60]}”. See `clearance payment-method list`.",
            code="payment.no_method",
        )
    return method


def _add(sums: dict[str, int], amount: Money) -> None:
    sums[amount.currency] = sums.get(amount.currency, 0) + amount.minor


def _bad(message: str, field: str) -> UserInputError:
    return UserInputError(message, code="payment.method", context={"field": field})


def _about(action: str, method: PaymentMethod, actor: str, at: datetime) -> AuditEvent:
    return AuditEvent(
        action=action,
        subject=method.id,
        actor=actor,
        at=at,
        details=(
            ("kind", method.kind),
            ("label", method.label),
            ("marketplace", method.marketplace),
            ("project", method.project_id),
            ("purchase_order", method.purchase_order),
        ),
    )
