# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows about other files: appended, linked, overridden, made local, packed, missing, pasted, instanced."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from survival.outcome import Trace
from survival.table import row
from survival.world import CHAIR, TABLE, NotHere, World

SECTION = "Other files"


def load(w: World, path: Path, *names: str, link: bool = False, **options: Any) -> list[Any]:
    """Append or link objects and put them into the scene."""
    with w.data.libraries.load(str(path), link=link, **options) as (_, wanted):
        wanted.objects = list(names)
    found = list(wanted.objects)
    for item in found:
        w.scene.collection.objects.link(item)
    return found


def with_all(w: World, *items: Any) -> list[Trace]:
    """Name objects, their data, materials and images."""
    blocks: dict[Any, None] = {}
    for item in items:
        blocks[item] = None
        if item.data is not None:
            blocks[item.data] = None
        for slot in item.material_slots:
            blocks[slot.material] = None
            for node in slot.material.node_tree.nodes if slot.material.node_tree else ():
                inner = getattr(node, "image", None) or getattr(node, "node_tree", None)
                if inner is not None:
                    blocks[inner] = None
    return w.traces(*blocks)


def directory(path: Path, kind: str) -> str:
    """Return where wm.append looks for data-blocks of a kind."""
    return f"{path}/{kind}/"


@row(SECTION, "append (libraries.load)")
def _(w: World) -> list[Trace]:
    return with_all(w, *load(w, w.asset_file(), "Seat", "Cushion"))


@row(SECTION, "append (wm.append)")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    w.ops.wm.append(directory=directory(path, "Object"), filename="Seat")
    return with_all(w, w.obj("Seat"))


@row(SECTION, "append twice, reusing what is there")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    for _ in range(2):
        w.ops.wm.append(directory=directory(path, "Object"), filename="Seat", do_reuse_local_id=True)
    return [trace for item in w.scene.objects for trace in with_all(w, item)]


@row(SECTION, "append a collection")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    w.ops.wm.append(directory=directory(path, "Collection"), filename="Chair")
    return [*with_all(w, w.obj("Seat")), *w.traces(w.data.collections["Chair"])]


@row(SECTION, "append a scene")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    w.ops.wm.append(directory=directory(path, "Scene"), filename="Scene")
    return with_all(w, w.obj("Seat"))


@row(SECTION, "append a mesh, a material, an image, a node group")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    with w.data.libraries.load(str(path)) as (_, wanted):
        wanted.meshes, wanted.materials = ["Cushion"], ["Metal"]
        wanted.images, wanted.node_groups = ["wood.png"], ["Grain"]
    found = [*wanted.meshes, *wanted.materials, *wanted.images, *wanted.node_groups]
    for block in found:
        block.use_fake_user = True
    return w.traces(*found)


@row(SECTION, "drag in from the asset browser (append, asset data cleared)")
def _(w: World) -> list[Trace]:
    w.obj("Seat").asset_mark()
    w.obj("Seat").asset_data.license = "Royalty Free"
    path = w.asset_file()
    w.ops.wm.append(
        directory=directory(path, "Object"), filename="Seat", clear_asset_data=True, do_reuse_local_id=True
    )
    return with_all(w, w.obj("Seat"))


@row(SECTION, "drag in a material from the asset browser onto own work")
def _(w: World) -> list[Trace]:
    w.data.materials["Wood"].asset_mark()
    path = w.asset_file()
    w.ops.wm.append(directory=directory(path, "Material"), filename="Wood", clear_asset_data=True)
    item = w.add(w.data.meshes.new("Own"))
    item.data.materials.append(w.data.materials["Wood"])
    return w.traces(w.data.materials["Wood"], w.data.images["wood.png"], w.data.node_groups["Grain"])


@row(SECTION, "link (libraries.load)")
def _(w: World) -> list[Trace]:
    return with_all(w, *load(w, w.asset_file(), "Seat", link=True))


@row(SECTION, "link (wm.link)")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    w.ops.wm.link(directory=directory(path, "Object"), filename="Seat")
    return with_all(w, w.obj("Seat"))


@row(SECTION, "link a collection as an instance (wm.link)")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    w.ops.wm.link(directory=directory(path, "Collection"), filename="Chair", instance_collections=True)
    assert any(item.instance_collection is not None for item in w.scene.objects)
    return with_all(w, w.obj("Seat"))


@row(SECTION, "link a scene as the background set")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    with w.data.libraries.load(str(path), link=True) as (_, wanted):
        wanted.scenes = ["Scene"]
    w.scene.background_set = wanted.scenes[0]
    return with_all(w, w.obj("Seat"))


