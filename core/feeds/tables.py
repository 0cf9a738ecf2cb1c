"""Reads tables: CSV and TSV (and what else separates columns), row by row, in bounded memory.

A damaged row costs that row: a quote that never closes does not swallow the ones below.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TextIO

from .columns import FeedMapping, count_known, squeeze
from .rows import MAX_ROW_CHARS, BadRow, Row, Rows, broken

DELIMITERS = ("\t", ",", ";", "|")
MAX_LINES_A_ROW = 200
_MAX_TRIES = 8
MAX_COLUMNS = 2_000
_HEADER_LINES = 20
_MARKED_LINES = 3


def read_table(text: TextIO, mapping: FeedMapping, name: str) -> Rows:
    """Yield the rows below the header; raise UserInputError when there is no header."""
    lines = _Lines(text)
    delimiter, header = _read_header(lines, mapping, name)
    width = len(header)
    while (first := lines.take()) is not None:
        at = lines.number
        if not first.strip():
            continue
        fields = _split(first, delimiter, width)
        if fields is None:
            fields = _read_on(lines, first, delimiter, width)
        if fields is None:
            yield BadRow(at, "a quotation mark is not closed")
            continue
        if len(fields) != width:
            if (at <= _MARKED_LINES and fields[0] == "HDR") or fields[0] == "TRL":
                continue  # Rakuten's first and last line
            # Who names the columns need not name those at the end.
            named = mapping.header and len(fields) > width
            if not named and (len(fields) < width or any(field.strip() for field in fields[width:])):
                yield BadRow(at, f"it has {len(fields)} columns instead of {width}")
                continue
            fields = fields[:width]
        yield Row(at, dict(zip(header, fields, strict=True)))
    if lines.cut:
        yield BadRow(lines.cut, f"a line is longer than {MAX_ROW_CHARS:,} characters")


def _read_on(lines: _Lines, first: str, delimiter: str, width: int) -> list[str] | None:
    """Read a row whose cells hold line breaks; None, and nothing read, when no whole row comes of it."""
    more: list[str] = []
    quotes, length, tries = first.count('"'), len(first), 0
    while len(more) < MAX_LINES_A_ROW and length < MAX_ROW_CHARS and tries < _MAX_TRIES:
        following = lines.take()
        if following is None:
            break
        more.append(following)
        length += len(following)
        found = following.count('"')
        quotes += found
        if found and quotes % 2 == 0:  # every mark that was opened can be closed
            tries += 1
            fields = _split("\n".join([first, *more]), delimiter, width)
            if fields is not None and len(fields) == width:
                return fields
    lines.give_back(more)  # it never closed: what follows are rows of their own
    fields = first.split(delimiter)
    return fields if len(fields) == width else None


class _Lines:
    """Lines of a text with their numbers; some can be given back. Over-long ones come out cut."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._waiting: list[str] = []
        self.number = 0
        self.cut = 0
        """The first line that was too long to be a row; 0: none was."""

    def take(self) -> str | None:
        """Return the next line without its end; None at the end of the file."""
        if self._waiting:
            self.number += 1
            return self._waiting.pop()
        line = self._text.readline(MAX_ROW_CHARS)
        if not line:
            return None
        self.number += 1
        if len(line) >= MAX_ROW_CHARS and not line.endswith("\n"):
            self.cut = self.cut or self.number
            while line and not line.endswith("\n"):  # the rest of it means nothing
                line = self._text.readline(MAX_ROW_CHARS)
            return ""
        return line.rstrip("\r\n")

    def give_back(self, lines: list[str]) -> None:
        """Take lines back, to be returned again in the same order."""
        self._waiting += reversed(lines)
        self.number -= len(lines)


def _split(text: str, delimiter: str, width: int) -> list[str] | None:
    """Split a row; None while a quotation mark is open."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as problem:
        if "unexpected end" in str(problem):
            return None
        plain = text.split(delimiter)  # quotation marks as plain letters: 27" monitor
        if len(plain) == width:
            return plain
        try:
            rows = list(csv.reader([text], delimiter=delimiter))
        except csv.Error:
            return plain
    return rows[0] if len(rows) == 1 else None


def _read_header(lines: _Lines, mapping: FeedMapping, name: str) -> tuple[str, list[str]]:
    for line in _first_lines(lines):
        delimiter = mapping.delimiter or _find_delimiter(line)
        fields = _split(line, delimiter, 0) or []
        if mapping.header:
            lines.give_back([line])
            return delimiter, _unique([squeeze(column) for column in mapping.header])
        if any("://" in field for field in fields):
            continue  # a product, not names
        own = {squeeze(column) for columns in mapping.columns.values() for column in columns}
        found = [squeeze(field) for field in fields]
        if count_known(fields) >= 2 or len(own & set(found)) >= min(2, max(1, len(own))):
            if len(fields) > MAX_COLUMNS:
                raise broken(name, f"it has more than {MAX_COLUMNS} columns", line=lines.number)
            return delimiter, _unique(found)
    raise broken(
        name,
        "no line with the names of the columns was found at its beginning",
        what_to_do="If they have names of their own, say in a mapping file which is which (under “columns”); "
        "if the file has no such line, say there what its columns are (“header”).",
    )


def _first_lines(lines: _Lines) -> Iterator[str]:
    for _ in range(_HEADER_LINES):
        line = lines.take()
        if line is None:
            return
        if line.strip():
            yield line


def _find_delimiter(line: str) -> str:
    return max(DELIMITERS, key=lambda mark: (count_known(_split(line, mark, 0) or []), line.count(mark)))


def _unique(names: list[str]) -> list[str]:
    """Keep the first of columns with the same name; the others get names that nobody asks for."""
    seen: set[str] = set()
    found = []
    for number, name in enumerate(names):
        found.append(f"{name} #{number}" if name in seen else name)
        seen.add(name)
    return found
