"""The ledger's tables as they are now. What they were in older versions is in ``migrations/``.

Rules that must hold whatever the code does are constraints here: keys, states, one open order per listing,
license and account, one grant per order, one receipt per marketplace license, one refund per order that is
not refused. Amounts are text written by
``encode_cost``; moments are text of fixed width in UTC, so that they sort as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    insert,
    text,
)
from sqlalchemy.types import TypeEngine

from ..model.audit import GENESIS_SHA256
from ..model.evidence import DocumentKind, RefundState
from ..model.grant import GrantState
from ..model.license import TermsSource
from ..model.listing import MediaKind
from ..model.order import OPEN_STATES, OrderState

SCHEMA_VERSION = "0002"
"""The newest revision in ``migrations/versions``; numbers of four digits, so that they sort."""

VERSION_TABLE = "schema_version"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _big_key() -> TypeEngine[int]:
    """Make the type of a numeric key: on SQLite INTEGER, which is the row's own number there."""
    return BigInteger().with_variant(Integer, "sqlite")


def _serial() -> Column[int]:
    """Make the column that numbers rows as they come: the tie-breaker of every "newest first"."""
    return Column("serial", _big_key(), primary_key=True, autoincrement=True)


def _text(name: str, *, nullable: bool = False, unique: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable, unique=unique)


def _link(name: str, target: str, *, nullable: bool = False, unique: bool = False) -> Column[str]:
    """Refer to another table's id. An empty id in a value is NULL here: it refers to nothing."""
    return Column(name, Text, ForeignKey(target), nullable=nullable, unique=unique)


def _one_of(column: str, values: Iterable[StrEnum]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({_quoted(values)})", name=column)


def _quoted(values: Iterable[StrEnum]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))


quotes = Table(
    "quotes",
    metadata,
    _serial(),
    _text("id", unique=True),
    _text("marketplace"),
    _text("listing_id"),
    _text("title"),
    _text("kind"),
    _text("author"),
    _text("license_label"),
    _text("license_id"),
    _text("terms_sha256"),
    _text("cost", nullable=True),
    _text("balance_label", nullable=True),
    _text("balance_left", nullable=True),
    _text("balance_limit", nullable=True),
    _text("balance_account_id", nullable=True),
    _text("variant"),
    _text("account_id"),
    Column("editorial", Boolean, nullable=True),
    _text("search_id"),
    Column("web_checkout", Boolean, nullable=False),
    _text("license_source"),
    _text("surcharge"),
    _text("note"),
    _text("created_at"),
    _text("expires_at"),
    _one_of("kind", MediaKind),
    _one_of("license_source", TermsSource),
)

approvals = Table(
    "approvals",
    metadata,
    _serial(),
    _text("id", unique=True),
    _link("quote_id", "quotes.id"),
    _text("binding_sha256"),
    _text("approved_by"),
    _text("approved_at"),
    _text("expires_at"),
    _text("reason"),
    Index(None, "quote_id", "approved_at"),
)

orders = Table(
    "orders",
    metadata,
    _serial(),
    _text("id", unique=True),
    _text("key", unique=True),
    _link("quote_id", "quotes.id", nullable=True),
    _link("approval_id", "approvals.id", nullable=True),
    _text("marketplace"),
    _text("listing_id"),
    _text("title"),
    _text("variant"),
    _text("license_label"),
    _text("license_id"),
    _text("terms_sha256"),
    _text("account_id"),
    _text("cost", nullable=True),
    _text("project"),
    _text("buyer"),
    _text("state"),
    _text("created_at"),
    _text("updated_at"),
    _text("submitted_at", nullable=True),
    _text("marketplace_order_id"),
    _text("checkout_url"),
    _text("failure"),
    Column("version", Integer, nullable=False),
    _one_of("state", OrderState),
    CheckConstraint("version >= 1", name="version"),
    Index(None, "marketplace", "listing_id", "created_at"),
    Index(None, "state", "created_at"),
    Index(None, "created_at"),
)

Index(
    "uq_orders_open",
    orders.c.marketplace,
    orders.c.listing_id,
    orders.c.license_id,
    orders.c.account_id,
    unique=True,
    sqlite_where=text(f"state IN ({_quoted(OPEN_STATES)})"),
    postgresql_where=text(f"state IN ({_quoted(OPEN_STATES)})"),
)

receipts = Table(
    "receipts",
    metadata,
    _serial(),
    _text("id", unique=True),
    _link("order_id", "orders.id"),
    # The order's, repeated here so that the database itself can tell a license that was booked twice.
    _text("marketplace"),
    _text("marketplace_order_id"),
    _text("marketplace_license_id"),
    _text("charged", nullable=True),
    _text("license_label"),
    _text("received_at"),
    _text("evidence"),
    Index(None, "order_id", "received_at"),
    Index(None, "marketplace", "marketplace_order_id"),
)

Index(
    "uq_receipts_license",
    receipts.c.marketplace,
    receipts.c.marketplace_license_id,
    unique=True,
    sqlite_where=text("marketplace_license_id <> ''"),
    postgresql_where=text("marketplace_license_id <> ''"),
)

Index(
    "uq_receipts_order",
    receipts.c.marketplace,
    receipts.c.marketplace_order_id,
    unique=True,
    sqlite_where=text("marketplace_license_id = '' AND marketplace_order_id <> ''"),
    postgresql_where=text("marketplace_license_id = '' AND marketplace_order_id <> ''"),
)

