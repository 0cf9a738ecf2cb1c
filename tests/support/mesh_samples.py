# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes meshes as model files, without Blender."""

from __future__ import annotations

import random
import struct
from array import array
from pathlib import Path
from typing import Any

from file_samples import make_glb, make_png
from similar_content import make_chair
from varied_content import Mesh, triangulate

from core.model.mesh import MeshArrays

CHAIR = make_chair(random.Random(7))


def pack(mesh: Mesh) -> MeshArrays:
    """Return a mesh as arrays."""
    return MeshArrays(
        positions=array("f", [value for vertex in mesh[0] for value in vertex]),
        corners=array("i", [index for face in mesh[1] for index in face]),
        sizes=array("i", [len(face) for face in mesh[1]]),
    )


def write_obj(path: Path, mesh: Mesh = CHAIR, *, negative: bool = False) -> Path:
    vertices, faces = mesh
    lines = ["# made", "mtllib none.mtl", "o Chair", *(f"v {x:.6f} {y:.6f}\t{z:.6f}" for x, y, z in vertices)]
    for face in faces:
        numbers = [index - len(vertices) if negative else index + 1 for index in face]
        lines.append("f " + " ".join(f"{number}/1/1" for number in numbers))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_stl(path: Path, mesh: Mesh = CHAIR, *, text: bool = False) -> Path:
    vertices, faces = triangulate(mesh, random.Random(1))
    if text:
        lines = ["solid chair"]
        for face in faces:
            lines += ["facet normal 0 0 0", "outer loop"]
            lines += ["vertex {:e} {:e} {:e}".format(*vertices[index]) for index in face]
            lines += ["endloop", "endfacet"]
        path.write_text("\n".join([*lines, "endsolid"]), encoding="ascii")
        return path
    rows = [struct.pack("<12fH", 0, 0, 0, *(c for i in face for c in vertices[i]), 0) for face in faces]
    path.write_bytes(b"solid or not".ljust(80) + struct.pack("<I", len(rows)) + b"".join(rows))
    return path


def write_ply(path: Path, mesh: Mesh = CHAIR, *, order: str = "") -> Path:
    vertices, faces = mesh
    name = {"": "ascii", "<": "binary_little_endian", ">": "binary_big_endian"}[order]
    head = (
        f"ply\nformat {name} 1.0\ncomment made\nelement vertex {len(vertices)}\n"
        "property float x\nproperty float y\nproperty float z\nproperty uchar red\n"
        f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    if not order:
        body = "".join(f"{x} {y} {z} 7\n" for x, y, z in vertices)
        body += "".join(f"{len(face)} {' '.join(map(str, face))}\n" for face in faces)
        path.write_text(head + body, encoding="ascii")
        return path
    rows = [struct.pack(f"{order}3fB", *vertex, 7) for vertex in vertices]
    rows += [struct.pack(f"{order}B{len(face)}i", len(face), *face) for face in faces]
    path.write_bytes(head.encode() + b"".join(rows))
    return path


def make_chair_glb(path: Path, **changes: Any) -> Path:
    """Write the chair as a glTF of two meshes: the chair in two primitives, and a stretched copy of it."""
    vertices, faces = triangulate(CHAIR, random.Random(3))
    half = len(faces) // 2
    positions = struct.pack(f"<{3 * len(vertices)}f", *(c for vertex in vertices for c in vertex))
    indices = [
        struct.pack(f"<{3 * len(part)}H", *(i for face in part for i in face))
        for part in (faces[:half], faces[half:])
    ]
    picture = make_png(4, 4)
    chunks = [positions, *indices, picture]
    views, at = [], 0
    for chunk in chunks:
        views.append({"buffer": 0, "byteOffset": at, "byteLength": len(chunk)})
        at += len(chunk) + -len(chunk) % 4
    binary = b"".join(chunk + b"\0" * (-len(chunk) % 4) for chunk in chunks)
    root: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": len(binary)}],
        "bufferViews": views,
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": len(vertices), "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": 3 * half, "type": "SCALAR"},
            {"bufferView": 2, "componentType": 5123, "count": 3 * (len(faces) - half), "type": "SCALAR"},
        ],
        "images": [{"bufferView": 3, "mimeType": "image/png", "name": "wood"}],
        "meshes": [
            {"name": "Chair", "primitives": [{"attributes": {"POSITION": 0}, "indices": i} for i in (1, 2)]}
        ],
        "nodes": [
            {"mesh": 0, "children": [1], "rotation": [0, 0, 0.7071068, 0.7071068], "scale": [2, 2, 2]},
            {"mesh": 0, "translation": [5, 0, 0], "scale": [1, 3, 1]},
        ],
        "scenes": [{"nodes": [0]}],
        **changes,
    }
    path.write_bytes(make_glb(root, binary))
    return path
