"""A scene read without Blender is the same as the one that Blender reads."""

from __future__ import annotations

import gzip
import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ClearanceError, UserInputError
from core.ids import hash_grant_id
from core.model.file_summary import FileSummary
from core.model.scene import SceneScan
from core.stamp_format import FILED_TYPES, decode

pytest.importorskip("blender_asset_tracer", reason="reading .blend files needs the extra 'scan'")
pytest.importorskip("zstandard", reason="reading .blend files needs the extra 'scan'")

from core.files.blend import zstd
from core.files.blend.reader import read_briefly, read_scene
from core.reports.file_summary import summarize
from core.reports.witnesses import MADE_BY_EVERY_SCENE

FOLDER = Path(__file__).parent
FIXTURES = sorted(FOLDER.glob("*.blend"))
MAKER = Path(__file__).parents[3] / "support" / "make_blend_fixtures.py"
PYTHONS = [python for python in os.environ.get("CLEARANCE_BPY_PYTHONS", "").split(os.pathsep) if python]


def as_facts(scan: SceneScan) -> list[dict[str, Any]]:
    facts = [
        {
            "id_type": str(one.id_type),
            "name": one.name,
            "stamp": one.stamp,
            "library": one.library,
            "data_name": one.data_name,
            "data_type": one.data_type,
            "face_grants": sorted(one.face_grants),
            "unmarked_faces": one.unmarked_faces,
            "users": one.users,
            "missing": one.missing,
            "remembered": one.remembered,
            "parts_added": one.parts_added,
        }
        for one in scan.data_blocks
    ]
    return sorted(facts, key=sorting)


def sorting(fact: dict[str, Any]) -> tuple[str, str, str]:
    return fact["id_type"], fact["name"], fact["library"]


def assert_same(path: Path) -> SceneScan:
    told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    scan = read_scene(path)
    nothing = {"missing": False, "remembered": None, "parts_added": False}
    assert as_facts(scan) == sorted(({**nothing, **one} for one in told["data_blocks"]), key=sorting)
    assert sorted(scan.register) == told["register"]
    # A scan of thousands of files reads less of each, and comes to the same sums.
    assert read_sums(path) == summarize(scan)
    return scan


def read_sums(path: Path) -> FileSummary:
    return summarize(read_briefly(path, unasked=MADE_BY_EVERY_SCENE))


def plain_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return b"".join(zstd.stream(file, chunk=2**20))


@pytest.fixture(scope="module")
def small() -> bytes:
    """An uncompressed .blend of 5.2."""
    return plain_bytes(FOLDER / "scene_5_2.blend")


def test_there_is_a_fixture_of_each_version() -> None:
    assert {path.stem for path in FIXTURES} == {
        f"{kind}_{version}" for kind in ("scene", "linked") for version in ("4_2", "4_5", "5_2")
    }


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_committed_file_reads_as_in_blender(path: Path) -> None:
    scan = assert_same(path)
    assert scan.scene == str(path)
    assert scan.host == f"Blender {path.stem.partition('_')[2].replace('_', '.')} file"


@pytest.mark.parametrize("version", ["4_2", "4_5", "5_2"])
def test_witnesses_are_what_was_put_in(version: str) -> None:
    scan = read_scene(FOLDER / f"scene_{version}.blend")
    found = {(str(one.id_type), one.name): one for one in scan.data_blocks}
    assert found["OBJECT", "chair"].stamp == '{"v":1,"grant_id":"grant_ä"}'
    assert found["MESH", "mixed"].stamp == "x" * 3000
    assert found["MESH", "mixed"].face_grants == {7, -9}
    assert found["MESH", "mixed"].unmarked_faces == 1
    assert found["MESH", "marked"].face_grants == {9}
    assert found["MESH", "marked"].unmarked_faces == 0
    assert found["MESH", "other"].face_grants == {5}  # on its points
    assert found["MESH", "other"].unmarked_faces == 1
    assert found["MESH", "wrong_type"].face_grants == frozenset()
    assert found["MESH", "wrong_type"].unmarked_faces == 1
    assert found["OBJECT", "number"].stamp == "5"
    assert found["OBJECT", "bytes"].stamp == str(b"\x00\xff")
    for name in ("group", "float", "flag", "list"):
        assert found["OBJECT", name].stamp == "(not a text)"
    assert found["OBJECT", "blank"].stamp == ""
    assert scan.register == ("one", "two")


@pytest.mark.parametrize("version", ["4_2", "4_5", "5_2"])
def test_linked_data_carries_the_librarys_stamps(version: str) -> None:
    scan = read_scene(FOLDER / f"linked_{version}.blend")
    found = {(str(one.id_type), one.name): one for one in scan.data_blocks}
    chair = found["OBJECT", "chair"]
    assert chair.library == f"//scene_{version}.blend"
    assert chair.stamp is not None
    assert found["MATERIAL", "material"].stamp == "on the material"
    assert found["LIBRARY", f"scene_{version}.blend"].stamp == "on the library"
    assert found["OBJECT", "local"].library == ""


