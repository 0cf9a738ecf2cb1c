"""Rebuild materials that came described beside a model, and give them to what the model file named.

How one material's nodes are laid out is in :mod:`.principled`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bpy

from ...core.model.material import MaterialSpec
from .. import data_blocks
from ..ui.views.text import shorten
from .job import Job
from .original_names import find_original
from .parts import give_to_parts
from .principled import build_material

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
    slots, parts = job.plan.material_slots, job.plan.part_materials
    by_guid = {spec.guid: spec for spec in job.plan.materials}
    if not by_guid or not (slots or parts):
        return
    keys, names = {key for key, _name in known}, {name for _key, name in known}
    wanted: list[tuple[Any, str]] = []
    for material in list(bpy.data.materials):
        if data_blocks.key_of(material) not in keys:
            guid = slots.get(find_original(material.name, slots, names), "")
            if guid in by_guid:
                wanted.append((material, guid))
    needed = [guid for _, guid in wanted]
    needed += [guid for listed in parts.values() for guid in listed if guid in by_guid]
    brought = [one for one in bpy.data.materials if data_blocks.key_of(one) not in keys]
    made = make_materials(job, [by_guid[guid] for guid in dict.fromkeys(needed)])
    give_to_parts(job, made)
    for material, guid in wanted:
        material.user_remap(made[guid])
    replaced = {material for material, _guid in wanted}
    bpy.data.batch_remove([one for one in brought if one in replaced or (parts and one.users == 0)])
    for material in made.values():
        material.use_fake_user = False
        if material.users == 0:
            bpy.data.materials.remove(material)
    # Pictures that only the replaced materials used.
    left = [image for image in bpy.data.images if image.users == 0 and data_blocks.key_of(image) not in keys]
    bpy.data.batch_remove(left)


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
