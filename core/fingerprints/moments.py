# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments up to the fourth order of surfaces and of points, as numbers that no turning or scaling changes.

Arithmetic only: what the numbers mean for recognizing a mesh is said in :mod:`.meshes`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

Point = tuple[float, float, float]
# Three corners and the area, which is negative where a cut of a dented face counts off.
Triangle = tuple[Point, Point, Point, float]
Weighted = tuple[float, float, float, float]

# The numbers are kept in millionths.
UNIT = 1_000_000
# Triangles whose longest edge is below these shares of the size take a simpler rule: same result to 1e-6.
ONE_POINT = 0.004
THREE_POINTS = 0.03

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


def measure_surface(triangles: list[Triangle], area: float) -> tuple[float, ...] | None:
    """Return eight numbers of a surface of that area; None where crossed faces cancel each other out."""
    cx, cy, cz = (
        math.fsum((a[axis] + b[axis] + c[axis]) * w for a, b, c, w in triangles) / (3 * area)
        for axis in range(3)
    )
    measured = _measure(_sample(triangles, (cx, cy, cz)), area)
    if measured is None:
        return None
    spread, rest = measured
    return _settle([math.log(spread / area), *rest])


def measure_points(points: list[Point]) -> tuple[float, ...]:
    """Return eight numbers of distinct points, each of the same weight, about their mean."""
    count = len(points)
    cx, cy, cz = (math.fsum(point[axis] for point in points) / count for axis in range(3))
    near = [(x - cx, y - cy, z - cz, 1.0) for x, y, z in points]
    measured = _measure(near, count)
    if measured is None:
        return (0.0,) * 8
    spread, rest = measured
    farthest = max(x * x + y * y + z * z for x, y, z, _ in near)
    return _settle([math.log(farthest / spread), *rest])


def _settle(numbers: list[float]) -> tuple[float, ...]:
    """Return numbers as they are kept: to the millionth."""
    return tuple(round(number * UNIT) / UNIT for number in numbers)


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


def _measure(points: Iterable[Weighted], whole: float) -> tuple[float, list[float]] | None:
    """Return the mean squared distance, and seven numbers without unit, of points of that weight in all."""
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
    spread = (xx + yy + zz) / whole
    fourth = (fxx + fyy + fzz) / whole
    if not (spread > 1e-12 and fourth > 1e-24):
        return None
    lean = math.hypot(xxx + xyy + xzz, xxy + yyy + yzz, xxz + yyz + zzz) / whole
    skew = math.sqrt(
        xxx**2 + yyy**2 + zzz**2 + 6 * xyz**2
        + 3 * (xxy**2 + xxz**2 + xyy**2 + yyz**2 + xzz**2 + yzz**2)
    ) / whole  # fmt: skip
    first, second, _ = _eigenvalues((xx, yy, zz, xy, xz, yz))
    far, near, _ = _eigenvalues((fxx, fyy, fzz, fxy, fxz, fyz))
    return spread, [
        first / (spread * whole),
        second / (spread * whole),
        math.log(fourth / spread**2),
        lean / spread**1.5,
        skew / spread**1.5,
        far / (fourth * whole),
        near / (fourth * whole),
    ]


def _eigenvalues(matrix: tuple[float, float, float, float, float, float]) -> Point:
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
