"""Keep the user's scene as it was around an import: what importers like to change is put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy

# Paths from the scene. FBX sets the frame rate, glTF and Alembic the frame range, USD units and the world.
_SETTINGS = (
    "world", "camera", "frame_start", "frame_end", "frame_step", "frame_current", "use_preview_range",
    "frame_preview_start", "frame_preview_end", "sync_mode", "gravity", "use_gravity",
    "render.engine", "render.fps", "render.fps_base", "render.resolution_x", "render.resolution_y",
    "render.resolution_percentage", "render.film_transparent",
    "unit_settings.system", "unit_settings.scale_length", "unit_settings.length_unit",
    "view_settings.view_transform", "view_settings.look", "view_settings.exposure", "view_settings.gamma",
    "display_settings.display_device",
)  # fmt: skip


@contextmanager
def keep_scene(scene: Any) -> Iterator[None]:
    """Put the scene's settings back, whether the import succeeds or not."""
    saved = {path: _read(scene, path) for path in _SETTINGS}
    custom = set(scene.keys())
    try:
        yield
    finally:
        for path, value in saved.items():
            if value is not _MISSING and _read(scene, path) != value:
                _write(scene, path, value)
        for name in set(scene.keys()) - custom:
            del scene[name]


@contextmanager
def keep_selection(view_layer: Any) -> Iterator[None]:
    """Put selection and active object back when the import fails; a success makes its own."""
    selected = [item.name for item in view_layer.objects if item.select_get(view_layer=view_layer)]
    active = view_layer.objects.active.name if view_layer.objects.active else ""
    try:
        yield
    except BaseException:
        for item in view_layer.objects:
            item.select_set(item.name in selected, view_layer=view_layer)
        view_layer.objects.active = view_layer.objects.get(active) if active else None
        raise


@contextmanager
def import_into(collection: Any, view_layer: Any) -> Iterator[None]:
    """Make a collection the active one, so that importers put their objects there."""
    before = view_layer.active_layer_collection
    inside = find_layer_collection(view_layer.layer_collection, collection)
    if inside is not None:
        view_layer.active_layer_collection = inside
    try:
        yield
    finally:
        view_layer.active_layer_collection = before


def find_layer_collection(root: Any, collection: Any) -> Any:
    """Return where a collection stands in a view layer, or None."""
    if root.collection == collection:
        return root
    for child in root.children:
        found = find_layer_collection(child, collection)
        if found is not None:
            return found
    return None


@contextmanager
def scripts_off() -> Iterator[None]:
    """Switch auto-run off, whatever the preference says, and put the preference back.

    Setting the preference also decides for the running session, so a session that was started with
    ``--enable-autoexec`` goes on with the preference's value: the safe side.
    """
    preferences: Any = bpy.context.preferences
    before, dirty = preferences.filepaths.use_scripts_auto_execute, preferences.is_dirty
    preferences.filepaths.use_scripts_auto_execute = False
    try:
        yield
    finally:
        preferences.filepaths.use_scripts_auto_execute = before
        preferences.is_dirty = dirty


_MISSING = object()


def _read(scene: Any, path: str) -> Any:
    value = scene
    for part in path.split("."):
        value = getattr(value, part, _MISSING)
    return tuple(value) if path == "gravity" else value


def _write(scene: Any, path: str, value: Any) -> None:
    owner_path, _, name = path.rpartition(".")
    setattr(getattr(scene, owner_path) if owner_path else scene, name, value)
