"""The use file of a project: ``clearance.toml`` in its folder, which says what the project will do."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ...errors import UserInputError
from ...model.intended_use import IntendedUse
from ...policy.use_file import parse_use
from .house import read_text

PROJECT_USE_NAME = "clearance.toml"


class ProjectUse(NamedTuple):
    """A project's use file. Without ``use`` it cannot be read, and ``problem`` says why."""

    path: str
    use: IntendedUse | None = None
    problem: str = ""


def read_project_use(folder: Path) -> ProjectUse | None:
    """Read the use file in a folder; None when there is none. What is wrong with it is told, not raised."""
    path = folder / PROJECT_USE_NAME
    try:
        if not path.is_file():
            return None
        # Without a name of its own, a project is called as its folder is.
        use = parse_use(read_text(path), name=f"{folder.name}.toml")
    except (UserInputError, OSError) as problem:
        return ProjectUse(path=str(path), problem=str(problem))
    return ProjectUse(path=str(path), use=use)
