"""Turns whatever the database raises into LedgerError: what happened, and what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from ..errors import LedgerConflict, LedgerError
from .guards import AUDIT_NEVER, DECIDED_NEVER


class _Sentence(NamedTuple):
    code: str
    message: str


_LOCKED = _Sentence(
    "ledger.locked",
    "The ledger {place} is in use by another Blender or program. Wait a moment and try again; if it goes on, "
    "close the other programs that use it.",
)
_READ_ONLY = _Sentence(
    "ledger.read_only",
    "The ledger {place} cannot be written. Give your user the right to write this file and its folder, or "
    "choose another folder for Clearance's data.",
)
_FULL = _Sentence(
    "ledger.disk_full",
    "The disk with the ledger {place} is full; nothing of this step was saved. Free some space, then try "
    "again.",
)
_CORRUPT = _Sentence(
    "ledger.corrupt",
    "The ledger {place} is damaged or is no ledger. Close Blender, put the file and those beside it with the "
    "same name aside (do not delete them), put back your newest backup, and run `clearance reconcile`.",
)
_CANNOT_OPEN = _Sentence(
    "ledger.cannot_open",
    "The ledger {place} cannot be opened. Make sure that its folder exists and that your user may read and "
    "write in it.",
)
_IO = _Sentence(
    "ledger.io",
    "The disk with the ledger {place} failed to read or write; nothing of this step was saved. Check the "
    "disk and the connection to it.",
)
_INVALID = _Sentence(
    "ledger.invalid_value",
    "The ledger {place} cannot keep a value that is too large or not valid text; nothing of this step was "
    "saved.",
)
_CLOSED = _Sentence("ledger.closed", "The ledger {place} is closed. Restart the work that needs it.")
_OTHER = _Sentence(
    "ledger.database",
    "The ledger {place} could not do what was asked ({what}); nothing of this step was saved.",
)

_BY_NAME = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_PROTOCOL": _LOCKED,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_PERM": _READ_ONLY,
    "SQLITE_FULL": _FULL,
    "SQLITE_CORRUPT": _CORRUPT,
    "SQLITE_NOTADB": _CORRUPT,
    "SQLITE_FORMAT": _CORRUPT,
    "SQLITE_CANTOPEN": _CANNOT_OPEN,
    "SQLITE_AUTH": _CANNOT_OPEN,
    "SQLITE_IOERR": _IO,
    "SQLITE_NOLFS": _FULL,
    "SQLITE_TOOBIG": _INVALID,
    "SQLITE_MISMATCH": _INVALID,
}


@contextmanager
def translated(place: object) -> Iterator[None]:
    """Raise LedgerConflict or LedgerError instead of what SQLAlchemy, the driver or a codec raises."""
    try:
        yield
    except IntegrityError as error:
        raise conflict(error) from error
    except (SQLAlchemyError, sqlite3.Error, OverflowError, UnicodeError) as error:
        raise _explain(error, str(place)) from error


def conflict(error: IntegrityError) -> LedgerConflict:
    """Say which rule of the ledger a row would have broken."""
    rule = str(error.orig)
    if "FOREIGN KEY" in rule:
        message = "This refers to something that is not in the ledger. Nothing was saved."
    elif AUDIT_NEVER in rule:
        message = "The audit is only ever added to. Nothing was saved."
    elif DECIDED_NEVER in rule:
        message = (
            "What was decided or declared stays as it was; a declaration can be withdrawn, once. Nothing was "
            "saved; add a new one instead."
        )
    elif "CHECK" in rule or "NOT NULL" in rule:
        message = f"The ledger does not take such a value ({rule}). Nothing was saved."
    else:
        message = f"This is in the ledger already ({rule}). Nothing was saved; look at what is there first."
    return LedgerConflict(message, context={"rule": rule})


def _explain(error: Exception, place: str) -> LedgerError:
    causes = list(_causes(error))
    cause = causes[0]
    chosen = next((found for each in causes if (found := _find_sentence(each))), _OTHER)
    return LedgerError(
        chosen.message.format(place=place, what=f"{type(cause).__name__}: {cause}"),
        code=chosen.code,
        retryable=chosen is _LOCKED,
        context={"place": place, "cause": type(cause).__name__},
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those during whose handling it came up, as the driver raised them.

    A full disk, say, ends SQLite's transaction by itself, and what comes out then is that the savepoint is
    gone.
    """
    while error is not None:
        yield error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        error = error.__context__


def _find_sentence(cause: BaseException) -> _Sentence | None:
    name = str(getattr(cause, "sqlite_errorname", ""))
    text = str(cause)
    if isinstance(cause, OverflowError | UnicodeError):
        return _INVALID
    if isinstance(cause, sqlite3.Error) and "decode to UTF-8" in text:
        return _CORRUPT
    if isinstance(cause, sqlite3.Error | SQLAlchemyError) and "closed" in text:
        return _CLOSED
    return next((found for prefix, found in _BY_NAME.items() if name.startswith(prefix)), None)
