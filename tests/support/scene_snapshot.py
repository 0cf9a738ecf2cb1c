"""Everything that a user set, read out of Blender's own description of its data, to compare later."""

from __future__ import annotations

import warnings
from typing import Any

import bpy

MAX_DEPTH = 7
# Lists of what is in the file: an import adds to them, and tests look at those by themselves.
_LISTS = frozenset(
    {
        "Scene.objects",
        "Scene.collection",
        "Scene.sequence_editor",
        "Scene.view_layers/ViewLayer.objects",
        "Scene.view_layers/ViewLayer.layer_collection",
        "Scene.view_layers/ViewLayer.active_layer_collection",
        "Scene.view_layers/ViewLayer.depsgraph",
    }
)
# "uv_sculpt": reading its brush ends Blender 4.2.
_NEVER = frozenset(
    {"rna_type", "bl_rna", "session_uid", "users", "is_evaluated", "original", "preview", "uv_sculpt"}
)


def snapshot(*roots: Any) -> dict[str, Any]:
    """Return every property below some structs, by path; other data-blocks by name only."""
    found: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # reading everything reads what is deprecated, too
        for number, root in enumerate(roots):
            kind = root.bl_rna.identifier
            _walk(root, f"{number}:{getattr(root, 'name', kind)}", kind, found, 0)
            if isinstance(root, bpy.types.ID):
                found[f"{number}:custom"] = sorted(set(root.keys()))
    return found


def snapshot_scene() -> dict[str, Any]:
    """Return what the user set in the scene, its world and camera, the selection and the preferences."""
    scene: Any = bpy.context.scene
    layer: Any = bpy.context.view_layer
    roots = [scene, bpy.context.preferences.filepaths, bpy.context.preferences.view]
    roots += [one for one in (scene.world, scene.world and scene.world.node_tree) if one is not None]
    if scene.camera is not None:
        roots += [scene.camera, scene.camera.data]
    found = snapshot(*roots)
    found["selected"] = sorted(item.name for item in layer.objects if item.select_get(view_layer=layer))
    found["active"] = layer.objects.active.name if layer.objects.active else ""
    found["collection"] = layer.active_layer_collection.name
    found["dirty preferences"] = bpy.context.preferences.is_dirty
    return found


def changes(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Return the paths that are not as they were."""
    return {
        path
        for path in before.keys() | after.keys()
        if before.get(path, "(absent)") != after.get(path, "(absent)")
    }


def _walk(struct: Any, path: str, kind: str, found: dict[str, Any], depth: int) -> None:
    for prop in struct.bl_rna.properties:
        name = prop.identifier
        if name in _NEVER or f"{kind}.{name}" in _LISTS:
            continue
        try:
            value = getattr(struct, name)
        except (AttributeError, RuntimeError):
            continue
        where, what = f"{path}.{name}", f"{kind}.{name}"
        if prop.type == "POINTER":
            _follow(value, where, what, found, depth)
        elif prop.type == "COLLECTION":
            found[f"{where}#"] = len(value)
            for number, item in enumerate(value):
                _follow(item, f"{where}[{number}]", what, found, depth)
        elif getattr(prop, "is_array", False):
            found[where] = [float(part) for part in _flatten(value)]
        else:
            found[where] = value if not isinstance(value, set) else sorted(value)


def _follow(value: Any, where: str, what: str, found: dict[str, Any], depth: int) -> None:
    if value is None:
        found[where] = None
    elif isinstance(value, bpy.types.ID):
        found[where] = f"{value.id_type}/{value.name_full}"
    elif depth < MAX_DEPTH and hasattr(value, "bl_rna"):
        _walk(value, where, f"{what}/{value.bl_rna.identifier}", found, depth + 1)


def _flatten(value: Any) -> list[Any]:
    flat: list[Any] = []
    for part in value:
        flat.extend(_flatten(part) if hasattr(part, "__len__") else [part])
    return flat
