"""Meshes and pictures out of .blend files without Blender, as Blender wrote them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import UserInputError
from core.files.blend.geometry import read_images, read_meshes
from core.files.blend.reader import read_scene

FIXTURES = Path(__file__).parent
VERSIONS = ["4_2", "4_5", "5_2"]


@pytest.mark.parametrize("version", VERSIONS)
def test_meshes_of_three_blenders(version: str) -> None:
    # What a scan learns of a version's structs is kept: it must not pass over what is read here.
    read_scene(FIXTURES / f"scene_{version}.blend")
    found = dict(read_meshes(FIXTURES / f"scene_{version}.blend"))
    mixed = found["mixed"]
    assert mixed is not None
    assert list(mixed.positions) == [0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0]
    assert list(mixed.corners) == [0, 1, 2, 0, 2, 3, 0, 1, 3] and list(mixed.sizes) == [3, 3, 3]
    assert all(mesh is not None for mesh in found.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_pictures_of_three_blenders(version: str) -> None:
    names = {image.name for image in read_images(FIXTURES / f"scene_{version}.blend")}
    told = json.loads((FIXTURES / f"scene_{version}.json").read_text(encoding="utf-8"))
    wanted = {block["name"] for block in told["data_blocks"] if block["id_type"] == "IMAGE"}
    assert wanted <= names


def read_or_refuse(path: Path) -> str:
    """Read a file; return the code of what was said about it."""
    try:
        for _, mesh in read_meshes(path):
            assert mesh is None or len(mesh.positions) % 3 == 0
        list(read_images(path))
    except UserInputError as error:
        return error.code
    return "scene.read"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_that_was_cut_off_or_changed_is_said(version: str, tmp_path: Path) -> None:
    data = (FIXTURES / f"scene_{version}.blend").read_bytes()
    path = tmp_path / "damaged.blend"
    for number in range(60):
        at = len(data) * number // 60
        path.write_bytes(data[:at] if number % 2 else data[:at] + b"\xff\xff\xff\x7f" + data[at + 4 :])
        assert read_or_refuse(path).startswith("scene.")
