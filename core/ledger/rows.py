"""Values to rows and back, exactly: what was written is what is read.

Nothing is repaired or guessed here. A value that could not be read back is refused when it is written; a
row that does not make a value (somebody changed the file) is for ``codecs.read_row`` to report.
"""

from __future__ import annotations

from ..ids import hash_grant_id
from ..model.evidence import Document, DocumentKind, Refund, RefundState
from ..model.grant import Grant, GrantFile, GrantState, Usage
from ..model.license import TermsSource
from ..model.listing import ListingRef, MediaKind
from ..model.money import Balance, decode_cost
from ..model.order import Order, OrderState, Receipt
from ..model.quote import Approval, Quote
from .codecs import (
    Columns,
    Row,
    decode_moment,
    decode_optional,
    encode_cost_text,
    encode_moment,
    encode_optional,
)


def quote_columns(quote: Quote) -> Columns:
    """Write a quote."""
    balance = quote.balance
    return {
        "id": quote.id,
        "marketplace": quote.ref.marketplace,
        "listing_id": quote.ref.id,
        "title": quote.title,
        "kind": str(quote.kind),
        "author": quote.author,
        "license_label": quote.license_label,
        "license_id": quote.license_id,
        "terms_sha256": quote.terms_sha256,
        "cost": encode_cost_text(quote.cost),
        "balance_label": None if balance is None else balance.label,
        "balance_left": None if balance is None else encode_cost_text(balance.left),
        "balance_limit": None if balance is None else encode_cost_text(balance.limit),
        "balance_account_id": None if balance is None else balance.account_id,
        "variant": quote.variant,
        "account_id": quote.account_id,
        "editorial": quote.editorial,
        "search_id": quote.search_id,
        "web_checkout": quote.web_checkout,
        "license_source": str(quote.license_source),
        "surcharge": quote.surcharge,
        "note": quote.note,
        "created_at": encode_moment(quote.created_at),
        "expires_at": encode_moment(quote.expires_at),
    }


def read_quote(row: Row) -> Quote:
    """Read a quote."""
    balance = None
    if row["balance_label"] is not None:
        balance = Balance(
            label=row["balance_label"],
            left=decode_cost(row["balance_left"]),
            limit=decode_cost(row["balance_limit"]),
            account_id=row["balance_account_id"],
        )
    return Quote(
        id=row["id"],
        ref=_read_ref(row),
        title=row["title"],
        kind=MediaKind(row["kind"]),
        author=row["author"],
        license_label=row["license_label"],
        license_id=row["license_id"],
        terms_sha256=row["terms_sha256"],
        cost=decode_cost(row["cost"]),
        balance=balance,
        variant=row["variant"],
        account_id=row["account_id"],
        editorial=row["editorial"],
        search_id=row["search_id"],
        web_checkout=row["web_checkout"],
        license_source=TermsSource(row["license_source"]),
        surcharge=row["surcharge"],
        note=row["note"],
        created_at=decode_moment(row["created_at"]),
        expires_at=decode_moment(row["expires_at"]),
    )


def approval_columns(approval: Approval) -> Columns:
    """Write an approval."""
    return {
        "id": approval.id,
        "quote_id": approval.quote_id,
        "binding_sha256": approval.binding_sha256,
        "approved_by": approval.approved_by,
        "approved_at": encode_moment(approval.approved_at),
        "expires_at": encode_moment(approval.expires_at),
        "reason": approval.reason,
    }


def read_approval(row: Row) -> Approval:
    """Read an approval."""
    return Approval(
        id=row["id"],
        quote_id=row["quote_id"],
        binding_sha256=row["binding_sha256"],
        approved_by=row["approved_by"],
        approved_at=decode_moment(row["approved_at"]),
        expires_at=decode_moment(row["expires_at"]),
        reason=row["reason"],
    )


