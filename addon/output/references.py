"""Why an object refers to others: it is shaped by them, follows them, or renders nothing of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import bpy

from .curves import animated_paths

_SHAPED_BY_PARENT = frozenset({"ARMATURE", "LATTICE", "CURVE"})
_BY_SHAPE = frozenset({"FOLLOW_PATH", "CLAMP_TO", "SPLINE_IK", "SHRINKWRAP", "ARMATURE"})
"""Constraints that read the shape of their target, not only its place."""
_PASSED_OVER = frozenset({"rna_type", "particle_system"})
_PARTS = frozenset({"targets", "bakes", "data_blocks", "canvas_surfaces"})
"""Collections that lead to data-blocks; others, such as the points of a curve, may be long."""
_MAX_DEPTH = 5


@dataclass(slots=True)
class References:
    """What one object refers to, by reason. A data-block may be in several."""

    shapes: set[Any] = field(default_factory=set)
    """Modifiers that are rendered, custom properties, particle systems: they count."""
    curves: set[Any] = field(default_factory=set)
    """Parents and constraints that read a shape: they count, even where only the place of the object does."""
    places: set[Any] = field(default_factory=set)
    """Parents, constraints, drivers: only their movement counts."""
    idle: set[Any] = field(default_factory=set)
    """Modifiers that are not rendered, shapes of bones, light linking: they do not count."""
    same: set[Any] = field(default_factory=set)
    """What the object overrides."""
    instanced: Any = None
    """The collection that it instances."""


class Reader:
    """Reads objects' references. Keeps what it learned about types while it lives."""

    def __init__(self) -> None:
        self._names: dict[type, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def read(self, thing: Any) -> References:
        """Return the references of an object."""
        found = References()
        self._read_shaping(thing, found, whole=True)
        self._read_parents(thing, found)
        if thing.pose is not None:
            found.idle.update(bone.custom_shape for bone in thing.pose.bones)
        linking = thing.light_linking
        found.idle.update((linking.receiver_collection, linking.blocker_collection))
        if thing.instance_type == "COLLECTION":
            found.instanced = thing.instance_collection
        else:
            found.idle.add(thing.instance_collection)
        override = thing.override_library
        if override is not None:
            found.same.add(override.reference)
            found.idle.add(override.hierarchy_root)
        return found

    def read_for_trees(self, thing: Any) -> References:
        """Return the references of an object as far as they tell why it refers to a node tree."""
        found = References()
        self._read_shaping(thing, found, whole=False)
        return found

    def _read_shaping(self, thing: Any, found: References, *, whole: bool) -> None:
        self._read_modifiers(thing, found, whole=whole)
        for name in thing.keys():  # noqa: SIM118 - an ID is no mapping
            value = thing[name]
            if isinstance(value, bpy.types.ID):
                found.shapes.add(value)

    def _read_parents(self, thing: Any, found: References) -> None:
        by_shape = thing.parent_type in _SHAPED_BY_PARENT
        (found.curves if by_shape else found.places).add(thing.parent)
        bones = thing.pose.bones if thing.pose is not None else ()
        for constraint in chain(thing.constraints, *(bone.constraints for bone in bones)):
            for block in self.ids_in(constraint):
                if block.id_type == "MOVIECLIP":
                    found.idle.add(block)  # what it tracks is read, its pictures are not
                elif constraint.type in _BY_SHAPE or block.id_type != "OBJECT":
                    found.curves.add(block)
                else:
                    found.places.add(block)
        joint = thing.rigid_body_constraint
        if joint is not None:
            found.places.update((joint.object1, joint.object2))
        data = thing.animation_data
        for curve in data.drivers if data is not None else ():
            for variable in curve.driver.variables:
                found.places.update(target.id for target in variable.targets)

    def _read_modifiers(self, thing: Any, found: References, *, whole: bool) -> None:
        modifiers = [*thing.modifiers, *getattr(thing, "grease_pencil_modifiers", ())]
        moving = bool(modifiers) and any("show_render" in path for path in animated_paths(thing))
        for modifier in modifiers:
            rendered = moving or modifier.show_render
            match modifier.type:
                case "NODES":
                    blocks = [modifier.node_group]
                    if whole or rendered:
                        blocks += self._read_inputs(modifier)
                case "PARTICLE_SYSTEM":
                    system = modifier.particle_system
                    blocks = [system.settings, system.reactor_target_object, system.parent]
                    blocks += [target.object for target in system.targets]
                case _:
                    blocks = list(self.ids_in(modifier))
            (found.shapes if rendered else found.idle).update(blocks)
        for effect in thing.shader_effects:
            found.shapes.update(self.ids_in(effect))

    def ids_in(self, struct: Any, depth: int = 0) -> Iterator[Any]:
        """Yield the data-blocks that a struct and its parts point to, custom properties too."""
        pointers, collections = self._names_of(struct)
        inner = [getattr(struct, name, None) for name in pointers]
        for name in collections:
            inner.extend(getattr(struct, name))
        for value in inner:
            if isinstance(value, bpy.types.ID):
                yield value
            elif value is not None and depth < _MAX_DEPTH:
                yield from self.ids_in(value, depth + 1)

    def _read_inputs(self, modifier: Any) -> list[Any]:
        """Return the data-blocks among the inputs of geometry nodes; up to 5.1 they are custom properties."""
        interface = getattr(modifier, "properties", None)
        if interface is not None:
            return list(self.ids_in(interface.inputs))
        try:
            values = [modifier[name] for name in modifier.keys()]  # noqa: SIM118 - no mapping
        except TypeError:
            return []
        return [value for value in values if isinstance(value, bpy.types.ID)]

    def _names_of(self, struct: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        kind = type(struct)
        names = self._names.get(kind)
        if names is None:
            properties = [one for one in struct.bl_rna.properties if one.identifier not in _PASSED_OVER]
            names = (
                tuple(one.identifier for one in properties if one.type == "POINTER"),
                tuple(one.identifier for one in properties if one.identifier in _PARTS),
            )
            self._names[kind] = names
        return names
