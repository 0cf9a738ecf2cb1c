"""Which data-blocks leave with an export: objects, and everything that is in the file because of them.

Rather one too many than one too few: an object that another one is cut with is in the file as a part of its
shape.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import bpy

from .formats import ExportFormat

_STOPS = frozenset({"SCENE", "WINDOWMANAGER", "SCREEN", "WORKSPACE", "BRUSH", "PALETTE", "LIBRARY", "TEXT"})


def find_objects(view_layer: Any, format: ExportFormat, *, selection_only: bool) -> list[Any]:  # noqa: A002
    """Return the objects that an exporter takes, in the order in which it writes them."""
    return [
        item
        for item in view_layer.objects
        if (not selection_only or item.select_get(view_layer=view_layer))
        and (format.takes_unrendered or not item.hide_render)
        and (format.takes_hidden or item.visible_get(view_layer=view_layer))
    ]


def find_leaving(scene: Any, objects: Iterable[Any], format: ExportFormat) -> dict[Any, None]:  # noqa: A002
    """Return every data-block that ends up in the file with these objects, each once."""
    uses = _uses()
    found: dict[Any, None] = {}
    waiting = list(objects)
    if format.takes_world and scene.world is not None:
        waiting.append(scene.world)
    while waiting:
        block = waiting.pop()
        if block in found or block.id_type in _STOPS:
            continue
        found[block] = None
        if block.id_type == "OBJECT":
            sources = list(_sources(block, uses[block]))
            waiting += sources
            waiting += [each for each in uses[block] if each.id_type not in {"OBJECT", "COLLECTION"}]
        elif block.id_type == "COLLECTION":
            waiting += list(block.all_objects)
        elif block.id_type == "NODETREE" and block.bl_idname != "GeometryNodeTree":
            waiting += [each for each in uses[block] if each.id_type not in {"OBJECT", "COLLECTION"}]
        else:
            waiting += uses[block]
    return found


def _uses() -> defaultdict[Any, list[Any]]:
    """Return what each data-block uses."""
    uses: defaultdict[Any, list[Any]] = defaultdict(list)
    for used, users in bpy.data.user_map().items():
        for user in users:
            uses[user].append(used)
    return uses


def _sources(item: Any, used: list[Any]) -> Iterator[Any]:
    """Yield objects and collections whose geometry ends up in this object's.

    A parent or the target of a constraint does not; what a modifier or a particle system takes does.
    """
    if item.instance_type == "COLLECTION" and item.instance_collection is not None:
        yield item.instance_collection
    if not item.modifiers and not getattr(item, "particle_systems", None):
        return
    kept_apart = {item.parent, *(getattr(each, "target", None) for each in item.constraints)}
    has_nodes = False
    for modifier in item.modifiers:
        has_nodes = has_nodes or modifier.type == "NODES"
        for prop in modifier.bl_rna.properties:
            if prop.type == "POINTER" and prop.fixed_type.identifier in {"Object", "Collection"}:
                source = getattr(modifier, prop.identifier)
                if source is not None:
                    yield source
    if has_nodes:
        # Inputs of a node group are kept in another place in each version; who uses whom is not.
        yield from (
            each for each in used if each.id_type in {"OBJECT", "COLLECTION"} and each not in kept_apart
        )
    for system in getattr(item, "particle_systems", ()):
        settings = system.settings
        yield from (each for each in (settings.instance_object, settings.instance_collection) if each)
