# SPDX-License-Identifier: GPL-3.0-or-later
"""Say things and run child processes.

The only place that starts processes for the build. It knows nothing about Blender or packages.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_print_lock = threading.Lock()
_running: set[subprocess.Popen[bytes]] = set()


class BuildError(Exception):
    """A step cannot go on; the message says what is wrong and what to do."""


def say(text: str) -> None:
    """Print one line for people, whole even when several threads talk."""
    with _print_lock:
        print(text, flush=True)


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give a child process this environment without what would leak another Python or Blender into it.

    Python's own output is made UTF-8 and unbuffered, so that what a child says arrives at once and unharmed.
    """
    dropped = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in dropped and not name.startswith(("BLENDER_", "CLEARANCE_"))
    }
    kept.update({"PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"})
    kept.update(extra or {})
    return kept


def _own_group() -> dict[str, Any]:
    """Arguments for Popen that let a whole family of processes be ended together."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def end_family(process: subprocess.Popen[Any], *, grace_s: float = 5.0) -> None:
    """End a process started with `start` and everything that it has started itself."""
    if sys.platform == "win32":
        subprocess.run(
            ["taskkill", "/T", "/F", "/PID", str(process.pid)],  # noqa: S607 -- part of Windows
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        process.wait()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=grace_s)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def start(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own, without standard input."""
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=child_environment(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        **_own_group(),
    )


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | int | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a child running for the length of a block, and end it and its children afterwards."""
    process = start(command, cwd=cwd, env=env, output=output)
    _running.add(process)
    try:
        yield process
    finally:
        end_family(process)
        _running.discard(process)


def end_all() -> None:
    """End every child that is still running, for a build that is itself being ended."""
    for process in list(_running):
        end_family(process, grace_s=1.0)


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    timeout_s: float | None = None,
) -> int:
    """Run a child to its end and return its exit code; `log` takes its output, else it goes to the screen.

    A child that takes longer than `timeout_s` is ended, and counts as failed with code 124.
    """
    with contextlib.ExitStack() as stack:
        output: IO[bytes] | None = None
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            output = stack.enter_context(log.open("wb"))
        with running(command, cwd=cwd, env=env, output=output) as process:
            try:
                return process.wait(timeout=timeout_s)
            except subprocess.TimeoutExpired:
                if output is not None:
                    output.write(f"\nended after {timeout_s:.0f} s without an answer\n".encode())
                return 124


def capture(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 600.0,
) -> tuple[int, str]:
    """Run a child to its end and return its exit code with everything that it said."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=child_environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout_s,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", errors="replace")


def check(
    command: Sequence[str | Path], *, cwd: Path, what: str, env: Mapping[str, str] | None = None
) -> str:
    """Run a child that must succeed and return what it said; `what` begins the error's sentence."""
    code, text = capture(command, cwd=cwd, env=env, timeout_s=3600.0)
    if code != 0:
        tail = "\n".join(text.strip().splitlines()[-30:])
        message = f"{what} failed with exit code {code}:\n{tail}"
        raise BuildError(message)
    return text
