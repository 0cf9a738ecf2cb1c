"""What the commands print: tables for people on a terminal, JSON for programs. Progress goes to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from ..tasks import Task

COPIED_COLUMNS = frozenset({"Listing", "Order", "Id"})
_PLAIN = frozenset({str, int, float, bool, type(None)})


def to_plain(value: Any) -> Any:
    """Turn values into what JSON has: dataclasses into objects, money into text, times into ISO 8601."""
    kind: Any = type(value)
    if kind in _PLAIN:  # nearly all there is
        return value
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case Path():
            return str(value)
        case Mapping():
            return {str(to_plain(key)): to_plain(item) for key, item in value.items()}
        case frozenset() | set():
            return sorted(to_plain(item) for item in value)
        case tuple() | list():
            return [item if type(item) in _PLAIN else to_plain(item) for item in value]
        case _ if is_dataclass(value):
            short = _short_form_of(kind)
            return short(value) if short else {one: to_plain(getattr(value, one)) for one in _names_of(kind)}
    return value if isinstance(value, (int, float)) else str(value)


@cache
def _short_form_of(kind: type) -> Callable[[Any], Any] | None:
    """Return what writes a kind of value that has a form of its own; None for all others."""
    from ..model.listing import ListingRef
    from ..model.money import Credits, Money

    forms: dict[type, Callable[[Any], Any]] = {
        Money: lambda value: {"amount": str(value.decimal), "currency": value.currency},
        Credits: lambda value: {"amount": value.amount, "unit": value.unit},
        ListingRef: str,
    }
    return forms.get(kind)


@cache
def _names_of(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    print(json.dumps(to_plain(value), ensure_ascii=False, indent=2))


def to_json_lines(value: Any) -> str:
    """Write an object for programs, and for ``grep``: each entry of its lists on a line of its own.

    That takes a tenth of the time of indenting all of it, which counts for thousands of entries.
    """
    encode = json.JSONEncoder(ensure_ascii=False).encode
    parts: list[str] = []
    for name, one in to_plain(value).items():
        if isinstance(one, list) and one:
            rows = ",\n    ".join(map(encode, one))
            parts.append(f"  {encode(name)}: [\n    {rows}\n  ]")
        else:
            parts.append(f"  {encode(name)}: {encode(one)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def print_table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows for people; what comes from a marketplace is never read as markup.

    Into a pipe or a file they go as plain lines with tabs between, one a row, for ``cut`` and ``grep``.
    """
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            print("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold", expand=False)
    for column in columns:
        # What is copied into the next command must stay in one piece, however narrow the terminal is.
        whole = column in COPIED_COLUMNS
        table.add_column(column, overflow="ignore" if whole else "fold", no_wrap=whole)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(file=sys.stdout, soft_wrap=False).print(table)


@contextmanager
def show_progress(title: str, *, unit: str = "bytes") -> Iterator[Task]:
    """Draw a progress bar on stderr while the block reports to the task it is given."""
    task = Task(id=0, kind="command", title=title)
    if not sys.stderr.isatty():
        yield task
        return
    import threading

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    amount = DownloadColumn() if unit == "bytes" else MofNCompleteColumn()
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), amount, TimeRemainingColumn())
    ended = threading.Event()
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        row = progress.add_task(title, total=None)

        def follow() -> None:
            while not ended.wait(0.1):
                progress.update(row, completed=task.done, total=task.total)

        thread = threading.Thread(target=follow, name="clearance-progress", daemon=True)
        thread.start()
        try:
            yield task
        finally:
            ended.set()
            thread.join()
