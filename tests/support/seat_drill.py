"""Drills of seats and refunds: acts that can be cut at every step, and what has to be so afterwards."""

from __future__ import annotations

import os
import select
import socket
import sys
import tempfile
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakes import FakeClock
from killing import Boundaries
from ledger_values import make_file, make_refund, open_place
from postgres_server import SOCKET_NAME
from seat_studio import NOW, make_seats, make_terms, own

from core.errors import LedgerConflict, UserInputError
from core.files.store import Store
from core.ids import RandomIds
from core.ledger.reader import SqlReader
from core.ledger.sql_ledger import SqlLedger
from core.model.evidence import RefundState
from core.model.grant import GrantState, Usage
from core.model.license import Cap
from core.model.order import OrderState
from core.model.seat import Seat
from core.services.documents import Documents
from core.services.refund import Refunds

WRITES = ("add", "change", "record", "change_refund", "change_order", "change_grant_state", "add_document")


class SteppingWork:
    """A unit of work that says before each write which one it is."""

    def __init__(self, inner: Any, step: Callable[[str], None]) -> None:
        self._inner, self._step = inner, step

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in WRITES:
            return found

        def write(*given: Any, **more: Any) -> Any:
            self._step(f"before {name}")
            return found(*given, **more)

        return write


class SteppingLedger:
    """A ledger that crosses a boundary before each write, and before and after each commit."""

    def __init__(self, inner: Any, step: Callable[[str], None]) -> None:
        self._inner, self._step = inner, step

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Open a unit of work whose steps are boundaries."""
        with self._inner.transaction() as work:
            yield SteppingWork(work, self._step)
            self._step("before commit")
        self._step("after commit")


def make_refunds(ledger: Any) -> Refunds:
    """Book refunds on a ledger; without documents the store is not touched."""
    documents = Documents(ledger=ledger, store=Store(Path("unused")), clock=FakeClock())
    return Refunds(ledger=ledger, documents=documents, clock=FakeClock(), ids=RandomIds())


def prepare(ledger: SqlLedger, number: int) -> None:
    """Own a license for two that is paid, with a seat taken, a scene, a file, and a refund asked for."""
    own(ledger, make_terms(seats=Cap(limit=2)), number=number)
    grant_id, scene = f"grant_{number}", f"{number}.blend"
    with ledger.transaction() as work:
        for state in (OrderState.SUBMITTING, OrderState.PAID):
            order = work.order(f"order_{number}")
            assert order is not None
            work.change_order(replace(order, state=state))
        used = Usage(grant_id=grant_id, scene=scene, data_blocks=1, seen_at=NOW)
        work.replace_usages(scene, [used])
        work.add_file(make_file(number, grant_id=grant_id))
        work.add_refund(make_refund(number, order_id=f"order_{number}", grant_id=grant_id,
                                    state=RefundState.REQUESTED, settled_at=None, amount=None))  # fmt: skip
    make_seats(ledger, "first").take(grant_id)


def act(ledger: Any, what: str, number: int) -> None:
    """Take a seat, or book a refund; what is done already is no error."""
    if what == "assign":
        make_seats(ledger, "second").take(f"grant_{number}")
        return
    try:
        make_refunds(ledger).settle(f"refund_{number}", refunded=True, actor="finn")
    except UserInputError as error:
        if error.code != "refund.settled":
            raise
    except LedgerConflict:
        return  # it was committed a moment ago after all, which the drill looks at


def check(ledger: SqlLedger, what: str, number: int, *, done: bool | None = None) -> None:
    """Hold that all of an act happened or nothing of it did (``done`` says which), and once at most."""
    # In one snapshot: what a cut connection had sent may be committed at any moment.
    with ledger.snapshot() as reader:
        check_state(reader, what, number, done=done)
    assert ledger.verify_audit().ok


def check_state(ledger: SqlReader, what: str, number: int, *, done: bool | None) -> None:
    """Hold it of one state of the ledger."""
    grant_id = f"grant_{number}"
    told = Counter(
        entry.event.action
        for entry in ledger.audit()
        if entry.event.subject in {grant_id, f"order_{number}", f"refund_{number}"}
    )
    seats = ledger.values(Seat, grant_id=grant_id)
    active = [seat for seat in seats if seat.released_at is None]
    if what == "assign":
        happened = len(seats) == 2
        assert len(seats) in {1, 2}
        assert len(active) == len(seats) == told["seat.assigned"]
        assert len({seat.member_id for seat in seats}) == len(seats)
    else:
        grant, order = ledger.grant(grant_id), ledger.order(f"order_{number}")
        refund = ledger.refund(f"refund_{number}")
        assert grant is not None
        assert order is not None
        assert refund is not None
        happened = refund.state is RefundState.REFUNDED
        assert (grant.state is GrantState.REFUNDED) is happened
        assert (order.state is OrderState.REFUNDED) is happened
        assert len(active) == (0 if happened else 1)
        once = 1 if happened else 0
        for action in ("seat.released", "file.locked", "scene.flagged", "grant.refunded", "order.refunded"):
            assert told[action] == once, (action, told)
        assert told["refund.refunded"] == once
    assert done is None or happened is done


def drill_deaths(place: str, what: str, *, first: int) -> int:
    """Kill an act at each of its boundaries, one after the other; return how many kills there were.

    Each step runs in a forked child, which opens the ledger for itself: this process never does.
    """
    kills = 0
    in_child(lambda: with_ledger(place, lambda one: prepare(one, first)))
    while True:
        number, boundaries = first + kills, Boundaries(kills + 1)

        def run(number: int = number, boundaries: Boundaries = boundaries) -> None:
            with_ledger(place, lambda one: act(SteppingLedger(one, boundaries.cross), what, number))

        def look(number: int = number) -> None:
            def again(one: SqlLedger) -> None:
                check(one, what, number)
                act(one, what, number)
                check(one, what, number, done=True)
                prepare(one, number + 1)

            with_ledger(place, again)

        ended = in_child(run, may_die=True)
        in_child(look)
        if ended:
            return kills
        kills += 1


def with_ledger(place: str, use: Callable[[SqlLedger], None]) -> None:
    """Open a ledger, use it, and close it."""
    with closing(open_place(place)) as ledger:
        use(ledger)


def in_child(run: Callable[[], None], *, may_die: bool = False) -> bool:
    """Run in a forked child; say whether it ended by itself. Raises RuntimeError when it failed."""
    pid = os.fork()
    if pid == 0:
        code = 0
        try:
            run()
        except BaseException:  # noqa: BLE001 - the child ends here, whatever it is
            traceback.print_exc()
            code = 1
        sys.stderr.flush()
        os._exit(code)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        if may_die:
            return False
        raise RuntimeError(f"the child died of signal {os.WTERMSIG(status)}")
    if os.WEXITSTATUS(status):
        raise RuntimeError("the child failed; see above")
    return True


class CuttingProxy:
    """A socket before a PostgreSQL server that loses a connection at a chosen message of the client.

    ``arm(n)`` loses it before the n-th message from then on is forwarded; with ``answered`` the server gets
    the message and its answer is lost, which is what a commit in doubt is.
    """

    def __init__(self, server_folder: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="clr-cut-"))
        self._server = str(server_folder / SOCKET_NAME)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / SOCKET_NAME))
        self._listener.listen(16)
        self._lock = threading.Lock()
        self._left = 0
        self.messages = 0
        """How many the client has sent since it was armed."""
        self._answered = False
        self._closing = False
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def arm(self, number: int, *, answered: bool) -> None:
        """Lose the connection at the n-th message from now on."""
        with self._lock:
            self._left, self._answered, self.messages = number, answered, 0

    def disarm(self) -> bool:
        """Lose nothing any more; say whether a connection was lost since :meth:`arm`."""
        with self._lock:
            lost, self._left = self._left == 0, 0
        return lost

    def close(self) -> None:
        """End everything."""
        self._closing = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()
        (self.folder / SOCKET_NAME).unlink(missing_ok=True)
        self.folder.rmdir()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._pump, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _due(self) -> bool:
        with self._lock:
            self.messages += 1
            if self._left == 0:
                return False
            self._left -= 1
            return self._left == 0

    def _pump(self, client: socket.socket) -> None:
        # Either side may close at any moment.
        with suppress(OSError), client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self._server)
            while not self._closing:
                ready, _, _ = select.select([client, server], [], [], 0.2)
                if server in ready:
                    answer = server.recv(65536)
                    if not answer:
                        return
                    client.sendall(answer)
                if client in ready:
                    asked = client.recv(65536)
                    if not asked:
                        return
                    due = self._due()
                    if due and not self._answered:
                        return
                    server.sendall(asked)
                    if due:
                        server.recv(65536)
                        return
