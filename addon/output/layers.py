"""What the view layers of a scene let through to its render, and what they hold back."""

from __future__ import annotations

from typing import Any

from .curves import animated_paths


class Layers:
    """The objects in the view layers of one scene that are rendered.

    A collection that only gives holdout or indirect light still shapes the picture, and counts.
    """

    def __init__(self, scene: Any) -> None:
        self.rendered: set[Any] = set()
        self.hidden: set[Any] = set()
        """In a view layer, but with its render visibility off, by itself or by a collection."""
        self.collections: set[Any] = set()
        self._walked: set[tuple[Any, bool]] = set()
        self.view_layers = _choose(scene)
        for layer in self.view_layers:
            self._walk(layer.layer_collection or _Unsynced(scene.collection), hidden=False)
        self.hidden -= self.rendered

    def _walk(self, layer: Any, *, hidden: bool) -> None:
        collection = layer.collection
        # Those inside of an excluded collection can be included again.
        hidden = hidden or collection.hide_render
        if not layer.exclude and (collection, hidden) not in self._walked:
            self._walked.add((collection, hidden))
            members = collection.objects[:]
            if hidden:
                self.hidden.update(members)
            else:
                self.collections.add(collection)
                self.hidden.update(thing for thing in members if thing.hide_render)
                self.rendered.update(thing for thing in members if not thing.hide_render)
        known = {child.collection: child for child in layer.children}
        for inner in collection.children:
            self._walk(known.get(inner) or _Unsynced(inner), hidden=hidden)


class _Unsynced:
    """Stands for a layer collection that Blender has not made yet: since 5.0 it waits until they are needed.

    A new one excludes nothing.
    """

    exclude = False
    children = ()

    def __init__(self, collection: Any) -> None:
        self.collection = collection


def _choose(scene: Any) -> list[Any]:
    """Return the view layers that Blender renders of a scene."""
    layers = list(scene.view_layers)
    if scene.render.use_single_layer or any(
        path.startswith("view_layers") and path.endswith(".use") for path in animated_paths(scene)
    ):
        return layers  # which one it is, is only known when the render is started
    used = [layer for layer in layers if layer.use]
    # In a scene strip and as a background set, the first stands in where none is used.
    return used or layers[:1]
