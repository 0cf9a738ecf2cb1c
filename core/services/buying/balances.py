"""What is left to pay with, as it was told last. In memory only: a balance is nobody's record."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ...http.cancel import CancelToken
from ...model.money import Balance

if TYPE_CHECKING:
    from ..accounts import Accounts


class Balances:
    """Balances by marketplace. Safe to use from several threads."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._lock = threading.Lock()
        self._told: dict[str, Balance] = {}

    def tell(self, marketplace: str, balance: Balance | None) -> None:
        """Note the balance that came with the answer to a purchase; None when it did not come."""
        with self._lock:
            if balance is None:
                self._told.pop(marketplace, None)
            else:
                self._told[marketplace] = balance

    def read(self, marketplace: str, *, cancel: CancelToken | None = None) -> tuple[Balance, ...]:
        """Return what is left: what the last purchase told, once; else what the account says when asked.

        Raises a MarketplaceError when it has to be asked and cannot be.
        """
        with self._lock:
            told = self._told.pop(marketplace, None)
        if told is not None:
            return (told,)
        return self._accounts.test(marketplace, cancel=cancel).balances
