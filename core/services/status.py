"""Numbers with their goals: how calls, payments and license compliance do. Reads only, and asks nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..clock import Clock
from ..ledger.port import Ledger
from ..model.grant import Grant, GrantState, Usage
from ..model.order import OrderState
from .buying.reconcile import GIVEN_UP
from .clearing.circumstances import gather_circumstances, with_ends
from .health import DEFAULT_HOURS, GOAL, CallHealth, Health, MarketplaceHealth

DEFAULT_DAYS = 30
PAYMENT_GOAL = 0.99
"""More than this share of the payments should settle."""
COMPLIANCE_GOAL = 1.0
"""Everything that is used has to be covered."""
_SETTLED = frozenset({OrderState.PAID, OrderState.FULFILLED, OrderState.REFUNDED})
_CALLED_OFF = frozenset({"cancelled before it was sent", "never sent", GIVEN_UP})
"""Why orders ended without a payment that could have failed: somebody called them off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentStatus:
    """How the orders of a time went. Those that wait for somebody to pay count neither way."""

    since: datetime
    settled: int = 0
    failed: int = 0
    in_doubt: int = 0
    waiting: int = 0
    called_off: int = 0

    @property
    def success_rate(self) -> float | None:
        """Share of the payments that settled, 0 to 1; None without any. In doubt is no success."""
        tried = self.settled + self.failed + self.in_doubt
        return self.settled / tried if tried else None

    @property
    def meets_goal(self) -> bool | None:
        """Say whether enough settled; None without any."""
        rate = self.success_rate
        return None if rate is None else rate > PAYMENT_GOAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """A grant that is used and no longer stands."""

    grant_id: str
    title: str
    why: str
    """``expired``, ``refunded``, ``revoked`` or ``unknown``."""
    scenes: int
    data_blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceStatus:
    """What scenes use, as of when each was last saved or checked, and how much of it is covered."""

    scenes: int = 0
    grants: int = 0
    grants_covered: int = 0
    data_blocks: int = 0
    data_blocks_covered: int = 0
    uncovered: tuple[Uncovered, ...] = ()
    """Most used first."""

    @property
    def rate(self) -> float | None:
        """Share of the used data-blocks that is covered, 0 to 1; None when nothing is used."""
        return self.data_blocks_covered / self.data_blocks if self.data_blocks else None

    @property
    def grants_rate(self) -> float | None:
        """Share of the used grants that stand, 0 to 1; None when nothing is used."""
        return self.grants_covered / self.grants if self.grants else None

    @property
    def meets_goal(self) -> bool | None:
        """Say whether all is covered; None when nothing is used."""
        rate = self.grants_rate
        return None if rate is None else rate >= COMPLIANCE_GOAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All numbers of one moment."""

    at: datetime
    hours: int
    """How far back calls were counted."""
    days: int
    """How far back payments were counted."""
    marketplaces: tuple[MarketplaceHealth, ...]
    calls: CallHealth
    """Of all marketplaces together."""
    payments: PaymentStatus
    compliance: ComplianceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class TellStatus:
    """Gathers the numbers."""

    ledger: Ledger
    health: Health
    clock: Clock

    def run(self, *, hours: int = DEFAULT_HOURS, days: int = DEFAULT_DAYS) -> Status:
        """Return the numbers of the last hours (calls, at most a week) and days (payments)."""
        now = self.clock.now()
        marketplaces = self.health.run(hours=hours)
        usages = self.ledger.usages()
        used = {one.grant_id for one in usages}
        grants = dict(self.ledger.grants_by_id(used))
        around = gather_circumstances(self.ledger, grants, now=now, with_scenes=False)
        declared = self.ledger.declarations_by_id(used - grants.keys()).values()
        return Status(
            at=now,
            hours=hours,
            days=days,
            marketplaces=marketplaces,
            calls=_together(one.health for one in marketplaces),
            payments=self._count_payments(now - timedelta(days=days)),
            compliance=count_covered(
                usages,
                with_ends(grants, around).values(),
                declared={one.id for one in declared if one.withdrawn_at is None},
                now=now,
            ),
        )

    def _count_payments(self, since: datetime) -> PaymentStatus:
        return count_payments(self.ledger.count_orders(since=since), since=since)


def _together(parts: Iterable[CallHealth]) -> CallHealth:
    """Add up the counts; how long answers took is told for each marketplace by itself."""
    names = ("calls", "ok", "refused", "failed", "requests", "rate_limited")
    found = list(parts)
    return CallHealth(**{name: sum(getattr(one, name) for one in found) for name in names})


def count_payments(orders: Mapping[tuple[OrderState, str], int], *, since: datetime) -> PaymentStatus:
    """Count how orders made since a moment went: how many there are of each state, and why they failed."""
    counts = dict.fromkeys(("settled", "failed", "in_doubt", "waiting", "called_off"), 0)
    for (state, failure), number in orders.items():
        counts[_outcome(state, failure)] += number
    return PaymentStatus(since=since, **counts)


def _outcome(state: OrderState, failure: str) -> str:
    if state in _SETTLED:
        return "settled"
    if state is OrderState.UNKNOWN:
        return "in_doubt"
    if state is OrderState.FAILED:
        return "called_off" if failure in _CALLED_OFF else "failed"
    return "waiting"


def count_covered(
    usages: Iterable[Usage], grants: Iterable[Grant], *, declared: Collection[str] = (), now: datetime
) -> ComplianceStatus:
    """Hold what scenes use against the grants that stand, and the declarations (by id) that hold."""
    known = {grant.id: grant for grant in grants}
    used: dict[str, list[Usage]] = {}
    for usage in usages:
        used.setdefault(usage.grant_id, []).append(usage)
    uncovered: list[Uncovered] = []
    covered = blocks = blocks_covered = 0
    for grant_id, places in used.items():
        count = sum(one.data_blocks for one in places)
        blocks += count
        grant = known.get(grant_id)
        why = "" if grant_id in declared else _why_not(grant, now)
        if not why:
            covered += 1
            blocks_covered += count
            continue
        uncovered.append(
            Uncovered(
                grant_id=grant_id,
                title=grant.title if grant is not None else "",
                why=why,
                scenes=len({one.scene for one in places}),
                data_blocks=count,
            )
        )
    uncovered.sort(key=lambda one: (-one.data_blocks, one.grant_id))
    return ComplianceStatus(
        scenes=len({one.scene for places in used.values() for one in places}),
        grants=len(used),
        grants_covered=covered,
        data_blocks=blocks,
        data_blocks_covered=blocks_covered,
        uncovered=tuple(uncovered),
    )


def _why_not(grant: Grant | None, now: datetime) -> str:
    if grant is None:
        return "unknown"
    if grant.state is not GrantState.ACTIVE:
        return grant.state.value
    ended = grant.valid_until is not None and grant.valid_until <= now
    return GrantState.EXPIRED.value if ended else ""


__all__ = [
    "COMPLIANCE_GOAL",
    "DEFAULT_DAYS",
    "DEFAULT_HOURS",
    "GOAL",
    "PAYMENT_GOAL",
    "ComplianceStatus",
    "PaymentStatus",
    "Status",
    "TellStatus",
    "Uncovered",
    "count_covered",
    "count_payments",
]