Index(
    "uq_receipts_unnamed",
    receipts.c.order_id,
    unique=True,
    sqlite_where=text("marketplace_license_id = '' AND marketplace_order_id = ''"),
    postgresql_where=text("marketplace_license_id = '' AND marketplace_order_id = ''"),
)

grants = Table(
    "grants",
    metadata,
    _serial(),
    _text("id", unique=True),
    _link("order_id", "orders.id", nullable=True, unique=True),
    _text("marketplace"),
    _text("listing_id"),
    _text("title"),
    _text("author"),
    _text("kind"),
    _text("license_id"),
    _text("license_label"),
    _text("terms_sha256"),
    _text("marketplace_license_id"),
    _text("licensee"),
    _text("project"),
    _text("granted_at"),
    _text("state"),
    _text("state_changed_at"),
    _text("valid_until", nullable=True),
    Column("editorial", Boolean, nullable=True),
    _text("credit"),
    _text("source"),
    _one_of("kind", MediaKind),
    _one_of("state", GrantState),
    _one_of("source", TermsSource),
    Index(None, "marketplace", "listing_id", "granted_at"),
    Index(None, "state", "granted_at"),
    Index(None, "granted_at"),
)

files = Table(
    "files",
    metadata,
    _serial(),
    _link("grant_id", "grants.id"),
    _text("sha256"),
    _text("name"),
    Column("size", BigInteger, nullable=False),
    _text("media_type"),
    _text("downloaded_at"),
    UniqueConstraint("grant_id", "sha256", "name"),
    CheckConstraint("size >= 0", name="size"),
    Index(None, "sha256"),
)

documents = Table(
    "documents",
    metadata,
    _serial(),
    _link("order_id", "orders.id"),
    _text("kind"),
    _text("sha256"),
    _text("name"),
    Column("size", BigInteger, nullable=False),
    _text("added_at"),
    _text("added_by"),
    UniqueConstraint("order_id", "sha256", "name"),
    CheckConstraint("size >= 0", name="size"),
    _one_of("kind", DocumentKind),
    Index(None, "sha256"),
)

refunds = Table(
    "refunds",
    metadata,
    _serial(),
    _text("id", unique=True),
    _link("order_id", "orders.id"),
    _link("grant_id", "grants.id", nullable=True),
    _text("state"),
    _text("reason"),
    _text("requested_at"),
    _text("requested_by"),
    _text("settled_at", nullable=True),
    _text("amount", nullable=True),
    _text("reference"),
    _one_of("state", RefundState),
    Index(None, "order_id", "requested_at"),
    Index(None, "requested_at"),
)

Index(
    # One that is under way or done; what was refused may be tried again.
    "uq_refunds_standing",
    refunds.c.order_id,
    unique=True,
    sqlite_where=text(f"state <> '{RefundState.REFUSED}'"),
    postgresql_where=text(f"state <> '{RefundState.REFUSED}'"),
)

terms = Table("terms", metadata, Column("terms_sha256", Text, primary_key=True), _text("body"))

usages = Table(
    # What was seen in a scene, of whatever grants: also of such as this ledger does not know. No foreign key.
    "usages",
    metadata,
    _serial(),
    _text("scene"),
    _text("grant_id"),
    Column("data_blocks", Integer, nullable=False),
    _text("seen_at"),
    UniqueConstraint("scene", "grant_id"),
    CheckConstraint("data_blocks >= 0", name="data_blocks"),
    Index(None, "grant_id", "seen_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", _big_key(), primary_key=True, autoincrement=False),
    _text("action"),
    _text("subject"),
    _text("actor"),
    _text("at"),
    _text("details"),
    _text("prev_sha256"),
    _text("entry_sha256"),
    CheckConstraint("sequence >= 1", name="sequence"),
    Index(None, "subject"),
)

audit_tail = Table(
    # One row: where the chain ends, and its Merkle frontier, so that neither a new entry nor a checkpoint has
    # to read the chain. The verifier trusts the entries, not this row.
    "audit_tail",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    _text("entry_sha256"),
    _text("frontier"),
    CheckConstraint("id = 1", name="id"),
    CheckConstraint("size >= 0", name="size"),
)

schema_version = Table(
    # The table that alembic keeps, exactly as it makes it.
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)

_WHEN_THERE = "WHEN EXISTS (SELECT 1 FROM audit WHERE sequence = NEW.sequence)"
_NEVER = "BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END"

AUDIT_TRIGGERS = (
    f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit {_NEVER}",
    f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit {_NEVER}",
    # INSERT OR REPLACE deletes without asking the trigger above.
    f"CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit {_WHEN_THERE} {_NEVER}",
)
"""SQLite's own guard; PostgreSQL keeps roles without the right to do it."""


def _guard_audit(_table: Table, connection: Connection, **_options: object) -> None:
    if connection.dialect.name == "sqlite":
        for trigger in AUDIT_TRIGGERS:
            connection.exec_driver_sql(trigger)


def _begin_audit(table: Table, connection: Connection, **_options: object) -> None:
    connection.execute(insert(table), {"id": 1, "size": 0, "entry_sha256": GENESIS_SHA256, "frontier": ""})


event.listen(audit, "after_create", _guard_audit)
event.listen(audit_tail, "after_create", _begin_audit)
