"""Scripts that change the ledger's schema from one version to the next. Loaded by alembic, by their paths."""
