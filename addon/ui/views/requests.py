"""The cart, the user's requests, and what waits for them, as rows. Pure: no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....core.marketplaces.base import MarketplaceInfo
from ....core.model.buy_request import BuyRequest, ItemState, RequestState
from ....core.session.state import Phase, SessionState
from ...messages import tell
from .rows import Fact, Note, Tone, describe_cost, names_of
from .text import count, shorten

if TYPE_CHECKING:
    from ....core.services.studio.requests import ItemView, RequestView

STATES = {
    RequestState.DRAFT: "Cart",
    RequestState.OPEN: "Waits for approval",
    RequestState.APPROVED: "Approved",
    RequestState.DECLINED: "Declined",
    RequestState.WITHDRAWN: "Withdrawn",
    RequestState.BUYING: "Is being bought",
    RequestState.DONE: "Done",
}
_DECISIONS = {
    "allow": (Tone.GOOD, "fits the use"),
    "needs_review": (Tone.WARN, "needs review"),
    "deny": (Tone.BAD, "not allowed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One item: what it is, where and for how much, what is said below, and whether it can be taken out."""

    position: int
    text: str
    detail: str
    """Where it is from and what it costs: never cut, as a long title is."""
    tone: Tone
    notes: tuple[str, ...] = ()
    removable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One request with what can be done."""

    request_id: str
    title: str
    facts: tuple[Fact, ...] = ()
    items: tuple[ItemRow, ...] = ()
    more: str = ""
    notes: tuple[Note, ...] = ()
    can_submit: bool = False
    submit_text: str = "Submit…"
    can_withdraw: bool = False
    can_discard: bool = False
    can_approve: bool = False
    can_decline: bool = False
    buy_text: str = ""
    needs_reason: bool = False
    surcharges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsView:
    """What the panel shows."""

    busy: bool = False
    notes: tuple[Note, ...] = ()
    cart: RequestRow | None = None
    mine: tuple[RequestRow, ...] = ()
    waiting: tuple[RequestRow, ...] = ()
    loaded: bool = False


def view_requests(state: SessionState, infos: Sequence[MarketplaceInfo]) -> RequestsView:
    """Build the panel for whatever state the requests are in."""
    requests, names = state.requests, names_of(infos)
    notes: list[Note] = []
    busy = requests.phase is Phase.BUSY
    if busy:
        task = requests.task
        title = task.title if task is not None else "Working"
        done = f" ({task.done:,} of {task.total:,})" if task is not None and task.total else ""
        notes.append(Note(text=f"{title}{done} …", tone=Tone.BUSY))
    elif requests.problem is not None:
        notes.append(Note(text=tell(requests.problem), tone=Tone.BAD))
    elif requests.note:
        notes.append(Note(text=shorten(requests.note, 400), tone=Tone.INFO))
    loaded = requests.phase in (Phase.READY, Phase.FAILED)
    if loaded and not (requests.cart or requests.mine or requests.waiting) and not notes:
        notes.append(
            Note(
                text="No requests yet. Select a result and choose Add to Cart; what you ask for, and what "
                "waits for you, stands here."
            )
        )
    return RequestsView(
        busy=busy,
        notes=tuple(notes),
        cart=_view_cart(requests.cart, names) if requests.cart is not None else None,
        mine=tuple(_view_mine(one) for one in requests.mine),
        waiting=tuple(_view_waiting(one, names) for one in requests.waiting),
        loaded=loaded,
    )


def _view_cart(view: RequestView, names: dict[str, str]) -> RequestRow:
    items = tuple(_view_item(one, names, removable=True) for one in view.items if _is_in(one))
    return RequestRow(
        request_id=view.request.id,
        title=f"Cart for {shorten(view.request.project_id, 40)}: {count(len(items), 'item')}",
        items=items,
        more=_more(view),
        can_submit=bool(items),
        can_discard=True,
    )


def _view_mine(request: BuyRequest) -> RequestRow:
    facts = [Fact(label="State", value=STATES[request.state])]
    if request.total is not None:
        facts.append(Fact(label="Total", value=describe_cost(request.total)))
    if request.decided_by and request.decision_reason:
        said = f"{request.decided_by}: {shorten(request.decision_reason, 200)}"
        facts.append(Fact(label="Decision", value=said))
    return RequestRow(
        request_id=request.id,
        title=shorten(request.reason, 80) or f"Cart of {request.created_at.date().isoformat()}",
        facts=tuple(facts),
        can_withdraw=request.state in (RequestState.OPEN, RequestState.APPROVED),
        # Open again after a price changed, or quoted long ago: its author asks once more.
        can_submit=request.state is RequestState.OPEN,
        submit_text="Submit Again…",
    )


def _view_waiting(view: RequestView, names: dict[str, str]) -> RequestRow:
    request = view.request
    paid = [describe_cost(request.total)] if request.total is not None else []
    paid += [f"{amount} at {names.get(shop, shop)}" for shop, amount in view.credits]
    facts = [
        Fact(label="By", value=shorten(request.requested_by, 60)),
        Fact(label="Project", value=shorten(request.project_id, 60)),
        Fact(label="Price", value=", ".join(paid) or "Shown at checkout"),
    ]
    if view.covered:
        facts.append(Fact(label="Owned", value=f"{count(view.covered, 'item')}, nothing is bought for them"))
    if view.budget is not None:
        left = f", {view.left_after} after this" if view.left_after is not None else ""
        facts.append(Fact(label="Budget", value=f"{view.budget.left} left{left}"))
    notes = []
    if view.budget is not None and view.budget.alert:
        notes.append(Note(text=view.budget.alert, tone=Tone.WARN))
    if view.left_after is not None and view.left_after.minor < 0:
        notes.append(Note(text="The budget does not have that much left.", tone=Tone.BAD))
    asked = request.state is RequestState.OPEN
    if asked and view.why_not:
        notes.append(Note(text=view.why_not, tone=Tone.WARN))
    quotes = [one.quote for one in view.items if one.quote is not None]
    return RequestRow(
        request_id=request.id,
        title=shorten(request.reason, 120) or request.id,
        facts=tuple(facts),
        items=tuple(_view_item(one, names) for one in view.items if _is_in(one)),
        more=_more(view),
        notes=tuple(notes),
        can_approve=asked and not view.why_not,
        can_decline=asked,
        buy_text=_name_buy(view) if view.can_buy else "",
        needs_reason=any(
            one.answer is not None and one.answer.decision == "needs_review" for one in view.items
        ),
        surcharges=tuple(dict.fromkeys(quote.surcharge for quote in quotes if quote.surcharge)),
    )


def _name_buy(view: RequestView) -> str:
    return "Go On Buying" if view.request.state is RequestState.BUYING else "Buy"


def _is_in(view: ItemView) -> bool:
    return view.item.state is not ItemState.LEFT_OUT


def _more(view: RequestView) -> str:
    more = view.item_count - len(view.items)
    return f"And {count(more, 'more item')}; “clearance request show” lists all." if more > 0 else ""


def _view_item(view: ItemView, names: dict[str, str], *, removable: bool = False) -> ItemRow:
    item = view.item
    where = names.get(item.ref.marketplace, item.ref.marketplace)
    parts = [where]
    notes: list[str] = []
    tone = Tone.INFO
    if item.state is ItemState.COVERED:
        tone = Tone.GOOD
        label = view.grant.license_label if view.grant is not None else "a license"
        notes.append(f"Owned already under “{shorten(label, 60)}”: nothing is bought")
    elif item.cost is not None or item.quote_id:
        parts.append(describe_cost(item.cost))
        decision = view.answer.decision if view.answer is not None else item.decision
        tone, said = _DECISIONS.get(str(decision), (Tone.INFO, ""))
        license_label = view.quote.license_label if view.quote is not None else item.license_label
        notes.append(": ".join(part for part in (_name_license(license_label), said) if part))
    if view.upgrade_of is not None:
        notes.append(f"An upgrade of what is owned under “{shorten(view.upgrade_of.license_label, 60)}”")
        notes.append("The price is the whole license's; ask the seller what an upgrade costs")
    if view.quote is not None and view.quote.surcharge:
        notes.append(f"On top: {shorten(view.quote.surcharge, 200)}")
    if item.failure:
        tone = Tone.BAD
        notes.append(shorten(item.failure, 200))
    return ItemRow(
        position=item.position,
        text=shorten(item.title, 80) or str(item.ref),
        detail=" · ".join(parts),
        tone=tone,
        notes=tuple(note for note in notes if note),
        removable=removable,
    )


def _name_license(label: str) -> str:
    """Write a marketplace's word for a license as people read it: ``Royalty free``."""
    words = shorten(label.replace("_", " "), 60)
    return words[:1].upper() + words[1:]
