"""Text for panels: nothing that a seller writes gets through, nothing is wider than the panel."""

from __future__ import annotations

import unicodedata

import pytest
from clearance_package import load
from hypothesis import given
from hypothesis import strategies as st
from session_states import EVIL_TITLE

text = load("addon.ui.views.text")


@given(st.text(max_size=300))
def test_clean_text_is_one_line_without_hidden_marks(value: str) -> None:
    shown = text.clean(value)
    assert all(unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for char in shown)
    assert "  " not in shown
    assert shown == shown.strip()


@pytest.mark.parametrize("limit", [10, 40, 90])
def test_a_long_title_is_cut_and_says_so(limit: int) -> None:
    shown = text.shorten(EVIL_TITLE, limit)
    assert len(shown) <= limit
    assert shown.endswith("…")
    assert not any(char in shown for char in "\x07\x1b\u202e\n")


def test_a_short_title_stays() -> None:
    assert text.shorten("Oak  chair\n", 40) == "Oak chair"


@given(st.text(max_size=400), st.integers(min_value=3, max_value=60))
def test_no_line_is_wider_than_there_is_room(value: str, width: int) -> None:
    lines = text.wrap(value, float(width), len)
    assert all(len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.clean(value).replace(" ", "")


@given(st.text(min_size=1, max_size=400), st.integers(min_value=3, max_value=60))
def test_lines_can_be_bounded(value: str, width: int) -> None:
    lines = text.wrap(value, float(width), len, max_lines=2)
    assert len(lines) <= 2
    assert all(len(line) <= width for line in lines)


def test_nothing_takes_no_line() -> None:
    assert text.wrap("", 10.0, len) == []
    assert text.wrap(" \n\t", 10.0, len) == []


def test_a_width_below_one_character_still_ends() -> None:
    assert text.wrap("abc", 0.5, len) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 KB"), (50_000_000, "50 MB"), (7_200_000_000, "7.2 GB")],
)
def test_sizes_are_written_for_people(size: int, shown: str) -> None:
    assert text.describe_size(size) == shown


def test_counting_and_listing() -> None:
    assert text.count(1, "file") == "1 file"
    assert text.count(1200, "license") == "1,200 licenses"
    assert text.join([]) == ""
    assert text.join(["a"]) == "a"
    assert text.join(["a", "b", "c"], last="or") == "a, b or c"
