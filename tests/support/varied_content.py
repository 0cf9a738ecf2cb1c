# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated images and meshes, all different, and the changes that a copy of them may have gone through."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw, ImageEnhance
from PIL.Image import Resampling

Mesh = tuple[list[tuple[float, float, float]], list[tuple[int, ...]]]


def make_image(seed: int, size: int = 64) -> Image.Image:
    """Return one of five kinds of picture: clouds, shapes, stripes, a photo-like mix, a fine texture."""
    rng = random.Random(seed)
    kind = seed % 5

    def clouds(cells: int) -> Image.Image:
        small = Image.frombytes("RGB", (cells, cells), rng.randbytes(cells * cells * 3))
        return small.resize((size, size), Resampling.BICUBIC)

    if kind == 0:
        return Image.blend(clouds(4), clouds(9), 0.4)
    if kind == 1:
        image = Image.new("RGB", (size, size), tuple(rng.randbytes(3)))
        draw = ImageDraw.Draw(image)
        for _ in range(rng.randint(6, 14)):
            x, y = rng.uniform(-0.2, 0.9) * size, rng.uniform(-0.2, 0.9) * size
            box = (x, y, x + rng.uniform(0.1, 0.6) * size, y + rng.uniform(0.1, 0.6) * size)
            (draw.rectangle if rng.random() < 0.5 else draw.ellipse)(box, fill=tuple(rng.randbytes(3)))
        return image
    if kind == 2:
        image = Image.blend(clouds(3), clouds(12), 0.35)
        draw = ImageDraw.Draw(image)
        step = rng.uniform(0.1, 0.3) * size
        for n in range(14):
            draw.line(
                (n * step - size, 0, n * step, size), fill=tuple(rng.randbytes(3)), width=max(1, size // 24)
            )
        return image
    if kind == 3:
        return Image.blend(Image.blend(clouds(2), clouds(5), 0.5), clouds(24), 0.3)
    return Image.blend(clouds(16), clouds(6), 0.5)


def save(image: Image.Image, form: str = "PNG", **options: int) -> bytes:
    """Return the image as a file."""
    data = io.BytesIO()
    image.save(data, form, **options)
    return data.getvalue()


def _crop(image: Image.Image, rng: random.Random, share: float) -> Image.Image:
    width, height = image.size
    left, top = rng.uniform(0, share), rng.uniform(0, share)
    return image.crop((
        round(left * width), round(top * height),
        round((1 - share + left) * width), round((1 - share + top) * height),
    ))  # fmt: skip


def _crop_all(image: Image.Image, share: float) -> Image.Image:
    """Return the image without a share of its width and height at every edge."""
    across, down = round(share * image.width), round(share * image.height)
    return image.crop((across, down, image.width - across, image.height - down))


def _warm(image: Image.Image, factor: float) -> Image.Image:
    red, green, blue = image.split()
    return Image.merge(
        "RGB", (red.point(lambda v: min(255, int(v * factor))), green, blue.point(lambda v: int(v / factor)))
    )


def _resize(
    image: Image.Image, across: float, down: float, way: Resampling = Resampling.LANCZOS
) -> Image.Image:
    return image.resize((round(image.width * across), round(image.height * down)), way)


IMAGE_CHANGES: dict[str, Callable[[Image.Image, random.Random], bytes]] = {
    "png": lambda image, rng: save(image, compress_level=rng.randint(1, 9)),
    "quarter": lambda image, rng: save(_resize(image, 0.25, 0.25)),
    "larger": lambda image, rng: save(_resize(image, 1.75, 1.75, Resampling.BICUBIC)),
    "uneven": lambda image, rng: save(_resize(image, 1.0, 0.75, Resampling.BOX)),
    "jpeg 50": lambda image, rng: save(image, "JPEG", quality=50),
    "webp 50": lambda image, rng: save(image, "WEBP", quality=50),
    "crop": lambda image, rng: save(_crop(image, rng, 0.04)),
    "crop all": lambda image, rng: save(_crop_all(image, 0.05)),
    "crop, half, jpeg": lambda image, rng: save(
        _resize(_crop_all(image, 0.04), 0.5, 0.5), "JPEG", quality=70
    ),
    "brighter": lambda image, rng: save(ImageEnhance.Brightness(image).enhance(rng.uniform(0.9, 1.1))),
    "lifted": lambda image, rng: save(ImageChops.add(image, Image.new("RGB", image.size, (12, 12, 12)))),
    "contrast": lambda image, rng: save(ImageEnhance.Contrast(image).enhance(rng.uniform(0.85, 1.15))),
    "saturation": lambda image, rng: save(ImageEnhance.Color(image).enhance(rng.uniform(0.85, 1.15))),
    "warmth": lambda image, rng: save(_warm(image, rng.uniform(0.95, 1.05))),
    "gray": lambda image, rng: save(image.convert("L"), "JPEG", quality=rng.randint(60, 95)),
    "all": lambda image, rng: save(
        ImageEnhance.Brightness(_resize(_crop(image, rng, 0.03), 0.6, 0.6)).enhance(rng.uniform(0.94, 1.06)),
        "JPEG", quality=rng.randint(60, 95),
    ),
}  # fmt: skip


def _crop_edges(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    """Return the image without these shares of its width and height."""
    width, height = image.size
    return image.crop(
        (round(left * width), round(top * height), round((1 - right) * width), round((1 - bottom) * height))
    )


WIDE_CROPS: dict[str, Callable[[Image.Image, random.Random], bytes]] = {
    "a tenth of every edge": lambda image, rng: save(_crop_all(image, 0.1), "JPEG", quality=85),
    "a window of nine tenths": lambda image, rng: save(_crop(image, rng, 0.1), "JPEG", quality=85),
    "a tenth of one edge": lambda image, rng: save(
        _crop_edges(image, *rng.sample((0.1, 0.0, 0.0, 0.0), 4)), "JPEG", quality=85
    ),
    "15 % of one edge": lambda image, rng: save(
        _crop_edges(image, *rng.sample((0.15, 0.0, 0.0, 0.0), 4)), "JPEG", quality=85
    ),
    "a tenth of two edges": lambda image, rng: save(
        _crop_edges(image, *rng.choice(((0.1, 0.1, 0.0, 0.0), (0.0, 0.0, 0.1, 0.1)))), "JPEG", quality=85
    ),
    "a tenth above and below": lambda image, rng: save(
        _crop_edges(image, 0.0, 0.1, 0.0, 0.1), "JPEG", quality=85
    ),
    "a window of eight tenths": lambda image, rng: save(_crop(image, rng, 0.2), "JPEG", quality=85),
}
"""More than a little, told apart: not every picture has enough in it for these."""


def make_mesh(seed: int, rings: int = 4, sides: int = 6) -> Mesh:
    """Return a lump, a lathe, a hilly ground or a handful of boxes, by the seed."""
    rng = random.Random(seed)
    kind = seed % 4
    if kind == 3:
        return _make_boxes(rng)
    vertices: list[tuple[float, float, float]] = []
    stretch = [rng.uniform(0.4, 2.0) for _ in range(3)]
    waves = [(rng.uniform(0, 0.35), rng.randint(1, 3), rng.uniform(0, 6.3)) for _ in range(3)]
    profile = [rng.uniform(0.3, 1.5) for _ in range(rings + 1)]
    for ring in range(rings + 1):
        for side in range(sides):
            turn, rise = math.tau * side / sides, ring / rings
            if kind == 2:
                x, y = side / (sides - 1) * stretch[0], rise * stretch[1]
                z = 0.5 * sum(a * math.sin(n * (2 * x + y) + p + n * y) for a, n, p in waves)
                vertices.append((x, y, z))
                continue
            reach = profile[ring] if kind == 1 else math.sin(math.pi * (0.08 + 0.84 * rise))
            if kind == 0:
                reach *= 1 + sum(a * math.cos(n * turn + p + 2 * rise) for a, n, p in waves) / 2
            depth = stretch[0] if kind == 1 else stretch[1]
            x, y = stretch[0] * reach * math.cos(turn), depth * reach * math.sin(turn)
            vertices.append((x, y, stretch[2] * rise * 2))
    faces: list[tuple[int, ...]] = []
    for ring in range(rings):
        for side in range(sides - (kind == 2)):
            a, b = ring * sides + side, ring * sides + (side + 1) % sides
            faces.append((a, b, b + sides, a + sides))
    if kind != 2:
        faces.append(tuple(range(sides)))
        faces.append(tuple(rings * sides + side for side in range(sides)))
    return vertices, faces


def _make_boxes(rng: random.Random) -> Mesh:
    vertices: list[tuple[float, float, float]] = []
    faces: list[tuple[int, ...]] = []
    for _ in range(rng.randint(3, 6)):
        at = [rng.uniform(-2, 2) for _ in range(3)]
        size = [rng.uniform(0.2, 1.5) for _ in range(3)]
        base = len(vertices)
        vertices += [
            (at[0] + size[0] * x, at[1] + size[1] * y, at[2] + size[2] * z)
            for x in (0, 1) for y in (0, 1) for z in (0, 1)
        ]  # fmt: skip
        sides = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
        faces += [tuple(base + i for i in side) for side in sides]
    return vertices, faces


def move(mesh: Mesh, rng: random.Random, noise: float = 1e-5) -> Mesh:
    """Return the mesh moved, turned, scaled by 0.001 to 1000, and with noise of that share of its size."""
    w, x, y, z = (rng.gauss(0, 1) for _ in range(4))
    n = math.sqrt(w * w + x * x + y * y + z * z) or 1.0
    w, x, y, z = w / n, x / n, y / n, z / n
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )
    factor = 10 ** rng.uniform(-3, 3)
    extent = max(max(v[i] for v in mesh[0]) - min(v[i] for v in mesh[0]) for i in range(3))
    shift = [rng.uniform(-5, 5) * extent for _ in range(3)]

    def place(v: tuple[float, float, float]) -> tuple[float, float, float]:
        a, b, c = (
            factor
            * (sum(r * q for r, q in zip(row, v, strict=True)) + s + rng.uniform(-noise, noise) * extent)
            for row, s in zip(rows, shift, strict=True)
        )
        return a, b, c

    return [place(v) for v in mesh[0]], mesh[1]


def shuffle(mesh: Mesh, rng: random.Random) -> Mesh:
    """Return the mesh with its vertices, faces and first corners in another order, some faces flipped."""
    order = list(range(len(mesh[0])))
    rng.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    faces = []
    for face in mesh[1]:
        start = rng.randrange(len(face))
        turned = [place[i] for i in (*face[start:], *face[:start])]
        faces.append(tuple(turned if rng.random() < 0.8 else turned[::-1]))
    rng.shuffle(faces)
    return [mesh[0][i] for i in order], faces


def triangulate(mesh: Mesh, rng: random.Random) -> Mesh:
    """Return the mesh with every face cut into triangles, around a corner by chance."""
    faces: list[tuple[int, ...]] = []
    for face in mesh[1]:
        start = rng.randrange(len(face))
        turned = (*face[start:], *face[:start])
        faces += [(turned[0], turned[i], turned[i + 1]) for i in range(1, len(turned) - 1)]
    return mesh[0], faces


def split(mesh: Mesh, rng: random.Random) -> Mesh:
    """Return the mesh with every face on vertices of its own, as exporters do at seams."""
    vertices: list[tuple[float, float, float]] = []
    faces: list[tuple[int, ...]] = []
    for face in mesh[1]:
        faces.append(tuple(range(len(vertices), len(vertices) + len(face))))
        vertices += [mesh[0][i] for i in face]
    return vertices, faces


MESH_CHANGES: dict[str, Callable[[Mesh, random.Random], Mesh]] = {
    "moved": move,
    "shuffled": shuffle,
    "split": lambda mesh, rng: move(split(mesh, rng), rng, 1e-6),
    "triangulated": triangulate,
    "all": lambda mesh, rng: move(shuffle(triangulate(mesh, rng), rng), rng),
}
