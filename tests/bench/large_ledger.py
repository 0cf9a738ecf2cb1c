"""Makes a studio's ledger of any size on either engine, past the ledger's own code, in a minute or two.

The rows are those that the ledger itself would write (their columns are asked of it); only ids, times and
people vary. Two shortcuts: the audit is empty, since no panel reads it, and adding to it reads its end only;
and the numbers that stand for grants on faces are right for the grants of the measured scene alone. The
newest thousand grants are of the last thirty days, whatever the size, all others more than a hundred days
old: what grows is what lies behind.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pg8000.dbapi
from ledger_values import make_file, make_order, make_quote, make_receipt
from postgres_server import SOCKET_NAME, Server
from studio_values import USD_19, make_studio_values

from core.ledger import rows
from core.ledger.codecs import encode_moment
from core.ledger.studio_tables import record_of
from core.licenses import canonical_text
from core.model.budget import Budget, BudgetEntry, EntryKind, Limit, LimitKind, LimitPeriod
from core.model.buy_request import BuyRequest, ItemState, RequestItem, RequestState
from core.model.grant import Grant
from core.model.intended_use import IntendedUse
from core.model.invoice import Invoice, InvoiceKind, InvoiceLine
from core.model.license import LicenseTerms
from core.model.listing import MediaKind
from core.model.money import Money
from core.model.order import OrderState
from core.model.payment import MethodKind, Payment, PaymentMethod
from core.model.people import Member, Project, ProjectMember, Role
from core.model.seat import Seat, SeatPool
from core.policy.use_file import encode_use

NEW, MOMENTS = 1_000, 20_000
"""Grants of the last month; how many moments there are in all."""
USER, PEOPLE, PROJECTS = "ida", 40, 100
"""Who asks, how many people there are, and how many projects (the user works on the first of them)."""
LIVE, OPEN = 200, 20
"""Seats that are taken, usages and ends to come; orders and requests that are open: as many in any ledger."""


class Runner(Protocol):
    """Runs statements of a database that both engines understand."""

    def __call__(self, statement: str, parameters: Iterable[tuple[Any, ...]] | None = None) -> None:
        """Run one, once or for each of some parameters (``%s``)."""
        ...


@dataclass(frozen=True, slots=True)
class Raw:
    """A piece of SQL in the place of a value: ``i`` is the row's number, ``at`` its moment."""

    sql: str


def fill_ledger(
    run: Runner,
    used: Mapping[str, Grant],
    terms: Mapping[str, LicenseTerms],
    count: int,
    *,
    now: datetime,
) -> None:
    """Make a ledger of ``count`` grants, those ``used`` the newest, and all that comes with them."""
    _make_moments(run, now)
    fill = _Filling(run)
    _add_people(fill, terms, now)
    user, project = Raw(f"'p' || (i % {PEOPLE})"), Raw(f"'film' || (i % {PROJECTS})")
    order = make_order(
        1, quote_id="", approval_id="", state=OrderState.FULFILLED, cost=Money(minor=1900, currency="USD")
    )
    at = Raw("at")
    fill.rows("quotes", rows.quote_columns(make_quote(1)), count, id=Raw("'quote_' || i"), created_at=at)
    fill.rows(
        "orders", rows.order_columns(order), count, quote_id=Raw("'quote_' || i"),
        id=Raw("'order_' || i"), key=Raw("'key-' || i"), listing_id=Raw("CAST(10000000 + i AS TEXT)"),
        created_at=at, updated_at=at, submitted_at=at, project=project, buyer=user,
        marketplace_order_id=Raw("'MO-' || i"),
        state=Raw("CASE WHEN i % 50 = 7 THEN 'failed' ELSE 'fulfilled' END"),
        failure=Raw("CASE WHEN i % 50 = 7 THEN 'payment.refused' ELSE '' END"),
    )  # fmt: skip
    for number in range(OPEN):
        state = (OrderState.UNKNOWN, OrderState.AWAITING_CHECKOUT)[number % 2]
        fill.one("orders", rows.order_columns(replace(
            order, id=f"order_open{number}", key=f"open-{number}", state=state, created_at=now, buyer=USER,
            ref=replace(order.ref, id=f"open{number}"), project="film0", updated_at=now,
        )))  # fmt: skip
    patterns = list(used.values())
    for number, grant in enumerate(patterns):
        fill.one("grants", rows.grant_columns(
            replace(grant, order_id="", granted_at=now - timedelta(hours=number))
        ))  # fmt: skip
    names = _Names(patterns)
    fill.rows(
        "grants", rows.grant_columns(patterns[0]), count - len(patterns),
        id=Raw("'grant_other' || i"), order_id=Raw("'order_' || i"), granted_at=at, state_changed_at=at,
        listing_id=Raw("CAST(10000000 + i AS TEXT)"), marketplace_license_id=Raw("'other-' || i"),
        face_number=Raw("CAST(CAST(i AS BIGINT) * 7919 % 2147483647 AS INTEGER)"),
        marketplace=names.of("ref.marketplace"), license_id=names.of("license_id"), kind=names.of("kind"),
        license_label=names.of("license_label"), terms_sha256=names.of("terms_sha256"), project=project,
    )  # fmt: skip
    fill.rows(
        "receipts", rows.receipt_columns(make_receipt(1), marketplace="cgtrader"), count,
        id=Raw("'receipt_' || i"), order_id=Raw("'order_' || i"), received_at=at,
        marketplace_order_id=Raw("'MO-' || i"), marketplace_license_id=Raw("'ML-' || i"),
    )  # fmt: skip
    fill.rows(
        "files", rows.file_columns(make_file(1)), count - len(patterns),
        grant_id=Raw("'grant_other' || i"), sha256=Raw("'file' || i"), downloaded_at=at,
    )  # fmt: skip
    fill.value(
        Payment(id="p", order_id="o", method_id="method", cost=USD_19, value=USD_19, paid_at=now, paid_by=""),
        count, id=Raw("'payment/order_' || i"), order_id=Raw("'order_' || i"), paid_at=at,
        value=Raw("'money:' || (1900 + i % 5000) || ':USD'"),
    )  # fmt: skip
    _add_requests(fill, count, now)
    _add_rest(fill, count, now, patterns)


