"""The buy dialog, the purchases under way, and the library, as rows. Pure: no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ....core.marketplaces.base import Capability, MarketplaceInfo
from ....core.model.findings import Decision
from ....core.model.grant import Grant
from ....core.model.listing import MediaKind
from ....core.model.money import Balance, Cost, Credits, Money
from ....core.session.state import OrderProgress, SessionState
from ....core.tasks import Task
from ...messages import tell
from .details import describe_license, sells_on_website
from .quality import QualityView, view_quality
from .rows import Fact, FindingRow, Note, Tone, describe_cost, names_of, view_answer, view_finding
from .text import describe_size, shorten

MAX_LIBRARY_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRow:
    """Something to be noted with a purchase."""

    id: str
    label: str
    required: bool
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyDialog:
    """Everything that is seen before anything is spent."""

    title: str
    facts: tuple[Fact, ...]
    answer: Note
    findings: tuple[FindingRow, ...]
    notes: tuple[Note, ...]
    confirm_text: str
    quote_id: str
    references: tuple[ReferenceRow, ...] = ()
    """What the account's administrator wants noted with it."""
    surcharge: str = ""
    """The marketplace's own sentence about what is charged beyond the plan; has to be confirmed."""
    on_website: bool = False
    """It is bought on the marketplace's website; Clearance only opens it and keeps the proof."""
    needs_reason: bool = False
    blocked: str = ""
    """Why it cannot be confirmed; empty when it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressRow:
    """A purchase, a download or an import under way."""

    key: str
    title: str
    note: Note
    fraction: float | None = None
    """For a bar; None where there is nothing to measure."""
    bar_text: str = ""
    task_id: int = 0
    """Of the task that can be cancelled; 0 when nothing can."""
    order_id: str = ""
    grant_id: str = ""
    checkout_url: str = ""
    imported: bool = False
    actions: frozenset[str] = frozenset()
    """Of ``open_checkout``, ``check_payment``, ``cancel_order``, ``import``, ``open_website``,
    ``confirm_purchase``, ``look_for_file``, ``decide``."""
    more: tuple[Note, ...] = ()
    """What the user should know of its files."""
    quality: QualityView | None = None
    """What was delivered, held against what was offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryRow:
    """Something we own."""

    grant_id: str
    ref: str
    title: str
    detail: str
    importable: bool
    order_id: str


def view_buy(
    state: SessionState, infos: Sequence[MarketplaceInfo], quote_id: str, *, now: datetime
) -> BuyDialog | None:
    """Build the dialog for the selected quote; None when that quote is no longer selected."""
    selection = state.selection
    result = selection.result if selection else None
    if selection is None or result is None or (quote_id and result.quote.id != quote_id):
        return None
    quote = result.quote
    where = names_of(infos).get(quote.ref.marketplace, quote.ref.marketplace)
    decision = result.answer.decision
    facts = [
        Fact(label="Item", value=shorten(quote.title, 160) or "Untitled"),
        Fact(label="From", value=f"{where}, by {shorten(quote.author, 60)}" if quote.author else where),
        Fact(label="License", value=describe_license(result)),
        Fact(label="Price", value=describe_cost(quote.cost)),
    ]
    if quote.variant:
        facts.append(Fact(label="Size", value=shorten(quote.variant, 40)))
    if quote.balance is not None:
        facts.append(Fact(label="Charged to", value=shorten(quote.balance.label, 80) or "your account"))
        facts.append(Fact(label="Left", value=describe_balance(quote.balance, quote.cost)))
    elif quote.web_checkout:
        facts.append(Fact(label="Charged", value=f"on {where}'s own page, by you"))
    notes: list[Note] = []
    on_website = sells_on_website(infos, quote.ref.marketplace)
    if on_website:
        notes.append(
            Note(
                text=f"{where} has no way for programs to buy. Your browser opens the page; buy and download "
                "there. Then enter the order number here, and pick up the file."
            )
        )
    elif quote.web_checkout:
        notes.append(
            Note(
                text=f"Your browser opens {where}'s own checkout. You pay there; nothing is charged by "
                "Clearance. The download starts here when the payment is seen."
            )
        )
    else:
        notes.append(Note(text="This is charged at once and cannot be undone with Undo."))
    return BuyDialog(
        title=f"Order from {where}" if quote.web_checkout else f"Buy from {where}",
        facts=tuple(facts),
        answer=view_answer(decision),
        findings=tuple(view_finding(finding) for finding in result.answer.findings),
        notes=tuple(notes),
        confirm_text="Open the Website" if on_website else _confirm_text(quote.cost, web=quote.web_checkout),
        quote_id=quote.id,
        references=tuple(
            ReferenceRow(
                id=field.id,
                label=shorten(field.label, 60) or field.id,
                required=field.required,
                choices=field.choices,
            )
            for field in result.references
        ),
        surcharge=quote.surcharge,
        on_website=on_website,
        needs_reason=decision is Decision.NEEDS_REVIEW,
        blocked=why_blocked(state, now=now),
    )


def why_blocked(state: SessionState, *, now: datetime) -> str:
    """Say why the selected quote cannot be bought; empty when it can."""
    selection = state.selection
    result = selection.result if selection else None
    if selection is None or result is None:
        return "Select a result first; its price is asked for"
    if result.covered_by is not None:
        return "You own this already. Import what you own instead of buying it twice"
    if result.why_not:
        return shorten(result.why_not, 300)
    if now >= result.quote.expires_at:
        return "The price was only good for a while. Select it again for a new one"
    if result.answer.decision is Decision.DENY:
        return "The license does not allow what this project plans"
    if any(p.key == result.quote.id and p.problem is None for p in state.progress):
        return "It is being bought already"
    return ""


