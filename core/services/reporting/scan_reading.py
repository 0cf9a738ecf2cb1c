"""Read the scene files of a production, in several processes: what is in each, in a few numbers.

It imports no more than a process needs that does nothing else.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from ...errors import ClearanceError
from ...files.blend.scan import FileMark, library_paths, mark_file
from ...model.file_summary import FileSummary

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from ...files.blend.scene import Shelf

FEW_FILES = 8
"""Up to here, starting further processes takes longer than it saves."""
_LARGEST, _SMALLEST = 64, 2
"""Files that a process reads before it tells of them."""
_AHEAD = 2
"""Chunks that each further process is given at a time."""
_AHEAD_AT_FIRST = 4
"""So many before this process reads too: the ledger has to be opened meanwhile."""


class Reading(NamedTuple):
    """What the worker tells of one file: a summary with the states of all files behind it, or a problem."""

    path: str
    summary: FileSummary | None = None
    marks: tuple[FileMark, ...] = ()
    code: str = ""
    message: str = ""


Reader = Callable[[str], Reading]


def read_file(path: str, shelf: Shelf | None = None) -> Reading:
    """Read one scene file; whatever is wrong with it becomes a sentence. A shelf keeps libraries open."""
    from ...files.blend.reader import read_briefly
    from ...reports.file_summary import summarize
    from ...reports.witnesses import MADE_BY_EVERY_SCENE

    file = Path(path)
    before = mark_file(path)
    try:
        scan = read_briefly(file, shelf, unasked=MADE_BY_EVERY_SCENE)
        marks = (before, *(mark_file(library) for library in library_paths(scan)))
        return Reading(path, summarize(scan), marks)
    except ClearanceError as error:
        return Reading(path, code=error.code, message=error.message)
    except (OSError, MemoryError) as error:
        return Reading(path, code="scan.unreadable", message=f"{file.name} cannot be read: {error}.")


def read_files(reader: Reader, paths: Sequence[str]) -> list[Reading]:
    """Read some scene files, in a process that is there for it: what libraries it has open stay open."""
    return list(map(_reader_of_process() if reader is read_file else reader, paths))


@cache
def _reader_of_process() -> _ReadHere:
    from multiprocessing.util import Finalize

    stack = ExitStack()
    Finalize(None, stack.close, exitpriority=1)  # copies of a process end without what ``atexit`` was told
    return _ReadHere(stack)


def _start_method() -> str:
    """Say how further processes are started.

    A copy of this process is ready at once, while a new one first has to start Python and to import all. But
    copying is only safe while there is a single thread, and systems other than Linux do not tell.
    """
    try:
        return "fork" if len(os.listdir("/proc/self/task")) == 1 else "spawn"  # noqa: PTH208
    except OSError:
        return "spawn"


class Readers:
    """Processes that read files, of which this is one; this one alone where none can be started.

    The others begin at once, this one with :meth:`read`. A context manager: at its end the others are ended.
    """

    def __init__(self, paths: Sequence[str], reader: Reader, workers: int) -> None:
        self._left = deque(paths)
        self._reader = reader
        self._others = workers - 1 if len(paths) > FEW_FILES else 0
        self._pool: Executor | None = None
        self._given: dict[Future[list[Reading]], Sequence[str]] = {}
        self._ending: Thread | None = None

    def __enter__(self) -> Self:
        if self._others > 0:
            import multiprocessing
            from concurrent.futures import ProcessPoolExecutor

            try:
                context = multiprocessing.get_context(_start_method())
                self._pool = ProcessPoolExecutor(self._others, mp_context=context)
                self._give(_AHEAD_AT_FIRST)
            except (OSError, NotImplementedError):
                self._others = 0  # this system has no means for it
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ending is not None:
            self._ending.join()
        elif self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def read(self) -> Iterator[Reading]:
        """Read here too, from the list's end, and yield what all read."""
        with ExitStack() as stack:
            read_here = self._reader if self._reader is not read_file else _ReadHere(stack)
            while self._left or self._given:
                self._give(_AHEAD)
                if self._left:
                    yield read_here(self._left.pop())
                yield from self._take()
        if self._pool is not None:
            # Ending takes processes as long as reading ten files; what comes next does not need them.
            self._ending = Thread(target=self._pool.shutdown, name="clearance-readers")
            self._ending.start()

    def _give(self, ahead: int) -> None:
        """Give so many chunks to each of the others, from the list's beginning."""
        while self._pool is not None and self._left and len(self._given) < ahead * self._others:
            size = max(_SMALLEST, min(_LARGEST, len(self._left) // (_AHEAD * (self._others + 1))))
            some = [self._left.popleft() for _ in range(min(size, len(self._left)))]
            try:
                self._given[self._pool.submit(read_files, self._reader, some)] = some
            except (OSError, RuntimeError):  # no process could be started, or one was killed
                self._take_back(some)

    def _take(self) -> Iterator[Reading]:
        """Yield what others have read; wait for it only when nothing is left to read here."""
        if not self._given:
            return
        from concurrent.futures import FIRST_COMPLETED, wait
        from concurrent.futures.process import BrokenProcessPool

        if self._left:
            done = [one for one in self._given if one.done()]
        else:
            done = list(wait(self._given, return_when=FIRST_COMPLETED).done)
        for one in done:
            chunk = self._given.pop(one)
            try:
                readings = one.result()
            except (OSError, BrokenProcessPool):
                self._take_back(chunk)
            else:
                yield from readings

    def _take_back(self, chunk: Sequence[str]) -> None:
        """Have this process read what another one could not, and give the others nothing more."""
        self._others = 0
        self._left.extend(chunk)


class _ReadHere:
    """Reads in this process; libraries stay open until the stack is left."""

    def __init__(self, stack: ExitStack) -> None:
        from ...files.blend.scene import Shelf

        self._shelf = stack.enter_context(Shelf())

    def __call__(self, path: str) -> Reading:
        with no_collecting():
            reading = read_file(path, self._shelf)
        self._shelf.tidy()
        return reading


@contextmanager
def no_collecting() -> Iterator[None]:
    """Keep Python from looking for circles meanwhile: where a million values all stay, that takes long."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def nothing_here_ends() -> Iterator[None]:
    """Say that what is there now, as all that was imported, stays: no circles are looked for in it."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
