"""What a scene notes on its libraries: stamps put on linked data-blocks here, and what they carried last.

A linked data-block cannot keep a new custom property, its library can. What its own file says always wins;
the notes speak where that says nothing, or is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import bpy

from ..core.stamp_format import LINKED_PROPERTY, PROPERTY, LinkedStamps, encode_linked, read_linked
from . import data_blocks

_DESCRIPTION = "Licenses of what is linked from here, noted by Clearance in case the library goes missing"


def key_of(block: Any) -> str:
    """Return what names a data-block within its library."""
    return f"{block.id_type}/{block.name}"


class Notes:
    """The notes on all libraries, each read once."""

    def __init__(self) -> None:
        self._read: dict[int, LinkedStamps] = {}

    def of(self, library: Any) -> LinkedStamps:
        """Return what is noted on a library."""
        found = self._read.get(library.session_uid)
        if found is None:
            text = library.get(LINKED_PROPERTY)
            found = self._read[library.session_uid] = read_linked(text if isinstance(text, str) else None)
        return found


def note_here(block: Any, text: str) -> None:
    """Note a stamp for one linked data-block, beside the stamp that its library has for all."""
    note_all_here((block,), text)


def note_all_here(blocks: Iterable[Any], text: str) -> None:
    """Note a stamp for linked data-blocks, and for nothing else that their libraries hold."""
    libraries: dict[int, Any] = {}
    keys: dict[int, dict[str, str]] = {}
    for block in blocks:
        uid = block.library.session_uid
        libraries[uid] = block.library
        keys.setdefault(uid, {})[key_of(block)] = text
    for uid, library in libraries.items():
        noted = Notes().of(library)
        _write(library, replace(noted, here={**noted.here, **keys[uid]}))


def remember() -> None:
    """Note what every linked data-block carries; one that carries nothing now keeps its note."""
    if not bpy.data.libraries:
        return
    notes = Notes()
    seen: dict[int, dict[str, str]] = {}
    for collection in data_blocks.collections():
        for block in collection:
            library = block.library
            if library is None or not block.users:
                continue
            key = key_of(block)
            text = block.get(PROPERTY)
            if not isinstance(text, str):
                text = notes.of(library).seen.get(key)
            if text is not None:
                seen.setdefault(library.session_uid, {})[key] = text
    for library in bpy.data.libraries:
        noted, now = notes.of(library), seen.get(library.session_uid, {})
        if library.is_missing:  # of what it holds, only what is linked directly is here as a name
            now = {**noted.seen, **now}
        if noted.seen != now:
            _write(library, replace(noted, seen=now))


def _write(library: Any, noted: LinkedStamps) -> None:
    library[LINKED_PROPERTY] = encode_linked(noted)
    library.id_properties_ui(LINKED_PROPERTY).update(description=_DESCRIPTION)
