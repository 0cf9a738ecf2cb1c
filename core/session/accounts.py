"""Keys, sign-in and connection tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from ..errors import ClearanceError
from ..services.accounts import describe_account
from ..tasks import Task
from .part import SessionPart
from .state import AccountState, Phase, Problem

T = TypeVar("T")


class AccountKeys(SessionPart):
    """Connect and disconnect marketplaces."""

    def credentials_kind(self) -> str:
        """Say where keys are kept."""
        return self._services.accounts.credentials.kind

    def store_key(self, marketplace: str, field: str, secret: str) -> None:
        """Keep a key in the keyring (quick; local)."""
        self._services.accounts.store(marketplace, field, secret)
        self.refresh_account(marketplace)

    def forget_keys(self, marketplace: str) -> None:
        """Delete a marketplace's keys and sign-in."""
        self._services.accounts.forget(marketplace)
        self.refresh_account(marketplace)

    def refresh_account(self, marketplace: str) -> None:
        """Read again what is stored for a marketplace."""
        status = self._services.accounts.status(marketplace)
        self.state.accounts[marketplace] = AccountState(
            marketplace=marketplace, has_app_key=status.has_app_key, has_user=status.has_user
        )
        self._changed()

    def sign_in(self, marketplace: str) -> None:
        """Open the browser so that the user allows us to buy in their name."""

        def done(_none: None) -> None:
            self.refresh_account(marketplace)
            self.test_connection(marketplace)

        def open_later(url: str) -> None:
            # The worker must not touch the host; the main thread opens the page at the next drain.
            self._tasks.post(lambda: self._host.open_url(url))

        self._run_account_task(
            marketplace,
            "Waiting for your sign-in in the browser",
            lambda task: self._services.accounts.sign_in(marketplace, open_later, cancel=task.token),
            done,
        )

    def test_connection(self, marketplace: str) -> None:
        """Ask the marketplace who we are and what is left to pay with."""

        def done(summary: str) -> None:
            self.refresh_account(marketplace)
            account = self.state.accounts[marketplace]
            self.state.accounts[marketplace] = replace(account, phase=Phase.READY, summary=summary)
            self._changed()

        self._run_account_task(
            marketplace,
            "Testing the connection",
            lambda task: describe_account(self._services.accounts.test(marketplace, cancel=task.token)),
            done,
        )

    def _run_account_task(
        self, marketplace: str, title: str, work: Callable[[Task], T], done: Callable[[T], None]
    ) -> None:
        self.refresh_account(marketplace)
        self.state.accounts[marketplace] = replace(self.state.accounts[marketplace], phase=Phase.BUSY)

        def failed(error: ClearanceError) -> None:
            account = self.state.accounts[marketplace]
            self.state.accounts[marketplace] = replace(account, phase=Phase.FAILED, problem=Problem.of(error))
            self._changed()

        self._tasks.submit("account", title, work, on_done=done, on_error=failed, subject=marketplace)
        self._changed()
