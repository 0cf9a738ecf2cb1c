"""Decides about requests: approve, have approved by itself, decline, withdraw, leave items out.

An approval holds for exactly the prices and terms that were asked for, until it expires. Nobody approves
their own request above the limit for that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from ...clock import Clock
from ...errors import ClearanceError, NotAllowed, PolicyError, UserInputError
from ...http.message import clean_text
from ...ids import Ids
from ...ledger.port import Ledger, LedgerReader, LedgerTransaction
from ...model.budget import LimitKind
from ...model.buy_request import BuyRequest, ItemState, RequestItem, RequestState
from ...model.findings import Decision
from ...model.money import encode_cost
from ...policy.roles import Act
from ...settings import Settings
from .budgets import Budgets
from .cart import MAX_REASON, leave_out
from .journal import commit, release_rest
from .judging import JudgeItems
from .limits import Limits
from .request_rules import bind, check_next, check_own, find_items, find_request, move, sum_money
from .standing import Standing

AUTOMATIC = "within the limit for automatic approval"
LONGEST = timedelta(days=90)
"""For how long an approval may hold at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """Decides about requests."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    settings: Settings
    standing: Standing
    limits: Limits
    budgets: Budgets
    judging: JudgeItems

    def approve(
        self,
        request_id: str,
        *,
        reason: str = "",
        accept_surcharges: Collection[str] = (),
        budget_id: str = "",
        valid_for: timedelta | None = None,
    ) -> BuyRequest:
        """Approve a request as it stands: these prices, these terms, this use.

        ``accept_surcharges`` repeats each marketplace's sentence about a charge on top, word for word.
        ``reason`` is needed where the policy wants a person. Raises NotAllowed (role, project, limit),
        PolicyError, UserInputError (not open, changed, no reason, a surcharge, a budget that does not have
        that much left).
        """
        request = find_request(self.ledger, request_id)
        check_next(request, RequestState.APPROVED)
        why = clean_text(reason, limit=MAX_REASON)
        self._check_policy(request, why)
        with self.ledger.transaction() as work:
            current = _unchanged(work, request)
            actor = self.standing.require(Act.APPROVE, project_id=current.project_id, reader=work)
            waiting = self._check_items(work, current, accept_surcharges)
            self.limits.check_request(LimitKind.APPROVE, current, waiting, reader=work)
            if current.requested_by == actor:
                self.limits.check_request(LimitKind.OWN, current, waiting, reader=work)
            return self._give(
                work, current, waiting, reason=why, budget_id=budget_id, valid_for=valid_for, actor=actor
            )

    def automatically(self, request_id: str, *, reviewed: bool) -> tuple[BuyRequest, str]:
        """Approve the user's own request by itself where a limit lets it; else say why not.

        ``reviewed``: the policy has nothing against any item and leaves nothing open.
        """
        if not reviewed:
            request = find_request(self.ledger, request_id)
            return request, "The policy wants a person to look at it."
        try:
            with self.ledger.transaction() as work:
                request = find_request(work, request_id)
                actor = self.standing.require(Act.REQUEST, project_id=request.project_id, reader=work)
                check_own(request, actor)
                waiting = self._check_items(work, request, ())
                self.limits.check_request(LimitKind.AUTO, request, waiting, reader=work)
                return self._give(work, request, waiting, reason=AUTOMATIC, actor=actor), ""
        except (NotAllowed, UserInputError) as error:
            return find_request(self.ledger, request_id), error.message

    def decline(self, request_id: str, *, reason: str) -> BuyRequest:
        """Decline a request; say why, so that its author can do something about it."""
        why = clean_text(reason, limit=MAX_REASON)
        if not why:
            raise UserInputError("Say why it is declined.", code="request.no_reason")
        now = self.clock.now()
        with self.ledger.transaction() as work:
            request = find_request(work, request_id)
            actor = self.standing.require(Act.DECLINE, project_id=request.project_id, reader=work)
            return move(
                work,
                request,
                RequestState.DECLINED,
                actor=actor,
                at=now,
                details=(("reason", why),),
                decided_at=now,
                decided_by=actor,
                decision_reason=why,
            )

    def withdraw(self, request_id: str) -> BuyRequest:
        """Withdraw one's own request before anything of it is bought; what was set aside is free again."""
        now = self.clock.now()
        with self.ledger.transaction() as work:
            request = find_request(work, request_id)
            actor = self.standing.require(Act.REQUEST, project_id=request.project_id, reader=work)
            check_own(request, actor)
            was_approved = request.state is RequestState.APPROVED
            withdrawn = move(work, request, RequestState.WITHDRAWN, actor=actor, at=now)
            if was_approved and request.budget_id:
                release_rest(
                    work,
                    request.budget_id,
                    subject=request.id,
                    ids=self.ids,
                    at=now,
                    by=actor,
                    note="withdrawn",
                )
        return withdrawn

    def leave_out(self, request_id: str, positions: Iterable[int]) -> BuyRequest:
        """Take items out of one's own draft or open request; what is asked for becomes less."""
        now = self.clock.now()
        with self.ledger.transaction() as work:
            request = find_request(work, request_id)
            actor = self.standing.require(Act.REQUEST, project_id=request.project_id, reader=work)
            check_own(request, actor)
            if request.state not in (RequestState.DRAFT, RequestState.OPEN):
                raise UserInputError(
                    f"This request is {request.state}; items are left out before that.", code="request.state"
                )
            left = leave_out(work, request, positions, at=now)
            details = (("items", ", ".join(str(item.position) for item in left)),)
            total, binding = request.total, request.binding_sha256
            if request.state is RequestState.OPEN:
                waiting = find_items(work, request.id, ItemState.WAITING)
                if not waiting:
                    raise UserInputError(
                        "Nothing would be left to be bought. Withdraw the request instead.",
                        code="request.empty",
                    )
                total, binding = sum_money(waiting), bind(work, request, waiting)
            return move(
                work,
                request,
                request.state,
                action="request.items_left_out",
                actor=actor,
                at=now,
                details=details,
                total=total,
                binding_sha256=binding,
            )

    def why_not(self, request: BuyRequest, items: Iterable[RequestItem]) -> str:
        """Say why the user cannot approve a request; empty when they can. For buttons and lists."""
        try:
            check_next(request, RequestState.APPROVED)
            actor = self.standing.require(Act.APPROVE, project_id=request.project_id)
            waiting = tuple(item for item in items if item.state is ItemState.WAITING)
            self.limits.check_request(LimitKind.APPROVE, request, waiting, reader=self.ledger)
            if request.requested_by == actor:
                self.limits.check_request(LimitKind.OWN, request, waiting, reader=self.ledger)
        except ClearanceError as error:
            return error.message
        return ""

    def _check_policy(self, request: BuyRequest, reason: str) -> None:
        """Ask the policy once more about every item: rules and resolutions may have changed since."""
        doubts = 0
        for item, answer in self.judging.run(request, find_items(self.ledger, request.id, ItemState.WAITING)):
            if answer is None or answer.decision is Decision.DENY:
                finding = None if answer is None else next((f for f in answer.findings if f.decides), None)
                said = finding.message if finding else "Its license terms are not in the ledger."
                raise PolicyError(
                    f"Item {item.position} (“{item.title}”) may not be bought for this use: {said} Have it "
                    "left out, or have legal resolve the finding.",
                    context={"item_id": item.id, "rule": finding.rule if finding else ""},
                )
            doubts += answer.decision is Decision.NEEDS_REVIEW
        if doubts and not reason:
            raise UserInputError(
                f"The licenses of {doubts} item{'s' if doubts > 1 else ''} leave something open for this "
                "use. Read the findings, and say in a few words why they may be bought all the same.",
                code="approve.reason_needed",
                context={"request_id": request.id},
            )

    def _check_items(
        self, work: LedgerReader, request: BuyRequest, accept_surcharges: Collection[str]
    ) -> tuple[RequestItem, ...]:
        """Return what would be bought, when it is what was asked for; raise UserInputError otherwise."""
        check_next(request, RequestState.APPROVED)
        waiting = find_items(work, request.id, ItemState.WAITING)
        changed = next((item for item in waiting if item.failure), None)
        if changed is not None:
            raise UserInputError(
                f"Item {changed.position}: {changed.failure} {request.requested_by} has to submit the "
                "request again.",
                code="request.price_changed",
            )
        if not waiting or bind(work, request, waiting) != request.binding_sha256:
            raise UserInputError(
                "This is not what was asked for any more. Have the request submitted again.",
                code="request.changed",
            )
        for item in waiting:
            quote = work.quote(item.quote_id)
            if quote is not None and quote.surcharge and quote.surcharge not in accept_surcharges:
                raise UserInputError(
                    f"Item {item.position} costs more than what is paid for already. The marketplace says: "
                    f"“{quote.surcharge}” Agree to exactly this before it is bought.",
                    code="approve.surcharge",
                    context={"item_id": item.id},
                )
        return waiting

    def _give(
        self,
        work: LedgerTransaction,
        request: BuyRequest,
        waiting: tuple[RequestItem, ...],
        *,
        reason: str,
        actor: str,
        budget_id: str = "",
        valid_for: timedelta | None = None,
    ) -> BuyRequest:
        now = self.clock.now()
        expires = now + min(valid_for or timedelta(seconds=self.settings.request_valid_s), LONGEST)
        chosen = budget_id or request.budget_id
        budget = self.budgets.check_fits(chosen, request.project_id, reader=work) if chosen else None
        approved = move(
            work,
            request,
            RequestState.APPROVED,
            actor=actor,
            at=now,
            decided_at=now,
            decided_by=actor,
            decision_reason=reason,
            expires_at=expires,
            budget_id=budget.id if budget is not None else "",
            details=(
                ("binding_sha256", request.binding_sha256),
                ("total", encode_cost(request.total) or "no money"),
                ("items", str(len(waiting))),
                ("until", expires.isoformat()),
                ("budget", budget.id if budget is not None else ""),
                ("reason", reason),
            ),
        )
        if budget is not None and request.total is not None and request.total.minor > 0:
            commit(work, budget, request.total, subject=request.id, ids=self.ids, at=now, by=actor)
        return approved


def _unchanged(work: LedgerReader, request: BuyRequest) -> BuyRequest:
    """Return the request as it is now; raise UserInputError when it was changed since it was looked at."""
    current = find_request(work, request.id)
    check_next(current, RequestState.APPROVED)
    if current.version != request.version:
        raise UserInputError(
            "This request was changed in the meantime. Look at it again.", code="request.changed"
        )
    return current
