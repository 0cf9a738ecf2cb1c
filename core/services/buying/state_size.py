"""Note in which size something was bought, on the user's word, where the marketplace's records do not tell.

Some marketplaces sell each size by itself and do not say in their history which one it was (Getty Images).
Until it is said, no size of it is offered again: nobody pays a second time on a guess. What is noted is
marked as the user's word, with what proves it, and can be corrected.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...errors import UserInputError
from ...http.message import clean_text
from ...ledger.port import LedgerReader
from ...marketplaces import registry
from ...model.audit import AuditEvent
from ...model.grant import Grant, GrantState
from ...model.license import TermsSource
from ...model.order import Order
from ..steps import FindMarketplace
from .documents import Attachment, Documents
from .settle import record_documents

ACTION = "order.size_stated"
MAX_SIZE = 60
MAX_NOTE = 500


def state_size(
    documents: Documents,
    grant_id: str,
    variant: str,
    *,
    actor: str,
    note: str = "",
    attachments: Iterable[Attachment] = (),
    find_marketplace: FindMarketplace = registry.find,
) -> Order:
    """Note the size and return the order. ``variant``: as the marketplace names it in its offers.

    Raises UserInputError for a license that does not stand, whose size is known, or is not sold by size.
    """
    ledger = documents.ledger
    grant, order = _check(ledger, grant_id, find_marketplace)
    size, words = clean_text(variant, limit=MAX_SIZE), clean_text(note, limit=MAX_NOTE)
    if not size:
        raise UserInputError("Choose the size that stands on your invoice.", code="size.none")
    kept = documents.keep(order.id, attachments, actor=actor)
    now = documents.clock.now()
    with ledger.transaction() as work:
        _, order = _check(work, grant_id, find_marketplace)
        changed = work.change_order(replace(order, variant=size, updated_at=now))
        for document in kept:
            work.add_document(document)
        record_documents(work, kept, actor=actor)
        details = (
            ("listing", str(grant.ref)),
            ("size", size),
            ("source", TermsSource.USER),
            *((("note", words),) if words else ()),
        )
        work.record(AuditEvent(action=ACTION, subject=order.id, actor=actor, at=now, details=details))
    ledger.write_checkpoint(at=now)
    return changed


def _check(reader: LedgerReader, grant_id: str, find_marketplace: FindMarketplace) -> tuple[Grant, Order]:
    """Return license and order, if a size can be noted for them."""
    grant = reader.grant(grant_id)
    order = reader.order(grant.order_id) if grant is not None and grant.order_id else None
    if grant is None or order is None or grant.state is not GrantState.ACTIVE:
        raise UserInputError(
            "There is no such license in the ledger, or it no longer stands.",
            code="grant.unknown",
            context={"grant_id": grant_id},
        )
    info = find_marketplace(grant.ref.marketplace).INFO
    if grant.kind not in info.sold_by_size:
        raise UserInputError(
            f"{info.name} does not sell “{grant.title}” by size: what is owned is owned in every size.",
            code="size.not_sold_so",
        )
    quote = reader.quote(order.quote_id)
    if order.variant and (quote is None or quote.variant):  # told by the marketplace, or bought as such
        raise UserInputError(
            f"In which size “{grant.title}” was bought is known: “{order.variant}”.", code="size.known"
        )
    return grant, order
