"""How the marketplaces' APIs do, as rows. Pure: no bpy."""

from __future__ import annotations

from dataclasses import dataclass

from ....core.http.breaker import BreakerState
from ....core.http.throttle import Usage
from ....core.services.health import GOAL, CallHealth, MarketplaceHealth
from ....core.session.state import Phase, SessionState
from .rows import Fact, Note, Tone
from .status import view_goals
from .text import count, shorten


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRow:
    """One marketplace."""

    name: str
    tone: Tone
    facts: tuple[Fact, ...]
    notes: tuple[Note, ...] = ()
    used: float = 0.0
    """Of this hour's requests, 0 to 1."""
    budget: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthView:
    """The panel."""

    notes: tuple[Note, ...]
    rows: tuple[HealthRow, ...] = ()
    goals: tuple[Note, ...] = ()
    """Payments and license compliance, each beside its goal."""


def view_health(state: SessionState) -> HealthView:
    """Build the panel: what was talked with in the last day, and what is left of the hour."""
    if state.health_phase is Phase.IDLE:
        return HealthView(
            notes=(Note(text="How well the marketplaces answer, and what is left of each hour."),)
        )
    goals = view_goals(state.status) if state.status is not None else ()
    rows = tuple(_row(one) for one in state.health if one.health.calls or (one.budget and one.budget.used))
    if not rows:
        if state.health_phase is Phase.BUSY:
            return HealthView(notes=(Note(text="Looking.", tone=Tone.BUSY),), goals=goals)
        return HealthView(notes=(Note(text="No marketplace was asked in the last day."),), goals=goals)
    return HealthView(
        notes=(Note(text=f"The last day. The goal: more than {GOAL:.0%} of the calls succeed."),),
        rows=rows,
        goals=goals,
    )


def _row(one: MarketplaceHealth) -> HealthRow:
    notes: list[Note] = []
    for part in one.operations:
        if part.breaker is BreakerState.OPEN:
            again = f"; it is tried again in {part.retry_in_s:.0f} s" if part.retry_in_s >= 1 else ""
            words = part.operation.replace("_", " ")
            notes.append(Note(text=f"Resting after failures: {words}{again}.", tone=Tone.WARN))
    if one.budget is not None and one.budget.next_free_in_s >= 1:
        why = "as it asked" if one.budget.paused_for_s >= 1 else "to stay below its limit"
        notes.append(
            Note(text=f"The next search waits {_wait(one.budget.next_free_in_s)}, {why}.", tone=Tone.BUSY)
        )
    if one.last_error is not None:
        when = f"{one.last_error.at.astimezone():%H:%M}"
        notes.append(Note(text=f"Last error, {when}: {shorten(one.last_error.message, 200)}"))
    return HealthRow(
        name=one.name,
        tone=_tone(one),
        facts=tuple(_facts(one.health)),
        notes=tuple(notes),
        used=min(1.0, one.budget.used / one.budget.limit) if one.budget and one.budget.limit else 0.0,
        budget=_budget(one.budget),
    )


def _tone(one: MarketplaceHealth) -> Tone:
    if one.breaker is BreakerState.OPEN:
        return Tone.BAD
    return Tone.WARN if one.health.meets_goal is False else Tone.GOOD


def _facts(health: CallHealth) -> list[Fact]:
    if not health.calls or health.success_rate is None:
        return []
    facts = [Fact(label="Calls", value=f"{health.calls:,}, {health.success_rate:.1%} successful")]
    if health.p50_s is not None and health.p95_s is not None:
        facts.append(
            Fact(label="Answers", value=f"half within {health.p50_s:.2g} s, 95% within {health.p95_s:.2g} s")
        )
    if health.rate_limited:
        facts.append(Fact(label="Too fast", value=count(health.rate_limited, "time")))
    return facts


def _budget(usage: Usage | None) -> str:
    return "" if usage is None else f"{usage.used:,} of {usage.limit:,} requests this hour"


def _wait(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
