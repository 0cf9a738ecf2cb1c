"""Zstandard, wherever this Python has it: `zstandard` (Blender ships it) or the standard library's from 3.14.

Only ever called with limits: decompressing is where small files become large.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator
from typing import IO, Any


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


def stream(source: IO[bytes], *, chunk: int) -> Iterator[bytes]:
    """Yield pieces of at most ``chunk`` bytes, over all frames; raise ValueError or EOFError when damaged."""
    name, module = _module() or ("", None)
    if name == "zstandard":
        yield from _stream_package(module, source, chunk)
    elif name:
        yield from _stream_standard(module, source, chunk)
    else:
        raise ValueError("this Python cannot read Zstandard")


def _stream_package(module: Any, source: IO[bytes], chunk: int) -> Iterator[bytes]:
    try:
        reader = module.ZstdDecompressor(max_window_size=2**27).stream_reader(
            source, read_across_frames=True, closefd=False
        )
        while piece := reader.read(chunk):
            yield piece
    except module.ZstdError as error:
        raise ValueError(f"damaged Zstandard data: {error}") from None


def _stream_standard(module: Any, source: IO[bytes], chunk: int) -> Iterator[bytes]:
    try:
        with module.ZstdFile(source) as reader:
            while piece := reader.read(chunk):
                yield piece
    except module.ZstdError as error:
        raise ValueError(f"damaged Zstandard data: {error}") from None


def _module() -> tuple[str, Any] | None:
    for name in ("zstandard", "compression.zstd"):
        try:
            return name, importlib.import_module(name)
        except ImportError:
            continue
    return None
