"""Notes for what would be lost in silence: what every scene makes by itself too, and parts without a mark.

An action, a light, a line style or an empty without a stamp is nothing that anybody has to declare. So the
scene keeps which of them carried a license, by kind and by name, and data without faces keeps how many parts
it had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import bpy

from ..core.errors import UserInputError
from ..core.reports.witnesses import HELPER_OBJECTS
from ..core.stamp_format import (
    PARTS_PROPERTY,
    PROPERTY,
    QUIET_PROPERTY,
    QUIET_TYPES,
    decode,
    encode_quiet,
    is_name,
    read_quiet,
)

_NAMED = (
    "actions", "shape_keys", "worlds", "particles", "lights", "cameras", "collections", "brushes",
    "lightprobes", "linestyles", "masks", "paint_curves", "palettes", "speakers", "texts",
)  # fmt: skip
"""Where in ``bpy.data`` the kinds of ``NAMED_TYPES`` are, without objects."""
_PARTS = {
    "CURVE": "splines",
    "CURVES": "curves",
    "POINTCLOUD": "points",
    "GREASEPENCIL": "layers",
    "GREASEPENCIL_V3": "layers",
    "ARMATURE": "bones",
}
"""What the parts of data without faces are called."""


def note(scene: Any) -> None:
    """Note whose stamps are on data-blocks that nobody would miss one on, such as actions."""
    if scene is None or scene.library is not None:
        return
    noted = read(scene)
    names = {entry for kinds in noted.values() for entry in kinds if is_name(entry)}
    found = {grant_id: frozenset(k for k in kinds if not is_name(k)) for grant_id, kinds in noted.items()}
    bare: set[str] = set()
    for block in _quiet_blocks():
        kind = str(block.id_type)
        name = f"{kind}/{block.name}"
        text = block.get(PROPERTY)
        if text is None and name in names:
            bare.add(name)  # it lost its stamp: that stays noted
        if not isinstance(text, str):
            continue
        with suppress(UserInputError):
            kinds = frozenset({name, *({kind} & QUIET_TYPES)}) if kind != "MESH" else frozenset({kind})
            gather(found, {decode(text).grant_id: kinds})
    gather(found, {grant_id: kinds & bare for grant_id, kinds in noted.items()})
    found = {grant_id: kinds for grant_id, kinds in found.items() if kinds}
    if found != noted:
        scene[QUIET_PROPERTY] = encode_quiet(found)
        scene.id_properties_ui(QUIET_PROPERTY).update(
            description="Which licenses' animation, lights and helpers were in this scene, written by Clearance"
        )


def read(scene: Any) -> dict[str, frozenset[str]]:
    """Return what is noted on a scene."""
    text = scene.get(QUIET_PROPERTY)
    return read_quiet(text if isinstance(text, str) else None)


def gather(found: dict[str, frozenset[str]], more: Mapping[str, frozenset[str]]) -> None:
    """Add notes to notes."""
    for key, kinds in more.items():
        found[key] = found.get(key, frozenset()) | kinds


def _quiet_blocks() -> Iterator[Any]:
    data = bpy.data
    for name in _NAMED:
        for block in getattr(data, name):
            if block.library is None:
                yield block
    for item in data.objects:
        if item.type in HELPER_OBJECTS and item.library is None:
            yield item
    yield from (mesh for mesh in data.meshes if not mesh.polygons and mesh.vertices)


def note_parts(block: Any) -> None:
    """Note how many parts data has that cannot be marked part by part: a join adds some."""
    name = _PARTS.get(block.id_type)
    if name is not None and not isinstance(block, bpy.types.TextCurve):
        block[PARTS_PROPERTY] = len(getattr(block, name))
    elif block.id_type == "MESH" and (loose := _count_loose_edges(block)):
        block[PARTS_PROPERTY] = loose


def has_new_parts(block: Any) -> bool:
    """Say whether it has more parts than when it was stamped."""
    noted, name = block.get(PARTS_PROPERTY), _PARTS.get(block.id_type)
    return name is not None and isinstance(noted, int) and len(getattr(block, name)) > noted


def has_new_edges(mesh: Any) -> bool:
    """Say whether a mesh with faces has more edges without one than when it was stamped."""
    if mesh.is_editmode or not mesh.polygons:
        return False
    noted = mesh.get(PARTS_PROPERTY, 0)
    return isinstance(noted, int) and _count_loose_edges(mesh) > noted


def _count_loose_edges(mesh: Any) -> int:
    edges = len(mesh.edges)
    if not edges or not mesh.loops:
        return edges
    import numpy as np

    used = np.zeros(edges, dtype=bool)
    of_faces = np.empty(len(mesh.loops), dtype=np.int32)
    mesh.loops.foreach_get("edge_index", of_faces)
    used[of_faces] = True
    return int(edges - np.count_nonzero(used))
