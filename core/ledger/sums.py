"""Adds up in the database what a month cost and what was downloaded: as many rows as there are kinds of it.

Amounts are text in the ledger. Numbers that such a sum might not hold, or that are none, are not guessed at:
then there is no sum, and who asked reads line by line, where a damaged row is told of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from ..model.costs import CostKind, PaidSum, PaidSums
from ..model.money import UNSTATED_CURRENCY, Credits, Money
from ..model.order import OrderState
from . import schema
from .asking import IDS_PER_QUERY, Asking, beside_index
from .codecs import encode_moment
from .studio_tables import PAYMENTS
from .trouble import translated

DIGITS = "0123456789"
LONGEST = 12
"""Digits of an amount that is added up: nine million of them stay within what a database counts."""
MONEY, CREDITS = "money:", "credits:"


class Sums(Asking):
    """What is added up."""

    def payment_sums(
        self,
        *,
        after: datetime,
        before: datetime,
        ordered_after: datetime,
        states: Collection[OrderState],
        home_currency: str,
        projects: Collection[str] | None,
    ) -> PaidSums | None:
        """Add up what was paid within a time for orders in some states, by month and what it was for.

        Of orders without a payment, made ``ordered_after`` a moment, the receipts count. What is worth
        something else on each day, in the home currency, is counted by day and amount. None: there is an
        amount that cannot be added up here.
        """
        time = (encode_moment(after), encode_moment(before), encode_moment(ordered_after))
        wanted = sorted(map(str, states))
        sums: list[PaidSum] = []
        rated: dict[tuple[date, date], int] = {}
        with translated(self._place), self._connect() as connection:
            for chunk in _chunks(projects):
                lines = _marked(_parsed(_lines(time, wanted, chunk)), home_currency)
                for row in connection.execute(_by_kind(lines)):
                    if row.odd:
                        return None
                    sums.append(_sum_of(row))
                for row in connection.execute(_by_rate(lines)):
                    key = (date.fromisoformat(row.day), date.fromisoformat(row.rate_on))
                    rated[key] = rated.get(key, 0) + row.number
        return PaidSums(sums=tuple(sums), rated=rated)

    def downloads_by_day(
        self, marketplaces: Collection[str], *, since: datetime
    ) -> Mapping[tuple[str, str, date], int]:
        """Count the licenses that files came of, by marketplace, project and day, since a moment."""
        files, grants = schema.files.c, schema.grants.c
        day = func.substr(files.downloaded_at, 1, 10).label("day")
        came = (
            select(beside_index(files.grant_id).label("grant_id"), day)
            .where(files.downloaded_at >= encode_moment(since))
            .distinct()
            .subquery()
        )
        query = (
            select(grants.marketplace, grants.project, came.c.day, func.count().label("number"))
            .join(came, came.c.grant_id == grants.id)
            .where(beside_index(grants.marketplace).in_(sorted(marketplaces)))
            .group_by(grants.marketplace, grants.project, came.c.day)
        )
        with translated(self._place), self._connect() as connection:
            return {
                (row.marketplace, row.project, date.fromisoformat(row.day)): row.number
                for row in connection.execute(query)
            }


def _lines(time: tuple[str, str, str], states: list[str], projects: list[str] | None) -> Subquery:
    """Build one row a payment, and a receipt of what has none: when, where, how much."""
    after, before, ordered_after = time
    orders, paid, receipts = schema.orders.c, PAYMENTS.c, schema.receipts.c
    counts = [beside_index(orders.state).in_(states)]
    if projects is not None:
        counts.append(beside_index(orders.project).in_(projects))
    payments = (
        select(
            paid.paid_at.label("at"),
            orders.marketplace,
            orders.project,
            case((paid.refund_id.is_(None), 0), else_=1).label("is_refund"),
            literal(0).label("is_receipt"),
            paid.value.label("value"),
            paid.cost.label("cost"),
            paid.home.label("home"),
            paid.rate_on.label("rate_on"),
        )
        .join(schema.orders, orders.id == paid.order_id)
        .where(paid.paid_at >= after, paid.paid_at <= before, *counts)
    )
    of_order = receipts.order_id == orders.id
    first = select(func.min(receipts.received_at)).where(of_order).scalar_subquery()
    charged = (
        select(receipts.charged)
        .where(of_order, receipts.charged.is_not(None))
        .order_by(receipts.serial)
        .limit(1)
        .scalar_subquery()
    )
    noted = exists().where(paid.order_id == orders.id, paid.refund_id.is_(None))
    bare = (
        select(
            first.label("at"),
            orders.marketplace,
            orders.project,
            func.coalesce(charged, orders.cost).label("cost"),
        )
        .where(orders.created_at >= ordered_after, orders.created_at <= before, ~noted, *counts)
        .subquery()
        .c
    )
    told = select(
        bare.at,
        bare.marketplace,
        bare.project,
        literal(0).label("is_refund"),
        literal(1).label("is_receipt"),
        case((func.substr(bare.cost, 1, len(MONEY)) == MONEY, bare.cost)).label("value"),
        bare.cost,
        cast(null(), PAYMENTS.c.home.type).label("home"),
        cast(null(), PAYMENTS.c.rate_on.type).label("rate_on"),
    ).where(bare.at >= after, bare.at <= before)
    return union_all(payments, told).subquery()


@dataclass(frozen=True, slots=True)
class _Amount:
    """What an amount's text says, as SQL: ``number`` is 0 and ``unit`` NULL where it is not ``fine``."""

    fine: ColumnElement[bool]
    number: ColumnElement[int]
    unit: ColumnElement[str]


