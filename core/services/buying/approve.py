"""Approve a quote: somebody's yes, bound to exactly this price, license and terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...clock import Clock
from ...errors import PolicyError, PriceChanged, UserInputError
from ...ids import Ids
from ...ledger.port import Ledger, LedgerReader
from ...model.audit import AuditEvent
from ...model.findings import Decision, PolicyAnswer, Severity
from ...model.quote import Approval, Quote
from ...settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """Writes approvals."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    settings: Settings
    gate: Callable[[LedgerReader, Quote], None] | None = None
    """Raises NotAllowed for who may not approve this in the studio; None: everybody may."""

    def run(
        self,
        quote: Quote,
        answer: PolicyAnswer,
        *,
        actor: str,
        reason: str = "",
        accept_surcharge: str = "",
    ) -> Approval:
        """Approve a quote of ours.

        ``accept_surcharge`` repeats the quote's ``surcharge`` word for word: what costs beyond what is paid
        for is bought only after somebody read that sentence. Raises PolicyError when the policy denies the
        use, and UserInputError when the quote is stale, when the surcharge was not accepted, or when the
        policy wants a person's reason and there is none.
        """
        now = self.clock.now()
        if answer.decision is Decision.DENY:
            obstacle = next((f for f in answer.findings if f.severity is Severity.ERROR), None)
            raise PolicyError(
                f"{obstacle.message} {obstacle.how_to_fix} Nothing was bought."
                if obstacle
                else "The license does not allow what this project plans. Choose another listing.",
                context={"quote_id": quote.id, "rule": obstacle.rule if obstacle else None},
            )
        if answer.decision is Decision.NEEDS_REVIEW and not reason.strip():
            raise UserInputError(
                "The license leaves something open for this project. Read the findings, and say in a few "
                "words why it may be bought all the same.",
                code="approve.reason_needed",
                context={"quote_id": quote.id},
            )
        if quote.surcharge and accept_surcharge != quote.surcharge:
            raise UserInputError(
                f"It costs more than what is paid for already. The marketplace says: “{quote.surcharge}” "
                "Agree to exactly this before it is bought.",
                code="approve.surcharge",
                context={"quote_id": quote.id},
            )
        if now >= quote.expires_at:
            raise UserInputError(
                "This quote is no longer valid. Ask for a new one.", code="approve.quote_expired"
            )
        approval = Approval(
            id=self.ids.new("approval"),
            quote_id=quote.id,
            binding_sha256=quote.binding_sha256,
            approved_by=actor,
            approved_at=now,
            expires_at=min(now + timedelta(seconds=self.settings.approval_valid_s), quote.expires_at),
            reason=reason.strip(),
        )
        with self.ledger.transaction() as work:
            if self.gate is not None:
                self.gate(work, quote)
            stored = work.quote(quote.id)
            if stored is None or stored.binding_sha256 != quote.binding_sha256:
                raise UserInputError(
                    "This quote is not in the ledger. Ask for a new one.", code="approve.quote_unknown"
                )
            work.add_approval(approval)
            work.record(
                AuditEvent(
                    action="quote.approved",
                    subject=quote.id,
                    actor=actor,
                    at=now,
                    details=(
                        ("approval_id", approval.id),
                        ("binding_sha256", approval.binding_sha256),
                        ("decision", answer.decision),
                        ("reason", approval.reason),
                        *((("surcharge_accepted", quote.surcharge),) if quote.surcharge else ()),
                    ),
                )
            )
        return approval


def find_approved(ledger: LedgerReader, approval_id: str, *, now: datetime) -> tuple[Approval, Quote]:
    """Return an approval that still stands, with its quote.

    Raises UserInputError when there is none or it is stale, PriceChanged when it is of another offer.
    """
    approval = ledger.approval(approval_id)
    quote = ledger.quote(approval.quote_id) if approval else None
    if approval is None or quote is None:
        raise UserInputError("There is no such approval.", code="purchase.no_approval")
    if approval.binding_sha256 != quote.binding_sha256:
        raise PriceChanged(
            "The quote is not what was approved. Nothing was bought.", marketplace=quote.ref.marketplace
        )
    if now >= approval.expires_at:
        raise UserInputError(
            "The approval is no longer valid. Ask for a new quote.", code="purchase.approval_expired"
        )
    return approval, quote
