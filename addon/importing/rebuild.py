"""Rebuild materials that came described beside a model, and give them to what the model file named.

How one material's nodes are laid out is in :mod:`.principled`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import bpy

from ...core.model.material import MaterialSpec
from .. import data_blocks
from ..ui.text import shorten
from .job import Job
from .principled import build_material

_NUMBER = re.compile(r"\.\d{3,}$")
_NAMED = 3
"""How many of several left-out pictures are named."""

Known = frozenset[tuple[data_blocks.Key, str]]
"""Keys and names of the materials and images from before an import."""


class Pictures:
    """Loads pictures for materials, each once; what cannot be read is told at the end, not refused."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[Path, bool], Any] = {}
        self.unreadable: list[str] = []

    def load(self, path: Path, *, is_color: bool) -> Any:
        """Return an image, or None when it cannot be read."""
        key = (path, is_color)
        if key not in self._loaded:
            self._loaded[key] = self._load(path, is_color=is_color)
        return self._loaded[key]

    def _load(self, path: Path, *, is_color: bool) -> Any:
        before = set(bpy.data.images)
        try:
            image: Any = bpy.data.images.load(str(path), check_existing=False)
        except RuntimeError:
            image = None
        if image is None or 0 in tuple(image.size):
            for new in set(bpy.data.images) - before:
                bpy.data.images.remove(new)
            self.unreadable.append(path.name)
            return None
        # Alpha is a channel like any other here (smoothness, a cut-out), so it must not darken the colors.
        image.alpha_mode = "CHANNEL_PACKED"
        if not is_color:
            image.colorspace_settings.is_data = True
        return image


def remember_materials() -> Known:
    """Note which materials and images there are before an import."""
    return frozenset(
        (data_blocks.key_of(block), block.name) for block in (*bpy.data.materials, *bpy.data.images)
    )


def rebuild_materials(job: Job, known: Known) -> None:
    """Replace the materials that a model file brought by those that were described beside it."""
    slots = job.plan.material_slots
    by_guid = {spec.guid: spec for spec in job.plan.materials}
    if not slots or not by_guid:
        return
    keys, names = {key for key, _name in known}, {name for _key, name in known}
    wanted: list[tuple[Any, str]] = []
    for material in list(bpy.data.materials):
        if data_blocks.key_of(material) not in keys:
            guid = slots.get(find_original(material.name, slots, names), "")
            if guid in by_guid:
                wanted.append((material, guid))
    made = make_materials(job, [by_guid[guid] for guid in dict.fromkeys(guid for _, guid in wanted)])
    for material, guid in wanted:
        material.user_remap(made[guid])
    bpy.data.batch_remove([material for material, _guid in wanted])
    for material in made.values():
        material.use_fake_user = False
        if material.users == 0:
            bpy.data.materials.remove(material)
    # Pictures that only the replaced materials used.
    left = [image for image in bpy.data.images if image.users == 0 and data_blocks.key_of(image) not in keys]
    bpy.data.batch_remove(left)


def find_original(name: str, slots: Mapping[str, str], taken: Iterable[str]) -> str:
    """Return what a material was called in its file: Blender adds a number to a name that is taken."""
    plain = _NUMBER.sub("", name)
    if plain != name and plain in slots and (plain in taken or name not in slots):
        return plain
    if name in slots:
        return name
    # Names have 63 bytes in Blender before 5.0.
    cut = (slot for slot in slots if slot.encode()[:63].decode("utf-8", "ignore") == name)
    return next(cut, name)


def make_materials(job: Job, specs: Iterable[MaterialSpec]) -> dict[str, Any]:
    """Build materials, each kept by a fake user; tell what has no place in them. Return them by guid.

    Pictures that a description lacks were told of when it was read.
    """
    pictures = Pictures()
    made: dict[str, Any] = {}
    unknown: list[str] = []
    for spec in specs:
        made[spec.guid] = build_material(spec, pictures)
        unknown += [f"{name} of {spec.name}" for name in spec.unknown]
    if unknown:
        job.notes.append(f"Left out, because Blender's material has no place for it: {_list(unknown)}.")
    if pictures.unreadable:
        job.notes.append(f"Left out, because Blender cannot read it: {_list(pictures.unreadable)}.")
    return made


def _list(names: list[str]) -> str:
    shown = ", ".join(shorten(name, 60) for name in names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown
