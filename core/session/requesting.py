"""Requests of a studio: the cart, what the user asked for, and what waits for them to approve or buy.

Everything is read and written in a worker: a studio's ledger is on the network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..errors import ClearanceError, UserInputError
from ..model.buy_request import BuyRequest, ItemState, RequestState
from ..model.intended_use import IntendedUse
from ..services.studio.buying import Outcome
from ..services.studio.cart_file import WantedItem
from ..services.studio.requests import Requests, RequestView
from ..tasks import Task
from .part import SessionPart
from .state import Phase, Problem, Selection

MAX_ITEMS = 12
"""How many items of one request are shown."""
MAX_REQUESTS = 8
"""How many requests are shown in a list."""


class _Read(NamedTuple):
    cart: RequestView | None
    mine: tuple[BuyRequest, ...]
    waiting: tuple[RequestView, ...]


class Requesting(SessionPart):
    """Put listings into the cart, submit, withdraw, approve, decline and buy."""

    def refresh_requests(self) -> None:
        """Read the cart, the user's requests, and what waits for them."""
        self._do_request("Reading requests", lambda _task: "")

    def add_to_cart(self) -> None:
        """Put the selected listing into the user's cart, under the license that was chosen for it."""
        selection = self.state.selection
        if selection is None:
            raise UserInputError("Select a result first.", code="request.nothing_selected")
        use, wanted = self.state.use, _wanted(selection)
        title = selection.listing.title

        def work(_task: Task) -> str:
            requests = self._requests
            drafts = requests.list(states=[RequestState.DRAFT], mine=True, limit=1)
            cart = drafts[0] if drafts else requests.cart.new(use)
            requests.cart.add(cart.id, [wanted])
            return f"“{title}” is in the cart."

        self._do_request(f"Putting {title} into the cart", work)

    def take_from_cart(self, request_id: str, position: int) -> None:
        """Take an item out of the cart, or out of an open request."""

        def work(_task: Task) -> str:
            self._requests.decide.leave_out(request_id, [position])
            return ""

        self._do_request("Taking an item out", work)

    def submit_request(self, request_id: str, *, reason: str) -> None:
        """Ask for the cart, for the session's intended use."""
        use = self.state.use

        def work(task: Task) -> str:
            return self._submit_cart(task, request_id, use, reason)

        self._do_request("Looking at the items", work)

    def withdraw_request(self, request_id: str) -> None:
        """Withdraw the user's own request."""

        def work(_task: Task) -> str:
            self._requests.decide.withdraw(request_id)
            return "Withdrawn."

        self._do_request("Withdrawing the request", work)

    def approve_request(self, request_id: str, *, reason: str = "", surcharges: tuple[str, ...] = ()) -> None:
        """Approve a request as it is shown."""

        def work(_task: Task) -> str:
            done = self._requests.decide.approve(request_id, reason=reason, accept_surcharges=surcharges)
            return f"Approved: {done.total}." if done.total is not None else "Approved."

        self._do_request("Approving the request", work)

    def decline_request(self, request_id: str, *, reason: str) -> None:
        """Decline a request."""

        def work(_task: Task) -> str:
            self._requests.decide.decline(request_id, reason=reason)
            return "Declined."

        self._do_request("Declining the request", work)

    def buy_request(self, request_id: str) -> None:
        """Buy what was approved, or go on with it."""

        def work(task: Task) -> str:
            result = self._requests.buying.run(request_id, progress=task.report, cancel=task.token)
            for one in result.items:
                if one.outcome is Outcome.CHECKOUT and one.page_url:
                    self._open_page(one.page_url)
            counts = [
                f"{result.count(outcome):,} {outcome.replace('_', ' ')}"
                for outcome in Outcome
                if result.count(outcome)
            ]
            first = next((one.reason for one in result.items if one.outcome is not Outcome.OK), "")
            return f"{', '.join(counts) or 'Nothing to buy'}. {first}".strip()

        self._do_request("Buying", work, after=self.refresh_library)

    def stop_requests(self) -> None:
        """Stop what is under way; what was bought stays."""
        if self.state.requests.task is not None:
            self.state.requests.task.cancel()

    def _open_page(self, url: str) -> None:
        """Have the host open a page, on the main thread."""
        self._tasks.post(lambda: self._host.open_url(url))

    @property
    def _requests(self) -> Requests:
        return self._services.buying.requests

    def _submit_cart(self, task: Task, request_id: str, use: IntendedUse, reason: str) -> str:
        requests = self._requests
        if requests.show(request_id, most=0).request.state is RequestState.DRAFT:
            requests.cart.change(request_id, use=use, reason=reason)
        done = requests.submit.run(request_id, progress=task.report, cancel=task.token)
        covered = sum(item.state is ItemState.COVERED for item in done.items)
        owned = f" {covered:,} owned already." if covered else ""
        failed = f" {len(done.failed):,} cannot be bought: {done.failed[0].failure}" if done.failed else ""
        match done.request.state:
            case RequestState.DONE:
                return "The studio owns all of it: import it from the library."
            case RequestState.APPROVED:
                return f"Approved by itself: {done.request.total}.{owned}{failed}"
            case _:
                return f"Asked for.{owned}{failed} {done.why_not_auto}".strip()

    def _read_requests(self) -> _Read:
        requests = self._requests
        mine = requests.list(mine=True, limit=MAX_REQUESTS + 1)
        draft = next((one for one in mine if one.state is RequestState.DRAFT), None)
        return _Read(
            cart=requests.show(draft.id, most=MAX_ITEMS) if draft is not None else None,
            mine=tuple(one for one in mine if one.state is not RequestState.DRAFT)[:MAX_REQUESTS],
            waiting=tuple(
                requests.show(one.id, most=MAX_ITEMS) for one in requests.waiting_for_me()[:MAX_REQUESTS]
            ),
        )

    def _do_request(
        self, title: str, work: Callable[[Task], str], *, after: Callable[[], None] | None = None
    ) -> None:
        """Do one step in a worker, then read everything again."""
        state = self.state.requests
        if state.phase is Phase.BUSY:
            raise UserInputError(
                "Something is under way with the requests; wait a moment.", code="request.busy"
            )
        state.phase, state.problem, state.note = Phase.BUSY, None, ""

        def run(task: Task) -> tuple[str, _Read]:
            return work(task), self._read_requests()

        def done(found: tuple[str, _Read]) -> None:
            state.note, (state.cart, state.mine, state.waiting) = found
            state.phase, state.task = Phase.READY, None
            if after is not None:
                after()
            self._changed()

        def failed(error: ClearanceError) -> None:
            state.phase, state.task, state.problem = Phase.FAILED, None, Problem.of(error)
            self._changed()

        state.task = self._tasks.submit("requests", title, run, on_done=done, on_error=failed)
        self._changed()


def _wanted(selection: Selection) -> WantedItem:
    """Return what was selected; a license that was not chosen is left open."""
    return WantedItem(
        ref=selection.ref,
        kind=selection.listing.kind,
        title=selection.listing.title,
        license_label=selection.wanted.license_label,
        variant=selection.wanted.variant,
    )
