"""Runs a marketplace's steps (a generator of calls) against the client. Knows nothing of what they mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from ..errors import MarketplaceError
from ..http.cancel import CancelToken
from ..http.message import Call, Steps
from ..marketplaces.base import Marketplace, MarketplaceInfo

OnWait = Callable[[float], None]

P = TypeVar("P")
T = TypeVar("T")

FindMarketplace = Callable[[str], Marketplace]
"""Returns the marketplace with an id; raises UserInputError for one that is not known."""


class Sender(Protocol):
    """What a service needs of the HTTP client."""

    def send(
        self,
        call: Call[P],
        info: MarketplaceInfo,
        *,
        cancel: CancelToken | None = None,
        on_wait: OnWait | None = None,
    ) -> P:
        """Send one call and return what its reader made of the answer; raise a ClearanceError.

        ``on_wait`` is told the seconds of each longer wait, before it starts.
        """
        ...


def run_steps(
    steps: Steps[T], info: MarketplaceInfo, sender: Sender, *, cancel: CancelToken | None = None
) -> T:
    """Send each call that the steps yield, hand back each value or error, and return the result."""
    try:
        call = next(steps)
        while True:
            try:
                value: Any = sender.send(call, info, cancel=cancel)
            except MarketplaceError as error:
                call = steps.throw(error)
            else:
                call = steps.send(value)
    except StopIteration as stop:
        result: T = stop.value
        return result
