"""Product feeds: files that list what a marketplace sells, read into a local full-text catalogue.

It reads files and one SQLite database a marketplace; it never uses the network, and knows no marketplace but
by its :class:`~..marketplaces.base.MarketplaceInfo`.
"""
