"""Budgets as rows with a bar. Pure: no bpy."""

from __future__ import annotations

from dataclasses import dataclass

from ....core.services.studio.finance import BudgetsPage, FinancePart
from ....core.services.studio.journal import BudgetStatus
from ....core.session.state import FinanceState
from .finance import Head, Pager, view_head, view_pager
from .rows import Fact, Note, Tone
from .text import shorten

EMPTY = (
    "No budgets yet. Once finance has set one (“clearance budget set”), what is spent, set aside and left of "
    "it stands here."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRow:
    """One budget. ``used`` is the part that is spent or set aside, 0 to 1."""

    title: str
    tone: Tone
    used: float
    bar: str
    facts: tuple[Fact, ...]
    alert: Note | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetsView:
    """The panel."""

    head: Head
    rows: tuple[BudgetRow, ...] = ()
    empty: Note | None = None
    pager: Pager | None = None


def view_budgets(state: FinanceState) -> BudgetsView:
    """Build the panel."""
    head, page = view_head(state, FinancePart.BUDGETS), state.parts[FinancePart.BUDGETS].page
    if not isinstance(page, BudgetsPage):
        return BudgetsView(head=head)
    is_member = state.who is None or state.who.is_member
    return BudgetsView(
        head=head,
        rows=tuple(_row(one) for one in page.rows),
        empty=Note(text=EMPTY) if not page.rows and is_member else None,
        pager=view_pager(page.page, page.total),
    )


def _row(one: BudgetStatus) -> BudgetRow:
    budget, amount = one.budget, one.budget.amount.minor
    is_over = one.forecast.minor > amount
    facts = [
        Fact(label="For", value=shorten(budget.project_id or f"department {budget.department}", 60)),
        Fact(label="Until", value=budget.ends_on.isoformat()),
        Fact(label="Spent", value=str(one.spent)),
        Fact(label="Set aside", value=str(one.committed)),
        Fact(label="Left", value=str(one.left)),
        Fact(label="Forecast", value=f"{one.forecast}{', above the budget' if is_over else ''}"),
    ]
    is_gone = one.left.minor == 0 and amount > 0
    tone = Tone.BAD if is_gone else Tone.WARN if one.alert else Tone.GOOD
    # The sentence names the budget: a name without end must not hide what it says.
    alert = one.alert.replace(budget.name, shorten(budget.name, 60))
    return BudgetRow(
        title=shorten(budget.name, 60),
        tone=tone,
        used=max(0.0, min(1.0, one.used_percent / 100)),
        bar=f"{one.used_percent:,} % of {budget.amount}",
        facts=tuple(facts),
        alert=Note(text=shorten(alert, 300), tone=Tone.BAD if is_gone else Tone.WARN) if one.alert else None,
    )
