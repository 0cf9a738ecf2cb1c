"""Compliance alerts of the open scene: judged in a worker where there is time, else at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..errors import ClearanceError
from ..model.alert import Alert, AlertSettings, GuardAnswer
from ..model.findings import Severity
from ..model.scene import SceneScan
from ..services.reporting.guard import Question, not_known
from .part import SessionPart
from .state import AlertNotes, Phase, Problem

BUDGET_S = 2.0
"""How long a render or an export waits for its answer in a window; 10,000 objects take 0.2 s."""


class Alerting(SessionPart):
    """Look at a scene on an occasion, and remember what the user was told of each file."""

    def open_scene(self, scene: str) -> None:
        """Another file was opened: what was found is about the one before."""
        self._services.guard.open_file()
        self.state.alerts.answer, self.state.alerts.problem = None, None
        self.state.alerts.phase = Phase.IDLE
        self.state.alerts.scene = scene
        if not scene:
            # Another file that has no name yet is not the one before.
            self.state.alerts.notes.pop("", None)
        self._changed()

    def look_at(
        self, scan: SceneScan, question: Question, *, then: Callable[[GuardAnswer], None] | None = None
    ) -> None:
        """Judge a scene in a worker; ``then`` is called on the main thread with the answer."""
        alerts = self.state.alerts
        alerts.phase, alerts.problem = Phase.BUSY, None
        self._rename(scan)

        def done(answer: GuardAnswer) -> None:
            self._take(answer)
            if then is not None:
                then(answer)

        def failed(error: ClearanceError) -> None:
            alerts.phase, alerts.problem = Phase.FAILED, Problem.of(error)
            self._changed()

        self._tasks.submit(
            "alerts",
            "Looking for license alerts",
            lambda _task: self._services.guard.check(scan, question),
            on_done=done,
            on_error=failed,
        )
        self._changed()

    def prepare(
        self, scan: SceneScan, question: Question, *, then: Callable[[GuardAnswer | None], None]
    ) -> None:
        """Judge a scene in a worker for later, and show nothing of it; None where that does not work."""
        self._tasks.submit(
            "alerts",
            "Looking ahead for license alerts",
            lambda _task: self._services.guard.check(scan, question),
            on_done=then,
            on_error=lambda _error: then(None),
        )

    def decide(
        self,
        scan: SceneScan,
        question: Question,
        settings: AlertSettings,
        *,
        budget_s: float = BUDGET_S,
    ) -> GuardAnswer:
        """Say now whether a render or an export goes on: what is known, else judged within ``budget_s``.

        What cannot be judged in time, or at all, is stopped where the studio stops things: not known is never
        allowed. Main thread only; the ledger is read in a thread of its own.
        """
        guard = self._services.guard
        self._rename(scan)
        answer = guard.recall(scan, question, settings)
        if answer is not None:
            self._take(answer)
            return answer
        found: list[GuardAnswer] = []
        faults: list[str] = []
        ready = threading.Event()

        def judge() -> None:
            try:
                found.append(guard.check(scan, question, settings))
            except ClearanceError as error:
                faults.append(error.message)
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing may pass because of it
                kind = type(error).__name__
                faults.append(f"The licenses could not be checked ({kind}). Please report it.")
            finally:
                ready.set()

        # Not one of the workers: those may all be busy with downloads.
        threading.Thread(target=judge, name="clearance-guard", daemon=True).start()
        ready.wait(budget_s)
        if found:
            answer = found[0]
        else:
            slow = "Checking the licenses takes longer than usual; try again in a moment."
            why = faults[0] if faults else slow
            answer = not_known(question, settings, why)
        self._take(answer)
        return answer

    def take_news(self, answer: GuardAnswer, *, with_hints: bool = False) -> tuple[Alert, ...]:
        """Return, once per file and kind, the alerts that somebody should be told of without looking."""
        told = self._notes().told
        news = tuple(
            one
            for one in answer.alerts
            if one.kind not in told and (with_hints or one.severity is not Severity.HINT)
        )
        told.update(one.kind for one in news)
        return news

    def hide_alert(self, kind: str) -> None:
        """Do not show an alert again for this file, unless it is about something more."""
        for alert in self.state.alerts.all:
            if alert.kind == kind:
                self._notes().hidden[alert.kind] = frozenset(alert.subjects)
        self._changed()

    def show_hidden_alerts(self) -> None:
        """Show all alerts of this file again."""
        self._notes().hidden.clear()
        self._changed()

    def _take(self, answer: GuardAnswer) -> None:
        alerts = self.state.alerts
        alerts.answer, alerts.phase, alerts.problem = answer, Phase.READY, None
        self._changed()

    def _rename(self, scan: SceneScan) -> None:
        """Follow a file that was saved under another name: it is the same to the user."""
        alerts = self.state.alerts
        if scan.scene != alerts.scene:
            notes = alerts.notes.get(alerts.scene)
            if notes is not None:
                alerts.notes.setdefault(scan.scene, notes)
            alerts.scene = scan.scene

    def _notes(self) -> AlertNotes:
        return self.state.alerts.notes.setdefault(self.state.alerts.scene, AlertNotes())
