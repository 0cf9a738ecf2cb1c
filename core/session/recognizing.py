"""Recognizing unstamped content of the open scene, and learning what bought content looks like.

The host copies content out a little at a time and hands it in; workers compare it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import ClearanceError
from ..files.contents import Content
from ..model.content import Candidate
from ..services.reporting.recognize import Recognition
from ..tasks import Task
from .part import SessionPart
from .state import Phase, Problem, RecognitionState

AT_ONCE = 2
"""Batches that are compared at the same time; a host that copies faster waits."""


class Recognizing(SessionPart):
    """Look at candidates, note what was stamped, and learn."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self._recognition_number = 0
        self._is_learned = False

    def start_recognition(self, total: int) -> int:
        """Begin a look at ``total`` data-blocks; return its number, for :meth:`compare_batch`.

        What was bought before fingerprints were kept is learned first, once a session.
        """
        self._recognition_number += 1
        look = self._recognition_number
        state = self.state.recognition = RecognitionState(phase=Phase.BUSY, total=total)
        if not self._is_learned:
            state.is_learning, state.waiting = True, 1
            state.task = self._tasks.submit(
                "recognize",
                "Learning what was bought",
                self._learn,
                on_done=lambda _count: self._learned(look),
                on_error=lambda error: self._look_failed(look, error),
            )
        self._changed()
        return look

    def can_look(self, look: int) -> bool:
        """Say whether more candidates are wanted right now."""
        state = self.state.recognition
        return look == self._recognition_number and state.phase is Phase.BUSY and state.waiting < AT_ONCE

    def is_looking(self, look: int) -> bool:
        """Say whether a look goes on: it was not given up, and no other has begun."""
        return look == self._recognition_number and self.state.recognition.phase is Phase.BUSY

    def compare_batch(self, look: int, candidates: Sequence[Candidate]) -> None:
        """Compare some candidates in a worker."""
        if not self.is_looking(look):
            return
        self.state.recognition.waiting += 1
        self.state.recognition.task = self._tasks.submit(
            "recognize",
            "Looking for what you own",
            lambda task: self._services.recognize.find(candidates, cancelled=lambda: task.token.cancelled),
            on_done=lambda found: self._looked(look, found),
            on_error=lambda error: self._look_failed(look, error),
        )

    def end_look(self, look: int) -> None:
        """Say that there are no more candidates."""
        if look == self._recognition_number:
            self.state.recognition.is_all_here = True
            self._end_if_over()

    def stop_recognition(self) -> None:
        """Give up; what was found so far stays."""
        self._recognition_number += 1
        state = self.state.recognition
        if state.task is not None:
            state.task.cancel()
        if state.phase is Phase.BUSY:
            state.phase, state.is_learning = Phase.READY, False
        self._changed()

    def forget_recognition(self) -> None:
        """Show nothing any more: another scene was opened."""
        self.stop_recognition()
        self.state.recognition = RecognitionState()

    def note_recognized_stamped(self, stamped: Sequence[tuple[str, str]], scene: str) -> None:
        """Note which data-blocks were stamped with which grant, and show them no more as undeclared."""
        done = {subject for subject, _ in stamped}
        state = self.state.recognition
        state.found = [one for one in state.found if one.subject not in done]
        state.stamped += len(done)
        self._tasks.submit(
            "recognize",
            "Noting what was stamped",
            lambda _task: self._services.recognize.note_stamped(
                stamped, scene=scene, actor=self._settings.user
            ),
            on_error=self._problem,
        )
        self._changed()

    def dismiss_recognized(self, subject: str) -> None:
        """Show a proposal no more: it is something else."""
        state = self.state.recognition
        left = [one for one in state.found if one.subject != subject]
        state.dismissed += len(state.found) - len(left)
        state.found = left
        self._changed()

    def remember_imported(self, grant_id: str, contents: Iterable[Content]) -> None:
        """Keep what an import can be recognized by: read in a worker. Without it, nothing is said."""
        self._tasks.submit(
            "fingerprints",
            "Noting what the import looks like",
            lambda _task: self._services.fingerprinting.add(grant_id, contents),
            subject=grant_id,
        )

    def _learn(self, task: Task) -> int:
        return sum(1 for _ in self._services.fingerprinting.update(progress=task.report, cancel=task.token))

    def _learned(self, look: int) -> None:
        self._is_learned = True
        if look == self._recognition_number:
            self.state.recognition.is_learning = False
            self.state.recognition.waiting -= 1
            self._end_if_over()

    def _looked(self, look: int, found: Recognition) -> None:
        if look != self._recognition_number:
            return
        state = self.state.recognition
        state.waiting -= 1
        state.looked_at += found.looked_at
        state.known = found.known
        state.found += found.found
        state.passed += found.passed
        self._end_if_over()

    def _look_failed(self, look: int, error: ClearanceError) -> None:
        if look == self._recognition_number:
            state = self.state.recognition
            state.phase, state.problem, state.is_learning = Phase.FAILED, Problem.of(error), False
            self._changed()

    def _end_if_over(self) -> None:
        state = self.state.recognition
        if state.phase is Phase.BUSY and state.is_all_here and state.waiting == 0:
            state.phase = Phase.READY
            state.found.sort(key=lambda one: one.subject)
        self._changed()
