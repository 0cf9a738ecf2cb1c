"""Version 0003: resolutions, declarations, fingerprints, and the numbers that stand for grants on mesh faces.

Released: never edited again. Stands on its own, so that later changes of the code cannot change it.
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KINDS = "'audio', 'image', 'model', 'other', 'video'"
GRANT_STATES = "'active', 'expired', 'refunded', 'revoked'"
SOURCES = "'contract', 'invoice', 'marketplace', 'user'"
RESOLUTION_KINDS = "'cleared_in_writing', 'license_upgraded', 'not_visible', 'own_work', 'replaced'"
ORIGINS = "'client', 'free_license', 'other', 'own_work', 'public_domain'"
CONTENT_KINDS = "'image', 'mesh'"
NEVER = "BEGIN SELECT RAISE(ABORT, 'what was decided and declared is never changed'); END"
DECLARED = (
    "serial", "id", "origin", "title", "declared_by", "declared_at", "reason", "author", "license",
    "source_url", "credit", "evidence_sha256", "project", "client", "face_number",
)  # fmt: skip


def upgrade() -> None:
    """Give grants their numbers; make resolutions, declarations and fingerprints."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild_grants()
    else:
        _alter_grants()
    _index("grants", "face_number")
    _make_resolutions()
    _make_declarations()
    _make_fingerprints()


def _number(grant_id: str) -> int:
    """Return 31 bits of the id's SHA-256; 0 means "no grant" on a face."""
    return (int.from_bytes(hashlib.sha256(grant_id.encode()).digest()[:4], "big") & 0x7FFFFFFF) or 1


def _rebuild_grants() -> None:
    """Make the table anew: SQLite adds no column without a default to one that has rows."""
    driver = op.get_bind().connection.dbapi_connection
    if driver is None:
        raise RuntimeError("there is no connection to migrate")
    driver.create_function("clearance_face_number", 1, _number, deterministic=True)
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
        sa.Column("face_number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_grants"),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="ck_grants_kind"),
        sa.CheckConstraint(f"state IN ({GRANT_STATES})", name="ck_grants_state"),
        sa.CheckConstraint(f"source IN ({SOURCES})", name="ck_grants_source"),
        sa.UniqueConstraint("id", name="uq_grants_id"),
        sa.UniqueConstraint("order_id", name="uq_grants_order_id"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_grants_order_id_orders"),
    )
    _index("grants", "marketplace", "listing_id", "granted_at")
    _index("grants", "state", "granted_at")
    _index("grants", "granted_at")
    op.execute("INSERT INTO grants SELECT *, clearance_face_number(id) FROM old_grants ORDER BY serial")
    op.execute("DROP TABLE old_grants")


def _alter_grants() -> None:
    op.add_column("grants", sa.Column("face_number", sa.Integer, nullable=True))
    # The first eight hexadecimal digits are four bytes, the most significant one first.
    op.execute(
        "UPDATE grants SET face_number = GREATEST(1, ("
        "('x' || substr(encode(sha256(convert_to(id, 'UTF8')), 'hex'), 1, 8))::bit(32)::bigint & 2147483647"
        ")::integer)"
    )
    op.alter_column("grants", "face_number", nullable=False)


def _make_resolutions() -> None:
    op.create_table(
        "resolutions",
        _serial(),
        *_texts("id kind rule subject reason author decided_at evidence_sha256"),
        *_texts("ends_at", nullable=True),
        *_texts("project terms_sha256"),
        sa.PrimaryKeyConstraint("serial", name="pk_resolutions"),
        sa.CheckConstraint(f"kind IN ({RESOLUTION_KINDS})", name="ck_resolutions_kind"),
        sa.UniqueConstraint("id", name="uq_resolutions_id"),
    )
    _index("resolutions", "subject")
    _guard("resolutions", "")


def _make_declarations() -> None:
    op.create_table(
        "declarations",
        _serial(),
        *_texts("id origin title declared_by declared_at reason author license source_url credit"),
        *_texts("evidence_sha256 project client"),
        *_texts("withdrawn_at", nullable=True),
        sa.Column("face_number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_declarations"),
        sa.CheckConstraint(f"origin IN ({ORIGINS})", name="ck_declarations_origin"),
        sa.UniqueConstraint("id", name="uq_declarations_id"),
    )
    _index("declarations", "declared_at")
    _index("declarations", "face_number")
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in DECLARED)
    _guard("declarations", f"WHEN OLD.withdrawn_at IS NOT NULL OR {changed} ")


def _make_fingerprints() -> None:
    op.create_table(
        "fingerprints",
        _serial(),
        *_texts("grant_id kind name code"),
        sa.PrimaryKeyConstraint("serial", name="pk_fingerprints"),
        sa.CheckConstraint(f"kind IN ({CONTENT_KINDS})", name="ck_fingerprints_kind"),
    )
    _index("fingerprints", "grant_id")
    _index("fingerprints", "kind", "serial")


def _guard(table: str, when: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        there = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id OR serial = NEW.serial)"  # noqa: S608
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {when}{NEVER}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {NEVER}")
        op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} {there} {NEVER}")


def _big_key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _serial() -> sa.Column[int]:
    return sa.Column("serial", _big_key(), nullable=False, autoincrement=True)


def _texts(names: str, *, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names.split()]


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
