"""What a scan asks of one data-block in a .blend file, whichever scene it is in."""

from __future__ import annotations

from typing import NamedTuple

from ...ids import hash_grant_id
from ...model.scene import IdType
from ...stamp_format import PROPERTY, find_foreign
from .baked import read_baked
from .dna import Field
from .file import BlendFile
from .ids import IdBlock
from .mesh import MARK, has_new_parts, read_faces, read_property, read_property_at

ID_TYPES = {
    b"OB": IdType.OBJECT, b"ME": IdType.MESH, b"CU": IdType.CURVE, b"CV": IdType.CURVES, b"MB": IdType.META,
    b"VF": IdType.FONT, b"PT": IdType.POINTCLOUD, b"VO": IdType.VOLUME, b"AR": IdType.ARMATURE,
    b"LT": IdType.LATTICE, b"GD": IdType.GREASEPENCIL, b"GP": IdType.GREASEPENCIL, b"LA": IdType.LIGHT,
    b"CA": IdType.CAMERA, b"MA": IdType.MATERIAL, b"TE": IdType.TEXTURE, b"IM": IdType.IMAGE,
    b"NT": IdType.NODETREE, b"AC": IdType.ACTION, b"WO": IdType.WORLD, b"GR": IdType.COLLECTION,
    b"SO": IdType.SOUND, b"MC": IdType.MOVIECLIP, b"LI": IdType.LIBRARY, b"KE": IdType.KEY,
    b"PA": IdType.PARTICLE, b"CF": IdType.CACHEFILE,
}  # fmt: skip
"""Two-letter codes in the file, for the kinds that are stamped."""
OTHER_TYPES = {
    b"BR": "BRUSH", b"LP": "LIGHT_PROBE", b"LS": "LINESTYLE", b"MS": "MASK",
    b"PC": "PAINTCURVE", b"PL": "PALETTE", b"SK": "SPEAKER", b"TX": "TEXT",
}  # fmt: skip
"""Kinds that are only told of when they carry a stamp."""
STAMPED = frozenset(IdType)
_KINDS: dict[bytes, str] = {**ID_TYPES, **OTHER_TYPES}
NOT_CONTENT = frozenset({4, 5})
"""``Image.type`` of render results and of viewer nodes: Blender makes those itself."""
_BUILT_IN = b"<builtin>"
_PROPERTY = PROPERTY.encode()
LICENSED_WITHIN: dict[str, bytes] = {IdType.MESH: MARK, IdType.MATERIAL: _PROPERTY}
"""Of kinds whose parts may be licensed although they have no properties: what is then written in them."""
OBJECT_TYPES = {
    0: "EMPTY", 1: "MESH", 2: "CURVE", 3: "SURFACE", 4: "FONT", 5: "META", 10: "LIGHT", 11: "CAMERA",
    12: "SPEAKER", 13: "LIGHT_PROBE", 22: "LATTICE", 25: "ARMATURE", 26: "GPENCIL", 27: "CURVES",
    28: "POINTCLOUD", 29: "VOLUME", 30: "GREASEPENCIL",
}  # fmt: skip


class Facts(NamedTuple):
    """What a data-block itself says; for one that is not there, nothing."""

    stamp: str | None = None
    data_name: str = ""
    data_type: str = ""
    face_grants: frozenset[int] = frozenset()
    unmarked_faces: int = 0
    is_made_by_blender: bool = False
    """A render result, what a viewer node shows, or the built-in font."""
    parts_added: bool = False
    """It has more parts than when it was stamped."""


class ObjectFields(NamedTuple):
    """What is asked of an object. Flags are Blender's own numbers; 0 where its version has no such field."""

    type: int
    data: int
    """Address of its data."""
    visibility: int
    visibility_before_2_90: int
    instancing: int
    parenting: int


_OBJECT_FIELDS: tuple[Field, ...] = (
    ("h", b"type"), ("Q", b"data"), ("B", b"visibility_flag"), ("B", b"restrictflag"), ("H", b"transflag"),
    ("h", b"partype"),
)  # fmt: skip


def read_object(file: BlendFile, block: IdBlock) -> ObjectFields:
    """Read an object's own fields, once for each open file."""
    known = file.objects
    found: ObjectFields | None = known.get(block.head.address)
    if found is None:
        found = known[block.head.address] = ObjectFields._make(file.record(block.head, _OBJECT_FIELDS))
    return found


def kind_of(name: bytes) -> str | None:
    """Return the kind of a data-block by its name with the code in front; None for kinds never told of."""
    return _KINDS.get(name[:2])


def read_facts(file: BlendFile, block: IdBlock, kind: str) -> Facts:
    """Read a data-block, once for each open file."""
    known = file.facts
    found: Facts | None = known.get(block.head.address)
    if found is None:
        found = known[block.head.address] = _read(file, block, kind)
    return found


def _read(file: BlendFile, block: IdBlock, kind: str) -> Facts:
    stamp = read_property(file, block, PROPERTY) if block.properties else None
    if kind == "OBJECT":
        thing = read_object(file, block)
        target = file.ids.at(thing.data)
        name = "" if target is None else target.name[2:].decode("utf-8", "replace")
        data_type = OBJECT_TYPES.get(thing.type, "")
        baked = read_baked(file, block) if data_type == "MESH" else frozenset()
        return Facts(stamp, name, data_type, face_grants=baked)
    if kind == "MESH":
        grants, unmarked = read_faces(file, block)
        return Facts(stamp=stamp, face_grants=grants, unmarked_faces=unmarked)
    if kind == IdType.MATERIAL:
        within = _read_within(file, block)
        stamp = within if stamp is None else stamp
        foreign = find_foreign(stamp, within)
        return Facts(
            stamp, face_grants=frozenset() if foreign is None else frozenset((hash_grant_id(foreign),))
        )
    return Facts(
        stamp=stamp,
        is_made_by_blender=_is_made_by_blender(file, block, kind),
        parts_added=stamp is not None and has_new_parts(file, block, kind),
    )


def _read_within(file: BlendFile, material: IdBlock) -> str | None:
    """Return the stamp on a material's nodes."""
    if not material.mentions(_PROPERTY):
        return None
    tree = material.part(file.piece(material.head).pointer(b"nodetree"))
    if tree is None:
        return None
    return read_property_at(file, material, file.piece(tree).pointer(b"id", b"properties"), PROPERTY)


def _is_made_by_blender(file: BlendFile, block: IdBlock, kind: str) -> bool:
    if kind == IdType.IMAGE:
        return file.piece(block.head).number(b"type", code="h") in NOT_CONTENT
    if kind != IdType.FONT:
        return False
    piece = file.piece(block.head)
    return _BUILT_IN in (piece.text(b"name", size=1024), piece.text(b"filepath", size=1024))
