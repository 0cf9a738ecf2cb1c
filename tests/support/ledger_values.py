"""Values for ledger tests: small builders, and hypothesis strategies for everything that a ledger keeps."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.ledger.engine import SqlLedger, open_ledger
from core.ledger.port import LedgerTransaction
from core.ledger.postgres import read_address
from core.ledger.studio import open_studio_ledger
from core.model.audit import AuditEvent
from core.model.declaration import Declaration, Origin
from core.model.evidence import Document, DocumentKind, Refund, RefundState
from core.model.fingerprint import ContentKind, KnownContent
from core.model.grant import Grant, GrantFile, Usage
from core.model.listing import ListingRef, MediaKind
from core.model.money import Balance, Credits, Money
from core.model.order import Order, OrderState, Receipt
from core.model.quote import Approval, Quote
from core.model.resolution import Resolution, ResolutionKind

AT = datetime(2026, 11, 23, 15, 14, 26, 123456, tzinfo=UTC)
REF = ListingRef(marketplace="cgtrader", id="123")


def open_place(place: str) -> SqlLedger:
    """Open the ledger that a place names; what child processes are given.

    ``sqlite:/path`` or ``/folder for checkpoints|postgresql://…``.
    """
    if place.startswith("sqlite:"):
        return open_ledger(Path(place.removeprefix("sqlite:")), lock_timeout_s=60.0)
    folder, _, address = place.partition("|")
    return open_studio_ledger(read_address(address), checkpoints_folder=Path(folder), lock_timeout_s=60.0)


def fill_everything(work: LedgerTransaction, number: int = 1) -> None:
    """Write a row into every table."""
    from studio_values import make_studio_values

    work.add_quote(make_quote(number))
    work.add_approval(make_approval(number))
    work.add_order(make_order(number))
    work.add_receipt(make_receipt(number))
    work.add_grant(make_grant(number, order_id=f"order_{number}"))
    work.add_file(make_file(number, grant_id=f"grant_{number}"))
    work.add_document(make_document(number, order_id=f"order_{number}"))
    work.add_refund(make_refund(number, order_id=f"order_{number}", grant_id=f"grant_{number}"))
    work.keep_terms(f"{number:064x}", "{}")
    work.replace_usages("a.blend", [make_usage(number, scene="a.blend", grant_id=f"grant_{number}")])
    work.add_resolution(make_resolution(number))
    work.add_declaration(make_declaration(number))
    work.replace_fingerprints(f"grant_{number}", [make_content(number, grant_id=f"grant_{number}")])
    for value in make_studio_values(number):
        work.add(value)
    work.record(make_event(number))


def moment(number: float) -> datetime:
    """Return a moment that grows with the number."""
    return AT + timedelta(seconds=number)


def make_quote(number: int = 1, **facts: Any) -> Quote:
    """Make a quote."""
    quote = Quote(
        id=f"quote_{number}",
        ref=REF,
        title="Oak table — dubový stůl 🪑",
        kind=MediaKind.MODEL,
        author="Mia",
        license_label="Royalty Free",
        license_id="cgtrader.royalty_free",
        terms_sha256="ab" * 32,
        cost=Money(minor=1900, currency="USD"),
        balance=Balance(label="Credits", left=Credits(amount=7), limit=None, account_id="acc"),
        account_id="acc",
        editorial=None,
        created_at=moment(number),
        expires_at=moment(number + 900),
    )
    return replace(quote, **facts)


def make_approval(number: int = 1, **facts: Any) -> Approval:
    """Make an approval of the quote with the same number."""
    approval = Approval(
        id=f"approval_{number}",
        quote_id=f"quote_{number}",
        binding_sha256=make_quote(number).binding_sha256,
        approved_by="lea",
        approved_at=moment(number),
        expires_at=moment(number + 900),
        reason="for the forest",
    )
    return replace(approval, **facts)


def make_order(number: int = 1, **facts: Any) -> Order:
    """Make an order of a listing of its own, which refers to no quote and no approval."""
    order = Order(
        id=f"order_{number}",
        key=str(uuid.UUID(int=number)),
        quote_id="",
        approval_id="",
        ref=ListingRef(marketplace="cgtrader", id=f"listing {number}"),
        title="Oak table",
        variant="",
        license_label="Royalty Free",
        license_id="cgtrader.royalty_free",
        terms_sha256="ab" * 32,
        account_id="acc",
        cost=Money(minor=1900, currency="USD"),
        project="forest",
        buyer="mia",
        state=OrderState.APPROVED,
        created_at=moment(number),
        updated_at=moment(number),
    )
    return replace(order, **facts)


def make_receipt(number: int = 1, **facts: Any) -> Receipt:
    """Make a receipt of the order with the same number."""
    receipt = Receipt(
        id=f"receipt_{number}",
        order_id=f"order_{number}",
        marketplace_order_id=f"mo-{number}",
        marketplace_license_id=f"ml-{number}",
        charged=Money(minor=1900, currency="USD"),
        license_label="Royalty Free",
        received_at=moment(number),
        evidence="purchase_answer",
    )
    return replace(receipt, **facts)


def make_grant(number: int = 1, **facts: Any) -> Grant:
    """Make a grant without an order, as for something that was bought elsewhere."""
    grant = Grant(
        id=f"grant_{number}",
        order_id="",
        ref=REF,
        title="Oak table",
        author="Mia",
        kind=MediaKind.MODEL,
        license_id="cgtrader.royalty_free",
        license_label="Royalty Free",
        terms_sha256="ab" * 32,
        marketplace_license_id=f"ml-{number}",
        licensee="mia",
        project="forest",
        granted_at=moment(number),
        credit="Oak table by Mia",
    )
    return replace(grant, **facts)


def make_file(number: int = 1, **facts: Any) -> GrantFile:
    """Make a file of grant 1."""
    file = GrantFile(
        grant_id="grant_1",
        sha256=f"{number:064x}",
        name=f"table_{number}.glb",
        size=1000 + number,
        media_type="model/gltf-binary",
        downloaded_at=moment(number),
    )
    return replace(file, **facts)


def make_document(number: int = 1, **facts: Any) -> Document:
    """Make an invoice of order 1."""
    document = Document(
        order_id="order_1",
        kind=DocumentKind.INVOICE,
        sha256=f"{number:064x}",
        name=f"Rechnung č. {number}.pdf",
        size=2000 + number,
        added_at=moment(number),
        added_by="mia",
    )
    return replace(document, **facts)


def make_refund(number: int = 1, **facts: Any) -> Refund:
    """Make a refund that was asked for, of order 1."""
    refund = Refund(
        id=f"refund_{number}",
        order_id="order_1",
        grant_id="",
        state=RefundState.REQUESTED,
        reason="the rig is broken — nefunguje",
        requested_at=moment(number),
        requested_by="mia",
    )
    return replace(refund, **facts)


def make_usage(number: int = 1, **facts: Any) -> Usage:
    """Make a usage of the grant with the same number."""
    usage = Usage(grant_id=f"grant_{number}", scene="/shots/010.blend", data_blocks=3, seen_at=moment(number))
    return replace(usage, **facts)


def make_resolution(number: int = 1, **facts: Any) -> Resolution:
    """Make a decision about the credit line of grant 1."""
    resolution = Resolution(
        id=f"resolution_{number}",
        kind=ResolutionKind.CLEARED_IN_WRITING,
        rule="output.print",
        subject="grant_1",
        reason="the seller agreed — souhlasí",
        author="lea",
        decided_at=moment(number),
        evidence_sha256=f"{number:064x}",
        ends_at=moment(10**6),
        project="forest",
        terms_sha256="ab" * 32,
    )
    return replace(resolution, **facts)


def make_declaration(number: int = 1, **facts: Any) -> Declaration:
    """Make a declaration of something under a free license."""
    declaration = Declaration(
        id=f"declaration_{number}",
        origin=Origin.FREE_LICENSE,
        title="Moss — mech 🌿",
        declared_by="mia",
        declared_at=moment(number),
        reason="from the museum's website",
        author="A. Botanist",
        license="CC-BY-4.0",
        source_url="https://museum.example/moss",
        credit="Moss by A. Botanist, CC BY 4.0",
        evidence_sha256=f"{number:064x}",
        project="forest",
    )
    return replace(declaration, **facts)


def make_content(number: int = 1, **facts: Any) -> KnownContent:
    """Make a fingerprint of an image of grant 1."""
    content = KnownContent(
        grant_id="grant_1", kind=ContentKind.IMAGE, name=f"bark_{number}.png", code=f"i1:{number:032x}"
    )
    return replace(content, **facts)


def make_event(number: int = 1, **facts: Any) -> AuditEvent:
    """Make an audit event."""
    event = AuditEvent(
        action="order.paid",
        subject=f"order_{number}",
        actor="mia",
        at=moment(number),
        details=(("cost", "money:1900:USD"), ("title", "dubový „stůl“\n🪑")),
    )
    return replace(event, **facts)
