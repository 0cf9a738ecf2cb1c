"""Turns whatever the database raises into LedgerError: what happened, and what to do about it."""

from __future__ import annotations

import sqlite3
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from ..errors import LedgerConflict, LedgerError
from .guards import AUDIT_NEVER, BOOKED_NEVER, DECIDED_NEVER
from .moved import MOVED_NEVER


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
_UNREACHABLE = _Sentence(
    "ledger.unreachable",
    "The studio's ledger {place} does not answer. Check the network and that the database runs, then try "
    "again. Whether a step that was being saved right now arrived is looked up by `clearance reconcile`.",
)
_NOT_ALLOWED = _Sentence(
    "ledger.not_allowed",
    "Your login at the studio's ledger {place} does not have the right to do this ({what}); nothing was "
    "saved. Ask whoever looks after the ledger for the role or the limit that it needs.",
)
_REFUSED = _Sentence(
    "ledger.login_refused",
    "The studio's ledger {place} refused the login. Check name and password (`clearance ledger "
    "login` keeps it; --ask-password asks for it, where a command has that), or ask whoever looks after it.",
)
_NOT_TRUSTED = _Sentence(
    "ledger.not_trusted",
    "The studio's ledger {place} is not who it says, as far as this machine can tell ({what}). Use the "
    "name that is in its certificate, and have this machine trust the authority that signed it (a file "
    "named in SSL_CERT_FILE, or the system's store). Nothing was sent.",
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

# Classes and codes of https://www.postgresql.org/docs/current/errcodes-appendix.html; the first that fits.
_BY_STATE = {
    "08": _UNREACHABLE,
    "57P": _UNREACHABLE,
    "55P03": _LOCKED,
    "57014": _LOCKED,
    "40": _LOCKED,
    "42501": _NOT_ALLOWED,
    "25006": _READ_ONLY,
    "28": _REFUSED,
    "3D000": _CANNOT_OPEN,
    "53100": _FULL,
    "53": _UNREACHABLE,
    "58": _IO,
    "XX": _CORRUPT,
    "22": _INVALID,
    "54": _INVALID,
}


@contextmanager
def translated(place: object) -> Iterator[None]:
    """Raise LedgerConflict or LedgerError instead of what SQLAlchemy, the driver or a codec raises."""
    try:
        yield
    except DBAPIError as error:
        raise (conflict(error) if is_conflict(error) else _explain(error, str(place))) from error
    except (
        SQLAlchemyError,
        sqlite3.Error,
        ConnectionError,
        TimeoutError,
        ssl.SSLError,
        OverflowError,
        UnicodeError,
    ) as error:
        raise _explain(error, str(place)) from error


def is_conflict(error: DBAPIError) -> bool:
    """Say whether a rule of the database would have been broken, rather than something having failed."""
    # PostgreSQL's driver raises one kind of error for everything: class 23 are broken constraints, P0001 is
    # what the ledger's own guards raise.
    state = sql_state(error.orig)
    return isinstance(error, IntegrityError) or state[:2] == "23" or state == "P0001"


def sql_state(cause: object) -> str:
    """Return PostgreSQL's code of an error (such as ``23505``); empty for anything else."""
    facts = _server_facts(cause)
    return str(facts.get("C", ""))


def _server_facts(cause: object) -> Mapping[str, object]:
    """Return what a PostgreSQL server said of an error, by the letters of its protocol."""
    arguments = getattr(cause, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], dict) else {}


def _name_rule(cause: object) -> str:
    """Return what names the broken rule: the server's sentence, without the values that it quotes."""
    return str(_server_facts(cause).get("M", "")) or str(cause)


def conflict(error: DBAPIError) -> LedgerConflict:
    """Say which rule of the ledger a row would have broken."""
    state, rule = sql_state(error.orig), _name_rule(error.orig)
    if "FOREIGN KEY" in rule or state == "23503":
        message = "This refers to something that is not in the ledger. Nothing was saved."
    elif MOVED_NEVER in rule:
        message = f"The ledger was left behind: {rule}. Nothing was saved; use the new one."
    elif AUDIT_NEVER in rule:
        message = "The audit is only ever added to. Nothing was saved."
    elif DECIDED_NEVER in rule:
        message = (
            "What was decided or declared stays as it was; a declaration can be withdrawn, once. Nothing was "
            "saved; add a new one instead."
        )
    elif BOOKED_NEVER in rule:
        message = "What was booked stays as it was. Nothing was saved; book a correction instead."
    elif "CHECK" in rule or "NOT NULL" in rule or state in {"23502", "23514"}:
        message = f"The ledger does not take such a value ({rule}). Nothing was saved."
    else:
        message = f"This is in the ledger already ({rule}). Nothing was saved; look at what is there first."
    return LedgerConflict(message, context={"rule": rule})


def _explain(error: Exception, place: str) -> LedgerError:
    causes = list(_causes(error))
    cause = causes[0]
    chosen = next((found for each in causes if (found := _find_sentence(each))), _OTHER)
    return LedgerError(
        chosen.message.format(
            place=place, what=_name_rule(cause) if sql_state(cause) else f"{type(cause).__name__}: {cause}"
        ),
        code=chosen.code,
        retryable=chosen in (_LOCKED, _UNREACHABLE),
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
    if state := sql_state(cause):
        return next((found for prefix, found in _BY_STATE.items() if state.startswith(prefix)), None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _NOT_TRUSTED
    lost = ConnectionError | TimeoutError | ssl.SSLError
    if isinstance(cause, lost) or type(cause).__name__ == "InterfaceError":
        return _UNREACHABLE
    if isinstance(cause, sqlite3.Error) and "decode to UTF-8" in text:
        return _CORRUPT
    if isinstance(cause, sqlite3.Error | SQLAlchemyError) and "closed" in text:
        return _CLOSED
    return next((found for prefix, found in _BY_NAME.items() if name.startswith(prefix)), None)
