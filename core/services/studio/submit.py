"""Turns a cart into a request: what is owned is offered, all else quoted and checked against the policy.

What came of a few items is kept as soon as it is known, so that a long cart goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from ...clock import Clock
from ...errors import (
    CancelledError,
    ClearanceError,
    CredentialsMissing,
    CredentialsRejected,
    LedgerError,
    OfflineError,
    RateLimited,
    UserInputError,
)
from ...http.cancel import CancelToken
from ...ids import Ids
from ...ledger.port import Ledger, LedgerTransaction
from ...marketplaces.base import Wanted
from ...model.audit import AuditEvent
from ...model.buy_request import BuyRequest, ItemState, RequestItem, RequestState
from ...model.findings import Decision, PolicyAnswer
from ...model.intended_use import IntendedUse
from ...model.money import encode_cost
from ...policy.roles import Act
from ...policy.use_file import parse_use
from ..buying.quote import MakeQuote, QuoteResult
from .budgets import Budgets
from .coverage import FindCoverage, why_no_seat
from .decide import Decide
from .request_rules import bind, check_own, find_items, find_request, move, sum_money
from .standing import Standing

Progress = Callable[[int, int], None]
FRESH = timedelta(days=1)
"""A quote this young is not asked for again when a cart is submitted once more; buying asks anyway."""
KEPT_AT_ONCE = 20
"""Outcomes that are written together; so many listings may be quoted once more after a crash."""
MAX_OPTIONS = 6
"""How many ways to license a listing are looked at when the first does not fit the use."""
_NOBODY_ELSE_EITHER = (OfflineError, CredentialsMissing, CredentialsRejected, RateLimited)
"""What every further item of the same marketplace would run into, too."""
_WEIGHT = {Decision.ALLOW: 0, Decision.NEEDS_REVIEW: 1, Decision.DENY: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What became of a cart. ``request`` is open, approved by itself, or done when all of it is owned."""

    request: BuyRequest
    items: tuple[RequestItem, ...]
    why_not_auto: str = ""
    """Why it was not approved by itself; empty when it was."""

    @property
    def failed(self) -> tuple[RequestItem, ...]:
        """Items that cannot be bought, each with its reason in ``failure``."""
        return tuple(item for item in self.items if item.state is ItemState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Submits carts."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    standing: Standing
    quote: MakeQuote
    coverage: FindCoverage
    budgets: Budgets
    decide: Decide

    def run(
        self,
        request_id: str,
        *,
        budget_id: str = "",
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> Submitted:
        """Look at every item, then ask for approval, or have it approved by itself within the limit for that.

        An open request is put together again: what failed, or changed its price, is quoted once more. Raises
        NotAllowed; UserInputError (nothing in it, no reason, several currencies or budgets, nothing that can
        be bought); CancelledError, after which the next call goes on from there.
        """
        request = self._begin(request_id)
        use = parse_use(request.use, name="the request's use")
        items = [item for item in find_items(self.ledger, request_id) if item.state is not ItemState.LEFT_OUT]
        if not items:
            raise UserInputError(
                "There is nothing in this request. Add listings first.", code="request.empty"
            )
        looked = self._look_at(request, items, use, progress, cancel)
        request = self._open(request, budget_id)
        if request.state is not RequestState.OPEN:
            return Submitted(request=request, items=find_items(self.ledger, request_id))
        approved, why_not = self.decide.automatically(request.id, reviewed=_all_allowed(looked))
        items_now = find_items(self.ledger, request_id)
        return Submitted(request=approved, items=items_now, why_not_auto=why_not)

    def _begin(self, request_id: str) -> BuyRequest:
        """Return the user's draft; an open request becomes one again."""
        with self.ledger.transaction() as work:
            request = find_request(work, request_id)
            actor = self.standing.require(Act.REQUEST, project_id=request.project_id, reader=work)
            check_own(request, actor)
            if not request.reason:
                raise UserInputError(
                    "Say in a few words what this is for: who approves it reads that.",
                    code="request.no_reason",
                )
            if request.state is RequestState.OPEN:
                return move(work, request, RequestState.DRAFT, actor=actor, at=self.clock.now())
        if request.state is not RequestState.DRAFT:
            raise UserInputError(
                f"This request is {request.state}; only a draft or an open one is submitted.",
                code="request.state",
            )
        return request

    def _look_at(
        self,
        request: BuyRequest,
        items: list[RequestItem],
        use: IntendedUse,
        progress: Progress | None,
        cancel: CancelToken | None,
    ) -> list[RequestItem]:
        """Look at each item, and keep what came of it."""
        looked: list[RequestItem] = []
        kept = 0
        down: dict[str, ClearanceError] = {}
        read_terms = lru_cache(maxsize=64)(self.coverage.read_terms)
        try:
            for number, item in enumerate(items):
                if progress is not None:
                    progress(number, len(items))
                if cancel is not None:
                    cancel.check()
                found = self._cover(request, item, use, read_terms)
                if found is None:
                    found = item if self._is_fresh(item) else self._ask(request, item, use, down, cancel)
                looked.append(found)
                if len(looked) - kept >= KEPT_AT_ONCE:
                    looked[kept:] = self._keep(looked[kept:], items[kept : len(looked)])
                    kept = len(looked)
        finally:
            looked[kept:] = self._keep(looked[kept:], items[kept : len(looked)])
        if progress is not None:
            progress(len(items), len(items))
        return looked

    def _cover(
        self, request: BuyRequest, item: RequestItem, use: IntendedUse, read_terms: Callable[..., object]
    ) -> RequestItem | None:
        """Return the item covered by what the studio owns, or None."""
        seen = self.coverage.run(
            item,
            use,
            project_id=request.project_id,
            member_id=request.requested_by,
            terms_of=read_terms,  # type: ignore[arg-type]
        )
        if seen.covering is None:
            return None
        return replace(
            item,
            title=seen.covering.title,
            state=ItemState.COVERED,
            grant_id=seen.covering.id,
            decision=Decision.ALLOW,
            quote_id="",
            cost=None,
            failure="",
        )

    def _is_fresh(self, item: RequestItem) -> bool:
        if item.state is not ItemState.WAITING or not item.quote_id or item.failure:
            return False
        quote = self.ledger.quote(item.quote_id)
        return quote is not None and self.clock.now() - quote.created_at < FRESH

    def _ask(
        self,
        request: BuyRequest,
        item: RequestItem,
        use: IntendedUse,
        down: dict[str, ClearanceError],
        cancel: CancelToken | None,
    ) -> RequestItem:
        """Quote an item; a problem is its own, and one of the marketplace is not run into again and again."""
        shop = item.ref.marketplace
        if shop in down:
            return _failed(item, down[shop].message)
        try:
            result = self._quote(item, use, cancel)
        except (CancelledError, LedgerError):
            raise
        except ClearanceError as error:
            if isinstance(error, _NOBODY_ELSE_EITHER):
                down[shop] = error
            return _failed(item, error.message)
        return self._judge(request, item, result)

    def _quote(self, item: RequestItem, use: IntendedUse, cancel: CancelToken | None) -> QuoteResult:
        """Quote what is wanted; where nothing in particular is, the first way to license it that fits."""
        wanted = Wanted(license_label=item.license_label, variant=item.variant)
        actor = self.standing.actor
        best = self.quote.run(item.ref, item.kind, use, actor=actor, wanted=wanted, cancel=cancel)
        if item.license_label or _rank(best) == 0:
            return best
        for option in best.options[:MAX_OPTIONS]:
            if option.wanted.license_label == best.quote.license_label:
                continue
            if item.variant and option.wanted.variant != item.variant:
                continue
            other = self.quote.run(item.ref, item.kind, use, actor=actor, wanted=option.wanted, cancel=cancel)
            if _rank(other) < _rank(best):
                best = other
            if _rank(best) == 0:
                break
        return best

    def _judge(self, request: BuyRequest, item: RequestItem, result: QuoteResult) -> RequestItem:
        quote, answer = result.quote, result.answer
        held = result.covered_by
        # A website's product that is in no feed is quoted by its id alone: what the cart calls it tells more.
        title = item.title if quote.title in ("", str(item.ref)) else quote.title
        item = replace(item, title=title, kind=quote.kind, decision=answer.decision)
        if held is not None:
            no_seat = why_no_seat(self.ledger, held, request.requested_by)
            if answer.decision is Decision.DENY or no_seat:
                return _failed(item, no_seat or _why_denied(answer))
            return replace(
                item, state=ItemState.COVERED, grant_id=held.id, quote_id="", cost=None, failure=""
            )
        if answer.decision is Decision.DENY:
            return _failed(item, _why_denied(answer))
        if result.why_not:
            return _failed(item, result.why_not)
        return replace(
            item, state=ItemState.WAITING, quote_id=quote.id, cost=quote.cost, grant_id="", failure=""
        )

    def _keep(self, looked: Sequence[RequestItem], before: Sequence[RequestItem]) -> list[RequestItem]:
        """Keep what came of some items, in one unit of work; return them as they are then."""
        now = self.clock.now()
        if all(found == item for found, item in zip(looked, before, strict=True)):
            return list(looked)
        with self.ledger.transaction() as work:
            return [self._keep_one(work, *pair, now) for pair in zip(looked, before, strict=True)]

    def _keep_one(
        self, work: LedgerTransaction, found: RequestItem, before: RequestItem, now: datetime
    ) -> RequestItem:
        if found == before:
            return found
        kept = work.change(replace(found, changed_at=now))
        if found.state is not before.state:
            details = (
                ("item", str(kept.position)),
                ("listing", str(kept.ref)),
                ("grant_id", kept.grant_id),
                ("failure", kept.failure[:200]),
            )
            work.record(
                AuditEvent(
                    action=f"request.item_{kept.state}",
                    subject=kept.request_id,
                    actor=self.standing.actor,
                    at=now,
                    details=details,
                )
            )
        return kept

    def _open(self, request: BuyRequest, budget_id: str) -> BuyRequest:
        """Ask for approval of what has a price; end it when everything is owned."""
        now = self.clock.now()
        with self.ledger.transaction() as work:
            current = find_request(work, request.id)
            if current.version != request.version:
                raise UserInputError(
                    "This request was changed in the meantime. Look at it again.", code="request.changed"
                )
            items = find_items(work, request.id)
            waiting = tuple(item for item in items if item.state is ItemState.WAITING)
            covered = sum(item.state is ItemState.COVERED for item in items)
            failed = tuple(item for item in items if item.state is ItemState.FAILED)
            actor = self.standing.actor
            if not waiting:
                if failed or not covered:
                    why = failed[0].failure if failed else ""
                    raise UserInputError(
                        f"Nothing of this request can be bought. {why}".strip(), code="request.nothing_to_buy"
                    )
                details = (("covered", str(covered)),)
                return move(work, current, RequestState.DONE, actor=actor, at=now, details=details)
            total = sum_money(waiting)
            binding = bind(work, current, waiting)
            if budget_id:
                self.budgets.check_fits(budget_id, current.project_id, reader=work)
            chosen = budget_id or self.budgets.choose(current.project_id, total, reader=work)
            return move(
                work,
                current,
                RequestState.OPEN,
                actor=actor,
                at=now,
                total=total,
                binding_sha256=binding,
                budget_id=chosen,
                details=(
                    ("items", str(len(waiting))),
                    ("covered", str(covered)),
                    ("failed", str(len(failed))),
                    ("total", encode_cost(total) or "no money"),
                    ("binding_sha256", binding),
                    ("budget", chosen),
                ),
            )


def _rank(result: QuoteResult) -> int:
    """Say how well a way to license something fits: 0 is a clear yes that can be paid."""
    return _WEIGHT[result.answer.decision] * 2 + (1 if result.why_not else 0)


def _failed(item: RequestItem, why: str) -> RequestItem:
    return replace(item, state=ItemState.FAILED, failure=why[:500], quote_id="", cost=None, grant_id="")


def _why_denied(answer: PolicyAnswer) -> str:
    finding = next((one for one in answer.findings if one.decides), None)
    return f"{finding.message} {finding.how_to_fix}" if finding else "The license does not allow this use."


def _all_allowed(items: list[RequestItem]) -> bool:
    return all(item.decision == Decision.ALLOW for item in items if item.state is ItemState.WAITING)
