"""Drills of a studio's buying on either engine: killed, or cut off from the ledger, at every boundary.

    python tests/support/studio_drill.py FACTS.json

One warm process that forks: each child opens the ledger for itself, and this process never does. Prints how
many times something was killed or cut. What a connection could not send any more is complained of when Python
clears it away, so cutting is for children, too.
"""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from bulk_buyer import buy as buy_request
from bulk_buyer import prepare as prepare_request
from bulk_drills import LISTINGS, check_bulk
from buyer import LEDGER, buy, credentials_environ, make_app, recover
from cutting import CuttingProxy
from drills import check_purchase
from killing import Boundaries, KillingLedger, in_child
from ledger_values import open_place
from postgres_server import Server
from sandbox_process import SandboxProcess

from core.app import App
from core.errors import ClearanceError
from core.ledger.sql_ledger import SqlLedger
from core.model.budget import LimitKind
from core.model.listing import ListingRef
from core.model.money import UNSTATED_CURRENCY, Money
from core.model.people import Member, Project, ProjectMember, Role

LISTING = "cgtrader:4400123"
BULK = (*LISTINGS[:2], LISTING)
READING = frozenset({"before GET", "after GET"})
"""Requests of these marketplaces that change nothing: a kill there is one after the last commit."""
PEOPLE = {
    "drill": (Role.ARTIST, Role.BUYER, Role.APPROVER, Role.ADMIN, Role.FINANCE),
    "pia": (Role.APPROVER,),
}
"""Logins that the database has to know."""
CUTS = {
    "purchase": ((False, False, 1), (True, False, 1), (False, True, 1), (True, True, 1)),
    "bulk": ((True, False, 1), (False, True, 2)),
}
"""A commit that does not arrive, one whose answer is lost, and both with a server that stays away; and of how
many commits one is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioDrill:
    """Where a drill runs. ``what`` is ``bulk`` or ``purchase``; without a server the ledger is a file."""

    what: str
    folder: Path
    sandbox: SandboxProcess
    server: Server | None
    template: str

    @property
    def data(self) -> Path:
        """The data folder of the moment."""
        return self.folder / "data"

    def place(self, login: str, *, host: Path | None = None, database: str = "drill_now") -> str:
        """Return what ``open_place`` takes; ``host`` is a proxy's folder."""
        if self.server is None:
            return f"sqlite:{self.data / LEDGER}"
        folder = host or self.server.folder
        return f"{self.data / login}|postgresql://{login}@/{database}?host={folder}"

    def open_app(
        self, stack: ExitStack, ledger: Any, boundaries: Any | None = None, *, user: str = "drill"
    ) -> App:
        """Open an application over a ledger."""
        environ = credentials_environ(self.sandbox.credentials)
        crossed = boundaries or Boundaries()
        app = make_app(self.data, self.sandbox.url, environ, ledger=ledger, boundaries=crossed, user=user)
        stack.callback(app.close)
        return app

    def prepare(self) -> None:
        """Make what each try begins from: people, limits, and for bulk an approved request."""
        self.sandbox.reset()
        self.data.mkdir(parents=True)
        if self.server is not None:
            self._copy_database(self.template, "drill_base")
        in_child(self._fill)
        self.data.rename(self.folder / "base")
        self._warm_up()

    def _warm_up(self) -> None:
        """Load what a child loaded that did it all once, so that the next ones need not."""
        note = self.folder / "modules"

        def run() -> None:
            with ExitStack() as stack:
                self.act(self.open_app(stack, open_place(self.place("drill"))))
            self.check()
            note.write_text("\n".join(sorted(sys.modules)), encoding="utf-8")

        self.again()
        in_child(run)
        for name in note.read_text(encoding="utf-8").splitlines():
            if name.partition(".")[0] in {"core", "sqlalchemy", "pg8000", "requests", "urllib3", "pydantic"}:
                importlib.import_module(name)

    def _fill(self) -> None:
        base = "drill_base"
        with ExitStack() as stack:
            if self.server is not None:
                with closing(open_place(self.place("postgres", database=base))) as owner:
                    add_people(owner)
            app, pia = (
                self.open_app(stack, open_place(self.place(login, database=base)), user=login)
                for login in PEOPLE
            )
            if self.what == "bulk":
                assert prepare_request(app, BULK, approver=pia) == "approved"
            elif self.server is not None:
                much = Money(minor=100_000, currency=UNSTATED_CURRENCY)
                app.services.buying.limits.set(LimitKind.OWN, much)

    def again(self) -> None:
        """Begin once more, with empty books."""
        self.sandbox.reset()
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(self.folder / "base", self.data)
        if self.server is not None:
            self._copy_database("drill_base", "drill_now")

    def _copy_database(self, template: str, name: str) -> None:
        assert self.server is not None
        self.server.run_sql(
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {template}"
        )

    def act(self, app: App) -> None:
        """Do what the drill is about."""
        if self.what == "bulk":
            assert buy_request(app) == "done"
        else:
            assert buy(app, ListingRef.parse(LISTING)) == "downloaded"

    def go_on(self, app: App) -> None:
        """Do what a user does afterwards."""
        if self.what == "bulk":
            assert buy_request(app) == "done"
        else:
            assert recover(app, ListingRef.parse(LISTING), self.sandbox.url) == "downloaded"

    def check(self) -> None:
        """Hold the ledger against the marketplaces' books."""
        charges = self.sandbox.books()["charges"]
        with closing(open_place(self.place("postgres"))) as ledger:
            if self.what == "bulk":
                check_bulk(ledger, charges, BULK)
            else:
                check_purchase(ledger, self.data, LISTING, charges)
            assert ledger.check_integrity() == ()

    def kill(self, number: int) -> bool:
        """Be killed at a boundary, begin again in a new process, compare; say whether it came to that."""

        def run() -> None:
            boundaries = Boundaries(number, passing=READING)
            with ExitStack() as stack:
                ledger = KillingLedger(open_place(self.place("drill")), boundaries)
                self.act(self.open_app(stack, ledger, boundaries))

        def look() -> None:
            with ExitStack() as stack:
                self.go_on(self.open_app(stack, open_place(self.place("drill"))))
            self.check()

        self.again()
        killed = not in_child(run, may_die=True)
        in_child(look)
        return killed

    def cut(self, arm: Callable[[CuttingProxy], None], *, at: int = 0) -> bool:
        """Lose the ledger on the way, go on in the same session, compare; say whether it came to that.

        ``at`` loses the connections when so many requests have come and gone.
        """
        note = self.folder / "was cut"
        note.unlink(missing_ok=True)

        def run() -> None:
            assert self.server is not None
            with closing(CuttingProxy(self.server.folder)) as proxy, ExitStack() as stack:
                cuts = CutAt(proxy, at)
                app = self.open_app(stack, open_place(self.place("drill", host=proxy.folder)), cuts)
                arm(proxy)
                with suppress(ClearanceError):
                    self.act(app)
                if proxy.disarm() or cuts.happened:
                    note.touch()
                cuts.kill_at = 0
                self.go_on(app)
            self.check()

        self.again()
        in_child(run)
        return note.exists()


