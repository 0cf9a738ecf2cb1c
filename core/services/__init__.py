"""The use cases, one a module. Synchronous, called in worker threads; the only code that moves money.

A service reads and writes through ports (ledger, client, store, host) that :mod:`core.app` hands it.
"""
