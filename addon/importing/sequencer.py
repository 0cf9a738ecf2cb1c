"""Strips in the video sequencer: at the current frame, on channels that are free from there on.

The scene's frame range and frame rate stay. Nothing that is in the sequencer is moved.
"""

from __future__ import annotations

from typing import Any

import bpy

from ...core.errors import ImportRefused
from ..strips import all_strips, end_of, strips_of
from .job import Job

CHANNELS = 128


def find_sequencer_scene(scene: Any) -> Any:
    """Return the scene whose sequencer the user works in; from 5.0 on it may be another than the active."""
    chosen = getattr(bpy.context.workspace, "sequencer_scene", None)
    return scene if chosen is None else chosen


class Sequencer:
    """Adds strips to one scene's sequencer; raises ImportRefused when it cannot be changed."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.scene = find_sequencer_scene(job.scene)
        if self.scene.library is not None:
            raise ImportRefused(
                "The sequencer's scene is linked from another file; it cannot be changed.",
                code="host.scene_linked",
            )
        if getattr(bpy.context.workspace, "sequencer_scene", self.scene) is None:
            job.notes.append(f"To see it in the sequencer, choose the scene “{self.scene.name}” there.")
        self._frame = int(self.scene.frame_current)
        self._added: list[str] = []
        if self.scene.sequence_editor is None:
            self.scene.sequence_editor_create()
            job.take_back.append(self.scene.sequence_editor_clear)
        self._strips = strips_of(self.scene.sequence_editor)

    def free_channels(self, count: int) -> tuple[int, ...]:
        """Return so many channels, one above the other, on which nothing is from the current frame on."""
        editor = self.scene.sequence_editor
        taken = {strip.channel for strip in self._strips if end_of(strip) > self._frame}
        locked = {number for number, channel in enumerate(editor.channels) if channel.lock or channel.mute}
        for first in range(1, CHANNELS - count + 2):
            wanted = range(first, first + count)
            if not (taken | locked).intersection(wanted):
                return tuple(wanted)
        raise ImportRefused(
            f"All {CHANNELS} channels of the sequencer are taken from frame {self._frame} on. "
            "Go to a later frame.",
            code="host.no_channel",
            context={"frame": self._frame},
        )

    def add_movie(self, path: str, channel: int) -> Any:
        """Add a movie strip."""
        if self.scene.render.use_sequencer and not any(map(_is_seen, all_strips(self.scene))):
            self._job.notes.append(
                f"The sequencer of “{self.scene.name}” has pictures now, so it is rendered instead of the 3D "
                "scene. To render the 3D scene, switch off Output > Post Processing > Sequencer."
            )
        name = self._job.plan.name
        return self._keep(self._strips.new_movie(name, path, channel, self._frame, fit_method="FIT"))

    def add_sound(self, sound: Any, channel: int) -> Any:
        """Add a strip that plays a sound which is loaded already."""
        before = set(bpy.data.sounds)
        strip = self._strips.new_sound(self._job.plan.name, sound.filepath, channel, self._frame)
        # Up to 4.5 Blender loads the file again, later it takes any sound of the same file: neither is ours.
        other = strip.sound
        if other != sound:
            strip.sound = sound
            if other is not None and other not in before:
                bpy.data.sounds.remove(other)
        return self._keep(strip)

    def select(self) -> None:
        """Select what was added and nothing else, as adding a strip by hand does."""
        for strip in all_strips(self.scene):
            strip.select = strip.name in self._added
        if self._added:
            self.scene.sequence_editor.active_strip = self._strips[self._added[0]]

    def _keep(self, strip: Any) -> Any:
        self._added.append(strip.name)
        return strip


def _is_seen(strip: Any) -> bool:
    return strip.type != "SOUND" and not strip.mute
