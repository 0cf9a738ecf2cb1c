"""Requests to buy, as people look at them: lists, what waits, and one with all that decides it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ...clock import Clock
from ...ledger.port import Ledger
from ...marketplaces import registry
from ...model.buy_request import BuyRequest, ItemState, RequestItem, RequestState
from ...model.findings import PolicyAnswer
from ...model.grant import Grant, GrantState
from ...model.money import Credits, Money
from ...model.people import Project
from ...model.quote import Quote
from ...policy.roles import Act, may
from ..buying.owned import Holding, find_holdings
from ..steps import FindMarketplace
from .budgets import Budgets
from .buying import BuyRequests
from .cart import Cart
from .decide import Decide
from .journal import BudgetStatus
from .judging import JudgeItems
from .request_rules import find_items, find_request, sum_credits
from .standing import Standing
from .submit import Submit

MANY = 500
"""How many requests a list shows at most, the newest first."""
ASKED = frozenset({RequestState.OPEN})
TO_BUY = frozenset({RequestState.APPROVED, RequestState.BUYING})


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One item with what decides about it."""

    item: RequestItem
    quote: Quote | None = None
    answer: PolicyAnswer | None = None
    """The policy's answer today; None for what is not to be bought."""
    grant: Grant | None = None
    """The license that covers it, or that was bought."""
    upgrade_of: Grant | None = None
    """What the studio owns of it under a license that does not cover this: buying more is an upgrade. The
    marketplace's price is what is shown; none of them tells by API what an upgrade would cost less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """One request with all that decides it."""

    request: BuyRequest
    project: Project | None
    items: tuple[ItemView, ...]
    """Of a long request the first ones; see ``item_count``."""
    item_count: int
    waiting: int
    covered: int
    credits: tuple[tuple[str, Credits], ...]
    """What is paid in downloads or credits: (marketplace, amount)."""
    budget: BudgetStatus | None = None
    left_after: Money | None = None
    """What would be left of the budget with this request; None without one. Below zero: it does not fit."""
    why_not: str = ""
    """Why the user cannot approve it; empty when they can."""
    can_buy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Everything about requests: ``cart``, ``submit``, ``decide`` and ``buying`` do, this one looks."""

    ledger: Ledger
    clock: Clock
    standing: Standing
    budgets: Budgets
    cart: Cart
    submit: Submit
    decide: Decide
    buying: BuyRequests
    judging: JudgeItems
    find_marketplace: FindMarketplace = registry.find

    def list(
        self, *, states: Collection[RequestState] = (), mine: bool = False, limit: int = MANY
    ) -> tuple[BuyRequest, ...]:
        """Return the requests that the user may see, newest first."""
        wanted: dict[str, object] = {}
        if states:
            wanted["state"] = frozenset(states)
        if mine:
            wanted["requested_by"] = self.standing.actor
        found = self.ledger.values(BuyRequest, newest=True, limit=limit, **wanted)
        sees: dict[str, bool] = {}
        for request in found:
            if request.project_id not in sees:
                sees[request.project_id] = self.standing.sees(request.project_id)
        return tuple(
            request
            for request in found
            if sees[request.project_id]
            # A cart is its owner's until somebody is asked.
            and (request.state is not RequestState.DRAFT or request.requested_by == self.standing.actor)
        )

    def waiting_for_me(self) -> tuple[BuyRequest, ...]:
        """Return what the user could decide on, or buy, oldest first."""
        roles = self.standing.roles()
        states: set[RequestState] = set()
        if may(roles, Act.APPROVE):
            states |= ASKED
        if may(roles, Act.BUY):
            states |= TO_BUY
        return tuple(reversed(self.list(states=states))) if states else ()

    def show(self, request_id: str, *, most: int | None = None) -> RequestView:
        """Return a request with all that decides it; ``most`` items at most.

        Raises UserInputError when there is no such request, or when it is of a project of others.
        """
        request = find_request(self.ledger, request_id)
        if not self.standing.sees(request.project_id):
            self.standing.require(Act.APPROVE, project_id=request.project_id)
        items = find_items(self.ledger, request_id)
        waiting = tuple(item for item in items if item.state is ItemState.WAITING)
        shown = items if most is None else items[:most]
        answers = {
            item.id: answer
            for item, answer in self.judging.run(
                request, (one for one in shown if one.state is ItemState.WAITING and one.quote_id)
            )
        }
        budget = self.budgets.status(request.budget_id) if request.budget_id else None
        roles = self.standing.roles()
        return RequestView(
            request=request,
            project=self.ledger.value(Project, request.project_id),
            items=tuple(self._view(item, answers.get(item.id)) for item in shown),
            item_count=len(items),
            waiting=len(waiting),
            covered=sum(item.state is ItemState.COVERED for item in items),
            credits=sum_credits(waiting),
            budget=budget,
            left_after=_left_after(request, budget),
            why_not=self.decide.why_not(request, items),
            can_buy=request.state in TO_BUY and may(roles, Act.BUY),
        )

    def _view(self, item: RequestItem, answer: PolicyAnswer | None) -> ItemView:
        grant = self.ledger.grant(item.grant_id) if item.grant_id else None
        owned: tuple[Holding, ...] = ()
        if item.state is ItemState.WAITING:
            info = self.find_marketplace(item.ref.marketplace).INFO
            owned = find_holdings(self.ledger, item.ref, item.kind, info)
        return ItemView(
            item=item,
            quote=self.ledger.quote(item.quote_id) if item.quote_id else None,
            answer=answer,
            grant=grant,
            upgrade_of=next((held.grant for held in owned if held.grant.state is GrantState.ACTIVE), None),
        )


def _left_after(request: BuyRequest, budget: BudgetStatus | None) -> Money | None:
    """Return what would be left; of what is approved already, the money is set aside."""
    if budget is None or request.total is None:
        return None
    amount = budget.budget.amount
    used = budget.spent.minor + budget.committed.minor
    asked = 0 if request.state not in (RequestState.DRAFT, RequestState.OPEN) else request.total.minor
    return Money(minor=amount.minor - used - asked, currency=amount.currency)
