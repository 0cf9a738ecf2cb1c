"""Strips of the video sequencer, told like data-blocks: they are none, but a movie strip holds a file itself.

A strip is named by its address, which stays true until the file is loaded again or a step undone; so such a
name must not outlive the operator that asked for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import bpy

ID_TYPE = "STRIP"
_WITH_A_FILE = frozenset({"MOVIE", "IMAGE"})


class StripBlock:
    """One strip, with what the rest of the add-on asks of a data-block."""

    __slots__ = ("scene", "strip")

    id_type = ID_TYPE
    asset_data = None
    animation_data = None
    users = 1

    def __init__(self, scene: Any, strip: Any) -> None:
        self.scene = scene
        self.strip = strip

    @property
    def session_uid(self) -> int:
        """Its address."""
        return int(self.strip.as_pointer())

    @property
    def name(self) -> str:
        """Unique within its scene."""
        return str(self.strip.name)

    @property
    def name_full(self) -> str:
        """Unique within the file."""
        return f"{self.scene.name_full}/{self.strip.name}"

    @property
    def library(self) -> Any:
        """Where the strip's scene is linked from, or None."""
        return self.scene.library

    @property
    def has_file(self) -> bool:
        """Say whether the strip itself refers to pictures; what a sound strip plays is a sound data-block."""
        return self.strip.type in _WITH_A_FILE

    @property
    def filepath(self) -> str:
        """Path of a movie strip's file; empty for others."""
        return str(self.strip.filepath) if self.strip.type == "MOVIE" else ""

    @property
    def one_file(self) -> str:
        """Path of the one file of a movie or a still; empty for others, and for pictures in a row."""
        if self.strip.type == "IMAGE" and len(self.strip.elements) == 1:
            folder, name = str(self.strip.directory), str(self.strip.elements[0].filename)
            return os.path.join(folder, name)  # noqa: PTH118 - "//" begins a relative path
        return self.filepath

    def get(self, name: str) -> Any:
        """Return a custom property, or None."""
        return self.strip.get(name)

    def __getitem__(self, name: str) -> Any:
        """Return a custom property."""
        return self.strip[name]

    def __setitem__(self, name: str, value: Any) -> None:
        """Write a custom property."""
        self.strip[name] = value

    def id_properties_ui(self, name: str) -> Any:
        """Return what describes a custom property to the user."""
        return self.strip.id_properties_ui(name)

    def remove(self) -> None:
        """Take it out of the sequencer, wherever it is nested."""
        editor = self.scene.sequence_editor
        parent = self.strip.parent_meta()
        strips_of(editor if parent is None else parent).remove(self.strip)


def every_strip() -> list[StripBlock]:
    """Return the strips of all scenes, nested ones too."""
    return [StripBlock(scene, strip) for scene in bpy.data.scenes for strip in all_strips(scene)]


def all_strips(scene: Any) -> Iterator[Any]:
    """Yield a scene's strips, nested ones too."""
    editor = scene.sequence_editor
    if editor is not None:
        # Up to 4.3 they are called sequences.
        yield from editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all


def strips_of(owner: Any) -> Any:
    """Return the strips right inside of a sequencer or a meta strip."""
    return owner.strips if hasattr(owner, "strips") else owner.sequences


def end_of(strip: Any) -> int:
    """Return the first frame after a strip."""
    # The older name warns from 5.2 on.
    new = "right_handle" in strip.bl_rna.properties
    return int(strip.right_handle if new else strip.frame_final_end)
