"""A budget's journal: what is set aside, released, spent and paid back, and what follows from it.

It is only ever added to; what is left follows from its entries alone. Nothing here asks who somebody is: that
is done before, and by a shared ledger's database once more, which refuses to exceed a budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ...errors import UserInputError
from ...ids import Ids
from ...ledger.port import LedgerReader, LedgerTransaction
from ...model.budget import Budget, BudgetEntry, EntryKind
from ...model.evidence import Refund
from ...model.money import UNSTATED_CURRENCY, Money


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """A budget and what its journal says. Amounts in the budget's currency; ``left`` is never below zero."""

    budget: Budget
    committed: Money
    """Set aside for approved requests, and not spent yet."""
    spent: Money
    """Less what was paid back."""
    left: Money
    forecast: Money
    """What will be spent and set aside at the end of the period, if it goes on as until today."""
    used_percent: int
    alert: str = ""
    """What somebody should know; empty while nothing is near."""


def find_budget(reader: LedgerReader, budget_id: str) -> Budget:
    """Return a budget; raise UserInputError when there is none, or none that this login may see."""
    budget = reader.value(Budget, budget_id)
    if budget is None:
        raise UserInputError(
            f"There is no budget {budget_id[:60]!r} that you may see. “clearance budget list” shows them.",
            code="budget.unknown",
        )
    return budget


def make_status(budget: Budget, entries: Iterable[BudgetEntry], *, today: date) -> BudgetStatus:
    """Add a journal up; pure. The forecast goes on linearly from the days that have passed."""
    sums = dict.fromkeys(EntryKind, 0)
    for entry in entries:
        sums[entry.kind] += entry.amount.minor
    return make_status_from(budget, sums, today=today)


