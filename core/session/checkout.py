"""Watches orders that wait for payment in the browser: asks the marketplace again, ever less often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import ClearanceError
from ..model.order import Order
from ..tasks import Scheduled, TaskRunner

FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 60.0
WATCH_FOR_S = 3600.0
"""After an hour without payment we stop asking; "I have paid" asks again at any time."""


@dataclass(slots=True)
class _Watched:
    pause_s: float = FIRST_PAUSE_S
    waited_s: float = 0.0
    next_look: Scheduled | None = None


class CheckoutWatch:
    """Looks at each watched order after a pause that grows; a pause costs no thread."""

    def __init__(
        self,
        *,
        tasks: TaskRunner,
        look: Callable[[str], Order],
        on_order: Callable[[Order], None],
        on_error: Callable[[str, ClearanceError], None],
    ) -> None:
        self._tasks = tasks
        self._look = look
        self._on_order = on_order
        self._on_error = on_error
        self._watched: dict[str, _Watched] = {}

    def watch(self, order_id: str) -> None:
        """Start asking about an order, unless that happens already."""
        if order_id not in self._watched:
            self._watched[order_id] = _Watched()
            self._schedule(order_id)

    def forget(self, order_id: str) -> None:
        """Stop asking."""
        watched = self._watched.pop(order_id, None)
        if watched is not None and watched.next_look is not None:
            watched.next_look.cancel()

    def look_now(self, order_id: str) -> None:
        """Ask at once, whatever the pause."""

        def looked(order: Order) -> None:
            self._on_order(order)
            self._again(order_id)

        def failed(error: ClearanceError) -> None:
            self._on_error(order_id, error)
            self._again(order_id)

        self._tasks.submit(
            "checkout",
            "Asking whether the order is paid",
            lambda _task: self._look(order_id),
            on_done=looked,
            on_error=failed,
            subject=order_id,
        )

    def _schedule(self, order_id: str) -> None:
        watched = self._watched[order_id]
        if watched.next_look is not None:
            watched.next_look.cancel()
        watched.next_look = self._tasks.call_later(watched.pause_s, lambda: self.look_now(order_id))
        watched.waited_s += watched.pause_s
        watched.pause_s = min(LONGEST_PAUSE_S, watched.pause_s * 1.5)

    def _again(self, order_id: str) -> None:
        watched = self._watched.get(order_id)
        if watched is None:
            return
        if watched.waited_s >= WATCH_FOR_S:
            self.forget(order_id)
        else:
            self._schedule(order_id)
