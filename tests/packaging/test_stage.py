# SPDX-License-Identifier: GPL-3.0-or-later
"""The staged tree holds the extension and nothing else, and the installed package is the same core."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from buildtools.console import BuildError
from buildtools.stage import FIXED_TIME, list_files, stage_tree

ROOT = Path(__file__).resolve().parents[2]


def make_tree(root: Path) -> None:
    for name in (
        "__init__.py",
        "blender_manifest.toml",
        "LICENSE",
        "README.md",
        "build.py",
        "pyproject.toml",
        "core/__init__.py",
        "core/licenses/shop.toml",
        "core/reports/report.html.j2",
        "core/__pycache__/x.cpython-311.pyc",
        "core/.hidden",
        "core/old.py~",
        "core/left.pyc",
        "addon/__init__.py",
        "addon/ui/panels/sidebar.py",
        "tests/core/test_x.py",
        "sandbox/__init__.py",
        "build/stage/clearance/core/old.py",
        ".git/config",
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")


EXPECTED = [
    "__init__.py",
    "blender_manifest.toml",
    "core/__init__.py",
    "core/licenses/shop.toml",
    "core/reports/report.html.j2",
    "addon/__init__.py",
    "addon/ui/panels/sidebar.py",
    "LICENSE",
]


def test_only_the_extension_is_listed(tmp_path: Path) -> None:
    make_tree(tmp_path)
    assert list_files(tmp_path) == EXPECTED


@pytest.mark.parametrize("name", ["__init__.py", "blender_manifest.toml", "LICENSE"])
def test_a_missing_part_is_named(tmp_path: Path, name: str) -> None:
    make_tree(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(BuildError, match=name):
        list_files(tmp_path)


def test_staging_replaces_what_was_there_under_the_fixed_name(tmp_path: Path) -> None:
    make_tree(tmp_path / "a-checkout")
    old = tmp_path / "stage" / "clearance" / "removed.py"
    old.parent.mkdir(parents=True)
    old.touch()
    folder = stage_tree(tmp_path / "a-checkout", tmp_path / "stage")
    assert folder == tmp_path / "stage" / "clearance"
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert files == sorted(EXPECTED)
    assert {path.stat().st_mtime for path in folder.rglob("*") if path.is_file()} == {float(FIXED_TIME)}


def test_a_failed_staging_leaves_the_old_tree(tmp_path: Path) -> None:
    make_tree(tmp_path / "root")
    stage_tree(tmp_path / "root", tmp_path / "stage")
    (tmp_path / "root" / "LICENSE").unlink()
    with pytest.raises(BuildError):
        stage_tree(tmp_path / "root", tmp_path / "stage")
    assert (tmp_path / "stage" / "clearance" / "LICENSE").is_file()


def test_the_real_tree_has_no_tests_no_sandbox_and_no_caches() -> None:
    files = list_files(ROOT)
    tops = {name.split("/")[0] for name in files}
    assert tops == {"__init__.py", "blender_manifest.toml", "LICENSE", "core", "addon"}
    allowed = {".py", ".toml", ".json", ".j2", ".typed", ".mako", ".png", ".svg", ".css", ".sql", ".txt", ""}
    assert {Path(name).suffix for name in files} <= allowed
    assert not [name for name in files if "test" in Path(name).stem.split("_")]


def test_the_root_module_imports_nothing_until_it_is_switched_on() -> None:
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    assert [type(node).__name__ for node in tree.body] == ["Expr", *["FunctionDef"] * 5]
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    # What the glTF add-on looks for by name.
    hooks = {
        "glTF2ExportUserExtension": {"addon.alerting", "addon.exporting"},
        "glTF2ImportUserExtension": {"addon.exporting"},
        "glTF2_pre_export_callback": {"addon.alerting"},
    }
    assert set(functions) == {"register", "unregister", *hooks}
    for name, function in functions.items():
        imports = [node for node in ast.walk(function) if isinstance(node, (ast.Import, ast.ImportFrom))]
        found = {(node.level, node.module) for node in imports if isinstance(node, ast.ImportFrom)}
        assert found == {(1, module) for module in hooks.get(name, {None})}
        assert len(imports) == len(found)


def test_the_installed_package_has_every_folder_of_the_core() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = {
        "clearance." + path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for path in (ROOT / "core").rglob("__init__.py")
    }
    assert set(project["tool"]["setuptools"]["packages"]) == found


def test_every_folder_of_python_in_the_core_is_a_package() -> None:
    for path in [*(ROOT / "core").rglob("*.py"), *(ROOT / "addon").rglob("*.py")]:
        assert (path.parent / "__init__.py").is_file(), path


def test_the_project_and_the_extension_have_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == manifest["version"]
    assert "wheels" not in manifest


def test_what_the_extension_bundles_is_what_the_package_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = {item.split(">")[0].split("=")[0].lower() for item in project["project"]["dependencies"]}
    lines = (ROOT / "requirements" / "extension.in").read_text(encoding="utf-8").splitlines()
    bundled = {line.split()[0] for line in lines if line and not line.startswith("#") and ";" not in line}
    assert declared == bundled | {"requests"}
