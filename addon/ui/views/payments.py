"""Payments that wait, and those that were made, as rows. Pure: no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....core.marketplaces.base import Capability, MarketplaceInfo
from ....core.model.order import Order, OrderState
from ....core.policy.roles import Act
from ....core.services.studio.finance import FinancePart, Paid, PaymentsPage, Who
from ....core.session.state import FinanceState
from .finance import Head, Pager, name_amount, name_roles, view_head, view_pager
from .rows import Note, Tone, names_of
from .text import count, shorten

EMPTY = "Nothing was paid yet. Every purchase and every refund stands here, with its method and its proof."


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """An order whose payment is open. ``actions`` are names of what the user may do."""

    order_id: str
    title: str
    detail: str
    note: Note
    page_url: str = ""
    actions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRow:
    """A payment or refund."""

    order_id: str
    title: str
    tone: Tone
    amount: str
    detail: str
    actions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsView:
    """The panel."""

    head: Head
    waiting: tuple[WaitingRow, ...] = ()
    waiting_more: str = ""
    can_look_up: bool = False
    rows: tuple[PaymentRow, ...] = ()
    notes: tuple[Note, ...] = ()
    pager: Pager | None = None


def view_payments(state: FinanceState, infos: Sequence[MarketplaceInfo]) -> PaymentsView:
    """Build the panel, what waits first."""
    head, page = view_head(state, FinancePart.PAYMENTS), state.parts[FinancePart.PAYMENTS].page
    if not isinstance(page, PaymentsPage):
        return PaymentsView(head=head)
    names, acts = names_of(infos), state.who.acts if state.who is not None else frozenset()
    on_website = {info.id for info in infos if Capability.PURCHASE_WEB in info.capabilities}
    has_records = {info.id for info in infos if Capability.HISTORY in info.capabilities}
    waiting = tuple(_waiting(one, names, acts, on_website, has_records) for one in page.waiting)
    more = page.waiting_total - len(page.waiting)
    return PaymentsView(
        head=head,
        waiting=waiting,
        waiting_more=f"And {more:,} more that {'waits' if more == 1 else 'wait'}." if more > 0 else "",
        can_look_up=bool(waiting) and Act.NOTE_PAYMENT in acts,
        rows=tuple(_paid(one, names, acts) for one in page.rows),
        notes=tuple(_notes(page, state.who)),
        pager=view_pager(page.page, page.total, is_cut=page.is_cut),
    )


def find_waiting(state: FinanceState, order_id: str) -> Order | None:
    """Return an order that waits, as it was read last."""
    page = state.parts[FinancePart.PAYMENTS].page
    found = page.waiting if isinstance(page, PaymentsPage) else ()
    return next((one for one in found if one.id == order_id), None)


def _notes(page: PaymentsPage, who: Who | None) -> list[Note]:
    if who is not None and not who.is_member:
        return []
    notes = []
    if not page.rows and not page.waiting:
        notes.append(Note(text=EMPTY))
    elif not page.waiting:
        notes.append(Note(text="No payment waits.", tone=Tone.GOOD))
    if who is not None and page.waiting and Act.NOTE_PAYMENT not in who.acts:
        notes.append(Note(text=f"Payments are noted by {name_roles(Act.NOTE_PAYMENT)}."))
    return notes


def _waiting(
    order: Order, names: dict[str, str], acts: frozenset[Act], on_website: set[str], has_records: set[str]
) -> WaitingRow:
    where = names.get(order.ref.marketplace, order.ref.marketplace)
    actions: set[str] = set()
    page_url = ""
    match order.state:
        case OrderState.AWAITING_CHECKOUT:
            page_url = order.checkout_url
            if order.ref.marketplace in on_website:
                text = f"Waits for the order number from {where}'s website."
                actions |= {"record", "fail"}
            else:
                text = f"Waits to be paid on {where}'s page."
                actions |= {"fail"}
            note = Note(text=text, tone=Tone.WARN)
        case OrderState.UNKNOWN | OrderState.SUBMITTING:
            records = order.ref.marketplace in has_records
            how = "Look it up" if records else f"Look into your account at {where}"
            text = f"In doubt: {where} did not say whether it was charged. {how}; do not buy it again."
            note = Note(text=text, tone=Tone.BAD)
            actions |= set() if records else {"settle"}
        case _:
            note = Note(text="Approved; nothing was sent yet.")
    return WaitingRow(
        order_id=order.id,
        title=shorten(order.title, 80) or "Untitled",
        detail=_join(name_amount(order.cost), where, shorten(order.project, 40), shorten(order.buyer, 40)),
        note=note,
        page_url=page_url,
        actions=frozenset(actions if Act.NOTE_PAYMENT in acts else ()),
    )


def _paid(one: Paid, names: dict[str, str], acts: frozenset[Act]) -> PaymentRow:
    payment, order = one.payment, one.order
    where = names.get(order.ref.marketplace, order.ref.marketplace)
    is_back = bool(payment.refund_id)
    if is_back:
        state, tone = "came back", Tone.INFO
    elif order.state is OrderState.REFUNDED:
        state, tone = "paid, given back since", Tone.INFO
    elif one.refund_asked:
        state, tone = "paid, refund asked for", Tone.WARN
    else:
        state, tone = "paid", Tone.GOOD
    amount = name_amount(payment.cost)
    if payment.value is not None and payment.value != payment.cost:
        amount += f", worth {payment.value}"
    if payment.home is not None and payment.home != payment.value:
        amount += f", {payment.home} at home"
    actions: set[str] = set()
    if Act.NOTE_PAYMENT in acts:
        actions.add("attach")
    if not is_back and order.state in (OrderState.PAID, OrderState.FULFILLED):
        actions |= {"refund"} if Act.REFUND_REQUEST in acts else set()
        actions |= {"purchase_record", "charge_back"} if Act.INVOICE in acts else set()
    tax = f"tax {one.tax.amount} ({shorten(one.tax.source, 60)})" if one.tax is not None else ""
    documents = count(one.documents, "document") if one.documents else "no document"
    number = f"order no. {shorten(payment.purchase_order, 40)}" if payment.purchase_order else ""
    return PaymentRow(
        order_id=order.id,
        title=shorten(order.title, 80) or "Untitled",
        tone=tone,
        amount=f"{amount}: {state}",
        detail=_join(
            payment.paid_at.date().isoformat(),
            where,
            name_method(one),
            number,
            tax,
            shorten(order.project, 40),
            documents,
        ),
        actions=frozenset(actions),
    )


def name_method(one: Paid) -> str:
    """Write how something was paid; a marketplace's own ways begin with its id, which stands beside it."""
    label = shorten(one.method.removeprefix(f"{one.order.ref.marketplace} "), 60)
    return label[:1].upper() + label[1:]


def _join(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
