"""The pictures that the sandbox sells: materials and skies by recipe, in any size, seed and colors."""

from __future__ import annotations

import random
from collections.abc import Callable

from .picture import Color, Picture, Rows, gradient, noise, remap, stretch

Palette = tuple[Color, ...]

# Color schemes by name: stops of index and color.
SCHEMES: dict[str, tuple[tuple[int, str], ...]] = {
    "oak": ((0, "5b3a1e"), (90, "8a5a2e"), (180, "b98550"), (255, "d9b078")),
    "walnut": ((0, "23140c"), (100, "4a2c1a"), (190, "6d4529"), (255, "8d6240")),
    "pine": ((0, "a87840"), (120, "d8ae6c"), (255, "f1d7a0")),
    "ebony": ((0, "0d0b0b"), (140, "2a2422"), (255, "4b403b")),
    "redbrick": ((0, "8f8a80"), (63, "c2bdb2"), (64, "5a1f16"), (150, "9a3e2a"), (255, "c8735a")),
    "whitebrick": ((0, "8b8781"), (63, "b9b5ad"), (64, "bdb8ae"), (160, "dedad0"), (255, "f6f3ec")),
    "darkbrick": ((0, "5a5754"), (63, "7d7974"), (64, "241d1c"), (160, "463a36"), (255, "6d5c54")),
    "day": ((0, "2f6fb8"), (90, "6fa6dc"), (150, "d5e4f2"), (255, "ffffff")),
    "storm": ((0, "262b33"), (110, "4d5663"), (190, "8b949f"), (255, "c3c8cc")),
    "sunset": ((0, "2b1d4a"), (80, "8d3a63"), (150, "ee7a4b"), (210, "ffc16b"), (255, "fff0c4")),
    "blue": ((0, "0d1f44"), (128, "24549a"), (255, "7fa8dc")),
    "red": ((0, "4a0910"), (128, "a81c2b"), (255, "ea7a72")),
    "linen": ((0, "8c7c62"), (128, "c7b89a"), (255, "efe6d2")),
    "green": ((0, "0f2a18"), (128, "2f6b3a"), (255, "8dc27a")),
    "carrara": ((0, "5f646c"), (70, "b8bcc2"), (150, "e6e7e9"), (255, "fbfbfa")),
    "nero": ((0, "d8d2c6"), (30, "6b665f"), (80, "26262a"), (255, "0b0b0d")),
    "verde": ((0, "dfe8d8"), (50, "5f8d72"), (140, "1f4f3d"), (255, "0b2720")),
    "steel": ((0, "4a4f55"), (128, "8f969d"), (255, "d7dce1")),
    "brass": ((0, "4f3a10"), (128, "a8852e"), (255, "f0d98c")),
    "copper": ((0, "3c160b"), (128, "a4522e"), (255, "f0a982")),
    "rust": ((0, "6d7378"), (100, "a3a9ae"), (101, "3a1509"), (170, "8a3c15"), (255, "d68a45")),
    "gray": ((0, "3c3c3e"), (128, "86868a"), (255, "d0d0d2")),
    "sand": ((0, "8a6a3f"), (128, "c8a873"), (255, "f2deb4")),
    "poster": ((0, "1b2a49"), (64, "465c8b"), (128, "e07a5f"), (192, "f2cc8f"), (255, "f4f1de")),
    "mint": ((0, "12343b"), (64, "2d6a6a"), (128, "71b48d"), (192, "c8e6b8"), (255, "f7fff2")),
    "night": ((0, "070b1a"), (70, "15233f"), (128, "2d4163"), (200, "ffd27a"), (255, "fff2cf")),
}


def make_texture(recipe: str, scheme: str, width: int, height: int, seed: int) -> Picture:
    """Make a picture by its recipe."""
    rows = RECIPES[recipe](width, height, seed)
    return Picture(width=width, height=height, rows=rows, palette=gradient(*SCHEMES[scheme]))


