# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows about files: saved, recovered, undone, and saved by Blenders that know nothing of licenses."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from survival.outcome import Trace
from survival.table import row
from survival.world import CHAIR, MODULE, TABLE, NotHere, World, other_pythons, this_python

SECTION = "Files"
EVERYTHING = ("Seat", "Cushion", "Rope", "Label", "Drop")
EDIT = """
import sys
import bpy
path, done = sys.argv[1:3]
bpy.ops.wm.open_mainfile(filepath=path)
assert not any("clearance" in name for name in bpy.context.preferences.addons.keys())
seat = bpy.data.objects["Seat"]
for vertex in seat.data.vertices:
    vertex.co.x *= 1.1
seat.name, seat.data.name = "Renamed seat", "Renamed seat"
copy = seat.copy()
copy.data = seat.data.copy()
copy.name = copy.data.name = "Copied seat"
bpy.context.scene.collection.objects.link(copy)
bpy.ops.wm.save_as_mainfile(filepath=path, check_existing=False)
open(done, "w").close()
"""


def everything(w: World) -> list[Trace]:
    """Name all that came in with the chair."""
    blocks = [block for name in EVERYTHING for block in (w.obj(name), w.obj(name).data)]
    blocks += [w.obj("Chair root"), w.data.materials["Wood"], w.data.materials["Metal"]]
    blocks += [w.data.images["wood.png"], w.data.node_groups["Grain"], w.data.actions["Sway"]]
    return w.traces(*blocks)


@row(SECTION, "import")
def _(w: World) -> list[Trace]:
    return everything(w)


@row(SECTION, "save and open again")
def _(w: World) -> list[Trace]:
    w.open(w.save())
    return everything(w)


@row(SECTION, "save compressed")
def _(w: World) -> list[Trace]:
    w.open(w.save(compress=True))
    return everything(w)


@row(SECTION, "save a copy and open that")
def _(w: World) -> list[Trace]:
    w.open(w.save(w.folder / "copy.blend", copy=True))
    return everything(w)


@row(SECTION, "open the backup that saving twice leaves behind")
def _(w: World) -> list[Trace]:
    w.bpy.context.preferences.filepaths.save_version = 1
    w.save()
    path = w.save()
    backup = path.with_suffix(".blend1")
    if not backup.is_file():  # without a window Blender keeps none
        shutil.copy(path, backup)
    w.open(backup)
    return everything(w)


@row(SECTION, "revert to the saved file")
def _(w: World) -> list[Trace]:
    w.save()
    w.data.objects.remove(w.obj("Seat"))
    w.ops.wm.revert_mainfile()
    return everything(w)


@row(SECTION, "recover an automatic save")
def _(w: World) -> list[Trace]:
    path = w.save(w.folder / "autosave.blend", copy=True)
    w.new()
    w.ops.wm.recover_auto_save(filepath=str(path))
    return everything(w)


@row(SECTION, "recover the last session")
def _(w: World) -> list[Trace]:
    paths = w.bpy.context.preferences.filepaths
    before, paths.temporary_directory = paths.temporary_directory, str(w.folder)
    try:
        w.save(w.folder / "quit.blend", copy=True)
        w.new()
        w.ops.wm.recover_last_session()
    finally:
        paths.temporary_directory = before
    return everything(w)


@row(SECTION, "undo and redo")
def _(w: World) -> list[Trace]:
    w.bpy.context.preferences.edit.use_global_undo = True
    w.ops.ed.undo_push(message="before")
    w.select(w.obj("Seat"))
    w.ops.object.duplicate()
    w.ops.ed.undo_push(message="duplicated")
    w.data.objects.remove(w.obj("Seat"))
    w.ops.ed.undo_push(message="removed")
    w.ops.ed.undo()
    w.ops.ed.undo()
    w.ops.ed.redo()
    assert w.data.objects.get("Seat") and w.data.objects.get("Seat.001")
    return [*everything(w), *w.of_object(w.obj("Seat.001"))]


@row(SECTION, "undo of a join")
def _(w: World) -> list[Trace]:
    w.ops.ed.undo_push(message="before")
    w.select(w.obj("Mine"), w.obj("Seat"))
    w.ops.object.join()
    w.ops.ed.undo_push(message="joined")
    w.ops.ed.undo()
    return everything(w)


@row(SECTION, "write data-blocks to a file (libraries.write) and append them")
def _(w: World) -> list[Trace]:
    path = w.folder / "part.blend"
    w.data.libraries.write(str(path), {w.obj("Seat")}, fake_user=True)
    w.new()
    with w.data.libraries.load(str(path)) as (there, wanted):
        wanted.objects = there.objects
    w.scene.collection.objects.link(w.obj("Seat"))
    return w.traces(w.obj("Seat"), w.obj("Seat").data, w.data.materials["Wood"], w.data.images["wood.png"])


@row(SECTION, "write a mesh to a file (libraries.write) and open that file")
def _(w: World) -> list[Trace]:
    path = w.folder / "part.blend"
    w.data.libraries.write(str(path), {w.obj("Seat").data}, fake_user=True)
    w.open(path)
    return w.traces(w.data.meshes["Seat"])


