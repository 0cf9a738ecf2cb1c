# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares two small pictures: lays them upon each other so that they fit best, and tells what differs then.

Arithmetic only. A crop moves and stretches the small picture by about a cell; Gauss and Newton's method finds
by how much, together with the change of contrast and brightness.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul

EDGE = 24
CELLS = 4
FREQUENCIES = 8
ROUNDS = 10
# A round that leaves more than that share of the difference has not helped; after two of them it is over.
BETTER = 0.99
MAX_IDLE = 2
# With so little left, nothing has to be moved.
CLOSE = 0.05
# With so much left after three rounds, they are two pictures.
HOPELESS = 0.9
# Added to the contrast around four cells before their difference is divided by it, in deviations.
EDGES_APART = 0.3
# Gradients, stripes, checkers, rectangles are one to three products of a row and a column.
PRODUCTS = 3
POWER_ROUNDS = 5
# The ends of the scale of brightness: what is there stands for anything beyond.
LOWEST, HIGHEST = 0.5, 62.5
# Windows: stretch and shift across, and down, in cells. As it lies; cropped by 4 % of each edge; and out of
# crops, back to the whole: like that one, of a tenth of each edge, of 7 % and of 14 % at one edge across and
# one down, of 13 % at one edge.
AS_IT_LIES = (1.0, 0.0, 1.0, 0.0)
CROPPED = (0.92, 0.04 * EDGE, 0.92, 0.04 * EDGE)
_CROPS = (
    (0.92, 0.5, 0.92, 0.5),
    (0.8, 0.5, 0.8, 0.5),
    *((size, x, size, y) for size in (0.93, 0.86) for x in (0, 1) for y in (0, 1)),
    *((0.87, x, 1.0, 0) for x in (0, 1)),
    *((1.0, 0, 0.87, y) for y in (0, 1)),
)
"""Sizes of crops across and down, and where in what they leave out they begin, 0 to 1."""
WHOLES = tuple(
    (1 / across, (1 - 1 / across) * x * EDGE, 1 / down, (1 - 1 / down) * y * EDGE)
    for across, x, down, y in _CROPS
)
# Of the picture's width: how much a crop may leave out, and how inexact its borders may be.
MAX_STRETCH = 0.22
SLACK = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A known picture laid upon a seen one, and what is left, in standard deviations of the seen one.

    ``rest`` is the root mean square of the difference, ``fine`` how much cells differ from those around them,
    ``moved`` by how many cells it was moved: on both it depends how much even a true copy may leave, since
    cells are blended when they are moved. ``window`` is how it lies, ``left`` the difference of each cell.
    """

    rest: float
    fine: float
    moved: float
    window: tuple[float, ...]
    deviation: float
    left: list[float]
    laid: list[float]
    target: list[float]


@lru_cache(maxsize=1)
def _waves() -> tuple[tuple[float, ...], ...]:
    return tuple(
        tuple(math.cos(math.pi * k * (2 * n + 1) / (2 * EDGE)) / EDGE for n in range(EDGE))
        for k in range(FREQUENCIES + 1)
    )


def find_frequencies(lights: Sequence[float]) -> list[float]:
    """Return 64 low frequencies of a small picture: 8 × 8 without the mean, and the next across.

    From the lowest to the highest, so that a quarter of the list is a quarter of the detail.
    """
    waves = _waves()
    rows = [lights[EDGE * y : EDGE * (y + 1)] for y in range(EDGE)]
    across = [[sum(map(mul, wave, row)) for row in rows] for wave in waves]
    return [sum(map(mul, waves[v], across[u])) for u, v in _order()]


@lru_cache(maxsize=1)
def _order() -> tuple[tuple[int, int], ...]:
    pairs = [(u, v) for u in range(FREQUENCIES) for v in range(FREQUENCIES) if u or v]
    return tuple(sorted([*pairs, (FREQUENCIES, 0)], key=lambda pair: (pair[0] ** 2 + pair[1] ** 2, pair)))


def correlate(a: Sequence[float], b: Sequence[float]) -> float:
    """Return how alike a centered picture and another one are as they lie, from -1 to 1."""
    count = len(b)
    total = sum(b)
    spread = sum(map(mul, b, b)) - total * total / count
    own = sum(map(mul, a, a))
    return sum(map(mul, a, b)) / math.sqrt(own * spread) if spread > 0 and own > 0 else 0.0


def center(lights: Sequence[float]) -> list[float]:
    """Return a picture less its mean."""
    mean = sum(lights) / len(lights)
    return [value - mean for value in lights]


def uncrop(lights: bytes) -> list[list[float]]:
    """Return what the whole picture may have been of which a cropped one is seen: its edges drawn out."""
    return [look_through(lights, place) for place in WHOLES]


def fit(known: bytes, seen: bytes, start: Sequence[float] = AS_IT_LIES) -> Fit | None:
    """Lay a known picture upon the seen one, beginning at a window; None for a picture of one brightness."""
    target = [float(value) for value in seen]
    deviation = math.sqrt(sum(value * value for value in center(seen)) / len(seen))
    if not deviation > 0:
        return None
    window = place = list(start)
    best, idle = math.inf, 0
    for number in range(ROUNDS):
        moved = look_through(known, place)
        difference = _subtract(moved, target)
        rest = math.sqrt(sum(map(mul, difference, difference)) / len(seen)) / deviation
        idle = 0 if rest < best * BETTER else idle + 1
        if rest < best:
            best, window = rest, place
        is_over = idle == MAX_IDLE or best < CLOSE or (number >= 2 and best > HOPELESS)
        step = None if is_over else _step(moved, target)
        if step is None:
            break
        place = _limit([a + b for a, b in zip(place, step, strict=True)])
    laid = _look_smoothly(known, window)
    left = _subtract(laid, target)
    return Fit(
        rest=math.sqrt(sum(map(mul, left, left)) / len(seen)) / deviation,
        fine=_find_fine(seen) / deviation,
        moved=_how_far(window),
        window=tuple(window),
        deviation=deviation,
        left=left,
        laid=laid,
        target=target,
    )


def look_through(picture: Sequence[float], place: Sequence[float]) -> list[float]:
    """Return a picture seen through a window: ``place`` has stretch and shift across, and down, in cells."""
    columns = [_between(place[0] * (n + 0.5) + place[1] - 0.5) for n in range(EDGE)]
    moved: list[float] = []
    for n in range(EDGE):
        at, share = _between(place[2] * (n + 0.5) + place[3] - 0.5)
        upper, lower = picture[EDGE * at : EDGE * at + EDGE], picture[EDGE * at + EDGE : EDGE * at + 2 * EDGE]
        row = [a + (b - a) * share for a, b in zip(upper, lower, strict=True)]
        moved += [row[x] + (row[x + 1] - row[x]) * part for x, part in columns]
    return moved


def _look_smoothly(picture: bytes, place: Sequence[float]) -> list[float]:
    """Return the same by cubic curves through four cells (Catmull and Rom's): edges stay twice as sharp."""
    columns = [_near_four(place[0] * (n + 0.5) + place[1] - 0.5) for n in range(EDGE)]
    rows = [
        [a * row[k] + b * row[m] + c * row[n] + d * row[o] for (k, m, n, o), (a, b, c, d) in columns]
        for row in (picture[at : at + EDGE] for at in range(0, EDGE * EDGE, EDGE))
    ]
    moved: list[float] = []
    for at in range(EDGE):
        (k, m, n, o), (a, b, c, d) = _near_four(place[2] * (at + 0.5) + place[3] - 0.5)
        moved += [
            a * one + b * two + c * three + d * four
            for one, two, three, four in zip(rows[k], rows[m], rows[n], rows[o], strict=True)
        ]
    return moved


def _near_four(at: float) -> tuple[tuple[int, int, int, int], tuple[float, float, float, float]]:
    """Return the four cells around a place, and how much of each there is in it."""
    cell, t = _between(at)
    cells = (max(cell - 1, 0), cell, cell + 1, min(cell + 2, EDGE - 1))
    return cells, (
        ((2 - t) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((4 - 3 * t) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    )


def _how_far(place: Sequence[float]) -> float:
    """Return how far cells were moved, in cells: the root mean square over the picture."""
    total = 0.0
    for stretch, shift in (place[:2], place[2:]):
        middle = (stretch - 1) * EDGE / 2 + shift
        total += middle * middle + ((stretch - 1) * EDGE) ** 2 / 12
    return math.sqrt(total)


def _between(at: float) -> tuple[int, float]:
    """Return the cell before a place, and how far the place is on the way to the next."""
    inside = min(max(at, 0.0), EDGE - 1.0)
    cell = min(int(inside), EDGE - 2)
    return cell, inside - cell


def _subtract(moved: list[float], target: list[float]) -> list[float]:
    """Return the difference when contrast and brightness are made to agree as well as they can."""
    count = len(moved)
    mean, wanted = sum(moved) / count, sum(target) / count
    spread = sum(map(mul, moved, moved)) - count * mean * mean
    common = sum(map(mul, moved, target)) - count * mean * wanted
    gain = common / spread if spread > 0 else 0.0
    shift = wanted - gain * mean
    left = [value - gain * own - shift for value, own in zip(target, moved, strict=True)]
    if min(*target, *moved) > LOWEST and max(*target, *moved) < HIGHEST:
        return left
    # What is at an end of the scale may have been far beyond it.
    return [
        0.0
        if (one > 0 and (value <= LOWEST or own >= HIGHEST))
        or (one < 0 and (own <= LOWEST or value >= HIGHEST))
        else one
        for one, own, value in zip(left, moved, target, strict=True)
    ]


def _step(moved: list[float], target: list[float]) -> list[float] | None:
    """Return how to change the place so that the difference gets smaller: one step of least squares."""
    rows = [moved[at : at + EDGE] for at in range(0, EDGE * EDGE, EDGE)]
    across: list[float] = []
    for row in rows:
        across += [
            row[1] - row[0],
            *((b - a) / 2 for a, b in zip(row, row[2:], strict=False)),
            row[-1] - row[-2],
        ]
    down = [b - a for a, b in zip(rows[0], rows[1], strict=True)]
    for above, below in zip(rows, rows[2:], strict=False):
        down += [(b - a) / 2 for a, b in zip(above, below, strict=True)]
    down += [b - a for a, b in zip(rows[-2], rows[-1], strict=True)]
    xs, ys, ones = _middles()
    lines = (list(map(mul, across, xs)), across, list(map(mul, down, ys)), down, moved, ones)
    matrix = [[sum(map(mul, line, other)) for other in (*lines, target)] for line in lines]
    solved = _solve(matrix)
    if solved is None or not solved[4] > 0.2:
        return None
    step = [value / solved[4] for value in solved[:4]]
    return [max(-limit, min(limit, value)) for value, limit in zip(step, (0.06, 1.0, 0.06, 1.0), strict=True)]


@lru_cache(maxsize=1)
def _middles() -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """Return across and down where the middles of the cells are, and a one for each."""
    middles = [n + 0.5 for n in range(EDGE)]
    return tuple(middles * EDGE), tuple(y for y in middles for _ in range(EDGE)), (1.0,) * (EDGE * EDGE)


def _limit(place: list[float]) -> list[float]:
    """Return the nearest window that a crop of the known picture can be."""
    return [*_limit_axis(place[0], place[1]), *_limit_axis(place[2], place[3])]


def _limit_axis(stretch: float, shift: float) -> tuple[float, float]:
    stretch = min(max(stretch, 1 - MAX_STRETCH), 1 + SLACK)
    return stretch, min(max(shift, -SLACK * EDGE), (1 + SLACK - stretch) * EDGE)


def _solve(matrix: list[list[float]]) -> list[float] | None:
    """Solve six equations by Gauss's elimination; None where they have no one answer."""
    size = len(matrix)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(matrix[row][column]))
        if abs(matrix[pivot][column]) < 1e-9:
            return None
        matrix[column], matrix[pivot] = matrix[pivot], matrix[column]
        for row in range(size):
            if row != column:
                share = matrix[row][column] / matrix[column][column]
                for k in range(column, size + 1):
                    matrix[row][k] -= share * matrix[column][k]
    return [matrix[row][size] / matrix[row][row] for row in range(size)]


def find_worst(found: Fit) -> float:
    """Return the largest mean difference of four cells, over what they differ from those around them in both.

    Something that is in one picture only shows there; what is blended at edges of both does not.
    """
    left, ground = found.left, EDGES_APART * found.deviation
    worst = 0.0
    for y in range(0, EDGE, 2):
        for at in range(EDGE * y, EDGE * y + EDGE, 2):
            apart = abs(left[at] + left[at + 1] + left[at + EDGE] + left[at + EDGE + 1]) / 4
            if apart > worst * ground:
                contrast = min(_contrast(found.laid, at), _contrast(found.target, at))
                worst = max(worst, apart / (ground + contrast))
    return worst


def _contrast(picture: list[float], at: int) -> float:
    """Return how far apart the darkest and the brightest of the sixteen cells around four are."""
    x, y = at % EDGE, at // EDGE
    low, high = max(x - 1, 0), min(x + 3, EDGE)
    around = [
        value
        for row in range(max(y - 1, 0), min(y + 3, EDGE))
        for value in picture[EDGE * row + low : EDGE * row + high]
    ]
    return max(around) - min(around)


def _find_fine(picture: bytes) -> float:
    """Return the root mean square of what a cell differs from the mean of nine."""
    total = 0.0
    for y in range(1, EDGE - 1):
        for at in range(EDGE * y + 1, EDGE * y + EDGE - 1):
            around = sum(sum(picture[row - 1 : row + 2]) for row in (at - EDGE, at, at + EDGE)) / 9
            total += (picture[at] - around) ** 2
    return math.sqrt(total) / (EDGE - 2)


def find_depth(lights: bytes) -> float:
    """Return the deviation that is left when three products of a row and a column are taken off.

    Nothing is left of gradients, stripes, checkers and single rectangles, which everybody makes.
    """
    rows = [center_row(lights, y) for y in range(EDGE)]
    for _ in range(PRODUCTS):
        # Power iteration, from the row of the most deviation: a start that no symmetry makes useless.
        line = max(rows, key=lambda row: sum(map(mul, row, row)))
        for _ in range(POWER_ROUNDS):
            column = _unit([sum(map(mul, row, line)) for row in rows])
            line = [sum(map(mul, column, values)) for values in zip(*rows, strict=True)]
            length = math.sqrt(sum(map(mul, line, line)))
            if not length > 0:
                return 0.0
            line = [value / length for value in line]
        column = [sum(map(mul, row, line)) for row in rows]
        rows = [[value - share * own for value, own in zip(row, line, strict=True)]
                for row, share in zip(rows, column, strict=True)]  # fmt: skip
    return math.sqrt(sum(sum(map(mul, row, row)) for row in rows) / (EDGE * EDGE))


def center_row(lights: bytes, y: int) -> list[float]:
    """Return one row of a picture, less the middle of the scale."""
    return [value - 31.5 for value in lights[EDGE * y : EDGE * y + EDGE]]


def _unit(values: list[float]) -> list[float]:
    length = math.sqrt(sum(map(mul, values, values)))
    return [value / length for value in values] if length > 0 else values
