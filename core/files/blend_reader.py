"""Read a scene out of a .blend file without Blender, as a scan inside Blender would tell it.

What is linked is followed into the library files; of a library that is not there only names are left, as in
Blender. A linked data-block without a stamp of its own has that of its library. Nothing is run or written.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserInputError
from ..model.scene import DataBlock, IdType, SceneScan
from ..stamp_format import (
    LINKED_PROPERTY,
    PROPERTY,
    QUIET_PROPERTY,
    REGISTER_PROPERTY,
    LinkedStamps,
    read_linked,
    read_quiet,
    read_register,
)
from .blend_file import BlendFile, IdBlock, damaged
from .blend_links import Links
from .blend_mesh import has_new_parts, read_faces, read_property
from .blend_strips import read_strips

MAX_LIBRARIES = 500
ID_TYPES = {
    b"OB": IdType.OBJECT, b"ME": IdType.MESH, b"CU": IdType.CURVE, b"CV": IdType.CURVES, b"MB": IdType.META,
    b"VF": IdType.FONT, b"PT": IdType.POINTCLOUD, b"VO": IdType.VOLUME, b"AR": IdType.ARMATURE,
    b"LT": IdType.LATTICE, b"GD": IdType.GREASEPENCIL, b"GP": IdType.GREASEPENCIL, b"LA": IdType.LIGHT,
    b"CA": IdType.CAMERA, b"MA": IdType.MATERIAL, b"TE": IdType.TEXTURE, b"IM": IdType.IMAGE,
    b"NT": IdType.NODETREE, b"AC": IdType.ACTION, b"WO": IdType.WORLD, b"GR": IdType.COLLECTION,
    b"SO": IdType.SOUND, b"MC": IdType.MOVIECLIP, b"LI": IdType.LIBRARY, b"KE": IdType.KEY,
    b"PA": IdType.PARTICLE, b"CF": IdType.CACHEFILE,
}  # fmt: skip
"""Two-letter codes in the file, for the kinds that are stamped."""
OTHER_TYPES = {
    b"BR": "BRUSH", b"LP": "LIGHT_PROBE", b"LS": "LINESTYLE", b"MS": "MASK",
    b"PC": "PAINTCURVE", b"PL": "PALETTE", b"SK": "SPEAKER", b"TX": "TEXT",
}  # fmt: skip
"""Kinds that are only told of when they carry a stamp."""
_STAMPED = frozenset(IdType)
_NOT_CONTENT = frozenset({4, 5})
"""``Image.type`` of render results and of viewer nodes: Blender makes those itself."""
_BUILT_IN = b"<builtin>"
OBJECT_TYPES = {
    0: "EMPTY", 1: "MESH", 2: "CURVE", 3: "SURFACE", 4: "FONT", 5: "META", 10: "LIGHT", 11: "CAMERA",
    12: "SPEAKER", 13: "LIGHT_PROBE", 22: "LATTICE", 25: "ARMATURE", 26: "GPENCIL", 27: "CURVES",
    28: "POINTCLOUD", 29: "VOLUME", 30: "GREASEPENCIL",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file of the scene: the scene's own (``shown`` is empty), or a library."""

    file: BlendFile
    links: Links
    shown: str
    """Path as the scene's data-blocks name it."""


@dataclass(slots=True)
class _Loaded:
    """A data-block that is in the scene. ``block`` is None for one whose library is not there."""

    name: bytes
    opened: _Opened
    block: IdBlock | None
    library: str
    users: int = 0


@dataclass(frozen=True, slots=True)
class _Library:
    name: str
    shown: str
    stamp: str | None
    linked: LinkedStamps
    """What the scene's own file notes of what is linked from it."""


def read_scene(path: Path) -> SceneScan:
    """Read a scene.

    Raises UserInputError (no .blend, damaged, newer, a package is missing), DownloadError (disk).
    """
    if not path.is_file():
        raise UserInputError(
            f"There is no file {path.name}.", code="scene.missing", context={"file": path.name}
        )
    try:
        with ExitStack() as stack:
            return _Reader(path, stack).read()
    except (struct.error, LookupError, ValueError, OverflowError, RecursionError) as error:
        raise damaged(path, "it is damaged") from error  # what its structure says does not fit its data


