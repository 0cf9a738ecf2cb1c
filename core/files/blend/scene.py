"""The files and data-blocks of a scene while it is read: which file each is in, and what refers to what."""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from .chain import Block
from .facts import ObjectFields
from .file import BlendFile
from .ids import IdBlock
from .links import Links, Reference
from .pointers import Slot

KEPT_FILES = 40
KEPT_BYTES = 256 * 1024**2


class Loaded:
    """A data-block that is in the scene. ``block`` is None for one whose library is not there."""

    __slots__ = ("block", "code", "fields", "in_output", "library", "name", "opened", "users", "uses")

    def __init__(self, name: bytes, opened: Opened, block: IdBlock | None, library: str) -> None:
        self.name = name
        self.code = name[:2]
        """Two letters for its kind."""
        self.opened = opened
        self.block = block
        self.library = library
        """Key of its library; empty for the scene's own."""
        self.users = 0
        self.uses: list[tuple[Loaded, Slot, Block, int]] = []
        """What it refers to: why, and where that is written."""
        self.in_output = False
        self.fields: ObjectFields | None = None
        """Of an object that was looked at: its own fields."""


class Opened:
    """A file of the scene: the scene's own (``shown`` is empty), or a library."""

    def __init__(self, file: BlendFile, shown: str) -> None:
        self.file = file
        self.shown = shown
        """Path as the scene's data-blocks name it."""
        self.reached: dict[int, Loaded] = {}
        """What is loaded of it, by address."""
        self.libraries: dict[int, str] = {}
        self._links = Links(file)

    def references(self, block: IdBlock) -> list[Reference]:
        """Return every reference of a data-block, read once for each open file."""
        key = ("references", block.head.address)
        found: list[Reference] | None = self.file.memo.get(key)
        if found is None:
            found = self.file.memo[key] = self._links.of(block)
        return found

    def find_unused(self, addresses: dict[bytes, set[int]], structs: dict[bytes, bytes]) -> set[int]:
        """Return which of some data-blocks nothing in the file is a user of, by address.

        They are given by their code; ``structs`` says what the structs of the codes are called, if known.
        """
        asked: dict[bytes | None, set[int]] = {}
        for code, some in addresses.items():
            asked.setdefault(structs.get(code), set()).update(some)
        return self._links.find_unused(asked)

    def has_fake_user(self, block: IdBlock) -> bool:
        """Say whether a data-block is kept although nothing uses it."""
        return self._links.has_fake_user(block)


@dataclass(slots=True)
class Found:
    """What is found out about the output; that on data-blocks is noted with them."""

    known: bool = False
    strips: set[tuple[int, int]] | None = field(default=None)
    """``id()`` of the scene's :class:`Loaded`, and the strip's address. None: not known."""


class Shelf:
    """Keeps library files open, since many scenes are linked to the same ones. Use as a context manager."""

    def __init__(self) -> None:
        self._files: OrderedDict[Path, BlendFile] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()

    def open(self, path: Path) -> BlendFile:
        """Open a library, or hand out the one that is open."""
        file = self._files.get(path)
        if file is None:
            file = self._files[path] = BlendFile(path)
        self._files.move_to_end(path)
        return file

    def tidy(self) -> None:
        """Close the files that were not used for longest; to be called between two scenes."""
        while self._files and (
            len(self._files) > KEPT_FILES or sum(file.size for file in self._files.values()) > KEPT_BYTES
        ):
            _, file = self._files.popitem(last=False)
            file.close()


def absolute(text: str, base: Path) -> Path:
    """Return the file that a path in a .blend names; ``//`` begins one relative to that .blend."""
    return Path(absolute_text(text, os.path.dirname(base)))  # noqa: PTH120


def absolute_text(text: str, folder: str) -> str:
    """Do the same with texts; ``folder`` is where that .blend is."""
    plain = text.replace("\\", "/") if text.startswith("//") else text
    if not plain.startswith("//"):
        return str(Path(text))
    return os.path.normpath(os.path.join(folder, plain[2:]))  # noqa: PTH118
