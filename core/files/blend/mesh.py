"""Read from .blend data what a scan asks of one data-block: its stamp, and the grants on a mesh's faces.

Where things are kept was read from files that Blender 4.2.23, 4.5.15 and 5.2.3 wrote: face attributes are
CustomData layers up to 4.5 and an AttributeStorage from 5.0 on; both are looked at, whatever the version.
"""

from __future__ import annotations

from array import array as numbers
from collections import Counter

from ...ids import gather_marks
from ...stamp_format import FACE_ATTRIBUTE, PARTS_PROPERTY, read_count
from .bytes import damaged
from .chain import Block
from .dna import Field
from .file import BlendFile
from .ids import IdBlock

NOT_A_TEXT = "(not a text)"
_IDP_STRING, _IDP_INT, _IDP_GROUP = 0, 1, 6
_SUBTYPE_TEXT = 0
_MAX_PROPERTIES = 100_000
_FEW_PROPERTIES = 8
_CD_PROP_INT32 = 11
_ATTR_INT32, _ATTR_FACE = 3, 2
_DOMAINS = {
    _ATTR_FACE: (b"pdata", b"totpoly"),
    0: (b"vdata", b"totvert"),
    1: (b"edata", b"totedge"),
    3: (b"ldata", b"totloop"),
}
"""Where marks may be, by the number of it: what is called so, and what counts it."""
_STORED_ARRAY, _STORED_SINGLE = 0, 1
MARK = FACE_ATTRIBUTE.encode()
"""Stands somewhere in every mesh that has licensed faces."""
_GROUP: tuple[Field, ...] = (("B", b"type"), ("Q", b"data", b"group", b"first"))
_ENTRY: tuple[Field, ...] = (("Q", b"next"), ("s", b"name"))
_VALUE: tuple[Field, ...] = (
    ("B", b"type"), ("B", b"subtype"), ("Q", b"data", b"pointer"), ("i", b"data", b"val"), ("i", b"len"),
)  # fmt: skip
_STORED: tuple[Field, ...] = (
    ("Q", b"name"), ("h", b"data_type"), ("b", b"domain"), ("b", b"storage_type"), ("Q", b"data"),
)  # fmt: skip
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
    return read_property_at(file, owner, owner.properties, name) if owner.properties else None


def read_property_at(file: BlendFile, owner: IdBlock, address: int, name: str) -> str | None:
    """Return a custom property's text out of the group at an address among the parts of a data-block."""
    wanted = name.encode()
    group = owner.part(address) if address else None
    if group is None:
        return None
    kind, at = file.record(group, _GROUP)
    if kind != _IDP_GROUP:
        return None
    seen: set[int] = set()
    while at and (block := owner.part(at)) is not None and at not in seen and len(seen) < _MAX_PROPERTIES:
        seen.add(at)
        if len(seen) == _FEW_PROPERTIES:
            # Properties come first of all that belongs to a data-block, so few of them are found at once.
            if not owner.mentions(wanted):
                return None
            owner.keep_parts()
        at, label = file.record(block, _ENTRY)
        if label and label.split(b"\x00", 1)[0] == wanted:
            return _read_text(file, owner, block)
    return None


def _read_text(file: BlendFile, owner: IdBlock, value: Block) -> str:
    kind, subtype, address, number, length = file.record(value, _VALUE)
    if kind == _IDP_INT:
        return str(number)
    if kind != _IDP_STRING:
        return NOT_A_TEXT
    block = owner.part(address)
    content = b"" if block is None else file.data(block)[: max(length, 0)]
    if subtype != _SUBTYPE_TEXT:
        return str(content)
    return content.split(b"\x00", 1)[0].decode("utf-8", "replace")


def has_new_parts(file: BlendFile, owner: IdBlock, kind: str) -> bool:
    """Say whether data without faces has more parts than when it was stamped; no when that was not noted."""
    if kind not in _PARTS and kind not in _COUNTED:
        return False
    noted = read_count(read_property(file, owner, PARTS_PROPERTY))
    if noted is None:
        return False
    if kind in _COUNTED:
        count = file.piece(owner.head).number(*_COUNTED[kind])
    else:
        names = {_PARTS[kind], _OLD_LAYER} if kind == "GREASEPENCIL" else {_PARTS[kind]}
        count = sum(part.length for part in owner.parts.values() if file.struct(part).name in names)
    return count > noted


