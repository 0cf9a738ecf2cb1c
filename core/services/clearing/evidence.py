"""Gathers what proves each license of a scene: receipts, files that were attached, the terms kept with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...ledger.port import LedgerReader
from ...model.evidence import Document, Evidence, EvidenceKind
from ...model.grant import Grant
from ...model.order import Receipt

_HOW = {
    "purchase_answer": "the answer to the purchase",
    "history": "the marketplace's own records",
    "order_status": "the state of its order",
    "web_evidence": "entered after a purchase on the website",
    "user_word": "somebody's word",
}
"""What ``Receipt.evidence`` says, for people."""


def gather_evidence(
    ledger: LedgerReader, grants: Mapping[str, Grant], *, name_of: Callable[[str], str] = str
) -> dict[str, tuple[Evidence, ...]]:
    """Return by grant id what proves it, in the order in which it came; a few queries for all of them."""
    orders = [grant.order_id for grant in grants.values() if grant.order_id]
    receipts, documents = ledger.receipts_of(orders), ledger.documents_of(orders)
    return {
        grant_id: (
            *(_of_receipt(one, name_of(grant.ref.marketplace)) for one in receipts.get(grant.order_id, ())),
            *map(_of_document, documents.get(grant.order_id, ())),
            Evidence(
                kind=EvidenceKind.TERMS,
                label=f"The license terms of {grant.license_label} as they were read for this purchase",
                sha256=grant.terms_sha256,
                at=grant.granted_at,
            ),
        )
        for grant_id, grant in grants.items()
    }


def _of_receipt(receipt: Receipt, marketplace: str) -> Evidence:
    number = receipt.marketplace_order_id or receipt.marketplace_license_id
    what = f"{marketplace}, order {number}" if number else marketplace
    how = _HOW.get(receipt.evidence, receipt.evidence.replace("_", " "))
    return Evidence(kind=EvidenceKind.RECEIPT, label=f"{what} ({how})", at=receipt.received_at)


def _of_document(document: Document) -> Evidence:
    return Evidence(
        kind=EvidenceKind(document.kind.value),
        label=document.name,
        sha256=document.sha256,
        at=document.added_at,
    )