class CutAt(Boundaries):
    """Loses the connections to the ledger at the n-th boundary, instead of dying there."""

    def __init__(self, proxy: CuttingProxy, at: int) -> None:
        super().__init__(at, passing=READING)
        self._proxy = proxy
        self.happened = False

    def end(self) -> None:
        """Lose them."""
        self.happened = True
        self._proxy.cut_all()


def add_people(ledger: SqlLedger) -> None:
    """Write who works in the studio; the logins themselves are the server's."""
    now = datetime.now(UTC)
    facts: dict[str, Any] = {"added_at": now, "added_by": "postgres"}
    with ledger.transaction() as work:
        work.add(Project(id="drill", name="Drill", created_at=now, created_by="postgres"))
        for login, roles in PEOPLE.items():
            work.add(Member(id=login, name=login, roles=roles, **facts))
            work.add(ProjectMember(id=f"drill/{login}/1", project_id="drill", member_id=login, **facts))


def drill_kills(drill: StudioDrill) -> int:
    """Kill at every boundary; return how many there were."""
    number = 1
    while drill.kill(number):
        tell(f"{drill.what}: killed at boundary {number}, everything once")
        number += 1
    return number - 1


def drill_cuts(drill: StudioDrill) -> int:
    """Lose the ledger at every commit, in every way, and at every request; return how often it was lost."""
    cuts = 0
    for answered, gone, step in CUTS[drill.what]:
        number = 1
        while drill.cut(lambda proxy, n=number, a=answered, g=gone: proxy.arm_commit(n, answered=a, gone=g)):  # type: ignore[misc]
            tell(f"{drill.what}: cut off at commit {number} ({answered=}, {gone=}), everything once")
            number += step
            cuts += 1
    number = 1
    while drill.cut(lambda proxy: proxy.arm_commit(0, answered=False), at=number):
        tell(f"{drill.what}: cut off at request {number}, everything once")
        number += 1
        cuts += 1
    return cuts


def tell(what: str) -> None:
    """Say what went well, so that one sees where a drill ended."""
    print(what, file=sys.stderr, flush=True)


def main() -> int:
    """Run one drill."""
    facts = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    drill = StudioDrill(
        what=facts["what"],
        folder=Path(facts["folder"]),
        sandbox=SandboxProcess(None, facts["sandbox"], facts["credentials"]),  # type: ignore[arg-type]
        server=Server(Path(facts["server"])) if facts["server"] else None,
        template=facts["template"],
    )
    drill.prepare()
    print(drill_kills(drill) if facts["how"] == "kill" else drill_cuts(drill), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
