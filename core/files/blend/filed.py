"""Read from .blend data which file a sound, a font, a clip, a volume or a cache shows, and how large that is.

Where things are kept was read from files that Blender 4.2.23, 4.5.15 and 5.2.3 wrote.
"""

from __future__ import annotations

import os

from ...stamp_format import PARTS_PROPERTY, is_other_file
from .file import BlendFile
from .ids import IdBlock
from .mesh import read_property
from .scene import absolute

_PATH_BYTES = 1024


def has_other_file(file: BlendFile, block: IdBlock) -> bool:
    """Say whether a data-block has another file than when it was declared, packed or not.

    No where that was not noted, or its file is not there.
    """
    noted = read_property(file, block, PARTS_PROPERTY)
    if noted is None:
        return False
    piece = file.piece(block.head)
    # The field is called "filepath" in Blender's sources and "name" in the files of some kinds.
    path = piece.text(b"filepath", size=_PATH_BYTES) or piece.text(b"name", size=_PATH_BYTES)
    packed = block.part(piece.pointer(b"packedfile"))
    if packed is not None:
        return is_other_file(noted, max(file.piece(packed).number(b"size"), 0), os.fsdecode(path))
    return is_another_file(file, noted, os.fsdecode(path))


def is_another_file(file: BlendFile, noted: str | None, path: str) -> bool:
    """Say whether a file is not the one that was noted; no where it is not there."""
    if noted is None or not path:
        return False
    try:
        size = absolute(path, file.path).stat().st_size
    except (OSError, ValueError):
        return False
    return is_other_file(noted, size, path)
