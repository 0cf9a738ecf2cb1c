# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""Alerts in a real Blender: on load, save and render; what a studio stops leaves no file behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import blender_files as files
import pytest
from bought import buy, put_in_scene

Load = Callable[[str], Any]
Write = Callable[[str], None]
STOP = 'schema = 1\n[alerts]\nstop = ["render", "export"]\n'
EDITORIAL = "cgtrader:editorial"
FREE_IN_PICTURES = "turbosquid:Standard"


@pytest.fixture
def studio_file(bpy: Any) -> Write:
    """Write the studio's file."""

    def write(text: str) -> None:
        folder = Path(os.environ["CLEARANCE_DATA_DIR"])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "studio.toml").write_text(text, encoding="utf-8")

    return write


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder to render and export into."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def scene(bpy: Any) -> Any:
    """A scene with nothing in it but a camera, that renders in a moment."""
    files.clear()
    scene = bpy.context.scene
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(scene.camera)
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.render.resolution_x = scene.render.resolution_y = 16
    scene.frame_start, scene.frame_end = 1, 2
    return scene


def render(bpy: Any, folder: Path, **options: Any) -> list[str]:
    """Render for real, and return the names of the files that are there afterwards."""
    bpy.context.scene.render.filepath = str(folder / "out_")
    try:
        bpy.ops.render.render(**(options or {"write_still": True}))
    finally:
        found = sorted(path.name for path in folder.iterdir())
    return found


def settings_of(scene: Any) -> tuple[object, ...]:
    render, images = scene.render, scene.render.image_settings
    return (
        render.engine, render.use_border, render.border_min_x, render.border_max_x, render.use_sequencer,
        render.use_compositing, images.file_format, images.color_mode, images.color_depth,
        [layer.use for layer in scene.view_layers],
    )  # fmt: skip


# ---------------------------------------------------------------- load and save


def test_what_is_loaded_is_looked_at_and_told(
    bpy: Any, load: Load, scene: Any, tmp_path: Path, capsys: Any
) -> None:
    put_in_scene(load, bpy, buy(load, EDITORIAL, title="Crowd in Rome"), "Crowd")
    put_in_scene(load, bpy, None, "Mystery")
    path = str(tmp_path / "spot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    said = capsys.readouterr().err
    assert "Clearance: error: “Crowd in Rome” is for editorial use only, and this project is" in said
    assert "Clearance: warning: 2 data-blocks are undeclared" in said
    load("addon.runtime").close()
    bpy.ops.wm.open_mainfile(filepath=path)
    said = capsys.readouterr().err
    assert said.count("Clearance: ") == 2
    alerts = load("addon.runtime").app().session.state.alerts
    assert [alert.kind for alert in alerts.shown] == ["editorial", "undeclared"]
    assert alerts.scene == path
    # Once is enough: the same file, the same kinds.
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=path)
    assert "Clearance: " not in capsys.readouterr().err


def test_a_file_that_was_never_stamped_starts_nothing(
    bpy: Any, load: Load, scene: Any, tmp_path: Path, capsys: Any
) -> None:
    files.make_users_scene()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "mine.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "mine.blend"))
    assert load("addon.runtime").peek() is None
    assert not Path(os.environ["CLEARANCE_DATA_DIR"]).exists()
    assert "Clearance: " not in capsys.readouterr().err


