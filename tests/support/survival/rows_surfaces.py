# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows about materials, node groups and images, and about what is baked and rendered from them."""

from __future__ import annotations

import shutil
from typing import Any

from survival.assets import material, picture
from survival.outcome import Trace
from survival.table import row
from survival.world import CHAIR, OWN, PICTURE, TABLE, NotHere, World

SECTION = "Materials and images"
RENDERED = "Baked and rendered"


@row(SECTION, "its material on one's own mesh")
def _(w: World) -> list[Trace]:
    wood = w.data.materials["Wood"]
    w.obj("Mine").data.materials[0] = wood
    w.only(w.obj("Mine"))
    return w.traces(wood, w.data.images["wood.png"], w.data.node_groups["Grain"])


@row(SECTION, "its material on one's own mesh (make_links_data)")
def _(w: World) -> list[Trace]:
    w.select(w.obj("Seat"), w.obj("Mine"))
    w.ops.object.make_links_data(type="MATERIAL")
    w.only(w.obj("Mine"))
    return w.traces(w.data.materials["Wood"], w.data.images["wood.png"])


def _paste_material(w: World, name: str, onto: str) -> Any:
    """Copy a material and paste it into another, with Blender's operators."""
    own = w.data.materials[onto]
    with w.bpy.context.temp_override(material=w.data.materials[name]):
        assert w.ops.material.copy() == {"FINISHED"}
    own.node_tree.nodes.clear()
    with w.bpy.context.temp_override(material=own):
        assert w.ops.material.paste() == {"FINISHED"}
    assert len(own.node_tree.nodes)
    return own


@row(SECTION, "its material pasted into one's own (material.copy, material.paste)")
def _(w: World) -> list[Trace]:
    return w.traces(_paste_material(w, "Wood", "Mine"))


@row(SECTION, "its material pasted into one's own declared one")
def _(w: World) -> list[Trace]:
    return w.traces(_paste_material(w, "Wood", "Shelf"), of=(CHAIR, OWN))


@row(SECTION, "its material pasted into one's own declared one, it is deleted then")
def _(w: World) -> list[Trace]:
    own = _paste_material(w, "Metal", "Shelf")
    w.only(w.obj("Shelf"))
    return w.traces(own, of=(CHAIR, OWN))


@row(SECTION, "its material pasted into another asset's")
def _(w: World) -> list[Trace]:
    own = _paste_material(w, "Metal", "Oak")
    w.only(w.obj("Top"))
    return w.traces(own, of=(CHAIR, TABLE))


@row(SECTION, "its material pasted into one's own declared one, and that copied")
def _(w: World) -> list[Trace]:
    copy = _paste_material(w, "Metal", "Shelf").copy()
    w.obj("Mine").data.materials[0] = copy
    w.only(w.obj("Mine"))
    return w.traces(copy, of=(CHAIR, OWN))


@row(SECTION, "its material pasted into one's own declared one, out as glTF and in again")
def _(w: World) -> list[Trace]:
    if w.bpy.app.version < (4, 5):
        raise NotHere("4.2 may crash here")  # in two of six runs, once in its own exporter; why is not known
    _paste_material(w, "Wood", "Shelf")
    w.through_gltf(w.obj("Shelf"))
    (made,) = w.data.materials
    return w.traces(made)


@row(SECTION, "its material copied and changed")
def _(w: World) -> list[Trace]:
    copy = w.data.materials["Wood"].copy()
    copy.name = "My wood"
    copy.node_tree.nodes.new("ShaderNodeBrightContrast")
    w.obj("Mine").data.materials[0] = copy
    w.only(w.obj("Mine"))
    return w.traces(copy, w.data.images["wood.png"], w.data.node_groups["Grain"])


@row(SECTION, "its image in one's own material")
def _(w: World) -> list[Trace]:
    own = material(w.bpy, "Own", w.data.images["wood.png"])
    w.obj("Mine").data.materials[0] = own
    w.only(w.obj("Mine"))
    return w.traces(w.data.images["wood.png"])


@row(SECTION, "its image as a reference, a brush, a world, a background")
def _(w: World) -> list[Trace]:
    image = w.data.images["wood.png"]
    empty = w.add(None, "Reference")
    empty.empty_display_type, empty.data = "IMAGE", image
    w.data.textures.new("Own", "IMAGE").image = image
    w.data.cameras["Camera"].background_images.new().image = image
    w.only(empty, w.obj("Camera"))
    return w.traces(image)


@row(SECTION, "its node group in one's own material")
def _(w: World) -> list[Trace]:
    own = material(w.bpy, "Own", None, w.data.node_groups["Grain"])
    w.obj("Mine").data.materials[0] = own
    w.only(w.obj("Mine"))
    return w.traces(w.data.node_groups["Grain"])


@row(SECTION, "its node group copied")
def _(w: World) -> list[Trace]:
    copy = w.data.node_groups["Grain"].copy()
    own = material(w.bpy, "Own", None, copy)
    w.obj("Mine").data.materials[0] = own
    w.only(w.obj("Mine"))
    return w.traces(copy)


