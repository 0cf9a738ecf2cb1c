"""Give each part of a model the materials that prefabs show it with, surface by surface.

Unity counts surfaces: those materials of a mesh that a face has, in their order. So they are counted here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy
import numpy as np

from .job import Job
from .original_names import find_original


def give_to_parts(job: Job, made: Mapping[str, Any]) -> None:
    """Set the described materials on the imported objects; ``made``: by GUID."""
    parts = job.plan.part_materials
    if not parts or job.collection is None:
        return
    new = [item for item in job.collection.all_objects if item.type == "MESH"]
    taken = {item.name for item in bpy.data.objects} - {item.name for item in new}
    for item in new:
        listed = parts.get(find_original(item.name, parts, taken), ())
        for place, guid in zip(_used_slots(item), listed, strict=False):
            if guid in made:
                _set(item, place, made[guid])


def _used_slots(item: Any) -> list[int]:
    """Return the numbers of the slots that faces have; a mesh without materials gets one slot."""
    mesh = item.data
    if not mesh.materials:
        mesh.materials.append(None)
    numbers = np.empty(len(mesh.polygons), dtype=np.int32)
    mesh.polygons.foreach_get("material_index", numbers)
    last = len(item.material_slots) - 1
    return [int(number) for number in np.unique(np.clip(numbers, 0, last))]


def _set(item: Any, place: int, material: Any) -> None:
    slot = item.material_slots[place]
    if item.data.users > 1:  # other objects show the same mesh, maybe with another material
        slot.link = "OBJECT"
    slot.material = material
