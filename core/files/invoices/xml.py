"""Reads an invoice's XML, in whichever of the two syntaxes it is."""

from __future__ import annotations

from ...model.invoice_data import InvoiceData
from . import cii, ubl
from .tree import broken, read_tree


def read_invoice_xml(data: bytes, name: str) -> InvoiceData:
    """Return what stands in an invoice. ``name`` is what errors call it. Raises UserInputError."""
    root = read_tree(data, name)
    if root.name in (ubl.INVOICE_ROOT, ubl.CREDIT_ROOT):
        return ubl.read_ubl(root, name)
    if root.name == cii.ROOT:
        return cii.read_cii(root, name)
    if root.name == cii.OLD_ROOT:
        raise broken(name, "it is ZUGFeRD 1, which came before the standard EN 16931; ask for version 2")
    raise broken(name, "it is neither a UBL 2.1 invoice or credit note nor a Cross Industry Invoice")


def looks_like_xml(data: bytes) -> bool:
    """Say whether a file begins as XML does."""
    head = data[:200].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")
    return head.startswith((b"<?xml", b"<\x00?\x00x\x00", b"\x00<\x00?", b"<")) and not head.startswith(
        (b"<!DOCTYPE html", b"<html")
    )
