"""The ledger: the only place that knows what was approved, ordered, paid, granted and used."""
