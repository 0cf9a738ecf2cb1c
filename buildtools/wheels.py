# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch the wheels that the extension's zips carry, for every platform and Python.

Every file is held against the hashes in requirements/extension.txt, when it is fetched and each time it is
used. A package that offers a pure wheel beside compiled ones is taken pure: one file serves all platforms.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import console
from .console import BuildError, say
from .environments import hold_lock
from .locks import Requirement, evaluate_marker, read_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .layout import Layout

BLENDER_PYTHONS = ("3.11", "3.13")


@dataclass(frozen=True)
class Platform:
    """A platform as Blender names it, with what markers and wheel tags call it, best tag first."""

    name: str
    sys_platform: str
    platform_system: str
    os_name: str
    machine: str
    tags: tuple[str, ...]


# Blender's own lowest systems bound the tags: glibc 2.28, macOS 11.
_MANYLINUX = tuple(
    [f"manylinux_2_{minor}_x86_64" for minor in range(28, 16, -1)]
    + ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux_2_12_x86_64", "manylinux1_x86_64"]
)
PLATFORMS = {
    item.name: item
    for item in (
        Platform("windows-x64", "win32", "Windows", "nt", "AMD64", ("win_amd64",)),
        Platform("windows-arm64", "win32", "Windows", "nt", "ARM64", ("win_arm64",)),
        Platform("macos-arm64", "darwin", "Darwin", "posix", "arm64", ("macosx_11_0_arm64",)),
        Platform("macos-x64", "darwin", "Darwin", "posix", "x86_64", ("macosx_11_0_x86_64",)),
        Platform("linux-x64", "linux", "Linux", "posix", "x86_64", _MANYLINUX),
    )
}


@dataclass(frozen=True)
class Pair:
    """One platform with one Python version: what a set of wheels is for."""

    platform: Platform
    python: str

    @property
    def name(self) -> str:
        """Name the pair, for people and for files."""
        return f"{self.platform.name}-cp{self.python.replace('.', '')}"

    def describe_machine(self) -> dict[str, str]:
        """Give the values that a lock's markers ask for."""
        return {
            "sys_platform": self.platform.sys_platform,
            "platform_system": self.platform.platform_system,
            "os_name": self.platform.os_name,
            "platform_machine": self.platform.machine,
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
        }


def name_current_platform() -> str:
    """Name the platform that this is, as Blender does; raises BuildError where no zip is made for it."""
    systems = {"win32": "windows", "darwin": "macos", "linux": "linux"}
    machines = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}
    machine = platform.machine().lower()
    name = f"{systems.get(sys.platform, sys.platform)}-{machines.get(machine, machine)}"
    if name not in PLATFORMS:
        message = f"No zip is made for {name}: the platforms are {', '.join(PLATFORMS)}."
        raise BuildError(message)
    return name


def list_pairs(platforms: Iterable[str], pythons: Iterable[str]) -> list[Pair]:
    """List every platform with every Python version."""
    versions = list(pythons)
    return [Pair(platform=PLATFORMS[name], python=version) for name in platforms for version in versions]


def normalize_name(name: str) -> str:
    """Give a package name in the form that wheel file names use."""
    return name.lower().replace("-", "_").replace(".", "_")


def find_distribution(wheel: str) -> tuple[str, str]:
    """Read the package and version out of a wheel's file name."""
    parts = wheel.split("-")
    return normalize_name(parts[0]), parts[1]


def is_pure(wheel: str) -> bool:
    """Tell from its name whether a wheel serves every platform and Python."""
    return wheel.endswith("-none-any.whl")


def select_requirements(requirements: Sequence[Requirement], pair: Pair) -> list[Requirement]:
    """Keep the locked packages that a pair needs."""
    machine = pair.describe_machine()
    return [item for item in requirements if evaluate_marker(item.marker, machine)]


def list_uncovered(requirements: Sequence[Requirement], pair: Pair, wheels: Iterable[str]) -> list[str]:
    """Name the packages which a pair needs and for which there is no wheel among those given."""
    present = {find_distribution(wheel) for wheel in wheels}
    return [
        f"{item.name}=={item.version}"
        for item in select_requirements(requirements, pair)
        if (normalize_name(item.name), item.version) not in present
    ]


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return f"sha256:{digest.hexdigest()}"


