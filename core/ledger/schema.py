"""The ledger's tables as they are now. What they were in older versions is in ``migrations/``.

Rules that must hold whatever the code does are constraints here: keys, states, one open order per listing,
license and account, one grant per order, one receipt per marketplace license, one refund per order that is
not refused. Amounts are text by ``encode_cost``; moments are text of fixed width in UTC, so that they sort.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
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
)

from ..model.audit import GENESIS_SHA256
from ..model.declaration import Origin
from ..model.evidence import DocumentKind, RefundState
from ..model.fingerprint import ContentKind
from ..model.grant import GrantState
from ..model.license import TermsSource
from ..model.listing import MediaKind
from ..model.order import OPEN_STATES, OrderState
from ..model.resolution import ResolutionKind
from . import columns, guards

SCHEMA_VERSION = "0008"
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

quotes = Table(
    "quotes",
    metadata,
    columns.serial(),
    columns.text("id", unique=True),
    columns.text("marketplace"),
    columns.text("listing_id"),
    columns.text("title"),
    columns.text("kind"),
    columns.text("author"),
    columns.text("license_label"),
    columns.text("license_id"),
    columns.text("terms_sha256"),
    columns.text("cost", nullable=True),
    columns.text("balance_label", nullable=True),
    columns.text("balance_left", nullable=True),
    columns.text("balance_limit", nullable=True),
    columns.text("balance_account_id", nullable=True),
    columns.text("variant"),
    columns.text("account_id"),
    Column("editorial", Boolean, nullable=True),
    columns.text("search_id"),
    Column("web_checkout", Boolean, nullable=False),
    columns.text("license_source"),
    columns.text("surcharge"),
    columns.text("note"),
    columns.text("created_at"),
    columns.text("expires_at"),
    columns.one_of("kind", MediaKind),
    columns.one_of("license_source", TermsSource),
)

approvals = Table(
    "approvals",
    metadata,
    columns.serial(),
    columns.text("id", unique=True),
    columns.link("quote_id", "quotes.id"),
    columns.text("binding_sha256"),
    columns.text("approved_by"),
    columns.text("approved_at"),
    columns.text("expires_at"),
    columns.text("reason"),
    Index(None, "quote_id", "approved_at"),
)

orders = Table(
    "orders",
    metadata,
    columns.serial(),
    columns.text("id", unique=True),
    columns.text("key", unique=True),
    columns.link("quote_id", "quotes.id", nullable=True),
    columns.link("approval_id", "approvals.id", nullable=True),
    columns.text("marketplace"),
    columns.text("listing_id"),
    columns.text("title"),
    columns.text("variant"),
    columns.text("license_label"),
    columns.text("license_id"),
    columns.text("terms_sha256"),
    columns.text("account_id"),
    columns.text("cost", nullable=True),
    columns.text("project"),
    columns.text("buyer"),
    columns.text("state"),
    columns.text("created_at"),
    columns.text("updated_at"),
    columns.text("submitted_at", nullable=True),
    columns.text("marketplace_order_id"),
    columns.text("checkout_url"),
    columns.text("failure"),
    Column("version", Integer, nullable=False),
    columns.one_of("state", OrderState),
    CheckConstraint("version >= 1", name="version"),
    Index(None, "marketplace", "listing_id", "created_at"),
    Index(None, "state", "created_at", "serial"),
    Index(None, "created_at", "serial"),
)

columns.only_where(
    f"state IN ({columns.quoted(OPEN_STATES)})",
    "uq_orders_open",
    orders.c.marketplace,
    orders.c.listing_id,
    orders.c.license_id,
    orders.c.account_id,
)

receipts = Table(
    "receipts",
    metadata,
    columns.serial(),
    columns.text("id", unique=True),
    columns.link("order_id", "orders.id"),
    # The order's, repeated here so that the database itself can tell a license that was booked twice.
    columns.text("marketplace"),
    columns.text("marketplace_order_id"),
    columns.text("marketplace_license_id"),
    columns.text("charged", nullable=True),
    columns.text("license_label"),
    columns.text("received_at"),
    columns.text("evidence"),
    Index(None, "order_id", "received_at"),
    Index(None, "marketplace", "marketplace_order_id"),
)

columns.only_where(
    "marketplace_license_id <> ''",
    "uq_receipts_license",
    receipts.c.marketplace,
    receipts.c.marketplace_license_id,
)

columns.only_where(
    "marketplace_license_id = '' AND marketplace_order_id <> ''",
    "uq_receipts_order",
    receipts.c.marketplace,
    receipts.c.marketplace_order_id,
)

columns.only_where(
    "marketplace_license_id = '' AND marketplace_order_id = ''",
    "uq_receipts_unnamed",
    receipts.c.order_id,
)

grants = Table(
    "grants",
    metadata,
    columns.serial(),
    columns.text("id", unique=True),
    columns.link("order_id", "orders.id", nullable=True, unique=True),
    columns.text("marketplace"),
    columns.text("listing_id"),
    columns.text("title"),
    columns.text("author"),
    columns.text("kind"),
    columns.text("license_id"),
    columns.text("license_label"),
    columns.text("terms_sha256"),
    columns.text("marketplace_license_id"),
    columns.text("licensee"),
    columns.text("project"),
    columns.text("granted_at"),
    columns.text("state"),
    columns.text("state_changed_at"),
    columns.text("valid_until", nullable=True),
    Column("editorial", Boolean, nullable=True),
    columns.text("credit"),
    columns.text("source"),
    columns.face_number(),
    columns.one_of("kind", MediaKind),
    columns.one_of("state", GrantState),
    columns.one_of("source", TermsSource),
    Index(None, "marketplace", "listing_id", "granted_at"),
    Index(None, "state", "granted_at", "serial"),
    Index(None, "granted_at", "serial"),
    Index(None, "face_number"),
)

files = Table(
    "files",
    metadata,
    columns.serial(),
    columns.link("grant_id", "grants.id"),
    columns.text("sha256"),
    columns.text("name"),
    Column("size", BigInteger, nullable=False),
    columns.text("media_type"),
    columns.text("downloaded_at"),
    UniqueConstraint("grant_id", "sha256", "name"),
    CheckConstraint("size >= 0", name="size"),
    Index(None, "sha256"),
)

documents = Table(
    "documents",
    metadata,
    columns.serial(),
    columns.link("order_id", "orders.id"),
    columns.text("kind"),
    columns.text("sha256"),
    columns.text("name"),
    Column("size", BigInteger, nullable=False),
    columns.text("added_at"),
    columns.text("added_by"),
    UniqueConstraint("order_id", "sha256", "name"),
    CheckConstraint("size >= 0", name="size"),
    columns.one_of("kind", DocumentKind),
    Index(None, "sha256"),
)

refunds = Table(
    "refunds",
    metadata,
    columns.serial(),
    columns.text("id", unique=True),
    columns.link("order_id", "orders.id"),
    columns.link("grant_id", "grants.id", nullable=True),
    columns.text("state"),
    columns.text("reason"),
    columns.text("requested_at"),
    columns.text("requested_by"),
    columns.text("settled_at", nullable=True),
    columns.text("amount", nullable=True),
    columns.text("reference"),
    columns.one_of("state", RefundState),
    Index(None, "order_id", "requested_at"),
    Index(None, "requested_at"),
)

columns.only_where(
    # One that is under way or done; what was refused may be tried again.
    f"state <> '{RefundState.REFUSED}'",
    "uq_refunds_standing",
    refunds.c.order_id,
)

terms = Table("terms", metadata, Column("terms_sha256", Text, primary_key=True), columns.text("body"))

usages = Table(
    # What was seen in a scene, also of grants that this ledger does not know: no foreign key.
    "usages",
    metadata,
    columns.serial(),
    columns.text("scene"),
    columns.text("grant_id"),
    Column("data_blocks", Integer, nullable=False),
    columns.text("seen_at"),
    UniqueConstraint("scene", "grant_id"),
    CheckConstraint("data_blocks >= 0", name="data_blocks"),
    Index(None, "grant_id", "seen_at"),
)

resolutions = Table(
    # About whatever a finding names, a grant or a data-block: no foreign key.
    "resolutions",
    metadata,
    columns.serial(),
    columns.text("id", unique=True),
    columns.text("kind"),
    columns.text("rule"),
    columns.text("subject"),
    columns.text("reason"),
    columns.text("author"),
    columns.text("decided_at"),
    columns.text("evidence_sha256"),
    columns.text("ends_at", nullable=True),
    columns.text("project"),
    columns.text("terms_sha256"),
    columns.one_of("kind", ResolutionKind),
    Index(None, "subject"),
)

declarations = Table(
    "declarations",
    metadata,
    columns.serial(),
    columns.text("id", unique=True),
    columns.text("origin"),
    columns.text("title"),
    columns.text("declared_by"),
    columns.text("declared_at"),
    columns.text("reason"),
    columns.text("author"),
    columns.text("license"),
    columns.text("source_url"),
    columns.text("credit"),
    columns.text("evidence_sha256"),
    columns.text("project"),
    columns.text("client"),
    columns.text("withdrawn_at", nullable=True),
    columns.face_number(),
    columns.one_of("origin", Origin),
    Index(None, "declared_at"),
    Index(None, "face_number"),
)

fingerprints = Table(
    # Of grants and of declared content alike; no foreign key can say that.
    "fingerprints",
    metadata,
    columns.serial(),
    columns.text("grant_id"),
    columns.text("kind"),
    columns.text("name"),
    columns.text("code"),
    columns.one_of("kind", ContentKind),
    Index(None, "grant_id"),
    Index(None, "kind", "serial"),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", columns.big_key(), primary_key=True, autoincrement=False),
    columns.text("action"),
    columns.text("subject"),
    columns.text("actor"),
    columns.text("at"),
    columns.text("details"),
    columns.text("prev_sha256"),
    columns.text("entry_sha256"),
    CheckConstraint("sequence >= 1", name="sequence"),
    Index(None, "subject"),
)

audit_tail = Table(
    # One row: where the chain ends, so that nothing has to read it. The verifier trusts the entries.
    "audit_tail",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    columns.text("entry_sha256"),
    columns.text("frontier"),
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


def _begin_audit(table: Table, connection: Connection, **_options: object) -> None:
    connection.execute(insert(table), {"id": 1, "size": 0, "entry_sha256": GENESIS_SHA256, "frontier": ""})


event.listen(metadata, "before_create", columns.name_conditions)
event.listen(audit, "after_create", guards.guard_audit)
event.listen(resolutions, "after_create", guards.guard_decisions)
event.listen(declarations, "after_create", guards.guard_decisions)
event.listen(audit_tail, "after_create", _begin_audit)
