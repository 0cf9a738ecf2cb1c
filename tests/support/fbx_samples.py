"""Binary .fbx files made by hand: as much of one as is read."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence


def text(value: bytes) -> bytes:
    return b"S" + struct.pack("<I", len(value)) + value


def whole(value: int) -> bytes:
    return b"L" + struct.pack("<q", value)


def real(value: float) -> bytes:
    return b"D" + struct.pack("<d", value)


def reals(values: Sequence[float], *, packed: bool = True) -> bytes:
    body = struct.pack(f"<{len(values)}d", *values)
    return _array(b"d", len(values), body, packed=packed)


def wholes(values: Sequence[int], *, packed: bool = True) -> bytes:
    return _array(b"i", len(values), struct.pack(f"<{len(values)}i", *values), packed=packed)


def raw(value: bytes) -> bytes:
    return b"R" + struct.pack("<I", len(value)) + value


def _array(kind: bytes, count: int, body: bytes, *, packed: bool) -> bytes:
    data = zlib.compress(body) if packed else body
    return kind + struct.pack("<III", count, int(packed), len(data)) + data


class Node:
    """One record: its name, its values, and the records in it."""

    def __init__(self, name: bytes, *values: bytes, inner: Sequence[Node] = ()) -> None:
        self.name, self.values, self.inner = name, values, inner

    def write(self, at: int, *, wide: bool) -> bytes:
        """Return its bytes, for a place in the file."""
        head = 25 if wide else 13
        values = b"".join(self.values)
        body = values
        start = at + head + len(self.name)
        for one in self.inner:
            body += one.write(start + len(body), wide=wide)
        if self.inner:
            body += bytes(head)
        numbers = struct.pack("<QQQ" if wide else "<III", start + len(body), len(self.values), len(values))
        return numbers + bytes([len(self.name)]) + self.name + body


def make_fbx(*nodes: Node, version: int = 7400) -> bytes:
    """A file of these records."""
    out = b"Kaydara FBX Binary  \x00\x1a\x00" + struct.pack("<I", version)
    for one in nodes:
        out += one.write(len(out), wide=version >= 7500)
    return out + bytes(25 if version >= 7500 else 13)


CORNERS = [0, 0, 0, 100, 0, 0, 100, 50, 0, 0, 50, 0]
"""A rectangle of 100 by 50 units."""


def make_model(
    *,
    version: int = 7400,
    unit_cm: float = 1.0,
    scale: float = 1.0,
    uvs: bool = True,
    rig: bool = False,
    animated: bool = False,
    textures: Sequence[bytes] = (),
    embedded: Sequence[bytes] = (),
    packed: bool = True,
) -> bytes:
    """A rectangle as a quad, and as two triangles beside it: three polygons."""
    geometry = [
        Node(b"Vertices", reals(CORNERS, packed=packed)),
        Node(b"PolygonVertexIndex", wholes([0, 1, 2, -4, 0, 1, -3, 0, 2, -4], packed=packed)),
    ]
    if uvs:
        geometry.append(Node(b"LayerElementUV", whole(0)))
    scaling = Node(
        b"P", text(b"Lcl Scaling"), text(b"Lcl Scaling"), text(b""), text(b"A"), *[real(scale)] * 3
    )
    objects = [
        Node(b"Geometry", whole(1), text(b"Plane\x00\x01Geometry"), text(b"Mesh"), inner=geometry),
        Node(
            b"Model", whole(2), text(b"Plane\x00\x01Model"), text(b"Mesh"),
            inner=[Node(b"Properties70", inner=[scaling])],
        ),
    ]  # fmt: skip
    if rig:
        objects.append(Node(b"Deformer", whole(3), text(b"\x00\x01Deformer"), text(b"Skin")))
    if animated:
        objects.append(Node(b"AnimationCurve", whole(4), text(b"\x00\x01AnimCurve"), text(b"")))
    for number, name in enumerate((*textures, *embedded)):
        objects.append(
            Node(
                b"Texture", whole(10 + number), text(name + b"\x00\x01Texture"), text(b""),
                inner=[Node(b"RelativeFilename", text(name))],
            )
        )  # fmt: skip
    for number, name in enumerate(embedded):
        objects.append(
            Node(
                b"Video", whole(50 + number), text(name + b"\x00\x01Video"), text(b"Clip"),
                inner=[Node(b"RelativeFilename", text(name)), Node(b"Content", raw(bytes(100)))],
            )
        )  # fmt: skip
    unit = Node(b"P", text(b"UnitScaleFactor"), text(b"double"), text(b"Number"), text(b""), real(unit_cm))
    return make_fbx(
        Node(b"GlobalSettings", inner=[Node(b"Properties70", inner=[unit])]),
        Node(b"Objects", inner=objects),
        Node(
            b"Connections",
            inner=[Node(b"C", text(b"OO"), whole(1), whole(2)), Node(b"C", text(b"OO"), whole(2), whole(0))],
        ),
        version=version,
    )
