"""The Editor's cache is listed with what the packages say of themselves; what is not there is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from unity_packages import chair_package, store_field

from core.files.arrivals import walk_files
from core.files.unity.cache import FOLDER, VARIABLE, CacheScan, cache_folders, scan_cache


def put(root: Path, place: str, content: bytes, *, at: float = 1_700_000_000) -> Path:
    path = root / FOLDER / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at, at))
    return path


def scan(root: Path, home: Path) -> CacheScan:
    return scan_cache({VARIABLE: str(root)}, home=home, platform="linux")


@pytest.mark.parametrize(
    ("platform", "environ", "folder"),
    [
        ("win32", {"APPDATA": "/u/roaming"}, Path("/u/roaming/Unity")),
        ("win32", {}, Path("/home/ann/AppData/Roaming/Unity")),
        ("darwin", {}, Path("/home/ann/Library/Unity")),
        ("linux", {}, Path("/home/ann/.local/share/unity3d")),
        ("linux", {"XDG_DATA_HOME": "/d"}, Path("/d/unity3d")),
    ],
)
def test_default_places(platform: str, environ: dict[str, str], folder: Path) -> None:
    assert cache_folders(environ, home=Path("/home/ann"), platform=platform) == (folder / FOLDER,)


def test_the_variable_comes_first_and_may_name_the_folder_itself() -> None:
    for named in ("/cache", f"/cache/{FOLDER}"):
        folders = cache_folders({VARIABLE: named}, home=Path("/home/ann"), platform="linux")
        assert folders[0] == Path("/cache") / FOLDER
        assert len(folders) == 2


def test_packages_the_newest_first(tmp_path: Path) -> None:
    put(
        tmp_path,
        "Joiner/3D ModelsProps/Oak.unitypackage",
        chair_package().package(extra=store_field()),
        at=1e9,
    )
    put(tmp_path, "Joiner/3D/Props/Pine.unitypackage", chair_package().package(), at=1.5e9)
    put(tmp_path, "Joiner/3D/.Oak-content__1.unitypackage", b"x")
    put(tmp_path, "Joiner/3D/Oak.unitypackage.info.json", b'{"upload_id": "1"}')
    put(tmp_path, "Joiner/3D/readme.txt", b"x")
    found = scan(tmp_path, tmp_path).found
    assert [one.path.name for one in found] == ["Pine.unitypackage", "Oak.unitypackage"]
    assert found[0].origin is None
    assert found[1].origin is not None
    assert found[1].origin.publisher == "Joiner & Söhne"


def test_the_default_place_counts_beside_the_chosen_one(tmp_path: Path) -> None:
    put(tmp_path / "chosen", "a/b/One.unitypackage", chair_package().package())
    put(tmp_path / ".local/share/unity3d", "a/b/Two.unitypackage", chair_package().package())
    result = scan(tmp_path / "chosen", tmp_path)
    assert {one.path.stem for one in result.found} == {"One", "Two"}
    assert result.problems == ()


def test_a_cache_that_is_not_there_is_said(tmp_path: Path) -> None:
    result = scan_cache({}, home=tmp_path, platform="linux")
    assert result.found == ()
    assert len(result.problems) == 1
    assert str(tmp_path) in result.problems[0]
    named = scan(tmp_path / "gone", tmp_path)
    assert VARIABLE in named.problems[0]
    assert len(named.problems) == 2


def test_what_is_no_package_is_said(tmp_path: Path) -> None:
    put(tmp_path, "a/b/broken.unitypackage", b"<html></html>")
    put(tmp_path, "a/b/good.unitypackage", chair_package().package())
    result = scan(tmp_path, tmp_path)
    assert [one.path.stem for one in result.found] == ["good"]
    assert len(result.problems) == 1
    assert "broken.unitypackage" in result.problems[0]


def test_links_are_not_followed(tmp_path: Path) -> None:
    real = put(tmp_path / "real", "a/b/One.unitypackage", chair_package().package())
    folder = tmp_path / "cache" / FOLDER / "a"
    folder.mkdir(parents=True)
    (folder / "linked.unitypackage").symlink_to(real)
    (folder / "linked").symlink_to(real.parent)
    assert scan(tmp_path / "cache", tmp_path).found == ()


def test_a_folder_that_cannot_be_listed_is_said(tmp_path: Path) -> None:
    path = put(tmp_path, "a/One.unitypackage", b"x")
    problems: list[str] = []
    assert list(walk_files(path, ending=".unitypackage", depth=2, problems=problems)) == []
    assert len(problems) == 1
    assert "cannot be read" in problems[0]
