"""A unit of work: every write of the ledger, on one connection that holds the write lock.

Rules are checked by the database where it can, so that no other program can break them either. A conflict
that the caller handles leaves the rest of the unit as it was: each write is its own savepoint, but for single
statements on SQLite, which takes back a statement that fails by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Table, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from ..audit.chain import link
from ..audit.merkle import Frontier
from ..audit.secrecy import clean_event
from ..audit.verify import hash_to_leaf
from ..errors import LedgerConflict, LedgerError
from ..model.audit import AuditEntry, AuditEvent
from ..model.declaration import Declaration
from ..model.evidence import Document, Refund, RefundState
from ..model.fingerprint import KnownContent
from ..model.grant import Grant, GrantFile, GrantState, Usage
from ..model.order import TRANSITIONS, Order, Receipt
from ..model.quote import Approval, Quote
from ..model.resolution import Resolution
from . import decision_rows, entries, rows, schema
from .codecs import Columns, check_columns, encode_moment
from .reader import SqlReader, hold
from .studio_tables import record_of
from .tail import Tail, damaged_tail, read_tail, tail_columns
from .trouble import conflict, is_conflict, translated

_AT_ONCE = 500
"""Scenes in one statement: databases limit how many values one has."""

V = TypeVar("V")


class SqlTransaction(SqlReader):
    """A unit of work in a SQL database. Reads in it see its own writes."""

    def __init__(self, connection: Connection, *, place: str) -> None:
        super().__init__(partial(hold, connection), place=place)
        self._connection = connection
        self._in_postgres = connection.dialect.name == "postgresql"
        self._tail: Tail | None = None
        """The chain's end, once it was read: until the commit nobody else can append."""

    def add_quote(self, quote: Quote) -> None:
        """Write a new quote; raise LedgerConflict when its id exists."""
        self._insert(schema.quotes, rows.quote_columns(quote))

    def add_approval(self, approval: Approval) -> None:
        """Write a new approval; raise LedgerConflict when its id exists or its quote does not."""
        self._insert(schema.approvals, rows.approval_columns(approval))

    def add_order(self, order: Order) -> None:
        """Write a new order.

        Raises LedgerConflict when its id or key exists, when its quote or approval does not, or when another
        order for the same listing, license and account is open.
        """
        self._insert(schema.orders, rows.order_columns(order))

    def change_order(self, order: Order) -> Order:
        """Write an order's new facts and return it with the next version.

        Raises LedgerConflict unless the stored version is ``order.version`` and the state change is one of
        ``TRANSITIONS`` (or none). What an order is about (key, listing, quote, approval, time of making)
        never changes.
        """
        stored = self.order(order.id)
        if stored is None:
            raise LedgerConflict("There is no such order in the ledger.", context={"order_id": order.id})
        if stored.version != order.version:
            raise LedgerConflict(
                "Somebody else changed this order in the meantime. Read it again before going on.",
                context={"order_id": order.id, "stored": stored.version, "given": order.version},
            )
        if order.state is not stored.state and order.state not in TRANSITIONS[stored.state]:
            raise LedgerConflict(
                f"An order that is {stored.state} cannot become {order.state}.",
                context={"order_id": order.id, "from": stored.state, "to": order.state},
            )
        if _identity(order) != _identity(stored):
            raise LedgerConflict(
                "An order's key, listing, quote and approval never change. Make a new order instead.",
                context={"order_id": order.id},
            )
        table = schema.orders
        columns = check_columns(rows.order_columns(order) | {"version": order.version + 1})
        statement = (
            update(table).where(table.c.id == order.id, table.c.version == order.version).values(columns)
        )
        with self._writing(one=True):
            changed = self._connection.execute(statement).rowcount
        if changed != 1:
            raise LedgerConflict(
                "Somebody else changed this order in the meantime. Read it again before going on.",
                context={"order_id": order.id},
            )
        return rows.read_order(columns)

    def add_receipt(self, receipt: Receipt) -> None:
        """Write a receipt.

        Raises LedgerConflict when one with the same marketplace license (or, without one, the same
        marketplace order) exists for that marketplace, or when there is no such order.
        """
        order = self.order(receipt.order_id)
        if order is None:
            raise LedgerConflict(
                "There is no order in the ledger for this receipt.", context={"order_id": receipt.order_id}
            )
        marketplace = order.ref.marketplace
        if receipt.marketplace_order_id and not receipt.marketplace_license_id:
            table = schema.receipts
            query = select(table.c.id).where(
                table.c.marketplace == marketplace,
                table.c.marketplace_order_id == receipt.marketplace_order_id,
            )
            with translated(self._place):
                known = self._connection.execute(query.limit(1)).first()
            if known is not None:
                raise LedgerConflict(
                    f"The marketplace's order {receipt.marketplace_order_id} has a receipt already.",
                    context={"order_id": receipt.order_id, "receipt_id": known.id},
                )
        self._insert(schema.receipts, rows.receipt_columns(receipt, marketplace=marketplace))

    def add_grant(self, grant: Grant) -> None:
        """Write a grant; raise LedgerConflict when one exists for the same order, or no such order does."""
        self._insert(schema.grants, rows.grant_columns(grant))

    def change_grant_state(self, grant_id: str, state: GrantState, *, at: datetime) -> None:
        """Change whether a grant stands; raise LedgerConflict when there is no such grant."""
        table = schema.grants
        values = {"state": str(state), "state_changed_at": encode_moment(at)}
        with self._writing(one=True):
            changed = self._connection.execute(update(table).where(table.c.id == grant_id).values(values))
        if changed.rowcount != 1:
            raise LedgerConflict("There is no such grant in the ledger.", context={"grant_id": grant_id})

    def add_file(self, file: GrantFile) -> None:
        """Write a delivered file; the same file (content and name) of the same grant twice is one row."""
        table = schema.files
        query = select(table.c.serial).where(
            table.c.grant_id == file.grant_id, table.c.sha256 == file.sha256, table.c.name == file.name
        )
        with translated(self._place):
            known = self._connection.execute(query).first()
        if known is None:
            self._insert(table, rows.file_columns(file))

    def add_document(self, document: Document) -> None:
        """Write a document of an order; the same file under the same name twice is one row.

        Raises LedgerConflict when there is no such order.
        """
        table = schema.documents
        query = select(table.c.serial).where(
            table.c.order_id == document.order_id,
            table.c.sha256 == document.sha256,
            table.c.name == document.name,
        )
        with translated(self._place):
            known = self._connection.execute(query).first()
        if known is None:
            self._insert(table, rows.document_columns(document))

    def add_refund(self, refund: Refund) -> None:
        """Write a new refund.

        Raises LedgerConflict when its id exists, when its order or grant does not, or when the order has one
        that is under way or done.
        """
        self._insert(schema.refunds, rows.refund_columns(refund))

    def change_refund(self, refund: Refund) -> None:
        """Write how a refund ended: state, time, amount and reference.

        Raises LedgerConflict when there is none that is still requested, or when what it is about differs.
        """
        stored = self.refund(refund.id)
        if stored is None or stored.state is not RefundState.REQUESTED:
            raise LedgerConflict(
                "There is no such refund that is still open.", context={"refund_id": refund.id}
            )
        about = replace(
            refund,
            state=stored.state,
            settled_at=stored.settled_at,
            amount=stored.amount,
            reference=stored.reference,
        )
        if about != stored:
            raise LedgerConflict(
                "What a refund is about never changes. Note a new one instead.",
                context={"refund_id": refund.id},
            )
        table = schema.refunds
        columns = check_columns(rows.refund_columns(refund))
        statement = (
            update(table)
            .where(table.c.id == refund.id, table.c.state == str(RefundState.REQUESTED))
            .values(columns)
        )
        with self._writing(one=True):
            self._connection.execute(statement)

    def keep_terms(self, terms_sha256: str, text: str) -> None:
        """Keep a reading of license terms; the same hash twice is one row.

        Raises LedgerConflict for another text under a hash that is there.
        """
        kept = self.terms_text(terms_sha256)
        if kept is None:
            self._insert(schema.terms, {"terms_sha256": terms_sha256, "body": text})
        elif kept != text:
            raise LedgerConflict(
                "The ledger keeps other license terms under this hash.",
                context={"terms_sha256": terms_sha256},
            )

    def replace_usages(self, scene: str, usages: Iterable[Usage]) -> None:
        """Replace what is known of the grants used in a scene.

        Raises LedgerConflict when a grant is there twice, LedgerError when a usage is of another scene.
        """
        self.replace_usages_of({scene: usages})

    def replace_usages_of(self, scenes: Mapping[str, Iterable[Usage]]) -> None:
        """Replace what is known of the grants used in each of some scenes; all of it or, on errors, nothing.

        Raises as :meth:`replace_usages` does.
        """
        table = schema.usages
        columns: list[Columns] = []
        for scene, usages in scenes.items():
            of_scene = [check_columns(rows.usage_columns(usage)) for usage in usages]
            if any(usage["scene"] != scene for usage in of_scene):
                raise LedgerError(
                    "The usages are of another scene than the one to be replaced.",
                    code="ledger.invalid_value",
                )
            columns += of_scene
        names = list(scenes)
        with self._writing():
            for start in range(0, len(names), _AT_ONCE):
                some = names[start : start + _AT_ONCE]
                self._connection.execute(delete(table).where(table.c.scene.in_(some)))
            if columns:
                self._connection.execute(insert(table), columns)

    def add_resolution(self, resolution: Resolution) -> None:
        """Write a new resolution; raise LedgerConflict when its id exists. It is never changed."""
        self._insert(schema.resolutions, decision_rows.resolution_columns(resolution))

    def add_declaration(self, declaration: Declaration) -> None:
        """Write a new declaration; raise LedgerConflict when its id exists. Only withdrawing changes it."""
        self._insert(schema.declarations, decision_rows.declaration_columns(declaration))

    def withdraw_declaration(self, declaration_id: str, *, at: datetime) -> None:
        """Note that a declaration holds no more.

        Raises LedgerConflict when there is none, or when it was withdrawn before.
        """
        table = schema.declarations
        statement = (
            update(table)
            .where(table.c.id == declaration_id, table.c.withdrawn_at.is_(None))
            .values({"withdrawn_at": encode_moment(at)})
        )
        with self._writing(one=True):
            changed = self._connection.execute(statement).rowcount
        if changed != 1:
            raise LedgerConflict(
                "There is no such declaration that still holds.", context={"declaration_id": declaration_id}
            )

    def replace_fingerprints(self, grant_id: str, contents: Iterable[KnownContent]) -> None:
        """Replace what a grant's (or a declaration's) content is recognized by.

        Raises LedgerConflict when there is no such grant or declaration, LedgerError when a fingerprint is
        of another one.
        """
        table = schema.fingerprints
        columns = [check_columns(decision_rows.content_columns(content)) for content in contents]
        if any(content["grant_id"] != grant_id for content in columns):
            raise LedgerError(
                "The fingerprints are of another license than the one whose they would be.",
                code="ledger.invalid_value",
            )
        if self.grant(grant_id) is None and self.declaration(grant_id) is None:
            raise LedgerConflict(
                "There is no such grant or declaration in the ledger.", context={"grant_id": grant_id}
            )
        with self._writing():
            self._connection.execute(delete(table).where(table.c.grant_id == grant_id))
            if columns:
                self._connection.execute(insert(table), columns)

    def add(self, value: object) -> None:
        """Write a new value of a studio (a member, a request, a budget …).

        Raises LedgerConflict when its id exists or a rule of its table forbids it.
        """
        record = record_of(type(value))
        self._insert(record.table, record.write(value))

    def change(self, value: V) -> V:
        """Write the new facts of a value of a studio and return it with the next version.

        Raises LedgerConflict unless the stored ``version`` equals the value's; TypeError for a kind of value
        that is written once (it has no version).
        """
        record = record_of(type(value))
        if not record.versioned:
            raise TypeError(f"a {record.kind.__name__} is never changed")
        columns = check_columns(record.write(value))
        version = columns["version"]
        table = record.table
        statement = (
            update(table)
            .where(table.c.id == columns["id"], table.c.version == version)
            .values(columns | {"version": version + 1})
        )
        with self._writing(one=True):
            changed = self._connection.execute(statement).rowcount
        if changed != 1:
            raise LedgerConflict(
                "Somebody else changed this in the meantime. Read it again before going on.",
                context={"kind": record.kind.__name__, "id": columns["id"]},
            )
        return record.read(columns | {"version": version + 1})

    def record(self, event: AuditEvent) -> AuditEntry:
        """Append to the audit chain, in this transaction, and return the entry.

        Free text that looks like a secret is withheld; AuditError for a detail whose name promises one.
        """
        with translated(self._place):
            # The right to write was taken when the transaction began.
            tail = self._tail or read_tail(self._connection)
        entry = link(clean_event(event), tail.size + 1, tail.entry_sha256)
        frontier = Frontier(tail.size, tail.frontier.roots)
        frontier.append(hash_to_leaf(entry.entry_sha256))
        new_tail = Tail(entry_sha256=entry.entry_sha256, frontier=frontier)
        columns, end = check_columns(entries.entry_columns(entry)), tail_columns(new_tail)
        self._tail = None  # an append that fails leaves the old one, or none that anybody knows
        if self._in_postgres:
            self._append_by_function(columns, str(end["frontier"]))
        else:
            try:
                self._insert(schema.audit, columns)
            except LedgerConflict as error:
                # There is an entry where the chain is said to end: no conflict that anybody could resolve.
                raise damaged_tail() from error
            with self._writing(one=True):
                self._connection.execute(update(schema.audit_tail).values(end))
        self._tail = new_tail
        return entry

    def _append_by_function(self, columns: Columns, frontier: str) -> None:
        """Append to the audit through the database's own function: no login may write the table itself."""
        names = ("action", "subject", "actor", "at", "details", "entry_sha256")
        call = func.clearance_append_audit(*(columns[name] for name in names), frontier)
        try:
            with self._writing(one=True):
                self._connection.execute(select(call))
        except LedgerConflict as error:
            raise damaged_tail() from error

    def _insert(self, table: Table, columns: Columns) -> None:
        check_columns(columns)
        with self._writing(one=True):
            self._connection.execute(insert(table), columns)

    @contextmanager
    def _writing(self, *, one: bool = False) -> Iterator[None]:
        """Take back what was written in the block when it raises; ``one``: it is a single statement."""
        with translated(self._place):
            try:
                with nullcontext() if one and not self._in_postgres else self._connection.begin_nested():
                    yield
            except DBAPIError as error:
                if not is_conflict(error):
                    raise
                raise conflict(error) from error


def _identity(order: Order) -> tuple[object, ...]:
    return (order.key, order.ref, order.quote_id, order.approval_id, order.created_at)