def _add_people(fill: _Filling, terms: Mapping[str, LicenseTerms], now: datetime) -> None:
    roles = (Role.ARTIST, Role.BUYER, Role.APPROVER)
    member = Member(id=USER, name=USER, roles=roles, added_at=now, added_by="ada")
    fill.value(member, 1)
    fill.value(member, PEOPLE, id=Raw("'p' || i"))
    fill.value(
        Project(id="film", name="Film", created_at=now, created_by="ada"), PROJECTS, id=Raw("'film' || i")
    )
    works = ProjectMember(id="film0", project_id="film0", member_id=USER, added_at=now, added_by="ada")
    fill.value(works, 1)
    fill.value(
        works, PROJECTS, id=Raw("'film' || i || '/p'"), project_id=Raw("'film' || i"),
        member_id=Raw(f"'p' || (i % {PEOPLE})"),
    )  # fmt: skip
    fill.value(
        PaymentMethod(id="method", kind=MethodKind.CHECKOUT, label="Page", created_by="ada", created_at=now),
        1,
    )
    month = Limit(
        id="limit", kind=LimitKind.SPEND, period=LimitPeriod.MONTH, amount=Money(minor=10**9, currency="USD"),
        set_by="ada", set_at=now, role=Role.BUYER,
    )  # fmt: skip
    fill.value(month, 1)
    fill.value(replace(month, period=LimitPeriod.REQUEST), 1, id="limit_once")
    for digest, one in terms.items():
        fill.one("terms", {"terms_sha256": digest, "body": canonical_text(one)})


