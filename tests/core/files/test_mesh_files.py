"""Meshes out of files, as arrays: what is there is read, what is not plain is said, nothing is guessed."""

from __future__ import annotations

import json
import struct
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from file_samples import make_glb
from hypothesis import given
from hypothesis import strategies as st
from mesh_samples import CHAIR, make_chair_glb, write_obj, write_ply, write_stl
from varied_content import Mesh

from core.errors import ClearanceError, ImportRefused
from core.files.models.gltf_mesh import read_gltf
from core.files.models.mesh_parts import (
    MeshPart,
    Pieces,
    forms_of,
    is_even,
    join,
    multiply,
    transform,
)
from core.files.models.plain_meshes import read_obj, read_ply, read_stl
from core.fingerprints import MeshFingerprint, fingerprint_arrays, fingerprint_mesh
from core.fingerprints.meshes import compare
from core.model.mesh import MeshArrays


def same(found: MeshArrays, mesh: Mesh = CHAIR) -> bool:
    one, other = fingerprint_arrays(found), fingerprint_mesh(*mesh)
    assert isinstance(one, MeshFingerprint) and isinstance(other, MeshFingerprint)
    return compare(one, other) is not None


def only(pieces: Pieces) -> MeshArrays:
    assert len(pieces.meshes) == 1
    return join(pieces.meshes[0].pieces)


WRITERS: dict[str, tuple[Callable[[Path], Path], Callable[[Path], Pieces]]] = {
    "obj": (write_obj, read_obj),
    "obj backwards": (lambda path: write_obj(path, negative=True), read_obj),
    "stl": (write_stl, read_stl),
    "stl text": (lambda path: write_stl(path, text=True), read_stl),
    "ply": (write_ply, read_ply),
    "ply little": (lambda path: write_ply(path, order="<"), read_ply),
    "ply big": (lambda path: write_ply(path, order=">"), read_ply),
}


@pytest.mark.parametrize("form", WRITERS)
def test_the_same_chair_comes_out_of_every_format(form: str, tmp_path: Path) -> None:
    write, read = WRITERS[form]
    assert same(only(read(write(tmp_path / "chair"))))


def read_or_refuse(read: Callable[[Path], Pieces], path: Path) -> str:
    """Read a file and measure what is in it; return the code of what was said about it."""
    try:
        for part in read(path).meshes:
            fingerprint_arrays(join(part.pieces))
    except ClearanceError as error:
        return error.code
    return "read"


@pytest.mark.parametrize("form", WRITERS)
def test_a_file_that_was_cut_off_is_said_or_read_so_far(form: str, tmp_path: Path) -> None:
    write, read = WRITERS[form]
    path = write(tmp_path / "chair")
    data = path.read_bytes()
    for end in range(0, len(data), max(1, len(data) // 40)):
        path.write_bytes(data[:end])
        assert read_or_refuse(read, path) in {"read", "files.mesh", "fingerprint.mesh"}


@given(st.binary(max_size=400), st.sampled_from([read_obj, read_stl, read_ply]))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, read: Callable[[Path], Pieces]
) -> None:
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(data)
    assert read_or_refuse(read, path) in {"read", "files.mesh", "fingerprint.mesh"}


def test_objects_and_groups_of_a_wavefront_file(tmp_path: Path) -> None:
    path = tmp_path / "two.obj"
    square = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"
    path.write_text(
        f"{square}o A\ng left\nf 1 2 3\ng right\nf 1 3 4 \\\n 2\no Empty\no B\nf -4 -3 -2 -1\nl 1 2\n",
        encoding="utf-8",
    )
    found = read_obj(path)
    assert [(part.name, [list(piece.sizes) for piece in part.pieces]) for part in found.meshes] == [
        ("A", [[3], [4]]),
        ("B", [[4]]),
    ]


@pytest.mark.parametrize("line", ["f 1 2 -9", "f a b c", "v 1 2", "v x y z"])
def test_a_wavefront_file_that_means_nothing_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.obj"
    path.write_text(f"v 0 0 0\nv 1 0 0\nv 0 1 0\n{line}\n", encoding="utf-8")
    with pytest.raises(ImportRefused):
        read_obj(path)


def test_meshes_places_and_pictures_of_a_gltf(tmp_path: Path) -> None:
    found = read_gltf(make_chair_glb(tmp_path / "chair.glb"))
    assert [(name, data[:4]) for name, data in found.images] == [("wood", b"\x89PNG")]
    assert found.notes == []
    part = found.meshes[0]
    assert part.name == "Chair" and len(part.pieces) == 2 and len(part.places) == 2
    assert same(join(part.pieces))
    assert sorted(is_even(place) for place in part.places) == [False, True]
    forms = list(forms_of(found.meshes, "chair.glb"))
    # All together, the chair as it is, the chair stretched, and its two pieces.
    assert [name for name, _ in forms] == ["chair.glb", "Chair", "Chair", "Chair", "Chair"]
    stretched = ([(x, 3 * y, z) for x, y, z in CHAIR[0]], CHAIR[1])
    assert same(forms[1][1]) and not same(forms[1][1], stretched) and same(forms[2][1], stretched)


def test_what_is_compressed_is_said(tmp_path: Path) -> None:
    path = make_chair_glb(tmp_path / "chair.glb")
    data = path.read_bytes()
    size = struct.unpack_from("<I", data, 12)[0]
    root = json.loads(data[20 : 20 + size])
    root["accessors"][0].pop("bufferView")
    path.write_bytes(make_glb(root, data[28 + size :]))
    found = read_gltf(path)
    assert found.meshes[0].pieces == ()
    assert found.notes == ["chair.glb: 2 parts of meshes are compressed; Blender has to read them."]


def test_strips_and_fans_are_triangles(tmp_path: Path) -> None:
    positions = struct.pack("<12f", 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0)
    for mode, expected in ((4, [0, 1, 2]), (5, [0, 1, 2, 1, 2, 3]), (6, [0, 1, 2, 0, 2, 3]), (1, None)):
        root = {
            "asset": {"version": "2.0"},
            "buffers": [{"byteLength": len(positions)}],
            "bufferViews": [{"buffer": 0, "byteLength": len(positions)}],
            "accessors": [{"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"}],
            "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "mode": mode}]}],
        }
        path = tmp_path / f"{mode}.glb"
        path.write_bytes(make_glb(root, positions))
        pieces = read_gltf(path).meshes[0].pieces
        assert [list(piece.corners) for piece in pieces] == ([] if expected is None else [expected])


def test_matrices_are_even_or_not() -> None:
    turn = (0.0, -2.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, -2.0, 5.0, 6.0, 7.0)
    shear = (1.0, 0.3, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
    assert is_even(turn) and not is_even(shear) and not is_even((0.0,) * 12)
    mesh = MeshArrays(positions=array("f", [1.0, 2.0, 3.0]), corners=array("i"), sizes=array("i"))
    twice = transform(transform(mesh, turn), shear)
    once = transform(mesh, multiply(shear, turn))
    assert list(twice.positions) == pytest.approx(list(once.positions))


def test_small_parts_are_no_forms() -> None:
    triangle = MeshArrays(
        positions=array("f", [0.0] * 9), corners=array("i", [0, 1, 2]), sizes=array("i", [3])
    )
    assert list(forms_of([MeshPart(name="bit", pieces=(triangle,))], "all")) == []
