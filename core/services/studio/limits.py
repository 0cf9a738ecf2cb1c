"""Limits: set and ended by an admin, and asked before somebody approves or spends.

A shared ledger's database holds those of single requests and of a buyer's month once more; the rest, and
all of them in a ledger of one's own, is held here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ...clock import Clock
from ...errors import NotAllowed, UserInputError
from ...ids import Ids
from ...ledger.port import Ledger, LedgerReader
from ...marketplaces import registry
from ...model.audit import AuditEvent
from ...model.budget import Limit, LimitKind, LimitPeriod
from ...model.buy_request import BuyRequest, ItemState, RequestItem, RequestState
from ...model.money import Cost, Money, encode_cost
from ...model.order import OPEN_STATES, Order, OrderState
from ...model.people import Project, Role
from ...model.quote import Quote
from ...policy.roles import Act, is_within
from .request_rules import sum_by_currency
from .standing import Standing

COUNTED = OPEN_STATES | {OrderState.PAID, OrderState.FULFILLED}
"""Orders that count towards a month: all but those that failed or were given back."""
Used = tuple[str, str, Money]
"""What counts towards a month: the project, the marketplace, and how much."""
WORDS = {
    LimitKind.SPEND: "what you may spend",
    LimitKind.APPROVE: "what you may approve",
    LimitKind.OWN: "what you may approve of your own requests",
    LimitKind.AUTO: "what is approved by itself",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Keeps limits, and says whether something is within them."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    standing: Standing

    def set(
        self,
        kind: LimitKind,
        amount: Money,
        *,
        period: LimitPeriod = LimitPeriod.REQUEST,
        role: str = "",
        project_id: str = "",
        marketplace: str = "",
    ) -> Limit:
        """Set a limit; one for exactly the same people, things and currency ends with it.

        An amount without a currency is for prices that come without one.

        Raises NotAllowed, UserInputError for a role, project or marketplace that there is not.
        """
        if amount.minor < 0:
            raise UserInputError("A limit is an amount from zero on.", code="limit.amount")
        if role and role not in {one.value for one in Role}:
            raise UserInputError(f"There is no role {role[:40]!r}.", code="limit.role")
        if marketplace and marketplace not in registry.MODULES:
            raise UserInputError(f"There is no marketplace {marketplace[:40]!r}.", code="limit.marketplace")
        now = self.clock.now()
        with self.ledger.transaction() as work:
            actor = self.standing.require(Act.SET_LIMIT, reader=work)
            if project_id and work.value(Project, project_id) is None:
                raise UserInputError(f"There is no project “{project_id}”.", code="request.no_project")
            same = [
                one
                for one in work.values(
                    Limit,
                    kind=kind,
                    period=period,
                    role=role,
                    project_id=project_id,
                    marketplace=marketplace,
                    ended_at=None,
                )
                if one.amount.currency == amount.currency
            ]
            for before in same:
                work.change(replace(before, ended_at=now))
            limit = Limit(
                id=self.ids.new("limit"),
                kind=kind,
                period=period,
                amount=amount,
                set_by=actor,
                set_at=now,
                role=role,
                project_id=project_id,
                marketplace=marketplace,
            )
            work.add(limit)
            details = (
                ("kind", kind),
                ("period", period),
                ("amount", encode_cost(amount) or ""),
                ("role", role),
                ("project", project_id),
                ("marketplace", marketplace),
                ("instead_of", ", ".join(one.id for one in same)),
            )
            work.record(
                AuditEvent(action="limit.set", subject=limit.id, actor=actor, at=now, details=details)
            )
        return limit

    def end(self, limit_id: str) -> Limit:
        """End a limit; raise NotAllowed, UserInputError when there is none that holds."""
        now = self.clock.now()
        with self.ledger.transaction() as work:
            actor = self.standing.require(Act.SET_LIMIT, reader=work)
            limit = work.value(Limit, limit_id)
            if limit is None or limit.ended_at is not None:
                raise UserInputError(
                    f"There is no limit {limit_id[:60]!r} that holds. “clearance limit list” shows them.",
                    code="limit.unknown",
                )
            ended = work.change(replace(limit, ended_at=now))
            work.record(AuditEvent(action="limit.ended", subject=limit_id, actor=actor, at=now, details=()))
        return ended

    def list(self, *, with_ended: bool = False) -> tuple[Limit, ...]:
        """Return the limits that hold, or all that there ever were."""
        return self.ledger.values(Limit) if with_ended else self.ledger.values(Limit, ended_at=None)

    def check_request(
        self,
        kind: LimitKind,
        request: BuyRequest,
        items: Iterable[RequestItem],
        *,
        reader: LedgerReader,
    ) -> None:
        """Raise NotAllowed when a request is above what the user may decide on: APPROVE, OWN or AUTO.

        The total counts, then each marketplace's part of it where a limit is for that one, then the month.
        """
        waiting = tuple(items)
        if kind is LimitKind.AUTO or kind is LimitKind.OWN:
            unpriced = next((one for one in waiting if not isinstance(one.cost, Money)), None)
            if unpriced is not None and self._bounded(kind, reader):
                raise self._refusal(kind, unpriced.cost, f"“{unpriced.title}” has no price in money")
        project = request.project_id
        if not self.standing.within(kind, request.total, project_id=project, reader=reader):
            raise self._refusal(kind, request.total, self._name(kind, project, "", reader))
        for shop in dict.fromkeys(item.ref.marketplace for item in waiting):
            for part in sum_by_currency(item.cost for item in waiting if item.ref.marketplace == shop):
                own = [
                    limit
                    for limit in self.standing.limits(
                        kind, project_id=project, marketplace=shop, reader=reader
                    )
                    if limit.marketplace
                ]
                if own and not is_within(kind, own, part):
                    raise self._refusal(kind, part, f"at most {own[0].amount} at {shop}")
        self._check_decided_month(kind, request, waiting, reader)

    def check_order(
        self,
        cost: Cost | None,
        *,
        project_id: str,
        marketplace: str,
        reader: LedgerReader,
        order_id: str = "",
    ) -> None:
        """Raise NotAllowed when one more order is above what the user may spend, at once or in the month."""
        spending = reader.count_values(Limit, kind=LimitKind.SPEND, ended_at=None)
        if not spending and not self.standing.is_shared(reader):
            return  # a ledger of one's own, without any limit
        if not self.standing.within(
            LimitKind.SPEND, cost, project_id=project_id, marketplace=marketplace, reader=reader
        ):
            bound = self._name(LimitKind.SPEND, project_id, marketplace, reader)
            raise self._refusal(LimitKind.SPEND, cost, bound)
        monthly = self.standing.limits(
            LimitKind.SPEND,
            period=LimitPeriod.MONTH,
            project_id=project_id,
            marketplace=marketplace,
            reader=reader,
        )
        if not monthly or not isinstance(cost, Money):
            return
        mine = reader.spent_since(
            self.standing.actor, since=month_start(self.clock.now()), states=COUNTED, besides=order_id
        )
        used = [
            (project, shop, Money(minor=each.minor * number, currency=each.currency))
            for project, shop, each, number in mine
            if isinstance(each, Money)
        ]
        self._check_month(LimitKind.SPEND, monthly, cost, used)

    def check_single(self, kind: LimitKind, quote: Quote, *, reader: LedgerReader) -> None:
        """Raise NotAllowed when one's own quote is above what one may approve in a month.

        What one ordered without a request counts beside the requests that one decided about.
        """
        shop, cost = quote.ref.marketplace, quote.cost
        monthly = self.standing.limits(kind, period=LimitPeriod.MONTH, marketplace=shop, reader=reader)
        if not monthly or not isinstance(cost, Money):
            return
        mine = [
            order
            for order in _orders_since(reader, month_start(self.clock.now()))
            if order.buyer == self.standing.actor
        ]
        asked_for = {
            item.order_id for item in reader.values(RequestItem, order_id={order.id for order in mine})
        }
        alone = tuple(
            (order.project, order.ref.marketplace, order.cost)
            for order in mine
            if order.id not in asked_for and isinstance(order.cost, Money)
        )
        self._check_month(kind, monthly, cost, (*self._decided(kind, reader), *alone))

    def _check_decided_month(
        self, kind: LimitKind, request: BuyRequest, waiting: tuple[RequestItem, ...], reader: LedgerReader
    ) -> None:
        """Hold monthly limits on what somebody approved, or had approved by itself."""
        parts = dict.fromkeys(item.ref.marketplace for item in waiting)
        used: tuple[Used, ...] | None = None
        for shop in ("", *parts):
            monthly = self.standing.limits(
                kind,
                period=LimitPeriod.MONTH,
                project_id=request.project_id,
                marketplace=shop,
                reader=reader,
            )
            monthly = tuple(limit for limit in monthly if limit.marketplace == shop)
            if not monthly:
                continue
            if used is None:
                used = self._decided(kind, reader, besides=request.id)
            costs = (item.cost for item in waiting if shop in ("", item.ref.marketplace))
            for part in sum_by_currency(costs):
                self._check_month(kind, monthly, part, used)

    def _decided(self, kind: LimitKind, reader: LedgerReader, *, besides: str = "") -> tuple[Used, ...]:
        """Return what of the requests counts that the user decided about this month."""
        start = month_start(self.clock.now())
        decided = {
            one.id: one
            for one in reader.values(
                BuyRequest,
                decided_by=self.standing.actor,
                state={RequestState.APPROVED, RequestState.BUYING, RequestState.DONE},
            )
            if one.decided_at is not None
            and one.decided_at >= start
            and one.id != besides
            and (kind is LimitKind.APPROVE or one.requested_by == self.standing.actor)
        }
        if not decided:
            return ()
        items = reader.values(
            RequestItem,
            request_id=set(decided),
            state={ItemState.WAITING, ItemState.BUYING, ItemState.BOUGHT},
        )
        return tuple(
            (decided[item.request_id].project_id, item.ref.marketplace, item.cost)
            for item in items
            if isinstance(item.cost, Money)
        )

    def _check_month(
        self, kind: LimitKind, monthly: Iterable[Limit], cost: Money, used: Iterable[Used]
    ) -> None:
        """Raise NotAllowed when one more amount is above one of the limits of a month."""
        bounds, counted = tuple(monthly), tuple(used)
        comparable = [limit for limit in bounds if limit.amount.currency == cost.currency]
        if not comparable:
            raise self._refusal(kind, cost, f"at most {bounds[0].amount} in a month")
        for limit in comparable:
            before = sum(
                amount.minor
                for project, shop, amount in counted
                if amount.currency == cost.currency
                and limit.project_id in ("", project)
                and limit.marketplace in ("", shop)
            )
            if before + cost.minor > limit.amount.minor:
                where = f" at {limit.marketplace}" if limit.marketplace else ""
                spent = Money(minor=before, currency=cost.currency)
                raise self._refusal(
                    kind, cost, f"at most {limit.amount} in a month{where}, of which {spent} are used"
                )

    def _bounded(self, kind: LimitKind, reader: LedgerReader) -> bool:
        """Say whether limits of a kind matter: in a ledger of one's own only those that one set."""
        return self.standing.is_shared(reader) or bool(self.standing.limits(kind, reader=reader))

    def _name(self, kind: LimitKind, project_id: str, marketplace: str, reader: LedgerReader) -> str:
        holding = self.standing.limits(kind, project_id=project_id, marketplace=marketplace, reader=reader)
        if not holding:
            return "no limit is set for it"
        least = min(holding, key=lambda limit: limit.amount.minor)
        where = f" at {least.marketplace}" if least.marketplace else ""
        return f"at most {least.amount}{where}"

    def _refusal(self, kind: LimitKind, cost: Cost | None, bound: str) -> NotAllowed:
        amount = str(cost) if cost is not None else "Something without a price"
        return NotAllowed(
            f"{amount} is above {WORDS[kind]} ({bound}). Somebody with a higher limit can, or an admin "
            "raises it.",
            code="studio.above_limit",
            context={"kind": kind},
        )


def month_start(now: datetime) -> datetime:
    """Return when the month began, in UTC, as the database counts it."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _orders_since(reader: LedgerReader, start: datetime) -> tuple[Order, ...]:
    """Return the orders that count, from a moment on; older ones are read only as far as they come along."""
    limit = 1_000
    while True:
        found = reader.orders(states=COUNTED, limit=limit)
        if len(found) < limit or found[-1].created_at < start:
            return tuple(order for order in found if order.created_at >= start)
        limit *= 4
