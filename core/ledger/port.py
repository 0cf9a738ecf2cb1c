"""The port to the ledger: what the services may read and write, and in which unit of work.

All writes happen in a transaction: everything in it becomes durable together, its audit events
included, or nothing does. Reads outside one see the last committed state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, TypeVar

from ..audit.checkpoints import Checkpoint
from ..audit.verify import ChainReport
from ..model.audit import AuditEntry, AuditEvent
from ..model.declaration import Declaration
from ..model.evidence import Document, Refund
from ..model.fingerprint import KnownContent
from ..model.grant import Grant, GrantFile, GrantState, Usage
from ..model.listing import ListingRef
from ..model.order import Order, OrderState, Receipt
from ..model.quote import Approval, Quote
from ..model.resolution import Resolution
from .port_recent import RecentReader

V = TypeVar("V")


class LedgerReader(RecentReader, Protocol):
    """What can be asked. Lists are newest first unless said otherwise."""

    def quote(self, quote_id: str) -> Quote | None:
        """Return a quote, or None."""
        ...

    def approval(self, approval_id: str) -> Approval | None:
        """Return an approval, or None."""
        ...

    def approval_for(self, quote_id: str) -> Approval | None:
        """Return the newest approval of a quote, or None."""
        ...

    def order(self, order_id: str) -> Order | None:
        """Return an order, or None."""
        ...

    def orders(
        self,
        *,
        states: Collection[OrderState] = (),
        ref: ListingRef | None = None,
        limit: int = 1000,
    ) -> tuple[Order, ...]:
        """Return orders; an empty ``states`` means all."""
        ...

    def receipts(self, order_id: str) -> tuple[Receipt, ...]:
        """Return the receipts of an order."""
        ...

    def grant(self, grant_id: str) -> Grant | None:
        """Return a grant, or None."""
        ...

    def grants_by_id(self, grant_ids: Iterable[str]) -> Mapping[str, Grant]:
        """Return those of the grants that exist, in as few queries as possible."""
        ...

    def grants_by_face(self, numbers: Iterable[int]) -> Mapping[int, tuple[Grant, ...]]:
        """Return the grants that numbers on mesh faces stand for (``hash_grant_id``), in few queries.

        Numbers that stand for none are left out. Among many grants two may share a number: then both are
        named, by id.
        """
        ...

    def grants_for(self, ref: ListingRef) -> tuple[Grant, ...]:
        """Return all grants for a listing, whatever their state."""
        ...

    def grant_for_order(self, order_id: str) -> Grant | None:
        """Return the grant that an order led to, or None."""
        ...

    def grants(self, *, state: GrantState | None = None, limit: int = 1000) -> tuple[Grant, ...]:
        """Return grants."""
        ...

    def known_license_ids(self, ref: ListingRef) -> frozenset[str]:
        """Return the marketplace license ids that are already attached to grants of a listing."""
        ...

    def files(self, grant_id: str) -> tuple[GrantFile, ...]:
        """Return the files of a grant, in the order in which they came."""
        ...

    def documents(self, order_id: str) -> tuple[Document, ...]:
        """Return the documents of an order, in the order in which they came."""
        ...

    def receipts_of(self, order_ids: Iterable[str]) -> Mapping[str, tuple[Receipt, ...]]:
        """Return the receipts of those orders that have any, in the order in which they came; few queries."""
        ...

    def documents_of(self, order_ids: Iterable[str]) -> Mapping[str, tuple[Document, ...]]:
        """Return the documents of those orders that have any, in the order in which they came, likewise."""
        ...

    def files_of(self, grant_ids: Iterable[str]) -> Mapping[str, tuple[GrantFile, ...]]:
        """Return the files of those grants that have any, in the order in which they came, likewise."""
        ...

    def refund(self, refund_id: str) -> Refund | None:
        """Return a refund, or None."""
        ...

    def refunds(self, order_id: str = "") -> tuple[Refund, ...]:
        """Return the refunds of an order, or all."""
        ...

    def terms_text(self, terms_sha256: str) -> str | None:
        """Return the canonical JSON of a reading of license terms kept with a purchase, or None."""
        ...

    def usages(self, *, grant_id: str = "", scene: str = "") -> tuple[Usage, ...]:
        """Return usages, of a grant, of a scene, or all."""
        ...

    def resolutions(self) -> tuple[Resolution, ...]:
        """Return everything that was decided about findings, in the order in which it came."""
        ...

    def resolutions_about(self, subjects: Iterable[str]) -> tuple[Resolution, ...]:
        """Return what was decided about some subjects, in the order in which it came, in few queries."""
        ...

    def declaration(self, declaration_id: str) -> Declaration | None:
        """Return a declaration, withdrawn or not, or None."""
        ...

    def declarations_by_id(self, declaration_ids: Iterable[str]) -> Mapping[str, Declaration]:
        """Return those of the declarations that exist, withdrawn or not, in few queries."""
        ...

    def declarations_by_face(self, numbers: Iterable[int]) -> Mapping[int, tuple[Declaration, ...]]:
        """Return the declarations that numbers on mesh faces stand for, as with grants."""
        ...

    def declarations(self, *, limit: int = 1000) -> tuple[Declaration, ...]:
        """Return declarations, withdrawn or not."""
        ...

    def fingerprints(self, kind: str) -> Iterator[KnownContent]:
        """Go through all known content of a kind (``image``, ``mesh``), in the order in which it came.

        It is read in pieces: nothing is held open, and a million of them do not have to fit into memory.
        """
        ...

    def fingerprinted(self, grant_id: str) -> bool:
        """Say whether there are fingerprints of a grant or declaration."""
        ...

    def value(self, kind: type[V], value_id: str) -> V | None:
        """Return a value of a studio (a member, a request, a budget …) by its id, or None."""
        ...

    def values(
        self, kind: type[V], /, *, limit: int | None = None, newest: bool = False, **wanted: Any
    ) -> tuple[V, ...]:
        """Return values of a studio in the order in which they were written, or the newest first.

        ``wanted`` are fields with the value that they have to have; of a tuple or set, any of its values;
        of :class:`.port_recent.Between`, any between two.
        """
        ...

    def count_values(self, kind: type[object], /, **wanted: Any) -> int:
        """Return how many values of a studio there are; ``wanted`` as for :meth:`values`."""
        ...

    def fingerprints_of(self, grant_id: str) -> tuple[KnownContent, ...]:
        """Return what one grant's (or declaration's) content is recognized by, in the order of coming."""
        ...

    def grants_with_files(self, hashes: Iterable[str], *, fingerprinted: bool = True) -> tuple[str, ...]:
        """Return the ids of grants that have files of these SHA-256 hashes, 500 hashes a query.

        Not ``fingerprinted``: only those without any fingerprint.
        """
        ...

    def fingerprint_state(self) -> str:
        """Return a text that is another one whenever fingerprints came or went. Quick."""
        ...

    def audit(self, *, after: int = 0, limit: int = 10_000) -> tuple[AuditEntry, ...]:
        """Return audit entries in order, with ``sequence > after``."""
        ...


class LedgerTransaction(LedgerReader, Protocol):
    """A unit of work. Reads in it see its own writes."""

    def add_quote(self, quote: Quote) -> None:
        """Write a new quote; raise LedgerConflict when its id exists."""
        ...

    def add_approval(self, approval: Approval) -> None:
        """Write a new approval; raise LedgerConflict when its id exists."""
        ...

    def add_order(self, order: Order) -> None:
        """Write a new order.

        Raises LedgerConflict when its id or key exists, or when another order for the same listing, license
        and account is open (``OPEN_STATES``).
        """
        ...

    def change_order(self, order: Order) -> Order:
        """Write an order's new facts and return it with the next version.

        Raises LedgerConflict unless the stored ``version`` equals ``order.version`` and the state change is
        one of ``TRANSITIONS`` (or none).
        """
        ...

    def add_receipt(self, receipt: Receipt) -> None:
        """Write a receipt.

        Raises LedgerConflict when one with the same marketplace license (or, without one, the same
        marketplace order) exists for that marketplace.
        """
        ...

    def add_grant(self, grant: Grant) -> None:
        """Write a grant; raise LedgerConflict when one exists for the same order."""
        ...

    def change_grant_state(self, grant_id: str, state: GrantState, *, at: datetime) -> None:
        """Change whether a grant stands; raise LedgerConflict when there is no such grant."""
        ...

    def add_file(self, file: GrantFile) -> None:
        """Write a delivered file; the same file of the same grant twice is one row."""
        ...

    def add_document(self, document: Document) -> None:
        """Write a document of an order; the same file under the same name twice is one row.

        Raises LedgerConflict when there is no such order.
        """
        ...

    def add_refund(self, refund: Refund) -> None:
        """Write a new refund.

        Raises LedgerConflict when its id exists, when its order or grant does not, or when the order has one
        that is under way or done.
        """
        ...

    def change_refund(self, refund: Refund) -> None:
        """Write how a refund ended: state, time, amount and reference.

        Raises LedgerConflict when there is none that is still requested, or when what it is about differs.
        """
        ...

    def keep_terms(self, terms_sha256: str, text: str) -> None:
        """Keep a reading of license terms; the same hash twice is one row."""
        ...

    def replace_usages(self, scene: str, usages: Iterable[Usage]) -> None:
        """Replace what is known of the grants used in a scene."""
        ...

    def replace_usages_of(self, scenes: Mapping[str, Iterable[Usage]]) -> None:
        """Replace what is known of the grants used in each of some scenes."""
        ...

    def add_resolution(self, resolution: Resolution) -> None:
        """Write a new resolution; raise LedgerConflict when its id exists. It is never changed."""
        ...

    def add_declaration(self, declaration: Declaration) -> None:
        """Write a new declaration; raise LedgerConflict when its id exists. Only withdrawing changes it."""
        ...

    def withdraw_declaration(self, declaration_id: str, *, at: datetime) -> None:
        """Note that a declaration holds no more.

        Raises LedgerConflict when there is none, or when it was withdrawn before.
        """
        ...

    def replace_fingerprints(self, grant_id: str, contents: Iterable[KnownContent]) -> None:
        """Replace what a grant's (or a declaration's) content is recognized by.

        Raises LedgerConflict when there is no such grant or declaration, LedgerError when a fingerprint is
        of another one.
        """
        ...

    def add(self, value: object) -> None:
        """Write a new value of a studio.

        Raises LedgerConflict when its id exists or a rule of its table forbids it.
        """
        ...

    def change(self, value: V) -> V:
        """Write the new facts of a value of a studio and return it with the next version.

        Raises LedgerConflict unless the stored ``version`` equals the value's; TypeError for a kind of value
        that is written once.
        """
        ...

    def record(self, event: AuditEvent) -> AuditEntry:
        """Append to the audit chain, in this transaction."""
        ...


class Ledger(LedgerReader, Protocol):
    """A ledger that can be opened, written to and closed. Safe to use from several threads."""

    def transaction(self) -> AbstractContextManager[LedgerTransaction]:
        """Open a unit of work: committed when the block ends, rolled back when it raises.

        SQLite takes the write lock at once (``BEGIN IMMEDIATE``), so that two processes never both
        believe to be first.
        """
        ...

    def verify_audit(self, kept: Sequence[Checkpoint] = ()) -> ChainReport:
        """Verify the audit chain against itself, its checkpoints, and those that were ``kept`` elsewhere.

        Raises AuditError when the checkpoints are unreadable.
        """
        ...

    def write_checkpoint(self, *, at: datetime) -> Checkpoint:
        """Note size and root of the audit outside of the database."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...
