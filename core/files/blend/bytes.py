"""The bytes of a .blend file, unpacked where it was compressed: in memory, or in a file when large."""

from __future__ import annotations

import io
import mmap
import os
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ...errors import UserInputError
from ..disk import CHUNK, explain_disk_errors
from . import zstd

MAX_PLAIN_SIZE = 64 * 1024**3
IN_MEMORY = 32 * 1024**2
"""Up to so many bytes are held in memory; of larger files only what is looked at is read."""
_AT_ONCE = 4 * 1024**2
"""Up to here reading a file is quicker than mapping it."""


def damaged(path: Path, why: str) -> UserInputError:
    """Return the error for a file that cannot be read as a .blend."""
    return UserInputError(
        f"{path.name} cannot be read: {why}.", code="scene.damaged", context={"file": path.name, "why": why}
    )


class PlainBytes:
    """An open file's bytes. ``data`` is sliced into bytes, whatever holds them."""

    data: bytes | mmap.mmap

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary: Path | None = None
        self._file: IO[bytes] | None = None
        with explain_disk_errors(f"read {path.name}"), path.open("rb") as source:
            size = os.fstat(source.fileno()).st_size
            whole = source.read() if size <= _AT_ONCE else None
            if whole is None:
                head = source.read(4)
                source.seek(0)
            else:
                head = whole[:4]
            is_gzip = head[:2] == b"\x1f\x8b"
            try:
                if is_gzip or head == zstd.MAGIC or head[1:] == b"\x2a\x4d\x18":
                    self._unpack(source if whole is None else whole, is_gzip=is_gzip)
                elif whole is None:
                    self._map(path)
                else:
                    self.data = whole
                if len(self.data) < 32:
                    raise damaged(path, "it is not a .blend file")
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Let go of the file."""
        if isinstance(data := getattr(self, "data", b""), mmap.mmap):
            data.close()
        if self._file is not None:
            self._file.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)

    def _map(self, path: Path) -> None:
        self._file = path.open("rb")
        self.data = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def _unpack(self, source: IO[bytes] | bytes, *, is_gzip: bool) -> None:
        path = self._path
        if not is_gzip and not zstd.available():
            raise UserInputError(
                f"{path.name} is compressed, and the Python module zstandard is missing: "
                "pip install clearance[scan], or use: blender --command clearance report.",
                code="scene.no_zstandard",
            )
        chunk = CHUNK
        if not is_gzip and isinstance(source, bytes):
            # Into one piece where it is of that size, which is twice as quick as into many; one more byte,
            # so that the end is met.
            chunk = min(zstd.promised_size(source) or CHUNK, IN_MEMORY) + 1
        pieces: list[bytes] = []
        size = 0
        spill: IO[bytes] | None = None
        try:
            for piece in _gunzip(source) if is_gzip else zstd.stream(source, chunk=chunk):
                if size == 0 and not piece.startswith(b"BLENDER"):
                    raise damaged(path, "it is not a .blend file")
                size += len(piece)
                if size > MAX_PLAIN_SIZE:
                    raise damaged(path, "it would unpack to more than 64 GB")
                if spill is None and size > IN_MEMORY:
                    number, name = tempfile.mkstemp(prefix="clearance-", suffix=".blend")
                    self._temporary = Path(name)
                    spill = os.fdopen(number, "wb")
                    spill.writelines(pieces)
                    pieces.clear()
                if spill is None:
                    pieces.append(piece)
                else:
                    spill.write(piece)
        except (ValueError, EOFError, zlib.error):
            raise damaged(path, "it is damaged or was cut off") from None
        finally:
            if spill is not None:
                spill.close()
        if self._temporary is None:
            self.data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        else:
            self._map(self._temporary)


def _gunzip(source: IO[bytes] | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        source = io.BytesIO(source)
    unpacker = zlib.decompressobj(wbits=31)
    while chunk := source.read(CHUNK):
        waiting = chunk
        while waiting:
            yield unpacker.decompress(waiting, CHUNK)
            waiting = unpacker.unconsumed_tail
    if not unpacker.eof:
        raise EOFError
