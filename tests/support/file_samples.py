"""Small files of many kinds, made by hand: enough of each format for tests to tell it by."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any


def make_png(
    width: int = 2, height: int = 2, *, honest: bool = True, rgba: bytes = b"\xff\x00\x00\xff"
) -> bytes:
    """A PNG of one colour; with ``honest=False`` only the header claims the size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows, columns = (height, width) if honest else (1, 1)
    pixels = zlib.compress((b"\x00" + rgba * columns) * rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def make_exr(width: int = 4, height: int = 3) -> bytes:
    """The header of an OpenEXR file."""
    window = struct.pack("<iiii", -1, -1, width - 2, height - 2)
    return (
        b"\x76\x2f\x31\x01\x02\x00\x00\x00"
         b"compression\x00compression\x00" + struct.pack("<i", 1) + b"\x00"
        + b"dataWindow\x00box2i\x00" + struct.pack("<i", 16) + window
        + b"\x00"
    )  # fmt: skip


def make_zip(members: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def make_tar(members: Mapping[str, bytes]) -> bytes:
    """A tar with these members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def make_gltf(**changes: Any) -> dict[str, Any]:
    """The description of a triangle with one buffer of 44 bytes (3 positions, 3 indices, padding)."""
    root: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "buffers": [{"byteLength": 44}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 36},
            {"buffer": 0, "byteOffset": 36, "byteLength": 6},
        ],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": 3,
                "type": "VEC3",
                "min": [0, 0, 0],
                "max": [1, 1, 0],
            },
            {"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"},
        ],
    }
    root.update(changes)
    return root


TRIANGLE = struct.pack("<9f4H", 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 2, 0)


def make_glb(root: Mapping[str, Any] | None = None, binary: bytes | None = None) -> bytes:
    """A binary glTF of a description and its buffer."""
    text = json.dumps(make_gltf() if root is None else root).encode()
    text += b" " * (-len(text) % 4)
    data = TRIANGLE if binary is None else binary
    data += b"\x00" * (-len(data) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    if data:
        chunks += struct.pack("<II", len(data), 0x004E4942) + data
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


BLEND_42 = b"BLENDER-v402" + b"REND" + b"\x00" * 60
BLEND_52 = b"BLENDER17-01v0502" + b"REND" + b"\x00" * 60
WEB_PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>"
UNITY = gzip.compress(
    make_tar(
        {
            "0123456789abcdef0123456789abcdef/asset": make_png(),
            "0123456789abcdef0123456789abcdef/asset.meta": b"guid: 0123",
            "0123456789abcdef0123456789abcdef/pathname": b"Assets/Textures/wood.png\n00",
        }
    )
)
STL_BINARY = b"made by a test".ljust(80, b"\x00") + struct.pack("<I", 1) + b"\x00" * 50
OBJ = b"# a triangle\nmtllib tri.mtl\no tri\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl wood\nf 1 2 3\n"

SAMPLES: dict[str, bytes] = {
    "zip": make_zip({"a.txt": b"hello"}),
    "7z": b"7z\xbc\xaf\x27\x1c" + b"\x00" * 40,
    "rar": b"Rar!\x1a\x07\x01\x00" + b"\x00" * 40,
    "gz": gzip.compress(b"some text"),
    "tar": make_tar({"a.txt": b"hello"}),
    "tar.gz": gzip.compress(make_tar({"a.txt": b"hello"})),
    "unitypackage": UNITY,
    "blend": BLEND_52,
    "glb": make_glb(),
    "gltf": json.dumps(make_gltf()).encode(),
    "obj": OBJ,
    "mtl": b"# wood\nnewmtl wood\nKd 1 1 1\nmap_Kd wood.png\n",
    "fbx": b"Kaydara FBX Binary  \x00\x1a\x00" + struct.pack("<I", 7400) + b"\x00" * 40,
    "usda": b'#usda 1.0\n(\n    defaultPrim = "Cube"\n)\n',
    "usdc": b"PXR-USDC" + b"\x00" * 80,
    "usdz": make_zip({"scene.usdc": b"PXR-USDC" + b"\x00" * 80}, method=zipfile.ZIP_STORED),
    "abc": b"Ogawa\xff\x00\x01" + b"\x00" * 16,
    "stl": STL_BINARY,
    "ply": b"ply\nformat ascii 1.0\nelement vertex 0\nend_header\n",
    "dae": b'<?xml version="1.0"?>\n<COLLADA version="1.4.1"></COLLADA>',
    "png": make_png(),
    "jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
     b"\xff\xc0\x00\x11\x08\x00\x07\x00\x05\x03" + b"\x00" * 9,
    "webp": b"RIFF\x1a\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x06\x00\x00",
    "tiff": b"II*\x00\x08\x00\x00\x00\x02\x00"
    + struct.pack("<HHIHH", 256, 3, 1, 5, 0) + struct.pack("<HHII", 257, 4, 1, 7) + b"\x00" * 4,
    "exr": make_exr(),
    "hdr": b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 7 +X 5\n\x02\x02\x00\x05",
    "gif": b"GIF89a\x05\x00\x07\x00\x00\x00\x00",
    "bmp": b"BM" + b"\x00" * 12 + struct.pack("<Iii", 40, 5, -7) + b"\x00" * 30,
    "psd": b"8BPS\x00\x01" + b"\x00" * 6 + struct.pack(">HIIHH", 3, 7, 5, 8, 3),
    "svg": b'<?xml version="1.0"?><!-- logo --><svg xmlns="http://www.w3.org/2000/svg"></svg>',
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2",
    "mov": b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  ",
    "avi": b"RIFF\x00\x00\x00\x00AVI LIST",
    "wav": b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00",
    "mp3": b"ID3\x04\x00\x00\x00\x00\x00\x00",
    "flac": b"fLaC\x00\x00\x00\x22",
    "ogg": b"OggS\x00\x02",
    "pdf": b"%PDF-1.7\n",
    "html": WEB_PAGE,
    "json": b'{"error": {"code": 403, "message": "expired"}}',
    "xml": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "txt": b"Thank you for your purchase.\nRead the license.\n",
    "exe": b"\x7fELF\x02\x01\x01" + b"\x00" * 40,
    "script": b"#!/bin/sh\necho hello\n",
}  # fmt: skip
"""One sample per type, by the name that ``detect`` gives it."""
