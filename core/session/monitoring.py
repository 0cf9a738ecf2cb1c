"""How well the marketplaces' APIs work right now, for a panel. Reads what was noted; asks nobody."""

from __future__ import annotations

from ..errors import ClearanceError
from ..services.status import Status
from .part import SessionPart
from .state import Phase


class Monitoring(SessionPart):
    """Look at the health of the APIs."""

    def refresh_health(self) -> None:
        """Read how calls, payments and license compliance do, and what is left of each hour's budget."""
        state = self.state
        if state.health_phase is Phase.BUSY:
            return
        state.health_phase = Phase.BUSY

        def done(found: Status) -> None:
            state.status, state.health, state.health_phase = found, found.marketplaces, Phase.READY
            self._changed()

        def failed(error: ClearanceError) -> None:
            state.health_phase = Phase.FAILED
            self._problem(error)

        self._tasks.submit(
            "health",
            "Reading how the marketplaces do",
            lambda _task: self._services.status.run(),
            on_done=done,
            on_error=failed,
        )
        self._changed()
