"""Read from .blend data what a scan asks of one data-block: its stamp, and the grants on a mesh's faces.

Where things are kept was read from files that Blender 4.2.23, 4.5.15 and 5.2.3 wrote: face attributes are
CustomData layers up to 4.5 and an AttributeStorage from 5.0 on; both are looked at, whatever the version.
"""

from __future__ import annotations

from array import array
from collections import Counter
from typing import Any

from ..stamp_format import FACE_ATTRIBUTE, PARTS_PROPERTY
from .blend_file import BlendFile, Block, IdBlock, damaged

NOT_A_TEXT = "(not a text)"
_IDP_STRING, _IDP_INT, _IDP_GROUP = 0, 1, 6
_SUBTYPE_TEXT = 0
_MAX_PROPERTIES = 100_000
_CD_PROP_INT32 = 11
_ATTR_INT32, _ATTR_FACE = 3, 2
_STORED_ARRAY, _STORED_SINGLE = 0, 1
_PARTS = {
    "CURVE": b"Nurb",
    "ARMATURE": b"Bone",
    "GREASEPENCIL": b"GreasePencilLayer",
}
"""What parts of data without faces are structs of their own, by kind."""
_OLD_LAYER = b"bGPDlayer"
_COUNTED = {"CURVES": (b"geometry", b"curve_size"), "POINTCLOUD": (b"totpoint",)}


def read_property(file: BlendFile, owner: IdBlock, name: str) -> str | None:
    """Return a custom property's text; None when there is none of that name.

    One that is no text is told as some text all the same: it is no stamp, and the report says "damaged".
    """
    layout, data = file.struct(owner.head), file.data(owner.head)
    return read_property_at(file, owner, file.pointer(layout, data, b"id", b"properties"), name)


def read_property_at(file: BlendFile, owner: IdBlock, address: int, name: str) -> str | None:
    """Return a custom property's text out of the group at an address among the parts of a data-block."""
    group = owner.parts.get(address)
    if group is None:
        return None
    found = _Property(file, group)
    if found.kind != _IDP_GROUP:
        return None
    seen: set[int] = set()
    at = found.first_child
    while at in owner.parts and at not in seen and len(seen) < _MAX_PROPERTIES:
        seen.add(at)
        child = _Property(file, owner.parts[at])
        if child.name == name.encode():
            return child.read(owner)
        at = child.next
    return None


class _Property:
    """One IDProperty."""

    def __init__(self, file: BlendFile, block: Block) -> None:
        layout, data = file.struct(block), file.data(block)
        self._file = file
        self.kind = file.number(layout, data, b"type", code="B")
        self.subtype = file.number(layout, data, b"subtype", code="B")
        self.name = file.text(layout, data, b"name", size=64)
        self.next = file.pointer(layout, data, b"next")
        self.length = file.number(layout, data, b"len") or 0
        self._number = file.number(layout, data, b"data", b"val")
        self._content = file.pointer(layout, data, b"data", b"pointer")
        self.first_child = file.pointer(layout, data, b"data", b"group", b"first")

    def read(self, owner: IdBlock) -> str:
        if self.kind == _IDP_INT:
            return str(self._number)
        if self.kind != _IDP_STRING:
            return NOT_A_TEXT
        block = owner.parts.get(self._content)
        content = b"" if block is None else self._file.data(block)[: max(self.length, 0)]
        if self.subtype != _SUBTYPE_TEXT:
            return str(content)
        return content.split(b"\x00", 1)[0].decode("utf-8", "replace")


def has_new_parts(file: BlendFile, owner: IdBlock, kind: str) -> bool:
    """Say whether data without faces has more parts than when it was stamped; no when that was not noted."""
    if kind not in _PARTS and kind not in _COUNTED:
        return False
    noted = read_property(file, owner, PARTS_PROPERTY)
    if noted is None or not noted.isdecimal():
        return False
    if kind in _COUNTED:
        count = file.number(file.struct(owner.head), file.data(owner.head), *_COUNTED[kind]) or 0
    else:
        names = {_PARTS[kind], _OLD_LAYER} if kind == "GREASEPENCIL" else {_PARTS[kind]}
        parts = (part for part in owner.parts.values() if file.struct(part).dna_type_id in names)
        count = sum(part.count for part in parts)
    return count > int(noted)


