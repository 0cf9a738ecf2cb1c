# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes are recognized after what exporters and scenes do to them, and never taken for one another."""

from __future__ import annotations

import json
import math
import random
import struct
from array import array
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recognition_proof import count_mesh_copies, find_false_meshes, make_any_mesh, of_mesh
from similar_content import MESHES, PLAIN_MESHES
from varied_content import MESH_CHANGES, Mesh, make_mesh, move, shuffle, split, triangulate

from core.errors import UserInputError
from core.fingerprints import (
    Likeness,
    MeshFingerprint,
    MeshIndex,
    fingerprint_arrays,
    fingerprint_mesh,
    moments,
)
from core.fingerprints.meshes import compare, distance
from core.model.mesh import MeshArrays

DIFFERENT = 960
"""The bench compares ten thousand."""
COPIES = 80
MEASURES: list[Callable[[MeshArrays], moments.Measured | None]] = [moments.measure_mesh]
"""Both ways: NumPy is where Blender is, and not everywhere else."""
if find_spec("numpy") is not None:
    MEASURES.append(import_module("core.fingerprints.moments_numpy").measure_mesh)


def pack(mesh: Mesh) -> MeshArrays:
    return MeshArrays(
        positions=array("f", [value for vertex in mesh[0] for value in vertex]),
        corners=array("i", [index for face in mesh[1] for index in face]),
        sizes=array("i", [len(face) for face in mesh[1]]),
    )


@pytest.fixture(scope="module")
def originals() -> list[MeshFingerprint]:
    return [of_mesh(make_any_mesh(number)) for number in range(DIFFERENT)]


def test_no_two_of_many_different_meshes_match(originals: list[MeshFingerprint]) -> None:
    assert find_false_meshes(originals) == []
    assert sum(fingerprint.is_plain for fingerprint in originals) < 0.01 * DIFFERENT


@pytest.mark.parametrize("change", MESH_CHANGES)
def test_copies_are_found_and_only_their_own_original(change: str, originals: list[MeshFingerprint]) -> None:
    copies = count_mesh_copies(change, originals[:COPIES], MeshIndex(enumerate(originals)))
    assert copies.looked_for >= 0.9 * COPIES
    assert copies.false == () and copies.share >= 0.99


@given(st.integers(0, 400), st.integers(0, 2**32))
def test_every_change_in_a_row_leaves_the_shape(seed: int, chance: int) -> None:
    rng = random.Random(chance)
    original, mesh = of_mesh(make_mesh(seed)), make_mesh(seed)
    turned = of_mesh(move(shuffle(mesh, rng), rng, 0.0))
    assert distance(original.shape, turned.shape) < 1e-5 and distance(original.points, turned.points) < 1e-5
    copy = of_mesh(move(shuffle(split(triangulate(mesh, rng), rng), rng), rng, 0.0))
    same = compare(original, copy)
    assert original.is_plain or (same is not None and same.likeness is Likeness.CORNERS)


def test_an_uneven_scale_of_something_simple_is_another_shape() -> None:
    vertices, faces = make_mesh(0)
    other = of_mesh(([(x, y, z * 1.2) for x, y, z in vertices], faces))
    assert compare(of_mesh((vertices, faces)), other) is None


@pytest.mark.parametrize("kind", [0, 1])
def test_an_uneven_scale_of_something_intricate_is_told_as_stretched(kind: int) -> None:
    vertices, faces = make_mesh(4 + kind, 24, 32)
    wide = of_mesh(([(0.7 * x, 1.3 * y + 0.2 * x, 1.9 * z) for x, y, z in vertices], faces))
    same = compare(of_mesh((vertices, faces)), wide)
    assert same is not None and same.likeness is Likeness.STRETCHED


def test_a_mirrored_copy_is_a_copy() -> None:
    vertices, faces = make_mesh(0)
    mirrored = of_mesh(([(-x, y, z) for x, y, z in vertices], [face[::-1] for face in faces]))
    assert compare(of_mesh((vertices, faces)), mirrored) is not None


def make_finer(mesh: Mesh, times: int) -> Mesh:
    """Cut faces into triangles around their middles, again and again."""
    vertices, faces = mesh
    for _ in range(times):
        finer: list[tuple[int, ...]] = []
        for face in faces:
            corners = [vertices[i] for i in face]
            middle = [sum(c[k] for c in corners) / len(face) for k in range(3)]
            vertices = [*vertices, (middle[0], middle[1], middle[2])]
            finer += [(face[i - 1], face[i], len(vertices) - 1) for i in range(len(face))]
        faces = finer
    return vertices, faces


