"""Keeps purchases of single listings to the roles and limits of a studio, as PostgreSQL keeps its ledger.

Who has a ledger of their own passes, but for limits that they set themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import NotAllowed
from ...ledger.port import LedgerReader
from ...model.budget import LimitKind
from ...model.order import Order
from ...model.quote import Quote
from ...policy.roles import Act
from .limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Says who may approve a quote and place an order outside of a request."""

    limits: Limits

    def check_approval(self, reader: LedgerReader, quote: Quote) -> None:
        """Raise NotAllowed when the user may not approve a quote that they asked for themselves."""
        standing = self.limits.standing
        standing.require(Act.APPROVE, reader=reader)
        for kind in (LimitKind.OWN, LimitKind.APPROVE):
            if not standing.within(kind, quote.cost, marketplace=quote.ref.marketplace, reader=reader):
                raise NotAllowed(
                    "Nobody approves their own purchase above the limit for that. Put it into a request "
                    "(clearance request new, or Add to Cart), so that somebody else approves it.",
                    code="studio.above_limit",
                    context={"kind": kind},
                )
            self.limits.check_single(kind, quote, reader=reader)

    def check_order(self, reader: LedgerReader, order: Order) -> None:
        """Raise NotAllowed when the user may not place an order; it may be in the ledger already."""
        self.limits.standing.require(Act.BUY, project_id=order.project, reader=reader)
        self.limits.check_order(
            order.cost,
            project_id=order.project,
            marketplace=order.ref.marketplace,
            reader=reader,
            order_id=order.id,
        )
