# SPDX-License-Identifier: GPL-3.0-or-later
"""The license overlay: what it reads and follows, and that it takes itself away. Drawing needs a window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import blender_files as files
import numpy as np
import pytest
import recording_layout
from bought import buy, put_in_scene

Load = Callable[[str], Any]
HANDLERS = ("depsgraph_update_post", "frame_change_post", "undo_post", "redo_post")


@pytest.fixture
def scene(bpy: Any, load: Load) -> dict[str, Any]:
    """A scene with one object of each answer, a lamp, and a report about it."""
    files.clear()
    bpy.context.scene.clearance_use.name = "Film"
    bpy.context.scene.clearance_use.outputs = {"render"}
    made = {
        "Crowd": put_in_scene(load, bpy, buy(load, "cgtrader:editorial", title="Crowd"), "Crowd"),
        "Lantern": put_in_scene(load, bpy, buy(load, "cgtrader:custom", title="Lantern"), "Lantern"),
        "Table": put_in_scene(load, bpy, buy(load, "cgtrader:royalty_free", title="Table"), "Table"),
        "Rock": put_in_scene(load, bpy, None, "Rock"),
    }
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
    bpy.context.scene.collection.objects.link(lamp)
    check(bpy, load)
    return made


def check(bpy: Any, load: Load) -> None:
    assert bpy.ops.clearance.report_scene() == {"FINISHED"}
    settle(load)


def settle(load: Load) -> None:
    assert load("addon.pump").drain_until_idle(60)


def show(bpy: Any, load: Load) -> Any:
    """Switch the overlay on and return it, with the scene read."""
    bpy.context.window_manager.clearance_overlay = True
    settle(load)
    return load("addon.runtime").overlay()


def answers(bpy: Any, overlay: Any) -> dict[str, str]:
    """Return what is drawn, by the objects' names."""
    names = {item.session_uid: item.name for item in bpy.data.objects}
    boxes = overlay.shown.boxes
    return {
        names.get(uid, "gone"): tag.verdict.value for uid, tag in zip(boxes.uids, boxes.tags, strict=True)
    }


def anchor(overlay: Any, item: Any) -> list[float]:
    number = overlay.shown.boxes.index[item.session_uid]
    return [round(float(value), 2) for value in overlay.shown.boxes.anchors[number, :3]]


def ours(bpy: Any) -> list[str]:
    return [
        name
        for name in HANDLERS
        for handler in getattr(bpy.app.handlers, name)
        if handler.__module__.endswith("overlay.follow")
    ]


EVERYTHING = {
    "Crowd": "not_cleared", "Lantern": "needs_review", "Table": "cleared", "Rock": "undeclared",
}  # fmt: skip


def test_each_object_has_the_reports_answer(bpy: Any, load: Load, scene: Any) -> None:
    overlay = show(bpy, load)
    assert answers(bpy, overlay) == EVERYTHING
    assert next(iter(answers(bpy, overlay))) == "Crowd"
    assert [row.text for row in overlay.shown.legend.rows] == [
        "Not cleared  1", "Undeclared  1", "Needs review  1", "Cleared  1",
    ]  # fmt: skip
    tag = overlay.tags[scene["Crowd"].session_uid]
    assert tag.label.startswith("cgtrader:1 · ")
    assert tag.label.endswith(" · not cleared")
    assert "editorial" in tag.line
    assert overlay.shown.batches == []  # without a window nothing is made for one


def test_without_a_report_there_is_nothing_to_switch_on(bpy: Any, load: Load) -> None:
    bpy.context.window_manager.clearance_overlay = True
    assert not bpy.context.window_manager.clearance_overlay
    load("addon.runtime").app()
    bpy.context.window_manager.clearance_overlay = True
    assert not bpy.context.window_manager.clearance_overlay
    assert ours(bpy) == []


def test_the_switch_takes_everything_away(bpy: Any, load: Load, scene: Any) -> None:
    overlay = show(bpy, load)
    assert bpy.context.window_manager.clearance_overlay
    assert ours(bpy) == list(HANDLERS)
    assert len(overlay.handles) == len(HANDLERS) + 2
    bpy.context.window_manager.clearance_overlay = True
    assert len(overlay.handles) == len(HANDLERS) + 2
    bpy.context.window_manager.clearance_overlay = False
    assert (overlay.wanted, overlay.shown, overlay.handles, ours(bpy)) == (False, None, [], [])
    assert answers(bpy, show(bpy, load)) == EVERYTHING


