"""Note calls in a file and tell the ledger, as a Blender does; say how many were noted.

count_calls.py PLACE FILE TIMES     note so many, telling in between, together with other processes
count_calls.py PLACE FILE die       note seven and be killed at every boundary of telling them
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from fakes import FakeClock
from killing import Boundaries, KillingLedger, in_child
from ledger_values import open_place

from core.http.counting import DayCount, Whose
from core.http.health import CallNote, HealthLog, Outcome
from core.services.studio.standing import Standing
from core.services.studio.usage import TellUsage
from core.settings import Settings

place, path, what = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
now = datetime.now(UTC)
whose = Whose(person="ann", project="film", ledger=place)


def make_tell(ledger: Any, log: Any) -> TellUsage:
    """Put the use case together."""
    standing = Standing(ledger=ledger, settings=Settings(data_dir=path.parent, user="ann"))
    return TellUsage(ledger=ledger, clock=FakeClock(now), standing=standing, log=log)


def note(log: HealthLog, times: int) -> None:
    """Note calls."""
    for _ in range(times):
        log.add(
            CallNote(marketplace="pond5", operation="search", at=now, outcome=Outcome.OK, latencies_s=(0.1,))
        )


class KillingLog:
    """A file that crosses a boundary before it notes what was told."""

    def __init__(self, inner: HealthLog, boundaries: Boundaries) -> None:
        self._inner, self._boundaries = inner, boundaries

    def read_untold(self, *, before: datetime | None = None) -> tuple[DayCount, ...]:
        """Read."""
        return self._inner.read_untold(before=before)

    def mark_told(self, told: Iterable[DayCount]) -> None:
        """Die, or note it."""
        self._boundaries.cross("before the file knows")
        self._inner.mark_told(told)


def tell_and_die(at: int) -> None:
    """Tell the ledger and be killed at a boundary."""
    boundaries = Boundaries(at, passing={"after commit"})
    with closing(open_place(place)) as ledger, closing(HealthLog(path, whose=whose)) as log:
        make_tell(KillingLedger(ledger, boundaries), KillingLog(log, boundaries)).run()


if what == "die":
    with closing(HealthLog(path, whose=whose)) as first:
        note(first, 7)
    kills = 0
    while not in_child(partial(tell_and_die, 1 + kills), may_die=True):
        kills += 1
    print(kills, flush=True)
else:
    with closing(open_place(place)) as opened, closing(HealthLog(path, whose=whose)) as mine:
        tell = make_tell(opened, mine)
        print("ready", flush=True)
        sys.stdin.readline()
        for _ in range(int(what) // 10):
            note(mine, 10)
            tell.run()
        tell.run()
        print(int(what) // 10 * 10 - mine.dropped, flush=True)
