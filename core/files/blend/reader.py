"""Read a scene out of a .blend file without Blender, as a scan inside Blender would tell it.

What is linked is followed into the library files; of a library that is not there only names are left, as in
Blender. A linked data-block without a stamp of its own has that of its library. Nothing is run or written.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from ...errors import UserInputError
from ...model.scene import DataBlock, IdType, SceneScan
from ...stamp_format import (
    FILED_TYPES,
    LINKED_PROPERTY,
    PROPERTY,
    QUIET_PROPERTY,
    REGISTER_PROPERTY,
    LinkedStamps,
    SceneNotes,
    read_linked,
    read_quiet,
    read_register,
)
from .brief import describe_own
from .bytes import damaged
from .chain import PLACEHOLDER
from .facts import STAMPED, Facts, kind_of, read_facts
from .file import BlendFile, Piece
from .filed import is_another_file
from .ids import IdBlock
from .mesh import has_new_loose, has_other_file, read_property, shows_new
from .scene import Found, Loaded, Opened, Shelf, absolute
from .strips import read_strips

MAX_LIBRARIES = 500


class _Library(NamedTuple):
    """A library of the scene."""

    name: str
    shown: str
    inside: str
    """Key of the file that links it; empty for the scene's own."""
    stamp: str | None = None
    linked: LinkedStamps = LinkedStamps()
    """What the scene's own file notes of what is linked from it."""


def read_scene(path: Path, shelf: Shelf | None = None, *, output: bool = True) -> SceneScan:
    """Read a scene. A shelf keeps its libraries open for the next scenes.

    Without ``output`` it is not found out what reaches the render.

    Raises UserInputError (no .blend, damaged, newer, a package is missing), DownloadError (disk).
    """
    return _read(path, shelf, lambda reader: reader.read(output=output))


def read_briefly(path: Path, shelf: Shelf | None = None, *, unasked: frozenset[str]) -> SceneScan:
    """Read of a scene what a sum over thousands of files needs; most of a file need not be read for that.

    What it says leads to the same sums as what :func:`read_scene` says, with these differences: ``users`` is
    1 for any number of them; data-blocks of the kinds ``unasked`` are left out unless they have a stamp, and
    objects without one may be told under the name of another. Raises as :func:`read_scene` does.
    """
    return _read(path, shelf, lambda reader: reader.read_briefly(unasked))


def _read(path: Path, shelf: Shelf | None, read: Callable[[_Reader], SceneScan]) -> SceneScan:
    if not path.is_file():
        raise UserInputError(
            f"There is no file {path.name}.", code="scene.missing", context={"file": path.name}
        )
    try:
        with ExitStack() as stack:
            if shelf is None:
                shelf = stack.enter_context(Shelf())
            reader = _Reader(path, stack, shelf)
            try:
                return read(reader)
            finally:
                reader.let_go()
    except (struct.error, LookupError, ValueError, OverflowError, RecursionError) as error:
        raise damaged(path, "it is damaged") from error  # what its structure says does not fit its data