class _Reader:
    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._path = Path(os.path.abspath(path))  # noqa: PTH100 - keeps links: paths count from the given name
        self._stack = stack
        file = stack.enter_context(BlendFile(path))
        self._main = _Opened(file, Links(file), "")
        self._files: dict[str, _Opened | None] = {}
        self._libraries: dict[str, _Library] = {}
        self._loaded: dict[tuple[str, bytes], _Loaded] = {}
        self._waiting: list[_Loaded] = []

    def read(self) -> SceneScan:
        for block in self._main.file.ids:
            if block.name[:2] == b"LI":
                self._keep_library(self._main, block)
        for block in self._main.file.ids:
            if block.name[:2] != b"LI":
                self._reach(self._main, block)
        while self._waiting:
            owner = self._waiting.pop()
            if owner.block is None:
                continue
            for address, counts in owner.opened.links.of(owner.block):
                target = owner.opened.file.by_address[address]
                if target.name[:2] != b"LI":
                    self._reach(owner.opened, target).users += counts
        version = self._main.file.version
        return SceneScan(
            host=f"Blender {version[0]}.{version[1]} file",
            scene=str(self._path),
            data_blocks=(
                *self._describe_all(),
                *self._describe_strips(),
                *self._describe_libraries(),
            ),
            register=tuple(dict.fromkeys(self._read_registers())),
            quiet=self._read_quiet(),
        )

    def _reach(self, opened: _Opened, block: IdBlock) -> _Loaded:
        """Return the data-block behind one in a file; load it when it is new."""
        library = self._library_of(opened, block)
        key = (library, block.name)
        found = self._loaded.get(key)
        if found is not None:
            return found
        if block.is_placeholder:
            loaded = self._reach_in_library(library, block.name, opened)
        else:
            loaded = _Loaded(block.name, opened, block, library)
            loaded.users += opened.links.has_fake_user(block)
            self._waiting.append(loaded)
        self._loaded[key] = loaded
        return loaded

    def _reach_in_library(self, shown: str, name: bytes, opened: _Opened) -> _Loaded:
        library = self._open_library(shown)
        block = None if library is None else library.file.by_name.get(name)
        if library is None or block is None:
            return _Loaded(name, opened, None, shown)
        return self._reach(library, block)

    def _library_of(self, opened: _Opened, block: IdBlock) -> str:
        """Return the key of the library that a data-block is from; for the scene's own it is empty."""
        if not block.library:
            return opened.shown
        library = opened.file.by_address.get(block.library)
        if library is None or library.name[:2] != b"LI":
            raise damaged(opened.file.path, "a linked data-block in it has no library")
        return self._keep_library(opened, library)

    def _keep_library(self, opened: _Opened, block: IdBlock) -> str:
        """Note a library as part of the scene and return its key: its path as shown.

        Since 5.0 linked data can be packed: its library is an archive beside the real one, of the same path.
        """
        file = opened.file
        layout, data = file.struct(block.head), file.data(block.head)
        shown = self._shown_path(opened, layout, data)
        name = block.name[2:].decode("utf-8", "replace")
        is_archive = file.pointer(layout, data, b"archive_parent_library") != 0
        key = f"{shown}\0{name}" if is_archive else shown
        if key not in self._libraries:
            is_own = opened is self._main
            stamp = read_property(file, block, PROPERTY) if is_own else None
            linked = read_linked(read_property(file, block, LINKED_PROPERTY)) if is_own else LinkedStamps()
            self._libraries[key] = _Library(self._unique(name), shown, stamp, linked)
        return key

    def _unique(self, name: str) -> str:
        """Give a library's name a number, as Blender does, when another has it."""
        taken = {library.name for library in self._libraries.values()}
        numbered = (f"{name}.{number:03}" for number in range(1, MAX_LIBRARIES * 2))
        return name if name not in taken else next((one for one in numbered if one not in taken), name)

    def _shown_path(self, opened: _Opened, layout: Any, data: bytes) -> str:
        """Return a library's path as Blender shows it: a relative one relative to the scene's own file."""
        # The field is called "filepath" in Blender's sources and "name" in the files that 4.2 to 5.2 write.
        raw = opened.file.text(layout, data, b"name", size=1024)
        text = os.fsdecode(raw or opened.file.text(layout, data, b"filepath", size=1024))
        if opened is self._main or not text.startswith("//"):
            return text
        return "//" + Path(os.path.relpath(absolute(text, opened.file.path), self._path.parent)).as_posix()

    def _open_library(self, key: str) -> _Opened | None:
        if key not in self._files:
            if len(self._files) >= MAX_LIBRARIES:
                raise damaged(self._path, f"it is linked to more than {MAX_LIBRARIES} libraries")
            self._files[key] = None
            path = absolute(key.partition("\0")[0], self._path)
            if path.is_file():
                file = self._stack.enter_context(BlendFile(path))
                self._files[key] = _Opened(file, Links(file), key)
        return self._files[key]

    def _describe_all(self) -> Iterator[DataBlock]:
        seen: set[int] = set()
        for loaded in self._loaded.values():
            if id(loaded) in seen:
                continue
            seen.add(id(loaded))
            found = self._describe(loaded)
            if found is not None:
                yield found

    def _describe(self, loaded: _Loaded) -> DataBlock | None:
        """Return what a scan tells of a data-block; None for one that it passes over."""
        kind = ID_TYPES.get(loaded.name[:2]) or OTHER_TYPES.get(loaded.name[:2])
        if kind is None:
            return None
        library = self._libraries.get(loaded.library)
        file, block = loaded.opened.file, loaded.block
        name = loaded.name[2:].decode("utf-8", "replace")
        key = f"{kind}/{name}"
        inherited = library.linked.here.get(key, library.stamp) if library else None
        own = read_property(file, block, PROPERTY) if block else None
        stamp = inherited if own is None else own
        if kind not in _STAMPED and stamp is None:
            return None
        data_name, data_type, grants, unmarked = "", "EMPTY" if kind == "OBJECT" else "", frozenset[int](), 0
        parts_added = False
        if block is not None:
            if _is_made_by_blender(file, block, kind):
                return None
            parts_added = own is not None and has_new_parts(file, block, kind)
            if kind == "OBJECT":
                data_name, data_type = _object_data(file, block)
            elif kind == "MESH":
                grants, unmarked = read_faces(file, block)
        return DataBlock(
            id_type=kind,
            name=name,
            stamp=stamp,
            library=library.shown if library else "",
            data_name=data_name,
            data_type=data_type,
            face_grants=grants,
            # Faces of a linked mesh cannot be marked for good: its library's stamp speaks for them.
            unmarked_faces=0 if own is None and inherited is not None else unmarked,
            users=loaded.users,
            missing=block is None,
            remembered=library.linked.seen.get(key) if library and stamp is None else None,
            parts_added=parts_added,
        )

    def _describe_strips(self) -> Iterator[DataBlock]:
        for loaded in self._loaded.values():
            if loaded.name[:2] != b"SC" or loaded.block is None:
                continue
            library = self._libraries.get(loaded.library)
            for strip in read_strips(loaded.opened.file, loaded.block):
                if strip.stamp is None and not strip.has_file:
                    continue
                inherited = library.stamp if library else None
                yield DataBlock(
                    id_type=IdType.STRIP,
                    name=strip.name,
                    stamp=inherited if strip.stamp is None else strip.stamp,
                    library=library.shown if library else "",
                )

    def _describe_libraries(self) -> Iterator[DataBlock]:
        for key, library in self._libraries.items():
            missing = key in self._files and self._files[key] is None
            yield DataBlock(
                id_type=IdType.LIBRARY, name=library.name, stamp=library.stamp, users=1, missing=missing
            )

    def _read_quiet(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for loaded in self._loaded.values():
            if loaded.name[:2] == b"SC" and loaded.block is not None:
                text = read_property(loaded.opened.file, loaded.block, QUIET_PROPERTY)
                for grant_id, kinds in read_quiet(text).items():
                    found[grant_id] = found.get(grant_id, frozenset()) | kinds
        return found

    def _read_registers(self) -> Iterator[str]:
        for loaded in self._loaded.values():
            if loaded.name[:2] == b"SC" and loaded.block is not None:
                yield from read_register(read_property(loaded.opened.file, loaded.block, REGISTER_PROPERTY))


def absolute(text: str, base: Path) -> Path:
    """Return the file that a path in a .blend names; ``//`` begins one relative to that .blend."""
    plain = text.replace("\\", "/") if text.startswith("//") else text
    return Path(os.path.normpath(base.parent / plain[2:])) if plain.startswith("//") else Path(text)


def _is_made_by_blender(file: BlendFile, block: IdBlock, kind: str) -> bool:
    """Say whether it is one of what Blender makes in every scene: render results and the built-in font."""
    layout, data = file.struct(block.head), file.data(block.head)
    if kind == IdType.IMAGE:
        return file.number(layout, data, b"type", code="h") in _NOT_CONTENT
    return kind == IdType.FONT and _BUILT_IN in (
        file.text(layout, data, b"name", size=1024),
        file.text(layout, data, b"filepath", size=1024),
    )


def _object_data(file: BlendFile, block: IdBlock) -> tuple[str, str]:
    """Return the name of an object's data and its type."""
    layout, data = file.struct(block.head), file.data(block.head)
    kind = file.number(layout, data, b"type", code="h")
    target = file.by_address.get(file.pointer(layout, data, b"data"))
    name = "" if target is None else target.name[2:].decode("utf-8", "replace")
    return name, OBJECT_TYPES.get(kind or 0, "")
