"""Read the scene files of a production, in several processes: what is in each, in a few numbers.

Started in a process of its own, this module imports no more than it needs for that.
"""

from __future__ import annotations

import atexit
import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...errors import ClearanceError
from ...files.blend.scan import FileMark, library_paths, mark_file
from ...model.production import FileSummary
from ...reports.file_summary import summarize
from ...reports.witnesses import MADE_BY_EVERY_SCENE

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from ...files.blend.scene import Shelf

FEW_FILES = 8
"""Up to here, starting further processes takes longer than it saves."""
_LARGEST, _SMALLEST = 64, 4
"""Files that a process reads before it tells of them."""
_AHEAD = 2
"""Chunks that each further process is given at a time."""


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

    file = Path(path)
    before = mark_file(file)
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
    if reader is not read_file:
        return list(map(reader, paths))
    return list(_read_with(_shelf_of_process(), paths))


@cache
def _shelf_of_process() -> Shelf:
    from ...files.blend.scene import Shelf

    shelf = Shelf()
    atexit.register(shelf.__exit__, None, None, None)
    return shelf


def read_all(paths: Sequence[str], reader: Reader, workers: int) -> Iterator[Reading]:
    """Read files in several processes, of which this is one; in this one alone where none can be started."""
    if workers <= 1 or len(paths) <= FEW_FILES:
        yield from _read_here(reader, paths)
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    with ExitStack() as stack:
        pool: Executor | None = None
        try:
            pool = ProcessPoolExecutor(workers - 1, mp_context=multiprocessing.get_context("spawn"))
            stack.callback(pool.shutdown, cancel_futures=True)
        except (OSError, NotImplementedError):
            pass  # this system has no means for it
        yield from _share(paths, reader, pool, workers)


def _share(paths: Sequence[str], reader: Reader, pool: Executor | None, workers: int) -> Iterator[Reading]:
    """Hand out chunks, and read here meanwhile. What others fail at is read here in the end."""
    from concurrent.futures import FIRST_COMPLETED, wait
    from concurrent.futures.process import BrokenProcessPool

    given: dict[Future[list[Reading]], Sequence[str]] = {}
    left = deque(paths)
    here = _read_here(reader, _take_from(left))
    while left or given:
        while pool is not None and left and len(given) < _AHEAD * (workers - 1):
            size = max(_SMALLEST, min(_LARGEST, len(left) // (_AHEAD * workers)))
            some = [left.popleft() for _ in range(min(size, len(left)))]
            try:
                given[pool.submit(read_files, reader, some)] = some
            except (OSError, RuntimeError):  # no process could be started, or one was killed
                pool = None
                left.extend(some)
        if left:
            yield next(here)
        done = [one for one in given if one.done()] if left else wait(given, return_when=FIRST_COMPLETED).done
        for one in done:
            chunk = given.pop(one)
            try:
                readings = one.result()
            except (OSError, BrokenProcessPool):
                pool = None
                left.extend(chunk)
                here = _read_here(reader, _take_from(left))
            else:
                yield from readings


def _take_from(left: deque[str]) -> Iterator[str]:
    """Yield paths from the end: the others begin at the beginning."""
    while left:
        yield left.pop()


def _read_here(reader: Reader, paths: Iterable[str]) -> Iterator[Reading]:
    if reader is not read_file:
        yield from map(reader, paths)
        return
    from ...files.blend.scene import Shelf

    with Shelf() as shelf:
        yield from _read_with(shelf, paths)


def _read_with(shelf: Shelf, paths: Iterable[str]) -> Iterator[Reading]:
    for path in paths:
        with _no_collecting():
            reading = read_file(path, shelf)
        yield reading
        shelf.tidy()


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Keep Python from looking for circles meanwhile, which takes long: reading makes none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
