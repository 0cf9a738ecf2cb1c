"""The marketplaces: one declarative module each, and one registry. Sans-I/O.

To add one, see "How to add a marketplace" in CONTRIBUTING: a module here, a line in ``registry``, its
license terms, its tapes, its docs page.
"""
