"""Read from .blend data the strips of a scene's sequencer: what each is called, and its stamp.

How strips are kept was read from files that Blender 4.2.23, 4.5.15 and 5.2.3 wrote: in all of them the struct
is called "Sequence" and has its custom properties in "prop".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...stamp_format import PROPERTY
from .file import BlendFile
from .ids import IdBlock
from .mesh import read_property_at

_STRUCT = b"Sequence"
_IMAGE, _MOVIE = 0, 3
_PREFIX = b"SQ"
_NAME_BYTES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStrip:
    """One strip. ``has_file`` is for those that refer to pictures themselves (movies, images)."""

    name: str
    address: int
    has_file: bool
    stamp: str | None


def read_strips(file: BlendFile, scene: IdBlock) -> Iterator[FoundStrip]:
    """Yield the strips of a scene, nested ones too."""
    if not file.may_have(_STRUCT):
        return
    for block in scene.parts.values():
        if file.struct(block).name != _STRUCT:
            continue
        piece = file.piece(block)
        name = piece.text(b"name", size=_NAME_BYTES).removeprefix(_PREFIX)
        yield FoundStrip(
            name=name.decode("utf-8", "replace"),
            address=block.address,
            has_file=piece.number(b"type") in {_IMAGE, _MOVIE},
            stamp=read_property_at(file, scene, piece.pointer(b"prop"), PROPERTY),
        )
