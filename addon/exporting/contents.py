"""Reads what leaves into a rights record: which data-block, which mesh faces, under which license.

Main thread; no file is read and nothing is hashed here. Nothing of the scene is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

import bpy

from ...core.errors import UserInputError
from ...core.ids import find_near_mark, hash_grant_id
from ...core.model.scene import DataBlock
from ...core.reports.witnesses import is_noise
from ...core.rights.record import (
    UNDECLARED,
    Content,
    Part,
    RightsLicense,
    RightsRecord,
    Run,
    part_of,
    shorten_runs,
)
from ...core.settings import VERSION
from ...core.stamp_format import PROPERTY, REGISTER_PROPERTY, Stamp, decode, find_foreign, read_register
from .. import linked, pasted, stamp_io
from .faces import read_runs
from .formats import ExportFormat

FindByFaces = Callable[[Iterable[int]], Mapping[int, Stamp]]
"""Asks the ledger which licenses stand behind numbers on faces."""


class Licenses:
    """The licenses of one record, in the order in which they are met. Damaged stamps are none."""

    def __init__(self, find_by_faces: FindByFaces | None = None) -> None:
        self._stamps: list[Stamp] = []
        self._by_text: dict[str, int | None] = {}
        self._by_id: dict[str, int] = {}
        self._known: dict[int, Stamp] | None = None
        self._asked: dict[int, Stamp | None] = {}
        self._find_by_faces = find_by_faces
        self._notes = linked.Notes()

    @property
    def stamps(self) -> tuple[Stamp, ...]:
        """All of them; their places are the indexes in the record."""
        return tuple(self._stamps)

    def of_block(self, block: Any) -> int | None:
        """Return the license that a data-block's stamp names, or that of the library it is linked from.

        Of a material into which another one was pasted that is the other's: its nodes are what leaves.
        """
        text = block.get(PROPERTY)
        if block.id_type == "MATERIAL":
            within = pasted.text_within(block)
            text = within if text is None or find_foreign(str(text), within) is not None else text
        library = getattr(block, "library", None)
        if text is None and library is not None:
            text = self._notes.of(library).here.get(linked.key_of(block)) or library.get(PROPERTY)
        return self.of_text(text) if isinstance(text, str) else None

    def of_text(self, text: str) -> int | None:
        """Return the license of a stamp's text; None when it cannot be read."""
        if text not in self._by_text:
            try:
                self._by_text[text] = self._add(decode(text))
            except UserInputError:
                self._by_text[text] = None
        return self._by_text[text]

    def of_number(self, number: int) -> int:
        """Return the license that a number on a face stands for, or UNDECLARED."""
        if number == 0:
            return UNDECLARED
        if self._known is None:
            self._known = _find_stamps()
        stamp = self._known.get(number)
        if stamp is None and (near := find_near_mark(number, sorted(self._known))) is not None:
            stamp = self._known[near]
        if stamp is None:
            if number not in self._asked:
                found = self._find_by_faces((number,)) if self._find_by_faces is not None else {}
                self._asked[number] = found.get(number)
            stamp = self._asked[number]
        return UNDECLARED if stamp is None else self._add(stamp)

    def _add(self, stamp: Stamp) -> int:
        if stamp.grant_id not in self._by_id:
            self._by_id[stamp.grant_id] = len(self._stamps)
            self._stamps.append(stamp)
        return self._by_id[stamp.grant_id]


def make_record(
    blocks: Sequence[Any],
    format: ExportFormat,  # noqa: A002 - the word users know
    licenses: Licenses,
    *,
    depsgraph: Any,
    in_order: Sequence[Any] = (),
) -> RightsRecord:
    """Return the record of an export of these data-blocks, not yet held against a file.

    ``in_order`` are the objects as the exporter takes them; only a format that merges them needs that.
    """
    reader = _Reader(format, licenses, depsgraph)
    contents: list[Content] = []
    undeclared = 0
    if format.is_merged:
        contents, undeclared = reader.read_merged(in_order)
    else:
        for block in blocks:
            part = part_of(str(block.id_type))
            if part.name not in format.carries:
                continue
            content = reader.read(block, part)
            if content.licenses or (part is Part.OBJECT and reader.has_licensed_data(block)):
                contents.append(content)
            elif not is_noise(_describe(block)):
                undeclared += 1
    return RightsRecord(
        tool_version=VERSION,
        host=f"Blender {bpy.app.version_string}",
        made_at=datetime.now(tz=UTC),
        format=format.ending,
        licenses=tuple(RightsLicense(stamp=stamp) for stamp in licenses.stamps),
        contents=tuple(contents),
        undeclared=undeclared,
        is_merged=format.is_merged,
    )


