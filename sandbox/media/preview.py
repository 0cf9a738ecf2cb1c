"""Draw a small picture of a model in software: enough light and shade to see what it is."""

from __future__ import annotations

import math

from .mesh import Mesh, Vec3, cross, dot, unit
from .picture import Color, Photo
from .textures import make_texture

_TEXTURE_PX = 128
_LIGHT = unit((0.55, 0.8, 0.5))
_FILL = unit((-0.8, 0.25, 0.3))


def draw_preview(meshes: list[Mesh], size: int, *, turn: float = 0.6) -> Photo:
    """Draw a model from above and aside, with twice the resolution brought down for smooth edges."""
    big = size * 2
    paints = [_paint(mesh) for mesh in meshes]
    eye = unit((math.sin(turn), 0.42, math.cos(turn)))
    right = unit(cross((0.0, 1.0, 0.0), eye))
    up = cross(eye, right)
    corners = [(dot(p, right), dot(p, up)) for mesh in meshes for p in mesh.points]
    low = min(c[0] for c in corners), min(c[1] for c in corners)
    high = max(c[0] for c in corners), max(c[1] for c in corners)
    zoom = big * 0.84 / max(high[0] - low[0], high[1] - low[1])
    shift = big / 2 - zoom * (low[0] + high[0]) / 2, big / 2 + zoom * (low[1] + high[1]) / 2
    colors = [_background(y / big, x / big) for y in range(big) for x in range(big)]
    _draw_shadow(meshes, colors, big, right, up, zoom, shift)
    depth = [-1e9] * (big * big)
    for mesh, paint in zip(meshes, paints, strict=True):
        spots = [
            (zoom * dot(p, right) + shift[0], shift[1] - zoom * dot(p, up), dot(p, eye), _light(n), uv)
            for p, n, uv in zip(mesh.points, mesh.normals, mesh.uvs, strict=True)
        ]
        for a, b, c in mesh.triangles:
            _fill(spots[a], spots[b], spots[c], paint, colors, depth, big)
    return _reduce(colors, size, big)


Spot = tuple[float, float, float, float, tuple[float, float]]


def _paint(mesh: Mesh) -> list[Color]:
    """Make the material's texture as one list of colors; one entry for a plain color."""
    material = mesh.material
    if not material.recipe:
        plain = [round(255 * min(1.0, value) ** (1 / 2.2)) for value in material.color]
        return [(plain[0], plain[1], plain[2])]
    picture = make_texture(material.recipe, material.scheme, _TEXTURE_PX, _TEXTURE_PX, material.seed)
    return [picture.palette[value] for row in picture.rows for value in row]


def _light(normal: Vec3) -> float:
    return 0.36 + 0.72 * max(0.0, dot(normal, _LIGHT)) + 0.2 * max(0.0, dot(normal, _FILL))


def _background(y: float, x: float) -> Color:
    glow = max(0.0, 1 - 1.5 * math.hypot(x - 0.5, y - 0.45))
    value = round(70 + 60 * glow + 12 * y)
    return value, value + 2, value + 6


def _draw_shadow(
    meshes: list[Mesh],
    colors: list[Color],
    big: int,
    right: Vec3,
    up: Vec3,
    zoom: float,
    shift: tuple[float, float],
) -> None:
    """Darken the ground below the model with a soft ellipse."""
    xs = [p[0] for mesh in meshes for p in mesh.points]
    zs = [p[2] for mesh in meshes for p in mesh.points]
    floor = min(p[1] for mesh in meshes for p in mesh.points)
    middle = ((min(xs) + max(xs)) / 2, floor, (min(zs) + max(zs)) / 2)
    reach = max(max(xs) - min(xs), max(zs) - min(zs)) * 0.62 * zoom
    cx, cy = zoom * dot(middle, right) + shift[0], shift[1] - zoom * dot(middle, up)
    for y in range(max(0, int(cy - reach)), min(big, int(cy + reach))):
        for x in range(max(0, int(cx - reach)), min(big, int(cx + reach))):
            away = math.hypot((x - cx) / reach, (y - cy) / (reach * 0.48))
            if away < 1:
                keep = 1 - 0.55 * (1 - away) ** 1.2
                r, g, b = colors[y * big + x]
                colors[y * big + x] = int(r * keep), int(g * keep), int(b * keep)


def _fill(
    a: Spot, b: Spot, c: Spot, paint: list[Color], colors: list[Color], depth: list[float], big: int
) -> None:
    area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
    if area >= 0:
        return  # seen from behind (the picture's y runs down)
    textured = len(paint) > 1
    for y in range(
        max(0, math.ceil(min(a[1], b[1], c[1]))), min(big - 1, math.floor(max(a[1], b[1], c[1]))) + 1
    ):
        for x in range(
            max(0, math.ceil(min(a[0], b[0], c[0]))), min(big - 1, math.floor(max(a[0], b[0], c[0]))) + 1
        ):
            u = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / area
            v = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / area
            w = 1 - u - v
            if u < 0 or v < 0 or w < 0:
                continue
            near = a[2] * w + b[2] * u + c[2] * v
            place = y * big + x
            if near <= depth[place]:
                continue
            depth[place] = near
            light = a[3] * w + b[3] * u + c[3] * v
            spot = 0
            if textured:
                s = int((a[4][0] * w + b[4][0] * u + c[4][0] * v) * _TEXTURE_PX) % _TEXTURE_PX
                t = int((a[4][1] * w + b[4][1] * u + c[4][1] * v) * _TEXTURE_PX) % _TEXTURE_PX
                spot = t * _TEXTURE_PX + s
            red, green, blue = paint[spot]
            colors[place] = (
                min(255, int(red * light)),
                min(255, int(green * light)),
                min(255, int(blue * light)),
            )


def _reduce(colors: list[Color], size: int, big: int) -> Photo:
    """Average every four pixels to one."""
    pixels: list[list[Color]] = []
    for y in range(size):
        first, second = colors[2 * y * big : (2 * y + 1) * big], colors[(2 * y + 1) * big : (2 * y + 2) * big]
        pixels.append(
            [
                (
                    (a[0] + b[0] + c[0] + d[0]) // 4,
                    (a[1] + b[1] + c[1] + d[1]) // 4,
                    (a[2] + b[2] + c[2] + d[2]) // 4,
                )
                for a, b, c, d in zip(first[::2], first[1::2], second[::2], second[1::2], strict=True)
            ]
        )
    return Photo(width=size, height=size, pixels=pixels)
