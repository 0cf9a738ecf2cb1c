"""Notes for what would be lost in silence: what every scene makes by itself too, and parts without a mark.

An action, a light, a line style or an empty without a stamp is nothing that anybody has to declare. So the
scene keeps which of them carried a license, by kind and by name, and data without faces keeps how many parts
it had.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import bpy

from ..core.errors import UserInputError
from ..core.model.scene import HELPER_OBJECTS
from ..core.stamp_format import (
    FILED_TYPES,
    NOT_KNOWN,
    PARTS_PROPERTY,
    PROPERTY,
    QUIET_PROPERTY,
    QUIET_TYPES,
    decode,
    encode_quiet,
    is_declared,
    is_other_file,
    note_file,
    read_quiet,
)
from . import strips

_NAMED = (
    "actions", "shape_keys", "worlds", "particles", "lights", "cameras", "collections", "brushes",
    "lightprobes", "linestyles", "masks", "paint_curves", "palettes", "speakers", "texts",
)  # fmt: skip
"""Where in ``bpy.data`` the kinds of ``NAMED_TYPES`` are, without objects."""
_MAX_INT = 2**31 - 1
"""The largest number that a custom property keeps."""
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
    found = {grant_id: kinds & QUIET_TYPES for grant_id, kinds in noted.items()}
    names = {entry for grant_id, kinds in noted.items() for entry in kinds - found[grant_id]}
    bare: set[str] = set()
    stamped: dict[str, set[str]] = {}
    for block in _quiet_blocks():
        kind = str(block.id_type)
        name = f"{kind}/{block.name}"
        text = block.get(PROPERTY)
        if text is None and name in names:
            bare.add(name)  # it lost its stamp: that stays noted
        if isinstance(text, str):
            entries = stamped.setdefault(text, set())
            if kind in QUIET_TYPES:
                entries.add(kind)
            if kind != "MESH":
                entries.add(name)
    for text, entries in stamped.items():
        with suppress(UserInputError):
            gather(found, {decode(text).grant_id: frozenset(entries)})
    gather(found, {grant_id: kinds & bare for grant_id, kinds in noted.items()})
    _complete_images()
    found = {grant_id: kinds for grant_id, kinds in found.items() if kinds}
    if found != noted:
        scene[QUIET_PROPERTY] = encode_quiet(found)
        scene.id_properties_ui(QUIET_PROPERTY).update(
            description="Which licenses' animation, lights and helpers are in this scene, by Clearance"
        )


def _complete_images() -> None:
    """Note the bytes of pictures that were declared while they were painted on, when they are kept."""
    for image in bpy.data.images:
        if image.get(PARTS_PROPERTY) == NOT_KNOWN and image.library is None:
            size = _size_of(image)
            if size is not None:
                image[PARTS_PROPERTY] = size


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
    elif block.id_type == "MESH" and (loose := _count_loose(block)):
        block[PARTS_PROPERTY] = loose
    elif block.id_type == "IMAGE" and is_declared(str(block.get(PROPERTY, ""))):
        size = _size_of(block)
        block[PARTS_PROPERTY] = NOT_KNOWN if size is None else size
    elif block.id_type in {"MESH", "IMAGE"} and PARTS_PROPERTY in block:
        del block[PARTS_PROPERTY]
    elif block.id_type in FILED_TYPES and is_declared(str(block.get(PROPERTY))):
        path = _path_of(block)
        size = _size_of_file(block, path)
        if size is not None:
            block[PARTS_PROPERTY] = note_file(size, path)


def shows_new(image: Any) -> bool:
    """Say whether a picture shows something else than when it was declared, as far as can be told quickly.

    That is: it is painted on, or its bytes are not as many. Where they lie does not matter.
    """
    noted = image.get(PARTS_PROPERTY)
    if not isinstance(noted, int) or noted == NOT_KNOWN:
        return False
    size = _size_of(image)
    return bool(image.is_dirty) if size is None else size != noted


def _size_of(image: Any) -> int | None:
    """Return how many bytes a picture has as it is kept; None while it is not kept, or not found."""
    if image.is_dirty:
        return None
    if len(image.packed_files):
        return min(sum(int(one.packed_file.size) for one in image.packed_files), _MAX_INT)
    if image.source == "GENERATED" or not image.filepath:
        return 0
    size = _size_on_disk(image, image.filepath)
    return None if size is None else min(size, _MAX_INT)


def _size_on_disk(block: Any, path: str) -> int | None:
    try:
        place = bpy.path.abspath(path, library=block.library)
        return os.stat(place).st_size  # noqa: PTH116 - a path may hold what is no text
    except (OSError, ValueError):
        return None


def has_other_file(block: Any) -> bool:
    """Say whether a sound, a font, a clip or a strip has another file than when it was declared."""
    noted = block.get(PARTS_PROPERTY)
    if not isinstance(noted, str):
        return False
    path = _path_of(block)
    size = _size_of_file(block, path)
    return size is not None and is_other_file(noted, size, path)


def _path_of(block: Any) -> str:
    return str(block.one_file if block.id_type == strips.ID_TYPE else block.filepath)


def _size_of_file(block: Any, path: str) -> int | None:
    packed = getattr(block, "packed_file", None)
    if packed is not None:
        return int(packed.size)
    return _size_on_disk(block, path) if path else None


def has_new_parts(block: Any) -> bool:
    """Say whether it has more parts than when it was stamped."""
    noted, name = block.get(PARTS_PROPERTY), _PARTS.get(block.id_type)
    return name is not None and isinstance(noted, int) and len(getattr(block, name)) > noted


def has_new_loose(mesh: Any) -> bool:
    """Say whether a mesh has more edges without a face and points without an edge than when it was stamped.

    Of one whose last face was deleted that is not known.
    """
    noted = mesh.get(PARTS_PROPERTY)
    if mesh.is_editmode or (noted is None and not mesh.polygons):
        return False
    return _count_loose(mesh) > (noted if isinstance(noted, int) else 0)


def _count_loose(mesh: Any) -> int:
    edges, points = len(mesh.edges), len(mesh.vertices)
    used_edges = _count_used(mesh, ".corner_edge", len(mesh.loops), edges)
    return edges - used_edges + points - _count_used(mesh, ".edge_verts", 2 * edges, points)


def _count_used(mesh: Any, name: str, count: int, of: int) -> int:
    """Count which of so many numbers an attribute holds. As an attribute, Blender hands all out in one go."""
    if not count:
        return 0
    attribute = mesh.attributes.get(name)
    if attribute is None:  # in Edit Mode
        return of
    import numpy as np

    values = np.empty(count, dtype=np.int32)
    attribute.data.foreach_get("value", values)
    used = np.zeros(of, dtype=bool)
    used[values] = True
    return int(np.count_nonzero(used))