@row(SECTION, "link, with the library of a library")
def _(w: World) -> list[Trace]:
    first = w.asset_file()
    (seat,) = load(w, first, "Seat", link=True)
    holder = w.data.collections.new("Holder")
    holder.objects.link(seat)
    w.scene.collection.children.link(holder)
    second = w.save(w.folder / "set.blend", copy=True)
    w.new()
    with w.data.libraries.load(str(second), link=True) as (_, wanted):
        wanted.collections = ["Holder"]
    w.scene.collection.children.link(wanted.collections[0])
    return with_all(w, next(item for item in w.data.objects if item.name == "Seat"))


@row(SECTION, "library override")
def _(w: World) -> list[Trace]:
    (seat,) = load(w, w.asset_file(), "Seat", link=True)
    made = seat.override_create(remap_local_usages=True)
    return [*w.traces(made), *with_all(w, seat)[1:]]


@row(SECTION, "library override of the whole asset (make_override_library)")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    w.ops.wm.link(directory=directory(path, "Collection"), filename="Chair", instance_collections=True)
    holder = next(item for item in w.scene.objects if item.instance_collection is not None)
    w.select(holder)
    w.ops.object.make_override_library()
    seats = [item for item in w.data.objects if item.name == "Seat" and item.override_library is not None]
    assert seats
    return [trace for item in seats for trace in w.of_object(item)]


@row(SECTION, "library override, edited, saved, library changed, opened again")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    (seat,) = load(w, path, "Seat", link=True)
    made = seat.override_create(remap_local_usages=True)
    made.location.x += 1.0
    w.save()
    made.library_override_resync_try() if hasattr(made, "library_override_resync_try") else None
    w.open(w.save())
    return w.of_object(next(item for item in w.data.objects if item.override_library is not None))


@row(SECTION, "make one object local")
def _(w: World) -> list[Trace]:
    (seat,) = load(w, w.asset_file(), "Seat", link=True)
    w.select(seat)
    w.ops.object.make_local(type="SELECT_OBDATA_MATERIAL")
    return with_all(w, w.data.objects["Seat", None])


@row(SECTION, "make all local")
def _(w: World) -> list[Trace]:
    load(w, w.asset_file(), "Seat", "Cushion", link=True)
    w.ops.object.make_local(type="ALL")
    return [*with_all(w, w.data.objects["Seat", None]), *with_all(w, w.data.objects["Cushion", None])]


@row(SECTION, "make local (ID.make_local)")
def _(w: World) -> list[Trace]:
    (seat,) = load(w, w.asset_file(), "Seat", link=True)
    made = seat.make_local()
    mesh = made.data.make_local()
    return w.traces(made, mesh)


@row(SECTION, "make local what is stamped on its library only", known=False)
def _(w: World) -> list[Trace]:
    seat = _linked_and_stamped_here(w)
    w.select(seat)
    w.ops.object.make_local(type="ALL")
    return w.of_object(w.data.objects["Seat", None])


@row(SECTION, "link, then stamp the library")
def _(w: World) -> list[Trace]:
    return w.of_object(_linked_and_stamped_here(w))


@row(SECTION, "link two assets of one library, then stamp each", known=False)
def _(w: World) -> list[Trace]:
    path = _unstamped_file(w)
    seat, top = load(w, path, "Seat", "Top", link=True)
    handle = w.load("core.model.scene").Handle
    for item, grant in ((seat, CHAIR), (top, TABLE)):
        blocks = (item, item.data)
        handles = tuple(handle(id_type=b.id_type, session_uid=b.session_uid) for b in blocks)
        w.host.stamp(handles, w.studio.stamp(grant))
    return [*w.of_object(seat, CHAIR), *w.of_object(top, TABLE)]


def _unstamped_file(w: World) -> Path:
    for block in w.every_block():
        if block.get("clearance") is not None:
            del block["clearance"]
    for mesh in w.data.meshes:
        if "clearance_grant" in mesh.attributes:
            mesh.attributes.remove(mesh.attributes["clearance_grant"])
    del w.scene["clearance_register"]
    return w.asset_file()


def _linked_and_stamped_here(w: World) -> Any:
    (seat,) = load(w, _unstamped_file(w), "Seat", link=True)
    handle = w.load("core.model.scene").Handle
    blocks = (seat, seat.data)
    handles = tuple(handle(id_type=b.id_type, session_uid=b.session_uid) for b in blocks)
    w.host.stamp(handles, w.studio.stamp(CHAIR))
    return seat


