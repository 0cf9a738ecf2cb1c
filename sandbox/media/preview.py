"""Draw a small picture of a model in software: enough light and shade to see what it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .mesh import Mesh, Vec3, cross, dot, unit
from .picture import Color, Photo
from .textures import make_texture

_TEXTURE_PX = 128
_LIGHT = unit((0.55, 0.8, 0.5))
_FILL = unit((-0.8, 0.25, 0.3))


@dataclass(frozen=True, slots=True)
class _View:
    """Where the model is seen from, and how a place becomes a spot of the picture."""

    eye: Vec3
    right: Vec3
    up: Vec3
    zoom: float
    shift: tuple[float, float]

    def flat(self, place: Vec3) -> tuple[float, float]:
        """Tell the spot in the picture."""
        x, y = dot(place, self.right), dot(place, self.up)
        return self.zoom * x + self.shift[0], self.shift[1] - self.zoom * y


@dataclass(slots=True)
class _Canvas:
    """Colors and depths of a square picture."""

    side: int
    colors: list[Color]
    depths: list[float]


def draw_preview(meshes: list[Mesh], size: int, *, turn: float = 0.6) -> Photo:
    """Draw a model from above and aside, with twice the resolution brought down for smooth edges."""
    side = size * 2
    view = _find_view(meshes, side, turn)
    colors = [_background(y / side, x / side) for y in range(side) for x in range(side)]
    canvas = _Canvas(side, colors, [-1e9] * (side * side))
    _draw_shadow(meshes, canvas, view)
    for mesh in meshes:
        paint = _paint(mesh)
        spots = [
            (*view.flat(point), dot(point, view.eye), _light(normal), uv)
            for point, normal, uv in zip(mesh.points, mesh.normals, mesh.uvs, strict=True)
        ]
        for a, b, c in mesh.triangles:
            _fill((spots[a], spots[b], spots[c]), paint, canvas)
    return _reduce(canvas.colors, size, side)


def _find_view(meshes: list[Mesh], side: int, turn: float) -> _View:
    """Look so that everything is in the picture."""
    eye = unit((math.sin(turn), 0.42, math.cos(turn)))
    right = unit(cross((0.0, 1.0, 0.0), eye))
    up = cross(eye, right)
    spots = [(dot(point, right), dot(point, up)) for mesh in meshes for point in mesh.points]
    low = min(spot[0] for spot in spots), min(spot[1] for spot in spots)
    high = max(spot[0] for spot in spots), max(spot[1] for spot in spots)
    zoom = side * 0.84 / max(high[0] - low[0], high[1] - low[1])
    shift = side / 2 - zoom * (low[0] + high[0]) / 2, side / 2 + zoom * (low[1] + high[1]) / 2
    return _View(eye, right, up, zoom, shift)


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


def _draw_shadow(meshes: list[Mesh], canvas: _Canvas, view: _View) -> None:
    """Darken the ground below the model with a soft ellipse."""
    xs = [p[0] for mesh in meshes for p in mesh.points]
    zs = [p[2] for mesh in meshes for p in mesh.points]
    floor = min(p[1] for mesh in meshes for p in mesh.points)
    middle = ((min(xs) + max(xs)) / 2, floor, (min(zs) + max(zs)) / 2)
    reach = max(max(xs) - min(xs), max(zs) - min(zs)) * 0.62 * view.zoom
    cx, cy = view.flat(middle)
    side, colors = canvas.side, canvas.colors
    for y in range(max(0, int(cy - reach)), min(side, int(cy + reach))):
        for x in range(max(0, int(cx - reach)), min(side, int(cx + reach))):
            away = math.hypot((x - cx) / reach, (y - cy) / (reach * 0.48))
            if away < 1:
                keep = 1 - 0.55 * (1 - away) ** 1.2
                r, g, b = colors[y * side + x]
                colors[y * side + x] = int(r * keep), int(g * keep), int(b * keep)


def _fill(corners: tuple[Spot, Spot, Spot], paint: list[Color], canvas: _Canvas) -> None:
    """Paint one triangle where nothing nearer stands."""
    a, b, c = corners
    big, colors, depth = canvas.side, canvas.colors, canvas.depths
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
