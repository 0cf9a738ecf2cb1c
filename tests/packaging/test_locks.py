# SPDX-License-Identifier: GPL-3.0-or-later
"""The locks pin everything with hashes and name no place; markers are decided for any machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from buildtools.console import BuildError
from buildtools.environments import RECIPES
from buildtools.locks import LOCKS, Requirement, evaluate_marker, read_lock
from buildtools.wheels import PLATFORMS, Pair, normalize_name

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
LOCK_PATHS = sorted(REQUIREMENTS.glob("*.txt"))

LINUX_311 = Pair(PLATFORMS["linux-x64"], "3.11").describe_machine()
WINDOWS_313 = Pair(PLATFORMS["windows-arm64"], "3.13").describe_machine()


def read(name: str) -> dict[str, Requirement]:
    return {
        normalize_name(item.name): item
        for item in read_lock((REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8"))
    }


def test_every_input_has_its_lock_and_every_lock_is_used() -> None:
    assert {path.stem for path in LOCK_PATHS} == set(LOCKS)
    assert {recipe.lock for recipe in RECIPES.values()} <= {f"{name}.txt" for name in LOCKS}
    assert {path.stem for path in REQUIREMENTS.glob("*.in")} == {*LOCKS, "excludes"}


@pytest.mark.parametrize("path", LOCK_PATHS, ids=lambda path: path.name)
def test_a_lock_names_no_place(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(
        r"://|--index|--extra|--find-links|--trusted|--no-index|\bfile:|(^|\s)-[ief]\b", text
    )
    # No host name, and no path: what is left after hashes and pins is words.
    rest = re.sub(r"--hash=sha256:[0-9a-f]{64}", "", text)
    assert not re.search(r"\b[a-z0-9-]+\.(org|com|net|io|dev|cloud)\b", rest)
    assert not re.search(r"(^|\s)[/~]", rest)


@pytest.mark.parametrize("path", LOCK_PATHS, ids=lambda path: path.name)
def test_every_line_of_a_lock_is_pinned_and_hashed(path: Path) -> None:
    requirements = read_lock(path.read_text(encoding="utf-8"))
    assert requirements
    for item in requirements:
        assert re.fullmatch(r"[0-9][0-9a-z.]*", item.version)
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in item.hashes)


@pytest.mark.parametrize(
    "path", [*LOCK_PATHS, *sorted(REQUIREMENTS.glob("*.in"))], ids=lambda path: path.name
)
def test_what_must_stay_out_is_out(path: Path) -> None:
    names = re.findall(r"^[A-Za-z0-9._-]+", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    banned = {"greenlet"} | (set() if path.stem == "excludes" else {"secretstorage"})
    # Two of the extension's platforms have no wheels of it. moto needs it; what is in that lock is for tests
    # on the others alone, and nothing of it gets into a zip.
    banned |= set() if path.name == "extras.txt" else {"cryptography"}
    assert not banned & {name.lower() for name in names}


def test_the_extension_bundles_nothing_that_blender_ships() -> None:
    shipped = {"requests", "urllib3", "certifi", "idna", "charset_normalizer", "numpy", "zstandard", "cython"}
    assert not shipped & set(read("extension"))


@pytest.mark.parametrize("name", ["core", "dev", "extras"])
def test_the_tests_run_with_the_versions_that_the_extension_bundles(name: str) -> None:
    other = read(name)
    for key, item in read("extension").items():
        assert (other[key].version, other[key].marker) == (item.version, item.marker)


@pytest.mark.parametrize("name", ["bpy42", "bpy45", "bpy52"])
def test_tests_inside_blender_use_the_same_tools(name: str) -> None:
    core = read("core")
    for key in ("pytest", "hypothesis"):
        assert read(name)[key].version == core[key].version


@pytest.mark.parametrize(
    "line",
    [
        "requests",
        "requests>=2",
        "requests==2.0",
        "requests @ https://example.org/x.whl --hash=sha256:00",
        "-r other.txt",
        "--index-url https://example.org",
    ],
)
def test_a_line_without_pin_or_hash_is_refused(line: str) -> None:
    with pytest.raises(BuildError, match="not pinned"):
        read_lock(line + "\n")


def test_a_lock_is_read_with_markers_continuations_and_comments() -> None:
    text = (
        "# made by hand\n\na-b==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:aa \\\n"
        "    --hash=sha256:bb\nc.d==2.0 \\\n    --hash=sha256:cc\n"
    )
    assert read_lock(text) == [
        Requirement("a-b", "1.0", "sys_platform == 'win32'", ("sha256:aa", "sha256:bb")),
        Requirement("c.d", "2.0", "", ("sha256:cc",)),
    ]
    assert read_lock("") == []


@pytest.mark.parametrize(
    ("marker", "on_linux_311", "on_windows_313"),
    [
        ("", True, True),
        ("sys_platform == 'linux'", True, False),
        ("sys_platform != 'linux'", False, True),
        ("python_full_version < '3.12'", True, False),
        ("python_full_version >= '3.12'", False, True),
        ("python_version >= '3.9'", True, True),
        ("python_version == '3.11.*'", True, False),
        ("python_version > '3.11'", False, True),
        ("python_version <= '3.11'", True, False),
        ("python_version < '3.12' and sys_platform == 'win32'", False, False),
        ("python_version < '3.12' or sys_platform == 'win32'", True, True),
        ("(os_name == 'nt' and platform_machine == 'ARM64') or sys_platform == 'darwin'", False, True),
        ("platform_python_implementation != 'PyPy'", True, True),
    ],
)
def test_markers_are_decided_for_any_machine(marker: str, on_linux_311: bool, on_windows_313: bool) -> None:
    assert evaluate_marker(marker, LINUX_311) is on_linux_311
    assert evaluate_marker(marker, WINDOWS_313) is on_windows_313


@pytest.mark.parametrize("marker", ["extra == 'x'", "len('a') == 1", "sys_platform in 'linux'", "1 == 1"])
def test_a_marker_that_is_not_understood_is_refused(marker: str) -> None:
    with pytest.raises(BuildError, match="not understood"):
        evaluate_marker(marker, LINUX_311)


@pytest.mark.parametrize("path", LOCK_PATHS, ids=lambda path: path.name)
def test_every_marker_of_a_lock_is_understood(path: Path) -> None:
    for item in read_lock(path.read_text(encoding="utf-8")):
        for platform in PLATFORMS.values():
            for python in ("3.11", "3.13", "3.14"):
                assert evaluate_marker(item.marker, Pair(platform, python).describe_machine()) in {
                    True,
                    False,
                }
