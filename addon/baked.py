"""Licensed geometry that only a cache of geometry nodes still holds: no data-block of its own is left of it.

A bake that is packed into the file, or lies beside it, shows what it was made of though that was deleted. Its
faces keep their marks, and are read where they are shown. Main thread only: it may have to be evaluated.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import bpy

_KEEPING = frozenset({"GeometryNodeBake", "GeometryNodeSimulationOutput"})
_MAX_DEPTH = 16
"""Instances in instances that are followed."""
Faces = Callable[[Any], tuple[frozenset[int], int]]


class Baked:
    """What is baked in objects; nothing is looked at in a file without such nodes."""

    def __init__(self, read_faces: Faces) -> None:
        self._read_faces = read_faces
        self._can_be = threading.current_thread() is threading.main_thread() and any(
            node.bl_idname in _KEEPING
            for tree in bpy.data.node_groups
            if tree.bl_idname == "GeometryNodeTree"
            for node in tree.nodes
        )
        self._graph: Any = None

    def read(self, item: Any) -> frozenset[int]:
        """Return the numbers on the faces of what an object shows, if nodes with a cache make it."""
        if not self._can_be or item.type != "MESH" or item.mode == "EDIT":
            return frozenset()
        if not any(modifier.type == "NODES" and len(modifier.bakes) for modifier in item.modifiers):
            return frozenset()
        if self._graph is None:
            self._graph = bpy.context.evaluated_depsgraph_get()
        evaluated = item.evaluated_get(self._graph)
        if hasattr(evaluated, "evaluated_geometry"):  # 4.5 and later
            return self._read_all(evaluated.evaluated_geometry(), depth=0)
        shown = evaluated.data
        return self._read_faces(shown)[0] if shown is not None else frozenset()

    def _read_all(self, shown: Any, *, depth: int) -> frozenset[int]:
        """Read a mesh, and those that it instances without an object of their own."""
        found = self._read_faces(shown.mesh)[0] if shown.mesh is not None else frozenset()
        if depth < _MAX_DEPTH:
            for inner in shown.instance_references():
                if isinstance(inner, bpy.types.GeometrySet):
                    found |= self._read_all(inner, depth=depth + 1)
        return found
