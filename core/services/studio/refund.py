"""Refunds: what the marketplace's policy says, a message for its support, and how it ended.

No marketplace has an API for it. The user asks and enters the answer; the money and the right to use the
asset end together, in one unit of work.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ...clock import Clock
from ...errors import LedgerConflict, UserInputError
from ...http.message import clean_text
from ...ids import Ids
from ...ledger.port import Ledger, LedgerTransaction
from ...marketplaces import registry
from ...marketplaces.base import RefundPolicy
from ...model.audit import AuditEvent
from ...model.evidence import Refund, RefundState
from ...model.grant import Grant, GrantState, Usage
from ...model.money import Cost, encode_cost
from ...model.order import Order, OrderState
from ...model.seat import Seat
from ..buying.documents import Attachment, Documents
from ..buying.paying import MARKETPLACE_PAYS, PayPort
from ..buying.settle import record_documents
from ..steps import FindMarketplace
from .journal import take_refund
from .seats import release_seats

MAX_REASON = 3000
MAX_FLAGGED = 1000
"""Scenes that the audit names by themselves; how many there are stands in ``grant.refunded``."""
_GIVEN_BACK = frozenset({OrderState.PAID, OrderState.FULFILLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundAdvice:
    """What can be done about one purchase. ``days_left`` None: the policy names no number of days."""

    order: Order
    grant: Grant
    policy: RefundPolicy | None
    days_left: int | None = None
    """Whole days that are left of the policy's time; below 0: it is over."""
    scenes: tuple[Usage, ...] = ()
    """Where it is used, as far as the ledger knows."""
    refund: Refund | None = None
    """The refund that was asked for, or the newest one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunds:
    """Asks for refunds and books their end."""

    ledger: Ledger
    documents: Documents
    clock: Clock
    ids: Ids
    find_marketplace: FindMarketplace = registry.find
    pay: PayPort = MARKETPLACE_PAYS

    def policy(self, marketplace: str) -> RefundPolicy | None:
        """Return how a marketplace takes a purchase back; None when that is not known."""
        return self.find_marketplace(marketplace).INFO.refund

    def advise(self, order_id: str) -> RefundAdvice:
        """Say what the policy means for one purchase, and which scenes use it."""
        order, grant = self._bought(order_id)
        policy = self.policy(order.ref.marketplace)
        return RefundAdvice(
            order=order,
            grant=grant,
            policy=policy,
            days_left=days_left(policy, bought_at=grant.granted_at, now=self.clock.now()),
            scenes=self.affected(grant.id),
            refund=next(iter(self.ledger.refunds(order.id)), None),
        )

    def affected(self, grant_id: str) -> tuple[Usage, ...]:
        """Return the scenes that use a grant, as they were when they were last saved or reported."""
        return self.ledger.usages(grant_id=grant_id) if grant_id else ()

    def request(self, order_id: str, *, reason: str, actor: str) -> Refund:
        """Note that a refund is asked for; :meth:`message` is what to send.

        Raises UserInputError when it was not bought, was given back already, or one is under way.
        """
        why = clean_text(reason, limit=MAX_REASON, keep_lines=True)
        if not why:
            raise UserInputError(
                "Say why it is to be given back; the marketplace wants to know.", code="refund.reason_needed"
            )
        order, grant = self._bought(order_id)
        if order.state not in _GIVEN_BACK:
            raise UserInputError(
                f"“{order.title}” cannot be given back: its order is {order.state.replace('_', ' ')}.",
                code="refund.not_paid",
                context={"order_id": order_id},
            )
        refund = Refund(
            id=self.ids.new("refund"),
            order_id=order.id,
            grant_id=grant.id,
            state=RefundState.REQUESTED,
            reason=why,
            requested_at=self.clock.now(),
            requested_by=actor,
        )
        try:
            with self.ledger.transaction() as work:
                work.add_refund(refund)
                _record(work, "refund.requested", refund, actor, (("reason", why),), at=refund.requested_at)
        except LedgerConflict:
            raise UserInputError(
                f"A refund of “{order.title}” is under way already.",
                code="refund.open",
                context={"order_id": order_id},
            ) from None
        return refund

    def message(self, refund_id: str) -> str:
        """Return the text to send to the marketplace's support."""
        refund = self._refund(refund_id)
        order, grant = self._bought(refund.order_id)
        info = self.find_marketplace(order.ref.marketplace).INFO
        lines = [
            f"To {info.name}'s support",
            "",
            "I would like to give this purchase back:",
            f"- product: {order.title} (id {order.ref.id})",
            f"- order number: {order.marketplace_order_id or 'not told by you'}",
        ]
        if grant.marketplace_license_id:
            lines.append(f"- license number: {grant.marketplace_license_id}")
        lines += [
            f"- license: {grant.license_label or 'not told by you'}",
            f"- bought on: {grant.granted_at.date().isoformat()}",
        ]
        receipt = next(iter(self.ledger.receipts(order.id)), None)
        if receipt is not None and receipt.charged is not None:
            lines.append(f"- charged: {receipt.charged}")
        downloaded = bool(self.ledger.files(grant.id))
        lines += [
            f"- downloaded: {'yes' if downloaded else 'no'}",
            "",
            "Reason:",
            refund.reason,
        ]
        return "\n".join(lines) + "\n"

    def settle(
        self,
        refund_id: str,
        *,
        refunded: bool,
        actor: str,
        amount: Cost | None = None,
        reference: str = "",
        documents: Iterable[Attachment] = (),
    ) -> Refund:
        """Book how a refund ended. Refunded: the money came back and the right to use the asset is gone.

        Then its seats are released, its files handed out no more, and the scenes that use it are flagged.

        Raises UserInputError when it is not open.
        """
        refund = self._refund(refund_id)
        if refund.state is not RefundState.REQUESTED:
            raise UserInputError(
                f"This refund is settled already: {refund.state}.",
                code="refund.settled",
                context={"refund_id": refund_id},
            )
        kept = self.documents.keep(refund.order_id, documents, actor=actor)
        now = self.clock.now()
        settled = replace(
            refund,
            state=RefundState.REFUNDED if refunded else RefundState.REFUSED,
            settled_at=now,
            amount=amount if refunded else None,
            reference=clean_text(reference, limit=200),
        )
        with self.ledger.transaction() as work:
            work.change_refund(settled)
            for document in kept:
                work.add_document(document)
            record_documents(work, kept, actor=actor)
            if refunded:
                self._take_back(work, settled, actor, now)
                take_refund(work, settled, ids=self.ids, at=now, by=actor)
            details = (
                ("amount", encode_cost(settled.amount) or "not told"),
                ("reference", settled.reference),
            )
            _record(
                work, f"refund.{settled.state}", settled, actor, details if refunded else details[1:], at=now
            )
        self.ledger.write_checkpoint(at=now)
        return settled

    def _take_back(self, work: LedgerTransaction, refund: Refund, actor: str, now: datetime) -> None:
        order = work.order(refund.order_id)
        if order is None:
            raise UserInputError("There is no such order.", code="order.unknown")
        changed = work.change_order(replace(order, state=OrderState.REFUNDED, updated_at=now))
        self.pay.given_back(work, changed, refund, actor=actor, at=now)
        work.record(AuditEvent(action="order.refunded", subject=order.id, actor=actor, at=now, details=()))
        if refund.grant_id:
            work.change_grant_state(refund.grant_id, GrantState.REFUNDED, at=now)
            self._let_go(work, refund.grant_id, actor, now)
            work.record(
                AuditEvent(
                    action="grant.refunded",
                    subject=refund.grant_id,
                    actor=actor,
                    at=now,
                    details=(("scenes", str(len(work.usages(grant_id=refund.grant_id)))),),
                )
            )

    def _let_go(self, work: LedgerTransaction, grant_id: str, actor: str, now: datetime) -> None:
        """Release the seats of a grant that ends, and note which files are locked and which scenes use it."""
        seats = work.values(Seat, grant_id=grant_id, released_at=None)
        release_seats(work, seats, clock=self.clock, actor=actor, reason="refund")
        for file in work.files(grant_id):
            facts = (("sha256", file.sha256), ("reason", "refund"))
            work.record(
                AuditEvent(action="file.locked", subject=grant_id, actor=actor, at=now, details=facts)
            )
        for scene in sorted({usage.scene for usage in work.usages(grant_id=grant_id)})[:MAX_FLAGGED]:
            flagged = (("scene", scene), ("reason", "refund"))
            work.record(
                AuditEvent(action="scene.flagged", subject=grant_id, actor=actor, at=now, details=flagged)
            )

    def _refund(self, refund_id: str) -> Refund:
        refund = self.ledger.refund(refund_id)
        if refund is None:
            raise UserInputError(
                "There is no such refund.", code="refund.unknown", context={"refund_id": refund_id}
            )
        return refund

    def _bought(self, order_id: str) -> tuple[Order, Grant]:
        order = self.ledger.order(order_id)
        grant = self.ledger.grant_for_order(order_id) if order else None
        if order is None:
            raise UserInputError(
                "There is no such order.", code="order.unknown", context={"order_id": order_id}
            )
        if grant is None:
            raise UserInputError(
                f"“{order.title}” was not bought, so there is nothing to give back.",
                code="refund.not_paid",
                context={"order_id": order_id},
            )
        return order, grant


def days_left(policy: RefundPolicy | None, *, bought_at: datetime, now: datetime) -> int | None:
    """Return how many whole days of the policy's time are left; below 0 when it is over, None when open."""
    if policy is None or policy.window_days is None:
        return None
    return (bought_at + timedelta(days=policy.window_days) - now) // timedelta(days=1)


def _record(
    work: LedgerTransaction,
    action: str,
    refund: Refund,
    actor: str,
    details: tuple[tuple[str, str], ...],
    *,
    at: datetime,
) -> None:
    facts = (("order_id", refund.order_id), ("grant_id", refund.grant_id), *details)
    work.record(AuditEvent(action=action, subject=refund.id, actor=actor, at=at, details=facts))
