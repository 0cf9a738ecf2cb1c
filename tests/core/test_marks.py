"""Marks on points are averages of those that faces had: whose they are can be told all the same."""

from __future__ import annotations

import struct
from collections import Counter

import pytest

from core.ids import MAX_MARKS, find_near_mark, gather_marks, hash_grant_id

CHAIR, TABLE = hash_grant_id("grant_chair"), hash_grant_id("grant_table")


def average(numbers: list[int]) -> int:
    """Average as Blender does: a sum in double precision, over a count inverted in single precision."""
    inverse: float = struct.unpack("f", struct.pack("f", 1.0 / len(numbers)))[0]
    return int(sum(numbers) * inverse)


def test_equal_marks_are_told_by_the_most_frequent() -> None:
    counts = Counter({CHAIR: 900, CHAIR - 77: 40, CHAIR + 154: 70, TABLE: 3, 0: 5000})
    assert gather_marks(counts) == {CHAIR, TABLE}


def test_no_marks_are_none() -> None:
    assert gather_marks({}) == gather_marks({0: 7}) == frozenset()


def test_of_very_many_the_most_frequent_are_kept() -> None:
    counts = {number * 10_000: 1 for number in range(1, 500)} | {CHAIR: 2, TABLE: 3}
    found = gather_marks(counts)
    assert len(found) == MAX_MARKS
    assert {CHAIR, TABLE} <= found


@pytest.mark.parametrize("faces", range(1, 40))
def test_an_average_of_equal_marks_is_near_them(faces: int) -> None:
    for mark in (CHAIR, TABLE, 1, 2**31 - 1):
        assert find_near_mark(average([mark] * faces), sorted({CHAIR, TABLE, 1, 2**31 - 1})) == mark


def test_an_average_of_two_is_neither() -> None:
    known = sorted((CHAIR, TABLE))
    assert find_near_mark(average([CHAIR, TABLE]), known) is None
    assert find_near_mark(CHAIR, []) is None
    assert find_near_mark(0, known) is None
