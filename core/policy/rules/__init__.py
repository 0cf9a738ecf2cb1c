"""The rules of the policy: pure functions from facts to findings, listed in :mod:`.registry`."""
