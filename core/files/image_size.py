"""Read an image's size in pixels from its header, without decoding anything. Pure, bounded.

So a picture that would fill the memory is refused before any decoder sees it.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

MAX_SIDE = 65_536
MAX_PIXELS = 1_200_000_000
"""More than a 32K by 16K environment map has twice over."""
_HEAD = 1024 * 1024
_RADIANCE = re.compile(rb"\n([-+])Y (\d{1,9}) ([-+])X (\d{1,9})\n|\n([-+])X (\d{1,9}) ([-+])Y (\d{1,9})\n")
_NO_SIZE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def measure(path: Path) -> tuple[int, int] | None:
    """Return width and height; None for a format that is not read here or a header that is damaged."""
    with path.open("rb") as file:
        return measure_bytes(file.read(_HEAD))


def measure_bytes(data: bytes) -> tuple[int, int] | None:
    """Like :func:`measure`, of a file's first bytes."""
    try:
        size = _read(data)
    except (struct.error, IndexError, ValueError):
        return None
    return size if size is not None and size[0] > 0 and size[1] > 0 else None


def is_absurd(size: tuple[int, int]) -> bool:
    """Say whether an image of this size is taken for an attack."""
    return max(size) > MAX_SIDE or size[0] * size[1] > MAX_PIXELS


def _read(data: bytes) -> tuple[int, int] | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _pair(struct.unpack_from(">II", data, 16))
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return _pair(struct.unpack_from("<HH", data, 6))
    if data[:2] == b"BM":
        width, height = struct.unpack_from("<ii", data, 18)
        return width, abs(height)
    if data[:4] in (b"II*\x00", b"MM\x00*"):
        return _tiff(data, "<" if data[:2] == b"II" else ">")
    if data.startswith(b"\x76\x2f\x31\x01"):
        return _exr(data)
    if data.startswith(b"#?"):
        return _radiance(data)
    if data.startswith(b"8BPS"):
        height, width = struct.unpack_from(">II", data, 14)
        return width, height
    return None


def _pair(values: tuple[int, ...]) -> tuple[int, int]:
    return values[0], values[1]


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _NO_SIZE_MARKERS:
            at += 2
        elif marker in _SIZE_MARKERS:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return None


def _tiff(data: bytes, order: str) -> tuple[int, int] | None:
    """Read the first directory, where it lies within the bytes that were read (else None)."""
    at = struct.unpack_from(f"{order}I", data, 4)[0]
    count = struct.unpack_from(f"{order}H", data, at)[0]
    found: dict[int, int] = {}
    for index in range(count):
        tag, kind = struct.unpack_from(f"{order}HH", data, at + 2 + 12 * index)
        if tag in (256, 257):
            found[tag] = struct.unpack_from(
                f"{order}{'H' if kind == 3 else 'I'}", data, at + 10 + 12 * index
            )[0]
    return (found[256], found[257]) if len(found) == 2 else None


def _exr(data: bytes) -> tuple[int, int] | None:
    """Walk the attributes of the (first) header to ``dataWindow``, a box2i."""
    at = 8
    while data[at] != 0:
        name_end = data.index(b"\x00", at)
        type_end = data.index(b"\x00", name_end + 1)
        size = struct.unpack_from("<i", data, type_end + 1)[0]
        if size < 0:
            return None
        if data[at:name_end] == b"dataWindow":
            left, top, right, bottom = struct.unpack_from("<iiii", data, type_end + 5)
            return right - left + 1, bottom - top + 1
        at = type_end + 5 + size
    return None


def _radiance(data: bytes) -> tuple[int, int] | None:
    match = _RADIANCE.search(data[: 64 * 1024])
    if match is None:
        return None
    return (int(match[4]), int(match[2])) if match[2] else (int(match[6]), int(match[8]))