def test_loading_a_file_takes_it_away(bpy: Any, load: Load, scene: Any, tmp_path: Path) -> None:
    path = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    overlay = show(bpy, load)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    assert (overlay.wanted, overlay.shown, overlay.scan, ours(bpy)) == (False, None, None, [])
    settle(load)
    assert not bpy.context.window_manager.clearance_overlay
    check(bpy, load)
    assert answers(bpy, show(bpy, load)) == EVERYTHING


def test_it_goes_with_the_report_and_with_the_app(bpy: Any, load: Load, scene: Any) -> None:
    runtime = load("addon.runtime")
    overlay = show(bpy, load)
    runtime.forget_report()
    settle(load)
    assert (overlay.wanted, ours(bpy)) == (False, [])
    check(bpy, load)
    show(bpy, load)
    assert ours(bpy) == list(HANDLERS)
    runtime.close()  # as disabling the extension does
    assert ours(bpy) == []
    assert not runtime.overlay().wanted


def test_what_is_moved_is_followed_and_nothing_else_read(bpy: Any, load: Load, scene: Any) -> None:
    overlay = show(bpy, load)
    before, shown = anchor(overlay, scene["Rock"]), overlay.shown
    assert anchor(overlay, scene["Table"])[0] == 0.0
    scene["Table"].location = (10.0, 0.0, 5.0)
    bpy.context.view_layer.update()
    assert list(overlay.moved) == [scene["Table"].session_uid]
    settle(load)
    assert anchor(overlay, scene["Table"]) == [10.0, 0.0, 6.03]
    assert anchor(overlay, scene["Rock"]) == before
    assert overlay.shown is shown  # the scene was not read again


def test_what_a_frame_moves_is_followed(bpy: Any, load: Load, scene: Any) -> None:
    table = scene["Table"]
    table.keyframe_insert("location", frame=1)
    table.location.x = 8.0
    table.keyframe_insert("location", frame=20)
    bpy.context.scene.frame_set(1)
    check(bpy, load)
    overlay = show(bpy, load)
    bpy.context.scene.frame_set(20)
    settle(load)
    assert anchor(overlay, table)[0] == 8.0


def test_deleting_hiding_and_showing_are_followed(bpy: Any, load: Load, scene: Any) -> None:
    overlay = show(bpy, load)
    bpy.data.objects.remove(scene["Crowd"])
    bpy.context.view_layer.update()
    settle(load)
    assert answers(bpy, overlay) == {name: EVERYTHING[name] for name in ("Rock", "Lantern", "Table")}
    scene["Rock"].hide_set(state=True)
    bpy.context.view_layer.update()
    settle(load)
    assert "Rock" not in answers(bpy, overlay)
    scene["Rock"].hide_set(state=False)
    bpy.context.view_layer.update()
    settle(load)
    assert answers(bpy, overlay)["Rock"] == "undeclared"


def test_what_came_after_the_check_is_not_judged(bpy: Any, load: Load, scene: Any) -> None:
    overlay = show(bpy, load)
    copy = scene["Table"].copy()
    bpy.context.scene.collection.objects.link(copy)
    bpy.context.view_layer.update()
    settle(load)
    assert answers(bpy, overlay) == EVERYTHING
    assert overlay.shown.legend.notes == ("1 not checked yet: check again",)
    check(bpy, load)
    assert answers(bpy, overlay) == EVERYTHING | {"Table.001": "cleared"}
    assert overlay.shown.legend.notes == ()


def test_names_that_change_hands_change_no_answer(bpy: Any, load: Load, scene: Any) -> None:
    scene["Table"].name = "Was a table"
    scene["Crowd"].name = "Table"
    scene["Table"].name = "Crowd"
    overlay = show(bpy, load)
    assert answers(bpy, overlay)["Table"] == "not_cleared"
    assert answers(bpy, overlay)["Crowd"] == "cleared"


