"""What reaches the render, read without Blender: never less than what Blender says of the same file."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from core.model.scene import SceneScan

pytest.importorskip("blender_asset_tracer", reason="reading .blend files needs the extra 'scan'")
pytest.importorskip("zstandard", reason="reading .blend files needs the extra 'scan'")

from core.files.blend import zstd
from core.files.blend.reader import read_scene

ROOT = Path(__file__).parents[4]
FOLDER = Path(__file__).parent
VERSIONS = ("4_2", "4_5", "5_2")
PYTHONS = [python for python in os.environ.get("CLEARANCE_BPY_PYTHONS", "").split(os.pathsep) if python]


def told(scan: SceneScan) -> dict[str, bool | None]:
    return {f"{one.id_type}/{one.name}": one.in_output for one in scan.data_blocks}


@pytest.mark.parametrize("python", PYTHONS or [""])
def test_nothing_that_blender_says_is_in_is_said_to_be_out(python: str, tmp_path: Path) -> None:
    """Take every scene of the tests inside Blender, and eighty random ones."""
    if not python:
        pytest.skip("needs_tool: CLEARANCE_BPY_PYTHONS names no Python that has bpy")
    files = tmp_path / "files"
    files.mkdir()
    paths = os.pathsep.join((str(ROOT / "tests" / "support"), str(ROOT)))
    done = subprocess.run(
        [
            python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--noconftest", "-p", "output_files",
            "--basetemp", str(tmp_path / "made"), str(ROOT / "tests" / "blender" / "test_output.py"),
        ],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": paths, "CLEARANCE_OUTPUT_FILES": str(files)},
        capture_output=True, text=True, check=False, timeout=1200,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    seen: Counter[str] = Counter()
    less: list[str] = []
    for path in sorted(files.glob("*.blend")):
        read: dict[tuple[str, str, str], Counter[bool | None]] = {}
        for one in read_scene(path).data_blocks:
            read.setdefault((one.id_type, one.name, one.library), Counter())[one.in_output] += 1
        said: dict[tuple[str, str, str], Counter[bool]] = {}
        for kind, name, library, in_output in json.loads(path.with_suffix(".json").read_text("utf-8")):
            said.setdefault((kind, name, library), Counter())[in_output] += 1
        for key, counts in said.items():
            mine = read[key]
            assert mine.total() == counts.total()
            if mine[True] < counts[True]:
                less.append(f"{path.stem}: {key}")
            seen["same" if mine[True] == counts[True] else "more"] += counts.total()
    assert less == []
    # Careful is not the same as saying nothing: nearly all of it is just what Blender says.
    assert seen["same"] > 3000
    assert seen["more"] < 20


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_in_a_committed_scene(version: str) -> None:
    found = told(read_scene(FOLDER / "output" / f"hidden_{version}.blend"))
    named = {name: is_in for name, is_in in found.items() if name.partition("/")[2].startswith(("in", "out"))}
    assert named == {name: name.partition("/")[2].startswith("in") for name in named}
    assert {kind for kind, _, _ in (name.partition("/") for name in named)} == {
        "OBJECT", "MESH", "MATERIAL", "IMAGE", "COLLECTION", "STRIP",
    }  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_linked_counts_like_what_is_local(version: str) -> None:
    found = told(read_scene(FOLDER / f"linked_{version}.blend"))
    assert found["OBJECT/local"] is found["OBJECT/chair"] is found["MESH/mixed"] is True
    assert found[f"LIBRARY/scene_{version}.blend"] is True


def test_a_missing_library_still_counts_where_it_is_used(tmp_path: Path) -> None:
    alone = tmp_path / "alone.blend"
    alone.write_bytes((FOLDER / "linked_5_2.blend").read_bytes())
    found = told(read_scene(alone))
    assert found["OBJECT/chair"] is found["LIBRARY/scene_5_2.blend"] is True


def test_nothing_is_said_where_it_was_not_asked() -> None:
    scan = read_scene(FOLDER / "scene_5_2.blend", output=False)
    assert {one.in_output for one in scan.data_blocks} == {None}
    assert {one.in_output for one in read_scene(FOLDER / "scene_5_2.blend").data_blocks} == {True}


def test_nothing_is_said_of_files_that_keep_it_elsewhere(tmp_path: Path) -> None:
    """Blender before 2.80 had no view layers; such a description of structs stands for it."""
    with (FOLDER / "scene_5_2.blend").open("rb") as file:
        plain = b"".join(zstd.stream(file, chunk=2**20))
    assert plain.count(b"\x00LayerCollection\x00") == 1
    path = tmp_path / "older.blend"
    path.write_bytes(plain.replace(b"\x00LayerCollection\x00", b"\x00LegacyCollectio\x00"))
    scan = read_scene(path)
    assert {one.in_output for one in scan.data_blocks} == {None}
    assert len(scan.data_blocks) == len(read_scene(FOLDER / "scene_5_2.blend").data_blocks)