def _read(text: ColumnElement[str], kind: str) -> _Amount:
    """Take an amount of a kind apart; functions that SQLite and PostgreSQL both have."""
    tail = func.substr(text, len(kind) + 1)
    rest = func.ltrim(tail, f"-{DIGITS}")
    number = func.substr(tail, 1, func.length(tail) - func.length(rest))
    fine = and_(
        func.substr(text, 1, len(kind)) == kind,
        func.substr(rest, 1, 1) == ":",
        func.length(rest) > 1,
        func.ltrim(func.substr(number, 2), DIGITS) == "",
        func.length(func.ltrim(number, "-")).between(1, LONGEST),
    )
    return _Amount(
        fine,
        case((fine, cast(number, BigInteger)), else_=0),
        case((fine, func.substr(rest, 2))),
    )


def _parsed(lines: Subquery) -> Subquery:
    """Build rows with numbers and units in the place of amounts."""
    row = lines.c
    value, home = _read(row.value, MONEY), _read(row.home, MONEY)
    cost, used = _read(row.cost, MONEY), _read(row.cost, CREDITS)
    odd = or_(
        and_(row.value.is_not(None), ~value.fine),
        and_(row.home.is_not(None), ~home.fine),
        and_(row.cost.is_not(None), ~cost.fine, ~used.fine),
    )
    without = row.value.is_(None)
    return select(
        func.substr(row.at, 1, 7).label("month"),
        func.substr(row.at, 1, 10).label("day"),
        row.marketplace,
        row.project,
        row.is_refund,
        row.is_receipt,
        row.value,
        value.unit.label("currency"),
        value.number.label("minor"),
        case((without, used.unit)).label("credit_unit"),
        case((without, used.number), else_=0).label("credits"),
        home.unit.label("home_currency"),
        home.number.label("home_minor"),
        row.rate_on,
        case((odd, 1), else_=0).label("odd"),
    ).subquery()


def _marked(parsed: Subquery, home: str) -> Subquery:
    """Build rows that say what has to be converted, each by itself, at a rate of its day."""
    row = parsed.c
    noted_at_home = func.coalesce(row.home_currency, "") == home
    each = and_(row.currency.is_not(None), row.currency.not_in((home, UNSTATED_CURRENCY)), ~noted_at_home)
    return select(
        *row,
        case((each, row.day), else_="").label("each_day") if home else literal("").label("each_day"),
        case((each, row.value), else_="").label("each") if home else literal("").label("each"),
        case((and_(row.currency.is_not(None), noted_at_home), row.rate_on)).label("rate_kept"),
    ).subquery()


def _by_kind(lines: Subquery) -> Select[Any]:
    row = lines.c
    keys = (
        row.month, row.marketplace, row.project, row.is_refund, row.is_receipt, row.currency,
        row.credit_unit, row.home_currency, row.each_day, row.each,
    )  # fmt: skip
    return select(
        *keys,
        func.count().label("number"),
        func.sum(row.minor).label("minor"),
        func.sum(row.credits).label("credits"),
        func.sum(row.home_minor).label("home_minor"),
        func.sum(row.odd).label("odd"),
    ).group_by(*keys)


def _by_rate(lines: Subquery) -> Select[Any]:
    row = lines.c
    return (
        select(row.day, row.rate_kept.label("rate_on"), func.count().label("number"))
        .where(row.rate_on.is_not(None), row.rate_kept.is_not(None))
        .group_by(row.day, row.rate_kept)
    )


def _sum_of(row: Any) -> PaidSum:
    """Read a row; what is worth something else each day is the amount of one."""
    is_each = row.each != ""
    minor = int(row.minor) // row.number if is_each else int(row.minor)
    currency = row.currency
    if row.is_receipt and currency == UNSTATED_CURRENCY:
        currency = None  # a receipt without a currency tells no value
    return PaidSum(
        day=date.fromisoformat(row.each_day or f"{row.month}-01"),
        kind=CostKind.REFUND if row.is_refund else CostKind.PURCHASE,
        marketplace=row.marketplace,
        project=row.project,
        count=row.number,
        is_each=is_each,
        value=None if currency is None else Money(minor=minor, currency=currency),
        credits=None if row.credit_unit is None else Credits(amount=int(row.credits), unit=row.credit_unit),
        home=None
        if row.home_currency is None
        else Money(minor=int(row.home_minor), currency=row.home_currency),
    )


def _chunks(projects: Collection[str] | None) -> Iterator[list[str] | None]:
    if projects is None:
        yield None
        return
    every = sorted(projects)
    for start in range(0, len(every), IDS_PER_QUERY):
        yield every[start : start + IDS_PER_QUERY]
