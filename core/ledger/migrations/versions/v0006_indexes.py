"""Version 0006: indexes for what is asked of a large ledger by time, person or name.

Released: never edited again. Stands on its own, so that later changes of the code cannot change it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OLD = (
    ("orders", "state", "created_at"),
    ("orders", "created_at"),
    ("grants", "state", "granted_at"),
    ("grants", "granted_at"),
)
"""These get the rows' own number, by which what is of one moment is sorted."""
NEW = (
    ("grants", "terms_sha256", "granted_at", "serial"),
    ("orders", "buyer", "created_at"),
    ("orders", "project", "created_at", "serial"),
    ("orders", "state", "updated_at"),
    ("orders", "listing_id"),
    ("orders", "marketplace_order_id"),
    ("receipts", "marketplace_order_id"),
    ("receipts", "marketplace_license_id"),
    ("payments", "paid_at"),
    ("buy_requests", "requested_by", "serial"),
    ("buy_requests", "requested_by", "state"),
    ("buy_requests", "decided_by", "decided_at"),
    ("renewals", "ends_at"),
    ("renewals", "renewed_until"),
    ("seats", "released_at"),
)


def upgrade() -> None:
    """Make the indexes; no row changes."""
    for table, *columns in OLD:
        op.drop_index(_name(table, columns), table_name=table)
        _make(table, [*columns, "serial"])
    for table, *columns in NEW:
        _make(table, columns)
    _make_some("ix_grants_ends", "grants", "valid_until", "valid_until IS NOT NULL")
    _make_some(
        "ix_invoice_lines_to_look_at", "invoice_lines", "invoice_id", "order_id IS NULL OR difference <> ''"
    )


def _make_some(name: str, table: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def _make(table: str, columns: list[str]) -> None:
    op.create_index(_name(table, columns), table, columns)


def _name(table: str, columns: list[str]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"