def _add_requests(fill: _Filling, count: int, now: datetime) -> None:
    """Add requests with ten items each, those open, with others' quotes, and the user's own; budgets."""
    cost = USD_19
    use = encode_use(IntendedUse(name="Spot"))
    budget = Budget(
        id="budget_old", name="Old", amount=Money(minor=10**12, currency="USD"), starts_on=date(2020, 1, 1),
        ends_on=date(2020, 12, 31), created_by="ada", created_at=now, project_id="film1", closed_at=now,
    )  # fmt: skip
    fill.value(budget, max(1, count // 2_000), id=Raw("'budget_' || i"))
    fill.value(
        replace(budget, id="now", project_id="film0", closed_at=None, starts_on=now.date(),
                ends_on=now.date() + timedelta(days=30)), 1, id="budget_now",
    )  # fmt: skip
    entry = BudgetEntry(
        id="e", budget_id="b", kind=EntryKind.SPEND, amount=cost, subject="s", at=now, by="ada"
    )
    fill.value(
        entry, count // 2, id=Raw("'entry_' || i"), at=Raw("at"),
        budget_id=Raw(f"'budget_' || (i % {max(1, count // 2_000)})"),
    )  # fmt: skip
    fill.value(entry, LIVE, id=Raw("'entry_now' || i"), budget_id="budget_now")
    request = BuyRequest(
        id="r", project_id="film1", requested_by="p1", reason="a table", use=use, state=RequestState.DONE,
        created_at=now, changed_at=now, total=cost, decided_by="p2", decided_at=now,
    )  # fmt: skip
    item = RequestItem(
        id="i", request_id="r", position=1, ref=make_order(1).ref, kind=MediaKind.MODEL, title="Oak table",
        license_label="", variant="", state=ItemState.BOUGHT, changed_at=now, cost=cost, decision="allow",
    )  # fmt: skip
    number = count // 10
    fill.value(
        request, number, id=Raw("'request_' || i"), requested_by=Raw(f"'p' || (i % {PEOPLE})"),
        project_id=Raw(f"'film' || (i % {PROJECTS})"), created_at=Raw("at"), changed_at=Raw("at"),
        decided_at=Raw("at"), decided_by=Raw(f"'p' || (i % {PEOPLE})"),
    )  # fmt: skip
    fill.value(
        item, count, id=Raw("'item_' || i"), request_id=Raw(f"'request_' || (i % {number})"),
        position=Raw(f"1 + i / {number}"), order_id=Raw("'order_' || i"), listing_id=Raw("CAST(i AS TEXT)"),
    )  # fmt: skip
    own = {"project_id": "film0", "requested_by": USER, "created_at": Raw("at"), "budget_id": "budget_now"}
    fill.value(request, 30, id=Raw("'request_own' || i"), **own)
    for state, number in ((RequestState.OPEN, OPEN), (RequestState.APPROVED, 3), (RequestState.DRAFT, 1)):
        fill.value(replace(request, state=state), number, **own | {
            "id": Raw(f"'request_{state}' || i"),
            "requested_by": USER if state is RequestState.DRAFT else "p1",
        })  # fmt: skip
        for place in range(number):
            quote = f"quote_{state}{place}_"
            fill.rows("quotes", rows.quote_columns(make_quote(1)), 10, id=Raw(f"'{quote}' || i"))
            fill.value(
                replace(item, state=ItemState.WAITING), 10, id=Raw(f"'item_{state}{place}_' || i"),
                request_id=f"request_{state}{place}", position=Raw("i + 1"), listing_id=Raw("'w' || i"),
                quote_id=Raw(f"'{quote}' || i"),
            )  # fmt: skip


def _add_rest(fill: _Filling, count: int, now: datetime, patterns: list[Grant]) -> None:
    """Add seats, renewals, usages and invoices: what is over grows, what is now does not."""
    values = {type(one): one for one in make_studio_values(1)}
    seat = values[Seat]
    fill.value(
        replace(seat, released_at=now, released_by="ada"), count // 10, id=Raw("'seat_' || i"),
        grant_id=Raw("'grant_other' || i"), assigned_at=Raw("at"), member_id=Raw(f"'p' || (i % {PEOPLE})"),
    )  # fmt: skip
    for number in range(LIVE):
        grant_id = patterns[number % 50].id
        fill.one("seats", record_of(Seat).write(
            replace(seat, id=f"seat_now{number}", grant_id=grant_id, member_id=f"p{number}")
        ))  # fmt: skip
    for number in range(50):
        fill.one("seat_pools", record_of(SeatPool).write(replace(values[SeatPool], id=patterns[number].id)))
    renewal = next(one for one in make_studio_values(1) if type(one).__name__ == "Renewal")
    fill.value(
        renewal, count // 10, id=Raw("'renewal_' || i"), subject=Raw("'grant_other' || i"),
        ends_at=encode_moment(now - timedelta(days=900)),
    )  # fmt: skip
    soon = now + timedelta(days=40)
    for number in range(LIVE // 10):
        fill.one("renewals", record_of(type(renewal)).write(
            replace(renewal, id=f"renewal_now{number}", subject=patterns[number].id, ends_at=soon)
        ))  # fmt: skip
    for scene in range(LIVE // 10):
        for grant in patterns[:10]:
            fill.one("usages", {
                "scene": f"/shots/{scene}.blend", "grant_id": grant.id, "data_blocks": 3,
                "seen_at": encode_moment(now),
            })  # fmt: skip
    invoice = replace(
        values[Invoice],
        kind=InvoiceKind.RECEIVED,
        series="",
        sequence=0,
        issued_on=now.date() - timedelta(days=400),
    )
    number = count // 20
    fill.value(invoice, number, id=Raw("'invoice_' || i"), number=Raw("'IN-' || i"))
    fill.value(
        values[InvoiceLine], number, id=Raw("'line_' || i"), invoice_id=Raw("'invoice_' || i"),
        order_id=Raw("'order_' || i"),
    )  # fmt: skip


class _Names:
    """Lets rows take turns in the licenses of some grants."""

    def __init__(self, patterns: list[Grant]) -> None:
        self._kinds = list({grant.terms_sha256: grant for grant in patterns}.values())

    def of(self, field: str) -> Raw:
        """Return the SQL for one field of the grant whose turn it is."""
        cases = []
        for number, grant in enumerate(self._kinds):
            value: Any = grant
            for part in field.split("."):
                value = getattr(value, part)
            cases.append(f"WHEN {number} THEN {_literal(str(value))}")
        return Raw(f"CASE i % {len(self._kinds)} {' '.join(cases)} END")


class _Filling:
    """Writes many rows with one statement."""

    def __init__(self, run: Runner) -> None:
        self._run = run

    def value(self, value: object, count: int, /, **changed: Any) -> None:
        """Write so many of a studio's values that differ in some columns."""
        record = record_of(type(value))
        self.rows(record.table.name, record.write(value), count, **changed)

    def rows(self, table: str, columns: Mapping[str, Any], count: int, /, **changed: Any) -> None:
        """Write so many rows that differ in some columns; the last ones are the newest."""
        if count < 1:
            return
        given = {**columns, **changed}
        values = ", ".join(one.sql if isinstance(one, Raw) else _literal(one) for one in given.values())
        names = ", ".join(f'"{name}"' for name in given)
        # The newest thousand are of the last month, all others of the years before.
        rank = f"({count} - 1 - CAST(i AS BIGINT))"
        old = max(count - NEW, 1)
        older = f"{NEW} + ({rank} - {NEW}) * {MOMENTS - NEW - 1} / {old}"
        moment = f"CASE WHEN {rank} < {NEW} THEN {rank} ELSE {older} END"
        self._run(
            f"INSERT INTO {table} ({names}) WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
            f"WHERE i + 1 < {count}) SELECT {values} FROM n JOIN bench_moments m ON m.k = {moment}"
        )

    def one(self, table: str, columns: Mapping[str, Any]) -> None:
        """Write one row."""
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(_literal(one) for one in columns.values())
        self._run(f"INSERT INTO {table} ({names}) VALUES ({values})")


def _make_moments(run: Runner, now: datetime) -> None:
    """Make the moments that rows take: a thousand in the last month, the others in five years before."""
    month, years = timedelta(days=29), timedelta(days=5 * 365)
    moments = [
        (number, encode_moment(now - month * number / NEW))
        if number < NEW
        else (number, encode_moment(now - timedelta(days=100) - years * (number - NEW) / MOMENTS))
        for number in range(MOMENTS)
    ]
    run("CREATE TEMPORARY TABLE bench_moments (k BIGINT PRIMARY KEY, at TEXT)")
    run("INSERT INTO bench_moments VALUES (%s, %s)", moments)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def fill_sqlite(path: Path, fill: Callable[[Runner], None]) -> None:
    """Fill a ledger's file: without its indexes and its care for crashes while it is filled."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in (
            "synchronous = OFF",
            "foreign_keys = OFF",
            "cache_size = -200000",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''"
        ).fetchall()
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")

        def run(statement: str, parameters: Iterable[tuple[Any, ...]] | None = None) -> None:
            if parameters is None:
                connection.execute(statement)
            else:
                connection.executemany(statement.replace("%s", "?"), parameters)

        connection.execute("BEGIN")
        fill(run)
        for _, sql in (*indexes, *triggers):
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def fill_postgres(server: Server, database: str, fill: Callable[[Runner], None]) -> None:
    """Fill a studio's database, likewise."""
    connection = pg8000.dbapi.connect(
        "postgres", database=database, unix_sock=f"{server.folder}/{SOCKET_NAME}", application_name="bench"
    )
    try:
        cursor = connection.cursor()
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("SET work_mem = '128MB'")
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT IN "
            "(SELECT conname FROM pg_constraint)"
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')

        def run(statement: str, parameters: Iterable[tuple[Any, ...]] | None = None) -> None:
            if parameters is None:
                cursor.execute(statement)
                return
            values = ", ".join(f"({', '.join(_literal(one) for one in row)})" for row in parameters)
            cursor.execute(f"{statement[: statement.index('VALUES')]} VALUES {values}")

        fill(run)
        for _, definition in indexes:
            cursor.execute(definition)
        connection.commit()
        connection.autocommit = True
        cursor.execute("VACUUM ANALYZE")
    finally:
        connection.close()
