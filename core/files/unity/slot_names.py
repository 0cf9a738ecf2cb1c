"""Which materials a model file has, by name, without loading it: FBX (binary and text) and OBJ.

Enough to say which of a package's materials are meant; a format that is not read here answers "not known".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..disk import CHUNK

MAX_NAMES = 2000
_OVERLAP = 1024
# A binary FBX object's name is a string "Wood\x00\x01Material"; a text one is "Material::Wood". Videos and
# textures have other classes, so a texture that is called "Material" is no material.
_FBX_BINARY = re.compile(rb"S(?P<size>[\x00-\xff]{2}\x00\x00)(?P<name>[^\x00-\x1f]{1,255})\x00\x01Material")
_FBX_TEXT = re.compile(rb'Material:\s*(?:\d+,\s*)?"Material::(?P<name>[^"\r\n]{1,255})"')
_OBJ = re.compile(rb"^[ \t]*usemtl[ \t]+(?P<name>[^\r\n]{1,255})", re.MULTILINE)


def read_material_names(path: Path, format_name: str) -> frozenset[str] | None:
    """Return the names of a model's materials; None when its format is not looked into.

    Raises OSError when it cannot be read.
    """
    match format_name:
        case "fbx":
            with path.open("rb") as file:
                is_binary = file.read(18).startswith(b"Kaydara FBX Binary")
            found = _binary_names(path) if is_binary else _names(path, _FBX_TEXT)
        case "obj":
            found = _names(path, _OBJ)
        case _:
            return None
    return frozenset(found)


def _names(path: Path, pattern: re.Pattern[bytes]) -> set[str]:
    names: set[str] = set()
    for found in search_file(path, pattern):
        names.add(found["name"].strip().decode("utf-8", "replace"))
        if len(names) > MAX_NAMES:
            break
    return names


def _binary_names(path: Path) -> set[str]:
    names: set[str] = set()
    for found in search_file(path, _FBX_BINARY):
        size = int.from_bytes(found["size"], "little")
        whole = found["name"]
        if size == len(whole) + len(b"\x00\x01Material"):
            names.add(whole.decode("utf-8", "replace"))
        if len(names) > MAX_NAMES:
            break
    return names


def search_file(path: Path, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """Search a file piece by piece; what lies across two pieces is found too, some of it twice."""
    with path.open("rb") as file:
        kept = b""
        while piece := file.read(CHUNK):
            window = kept + piece
            yield from pattern.finditer(window)
            kept = window[-_OVERLAP:]
