"""Seats and what ends soon, for a panel: read in a worker; one's own seats can be given back."""

from __future__ import annotations

from ..errors import ClearanceError
from ..services.studio.ends import EndsSoon, Outlook
from ..services.studio.seats import SeatsOf
from ..tasks import Task
from .part import SessionPart
from .state import Phase, Problem

LOOKED_AT = 200
"""Of the grants under a license that hangs on a subscription, so many are looked at."""
Found = tuple[tuple[SeatsOf, ...], Outlook, tuple[EndsSoon, ...]]


class Seating(SessionPart):
    """Look at seats and ends."""

    def refresh_seating(self) -> None:
        """Read who has seats and what ends; who may decide about it is reminded of what is due."""
        seating = self.state.seating
        if seating.phase is Phase.BUSY:
            return
        seating.phase, seating.problem = Phase.BUSY, None

        def work(_task: Task) -> Found:
            studio = self._services.studio
            outlook = studio.renewals.outlook(not_noted_most=LOOKED_AT)
            return studio.seats.overview(), outlook, studio.renewals.remind_who_decides(outlook)

        def done(found: Found) -> None:
            seating.seats, seating.outlook, told = found
            seating.told = (*told, *(one for one in seating.told if one not in told))
            seating.user, seating.phase = self._settings.user, Phase.READY
            self._changed()

        self._tasks.submit(
            "seats", "Reading seats and what ends", work, on_done=done, on_error=self._seating_failed
        )
        self._changed()

    def release_seat(self, grant_id: str) -> None:
        """Give back the seats of a license that the user has."""
        seating = self.state.seating
        if seating.phase is Phase.BUSY:
            return
        seating.phase, seating.problem = Phase.BUSY, None

        def done(_released: object) -> None:
            seating.phase = Phase.READY
            self.refresh_seating()

        self._tasks.submit(
            "seats",
            "Giving back a seat",
            lambda _task: self._services.studio.seats.release(grant_id),
            on_done=done,
            on_error=self._seating_failed,
            subject=grant_id,
        )
        self._changed()

    def _seating_failed(self, error: ClearanceError) -> None:
        self.state.seating.phase, self.state.seating.problem = Phase.FAILED, Problem.of(error)
        self._changed()