@row(SECTION, "its node group ungrouped in one's own material", known=False)
def _(w: World) -> list[Trace]:
    own = material(w.bpy, "Own")
    group = w.data.node_groups["Grain"]
    for node in group.nodes:
        own.node_tree.nodes.new(node.bl_idname)
    w.obj("Mine").data.materials[0] = own
    w.only(w.obj("Mine"))
    return w.traces(own)


@row(SECTION, "image packed")
def _(w: World) -> list[Trace]:
    w.data.images["wood.png"].pack()
    return w.traces(w.data.images["wood.png"])


@row(SECTION, "image unpacked beside the file")
def _(w: World) -> list[Trace]:
    w.save()
    image = w.data.images["wood.png"]
    image.unpack(method="WRITE_LOCAL")
    assert image.packed_file is None
    return w.traces(image)


@row(SECTION, "everything packed, everything unpacked (file.pack_all, unpack_all)")
def _(w: World) -> list[Trace]:
    w.save()
    w.ops.file.pack_all()
    w.ops.file.unpack_all(method="WRITE_LOCAL")
    w.ops.file.pack_all()
    return w.traces(w.data.images["wood.png"])


@row(SECTION, "image unpacked, moved elsewhere, path changed, reloaded")
def _(w: World) -> list[Trace]:
    w.save()
    image = w.data.images["wood.png"]
    image.unpack(method="WRITE_LOCAL")
    elsewhere = w.folder / "elsewhere.png"
    shutil.copy(w.bpy.path.abspath(image.filepath), elsewhere)
    image.filepath = str(elsewhere)
    image.reload()
    return w.traces(image)


@row(SECTION, "image saved elsewhere under the same data-block (Image.save)")
def _(w: World) -> list[Trace]:
    image = w.data.images["wood.png"]
    image.filepath_raw = str(w.folder / "saved.png")
    image.file_format = "PNG"
    image.save()
    return w.traces(image)


@row(SECTION, "image saved elsewhere and loaded as a new one", known=False)
def _(w: World) -> list[Trace]:
    path = w.folder / "saved.png"
    w.data.images["wood.png"].save(filepath=str(path))
    return _use_new_image(w, w.data.images.load(str(path)))


def _use_new_image(w: World, image: Any) -> list[Trace]:
    own = material(w.bpy, "Own", image)
    w.obj("Mine").data.materials[0] = own
    w.only(w.obj("Mine"))
    return w.traces(image)


@row(SECTION, "image copied (Image.copy), the original removed")
def _(w: World) -> list[Trace]:
    copy = w.data.images["wood.png"].copy()
    return _use_new_image(w, copy)


@row(SECTION, "image scaled, painted on, packed again")
def _(w: World) -> list[Trace]:
    image = w.data.images["wood.png"]
    image.scale(32, 32)
    image.pixels[0] = 0.5
    image.update()
    image.pack()
    return w.traces(image)


@row(SECTION, "pixels copied into a new image", known=False)
def _(w: World) -> list[Trace]:
    old = w.data.images["wood.png"]
    new = w.data.images.new("Own picture", *old.size)
    new.pixels.foreach_set(list(old.pixels))
    new.pack()
    return _use_new_image(w, new)


@row(SECTION, "image replaced by another file in all its uses", known=False)
def _(w: World) -> list[Trace]:
    new = w.data.images.load(str(picture(w.bpy, w.folder / "other.png")))
    w.data.images["wood.png"].user_remap(new)
    w.purge()
    return w.traces(new)


def _clouds(w: World) -> Any:
    """Import a bought picture as nothing but an image."""
    path = picture(w.bpy, w.folder / "clouds.png")
    return next(block for block in w.bring_in(path, "IMAGE", "DATA", PICTURE) if block.id_type == "IMAGE")


@row(SECTION, "a bought image in one's own material")
def _(w: World) -> list[Trace]:
    image = _clouds(w)
    _use_new_image(w, image)
    return w.traces(image, of=(PICTURE,))


@row(SECTION, "a bought image that nothing uses, purged", known=False)
def _(w: World) -> list[Trace]:
    image = _clouds(w)
    image.use_fake_user = False
    traces = w.traces(image, of=(PICTURE,))
    w.purge()
    return traces


@row(SECTION, "material deleted from the slot, the mesh stays")
def _(w: World) -> list[Trace]:
    w.obj("Seat").data.materials.clear()
    w.purge()
    return w.of_object(w.obj("Seat"))


@row(SECTION, "materials merged by remapping to one's own", known=False)
def _(w: World) -> list[Trace]:
    w.data.materials["Wood"].user_remap(w.data.materials["Mine"])
    w.purge()
    return w.of_object(w.obj("Seat"))


def _cycles(w: World) -> None:
    import importlib

    try:
        importlib.import_module("_cycles")
        w.scene.render.engine = "CYCLES"
    except (ImportError, TypeError) as error:
        raise NotHere("this build has no Cycles") from error
    w.scene.cycles.samples, w.scene.cycles.device = 1, "CPU"


