"""What the panels of the studio's money have in common, as notes and pages. Pure: no bpy."""

from __future__ import annotations

from dataclasses import dataclass

from ....core.model.money import UNSTATED_CURRENCY, Cost, Money
from ....core.policy.roles import ROLES, Act
from ....core.services.studio.finance import PAGE, FinancePart, Who
from ....core.session.state import FinancePartState, FinanceState, Phase
from ...messages import tell
from .rows import Note, Tone
from .text import join, shorten

ABOUT = {
    FinancePart.BUDGETS: "What projects and departments may spend, and what is left of it.",
    FinancePart.PAYMENTS: "What waits to be paid, and what was paid, by which method.",
    FinancePart.INVOICES: "Marketplaces' invoices beside what was bought, and records of your own.",
    FinancePart.COSTS: "What this month cost, by marketplace and by project.",
}


def view_ledger(address: str) -> Note:
    """Say which ledger it is: a studio's, at an address without a password, or a file."""
    if not address:
        return Note(text="From the ledger on this computer.")
    place = address.partition("://")[2].rpartition("@")[2].partition("?")[0]
    return Note(text=f"From the studio's ledger at {shorten(place, 80)}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Where in a long list the rows are. ``newer`` and ``older`` are pages, or None where there is none."""

    text: str
    newer: int | None
    older: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above a part."""

    notes: tuple[Note, ...]
    busy: bool
    is_stoppable: bool = False


def view_head(state: FinanceState, part: FinancePart) -> Head:
    """Say what is under way, what went wrong, and what the user does not see."""
    of, who = state.parts[part], state.who
    notes: list[Note] = []
    busy = of.phase is Phase.BUSY
    if busy:
        notes.append(Note(text=_under_way(of), tone=Tone.BUSY))
    elif of.problem is not None:
        notes.append(Note(text=tell(of.problem), tone=Tone.BAD))
        if of.read_at is not None and of.page is not None:
            when = f"{of.read_at.astimezone():%Y-%m-%d %H:%M}"
            notes.append(Note(text=f"What stands below was read on {when}."))
    elif of.note:
        notes.append(Note(text=shorten(of.note, 600)))
    if of.page is None and of.phase is Phase.IDLE:
        notes.append(Note(text=ABOUT[part]))
    if who is not None:
        notes += _limits(who, part, is_read=of.page is not None)
    return Head(notes=tuple(notes), busy=busy, is_stoppable=busy and of.task is not None)


def _under_way(of: FinancePartState) -> str:
    task = of.task
    if task is None:
        return "Reading …"
    done = f" ({task.done:,} of {task.total:,})" if task.total else ""
    return f"{task.title}{done} …"


def _limits(who: Who, part: FinancePart, *, is_read: bool) -> list[Note]:
    """Say whose things are not shown, and who could see them."""
    if not who.is_member:
        return [
            Note(
                text="You are no member of this studio's ledger, so there is nothing to see. Ask an admin to "
                "add you.",
                tone=Tone.WARN,
            )
        ]
    if part is FinancePart.INVOICES and Act.SEE_INVOICES not in who.acts:
        return [Note(text=f"Invoices are for {name_roles(Act.SEE_INVOICES)}.")]
    if not who.sees_all and is_read:
        return [Note(text="Only the projects that you work on are in it.")]
    return []


def name_roles(act: Act, *, last: str = "and") -> str:
    """Name the roles that may do something: ``the roles auditor and finance``."""
    names = sorted(str(role) for role in ROLES[act])
    return f"the role{'s' if len(names) > 1 and last == 'and' else ''} {join(names, last=last)}"


def view_pager(page: int, total: int, *, is_cut: bool = False) -> Pager | None:
    """Say which rows are shown; None when they are all of them. ``is_cut``: there are more than ``total``."""
    if total <= PAGE:
        return None
    first = page * PAGE + 1
    return Pager(
        text=f"{first:,}–{min(first + PAGE - 1, total):,} of {'the newest ' if is_cut else ''}{total:,}",
        newer=page - 1 if page > 0 else None,
        older=page + 1 if (page + 1) * PAGE < total else None,
    )


def name_amount(cost: Cost | None) -> str:
    """Write what was charged; say where an amount or its currency was not told."""
    match cost:
        case None:
            return "amount not told"
        case Money(currency=currency) if currency == UNSTATED_CURRENCY:
            return f"{cost} (currency not stated)"
        case _:
            return str(cost)