def make_status_from(budget: Budget, sums: Mapping[EntryKind, int], *, today: date) -> BudgetStatus:
    """Say how a budget stands whose journal is added up already, in minor units by kind of entry; pure."""
    committed = sums[EntryKind.COMMIT] - sums[EntryKind.RELEASE]
    spent = sums[EntryKind.SPEND] - sums[EntryKind.REFUND]
    whole = (budget.ends_on - budget.starts_on).days + 1
    passed = min(max((today - budget.starts_on).days + 1, 0), whole)
    # Upwards: a forecast that is a cent too low is the wrong one.
    projected = -(-max(spent, 0) * whole // passed) if passed else max(spent, 0)
    forecast = max(projected, spent + committed)
    amount = budget.amount.minor
    used = spent + committed
    percent = used * 100 // amount if amount else 100

    def money(minor: int) -> Money:
        return Money(minor=minor, currency=budget.amount.currency)

    left = money(max(amount - used, 0))
    return BudgetStatus(
        budget=budget,
        committed=money(committed),
        spent=money(spent),
        left=left,
        forecast=money(forecast),
        used_percent=percent,
        alert=_alert(budget, percent, left, money(forecast)),
    )


def name_currency(amount: Money) -> str:
    """Write an amount; one without a currency says so (CGTrader names none with its prices)."""
    return f"{amount} without a currency" if amount.currency == UNSTATED_CURRENCY else str(amount)


def _alert(budget: Budget, percent: int, left: Money, forecast: Money) -> str:
    if budget.closed_at is not None:
        return ""
    if percent >= budget.alert_percent:
        return f"{percent} % of the budget “{budget.name}” are spent or set aside; {left} are left."
    if forecast.minor > budget.amount.minor:
        return (
            f"At this rate the budget “{budget.name}” ends at {forecast}, above its {budget.amount}, on "
            f"{budget.ends_on.isoformat()}."
        )
    return ""


def commit(
    work: LedgerTransaction,
    budget: Budget,
    amount: Money,
    *,
    subject: str,
    ids: Ids,
    at: datetime,
    by: str,
) -> None:
    """Set money aside for an approved request; raise UserInputError when there is not that much left."""
    if budget.closed_at is not None or not budget.starts_on <= at.date() <= budget.ends_on:
        raise UserInputError(
            f"The budget “{budget.name}” is closed or not for today. Choose another one.",
            code="budget.closed",
        )
    if amount.currency != budget.amount.currency:
        raise UserInputError(
            f"This costs {name_currency(amount)}, and the budget “{budget.name}” is "
            f"{name_currency(budget.amount)}.",
            code="budget.currency",
        )
    status = make_status_from(budget, work.entry_sums(budget.id), today=at.date())
    if amount.minor > status.left.minor:
        raise UserInputError(
            f"This costs {amount}, and of the budget “{budget.name}” {status.left} are left (of "
            f"{budget.amount}; {status.spent} spent, {status.committed} set aside). Leave items out, or ask "
            "finance to raise the budget.",
            code="budget.exceeded",
            context={"budget_id": budget.id, "left": status.left.minor, "wanted": amount.minor},
        )
    _add(work, budget.id, EntryKind.COMMIT, amount, subject=subject, ids=ids, at=at, by=by)


def release(
    work: LedgerTransaction,
    budget_id: str,
    amount: Money,
    *,
    subject: str,
    ids: Ids,
    at: datetime,
    by: str,
    note: str = "",
) -> None:
    """Give back what was set aside and is not needed."""
    _add(work, budget_id, EntryKind.RELEASE, amount, subject=subject, ids=ids, at=at, by=by, note=note)


def release_rest(
    work: LedgerTransaction, budget_id: str, *, subject: str, ids: Ids, at: datetime, by: str, note: str = ""
) -> None:
    """Give back all that is still set aside for a request."""
    rest = set_aside(work, budget_id, subject)
    if rest is not None:
        release(work, budget_id, rest, subject=subject, ids=ids, at=at, by=by, note=note)


def set_aside(reader: LedgerReader, budget_id: str, subject: str) -> Money | None:
    """Return what is still set aside for a request; None when nothing is."""
    entries = reader.values(BudgetEntry, budget_id=budget_id, subject=subject)
    minor = sum(
        entry.amount.minor if entry.kind is EntryKind.COMMIT else -entry.amount.minor
        for entry in entries
        if entry.kind in (EntryKind.COMMIT, EntryKind.RELEASE)
    )
    return Money(minor=minor, currency=entries[0].amount.currency) if minor > 0 else None


def spend(
    work: LedgerTransaction,
    budget_id: str,
    approved: Money,
    charged: Money | None,
    *,
    request_id: str,
    order_id: str,
    ids: Ids,
    at: datetime,
    by: str,
) -> None:
    """Turn what was set aside for an item into money spent.

    What was charged counts where the budget has that much; otherwise what was approved, with a note: what
    was paid is booked in any case.
    """
    release(work, budget_id, approved, subject=request_id, ids=ids, at=at, by=by)
    amount, note = approved, ""
    if charged is not None and charged != approved and charged.minor > 0:
        budget = find_budget(work, budget_id)
        status = make_status_from(budget, work.entry_sums(budget_id), today=at.date())
        if charged.currency == approved.currency and charged.minor <= status.left.minor:
            amount = charged
        else:
            note = f"charged {charged}"
    _add(work, budget_id, EntryKind.SPEND, amount, subject=order_id, ids=ids, at=at, by=by, note=note)


def take_refund(work: LedgerTransaction, refund: Refund, *, ids: Ids, at: datetime, by: str) -> None:
    """Book money that came back into the budget that it was spent from, where there is one.

    At most what was spent; in another currency, or untold, all of it.
    """
    spent = work.values(BudgetEntry, subject=refund.order_id, kind=EntryKind.SPEND)
    if not spent:
        return
    entry = spent[0]
    back = refund.amount
    same = isinstance(back, Money) and back.currency in (entry.amount.currency, UNSTATED_CURRENCY)
    minor = min(back.minor, entry.amount.minor) if isinstance(back, Money) and same else entry.amount.minor
    if minor > 0:
        _add(
            work,
            entry.budget_id,
            EntryKind.REFUND,
            Money(minor=minor, currency=entry.amount.currency),
            subject=refund.id,
            ids=ids,
            at=at,
            by=by,
        )


def _add(
    work: LedgerTransaction,
    budget_id: str,
    kind: EntryKind,
    amount: Money,
    *,
    subject: str,
    ids: Ids,
    at: datetime,
    by: str,
    note: str = "",
) -> None:
    if amount.minor <= 0:
        return
    work.add(
        BudgetEntry(
            id=ids.new("entry"),
            budget_id=budget_id,
            kind=kind,
            amount=amount,
            subject=subject,
            at=at,
            by=by,
            note=note,
        )
    )
