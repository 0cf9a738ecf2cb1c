"""Movies by the standard library alone: a QuickTime file of Motion JPEG, as a buyer of footage gets.

Every frame is a whole JPEG, so the movie opens wherever JPEG does and can be cut anywhere.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from .jpeg import encode_jpeg
from .picture import Picture, watermark
from .textures import make_texture

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_MAX_FPS = 120.0
_COARSEST = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class MovieFormat:
    """What every frame of a movie has in common. Widths and heights are in pixels."""

    width: int
    height: int
    fps: float

    @property
    def rate(self) -> tuple[int, int]:
        """The frame rate as time units in a second, and those that one frame takes: 29.97 is 30000/1001."""
        if abs(self.fps - round(self.fps)) < 0.005:
            return round(self.fps) * 100, 100
        return round(self.fps * 1.001) * 1000, 1001


def make_movie(
    recipe: str,
    scheme: str,
    shape: MovieFormat,
    seed: int,
    *,
    seconds: float,
    size: int | None = None,
    quality: int = 75,
    marked: bool = False,
) -> bytes:
    """Make a movie that drifts over a texture; ``marked`` draws the watermark of a preview over it.

    With ``size`` it has exactly so many bytes, so that a file's size can be declared before it is made: it
    is coded more coarsely where it would be too long, and filled up.
    """
    if not 0 < shape.fps <= _MAX_FPS:
        raise ValueError(f"{shape.fps} frames a second cannot be made")
    picture = make_texture(recipe, scheme, shape.width, shape.height, seed)
    step = max(1, shape.width // 80)

    shifts = [number * step % shape.width for number in range(max(1, round(seconds * shape.fps)))]

    def frame_at(shift: int, quality: int) -> bytes:
        rows = [row[shift:] + row[:shift] for row in picture.rows]
        moved = Picture(width=shape.width, height=shape.height, rows=rows, palette=picture.palette)
        return encode_jpeg(watermark(moved) if marked else moved, quality=quality)

    while True:
        drawn = {shift: frame_at(shift, quality) for shift in dict.fromkeys(shifts)}
        movie = encode_movie([drawn[shift] for shift in shifts], shape, size=size)
        if size is None or len(movie) <= size or quality <= _COARSEST:
            return movie
        quality = max(_COARSEST, quality - 20)


def encode_movie(frames: Sequence[bytes], shape: MovieFormat, *, size: int | None = None) -> bytes:
    """Put JPEG frames of one size into a QuickTime movie; ``size`` is how long it is at least, in bytes."""
    if not frames:
        raise ValueError("a movie has at least one frame")
    head = _atom(b"ftyp", b"qt  " + struct.pack(">I", 0x20050300) + b"qt  ")
    media = b"".join(frames)
    moov = _movie_atom(frames, shape, first=len(head) + 8)
    spare = max(0, (size or 0) - len(head) - 8 - len(media) - len(moov))
    return head + _atom(b"mdat", media + bytes(spare)) + moov


def _movie_atom(frames: Sequence[bytes], shape: MovieFormat, *, first: int) -> bytes:
    """Describe one video track, whose frames lie one after the other from ``first`` on."""
    scale, each = shape.rate
    length = each * len(frames)
    header = struct.pack(">IIIIIIHH8x", 0, 0, 0, scale, length, 0x10000, 0x100, 0)
    header += _MATRIX + struct.pack(">6I", 0, 0, 0, 0, 0, 0) + struct.pack(">I", 2)
    track = struct.pack(">IIIIII8xhhhh", 0xF, 0, 0, 1, 0, length, 0, 0, 0, 0)
    track += _MATRIX + struct.pack(">II", shape.width << 16, shape.height << 16)
    media = _atom(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, scale, length, 0, 0))
    media += _handler(b"mhlr", b"vide")
    info = _atom(b"vmhd", struct.pack(">IHHHH", 1, 0x40, 0x8000, 0x8000, 0x8000)) + _handler(b"dhlr", b"url ")
    info += _atom(b"dinf", _atom(b"dref", struct.pack(">II", 0, 1) + _atom(b"url ", struct.pack(">I", 1))))
    info += _atom(b"stbl", _sample_tables(frames, shape, each=each, first=first))
    media += _atom(b"minf", info)
    track_atom = _atom(b"trak", _atom(b"tkhd", track) + _atom(b"mdia", media))
    return _atom(b"moov", _atom(b"mvhd", header) + track_atom)


def _sample_tables(frames: Sequence[bytes], shape: MovieFormat, *, each: int, first: int) -> bytes:
    """List how the frames are coded, how long each is shown, how large each is, and where they begin."""
    name = b"Photo - JPEG"
    coding = struct.pack(">6xH", 1) + struct.pack(">HH4sII", 0, 0, b"cl  ", 0, 512)
    coding += struct.pack(">HHIIIH", shape.width, shape.height, 72 << 16, 72 << 16, 0, 1)
    coding += bytes((len(name),)) + name.ljust(31, b"\0") + struct.pack(">Hh", 24, -1)
    sizes = struct.pack(f">{len(frames)}I", *map(len, frames))
    return b"".join(
        (
            _atom(b"stsd", struct.pack(">II", 0, 1) + _atom(b"jpeg", coding)),
            _atom(b"stts", struct.pack(">IIII", 0, 1, len(frames), each)),
            _atom(b"stsc", struct.pack(">IIIII", 0, 1, 1, len(frames), 1)),
            _atom(b"stsz", struct.pack(">III", 0, 0, len(frames)) + sizes),
            _atom(b"stco", struct.pack(">III", 0, 1, first)),
        )
    )


def _handler(component: bytes, kind: bytes) -> bytes:
    return _atom(b"hdlr", struct.pack(">I4s4s12x", 0, component, kind) + b"\0")


def _atom(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body