def test_silence_can_be_wanted(
    bpy: Any, load: Load, scene: Any, studio_file: Write, tmp_path: Path, out: Path, capsys: Any
) -> None:
    studio_file("schema = 1\n[alerts]\non = []\n")
    put_in_scene(load, bpy, buy(load, EDITORIAL), "Crowd")
    path = str(tmp_path / "spot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert render(bpy, out) == ["out_.png"]
    assert "Clearance: " not in capsys.readouterr().err


def test_a_stamp_that_is_taken_off_is_missed_at_the_next_save(
    bpy: Any, load: Load, scene: Any, tmp_path: Path, capsys: Any
) -> None:
    thing = put_in_scene(load, bpy, buy(load, FREE_IN_PICTURES), "Chair")
    path = str(tmp_path / "spot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    assert "Clearance: " not in capsys.readouterr().err
    for block in (thing, thing.data):
        del block["clearance"]
    thing.data.attributes.remove(thing.data.attributes["clearance_grant"])
    bpy.ops.wm.save_mainfile()
    assert "The license stamp is gone from Chair (object) and Chair (mesh)" in capsys.readouterr().err


def test_deleting_an_asset_is_no_alert(bpy: Any, load: Load, scene: Any, tmp_path: Path, capsys: Any) -> None:
    grant = buy(load, FREE_IN_PICTURES)
    thing, kept = (put_in_scene(load, bpy, one, name) for one, name in ((grant, "Chair"), (None, "Mine")))
    path = str(tmp_path / "spot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    assert "undeclared" in capsys.readouterr().err
    bpy.data.meshes.remove(thing.data)
    bpy.ops.wm.save_mainfile()
    assert "Clearance: " not in capsys.readouterr().err
    assert kept.name == "Mine"


# ---------------------------------------------------------------- render


def test_without_a_studio_s_word_a_render_is_told_of_and_goes_on(
    bpy: Any, load: Load, scene: Any, out: Path, capsys: Any
) -> None:
    put_in_scene(load, bpy, buy(load, EDITORIAL), "Crowd")
    before = settings_of(scene)
    assert render(bpy, out) == ["out_.png"]
    assert "for editorial use only" in capsys.readouterr().err
    assert settings_of(scene) == before


@pytest.mark.parametrize("options", [{"write_still": True}, {"animation": True}, {}], ids=str)
def test_a_render_is_stopped_before_anything_is_written(
    bpy: Any,
    load: Load,
    scene: Any,
    studio_file: Write,
    out: Path,
    options: dict[str, bool],
    capsys: Any,
) -> None:
    studio_file(STOP)
    put_in_scene(load, bpy, buy(load, EDITORIAL, title="Crowd in Rome"), "Crowd")
    before = settings_of(scene)
    with pytest.raises(
        RuntimeError, match=r"The render was stopped for “Untitled project”\. “Crowd in Rome”"
    ):
        render(bpy, out, **options)
    assert list(out.iterdir()) == []
    assert "Clearance: stopped: The render was stopped" in capsys.readouterr().err
    assert settings_of(scene) == before
    assert not hasattr(bpy.types, "CLEARANCE_RE_stop")


@pytest.mark.parametrize("kind", ["movie", "sequencer", "no layer", "compositor"])
def test_no_kind_of_render_gets_past(
    bpy: Any, load: Load, scene: Any, studio_file: Write, tmp_path: Path, out: Path, kind: str
) -> None:
    studio_file(STOP)
    crowd = put_in_scene(load, bpy, buy(load, EDITORIAL), "Crowd")
    match kind:
        case "movie":
            if hasattr(scene.render.image_settings, "media_type"):
                scene.render.image_settings.media_type = "VIDEO"
            scene.render.image_settings.file_format = "FFMPEG"
        case "sequencer":
            editor = scene.sequence_editor_create()
            strips = editor.strips if hasattr(editor, "strips") else editor.sequences
            path = files.make_image(tmp_path / "in" / "sky.png")
            strip = strips.new_image("Sky", str(path), channel=1, frame_start=1)
            strip["clearance"] = crowd["clearance"]
        case "no layer":
            scene.view_layers[0].use = False
        case "compositor":
            scene.render.use_compositing = True
    before = settings_of(scene)
    for options in (
        ({"animation": True},) if kind == "movie" else ({"write_still": True}, {"animation": True})
    ):
        with pytest.raises(RuntimeError, match="The render was stopped"):
            render(bpy, out, **options)
        assert list(out.iterdir()) == []
        assert settings_of(scene) == before


def test_what_may_be_rendered_is_rendered_by_the_same_studio(
    bpy: Any, load: Load, scene: Any, studio_file: Write, out: Path
) -> None:
    studio_file(STOP)
    crowd = put_in_scene(load, bpy, buy(load, EDITORIAL), "Crowd")
    put_in_scene(load, bpy, buy(load, FREE_IN_PICTURES), "Chair")
    with pytest.raises(RuntimeError):
        render(bpy, out)
    scene.clearance_use.purpose = "editorial"
    assert render(bpy, out) == ["out_.png"]
    scene.clearance_use.purpose = "commercial"
    bpy.data.meshes.remove(crowd.data)
    assert render(bpy, out, animation=True) == ["out_.png", "out_0001.png", "out_0002.png"]


def test_what_no_picture_shows_stops_no_picture(
    bpy: Any, load: Load, scene: Any, studio_file: Write, out: Path
) -> None:
    studio_file(STOP)
    put_in_scene(load, bpy, buy(load, EDITORIAL), "Crowd").hide_render = True
    assert render(bpy, out) == ["out_.png"]


def test_another_scene_is_judged_by_all_that_is_in_the_file(
    bpy: Any, load: Load, scene: Any, studio_file: Write, tmp_path: Path
) -> None:
    studio_file(STOP)
    other = bpy.data.scenes.new("Other")
    other.camera = scene.camera
    put_in_scene(load, bpy, buy(load, EDITORIAL), "Crowd").hide_render = True
    with pytest.raises(RuntimeError, match="The render was stopped"):
        bpy.ops.render.render(write_still=True, scene="Other")


def test_a_ledger_that_cannot_be_opened_stops_where_the_studio_stops(
    bpy: Any, load: Load, scene: Any, studio_file: Write, tmp_path: Path
) -> None:
    studio_file(STOP)
    (Path(os.environ["CLEARANCE_DATA_DIR"]) / "ledger.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(RuntimeError, match="The render was stopped"):
        render(bpy, tmp_path)
    studio_file("")
    assert "out_.png" in render(bpy, tmp_path)


def test_rules_that_cannot_be_read_stop_and_name_the_line(
    bpy: Any, load: Load, scene: Any, studio_file: Write, tmp_path: Path
) -> None:
    studio_file('schema = 1\n[alerts]\nstop = ["renders"]\n')
    with pytest.raises(RuntimeError, match=r"studio\.toml:3: alerts\.stop: there is no 'renders'"):
        render(bpy, tmp_path)


def test_the_way_of_a_window_stops_a_render_too_and_leaves_no_trace_in_a_saved_file(
    bpy: Any, load: Load, scene: Any, out: Path, tmp_path: Path
) -> None:
    """There a render's own thread cannot put back what it changed: saving does that first."""
    renders = load("addon.alerting.renders")
    before = settings_of(scene)
    renders.stop_with_border(scene)
    assert settings_of(scene) != before
    handlers = bpy.app.handlers.render_init[:]
    bpy.app.handlers.render_init.clear()
    ends = bpy.app.handlers.render_complete[:]
    bpy.app.handlers.render_complete.clear()
    for options in ({"write_still": True}, {"animation": True}):
        with pytest.raises(RuntimeError, match="Image too small"):
            render(bpy, out, **options)
    bpy.app.handlers.render_init[:], bpy.app.handlers.render_complete[:] = handlers, ends
    assert list(out.iterdir()) == []
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "spot.blend"))
    assert settings_of(scene) == before
