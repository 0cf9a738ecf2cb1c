# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments up to the fourth order of surfaces and of points, as numbers that no turning or scaling changes.

Arithmetic only: what the numbers mean for recognizing a mesh is said in :mod:`.meshes`. This is the way
without NumPy; :mod:`.moments_numpy` does the same for large meshes where NumPy is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from typing import NamedTuple

from ..errors import UserInputError
from ..model.mesh import MeshArrays

Point = tuple[float, float, float]
# Three corners and the area, which is negative where a cut of a dented face counts off.
Triangle = tuple[Point, Point, Point, float]
Weighted = tuple[float, float, float, float]

# The numbers are kept in millionths.
UNIT = 1_000_000
VALUES = 8
STRETCH_VALUES = 5
# Vertices nearer to each other than a quarter of that share of the body's size are one corner: exporters
# split them. Shifted by quarters of a cell along its diagonal, at least one of four grids has both in one
# cell, since each axis parts them in one grid at most. Sizes are four standard deviations: turning keeps
# them.
CELL = 4e-5
SHIFTS = (0.0, 0.25, 0.5, 0.75)
SIZE = 4.0
# ... but not less than that share of the extent, whatever little surface is far away.
MIN_SIZE = 0.1
# Triangles whose longest edge is below these shares of the size take a simpler rule: same result to 1e-6.
ONE_POINT = 0.004
THREE_POINTS = 0.03
# A body flatter than that (deviation along its thinnest axis over that along its widest) is not unstretched:
# noise would be stretched with it.
FLAT = 0.02
# Shells of distance to the middle, a 64th of the root mean square each: how many are in use is the variety.
SHELLS = 64

# Rules for integrals over a triangle: shares of the corners and the weight of each point. Exact to the fourth
# degree (Dunavant's six points), to the second, to the first.
_A, _B = 0.445948490915965, 0.091576213509771
_WA, _WB = 0.223381589678011, 0.109951743655322
SIX = tuple(
    (*shares, weight)
    for near, weight in ((_A, _WA), (_B, _WB))
    for shares in (
        (near, near, 1 - 2 * near),
        (near, 1 - 2 * near, near),
        (1 - 2 * near, near, near),
    )
)
THREE = tuple((*s, 1 / 3) for s in ((2 / 3, 1 / 6, 1 / 6), (1 / 6, 2 / 3, 1 / 6), (1 / 6, 1 / 6, 2 / 3)))
ONE = ((1 / 3, 1 / 3, 1 / 3, 1.0),)


class Sums(NamedTuple):
    """Sums over weighted points about their middle: squares, cubes, and squares times squared distance."""

    squares: tuple[float, float, float, float, float, float]
    """xx, yy, zz, xy, xz, yz."""
    cubes: tuple[float, ...]
    """xxx, yyy, zzz, xxy, xxz, xyy, yyz, xzz, yzz, xyz."""
    fourth: tuple[float, float, float, float, float, float]
    """As ``squares``, each times the squared distance."""


class Measured(NamedTuple):
    """What was measured of one mesh: see :class:`.meshes.MeshFingerprint`."""

    shape: tuple[float, ...]
    points: tuple[float, ...]
    stretch: tuple[float, ...]
    corners: int
    variety: int


def refuse_mesh() -> UserInputError:
    """Return the error for a mesh that cannot be one."""
    return UserInputError(
        "A face of the mesh has fewer than three corners, or names a vertex that is not there or not at "
        "three finite coordinates; repair the mesh.",
        code="fingerprint.mesh",
    )


