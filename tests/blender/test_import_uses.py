# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""What pictures, videos, sounds and models become: stamped whole, and nothing else is touched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import blender_files as files
import blender_media as media
import pytest
from scene_snapshot import changes, snapshot_scene

Load = Callable[[str], Any]
Plan = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """A kind of file, what it is to become, and the kinds of data-blocks that come of it."""

    ending: str
    use: str
    becomes: frozenset[str]
    needs_sound: bool = False
    may_change: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.ending}-{self.use}"


CAMERA = (".background_images", ".show_background_images")
CASES = (
    Case("png", "auto", frozenset({"IMAGE", "MATERIAL"})),
    Case("png", "material", frozenset({"IMAGE", "MATERIAL"})),
    Case("png", "reference", frozenset({"IMAGE", "OBJECT", "COLLECTION"}), may_change=("selected", "active")),
    Case("png", "background", frozenset({"IMAGE"}), may_change=CAMERA),
    Case("jpg", "world", frozenset({"IMAGE", "WORLD"})),
    Case("png", "data", frozenset({"IMAGE"})),
    Case("hdr", "auto", frozenset({"IMAGE", "WORLD"})),
    Case("exr", "auto", frozenset({"IMAGE", "WORLD"})),
    Case("exr", "material", frozenset({"IMAGE", "MATERIAL"})),
    Case("hdr", "reference", frozenset({"IMAGE", "OBJECT", "COLLECTION"}), may_change=("selected", "active")),
    Case("mov", "auto", frozenset({"IMAGE", "MATERIAL"})),
    Case("mov", "material", frozenset({"IMAGE", "MATERIAL"})),
    Case("mov", "sequencer", frozenset({"STRIP"})),
    Case("mov", "background", frozenset({"MOVIECLIP"}), may_change=CAMERA),
    Case("mov", "data", frozenset({"MOVIECLIP"})),
    Case("mp4", "sequencer", frozenset({"STRIP", "SOUND"}), needs_sound=True),
    Case("mp4", "material", frozenset({"IMAGE", "MATERIAL"})),
    Case("wav", "auto", frozenset({"STRIP", "SOUND"}), needs_sound=True),
    Case("wav", "data", frozenset({"SOUND"}), needs_sound=True),
    *(
        Case(
            ending,
            "collection",
            frozenset({"OBJECT", "MESH", "COLLECTION"}),
            may_change=("selected", "active"),
        )
        for ending in ("glb", "fbx", "obj", "usda", "abc", "blend")
    ),
)
KINDS = {
    **dict.fromkeys(("png", "jpg", "hdr", "exr"), "image"),
    **dict.fromkeys(("mov", "mp4"), "video"),
    "wav": "audio",
}


def make_file(folder: Path, ending: str, *, with_sound: bool) -> Path:
    """Write a small file of a kind."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"asset.{ending}"
    match ending:
        case "png":
            return files.make_image(path)
        case "jpg":
            return media.make_hdr(path, kind="JPEG")
        case "hdr" | "exr":
            return media.make_hdr(path, kind="HDR" if ending == "hdr" else "OPEN_EXR")
        case "mov":
            return media.make_mov(path)
        case "mp4":
            return media.make_mp4(path, with_sound=with_sound)
        case "wav":
            return media.make_wav(path)
        case _:
            return files.make_model(folder, ending)


def strips_of(scene: Any) -> list[Any]:
    editor = scene.sequence_editor
    if editor is None:
        return []
    return list(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)


def make_own_scene(bpy: Any) -> None:
    """Build what the user had: also a camera with a background, a lit world, and a strip in the sequencer."""
    files.make_users_scene()
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    camera.data.background_images.new().alpha = 0.25
    if scene.world.node_tree is None:
        scene.world.use_nodes = True
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    length = {"length": 60} if bpy.app.version >= (5, 0, 0) else {"frame_end": 61}
    strips.new_effect(name="Title", type="COLOR", channel=1, frame_start=1, **length)
    scene.frame_set(20)
    scene.view_settings.exposure = 0.5
    bpy.data.objects["Mine"].select_set(True)


def everything(bpy: Any) -> dict[tuple[str, str], Any]:
    """Return every data-block and strip by kind and name."""
    found = {(block.id_type, block.name_full): block for block in files.blocks()}
    for scene in bpy.data.scenes:
        found |= {("STRIP", f"{scene.name}/{strip.name}"): strip for strip in strips_of(scene)}
    return found


def stamp_of(block: Any) -> str | None:
    text = block.get("clearance")
    assert text is None or isinstance(text, str)
    return text


@pytest.fixture
def prepared(bpy: Any, load: Load, plan: Plan, tmp_path: Path) -> Callable[..., Any]:
    """Make the plan of a case, as the services would, and the user's scene."""

    def make(case: Case, **values: Any) -> Any:
        has_sound = bpy.app.build_options.audaspace
        path = make_file(tmp_path / "in", case.ending, with_sound=has_sound)
        make_own_scene(bpy)
        keep = {"keep_files_in": path.parent} if KINDS.get(case.ending) == "video" else {}
        use = load("core.host").ImportUse(case.use)
        return plan(path, KINDS.get(case.ending, "model"), name="Asset", use=use, **keep, **values)

    return make


