"""Reads invoices: EN 16931 XML in both of its syntaxes, and the XML that PDFs carry. Foreign, hostile bytes.

Everything is bounded, nothing outside of the file is opened, and what cannot be read for sure is not read.
"""