def test_undo_and_redo_are_followed(bpy: Any, load: Load, scene: Any) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="before")
    overlay = show(bpy, load)
    scene["Table"].location.x = 9.0
    bpy.data.objects.remove(scene["Rock"])
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="after")
    settle(load)
    assert "Rock" not in answers(bpy, overlay)
    bpy.ops.ed.undo()
    settle(load)
    assert answers(bpy, overlay)["Rock"] == "undeclared"
    assert anchor(overlay, bpy.data.objects["Table"])[0] == 0.0
    bpy.ops.ed.redo()
    settle(load)
    assert "Rock" not in answers(bpy, overlay)
    assert anchor(overlay, bpy.data.objects["Table"])[0] == 9.0


def test_a_licensed_picture_in_an_own_material_counts(bpy: Any, load: Load, scene: Any) -> None:
    material = bpy.data.materials.new("Bark")
    if material.node_tree is None:
        material.use_nodes = True
    image = bpy.data.images.new("bark.png", 4, 4)
    image["clearance"] = scene["Crowd"]["clearance"]
    inner = bpy.data.node_groups.new("Inner", "ShaderNodeTree")
    for block in (material, inner):
        block["clearance"] = scene["Table"]["clearance"]
    inner.nodes.new("ShaderNodeTexImage").image = image
    material.node_tree.nodes.new("ShaderNodeGroup").node_tree = inner
    scene["Table"].data.materials.append(material)
    # What no picture shows counts where the file itself goes out.
    bpy.context.scene.clearance_use.outputs = {"render", "file_share_internal"}
    check(bpy, load)
    overlay = show(bpy, load)
    assert answers(bpy, overlay)["Table"] == "not_cleared"
    assert overlay.tags[scene["Table"].session_uid].label.startswith("cgtrader:1 · ")


