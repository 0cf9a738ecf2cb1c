"""Reads JSON feeds: one object a line, one list of objects, or an object that such a list lies in.

Objects inside a product become ``outer/inner``, lists several values. Whatever the file, no more than one
product is in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TextIO

from .columns import FeedMapping, count_known, squeeze
from .json_source import JsonSource, Odd
from .rows import MAX_ROW_CHARS, BadRow, Row, Rows, broken

MAX_DEPTH = 6
MAX_VALUES = 5_000
LIST_NAMES = frozenset(
    {"products", "product", "items", "item", "entries", "entry", "offers", "listings", "results", "rows",
     "records", "assets", "models", "articles", "catalog", "feed", "data", "list", "channel", "resources",
     "docs", "hits", "resultlist", "result list", "productlist", "product list"}
)  # fmt: skip
"""What a list of products is called, or an object that holds it."""
_TOO_LONG = f"it is longer than {MAX_ROW_CHARS:,} characters"
_WHY = {Odd.DAMAGED: "it is no JSON", Odd.TOO_LONG: _TOO_LONG, Odd.TOO_DEEP: "it is nested too deeply"}


def read_json(text: TextIO, mapping: FeedMapping, name: str, *, start: str) -> Rows:
    """Yield the products; raise UserInputError where there is no list of them, or it is cut off.

    ``start`` is how the text begins.
    """
    own = frozenset(squeeze(column) for columns in mapping.columns.values() for column in columns)
    if _is_lines(start, own, named=bool(mapping.row)):
        return _read_lines(text)
    return _read_tree(JsonSource(text, name), own, squeeze(mapping.row), name)


def _is_lines(start: str, own: frozenset[str], *, named: bool) -> bool:
    """Say whether each line is a product: the first one is whole, and no object that holds a list.

    ``named``: the user says what the list is called, so there is one.
    """
    if named or not start.startswith("{"):
        return False
    first, line_end, _rest = start.partition("\n")
    try:
        value = json.loads(first, parse_float=Decimal)
    except RecursionError:
        return True
    except (ValueError, ArithmeticError):  # damaged, or the beginning of something that goes on below
        whole = first.count("{") == first.count("}") and first.count("[") == first.count("]")
        return whole and bool(line_end)
    if not isinstance(value, dict) or is_product(value, own):
        return True
    return bool(line_end) and not any(squeeze(str(key)) in LIST_NAMES for key in value)


def is_product(value: dict[str, Any], own: frozenset[str]) -> bool:
    """Say whether an object tells what products tell; ``own`` are columns that a mapping names."""
    return count_known([str(key) for key in value]) + len(own & {squeeze(str(key)) for key in value}) >= 2


def _read_lines(text: TextIO) -> Rows:
    number = 0
    while line := text.readline(MAX_ROW_CHARS):
        number += 1
        if len(line) >= MAX_ROW_CHARS and not line.endswith("\n"):
            while line and not line.endswith("\n"):
                line = text.readline(MAX_ROW_CHARS)
            yield BadRow(number, f"the line is longer than {MAX_ROW_CHARS:,} characters")
            continue
        plain = line.strip().rstrip(",")
        if not plain:
            continue
        try:
            value = json.loads(plain, parse_float=Decimal)
        except (ValueError, ArithmeticError):
            yield BadRow(number, "it is no JSON, or was cut off")
        except RecursionError:
            yield BadRow(number, "it is nested too deeply")
        else:
            yield _row(number, value)


def _read_tree(source: JsonSource, own: frozenset[str], wanted: str, name: str) -> Rows:
    found = False
    while mark := source.peek():
        if mark == "[":
            found = True
            yield from _read_list(source)
        elif mark == "{":
            line, value = source.line, source.take()
            if isinstance(value, dict) and is_product(value, own) and not wanted:
                found = True
                yield _row(line, value)
            elif isinstance(value, dict):
                rows = _find_list(value, wanted, MAX_DEPTH)
                found = found or rows is not None
                yield from (_row(line, one) for one in rows or ())
            elif value is Odd.TOO_LONG:
                for row in _read_object(source, wanted, MAX_DEPTH):
                    found = True
                    yield row
            else:
                yield BadRow(line, _WHY[value])
        else:
            raise broken(name, "it is no JSON", line=source.line)
        source.skip(",")
    if not found:
        raise broken(
            name,
            "no list of products was found in it",
            what_to_do="Say in a mapping file what the list is called: row = “…”.",
        )


def _read_list(source: JsonSource) -> Rows:
    source.skip("[")
    while not source.skip("]"):
        if not source.peek():
            raise source.cut_off()
        line, value = source.line, source.take()
        if value is Odd.TOO_LONG:
            source.pass_over()
        yield _row(line, value)
        if not source.skip(",") and source.peek() not in ("]", "{"):
            source.pass_over()
            yield BadRow(source.line, _WHY[Odd.DAMAGED])


def _read_object(source: JsonSource, wanted: str, depth: int) -> Iterator[Row | BadRow]:
    """Look through an object that is too long to be held for the list of products."""
    source.skip("{")
    while not source.skip("}"):
        key = source.take()
        if not source.skip(":"):
            raise source.cut_off()
        named = isinstance(key, str) and (squeeze(key) == wanted if wanted else squeeze(key) in LIST_NAMES)
        mark = source.peek()
        if mark == "[" and named:
            yield from _read_list(source)
        elif mark == "{" and depth and (named or wanted):
            yield from _read_object(source, wanted, depth - 1)
        else:
            source.pass_over()
        source.skip(",")


def _find_list(value: dict[str, Any], wanted: str, depth: int) -> list[Any] | None:
    for key, part in value.items():
        named = squeeze(str(key)) == wanted if wanted else squeeze(str(key)) in LIST_NAMES
        if named and isinstance(part, list):
            return part
        if isinstance(part, dict) and depth and (named or wanted):
            rows = _find_list(part, wanted, depth - 1)
            if rows is not None:
                return rows
    return None


def _row(line: int, value: Any) -> Row | BadRow:
    if isinstance(value, Odd):
        return BadRow(line, _WHY[value])
    if not isinstance(value, dict):
        return BadRow(line, "it is not an object")
    cells: dict[str, str | tuple[str, ...]] = {}
    _flatten(value, "", cells, MAX_DEPTH)
    return Row(line, cells)


def _flatten(value: dict[str, Any], prefix: str, cells: dict[str, str | tuple[str, ...]], depth: int) -> None:
    for key, part in value.items():
        if len(cells) >= MAX_VALUES:
            return
        name = f"{prefix}{squeeze(str(key))}"
        if isinstance(part, dict):
            if depth:
                _flatten(part, f"{name}/", cells, depth - 1)
        elif isinstance(part, list):
            texts = tuple(_text(one) for one in part[:200] if not isinstance(one, dict | list))
            inner = [one for one in part[:200] if isinstance(one, dict)]
            if texts:
                cells.setdefault(name, texts)
            if inner and depth:
                _flatten(inner[0], f"{name}/", cells, depth - 1)
        elif part is not None:
            cells.setdefault(name, _text(part))


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}" if value.is_finite() and -20 <= value.adjusted() <= 20 else ""
        case int():
            return str(value) if abs(value) < 10**30 else ""
        case float():  # NaN and Infinity, which JSON does not have but Python reads
            return ""
    return str(value)
