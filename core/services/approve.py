"""Approve a quote: somebody's yes, bound to exactly this price, license and terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ..clock import Clock
from ..errors import PolicyError, UserInputError
from ..ids import Ids
from ..ledger.port import Ledger
from ..model.audit import AuditEvent
from ..model.findings import Decision, PolicyAnswer, Severity
from ..model.quote import Approval, Quote
from ..settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """Writes approvals."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    settings: Settings

    def run(self, quote: Quote, answer: PolicyAnswer, *, actor: str, reason: str = "") -> Approval:
        """Approve a quote of ours.

        Raises PolicyError when the policy denies the use, and UserInputError when the quote is stale, or
        when the policy wants a person's reason and there is none.
        """
        now = self.clock.now()
        if answer.decision is Decision.DENY:
            obstacle = next((f for f in answer.findings if f.severity is Severity.ERROR), None)
            raise PolicyError(
                obstacle.message if obstacle else "The license does not allow what this project plans.",
                context={"quote_id": quote.id, "rule": obstacle.rule if obstacle else None},
            )
        if answer.decision is Decision.NEEDS_REVIEW and not reason.strip():
            raise UserInputError(
                "The license leaves something open for this project. Read the findings, and say in a few "
                "words why it may be bought all the same.",
                code="approve.reason_needed",
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
                    ),
                )
            )
        return approval
