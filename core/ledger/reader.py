"""Reads the ledger. Writes nothing, and keeps no connection: each call asks for one and gives it back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, exists, func, select

from ..model.audit import AuditEntry
from ..model.declaration import Declaration
from ..model.evidence import Document, Refund
from ..model.fingerprint import KnownContent
from ..model.grant import Grant, GrantFile, GrantState, Usage
from ..model.listing import ListingRef
from ..model.order import Order, OrderState, Receipt
from ..model.quote import Approval, Quote
from ..model.resolution import Resolution
from . import decision_rows, entries, rows, schema
from .asking import IDS_PER_QUERY, gather, hold, newest_first, read_one
from .narrowing import narrow
from .paged import Paged
from .recent import Recent
from .studio_tables import record_of
from .sums import Sums
from .trouble import translated

__all__ = ["SqlReader", "hold"]
V = TypeVar("V")

FINGERPRINTS_PER_QUERY = 5000
RESOLUTIONS_AT_ONCE = 5000


class SqlReader(Recent, Paged, Sums):
    """What can be asked of a ledger in a SQL database. Lists are newest first unless said otherwise."""

    def quote(self, quote_id: str) -> Quote | None:
        """Return a quote, or None."""
        return self._one(schema.quotes, rows.read_quote, id=quote_id)

    def approval(self, approval_id: str) -> Approval | None:
        """Return an approval, or None."""
        return self._one(schema.approvals, rows.read_approval, id=approval_id)

    def approval_for(self, quote_id: str) -> Approval | None:
        """Return the newest approval of a quote, or None."""
        table = schema.approvals
        query = newest_first(select(table).where(table.c.quote_id == quote_id), table, "approved_at", limit=1)
        return next(iter(self._all(query, rows.read_approval, table)), None)

    def order(self, order_id: str) -> Order | None:
        """Return an order, or None."""
        return self._one(schema.orders, rows.read_order, id=order_id)

    def orders(
        self, *, states: Collection[OrderState] = (), ref: ListingRef | None = None, limit: int = 1000
    ) -> tuple[Order, ...]:
        """Return orders; an empty ``states`` means all."""
        table = schema.orders
        query = select(table)
        if states:
            query = query.where(table.c.state.in_(sorted({str(state) for state in states})))
        if ref is not None:
            query = query.where(table.c.marketplace == ref.marketplace, table.c.listing_id == ref.id)
        return self._all(newest_first(query, table, "created_at", limit=limit), rows.read_order, table)

    def receipts(self, order_id: str) -> tuple[Receipt, ...]:
        """Return the receipts of an order."""
        table = schema.receipts
        query = newest_first(select(table).where(table.c.order_id == order_id), table, "received_at")
        return self._all(query, rows.read_receipt, table)

    def grant(self, grant_id: str) -> Grant | None:
        """Return a grant, or None."""
        return self._one(schema.grants, rows.read_grant, id=grant_id)

    def grants_by_id(self, grant_ids: Iterable[str]) -> Mapping[str, Grant]:
        """Return those of the grants that exist, 500 a query, all of one moment."""
        return {grant.id: grant for _, grant in self._any(schema.grants, rows.read_grant, "id", grant_ids)}

    def grants_by_face(self, numbers: Iterable[int]) -> Mapping[int, tuple[Grant, ...]]:
        """Return the grants that numbers on mesh faces stand for, by id where several share a number."""
        found = self._any(schema.grants, rows.read_grant, "face_number", numbers)
        return gather(sorted(found, key=lambda entry: entry[1].id))

    def grants_for(self, ref: ListingRef) -> tuple[Grant, ...]:
        """Return all grants for a listing, whatever their state."""
        table = schema.grants
        query = select(table).where(table.c.marketplace == ref.marketplace, table.c.listing_id == ref.id)
        return self._all(newest_first(query, table, "granted_at"), rows.read_grant, table)

    def grant_for_order(self, order_id: str) -> Grant | None:
        """Return the grant that an order led to, or None."""
        return self._one(schema.grants, rows.read_grant, order_id=order_id)

    def grants(self, *, state: GrantState | None = None, limit: int = 1000) -> tuple[Grant, ...]:
        """Return grants."""
        table = schema.grants
        query = select(table)
        if state is not None:
            query = query.where(table.c.state == str(state))
        return self._all(newest_first(query, table, "granted_at", limit=limit), rows.read_grant, table)

    def known_license_ids(self, ref: ListingRef) -> frozenset[str]:
        """Return the marketplace license ids that are already attached to grants of a listing."""
        table = schema.grants
        query = select(table.c.marketplace_license_id).where(
            table.c.marketplace == ref.marketplace,
            table.c.listing_id == ref.id,
            table.c.marketplace_license_id != "",
        )
        with translated(self._place), self._connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def files(self, grant_id: str) -> tuple[GrantFile, ...]:
        """Return the files of a grant, in the order in which they came."""
        table = schema.files
        query = select(table).where(table.c.grant_id == grant_id).order_by(table.c.serial)
        return self._all(query, rows.read_file, table)

    def documents(self, order_id: str) -> tuple[Document, ...]:
        """Return the documents of an order, in the order in which they came."""
        table = schema.documents
        query = select(table).where(table.c.order_id == order_id).order_by(table.c.serial)
        return self._all(query, rows.read_document, table)

    def receipts_of(self, order_ids: Iterable[str]) -> Mapping[str, tuple[Receipt, ...]]:
        """Return the receipts of those orders that have any, in the order in which they came."""
        return self._any_in_order(schema.receipts, rows.read_receipt, "order_id", order_ids)

    def documents_of(self, order_ids: Iterable[str]) -> Mapping[str, tuple[Document, ...]]:
        """Return the documents of those orders that have any, in the order in which they came."""
        return self._any_in_order(schema.documents, rows.read_document, "order_id", order_ids)

    def files_of(self, grant_ids: Iterable[str]) -> Mapping[str, tuple[GrantFile, ...]]:
        """Return the files of those grants that have any, in the order in which they came."""
        return self._any_in_order(schema.files, rows.read_file, "grant_id", grant_ids)

    def refund(self, refund_id: str) -> Refund | None:
        """Return a refund, or None."""
        return self._one(schema.refunds, rows.read_refund, id=refund_id)

    def refunds(self, order_id: str = "") -> tuple[Refund, ...]:
        """Return the refunds of an order, or all."""
        table = schema.refunds
        query = select(table)
        if order_id:
            query = query.where(table.c.order_id == order_id)
        return self._all(newest_first(query, table, "requested_at"), rows.read_refund, table)

    def terms_text(self, terms_sha256: str) -> str | None:
        """Return the canonical JSON of a reading of license terms kept with a purchase, or None."""
        table = schema.terms
        with translated(self._place), self._connect() as connection:
            text: str | None = connection.scalar(
                select(table.c.body).where(table.c.terms_sha256 == terms_sha256)
            )
        return text

    def usages(self, *, grant_id: str = "", scene: str = "") -> tuple[Usage, ...]:
        """Return usages, of a grant, of a scene, or all."""
        table = schema.usages
        query = select(table)
        if grant_id:
            query = query.where(table.c.grant_id == grant_id)
        if scene:
            query = query.where(table.c.scene == scene)
        return self._all(newest_first(query, table, "seen_at"), rows.read_usage, table)

    def resolutions(self) -> tuple[Resolution, ...]:
        """Return everything that was decided about findings, in the order in which it came."""
        table = schema.resolutions
        return self._all(select(table).order_by(table.c.serial), decision_rows.read_resolution, table)

    def resolutions_about(self, subjects: Iterable[str]) -> tuple[Resolution, ...]:
        """Return what was decided about some subjects, in the order in which it came.

        A scene has ten thousand subjects, a studio hundreds of resolutions: those are read whole then.
        """
        table, wanted = schema.resolutions, frozenset(subjects)
        if not wanted:
            return ()
        read = decision_rows.read_resolution
        first = select(table).order_by(table.c.serial).limit(RESOLUTIONS_AT_ONCE + 1)
        found = self._all(first, read, table) if len(wanted) > IDS_PER_QUERY else None
        if found is not None and len(found) <= RESOLUTIONS_AT_ONCE:
            return tuple(one for one in found if one.subject in wanted)
        by_serial = self._any(table, lambda row: (row["serial"], read(row)), "subject", sorted(wanted))
        return tuple(one for _, (_, one) in sorted(by_serial, key=lambda entry: entry[1][0]))

    def declaration(self, declaration_id: str) -> Declaration | None:
        """Return a declaration, withdrawn or not, or None."""
        return self._one(schema.declarations, decision_rows.read_declaration, id=declaration_id)

    def declarations_by_id(self, declaration_ids: Iterable[str]) -> Mapping[str, Declaration]:
        """Return those of the declarations that exist, withdrawn or not, 500 a query."""
        table, read = schema.declarations, decision_rows.read_declaration
        return {found.id: found for _, found in self._any(table, read, "id", declaration_ids)}

    def declarations_by_face(self, numbers: Iterable[int]) -> Mapping[int, tuple[Declaration, ...]]:
        """Return the declarations that numbers on mesh faces stand for, as with grants."""
        found = self._any(schema.declarations, decision_rows.read_declaration, "face_number", numbers)
        return gather(sorted(found, key=lambda entry: entry[1].id))

    def declarations(self, *, limit: int = 1000) -> tuple[Declaration, ...]:
        """Return declarations, withdrawn or not."""
        table = schema.declarations
        query = newest_first(select(table), table, "declared_at", limit=limit)
        return self._all(query, decision_rows.read_declaration, table)

    def fingerprints(self, kind: str) -> Iterator[KnownContent]:
        """Go through all known content of a kind, in the order in which it came.

        Each piece is read by itself, so that nothing is held open while somebody compares.
        """
        table, after = schema.fingerprints, 0
        while True:
            query = (
                select(table)
                .where(table.c.kind == str(kind), table.c.serial > after)
                .order_by(table.c.serial)
                .limit(FINGERPRINTS_PER_QUERY)
            )
            with translated(self._place), self._connect() as connection:
                piece = connection.execute(query).mappings().all()
            for row in piece:
                yield read_one(decision_rows.read_content, row, table)
            if len(piece) < FINGERPRINTS_PER_QUERY:
                return
            after = piece[-1]["serial"]

    def fingerprinted(self, grant_id: str) -> bool:
        """Say whether there are fingerprints of a grant or declaration."""
        table = schema.fingerprints
        query = select(table.c.serial).where(table.c.grant_id == grant_id).limit(1)
        with translated(self._place), self._connect() as connection:
            return connection.execute(query).first() is not None

    def fingerprints_of(self, grant_id: str) -> tuple[KnownContent, ...]:
        """Return what one grant's (or declaration's) content is recognized by, in the order of coming."""
        table = schema.fingerprints
        query = select(table).where(table.c.grant_id == grant_id).order_by(table.c.serial)
        return self._all(query, decision_rows.read_content, table)

    def grants_with_files(self, hashes: Iterable[str], *, fingerprinted: bool = True) -> tuple[str, ...]:
        """Return the ids of grants that have files of these SHA-256 hashes, 500 hashes a query.

        Not ``fingerprinted``: only those without any fingerprint.
        """
        files, known = schema.files, schema.fingerprints
        query = select(files.c.grant_id).distinct()
        if not fingerprinted:
            query = query.where(~exists().where(known.c.grant_id == files.c.grant_id))
        found: dict[str, None] = {}
        values = iter(dict.fromkeys(hashes))
        with translated(self._place), self._connect() as connection:
            while chunk := list(islice(values, IDS_PER_QUERY)):
                wanted = query.where(files.c.sha256.in_(chunk)).order_by(files.c.grant_id)
                found.update(dict.fromkeys(connection.execute(wanted).scalars()))
        return tuple(found)

    def fingerprint_state(self) -> str:
        """Return how many fingerprints there are, and the last one: a number may be given twice."""
        table = schema.fingerprints
        newest = select(table.c.serial, table.c.code).order_by(table.c.serial.desc()).limit(1)
        with translated(self._place), self._connect() as connection:
            count = connection.execute(select(func.count()).select_from(table)).scalar_one()
            last = connection.execute(newest).one_or_none()
        return f"{count}" if last is None else f"{count} {last.serial} {last.code}"

    def audit(self, *, after: int = 0, limit: int = 10_000) -> tuple[AuditEntry, ...]:
        """Return audit entries in order, with ``sequence > after``.

        A damaged row is returned as far as it can be read; the verifier finds it.
        """
        table = schema.audit
        query = select(table).where(table.c.sequence > after).order_by(table.c.sequence).limit(max(limit, 0))
        with translated(self._place), self._connect() as connection, _tolerant_text(connection):
            return tuple(entries.read_entry(dict(row)) for row in connection.execute(query).mappings())

    def value(self, kind: type[V], value_id: str) -> V | None:
        """Return a value of a studio (a member, a request, a budget …) by its id, or None."""
        record = record_of(kind)
        return self._one(record.table, record.read, id=value_id)

    def values(
        self, kind: type[V], /, *, limit: int | None = None, newest: bool = False, **wanted: Any
    ) -> tuple[V, ...]:
        """Return values of a studio in the order in which they were written, or the newest first.

        ``wanted`` are fields with the value that they have to have; of a tuple or set, any of its values.
        """
        record = record_of(kind)
        query = narrow(select(record.table), record, wanted)
        serial = record.table.c.serial
        query = query.order_by(serial.desc() if newest else serial)
        if limit is not None:
            query = query.limit(max(limit, 0))
        return self._all(query, record.read, record.table)

    def count_values(self, kind: type[object], /, **wanted: Any) -> int:
        """Return how many values of a studio there are; ``wanted`` as for :meth:`values`."""
        record = record_of(kind)
        query = narrow(select(func.count()).select_from(record.table), record, wanted)
        with translated(self._place), self._connect() as connection:
            return int(connection.scalar(query) or 0)


@contextmanager
def _tolerant_text(connection: Connection) -> Iterator[None]:
    """Let text that is no valid UTF-8 come out as something instead of ending the query (SQLite)."""
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite" or driver is None:
        yield
        return
    before = driver.text_factory
    driver.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = before