@row(SECTION, "link and pack the library (5.0 and later)")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    try:
        found = load(w, path, "Seat", link=True, pack=True)
    except TypeError as error:
        raise NotHere("not in this version") from error
    traces = with_all(w, *found)
    path.unlink()
    return traces


@row(SECTION, "pack linked data into the file (5.0 and later)")
def _(w: World) -> list[Trace]:
    if not hasattr(w.data, "pack_linked_ids_hierarchy"):
        raise NotHere("not in this version")
    path = w.asset_file()
    (seat,) = load(w, path, "Seat", link=True)
    packed = w.data.pack_linked_ids_hierarchy(seat)
    w.scene.collection.objects.link(packed)
    w.scene.collection.objects.unlink(seat)
    w.purge()
    path.unlink()
    return with_all(w, packed)


@row(SECTION, "the library is missing", known=False)
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    traces = w.of_object(load(w, path, "Seat", link=True)[0])
    scene = w.save()
    path.unlink()
    w.open(scene)
    return traces


@row(SECTION, "the library of a collection instance is missing", known=False)
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    w.ops.wm.link(directory=directory(path, "Collection"), filename="Chair", instance_collections=True)
    traces = w.traces(w.obj("Seat"))
    scene = w.save()
    path.unlink()
    w.open(scene)
    return traces


@row(SECTION, "the library of an override is missing", known=False)
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    (seat,) = load(w, path, "Seat", link=True)
    made = seat.override_create(remap_local_usages=True)
    traces = w.of_object(made)
    scene = w.save()
    path.unlink()
    w.open(scene)
    return traces


@row(SECTION, "the library is missing, and the register was removed", known=False)
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    traces = w.of_object(load(w, path, "Seat", link=True)[0])
    scene = w.save()
    path.unlink()
    w.open(scene)
    if "clearance_register" in w.scene:
        del w.scene["clearance_register"]
    return traces


@row(SECTION, "an asset is no longer in its library", known=False)
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    traces = w.of_object(load(w, path, "Seat", link=True)[0])
    scene = w.save()
    w.new()
    w.add(w.data.meshes.new("Other"), "Other")
    w.save(path, copy=True)
    w.open(scene)
    return traces


@row(SECTION, "the library was moved and is found again")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    load(w, path, "Seat", link=True)
    scene = w.save()
    moved = w.folder / "moved.blend"
    shutil.move(path, moved)
    w.open(scene)
    library = w.data.libraries[0]
    library.filepath = str(moved)
    library.reload()
    return with_all(w, w.obj("Seat"))


@row(SECTION, "relocate a library (wm.lib_relocate)")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    load(w, path, "Seat", link=True)
    moved = w.folder / "moved.blend"
    shutil.copy(path, moved)
    w.ops.wm.lib_relocate(
        library=w.data.libraries[0].name, directory=str(w.folder), filename="moved.blend", relative_path=False
    )
    return with_all(w, w.obj("Seat"))


@row(SECTION, "reload a library that is stamped itself")
def _(w: World) -> list[Trace]:
    _linked_and_stamped_here(w)
    w.data.libraries[0].reload()
    return w.of_object(w.obj("Seat"))


@row(SECTION, "the library was replaced by a file without stamps", known=False)
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    traces = w.of_object(load(w, path, "Seat", link=True)[0])
    scene = w.save()
    w.open(w.base)
    _unstamped_file(w)  # writes the same path
    w.open(scene)
    return traces


@row(SECTION, "copy and paste between files (copybuffer, pastebuffer)")
def _(w: World) -> list[Trace]:
    w.select(w.obj("Seat"))
    try:
        w.ops.view3d.copybuffer()
    except RuntimeError as error:
        raise NotHere("cannot run without a window; the next row does the same") from error
    w.new()
    w.ops.view3d.pastebuffer()
    return with_all(w, next(item for item in w.scene.objects if item.type == "MESH"))


@row(SECTION, "copy and paste between files (through libraries.write)")
def _(w: World) -> list[Trace]:
    path = w.folder / "copybuffer.blend"
    w.data.libraries.write(str(path), {w.obj("Seat")})
    w.new()
    return with_all(w, *load(w, path, "Seat"))


@row(SECTION, "collection instance")
def _(w: World) -> list[Trace]:
    holder = w.data.objects.new("Holder", None)
    holder.instance_type, holder.instance_collection = "COLLECTION", w.data.collections["Chair"]
    w.scene.collection.objects.link(holder)
    w.scene.collection.children.unlink(w.data.collections["Chair"])
    return [*w.of_object(w.obj("Seat")), *w.traces(w.data.collections["Chair"])]


