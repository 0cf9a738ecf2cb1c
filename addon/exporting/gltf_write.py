"""Writes licenses into glTF files, through the hooks that Blender's own exporter offers to enabled add-ons.

``asset.copyright`` gets the public credit lines, and asset, nodes, meshes, materials, images and animations
refer to XMP packets (KHR_xmp_json_ld). The exporter makes one :class:`LicenseWriter` for each file and logs
what one of its hooks raises. Nothing of the scene is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ...core.rights.record import UNDECLARED, Details, RightsLicense, Run, collect_credits, shorten_runs
from ...core.rights.xmp import EXTENSION, make_packet
from ...core.stamp_format import PROPERTY
from .. import runtime
from .contents import Licenses
from .faces import read_runs
from .formats import BY_ENDING
from .leaving import find_leaving
from .passing import SeenExport
from .plan import Leaving, find_by_faces, record_export


class LicenseWriter:
    """One export. Method names are those that the exporter calls."""

    def __init__(self) -> None:
        self._licenses = Licenses(find_by_faces())
        self._objects: list[Any] = []
        self._marks: list[_Mark] = []
        self._meshes: dict[int, _Mark] = {}
        """By ``id()`` of the exporter's mesh, which its mark keeps alive."""

    def gather_scene_hook(self, scene: Any, _blender_scene: Any, _settings: Any) -> None:
        """Keep our properties of the scene in the house: the project's plans, the register of its stamps.

        Custom properties, once exported, take along what an add-on registered, too.
        """
        if isinstance(scene.extras, dict):
            scene.extras = {
                name: value for name, value in scene.extras.items() if not name.startswith(PROPERTY)
            } or None

    def gather_mesh_hook(self, mesh: Any, blender_mesh: Any, *rest: Any) -> None:
        """Remember a mesh's stamp and the licenses of its faces, in the order of the file's triangles."""
        settings = rest[-1]
        runs: tuple[Run, ...] = ()
        if getattr(blender_mesh, "id_type", "") == "MESH":
            runs = shorten_runs(read_runs(blender_mesh, self._licenses.of_number, by_material=True))
            if _shuffles(settings) and len(runs) > 1:
                runs = _gather_runs(runs)
        mark = _Mark(mesh, self._licenses.of_block(blender_mesh), runs=runs)
        self._meshes[id(mesh)] = mark
        self._marks.append(mark)

    def gather_node_hook(self, node: Any, blender_object: Any, _settings: Any) -> None:
        """Remember an object's stamp; its data's, where the exporter made a mesh of something else."""
        if blender_object is None or getattr(blender_object, "id_type", "") != "OBJECT":
            return
        self._objects.append(blender_object)
        self._marks.append(_Mark(node, self._licenses.of_block(blender_object)))
        mark = self._meshes.get(id(node.mesh))
        if mark is not None and mark.stamp is None and blender_object.data is not None:
            mark.stamp = self._licenses.of_block(blender_object.data)

    def gather_material_hook(self, material: Any, blender_material: Any, _settings: Any) -> None:
        """Remember a material's stamp."""
        if blender_material is not None:
            self._marks.append(_Mark(material, self._licenses.of_block(blender_material)))

    def gather_material_unlit_hook(self, material: Any, blender_material: Any, settings: Any) -> None:
        """Remember the stamp of a material without shading."""
        self.gather_material_hook(material, blender_material, settings)

    def gather_image_hook(self, image: Any, *rest: Any) -> None:
        """Remember the stamps of the images that a picture in the file was made of."""
        sockets = rest[-2]
        indexes = dict.fromkeys(
            index
            for block in _images_behind(sockets)
            if (index := self._licenses.of_block(block)) is not None
        )
        self._marks.append(_Mark(image, next(iter(indexes), None), more=tuple(indexes)))

    def gather_gltf_extensions_hook(self, gltf: Any, settings: Any) -> None:
        """Write everything: all of the file is gathered now, and nothing of it is written."""
        for animation in gltf.animations or ():
            action: Any = bpy.data.actions.get(animation.name or "")
            if action is not None:
                self._marks.append(_Mark(animation, self._licenses.of_block(action)))
        if not self._licenses.stamps:
            return
        packets = _Packets(_describe(self._licenses))
        for mark in self._marks:
            packet = packets.place(mark)
            if packet is not None:
                _refer(mark.thing, packet)
        if not packets.all:
            return
        _refer(gltf.asset, packets.place_all())
        given = [gltf.asset.copyright] if gltf.asset.copyright else []
        lines = dict.fromkeys((*given, *collect_credits(packets.licenses)))
        if lines:
            gltf.asset.copyright = "\n".join(lines)
        if gltf.extensions is None:
            gltf.extensions = {}
        gltf.extensions[EXTENSION] = {"packets": packets.all}
        if gltf.extensions_used is None:
            gltf.extensions_used = []
        if EXTENSION not in gltf.extensions_used:
            gltf.extensions_used.append(EXTENSION)
        self._note_export(settings)

    def _note_export(self, settings: Any) -> None:
        """Have a rights file written beside this file, once it is written itself."""
        path, passing = settings.get("gltf_filepath"), runtime.passing()
        if passing.is_own_export or not isinstance(path, str) or not path:
            return
        objects = dict.fromkeys(self._objects)
        format = BY_ENDING["glb" if path.lower().endswith(".glb") else "gltf"]  # noqa: A001
        leaving = Leaving(
            format=format,
            objects=tuple(objects),
            blocks=tuple(find_leaving(bpy.context.scene, objects, format)),
        )
        record = record_export(bpy.context, leaving)
        passing.note(SeenExport(Path(bpy.path.abspath(path)), record))


