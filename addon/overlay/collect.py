"""Read objects for the overlay: what they are made of, and their boxes. In steps; nothing is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import bpy

from ..stamp_io import kind_of
from ..ui.views.overlay import ORDER, PartKey, Tag, Tagger, make_legend
from .boxes import Box, Boxes, Gathering
from .state import Name, Overlay, Shown

if TYPE_CHECKING:
    from ...core.model.report import Report
    from ...core.model.scene import SceneScan

_AT_ONCE = 64
"""Objects that are read in one step: a millisecond."""
_LOOKED_AT = 512
"""What one step takes where little is asked of each."""
_HALF = 0.25
"""Half a side of the box around what has no extent, in meters."""
_MOST_INSTANCED = 200
"""Objects of a collection that are looked at for the box of an empty that stands for it."""
KeyOf = Callable[[Any], PartKey | None]


def read_tags(overlay: Overlay, report: Report) -> Iterator[None]:
    """Find what a report says of every object in the file. Yields after a few objects."""
    key_of = yield from _read_keys(overlay.scan)
    tagger, parts = Tagger(report), _Parts(key_of)
    # By number, not by iterator: what is added or removed between two steps must not matter.
    tags: dict[int, Tag | None] = {}
    total = -1
    while total != len(bpy.data.objects):
        total = len(bpy.data.objects)
        for start in range(0, total, _AT_ONCE):
            for item in bpy.data.objects[start : start + _AT_ONCE]:
                if item.session_uid not in tags:
                    tags[item.session_uid] = tagger.tag(parts.of(item), data_type=item.type)
            yield
    overlay.report, overlay.tags = report, tags


def read_scene(overlay: Overlay, report: Report) -> Iterator[None]:
    """Read what is in view, and make what is drawn of it. Yields after a few objects."""
    scene, layer = bpy.context.scene, bpy.context.view_layer
    if scene is None or layer is None:
        return
    scene_uid, name = scene.session_uid, layer.name
    in_view: set[int] = set()
    found = Gathering()
    said: list[Tag] = []
    for items in _read_layer(scene_uid, name, _AT_ONCE):
        for item in items:
            uid = item.session_uid
            if uid in in_view:
                continue
            in_view.add(uid)
            tag = tag_of(overlay, item)
            if tag is not None:
                said.append(tag)
                if tag.verdict in ORDER:
                    found.add(read_box(item), tag)
        yield
    boxes = Boxes(found)
    yield
    yield from boxes.steps()
    before = overlay.shown
    overlay.shown = Shown(
        scene_uid=scene_uid,
        boxes=boxes,
        legend=make_legend(report, said),
        in_view=frozenset(in_view),
        revision=before.revision + 1 if before is not None else 0,
    )


def has_other_view(overlay: Overlay) -> Generator[None, None, bool]:
    """Return whether other objects are in view than before. Yields after a few objects."""
    scene, layer = bpy.context.scene, bpy.context.view_layer
    shown = overlay.shown
    if scene is None or layer is None or shown is None or scene.session_uid != shown.scene_uid:
        return True
    seen: set[int] = set()
    for items in _read_layer(scene.session_uid, layer.name, _LOOKED_AT):
        seen.update(item.session_uid for item in items)
        yield
    return seen != shown.in_view


def tag_of(overlay: Overlay, item: Any) -> Tag | None:
    """Return what is known of an object; one that came after the check is not checked."""
    uid = item.session_uid
    if uid not in overlay.tags:
        from ...core.model.scene import HELPER_OBJECTS
        from ..ui.views.overlay import UNCHECKED

        overlay.tags[uid] = None if item.type in HELPER_OBJECTS else UNCHECKED
    return overlay.tags[uid]


def read_box(item: Any) -> Box:
    """Read where an object is and how large."""
    matrix = tuple(tuple(row) for row in item.matrix_world)
    low, high = _extent(item)
    return Box(item.session_uid, matrix, low, high)


def name_of(item: Any) -> Name:
    """Return how to find an object again."""
    return item.name if item.library is None else (item.name, item.library.filepath)


def _extent(item: Any) -> tuple[Any, Any]:
    corners = item.bound_box
    low, high = tuple(corners[0]), tuple(corners[6])
    if item.type == "EMPTY" and item.instance_type == "COLLECTION" and item.instance_collection is not None:
        found = _extent_of_collection(item.instance_collection)
        if found is not None:
            return found
    if item.type == "EMPTY" or low == high:
        half = max(float(getattr(item, "empty_display_size", 0.0)), _HALF) if item.type == "EMPTY" else _HALF
        return (-half, -half, -half), (half, half, half)
    return low, high


def _extent_of_collection(collection: Any) -> tuple[Any, Any] | None:
    """Return the box of what a collection's instance shows, in the instance's own space."""
    offset = collection.instance_offset
    points = [
        item.matrix_world @ _vector(corner) - offset
        for item in list(collection.all_objects)[:_MOST_INSTANCED]
        if item.type != "EMPTY"
        for corner in item.bound_box
    ]
    if not points:
        return None
    low = tuple(min(point[axis] for point in points) for axis in range(3))
    high = tuple(max(point[axis] for point in points) for axis in range(3))
    return low, high


def _vector(values: Any) -> Any:
    from mathutils import Vector

    return Vector(tuple(values))


def _read_layer(scene_uid: int, name: str, at_once: int) -> Iterator[list[Any]]:
    """Yield the objects of a view layer that can be seen, a few at a time, while its scene is the active one.

    The layer is asked for again each time: in between anything may have been removed.
    """
    start = 0
    while True:
        scene: Any = bpy.context.scene
        layer = scene.view_layers.get(name) if scene is not None and scene.session_uid == scene_uid else None
        if layer is None or start >= len(layer.objects):
            return
        yield [each for each in layer.objects[start : start + at_once] if each.visible_get(view_layer=layer)]
        start += at_once


def _read_keys(scan: SceneScan | None) -> Generator[None, None, KeyOf]:
    """Return how a report calls a data-block: by the name that it had when the scene was read."""
    if scan is None:
        return lambda block: (kind_of(block), block.name, _library_of(block))
    names: dict[tuple[str, int], PartKey] = {}
    for number, block in enumerate(scan.data_blocks):
        names[block.id_type, block.session_uid] = (block.id_type, block.name, block.library)
        if number % _LOOKED_AT == _LOOKED_AT - 1:
            yield
    return lambda block: names.get((kind_of(block), block.session_uid))


def _library_of(block: Any) -> str:
    return str(block.library.filepath) if block.library is not None else ""


class _Parts:
    """Finds what objects are made of; what several share is read once."""

    def __init__(self, key_of: KeyOf) -> None:
        self._key_of = key_of
        self._trees: dict[int, tuple[PartKey | None, ...]] = {}
        self._materials: dict[int, tuple[PartKey | None, ...]] = {}
        self._collections: dict[int, tuple[PartKey | None, ...]] = {}

    def of(self, item: Any, *, depth: int = 0) -> list[PartKey | None]:
        """Return the keys of an object, its data, materials, pictures, node groups and what it instances."""
        found = [self._key_of(item)]
        if item.data is not None:
            found.append(self._key_of(item.data))
        for slot in item.material_slots:
            if slot.material is not None:
                found += self._material(slot.material)
        for modifier in item.modifiers:
            if modifier.type == "NODES" and modifier.node_group is not None:
                found += self._group(modifier.node_group)
        if item.instance_type == "COLLECTION" and item.instance_collection is not None and depth < 4:
            found += self._collection(item.instance_collection, depth)
        return found

    def _material(self, material: Any) -> tuple[PartKey | None, ...]:
        uid = material.session_uid
        if uid not in self._materials:
            inner = self._tree(material.node_tree) if material.node_tree is not None else ()
            self._materials[uid] = (self._key_of(material), *inner)
        return self._materials[uid]

    def _group(self, tree: Any) -> tuple[PartKey | None, ...]:
        return (self._key_of(tree), *self._tree(tree))

    def _tree(self, tree: Any) -> tuple[PartKey | None, ...]:
        uid = tree.as_pointer()
        if uid not in self._trees:
            self._trees[uid] = ()  # a tree that holds itself ends here
            found: list[PartKey | None] = []
            for node in tree.nodes:
                image, inner = getattr(node, "image", None), getattr(node, "node_tree", None)
                if image is not None:
                    found.append(self._key_of(image))
                if inner is not None:
                    found += self._group(inner)
            self._trees[uid] = tuple(found)
        return self._trees[uid]

    def _collection(self, collection: Any, depth: int) -> tuple[PartKey | None, ...]:
        uid = collection.session_uid
        if uid not in self._collections:
            self._collections[uid] = ()
            found: list[PartKey | None] = [self._key_of(collection)]
            for item in collection.all_objects:
                found += self.of(item, depth=depth + 1)
            self._collections[uid] = tuple(found)
        return self._collections[uid]
