"""Reads licenses back out of glTF files, through the hooks that Blender's own importer offers.

The importer makes one :class:`LicenseReader` for each import, and logs what one of its hooks raises. Packets
of others, and damaged ones, are passed over: then the file came without licenses, and the report says that
nobody declared it.
"""

from __future__ import annotations

from typing import Any

from ...core.errors import UserInputError
from ...core.rights.matching import Rights
from ...core.rights.record import RightsLicense, Run, share_runs, spread_runs
from ...core.rights.xmp import EXTENSION, read_packet
from .. import runtime
from .restore import write_all

Packet = tuple[tuple[RightsLicense, ...], int | None, tuple[Run, ...]]
_NOTHING: Packet = ((), None, ())


class LicenseReader:
    """One import. Method names are those that the importer calls."""

    def __init__(self) -> None:
        self._packets: list[Any] = []
        self._read: dict[int, Packet] = {}
        self._found: list[tuple[Any, Packet]] = []

    def gather_import_gltf_before_hook(self, gltf: Any) -> None:
        """Look whether the file has packets at all."""
        self._packets, self._read, self._found = [], {}, []
        extension = (gltf.data.extensions or {}).get(EXTENSION)
        packets = extension.get("packets") if isinstance(extension, dict) else None
        if isinstance(packets, list) and runtime.passing().is_restoring:
            self._packets = packets

    def gather_import_node_after_hook(self, _vnode: Any, node: Any, item: Any, _gltf: Any) -> None:
        """Remember an object's packet."""
        self._remember(node, item)

    def gather_import_mesh_after_hook(self, mesh: Any, blender_mesh: Any, _gltf: Any) -> None:
        """Remember a mesh's packet."""
        self._remember(mesh, blender_mesh)

    def gather_import_material_after_hook(
        self, material: Any, _vertex_color: Any, blender_material: Any, _gltf: Any
    ) -> None:
        """Remember a material's packet."""
        self._remember(material, blender_material)

    def gather_import_image_after_hook(self, image: Any, blender_image: Any, _gltf: Any) -> None:
        """Remember an image's packet."""
        self._remember(image, blender_image)

    def gather_import_animation_after_hook(self, index: int, _track_name: str, gltf: Any) -> None:
        """Remember the packet of an animation for the actions that were just made of it."""
        for entry in getattr(gltf, "needs_stash", ()):
            self._remember(gltf.data.animations[index], entry[1])

    def gather_import_scene_after_animation_hook(self, _scene: Any, _blender_scene: Any, _gltf: Any) -> None:
        """Write what was found: everything is there now."""
        self.finish()

    def finish(self) -> None:
        """Write stamps, faces and register, once."""
        found, self._found = self._found, []
        licenses: list[RightsLicense] = []
        places: dict[str, int] = {}
        pairs: list[tuple[Any, Rights]] = []
        for block, (held, stamp, runs) in found:
            own: list[int] = []
            for each in held:
                place = places.setdefault(each.stamp.grant_id, len(licenses))
                if place == len(licenses):
                    licenses.append(each)
                own.append(place)
            pairs.append((block, _rights(block, own, stamp, runs)))
        if pairs:
            write_all(pairs, licenses)

    def _remember(self, thing: Any, block: Any) -> None:
        if block is None or thing is None:
            return
        packet = self._packet_of(thing)
        if packet[0]:
            self._found.append((block, packet))

    def _packet_of(self, thing: Any) -> Packet:
        extensions = getattr(thing, "extensions", None)
        reference = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
        index = reference.get("packet") if isinstance(reference, dict) else None
        if not isinstance(index, int) or not 0 <= index < len(self._packets):
            return _NOTHING
        if index not in self._read:
            try:
                self._read[index] = read_packet(self._packets[index])
            except UserInputError:
                self._read[index] = _NOTHING
        return self._read[index]


def _rights(block: Any, own: list[int], stamp: int | None, runs: tuple[Run, ...]) -> Rights:
    """Say what a data-block is to carry, with the licenses of its packet at their places in the import."""
    placed = None if stamp is None else own[stamp]
    faces = len(block.polygons) if block.id_type == "MESH" else 0
    if not faces:
        return Rights(stamp=placed)
    if not runs:
        return Rights(stamp=placed, faces=() if placed is None else ((placed, faces),))
    moved = [
        Run(own[run.license] if run.license >= 0 else run.license, run.faces, run.triangles) for run in runs
    ]
    return Rights(stamp=placed, faces=spread_runs(moved, faces) or share_runs(moved, faces))
