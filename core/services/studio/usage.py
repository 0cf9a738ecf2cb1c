"""Tells the ledger how many calls were made from this machine, for contracts that price them.

In batches and by workers, never while a call is made: calls are counted in a small file first (see
``core.http.counting``). A count is the day's total so far, so that whatever breaks off, nothing counts twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from ...clock import Clock
from ...errors import ClearanceError
from ...http.counting import KEPT_DAYS, DayCount
from ...ledger.port import Ledger, LedgerTransaction
from ...model.audit import AuditEvent
from ...model.payment import UsageCount
from ...policy.roles import Act, may
from .standing import Standing

TELL_AFTER = timedelta(hours=1)
"""How long what was counted waits for more at most, before it is told in the background."""
AT_ONCE = 500
"""Rows of one unit of work."""


class UsageLog(Protocol):
    """Where calls are counted first; see :class:`core.http.health.HealthLog`."""

    def read_untold(self, *, before: datetime | None = None) -> tuple[DayCount, ...]:
        """Return what the ledger does not know yet; with ``before``, only if it has waited so long."""
        ...

    def mark_told(self, told: Iterable[DayCount]) -> None:
        """Note what it knows now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TellUsage:
    """Tells the ledger what was counted."""

    ledger: Ledger
    clock: Clock
    standing: Standing
    log: UsageLog | None

    def run(self, *, only_due: bool = False) -> int:
        """Write the counts that grew and return how many; ``only_due``: if the oldest has waited for an hour.

        Never raises a ClearanceError: what cannot be told stays, and is told the next time.
        """
        if self.log is None:
            return 0
        now = self.clock.now()
        try:
            untold = self.log.read_untold(before=now - TELL_AFTER if only_due else None)
            if not untold or not may(self.standing.roles(), Act.COUNT_USAGE):
                return 0
            first, last = now.date() - timedelta(days=KEPT_DAYS), now.date() + timedelta(days=1)
            # Other days are of a clock that was wrong, or too long ago: no ledger would take them.
            untold = tuple(one for one in untold if first <= one.day <= last)
            for start in range(0, len(untold), AT_ONCE):
                chunk = untold[start : start + AT_ONCE]
                with self.ledger.transaction() as work:
                    self._write(work, chunk, now)
                self.log.mark_told(chunk)
        except ClearanceError:
            return 0
        return len(untold)

    def _write(self, work: LedgerTransaction, counts: Iterable[DayCount], now: datetime) -> None:
        seen = self.standing.projects(work)
        grown = calls = 0
        source = ""
        for count in counts:
            count_id, source = name_count(count), count.source
            known = work.value(UsageCount, count_id)
            if known is None:
                project = count.project if seen is None or count.project in seen else ""
                work.add(
                    UsageCount(
                        id=count_id,
                        day=count.day,
                        marketplace=count.marketplace,
                        operation=count.operation,
                        number=count.number,
                        counted_by=count.person,
                        counted_at=now,
                        source=count.source,
                        project_id=project,
                    )
                )
            elif known.number < count.number:
                work.change(replace(known, number=count.number, counted_at=now))
            else:
                continue
            grown += 1
            calls += count.number - (known.number if known is not None else 0)
        if grown:
            work.record(
                AuditEvent(
                    action="usage.counted",
                    subject=source,
                    actor=self.standing.actor,
                    at=now,
                    details=(("counts", str(grown)), ("calls", str(calls))),
                )
            )


def name_count(count: DayCount) -> str:
    """Return the id of a count, which ends in who counted: nobody can take that of somebody else."""
    facts = [count.day.isoformat(), count.project, count.marketplace, count.operation, count.source]
    digest = hashlib.sha256(json.dumps([count.person, *facts]).encode()).hexdigest()[:32]
    return f"{digest}/{count.person}"
