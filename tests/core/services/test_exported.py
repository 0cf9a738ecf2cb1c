"""What appeared in folders where exporters write, and whether a rights file came with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.services import exported


def put(path: Path, text: str = "x", *, at_s: int = 1_000_000_000) -> Path:
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at_s, at_s))
    return path


@pytest.mark.parametrize("ending", sorted(exported.ENDINGS))
def test_what_exporters_write_is_listed(tmp_path: Path, ending: str) -> None:
    put(tmp_path / f"chair.{ending}", "abc")
    put(tmp_path / f"TABLE.{ending.upper()}")
    found = exported.list_files(tmp_path)
    assert found[f"chair.{ending}"] == exported.Mark(3, 1_000_000_000_000_000_000)
    assert f"TABLE.{ending.upper()}" in found


def test_nothing_else_is_listed(tmp_path: Path) -> None:
    for name in ("scene.blend", "chair.glb", "obj", "notes.obj.txt", "chair.obj.rights.json"):
        put(tmp_path / name)
    (tmp_path / "folder.obj").mkdir()
    assert exported.list_files(tmp_path) == {}


def test_a_folder_that_is_gone_or_a_file_is_empty(tmp_path: Path) -> None:
    assert exported.list_files(tmp_path / "gone") == {}
    assert exported.list_files(put(tmp_path / "file")) == {}
    assert exported.look([tmp_path / "gone"]).files == {tmp_path / "gone": {}}


def test_new_and_changed_files_are_told_apart_from_the_others(tmp_path: Path) -> None:
    put(tmp_path / "old.obj")
    put(tmp_path / "grown.obj")
    put(tmp_path / "again.obj")
    before = exported.list_files(tmp_path)
    assert exported.find_new(before, before) == ()
    put(tmp_path / "grown.obj", "longer")
    put(tmp_path / "again.obj", at_s=1_000_000_001)
    put(tmp_path / "Stuhl „Eiche“ 椅子.fbx")
    assert exported.find_new(before, exported.list_files(tmp_path)) == (
        "Stuhl „Eiche“ 椅子.fbx", "again.obj", "grown.obj",
    )  # fmt: skip
    (tmp_path / "old.obj").unlink()
    assert "old.obj" not in exported.find_new(before, exported.list_files(tmp_path))


def test_a_rights_file_counts_when_it_is_as_new_as_its_file(tmp_path: Path) -> None:
    chair = put(tmp_path / "chair.obj", at_s=1_000_000_100)
    assert exported.lacks_rights(chair)
    put(tmp_path / "chair.obj.rights.json", at_s=1_000_000_099)
    assert exported.lacks_rights(chair)
    put(tmp_path / "chair.obj.rights.json", at_s=1_000_000_100)
    assert not exported.lacks_rights(chair)
    assert not exported.lacks_rights(tmp_path / "gone.obj")
    assert exported.look((), [chair, tmp_path / "gone.obj"]).bare == ()