def measure_mesh(mesh: MeshArrays) -> Measured | None:
    """Measure a mesh; None when it has no surface. Raises UserInputError for one that is broken."""
    faces = _read_faces(mesh)
    used = {index for face in faces for index in face}
    if not used:
        return None
    where = mesh.positions
    if min(used) < 0 or 3 * max(used) + 3 > len(where):
        raise refuse_mesh()
    plain = {index: (where[3 * index], where[3 * index + 1], where[3 * index + 2]) for index in used}
    if not all(map(math.isfinite, (value for point in plain.values() for value in point))):
        raise refuse_mesh()
    # In the unit of the largest extent, and from the corner: neither huge nor tiny scenes lose digits.
    low = [min(point[axis] for point in plain.values()) for axis in range(3)]
    size = max(max(point[axis] for point in plain.values()) - low[axis] for axis in range(3))
    if not size > 0 or math.isinf(size):
        return None
    points: dict[int, Point] = {
        index: ((x - low[0]) / size, (y - low[1]) / size, (z - low[2]) / size)
        for index, (x, y, z) in plain.items()
    }
    triangles = [part for face in faces for part in _split([points[index] for index in face])]
    area = math.fsum(triangle[3] for triangle in triangles)
    if not area > 1e-12:
        return None
    center = _middle_of_surface(triangles, area)
    shape = describe_surface(_sum(_sample(triangles, center)), area)
    if shape is None:
        return None
    return _measure_corners(_merge(list(points.values()), cell_of(shape, area)), shape)


def _read_faces(mesh: MeshArrays) -> list[tuple[int, ...]]:
    if (
        any(size < 3 for size in mesh.sizes)
        or sum(mesh.sizes) != len(mesh.corners)
        or len(mesh.positions) % 3
    ):
        raise refuse_mesh()
    corners = iter(mesh.corners)
    return [tuple(islice(corners, size)) for size in mesh.sizes]


def _middle_of_surface(triangles: list[Triangle], area: float) -> Point:
    x, y, z = (
        math.fsum((a[axis] + b[axis] + c[axis]) * w for a, b, c, w in triangles) / (3 * area)
        for axis in range(3)
    )
    return x, y, z


def cell_of(shape: tuple[float, ...], area: float) -> float:
    """Return how wide a cell is in which vertices are one corner."""
    return CELL * max(SIZE * math.sqrt(math.exp(shape[0]) * area), MIN_SIZE)


