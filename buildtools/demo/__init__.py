# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the main job, whole, on this machine: real Blender, the real zip, the sandbox marketplaces.

The job itself is `job.py`, which runs inside Blender; what is wanted of each marketplace is in `shops.py`,
and `browser.py` stands in for the buyer in front of a web page. Here are only the things around it.
Everything stays below build/demo, and stays there, so that a second run finds what the first one bought.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from .. import console
from ..console import BuildError, say
from ..install import install_zip, profile_environment
from ..package import package
from ..sandbox import ensure_models, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..environments import Environments
    from ..layout import Layout


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def judge_demo(code: int, result: Path) -> bool:
    """Tell whether the job was done: by its exit code and by the result file that it writes last.

    A process that was ended by a signal after it had written its result counts as done: bpy may crash on
    exit.
    """
    try:
        answer = json.loads(result.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    died_at_exit = code < 0 or code >= 128
    return bool(answer.get("ok")) and (code == 0 or died_at_exit)


def run_demo(layout: Layout, environments: Environments, arguments: Sequence[str]) -> int:
    """Prepare what the job needs, run it, and give the exit code."""
    folder = layout.build / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    blender = environments.ensure_newest_blender()
    core = environments.ensure_core(blender.recipe.python)
    (zip_path,) = package(layout, blender, platforms=["current"])
    models = ensure_models(layout, blender)
    profile = folder / "profile"
    version = install_zip(layout, blender, zip_path, profile)
    say(f"installed {zip_path.name} into Blender {version}")
    credentials_path = folder / "credentials.json"
    result_path = folder / "result.json"
    result_path.unlink(missing_ok=True)
    with running_sandbox(layout, core, folder / "sandbox", models=models) as sandbox:
        say(f"the sandbox marketplaces listen on {sandbox.url}")
        _write_private(credentials_path, json.dumps(sandbox.credentials))
        try:
            code = console.run(
                [
                    blender.python, "-m", "buildtools.demo.job",
                    "--sandbox-url", sandbox.url, "--credentials", credentials_path,
                    "--out", folder, *arguments,
                ],
                cwd=layout.root,
                env={**profile_environment(profile), "CLEARANCE_DATA_DIR": str(folder / "data")},
            )  # fmt: skip
        finally:
            credentials_path.unlink(missing_ok=True)
    if judge_demo(code, result_path):
        return 0
    message = (
        f"the demo's job did not finish (exit code {code}); the sandbox's log is {folder / 'sandbox.log'}"
    )
    raise BuildError(message)
