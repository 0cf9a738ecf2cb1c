"""Files that leave with their licenses, and files that come back with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import ClearanceError
from ..rights.record import RightsRecord
from ..services.reporting.rights import ReadRights, WrittenRights
from .part import SessionPart
from .state import ExchangeNote, Phase, Problem


class Exchanging(SessionPart):
    """Write and read rights records."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self.on_rights_read: Callable[[Path], None] | None = None
        self._read: dict[Path, ReadRights] = {}

    def write_rights(self, draft: RightsRecord, path: Path) -> None:
        """Hash an exported file and write its record beside it."""
        note = ExchangeNote(path=path)
        self.state.exchange = note

        def done(written: WrittenRights) -> None:
            note.phase = Phase.READY
            note.rights_path = written.rights_path
            note.licenses = len(written.record.licenses)
            note.undeclared = written.record.undeclared
            self._changed()

        self._tasks.submit(
            "rights",
            f"Writing the rights file of {path.name}",
            lambda task: self._services.rights.write(
                draft, path, actor=self._settings.user, cancel=task.token
            ),
            on_done=done,
            on_error=lambda error: self._exchange_failed(note, error),
        )
        self._changed()

    def read_rights(self, path: Path, *, needs_file: bool = True) -> None:
        """Read the record of a file and hold the file against it; then ``on_rights_read`` is called."""
        note = ExchangeNote(path=path, is_import=True)
        self.state.exchange = note

        def done(read: ReadRights) -> None:
            note.phase = Phase.READY
            self._read[path] = read
            self._changed()
            if self.on_rights_read is not None:
                self.on_rights_read(path)

        self._tasks.submit(
            "rights",
            f"Reading the rights file of {path.name}",
            lambda task: self._services.rights.read(path, needs_file=needs_file, cancel=task.token),
            on_done=done,
            on_error=lambda error: self._exchange_failed(note, error),
        )
        self._changed()

    def take_rights(self, path: Path) -> ReadRights | None:
        """Return, once, what was read for a path; None when that has not happened."""
        return self._read.pop(path, None)

    def note_restored(self, path: Path, licenses: int, notes: tuple[str, ...]) -> None:
        """Note what came back with a file."""
        self.state.exchange = ExchangeNote(
            path=path, is_import=True, phase=Phase.READY, licenses=licenses, notes=notes
        )
        self._changed()

    def note_exchange_failed(self, path: Path, error: ClearanceError) -> None:
        """Note why a file did not come in."""
        self._exchange_failed(ExchangeNote(path=path, is_import=True), error)

    def _exchange_failed(self, note: ExchangeNote, error: ClearanceError) -> None:
        note.phase, note.problem = Phase.FAILED, Problem.of(error)
        self.state.exchange = note
        self._changed()
