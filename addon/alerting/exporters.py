"""Blender's exporters: which operators they are, what they write, and what of the scene they take along."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import bpy

from ..exporting.formats import BY_ENDING, ExportFormat
from ..exporting.leaving import find_leaving

_ENDINGS = {
    "EXPORT_SCENE_OT_gltf": "glb", "EXPORT_SCENE_OT_fbx": "fbx", "WM_OT_obj_export": "obj",
    "WM_OT_stl_export": "stl", "WM_OT_ply_export": "ply", "WM_OT_usd_export": "usdc",
    "WM_OT_alembic_export": "abc", "WM_OT_collada_export": "dae", "EXPORT_ANIM_OT_bvh": "bvh",
}  # fmt: skip
_SELECTED = ("use_selection", "export_selected_objects", "selected_objects_only", "selected")
_VISIBLE = ("use_visible", "visible_objects_only")
_RENDERED = ("use_renderable",)
_GLTF = {
    "use_selection": "gltf_selected", "use_visible": "gltf_visible", "use_renderable": "gltf_renderable",
    "use_active_scene": "gltf_active_scene", "use_active_collection": "gltf_active_collection",
    "collection": "gltf_collection",
}  # fmt: skip
"""What the glTF exporter calls its options once it runs."""
DEFAULT = BY_ENDING["glb"]


def ending_of(operator: Any) -> str:
    """Return the format that an operator exports to, such as ``obj``; empty for anything but an exporter."""
    name = str(operator.bl_idname)
    known = _ENDINGS.get(name)
    if known is not None:
        return _chosen(operator.properties, known)
    if not name.startswith("EXPORT_"):
        return ""
    # An exporter of somebody else's: it says in one of these what it writes.
    ending = str(getattr(operator, "filename_ext", "") or "") or name.rpartition("_")[2]
    return ending.lower().lstrip(".")[:16]


def options_of(properties: Any) -> dict[str, Any]:
    """Return those options of an exporter that decide which objects it takes."""
    names = (*_SELECTED, *_VISIBLE, *_RENDERED, *_GLTF)
    known = properties.bl_rna.properties.keys()
    return {name: getattr(properties, name) for name in names if name in known}


def options_of_gltf(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the same of a glTF export that runs."""
    return {name: settings.get(key) for name, key in _GLTF.items()}


def is_selectable(options: dict[str, Any]) -> bool:
    """Say whether an exporter that takes everything now could take only what is selected."""
    return any(options.get(name) is False for name in _SELECTED)


def select_only(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with which an exporter takes only what is selected."""
    return options | {name: True for name in _SELECTED if name in options}


def set_selected_only(properties: Any) -> None:
    """Have an exporter take only what is selected."""
    for name in _SELECTED:
        if name in properties.bl_rna.properties.keys():  # noqa: SIM118 - a collection of RNA properties
            setattr(properties, name, True)


def find_objects(context: Any, ending: str, options: dict[str, Any]) -> list[Any]:
    """Return the objects that an export takes, in the order in which it writes them."""
    return list(_find_objects(context, ending, _format_of(ending), options))


def find_blocks(context: Any, ending: str, options: dict[str, Any], *, is_drawing: bool = False) -> set[Any]:
    """Return the data-blocks that an export takes along; rather one too many than one too few."""
    if not is_drawing:
        context.view_layer.update()  # what a script just linked or selected is not known to the layer yet
    objects = find_objects(context, ending, options)
    return set(find_leaving(context.scene, objects, _format_of(ending)))


def _format_of(ending: str) -> ExportFormat:
    return BY_ENDING.get(ending) or replace(DEFAULT, takes_hidden=True)


def _find_objects(
    context: Any,
    ending: str,
    format: ExportFormat,  # noqa: A002
    options: dict[str, Any],
) -> Iterator[Any]:
    layer = context.view_layer
    selected = any(options.get(name) for name in _SELECTED)
    visible = any(options.get(name) for name in _VISIBLE) or not format.takes_hidden
    rendered = any(options.get(name) for name in _RENDERED) or not format.takes_unrendered
    collection: Any = bpy.data.collections.get(str(options.get("collection") or ""))
    if collection is None and options.get("use_active_collection"):
        collection = layer.active_layer_collection.collection
    if collection is not None:
        candidates = list(collection.all_objects)
    elif ending in {"glb", "gltf"} and not options.get("use_active_scene") and not selected:
        candidates = list(bpy.data.objects)  # every scene of the file
    else:
        candidates = list(layer.objects)
    for item in candidates:
        if selected and not item.select_get(view_layer=layer):
            continue
        if visible and not item.visible_get(view_layer=layer):
            continue
        if rendered and item.hide_render:
            continue
        yield item


def _chosen(properties: Any, ending: str) -> str:
    """Return the ending that the options of glTF and USD choose."""
    if ending == "glb" and getattr(properties, "export_format", "GLB") != "GLB":
        return "gltf"
    path = str(getattr(properties, "filepath", ""))
    if ending == "usdc" and path.lower().endswith((".usd", ".usda", ".usdz")):
        return path.rpartition(".")[2].lower()
    return ending
