# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip is built by Blender's own command, valid by Blender's own rules, and the same each time."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
import zipfile
from pathlib import Path

import pytest

from buildtools.console import BuildError
from buildtools.environments import BPY_52, Environment
from buildtools.layout import Layout, find_layout
from buildtools.package import (
    BlenderTool,
    build_zip,
    make_repository,
    name_zip,
    read_version,
    write_manifest,
)
from buildtools.stage import list_files, stage_tree
from buildtools.wheels import name_current_platform

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def blender() -> Environment:
    """The Blender environment that the build names; run by `build.py test packaging`."""
    python = Path(os.environ["CLEARANCE_BPY_PYTHON"])
    return Environment(recipe=BPY_52, folder=python.parent.parent)


@pytest.fixture(scope="module")
def real_zip() -> Path:
    return Path(os.environ["CLEARANCE_ZIP"])


@pytest.fixture
def copy_layout(tmp_path: Path) -> Layout:
    """A second checkout of what is staged, in another folder."""
    root = tmp_path / "some-checkout"
    for name in [*list_files(ROOT), "requirements/extension.txt"]:
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    return Layout(root=root, build=tmp_path / "build")


def test_the_source_manifest_is_valid_by_blenders_rules(blender: Environment, tmp_path: Path) -> None:
    folder = stage_tree(ROOT, tmp_path)
    assert "Success" in BlenderTool(blender, ROOT).validate(folder)


def test_blenders_rules_are_really_asked(blender: Environment, tmp_path: Path) -> None:
    folder = stage_tree(ROOT, tmp_path)
    manifest = folder / "blender_manifest.toml"
    text = manifest.read_text(encoding="utf-8")
    for old, new in (('"Pipeline"', '"No such tag"'), ('id = "clearance"', 'id = "clear__ance"')):
        assert old in text
        manifest.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(BuildError, match="Blender's validation"):
            BlenderTool(blender, ROOT).validate(folder)


def test_the_manifest_keeps_to_what_blender_shows() -> None:
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert manifest["id"] == "clearance"
    assert manifest["blender_version_min"] == "4.2.0"
    assert manifest["license"] == ["SPDX:GPL-3.0-or-later"]
    assert set(manifest["permissions"]) == {"network", "files"}
    for sentence in (manifest["tagline"], *manifest["permissions"].values()):
        assert len(sentence) <= 64
        assert sentence[-1].isalnum()


def test_the_real_zip_is_valid(blender: Environment, real_zip: Path) -> None:
    assert "Success" in BlenderTool(blender, ROOT).validate(real_zip)


def test_the_real_zip_holds_the_staged_tree_and_its_wheels(real_zip: Path) -> None:
    with zipfile.ZipFile(real_zip) as archive:
        assert archive.testzip() is None
        names = [name for name in archive.namelist() if not name.endswith("/")]
        manifest = tomllib.loads(archive.read("blender_manifest.toml").decode("utf-8"))
    wheels = [name for name in names if name.startswith("wheels/")]
    assert sorted(name for name in names if name not in wheels) == sorted(list_files(ROOT))
    assert sorted(manifest["wheels"]) == sorted(f"./{name}" for name in wheels)
    assert manifest["platforms"] == [name_current_platform()]
    assert len(names) == len(set(names))


def test_the_real_zip_serves_both_pythons_of_blender(real_zip: Path) -> None:
    with zipfile.ZipFile(real_zip) as archive:
        names = archive.namelist()
    for version in ("cp311", "cp313"):
        assert [name for name in names if "pydantic_core-" in name and f"-{version}-" in name]


def test_two_builds_of_equal_trees_are_equal(
    blender: Environment, copy_layout: Layout, tmp_path: Path, real_zip: Path
) -> None:
    with zipfile.ZipFile(real_zip) as archive:
        archive.extractall(tmp_path / "unpacked")
    wheels = sorted((tmp_path / "unpacked" / "wheels").iterdir())
    made = [
        build_zip(
            Layout(root=root, build=tmp_path / f"build-{number}"),
            BlenderTool(blender, root),
            name_current_platform(),
            wheels,
            tmp_path / f"out-{number}" / real_zip.name,
        ).read_bytes()
        for number, root in enumerate((ROOT, copy_layout.root))
    ]
    assert made[0] == made[1]


def test_a_build_that_blender_refuses_puts_nothing_into_place(
    blender: Environment, copy_layout: Layout, tmp_path: Path
) -> None:
    manifest = copy_layout.root / "blender_manifest.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("4.2.0", "four"), encoding="utf-8")
    target = tmp_path / "out" / "x.zip"
    with pytest.raises(BuildError, match="Blender's build"):
        build_zip(copy_layout, BlenderTool(blender, copy_layout.root), "linux-x64", [], target)
    assert not target.exists()


def test_the_repository_lists_every_zip(blender: Environment, copy_layout: Layout, tmp_path: Path) -> None:
    tool = BlenderTool(blender, copy_layout.root)
    zips = [
        build_zip(copy_layout, tool, name, [], tmp_path / name_zip("0.1.0", name))
        for name in ("linux-x64", "windows-arm64")
    ]
    folder = make_repository(copy_layout, blender, zips)
    index = (folder / "index.json").read_text(encoding="utf-8")
    assert sorted(re.findall(r'"archive_url": "([^"]+)"', index)) == sorted(f"./{path.name}" for path in zips)
    assert (folder / "index.html").is_file()
    assert sorted(path.name for path in folder.glob("*.zip")) == sorted(path.name for path in zips)


def test_the_wheels_come_before_the_first_table(tmp_path: Path) -> None:
    target = tmp_path / "blender_manifest.toml"
    write_manifest(
        ROOT / "blender_manifest.toml", target, platform_name="linux-x64", wheels=["a-1-py3-none-any.whl"]
    )
    written = tomllib.loads(target.read_text(encoding="utf-8"))
    source = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert written == {**source, "platforms": ["linux-x64"], "wheels": ["./wheels/a-1-py3-none-any.whl"]}


def test_the_version_is_read_from_the_manifest(tmp_path: Path) -> None:
    assert read_version(ROOT) == tomllib.loads((ROOT / "blender_manifest.toml").read_text())["version"]
    (tmp_path / "blender_manifest.toml").write_text("id = 1\n", encoding="utf-8")
    with pytest.raises(BuildError, match="version"):
        read_version(tmp_path)


def test_zips_are_named_as_blender_names_them() -> None:
    assert name_zip("0.1.0", "windows-arm64") == "clearance-0.1.0-windows_arm64.zip"
    assert find_layout().dist.name == "dist"
