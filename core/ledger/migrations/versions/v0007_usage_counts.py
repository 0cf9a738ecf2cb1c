"""Version 0007: how many calls were made a day, by whom and for which project, for contracts that price them.

Released: never edited again. Stands on its own, so that later changes of the code cannot change it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE = "usage_counts"


def upgrade() -> None:
    """Make the table; nothing that was there changes."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        TABLE,
        sa.Column("serial", number, nullable=False, autoincrement=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "day", "marketplace", "operation")),
        sa.Column("number", sa.BigInteger, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("counted_by", "counted_at", "source", "project_id")
        ),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name=f"pk_{TABLE}"),
        sa.CheckConstraint("number >= 1", name=f"ck_{TABLE}_number"),
        sa.CheckConstraint("version >= 1", name=f"ck_{TABLE}_version"),
        sa.UniqueConstraint("id", name=f"uq_{TABLE}_id"),
    )
    op.create_index(f"ix_{TABLE}_day_marketplace", TABLE, ["day", "marketplace"])
