"""Be killed while a ledger moves, at its steps and around both commits, in children; then let it move."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from killing import Boundaries, in_child
from ledger_values import open_place

from core.ledger.engine import open_ledger
from core.ledger.transfer import transfer

place, source, every = sys.argv[1:]


class Stepped:
    """A ledger that crosses boundaries around the commit of what is written alone."""

    def __init__(self, inner: Any, boundaries: Boundaries, name: str) -> None:
        self._inner, self._boundaries, self._name = inner, boundaries, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextmanager
    def exclusive(self) -> Iterator[Any]:
        """Cross them."""
        with self._inner.exclusive() as connection:
            yield connection
            self._boundaries.cross(f"before the commit of the {self._name} one")
        self._boundaries.cross(f"after the commit of the {self._name} one")


def move(boundaries: Boundaries) -> None:
    steps = 0

    def told(_done: int, _total: int) -> None:
        nonlocal steps
        steps += 1
        if steps % int(every) == 1:
            boundaries.cross("rows")

    with closing(open_ledger(Path(source))) as own, closing(open_place(place)) as target:
        left, arrives = Stepped(own, boundaries, "old"), Stepped(target, boundaries, "new")
        transfer(left, arrives, progress=told)  # type: ignore[arg-type]


def all_or_nothing() -> None:
    with closing(open_place(place)) as target, closing(open_ledger(Path(source))) as own:
        assert target.verify_audit().ok
        assert own.verify_audit().ok
        orders = target.orders()
        assert target.audit() in ((), own.audit())
        assert orders == (own.orders() if target.audit() else ())


kills = 0
while not in_child(partial(move, Boundaries(1 + kills)), may_die=True):
    kills += 1
    in_child(all_or_nothing)
print(kills, flush=True)
