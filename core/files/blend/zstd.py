"""Zstandard, wherever this Python has it: `zstandard` (Blender ships it) or the standard library's from 3.14.

Only ever called with limits: decompressing is where small files become large.
"""

from __future__ import annotations

import importlib
import io
import struct
from collections.abc import Iterator
from functools import cache
from typing import IO, Any

MAGIC = b"\x28\xb5\x2f\xfd"
"""What its frames begin with."""
_FOOTER = struct.Struct("<IBI")  # number of frames, flags, magic; before it, two sizes of each frame
_SEEKABLE_MAGIC = 0x8F92EAB1
_idle: list[Any] = []
"""Decompressors that nobody uses at the moment."""


def available() -> bool:
    """Say whether this Python can read Zstandard."""
    return _module() is not None


def decompress_head(data: bytes, *, limit: int) -> bytes | None:
    """Return up to ``limit`` first bytes of what was compressed; None: no module; empty: damaged."""
    if not available():
        return None
    try:
        return next(stream(io.BytesIO(data), chunk=limit), b"")[:limit]
    except (ValueError, EOFError):
        return b""


def promised_size(data: bytes) -> int | None:
    """Return how many bytes are inside by the table that Blender puts behind its frames; None: there is none.

    It may be wrong. The format is that of zstd's ``contrib/seekable_format``, version 0.1.0.
    """
    if len(data) < _FOOTER.size:
        return None
    count, flags, magic = _FOOTER.unpack_from(data, len(data) - _FOOTER.size)
    table = len(data) - _FOOTER.size - 8 * count
    if magic != _SEEKABLE_MAGIC or flags or table < 0:
        return None
    sizes: tuple[int, ...] = struct.unpack_from(f"<{2 * count}I", data, table)[1::2]
    return sum(sizes)


def stream(source: IO[bytes] | bytes, *, chunk: int) -> Iterator[bytes]:
    """Yield pieces of at most ``chunk`` bytes, over all frames; raise ValueError or EOFError when damaged.

    From bytes it is three times as quick as from a file, when the pieces are large.
    """
    name, module = _module() or ("", None)
    if name == "zstandard":
        yield from _stream_package(module, source, chunk)
    elif name:
        yield from _stream_standard(module, source, chunk)
    else:
        raise ValueError("this Python cannot read Zstandard")


def _stream_package(module: Any, source: IO[bytes] | bytes, chunk: int) -> Iterator[bytes]:
    try:
        # Making one takes as long as decompressing a hundred kilobytes. Nobody else has it meanwhile, neither
        # a thread nor a stream that was begun before.
        unpacker = _idle.pop()
    except IndexError:
        unpacker = module.ZstdDecompressor(max_window_size=2**27)
    try:
        with unpacker.stream_reader(source, read_across_frames=True, closefd=False) as reader:
            while piece := reader.read(chunk):
                yield piece
    except module.ZstdError as error:
        raise ValueError(f"damaged Zstandard data: {error}") from None
    finally:
        _idle.append(unpacker)


def _stream_standard(module: Any, source: IO[bytes] | bytes, chunk: int) -> Iterator[bytes]:
    if isinstance(source, bytes):
        source = io.BytesIO(source)
    try:
        with module.ZstdFile(source) as reader:
            while piece := reader.read(chunk):
                yield piece
    except module.ZstdError as error:
        raise ValueError(f"damaged Zstandard data: {error}") from None


@cache
def _module() -> tuple[str, Any] | None:
    for name in ("zstandard", "compression.zstd"):
        try:
            return name, importlib.import_module(name)
        except ImportError:
            continue
    return None
