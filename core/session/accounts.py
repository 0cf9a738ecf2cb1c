"""Keys, sign-in and connection tests.

A keyring may ask the user before it answers, so nothing here waits for one on the main thread. What is
started for one marketplace runs one after the other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..errors import ClearanceError, UserInputError
from ..marketplaces import registry
from ..marketplaces.base import Redirect
from ..services.accounts import KeyStatus, check_key, describe_account
from ..tasks import Task
from .part import SessionPart
from .state import AccountState, Phase, Problem

_Done = tuple[KeyStatus, str]
"""What is stored after the work, and what it had to say."""


class AccountKeys(SessionPart):
    """Connect and disconnect marketplaces."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self._account_queues: dict[str, deque[Callable[[], None]]] = {}

    def credentials_kind(self) -> str:
        """Say where keys are kept."""
        return self._services.accounts.credentials.kind

    def refresh_account(self, marketplace: str) -> None:
        """Read what is stored for a marketplace, here and now: for a thread that may wait for a keyring."""
        self._apply(self._services.accounts.status(marketplace))

    def store_key(self, marketplace: str, field: str, secret: str) -> None:
        """Keep a key in the keyring; raise UserInputError at once for what cannot be a key."""
        name, clean = check_key(field, secret)
        self._in_turn(
            marketplace,
            "Storing the key",
            lambda _task: self._services.accounts.store(marketplace, name, clean),
        )

    def forget_keys(self, marketplace: str) -> None:
        """Delete a marketplace's keys and sign-in."""

        def work(_task: Task) -> None:
            said: list[str] = []
            self._services.accounts.forget(marketplace, tell=said.append)
            if said:  # here all is gone, but the marketplace could not be told
                problem = UserInputError(said[0], code="sign_in.not_revoked")
                self._tasks.post(lambda: self._problem(problem))

        self._in_turn(marketplace, "Forgetting the keys", work)

    def sign_in(self, marketplace: str) -> None:
        """Open the browser so that the user allows us to buy in their name; then test the connection.

        Where the marketplace wants the address pasted on which the browser ends, this only opens the page,
        and :meth:`finish_sign_in` goes on.
        """

        def open_later(url: str) -> None:
            # The worker must not touch the host; the main thread opens the page at the next drain.
            self._tasks.post(lambda: self._host.open_url(url))

        if registry.find(marketplace).INFO.auth.redirect is Redirect.PASTE:
            self._in_turn(
                marketplace,
                "Opening the sign-in page",
                lambda _task: open_later(self._services.accounts.begin_sign_in(marketplace)),
            )
            return
        self._in_turn(
            marketplace,
            "Waiting for your sign-in in the browser",
            lambda task: self._services.accounts.sign_in(marketplace, open_later, cancel=task.token),
        )
        self.test_connection(marketplace)

    def finish_sign_in(self, marketplace: str, address: str) -> None:
        """Take the address on which the browser ended; then test the connection."""
        self._in_turn(
            marketplace,
            "Signing in",
            lambda task: self._services.accounts.finish_sign_in(marketplace, address, cancel=task.token),
        )
        self.test_connection(marketplace)

    def test_connection(self, marketplace: str) -> None:
        """Ask the marketplace who we are and what is left to pay with."""
        self._in_turn(
            marketplace,
            "Testing the connection",
            lambda task: describe_account(self._services.accounts.test(marketplace, cancel=task.token)),
        )

    def _in_turn(self, marketplace: str, title: str, work: Callable[[Task], str | None]) -> None:
        """Do something for a marketplace after what was started for it before; a failure drops the rest."""

        def run(task: Task) -> _Done:
            said = work(task)
            return self._services.accounts.status(marketplace), said or ""

        def start() -> None:
            self._tasks.submit("account", title, run, on_done=done, on_error=failed, subject=marketplace)

        def done(result: _Done) -> None:
            status, said = result
            self._apply(status, phase=Phase.READY if said else Phase.IDLE, summary=said)
            queue = self._account_queues[marketplace]
            queue.popleft()
            if queue:
                self._set(marketplace, phase=Phase.BUSY)
                queue[0]()

        def failed(error: ClearanceError) -> None:
            self._account_queues[marketplace].clear()
            self._set(marketplace, phase=Phase.FAILED, problem=Problem.of(error))

        queue = self._account_queues.setdefault(marketplace, deque())
        queue.append(start)
        self._set(marketplace, phase=Phase.BUSY, problem=None)
        if len(queue) == 1:
            start()

    def _apply(self, status: KeyStatus, *, phase: Phase = Phase.IDLE, summary: str = "") -> None:
        self.state.accounts[status.marketplace] = AccountState(
            marketplace=status.marketplace,
            has_app_key=status.has_app_key,
            has_user=status.has_user,
            stored=frozenset(str(name) for name, is_stored in status.fields if is_stored),
            phase=phase,
            summary=summary,
        )
        self._changed()

    def _set(self, marketplace: str, *, phase: Phase, problem: Problem | None = None) -> None:
        known = self.state.accounts.get(marketplace) or AccountState(marketplace=marketplace)
        self.state.accounts[marketplace] = replace(known, phase=phase, problem=problem)
        self._changed()
