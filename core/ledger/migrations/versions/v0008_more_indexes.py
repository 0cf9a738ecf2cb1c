"""Version 0008: indexes for what is asked of quotes and approvals by their orders, and of files by their day.

Released: never edited again. Stands on its own, so that later changes of the code cannot change it.
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NEW = (
    ("approvals", "approved_by", "approved_at"),
    ("orders", "quote_id"),
    ("orders", "approval_id"),
    ("files", "downloaded_at"),
)


def upgrade() -> None:
    """Make the indexes; no row changes."""
    for table, *columns in NEW:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)
