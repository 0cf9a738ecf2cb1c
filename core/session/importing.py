"""Bringing files here and getting them ready for the host to import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..errors import ClearanceError
from ..model.grant import Grant
from ..services.delivering.check_delivery import Checked
from ..services.delivering.import_plan import PreparedImport
from ..tasks import Task
from .part import SessionPart
from .state import OrderProgress, Problem

CONFIRMED_FOR_S = 120.0
"""How long something prepared may be imported without asking again whether its license stands."""
NOT_AS_OFFERED = "The delivery is not as it was offered; the sidebar says what differs."


class Importing(SessionPart):
    """Download and prepare."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self.on_prepared: Callable[[str], None] | None = None
        self._prepared: dict[str, PreparedImport] = {}
        self._confirmed: dict[str, float] = {}
        """By grant id: when it was last known that its files may be handed out, in monotonic seconds."""
        self._import_when_ready: set[str] = set()
        """Ids of grants (or of orders that wait for payment) to import as soon as they are ready."""
        self._told: set[str] = set()
        """Ids of checks that differ and that the user was shown before an import."""

    def download(self, grant_id: str) -> None:
        """Bring a grant's files here."""
        grant = self._grant(grant_id)
        self._fetch(grant, self._progress_for(grant))

    def prepare_import(self, grant_id: str) -> None:
        """Download if needed, unpack and check; ``on_prepared`` is called when it can be imported."""
        grant = self._grant(grant_id)
        self._import_when_ready.add(grant.id)
        if grant_id in self._prepared and self._prepared[grant_id].plan.path.exists():
            self._confirm(grant, self._progress_for(grant))
            return
        self._prepare(grant, self._progress_for(grant))

    def prepared(self, grant_id: str) -> PreparedImport | None:
        """Return what can be imported now, or None: not ready, or its license has to be looked at again."""
        confirmed = self._confirmed.get(grant_id)
        if confirmed is not None and self._tasks.clock.monotonic() > confirmed + CONFIRMED_FOR_S:
            return None
        return self._prepared.get(grant_id)

    def imported(self, grant_id: str, count: int) -> None:
        """Note that the host imported a grant and stamped ``count`` data-blocks."""
        prepared = self._prepared.pop(grant_id, None)
        self._import_when_ready.discard(grant_id)
        if prepared is not None and prepared.plan.keep_files_in is None:
            self._tasks.submit(
                "cleanup", "Tidying up", lambda _task: self._services.plan_import.discard(prepared)
            )
        for progress in self.state.progress:
            if progress.grant_id == grant_id:
                progress.stage, progress.task, progress.stamped = "imported", None, count
        self._changed()

    def cancel(self, task_id: int) -> None:
        """Stop one task; a purchase that was sent cannot be stopped and ends by itself."""
        for task in self._tasks.tasks:
            if task.id == task_id:
                task.cancel()

    def _fetch(self, grant: Grant, progress: OrderProgress) -> None:
        progress.stage, progress.problem = "downloading", None
        progress.task = self._tasks.submit(
            "download",
            f"Downloading {grant.title}",
            lambda task: self._bring(grant, task),
            on_done=lambda checked: self._fetched(grant, progress, checked),
            on_error=lambda error: self._step_failed(progress, error),
            subject=grant.id,
        )
        self._changed()

    def _bring(self, grant: Grant, task: Task) -> Checked | None:
        """Bring the files here and hold them against what was offered. In a worker."""
        user = self._settings.user
        self._services.download.run(grant.id, actor=user, on_progress=task.report, cancel=task.token)
        return self._services.check_delivery.after(grant.id, actor=user, cancel=task.token)

    def _fetched(self, grant: Grant, progress: OrderProgress, checked: Checked | None) -> None:
        progress.stage, progress.checked = "ready", checked
        self.tell_calls(only_due=True)
        self._keep_picture(grant)
        self._keep_fingerprints(grant, is_new=True)
        if grant.id in self._import_when_ready:
            self._prepare(grant, progress)
        self._changed()

    def _prepare(self, grant: Grant, progress: OrderProgress) -> None:
        progress.stage, progress.problem = "downloading", None

        def work(task: Task) -> tuple[PreparedImport, Checked | None]:
            checked = self._bring(grant, task)
            progress.stage = "preparing"
            return self._plan(grant, task), checked

        def done(found: tuple[PreparedImport, Checked | None]) -> None:
            prepared, progress.checked = found
            if progress.checked is not None and progress.checked.differs:
                prepared = replace(prepared, warnings=(NOT_AS_OFFERED, *prepared.warnings))
            self._prepared[grant.id] = prepared
            self._confirmed[grant.id] = self._tasks.clock.monotonic()
            self._keep_picture(grant)
            self._keep_fingerprints(grant)
            self._ready(grant, progress)

        progress.task = self._tasks.submit(
            "download",
            f"Getting {grant.title} ready",
            work,
            on_done=done,
            on_error=lambda error: self._step_failed(progress, error),
            subject=grant.id,
        )
        self._changed()

    def _confirm(self, grant: Grant, progress: OrderProgress) -> None:
        """Look again whether what was prepared may be imported: the license may have ended meanwhile."""
        prepared = self._prepared[grant.id]

        def done(_nothing: None) -> None:
            self._confirmed[grant.id] = self._tasks.clock.monotonic()
            self._ready(grant, progress)

        def failed(error: ClearanceError) -> None:
            if self._prepared.pop(grant.id, None) is not None:
                self._tasks.submit(
                    "cleanup", "Tidying up", lambda _task: self._services.plan_import.discard(prepared)
                )
            self._step_failed(progress, error)

        progress.stage, progress.problem = "preparing", None
        progress.task = self._tasks.submit(
            "download",
            f"Getting {grant.title} ready",
            lambda _task: self._services.plan_import.confirm(prepared),
            on_done=done,
            on_error=failed,
            subject=grant.id,
        )
        self._changed()

    def _plan(self, grant: Grant, task: Task) -> PreparedImport:
        return self._services.plan_import.run(grant.id, optimize=self._settings.optimize, cancel=task.token)

    def _ready(self, grant: Grant, progress: OrderProgress) -> None:
        progress.stage, progress.task = "ready", None
        self._changed()
        checked = progress.checked
        if checked is not None and checked.differs and checked.check.id not in self._told:
            # It is shown first; whoever imports it then has seen it.
            self._told.add(checked.check.id)
            self._import_when_ready.discard(grant.id)
            return
        if grant.id in self._import_when_ready and self.on_prepared is not None:
            self._import_when_ready.discard(grant.id)
            self.on_prepared(grant.id)

    def _keep_picture(self, grant: Grant) -> None:
        """Keep a small picture of what was bought, for reports; without one, nothing is said."""
        selection = self.state.selection
        shown = [selection.listing] if selection is not None else []
        wanted = (grant.ref, grant.kind)
        known = (one for one in (*shown, *self.state.results) if (one.ref, one.kind) == wanted)
        listing = next(known, None)
        self._tasks.submit(
            "picture",
            f"Picture of {grant.title}",
            lambda task: self._services.pictures.keep(grant, listing=listing, cancel=task.token),
            subject=grant.id,
        )

    def _keep_fingerprints(self, grant: Grant, *, is_new: bool = False) -> None:
        """Keep what the files can be recognized by: new ones, or if nothing is kept. Best effort."""

        def take(task: Task) -> None:
            if is_new or not self._services.fingerprinting.is_taken(grant.id):
                self._services.fingerprinting.take(grant.id, cancel=task.token)

        self._tasks.submit("fingerprints", f"Noting what {grant.title} looks like", take, subject=grant.id)

    def _step_failed(self, progress: OrderProgress, error: ClearanceError) -> None:
        progress.problem = Problem.of(error)
        progress.stage = "failed"
        self._import_when_ready.discard(progress.grant_id)
        self._changed()

    def _progress_for(self, grant: Grant) -> OrderProgress:
        for progress in self.state.progress:
            if progress.grant_id == grant.id:
                return progress
        progress = OrderProgress(
            key=grant.id, title=grant.title, ref=grant.ref, stage="ready", grant_id=grant.id
        )
        self.state.progress.insert(0, progress)
        return progress
