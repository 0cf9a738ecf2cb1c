# SPDX-License-Identifier: GPL-3.0-or-later
"""The same measuring as :mod:`.moments`, with NumPy: many times as fast. Loaded only where it is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..model.mesh import MeshArrays
from .moments import (
    NO_STRETCH,
    ONE,
    ONE_POINT,
    SHELLS,
    SHIFTS,
    SIX,
    THREE,
    THREE_POINTS,
    Measured,
    Sums,
    cell_of,
    describe_points,
    describe_stretched,
    describe_surface,
    find_whitening,
    refuse_mesh,
)

Array = Any
"""A NumPy array of floats or of whole numbers."""

# Triangles in one go: what is held beside the mesh stays below 100 MB.
PIECE = 200_000


def measure_mesh(mesh: MeshArrays) -> Measured | None:
    """Measure a mesh; None when it has no surface. Raises UserInputError for one that is broken."""
    positions = np.asarray(mesh.positions)
    corners = np.asarray(mesh.corners).astype(np.int64)
    sizes = np.asarray(mesh.sizes).astype(np.int64)
    if len(positions) % 3 or sizes.sum() != len(corners) or (len(sizes) and sizes.min() < 3):
        raise refuse_mesh()
    if len(corners) == 0:
        return None
    if corners.min() < 0 or 3 * int(corners.max()) + 3 > len(positions):
        raise refuse_mesh()
    is_used = np.zeros(len(positions) // 3, dtype=bool)
    is_used[corners] = True
    used = positions.reshape(-1, 3)[is_used].astype(np.float64)
    if not np.isfinite(used).all():
        raise refuse_mesh()
    low = used.min(axis=0)
    with np.errstate(over="ignore"):
        size = float((used.max(axis=0) - low).max())
    if not 0 < size < float("inf"):
        return None
    points = (used - low) / size
    place = np.cumsum(is_used) - 1
    found = _measure_surface(points, place[corners], sizes)
    if found is None:
        return None
    shape, area = found
    return _measure_corners(_merge(points, cell_of(shape, area)), shape)


def _measure_surface(points: Array, corners: Array, sizes: Array) -> tuple[tuple[float, ...], float] | None:
    # Cut into triangles twice, a piece at a time: ten million of them at once would take a gigabyte.
    area, moment = 0.0, np.zeros(3)
    for triangles, areas in _pieces(points, corners, sizes):
        area += float(areas.sum())
        moment += (triangles.sum(axis=1) * areas[:, None]).sum(axis=0)
    if not area > 1e-12:
        return None
    center = moment / (3 * area)
    total = np.zeros(22)
    for triangles, areas in _pieces(points, corners, sizes):
        edges = np.abs(triangles - np.roll(triangles, -1, axis=1)).max(axis=(1, 2))
        is_small, is_large = edges < ONE_POINT, edges >= THREE_POINTS
        for chosen, rule in ((is_small, ONE), (~is_small & ~is_large, THREE), (is_large, SIX)):
            some, parts = triangles[chosen] - center, areas[chosen]
            for i, j, k, weight in rule if len(some) else ():
                total += _sum_points(i * some[:, 0] + j * some[:, 1] + k * some[:, 2], parts * weight)
    shape = describe_surface(_as_sums(total), area)
    return None if shape is None else (shape, area)


def _pieces(points: Array, corners: Array, sizes: Array) -> Iterator[tuple[Array, Array]]:
    """Yield triangles (n, 3, 3) with their areas; what has no area is left out."""
    starts = np.cumsum(sizes) - sizes
    for size in np.unique(sizes):
        of_this = starts[sizes == size]
        step = max(1, PIECE // int(size))
        for at in range(0, len(of_this), step):
            around = points[corners[of_this[at : at + step][:, None] + np.arange(size)]]
            triangles, areas = _triangulate(around)
            solid = areas != 0
            yield triangles[solid], areas[solid]


def _triangulate(around: Array) -> tuple[Array, Array]:
    """Cut faces of equally many corners (n, corners, 3) as :func:`.moments._split` does."""
    if around.shape[1] == 3:
        normals = np.cross(around[:, 1] - around[:, 0], around[:, 2] - around[:, 0])
        return around, np.sqrt((normals**2).sum(axis=1)) / 2
    middle = around.sum(axis=1, keepdims=True) / around.shape[1]
    following = np.roll(around, -1, axis=1)
    normals = np.cross(around - middle, following - middle)
    inward = (normals * normals.sum(axis=1, keepdims=True)).sum(axis=2) < 0
    areas = np.sqrt((normals**2).sum(axis=2)) / 2
    triangles = np.stack((np.broadcast_to(middle, around.shape), around, following), axis=2)
    return triangles.reshape(-1, 3, 3), np.where(inward, -areas, areas).reshape(-1)


def _sum_points(points: Array, weights: Array) -> Array:
    """Return the 22 sums of weighted points, in the order of :class:`.moments.Sums`."""
    x, y, z = points[:, 0], points[:, 1], points[:, 2]
    xx, yy, zz, xy, xz, yz = x * x, y * y, z * z, x * y, x * z, y * z
    squares = np.stack((xx, yy, zz, xy, xz, yz))
    cubes = np.stack((xx * x, yy * y, zz * z, xx * y, xx * z, yy * x, yy * z, zz * x, zz * y, xy * z))
    return np.concatenate((squares, cubes, squares * (xx + yy + zz))) @ weights


def _as_sums(total: Array) -> Sums:
    values = [float(value) for value in total]
    xx, yy, zz, xy, xz, yz = values[:6]
    fxx, fyy, fzz, fxy, fxz, fyz = values[16:]
    return Sums((xx, yy, zz, xy, xz, yz), tuple(values[6:16]), (fxx, fyy, fzz, fxy, fxz, fyz))


def _merge(points: Array, cell: float) -> Array:
    """Return the corners that vertices stand for, as :func:`.moments._merge` does."""
    labels = np.arange(len(points))
    cells = [np.floor(points / cell + shift).astype(np.int64) for shift in SHIFTS]
    # A cell's three numbers as one: each is below 2,500,001 / 4, by the least size of a cell.
    orders = []
    for places in cells:
        keys = (places[:, 0] << 42) | (places[:, 1] << 21) | places[:, 2]
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
        orders.append((order, starts, np.diff(starts, append=len(points))))
    while True:
        before = labels.copy()
        for order, starts, counts in orders:
            labels[order] = np.repeat(np.minimum.reduceat(labels[order], starts), counts)
        if (before == labels).all():
            break
    _, groups, counts = np.unique(labels, return_inverse=True, return_counts=True)
    sums = [np.bincount(groups, weights=points[:, axis]) for axis in range(3)]
    return np.stack(sums, axis=1) / counts[:, None]


def _measure_corners(corners: Array, shape: tuple[float, ...]) -> Measured:
    count = len(corners)
    near = corners - corners.mean(axis=0)
    even = np.ones(count)
    sums = _as_sums(_sum_points(near, even))
    far = (near**2).sum(axis=1)
    points = describe_points(sums, count, float((far**3).mean()))
    mean = float(np.sqrt(far.mean()))
    variety = len(np.unique((np.sqrt(far) / mean * SHELLS).astype(np.int64))) if mean > 0 else 0
    whitening = find_whitening(sums.squares, count)
    stretch = NO_STRETCH
    if whitening is not None:
        a, b, c, d, e, f = whitening
        widened = near @ np.array(((a, 0, 0), (b, c, 0), (d, e, f))).T
        stretch = describe_stretched(_as_sums(_sum_points(widened, even)), count)
    return Measured(shape, points, stretch, count, variety)