def test_a_missing_library_leaves_names_and_its_own_stamp(tmp_path: Path) -> None:
    alone = tmp_path / "alone.blend"
    alone.write_bytes((FOLDER / "linked_5_2.blend").read_bytes())
    found = {(str(one.id_type), one.name): one for one in read_scene(alone).data_blocks}
    assert found["OBJECT", "chair"].stamp == "on the library"
    assert found["OBJECT", "chair"].library == "//scene_5_2.blend"
    assert found["OBJECT", "chair"].data_type == "EMPTY"
    assert found["LIBRARY", "scene_5_2.blend"].stamp == "on the library"
    assert ("MESH", "mixed") not in found
    assert found["OBJECT", "chair"].missing
    assert found["LIBRARY", "scene_5_2.blend"].missing
    assert not found["OBJECT", "local"].missing


def test_a_damaged_library_is_an_error_and_not_silence(tmp_path: Path) -> None:
    (tmp_path / "linked.blend").write_bytes((FOLDER / "linked_5_2.blend").read_bytes())
    (tmp_path / "scene_5_2.blend").write_bytes(b"BLENDER17-01v0502" + b"\x00" * 100)
    with pytest.raises(UserInputError, match=r"scene_5_2\.blend"):
        read_scene(tmp_path / "linked.blend")


@pytest.mark.parametrize("python", PYTHONS or [""])
def test_whatever_blender_makes_reads_as_in_blender(python: str, tmp_path: Path) -> None:
    if not python:
        pytest.skip("needs_tool: CLEARANCE_BPY_PYTHONS names no Python that has bpy")
    done = subprocess.run(
        [python, str(MAKER), str(tmp_path)], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = sorted(path for path in tmp_path.rglob("*.blend"))
    plain = read_scene(tmp_path / "plain.blend")
    told = {one.name for one in plain.data_blocks}
    assert {"stamped speaker", "readme"} <= told
    assert not {"quiet speaker", "Render Result", "color", "meta"} & told
    strips = [one.stamp for one in plain.data_blocks if one.id_type == "STRIP"]
    assert len(strips) == 2 * 5 + 2
    declared = '{"v":1,"marketplace":"declared"}'
    assert {"on the strip", "on the nested strip", "7", None, declared} == set(strips)
    assert b"IMRender Result" in (tmp_path / "plain.blend").read_bytes()
    names = {"SPEAKER/noted speaker", "TEXT/noted text", "OBJECT/instance"}
    assert plain.quiet == {"grant_a": frozenset({"ACTION", "MESH", *names})}
    assert {"noted speaker", "noted text"} <= told
    grown = {one.name for one in plain.data_blocks if one.id_type == "MESH" and one.parts_added}
    assert grown == {"loose and new", "loose point is new", "more points", "more edges"}
    marks = {one.name: one for one in plain.data_blocks if one.name.startswith("marks on ")}
    assert {name: one.face_grants for name, one in marks.items() if one.id_type == "MESH"} == {
        "marks on POINT": {6, 10_000, 20_000},
        "marks on EDGE": {6, 10_000},
        "marks on CORNER": {6, 10_000},
        "marks on both": {50_000} if plain.host >= "Blender 5" else {50_000, 90_000},
    }
    painted = {one.name for one in plain.data_blocks if one.id_type == "IMAGE" and one.parts_added}
    assert painted == {"painted since"}
    others = [one for one in plain.data_blocks if one.id_type in FILED_TYPES and one.stamp == declared]
    assert len(others) >= 2 * 5
    for one in others:
        # The font, and what is packed, were noted with another size and another name.
        assert one.parts_added == one.name.endswith("1"), one
    pasted = {one.name: one for one in plain.data_blocks if one.id_type == "MATERIAL" and one.stamp}
    assert {name for name, one in pasted.items() if one.face_grants} == {"pasted", "damaged"}
    assert decode(str(pasted["pasted into nothing"].stamp)).grant_id == "grant_b"
    assert pasted["pasted"].face_grants == {hash_grant_id("grant_b")}
    assert {path.stem for path in made} >= {"plain", "compressed", "linked", "nested", "library_gone"}
    for path in made:
        assert_same(path)
        if path.stem.startswith("baked"):
            shown = {one.name: one for one in read_scene(path).data_blocks if one.id_type == "OBJECT"}
            assert shown["baked"].face_grants == {77, -5}
            assert shown["alike"].face_grants == frozenset()
            assert {77, -5, 11} == set(read_sums(path).face_numbers)


def test_gzip_is_read_as_well(small: bytes, tmp_path: Path) -> None:
    path = tmp_path / "old.blend"
    path.write_bytes(gzip.compress(small))
    assert as_facts(read_scene(path)) == as_facts(read_scene(FOLDER / "scene_5_2.blend"))


def test_no_temporary_file_stays(tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    code = (
        "import sys, tempfile; sys.path.insert(0, sys.argv[1]); tempfile.tempdir = sys.argv[2]\n"
        "from pathlib import Path\nfrom core.files.blend.reader import read_scene\n"
        "print(len(read_scene(Path(sys.argv[3])).data_blocks))"
    )
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", code, str(root), str(folder), str(FOLDER / "scene_5_2.blend")],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert int(done.stdout) > 5
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"BLENDER",
        b"not a blend file, but long enough to be looked at more closely",
        b"BLENDER-v402" + b"\x00" * 4,
        b"BLENDER17-01v0502",
        b"BLENDER-v402" + b"ENDB" + b"\x00" * 60,
        b"\x28\xb5\x2f\xfd" + b"garbage" * 20,
        b"\x1f\x8b" + b"garbage" * 20,
        gzip.compress(b"not a blend" * 100),
        b"\x50\x2a\x4d\x18",
        b"<html>" + b" " * 100,
    ],
)
def test_what_is_no_blend_file_says_so(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.blend"
    path.write_bytes(content)
    with pytest.raises(UserInputError) as caught:
        read_scene(path)
    assert caught.value.code == "scene.damaged"
    assert "x.blend" in caught.value.message
    assert str(tmp_path) not in caught.value.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserInputError) as caught:
        read_scene(tmp_path / "none.blend")
    assert caught.value.code == "scene.missing"


