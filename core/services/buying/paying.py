"""The port by which orders are paid: asked before an order is opened, told when it was charged or given back.

The marketplace has moved the money when :meth:`PayPort.paid` is called: it never refuses, it notes. What it
writes is part of the unit of work in which the order is settled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from ...billing.paying import ToPay, own_kind, own_method_id
from ...ledger.port import LedgerReader, LedgerTransaction
from ...model.audit import AuditEvent
from ...model.evidence import Refund
from ...model.money import UNSTATED_CURRENCY, Cost, Credits, Money, encode_cost
from ...model.order import Order, Receipt
from ...model.payment import Payment, PaymentMethod
from ...model.quote import Quote


class PayPort(Protocol):
    """What is asked and noted about paying for an order."""

    def check(self, reader: LedgerReader, order: Order, quote: Quote) -> None:
        """Raise PaymentError when the method that was chosen is not open for an order."""
        ...

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
        """Write the payment of an order that was charged ``at`` a moment, with its audit entry."""
        ...

    def given_back(
        self, work: LedgerTransaction, order: Order, refund: Refund, *, actor: str, at: datetime
    ) -> Payment:
        """Write what came back as a negative payment, with its audit entry."""
        ...


@dataclass(frozen=True, slots=True)
class MarketplacePays:
    """Notes the marketplace's own method for everything: what there is without a studio's."""

    def check(self, reader: LedgerReader, order: Order, quote: Quote) -> None:
        """Let everything pass: the marketplace itself says what can be paid."""

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
        """Write the payment by the marketplace's own method."""
        to_pay = make_to_pay(order, quote, receipt, day=at.date())
        method = own_method(work, to_pay, actor=actor, at=order.updated_at)
        payment = Payment(
            id=charge_id(order.id),
            order_id=order.id,
            method_id=method.id,
            cost=to_pay.cost,
            value=money_of(to_pay.cost),
            paid_at=at,
            paid_by=actor,
        )
        write_payment(work, payment, at=order.updated_at)
        return payment

    def given_back(
        self, work: LedgerTransaction, order: Order, refund: Refund, *, actor: str, at: datetime
    ) -> Payment:
        """Write the refund on the method that was charged."""
        charge = find_charge(work, order.id)
        method_id = charge.method_id if charge else _refund_method(work, order, actor=actor, at=at).id
        back = negative(refund.amount)
        payment = Payment(
            id=f"payment/{refund.id}",
            order_id=order.id,
            method_id=method_id,
            cost=back,
            value=money_of(back),
            paid_at=at,
            paid_by=actor,
            refund_id=refund.id,
        )
        write_payment(work, payment, at=at)
        return payment


MARKETPLACE_PAYS = MarketplacePays()


def charge_id(order_id: str) -> str:
    """Return the id of the one payment that charges an order."""
    return f"payment/{order_id}"


def make_to_pay(order: Order, quote: Quote, receipt: Receipt | None = None, *, day: date) -> ToPay:
    """Return what is to be paid, or was charged when there is a receipt."""
    told = receipt.charged if receipt is not None else None
    cost = told if told is not None else order.cost
    on_page = quote.web_checkout or (receipt is not None and receipt.evidence == "web_evidence")
    return ToPay(
        marketplace=order.ref.marketplace,
        project_id=order.project,
        account_id=order.account_id,
        kind=own_kind(cost, on_page=on_page, account_id=order.account_id),
        cost=cost,
        day=day,
    )


def own_method(work: LedgerTransaction, to_pay: ToPay, *, actor: str, at: datetime) -> PaymentMethod:
    """Return the marketplace's own method; it is noted at its first use."""
    method_id = own_method_id(to_pay.marketplace, to_pay.kind, to_pay.account_id)
    known = work.value(PaymentMethod, method_id)
    if known is not None:
        return known
    method = PaymentMethod(
        id=method_id,
        kind=to_pay.kind,
        label=f"{to_pay.marketplace} {to_pay.kind}".replace("_", " "),
        created_by=actor,
        created_at=at,
        marketplace=to_pay.marketplace,
        account_id=to_pay.account_id,
        unit=to_pay.cost.unit if isinstance(to_pay.cost, Credits) else "",
    )
    work.add(method)
    return method


def write_payment(
    work: LedgerTransaction, payment: Payment, *, at: datetime, details: tuple[tuple[str, str], ...] = ()
) -> None:
    """Write a payment and what the audit says about it."""
    work.add(payment)
    work.record(
        AuditEvent(
            action="payment.refunded" if payment.refund_id else "payment.noted",
            subject=payment.order_id,
            actor=payment.paid_by,
            at=at,
            details=(
                ("payment_id", payment.id),
                ("method_id", payment.method_id),
                ("cost", encode_cost(payment.cost) or "not told"),
                ("value", encode_cost(payment.value) or "not known"),
                *details,
            ),
        )
    )


def find_charge(reader: LedgerReader, order_id: str) -> Payment | None:
    """Return the payment that charged an order; None for one that was booked before payments were noted."""
    return next(
        (one for one in reader.values(Payment, order_id=order_id) if not one.refund_id),
        None,
    )


def negative(cost: Cost | None) -> Cost | None:
    """Return what came back as it is booked: below zero."""
    match cost:
        case Money():
            return Money(minor=-abs(cost.minor), currency=cost.currency)
        case Credits():
            return Credits(amount=-abs(cost.amount), unit=cost.unit)
    return None


def money_of(cost: Cost | None) -> Money | None:
    """Return a cost that is money with a currency; None for all else."""
    return cost if isinstance(cost, Money) and cost.currency != UNSTATED_CURRENCY else None


def _refund_method(work: LedgerTransaction, order: Order, *, actor: str, at: datetime) -> PaymentMethod:
    to_pay = ToPay(
        marketplace=order.ref.marketplace,
        project_id=order.project,
        account_id=order.account_id,
        kind=own_kind(order.cost, on_page=False, account_id=order.account_id),
        cost=order.cost,
        day=at.date(),
    )
    return own_method(work, to_pay, actor=actor, at=at)