@dataclass(slots=True)
class _Mark:
    """Something of the exporter's that is to refer to a packet."""

    thing: Any
    stamp: int | None
    """The license that its stamp names."""
    more: tuple[int, ...] = ()
    """Further licenses of it as a whole: of a picture that was put together from several."""
    runs: tuple[Run, ...] = ()
    """The faces of a mesh."""


class _Packets:
    """The packets of one file; what has the same licenses shares one."""

    def __init__(self, licenses: Sequence[RightsLicense]) -> None:
        self.licenses = licenses
        self.all: list[dict[str, Any]] = []
        self._places: dict[tuple[object, ...], int] = {}

    def place(self, mark: _Mark) -> int | None:
        """Return the packet for something; None where no license is."""
        runs = mark.runs
        if len(runs) == 1 and runs[0].license == mark.stamp:
            runs = ()  # the usual mesh: its stamp speaks for every face
        stamped = () if mark.stamp is None else (mark.stamp,)
        by_faces = (run.license for run in runs if run.license != UNDECLARED)
        indexes = tuple(dict.fromkeys((*stamped, *mark.more, *by_faces)))
        if not indexes:
            return None
        key = (indexes, mark.stamp, runs)
        if key not in self._places:
            own = {index: place for place, index in enumerate(indexes)}
            own[UNDECLARED] = UNDECLARED
            self._places[key] = len(self.all)
            self.all.append(
                make_packet(
                    [self.licenses[index] for index in indexes],
                    stamp=None if mark.stamp is None else own[mark.stamp],
                    runs=[Run(own[run.license], run.faces, run.triangles) for run in runs],
                )
            )
        return self._places[key]

    def place_all(self) -> int:
        """Return the packet of the whole file."""
        self.all.append(make_packet(self.licenses))
        return len(self.all) - 1


def _describe(licenses: Licenses) -> tuple[RightsLicense, ...]:
    """Add what the marketplaces' pages say, if the app is there to ask; an export does not wait for it."""
    app = runtime.peek()
    details = app.services.rights.describe(licenses.stamps) if app is not None else {}
    return tuple(
        RightsLicense(stamp=stamp, details=details.get(stamp.grant_id, Details()))
        for stamp in licenses.stamps
    )


def _refer(thing: Any, packet: int) -> None:
    if thing.extensions is None:
        thing.extensions = {}
    thing.extensions[EXTENSION] = {"packet": packet}


def _shuffles(settings: Any) -> bool:
    """Say whether triangles are put into another order later: then only each license's share holds."""
    return any(
        settings.get(name)
        for name in ("gltf_draco_mesh_compression", "gltf_meshopt_compression", "gltf_use_gltfpack")
    )


def _gather_runs(runs: Iterable[Run]) -> tuple[Run, ...]:
    sums: dict[int, list[int]] = {}
    for run in runs:
        total = sums.setdefault(run.license, [0, 0])
        total[0] += run.faces
        total[1] += run.triangles
    return tuple(Run(index, faces, triangles) for index, (faces, triangles) in sums.items())


def _images_behind(sockets: Any) -> Iterable[Any]:
    """Return the images that reach some shader sockets, also out of groups."""
    found: dict[Any, None] = {}
    seen: set[Any] = set()
    waiting = [getattr(each, "socket", each) for each in sockets or ()]
    while waiting:
        socket = waiting.pop()
        for link in getattr(socket, "links", ()):
            node = link.from_node
            if node in seen:
                continue
            seen.add(node)
            image = getattr(node, "image", None)
            if image is not None:
                found[image] = None
            inner = getattr(node, "node_tree", None)
            if inner is not None:
                found.update(
                    dict.fromkeys(
                        each.image for each in inner.nodes if getattr(each, "image", None) is not None
                    )
                )
            waiting += list(node.inputs)
    return found
