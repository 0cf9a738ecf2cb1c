"""Use cases of a studio that shares a ledger: requests, limits, budgets, payments, seats, invoices.

One module a use case, as in :mod:`core.services`. :class:`.standing.Standing` says who may do what, by the
same rules that PostgreSQL holds for a shared ledger (``core/ledger/sql/access.sql``).
"""
