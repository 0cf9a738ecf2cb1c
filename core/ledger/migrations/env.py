"""What alembic runs to migrate: on the connection that it is given, in the transaction that is open there.

alembic loads this file by its path, so it imports nothing of ours.
"""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    # SQLite rolls DDL back like everything else, once BEGIN comes from us and not from the driver.
    transactional_ddl=True,
    render_as_batch=True,
)

with context.begin_transaction():
    context.run_migrations()
