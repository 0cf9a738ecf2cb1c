"""How single facts are written into columns: moments, amounts, text; and what columns do not take.

The same on every database, so that a ledger can move from one to the other without losing anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from ..errors import LedgerError
from ..model.money import Cost, decode_cost, encode_cost

Row = Mapping[str, Any]
Columns = dict[str, Any]
V = TypeVar("V")

_INTEGER_LIMIT = 2**63


def encode_moment(at: datetime) -> str:
    """Write a moment as ``2026-11-23T15:14:26.000000Z``; raise LedgerError without a time zone."""
    if at.tzinfo is None:
        raise _refused("a moment without a time zone")
    try:
        return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    except OverflowError:
        raise _refused("a moment outside of the years 1 to 9999") from None


_MOMENT_LENGTH = len("2026-03-02T10:00:00.000000Z")


def decode_moment(text: str) -> datetime:
    """Read what :func:`encode_moment` wrote; raise ValueError for anything else."""
    # What fromisoformat takes beside the one form that is written: weeks, blanks, commas, zones.
    if len(text) != _MOMENT_LENGTH or (text[10], text[19], text[26]) != ("T", ".", "Z") or text[5] == "W":
        raise ValueError("not a stored moment")
    at = datetime.fromisoformat(text[:26])
    if at.tzinfo is not None:
        raise ValueError("not a stored moment")
    return at.replace(tzinfo=UTC)


def encode_cost_text(cost: Cost | None) -> str | None:
    """Write an amount; raise LedgerError for one that could not be read back."""
    text = encode_cost(cost)
    try:
        same = decode_cost(text) == cost
    except ValueError:
        same = False
    if not same:
        raise _refused("an amount without a currency or unit")
    return text


def encode_optional(at: datetime | None) -> str | None:
    """Write a moment that may not be there."""
    return None if at is None else encode_moment(at)


def decode_optional(text: str | None) -> datetime | None:
    """Read a moment that may not be there."""
    return None if text is None else decode_moment(text)


def check_columns(columns: Columns) -> Columns:
    """Return the columns; raise LedgerError for text or numbers that not every database can keep."""
    for name, value in columns.items():
        if isinstance(value, str):
            if "\x00" in value or not _encodable(value):
                raise _refused(f"the text in {name}, which has a NUL or half a character in it")
        elif isinstance(value, int) and not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
            raise _refused(f"a number as large as that in {name}")
    return columns


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refused(what: str) -> LedgerError:
    return LedgerError(f"The ledger cannot keep {what}. Nothing was saved.", code="ledger.invalid_value")


def read_row(reader: Callable[[Row], V], row: Row, *, table: str) -> V:
    """Make a value of a row; raise LedgerError when it does not make one."""
    try:
        return reader(row)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        row_id = str(row.get("id", row.get("serial", "")))
        raise LedgerError(
            f"A row of {table} in the ledger is damaged ({row_id}). Put back your newest backup and run "
            "`clearance reconcile`.",
            code="ledger.damaged_row",
            context={"table": table, "row": row_id},
        ) from error
