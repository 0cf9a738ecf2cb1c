"""Stop a render before its first pixel, as far as Blender lets an extension do that.

Blender has no way for a handler to cancel a render. Measured on 4.2, 4.5 and 5.2 (4.3 and 5.2 with a window):
what ``render_init`` changes in the scene's settings counts for the render that begins, and

- an engine that reports an error ends a render without any file, and scripts get the error as a RuntimeError;
  ``blender -b FILE -a`` and ``-f`` end with a code other than 0;
- a border without an area ends a render without any file, too, but only in Blender's own words.

The first is used on the main thread (background, scripts). With a window Blender renders in a thread of its
own; there the engine may not be changed, so the second is used, and a popup says why. The keys that start
renders are asked first (:mod:`addon.keys`), so that this is the last resort.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import bpy

from .. import runtime
from . import look, tell
from .state import StoppedRender

ENGINE = "CLEARANCE_STOP"
_BORDER = ("render.use_border", "render.border_min_x", "render.border_max_x")
_OF_PICTURES = (
    "render.image_settings.media_type", "render.image_settings.file_format",
    "render.image_settings.color_mode", "render.image_settings.color_depth",
)  # fmt: skip
_ENGINE = ("render.engine", "render.use_sequencer", "render.use_compositing", *_OF_PICTURES)
"""Without sequencer and compositor every render asks the engine; a movie file would be begun before that."""


class CLEARANCE_RE_stop(bpy.types.RenderEngine):
    """Renders nothing and says why. Only registered while it is needed, so that no menu shows it."""

    bl_idname = ENGINE
    bl_label = "Stopped by Clearance"
    bl_use_preview = False

    def render(self, _depsgraph: Any) -> None:  # type: ignore[override]
        """End the render."""
        answer = runtime.watching().render
        self.report({"ERROR"}, answer.why if answer is not None else "Clearance stopped this render.")


def begin(scene: Any) -> None:
    """Ask whether a render that begins may go on, and stop it if not. In the thread that renders."""
    put_back_if_over()
    if threading.current_thread() is threading.main_thread():
        answer = look.check_render(scene)
        if answer is not None and answer.stopped:
            if bpy.app.background:
                tell.say_stopped(answer)
            _stop_with_engine(scene)
        return
    answer = look.last_render_answer()
    if answer is not None and answer.stopped:
        tell.say_stopped(answer)
        stop_with_border(scene)


def end() -> None:
    """Put back what was changed, when a render is over in whatever way; not in a render's thread."""
    if threading.current_thread() is threading.main_thread():
        put_back()


def put_back_if_over() -> None:
    """Put back what was changed for a render in a thread, once that is over."""
    if runtime.watching().stopped is not None and not bpy.app.is_job_running("RENDER"):
        put_back()


def put_back() -> None:
    """Give a scene whose render was stopped its settings back."""
    watching = runtime.watching()
    stopped, watching.stopped = watching.stopped, None
    if stopped is None:
        return
    scene: Any = bpy.data.scenes.get(stopped.scene)
    if scene is not None:
        for path, value in stopped.settings:
            _write(scene, path, value)
    if stopped.has_engine:
        bpy.utils.unregister_class(CLEARANCE_RE_stop)


def _stop_with_engine(scene: Any) -> None:
    bpy.utils.register_class(CLEARANCE_RE_stop)
    layers = [f"view_layers[{index}].use" for index in range(len(scene.view_layers))]
    _remember(scene, (*_ENGINE, *layers[:1]), has_engine=True)
    scene.render.engine = ENGINE
    scene.render.use_sequencer = scene.render.use_compositing = False
    # Without any view layer the engine would not be asked, and an empty picture be written.
    if not any(layer.use for layer in scene.view_layers):
        scene.view_layers[0].use = True
    if scene.render.is_movie_format:
        images = scene.render.image_settings
        if hasattr(images, "media_type"):
            images.media_type = "IMAGE"
        images.file_format = "PNG"


def stop_with_border(scene: Any) -> None:
    """Have a render of this scene end by itself. Safe in the thread that renders."""
    _remember(scene, _BORDER, has_engine=False)
    scene.render.use_border = True
    scene.render.border_min_x = scene.render.border_max_x = 0.5


def _remember(scene: Any, paths: tuple[str, ...], *, has_engine: bool) -> None:
    settings = []
    for path in paths:
        with suppress(ValueError):  # what this Blender does not have
            settings.append((path, scene.path_resolve(path)))
    runtime.watching().stopped = StoppedRender(
        scene=scene.name, settings=tuple(settings), has_engine=has_engine
    )


def _write(scene: Any, path: str, value: Any) -> None:
    owner, _, name = path.rpartition(".")
    with suppress(TypeError, ValueError):
        setattr(scene.path_resolve(owner), name, value)