def _bake(w: World, item: Any, kind: str = "EMIT", **options: Any) -> Any:
    image = w.data.images.new("Bake", 16, 16)
    for slot in item.material_slots:
        tree = slot.material.node_tree
        node = tree.nodes.new("ShaderNodeTexImage")
        node.image = image
        tree.nodes.active = node
    _cycles(w)
    w.ops.object.bake(type=kind, **options)
    image.pack()
    return image


@row(RENDERED, "textures baked into a new image (Cycles)", known=False)
def _(w: World) -> list[Trace]:
    w.select(w.obj("Seat"))
    image = _bake(w, w.obj("Seat"), "DIFFUSE", pass_filter={"COLOR"})
    return w.traces(image)


@row(RENDERED, "baked from it onto one's own mesh, it is deleted then (Cycles)", known=False)
def _(w: World) -> list[Trace]:
    own = w.obj("Mine")
    w.select(own, w.obj("Seat"))
    image = _bake(w, own, "EMIT", use_selected_to_active=True, cage_extrusion=1.0)
    w.only(own)
    return w.traces(image)


def _own_picture(w: World, name: str, *, in_file: bool = False) -> Any:
    """Declare a picture of one's own, and use it."""
    if in_file:
        image = w.data.images.load(str(picture(w.bpy, w.folder / f"{name}.png", size=16)))
    else:
        image = w.data.images.new(name, 16, 16)
        image.pack()
    w.obj("Shelf").data.materials[0] = material(w.bpy, name, image)
    w.stamp(OWN, w.obj("Shelf").data.materials[0], image)
    return image


@row(RENDERED, "baked into a picture that was declared as own work before (Cycles)", known=False)
def _(w: World) -> list[Trace]:
    own = _own_picture(w, "Drawn")
    item = w.select(w.obj("Seat"))
    for slot in item.material_slots:
        tree = slot.material.node_tree
        tree.nodes.active = node = tree.nodes.new("ShaderNodeTexImage")
        node.image = own
    _cycles(w)
    w.ops.object.bake(type="DIFFUSE", pass_filter={"COLOR"})
    own.pack()
    return w.traces(own)


@row(RENDERED, "its pixels copied into a declared picture by a script, packed", known=False)
def _(w: World) -> list[Trace]:
    own, wood = _own_picture(w, "Drawn"), w.data.images["wood.png"]
    own.scale(*wood.size)
    own.pixels = wood.pixels[:]
    own.pack()
    return w.traces(own)


@row(RENDERED, "its pixels saved over the file of a declared picture", known=False)
def _(w: World) -> list[Trace]:
    own, wood = _own_picture(w, "Drawn", in_file=True), w.data.images["wood.png"]
    own.scale(*wood.size)
    own.pixels = wood.pixels[:]
    own.save()
    return w.traces(own)


@row(RENDERED, "its file given to a declared picture (path changed)", known=False)
def _(w: World) -> list[Trace]:
    own = _own_picture(w, "Drawn", in_file=True)
    own.filepath = str(picture(w.bpy, w.folder / "bought.png", size=64))
    own.reload()
    return w.traces(own)


@row(RENDERED, "baked to vertex colors of one's own undeclared mesh (Cycles)", known=False)
def _(w: World) -> list[Trace]:
    own = w.obj("Mine")
    own.data.color_attributes.new("Col", "FLOAT_COLOR", "CORNER")
    w.select(own, w.obj("Seat"))
    _cycles(w)
    w.ops.object.bake(type="EMIT", use_selected_to_active=True, cage_extrusion=1.0, target="VERTEX_COLORS")
    w.only(own)
    return w.traces(own.data)


def _render(w: World) -> Any:
    _cycles(w)
    render = w.scene.render
    render.resolution_x = render.resolution_y = 16
    path = w.folder / "render.png"
    render.filepath = str(path)
    w.ops.render.render(write_still=True)
    assert path.is_file()
    return path


@row(RENDERED, "a render, saved and loaded as an image", known=False)
def _(w: World) -> list[Trace]:
    return _use_new_image(w, w.data.images.load(str(_render(w))))


@row(RENDERED, "a render, loaded as a strip of the sequencer", known=False)
def _(w: World) -> list[Trace]:
    path = _render(w)
    editor = w.scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strip = strips.new_image("Rendered", str(path), 1, 1)
    w.only(w.obj("Mine"))
    return [Trace("STRIP", strip.name, (CHAIR,))]


@row(RENDERED, "a render, loaded as a movie clip", known=False)
def _(w: World) -> list[Trace]:
    clip = w.data.movieclips.load(str(_render(w)))
    clip.use_fake_user = True
    w.only(w.obj("Mine"))
    return w.traces(clip)


@row(RENDERED, "a render, used in the compositor", known=False)
def _(w: World) -> list[Trace]:
    image = w.data.images.load(str(_render(w)))
    if hasattr(w.scene, "compositing_node_group"):
        tree = w.data.node_groups.new("Own compositing", "CompositorNodeTree")
        w.scene.compositing_node_group = tree
    else:
        w.scene.use_nodes = True
        tree = w.scene.node_tree
    tree.nodes.new("CompositorNodeImage").image = image
    w.only(w.obj("Mine"))
    return w.traces(image)
