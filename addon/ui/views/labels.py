"""Where labels go in a viewport: the heaviest and nearest first, none over another. Pure: no bpy.

Lengths are pixels from the region's lower left corner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

MOST = 24
"""Labels in one viewport: more than these nobody reads."""
CANDIDATES = 96
"""How many objects are tried for them."""


class Rect(NamedTuple):
    """A rectangle by its corners."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: Rect) -> bool:
        """Say whether two rectangles share an area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )


class Wanted(NamedTuple):
    """A label that somebody would like to see: what it points at, and how wide it is."""

    number: int
    """Whose it is."""
    x: float
    y: float
    width: float


class Placed(NamedTuple):
    """A label that has a place."""

    number: int
    rect: Rect
    x: float
    """What it points at."""
    y: float


class Taken:
    """What is covered already. Looked up by rows, so that many labels stay cheap."""

    def __init__(self, row: float) -> None:
        self._row = row
        self._rows: dict[int, list[Rect]] = {}

    def add(self, rect: Rect) -> None:
        """Cover a rectangle."""
        for number in self._numbers(rect):
            self._rows.setdefault(number, []).append(rect)

    def is_free(self, rect: Rect) -> bool:
        """Say whether nothing of a rectangle is covered."""
        return not any(
            rect.overlaps(other) for number in self._numbers(rect) for other in self._rows.get(number, ())
        )

    def _numbers(self, rect: Rect) -> range:
        return range(int(rect.bottom // self._row), int(rect.top // self._row) + 1)


def place_labels(
    wanted: Iterable[Wanted],
    *,
    region: Rect,
    height: float,
    gap: float,
    keep_clear: Sequence[Rect] = (),
    most: int = MOST,
) -> list[Placed]:
    """Give labels a place, in the order in which they are wanted; those that find none are left out.

    A label stands above what it points at, or one or two rows higher, or below; it is moved sideways to stay
    in the region. ``keep_clear`` is covered by something else.
    """
    taken = Taken(height + gap)
    for rect in keep_clear:
        taken.add(rect)
    placed: list[Placed] = []
    for tried, one in enumerate(wanted):
        if len(placed) >= most or tried >= CANDIDATES:
            break
        if not (region.left <= one.x <= region.right and region.bottom <= one.y <= region.top):
            continue
        if one.width > region.right - region.left:
            continue
        free = next((each for each in _places(one, region, height, gap) if taken.is_free(each)), None)
        if free is None:
            continue
        taken.add(Rect(free.left - gap, free.bottom - gap / 2, free.right + gap, free.top + gap / 2))
        placed.append(Placed(one.number, free, one.x, one.y))
    return placed


def _places(one: Wanted, region: Rect, height: float, gap: float) -> Iterable[Rect]:
    left = min(max(one.x - one.width / 2, region.left), region.right - one.width)
    step = height + gap
    for bottom in (
        one.y + 2 * gap,
        one.y + 2 * gap + step,
        one.y + 2 * gap + 2 * step,
        one.y - 2 * gap - height,
    ):
        rect = Rect(left, bottom, left + one.width, bottom + height)
        if rect.bottom >= region.bottom and rect.top <= region.top:
            yield rect
