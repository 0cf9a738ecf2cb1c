# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""Licenses through exports of other shapes: modifiers, curves, instances, declared and linked content."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import blender_files as files
import licensed_scene as scenes
import pytest

Load = Callable[[str], Any]
FORMATS = ("GLB", "USDC", "FBX", "OBJ", "ABC", "STL", "PLY")


@pytest.fixture
def grants(app: Any, load: Load) -> dict[int, Any]:
    return scenes.add_grants(app, load)


@pytest.fixture
def scene(bpy: Any, load: Load, grants: dict[int, Any], tmp_path: Path) -> dict[str, Any]:
    made = scenes.build(tmp_path / "textures", load, grants)
    for name in ("chair", "merged", "own"):
        bpy.data.objects.remove(made.pop(name))
    return made


def out_and_in(bpy: Any, load: Load, folder: Path, format_id: str) -> None:
    folder.mkdir()
    path = folder / f"shape.{load('addon.exporting.formats').BY_ID[format_id].ending}"
    assert bpy.ops.clearance.export_with_licenses(
        "EXEC_DEFAULT", filepath=str(path), format=format_id, apply_modifiers=True
    ) == {"FINISHED"}
    files.clear()
    assert bpy.ops.clearance.import_with_licenses("EXEC_DEFAULT", filepath=str(path)) == {"FINISHED"}


def found_grants(app: Any, host: Any) -> set[str]:
    app.session.report(host.scan())
    assert app.tasks.wait(timeout_s=60)
    return {grant.grant_id for grant in app.session.state.report.grants}


