"""Begin to read a production before all is there that its report needs.

Other processes read while this one still opens the ledger: importing that takes as long as two hundred files.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ...errors import UserInputError
from ...files.blend.scan import are_unchanged, find_blend_files
from ...files.disk import Cancelled, Progress, ignore_progress, never_cancelled, stop_if
from ...model.file_summary import FileSummary, Problem
from .scan_cache import Noted, load_cache, save_cache
from .scan_reading import Reader, Readers, read_file


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionFiles:
    """What all readable files of a folder have in them. ``read`` are those that were tried now."""

    folder: str
    summaries: tuple[FileSummary, ...]
    """Sorted by path."""
    problems: tuple[Problem, ...]
    read: int


class ProductionReading:
    """A folder's files while they are read. As a context manager: at its end no other process reads any more.

    Raises UserInputError (no such folder).
    """

    def __init__(
        self,
        folder: Path,
        *,
        cache_path: Path,
        workers: int = 1,
        backups: bool = False,
        reader: Reader = read_file,
    ) -> None:
        self.folder = os.path.abspath(folder)  # noqa: PTH100 - keeps links, as a scene's own path does
        self._cache_path = cache_path
        found = find_blend_files(Path(self.folder), backups=backups)
        self._problems = [Problem(path=place, message=why) for place, why in found.problems]
        self._cache: dict[str, Noted] = load_cache(cache_path)
        self._summaries: dict[str, FileSummary] = {}
        waiting: list[str] = []
        for path in found.paths:
            known = self._cache.get(path)
            if known is not None and are_unchanged(known[1]):
                self._summaries[path] = known[0]
            else:
                waiting.append(path)
        self._to_read = len(waiting)
        self._readers = Readers(waiting, reader, workers)

    def __enter__(self) -> Self:
        self._readers.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._readers.__exit__(kind, value, trace)

    def finish(
        self, *, progress: Progress = ignore_progress, cancelled: Cancelled = never_cancelled
    ) -> ProductionFiles:
        """Read what is left. ``progress`` is told files.

        Raises UserInputError (a package is missing), CancelledError (nothing is noted then).
        """
        done = len(self._summaries)
        total = done + self._to_read
        progress(done, total)
        for reading in self._readers.read():
            stop_if(cancelled)
            if reading.code == "scene.no_reader":
                raise UserInputError(reading.message, code=reading.code)
            self._cache.pop(reading.path, None)
            if reading.summary is None:
                self._problems.append(Problem(path=reading.path, message=reading.message))
            else:
                self._summaries[reading.path] = reading.summary
                self._cache[reading.path] = (reading.summary, reading.marks)
            done += 1
            progress(done, total)
        return ProductionFiles(
            folder=self.folder,
            summaries=tuple(self._summaries[path] for path in sorted(self._summaries)),
            problems=tuple(sorted(self._problems, key=lambda one: one.path)),
            read=self._to_read,
        )

    def keep(self) -> None:
        """Note for the next scan what was read."""
        if self._to_read:
            save_cache(self._cache_path, self._cache)
