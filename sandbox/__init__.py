"""The marketplaces on loopback: their documented APIs with state, money and faults.

For the demo, the tests and development; never part of the extension's zip. It uses the standard library
alone and imports nothing of the core: the core is tested against it, so the two must not share a bug.
"""
