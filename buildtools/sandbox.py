# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the sandbox marketplaces as a child process, and end them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import console
from .console import BuildError, say
from .environments import hold_lock
from .install import profile_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .environments import Environment
    from .layout import Layout

_START_S = 60.0
_MODELS_DONE = "complete"


@dataclass(frozen=True)
class RunningSandbox:
    """Where the sandbox listens and which credentials it takes."""

    url: str
    credentials: dict[str, Any]
    ready: dict[str, Any]


def ensure_models(layout: Layout, blender: Environment) -> Path:
    """Give the folder of the models that the sandbox sells, having Blender make them when there are none yet.

    Each Blender makes its own, since an older one cannot open a newer one's files.
    """
    sources = [
        layout.root / "sandbox" / "make_models.py",
        *sorted((layout.root / "sandbox" / "blender").glob("*.py")),
    ]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    folder = layout.build / "models" / f"{blender.recipe.name}-{digest}"
    with hold_lock(layout.build / "models" / f"{blender.recipe.name}.lock"):
        if not (folder / _MODELS_DONE).is_file():
            say(f"making the models that the sandbox sells, with Blender {blender.recipe.blender} ...")
            for old in (layout.build / "models").glob(f"{blender.recipe.name}-*"):
                shutil.rmtree(old, ignore_errors=True)
            console.check(
                [blender.python, sources[0], folder],
                cwd=layout.root,
                env=profile_environment(layout.build / "models" / f"{blender.recipe.name}.profile"),
                what="Making the sandbox's models",
            )
            (folder / _MODELS_DONE).touch()
    return folder


@contextlib.contextmanager
def running_sandbox(
    layout: Layout, environment: Environment, state: Path, *, models: Path | None = None
) -> Iterator[RunningSandbox]:
    """Keep the sandbox running for the length of a block, its books in the folder `state`."""
    state.mkdir(parents=True, exist_ok=True)
    ready_path = state.with_name(state.name + ".ready.json")
    log_path = state.with_name(state.name + ".log")
    ready_path.unlink(missing_ok=True)
    command: list[str | Path] = [
        environment.python, "-m", "sandbox", "--port", "0", "--state", state, "--ready-file", ready_path,
    ]  # fmt: skip
    if models is not None:
        command += ["--models", models]
    with log_path.open("wb") as log, console.running(command, cwd=layout.root, output=log) as process:
        deadline = time.monotonic() + _START_S
        ready: dict[str, Any] | None = None
        while ready is None:
            with contextlib.suppress(OSError, ValueError):
                ready = json.loads(ready_path.read_text(encoding="utf-8"))
            if ready is None and (process.poll() is not None or time.monotonic() > deadline):
                tail = "\n".join(log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
                message = f"The sandbox did not start:\n{tail}"
                raise BuildError(message)
            time.sleep(0.05)
        yield RunningSandbox(url=ready["url"], credentials=dict(ready.get("credentials", {})), ready=ready)


def serve(layout: Layout, environment: Environment, arguments: Sequence[str]) -> int:
    """Run the sandbox in the foreground, for people, until they end it."""
    return console.run([environment.python, "-m", "sandbox", *arguments], cwd=layout.root)
