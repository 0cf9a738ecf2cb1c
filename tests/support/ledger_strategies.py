"""Hypothesis strategies for everything that a ledger keeps."""

from __future__ import annotations

from datetime import UTC

from hypothesis import strategies as st

from core.model.audit import AuditEvent
from core.model.declaration import Declaration, Origin
from core.model.evidence import Document, DocumentKind, Refund, RefundState
from core.model.fingerprint import ContentKind, KnownContent
from core.model.grant import Grant, GrantFile, GrantState, Usage
from core.model.license import TermsSource
from core.model.listing import ListingRef, MediaKind
from core.model.money import Balance, Credits, Money
from core.model.order import Order, OrderState, Receipt
from core.model.quote import Approval, Quote
from core.model.resolution import Resolution, ResolutionKind

# Everything that is text: what is not (NUL, lone surrogates) has tests of its own.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30)
moments = st.datetimes(timezones=st.just(UTC))
amounts = st.integers(-(10**30), 10**30)
costs = st.one_of(
    st.none(),
    st.builds(Money, minor=amounts, currency=names),
    st.builds(Credits, amount=amounts, unit=names),
)
refs = st.builds(ListingRef, marketplace=texts, id=texts)
flags = st.sampled_from([None, True, False])
sizes = st.integers(0, 2**63 - 1)

quotes = st.builds(
    Quote,
    id=texts,
    ref=refs,
    title=texts,
    kind=st.sampled_from(MediaKind),
    author=texts,
    license_label=texts,
    license_id=texts,
    terms_sha256=texts,
    cost=costs,
    balance=st.none() | st.builds(Balance, label=texts, left=costs, limit=costs, account_id=texts),
    variant=texts,
    account_id=texts,
    editorial=flags,
    search_id=texts,
    web_checkout=st.booleans(),
    license_source=st.sampled_from(TermsSource),
    surcharge=texts,
    note=texts,
    created_at=moments,
    expires_at=moments,
)
approvals = st.builds(
    Approval,
    id=texts,
    quote_id=texts,
    binding_sha256=texts,
    approved_by=texts,
    approved_at=moments,
    expires_at=moments,
    reason=texts,
)
orders = st.builds(
    Order,
    id=texts,
    key=texts,
    quote_id=st.just(""),
    approval_id=st.just(""),
    ref=refs,
    title=texts,
    variant=texts,
    license_label=texts,
    license_id=texts,
    terms_sha256=texts,
    account_id=texts,
    cost=costs,
    project=texts,
    buyer=texts,
    state=st.sampled_from(OrderState),
    created_at=moments,
    updated_at=moments,
    submitted_at=st.none() | moments,
    marketplace_order_id=texts,
    checkout_url=texts,
    failure=texts,
    version=st.integers(1, 2**31 - 1),
)
receipts = st.builds(
    Receipt,
    id=texts,
    order_id=texts,
    marketplace_order_id=texts,
    marketplace_license_id=texts,
    charged=costs,
    license_label=texts,
    received_at=moments,
    evidence=texts,
)
grants = st.builds(
    Grant,
    id=texts,
    order_id=st.just(""),
    ref=refs,
    title=texts,
    author=texts,
    kind=st.sampled_from(MediaKind),
    license_id=texts,
    license_label=texts,
    terms_sha256=texts,
    marketplace_license_id=texts,
    licensee=texts,
    project=texts,
    granted_at=moments,
    state=st.sampled_from(GrantState),
    valid_until=st.none() | moments,
    editorial=flags,
    credit=texts,
    source=st.sampled_from(TermsSource),
)
files = st.builds(
    GrantFile, grant_id=texts, sha256=texts, name=texts, size=sizes, media_type=texts, downloaded_at=moments
)
documents = st.builds(
    Document,
    order_id=texts,
    kind=st.sampled_from(DocumentKind),
    sha256=texts,
    name=texts,
    size=sizes,
    added_at=moments,
    added_by=texts,
)
refunds = st.builds(
    Refund,
    id=texts,
    order_id=texts,
    grant_id=st.just(""),
    state=st.sampled_from(RefundState),
    reason=texts,
    requested_at=moments,
    requested_by=texts,
    settled_at=st.none() | moments,
    amount=costs,
    reference=texts,
)
usages = st.builds(Usage, grant_id=names, scene=names, data_blocks=st.integers(0, 2**31 - 1), seen_at=moments)
resolutions = st.builds(
    Resolution,
    id=texts,
    kind=st.sampled_from(ResolutionKind),
    rule=texts,
    subject=texts,
    reason=texts,
    author=texts,
    decided_at=moments,
    evidence_sha256=texts,
    ends_at=st.none() | moments,
    project=texts,
    terms_sha256=texts,
)
declarations = st.builds(
    Declaration,
    id=texts,
    origin=st.sampled_from(Origin),
    title=texts,
    declared_by=texts,
    declared_at=moments,
    reason=texts,
    author=texts,
    license=texts,
    source_url=texts,
    credit=texts,
    evidence_sha256=texts,
    project=texts,
    client=texts,
    withdrawn_at=st.none() | moments,
)
contents = st.builds(
    KnownContent, grant_id=st.just("grant_1"), kind=st.sampled_from(ContentKind), name=texts, code=texts
)
events = st.builds(
    AuditEvent,
    action=texts,
    subject=texts,
    actor=texts,
    at=moments,
    details=st.lists(
        st.tuples(st.sampled_from(["cost", "note", "listing", "", "größe"]), texts), max_size=4
    ).map(tuple),
)
