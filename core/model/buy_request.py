"""A request to buy: what an artist wants for a project, and what came of each item. Bulk is a long one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .listing import ListingRef, MediaKind
from .money import Cost, Money


class RequestState(StrEnum):
    """Where a request stands. The arrows are in :data:`REQUEST_TRANSITIONS`."""

    DRAFT = "draft"
    """A cart: nobody else has been asked yet."""
    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    BUYING = "buying"
    """Items are being bought; after a crash it goes on from here."""
    DONE = "done"
    """Every item has ended, well or not."""


REQUEST_TRANSITIONS: dict[RequestState, frozenset[RequestState]] = {
    # Straight to the end: the studio owns all of it, so nobody has to be asked.
    RequestState.DRAFT: frozenset({RequestState.OPEN, RequestState.WITHDRAWN, RequestState.DONE}),
    # Back to a draft: put together and quoted once more.
    RequestState.OPEN: frozenset(
        {RequestState.APPROVED, RequestState.DECLINED, RequestState.WITHDRAWN, RequestState.DRAFT}
    ),
    RequestState.APPROVED: frozenset({RequestState.BUYING, RequestState.OPEN, RequestState.WITHDRAWN}),
    RequestState.BUYING: frozenset({RequestState.DONE}),
    RequestState.DECLINED: frozenset(),
    RequestState.WITHDRAWN: frozenset(),
    RequestState.DONE: frozenset(),
}
"""An approved request whose price or terms changed is open again."""


class ItemState(StrEnum):
    """What became of one item."""

    WAITING = "waiting"
    COVERED = "covered"
    """The studio holds a license that covers the need; nothing is bought."""
    BUYING = "buying"
    """An order was opened for it: from here on only the order tells what happened."""
    BOUGHT = "bought"
    FAILED = "failed"
    LEFT_OUT = "left_out"
    """Taken out of the request before it was bought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyRequest:
    """One request. ``use`` is the intended use as its file's text, ``binding_sha256`` what was approved."""

    id: str
    project_id: str
    requested_by: str
    reason: str
    use: str
    state: RequestState
    created_at: datetime
    changed_at: datetime
    total: Money | None = None
    """The sum of what has a price in money; credits stand with the items."""
    binding_sha256: str = ""
    """Hash of project, use, reason and every waiting item's quote binding, in order: an approval holds for
    exactly these prices and terms."""
    decided_at: datetime | None = None
    decided_by: str = ""
    decision_reason: str = ""
    expires_at: datetime | None = None
    """Until when an approval holds."""
    budget_id: str = ""
    method_id: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestItem:
    """One listing of a request. ``position`` counts from 1."""

    id: str
    request_id: str
    position: int
    ref: ListingRef
    kind: MediaKind
    title: str
    license_label: str
    """The license that is wanted, in the marketplace's word; empty: whatever fits the use."""
    variant: str
    state: ItemState
    changed_at: datetime
    quote_id: str = ""
    cost: Cost | None = None
    decision: str = ""
    """The policy's answer when it was quoted: ``allow``, ``needs_review``, ``deny``."""
    grant_id: str = ""
    """The license that covers it, or that was bought."""
    order_id: str = ""
    failure: str = ""
    version: int = 1
