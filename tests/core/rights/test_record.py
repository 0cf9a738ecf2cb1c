"""Runs of faces: put together, spread over a mesh again, shared out where nothing else is left."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from rights_samples import make_license, make_mesh, make_object, make_record

from core.rights.record import (
    UNDECLARED,
    Part,
    Run,
    join_runs,
    part_of,
    share_runs,
    shorten_runs,
    spread_runs,
)

RUNS = st.lists(
    st.builds(Run, st.integers(-1, 5), st.integers(0, 50), st.integers(0, 200)), min_size=1, max_size=12
)


def test_neighbors_with_one_license_become_one_run() -> None:
    runs = [Run(0, 2, 4), Run(0, 1, 1), Run(1, 0, 0), Run(0, 3, 3), Run(-1, 1, 2)]
    assert shorten_runs(runs) == (Run(0, 6, 8), Run(-1, 1, 2))


def test_runs_fit_by_faces_or_by_triangles() -> None:
    runs = (Run(0, 2, 4), Run(UNDECLARED, 1, 3))
    assert spread_runs(runs, 3) == ((0, 2), (UNDECLARED, 1))
    assert spread_runs(runs, 7) == ((0, 4), (UNDECLARED, 3))
    assert spread_runs(runs, 5) is None
    assert spread_runs(runs, 0) is None
    assert spread_runs((), 4) is None


@given(RUNS, st.integers(1, 500))
def test_shares_cover_every_face_and_forget_no_license(runs: list[Run], faces: int) -> None:
    shares = share_runs(runs, faces)
    assert sum(count for _, count in shares) == faces
    assert all(count > 0 for _, count in shares)
    held = {run.license for run in runs}
    given_to = [index for index, _ in shares]
    assert len(given_to) == len(set(given_to))
    if faces >= len(held):
        assert set(given_to) == held
    else:
        assert len(given_to) == faces
        assert UNDECLARED not in given_to or held == {UNDECLARED}


def test_a_content_names_its_licenses_once_the_stamps_first() -> None:
    mesh = make_mesh("Chair", (1, 2, 2), (-1, 1, 1), (0, 1, 1), (1, 1, 1), stamp=0)
    assert mesh.licenses == (0, 1)
    assert (mesh.faces, mesh.triangles) == (5, 5)
    assert make_object("Empty", stamp=None).licenses == ()


def test_several_meshes_become_one() -> None:
    contents = [make_mesh("A", (0, 2, 2)), make_mesh("", (-1, 1, 1)), make_mesh("B", (0, 1, 1))]
    assert join_runs(contents) == (Run(0, 2, 2), Run(-1, 1, 1), Run(0, 1, 1))


def test_credit_lines_come_once() -> None:
    same = (make_license(1, credit="x"), make_license(2, credit="x"), make_license(3, credit=""))
    assert replace(make_record(), licenses=same).credits == ("x",)


def test_geometry_is_one_kind_whatever_a_format_makes_of_it() -> None:
    assert {part_of(kind) for kind in ("MESH", "CURVE", "FONT", "META", "CURVES")} == {Part.GEOMETRY}
    assert part_of("WORLD") is Part.OTHER