def test_fine_meshes_are_measured_like_coarse_ones() -> None:
    fine = make_finer(make_mesh(3), 5)
    assert len(fine[1]) > 4000
    same = compare(of_mesh(make_mesh(3)), of_mesh(fine))
    assert same is not None and same.likeness is Likeness.SURFACE


@pytest.mark.parametrize("kind", [*MESHES, *PLAIN_MESHES])
def test_numbers_are_the_same_with_numpy_and_without(kind: str) -> None:
    for seed in range(8):
        mesh = pack((MESHES | PLAIN_MESHES)[kind](random.Random(seed)))
        slow, *others = (measure(mesh) for measure in MEASURES)
        assert slow is not None and len(slow.shape) == moments.VALUES
        for fast in others:
            assert fast is not None
            for name in ("shape", "points", "stretch"):
                assert distance(getattr(slow, name), getattr(fast, name)) <= 2e-6, name
            assert slow.corners == fast.corners and abs(slow.variety - fast.variety) <= 1


def test_vertices_that_are_nearly_one_are_one() -> None:
    mesh = make_chair_like()
    original = of_mesh(mesh)
    for seed in range(50):
        copy = of_mesh(move(split(mesh, random.Random(seed)), random.Random(seed), 5e-7))
        assert copy.corners == original.corners


def make_chair_like() -> Mesh:
    return MESHES["chair"](random.Random(5))


@pytest.mark.parametrize("kind", PLAIN_MESHES)
def test_what_everybody_makes_matches_nothing(kind: str) -> None:
    index: MeshIndex[int] = MeshIndex()
    for seed in range(60):
        fingerprint = of_mesh(PLAIN_MESHES[kind](random.Random(seed)))
        assert fingerprint.is_plain
        assert compare(fingerprint, fingerprint) is None and index.find(fingerprint) == []
        index.add(seed, fingerprint)


@pytest.mark.parametrize(
    ("vertices", "faces"),
    [
        ([], []),
        ([(0.0, 0.0, 0.0)], []),
        ([(1.0, 1.0, 1.0)] * 3, [(0, 1, 2)]),
        ([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (2.0, 0.0, 0.0)], [(0, 1, 2)]),
        ([(-1.7e308, 0.0, 0.0), (1.7e308, 0.0, 0.0), (0.0, 1.0, 0.0)], [(0, 1, 2)]),
    ],
)
def test_what_has_no_surface_has_no_fingerprint(
    vertices: list[tuple[float, ...]], faces: list[tuple[int, ...]]
) -> None:
    assert fingerprint_mesh(vertices, faces) is None


@pytest.mark.parametrize(
    ("vertices", "faces"),
    [
        ([(0.0, 0.0, 0.0)] * 3, [(0, 1, 3)]),
        ([(0.0, 0.0, 0.0)] * 3, [(0, 1, -1)]),
        ([(0.0, 0.0, 0.0)] * 3, [(0, 1)]),
        ([(0.0, 0.0)] * 3, [(0, 1, 2)]),
        ([(0.0, 0.0, math.nan)] * 3, [(0, 1, 2)]),
        ([(0.0, math.inf, 0.0)] * 3, [(0, 1, 2)]),
    ],
)
def test_a_broken_mesh_is_said(vertices: list[tuple[float, ...]], faces: list[tuple[int, ...]]) -> None:
    with pytest.raises(UserInputError) as caught:
        fingerprint_mesh(vertices, faces)
    assert caught.value.code == "fingerprint.mesh"


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("positions", "corners", "sizes"),
    [
        ([0.0] * 8, [0, 1, 2], [3]),
        ([0.0] * 9, [0, 1, 2], [2]),
        ([0.0] * 9, [0, 1, 2], [3, 3]),
        ([0.0] * 9, [0, 1, 3], [3]),
        ([0.0] * 9, [0, 1, -1], [3]),
        ([math.nan] * 9, [0, 1, 2], [3]),
        ([math.inf] * 9, [0, 1, 2], [3]),
    ],
)
def test_broken_arrays_are_said_with_numpy_and_without(
    measure: Callable[[MeshArrays], object], positions: list[float], corners: list[int], sizes: list[int]
) -> None:
    mesh = MeshArrays(positions=array("f", positions), corners=array("i", corners), sizes=array("i", sizes))
    with pytest.raises(UserInputError) as caught:
        measure(mesh)
    assert caught.value.code == "fingerprint.mesh"
    with pytest.raises(UserInputError):
        fingerprint_arrays(mesh)


