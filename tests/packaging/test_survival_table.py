# SPDX-License-Identifier: GPL-3.0-or-later
"""What `build.py survival` makes of the notes that its tests leave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from buildtools.console import BuildError
from buildtools.survival import BEGIN, END, NO_END, PAGE, format_page, format_table, put_into_page, read_notes

ROOT = Path(__file__).resolve().parents[2]


def write_notes(path: Path, *notes: tuple[str, str, str]) -> Path:
    lines = [json.dumps({"section": section, "what": what, "text": text}) for section, what, text in notes]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_blenders_stand_side_by_side(tmp_path: Path) -> None:
    old = write_notes(tmp_path / "old", ("Files", "save", "known (stamp)"), ("Copies", "copy", "— (no)"))
    new = write_notes(
        tmp_path / "new", ("Files", "save", "known (stamp)"), ("Copies", "copy", "said (undeclared)")
    )
    table = read_notes({"4.2": old, "5.2": new})
    assert format_table(table) == [
        "FILES   4.2            5.2",
        "save    known (stamp)  known (stamp)",
        "",
        "COPIES  4.2            5.2",
        "copy    — (no)         said (undeclared)",
    ]
    assert table.problems() == []
    assert format_page(table).splitlines() == [
        "### Files", "", "| what is done | 4.2 | 5.2 |", "| --- | --- | --- |",
        "| save | known (stamp) | the same |", "",
        "### Copies", "", "| what is done | 4.2 | 5.2 |", "| --- | --- | --- |",
        "| copy | — (no) | said (undeclared) |",
    ]  # fmt: skip


def test_silence_and_a_missing_end_are_problems(tmp_path: Path) -> None:
    old = write_notes(tmp_path / "old", ("Files", "save", "SILENT: MESH/Seat; known (stamp)"))
    new = write_notes(
        tmp_path / "new", ("Files", "save", "known (stamp)"), ("Files", "open", "known (stamp)")
    )
    table = read_notes({"4.2": old, "5.2": new, "5.3": tmp_path / "never written"})
    assert table.problems() == [
        "4.2: Files: save: SILENT: MESH/Seat; known (stamp)",
        f"5.3: Files: save: {NO_END}",
        f"4.2: Files: open: {NO_END}",
        f"5.3: Files: open: {NO_END}",
    ]


def test_the_page_keeps_what_people_wrote() -> None:
    page = f"# Before\n\n{BEGIN}\n\nold\n\n{END}\n\nAfter\n"
    assert put_into_page(page, "new") == f"# Before\n\n{BEGIN}\n\nnew\n\n{END}\n\nAfter\n"
    assert put_into_page(put_into_page(page, "new"), "new") == put_into_page(page, "new")
    for broken in ("", BEGIN, END, f"{END}{BEGIN}"):
        with pytest.raises(BuildError, match="no place"):
            put_into_page(broken, "new")


def test_the_page_about_it_holds_a_table() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    table = page.partition(BEGIN)[2].partition(END)[0]
    assert table.count("\n| ") > 300
    assert "SILENT" not in table
    assert NO_END not in table
