"""Picking up what was downloaded from a marketplace's website: look, let the user choose, take a copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import ClearanceError, UserInputError
from ..files.pickup import STORE_HEADER_MARKETPLACE
from ..services.delivering.pickup import Looked, Taken
from ..tasks import Scheduled, Task
from .importing import Importing
from .state import Phase, Problem

WATCH_EVERY_S = 5.0
WATCH_FOR_S = 1800.0
"""After half an hour nobody is still downloading; "Look for Downloads" looks again at any time."""


class PickingUp(Importing):
    """Look for downloads, and take them for a license."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self._next_look: Scheduled | None = None
        self._watched_s = 0.0

    def look_for_downloads(self) -> None:
        """Look where downloads arrive, the Unity Editor's cache too if it matters; see ``state.pickup``."""
        state = self.state
        if state.pickup_phase is Phase.BUSY:
            return
        state.pickup_phase, state.pickup_problem = Phase.BUSY, None

        def done(looked: Looked) -> None:
            state.pickup, state.pickup_phase = looked, Phase.READY
            self._changed()

        def failed(error: ClearanceError) -> None:
            state.pickup_phase, state.pickup_problem = Phase.FAILED, Problem.of(error)
            self._changed()

        def look(task: Task) -> Looked:
            pickup = self._services.pickup
            # The Editor's cache is looked into only by who waits for something that comes that way.
            unity = any(one.ref.marketplace == STORE_HEADER_MARKETPLACE for one in pickup.candidates())
            return pickup.look(include_unity_cache=unity, cancel=task.token)

        self._tasks.submit(
            "pickup",
            "Looking for downloads",
            look,
            on_done=done,
            on_error=failed,
        )
        self._changed()

    def watch_downloads(self) -> None:
        """Look now and again every few seconds, as long as something waits for its file."""
        self._watched_s = 0.0
        if self._next_look is None:
            self._look_again()

    def _look_again(self) -> None:
        self._next_look = None
        self.look_for_downloads()
        waits = self.state.pickup is None or bool(self.state.pickup.waiting)
        self._watched_s += WATCH_EVERY_S
        if waits and self._watched_s < WATCH_FOR_S:
            self._next_look = self._tasks.call_later(WATCH_EVERY_S, self._look_again)

    def take_download(
        self, path: Path, grant_id: str, *, accept_other_product: bool = False, then_import: bool = False
    ) -> None:
        """Copy a file into the store as that of a license, checked; import it afterwards when wanted."""
        grant = self._grant(grant_id)
        progress = self._progress_for(grant)
        if progress.task is not None and progress.task.active:
            raise UserInputError(f"“{grant.title}” is being worked on already.", code="pickup.busy")
        progress.stage, progress.problem = "downloading", None

        def done(taken: Taken) -> None:
            progress.notes = taken.warnings
            progress.stage, progress.task = "ready", None
            self.look_for_downloads()
            self._keep_picture(grant)
            self._keep_fingerprints(grant, is_new=True)
            if then_import or grant.id in self._import_when_ready:
                self._import_when_ready.add(grant.id)
                self._prepare(grant, progress)
            self._changed()

        def take(task: Task) -> Taken:
            return self._services.pickup.take(
                path,
                grant.id,
                actor=self._settings.user,
                accept_other_product=accept_other_product,
                on_progress=task.report,
                cancel=task.token,
            )

        progress.task = self._tasks.submit(
            "download",
            f"Taking {path.name} for {grant.title}",
            take,
            on_done=done,
            on_error=lambda error: self._step_failed(progress, error),
            subject=grant.id,
        )
        self._changed()
