# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""Imports made lighter on request: equal things once, heavy meshes by proxy, and all of it licensed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import blender_files as files
import pytest

Load = Callable[[str], Any]
Plan = Callable[..., Any]
SIDE = 60
FACES = SIDE * SIDE


def write_model(folder: Path, *, other: str = "Kd 1 1 1") -> Path:
    """Write a grid whose halves have a material each, equal but for ``other``, and equal pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    picture = files.make_image(folder / "a.png")
    (folder / "b.png").write_bytes(picture.read_bytes())
    (folder / "grid.mtl").write_text(
        f"newmtl oak\nKd 1 1 1\nmap_Kd a.png\nnewmtl oak_copy\n{other}\nmap_Kd b.png\n", encoding="utf-8"
    )
    lines = ["mtllib grid.mtl", "o grid", "vt 0 0"]
    for y in range(SIDE + 1):
        lines += [f"v {x / SIDE} {y / SIDE} {(x * y) % 7 / 100}" for x in range(SIDE + 1)]
    for y in range(SIDE):
        lines.append(f"usemtl {'oak' if y < SIDE // 2 else 'oak_copy'}")
        for x in range(SIDE):
            at = y * (SIDE + 1) + x + 1
            lines.append("f " + " ".join(f"{n}/1" for n in (at, at + 1, at + SIDE + 2, at + SIDE + 1)))
    path = folder / "grid.obj"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def lighter(load: Load, plan: Plan) -> Callable[..., Any]:
    """Make a plan with something optimized."""

    def make(path: Path, **wanted: Any) -> Any:
        given = load("core.model.optimize").Optimize(**wanted)
        same = {path.parent / "b.png": path.parent / "a.png"}
        return plan(path, optimize=given, same_pictures=same)

    return make


def new_of(kind: str) -> list[Any]:
    return [one for one in files.blocks() if one.id_type == kind]


def check_stamps(stamp: Any, kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        assert new_of(kind)
        for block in new_of(kind):
            assert json.loads(block["clearance"])["grant_id"] == stamp.grant_id


def test_nothing_is_optimized_unless_it_is_asked_for(
    bpy: Any, host: Any, plan: Plan, stamp: Any, tmp_path: Path
) -> None:
    host.stamp(host.import_file(plan(write_model(tmp_path / "in"))), stamp)
    assert (len(new_of("MATERIAL")), len(new_of("IMAGE"))) == (2, 2)
    (thing,) = new_of("OBJECT")
    assert len(thing.modifiers) == 0


def test_equal_materials_and_images_are_kept_once(
    bpy: Any, host: Any, lighter: Any, stamp: Any, tmp_path: Path
) -> None:
    count = host.stamp(host.import_file(lighter(write_model(tmp_path / "in"), merge_duplicates=True)), stamp)
    (material,) = new_of("MATERIAL")
    (image,) = new_of("IMAGE")
    assert image.packed_file is not None
    (mesh,) = new_of("MESH")
    assert {slot.name for slot in mesh.materials} == {material.name}
    check_stamps(stamp, ("MATERIAL", "IMAGE", "MESH", "OBJECT"))
    assert count == len([one for one in files.blocks() if one.get("clearance") is not None])
    assert any("1 materials, 1 images" in note for note in host.notes)


def test_what_differs_and_what_was_there_before_is_not_merged(
    bpy: Any, host: Any, lighter: Any, stamp: Any, tmp_path: Path
) -> None:
    first = host.import_file(lighter(write_model(tmp_path / "one"), merge_duplicates=True))
    host.stamp(first, stamp)
    path = write_model(tmp_path / "two", other="Kd 1 1 1\nPr 0.9")
    host.stamp(host.import_file(lighter(path, merge_duplicates=True)), stamp)
    assert len(new_of("MATERIAL")) == 3
    assert len(new_of("IMAGE")) == 2


def test_a_heavy_mesh_is_shown_by_proxy_and_keeps_its_license(
    bpy: Any, load: Load, host: Any, lighter: Any, stamp: Any, tmp_path: Path
) -> None:
    host.stamp(host.import_file(lighter(write_model(tmp_path / "in"), proxy_ratio=0.25)), stamp)
    (thing,) = new_of("OBJECT")
    (modifier,) = thing.modifiers
    assert (modifier.type, modifier.show_viewport, modifier.show_render) == ("DECIMATE", True, False)
    assert len(thing.data.polygons) == FACES
    number = load("core.ids").hash_grant_id(stamp.grant_id)
    shown = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    assert 0 < len(shown.polygons) < FACES
    assert {item.value for item in shown.attributes["clearance_grant"].data} == {number}
    thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh_clear()
    bpy.context.view_layer.objects.active = thing
    bpy.ops.object.modifier_apply(modifier=modifier.name)
    assert len(thing.data.polygons) < FACES
    check_stamps(stamp, ("MESH", "OBJECT", "MATERIAL"))
    assert {item.value for item in thing.data.attributes["clearance_grant"].data} == {number}


def test_a_light_mesh_has_no_proxy_and_a_copy_of_the_proxy_keeps_its_license(
    bpy: Any, host: Any, lighter: Any, stamp: Any, tmp_path: Path
) -> None:
    path = files.make_model(tmp_path / "light", "obj")
    host.stamp(host.import_file(lighter(path, proxy_ratio=0.5)), stamp)
    assert all(len(one.modifiers) == 0 for one in new_of("OBJECT"))
    host.stamp(host.import_file(lighter(write_model(tmp_path / "in"), proxy_ratio=0.5)), stamp)
    heavy = next(one for one in new_of("OBJECT") if len(one.modifiers))
    copy = heavy.copy()
    copy.data = heavy.data.copy()
    assert json.loads(copy["clearance"])["grant_id"] == stamp.grant_id
    assert json.loads(copy.data["clearance"])["grant_id"] == stamp.grant_id


def test_a_glb_with_smaller_textures_and_equal_ones_is_imported(
    bpy: Any, load: Load, host: Any, lighter: Any, stamp: Any, tmp_path: Path
) -> None:
    path = files.make_model(tmp_path / "in", "glb")
    optimize = load("core.files.optimize").optimize_textures
    done = optimize(path.parent, path, limit=4, merge=True)
    assert done.shrunk >= 1
    host.stamp(host.import_file(lighter(path, merge_duplicates=True, texture_limit_px=4)), stamp)
    (image,) = new_of("IMAGE")
    assert tuple(image.size) == (4, 4)
    check_stamps(stamp, ("MATERIAL", "IMAGE", "MESH"))


def test_the_preferences_are_off_by_default(bpy: Any, load: Load) -> None:
    chosen = load("addon.prefs").preferences()
    read = load("addon.settings_source").read_settings
    assert read().optimize.is_off
    chosen.texture_limit, chosen.merge_duplicates, chosen.proxy_percent = "2048", True, 25
    try:
        found = read().optimize
        assert (found.texture_limit_px, found.merge_duplicates, found.proxy_ratio) == (2048, True, 0.25)
    finally:
        chosen.texture_limit, chosen.merge_duplicates, chosen.proxy_percent = "0", False, 100