class _Reader:
    """Reads data-blocks into contents; each mesh once."""

    def __init__(self, format: ExportFormat, licenses: Licenses, depsgraph: Any) -> None:  # noqa: A002
        self._format = format
        self._licenses = licenses
        self._depsgraph = depsgraph
        self._runs: dict[Any, tuple[Run, ...]] = {}

    def read(self, block: Any, part: Part) -> Content:
        """Read one data-block."""
        values: dict[str, Any] = {}
        if part is Part.OBJECT:
            if block.data is not None:
                values["data"] = block.data.name
            values["runs"] = self._evaluated_runs(block)
        elif block.id_type == "MESH":
            values |= {"runs": self._mesh_runs(block), "vertices": len(block.vertices)}
        elif part is Part.IMAGE and block.filepath:
            values["alias"] = PurePath(block.filepath.replace("\\", "/")).name
        return Content(
            id_type=str(block.id_type), name=block.name, stamp=self._licenses.of_block(block), **values
        )

    def read_merged(self, objects: Sequence[Any]) -> tuple[list[Content], int]:
        """Read the geometry of objects that become one mesh, with what is instanced.

        What has no license is in the order, too; it has no name in the file, and so gets none here.
        """
        wanted, contents, undeclared = set(objects), [], 0
        for instance in self._depsgraph.object_instances:
            item = instance.parent if instance.is_instance else instance.object
            if item is None or item.original not in wanted:
                continue
            content = self._read_geometry(instance.object)
            if content is None:
                continue
            if not content.licenses:
                undeclared += 1
                content = Content(id_type="MESH", name="", stamp=None, runs=content.runs)
            contents.append(content)
        return contents, undeclared

    def has_licensed_data(self, item: Any) -> bool:
        """Say whether an object without a license has data with one."""
        data = item.data
        if data is None:
            return False
        if self._licenses.of_block(data) is not None:
            return True
        return data.id_type == "MESH" and any(run.license >= 0 for run in self._mesh_runs(data))

    def _mesh_runs(self, mesh: Any) -> tuple[Run, ...]:
        if mesh not in self._runs:
            self._runs[mesh] = self._read(mesh)
        return self._runs[mesh]

    def _read(self, mesh: Any) -> tuple[Run, ...]:
        by_material = self._format.sorts_by_material
        return shorten_runs(read_runs(mesh, self._licenses.of_number, by_material=by_material))

    def _evaluated_runs(self, item: Any) -> tuple[Run, ...]:
        """Return the faces of an object after its modifiers; nothing where there are none."""
        if item.type != "MESH" or not item.modifiers:
            return ()
        evaluated = item.evaluated_get(self._depsgraph)
        data = evaluated.data
        return self._read(data) if data is not None and data.id_type == "MESH" else ()

    def _read_geometry(self, evaluated: Any) -> Content | None:
        """Read an evaluated object as the mesh that exporters make of it."""
        original = evaluated.original
        stamp = self._licenses.of_block(original.data) if original.data is not None else None
        if stamp is None:
            stamp = self._licenses.of_block(original)
        if evaluated.type == "MESH":
            runs = self._read(evaluated.data)
        elif evaluated.type in {"CURVE", "SURFACE", "FONT", "META"}:
            mesh = evaluated.to_mesh()
            if mesh is None:
                return None
            faces = len(mesh.polygons)
            index = UNDECLARED if stamp is None else stamp
            runs = (Run(index, faces, len(mesh.loops) - 2 * faces),) if faces else ()
            evaluated.to_mesh_clear()
        else:
            return None
        return Content(id_type="MESH", name=original.name, stamp=stamp, runs=runs) if runs else None


def _find_stamps() -> dict[int, Stamp]:
    """Return every stamp that this file names anywhere, by the number that stands for it on faces."""
    texts = set(stamp_io.find_stamps())
    for scene in bpy.data.scenes:
        register = scene.get(REGISTER_PROPERTY)
        texts.update(read_register(register if isinstance(register, str) else None))
    found: dict[int, Stamp] = {}
    for text in sorted(texts):
        try:
            stamp = decode(text)
        except UserInputError:
            continue
        found[hash_grant_id(stamp.grant_id)] = stamp
    return found


def _describe(block: Any) -> DataBlock:
    """Describe a data-block as far as the question goes whether anybody has to declare it."""
    is_object = block.id_type == "OBJECT"
    return DataBlock(
        id_type=str(block.id_type),
        name=block.name,
        data_type=block.type if is_object else "",
        users=block.users,
    )
