"""Drills of seats, refunds and approvals: acts that are cut at every step, and what has to be so then."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from fakes import FakeClock
from killing import Boundaries, in_child
from ledger_values import make_file, make_refund, open_place
from seat_studio import NOW, make_seats, make_terms, own
from studio_shop import open_studio_shop

from core.errors import LedgerConflict, UserInputError
from core.files.store import Store
from core.ids import RandomIds
from core.ledger.reader import SqlReader
from core.ledger.sql_ledger import SqlLedger
from core.model.budget import BudgetEntry, EntryKind, Limit, LimitKind
from core.model.buy_request import BuyRequest, RequestState
from core.model.evidence import RefundState
from core.model.grant import GrantState, Usage
from core.model.intended_use import IntendedUse
from core.model.license import Cap
from core.model.listing import ListingRef, MediaKind
from core.model.money import Money
from core.model.order import OrderState
from core.model.people import Project
from core.model.seat import Seat
from core.services.buying.documents import Documents
from core.services.studio.cart_file import WantedItem
from core.services.studio.refund import Refunds
from core.services.studio.request_parts import Buying

DONE = frozenset({"refund.settled", "seat.none", "request.state"})
"""Codes that say that it was done before."""
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


def prepare_request(ledger: SqlLedger, number: int) -> None:
    """Ask for something, with a budget of its own that it fits into."""
    project = f"film_{number}"
    with ledger.transaction() as work:
        work.add(Project(id=project, name=project, created_at=NOW, created_by="pia"))
    with open_buying(ledger) as buying:
        cart = buying.requests.cart
        budget = {"project_id": project, "starts_on": date(2020, 1, 1), "ends_on": date(2099, 1, 1)}
        buying.budgets.set("Assets", Money(minor=10_000, currency="USD"), **budget)  # type: ignore[arg-type]
        if not ledger.values(Limit):
            buying.limits.set(LimitKind.AUTO, Money(minor=0, currency="USD"))
        request = cart.new(IntendedUse(name="Spot"), reason=f"number {number}", project_id=project)
        ref = ListingRef(marketplace="cgtrader", id=str(number))
        cart.add(request.id, [WantedItem(ref=ref, kind=MediaKind.MODEL)])
        buying.requests.submit.run(request.id)


@contextmanager
def open_buying(ledger: Any) -> Iterator[Buying]:
    """Return the use cases of one who may do everything, at a shop that sells everything."""
    with tempfile.TemporaryDirectory() as folder, open_studio_shop(Path(folder)) as shop:
        shop.ids = RandomIds()  # type: ignore[assignment]
        yield shop.studio("pia", ledger=ledger)


def find_request(ledger: SqlReader, number: int) -> BuyRequest:
    """Return the request of a number."""
    (found,) = (one for one in ledger.values(BuyRequest) if one.project_id == f"film_{number}")
    return found


def act(ledger: Any, what: str, number: int) -> None:
    """Take a seat, or book a refund; what is done already is no error."""
    if what == "assign":
        make_seats(ledger, "second").take(f"grant_{number}")
        return
    try:
        if what == "release":
            make_seats(ledger, "first").release(f"grant_{number}")
            return
        if what == "approve":
            with open_buying(ledger) as buying:
                buying.requests.decide.approve(find_request(ledger, number).id)
            return
        make_refunds(ledger).settle(f"refund_{number}", refunded=True, actor="finn")
    except UserInputError as error:
        if error.code not in DONE:
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
    if what == "approve":
        request = find_request(ledger, number)
        happened = request.state is RequestState.APPROVED
        once = 1 if happened else 0
        told = Counter(one.event.action for one in ledger.audit() if one.event.subject == request.id)
        set_aside = [one for one in ledger.values(BudgetEntry) if one.subject == request.id]
        assert happened or request.state is RequestState.OPEN
        assert told["request.approved"] == len(set_aside) == once
        assert all((one.kind, one.amount) == (EntryKind.COMMIT, request.total) for one in set_aside)
        assert done is None or happened is done
        return
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
    elif what == "release":
        happened = not active
        assert len(seats) == told["seat.assigned"] == 1
        assert told["seat.released"] == (1 if happened else 0)
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
    make = prepare_request if what == "approve" else prepare
    in_child(lambda: with_ledger(place, lambda one: make(one, first)))
    while True:
        number, boundaries = first + kills, Boundaries(kills + 1)

        def run(number: int = number, boundaries: Boundaries = boundaries) -> None:
            with_ledger(place, lambda one: act(SteppingLedger(one, boundaries.cross), what, number))

        def look(number: int = number) -> None:
            def again(one: SqlLedger) -> None:
                check(one, what, number)
                act(one, what, number)
                check(one, what, number, done=True)
                make(one, number + 1)

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
