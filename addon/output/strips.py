"""Which strips of a sequencer are seen or heard, and whether the sequencer is what a scene renders.

That sounds are left out with the sequencer was measured: with "Sequencer" switched off in the output
properties, Blender 4.5 and 5.2 write no sound of a sound strip into a video.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..strips import strips_of
from .curves import animated_paths


class Edit:
    """The sequencer of one scene; ``playing`` are the strips that count, with nested ones and inputs."""

    def __init__(self, scene: Any) -> None:
        self.playing: list[Any] = []
        self.shows_pictures = False
        """Blender then renders the sequencer in place of the scene's view layers."""
        editor = scene.sequence_editor
        if editor is None or not scene.render.use_sequencer:
            return
        # Whoever animates "mute" has it played somewhere.
        self._ignore_mute = any(
            path.startswith("sequence_editor") and path.endswith("mute") for path in animated_paths(scene)
        )
        self._seen: set[int] = set()
        self._play_all(editor)
        self.shows_pictures = any(
            strip.type != "SOUND" and self._plays(editor, strip) for strip in strips_of(editor)
        )

    def blocks(self) -> Iterator[Any]:
        """Yield the data-blocks that the strips show and play, scenes too."""
        for strip in self.playing:
            for name in ("scene", "scene_camera", "clip", "mask", "font", "sound", "node_group"):
                block = getattr(strip, name, None)
                if block is not None:
                    yield block
            for modifier in strip.modifiers:
                for name in ("input_mask_id", "node_group"):
                    block = getattr(modifier, name, None)
                    if block is not None:
                        yield block

    def _play_all(self, owner: Any) -> None:
        for strip in strips_of(owner):
            if self._plays(owner, strip):
                self._play(strip)

    def _plays(self, owner: Any, strip: Any) -> bool:
        if self._ignore_mute:
            return True
        channels = owner.channels
        muted = strip.mute or (strip.channel < len(channels) and channels[strip.channel].mute)
        return not muted

    def _play(self, strip: Any) -> None:
        """Take a strip with what it is made of: an effect shows its inputs though they are muted."""
        address = strip.as_pointer()
        if address in self._seen:
            return
        self._seen.add(address)
        self.playing.append(strip)
        if strip.type == "META":
            self._play_all(strip)
        for name in ("input_1", "input_2", "input_3"):
            inner = getattr(strip, name, None)
            if inner is not None:
                self._play(inner)
        for modifier in strip.modifiers:
            if modifier.input_mask_strip is not None:
                self._play(modifier.input_mask_strip)
