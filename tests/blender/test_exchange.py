# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""The way out and in: what operators refuse, what a planned export names, what a rights file restores."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import blender_files as files
import licensed_scene as scenes
import pytest
import recording_layout

Load = Callable[[str], Any]


@pytest.fixture
def grants(app: Any, load: Load) -> dict[int, Any]:
    return scenes.add_grants(app, load)


@pytest.fixture
def scene(bpy: Any, load: Load, grants: dict[int, Any], tmp_path: Path) -> dict[str, Any]:
    return scenes.build(tmp_path / "textures", load, grants)


def export(bpy: Any, folder: Path, format_id: str = "FBX", **options: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"chair.{format_id.lower()}"
    assert bpy.ops.clearance.export_with_licenses(
        "EXEC_DEFAULT", filepath=str(path), format=format_id, **options
    ) == {"FINISHED"}
    return path


def rights_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.rights.json")


def change_rights(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(rights_path(path).read_text(encoding="utf-8"))
    change(data)
    rights_path(path).write_text(json.dumps(data), encoding="utf-8")


def bring(bpy: Any, path: Path, **options: Any) -> Any:
    return bpy.ops.clearance.import_with_licenses("EXEC_DEFAULT", filepath=str(path), **options)


def stamped() -> set[tuple[str, str]]:
    return {(str(block.id_type), block.name) for block in files.blocks() if block.get("clearance")}


class TestRefusals:
    """Nothing half done: what cannot come in with its licenses does not come in."""

    def refused(self, bpy: Any, path: Path, match: str, **options: Any) -> None:
        before = files.make_users_scene()
        register = bpy.context.scene.get("clearance_register")
        with pytest.raises(RuntimeError, match=match):
            bring(bpy, path, **options)
        assert files.names() == before
        assert bpy.context.scene.get("clearance_register") == register

    def test_a_file_that_changed_since(self, bpy: Any, scene: Any, tmp_path: Path) -> None:
        path = export(bpy, tmp_path / "out", "OBJ")
        path.write_text(path.read_text(encoding="utf-8") + "# a line\n", encoding="utf-8")
        self.refused(bpy, path, "chair.obj changed since; its rights file may not fit")

    def test_a_part_of_it_that_changed_since(self, bpy: Any, scene: Any, tmp_path: Path) -> None:
        path = export(bpy, tmp_path / "out", "OBJ")
        path.with_suffix(".mtl").write_text("newmtl x\n", encoding="utf-8")
        self.refused(bpy, path, "chair.mtl changed since")

    @pytest.mark.parametrize("text", ["", "{}", "[1]", "no json", '{"schema": 9}', "\x00" * 100])
    def test_a_damaged_rights_file(self, text: str, bpy: Any, scene: Any, tmp_path: Path) -> None:
        path = export(bpy, tmp_path / "out")
        rights_path(path).write_text(text, encoding="utf-8")
        self.refused(bpy, path, "no rights file that Clearance can read|newer Clearance")

    def test_a_rights_file_without_its_file(self, bpy: Any, scene: Any, tmp_path: Path) -> None:
        path = export(bpy, tmp_path / "out")
        path.unlink()
        self.refused(bpy, rights_path(path), "not beside its rights file")

    def test_a_rights_file_of_something_else(self, bpy: Any, scene: Any, tmp_path: Path) -> None:
        path = export(bpy, tmp_path / "out", "OBJ")
        change_rights(
            path, lambda data: [each.update(name="other", data="", alias="") for each in data["contents"]]
        )
        self.refused(bpy, path, "Nothing in chair.obj fits its rights file")

    def test_a_file_that_says_nothing_of_licenses(self, bpy: Any, scene: Any, tmp_path: Path) -> None:
        path = export(bpy, tmp_path / "out", "OBJ")
        rights_path(path).unlink()
        self.refused(bpy, path, "no rights file beside it and brings no licenses itself")

    def test_a_file_that_is_damaged(self, bpy: Any, app: Any, scene: Any, tmp_path: Path) -> None:
        path = export(bpy, tmp_path / "out", "GLB")
        path.write_bytes(path.read_bytes()[:400])
        self.refused(bpy, path, "Nothing was imported|refused|damaged", accept_changed=True)

    @pytest.mark.parametrize("name", ["gone.fbx", "gone.fbx.rights.json", "notes.json", ""])
    def test_no_file(self, name: str, bpy: Any, app: Any, tmp_path: Path) -> None:
        self.refused(
            bpy, tmp_path / name if name else Path(), "is not there|no rights file|Choose a file|beside"
        )

    def test_a_file_that_is_no_model(self, bpy: Any, app: Any, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("x", encoding="utf-8")
        self.refused(bpy, tmp_path / "a.txt", "end in .txt are not imported")

    def test_edit_mode(self, bpy: Any, scene: Any, tmp_path: Path) -> None:
        bpy.context.view_layer.objects.active = scene["chair"]
        bpy.ops.object.mode_set(mode="EDIT")
        for call in (bpy.ops.clearance.import_with_licenses, bpy.ops.clearance.export_with_licenses):
            with pytest.raises(RuntimeError, match="Object Mode"):
                call("EXEC_DEFAULT", filepath=str(tmp_path / "x.glb"))
        bpy.ops.object.mode_set(mode="OBJECT")

    def test_an_export_of_nothing(self, bpy: Any, scene: Any, tmp_path: Path) -> None:
        bpy.ops.object.select_all(action="DESELECT")
        path = tmp_path / "x.glb"
        with pytest.raises(RuntimeError, match="Nothing is selected, so no file was written"):
            bpy.ops.clearance.export_with_licenses(
                "EXEC_DEFAULT", filepath=str(path), format="GLB", selection_only=True
            )
        assert not path.exists()

    def test_an_export_to_nowhere(self, bpy: Any, scene: Any, tmp_path: Path) -> None:
        for filepath, match in ((str(tmp_path / "no" / "x.glb"), "There is no folder"), ("", "Name a file")):
            with pytest.raises(RuntimeError, match=match):
                bpy.ops.clearance.export_with_licenses("EXEC_DEFAULT", filepath=filepath, format="GLB")


class TestWhatItSays:
    """Not only the good news."""

    def test_a_changed_file_comes_in_on_demand_with_a_warning(
        self, bpy: Any, app: Any, scene: Any, tmp_path: Path
    ) -> None:
        path = export(bpy, tmp_path / "out", "OBJ")
        path.write_text(path.read_text(encoding="utf-8") + "# a line\n", encoding="utf-8")
        files.clear()
        assert bring(bpy, path, accept_changed=True) == {"FINISHED"}
        assert ("MESH", "Merged") in {(kind, name.partition(".")[0]) for kind, name in stamped()}
        assert "changed since" in app.session.state.exchange.notes[0]

    def test_what_was_not_found_again_is_named(self, bpy: Any, app: Any, scene: Any, tmp_path: Path) -> None:
        path = export(bpy, tmp_path / "out")
        change_rights(path, lambda data: data["contents"].append({
            "id_type": "OBJECT", "name": "Lost lamp", "stamp": 0, "faces": [], "vertices": 0, "data": "",
            "alias": "",
        }))  # fmt: skip
        files.clear()
        assert bring(bpy, path) == {"FINISHED"}
        assert any("“Lost lamp”" in note for note in app.session.state.exchange.notes)

    def test_faces_in_another_form_are_told(
        self, bpy: Any, load: Load, app: Any, scene: Any, grants: dict[int, Any], tmp_path: Path
    ) -> None:
        path = export(bpy, tmp_path / "out", "ABC")

        def more(data: dict[str, Any]) -> None:
            for each in data["contents"]:
                if each["name"] == "Merged mesh":
                    each["faces"] = [[index, faces * 3, faces * 6] for index, faces, _ in each["faces"]]

        change_rights(path, more)
        files.clear()
        assert bring(bpy, path) == {"FINISHED"}
        assert any(
            "“Merged" in note and "every license is there" in note
            for note in app.session.state.exchange.notes
        )
        found = scenes.faces_by_grant(bpy.data.meshes["Merged_mesh"], load, grants)
        assert set(found) == {1, 2}

    def test_the_report_asks_for_proof_of_a_license_from_elsewhere(
        self, bpy: Any, load: Load, app: Any, host: Any, scene: Any, grants: dict[int, Any], tmp_path: Path
    ) -> None:
        """A license that our ledger does not know cannot be proven here."""
        path = export(bpy, tmp_path / "out", "OBJ")
        change_rights(path, lambda data: data["licenses"][0].update(grant_id="grant_of_somebody_else"))
        files.clear()
        bring(bpy, path)
        app.session.report(host.scan())
        assert app.tasks.wait(timeout_s=60)
        made = app.session.state.report
        assert "grant_of_somebody_else" in {grant.grant_id for grant in made.grants}
        assert any(
            finding.rule == "grant.unknown" and finding.subject == "grant_of_somebody_else"
            for finding in made.findings
        )


class TestPlan:
    """What would leave, before it does."""

    def names(self, load: Load, bpy: Any, format_id: str = "GLB", **options: Any) -> set[tuple[str, str]]:
        plan = load("addon.exporting.plan")
        scan = plan.describe_export(bpy.context, format_id, options.get("selection_only", False))
        assert scan.register == ()
        return {(block.id_type, block.name) for block in scan.data_blocks}

    def test_everything_that_hangs_on_an_object_leaves(self, bpy: Any, load: Load, scene: Any) -> None:
        names = self.names(load, bpy)
        assert {
            ("OBJECT", "Stuhl rot.001"), ("MESH", "Stuhl rot.001 mesh"), ("MATERIAL", "Holz „Eiche“"),
            ("IMAGE", "wood.png"), ("OBJECT", "Own plinth"),
        } <= names  # fmt: skip

    def test_only_the_selection(self, bpy: Any, load: Load, scene: Any) -> None:
        bpy.ops.object.select_all(action="DESELECT")
        scene["table"].select_set(True)
        assert self.names(load, bpy, selection_only=True) == {
            ("OBJECT", "木 椅子"), ("MESH", "木 椅子 mesh"), ("MATERIAL", "鋼"), ("IMAGE", "steel.png"),
        }  # fmt: skip

    def test_what_an_object_is_cut_with_leaves_as_its_shape(self, bpy: Any, load: Load, scene: Any) -> None:
        modifier = scene["own"].modifiers.new("Cut", "BOOLEAN")
        modifier.object = scene["table"]
        bpy.ops.object.select_all(action="DESELECT")
        scene["own"].select_set(True)
        assert ("MESH", "木 椅子 mesh") in self.names(load, bpy, selection_only=True)

    def test_what_an_instance_shows_leaves(self, bpy: Any, load: Load, scene: Any) -> None:
        inside = bpy.data.collections.new("Inside")
        inside.objects.link(scene["table"])
        bpy.context.scene.collection.objects.unlink(scene["table"])
        empty = bpy.data.objects.new("Instance", None)
        empty.instance_type, empty.instance_collection = "COLLECTION", inside
        bpy.context.scene.collection.objects.link(empty)
        bpy.ops.object.select_all(action="DESELECT")
        empty.select_set(True)
        assert ("MESH", "木 椅子 mesh") in self.names(load, bpy, selection_only=True)

    def test_a_geometry_node_source_leaves(self, bpy: Any, load: Load, scene: Any) -> None:
        tree = bpy.data.node_groups.new("Scatter", "GeometryNodeTree")
        tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
        info = tree.nodes.new("GeometryNodeObjectInfo")
        info.inputs["Object"].default_value = scene["table"]
        tree.links.new(info.outputs["Geometry"], tree.nodes.new("NodeGroupOutput").inputs[0])
        scene["own"].modifiers.new("Nodes", "NODES").node_group = tree
        bpy.ops.object.select_all(action="DESELECT")
        scene["own"].select_set(True)
        assert ("MESH", "木 椅子 mesh") in self.names(load, bpy, selection_only=True)

    def test_a_parent_stays(self, bpy: Any, load: Load, scene: Any) -> None:
        scene["own"].parent = scene["chair"]
        constraint = scene["own"].constraints.new("COPY_LOCATION")
        constraint.target = scene["table"]
        bpy.ops.object.select_all(action="DESELECT")
        scene["own"].select_set(True)
        names = self.names(load, bpy, selection_only=True)
        assert ("OBJECT", "Own plinth") in names
        assert not names & {("OBJECT", "Stuhl rot.001"), ("OBJECT", "木 椅子")}

    @pytest.mark.parametrize(
        ("format_id", "leaves"), [("GLB", True), ("FBX", True), ("OBJ", False), ("STL", False)]
    )
    def test_what_is_hidden_leaves_where_the_exporter_takes_it(
        self, format_id: str, leaves: bool, bpy: Any, load: Load, scene: Any
    ) -> None:
        scene["table"].hide_set(True)
        assert (("OBJECT", "木 椅子") in self.names(load, bpy, format_id)) is leaves

    def test_the_world_leaves_with_usd_only(self, bpy: Any, load: Load, scene: Any) -> None:
        bpy.context.scene.world = bpy.data.worlds.new("Sky")
        assert ("WORLD", "Sky") in self.names(load, bpy, "usdc")
        assert ("WORLD", "Sky") not in self.names(load, bpy, ".glb")

    def test_a_format_that_nobody_exports(self, bpy: Any, load: Load, scene: Any) -> None:
        with pytest.raises(KeyError):
            self.names(load, bpy, "dwg")


class TestRestore:
    """Licenses for what came in through Blender's own menu, from a format that carries none."""

    def test_they_are_put_on_what_has_the_same_shape(
        self, bpy: Any, load: Load, scene: Any, grants: dict[int, Any], tmp_path: Path
    ) -> None:
        path = export(bpy, tmp_path / "out", "OBJ")
        before = files.make_users_scene()
        bpy.ops.wm.obj_import(filepath=str(path))
        assert stamped() == set()
        assert bpy.ops.clearance.restore_licenses("EXEC_DEFAULT", filepath=str(rights_path(path))) == {
            "FINISHED"
        }
        kinds = {kind for kind, _ in stamped()}
        assert kinds == {"OBJECT", "MESH", "MATERIAL", "IMAGE"}
        assert not stamped() & before
        merged = next(mesh for mesh in bpy.data.meshes if mesh.name.startswith("Merged"))
        assert scenes.faces_by_grant(merged, load, grants) == {1: {3.0}, 2: {4.0}}

    def test_not_on_what_has_another_shape(self, bpy: Any, scene: Any, tmp_path: Path) -> None:
        path = export(bpy, tmp_path / "out", "OBJ")
        files.clear()
        for name in ("Merged", "Stuhl rot", "木 椅子"):
            scenes._grid(name, 17, 0.0, [bpy.data.materials.new("鋼")])
        with pytest.raises(RuntimeError, match="Nothing was changed"):
            bpy.ops.clearance.restore_licenses("EXEC_DEFAULT", filepath=str(rights_path(path)))
        assert stamped() == set()
        assert "clearance_register" not in bpy.context.scene

    def test_the_file_itself_may_be_gone(self, bpy: Any, scene: Any, tmp_path: Path) -> None:
        path = export(bpy, tmp_path / "out", "PLY")
        files.clear()
        bpy.ops.wm.ply_import(filepath=str(path))
        path.unlink()
        assert bpy.ops.clearance.restore_licenses("EXEC_DEFAULT", filepath=str(rights_path(path))) == {
            "FINISHED"
        }
        assert bpy.data.meshes[0].attributes["clearance_grant"].domain == "FACE"


def test_it_is_one_undo_step(bpy: Any, scene: Any, tmp_path: Path) -> None:
    path = export(bpy, tmp_path / "out")
    before = files.make_users_scene()
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.clearance.import_with_licenses("EXEC_DEFAULT", True, filepath=str(path)) == {"FINISHED"}
    assert stamped()
    bpy.ops.ed.undo()
    assert files.names() == before
    assert stamped() == set()
    bpy.ops.ed.redo()
    assert stamped()


def test_the_users_settings_stay(bpy: Any, scene: Any, tmp_path: Path) -> None:
    path = export(bpy, tmp_path / "out")
    files.make_users_scene()
    bring(bpy, path)
    assert (bpy.context.scene.frame_end, bpy.context.scene.render.fps) == (77, 30)
    assert bpy.context.scene.world.name == "Mine"


def test_every_format_of_the_list_exports(bpy: Any, load: Load, scene: Any, tmp_path: Path) -> None:
    found = {each.id for each in load("addon.exporting.formats").available()}
    assert found == {"GLB", "GLTF", "USDC", "USDA", "USDZ", "FBX", "OBJ", "ABC", "STL", "PLY"}


def test_the_menus_have_our_lines_once(bpy: Any, load: Load) -> None:
    menus = load("addon.ui.panels.menus")
    for name, draw in menus._LINES:
        functions = getattr(bpy.types, name)._dyn_ui_initialize()
        assert functions.count(draw) == 1


def test_ten_thousand_objects(bpy: Any, load: Load, app: Any, grants: dict[int, Any], tmp_path: Path) -> None:
    """What we add to an export is small beside it, and no file is read on the main thread."""
    files.clear()
    stamps, stamp_io = load("core.stamp_format"), load("addon.stamp_io")
    texts = [stamps.make_stamp(grant) for grant in grants.values()]
    blocks: list[list[Any]] = [[], []]
    for number in range(10_000):
        mesh = bpy.data.meshes.new(f"Leaf {number}")
        mesh.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], [], [(0, 1, 2, 3)])
        item = bpy.data.objects.new(f"Leaf {number}", mesh)
        bpy.context.scene.collection.objects.link(item)
        blocks[number % 2] += [item, mesh]
    for each, stamp in zip(blocks, texts, strict=True):
        stamp_io.write(each, stamp)
    plan = load("addon.exporting.plan")
    began = time.process_time()
    leaving = plan.find_export(bpy.context, plan.find_format("fbx"), selection_only=False)
    found = time.process_time()
    record = plan.record_export(bpy.context, leaving)
    read = time.process_time()
    print(f"10,000 objects: found in {found - began:.2f} s, read in {read - found:.2f} s")
    assert len(leaving.objects) == 10_000
    assert len(record.contents) == 20_000
    assert len(record.licenses) == 2
    path = tmp_path / "leaves.fbx"
    path.write_bytes(b"x" * 1000)
    app.session.write_rights(record, path)
    assert app.tasks.wait(timeout_s=120)
    assert app.session.state.exchange.problem is None
    began = time.process_time()
    done = load("addon.exporting.restore").restore(record, files.blocks())
    print(f"put back in {time.process_time() - began:.2f} s, {rights_path(path).stat().st_size:,} bytes")
    assert done.data_blocks == 20_000
    assert done.changed == 0


def test_the_dialog_says_what_would_leave(bpy: Any, load: Load, scene: Any) -> None:
    operator = load("addon.ops.export").CLEARANCE_OT_export_with_licenses
    bpy.ops.object.select_all(action="DESELECT")
    scene["table"].select_set(True)
    chosen = SimpleNamespace(
        format="GLB", selection_only=False, told="", told_of="", filepath="chair", apply_modifiers=True
    )
    chosen._tell = lambda context: operator._tell(chosen, context)
    assert operator.check(chosen, bpy.context)
    assert chosen.filepath == "chair.glb"
    assert chosen.told.splitlines() == ["4 objects", "2 licenses", "2 parts undeclared"]
    assert not operator.check(chosen, bpy.context)
    chosen.selection_only, chosen.format = True, "FBX"
    assert operator.check(chosen, bpy.context)
    assert chosen.filepath == "chair.fbx"
    assert chosen.told.splitlines() == ["1 object", "1 license", "nothing undeclared"]
    chosen.layout = recording_layout.Layout()
    operator.draw(chosen, bpy.context)
    assert chosen.layout.texts()[-3:] == ["1 object", "1 license", "nothing undeclared"]