@pytest.mark.parametrize("header", [b"BLENDER17-01v0600", b"BLENDER17-02v0502", b"BLENDER17-01v9999"])
def test_a_newer_blender_is_named(header: bytes, small: bytes, tmp_path: Path) -> None:
    path = tmp_path / "new.blend"
    path.write_bytes(header + small[17:])
    with pytest.raises(UserInputError, match="newer") as caught:
        read_scene(path)
    assert caught.value.code == "scene.newer"


@pytest.mark.parametrize("header", [b"BLENDER_v279", b"BLENDER-V402"])
def test_a_very_old_layout_is_refused(header: bytes, tmp_path: Path) -> None:
    path = tmp_path / "old.blend"
    path.write_bytes(header + b"\x00" * 100)
    with pytest.raises(UserInputError, match="32-bit"):
        read_scene(path)


def test_every_cut_is_noticed(small: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut.blend"
    for part in range(1, 20):
        path.write_bytes(small[: len(small) * part // 20])
        for read in (read_scene, read_sums):
            with pytest.raises(UserInputError) as caught:
                read(path)
            assert caught.value.code == "scene.damaged"
    path.write_bytes(small[:-1])
    with pytest.raises(UserInputError):
        read_scene(path)


def test_every_cut_of_a_compressed_file_is_noticed(tmp_path: Path) -> None:
    whole = (FOLDER / "scene_5_2.blend").read_bytes()
    path = tmp_path / "cut.blend"
    for part in range(1, 20):
        path.write_bytes(whole[: len(whole) * part // 20])
        with pytest.raises(UserInputError):
            read_scene(path)


def test_a_block_of_negative_size_does_not_go_round(small: bytes, tmp_path: Path) -> None:
    hostile = bytearray(small)
    struct.pack_into("<q", hostile, 17 + 16, -32)
    path = tmp_path / "loop.blend"
    path.write_bytes(hostile)
    with pytest.raises(UserInputError):
        read_scene(path)


def test_a_description_with_absurd_counts_is_refused(small: bytes, tmp_path: Path) -> None:
    at = small.index(b"SDNANAME")
    for field in (at + 8, small.index(b"TYPE", at) + 4, small.index(b"STRC", at) + 4):
        hostile = bytearray(small)
        struct.pack_into("<I", hostile, field, 0xFFFFFFF0)
        path = tmp_path / "dna.blend"
        path.write_bytes(hostile)
        with pytest.raises(UserInputError) as caught:
            read_scene(path)
        assert caught.value.code == "scene.damaged"


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_change_gives_a_scan_or_a_clear_error(small: bytes, tmp_path: Path, data: st.DataObject) -> None:
    hostile = bytearray(small)
    places = st.integers(0, len(small) - 1)
    for at, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=30)):
        hostile[at] = value
    path = tmp_path / "changed.blend"
    path.write_bytes(hostile)
    for read in (read_scene, read_sums):
        code = ""
        try:
            read(path)
        except ClearanceError as error:
            code = error.code
        assert code in {"", "scene.damaged", "scene.newer"}
