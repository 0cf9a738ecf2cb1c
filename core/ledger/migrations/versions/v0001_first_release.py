"""Version 0001: quotes, approvals, orders, receipts, grants, files, terms, usages, and the audit.

Released: never edited again. Stands on its own, so that later changes of the code cannot change it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KINDS = "'audio', 'image', 'model', 'other', 'video'"
ORDER_STATES = (
    "'approved', 'awaiting_checkout', 'failed', 'fulfilled', 'paid', 'refunded', 'submitting', 'unknown'"
)
OPEN = "state IN ('approved', 'awaiting_checkout', 'submitting', 'unknown')"
GRANT_STATES = "'active', 'expired', 'refunded', 'revoked'"
SOURCES = "'invoice', 'marketplace', 'user'"
GENESIS = "0" * 64
WHEN_THERE = "WHEN EXISTS (SELECT 1 FROM audit WHERE sequence = NEW.sequence)"
NEVER = "BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END"


def upgrade() -> None:
    """Make everything."""
    _make_orders()
    _make_grants()
    _make_audit()


def _make_orders() -> None:
    op.create_table(
        "quotes",
        _serial(),
        *_texts("id marketplace listing_id title kind author license_label license_id terms_sha256"),
        *_texts("cost balance_label balance_left balance_limit balance_account_id", nullable=True),
        *_texts("variant account_id"),
        sa.Column("editorial", sa.Boolean, nullable=True),
        *_texts("search_id"),
        sa.Column("web_checkout", sa.Boolean, nullable=False),
        *_texts("created_at expires_at"),
        sa.PrimaryKeyConstraint("serial", name="pk_quotes"),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="ck_quotes_kind"),
        sa.UniqueConstraint("id", name="uq_quotes_id"),
    )
    op.create_table(
        "approvals",
        _serial(),
        *_texts("id quote_id binding_sha256 approved_by approved_at expires_at reason"),
        sa.PrimaryKeyConstraint("serial", name="pk_approvals"),
        sa.UniqueConstraint("id", name="uq_approvals_id"),
        _foreign_key("approvals", "quote_id", "quotes"),
    )
    _index("approvals", "quote_id", "approved_at")
    op.create_table(
        "orders",
        _serial(),
        *_texts("id key"),
        *_texts("quote_id approval_id", nullable=True),
        *_texts("marketplace listing_id title variant license_label license_id terms_sha256 account_id"),
        *_texts("cost", nullable=True),
        *_texts("project buyer state created_at updated_at"),
        *_texts("submitted_at", nullable=True),
        *_texts("marketplace_order_id checkout_url failure"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_orders"),
        sa.CheckConstraint(f"state IN ({ORDER_STATES})", name="ck_orders_state"),
        sa.CheckConstraint("version >= 1", name="ck_orders_version"),
        sa.UniqueConstraint("id", name="uq_orders_id"),
        sa.UniqueConstraint("key", name="uq_orders_key"),
        _foreign_key("orders", "quote_id", "quotes"),
        _foreign_key("orders", "approval_id", "approvals"),
    )
    _index("orders", "marketplace", "listing_id", "created_at")
    _index("orders", "state", "created_at")
    _index("orders", "created_at")
    _unique("uq_orders_open", "orders", ["marketplace", "listing_id", "license_id", "account_id"], OPEN)
    op.create_table(
        "receipts",
        _serial(),
        *_texts("id order_id marketplace marketplace_order_id marketplace_license_id"),
        *_texts("charged", nullable=True),
        *_texts("license_label received_at evidence"),
        sa.PrimaryKeyConstraint("serial", name="pk_receipts"),
        sa.UniqueConstraint("id", name="uq_receipts_id"),
        _foreign_key("receipts", "order_id", "orders"),
    )
    _index("receipts", "order_id", "received_at")
    _index("receipts", "marketplace", "marketplace_order_id")
    _unique(
        "uq_receipts_license",
        "receipts",
        ["marketplace", "marketplace_license_id"],
        "marketplace_license_id <> ''",
    )
    _unique(
        "uq_receipts_order",
        "receipts",
        ["marketplace", "marketplace_order_id"],
        "marketplace_license_id = '' AND marketplace_order_id <> ''",
    )
    _unique(
        "uq_receipts_unnamed",
        "receipts",
        ["order_id"],
        "marketplace_license_id = '' AND marketplace_order_id = ''",
    )


def _make_grants() -> None:
    op.create_table(
        "grants",
        _serial(),
        *_texts("id"),
        *_texts("order_id", nullable=True),
        *_texts("marketplace listing_id title author kind license_id license_label terms_sha256"),
        *_texts("marketplace_license_id licensee project granted_at state state_changed_at"),
        *_texts("valid_until", nullable=True),
        sa.Column("editorial", sa.Boolean, nullable=True),
        *_texts("credit source"),
        sa.PrimaryKeyConstraint("serial", name="pk_grants"),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="ck_grants_kind"),
        sa.CheckConstraint(f"state IN ({GRANT_STATES})", name="ck_grants_state"),
        sa.CheckConstraint(f"source IN ({SOURCES})", name="ck_grants_source"),
        sa.UniqueConstraint("id", name="uq_grants_id"),
        sa.UniqueConstraint("order_id", name="uq_grants_order_id"),
        _foreign_key("grants", "order_id", "orders"),
    )
    _index("grants", "marketplace", "listing_id", "granted_at")
    _index("grants", "state", "granted_at")
    _index("grants", "granted_at")
    op.create_table(
        "files",
        _serial(),
        *_texts("grant_id sha256 name"),
        sa.Column("size", sa.BigInteger, nullable=False),
        *_texts("media_type downloaded_at"),
        sa.PrimaryKeyConstraint("serial", name="pk_files"),
        sa.UniqueConstraint("grant_id", "sha256", "name", name="uq_files_grant_id_sha256_name"),
        sa.CheckConstraint("size >= 0", name="ck_files_size"),
        _foreign_key("files", "grant_id", "grants"),
    )
    _index("files", "sha256")
    op.create_table(
        "terms", *_texts("terms_sha256 body"), sa.PrimaryKeyConstraint("terms_sha256", name="pk_terms")
    )
    op.create_table(
        "usages",
        _serial(),
        *_texts("scene grant_id"),
        sa.Column("data_blocks", sa.Integer, nullable=False),
        *_texts("seen_at"),
        sa.PrimaryKeyConstraint("serial", name="pk_usages"),
        sa.UniqueConstraint("scene", "grant_id", name="uq_usages_scene_grant_id"),
        sa.CheckConstraint("data_blocks >= 0", name="ck_usages_data_blocks"),
    )
    _index("usages", "grant_id", "seen_at")


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("sequence", _big_key(), nullable=False, autoincrement=False),
        *_texts("action subject actor at details prev_sha256 entry_sha256"),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit"),
        sa.CheckConstraint("sequence >= 1", name="ck_audit_sequence"),
    )
    _index("audit", "subject")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit {NEVER}")
        op.execute(f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit {NEVER}")
        op.execute(f"CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit {WHEN_THERE} {NEVER}")
    op.create_table(
        "audit_tail",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        *_texts("entry_sha256 frontier"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_tail"),
        sa.CheckConstraint("id = 1", name="ck_audit_tail_id"),
        sa.CheckConstraint("size >= 0", name="ck_audit_tail_size"),
    )
    tail = sa.table(
        "audit_tail", sa.column("id"), sa.column("size"), sa.column("entry_sha256"), sa.column("frontier")
    )
    op.execute(sa.insert(tail).values(id=1, size=0, entry_sha256=GENESIS, frontier=""))


def _big_key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _serial() -> sa.Column[int]:
    return sa.Column("serial", _big_key(), nullable=False, autoincrement=True)


def _texts(names: str, *, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names.split()]


def _foreign_key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _unique(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, table, columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
