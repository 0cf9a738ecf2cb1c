"""Indexed pictures and the noise they are made of: whole rows at a time, for single pixels are slow."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Color = tuple[int, int, int]
Rows = list[bytes]

WATERMARK = 255  # the palette entry that the watermark uses; recipes keep below it


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Rows of palette indices, and the palette of 256 colors."""

    width: int
    height: int
    rows: Rows
    palette: tuple[Color, ...]

    def planes(self) -> tuple[Rows, Rows, Rows]:
        """Split into red, green and blue rows."""
        red, green, blue = (bytes(color[channel] for color in self.palette) for channel in range(3))
        return (
            [row.translate(red) for row in self.rows],
            [row.translate(green) for row in self.rows],
            [row.translate(blue) for row in self.rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A picture of any colors: rows of red, green, blue."""

    width: int
    height: int
    pixels: list[list[Color]]


def gradient(*stops: tuple[int, str]) -> tuple[Color, ...]:
    """Make a palette of 256 colors from stops of index and RRGGBB; the last entry is the watermark's."""
    colors: list[Color] = []
    for (start, first), (end, second) in pairwise(stops):
        a, b = _color(first), _color(second)
        steps = max(1, end - start)
        for step in range(end - start):
            red, green, blue = (x + (y - x) * step // steps for x, y in zip(a, b, strict=True))
            colors.append((red, green, blue))
    colors += [_color(stops[-1][1])] * (256 - len(colors))
    return (*colors[:WATERMARK], (225, 228, 232))


def noise(
    width: int, height: int, *, cells: tuple[int, int], octaves: int, seed: int, gain: float = 0.5
) -> Rows:
    """Make smooth noise that tiles: rows of 0..255, `cells` bumps across and down, finer with each octave."""
    layers: list[tuple[list[list[int]], int]] = []
    strength, total = 1.0, 0.0
    for octave in range(octaves):
        across, down = min(width, cells[0] << octave), min(height, cells[1] << octave)
        layers.append((_lattice(width, across, down, random.Random(seed * 1009 + octave), strength), down))
        total += strength
        strength *= gain
    scale = 255.0 / (256.0 * total)
    rows: Rows = []
    for y in range(height):
        sums: Sequence[int] = [0] * width
        for lattice, down in layers:
            position = y * down * 256 // height
            cell, part = position >> 8, _EASE[position & 255]
            first, second = lattice[cell % down], lattice[(cell + 1) % down]
            keep = 256 - part
            sums = [s + a * keep + b * part for s, a, b in zip(sums, first, second, strict=True)]
        factor = scale / 256.0 / 256.0
        rows.append(bytes([int(value * factor) for value in sums]))
    return rows


def stretch(rows: Rows, low: int, high: int) -> Rows:
    """Raise the contrast: `low` becomes 0 and `high` becomes 254."""
    span = max(1, high - low)
    return remap(rows, [min(254, max(0, (value - low) * 254 // span)) for value in range(256)])


def remap(rows: Rows, table: Sequence[int]) -> Rows:
    """Put every value through a table of 256."""
    lookup = bytes(table)
    return [row.translate(lookup) for row in rows]


def watermark(picture: Picture) -> Picture:
    """Draw thin crossing lines over a preview, as the vendors protect theirs."""
    gap = max(24, picture.width // 6)
    rows: Rows = []
    for y, row in enumerate(picture.rows):
        marked = bytearray(row)
        for first in (y % gap, (-y) % gap):
            marked[first::gap] = bytes([WATERMARK]) * len(range(first, picture.width, gap))
        rows.append(bytes(marked))
    return Picture(width=picture.width, height=picture.height, rows=rows, palette=picture.palette)


def _color(text: str) -> Color:
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def _lattice(width: int, across: int, down: int, chance: random.Random, strength: float) -> list[list[int]]:
    """Make the lattice's rows, already spread over the width; values are 0..65535 times the strength."""
    rows: list[list[int]] = []
    for _ in range(down):
        points = [int(chance.random() * 65535 * strength) for _ in range(across)]
        row: list[int] = []
        for x in range(width):
            position = x * across * 256 // width
            cell, part = position >> 8, _EASE[position & 255]
            a, b = points[cell % across], points[(cell + 1) % across]
            row.append(a + ((b - a) * part >> 8))
        rows.append(row)
    return rows


_EASE = [round(256 * (t / 256) ** 2 * (3 - 2 * t / 256)) for t in range(256)]