def wood(width: int, height: int, seed: int) -> Rows:
    """Draw boards side by side, each with its own grain, dark seams between them."""
    boards = 5
    grain = noise(width, height, cells=(2, 12), octaves=4, seed=seed)
    fibre = noise(width, height, cells=(8, 96), octaves=2, seed=seed + 1)
    rings = [round(127 + 90 * _wave(value / 255 * 9)) for value in range(256)]
    chance = random.Random(seed)
    shifts = [(chance.randrange(width), chance.randrange(-26, 26)) for _ in range(boards)]
    out: Rows = []
    for y in range(height):
        board, inside = divmod(y * boards, height)
        turn, shade = shifts[board]
        row = (grain[y][turn:] + grain[y][:turn]).translate(bytes(rings))
        seam = -90 if inside < boards * max(2, height // 220) else 0
        out.append(_clip([v + (f - 128) // 3 + shade + seam for v, f in zip(row, fibre[y], strict=True)]))
    return out


def brick(width: int, height: int, seed: int) -> Rows:
    """Draw a wall in stretcher bond: palette entries below 64 are mortar."""
    across, down = 6, 14
    rough = noise(width, height, cells=(24, 24), octaves=3, seed=seed)
    chance = random.Random(seed)
    shades = [[chance.randrange(-45, 45) for _ in range(across)] for _ in range(down)]
    joint = max(2, width // 170)
    out: Rows = []
    for y in range(height):
        course, inside = divmod(y * down, height)
        if inside < joint * down:
            out.append(bytes([value >> 2 for value in rough[y]]))
            continue
        offset = width // across // 2 * (course % 2)
        base = []
        for x in range(width):
            number, within = divmod((x + offset) * across, width)
            base.append(-1 if within < joint * across else 160 + shades[course][number % across])
        out.append(
            bytes(
                [
                    (r >> 2) if b < 0 else min(254, max(64, b + (r - 128) * 3 // 4))
                    for b, r in zip(base, rough[y], strict=True)
                ]
            )
        )
    return out


def clouds(width: int, height: int, seed: int) -> Rows:
    """Draw a sky, clearer towards the top."""
    puffs = stretch(noise(width, height, cells=(3, 3), octaves=6, seed=seed, gain=0.55), 70, 190)
    return [_clip([value * 3 // 4 + 70 * y // height for value in row]) for y, row in enumerate(puffs)]


def fabric(width: int, height: int, seed: int) -> Rows:
    """Draw a plain weave: threads over and under each other."""
    thread = max(4, width // 128)
    uneven = noise(width, height, cells=(32, 32), octaves=3, seed=seed)
    shape = [round(110 * _bump(place / thread)) for place in range(thread)]
    over = [shape[x % thread] + (40 if x // thread % 2 else 0) for x in range(width)]
    under = [shape[x % thread] + (0 if x // thread % 2 else 40) for x in range(width)]
    out: Rows = []
    for y in range(height):
        line = over if y // thread % 2 else under
        lift = shape[y % thread] // 2
        out.append(_clip([v + lift + (u - 128) // 2 + 20 for v, u in zip(line, uneven[y], strict=True)]))
    return out


def marble(width: int, height: int, seed: int) -> Rows:
    """Draw polished stone with veins."""
    bend = noise(width, height, cells=(2, 2), octaves=6, seed=seed)
    cloud = noise(width, height, cells=(4, 4), octaves=4, seed=seed + 1)
    veins = bytes([min(254, round(254 * abs(_wave(value / 255 * 5)) ** 0.45)) for value in range(256)])
    return [
        _clip([v - (128 - c) // 3 for v, c in zip(row.translate(veins), other, strict=True)])
        for row, other in zip(bend, cloud, strict=True)
    ]


def metal(width: int, height: int, seed: int) -> Rows:
    """Draw a brushed sheet."""
    brush = noise(width, height, cells=(1, 128), octaves=3, seed=seed, gain=0.8)
    sheen = noise(width, height, cells=(2, 1), octaves=2, seed=seed + 1)
    return [
        _clip([b // 2 + s // 2 for b, s in zip(row, other, strict=True)])
        for row, other in zip(stretch(brush, 60, 200), sheen, strict=True)
    ]


def rust(width: int, height: int, seed: int) -> Rows:
    """Draw bare metal, entries up to 100, with rust above."""
    spots = noise(width, height, cells=(4, 4), octaves=6, seed=seed, gain=0.6)
    fine = noise(width, height, cells=(1, 96), octaves=2, seed=seed + 1)
    return [
        _clip(
            [
                f * 100 // 255 if s < 118 else 101 + (s - 118) * 2 + f // 6
                for s, f in zip(row, other, strict=True)
            ]
        )
        for row, other in zip(spots, fine, strict=True)
    ]


def concrete(width: int, height: int, seed: int) -> Rows:
    """Draw a rough cast surface with pores."""
    large = stretch(noise(width, height, cells=(4, 4), octaves=4, seed=seed), 60, 200)
    fine = noise(width, height, cells=(96, 96), octaves=2, seed=seed + 1)
    pores = remap(fine, [70 if value < 52 else 0 for value in range(256)])
    return [
        _clip([a // 2 + f // 2 - p for a, f, p in zip(row, other, hole, strict=True)])
        for row, other, hole in zip(large, fine, pores, strict=True)
    ]


def tiles(width: int, height: int, seed: int) -> Rows:
    """Draw a checkered floor with joints."""
    count = 6
    stone = noise(width, height, cells=(6, 6), octaves=5, seed=seed)
    joint = max(1, width // 256)
    out: Rows = []
    for y in range(height):
        down, inside = divmod(y * count, height)
        line = []
        for x in range(width):
            across, within = divmod(x * count, width)
            edge = within < joint * count or inside < joint * count
            line.append(30 if edge else (185 if (across + down) % 2 else 75))
        out.append(_clip([v + (s - 128) // 2 for v, s in zip(line, stone[y], strict=True)]))
    return out


def geometric(width: int, height: int, seed: int) -> Rows:
    """Draw flat triangles, as an illustration."""
    size = max(8, width // 8)
    chance = random.Random(seed)
    columns, lines = width // size + 2, height // size + 2
    shades = [[(chance.randrange(250), chance.randrange(250)) for _ in range(columns)] for _ in range(lines)]
    out: Rows = []
    for y in range(height):
        line, down = divmod(y, size)
        row = bytearray(width)
        for column in range(columns):
            left = column * size
            split = min(size, down if (column + line) % 2 else size - down)
            first, second = shades[line][column]
            cell = bytes([first]) * split + bytes([second]) * (size - split)
            row[left : left + size] = cell[: max(0, width - left)]
        out.append(bytes(row[:width]))
    return out


def skyline(width: int, height: int, seed: int) -> Rows:
    """Draw a town at night with lit windows; entries from 200 are lights."""
    haze = noise(width, height, cells=(3, 2), octaves=4, seed=seed)
    chance = random.Random(seed)
    picture = [bytearray(_clip([40 + v // 4 + 60 * y // height for v in haze[y]])) for y in range(height)]
    pane = max(2, width // 160)
    for depth, shade in ((0.45, 58), (0.6, 34), (0.78, 8)):
        x = 0
        while x < width:
            wide = chance.randrange(pane * 8, pane * 18)
            top = round(height * (depth + chance.uniform(-0.18, 0.1)))
            for y in range(max(0, top), height):
                picture[y][x : x + wide] = bytes([shade]) * len(picture[y][x : x + wide])
            for y in range(top + 2 * pane, height - pane, pane * 3):
                for left in range(x + pane, min(x + wide, width) - 2 * pane, pane * 3):
                    if chance.random() < 0.42:
                        lit = bytes([chance.randrange(200, 254)]) * pane
                        for line in range(max(0, y), min(height, y + pane)):
                            picture[line][left : left + pane] = lit
            x += wide + chance.randrange(0, pane * 3)
    return [bytes(row) for row in picture]


def _wave(turns: float) -> float:
    """Swing between -1 and 1, once for each whole number, by a parabola: the same on every machine."""
    part = turns % 1.0
    return 16 * part * (0.5 - part) if part < 0.5 else -16 * (part - 0.5) * (1 - part)


def _bump(part: float) -> float:
    return 1 - (2 * part - 1) ** 2


def _clip(values: list[int]) -> bytes:
    return bytes([0 if value < 0 else min(value, 254) for value in values])


RECIPES: dict[str, Callable[[int, int, int], Rows]] = {
    "wood": wood,
    "brick": brick,
    "clouds": clouds,
    "fabric": fabric,
    "marble": marble,
    "metal": metal,
    "rust": rust,
    "concrete": concrete,
    "tiles": tiles,
    "geometric": geometric,
    "skyline": skyline,
}
