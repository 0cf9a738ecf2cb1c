"""Meshes for the models made without Blender: boxes, turned shapes, stones, leaves. Meters, Y up."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

Vec3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A surface: a color, or a texture by recipe and scheme."""

    name: str
    color: Vec3 = (0.8, 0.8, 0.8)
    roughness: float = 0.5
    metallic: float = 0.0
    recipe: str = ""
    scheme: str = ""
    seed: int = 1


@dataclass(slots=True, kw_only=True)
class Mesh:
    """Triangles with a normal and a texture coordinate per corner."""

    name: str
    material: Material
    points: list[Vec3] = field(default_factory=list)
    normals: list[Vec3] = field(default_factory=list)
    uvs: list[tuple[float, float]] = field(default_factory=list)
    triangles: list[tuple[int, int, int]] = field(default_factory=list)

    def add_grid(self, grid: Sequence[Sequence[Vec3]], *, u_scale: float = 1.0, v_scale: float = 1.0) -> None:
        """Add a smooth surface over a grid of points; normals come from the grid, also across its seam."""
        rows, columns = len(grid), len(grid[0])
        closed = all(math.dist(row[0], row[-1]) < 1e-9 for row in grid)
        first = len(self.points)
        for i, row in enumerate(grid):
            for j, point in enumerate(row):
                before = row[columns - 2] if closed and j == 0 else row[max(0, j - 1)]
                after = row[1] if closed and j == columns - 1 else row[min(columns - 1, j + 1)]
                along = _minus(after, before)
                down = _minus(grid[min(rows - 1, i + 1)][j], grid[max(0, i - 1)][j])
                self.points.append(point)
                self.normals.append(unit(cross(down, along)))
                self.uvs.append((j / (columns - 1) * u_scale, i / (rows - 1) * v_scale))
        for i in range(rows - 1):
            for j in range(columns - 1):
                a = first + i * columns + j
                for corners in ((a, a + columns, a + 1), (a + 1, a + columns, a + columns + 1)):
                    if _area(*(self.points[corner] for corner in corners)) > 1e-12:
                        self.triangles.append(corners)

    def add_box(self, low: Vec3, high: Vec3, *, bevel: float = 0.0) -> None:
        """Add a box with chamfered edges and flat faces."""
        b = min(bevel, *((high[k] - low[k]) / 2.001 for k in range(3)))
        corners = [tuple((low[k], high[k])[bit >> k & 1] for k in range(3)) for bit in range(8)]

        def corner(bit: int, axis: int) -> Vec3:
            """Take the corner's point on the face across `axis`: moved inwards along the other two."""
            point = corners[bit]
            moved = [
                point[k] if k == axis or not b else point[k] + (b if not bit >> k & 1 else -b)
                for k in range(3)
            ]
            return moved[0], moved[1], moved[2]

        for axis in range(3):
            u, v = (axis + 1) % 3, (axis + 2) % 3
            for side in (0, 1):
                order = (0, 1 << u, 1 << u | 1 << v, 1 << v)
                self.add_flat(
                    [corner(bits | side << axis, axis) for bits in (order if side else order[::-1])]
                )
        if not b:
            return
        for axis in range(3):
            u, v = (axis + 1) % 3, (axis + 2) % 3
            for su in (0, 1):
                for sv in (0, 1):
                    near, far = su << u | sv << v, su << u | sv << v | 1 << axis
                    quad = [corner(near, u), corner(far, u), corner(far, v), corner(near, v)]
                    self.add_flat(quad, outward=_outward(axis, u, v, su, sv))
        for bit in range(8):
            out = (1.0 if bit & 1 else -1.0, 1.0 if bit & 2 else -1.0, 1.0 if bit & 4 else -1.0)
            self.add_flat([corner(bit, 0), corner(bit, 1), corner(bit, 2)], outward=out)

    def add_flat(self, corners: Sequence[Vec3], *, outward: Vec3 | None = None) -> None:
        """Add a flat polygon of three or four corners, turned to face `outward`."""
        normal = unit(cross(_minus(corners[1], corners[0]), _minus(corners[2], corners[0])))
        if outward is not None and dot(normal, outward) < 0:
            corners, normal = corners[::-1], (-normal[0], -normal[1], -normal[2])
        first = len(self.points)
        axis = max(range(3), key=lambda k: abs(normal[k]))
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for point in corners:
            self.points.append(point)
            self.normals.append(normal)
            self.uvs.append((point[u] * 2, point[v] * 2))
        for k in range(1, len(corners) - 1):
            self.triangles.append((first, first + k, first + k + 1))

    def add_lathe(
        self, profile: Sequence[tuple[float, float]], *, steps: int = 32, center: Vec3 = (0, 0, 0)
    ) -> None:
        """Add a turned shape: radius and height from bottom to top."""
        grid = []
        for radius, height in reversed(profile):
            turns = [2 * math.pi * k / steps for k in range(steps)]
            ring = [
                (center[0] + radius * math.cos(t), center[1] + height, center[2] - radius * math.sin(t))
                for t in turns
            ]
            grid.append([*ring, ring[0]])
        self.add_grid(grid, u_scale=2.0)

    def add_tube(self, path: Sequence[Vec3], radius: Sequence[float], *, steps: int = 12) -> None:
        """Add a round bar along a path."""
        grid = []
        for k in reversed(range(len(path))):
            along = unit(_minus(path[min(len(path) - 1, k + 1)], path[max(0, k - 1)]))
            side = unit(cross(along, (1.0, 0.0, 0.0) if abs(along[0]) < 0.8 else (0.0, 0.0, 1.0)))
            other = cross(along, side)
            ring = []
            for step in range(steps):
                c, s = (
                    math.cos(2 * math.pi * step / steps) * radius[k],
                    math.sin(2 * math.pi * step / steps) * radius[k],
                )
                ring.append(tuple(path[k][n] + side[n] * c + other[n] * s for n in range(3)))
            ring.append(ring[0])
            grid.append([(p[0], p[1], p[2]) for p in ring])
        self.add_grid(grid)

    def add_stone(
        self, size: Vec3, *, seed: int, rough: float = 0.25, steps: int = 28, center: Vec3 = (0, 0, 0)
    ) -> None:
        """Add a sphere dented by random planes, as a stone is."""
        chance = random.Random(seed)
        faces = [(chance.gauss(0, 1), chance.gauss(0, 1), chance.gauss(0, 1)) for _ in range(26)]
        cuts = [(unit(face), chance.uniform(1 - rough, 1)) for face in faces]
        grid = []
        for i in range(steps // 2 + 1):
            row = []
            for j in range(steps + 1):
                polar, turn = math.pi * i / (steps // 2), 2 * math.pi * (j % steps) / steps
                out = (math.sin(polar) * math.cos(turn), math.cos(polar), -math.sin(polar) * math.sin(turn))
                reach = min(1.0, *(limit / d for face, limit in cuts if (d := dot(face, out)) > 0.2))
                row.append(tuple(center[k] + out[k] * reach * size[k] for k in range(3)))
            grid.append([(p[0], p[1], p[2]) for p in row])
        self.add_grid(grid, u_scale=2.0)

    def add_leaf(self, root: Vec3, turn: float, length: float, width: float, lift: float) -> None:
        """Add a bent leaf, visible from both sides."""
        steps, grid = 8, []
        for i in range(steps + 1):
            part = i / steps
            out, up = length * part * (1 - 0.25 * part), lift * math.sin(part * 2.4)
            half = width * math.sin(math.pi * min(1, part * 0.94 + 0.04)) ** 0.8 / 2
            row = []
            for k in (-1.0, -0.5, 0.0, 0.5, 1.0):
                x, z, fold = out, half * k, abs(k) * half * 0.5
                row.append(
                    (
                        root[0] + x * math.cos(turn) - z * math.sin(turn),
                        root[1] + up + fold,
                        root[2] + x * math.sin(turn) + z * math.cos(turn),
                    )
                )
            grid.append(row)
        self.add_grid(grid)
        self.add_grid([[(x, y - 0.001, z) for x, y, z in reversed(row)] for row in grid])


def unit(v: Vec3) -> Vec3:
    """Make a vector of length one; a vector without length points up."""
    length = math.sqrt(dot(v, v))
    return (v[0] / length, v[1] / length, v[2] / length) if length > 1e-12 else (0.0, 1.0, 0.0)


def dot(a: Vec3, b: Vec3) -> float:
    """Multiply two vectors to a number."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vec3, b: Vec3) -> Vec3:
    """Multiply two vectors to the one that stands on both."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _minus(a: Vec3, b: Vec3) -> Vec3:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _area(a: Vec3, b: Vec3, c: Vec3) -> float:
    normal = cross(_minus(b, a), _minus(c, a))
    return dot(normal, normal)


def _outward(axis: int, u: int, v: int, su: int, sv: int) -> Vec3:
    out = [0.0, 0.0, 0.0]
    out[u], out[v], out[axis] = (1.0 if su else -1.0), (1.0 if sv else -1.0), 0.0
    return out[0], out[1], out[2]