def read_faces(file: BlendFile, mesh: IdBlock) -> tuple[frozenset[int], int]:
    """Return the grant numbers on a mesh's faces (without 0), and how many faces have none."""
    layout, data = file.struct(mesh.head), file.data(mesh.head)
    faces = file.number(layout, data, b"totpoly")
    if faces is None:
        raise damaged(
            file.path, f"it keeps the faces of {mesh.name[2:].decode('utf-8', 'replace')} in an unknown way"
        )
    values = _from_storage(file, mesh, faces)
    if values is None:
        values = _from_layers(file, mesh, faces)
    if values is None:
        return frozenset(), max(faces, 0)
    return frozenset(values) - {0}, values[0]


def _from_layers(file: BlendFile, mesh: IdBlock, faces: int) -> Counter[int] | None:
    layout, data = file.struct(mesh.head), file.data(mesh.head)
    layers = mesh.parts.get(file.pointer(layout, data, b"pdata", b"layers"))
    if layers is None:
        return None
    layer_layout, layer_data = file.struct(layers), file.data(layers)
    for index in range(layers.count):
        at = index * layer_layout.size
        name_at = file.offset_of(layer_layout, b"name")
        if name_at is None:
            break
        name = layer_data[at + name_at : at + name_at + 68].split(b"\x00", 1)[0]
        kind = file.number(layer_layout, layer_data, b"type", at=at)
        if name == FACE_ATTRIBUTE.encode() and kind == _CD_PROP_INT32:
            block = mesh.parts.get(file.pointer(layer_layout, layer_data, b"data", at=at))
            return _count(file, block, faces)
    return None


def _from_storage(file: BlendFile, mesh: IdBlock, faces: int) -> Counter[int] | None:
    layout, data = file.struct(mesh.head), file.data(mesh.head)
    block = mesh.parts.get(file.pointer(layout, data, b"attribute_storage", b"dna_attributes"))
    if block is None:
        return None
    attributes, attribute_data = file.struct(block), file.data(block)
    for index in range(block.count):
        at = index * attributes.size
        name = mesh.parts.get(file.pointer(attributes, attribute_data, b"name", at=at))
        if name is None or file.data(name).split(b"\x00", 1)[0] != FACE_ATTRIBUTE.encode():
            continue
        kind = file.number(attributes, attribute_data, b"data_type", code="h", at=at)
        domain = file.number(attributes, attribute_data, b"domain", code="b", at=at)
        if kind != _ATTR_INT32 or domain != _ATTR_FACE:
            return None
        stored = file.number(attributes, attribute_data, b"storage_type", code="b", at=at)
        where = mesh.parts.get(file.pointer(attributes, attribute_data, b"data", at=at))
        return _read_stored(file, mesh, where, stored, faces)
    return None


def _read_stored(
    file: BlendFile, mesh: IdBlock, where: Block | None, stored: int | None, faces: int
) -> Counter[int]:
    if where is None or stored not in (_STORED_ARRAY, _STORED_SINGLE):
        raise damaged(file.path, "it keeps the marks on faces in an unknown way")
    layout: Any = file.struct(where)
    data = file.data(where)
    block = mesh.parts.get(file.pointer(layout, data, b"data"))
    is_single = stored == _STORED_SINGLE or file.number(layout, data, b"is_single", code="b") == 1
    if not is_single:
        return _count(file, block, faces)
    single = _count(file, block, 1)
    return Counter({next(iter(single)): faces}) if faces else Counter()


def _count(file: BlendFile, block: Block | None, faces: int) -> Counter[int]:
    if faces <= 0:
        return Counter()
    data = b"" if block is None else file.data(block)[: 4 * faces]
    if len(data) < 4 * faces:
        raise damaged(file.path, "the marks on a mesh's faces were cut off")
    return Counter(array("i", data))
