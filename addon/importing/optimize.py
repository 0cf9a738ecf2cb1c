"""Make an import lighter, where the user asked: equal materials and images once, proxies for meshes.

Runs before anything is stamped, and touches nothing but what the import brought. Nothing is decoded or hashed
here: which pictures are equal was found out in a worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import bpy

from ...core.host import ImportPlan
from ...core.model.optimize import Optimize

MODIFIER = "Viewport Proxy"
PROXY_FROM_FACES = 2_000
"""Lighter meshes are shown whole."""
PROXY_UP_TO_FACES = 1_000_000
"""Heavier ones are shown whole, too: to decimate them would hold Blender up at every change."""
_OWN = frozenset(
    {
        "rna_type", "name", "name_full", "label", "location", "location_absolute", "select", "width",
        "height", "width_hidden", "dimensions", "parent", "color", "use_custom_color", "show_options",
        "show_preview", "show_texture", "hide", "warning_propagation", "session_uid", "users", "tag",
        "use_fake_user", "use_extra_user", "original", "asset_data", "library", "preview",
        "override_library", "library_weak_reference", "id_type", "internal_links", "inputs", "outputs",
        "panel_states", "type", "interface", "node_tree", "animation_data", "use_nodes", "grease_pencil",
        "paint_active_slot", "paint_clone_slot", "texture_paint_images", "texture_paint_slots",
        "preview_render_type", "use_preview_world",
    }
)  # fmt: skip
"""What a node or material is called and how it is shown in an editor: no part of how it looks."""
_SETTINGS = frozenset({"image_user", "texture_mapping", "color_mapping", "lineart", "cycles"})
"""Groups of plain settings."""


def optimize_import(plan: ImportPlan, new: Iterable[Any]) -> tuple[str, ...]:
    """Do to new data-blocks what the plan says; return sentences about it."""
    wanted: Optimize = plan.optimize
    if wanted.is_off:
        return ()
    blocks: dict[str, list[Any]] = {}
    for one in new:
        if one.library is None:
            blocks.setdefault(one.id_type, []).append(one)
    notes: list[str] = []
    if wanted.merge_duplicates:
        images = _merge_images(blocks.get("IMAGE", []), plan.same_pictures)
        materials = _merge_materials(blocks.get("MATERIAL", []))
        if images or materials:
            notes.append(f"Merged what came twice: {materials} materials, {images} images.")
    if wanted.proxy_ratio:
        notes += _add_proxies(blocks.get("OBJECT", []), wanted.proxy_ratio)
    return tuple(notes)


def _place(image: Any) -> Path | None:
    if image.source != "FILE" or not image.filepath:
        return None
    return Path(bpy.path.abspath(image.filepath)).resolve()


def _merge_images(images: list[Any], same: Mapping[Path, Path]) -> int:
    """Let one image stand for all that show the same file in the same way."""
    instead = {one.resolve(): other.resolve() for one, other in same.items()}
    first: dict[tuple[Any, ...], Any] = {}
    count = 0
    for image in images:
        place = _place(image)
        if place is None or len(image.packed_files) > 1:
            continue
        shown = (image.colorspace_settings.name, image.alpha_mode, image.use_view_as_render)
        key = (instead.get(place, place), *shown)
        known = first.setdefault(key, image)
        if known is not image:
            image.user_remap(known)
            bpy.data.images.remove(image)
            count += 1
    return count


def _merge_materials(materials: list[Any]) -> int:
    """Let one material stand for all that look the same."""
    first: dict[Any, Any] = {}
    count = 0
    for material in materials:
        key = _look_of(material)
        if key is None:
            continue
        known = first.setdefault(key, material)
        if known is not material:
            material.user_remap(known)
            bpy.data.materials.remove(material)
            count += 1
    return count


def _look_of(material: Any) -> tuple[Any, ...] | None:
    """Return what makes a material look as it does; None where that cannot be told, so that it is kept."""
    tree = material.node_tree
    if material.animation_data is not None or (tree is not None and tree.animation_data is not None):
        return None
    own = _values(material)
    if own is None or (tree is not None and any(one.bl_idname == "NodeReroute" for one in tree.nodes)):
        return None
    if tree is None:
        return own
    names = {node.name: number for number, node in enumerate(tree.nodes)}
    nodes: list[Any] = []
    for node in tree.nodes:
        values = _values(node)
        if values is None:
            return None
        group = getattr(node, "node_tree", None)
        inputs = tuple(_plain(getattr(one, "default_value", None)) for one in node.inputs)
        outputs = tuple(_plain(getattr(one, "default_value", None)) for one in node.outputs)
        nodes.append((node.bl_idname, group.session_uid if group is not None else 0, values, inputs, outputs))
    links = frozenset(
        (
            names[link.from_node.name], _number(link.from_node.outputs, link.from_socket),
            names[link.to_node.name], _number(link.to_node.inputs, link.to_socket),
        )
        for link in tree.links
    )  # fmt: skip
    return (own, tuple(nodes), links)


def _number(sockets: Any, wanted: Any) -> int:
    return next(number for number, one in enumerate(sockets) if one == wanted)


def _values(owner: Any) -> tuple[Any, ...] | None:
    """Return the settings of a material or node; None when there are some that cannot be compared."""
    found: list[Any] = [tuple(sorted((key, str(owner[key])) for key in owner.keys()))]  # noqa: SIM118
    for prop in owner.bl_rna.properties:
        if prop.identifier in _OWN or prop.identifier.startswith(("is_", "bl_")):
            continue
        value = getattr(owner, prop.identifier)
        if prop.type == "POINTER":
            if value is None or isinstance(value, bpy.types.ID):
                found.append((prop.identifier, 0 if value is None else value.session_uid))
            elif prop.identifier in _SETTINGS:
                found.append((prop.identifier, _inner(value)))
            else:
                return None  # a ramp or a curve: kept as it is
        elif prop.type == "COLLECTION":
            if len(value) > 0:
                return None
        else:
            found.append((prop.identifier, _plain(value)))
    return tuple(found)


def _inner(owner: Any) -> tuple[Any, ...]:
    plain = (one for one in owner.bl_rna.properties if one.type not in ("POINTER", "COLLECTION"))
    return tuple((one.identifier, _plain(getattr(owner, one.identifier))) for one in plain)


def _plain(value: Any) -> Any:
    """Return a value that can be compared: data-blocks by their number, vectors as tuples."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bpy.types.ID):
        return ("ID", value.session_uid)
    if isinstance(value, set):
        return tuple(sorted(value))
    try:
        return tuple(_plain(one) for one in value)
    except TypeError:
        return ("?", repr(value))


def _add_proxies(objects: list[Any], ratio: float) -> list[str]:
    """Show heavy meshes with fewer faces in the viewport; what is rendered, and the meshes, stay whole."""
    count, too_heavy = 0, 0
    for thing in objects:
        if thing.type != "MESH" or thing.data is None:
            continue
        faces = len(thing.data.polygons)
        if faces < PROXY_FROM_FACES:
            continue
        if faces > PROXY_UP_TO_FACES:
            too_heavy += 1
            continue
        modifier = thing.modifiers.new(MODIFIER, "DECIMATE")
        modifier.ratio = ratio
        modifier.show_render = False
        count += 1
    notes: list[str] = []
    if count:
        what = "mesh shows" if count == 1 else "meshes show"
        notes.append(f"{count} heavy {what} {ratio:.0%} of the faces in the viewport; renders have all.")
    if too_heavy:
        notes.append(f"{too_heavy} with more than {PROXY_UP_TO_FACES:,} faces stay whole.")
    return notes
