"""A lock between processes on one machine: an advisory lock on a file, gone when its holder dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..clock import Clock
from ..errors import ClearanceError


class LockTimeoutError(ClearanceError):
    """Another process held the lock for too long."""

    code = "lock.timeout"
    retryable = True


@contextmanager
def lock_file(
    path: Path, *, clock: Clock, wait: Callable[[float], None], timeout_s: float | None = 60.0
) -> Iterator[None]:
    """Hold the lock while the block runs; wait for it, at most ``timeout_s`` (None: for ever).

    ``wait`` sleeps so many seconds and may raise to give up. Threads of one process exclude each other too.
    The file stays: deleting it would let two holders in. Raises LockTimeoutError, or ClearanceError when the
    file cannot be made.
    """
    descriptor = _open(path)
    try:
        started = clock.monotonic()
        while not _try_lock(descriptor):
            if timeout_s is not None and clock.monotonic() - started >= timeout_s:
                raise LockTimeoutError(
                    "Another Clearance on this machine is busy with the same thing. Try again in a moment.",
                    context={"lock": path.name},
                )
            wait(0.05)
        try:
            yield
        finally:
            _unlock(descriptor)
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        problem = error.strerror or type(error).__name__
    raise ClearanceError(
        f"The data folder cannot be written ({problem}). Check its permissions and the disk.",
        code="lock.not_writable",
        context={"lock": path.name},
    )


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