@pytest.mark.parametrize("measure", MEASURES)
def test_nothing_has_no_fingerprint(measure: Callable[[MeshArrays], object]) -> None:
    assert measure(pack(([], []))) is None
    assert measure(pack(([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (2.0, 0.0, 0.0)], [(0, 1, 2)]))) is None


COORDINATES = st.tuples(*[st.floats(-1e6, 1e6)] * 3)
CROSSED: Mesh = ([(0.0, 0.0, 0.0), (1.0, 0.0, 1.0), (0.0, 0.0, 1.0)], [(0, 0, 1, 2)])


def test_crossed_faces_are_no_failure() -> None:
    for order in permutations((0, 0, 1, 2)):
        found = fingerprint_mesh(CROSSED[0], [order])
        assert found is None or found.is_plain


@given(st.lists(COORDINATES, min_size=3, max_size=12), st.data())
def test_any_mesh_is_measured_or_has_no_surface(
    vertices: list[tuple[float, float, float]], data: st.DataObject
) -> None:
    corner = st.integers(0, len(vertices) - 1)
    faces = data.draw(st.lists(st.lists(corner, min_size=3, max_size=6), max_size=6))
    found = fingerprint_mesh(vertices, faces)
    assert found is None or MeshFingerprint.decode(found.encode()) == found
    # Of faces that cross themselves, rounding decides whether anything is left.
    measured = [one for measure in MEASURES if (one := measure(pack((vertices, faces)))) is not None]
    assert len({one.corners for one in measured}) <= 1


@pytest.mark.parametrize("seed", range(8))
def test_text_form_is_short_and_read_back(seed: int) -> None:
    fingerprint = of_mesh(make_mesh(seed))
    text = fingerprint.encode()
    assert MeshFingerprint.decode(text) == fingerprint
    assert len(text) < 300
    for broken in ("", text[1:], text.replace("cm2", "cm3"), text + ":1", text.replace(",", ";"), text + " "):
        with pytest.raises(UserInputError):
            MeshFingerprint.decode(broken)


def read_glb(path: Path) -> list[Mesh]:
    data = path.read_bytes()
    length = struct.unpack_from("<I", data, 12)[0]
    tree, blob = json.loads(data[20 : 20 + length]), data[28 + length :]

    def read(number: int) -> list[tuple[int | float, ...]]:
        accessor = tree["accessors"][number]
        view = tree["bufferViews"][accessor["bufferView"]]
        form = {5121: "B", 5123: "H", 5125: "I", 5126: "f"}[accessor["componentType"]]
        form = "<" + form * (3 if accessor["type"] == "VEC3" else 1)
        start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        step = view.get("byteStride", struct.calcsize(form))
        return [struct.unpack_from(form, blob, start + step * n) for n in range(accessor["count"])]

    meshes: list[Mesh] = []
    for mesh in tree["meshes"]:
        for part in mesh["primitives"]:
            corners = [int(row[0]) for row in read(part["indices"])]
            faces: list[tuple[int, ...]] = [tuple(corners[n : n + 3]) for n in range(0, len(corners), 3)]
            meshes.append(([(a, b, c) for a, b, c in read(part["attributes"]["POSITION"])], faces))
    return meshes


@pytest.mark.needs_shared
@pytest.mark.parametrize("name", ["generic_hand_left.glb", "oculus_touch_v3_left.glb"])
def test_real_models_are_found_among_generated_ones(
    shared_dir: Path, originals: list[MeshFingerprint], name: str
) -> None:
    index: MeshIndex[int | str] = MeshIndex(enumerate(originals))
    mesh = max(read_glb(shared_dir / "assets" / name), key=lambda mesh: len(mesh[1]))
    original = of_mesh(mesh)
    assert index.find(original) == []
    index.add(name, original)
    for change in MESH_CHANGES:
        copy = of_mesh(MESH_CHANGES[change](mesh, random.Random(name)))
        assert [match.key for match in index.find(copy)] == [name], change