class WheelStore:
    """The wheels of one checkout, fetched with an environment's pip and kept between builds."""

    def __init__(self, layout: Layout, python: Path) -> None:
        self._layout = layout
        self._python = python
        self._files = layout.wheels / "files"
        self._lock = (layout.requirements / "extension.txt").read_text(encoding="utf-8")
        self.requirements = read_lock(self._lock)

    def collect(self, pairs: Sequence[Pair]) -> dict[str, list[Path]]:
        """Give the wheels of each pair, fetching what is not here yet.

        Raises BuildError that names every package without a wheel and the pair it lacks.
        """
        with hold_lock(self._layout.wheels / "store.lock"):
            collected: dict[str, list[Path]] = {}
            gaps: list[str] = []
            pure: dict[str, str | None] = {}
            for pair in pairs:
                names = self._recall(pair)
                if names is None:
                    say(f"fetching wheels for {pair.platform.name}, Python {pair.python} ...")
                    names, missing = self._fetch_pair(pair, pure)
                    gaps += [f"{pair.name}: {item} has no wheel" for item in missing]
                    if not missing:
                        self._remember(pair, names)
                collected[pair.name] = [self._files / name for name in sorted(names)]
        if gaps:
            message = (
                "Not every package has a wheel for every platform and Python; pin a version that has them in "
                "requirements/extension.in:\n  " + "\n  ".join(gaps)
            )
            raise BuildError(message)
        return collected

    def _index_path(self, pair: Pair) -> Path:
        key = hashlib.sha256(self._lock.encode()).hexdigest()[:12]
        return self._layout.wheels / f"{pair.name}-{key}.json"

    def _recall(self, pair: Pair) -> list[str] | None:
        """Give the wheels of a pair as fetched earlier, if all of them are here and unharmed."""
        try:
            names = json.loads(self._index_path(pair).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        allowed = {value for item in self.requirements for value in item.hashes}
        for name in names:
            path = self._files / name
            if not path.is_file() or _hash_file(path) not in allowed:
                return None
        return None if list_uncovered(self.requirements, pair, names) else list(names)

    def _remember(self, pair: Pair, names: Sequence[str]) -> None:
        path = self._index_path(pair)
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps(sorted(names)), encoding="utf-8")
        draft.replace(path)

    def _download(self, requirements: Sequence[Requirement], options: Sequence[str]) -> tuple[list[str], str]:
        """Fetch the wheels of some packages in one go; gives their names, or nothing and what pip said."""
        self._files.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._layout.wheels) as folder:
            listing = Path(folder) / "requirements.txt"
            listing.write_text("\n".join(item.pinned for item in requirements), encoding="utf-8")
            target = Path(folder) / "wheels"
            code, text = console.capture(
                [
                    self._python, "-I", "-m", "pip", "download", "--quiet", "--no-input", "--no-deps",
                    "--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes",
                    "--dest", target, "--requirement", listing, *options,
                ],
                cwd=self._layout.root,
                timeout_s=1800.0,
            )  # fmt: skip
            if code != 0:
                return [], text
            names = sorted(path.name for path in target.glob("*.whl"))
            for name in names:
                shutil.move(str(target / name), str(self._files / name))
            return names, ""

    def _fetch_pair(self, pair: Pair, pure: dict[str, str | None]) -> tuple[list[str], list[str]]:
        """Fetch what a pair needs; gives the file names, and the packages without a wheel.

        `pure` collects from pair to pair what is known about each package: the name of its pure wheel, or
        that it has none.
        """
        options = ["--python-version", pair.python, "--implementation", "cp"]
        options += ["--abi", f"cp{pair.python.replace('.', '')}", "--abi", "abi3", "--abi", "none"]
        for tag in pair.platform.tags:
            options += ["--platform", tag]
        needed = select_requirements(self.requirements, pair)
        names = [name for item in needed if (name := pure.get(item.name))]
        wanted = [item for item in needed if not pure.get(item.name)]
        if not wanted:
            return names, []
        fetched, _ = self._download(wanted, options)
        missing: list[str] = []
        if not fetched:
            # pip gives up as a whole when a single package has none: ask for them one by one.
            for item in wanted:
                single, text = self._download([item], options)
                fetched += single
                if not single:
                    last = text.strip().splitlines()[-1] if text.strip() else "pip said nothing"
                    missing.append(f"{item.name}=={item.version} ({last})")
        by_package = {find_distribution(name): name for name in fetched}
        for item in wanted:
            name = by_package.get((normalize_name(item.name), item.version))
            if name is not None:
                names.append(self._prefer_pure(item, name, pure))
        return names, missing

    def _prefer_pure(self, item: Requirement, name: str, pure: dict[str, str | None]) -> str:
        """Give a package's pure wheel where there is one; pip itself prefers a compiled one."""
        if item.name not in pure:
            if is_pure(name):
                pure[item.name] = name
            else:
                options = ["--platform", "any", "--python-version", BLENDER_PYTHONS[0]]
                single, _ = self._download([item], [*options, "--implementation", "py", "--abi", "none"])
                pure[item.name] = single[0] if single and is_pure(single[0]) else None
        return pure[item.name] or name
