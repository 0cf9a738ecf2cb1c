"""Runs of blocks that stand alike in many files: recognized in one step, not block by block.

Most blocks of a .blend file belong to windows, settings of the render and node trees. What Blender writes
for those is the same in every file in which they were not changed; only the addresses differ. A run is up to
so many blocks after another. Met a second time, it is remembered with the kind and size of each of its
blocks; the next file is held against that in one comparison, which leaves out none of them. Where anything
differs, the blocks are followed one by one.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Callable, Container
from typing import Any, NamedTuple

from .dna import Dna

LONGEST = 128
"""Blocks of a run."""
SHORTEST = 6
"""Fewer are followed one by one just as quickly."""
MANY = 1_000
"""Runs that are remembered of one version of Blender; each takes up to 16 kB."""
ALIKE = 16
"""Runs that are told apart at one place."""
IN_VAIN = 64
"""So often blocks of a place are looked at without one of them being met again; then no more."""
_WORTH = 64
# What is read of a header, how long it is, and what is read of the same header in a run.
_SMALL = struct.Struct("<II8xI"), 24, "II8xI4x"
_LARGE = struct.Struct("<Q8xQ"), 32, "Q8xQ8x"


class Run(NamedTuple):
    """Blocks after another. Places count from the header of the first one, in bytes."""

    read: Callable[[Any, int], tuple[int, ...]]
    """Reads code, struct and size of each, as the headers have them."""
    expected: tuple[int, ...]
    """What it gives for this run."""
    length: int
    """To the header behind the last one."""
    last: int
    """Place of the last one."""
    peek: Callable[[Any, int], tuple[int, ...]]
    """Reads the same of one block alone."""
    ends_with: tuple[int, ...]
    saves: int
    """How many times looking for a run in vain takes as long as following these blocks one by one."""
    telling: tuple[tuple[int, tuple[int, ...]], ...]
    """The places of those blocks that may make users of something, by kind."""
    next: Place
    """What may follow."""


class Place:
    """What followed in other files behind a kind of data-block, or behind a run."""

    __slots__ = ("hint", "runs", "seen", "vain", "worth")

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.hint = 0
        """Which is tried first: windows and the like come in the same order everywhere."""
        self.seen: set[int] = set()
        """What was met once, by hash."""
        self.vain = 0
        """How often blocks were looked at since a run was last remembered."""
        self.worth = _WORTH
        """Falls when no run is found. Below 0 looking for one takes longer than it saves."""

    def find(self, data: Any, at: int) -> Run | None:
        """Return the run whose blocks are those from a place on; None where it is none that is known."""
        runs, size_of_all, number = self.runs, len(data), self.hint
        many = len(runs)
        for _ in runs:
            run = runs[number]
            number = number + 1 if number + 1 < many else 0
            if (
                at + run.length < size_of_all
                and run.peek(data, at + run.last) == run.ends_with  # in which nearly all others differ
                and run.read(data, at) == run.expected
            ):
                self.hint = number
                self.worth = min(self.worth + run.saves, _WORTH)
                return run
        self.worth -= 1
        if self.worth < 0:
            self.runs, self.vain = [], IN_VAIN
        return None


class Runs:
    """The runs of all files that share one description."""

    def __init__(self, *, is_large: bool) -> None:
        self._is_large = is_large
        self._left = MANY
        self.behind: dict[int, Place] = {}
        """By the kind of data-block that they follow."""

    def learn(self, place: Place, data: Any, at: int, count: int, silent: Container[int]) -> None:
        """Look at so many blocks that were not known; remember them if they were met before."""
        if place.vain >= IN_VAIN or len(place.runs) >= ALIKE or not self._left:
            return
        place.vain += 1
        step, size_of_head, layout = _LARGE if self._is_large else _SMALL
        start = last = at
        expected: list[int] = []
        parts, telling = ["<"], defaultdict[int, list[int]](list)
        for _ in range(count):
            values = step.unpack_from(data, at)
            kind = values[0] if self._is_large else values[2] << 32 | values[0]
            if kind not in silent:
                telling[kind].append(at - start)
            expected += values
            parts.append(f"{layout}{values[1]}x")
            last = at
            at += size_of_head + values[1]
        mark = hash(tuple(expected))
        if mark not in place.seen:
            place.seen.add(mark)
            return
        self._left -= 1
        place.vain = 0
        place.runs.append(
            Run(
                read=struct.Struct("".join(parts)).unpack_from,
                expected=tuple(expected),
                length=at - start,
                last=last - start,
                peek=step.unpack_from,
                ends_with=step.unpack_from(data, last),
                saves=count // 8,
                telling=tuple((kind, tuple(some)) for kind, some in telling.items()),
                next=Place(),
            )
        )


def runs_of(dna: Dna, *, is_large: bool) -> Runs:
    """Return the runs of a description; there are one for each."""
    key = ("runs", is_large)
    found: Runs | None = dna.memo.get(key)
    if found is None:
        found = dna.memo[key] = Runs(is_large=is_large)
    return found
