"""Copy meshes and images out of the scene, to be compared by workers. Main thread only; decides nothing.

Copying is one call of Blender's per array. Nothing is decoded, hashed or converted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
import numpy as np

from ..core.model.content import Candidate, Pixels
from ..core.model.mesh import MeshArrays

if TYPE_CHECKING:
    from ..core.files.contents import Content

MAX_CORNERS = 2_000_000
"""Corners of faces of one mesh that is copied while somebody works: some 10 ms."""
MAX_PACKED = 24 * 1024 * 1024
"""Bytes of a packed picture that are copied while somebody works."""
MAX_PIXELS = 512 * 512
"""Of a picture that is only in memory; Blender converts each pixel on the way."""
EVEN = 1e-4
MAX_IMPORT_CORNERS = 20_000_000
"""Of all meshes of one import, and of those that modifiers make of them."""
MAX_IMPORT_BYTES = 256 * 1024 * 1024
"""Of all packed pictures of one import; what was delivered beside the model is known from there."""


def copy_out(block: Any, *, bounded: bool = False) -> Candidate | None:
    """Copy one mesh or image; None for what has no content. ``bounded``: only what is done in some 10 ms."""
    subject = f"{block.id_type}/{block.name}"
    if block.id_type == "MESH":
        if block.is_editmode:
            return Candidate(subject=subject, why_not="It is being edited; leave Edit Mode and look again.")
        if bounded and len(block.loops) > MAX_CORNERS:
            return Candidate(subject=subject, why_not=_too_large())
        return Candidate(subject=subject, mesh=copy_mesh(block)) if len(block.polygons) else None
    return _copy_image(block, subject, bounded=bounded) if block.id_type == "IMAGE" else None


def _too_large() -> str:
    return "It is too large to be looked at while you work: blender --command clearance recognize FILE."


def copy_mesh(mesh: Any) -> MeshArrays:
    """Copy positions and faces."""
    positions = np.empty(3 * len(mesh.vertices), dtype=np.float32)
    corners = np.empty(len(mesh.loops), dtype=np.int32)
    starts = np.empty(len(mesh.polygons), dtype=np.int32)
    mesh.vertices.foreach_get("co", positions)
    mesh.loops.foreach_get("vertex_index", corners)
    # Where faces begin is an array in Blender; how long they are it would work out one by one.
    mesh.polygons.foreach_get("loop_start", starts)
    sizes = np.diff(starts, append=np.int32(len(corners)))
    return MeshArrays(positions=positions, corners=corners, sizes=sizes)


def _copy_image(image: Any, subject: str, *, bounded: bool) -> Candidate | None:
    if image.source == "MOVIE" or image.type in {"RENDER_RESULT", "COMPOSITING"}:
        return None
    if not image.is_dirty:
        packed = image.packed_files[0].packed_file if len(image.packed_files) else None
        if packed is not None:
            if bounded and packed.size > MAX_PACKED:
                return Candidate(subject=subject, why_not=_too_large())
            return Candidate(subject=subject, image=bytes(packed.data))
        if image.filepath and image.source != "GENERATED":
            place = _place_of(image)
            if place.is_file():
                return Candidate(subject=subject, image_path=place)
            return Candidate(subject=subject, why_not="Its file is not there.")
    return _copy_pixels(image, subject, bounded=bounded)


def _place_of(image: Any) -> Path:
    """Return the file of a picture; of a tiled one, that of its first tile."""
    path = bpy.path.abspath(image.filepath, library=image.library)
    if image.source == "TILED" and len(image.tiles):
        number = image.tiles[0].number
        across, down = (number - 1001) % 10, (number - 1001) // 10
        path = path.replace("<UDIM>", str(number)).replace("<UVTILE>", f"u{across + 1}_v{down + 1}")
    return Path(path)


def _copy_pixels(image: Any, subject: str, *, bounded: bool) -> Candidate | None:
    width, height = image.size
    if not (image.has_data or image.source == "GENERATED") or width < 1 or height < 1:
        return None
    if image.channels != 4:
        return Candidate(subject=subject, why_not="It is only in memory, and not in color. Save it.")
    if bounded and width * height > MAX_PIXELS:
        return Candidate(subject=subject, why_not="It is large and only in memory. Save or pack it.")
    values = np.empty(width * height * 4, dtype=np.float32)
    image.pixels.foreach_get(values)
    pixels = Pixels(width=width, height=height, values=values, is_linear=bool(image.is_float))
    return Candidate(subject=subject, pixels=pixels)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A mesh as an exporter would write it, and where: rows of a turn and scale, and a shift."""

    name: str
    mesh: MeshArrays
    matrix: Any
    is_changed: bool
    """Whether modifiers made it of the mesh."""


