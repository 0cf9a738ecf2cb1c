# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of rows. Each module of rows adds its own with :func:`row`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from survival.outcome import Trace
from survival.world import World

Run = Callable[[World], Iterable[Trace]]


@dataclass(frozen=True)
class Row:
    """One line of the table. ``known`` rows keep the license itself; others may also say that it is lost."""

    section: str
    what: str
    run: Run
    known: bool = True

    @property
    def name(self) -> str:
        """Unique; what the test is called."""
        return f"{self.section}: {self.what}"


ROWS: list[Row] = []


def row(section: str, what: str, *, known: bool = True) -> Callable[[Run], Run]:
    """Add a function to the table."""

    def add(run: Run) -> Run:
        ROWS.append(Row(section, what, run, known))
        return run

    return add
