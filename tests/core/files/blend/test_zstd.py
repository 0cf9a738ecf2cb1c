"""Compressed .blend files: whatever the table behind the frames says, the same bytes come out."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
import zstandard

from core.errors import UserInputError
from core.files.blend import zstd
from core.files.blend.bytes import IN_MEMORY, PlainBytes

PARTS = (b"BLENDER-v402" + bytes(1000), bytes(range(256)) * 500, b"the end")
PLAIN = b"".join(PARTS)


def pack(sizes: tuple[int, ...] | None, *, count: int | None = None, flags: int = 0) -> bytes:
    """Return three frames, and behind them the table that Blender writes, with these sizes in it."""
    frames = [zstandard.ZstdCompressor().compress(part) for part in PARTS]
    if sizes is None:
        return b"".join(frames)
    table = b"".join(
        struct.pack("<II", len(frame), size) for frame, size in zip(frames, sizes, strict=True)
    ) + struct.pack("<IBI", len(sizes) if count is None else count, flags, 0x8F92EAB1)
    return b"".join(frames) + struct.pack("<II", 0x184D2A5E, len(table)) + table


RIGHT = tuple(map(len, PARTS))
PACKED = {
    "right": pack(RIGHT),
    "no table": pack(None),
    "too small": pack((1, 2, 3)),
    "nothing": pack((0, 0, 0)),
    "too large": pack((2**32 - 1,) * 3),
    "one byte more": pack((*RIGHT[:2], RIGHT[2] + 1)),
    "too many frames": pack(RIGHT, count=2**32 - 1),
    "another kind": pack(RIGHT, flags=0x80),
}


@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
def test_the_table_only_makes_it_quicker(packed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "scene.blend"
    path.write_bytes(packed)
    assert read(path) == PLAIN


def test_what_the_table_promises() -> None:
    promised = {name: zstd.promised_size(packed) for name, packed in PACKED.items()}
    assert promised["right"] == len(PLAIN)
    assert promised["too large"] == 3 * (2**32 - 1) > IN_MEMORY
    assert [promised[name] for name in ("no table", "too many frames", "another kind")] == [None] * 3
    assert zstd.promised_size(b"") is None


@pytest.mark.parametrize("at", [5, 12, 30, 60, 90])
def test_damage_is_the_same_with_and_without_a_table(at: int, tmp_path: Path) -> None:
    outcomes = []
    for name in ("right", "no table", "too small"):
        packed = bytearray(PACKED[name])
        packed[at] ^= 0xFF
        path = tmp_path / "scene.blend"
        path.write_bytes(packed)
        outcomes.append(read(path))
    assert outcomes[0] == outcomes[1] == outcomes[2] != PLAIN


def test_what_was_damaged_or_given_up_does_not_harm_the_next_file(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.blend", tmp_path / "bad.blend"
    good.write_bytes(PACKED["right"])
    for at in range(4, 60, 3):
        damaged = bytearray(PACKED["right"])
        damaged[at] ^= 0xFF
        bad.write_bytes(damaged)
        assert read(bad) != PLAIN
        assert zstd.decompress_head(PACKED["right"], limit=7) == PLAIN[:7]
        begun = zstd.stream(PACKED["right"], chunk=5)
        assert next(begun) == PLAIN[:5]
        assert read(good) == PLAIN
        assert b"".join(begun) == PLAIN[5:]


def read(path: Path) -> bytes | str:
    """Return the bytes, or what is wrong."""
    try:
        plain = PlainBytes(path)
    except UserInputError as error:
        return error.code
    data = bytes(plain.data)
    plain.close()
    return data
