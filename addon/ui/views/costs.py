"""What a month cost, as bars. Pure: no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ....core.marketplaces.base import MarketplaceInfo
from ....core.model.costs import CostSum
from ....core.services.studio.finance import CostsPage, FinancePart, month_before
from ....core.session.state import FinanceState
from .finance import Head, view_head
from .rows import Fact, Note, Tone, names_of
from .text import count, join, shorten

EMPTY = "Nothing was spent this month. Purchases, refunds and what contracts charge add up here."
SHOWN = 8
"""Bars of a group before the rest is counted."""
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """A marketplace or project. ``share`` of the month's costs, 0 to 1; None where it cannot be said."""

    name: str
    amount: str
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostGroup:
    """What costs are added up by."""

    title: str
    rows: tuple[CostRow, ...]
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostsView:
    """The panel."""

    head: Head
    title: str = ""
    facts: tuple[Fact, ...] = ()
    groups: tuple[CostGroup, ...] = ()
    notes: tuple[Note, ...] = ()
    can_export: bool = False


def view_costs(state: FinanceState, infos: Sequence[MarketplaceInfo]) -> CostsView:
    """Build the panel."""
    head, page = view_head(state, FinancePart.COSTS), state.parts[FinancePart.COSTS].page
    if not isinstance(page, CostsPage):
        return CostsView(head=head)
    is_member = state.who is None or state.who.is_member
    total = page.total
    notes: list[Note] = []
    is_empty = not (total.purchases or total.refunds or page.by_marketplace)
    if is_empty and is_member:
        notes.append(Note(text=EMPTY))
    if page.home_currency and total.not_converted:
        text = f"{count(total.not_converted, 'amount')} could not be converted to {page.home_currency}."
        notes.append(Note(text=text, tone=Tone.WARN))
    if is_member and not is_empty:
        notes += [Note(text=shorten(note, 300)) for note in page.notes if "projects that you" not in note]
    facts = [
        Fact(label="Together", value=_amount(total)),
        Fact(label="Purchases", value=f"{total.purchases:,}"),
        *([Fact(label="Refunds", value=f"{total.refunds:,}")] if total.refunds else []),
        Fact(label="Last month", value=_amount(page.before)),
    ]
    names = names_of(infos)
    groups = (
        _group("By Marketplace", page.by_marketplace, total, names),
        _group("By Project", page.by_project, total, {}),
    )
    return CostsView(
        head=head,
        title=f"{MONTHS[page.month.month - 1]} {page.month.year}",
        facts=tuple(facts) if is_member and (page.before.purchases or not is_empty) else (),
        groups=tuple(group for group in groups if group.rows),
        notes=tuple(notes),
        can_export=is_member,
    )


def days_of(period: str, today: date) -> tuple[date | None, date | None]:
    """Return the first and last day of a period: MONTH, LAST_MONTH, YEAR, or else all time."""
    first = today.replace(day=1)
    match period:
        case "MONTH":
            return first, today
        case "LAST_MONTH":
            return month_before(first), first - timedelta(days=1)
        case "YEAR":
            return date(today.year, 1, 1), today
        case _:
            return None, None


def _group(title: str, sums: Sequence[CostSum], total: CostSum, names: dict[str, str]) -> CostGroup:
    more = len(sums) - SHOWN
    return CostGroup(
        title=title,
        rows=tuple(
            CostRow(
                name=shorten(names.get(one.key, one.key), 40) or "No project",
                amount=_amount(one),
                share=_share(one, total),
            )
            for one in sums[:SHOWN]
        ),
        more=f"And {more:,} more; the cost report has all." if more > 0 else "",
    )


def _amount(one: CostSum) -> str:
    if one.home is not None and not one.not_converted:
        return str(one.home)
    nothing = "not known" if one.purchases or one.refunds else "nothing"
    return join([*(str(money) for money in one.sums), *one.credits_used]) or nothing


def _share(one: CostSum, total: CostSum) -> float | None:
    """Return a part of the whole where both are one amount of one currency above zero."""
    if one.home is not None and total.home is not None and not total.not_converted:
        part, whole = one.home.minor, total.home.minor
    elif len(one.sums) == len(total.sums) == 1 and one.sums[0].currency == total.sums[0].currency:
        part, whole = one.sums[0].minor, total.sums[0].minor
    else:
        return None
    return min(1.0, part / whole) if whole > 0 and part >= 0 else None
