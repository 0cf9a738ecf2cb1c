"""Version 0005: what a listing said when it was quoted, to hold the delivery against.

Released: never edited again. Stands on its own, so that later changes of the code cannot change it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLE = "offered_facts"
NEVER = "BEGIN SELECT RAISE(ABORT, 'what was booked is never changed'); END"


def upgrade() -> None:
    """Make the table; nothing that was there changes."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        TABLE,
        sa.Column("serial", number, nullable=False, autoincrement=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "facts", "noted_at")),
        sa.PrimaryKeyConstraint("serial", name=f"pk_{TABLE}"),
        sa.UniqueConstraint("id", name=f"uq_{TABLE}_id"),
    )
    if op.get_bind().dialect.name == "sqlite":
        there = f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id OR serial = NEW.serial)"  # noqa: S608
        statements = (
            f"CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE} {NEVER}",
            f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} {NEVER}",
            f"CREATE TRIGGER {TABLE}_no_replace BEFORE INSERT ON {TABLE} {there} {NEVER}",
        )
    else:
        refuse = f"EXECUTE FUNCTION {TABLE}_refuse()"
        body = "$$ BEGIN RAISE EXCEPTION 'what was booked is never changed'; END $$"
        statements = (
            f"CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS {body}",
            f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW {refuse}",
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT {refuse}",
        )
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)
