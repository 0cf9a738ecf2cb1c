# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the real zip into a throwaway Blender profile, with Blender's own operator.

Everything happens in child processes: the build itself never imports bpy. Their answers are judged by the
files that they write, since bpy may crash while it exits although all was done.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from . import console
from .console import BuildError

if TYPE_CHECKING:
    from pathlib import Path

    from .environments import Environment
    from .layout import Layout


def profile_environment(profile: Path) -> dict[str, str]:
    """Name the variables that give Blender a profile of its own and keep it from the user's keyring."""
    return {
        "BLENDER_USER_RESOURCES": str(profile),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


def _ask(
    layout: Layout, environment: Environment, script: str, profile: Path, *arguments: Path
) -> dict[str, object]:
    """Run a script of ours inside Blender and read the answer that it leaves behind."""
    answer_path = profile / f"{script}.json"
    answer_path.unlink(missing_ok=True)
    code, text = console.capture(
        [environment.python, layout.root / "buildtools" / f"{script}.py", *arguments, answer_path],
        cwd=layout.root,
        env=profile_environment(profile),
    )
    try:
        answer = json.loads(answer_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        tail = "\n".join(text.strip().splitlines()[-20:])
        message = f"{script} in {environment.recipe.name} gave no answer (exit code {code}):\n{tail}"
        raise BuildError(message) from error
    answer["output"] = text
    return dict(answer)


def install_zip(layout: Layout, environment: Environment, zip_path: Path, profile: Path) -> str:
    """Install and enable a zip in a profile for this and later processes; gives Blender's version.

    Raises BuildError with Blender's own words when it refuses, or when a later process does not find it
    enabled.
    """
    profile.mkdir(parents=True, exist_ok=True)
    answer = _ask(layout, environment, "blender_install", profile, zip_path.resolve())
    if not answer.get("enabled"):
        message = f"Blender did not enable {zip_path.name}:\n{answer['output']}"
        raise BuildError(message)
    check = _ask(layout, environment, "blender_enabled", profile)
    if not (check.get("listed") and check.get("loaded")):
        message = f"A new Blender process does not find {zip_path.name} enabled:\n{check['output']}"
        raise BuildError(message)
    return str(answer["blender"])
