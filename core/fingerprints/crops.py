# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds which part of a known small picture a seen one shows, when it is a crop of it.

Tried on pictures of 8 × 8 cells first, with all windows that leave out nothing, a tenth or a fifth of the
width and of the height, at the edges and in the middle; then the likeliest on the pictures as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from .image_look import CELLS, EDGE, center, correlate, look_through

Window = tuple[float, float, float, float]
"""Stretch and shift across, and down; shifts in cells of the picture."""
COARSE = 8
STEP = EDGE // COARSE
# A stretch, and where in what is left over the window begins.
_AXIS = ((1.0, 0.0), *((stretch, part) for stretch in (0.9, 0.8) for part in (0.0, 0.5, 1.0)))
TRIED = 3
# So alike a window has to be before anything is laid upon it. Of 744 crops of 93 pictures all but the finest
# walls of bricks and textures come to 0.6; different pictures that share a band of signs seldom do.
MIN_CORRELATION = 0.6


def find_window(known: bytes, seen: bytes) -> Window | None:
    """Return the window of the known picture that looks most like the seen one; None where none does."""
    target = center(_coarsen(seen))
    own = _coarsen(known)
    rows = [own[at : at + COARSE] for at in range(0, len(own), COARSE)]
    places = _places()
    found: list[tuple[float, int, int]] = []
    for across, (_, columns) in enumerate(places):
        narrowed = [[row[x] + (row[x + 1] - row[x]) * part for x, part in columns] for row in rows]
        for down, (_, lines) in enumerate(places):
            moved: list[float] = []
            for y, part in lines:
                moved += [a + (b - a) * part for a, b in zip(narrowed[y], narrowed[y + 1], strict=True)]
            found.append((correlate(target, moved), across, down))
    found.sort(key=lambda one: (-one[0], one[1], one[2]))
    middle = center(seen)
    best, least = None, MIN_CORRELATION
    for _, across, down in found[:TRIED]:
        window = (*places[across][0], *places[down][0])
        alike = correlate(middle, look_through(known, window))
        if alike >= least:
            best, least = window, alike
    return best


def look_at_colors(colors: bytes, window: Sequence[float]) -> list[float]:
    """Return the 4 × 4 cells of each color as seen through a window."""
    edge = EDGE // CELLS
    columns = [_between((window[0] * (n + 0.5) + window[1] / edge) - 0.5, CELLS) for n in range(CELLS)]
    lines = [_between((window[2] * (n + 0.5) + window[3] / edge) - 0.5, CELLS) for n in range(CELLS)]
    seen: list[float] = []
    for start in range(0, len(colors), CELLS * CELLS):
        for y, down in lines:
            upper, lower = (colors[start + CELLS * at : start + CELLS * (at + 1)] for at in (y, y + 1))
            row = [a + (b - a) * down for a, b in zip(upper, lower, strict=True)]
            seen += [row[x] + (row[x + 1] - row[x]) * across for x, across in columns]
    return seen


def find_contrast(colors: bytes) -> float:
    """Return how far apart neighbors among the 4 × 4 cells of each color are, on average."""
    apart: list[int] = []
    for start in range(0, len(colors), CELLS * CELLS):
        rows = [colors[at : at + CELLS] for at in range(start, start + CELLS * CELLS, CELLS)]
        for lines in (rows, list(zip(*rows, strict=True))):
            apart += [abs(a - b) for line in lines for a, b in pairwise(line)]
    return sum(apart) / len(apart)


def _coarsen(lights: bytes) -> list[float]:
    """Return sums of three cells by three."""
    sums: list[float] = []
    for y in range(0, EDGE, STEP):
        rows = [lights[EDGE * at : EDGE * at + EDGE] for at in range(y, y + STEP)]
        columns = list(map(sum, zip(*rows, strict=True)))
        sums += [float(sum(columns[x : x + STEP])) for x in range(0, EDGE, STEP)]
    return sums


@lru_cache(maxsize=1)
def _places() -> tuple[tuple[tuple[float, float], tuple[tuple[int, float], ...]], ...]:
    """Return each stretch with its shift, and which two coarse cells make each cell, in which parts."""
    places = []
    for stretch, part in _AXIS:
        shift = (1 - stretch) * part
        cells = tuple(_between(stretch * (n + 0.5) + shift * COARSE - 0.5, COARSE) for n in range(COARSE))
        places.append(((stretch, shift * EDGE), cells))
    return tuple(places)


def _between(at: float, count: int) -> tuple[int, float]:
    """Return the cell before a place, and how far the place is on the way to the next."""
    inside = min(max(at, 0.0), count - 1.0)
    cell = min(int(inside), count - 2)
    return cell, inside - cell
