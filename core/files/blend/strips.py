"""Read from .blend data the strips of a scene's sequencer: what each is called, and its stamp.

How strips are kept was read from files that Blender 4.2.23, 4.5.15 and 5.2.3 wrote: in all of them the struct
is called "Sequence" and has its custom properties in "prop".
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from ...stamp_format import PARTS_PROPERTY, PROPERTY
from .file import BlendFile, Piece
from .ids import IdBlock
from .mesh import read_property_at

_STRUCT = b"Sequence"
_IMAGE, _MOVIE = 0, 3
_PREFIX = b"SQ"
_NAME_BYTES = 64
_PATH_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStrip:
    """One strip. ``has_file`` is for those that refer to pictures themselves (movies, images)."""

    name: str
    address: int
    has_file: bool
    stamp: str | None
    noted: str | None
    """The file that it had when it was declared."""
    path: str
    """Of the one file of a movie or a still; empty for others."""


def read_strips(file: BlendFile, scene: IdBlock) -> Iterator[FoundStrip]:
    """Yield the strips of a scene, nested ones too."""
    if not file.may_have(_STRUCT):
        return
    for block in scene.parts.values():
        if file.struct(block).name != _STRUCT:
            continue
        piece = file.piece(block)
        name = piece.text(b"name", size=_NAME_BYTES).removeprefix(_PREFIX)
        properties = piece.pointer(b"prop")
        noted = read_property_at(file, scene, properties, PARTS_PROPERTY)
        yield FoundStrip(
            name=name.decode("utf-8", "replace"),
            address=block.address,
            has_file=piece.number(b"type") in {_IMAGE, _MOVIE},
            stamp=read_property_at(file, scene, properties, PROPERTY),
            noted=noted,
            path=_read_path(file, scene, piece) if noted is not None else "",
        )


def _read_path(file: BlendFile, scene: IdBlock, strip: Piece) -> str:
    """Return where the one file of a movie or a still is."""
    data = scene.part(strip.pointer(b"strip") or strip.pointer(b"data"))
    if data is None or strip.number(b"type") not in {_IMAGE, _MOVIE}:
        return ""
    piece = file.piece(data)
    first = scene.part(piece.pointer(b"stripdata"))
    if first is None or (first.length != 1 and strip.number(b"type") == _IMAGE):
        return ""
    folder = piece.text(b"dir", size=_PATH_BYTES) or piece.text(b"dirpath", size=_PATH_BYTES)
    element = file.piece(first)
    name = element.text(b"name", size=_PATH_BYTES) or element.text(b"filename", size=_PATH_BYTES)
    return os.fsdecode(folder) + ("" if folder.endswith((b"/", b"\\")) else "/") + os.fsdecode(name)