def test_a_collection_instance_shows_what_it_instances(bpy: Any, load: Load, scene: Any) -> None:
    group = bpy.data.collections.new("Group")
    crowd = scene["Crowd"]
    group.objects.link(crowd)
    bpy.context.scene.collection.objects.unlink(crowd)
    crowd.location = (1.0, 0.0, 0.0)
    empty = bpy.data.objects.new("Many", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", group
    empty.location = (0.0, 20.0, 0.0)
    bpy.context.scene.collection.objects.link(empty)
    bpy.context.view_layer.update()
    check(bpy, load)
    overlay = show(bpy, load)
    assert answers(bpy, overlay)["Many"] == "not_cleared"
    assert anchor(overlay, empty)[1] == 20.0


def test_what_has_no_extent_has_a_box_all_the_same(bpy: Any, load: Load, scene: Any) -> None:
    empty = bpy.data.objects.new("Point", None)
    empty["clearance"] = scene["Crowd"]["clearance"]
    bpy.context.scene.collection.objects.link(empty)
    bare = bpy.data.objects.new("Bare", bpy.data.meshes.new("Bare"))
    bpy.context.scene.collection.objects.link(bare)
    bpy.context.view_layer.update()
    check(bpy, load)
    overlay = show(bpy, load)
    boxes = overlay.shown.boxes
    for group in boxes.groups:
        corners = boxes.corners(group).reshape(-1, 8, 3)
        assert np.isfinite(corners).all()
        assert (np.ptp(corners, axis=1) > 0.1).all()
    assert "Point" in answers(bpy, overlay)


def test_the_box_of_a_plane_does_not_lie_in_its_face(load: Load) -> None:
    boxes, verdict = load("addon.overlay.boxes"), load("core.model.findings").Verdict.CLEARED
    tag = load("addon.ui.views.overlay").Tag(verdict=verdict)
    found, here = boxes.Gathering(), tuple(tuple(row) for row in np.eye(4).tolist())
    found.add(boxes.Box(1, here, (-2.0, -1.0, 0.0), (2.0, 1.0, 0.0)), tag)
    drawn = boxes.Boxes(found)
    corners = drawn.corners(drawn.groups[0])
    assert 0.005 < corners[:, 2].max() < 0.05
    assert np.allclose(corners[:, 2].min(), -corners[:, 2].max())
    assert np.allclose(np.ptp(corners[:, 0]), 4.0, rtol=0.05)


def test_what_draws_asks_for_no_window_and_fails_into_a_sentence(bpy: Any, load: Load, scene: Any) -> None:
    overlay, draw = show(bpy, load), load("addon.overlay.draw")
    draw.draw_boxes()
    draw.draw_labels()
    assert overlay.failed == ""
    overlay.failed = "The license overlay was switched off: it could not be drawn."
    settle(load)
    assert (overlay.wanted, ours(bpy)) == (False, [])
    assert overlay.problem == "The license overlay was switched off: it could not be drawn."
    show(bpy, load)
    assert overlay.problem == ""


def test_lines_lie_around_the_object_and_numbers_fit(bpy: Any, load: Load, scene: Any) -> None:
    scene["Rock"].location = (5.0, 6.0, 7.0)
    scene["Rock"].scale = (2.0, 1.0, 1.0)
    bpy.context.view_layer.update()
    overlay = show(bpy, load)
    boxes = overlay.shown.boxes
    group = next(one for one in boxes.groups if one.verdict.value == "undeclared")
    lines = boxes.lines(group)
    assert lines.dtype == np.float32
    assert len(lines) % 2 == 0
    low, high = lines.min(axis=0), lines.max(axis=0)
    assert np.allclose((low + high) / 2, (5.0, 6.0, 7.0), atol=0.01)
    assert np.allclose(high - low, (4.0, 2.0, 2.0), rtol=0.07)
    faces = boxes.faces(group)
    assert faces.max() == len(boxes.corners(group)) - 1


def test_thousands_are_read_in_steps_and_drawn_with_few_lines(bpy: Any, load: Load, scene: Any) -> None:
    for _ in range(1600):
        bpy.context.scene.collection.objects.link(scene["Table"].copy())
    bpy.context.view_layer.update()
    check(bpy, load)
    runtime, follow = load("addon.runtime"), load("addon.overlay.follow")
    bpy.context.window_manager.clearance_overlay = True
    overlay, steps = runtime.overlay(), 0
    while follow.step(runtime.app(), until=0.0):
        steps += 1
    assert steps > 40
    boxes = overlay.shown.boxes
    assert len(boxes) == 1604
    assert boxes.is_light
    assert sum(len(boxes.lines(group)) for group in boxes.groups) <= 1604 * 24
    assert max(group.last - group.first for group in boxes.groups) <= 1024
    view = np.array([[0.1, 0, 0, 0], [0, 0.1, 0, 0], [0, 0, 0.1, 0], [0, 0, 0, 1.0]])
    projected = boxes.project(view, 800, 600)
    first = boxes.choose(projected, 800, 600, 96)
    assert len(first) == 96
    assert boxes.tags[first[0]].verdict.value == "not_cleared"


def test_what_is_behind_the_viewer_is_not_chosen(bpy: Any, load: Load, scene: Any) -> None:
    scene["Crowd"].location.z = -50.0
    bpy.context.view_layer.update()
    boxes = show(bpy, load).shown.boxes
    # A viewer at the origin that looks up: what is at z 1 is before it, what is at z -49 behind.
    view = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, -0.1], [0, 0, 1.0, 0]])
    chosen = boxes.choose(boxes.project(view, 800, 600), 800, 600, 96)
    assert chosen
    assert boxes.index[scene["Crowd"].session_uid] not in chosen


def test_the_switch_is_in_the_report_and_in_the_overlays_popover(bpy: Any, load: Load, scene: Any) -> None:
    app = load("addon.runtime").app()
    context = recording_layout.context_of_width(280)
    report = recording_layout.Layout()
    load("addon.ui.drawing.report").draw_report(report, context, app)
    popover = recording_layout.Layout()
    seen = SimpleNamespace(
        space_data=SimpleNamespace(overlay=SimpleNamespace(show_overlays=True)),
        window_manager=bpy.context.window_manager,
    )
    load("addon.ui.panels.menus")._draw_overlay(SimpleNamespace(layout=popover), seen)
    for layout in (report, popover):
        assert "clearance_overlay" in str(layout.log)


def test_why_it_switched_itself_off_is_said_in_the_report(bpy: Any, load: Load, scene: Any) -> None:
    load("addon.overlay.follow").switch_off("The license overlay was switched off: try.")
    layout = recording_layout.Layout()
    load("addon.ui.drawing.report").draw_report(
        layout, recording_layout.context_of_width(600), load("addon.runtime").app()
    )
    assert "switched off: try." in " ".join(layout.texts())
