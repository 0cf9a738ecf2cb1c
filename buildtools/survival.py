# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the survival table in the three Blenders, print it, and keep the page about it up to date.

Every row is a test of tests/blender/test_survival.py, which notes what came out. A row that ended in silence,
or did not end at all, is a failed one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .console import BuildError, say
from .testing import TestRun, note_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .environments import Environments
    from .layout import Layout

BLENDERS = {"blender42": "4.2", "blender45": "4.5", "blender52": "5.2"}
KEYWORD = "test_survival"
NO_END = "FAILED: the row came to no end"
SILENT = "SILENT"
PAGE = "docs/survival.md"
BEGIN = "<!-- The table is written by `build.py survival`. -->"
END = "<!-- The end of the table. -->"


@dataclass
class Table:
    """What came out of each row in each Blender."""

    columns: tuple[str, ...]
    rows: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def add(self, column: str, text: str) -> None:
        """Take the notes of one Blender: a JSON object a line."""
        for line in text.splitlines():
            note = json.loads(line)
            self.rows.setdefault((note["section"], note["what"]), {})[column] = note["text"]

    def cell(self, row: tuple[str, str], column: str) -> str:
        """Return what came out."""
        return self.rows[row].get(column, NO_END)

    def problems(self) -> list[str]:
        """Name every row that is silent or came to no end."""
        return [
            f"{column}: {section}: {what}: {text}"
            for (section, what) in self.rows
            for column in self.columns
            if (text := self.cell((section, what), column)).startswith((SILENT, NO_END))
        ]


def format_table(table: Table) -> list[str]:
    """Lay the table out as aligned lines, a heading for each section."""
    if not table.rows:
        return []
    widths = [max(len(word) for row in table.rows for word in row)]
    widths += [max([len(one), *(len(table.cell(row, one)) for row in table.rows)]) for one in table.columns]

    def line(cells: Sequence[str]) -> str:
        return "  ".join(cell.ljust(widths[index]) for index, cell in enumerate(cells)).rstrip()

    lines: list[str] = []
    section = ""
    for row in table.rows:
        if row[0] != section:
            section = row[0]
            lines += ["", line([section.upper(), *table.columns])]
        lines.append(line([row[1], *(table.cell(row, one) for one in table.columns)]))
    return lines[1:]


def format_page(table: Table) -> str:
    """Write the table as Markdown, for the page; Blenders that agree share a cell."""
    lines: list[str] = []
    section = ""
    for row in table.rows:
        if row[0] != section:
            section = row[0]
            lines += ["", f"### {section}", "", f"| what is done | {' | '.join(table.columns)} |"]
            lines.append("| --- " * (len(table.columns) + 1) + "|")
        cells = [table.cell(row, one) for one in table.columns]
        if len(set(cells)) == 1:
            cells = [cells[0], *("the same" for _ in cells[1:])]
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in (row[1], *cells))} |")
    return "\n".join(lines).strip("\n")


def put_into_page(page: str, table: str) -> str:
    """Return the page with the table between its two marks; raise BuildError when they are not there."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        message = f"{PAGE} has no place for the table: it lacks “{BEGIN}” or “{END}”."
        raise BuildError(message)
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def read_notes(paths: Mapping[str, Path]) -> Table:
    """Read what the tests noted; a Blender that noted nothing is an empty column."""
    table = Table(columns=tuple(paths))
    for column, path in paths.items():
        if path.is_file():
            table.add(column, path.read_text(encoding="utf-8"))
    return table


def run_survival(layout: Layout, environments: Environments, *, check: bool) -> int:
    """Run the table in all three Blenders and print it; 1 where a row is silent or has no end.

    The page is brought up to date; with ``check`` it is only compared, and 1 when it is not current.
    """
    groups = list(BLENDERS)
    for recipe_of in groups:
        note_path(layout, recipe_of).unlink(missing_ok=True)
    is_green = TestRun(layout, environments, keyword=KEYWORD).run(groups)
    table = read_notes({BLENDERS[name]: note_path(layout, name) for name in groups})
    say("\n".join(("", *format_table(table))))
    problems = table.problems()
    say("")
    for problem in problems:
        say(problem)
    say(f"{len(table.rows)} rows in {len(groups)} Blenders, {len(problems)} of them silent or without an end")
    if problems or not table.rows or not is_green:
        return 1
    return _keep_page(layout.root / PAGE, table, check=check)


def _keep_page(path: Path, table: Table, *, check: bool) -> int:
    now = path.read_text(encoding="utf-8")
    new = put_into_page(now, format_page(table))
    if new == now:
        return 0
    if check:
        say(f"{PAGE} is not up to date: run `python3 build.py survival` without --check.")
        return 1
    path.write_text(new, encoding="utf-8")
    say(f"{PAGE} was brought up to date")
    return 0