def order_columns(order: Order) -> Columns:
    """Write an order."""
    return {
        "id": order.id,
        "key": order.key,
        "quote_id": order.quote_id or None,
        "approval_id": order.approval_id or None,
        "marketplace": order.ref.marketplace,
        "listing_id": order.ref.id,
        "title": order.title,
        "variant": order.variant,
        "license_label": order.license_label,
        "license_id": order.license_id,
        "terms_sha256": order.terms_sha256,
        "account_id": order.account_id,
        "cost": encode_cost_text(order.cost),
        "project": order.project,
        "buyer": order.buyer,
        "state": str(order.state),
        "created_at": encode_moment(order.created_at),
        "updated_at": encode_moment(order.updated_at),
        "submitted_at": encode_optional(order.submitted_at),
        "marketplace_order_id": order.marketplace_order_id,
        "checkout_url": order.checkout_url,
        "failure": order.failure,
        "version": order.version,
    }


def read_order(row: Row) -> Order:
    """Read an order."""
    return Order(
        id=row["id"],
        key=row["key"],
        quote_id=row["quote_id"] or "",
        approval_id=row["approval_id"] or "",
        ref=_read_ref(row),
        title=row["title"],
        variant=row["variant"],
        license_label=row["license_label"],
        license_id=row["license_id"],
        terms_sha256=row["terms_sha256"],
        account_id=row["account_id"],
        cost=decode_cost(row["cost"]),
        project=row["project"],
        buyer=row["buyer"],
        state=OrderState(row["state"]),
        created_at=decode_moment(row["created_at"]),
        updated_at=decode_moment(row["updated_at"]),
        submitted_at=decode_optional(row["submitted_at"]),
        marketplace_order_id=row["marketplace_order_id"],
        checkout_url=row["checkout_url"],
        failure=row["failure"],
        version=row["version"],
    )


def receipt_columns(receipt: Receipt, *, marketplace: str) -> Columns:
    """Write a receipt of an order at a marketplace."""
    return {
        "id": receipt.id,
        "order_id": receipt.order_id,
        "marketplace": marketplace,
        "marketplace_order_id": receipt.marketplace_order_id,
        "marketplace_license_id": receipt.marketplace_license_id,
        "charged": encode_cost_text(receipt.charged),
        "license_label": receipt.license_label,
        "received_at": encode_moment(receipt.received_at),
        "evidence": receipt.evidence,
    }


def read_receipt(row: Row) -> Receipt:
    """Read a receipt."""
    return Receipt(
        id=row["id"],
        order_id=row["order_id"],
        marketplace_order_id=row["marketplace_order_id"],
        marketplace_license_id=row["marketplace_license_id"],
        charged=decode_cost(row["charged"]),
        license_label=row["license_label"],
        received_at=decode_moment(row["received_at"]),
        evidence=row["evidence"],
    )


def grant_columns(grant: Grant) -> Columns:
    """Write a grant."""
    return {
        "id": grant.id,
        "order_id": grant.order_id or None,
        "marketplace": grant.ref.marketplace,
        "listing_id": grant.ref.id,
        "title": grant.title,
        "author": grant.author,
        "kind": str(grant.kind),
        "license_id": grant.license_id,
        "license_label": grant.license_label,
        "terms_sha256": grant.terms_sha256,
        "marketplace_license_id": grant.marketplace_license_id,
        "licensee": grant.licensee,
        "project": grant.project,
        "granted_at": encode_moment(grant.granted_at),
        "state": str(grant.state),
        "state_changed_at": encode_moment(grant.granted_at),
        "valid_until": encode_optional(grant.valid_until),
        "editorial": grant.editorial,
        "credit": grant.credit,
        "source": str(grant.source),
        "face_number": hash_grant_id(grant.id),
    }


# A studio's report reads a hundred thousand grants; calling an enumeration takes ten times as long.
_KINDS = {str(kind): kind for kind in MediaKind}
_STATES = {str(state): state for state in GrantState}
_SOURCES = {str(source): source for source in TermsSource}