class _Reader:
    def __init__(self, path: Path, stack: ExitStack, shelf: Shelf) -> None:
        self._path = Path(os.path.abspath(path))  # noqa: PTH100 - keeps links: paths count from the given name
        self._shelf = shelf
        self._main = Opened(stack.enter_context(BlendFile(path)), "")
        self._files: dict[str, Opened | None] = {}
        self._libraries: dict[str, _Library] = {}
        self._loaded: dict[tuple[str, bytes], Loaded] = {}
        self._waiting: list[Loaded] = []
        self._notes = SceneNotes.of({}, ())

    def let_go(self) -> None:
        """Undo the circles in what was loaded: thousands of files are read, and need not wait to be freed."""
        for loaded in self._loaded.values():
            loaded.uses.clear()
        for opened in (self._main, *self._files.values()):
            if opened is not None:
                opened.reached.clear()

    def read(self, *, output: bool) -> SceneScan:
        for block in self._main.file.ids:
            if block.name[:2] == b"LI":
                self._keep_library(self._main, block)
        for block in self._main.file.ids:
            if block.name[:2] != b"LI":
                self._reach(self._main, block)
        while self._waiting:
            self._follow(self._waiting.pop(), output=output)
        every = self._every()
        if not output:
            return self._tell(every, Found(), None)
        from .output import find_output  # scans of thousands of files do without

        return self._tell(every, find_output(self._main, every, self._reach), None)

    def read_briefly(self, unasked: frozenset[str]) -> SceneScan:
        ids = self._main.file.ids
        own: dict[bytes, list[int]] = {}
        for number, row in enumerate(ids.rows):
            code = row[6][:2]
            if code == b"LI":
                self._keep_library(self._main, ids[number])
            elif row[5] or row[0] == PLACEHOLDER or code == b"SC":
                self._reach(self._main, ids[number])
            elif code in own:
                own[code].append(number)
            else:
                own[code] = [number]
        while self._waiting:
            owner = self._waiting.pop()
            if owner.opened is not self._main:  # all that the scene's own file refers to is in its list
                self._follow(owner, output=False)
        return self._tell(self._every(), Found(), lambda notes: describe_own(self._main, own, unasked, notes))

    def _follow(self, owner: Loaded, *, output: bool) -> None:
        """Load what a data-block refers to."""
        opened = owner.opened
        if owner.block is None:
            return
        reached = opened.reached
        for target, slot, where, at in opened.references(owner.block):
            known = reached.get(target.head.address)
            if known is None and target.name[:2] == b"LI":
                continue
            found = known or self._reach(opened, target)
            found.users += slot.counts
            if output:
                owner.uses.append((found, slot, where, at))

    def _every(self) -> tuple[Loaded, ...]:
        return tuple({id(loaded): loaded for loaded in self._loaded.values()}.values())

    def _tell(
        self,
        every: tuple[Loaded, ...],
        shown: Found,
        describe_own: Callable[[SceneNotes], Iterable[DataBlock]] | None,
    ) -> SceneScan:
        version = self._main.file.version
        register, quiet = tuple(dict.fromkeys(self._read_registers(every))), self._read_quiet(every)
        notes = self._notes = SceneNotes.of(quiet, register)
        return SceneScan(
            host=f"Blender {version[0]}.{version[1]} file",
            scene=str(self._path),
            data_blocks=(
                *(describe_own(notes) if describe_own is not None else ()),
                *self._describe_all(every, known=shown.known),
                *self._describe_strips(every, playing=shown.strips),
                *self._describe_libraries(every, known=shown.known),
            ),
            register=register,
            quiet=quiet,
        )

    def _reach(self, opened: Opened, block: IdBlock) -> Loaded:
        """Return the data-block behind one in a file; load it when it is new."""
        known = opened.reached.get(block.head.address)
        if known is not None:
            return known
        library = self._library_of(opened, block)
        key = (library, block.name)
        found = self._loaded.get(key)
        if found is None:
            if block.is_placeholder:
                found = self._reach_in_library(library, block.name, opened)
            else:
                found = Loaded(block.name, opened, block, library)
                found.users += opened.has_fake_user(block)
                self._waiting.append(found)
            self._loaded[key] = found
        opened.reached[block.head.address] = found
        return found

    def _reach_in_library(self, shown: str, name: bytes, opened: Opened) -> Loaded:
        library = self._open_library(shown)
        block = None if library is None else library.file.by_name.get(name)
        if library is None or block is None:
            return Loaded(name, opened, None, shown)
        return self._reach(library, block)

    def _library_of(self, opened: Opened, block: IdBlock) -> str:
        """Return the key of the library that a data-block is from; for the scene's own it is empty."""
        if not block.library:
            return opened.shown
        library = opened.file.ids.at(block.library)
        if library is None or library.name[:2] != b"LI":
            raise damaged(opened.file.path, "a linked data-block in it has no library")
        return self._keep_library(opened, library)

    def _keep_library(self, opened: Opened, block: IdBlock) -> str:
        """Note a library as part of the scene and return its key: its path as shown.

        Since 5.0 linked data can be packed: its library is an archive beside the real one, of the same path.
        """
        known = opened.libraries.get(block.head.address)
        if known is not None:
            return known
        file = opened.file
        piece = file.piece(block.head)
        shown = self._shown_path(opened, piece)
        name = block.name[2:].decode("utf-8", "replace")
        is_archive = piece.pointer(b"archive_parent_library") != 0
        key = f"{shown}\0{name}" if is_archive else shown
        if key not in self._libraries:
            library = _Library(self._unique(name), shown, opened.shown)
            if opened is self._main:
                library = library._replace(
                    stamp=read_property(file, block, PROPERTY),
                    linked=read_linked(read_property(file, block, LINKED_PROPERTY)),
                )
            self._libraries[key] = library
        opened.libraries[block.head.address] = key
        return key

    def _unique(self, name: str) -> str:
        """Give a library's name a number, as Blender does, when another has it."""
        taken = {library.name for library in self._libraries.values()}
        numbered = (f"{name}.{number:03}" for number in range(1, MAX_LIBRARIES * 2))
        return name if name not in taken else next((one for one in numbered if one not in taken), name)

    def _shown_path(self, opened: Opened, piece: Piece) -> str:
        """Return a library's path as Blender shows it: a relative one relative to the scene's own file."""
        # The field is called "filepath" in Blender's sources and "name" in the files that 4.2 to 5.2 write.
        text = os.fsdecode(piece.text(b"name", size=1024) or piece.text(b"filepath", size=1024))
        if opened is self._main or not text.startswith("//"):
            return text
        return "//" + Path(os.path.relpath(absolute(text, opened.file.path), self._path.parent)).as_posix()

    def _open_library(self, key: str) -> Opened | None:
        if key not in self._files:
            if len(self._files) >= MAX_LIBRARIES:
                raise damaged(self._path, f"it is linked to more than {MAX_LIBRARIES} libraries")
            path = absolute(key.partition("\0")[0], self._path)
            self._files[key] = Opened(self._shelf.open(path), key) if path.is_file() else None
        return self._files[key]

    def _describe_all(self, every: tuple[Loaded, ...], *, known: bool) -> Iterator[DataBlock]:
        for loaded in every:
            kind = kind_of(loaded.name)
            if kind is None:
                continue
            facts = read_facts(loaded.opened.file, loaded.block, kind) if loaded.block else Facts()
            found = self._describe(loaded, kind, facts, in_output=loaded.in_output if known else None)
            if found is not None:
                yield found

    def _describe(
        self, loaded: Loaded, kind: str, facts: Facts, *, in_output: bool | None
    ) -> DataBlock | None:
        """Return what a scan tells of a data-block; None for one that it passes over."""
        library = self._libraries.get(loaded.library)
        name = loaded.name[2:].decode("utf-8", "replace")
        key = f"{kind}/{name}" if library else ""
        inherited = library.linked.here.get(key, library.stamp) if library else None
        stamp = inherited if facts.stamp is None else facts.stamp
        if facts.is_made_by_blender:
            return None
        if stamp is None and kind not in STAMPED and f"{kind}/{name}" not in self._notes.names:
            return None
        grown = facts.parts_added
        if kind == IdType.MESH and loaded.block is not None and self._notes.ask_loose(facts.stamp):
            grown = has_new_loose(loaded.opened.file, loaded.block)
        elif kind == IdType.IMAGE and loaded.block is not None and self._notes.ask_image(facts.stamp):
            grown = shows_new(loaded.opened.file, loaded.block)
        elif kind in FILED_TYPES and loaded.block is not None and self._notes.ask_image(facts.stamp):
            grown = has_other_file(loaded.opened.file, loaded.block)
        return DataBlock(
            id_type=kind,
            name=name,
            stamp=stamp,
            library=library.shown if library else "",
            data_name=facts.data_name,
            data_type=facts.data_type if loaded.block or kind != "OBJECT" else "EMPTY",
            face_grants=facts.face_grants,
            # Faces of a linked mesh cannot be marked for good: its library's stamp speaks for them.
            unmarked_faces=0 if facts.stamp is None and inherited is not None else facts.unmarked_faces,
            users=loaded.users,
            in_output=in_output,
            missing=loaded.block is None,
            remembered=library.linked.seen.get(key) if library and stamp is None else None,
            parts_added=grown,
        )

    def _describe_strips(
        self, every: tuple[Loaded, ...], *, playing: set[tuple[int, int]] | None
    ) -> Iterator[DataBlock]:
        for loaded in every:
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
                    in_output=None if playing is None else (id(loaded), strip.address) in playing,
                    parts_added=self._notes.ask_image(strip.stamp)
                    and is_another_file(loaded.opened.file, strip.noted, strip.path),
                )

    def _describe_libraries(self, every: tuple[Loaded, ...], *, known: bool) -> Iterator[DataBlock]:
        seen: set[str] = set()
        for loaded in every:
            key = loaded.library
            while loaded.in_output and key and key not in seen:
                seen.add(key)
                library = self._libraries.get(key)
                key = library.inside if library is not None else ""
        for key, library in self._libraries.items():
            yield DataBlock(
                id_type=IdType.LIBRARY,
                name=library.name,
                stamp=library.stamp,
                users=1,
                missing=key in self._files and self._files[key] is None,
                in_output=key in seen if known else None,
            )

    def _read_quiet(self, every: tuple[Loaded, ...]) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for loaded in every:
            if loaded.name[:2] == b"SC" and loaded.block is not None:
                text = read_property(loaded.opened.file, loaded.block, QUIET_PROPERTY)
                for grant_id, kinds in read_quiet(text).items():
                    found[grant_id] = found.get(grant_id, frozenset()) | kinds
        return found

    def _read_registers(self, every: tuple[Loaded, ...]) -> Iterator[str]:
        for loaded in every:
            if loaded.name[:2] == b"SC" and loaded.block is not None:
                yield from read_register(read_property(loaded.opened.file, loaded.block, REGISTER_PROPERTY))
