# SPDX-License-Identifier: GPL-3.0-or-later
"""`pip install .` gives the package `clearance` with the core, all its data, and nothing else."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from buildtools.stage import list_files

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as pip installs it from a checkout with an awkward name."""
    base = tmp_path_factory.mktemp("pip")
    source = base / "my-checkout"
    source.mkdir()
    for name in (
        "__init__.py",
        "pyproject.toml",
        "LICENSE",
        "README.md",
        "blender_manifest.toml",
        "build.py",
    ):
        shutil.copyfile(ROOT / name, source / name)
    for name in ("core", "addon", "sandbox", "buildtools"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    target = base / "site"
    done = subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
            "--no-deps", "--no-index", "--no-build-isolation", "--target", target, source,
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_it_is_the_core_with_all_its_data(installed: Path) -> None:
    files = {
        path.relative_to(installed / "clearance").as_posix()
        for path in (installed / "clearance").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    expected = {name for name in list_files(ROOT) if name.startswith("core/")} | {"__init__.py"}
    assert files == expected


def test_nothing_else_is_installed(installed: Path) -> None:
    tops = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert tops - {"bin", "Scripts"} == {"clearance"}


def test_the_command_is_the_cores(installed: Path) -> None:
    (information,) = installed.glob("clearance-*.dist-info")
    points = configparser.ConfigParser()
    points.read(information / "entry_points.txt", encoding="utf-8")
    assert dict(points["console_scripts"]) == {"clearance": "clearance.core.cli:main"}


def test_the_command_runs_under_its_installed_name(installed: Path, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(installed)!r}); sys.argv[0] = 'clearance'\n"
        "from clearance.core.cli import main\n"
        "sys.exit(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, "--help"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name in ("search", "quote", "buy", "download", "report", "audit", "orders", "reconcile"):
        assert name in done.stdout
