"""Runs of blocks that are known from other files: what is read with them is what is read without."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Any

import pytest

from core.errors import UserInputError
from core.files.blend import runs
from core.files.blend.bytes import PlainBytes
from core.files.blend.file import BlendFile

pytest.importorskip("blender_asset_tracer", reason="reading .blend files needs the extra 'scan'")
pytest.importorskip("zstandard", reason="reading .blend files needs the extra 'scan'")

FIXTURES = sorted(Path(__file__).parent.glob("*.blend"))
TIMES = 8
"""So often a file is read until its runs are known: parts of a long one are learned one after the other."""


def read(path: Path) -> Any:
    """Return all that following a file's blocks finds out, or what is said of a damaged one."""
    try:
        with BlendFile(path) as file:
            places = {index: sorted(some) for index, some in file.chain.places.items()}
            heads = [(one.name, one.head, one.end, one.pieces) for one in file.ids]
            return file.ids.rows, heads, places, file.globals
    except UserInputError as error:
        return error.code, error.message


def forget(path: Path) -> None:
    """Forget what was learned from the files of its version of Blender."""
    with BlendFile(path) as file:
        file.dna.memo.clear()


def learn(path: Path) -> None:
    """Read a file until its runs are known."""
    for _ in range(TIMES):
        assert isinstance(read(path)[0], list)


def known(path: Path) -> list[runs.Run]:
    """Return the runs that are known behind each kind of data-block, and those behind them."""
    with BlendFile(path) as file:
        memory = runs.runs_of(file.dna, is_large=file.chain.is_large)
    found: list[runs.Run] = []
    waiting = list(memory.behind.values())
    while waiting:
        place = waiting.pop()
        found += place.runs
        waiting += [run.next for run in place.runs]
    return found


@pytest.fixture(params=FIXTURES, ids=lambda path: path.stem)
def plain(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of each version of Blender, not compressed, of which nothing is known."""
    path = tmp_path / "plain.blend"
    source = PlainBytes(request.param)
    path.write_bytes(source.data[:])
    source.close()
    forget(path)
    return path


def headers(path: Path) -> list[int]:
    """Return where the headers of all blocks are, but for the last one."""
    with BlendFile(path) as file:
        found: list[int] = []
        at, size_of_head = 17 if file.chain.is_large else 12, file.chain.header.size
        while file.raw[at : at + 4] != b"ENDB":
            found.append(at)
            _, second, _, fourth, _ = file.chain.header.unpack_from(file.raw, at)
            at += size_of_head + (fourth if file.chain.is_large else second)
        return found


def test_a_known_file_reads_as_it_did_at_first(plain: Path) -> None:
    first = read(plain)
    assert isinstance(first[0], list)
    learn(plain)
    there = known(plain)
    assert sum(len(run.expected) for run in there) > 500
    assert all(run.length > 0 for run in there)
    assert read(plain) == first
    forget(plain)
    assert read(plain) == first


def test_a_block_more_or_less_is_noticed_wherever_it_is(plain: Path, tmp_path: Path) -> None:
    learn(plain)
    whole, places, is_large = plain.read_bytes(), headers(plain), plain.read_bytes()[7:8] not in (b"-", b"_")
    size_of_head = 32 if is_large else 24
    changed = tmp_path / "changed.blend"
    rng = random.Random(1)
    different = 0
    for at in rng.sample(places[1:], 40):
        size = struct.unpack_from("<Q" if is_large else "<I", whole, at + (16 if is_large else 4))[0]
        head = (
            struct.pack("<4sIQqq", b"DATA", 0, 1, 8, 1)
            if is_large
            else struct.pack("<4siQii", b"DATA", 8, 1, 0, 1)
        )
        for content in (
            whole[:at] + head + bytes(8) + whole[at:],
            whole[:at] + whole[at + size_of_head + size :],
        ):
            changed.write_bytes(content)
            with_runs = read(changed)
            different += with_runs != read(plain)
            forget(plain)
            assert read(changed) == with_runs
            learn(plain)
    assert different > 40


def test_a_damaged_header_ends_alike_with_runs_and_without(plain: Path, tmp_path: Path) -> None:
    learn(plain)
    whole, places = plain.read_bytes(), headers(plain)
    changed = tmp_path / "changed.blend"
    rng = random.Random(2)
    cases = [(rng.choice(places) + rng.randrange(24), 1 << rng.randrange(8)) for _ in range(60)]
    damaged = [bytearray(whole) for _ in cases]
    for content, (at, bit) in zip(damaged, cases, strict=True):
        content[at] ^= bit
    with_runs = []
    for content in damaged:
        changed.write_bytes(content)
        with_runs.append(read(changed))
    assert known(plain)
    without = []
    for content in damaged:
        forget(plain)
        changed.write_bytes(content)
        without.append(read(changed))
    assert with_runs == without
    assert any(isinstance(one[0], str) for one in without)
    assert any(isinstance(one[0], list) for one in without)


def test_what_is_never_the_same_is_given_up() -> None:
    memory, place = runs.Runs(is_large=True), runs.Place()
    for number in range(runs.IN_VAIN * 3):
        data = b"".join(
            struct.pack("<4sIQqq", b"DATA", number, 1, 4 * one, 1) + bytes(4 * one) for one in range(8)
        )
        memory.learn(place, data, 0, 8, frozenset())
    assert place.runs == []
    assert len(place.seen) == runs.IN_VAIN


def test_a_place_where_runs_are_never_found_is_left_alone() -> None:
    memory, place = runs.Runs(is_large=True), runs.Place()
    data = b"".join(struct.pack("<4sIQqq", b"DATA", 7, 1, 8, 1) + bytes(8) for _ in range(10))
    for _ in range(2):
        memory.learn(place, data, 0, 8, {7 << 32 | 0x41544144})
    assert len(place.runs) == 1
    found = place.find(data, 0)
    assert found is not None
    assert found.length == 8 * 40
    assert found.telling == ()
    other = data.replace(struct.pack("<I", 7), struct.pack("<I", 8))
    for _ in range(10_000):
        assert place.find(other, 0) is None
    assert place.runs == []
    assert place.find(data, 0) is None
