# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the extension's zips with Blender's own build command, and hold them against its own validation.

Each platform's zip is built from a staged tree of its own, whose manifest names that platform and its
wheels and nothing else. (Blender's `--split-platforms` cannot leave out a pure wheel that only one system
needs, and puts the time of day into each zip.)
"""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from . import console
from .console import BuildError, say
from .environments import hold_lock
from .layout import EXTENSION_ID
from .stage import FIXED_TIME, copy_file, stage_tree
from .wheels import BLENDER_PYTHONS, PLATFORMS, WheelStore, list_pairs, name_current_platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from .environments import Environment
    from .layout import Layout

MANIFEST = "blender_manifest.toml"


class BlenderTool:
    """Blender's extension command, which runs outside Blender, taken out of a bpy environment."""

    def __init__(self, environment: Environment, root: Path) -> None:
        self._python = environment.python
        self._root = root
        found = sorted(
            environment.folder.glob("**/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py")
        )
        if not found:
            message = (
                f"Blender's build command is not in {environment.folder}: delete that folder and run again."
            )
            raise BuildError(message)
        self._script = found[-1]
        self._tags = self._script.parents[3] / "modules" / "_bpy_internal" / "extensions" / "tags.py"

    def _call(self, what: str, arguments: Sequence[str | Path]) -> str:
        # The archive keeps local times: one time zone for everybody.
        environment = {"TZ": "UTC"}
        return console.check(
            [self._python, self._script, *arguments], cwd=self._root, what=what, env=environment
        )

    def _tag_options(self) -> list[str]:
        return [f"--valid-tags={self._tags}"] if self._tags.is_file() else []

    def validate(self, path: Path) -> str:
        """Hold a folder or zip against Blender's own rules; raises BuildError with what it said."""
        return self._call(f"Blender's validation of {path.name}", ["validate", *self._tag_options(), path])

    def build(self, source: Path, target: Path) -> None:
        """Build a zip from a staged tree."""
        target.parent.mkdir(parents=True, exist_ok=True)
        options = ["build", *self._tag_options(), f"--source-dir={source}", f"--output-filepath={target}"]
        self._call(f"Blender's build of {target.name}", options)

    def generate_repository(self, folder: Path) -> None:
        """Write the index of a static extension repository for the zips in a folder."""
        self._call("Blender's repository index", ["server-generate", f"--repo-dir={folder}", "--html"])


def read_version(root: Path) -> str:
    """Read the extension's version out of its manifest."""
    text = (root / MANIFEST).read_text(encoding="utf-8")
    match = re.search(r'^version = "([^"]+)"$', text, flags=re.MULTILINE)
    if match is None:
        message = f'{MANIFEST} has no line `version = "…"`.'
        raise BuildError(message)
    return match[1]


def name_zip(version: str, platform_name: str) -> str:
    """Name a platform's zip as Blender's own build command does."""
    return f"{EXTENSION_ID}-{version}-{platform_name.replace('-', '_')}.zip"


def write_manifest(source: Path, target: Path, *, platform_name: str, wheels: Iterable[str]) -> None:
    """Write the manifest of one platform's staged tree: the common one, with that platform and its wheels."""
    text = source.read_text(encoding="utf-8")
    lines = "".join(f'    "./wheels/{name}",\n' for name in wheels)
    own = f'platforms = ["{platform_name}"]\nwheels = [\n{lines}]\n\n'
    head, bracket, tail = text.partition("\n[")
    target.write_bytes((f"{head}\n{own}{bracket.lstrip()}{tail}").encode())
    target.chmod(0o644)
    os.utime(target, (FIXED_TIME, FIXED_TIME))


def build_zip(
    layout: Layout, tool: BlenderTool, platform_name: str, wheels: Sequence[Path], target: Path
) -> Path:
    """Build and validate the zip of one platform, and put it into place in one step."""
    work = layout.build / "package" / platform_name
    with hold_lock(layout.build / "package" / f"{platform_name}.lock"):
        shutil.rmtree(work, ignore_errors=True)
        folder = stage_tree(layout.root, work)
        for wheel in wheels:
            copy_file(wheel, folder / "wheels" / wheel.name)
        write_manifest(
            layout.root / MANIFEST,
            folder / MANIFEST,
            platform_name=platform_name,
            wheels=[wheel.name for wheel in wheels],
        )
        draft = work / target.name
        tool.build(folder, draft)
        tool.validate(draft)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(target)
        shutil.rmtree(work, ignore_errors=True)
    return target


def package(
    layout: Layout,
    environment: Environment,
    *,
    platforms: Sequence[str] = (),
    pythons: Sequence[str] = (),
    folder: Path | None = None,
) -> list[Path]:
    """Build the zips of some platforms, or of all, with wheels for Blender's Pythons and any named.

    They go to build/dist, or to `folder` where another build at the same time must not replace them.

    Raises BuildError when a package has no wheel for one of the pairs, or Blender refuses the result.
    """
    names = [name_current_platform() if name == "current" else name for name in platforms] or list(PLATFORMS)
    versions = list(dict.fromkeys([*BLENDER_PYTHONS, *pythons]))
    tool = BlenderTool(environment, layout.root)
    collected = WheelStore(layout, environment.python).collect(list_pairs(names, versions))
    version = read_version(layout.root)
    made: list[Path] = []
    for name in names:
        wheels: dict[str, Path] = {}
        for pair in list_pairs([name], versions):
            wheels.update({path.name: path for path in collected[pair.name]})
        target = (folder or layout.dist) / name_zip(version, name)
        build_zip(layout, tool, name, [wheels[key] for key in sorted(wheels)], target)
        size_mb = target.stat().st_size / 1e6
        say(f"built {target.relative_to(layout.build.parent)} ({size_mb:.1f} MB, {len(wheels)} wheels)")
        made.append(target)
    return made


def make_repository(layout: Layout, environment: Environment, zips: Sequence[Path]) -> Path:
    """Make a static extension repository out of built zips: any web host can serve the folder."""
    folder = layout.build / "repo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in zips:
        shutil.copy2(path, folder / path.name)
    BlenderTool(environment, layout.root).generate_repository(folder)
    say(f"made the extension repository {folder.relative_to(layout.build.parent)} with {len(zips)} zips")
    return folder
