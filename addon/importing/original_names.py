"""What things were called in their file, before Blender made their names unlike all others. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_NUMBER = re.compile(r"\.\d{3,}$")


def find_original(name: str, slots: Mapping[str, object], taken: Iterable[str]) -> str:
    """Return what one of ``slots`` was called: Blender adds a number to a name that is taken."""
    plain = _NUMBER.sub("", name)
    if plain != name and plain in slots and (plain in taken or name not in slots):
        return plain
    if name in slots:
        return name
    # Names have 63 bytes in Blender before 5.0.
    cut = (slot for slot in slots if slot.encode()[:63].decode("utf-8", "ignore") == name)
    return next(cut, name)
