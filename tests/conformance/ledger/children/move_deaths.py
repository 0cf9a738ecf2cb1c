"""Be killed while a ledger moves, at some of its steps, in children of this process; then let it move."""

from __future__ import annotations

import sys
from contextlib import closing
from functools import partial
from pathlib import Path

from killing import Boundaries
from ledger_values import open_place
from seat_drill import in_child

from core.ledger.engine import open_ledger
from core.ledger.transfer import transfer

place, source, every = sys.argv[1:]


def move(boundaries: Boundaries) -> None:
    with closing(open_ledger(Path(source))) as own, closing(open_place(place)) as target:
        transfer(own, target, progress=lambda _done, _total: boundaries.cross("rows"))
        boundaries.cross("after commit")


def nothing_moved() -> None:
    with closing(open_place(place)) as target, closing(open_ledger(Path(source))) as own:
        assert target.audit() == ()
        assert target.orders() == ()
        assert target.verify_audit().ok
        assert own.verify_audit().ok


kills = 0
while not in_child(partial(move, Boundaries(1 + kills * int(every))), may_die=True):
    kills += 1
    in_child(nothing_moved)
print(kills, flush=True)
