"""Reads which faces of a mesh are under which license, as runs, and writes them back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from ...core.errors import UserInputError
from ...core.ids import MARK_ERROR, hash_grant_id
from ...core.rights.record import Run
from ...core.stamp_format import FACE_ATTRIBUTE, PROPERTY, decode

IndexOf = Callable[[int], int]
"""Turns the number on a face into the index of a license, or UNDECLARED."""


def read_numbers(mesh: Any) -> Any:
    """Return the grant's number of every face, 0 for none, as an int32 array.

    Marks on points say of a face that it is another's, but never that it is what the mesh's stamp says: what
    geometry nodes put on points may be the mark of what it was scattered on.
    """
    count = len(mesh.polygons)
    values = np.zeros(count, dtype=np.int32)
    attribute = mesh.attributes.get(FACE_ATTRIBUTE)
    if not count or attribute is None or attribute.data_type != "INT":
        return values
    if attribute.domain == "FACE" and len(attribute.data) == count:
        attribute.data.foreach_get("value", values)
    elif attribute.domain == "POINT":
        values = _read_points(mesh, attribute)
    return values


def _read_points(mesh: Any, attribute: Any) -> Any:
    marks = np.empty(len(attribute.data), dtype=np.int32)
    attribute.data.foreach_get("value", marks)
    corners = np.empty(len(mesh.loops), dtype=np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    starts = np.empty(len(mesh.polygons), dtype=np.int32)
    mesh.polygons.foreach_get("loop_start", starts)
    values = marks[corners[starts]]
    text = mesh.get(PROPERTY)
    own = 0
    if isinstance(text, str):
        with suppress(UserInputError):
            own = hash_grant_id(decode(text).grant_id)
    values[np.abs(values.astype(np.int64) - own) <= MARK_ERROR] = 0
    return values


def read_runs(mesh: Any, index_of: IndexOf, *, by_material: bool) -> tuple[Run, ...]:
    """Return the runs of a mesh's faces, in the order in which a file has them.

    ``by_material``: the exporter writes the faces of the first material first, and so on.
    """
    values = read_numbers(mesh)
    count = len(values)
    if count == 0:
        return ()
    first = int(values[0])
    if (values == first).all():  # the usual case: no need to look at faces one by one
        return (Run(index_of(first), count, len(mesh.loops) - 2 * count),)
    corners = np.empty(count, dtype=np.int32)
    mesh.polygons.foreach_get("loop_total", corners)
    triangles = corners.astype(np.int64) - 2
    if by_material:
        materials = np.empty(count, dtype=np.int32)
        mesh.polygons.foreach_get("material_index", materials)
        order = np.argsort(materials, kind="stable")
        values, triangles = values[order], triangles[order]
    starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
    ends = np.append(starts[1:], count)
    sums = np.add.reduceat(triangles, starts)
    return tuple(
        Run(index_of(int(values[start])), int(end - start), int(total))
        for start, end, total in zip(starts, ends, sums, strict=True)
    )


def write_numbers(mesh: Any, pairs: Sequence[tuple[int, int]]) -> None:
    """Write ``(number, faces)`` from the first face on; they have to add up to the mesh's faces."""
    count = len(mesh.polygons)
    values = np.repeat(
        np.array([number for number, _ in pairs], dtype=np.int32), [faces for _, faces in pairs]
    )
    if count == 0 or len(values) != count:
        return
    attribute = mesh.attributes.get(FACE_ATTRIBUTE)
    if attribute is not None and (attribute.domain != "FACE" or attribute.data_type != "INT"):
        mesh.attributes.remove(attribute)
        attribute = None
    if attribute is None:
        attribute = mesh.attributes.new(FACE_ATTRIBUTE, "INT", "FACE")
    attribute.data.foreach_set("value", values)