def _confirm_text(cost: Cost | None, *, web: bool) -> str:
    if web:
        return "Go to Checkout" if cost is None else f"Go to Checkout ({cost})"
    return "Buy" if cost is None else f"Buy for {cost}"


def describe_balance(balance: Balance, cost: Cost | None) -> str:
    """Write ``12 downloads, then 11``; say so where the marketplace does not tell."""
    match balance.left, cost:
        case None, _:
            return "the marketplace does not say"
        case Credits() as left, Credits() as price if left.unit == price.unit:
            return f"{left} before, {left.amount - price.amount:,} after"
        case Money() as have, Money() as price if have.currency == price.currency:
            return f"{have} before, {Money(minor=have.minor - price.minor, currency=have.currency)} after"
        case left, _:
            return f"{left} before"


def view_progress(state: SessionState, infos: Sequence[MarketplaceInfo]) -> tuple[ProgressRow, ...]:
    """Build a row for everything that was bought or fetched in this session, newest first."""
    names = names_of(infos)
    with_records = {info.id for info in infos if Capability.HISTORY in info.capabilities}
    return tuple(
        _progress(
            item,
            names.get(item.ref.marketplace, item.ref.marketplace),
            has_records=item.ref.marketplace in with_records,
        )
        for item in state.progress
    )


def _progress(item: OrderProgress, where: str, *, has_records: bool) -> ProgressRow:
    text, tone, actions = _stage(item, where, has_records=has_records)
    if item.problem is not None:
        text, tone = tell(item.problem, where=where), Tone.WARN if item.stage == "in_doubt" else Tone.BAD
        if item.stage == "failed" and item.problem.code == "cancelled":
            tone = Tone.INFO
    task = item.task if item.task is not None and item.task.active else None
    fraction, bar_text = _bar(item.stage, task)
    return ProgressRow(
        key=item.key,
        title=shorten(item.title, 80) or "Untitled",
        note=Note(text=text, tone=tone),
        fraction=fraction,
        bar_text=bar_text,
        # A purchase that was sent cannot be called back: no cancel there.
        task_id=task.id if task is not None and item.stage in ("downloading", "preparing") else 0,
        order_id=item.order_id,
        grant_id=item.grant_id,
        checkout_url=item.checkout_url,
        imported=item.stage == "imported",
        actions=frozenset(actions),
        more=tuple(Note(text=shorten(note, 300), tone=Tone.WARN) for note in item.notes[:3]),
        quality=view_quality(item.checked) if item.checked is not None else None,
    )


def _stage(item: OrderProgress, where: str, *, has_records: bool) -> tuple[str, Tone, tuple[str, ...]]:
    match item.stage:
        case "approving" | "buying":
            return f"Buying at {where}.", Tone.BUSY, ()
        case "awaiting_checkout":
            text = f"Waiting for your payment on {where}'s page."
            return text, Tone.WARN, ("open_checkout", "check_payment", "cancel_order")
        case "awaiting_evidence":
            text = f"Buy it on {where}'s website, then enter the order number here."
            return text, Tone.WARN, ("open_website", "confirm_purchase", "cancel_order")
        case "awaiting_file":
            text = "It is yours. Download it on the website, then pick up the file here."
            return text, Tone.WARN, ("look_for_file",)
        case "in_doubt" if not has_records:
            text = f"{where} keeps no record that could be read. Look into your account there."
            return text, Tone.WARN, ("decide",)
        case "in_doubt":
            return "Looking up whether it was bought.", Tone.WARN, ()
        case "downloading":
            return "Downloading.", Tone.BUSY, ()
        case "preparing":
            return "Checking the files.", Tone.BUSY, ()
        case "ready":
            return "Ready to import.", Tone.GOOD, ("import",)
        case "imported":
            if item.stamped > 1:
                return f"Imported: its {item.stamped:,} parts carry the license.", Tone.GOOD, ("import",)
            return "Imported, with its license.", Tone.GOOD, ("import",)
        case _:
            return "This did not work.", Tone.BAD, ("import",) if item.grant_id else ()


def _bar(stage: str, task: Task | None) -> tuple[float | None, str]:
    if task is None or stage not in ("downloading", "preparing"):
        return None, ""
    if stage == "preparing":
        return None, ""
    fraction = task.fraction
    if fraction is None:
        return (None, "") if not task.done else (0.0, describe_size(task.done))
    return fraction, f"{describe_size(task.done)} of {describe_size(task.total or 0)}"


def view_library(
    state: SessionState, infos: Sequence[MarketplaceInfo], *, text: str = ""
) -> tuple[LibraryRow, ...]:
    """Build the list of what we own; ``text`` narrows it by title, author, id and marketplace."""
    names = names_of(infos)
    words = text.casefold().split()
    rows: list[LibraryRow] = []
    for grant in state.library:
        haystack = f"{grant.title} {grant.author} {grant.ref}".casefold()
        if all(word in haystack for word in words):
            rows.append(_library_row(grant, names.get(grant.ref.marketplace, grant.ref.marketplace)))
        if len(rows) >= MAX_LIBRARY_SHOWN:
            break
    return tuple(rows)


def _library_row(grant: Grant, where: str) -> LibraryRow:
    until = f", until {grant.valid_until.date().isoformat()}" if grant.valid_until else ""
    return LibraryRow(
        grant_id=grant.id,
        ref=str(grant.ref),
        title=shorten(grant.title, 80) or "Untitled",
        detail=f"{where} · {shorten(grant.license_label, 50) or 'license not stated'}{until}",
        importable=grant.kind is not MediaKind.OTHER,
        order_id=grant.order_id,
    )
