# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy what belongs into the extension to a tree under its fixed name.

The staged tree is what is packaged, type-checked and installed; tests, the sandbox and the build itself are
never in it.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from .console import BuildError
from .layout import EXTENSION_ID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .layout import Layout

REQUIRED = ("__init__.py", "blender_manifest.toml", "core", "addon", "LICENSE")

# Zips keep times to two seconds from 1980 on; a fixed one makes equal trees into equal zips.
FIXED_TIME = 1_767_225_600  # 2026-01-01T00:00:00Z


def _is_left_out(name: str) -> bool:
    """Tell which names never belong into a package: caches, hidden files, editors' and Blender's backups."""
    return (
        name.startswith(".")
        or name == "__pycache__"
        or name.endswith((".pyc", ".pyo", "~", ".orig", ".rej", ".tmp", ".blend1", ".blend2"))
    )


def list_files(root: Path) -> list[str]:
    """List the files of the extension, relative to the checkout, in a fixed order.

    Raises BuildError when a required part is missing.
    """
    missing = [name for name in REQUIRED if not (root / name).exists()]
    if missing:
        message = f"The extension cannot be staged: {', '.join(missing)} missing from {root}."
        raise BuildError(message)

    def walk(folder: Path) -> Iterator[Path]:
        for entry in sorted(folder.iterdir(), key=lambda item: item.name):
            if _is_left_out(entry.name):
                continue
            if entry.is_dir():
                yield from walk(entry)
            else:
                yield entry

    files: list[Path] = []
    for name in REQUIRED:
        path = root / name
        files += walk(path) if path.is_dir() else [path]
    return [path.relative_to(root).as_posix() for path in files]


def copy_file(source: Path, target: Path) -> None:
    """Copy a file with the fixed time and plain permissions."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o644)
    os.utime(target, (FIXED_TIME, FIXED_TIME))


def stage_tree(root: Path, parent: Path) -> Path:
    """Make the staged tree anew below `parent`, under the extension's own name, and give its folder."""
    folder = parent / EXTENSION_ID
    files = list_files(root)
    if folder.exists():
        shutil.rmtree(folder)
    for name in files:
        copy_file(root / name, folder / name)
    return folder


def stage(layout: Layout) -> Path:
    """Make the staged tree in its usual place and give its folder."""
    return stage_tree(layout.root, layout.stage)