def copy_import(blocks: Iterable[Any], name: str) -> Iterator[Content]:
    """Copy what came in by an import: images, meshes, and what modifiers and placing make of meshes.

    All is copied here and now. What is handed out touches Blender no more: it is for a worker, which makes
    those forms that take time.
    """
    from ..core.files.contents import Content

    copied: list[Content] = []
    objects = []
    left, left_bytes = MAX_IMPORT_CORNERS, MAX_IMPORT_BYTES
    for block in blocks:
        if block.id_type == "IMAGE":
            # What is not packed was read where it was delivered.
            size = block.packed_files[0].packed_file.size if len(block.packed_files) else 0
            image = _copy_image(block, block.name, bounded=False) if 0 < size <= left_bytes else None
            if image is not None and image.image is not None:
                left_bytes -= size
                copied.append(Content(name=block.name, image=image.image))
        elif block.id_type == "MESH" and len(block.polygons) and len(block.loops) <= left:
            left -= len(block.loops)
            copied.append(Content(name=block.name, mesh=copy_mesh(block)))
        elif block.id_type == "OBJECT" and block.type == "MESH":
            objects.append(block)
    return _hand_out(copied, _copy_placed(objects, left), name)


def _copy_placed(objects: list[Any], left: int) -> list[_Placed]:
    graph = bpy.context.evaluated_depsgraph_get()
    placed: list[_Placed] = []
    for item in objects:
        shown = item.evaluated_get(graph).data if len(item.modifiers) else item.data
        left -= len(shown.loops)
        if left < 0:
            return []  # a part of the whole would be no form that comes back
        if len(shown.polygons):
            matrix = np.array(item.matrix_world, dtype=np.float64)
            placed.append(_Placed(item.data.name, copy_mesh(shown), matrix, bool(len(item.modifiers))))
    return placed


def _hand_out(copied: list[Content], placed: list[_Placed], name: str) -> Iterator[Content]:
    from ..core.files.contents import Content

    yield from copied
    moved = [_move(one.mesh, one.matrix) for one in placed]
    for one, mesh in zip(placed, moved, strict=True):
        if one.is_changed:
            yield Content(name=one.name, mesh=one.mesh)
        if not _is_even(one.matrix):
            yield Content(name=one.name, mesh=mesh)
    if len(moved) > 1:
        yield Content(name=name, mesh=_join(moved))


def _move(mesh: MeshArrays, matrix: Any) -> MeshArrays:
    points = mesh.positions.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
    return MeshArrays(positions=points.reshape(-1), corners=mesh.corners, sizes=mesh.sizes)


def _join(meshes: list[MeshArrays]) -> MeshArrays:
    firsts = np.cumsum([0, *(len(mesh.positions) // 3 for mesh in meshes)])
    return MeshArrays(
        positions=np.concatenate([mesh.positions for mesh in meshes]),
        corners=np.concatenate([mesh.corners + first for mesh, first in zip(meshes, firsts, strict=False)]),
        sizes=np.concatenate([mesh.sizes for mesh in meshes]),
    )


def _is_even(matrix: Any) -> bool:
    """Say whether it only turns, mirrors, moves and scales evenly."""
    axes = matrix[:3, :3]
    squares = axes.T @ axes
    longest = float(np.trace(squares)) / 3
    return bool(longest > 0 and np.abs(squares - longest * np.eye(3)).max() <= EVEN * longest)