def has_new_loose(file: BlendFile, mesh: IdBlock) -> bool:
    """Say whether a mesh has more edges without a face and points without an edge than when it was stamped.

    Of one whose last face was deleted that is not known. Takes long for a large mesh.
    """
    key = ("loose", mesh.head.address)
    found: bool | None = file.memo.get(key)
    if found is None:
        found = file.memo[key] = _has_new_loose(file, mesh)
    return found


def shows_new(file: BlendFile, image: IdBlock) -> bool:
    """Say whether a picture that was declared has another number of bytes than then."""
    from .geometry import shows_new as look

    return look(file, image)


def has_other_file(file: BlendFile, block: IdBlock) -> bool:
    """Say whether a sound, a font, a clip has another file than when it was declared."""
    from .filed import has_other_file as look

    return look(file, block)


def _has_new_loose(file: BlendFile, mesh: IdBlock) -> bool:
    from .geometry import count_loose  # scans of thousands of files seldom ask

    noted = read_property(file, mesh, PARTS_PROPERTY)
    if noted is None and file.piece(mesh.head).number(b"totpoly") <= 0:
        return False
    count = count_loose(file, mesh)
    return count is not None and count > (read_count(noted) or 0)


def read_faces(file: BlendFile, mesh: IdBlock) -> tuple[frozenset[int], int]:
    """Return the grant numbers on a mesh's faces (without 0), and how many faces have none.

    Marks on points, where realizing instances puts them, tell what is in a mesh, but of no face that it is
    marked.
    """
    piece = file.piece(mesh.head)
    if not piece.has(b"totpoly"):
        raise damaged(
            file.path, f"it keeps the faces of {mesh.name[2:].decode('utf-8', 'replace')} in an unknown way"
        )
    faces = piece.number(b"totpoly")
    if not mesh.mentions(MARK):
        return frozenset(), max(faces, 0)
    found = _from_storage(file, mesh) or _from_layers(file, mesh)
    if found is None or faces <= 0:
        return frozenset(), max(faces, 0)
    domain, values = found
    if domain != _ATTR_FACE:
        return gather_marks(values), faces
    return frozenset(values) - {0}, values[0]


def _from_layers(file: BlendFile, mesh: IdBlock) -> tuple[int, Counter[int]] | None:
    """Read all of them: joining may leave marks both on faces and on points."""
    piece = file.piece(mesh.head)
    found: tuple[int, Counter[int]] | None = None
    for domain, (name, total) in _DOMAINS.items():
        layers = mesh.parts.get(piece.pointer(name, b"layers"))
        for index in range(layers.length if layers is not None else 0):
            if layers is None or not (layer := file.piece(layers, index)).has(b"name"):
                break
            if layer.text(b"name", size=68) == MARK and layer.number(b"type") == _CD_PROP_INT32:
                values = _count(file, mesh.parts.get(layer.pointer(b"data")), piece.number(total))
                found = (domain, values if found is None else found[1] + values)
                break
    return found


def _from_storage(file: BlendFile, mesh: IdBlock) -> tuple[int, Counter[int]] | None:
    piece = file.piece(mesh.head)
    block = mesh.parts.get(piece.pointer(b"attribute_storage", b"dna_attributes"))
    if block is None:
        return None
    for index in range(block.length):
        address, kind, domain, stored, data = file.record(block, _STORED, index)
        name = mesh.parts.get(address)
        if name is None or file.data(name).split(b"\x00", 1)[0] != MARK:
            continue
        if kind != _ATTR_INT32 or domain not in _DOMAINS:
            return None
        count = piece.number(_DOMAINS[domain][1])
        return domain, _read_stored(file, mesh, mesh.parts.get(data), stored, count)
    return None


def _read_stored(
    file: BlendFile, mesh: IdBlock, where: Block | None, stored: int, faces: int
) -> Counter[int]:
    if where is None or stored not in (_STORED_ARRAY, _STORED_SINGLE):
        raise damaged(file.path, "it keeps the marks on faces in an unknown way")
    array = file.piece(where)
    block = mesh.parts.get(array.pointer(b"data"))
    is_single = stored == _STORED_SINGLE or array.number(b"is_single", code="b") == 1
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
    if data == data[:4] * faces:  # the usual case, and a hundred times as quick as counting
        return Counter({numbers("i", data[:4])[0]: faces})
    return Counter(numbers("i", data))
