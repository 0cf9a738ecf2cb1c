# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes are recognized after what exporters and scenes do to them, and never taken for one another."""

from __future__ import annotations

import json
import math
import random
import struct
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from varied_content import MESH_CHANGES, Mesh, make_mesh, move, shuffle, split, triangulate

from core.errors import UserInputError
from core.fingerprints import MeshFingerprint, MeshIndex, fingerprint_mesh
from core.fingerprints.meshes import TOLERANCE, distance, is_same

DIFFERENT = 10_000
COPIES = 200


def of_mesh(mesh: Mesh) -> MeshFingerprint:
    found = fingerprint_mesh(*mesh)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def originals() -> list[MeshFingerprint]:
    return [of_mesh(make_mesh(seed)) for seed in range(DIFFERENT)]


def test_no_two_of_ten_thousand_different_meshes_match(originals: list[MeshFingerprint]) -> None:
    index: MeshIndex[int] = MeshIndex()
    false = []
    for seed, fingerprint in enumerate(originals):
        false += [(seed, match.key) for match in index.find(fingerprint)]
        index.add(seed, fingerprint)
    assert false == []
    assert sum(fingerprint.is_plain for fingerprint in originals) < 0.01 * DIFFERENT


@pytest.mark.parametrize("change", MESH_CHANGES)
def test_copies_are_found_and_only_their_own_original(change: str, originals: list[MeshFingerprint]) -> None:
    index = MeshIndex(enumerate(originals))
    keys = [
        [
            match.key
            for match in index.find(of_mesh(MESH_CHANGES[change](make_mesh(seed), random.Random(seed))))
        ]
        for seed in range(COPIES)
    ]
    assert all(set(found) <= {seed} for seed, found in enumerate(keys))
    assert sum(found == [seed] for seed, found in enumerate(keys)) >= 0.99 * COPIES


@given(st.integers(0, 400), st.integers(0, 2**32))
def test_every_change_in_a_row_leaves_the_shape(seed: int, chance: int) -> None:
    rng = random.Random(chance)
    mesh = make_mesh(seed)
    assert distance(of_mesh(mesh), of_mesh(move(shuffle(mesh, rng), rng, 0.0))) < 1e-5
    copy = of_mesh(move(shuffle(split(triangulate(mesh, rng), rng), rng), rng, 0.0))
    assert distance(of_mesh(mesh), copy) < TOLERANCE


def test_an_uneven_scale_is_another_shape() -> None:
    vertices, faces = make_mesh(0)
    assert not is_same(
        of_mesh((vertices, faces)), of_mesh(([(x, y, z * 1.2) for x, y, z in vertices], faces))
    )


def test_fine_meshes_are_measured_like_coarse_ones() -> None:
    vertices, faces = make_mesh(3)
    coarse = of_mesh((vertices, faces))
    for _ in range(5):
        finer: list[tuple[int, ...]] = []
        for face in faces:
            base = len(vertices)
            corners = [vertices[i] for i in face]
            middle = tuple(sum(c[k] for c in corners) / len(face) for k in range(3))
            vertices = [*vertices, (middle[0], middle[1], middle[2])]
            finer += [(face[i - 1], face[i], base) for i in range(len(face))]
        faces = finer
    assert len(faces) > 4000
    assert distance(coarse, of_mesh((vertices, faces))) < 1e-5


def make_grid(columns: int, rows: int, width: float) -> Mesh:
    vertices = [(width * x / columns, y / rows, 0.0) for y in range(rows + 1) for x in range(columns + 1)]
    faces: list[tuple[int, ...]] = [
        (a, a + 1, a + columns + 2, a + columns + 1)
        for y in range(rows) for a in range(y * (columns + 1), y * (columns + 1) + columns)
    ]  # fmt: skip
    return vertices, faces


def make_sphere(rings: int, sides: int) -> Mesh:
    vertices = [
        (math.sin(math.pi * r / rings) * math.cos(math.tau * s / sides),
         math.sin(math.pi * r / rings) * math.sin(math.tau * s / sides), math.cos(math.pi * r / rings))
        for r in range(rings + 1) for s in range(sides)
    ]  # fmt: skip
    faces: list[tuple[int, ...]] = [
        (r * sides + s, r * sides + (s + 1) % sides, (r + 1) * sides + (s + 1) % sides, (r + 1) * sides + s)
        for r in range(rings) for s in range(sides)
    ]  # fmt: skip
    return vertices, faces


@pytest.mark.parametrize(
    "mesh", [make_grid(1, 1, 1), make_grid(9, 9, 1), make_grid(9, 5, 2.5), make_sphere(12, 24)]
)
def test_what_everybody_makes_matches_nothing(mesh: Mesh) -> None:
    fingerprint = of_mesh(mesh)
    assert fingerprint.is_plain and not is_same(fingerprint, fingerprint)
    assert MeshIndex([(1, fingerprint)]).find(fingerprint) == []


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


@pytest.mark.parametrize("seed", range(8))
def test_text_form_is_short_and_read_back(seed: int) -> None:
    fingerprint = of_mesh(make_mesh(seed))
    text = fingerprint.encode()
    assert MeshFingerprint.decode(text) == fingerprint
    assert len(text) < 200
    for broken in ("", text[1:], text.replace("cm1", "cm2"), text + ":1", text.replace(",", ";"), text + " "):
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
        assert [match.key for match in index.find(copy)] == [name], (change, distance(original, copy))