def _merge(points: list[Point], cell: float) -> list[Point]:
    """Return the corners that vertices stand for: those nearly at one place are one, in its middle."""
    parents = list(range(len(points)))

    def find(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for shift in SHIFTS:
        seen: dict[tuple[int, int, int], int] = {}
        for index, (x, y, z) in enumerate(points):
            place = (int(x / cell + shift), int(y / cell + shift), int(z / cell + shift))
            first = seen.setdefault(place, index)
            if first != index:
                parents[find(index)] = find(first)
    together: dict[int, list[Point]] = {}
    for index, point in enumerate(points):
        together.setdefault(find(index), []).append(point)
    return [
        group[0]
        if len(group) == 1
        else (
            math.fsum(p[0] for p in group) / len(group),
            math.fsum(p[1] for p in group) / len(group),
            math.fsum(p[2] for p in group) / len(group),
        )
        for group in together.values()
    ]


def _measure_corners(corners: list[Point], shape: tuple[float, ...]) -> Measured:
    count = len(corners)
    cx, cy, cz = (math.fsum(point[axis] for point in corners) / count for axis in range(3))
    near: list[Weighted] = [(x - cx, y - cy, z - cz, 1.0) for x, y, z in corners]
    sums = _sum(near)
    far = [x * x + y * y + z * z for x, y, z, _ in near]
    points = describe_points(sums, count, math.fsum(square**3 for square in far) / count)
    mean = math.sqrt(math.fsum(far) / count)
    shells = {int(math.sqrt(square) / mean * SHELLS) for square in far} if mean > 0 else set()
    whitening = find_whitening(sums.squares, count)
    stretch = NO_STRETCH
    if whitening is not None:
        a, b, c, d, e, f = whitening
        round_ = ((a * x, b * x + c * y, d * x + e * y + f * z, 1.0) for x, y, z, _ in near)
        stretch = describe_stretched(_sum(round_), count)
    return Measured(shape, points, stretch, count, len(shells))


NO_STRETCH = (0.0,) * STRETCH_VALUES
"""Stands for a body that is too flat to be unstretched."""


def describe_surface(sums: Sums, area: float) -> tuple[float, ...] | None:
    """Return eight numbers of a surface of that area; None where crossed faces cancel each other out."""
    described = _describe(sums, area)
    if described is None:
        return None
    spread, rest = described
    return settle((math.log(spread / area), *rest))


def describe_points(sums: Sums, count: int, sixth: float) -> tuple[float, ...]:
    """Return eight numbers of distinct points, each of the same weight; zeros where they are one.

    ``sixth`` is the mean of the sixth power of the distance.
    """
    described = _describe(sums, count)
    if described is None:
        return (0.0,) * VALUES
    spread, rest = described
    return settle((math.log(sixth / spread**3), *rest))


def describe_stretched(sums: Sums, count: int) -> tuple[float, ...]:
    """Return five numbers of points that were made equally wide in all directions."""
    described = _describe(sums, count)
    if described is None:
        return NO_STRETCH
    _, (_, _, fourth, lean, skew, far, near) = described
    return settle((fourth, lean, skew, far, near))


def find_whitening(squares: tuple[float, ...], count: int) -> tuple[float, ...] | None:
    """Return what makes points equally wide everywhere: six numbers of a lower triangle, row by row.

    It is the inverse of Cholesky's factor; any other would differ by a turn. None for flat bodies.
    """
    xx, yy, zz, xy, xz, yz = (value / count for value in squares)
    widest, _, thinnest = eigenvalues((xx, yy, zz, xy, xz, yz))
    if not thinnest > FLAT * FLAT * widest:
        return None
    a = math.sqrt(xx)
    b, d = xy / a, xz / a
    c = math.sqrt(max(yy - b * b, 0.0))
    if not c > 0:
        return None
    e = (yz - b * d) / c
    f = math.sqrt(max(zz - d * d - e * e, 0.0))
    if not f > 0:
        return None
    return 1 / a, -b / (a * c), 1 / c, (b * e - c * d) / (a * c * f), -e / (c * f), 1 / f


def settle(numbers: Iterable[float]) -> tuple[float, ...]:
    """Return numbers as they are kept: to the millionth."""
    return tuple(round(number * UNIT) / UNIT for number in numbers)


def _cross(a: Point, b: Point, c: Point) -> Point:
    """Return twice the area of a triangle as a vector along its normal."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    return (uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx)


def _split(corners: list[Point]) -> list[Triangle]:
    """Cut a face into triangles with their areas; around its middle, so that no corner is the first.

    Outward dents give parts that count negatively, which is exact for flat faces of any outline.
    """
    if len(corners) == 3:
        a, b, c = corners
        area = math.hypot(*_cross(a, b, c)) / 2
        return [(a, b, c, area)] if area > 0 else []
    count = len(corners)
    middle = (
        math.fsum(p[0] for p in corners) / count,
        math.fsum(p[1] for p in corners) / count,
        math.fsum(p[2] for p in corners) / count,
    )
    around = list(pairwise([*corners, corners[0]]))
    normals = [_cross(middle, a, b) for a, b in around]
    whole = tuple(math.fsum(n[axis] for n in normals) for axis in range(3))
    parts: list[Triangle] = []
    for (a, b), normal in zip(around, normals, strict=True):
        area = math.hypot(*normal) / 2
        if area > 0:
            inward = normal[0] * whole[0] + normal[1] * whole[1] + normal[2] * whole[2] < 0
            parts.append((middle, a, b, -area if inward else area))
    return parts


def _sample(triangles: Iterable[Triangle], center: Point) -> Iterator[Weighted]:
    """Yield weighted points, seen from the center, whose sums are the integrals over the triangles."""
    cx, cy, cz = center
    for (ax, ay, az), (bx, by, bz), (dx, dy, dz), part in triangles:
        edge = max(abs(ax - bx), abs(ay - by), abs(az - bz), abs(bx - dx), abs(by - dy), abs(bz - dz),
                   abs(dx - ax), abs(dy - ay), abs(dz - az))  # fmt: skip
        for i, j, k, weight in ONE if edge < ONE_POINT else THREE if edge < THREE_POINTS else SIX:
            x = i * ax + j * bx + k * dx - cx
            y = i * ay + j * by + k * dy - cy
            z = i * az + j * bz + k * dz - cz
            yield x, y, z, weight * part


def _sum(points: Iterable[Weighted]) -> Sums:
    xx = yy = zz = xy = xz = yz = 0.0
    xxx = yyy = zzz = xxy = xxz = xyy = yyz = xzz = yzz = xyz = 0.0
    fxx = fyy = fzz = fxy = fxz = fyz = 0.0
    for x, y, z, w in points:
        x2, y2, z2 = x * x, y * y, z * z
        r2 = x2 + y2 + z2
        wx, wy, wz = w * x, w * y, w * z
        sxx, syy, szz = wx * x, wy * y, wz * z
        sxy, sxz, syz = wx * y, wx * z, wy * z
        xx, yy, zz = xx + sxx, yy + syy, zz + szz
        xy, xz, yz = xy + sxy, xz + sxz, yz + syz
        fxx, fyy, fzz = fxx + sxx * r2, fyy + syy * r2, fzz + szz * r2
        fxy, fxz, fyz = fxy + sxy * r2, fxz + sxz * r2, fyz + syz * r2
        xxx, yyy, zzz = xxx + sxx * x, yyy + syy * y, zzz + szz * z
        xxy, xxz, xyy = xxy + sxx * y, xxz + sxx * z, xyy + syy * x
        yyz, xzz, yzz, xyz = yyz + syy * z, xzz + szz * x, yzz + szz * y, xyz + sxy * z
    return Sums(
        squares=(xx, yy, zz, xy, xz, yz),
        cubes=(xxx, yyy, zzz, xxy, xxz, xyy, yyz, xzz, yzz, xyz),
        fourth=(fxx, fyy, fzz, fxy, fxz, fyz),
    )


def _describe(sums: Sums, whole: float) -> tuple[float, tuple[float, ...]] | None:
    """Return the mean squared distance, and seven numbers without unit, of points of that weight in all."""
    xx, yy, zz, _, _, _ = sums.squares
    spread = (xx + yy + zz) / whole
    fourth = (sums.fourth[0] + sums.fourth[1] + sums.fourth[2]) / whole
    if not (spread > 1e-12 and fourth > 1e-24):
        return None
    xxx, yyy, zzz, xxy, xxz, xyy, yyz, xzz, yzz, xyz = sums.cubes
    lean = math.hypot(xxx + xyy + xzz, xxy + yyy + yzz, xxz + yyz + zzz) / whole
    skew = math.sqrt(
        xxx**2 + yyy**2 + zzz**2 + 6 * xyz**2
        + 3 * (xxy**2 + xxz**2 + xyy**2 + yyz**2 + xzz**2 + yzz**2)
    ) / whole  # fmt: skip
    first, second, _ = eigenvalues(sums.squares)
    far, near, _ = eigenvalues(sums.fourth)
    return spread, (
        first / (spread * whole),
        second / (spread * whole),
        math.log(fourth / spread**2),
        lean / spread**1.5,
        skew / spread**1.5,
        far / (fourth * whole),
        near / (fourth * whole),
    )


def eigenvalues(matrix: tuple[float, float, float, float, float, float]) -> Point:
    """Return the eigenvalues of a matrix (xx, yy, zz, xy, xz, yz), largest first, in closed form."""
    xx, yy, zz, xy, xz, yz = matrix
    mean = (xx + yy + zz) / 3
    a, b, c = xx - mean, yy - mean, zz - mean
    radius = math.sqrt((a * a + b * b + c * c + 2 * (xy * xy + xz * xz + yz * yz)) / 6)
    if radius <= 1e-14 * abs(mean):
        return mean, mean, mean
    a, b, c, d, e, f = a / radius, b / radius, c / radius, xy / radius, xz / radius, yz / radius
    half = (a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e)) / 2
    angle = math.acos(max(-1.0, min(1.0, half))) / 3
    first = mean + 2 * radius * math.cos(angle)
    last = mean + 2 * radius * math.cos(angle + 2 * math.pi / 3)
    return first, 3 * mean - first - last, last
