"""Giving purchases back, step by step. There is no API for it: the user writes, and enters the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from ..errors import ClearanceError, UserInputError
from ..model.evidence import DocumentKind, Refund
from ..model.grant import Grant
from ..model.money import Cost
from ..services.buying.documents import attach
from ..services.studio.refund import RefundAdvice
from ..tasks import Task
from .importing import Importing
from .state import Phase, Problem, RefundStep

R = TypeVar("R")


class Refunding(Importing):
    """Ask for refunds and book their end."""

    def advise_refund(self, order_id: str) -> None:
        """Show the policy for a purchase, what is left of its time, and which scenes use it."""
        step = RefundStep(order_id=order_id)
        self.state.refund = step

        def work(_task: Task) -> tuple[RefundAdvice, str, str]:
            advice = self._services.refunds.advise(order_id)
            message = self._services.refunds.message(advice.refund.id) if advice.refund else ""
            return advice, message, self._services.check_delivery.claim_for_order(order_id)

        def done(found: tuple[RefundAdvice, str, str]) -> None:
            step.advice, step.message, step.claim = found
            step.refund, step.phase = found[0].refund, Phase.READY
            self._changed()

        self._submit_refund(step, "Reading the refund policy", work, done)

    def request_refund(self, order_id: str, *, reason: str) -> None:
        """Note that a refund is asked for; ``state.refund.message`` is what to send to support."""
        step = self._step(order_id)

        def work(_task: Task) -> tuple[Refund, str, RefundAdvice]:
            refund = self._services.refunds.request(order_id, reason=reason, actor=self._settings.user)
            message = self._services.refunds.message(refund.id)
            return refund, message, self._services.refunds.advise(order_id)

        def done(made: tuple[Refund, str, RefundAdvice]) -> None:
            step.refund, step.message, step.advice = made
            step.phase = Phase.READY
            self._changed()

        self._submit_refund(step, "Noting the request", work, done)

    def settle_refund(
        self,
        refund_id: str,
        *,
        refunded: bool,
        amount: Cost | None = None,
        reference: str = "",
        documents: Sequence[Path] = (),
    ) -> None:
        """Book how a refund ended. Refunded: the license is gone, and its files are locked."""
        step = self.state.refund
        if step is None or step.refund is None or step.refund.id != refund_id:
            raise UserInputError("Choose the refund again.", code="refund.unknown")
        chosen, files = step, attach(documents, DocumentKind.CORRESPONDENCE)

        def work(_task: Task) -> tuple[Refund, RefundAdvice]:
            refund = self._services.refunds.settle(
                refund_id,
                refunded=refunded,
                amount=amount,
                reference=reference,
                documents=files,
                actor=self._settings.user,
            )
            return refund, self._services.refunds.advise(refund.order_id)

        def done(settled: tuple[Refund, RefundAdvice]) -> None:
            chosen.refund, chosen.advice = settled
            chosen.phase = Phase.READY
            if refunded:
                self._forget_grant(settled[1].grant)
            self.refresh_library()

        self._submit_refund(chosen, "Booking the refund", work, done)

    def _step(self, order_id: str) -> RefundStep:
        """Return the step that the user looks at, or a new one for another order."""
        step = self.state.refund
        if step is None or step.order_id != order_id:
            step = self.state.refund = RefundStep(order_id=order_id)
        return step

    def _submit_refund(
        self, step: RefundStep, title: str, work: Callable[[Task], R], done: Callable[[R], None]
    ) -> None:
        def failed(error: ClearanceError) -> None:
            step.phase, step.problem = Phase.FAILED, Problem.of(error)
            self._changed()

        step.phase, step.problem = Phase.BUSY, None
        self._tasks.submit("refund", title, work, on_done=done, on_error=failed, subject=step.order_id)
        self._changed()

    def _forget_grant(self, grant: Grant) -> None:
        """Let go of what was ready to be imported of a grant that is gone."""
        self._import_when_ready.discard(grant.id)
        self.state.progress = [p for p in self.state.progress if p.grant_id != grant.id]
        prepared = self._prepared.pop(grant.id, None)
        if prepared is not None:
            self._tasks.submit(
                "cleanup", "Tidying up", lambda _task: self._services.plan_import.discard(prepared)
            )
