"""The end of the audit chain as the ledger keeps it: last hash and Merkle frontier in one row."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from ..audit.merkle import Frontier
from ..errors import LedgerError
from . import schema
from .codecs import Columns

_DIGEST_CHARS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """Where the chain ends. Its frontier is not to be appended to: make a new one from its state."""

    entry_sha256: str
    frontier: Frontier

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self.frontier.size

    @property
    def root(self) -> str:
        """The Merkle root of all entries, as hex."""
        return self.frontier.root().hex()


def read_tail(connection: Connection) -> Tail:
    """Read the end of the chain; nobody else can append while the transaction holds the right to write.

    Raises LedgerError when the row is not there or not readable.
    """
    table = schema.audit_tail
    row = connection.execute(select(table)).first()
    try:
        if row is None:
            raise ValueError("no row")
        digits = bytes.fromhex(row.frontier)
        roots = [digits[start : start + 32] for start in range(0, len(digits), 32)]
        if len(row.entry_sha256) != _DIGEST_CHARS:
            raise ValueError("not a hash")
        return Tail(entry_sha256=row.entry_sha256, frontier=Frontier(row.size, roots))
    except (ValueError, TypeError) as error:
        raise damaged_tail() from error


def damaged_tail() -> LedgerError:
    """Say that the chain cannot be added to."""
    return LedgerError(
        "The end of the ledger's audit chain is damaged, so nothing can be added to it. Put back your newest "
        "backup and run `clearance reconcile`.",
        code="ledger.damaged_row",
        context={"table": schema.audit_tail.name},
    )


def tail_columns(tail: Tail) -> Columns:
    """Write the end of the chain."""
    return {
        "size": tail.size,
        "entry_sha256": tail.entry_sha256,
        "frontier": b"".join(tail.frontier.roots).hex(),
    }
