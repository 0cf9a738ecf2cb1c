"""Read how long a film or a sound is from its headers, without decoding it. Bounded; never guesses.

Facts from the formats' own documents: ISO/IEC 14496-12 (mp4, mov), Microsoft's RIFF (wav, avi), AIFF 1.3,
RFC 9639 (flac), RFC 3533 with Vorbis I and RFC 7845 (ogg), and the Xing header of mp3 files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..detect import FileType

MAX_BOXES = 10_000
MAX_MOOV = 64 * 1024**2
_TAIL = 128 * 1024
_MPEG_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
"""By the version bits of a frame: MPEG 1, 2 and 2.5."""


class Length(NamedTuple):
    """Seconds, and pixels of a film; None for what is not told."""

    duration_s: float | None = None
    width: int | None = None
    height: int | None = None


def measure_media(path: Path, found: FileType) -> Length:
    """Return what the headers say; nothing for a format that is not read here, or a damaged file."""
    readers = {
        "mp4": _mp4, "mov": _mp4, "m4a": _mp4, "wav": _wav, "avi": _avi, "aiff": _aiff, "flac": _flac,
        "ogg": _ogg, "mp3": _mp3,
    }  # fmt: skip
    read = readers.get(found.name)
    if read is None:
        return Length()
    try:
        with path.open("rb") as file:
            length = read(file, path.stat().st_size)
    except (struct.error, IndexError, ValueError, ZeroDivisionError, OverflowError):
        return Length()
    return length if length.duration_s is None or 0 < length.duration_s < 10**7 else Length()


def _mp4(file: BinaryIO, size: int) -> Length:
    at = 0
    for _ in range(MAX_BOXES):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            break
        length, kind = struct.unpack(">I4s", head[:8])
        start = 8
        if length == 1:
            length, start = struct.unpack(">Q", head[8:16])[0], 16
        elif length == 0:
            length = size - at
        if length < start:
            break
        if kind == b"moov":
            file.seek(at + start)
            return _moov(file.read(min(length - start, MAX_MOOV)))
        at += length
    return Length()


def _moov(data: bytes) -> Length:
    duration: float | None = None
    width = height = None
    for kind, body in _boxes(data):
        if kind == b"mvhd":
            scale, count = struct.unpack_from(
                ">IQ" if body[0] == 1 else ">II", body, 20 if body[0] == 1 else 12
            )
            # All bits set: the duration is not known.
            if scale and count not in (0, 2**32 - 1, 2**64 - 1):
                duration = count / scale
        elif kind == b"trak":
            for inner, head in _boxes(body):
                if inner == b"tkhd":
                    across, down = struct.unpack_from(">II", head, 88 if head[0] == 1 else 76)
                    if across and down and width is None:
                        width, height = across >> 16, down >> 16
    return Length(duration, width, height)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(MAX_BOXES):
        if at + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        start = 8
        if length == 1:
            length, start = struct.unpack_from(">Q", data, at + 8)[0], 16
        if length < start or at + length > len(data):
            return
        yield kind, data[at + start : at + length]
        at += length


def _chunks(file: BinaryIO, order: str, *, at: int = 12) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield kind, length and the first 64 bytes of each chunk of a RIFF or IFF file."""
    for _ in range(MAX_BOXES):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        kind, length = struct.unpack(f"{order}4sI", head)
        yield kind, length, file.read(64)
        at += 8 + length + length % 2


def _wav(file: BinaryIO, size: int) -> Length:
    rate = 0
    for kind, length, body in _chunks(file, "<"):
        if kind == b"fmt ":
            rate = struct.unpack_from("<I", body, 8)[0]
        elif kind == b"data" and rate:
            return Length(min(length, size) / rate)
    return Length()


def _avi(file: BinaryIO, _size: int) -> Length:
    file.seek(0)
    head = file.read(4096)
    at = head.index(b"avih") + 8
    per_frame, frames = struct.unpack_from("<I12xI", head, at)
    width, height = struct.unpack_from("<II", head, at + 32)
    return Length(per_frame * frames / 1e6 if per_frame and frames else None, width or None, height or None)


def _aiff(file: BinaryIO, _size: int) -> Length:
    for kind, _length, body in _chunks(file, ">"):
        if kind == b"COMM":
            _channels, frames, _bits, exponent, mantissa = struct.unpack_from(">hIhHQ", body)
            rate = mantissa * 2.0 ** ((exponent & 0x7FFF) - 16383 - 63)
            return Length(frames / rate)
    return Length()


def _flac(file: BinaryIO, _size: int) -> Length:
    file.seek(8)
    packed = int.from_bytes(file.read(34)[10:18], "big")
    rate, samples = packed >> 44, packed & (2**36 - 1)
    return Length(samples / rate if samples else None)


def _ogg(file: BinaryIO, size: int) -> Length:
    """Divide the last page's position by the rate of the first stream, where that is Vorbis or Opus."""
    file.seek(0)
    head = file.read(256)
    if b"\x01vorbis" in head:
        rate, skipped = struct.unpack_from("<I", head, head.index(b"\x01vorbis") + 12)[0], 0
    elif b"OpusHead" in head:
        rate, skipped = 48000, struct.unpack_from("<H", head, head.index(b"OpusHead") + 10)[0]
    else:
        return Length()
    serial = head[14:18]
    file.seek(max(size - _TAIL, 0))
    tail = file.read(_TAIL)
    at = tail.rfind(b"OggS")
    while at >= 0:
        position = int.from_bytes(tail[at + 6 : at + 14], "little", signed=True)
        if tail[at + 14 : at + 18] == serial and position > 0:
            return Length((position - skipped) / rate)
        at = tail.rfind(b"OggS", 0, at)
    return Length()


def _mp3(file: BinaryIO, _size: int) -> Length:
    """Read the number of frames where the encoder noted it; anything else would be a guess."""
    file.seek(0)
    head = file.read(10)
    start = 0
    if head[:3] == b"ID3":
        start = 10 + sum(
            (byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True)
        )
    file.seek(start)
    frame = file.read(512)
    if frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0 or frame[1] >> 1 & 3 != 1:
        return Length()
    version = frame[1] >> 3 & 3
    rate = _MPEG_RATES[version][frame[2] >> 2 & 3]
    samples = 1152 if version == 3 else 576
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    if at < 0 or not struct.unpack_from(">I", frame, at + 4)[0] & 1:
        return Length()
    return Length(struct.unpack_from(">I", frame, at + 8)[0] * samples / rate)
