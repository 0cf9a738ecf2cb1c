"""What comes out of a feed's file before it means anything: rows with named cells, and rows that are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..errors import UserInputError

Cells = Mapping[str, str | tuple[str, ...]]
"""Column (as names are compared) → what stands there; several where an element or list holds several."""

MAX_ROW_CHARS = 1_000_000
"""A product takes no more room than this; what does is damage."""


@dataclass(frozen=True, slots=True)
class Row:
    """One product as the file has it. ``line`` is where it begins, from 1."""

    line: int
    cells: Cells


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be used (or, with ``kept``, not in full), and why."""

    line: int
    why: str
    file: str = ""
    kept: bool = False


Rows = Iterator[Row | BadRow]


def broken(name: str, problem: str, *, line: int | None = None, what_to_do: str = "") -> UserInputError:
    """Return the error for a feed that cannot be read to its end; nothing of it is taken over.

    ``what_to_do`` is a sentence; without it the file is to be got again.
    """
    where = f"{name}, line {line}" if line else name
    return UserInputError(
        f"The feed {where} cannot be read: {problem.rstrip('.')}. Nothing was changed. "
        f"{what_to_do or 'Get the file again.'}",
        code="feeds.broken",
        context={"line": line},
    )