def skip_without_sound(bpy: Any, load: Load, host: Any, case: Case, plan: Any) -> bool:
    """Check that a Blender without sound says so; say whether this is one."""
    if bpy.app.build_options.audaspace or not case.needs_sound:
        return False
    before = set(everything(bpy))
    if case.ending == "wav":
        with pytest.raises(load("core.errors").ImportRefused, match="without sound"):
            host.import_file(plan)
        assert set(everything(bpy)) == before
    else:
        host.import_file(plan)
        assert any("without sound" in note for note in host.notes)
    return True


@pytest.mark.parametrize("case", CASES, ids=str)
def test_all_of_it_is_stamped_and_nothing_else_touched(
    case: Case, bpy: Any, load: Load, host: Any, prepared: Any, stamp: Any, tmp_path: Path
) -> None:
    plan = prepared(case)
    if skip_without_sound(bpy, load, host, case, plan):
        return
    had, before = set(everything(bpy)), snapshot_scene()
    handles = host.import_file(plan)
    assert host.stamp(handles, stamp) == len(handles)
    new = {key: block for key, block in everything(bpy).items() if key not in had}
    assert {kind for kind, _name in new} >= case.becomes
    if KINDS.get(case.ending) is not None:
        assert {kind for kind, _name in new} == case.becomes
    assert len(new) == len(handles)
    for key, block in everything(bpy).items():
        said = stamp_of(block)
        assert (said is None) == (key in had), key
        if said is not None:
            assert json.loads(said)["grant_id"] == stamp.grant_id
    touched = {
        path
        for path in changes(before, snapshot_scene())
        if not any(part in path for part in (*case.may_change, ":custom"))
    }
    assert touched == set()
    # What every scene makes by itself too is noted where it carries a license (docs/decisions/0016).
    noted = set(bpy.context.scene.keys()) - set(before["0:custom"])
    assert noted - {"clearance_quiet"} == {"clearance_register"}
    kinds = load("core.stamp_format")
    assert "clearance_quiet" not in noted or case.becomes & (kinds.QUIET_TYPES | kinds.NAMED_TYPES)
    check_after_reload(bpy, load, host, new, stamp, tmp_path)


def check_after_reload(
    bpy: Any, load: Load, host: Any, new: dict[tuple[str, str], Any], stamp: Any, tmp_path: Path
) -> None:
    """Save, load, and see that stamps, scan and report know all of it."""
    names = set(new)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    found = everything(bpy)
    for key in names:
        assert key in found, key
        assert json.loads(stamp_of(found[key]) or "{}")["grant_id"] == stamp.grant_id
    scan = host.scan()
    told = {(block.id_type, block.name): block for block in scan.data_blocks}
    for kind, name in names:
        block = told[kind, name.partition("/")[2] if kind == "STRIP" else name]
        assert block.stamp is not None
        assert block.users > 0
    assert len(scan.register) == 1
    report = make_report(load, scan)
    assert not {f"{kind}/{name.rpartition('/')[2]}" for kind, name in names} & set(report.undeclared)
    assert {row.grant_ids for row in report.rows if row.name.startswith("Asset")} <= {(stamp.grant_id,)}
    assert report.lost == ()
    assert [grant.grant_id for grant in report.grants] == [stamp.grant_id]
    assert report.grants[0].data_blocks == len(names)