@row(SECTION, "purge what nothing uses")
def _(w: World) -> list[Trace]:
    w.ops.outliner.orphans_purge(do_recursive=True)
    return everything(w)


@row(SECTION, "rename everything")
def _(w: World) -> list[Trace]:
    named = [
        block for trace in everything(w) for block in w.all_blocks(trace.id_type) if block.name == trace.name
    ]
    for number, block in enumerate(named):
        block.name = f"Own work {number}"
    return w.traces(*named)


@row(SECTION, "give everything names like the user's own")
def _(w: World) -> list[Trace]:
    for old, new in (("Mine", "Old"), ("Seat", "Mine")):
        w.obj(old).data.name = new
        w.obj(old).name = new
    w.data.images["wood.png"].name = "Render Result"
    w.data.node_groups["Grain"].name = "Shader Nodetree"
    return w.traces(
        w.obj("Mine"),
        w.obj("Mine").data,
        w.data.images["Render Result"],
        w.data.node_groups["Shader Nodetree"],
    )


@row(SECTION, "delete all that came in, keep undeclared things", known=False)
def _(w: World) -> list[Trace]:
    traces = everything(w)
    w.only(w.obj("Mine"), w.obj("Top"))
    return traces


@row(SECTION, "delete all that came in, keep nothing undeclared", known=False)
def _(w: World) -> list[Trace]:
    w.only(w.obj("Shelf"))
    return [w.gone(CHAIR), w.gone(TABLE)]


@row(SECTION, "batch_remove of what carries the stamps", known=False)
def _(w: World) -> list[Trace]:
    # What is left is the bare shape, on a mesh that never had a stamp.
    shape = w.bare_copy(w.obj("Seat").data)
    item = w.add(shape)
    w.data.batch_remove([block for block in w.every_block() if "clearance" in block])
    return w.of_object(item)


@row(SECTION, "delete the scene that keeps the register")
def _(w: World) -> list[Trace]:
    old = w.scene
    new = w.data.scenes.new("Next")
    for name in ("Seat", "Cushion"):
        new.collection.objects.link(w.obj(name))
    w.bpy.context.window.scene = new
    w.data.scenes.remove(old)
    return [*w.of_object(w.obj("Seat")), *w.of_object(w.obj("Cushion"))]


@row(SECTION, "save by a Blender without the extension")
def _(w: World) -> list[Trace]:
    path = w.save()
    w.run_blender(this_python(), EDIT, path)
    w.open(path)
    blocks = [*w.of_object(w.obj("Renamed seat")), *w.of_object(w.obj("Copied seat"))]
    return [*blocks, *w.traces(w.data.materials["Wood"], w.data.images["wood.png"])]


@row(SECTION, "join in a Blender without the extension", known=False)
def _(w: World) -> list[Trace]:
    path = w.save()
    w.run_blender(
        this_python(),
        "import sys\nimport bpy\npath, done = sys.argv[1:3]\nbpy.ops.wm.open_mainfile(filepath=path)\n"
        "for item in bpy.context.view_layer.objects:\n    item.select_set(item.name in {'Mine', 'Seat'})\n"
        "bpy.context.view_layer.objects.active = bpy.data.objects['Mine']\nbpy.ops.object.join()\n"
        "bpy.ops.wm.save_as_mainfile(filepath=path, check_existing=False)\nopen(done, 'w').close()\n",
        path,
    )
    w.open(path)
    return w.of_object(w.obj("Mine"))


@row(SECTION, "work with the extension switched off")
def _(w: World) -> list[Trace]:
    import importlib

    addon_utils = importlib.import_module("addon_utils")
    path = w.save()
    addon_utils.disable(MODULE, default_set=False)
    try:
        w.open(path)
        w.select(w.obj("Seat"))
        w.ops.object.duplicate()
        w.save(path)
    finally:
        addon_utils.enable(MODULE, default_set=False)
    w.open(path)
    return [*everything(w), *w.of_object(w.obj("Seat.001"))]


def _through(version: str) -> Callable[[World], list[Trace]]:
    def run(w: World) -> list[Trace]:
        here = ".".join(str(part) for part in w.bpy.app.version[:2])
        if here == version:
            raise NotHere("the same version")
        python = other_pythons().get(version)
        if python is None:
            raise NotHere(f"no Blender {version} on this machine")
        if {here, version} == {"4.2", "5.2"}:  # 4.5 is the only 4.x that opens files of 5.x
            raise NotHere("4.2 does not open files of 5.2")
        path = w.save()
        w.run_blender(python, EDIT, path)
        w.open(path)
        return [*w.of_object(w.obj("Renamed seat")), *w.of_object(w.obj("Copied seat"))]

    return run


for _version in ("4.2", "4.5", "5.2"):
    row(SECTION, f"save by Blender {_version} without the extension, and back")(_through(_version))


@row(SECTION, "the file is copied and opened elsewhere")
def _(w: World) -> list[Trace]:
    elsewhere = w.folder / "elsewhere" / "copy.blend"
    elsewhere.parent.mkdir()
    shutil.copy(w.save(), elsewhere)
    Path(w.data.filepath).unlink()
    w.open(elsewhere)
    return everything(w)
