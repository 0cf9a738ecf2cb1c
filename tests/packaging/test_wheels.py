# SPDX-License-Identifier: GPL-3.0-or-later
"""The wheels cover ten pairs of platform and Python, are pure where they can be, and match the lock."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from buildtools.console import BuildError
from buildtools.layout import Layout, find_layout
from buildtools.locks import Requirement
from buildtools.wheels import (
    BLENDER_PYTHONS,
    PLATFORMS,
    Pair,
    WheelStore,
    find_distribution,
    is_pure,
    list_pairs,
    list_uncovered,
    name_current_platform,
    select_requirements,
)

TEN = list_pairs(PLATFORMS, BLENDER_PYTHONS)


@pytest.fixture(scope="module")
def collected() -> dict[str, list[Path]]:
    """Every wheel of the ten pairs, fetched once and kept in build/."""
    return WheelStore(find_layout(), Path(sys.executable)).collect(TEN)


def test_there_are_ten_pairs() -> None:
    assert len({pair.name for pair in TEN}) == 10
    assert {pair.platform.name for pair in TEN} == {
        "windows-x64",
        "windows-arm64",
        "macos-arm64",
        "macos-x64",
        "linux-x64",
    }


def test_every_package_has_a_wheel_on_every_pair(collected: dict[str, list[Path]]) -> None:
    requirements = WheelStore(find_layout(), Path(sys.executable)).requirements
    gaps = {
        pair.name: list_uncovered(requirements, pair, [path.name for path in collected[pair.name]])
        for pair in TEN
    }
    assert gaps == {pair.name: [] for pair in TEN}


def test_only_what_must_be_compiled_is(collected: dict[str, list[Path]]) -> None:
    compiled = {
        find_distribution(path.name)[0]
        for paths in collected.values()
        for path in paths
        if not is_pure(path.name)
    }
    assert compiled == {"markupsafe", "pillow", "pycryptodome", "pydantic_core"}


def test_compiled_wheels_fit_their_pair(collected: dict[str, list[Path]]) -> None:
    marks = {
        "windows-x64": ("win_amd64",),
        "windows-arm64": ("win_arm64",),
        "macos-arm64": ("arm64", "universal2"),
        "macos-x64": ("x86_64", "universal2"),
        "linux-x64": ("x86_64",),
    }
    for pair in TEN:
        for path in collected[pair.name]:
            if not is_pure(path.name):
                python_tag, abi_tag, platform_tag = path.stem.split("-")[-3:]
                assert platform_tag.endswith(marks[pair.platform.name])
                assert abi_tag == "abi3" or python_tag == f"cp{pair.python.replace('.', '')}"
                assert "musllinux" not in platform_tag


def test_only_the_system_that_needs_it_gets_it(collected: dict[str, list[Path]]) -> None:
    for name, paths in collected.items():
        packages = {find_distribution(path.name)[0] for path in paths}
        assert ("jeepney" in packages) == name.startswith("linux")
        assert ("pywin32_ctypes" in packages) == name.startswith("windows")
        assert not packages & {"requests", "urllib3", "certifi", "idna", "charset_normalizer", "numpy"}
        assert not packages & {"greenlet", "secretstorage", "cryptography", "colorama"}


def test_wheels_are_whole_and_bring_no_foreign_top_level(collected: dict[str, list[Path]]) -> None:
    for path in {path for paths in collected.values() for path in paths}:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            tops = {name.split("/")[0] for name in archive.namelist()}
        assert not tops & {"core", "addon", "tests", "test", "bpy"}, path.name


def make_wheel(folder: Path, name: str, content: bytes = b"wheel") -> tuple[Path, str]:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path, "sha256:" + hashlib.sha256(content).hexdigest()


@pytest.fixture
def offline(tmp_path: Path) -> tuple[Layout, WheelStore, Pair]:
    """A store whose pip cannot reach anything, with one wheel in place."""
    layout = Layout(root=tmp_path, build=tmp_path / "build")
    _, value = make_wheel(layout.wheels / "files", "one-1.0-py3-none-any.whl")
    layout.requirements.mkdir()
    (layout.requirements / "extension.txt").write_text(f"one==1.0 --hash={value}\n", encoding="utf-8")
    store = WheelStore(layout, tmp_path / "no-python")
    pair = TEN[0]
    store._remember(pair, ["one-1.0-py3-none-any.whl"])
    return layout, store, pair


def test_what_was_fetched_is_used_again(offline: tuple[Layout, WheelStore, Pair]) -> None:
    layout, store, pair = offline
    assert store.collect([pair]) == {pair.name: [layout.wheels / "files" / "one-1.0-py3-none-any.whl"]}


@pytest.mark.parametrize("harm", ["cut", "change", "remove", "forget", "nonsense"])
def test_what_is_harmed_is_not_used_again(offline: tuple[Layout, WheelStore, Pair], harm: str) -> None:
    layout, store, pair = offline
    wheel = layout.wheels / "files" / "one-1.0-py3-none-any.whl"
    index = store._index_path(pair)
    if harm == "cut":
        wheel.write_bytes(wheel.read_bytes()[:-1])
    elif harm == "change":
        wheel.write_bytes(b"other")
    elif harm == "remove":
        wheel.unlink()
    elif harm == "forget":
        index.write_text(json.dumps([]), encoding="utf-8")
    else:
        index.write_text("[", encoding="utf-8")
    assert store._recall(pair) is None


def test_what_cannot_be_fetched_is_named_with_its_pair(offline: tuple[Layout, WheelStore, Pair]) -> None:
    layout, _, _ = offline
    (layout.requirements / "extension.txt").write_text(
        f"--no-index\none==1.0 --hash=sha256:{'0' * 64}\n".replace("--no-index\n", ""), encoding="utf-8"
    )
    shutil.rmtree(layout.wheels)
    quiet = layout.root / "quiet.py"
    quiet.write_text("import sys\nprint('No matching distribution')\nsys.exit(1)\n", encoding="utf-8")

    class Refusing(WheelStore):
        def _download(self, requirements: object, options: object) -> tuple[list[str], str]:
            return [], "ERROR: No matching distribution found for one==1.0"

    with pytest.raises(BuildError, match=r"windows-x64-cp311: one==1\.0 .*No matching distribution"):
        Refusing(layout, Path(sys.executable)).collect([TEN[0]])
    assert not list(layout.wheels.glob("*.json"))


def test_requirements_are_chosen_by_the_pair_and_not_by_this_machine() -> None:
    requirements = [
        Requirement("everywhere", "1", "", ("sha256:0",)),
        Requirement("old", "1", "python_full_version < '3.12'", ("sha256:0",)),
        Requirement("windows", "1", "sys_platform == 'win32'", ("sha256:0",)),
    ]
    chosen = {pair.name: [item.name for item in select_requirements(requirements, pair)] for pair in TEN}
    assert chosen["windows-x64-cp311"] == ["everywhere", "old", "windows"]
    assert chosen["linux-x64-cp313"] == ["everywhere"]
    further = Pair(PLATFORMS["linux-x64"], "3.14")
    assert [item.name for item in select_requirements(requirements, further)] == ["everywhere"]


def test_gaps_are_named_by_version() -> None:
    requirements = [
        Requirement("a-b", "1.0", "", ("sha256:0",)),
        Requirement("c.d", "2.0", "", ("sha256:0",)),
    ]
    wheels = ["a_b-1.0-py3-none-any.whl", "c_d-1.9-py3-none-any.whl"]
    assert list_uncovered(requirements, TEN[0], wheels) == ["c.d==2.0"]
    assert list_uncovered(requirements, TEN[0], []) == ["a-b==1.0", "c.d==2.0"]


def test_this_machine_has_a_name_that_zips_are_made_for() -> None:
    assert name_current_platform() in PLATFORMS