def make_report(load: Load, scan: Any) -> Any:
    use = load("core.model.intended_use")
    return load("core.reports.build").build_report(
        scan,
        grants={},
        terms={},
        use=use.IntendedUse(name="film"),
        now=load("core.clock").SystemClock().now(),
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_cannot_be_stamped_is_taken_back_whole(
    case: Case, bpy: Any, load: Load, host: Any, prepared: Any
) -> None:
    plan = prepared(case, make_active=True)
    if skip_without_sound(bpy, load, host, case, plan):
        return
    had, before = set(everything(bpy)), snapshot_scene()
    handles = host.import_file(plan)
    assert set(everything(bpy)) > had
    host.discard(handles)
    assert set(everything(bpy)) == had
    assert {path for path in changes(before, snapshot_scene()) if path not in {"selected", "active"}} == set()


@pytest.mark.parametrize("use", ["material", "sequencer", "background", "data"])
def test_a_damaged_video_leaves_nothing(
    use: str, bpy: Any, load: Load, host: Any, plan: Plan, tmp_path: Path
) -> None:
    path = tmp_path / "page.mp4"
    path.write_bytes(b"<html>Sign in</html>")
    make_own_scene(bpy)
    bpy.context.scene.sequence_editor_clear()
    had, before = set(everything(bpy)), snapshot_scene()
    with pytest.raises(load("core.errors").ImportRefused, match="cannot read this video"):
        host.import_file(plan(path, "video", use=load("core.host").ImportUse(use), keep_files_in=path.parent))
    assert set(everything(bpy)) == had
    assert changes(before, snapshot_scene()) == set()
    assert bpy.context.scene.sequence_editor is None


@pytest.mark.parametrize(
    ("ending", "use", "why"),
    [
        ("png", "sequencer", "can become a material or a reference"),
        ("png", "collection", "cannot become a collection"),
        ("wav", "world", "can become a strip in the sequencer or a data-block"),
        ("mp4", "reference", "can become a material"),
        ("glb", "material", "can become a collection of objects"),
    ],
)
def test_a_use_that_does_not_fit_is_refused(
    ending: str, use: str, why: str, load: Load, host: Any, plan: Plan, tmp_path: Path
) -> None:
    path = tmp_path / f"asset.{ending}"
    path.write_bytes(b"anything")
    with pytest.raises(load("core.errors").ImportRefused, match=why):
        host.import_file(plan(path, use=load("core.host").ImportUse(use)))


@pytest.mark.parametrize("ending", ["png", "mov"])
def test_a_background_needs_a_camera(ending: str, bpy: Any, load: Load, host: Any, prepared: Any) -> None:
    plan = prepared(Case(ending, "background", frozenset()))
    bpy.context.scene.camera = None
    had = set(everything(bpy))
    with pytest.raises(load("core.errors").ImportRefused, match="no camera"):
        host.import_file(plan)
    bpy.context.scene.camera = bpy.data.objects["Mine"]
    with pytest.raises(load("core.errors").ImportRefused, match="no camera"):
        host.import_file(plan)
    assert set(everything(bpy)) == had


def test_a_background_stands_beside_those_that_are_there(bpy: Any, host: Any, prepared: Any) -> None:
    host.import_file(prepared(Case("mov", "background", frozenset())))
    camera = bpy.context.scene.camera.data
    first, second = camera.background_images
    assert first.alpha == pytest.approx(0.25)
    assert (second.source, second.clip.name, second.frame_method) == ("MOVIE_CLIP", "Asset", "FIT")
    assert camera.show_background_images
    assert any("all shown now" in note for note in host.notes)


def test_the_scenes_world_stays_unless_the_user_asks(bpy: Any, host: Any, prepared: Any, load: Load) -> None:
    host.import_file(prepared(Case("hdr", "world", frozenset())))
    assert bpy.context.scene.world.name == "Mine"
    world = bpy.data.worlds["Asset"]
    assert world.use_fake_user
    (texture,) = [node for node in world.node_tree.nodes if node.bl_idname == "ShaderNodeTexEnvironment"]
    assert texture.image.packed_file is not None
    assert texture.outputs["Color"].links[0].to_node.bl_idname == "ShaderNodeBackground"
    host.import_file(prepared(Case("hdr", "auto", frozenset()), make_active=True))
    assert bpy.context.scene.world == bpy.data.worlds["Asset"]
    assert "Mine" in bpy.data.worlds


def test_a_picture_of_another_shape_is_told_of(bpy: Any, load: Load, host: Any, prepared: Any) -> None:
    host.import_file(prepared(Case("png", "world", frozenset())))
    assert any("not twice as wide" in note for note in host.notes)
    assert any("no HDR" in note for note in host.notes)


def test_a_square_hdr_is_kept_as_it_is(bpy: Any, host: Any, plan: Plan, tmp_path: Path) -> None:
    path = media.make_hdr(tmp_path / "square.hdr", width=8, height=8)
    make_own_scene(bpy)
    (handle,) = host.import_file(plan(path, "image"))
    assert handle.id_type == "IMAGE"


def test_a_movie_texture_plays_by_itself(bpy: Any, host: Any, prepared: Any, tmp_path: Path) -> None:
    host.import_file(prepared(Case("mov", "material", frozenset())))
    nodes = bpy.data.materials["Asset"].node_tree.nodes
    (texture,) = [node for node in nodes if node.bl_idname == "ShaderNodeTexImage"]
    assert texture.image.source == "MOVIE"
    assert texture.image_user.frame_duration == media.FRAMES
    assert texture.image_user.use_auto_refresh
    assert texture.image_user.use_cyclic
    assert Path(bpy.path.abspath(texture.image.filepath)).parent == tmp_path / "in"
    assert [note for note in host.notes if "has to stay in" in note]
    assert [note for note in host.notes if "24 frames a second and the scene 30" in note]


def test_strips_are_put_where_nothing_is(bpy: Any, host: Any, prepared: Any) -> None:
    plan = prepared(Case("mov", "sequencer", frozenset()))
    editor = bpy.context.scene.sequence_editor
    editor.channels[2].lock = True
    for _ in range(2):
        host.import_file(plan)
    placed = {strip.name: strip for strip in strips_of(bpy.context.scene)}
    assert sorted(strip.channel for strip in placed.values()) == [1, 3, 4]
    assert placed["Title"].channel == 1
    for name in ("Asset", "Asset.001"):
        start = "left_handle" if bpy.app.version >= (5, 2, 0) else "frame_final_start"
        assert getattr(placed[name], start) == bpy.context.scene.frame_current == 20
    assert [strip.name for strip in placed.values() if strip.select] == ["Asset.001"]
    assert editor.active_strip.name == "Asset.001"
    assert any("rendered instead of the 3D scene" in note for note in host.notes) is False


def test_the_first_picture_in_the_sequencer_is_told_of(bpy: Any, host: Any, prepared: Any) -> None:
    plan = prepared(Case("mov", "sequencer", frozenset()))
    bpy.context.scene.sequence_editor_clear()
    host.import_file(plan)
    assert any("rendered instead of the 3D scene" in note for note in host.notes)


def test_a_full_sequencer_is_told_of(bpy: Any, load: Load, host: Any, prepared: Any) -> None:
    plan = prepared(Case("mov", "sequencer", frozenset()))
    for channel in bpy.context.scene.sequence_editor.channels:
        channel.lock = True
    had = set(everything(bpy))
    with pytest.raises(load("core.errors").ImportRefused, match="All 128 channels"):
        host.import_file(plan)
    assert set(everything(bpy)) == had


def test_the_picture_of_a_video_stands_above_its_sound(
    bpy: Any, load: Load, host: Any, prepared: Any
) -> None:
    case = Case("mp4", "sequencer", frozenset({"STRIP", "SOUND"}), needs_sound=True)
    plan = prepared(case)
    if skip_without_sound(bpy, load, host, case, plan):
        return
    for _ in range(2):
        host.import_file(plan)
    placed = [(strip.type, strip.channel) for strip in strips_of(bpy.context.scene)]
    assert sorted(placed, key=lambda pair: pair[1]) == [
        ("COLOR", 1), ("SOUND", 2), ("MOVIE", 3), ("SOUND", 4), ("MOVIE", 5)
    ]  # fmt: skip
    assert len(bpy.data.sounds) == 2
    assert {sound.users for sound in bpy.data.sounds} == {1}
    assert any("out of step with its sound" in note for note in host.notes)


def test_a_sound_is_packed_and_its_path_cut(
    bpy: Any, load: Load, host: Any, prepared: Any, stamp: Any, tmp_path: Path
) -> None:
    case = Case("wav", "sequencer", frozenset(), needs_sound=True)
    plan = prepared(case)
    if skip_without_sound(bpy, load, host, case, plan):
        return
    host.stamp(host.import_file(plan), stamp)
    assert bpy.data.sounds["Asset"].filepath == "//asset.wav"
    shutil.rmtree(tmp_path / "in")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    (sound,) = bpy.data.sounds
    assert sound.packed_file is not None
    assert sound.samplerate == 8000
    assert sound.filepath == "//asset.wav"


def test_the_sequencers_own_scene_gets_the_strips(bpy: Any, host: Any, prepared: Any, stamp: Any) -> None:
    plan = prepared(Case("mov", "sequencer", frozenset()))
    if bpy.app.version < (5, 0, 0):  # there it is always the active scene
        return
    edit = bpy.data.scenes.new("Edit")
    edit.render.fps, edit.frame_end = 25, 99
    bpy.context.workspace.sequencer_scene = edit
    before = snapshot_scene()
    host.stamp(host.import_file(plan), stamp)
    assert [strip.name for strip in strips_of(edit)] == ["Asset"]
    assert (edit.render.fps, edit.frame_end) == (25, 99)
    assert "clearance_register" in edit
    assert changes(before, snapshot_scene()) == {"0:custom"}
    assert "clearance_register" in bpy.context.scene


def test_a_cut_strip_carries_its_license_on_both_sides(
    bpy: Any, host: Any, prepared: Any, stamp: Any
) -> None:
    host.stamp(host.import_file(prepared(Case("mov", "sequencer", frozenset()))), stamp)
    if bpy.app.version >= (5, 0, 0):
        bpy.context.workspace.sequencer_scene = bpy.context.scene
    bpy.ops.sequencer.split(frame=25, channel=2, side="RIGHT")
    movies = [strip for strip in strips_of(bpy.context.scene) if strip.type == "MOVIE"]
    assert len(movies) == 2
    assert len({stamp_of(strip) for strip in movies}) == 1
    (told,) = {block.stamp for block in host.scan().data_blocks if block.id_type == "STRIP"}
    assert told == stamp_of(movies[0])


def test_a_movie_strip_of_the_users_is_undeclared(bpy: Any, load: Load, host: Any, tmp_path: Path) -> None:
    path = media.make_mov(tmp_path / "own.mov")
    make_own_scene(bpy)
    editor = bpy.context.scene.sequence_editor
    (editor.strips if hasattr(editor, "strips") else editor.sequences).new_movie("own", str(path), 5, 1)
    report = make_report(load, host.scan())
    assert "STRIP/own" in report.undeclared
    assert "STRIP/Title" not in report.undeclared


def test_a_moving_alembic_file_stays_where_it_is(
    bpy: Any, host: Any, plan: Plan, stamp: Any, tmp_path: Path
) -> None:
    path = tmp_path / "kept" / "wave.abc"
    path.parent.mkdir()
    files.clear()
    collection = files.build_chair(path.parent)
    seat = bpy.data.objects["Chair seat"]
    seat.shape_key_add(name="Basis")
    key = seat.shape_key_add(name="High")
    for frame, value in ((1, 0.0), (10, 1.0)):
        key.value = value
        key.keyframe_insert("value", frame=frame)
    key.data[0].co.z = 2.0
    assert collection is not None
    bpy.ops.wm.alembic_export(filepath=str(path), start=1, end=10)
    make_own_scene(bpy)
    before = snapshot_scene()
    host.stamp(host.import_file(plan(path, name="Asset", keep_files_in=path.parent)), stamp)
    (cache,) = bpy.data.cache_files
    assert Path(bpy.path.abspath(cache.filepath)) == path
    assert json.loads(cache["clearance"])["grant_id"] == stamp.grant_id
    assert any("wave.abc" in note and "has to stay" in note for note in host.notes)
    assert not {one for one in changes(before, snapshot_scene()) if "frame" in one}
