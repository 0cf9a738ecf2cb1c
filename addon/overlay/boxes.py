"""Boxes around objects as numbers: their corners in the world, the lines around them, their place in a view.

Knows nothing of Blender. Matrices are 4 x 4, columns last, as ``Matrix`` prints them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ...core.model.findings import Verdict
from ..ui.views.overlay import ORDER, Tag, pattern

Array = Any
"""A NumPy array; its shape is told where it is made."""
MOST_IN_BATCH = 1024
MOST_IN_FULL = 1500
"""Objects that are drawn with all their lines, and a tint."""
ROOM = 0.015
"""How much larger than the object a box is, as a share of its sides: lines on a face would flicker."""

_CORNERS = np.array([(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=np.float32)
_FACES = np.array(
    [
        (0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1),
        (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3),
    ],
    dtype=np.int32,
)  # fmt: skip
_PATTERNS = {
    (verdict, light): np.array(pattern(verdict, light=light), dtype=np.float32).reshape(-1, 3)
    for verdict in ORDER
    for light in (False, True)
}
_RANKS: Mapping[Verdict | None, int] = {verdict: number for number, verdict in enumerate(ORDER)}


class Box(NamedTuple):
    """One object: where it is, and its extent in its own space."""

    uid: int
    matrix: tuple[tuple[float, ...], ...]
    low: tuple[float, float, float]
    high: tuple[float, float, float]


class Group(NamedTuple):
    """Objects with one answer that are drawn together: ``boxes[first:last]``."""

    verdict: Verdict
    first: int
    last: int


class Gathering:
    """Boxes while they are read: flat numbers, so that putting thousands together takes no time."""

    def __init__(self) -> None:
        self.uids: list[int] = []
        self.tags: list[Tag] = []
        self.matrices = array("f")
        self.extents = array("f")

    def add(self, box: Box, tag: Tag) -> None:
        """Take one object."""
        self.uids.append(box.uid)
        self.tags.append(tag)
        for row in box.matrix:
            self.matrices.extend(row)
        self.extents.extend(box.low)
        self.extents.extend(box.high)


class Boxes:
    """Many objects, those with the heaviest answer first."""

    def __init__(self, found: Gathering) -> None:
        number = len(found.uids)
        ranks = np.array([_RANKS[tag.verdict] for tag in found.tags], dtype=np.int32)
        order = np.argsort(ranks, kind="stable")
        places = order.tolist()
        self.tags = [found.tags[i] for i in places]
        self.uids = [found.uids[i] for i in places]
        self.index = {uid: place for place, uid in enumerate(self.uids)}
        self.ranks = ranks[order]
        self._matrices = np.array(found.matrices, dtype=np.float32).reshape(number, 4, 4)[order]
        extents = np.array(found.extents, dtype=np.float32).reshape(number, 2, 3)[order]
        self._lows, self._highs = extents[:, 0], extents[:, 1]
        self.anchors = np.zeros((number, 4), dtype=np.float32)
        """What labels point at: the middle of the top, in the world; the fourth is 1."""
        self.groups = tuple(self._group())
        self.is_light = number > MOST_IN_FULL
        """There are so many that each is drawn with few thin lines."""

    def __len__(self) -> int:
        return len(self.uids)

    def steps(self) -> Iterator[None]:
        """Find what labels point at. Yields after each group."""
        for group in self.groups:
            self._find_anchors(slice(group.first, group.last))
            yield

    def replace(self, box: Box) -> int:
        """Take over where an object is now; return the number of its group."""
        number = self.index[box.uid]
        self._matrices[number] = box.matrix
        self._lows[number], self._highs[number] = box.low, box.high
        self._find_anchors(slice(number, number + 1))
        return next(i for i, group in enumerate(self.groups) if group.first <= number < group.last)

    def lines(self, group: Group) -> Array:
        """Return the ends of a group's lines in the world: float32, (n, 3), two for each line."""
        return self._in_world(
            slice(group.first, group.last), _PATTERNS[group.verdict, self.is_light]
        ).reshape(-1, 3)

    def corners(self, group: Group) -> Array:
        """Return the corners of a group's boxes in the world: float32, (n, 3), eight for each box."""
        return self._in_world(slice(group.first, group.last), _CORNERS).reshape(-1, 3)

    def faces(self, group: Group) -> Array:
        """Return the triangles between those corners: int32, (n, 3)."""
        starts = np.arange(group.last - group.first, dtype=np.int32) * len(_CORNERS)
        return (starts[:, None, None] + _FACES[None]).reshape(-1, 3)

    def project(self, matrix: Array, width: float, height: float) -> Array:
        """Return where the anchors are in a view: float32, (n, 3): x and y in pixels, and the depth.

        ``matrix`` is the view's perspective matrix. What is behind the viewer has a depth below 0.
        """
        clip = self.anchors @ np.asarray(matrix, dtype=np.float32).T
        depth = clip[:, 3]
        safe = np.where(depth > 1e-6, depth, 1.0)
        found = np.empty((len(clip), 3), dtype=np.float32)
        found[:, 0] = (clip[:, 0] / safe + 1.0) * (width / 2)
        found[:, 1] = (clip[:, 1] / safe + 1.0) * (height / 2)
        # In an orthographic view the fourth is 1 everywhere; the third still says what is in front.
        found[:, 2] = (
            np.where(depth > 1e-6, clip[:, 2], -1.0)
            if _is_flat(depth)
            else np.where(depth > 1e-6, depth, -1.0)
        )
        return found

    def choose(self, projected: Array, width: float, height: float, most: int) -> list[int]:
        """Return the objects in a view that come first: the heaviest answer, and of those the nearest."""
        x, y = projected[:, 0], projected[:, 1]
        inside = (projected[:, 2] > -1.0) & (x >= 0) & (x <= width) & (y >= 0) & (y <= height)
        numbers = np.nonzero(inside)[0]
        if not len(numbers):
            return []
        order = np.lexsort((projected[numbers, 2], self.ranks[numbers]))
        return [int(number) for number in numbers[order[:most]]]

    def _group(self) -> list[Group]:
        found = []
        start = 0
        for number in range(1, len(self.tags) + 1):
            is_end = number == len(self.tags) or self.ranks[number] != self.ranks[start]
            if is_end or number - start == MOST_IN_BATCH:
                found.append(Group(ORDER[int(self.ranks[start])], start, number))
                start = number
        return found

    def _in_world(self, rows: slice, points: Array) -> Array:
        low, high = self._lows[rows], self._highs[rows]
        sides = high - low
        # A plane has no height of its own: its box gets a little of the longest side.
        room = np.maximum(sides * ROOM, sides.max(axis=1, keepdims=True) * (ROOM / 5))
        low, high = low - room, high + room
        local = low[:, None, :] + (high - low)[:, None, :] * points[None]
        matrices = self._matrices[rows]
        turned = np.matmul(local, matrices[:, :3, :3].transpose(0, 2, 1)) + matrices[:, None, :3, 3]
        return np.ascontiguousarray(turned, dtype=np.float32)

    def _find_anchors(self, rows: slice) -> None:
        corners = self._in_world(rows, _CORNERS)
        low, high = corners.min(axis=1), corners.max(axis=1)
        self.anchors[rows, :2] = (low[:, :2] + high[:, :2]) / 2
        self.anchors[rows, 2] = high[:, 2]
        self.anchors[rows, 3] = 1.0


def _is_flat(depth: Array) -> bool:
    return bool(len(depth)) and bool(np.ptp(depth) < 1e-9) and abs(float(depth[0]) - 1.0) < 1e-6