def read_grant(row: Row) -> Grant:
    """Read a grant."""
    return Grant(
        id=row["id"],
        order_id=row["order_id"] or "",
        ref=_read_ref(row),
        title=row["title"],
        author=row["author"],
        kind=_KINDS.get(row["kind"]) or MediaKind(row["kind"]),
        license_id=row["license_id"],
        license_label=row["license_label"],
        terms_sha256=row["terms_sha256"],
        marketplace_license_id=row["marketplace_license_id"],
        licensee=row["licensee"],
        project=row["project"],
        granted_at=decode_moment(row["granted_at"]),
        state=_STATES.get(row["state"]) or GrantState(row["state"]),
        valid_until=decode_optional(row["valid_until"]),
        editorial=row["editorial"],
        credit=row["credit"],
        source=_SOURCES.get(row["source"]) or TermsSource(row["source"]),
    )


def file_columns(file: GrantFile) -> Columns:
    """Write a delivered file."""
    return {
        "grant_id": file.grant_id,
        "sha256": file.sha256,
        "name": file.name,
        "size": file.size,
        "media_type": file.media_type,
        "downloaded_at": encode_moment(file.downloaded_at),
    }


def read_file(row: Row) -> GrantFile:
    """Read a delivered file."""
    return GrantFile(
        grant_id=row["grant_id"],
        sha256=row["sha256"],
        name=row["name"],
        size=row["size"],
        media_type=row["media_type"],
        downloaded_at=decode_moment(row["downloaded_at"]),
    )


def document_columns(document: Document) -> Columns:
    """Write a document."""
    return {
        "order_id": document.order_id,
        "kind": str(document.kind),
        "sha256": document.sha256,
        "name": document.name,
        "size": document.size,
        "added_at": encode_moment(document.added_at),
        "added_by": document.added_by,
    }


def read_document(row: Row) -> Document:
    """Read a document."""
    return Document(
        order_id=row["order_id"],
        kind=DocumentKind(row["kind"]),
        sha256=row["sha256"],
        name=row["name"],
        size=row["size"],
        added_at=decode_moment(row["added_at"]),
        added_by=row["added_by"],
    )


def refund_columns(refund: Refund) -> Columns:
    """Write a refund."""
    return {
        "id": refund.id,
        "order_id": refund.order_id,
        "grant_id": refund.grant_id or None,
        "state": str(refund.state),
        "reason": refund.reason,
        "requested_at": encode_moment(refund.requested_at),
        "requested_by": refund.requested_by,
        "settled_at": encode_optional(refund.settled_at),
        "amount": encode_cost_text(refund.amount),
        "reference": refund.reference,
    }


def read_refund(row: Row) -> Refund:
    """Read a refund."""
    return Refund(
        id=row["id"],
        order_id=row["order_id"],
        grant_id=row["grant_id"] or "",
        state=RefundState(row["state"]),
        reason=row["reason"],
        requested_at=decode_moment(row["requested_at"]),
        requested_by=row["requested_by"],
        settled_at=decode_optional(row["settled_at"]),
        amount=decode_cost(row["amount"]),
        reference=row["reference"],
    )


def usage_columns(usage: Usage) -> Columns:
    """Write a usage."""
    return {
        "scene": usage.scene,
        "grant_id": usage.grant_id,
        "data_blocks": usage.data_blocks,
        "seen_at": encode_moment(usage.seen_at),
    }


def read_usage(row: Row) -> Usage:
    """Read a usage."""
    return Usage(
        grant_id=row["grant_id"],
        scene=row["scene"],
        data_blocks=row["data_blocks"],
        seen_at=decode_moment(row["seen_at"]),
    )


def _read_ref(row: Row) -> ListingRef:
    return ListingRef(marketplace=row["marketplace"], id=row["listing_id"])