@row(SECTION, "collection instance made real")
def _(w: World) -> list[Trace]:
    holder = w.data.objects.new("Holder", None)
    holder.instance_type, holder.instance_collection = "COLLECTION", w.data.collections["Chair"]
    w.scene.collection.objects.link(holder)
    w.select(holder)
    before = set(w.data.objects)
    w.ops.object.duplicates_make_real(use_hierarchy=True)
    made = [item for item in w.data.objects if item not in before]
    assert made
    return w.traces(*made)


@row(SECTION, "collection instance made real, the original deleted")
def _(w: World) -> list[Trace]:
    holder = w.data.objects.new("Holder", None)
    holder.instance_type, holder.instance_collection = "COLLECTION", w.data.collections["Chair"]
    w.scene.collection.objects.link(holder)
    w.select(holder)
    before = set(w.data.objects)
    w.ops.object.duplicates_make_real()
    made = [item for item in w.data.objects if item not in before]
    w.data.batch_remove([*(before - {w.obj("Mine")}), w.data.collections["Chair"]])
    w.purge()
    return [trace for item in made if item.data for trace in w.of_object(item)]


@row(SECTION, "libraries packed into the file (file.pack_libraries), the library deleted")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    load(w, path, "Seat", link=True)
    w.save()
    w.ops.file.pack_libraries()
    scene = w.save()
    path.unlink()
    w.open(scene)
    return with_all(w, next(item for item in w.data.objects if item.name == "Seat"))


@row(SECTION, "library override made local")
def _(w: World) -> list[Trace]:
    (seat,) = load(w, w.asset_file(), "Seat", link=True)
    made = seat.override_create(remap_local_usages=True)
    local = made.make_local()
    return with_all(w, local)


@row(SECTION, "library override of a mesh and a material")
def _(w: World) -> list[Trace]:
    (seat,) = load(w, w.asset_file(), "Seat", link=True)
    made = seat.override_create(remap_local_usages=True)
    made.data.override_create(remap_local_usages=True)
    wood = next(item for item in w.data.materials if item.name == "Wood")
    wood.override_create(remap_local_usages=True)
    return [
        w.trace(block)
        for block in (*w.data.objects, *w.data.meshes, *w.data.materials)
        if block.override_library is not None
    ]


@row(SECTION, "the library is removed from the file", known=False)
def _(w: World) -> list[Trace]:
    load(w, w.asset_file(), "Seat", link=True)
    w.save()
    w.data.libraries.remove(w.data.libraries[0])
    return [w.gone(CHAIR)]


@row(SECTION, "names and paths in other scripts")
def _(w: World) -> list[Trace]:
    for block in (w.obj("Seat"), w.obj("Seat").data, w.data.materials["Wood"]):
        block.name = "椅子 “Stuhl” \U0001fa91 /\\"
    path = w.save(w.folder / "bücher und стулья \U0001fa91.blend", copy=True)
    w.new()
    (seat,) = load(w, path, "椅子 “Stuhl” \U0001fa91 /\\", link=True)
    traces = with_all(w, seat)
    scene = w.save(w.folder / "сцена.blend")
    w.open(scene)
    return traces


@row(SECTION, "names and paths in other scripts, the library missing")
def _(w: World) -> list[Trace]:
    w.obj("Seat").name = "椅子 “Stuhl” \U0001fa91 /\\"
    path = w.save(w.folder / "bücher \U0001fa91.blend", copy=True)
    w.new()
    (seat,) = load(w, path, "椅子 “Stuhl” \U0001fa91 /\\", link=True)
    trace = w.trace(seat)
    scene = w.save()
    path.unlink()
    w.open(scene)
    return [trace]


@row(SECTION, "a missing library is found again")
def _(w: World) -> list[Trace]:
    path = w.asset_file()
    load(w, path, "Seat", link=True)
    scene = w.save()
    away = path.rename(w.folder / "away.blend")
    w.open(scene)
    w.save(scene)
    away.rename(path)
    w.open(scene)
    return with_all(w, w.obj("Seat"))


@row(SECTION, "a stamped collection whose parts are gone", known=False)
def _(w: World) -> list[Trace]:
    w.data.batch_remove([item for item in w.data.collections["Chair"].all_objects if item.type != "EMPTY"])
    w.purge()
    w.data.batch_remove([w.data.actions["Sway"], *[item for item in w.data.materials if "clearance" in item]])
    w.purge()
    assert any("clearance" in item for item in w.data.collections)
    return [w.gone(CHAIR)]
