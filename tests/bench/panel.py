"""Measure what the panels ask of a studio's ledger of a million grants, beside one of a thousand.

On both engines. Each question is the one that a panel asks, through the same service. Times are the shortest
of several runs, as other work on the machine only ever adds to them; with PostgreSQL most of it is the
server's, so that it is time that passed and no CPU time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from large_ledger import USER, fill_ledger, fill_postgres, fill_sqlite
from postgres_server import Server, run_server
from scenes import make_big_scene
from studio_values import USD_19

from core.app import App, build_app
from core.host import NoHost
from core.ledger.engine import open_ledger
from core.ledger.sql_ledger import SqlLedger
from core.ledger.studio import StudioLedger, StudioTransaction, open_studio_ledger
from core.model.alert import Occasion
from core.model.grant import GrantState
from core.model.intended_use import IntendedUse, OutputKind
from core.model.invoice import Invoice, InvoiceKind, InvoiceLine
from core.model.order import OrderState
from core.model.people import Role
from core.model.scene import SceneScan
from core.services.buying.owned import find_holdings
from core.services.reporting.guard import Question
from core.services.studio.finance import FinancePart
from core.services.studio.invoice_match import find_candidates, gather_bought
from core.session.seating import LOOKED_AT
from core.settings import Settings

Row = tuple[str, str, str, str] | tuple[str, str, str, str, bool]
"""What, ours, beside, ratio, and where there is a bar whether it is met."""
Ask = Callable[[], object]
SMALL = 1_000
BAR = 2.0
"""How many times as long a large ledger may take as a small one."""
USE = IntendedUse(outputs=frozenset({OutputKind.RENDER, OutputKind.VIDEO}))


def measure_panel(folder: Path, runs: int, grants: int) -> list[Row]:
    """Ask a small and a large ledger of each engine."""
    with run_server() as server:
        return [
            row
            for engine, opened in (
                ("SQLite", partial(_in_sqlite, folder)),
                ("PostgreSQL", partial(_in_postgres, folder, server)),
            )
            for row in _compare(engine, opened, runs, grants)
        ]


def _compare(
    engine: str,
    opened: Callable[[int], AbstractContextManager[tuple[App, SceneScan]]],
    runs: int,
    grants: int,
) -> list[Row]:
    """Ask both ledgers by turns, so that what else the machine does is the same for both."""
    rows: list[Row] = []
    with opened(SMALL) as small, opened(grants) as large:
        asked = [questions(*small), questions(*large)]
        for what in asked[0]:
            few, many = shortest([one[what] for one in asked], runs)
            rows.append(
                (
                    f"{engine}, {grants:,} grants: {what}",
                    f"{many * 1000:.2f} ms",
                    f"bar {BAR:.0f} × that of {SMALL:,} grants, {few * 1000:.2f} ms",
                    f"{many / few:.2f} ×",
                    many <= few * BAR,
                )
            )
    return rows


def questions(app: App, scan: SceneScan) -> dict[str, Ask]:
    """Return what the panels ask, by what it is."""
    ledger, services = app.ledger, app.services
    studio, buying = services.studio, services.buying
    grant = ledger.grants(state=GrantState.ACTIVE, limit=1)[0]
    bought = (ledger.order(one.order_id) for one in ledger.grants() if one.order_id)
    order = next(one for one in bought if one is not None and one.state is OrderState.FULFILLED)
    info = services.quote.find_marketplace(grant.ref.marketplace).INFO
    request = buying.requests.list(limit=1)[0]
    question = Question(occasion=Occasion.SAVE, use=USE)
    invoice = Invoice(
        id="bench", kind=InvoiceKind.RECEIVED, number="1", issuer="CGTrader", recipient="", net=USD_19,
        tax=replace(USD_19, minor=0), gross=USD_19, issued_on=date(2026, 11, 1),
        created_at=datetime(2026, 11, 1, tzinfo=UTC), created_by=USER, marketplace="cgtrader",
    )  # fmt: skip
    line = InvoiceLine(
        id="bench/1", invoice_id="bench", position=1, description="Oak table", quantity="1",
        net=replace(USD_19, minor=1933),
        tax_percent="0", tax_category="O", reference=order.marketplace_order_id,
    )  # fmt: skip

    def look() -> object:
        services.guard.forget_answers()
        return services.guard.check(scan, question)

    def match() -> object:
        wanted = find_candidates(ledger, invoice, (line,), ())
        return gather_bought(ledger, credit=False, of=wanted)

    asked: dict[str, Ask] = {
        "library, the newest 1,000": lambda: ledger.grants(state=GrantState.ACTIVE),
        "orders that are not settled": services.reconcile.unsettled,
        "what is owned of one listing": lambda: find_holdings(ledger, grant.ref, grant.kind, info),
        "requests: the cart, one's own, what waits for one": app.session._read_requests,
        "request, its items and budget": lambda: buying.requests.show(request.id, most=20),
        "seats": studio.seats.overview,
        "what ends, and reminders": lambda: studio.renewals.outlook(not_noted_most=LOOKED_AT),
        "numbers with their goals": services.status.run,
        "decisions": services.resolutions.resolutions,
        "declarations": services.declarations.list,
        "refund of a purchase": lambda: services.refunds.advise(order.id),
        "whether files may leave the store": lambda: services.download.hand_out.check(grant.id),
        "report of a scene with 300 licenses": lambda: services.report.run(scan, USE, actor=USER),
        "alerts of that scene": look,
        "budgets": lambda: studio.finance.read(FinancePart.BUDGETS),
        "payments, and what waits": lambda: studio.finance.read(FinancePart.PAYMENTS),
        "costs of this month and the last": lambda: studio.finance.read(FinancePart.COSTS),
        "monthly limit of a purchase": lambda: buying.limits.check_order(
            USD_19, project_id="film0", marketplace="cgtrader", reader=ledger
        ),
    }
    # Of invoices nobody but finance may know, and finance sees every project.
    if isinstance(ledger, StudioLedger):
        return asked
    return asked | {
        "invoices, and what is on none": lambda: studio.finance.read(FinancePart.INVOICES),
        "orders of an invoice's line": match,
    }


def shortest(asks: Sequence[Ask], runs: int, *, at_least_s: float = 0.02) -> list[float]:
    """Return the shortest time of each answer, measured over so many that the clock can tell."""
    for ask in asks:
        ask()
    once = max(_time(asks[0], 1), 1e-6)
    repeat = max(1, min(50, int(at_least_s / once)))
    # What is quick is asked more often: of a busy machine it needs but one moment that is quiet.
    rounds = max(runs, 5 if once > 0.2 else 25)
    times = [[_time(ask, repeat) for ask in asks] for _ in range(rounds)]
    return [min(column) for column in zip(*times, strict=True)]


def _time(ask: Ask, repeat: int) -> float:
    started = time.perf_counter()
    for _ in range(repeat):
        ask()
    return (time.perf_counter() - started) / repeat


@contextmanager
def _in_sqlite(folder: Path, count: int) -> Iterator[tuple[App, SceneScan]]:
    """Open an app on a ledger in a file."""
    data = folder / f"sqlite{count}"
    path = Settings(data_dir=data).ledger_path
    scan, used, terms, _ = make_big_scene(objects=300, grants=300)
    now = datetime.now(UTC)
    with closing(open_ledger(path)) as ledger:
        fill_sqlite(path, lambda run: fill_ledger(run, used, terms, count, now=now))
    with closing(open_ledger(path)) as ledger, _app(data, ledger) as app:
        yield app, scan


@contextmanager
def _in_postgres(folder: Path, server: Server, count: int) -> Iterator[tuple[App, SceneScan]]:
    """Open an app on a studio's database, as somebody who is an artist, a buyer and an approver there."""
    database = server.make_template()
    scan, used, terms, _ = make_big_scene(objects=300, grants=300)
    now = datetime.now(UTC)
    fill_postgres(server, database, lambda run: fill_ledger(run, used, terms, count, now=now))
    checkpoints = folder / f"postgres{count}"
    with (
        closing(open_studio_ledger(server.url(database), checkpoints_folder=checkpoints)) as ledger,
        ledger.transaction() as work,
    ):
        assert isinstance(work, StudioTransaction)
        work.set_roles(USER, (Role.ARTIST, Role.BUYER, Role.APPROVER))
    with (
        closing(
            open_studio_ledger(server.url(database, user=USER), checkpoints_folder=checkpoints)
        ) as ledger,
        _app(folder / f"data{count}", ledger) as app,
    ):
        yield app, scan
    server.run_sql(f'DROP DATABASE "{database}" WITH (FORCE)')


@contextmanager
def _app(data: Path, ledger: SqlLedger) -> Iterator[App]:
    app = build_app(
        Settings(data_dir=data, user=USER, project="film0"), host=NoHost(), environ={}, ledger=ledger
    )
    try:
        yield app
    finally:
        app.close()
