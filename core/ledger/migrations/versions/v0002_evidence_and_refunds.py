"""Version 0002: who says which license it is, surcharges, documents that prove an order, and refunds.

Released: never edited again. Stands on its own, so that later changes of the code cannot change it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KINDS = "'audio', 'image', 'model', 'other', 'video'"
GRANT_STATES = "'active', 'expired', 'refunded', 'revoked'"
SOURCES = "'contract', 'invoice', 'marketplace', 'user'"
DOCUMENT_KINDS = "'correspondence', 'invoice', 'license_text', 'order_page', 'other'"
REFUND_STATES = "'refunded', 'refused', 'requested'"
QUOTES_BEFORE = (
    "serial, id, marketplace, listing_id, title, kind, author, license_label, license_id, terms_sha256, "
    "cost, balance_label, balance_left, balance_limit, balance_account_id, variant, account_id, editorial, "
    "search_id, web_checkout"
)
QUOTES_AFTER = "created_at, expires_at"


def upgrade() -> None:
    """Widen quotes and grants; make documents and refunds."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild_quotes()
        _rebuild_grants()
    else:
        _alter_quotes()
        _alter_grants()
    _make_documents()
    _make_refunds()


def _rebuild_quotes() -> None:
    """Make the table anew: SQLite adds no constraint to one that is there.

    The rows wait in a temporary table. Renaming a new table instead would change how the schema is written.
    """
    op.execute("CREATE TEMPORARY TABLE old_quotes AS SELECT * FROM quotes")
    op.drop_table("quotes")
    op.create_table(
        "quotes",
        _serial(),
        *_texts("id marketplace listing_id title kind author license_label license_id terms_sha256"),
        *_texts("cost balance_label balance_left balance_limit balance_account_id", nullable=True),
        *_texts("variant account_id"),
        sa.Column("editorial", sa.Boolean, nullable=True),
        *_texts("search_id"),
        sa.Column("web_checkout", sa.Boolean, nullable=False),
        *_texts("license_source surcharge note created_at expires_at"),
        sa.PrimaryKeyConstraint("serial", name="pk_quotes"),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="ck_quotes_kind"),
        sa.CheckConstraint(f"license_source IN ({SOURCES})", name="ck_quotes_license_source"),
        sa.UniqueConstraint("id", name="uq_quotes_id"),
    )
    op.execute(
        f"INSERT INTO quotes ({QUOTES_BEFORE}, license_source, surcharge, note, {QUOTES_AFTER}) "  # noqa: S608
        f"SELECT {QUOTES_BEFORE}, 'marketplace', '', '', {QUOTES_AFTER} FROM old_quotes ORDER BY serial"
    )
    op.execute("DROP TABLE old_quotes")


def _rebuild_grants() -> None:
    op.execute("CREATE TEMPORARY TABLE old_grants AS SELECT * FROM grants")
    op.drop_table("grants")
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
    op.execute("INSERT INTO grants SELECT * FROM old_grants ORDER BY serial")
    op.execute("DROP TABLE old_grants")


def _alter_quotes() -> None:
    for name, value in (("license_source", "marketplace"), ("surcharge", ""), ("note", "")):
        op.add_column("quotes", sa.Column(name, sa.Text, nullable=False, server_default=value))
        op.alter_column("quotes", name, server_default=None)
    op.create_check_constraint("ck_quotes_license_source", "quotes", f"license_source IN ({SOURCES})")


def _alter_grants() -> None:
    op.drop_constraint("ck_grants_source", "grants", type_="check")
    op.create_check_constraint("ck_grants_source", "grants", f"source IN ({SOURCES})")


def _make_documents() -> None:
    op.create_table(
        "documents",
        _serial(),
        *_texts("order_id kind sha256 name"),
        sa.Column("size", sa.BigInteger, nullable=False),
        *_texts("added_at added_by"),
        sa.PrimaryKeyConstraint("serial", name="pk_documents"),
        sa.UniqueConstraint("order_id", "sha256", "name", name="uq_documents_order_id_sha256_name"),
        sa.CheckConstraint("size >= 0", name="ck_documents_size"),
        sa.CheckConstraint(f"kind IN ({DOCUMENT_KINDS})", name="ck_documents_kind"),
        _foreign_key("documents", "order_id", "orders"),
    )
    _index("documents", "sha256")


def _make_refunds() -> None:
    op.create_table(
        "refunds",
        _serial(),
        *_texts("id order_id"),
        *_texts("grant_id", nullable=True),
        *_texts("state reason requested_at requested_by"),
        *_texts("settled_at amount", nullable=True),
        *_texts("reference"),
        sa.PrimaryKeyConstraint("serial", name="pk_refunds"),
        sa.CheckConstraint(f"state IN ({REFUND_STATES})", name="ck_refunds_state"),
        sa.UniqueConstraint("id", name="uq_refunds_id"),
        _foreign_key("refunds", "order_id", "orders"),
        _foreign_key("refunds", "grant_id", "grants"),
    )
    _index("refunds", "order_id", "requested_at")
    _index("refunds", "requested_at")
    where = sa.text("state <> 'refused'")
    op.create_index(
        "uq_refunds_standing",
        "refunds",
        ["order_id"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


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
