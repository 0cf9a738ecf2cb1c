# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""The import operator's choices: what fits an asset, how a choice reaches the import, what undo does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import blender_files as files
import blender_media as media
import pytest
from session_states import States

Load = Callable[[str], Any]
Plan = Callable[..., Any]


@pytest.fixture
def made(load: Load, app: Any) -> States:
    """Values of the installed package's own classes."""
    return States(load)


@pytest.fixture
def own(load: Load, app: Any, made: States, plan: Plan) -> Callable[..., Any]:
    """Make the session own something that is ready to import."""

    def make(path: Path, kind: str, **values: Any) -> Any:
        grant = replace(made.grant(), kind=load("core.model.listing").MediaKind(kind))
        app.session.state.library = [grant]
        app.session._prepared[grant.id] = load("core.services.delivering.import_plan").PreparedImport(
            plan=plan(path, kind, **values),
            stamp=load("core.stamp_format").make_stamp(grant),
            grant=grant,
            title=grant.title,
        )
        return grant

    return make


def choices(load: Load, grant_id: str) -> list[str]:
    """Return what the menu offers for an asset."""

    class Properties:
        """What Blender hands to the menu."""

    properties: Any = Properties()
    properties.grant_id = grant_id
    return [item[0] for item in load("addon.ops.import_uses").list_uses(properties, None)]


@pytest.mark.parametrize(
    ("kind", "ending", "offered"),
    [
        ("model", "glb", ["AUTO", "COLLECTION"]),
        ("image", "png", ["AUTO", "MATERIAL", "REFERENCE", "BACKGROUND", "WORLD", "DATA"]),
        ("image", "hdr", ["AUTO", "WORLD", "MATERIAL", "REFERENCE", "BACKGROUND", "DATA"]),
        ("video", "mov", ["AUTO", "MATERIAL", "SEQUENCER", "BACKGROUND", "DATA"]),
        ("audio", "wav", ["AUTO", "SEQUENCER", "DATA"]),
    ],
)
def test_only_what_fits_is_offered(
    kind: str, ending: str, offered: list[str], bpy: Any, load: Load, app: Any, own: Any, tmp_path: Path
) -> None:
    path = tmp_path / f"asset.{ending}"
    path.write_bytes(b"")
    grant = own(path, kind)
    assert choices(load, grant.id) == offered
    app.session._prepared.clear()
    # Before the files were looked at, the kind decides.
    assert sorted(choices(load, grant.id)) == sorted(offered)


def test_what_is_not_known_offers_everything(bpy: Any, load: Load, app: Any) -> None:
    uses = {use.name for use in load("core.host").ImportUse}
    assert set(choices(load, "grant_unknown")) == uses


def test_every_choice_explains_itself(bpy: Any, load: Load, app: Any) -> None:
    items = load("addon.ops.import_uses")._ALL
    icons = bpy.types.UILayout.bl_rna.functions["prop"].parameters["icon"].enum_items.keys()
    assert len({item[4] for item in items}) == len(items)
    for _name, label, description, icon, _number in items:
        assert label
        assert len(description) > 10
        assert not description.endswith(".")
        assert icon in icons


def test_the_choice_reaches_the_import(bpy: Any, own: Any, tmp_path: Path) -> None:
    grant = own(files.make_image(tmp_path / "wood.png"), "image", name="Walnut")
    files.make_users_scene()
    assert bpy.ops.clearance.import_asset(grant_id=grant.id, use="REFERENCE") == {"FINISHED"}
    assert bpy.data.objects["Walnut"].empty_display_type == "IMAGE"
    assert "Walnut" not in bpy.data.materials
    for block in (bpy.data.objects["Walnut"], bpy.data.images["Walnut"], bpy.data.collections["Walnut"]):
        assert json.loads(block["clearance"])["grant_id"] == grant.id


def test_a_world_can_be_put_to_use(bpy: Any, own: Any, tmp_path: Path) -> None:
    grant = own(media.make_hdr(tmp_path / "sky.hdr"), "image", name="Sky")
    files.make_users_scene()
    bpy.ops.clearance.import_asset(grant_id=grant.id, make_active=True)
    assert bpy.context.scene.world.name == "Sky"


def test_a_choice_that_does_not_fit_is_an_error(bpy: Any, app: Any, own: Any, tmp_path: Path) -> None:
    grant = own(files.make_image(tmp_path / "wood.png"), "image")
    before = files.make_users_scene()
    with pytest.raises(TypeError, match="SEQUENCER"):
        bpy.ops.clearance.import_asset(grant_id=grant.id, use="SEQUENCER")
    assert files.names() == before


