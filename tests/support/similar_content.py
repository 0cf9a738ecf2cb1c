# SPDX-License-Identifier: GPL-3.0-or-later
"""Images and meshes that are different and yet alike: what people make and sell many of.

Every maker takes a seed and gives another thing for each: rooms with other furniture, chairs with other legs.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw
from PIL.Image import Resampling
from varied_content import Mesh

Color = tuple[int, int, int]


def _color(rng: random.Random) -> Color:
    red, green, blue = rng.randbytes(3)
    return red, green, blue


def _field(rng: random.Random, cells: int, size: int) -> Image.Image:
    return Image.frombytes("L", (cells, cells), rng.randbytes(cells * cells)).resize(
        (size, size), Resampling.BICUBIC
    )


def make_product(seed: int, size: int = 64) -> Image.Image:
    """Return something on white ground, as shops show it."""
    rng = random.Random(seed)
    image = Image.new("RGB", (size, size), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    width, height = rng.uniform(0.3, 0.8) * size, rng.uniform(0.3, 0.8) * size
    box = ((size - width) / 2, (size - height) / 2, (size + width) / 2, (size + height) / 2)
    (draw.ellipse if rng.random() < 0.5 else draw.rectangle)(box, fill=_color(rng))
    for _ in range(rng.randint(4, 8)):
        x, y, reach = (
            rng.uniform(0.3, 0.7) * size,
            rng.uniform(0.3, 0.7) * size,
            rng.uniform(0.03, 0.12) * size,
        )
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=_color(rng))
    return image


def make_room(seed: int, size: int = 64) -> Image.Image:
    """Return always the same room, with other furniture."""
    rng = random.Random(seed)
    image = Image.new("RGB", (size, size), (225, 220, 210))
    draw = ImageDraw.Draw(image)
    floor = [(0, size), (size * 0.25, size * 0.65), (size * 0.75, size * 0.65), (size, size)]
    draw.polygon(floor, fill=(150, 110, 80))
    draw.rectangle((size * 0.35, size * 0.15, size * 0.65, size * 0.45), fill=(180, 210, 240))
    for _ in range(4):
        x, y = rng.uniform(0.05, 0.75) * size, rng.uniform(0.5, 0.8) * size
        box = (x, y, x + rng.uniform(0.08, 0.3) * size, y + rng.uniform(0.05, 0.2) * size)
        draw.rectangle(box, fill=_color(rng))
    return image


def make_landscape(seed: int, size: int = 64) -> Image.Image:
    """Return hills under a sky with clouds."""
    rng = random.Random(seed)
    image = Image.new("RGB", (size, size))
    draw = ImageDraw.Draw(image)
    horizon = rng.uniform(0.4, 0.7) * size
    sky = (rng.randint(100, 180), rng.randint(150, 210), rng.randint(200, 255))
    ground = (rng.randint(40, 110), rng.randint(80, 140), rng.randint(20, 70))
    for y in range(size):
        shade = 0.8 + 0.2 * y / size
        of_line = sky if y < horizon else ground
        draw.line((0, y, size, y), fill=(*(int(c * shade) for c in of_line),))
    hills = [(x * size / 8, horizon - rng.uniform(0, 0.25) * size) for x in range(9)]
    draw.polygon([(0, horizon), *hills, (size, horizon)], fill=(*(rng.randint(60, 120) for _ in range(3)),))
    for _ in range(rng.randint(2, 6)):
        x, y = rng.uniform(0, size), rng.uniform(0, horizon * 0.6)
        draw.ellipse(
            (x, y, x + rng.uniform(0.08, 0.28) * size, y + rng.uniform(0.05, 0.12) * size), fill="white"
        )
    return image


def make_bricks(seed: int, size: int = 64) -> Image.Image:
    """Return a wall of stained bricks."""
    rng = random.Random(seed)
    image = Image.new("RGB", (size, size), (*(rng.randint(120, 200) for _ in range(3)),))
    draw = ImageDraw.Draw(image)
    rows, columns, joint = rng.randint(4, 10), rng.randint(2, 5), rng.uniform(0.01, 0.03) * size
    base = (rng.randint(80, 190), rng.randint(40, 90), rng.randint(30, 80))
    for row in range(rows):
        for column in range(-1, columns + 1):
            shade, at = rng.randint(-25, 25), column + (row % 2) / 2
            box = (at * size / columns + joint, row * size / rows + joint,
                   (at + 1) * size / columns - joint, (row + 1) * size / rows - joint)  # fmt: skip
            draw.rectangle(box, fill=(*(max(0, min(255, c + shade)) for c in base),))
    stains = _field(rng, 6, size)
    return Image.blend(image, Image.merge("RGB", (stains, stains, stains)), 0.15)


def make_height(seed: int, size: int = 64) -> Image.Image:
    """Return a bumpy gray picture, as displacement maps are."""
    rng = random.Random(seed)
    cells = rng.randint(5, 16)
    gray = Image.blend(_field(rng, cells, size), _field(rng, 2 * cells, size), 0.4)
    return Image.merge("RGB", (gray, gray, gray))


def make_normals(seed: int, size: int = 64) -> Image.Image:
    """Return a normal map: everything in it is near to one blue."""
    rng = random.Random(seed)
    cells, depth = rng.randint(5, 16), rng.uniform(0.15, 0.5)
    slopes = [_field(rng, cells, size) for _ in range(2)]
    red, green = (slope.point(lambda v: int(128 + (v - 128) * depth)) for slope in slopes)
    blue = Image.new("L", (size, size), 250)
    return Image.merge("RGB", (red, green, blue))


def make_roughness(seed: int, size: int = 64) -> Image.Image:
    """Return a gray picture of little contrast, as roughness maps are."""
    rng = random.Random(seed)
    flat = Image.new("L", (size, size), rng.randint(100, 200))
    gray = Image.blend(_field(rng, rng.randint(8, 20), size), flat, rng.uniform(0.5, 0.8))
    return Image.merge("RGB", (gray, gray, gray))


IMAGES: dict[str, Callable[[int, int], Image.Image]] = {
    "product": make_product,
    "room": make_room,
    "landscape": make_landscape,
    "bricks": make_bricks,
    "height": make_height,
    "normals": make_normals,
    "roughness": make_roughness,
}


def make_ramp(seed: int, size: int = 64) -> Image.Image:
    """Return one color that becomes another: a picture that everybody makes."""
    rng = random.Random(seed)
    ramp = Image.linear_gradient("L").resize((size, size))
    mask = ramp.rotate(90) if rng.random() < 0.5 else ramp
    return Image.composite(
        Image.new("RGB", (size, size), _color(rng)), Image.new("RGB", (size, size), _color(rng)), mask
    )


def make_stripes(seed: int, size: int = 64) -> Image.Image:
    """Return stripes or a checkerboard of two colors."""
    rng = random.Random(seed)
    image = Image.new("RGB", (size, size), _color(rng))
    draw = ImageDraw.Draw(image)
    count, other, is_checker = rng.randint(2, 12), _color(rng), rng.random() < 0.5
    for row in range(count if is_checker else 1):
        for column in range(row % 2, count, 2):
            top, bottom = (row * size / count, (row + 1) * size / count - 1) if is_checker else (0, size)
            draw.rectangle((column * size / count, top, (column + 1) * size / count - 1, bottom), fill=other)
    return image


PLAIN_IMAGES: dict[str, Callable[[int, int], Image.Image]] = {"ramp": make_ramp, "stripes": make_stripes}


def make_box(at: tuple[float, float, float], size: tuple[float, float, float]) -> Mesh:
    """Return a box."""
    vertices = [
        (at[0] + size[0] * x, at[1] + size[1] * y, at[2] + size[2] * z)
        for x in (0, 1) for y in (0, 1) for z in (0, 1)
    ]  # fmt: skip
    faces: list[tuple[int, ...]] = [
        (0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)
    ]  # fmt: skip
    return vertices, faces


def join(parts: list[Mesh]) -> Mesh:
    """Return several meshes as one."""
    vertices: list[tuple[float, float, float]] = []
    faces: list[tuple[int, ...]] = []
    for own, around in parts:
        faces += [tuple(len(vertices) + index for index in face) for face in around]
        vertices += own
    return vertices, faces


def make_chair(rng: random.Random) -> Mesh:
    """Return a chair of boxes: every chair has other legs, another seat, another back."""
    width, depth, height = rng.uniform(0.4, 0.55), rng.uniform(0.4, 0.55), rng.uniform(0.38, 0.52)
    leg, back, thick = rng.uniform(0.02, 0.06), rng.uniform(0.3, 0.6), rng.uniform(0.02, 0.05)
    parts = [
        make_box((0, 0, height), (width, depth, 0.03)),
        make_box((0, depth - thick, height), (width, thick, back)),
    ]
    places = [(x, y) for x in (0.0, width - leg) for y in (0.0, depth - leg)]
    return join([*parts, *(make_box((x, y, 0), (leg, leg, height)) for x, y in places)])


def turn(profile: list[tuple[float, float]], sides: int, *, is_closed: bool = True) -> Mesh:
    """Return a body of revolution: radius and height of each ring."""
    vertices = [
        (radius * math.cos(math.tau * s / sides), radius * math.sin(math.tau * s / sides), height)
        for radius, height in profile for s in range(sides)
    ]  # fmt: skip
    faces: list[tuple[int, ...]] = [
        (r * sides + s, r * sides + (s + 1) % sides, (r + 1) * sides + (s + 1) % sides, (r + 1) * sides + s)
        for r in range(len(profile) - 1) for s in range(sides)
    ]  # fmt: skip
    if is_closed:
        faces += [tuple(range(sides)), tuple(range((len(profile) - 1) * sides, len(profile) * sides))]
    return vertices, faces


def make_vase(rng: random.Random) -> Mesh:
    """Return a vase."""
    rings = rng.randint(12, 16)
    return turn([(rng.uniform(0.3, 1.0), 2 * ring / rings) for ring in range(rings)], rng.choice([16, 24]))


def make_stairs(rng: random.Random) -> Mesh:
    """Return stairs."""
    width, rise, run = rng.uniform(0.8, 2.0), rng.uniform(0.15, 0.2), rng.uniform(0.24, 0.32)
    steps = rng.randint(6, 16)
    return join([make_box((0, n * run, 0), (width, run, (n + 1) * rise)) for n in range(steps)])


def make_shelf(rng: random.Random) -> Mesh:
    """Return a shelf with boards at other heights."""
    width, height, depth = rng.uniform(0.6, 1.2), rng.uniform(1.2, 2.2), rng.uniform(0.25, 0.4)
    sides = [make_box((x, 0, 0), (0.02, depth, height)) for x in (0.0, width - 0.02)]
    boards = [
        make_box((0, 0, rng.uniform(0, height)), (width, depth, 0.02)) for _ in range(rng.randint(3, 6))
    ]
    return join([*sides, *boards])


MESHES: dict[str, Callable[[random.Random], Mesh]] = {
    "chair": make_chair,
    "vase": make_vase,
    "stairs": make_stairs,
    "shelf": make_shelf,
}


def make_any_box(rng: random.Random) -> Mesh:
    """Return a box of any proportions."""
    return make_box((0, 0, 0), (rng.uniform(0.1, 2), rng.uniform(0.1, 2), rng.uniform(0.1, 2)))


def make_cone(rng: random.Random) -> Mesh:
    """Return a cone or a part of one."""
    tip = rng.choice([1e-9, rng.uniform(0.1, 0.9)])
    return turn([(1.0, 0.0), (tip, rng.uniform(0.5, 4))], rng.choice([16, 24, 32]))


def make_cylinder(rng: random.Random) -> Mesh:
    """Return a cylinder."""
    return turn([(1.0, 0.0), (1.0, rng.uniform(0.2, 6))], rng.choice([16, 24, 32]))


def make_sphere(rng: random.Random) -> Mesh:
    """Return a sphere of any resolution."""
    rings, sides = rng.randint(6, 16), rng.randint(8, 24)
    angles = [math.pi * ring / rings for ring in range(rings + 1)]
    return turn([(math.sin(a), math.cos(a)) for a in angles], sides, is_closed=False)


def make_torus(rng: random.Random) -> Mesh:
    """Return a torus of any thickness and resolution."""
    rings, sides, thick = rng.randint(6, 12), rng.randint(12, 24), rng.uniform(0.1, 0.6)
    angles = [math.tau * ring / rings for ring in range(rings + 1)]
    return turn([(1 + thick * math.cos(a), thick * math.sin(a)) for a in angles], sides, is_closed=False)


def make_plane(rng: random.Random) -> Mesh:
    """Return a grid."""
    columns, rows, width = rng.randint(1, 12), rng.randint(1, 12), rng.uniform(0.2, 4)
    vertices = [(width * x / columns, y / rows, 0.0) for y in range(rows + 1) for x in range(columns + 1)]
    faces: list[tuple[int, ...]] = [
        (a, a + 1, a + columns + 2, a + columns + 1)
        for y in range(rows) for a in range(y * (columns + 1), y * (columns + 1) + columns)
    ]  # fmt: skip
    return vertices, faces


PLAIN_MESHES: dict[str, Callable[[random.Random], Mesh]] = {
    "box": make_any_box,
    "cone": make_cone,
    "cylinder": make_cylinder,
    "sphere": make_sphere,
    "torus": make_torus,
    "plane": make_plane,
}