def solid(bpy: Any, name: str, size: float, x: float) -> Any:
    """Make a cube."""
    mesh = bpy.data.meshes.new(name)
    corners = [(x + size * a, size * b, size * c) for a in (0, 1) for b in (0, 1) for c in (0, 1)]
    mesh.from_pydata(
        corners, [], [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    )
    item = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(item)
    return item


@pytest.mark.parametrize("format_id", FORMATS)
def test_what_a_shape_was_cut_with_is_known_in_its_file(
    format_id: str,
    bpy: Any,
    load: Load,
    app: Any,
    host: Any,
    grants: dict[int, Any],
    scene: Any,
    tmp_path: Path,
) -> None:
    """A boolean takes faces of the other object in: both licenses are in the shape."""
    bpy.data.objects.remove(scene["table"])
    stamp_io, make_stamp = load("addon.stamp_io"), load("core.stamp_format").make_stamp
    body, cutter = solid(bpy, "Body", 2.0, 0.0), solid(bpy, "Cutter", 1.0, 1.5)
    for item, number in ((body, 1), (cutter, 2)):
        stamp_io.write([item, item.data], make_stamp(grants[number]))
    modifier = body.modifiers.new("Join", "BOOLEAN")
    modifier.operation, modifier.object = "UNION", cutter
    bpy.ops.object.select_all(action="DESELECT")
    cutter.hide_render = True
    cutter.hide_set(True)
    out_and_in(bpy, load, tmp_path / "out", format_id)
    assert found_grants(app, host) >= {grants[1].id, grants[2].id}
    shape = max(bpy.data.meshes, key=lambda mesh: len(mesh.polygons))
    numbers = {number for number in scenes.faces_by_grant(shape, load, grants) if number}
    assert numbers == {1, 2}


@pytest.mark.parametrize("format_id", FORMATS)
def test_modifiers_multiply_faces_and_keep_their_license(
    format_id: str,
    bpy: Any,
    load: Load,
    app: Any,
    host: Any,
    grants: dict[int, Any],
    scene: Any,
    tmp_path: Path,
) -> None:
    scene["table"].modifiers.new("Array", "ARRAY").count = 4
    scene["table"].modifiers.new("Smooth", "SUBSURF").levels = 1
    out_and_in(bpy, load, tmp_path / "out", format_id)
    assert found_grants(app, host) == {grants[2].id}
    for mesh in bpy.data.meshes:
        if mesh.polygons:
            assert set(scenes.faces_by_grant(mesh, load, grants)) == {2}


@pytest.mark.parametrize("format_id", FORMATS)
def test_curves_that_become_meshes_keep_their_license(
    format_id: str,
    bpy: Any,
    load: Load,
    app: Any,
    host: Any,
    grants: dict[int, Any],
    scene: Any,
    tmp_path: Path,
) -> None:
    bpy.data.objects.remove(scene["table"])
    curve = bpy.data.curves.new("Wire", "CURVE")
    curve.dimensions, curve.bevel_depth = "3D", 0.1
    spline = curve.splines.new("POLY")
    spline.points.add(3)
    for number, point in enumerate(spline.points):
        point.co = (number, number**2, 0, 1)
    item = bpy.data.objects.new("Wire", curve)
    bpy.context.scene.collection.objects.link(item)
    stamp = load("core.stamp_format").make_stamp(grants[1])
    load("addon.stamp_io").write([item, curve], stamp)
    out_and_in(bpy, load, tmp_path / "out", format_id)
    assert found_grants(app, host) == {grants[1].id}


@pytest.mark.parametrize("format_id", FORMATS)
def test_what_is_instanced_keeps_its_license(
    format_id: str,
    bpy: Any,
    load: Load,
    app: Any,
    host: Any,
    grants: dict[int, Any],
    scene: Any,
    tmp_path: Path,
) -> None:
    inside = bpy.data.collections.new("Inside")
    inside.objects.link(scene["table"])
    bpy.context.scene.collection.objects.unlink(scene["table"])
    for number in range(2):
        empty = bpy.data.objects.new(f"Instance {number}", None)
        empty.instance_type, empty.instance_collection, empty.location.x = "COLLECTION", inside, number * 9.0
        bpy.context.scene.collection.objects.link(empty)
    out_and_in(bpy, load, tmp_path / "out", format_id)
    assert grants[2].id in found_grants(app, host)


@pytest.mark.parametrize("format_id", ["GLB", "OBJ", "STL"])
def test_declared_content_comes_back_declared(
    format_id: str, bpy: Any, load: Load, app: Any, host: Any, scene: Any, tmp_path: Path
) -> None:
    declared = load("core.model.declaration")
    declaration = declared.Declaration(
        id="declaration_prototype", origin=declared.Origin.CLIENT, title="Secret prototype",
        declared_by="Berta Buyer", declared_at=datetime(2026, 11, 23, tzinfo=UTC), reason="Secret Project",
        client="Secret Client AG",
    )  # fmt: skip
    with app.ledger.transaction() as work:
        work.add_declaration(declaration)
    stamp = load("core.stamp_format").make_declared_stamp(declaration)
    own = solid(bpy, "Prototype", 1.0, 0.0)
    load("addon.stamp_io").write([own, own.data], stamp)
    out_and_in(bpy, load, tmp_path / "out", format_id)
    assert declaration.id in found_grants(app, host)
    for file in (tmp_path / "out").iterdir():
        for secret in (*scenes.SECRETS, "Secret prototype"):
            assert secret.encode() not in file.read_bytes(), (file.name, secret)


def test_a_linked_asset_leaves_with_its_librarys_license(
    bpy: Any, load: Load, app: Any, grants: dict[int, Any], tmp_path: Path
) -> None:
    library = files.make_model(tmp_path / "lib", "blend")
    with bpy.data.libraries.load(str(library), link=True) as (source, wanted):
        wanted.objects = list(source.objects)
    for item in wanted.objects:
        bpy.context.scene.collection.objects.link(item)
    stamp = load("core.stamp_format").make_stamp(grants[1])
    load("addon.stamp_io").write(list(wanted.objects), stamp)
    path = tmp_path / "linked.glb"
    assert bpy.ops.clearance.export_with_licenses("EXEC_DEFAULT", filepath=str(path), format="GLB") == {
        "FINISHED"
    }
    data = json.loads(path.with_name("linked.glb.rights.json").read_text(encoding="utf-8"))
    assert [each["grant_id"] for each in data["licenses"]] == [grants[1].id]
    assert {"OBJECT", "MESH", "MATERIAL"} <= {each["id_type"] for each in data["contents"]}
