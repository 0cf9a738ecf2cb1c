"""What the commands print for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass

from core.cli.output import to_json_lines, to_plain
from core.model.file_summary import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something with lists."""

    folder: str
    problems: tuple[Problem, ...]
    numbers: tuple[int, ...] = ()


def test_a_list_has_a_line_for_each_entry_and_reads_as_what_was_written() -> None:
    problems = tuple(
        Problem(path=f"shots/é {number}.blend", message='It says "no",\nand ends.') for number in range(3)
    )
    found = Found(folder="/work", problems=problems, numbers=(1, 2))
    text = to_json_lines(found)
    assert json.loads(text) == to_plain(found)
    assert [line.strip() for line in text.splitlines()].count('"problems": [') == 1
    assert sum("shots/é" in line for line in text.splitlines()) == 3


def test_empty_lists_stay_on_their_line() -> None:
    text = to_json_lines(Found(folder="", problems=()))
    assert text == '{\n  "folder": "",\n  "problems": [],\n  "numbers": []\n}\n'
