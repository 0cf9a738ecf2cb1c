"""Reads JSON Lines: one object a line. Objects inside become ``outer/inner``, lists several values."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, TextIO

from .columns import squeeze
from .rows import MAX_ROW_CHARS, BadRow, Row, Rows, broken

MAX_DEPTH = 6
MAX_VALUES = 5_000


def read_json_lines(text: TextIO, name: str) -> Rows:
    """Yield an object a line; a line that is none is a bad row."""
    number = 0
    while line := text.readline(MAX_ROW_CHARS):
        number += 1
        if len(line) >= MAX_ROW_CHARS and not line.endswith("\n"):
            while line and not line.endswith("\n"):
                line = text.readline(MAX_ROW_CHARS)
            yield BadRow(number, f"the line is longer than {MAX_ROW_CHARS:,} characters")
            continue
        plain = line.strip().rstrip(",")
        if not plain or plain == "]":
            continue
        if plain.startswith("[") and number == 1:
            raise broken(
                name,
                "it is one JSON list instead of JSON Lines; put each product on a line of its own",
                line=1,
            )
        try:
            value = json.loads(plain, parse_float=Decimal)
        except (ValueError, ArithmeticError):
            yield BadRow(number, "it is no JSON, or was cut off")
            continue
        except RecursionError:
            yield BadRow(number, "it is nested too deeply")
            continue
        if not isinstance(value, dict):
            yield BadRow(number, "it is not an object")
            continue
        cells: dict[str, str | tuple[str, ...]] = {}
        _flatten(value, "", cells, MAX_DEPTH)
        yield Row(number, cells)


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
