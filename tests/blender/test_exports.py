# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""Exports carry licenses, importing such a file again restores them, and nothing secret leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import blender_files as files
import licensed_scene as scenes
import pytest

Load = Callable[[str], Any]

FORMATS = ("GLB", "GLTF", "USDC", "USDA", "USDZ", "FBX", "OBJ", "ABC", "STL", "PLY")


@pytest.fixture
def grants(app: Any, load: Load) -> dict[int, Any]:
    return scenes.add_grants(app, load)


@pytest.fixture
def scene(bpy: Any, load: Load, grants: dict[int, Any], tmp_path: Path) -> dict[str, Any]:
    return scenes.build(tmp_path / "textures", load, grants)


def export(bpy: Any, load: Load, folder: Path, format_id: str, **options: Any) -> Path:
    """Export with our operator."""
    ending = load("addon.exporting.formats").BY_ID[format_id].ending
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"möbel 家具.{ending}"
    assert bpy.ops.clearance.export_with_licenses(
        "EXEC_DEFAULT", filepath=str(path), format=format_id, **options
    ) == {"FINISHED"}
    return path


def bring(bpy: Any, path: Path, **options: Any) -> None:
    """Import into an empty scene."""
    files.clear()
    assert bpy.ops.clearance.import_with_licenses("EXEC_DEFAULT", filepath=str(path), **options) == {
        "FINISHED"
    }


def report(app: Any, host: Any) -> Any:
    app.session.report(host.scan())
    assert app.tasks.wait(timeout_s=60)
    assert app.session.state.report_problem is None
    return app.session.state.report


def rights_of(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.with_name(f"{path.name}.rights.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("format_id", FORMATS)
def test_out_and_in_again_gives_the_same_licenses(
    format_id: str,
    bpy: Any,
    load: Load,
    app: Any,
    host: Any,
    grants: dict[int, Any],
    scene: Any,
    tmp_path: Path,
) -> None:
    path = export(bpy, load, tmp_path / "out", format_id)
    bring(bpy, path)
    made = report(app, host)
    assert {grant.grant_id for grant in made.grants} == {grants[1].id, grants[2].id}
    assert made.lost == ()
    assert not any(
        row.witness in {"stamp_lost", "damaged", "faces_lost", "unknown_grant"} for row in made.rows
    )
    # What nobody bought is still nobody's.
    if format_id not in {"STL", "PLY"}:
        undeclared = {name.partition("/")[2] for name in made.undeclared}
        assert any("plinth" in name for name in undeclared)
        assert not any(word in name for name in undeclared for word in ("Stuhl", "Merged"))


@pytest.mark.parametrize("format_id", FORMATS)
def test_every_face_of_a_merged_mesh_is_whose_it_was(
    format_id: str, bpy: Any, load: Load, app: Any, grants: dict[int, Any], scene: Any, tmp_path: Path
) -> None:
    path = export(bpy, load, tmp_path / "out", format_id)
    bring(bpy, path)
    found: dict[int, set[float]] = {}
    for mesh in bpy.data.meshes:
        for number, heights in scenes.faces_by_grant(mesh, load, grants).items():
            found.setdefault(number, set()).update(heights)
    assert found == {1: {0.0, 3.0}, 2: {1.0, 4.0}, 0: {2.0}}


@pytest.mark.parametrize("format_id", FORMATS)
def test_nothing_secret_leaves(
    format_id: str, bpy: Any, load: Load, app: Any, grants: dict[int, Any], scene: Any, tmp_path: Path
) -> None:
    path = export(bpy, load, tmp_path / "out", format_id)
    written = [file for file in path.parent.rglob("*") if file.is_file()]
    assert path in written
    for file in written:
        data = file.read_bytes()
        for secret in scenes.SECRETS:
            assert secret.encode() not in data, (file.name, secret)
            assert secret.encode("utf-16-le") not in data, (file.name, secret)


@pytest.mark.parametrize("format_id", FORMATS)
def test_the_rights_file_says_what_is_in_the_file(
    format_id: str, bpy: Any, load: Load, app: Any, grants: dict[int, Any], scene: Any, tmp_path: Path
) -> None:
    import hashlib

    path = export(bpy, load, tmp_path / "out", format_id)
    rights = rights_of(path)
    assert rights["file"] == {
        "name": path.name,
        "size": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    held = {each["grant_id"]: each for each in rights["licenses"]}
    assert held.keys() == {grants[1].id, grants[2].id}
    assert held[grants[1].id]["credit"] == scenes.CREDITS[1]
    assert held[grants[2].id]["author"] == "木村"
    assert held[grants[1].id]["terms_url"].startswith("https://")
    assert set(rights["credits"]) == set(scenes.CREDITS.values())
    assert rights["undeclared"] >= 1