def test_what_goes_wrong_is_said_and_can_be_tried_again(bpy: Any, app: Any, own: Any, tmp_path: Path) -> None:
    grant = own(files.make_image(tmp_path / "wood.png"), "image", name="Walnut")
    before = files.make_users_scene()
    with pytest.raises(RuntimeError, match="no camera"):
        bpy.ops.clearance.import_asset(grant_id=grant.id, use="BACKGROUND")
    assert files.names() == before
    assert bpy.ops.clearance.import_asset(grant_id=grant.id) == {"FINISHED"}
    assert "Walnut" in bpy.data.materials


def test_a_wish_is_kept_until_the_files_are_here(
    bpy: Any, load: Load, app: Any, own: Any, tmp_path: Path
) -> None:
    runtime = load("addon.runtime")
    grant = own(files.make_image(tmp_path / "wood.png"), "image", name="Walnut")
    files.make_users_scene()
    runtime.remember_wish(grant.id, runtime.ImportWish("DATA"))
    # This is how the timer imports what became ready.
    assert load("addon.pump").import_now(grant.id)
    assert "Walnut" in bpy.data.images
    assert "Walnut" not in bpy.data.materials
    assert runtime.take_wish(grant.id) is None


def test_a_choice_made_now_counts_more_than_a_wish(bpy: Any, load: Load, own: Any, tmp_path: Path) -> None:
    runtime = load("addon.runtime")
    grant = own(files.make_image(tmp_path / "wood.png"), "image", name="Walnut")
    files.make_users_scene()
    runtime.remember_wish(grant.id, runtime.ImportWish("DATA"))
    bpy.ops.clearance.import_asset(grant_id=grant.id, use="WORLD")
    assert "Walnut" in bpy.data.worlds


@pytest.mark.parametrize(
    ("ending", "kind", "use"),
    [("mov", "video", "SEQUENCER"), ("hdr", "image", "WORLD"), ("mov", "video", "BACKGROUND")],
)
def test_each_use_is_one_undo_step(
    ending: str, kind: str, use: str, bpy: Any, load: Load, own: Any, tmp_path: Path
) -> None:
    path = tmp_path / f"asset.{ending}"
    grant = own(
        media.make_mov(path) if ending == "mov" else media.make_hdr(path),
        kind, name="Asset", keep_files_in=tmp_path if ending == "mov" else None,
    )  # fmt: skip
    files.make_users_scene()
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera

    def stamped() -> set[str]:
        strips = load("addon.strips").every_strip()
        return {block.id_type for block in (*files.blocks(), *strips) if block.get("clearance") is not None}

    bpy.ops.ed.undo_push(message="before")
    bpy.ops.clearance.import_asset("EXEC_DEFAULT", True, grant_id=grant.id, use=use, make_active=True)
    first = stamped()
    assert first
    bpy.ops.ed.undo()
    assert stamped() == set()
    assert bpy.context.scene.world.name == "Mine"
    assert len(bpy.data.cameras["Camera"].background_images) == 0
    bpy.ops.ed.redo()
    assert stamped() == first


def test_a_video_goes_from_the_store_into_the_scene_and_stays(
    bpy: Any, load: Load, app: Any, made: States, plan: Plan, tmp_path: Path
) -> None:
    """The real services: prepared in a worker, imported, tidied up, saved, opened again."""
    content = media.make_mov(tmp_path / "delivered.mov").read_bytes()
    kind = load("core.model.listing").MediaKind.VIDEO
    grant = replace(made.grant(), kind=kind, title="Surf", order_id="")
    deliver(load, app, grant, content)
    app.session.load_library()
    files.make_users_scene()
    bpy.ops.clearance.import_asset(grant_id=grant.id, use="SEQUENCER")
    assert app.tasks.wait(timeout_s=20)
    app.store.clean()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    (strip,) = load("addon.strips").every_strip()
    place = Path(bpy.path.abspath(strip.filepath))
    assert place.parent == app.settings.library_dir / grant.id
    assert place.read_bytes() == content
    assert json.loads(strip["clearance"])["grant_id"] == grant.id
    assert app.session.prepared(grant.id) is None


def deliver(load: Load, app: Any, grant: Any, content: bytes) -> None:
    """Put a grant and its file where a purchase and a download would have put them."""
    sha256 = hashlib.sha256(content).hexdigest()
    part = app.store.incoming() / "part"
    part.write_bytes(content)
    app.store.adopt(part, sha256)
    grants = load("core.model.grant")
    file = grants.GrantFile(
        grant_id=grant.id, sha256=sha256, name="surf.mov", size=len(content), media_type="video/quicktime",
        downloaded_at=grant.granted_at,
    )  # fmt: skip
    with app.ledger.transaction() as work:
        work.add_grant(grant)
        work.add_file(file)
