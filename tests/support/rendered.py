# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender itself hands to a renderer, and scenes of many hidden and instanced things to try it on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any


class Recorder:
    """A render engine that draws nothing and notes what it was given."""

    def __init__(self, bpy: Any) -> None:
        self._bpy = bpy
        self._seen: set[Any] = set()
        seen = self._seen

        class Engine(bpy.types.RenderEngine):  # type: ignore[misc,name-defined]
            bl_idname = "CLEARANCE_RECORDER"
            bl_label = "Recorder"

            def render(self, depsgraph: Any) -> None:
                for instance in depsgraph.object_instances:
                    things = [instance.object]
                    if instance.is_instance:
                        things.append(instance.instance_object)
                    for thing in things:
                        seen.update(_parts_of(thing.original))
                self.end_result(self.begin_result(0, 0, 4, 4))

        bpy.utils.register_class(Engine)

    def render(self) -> set[Any]:
        """Render the active scene; return the objects that were rendered, their data and materials."""
        bpy = self._bpy
        self._seen.clear()
        scene = bpy.context.scene
        scene.render.engine = "CLEARANCE_RECORDER"
        scene.render.resolution_x = scene.render.resolution_y = 4
        camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        scene.collection.objects.link(camera)
        scene.camera = camera
        bpy.ops.render.render()
        return set(self._seen)


def _parts_of(thing: Any) -> Iterator[Any]:
    yield thing
    if thing.data is not None:
        yield thing.data
    yield from (slot.material for slot in thing.material_slots if slot.material is not None)


def build_scene(bpy: Any, rng: random.Random, *, only_layers: bool = False) -> None:
    """Fill the active scene: nested collections, some hidden or excluded, instances, nodes, particles."""
    scene = bpy.context.scene
    collections = _build_collections(bpy, rng, scene)
    things = _build_objects(bpy, rng, collections)
    if not only_layers:
        # An object refers to earlier ones only: circles make Blender up to 4.5 crash.
        for number, thing in enumerate(things):
            later = set(things[number:])
            free = [one for one in collections[1:] if later.isdisjoint(one.all_objects)]
            _connect(bpy, rng, thing, things[:number], free)
    if rng.random() < 0.4:
        scene.view_layers.new("second").use = rng.random() < 0.6
    for view_layer in scene.view_layers:
        layers = list(_layers_below(view_layer.layer_collection))
        for layer in layers:
            layer.exclude = rng.random() < 0.25
            layer.hide_viewport = rng.random() < 0.1
        for layer in layers:
            if rng.random() < 0.1:
                layer.exclude = not layer.exclude


def _build_collections(bpy: Any, rng: random.Random, scene: Any) -> list[Any]:
    collections = [scene.collection]
    for number in range(rng.randint(1, 6)):
        collection = bpy.data.collections.new(f"collection {number}")
        if rng.random() < 0.85:
            rng.choice(collections).children.link(collection)
        collection.hide_render = rng.random() < 0.25
        collection.hide_viewport = rng.random() < 0.2
        collections.append(collection)
    return collections


def _build_objects(bpy: Any, rng: random.Random, collections: list[Any]) -> list[Any]:
    things: list[Any] = []
    for number in range(rng.randint(2, 14)):
        mesh = bpy.data.meshes.new(f"mesh {number}")
        mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
        mesh.materials.append(bpy.data.materials.new(f"material {number}"))
        thing = bpy.data.objects.new(f"thing {number}", mesh if rng.random() < 0.8 else None)
        for collection in rng.sample(collections, rng.randint(1, 2)):
            collection.objects.link(thing)
        thing.hide_render = rng.random() < 0.35
        thing.hide_viewport = rng.random() < 0.2
        if things and rng.random() < 0.3:
            thing.parent = rng.choice(things)
        things.append(thing)
    return things


def _connect(bpy: Any, rng: random.Random, thing: Any, things: list[Any], collections: list[Any]) -> None:
    """Let an object instance or bring in another one, or a collection."""
    if thing.data is None:
        if collections and rng.random() < 0.7:
            thing.instance_type, thing.instance_collection = "COLLECTION", rng.choice(collections)
        return
    match rng.choice(["nothing", "parts", "object", "collection", "particles"]):
        case "parts":
            thing.instance_type = rng.choice(["VERTS", "FACES"])
        case "object" if things:
            thing.modifiers.new("nodes", "NODES").node_group = _bring_in(bpy, rng, rng.choice(things))
        case "collection" if collections:
            thing.modifiers.new("nodes", "NODES").node_group = _bring_in(bpy, rng, rng.choice(collections))
        case "particles" if things:
            thing.modifiers.new("particles", "PARTICLE_SYSTEM")
            settings = thing.particle_systems[0].settings
            settings.count, settings.render_type = 3, "OBJECT"
            settings.instance_object = rng.choice(things)
    if thing.modifiers and rng.random() < 0.2:
        thing.modifiers[0].show_render = False
    thing.show_instancer_for_render = rng.random() < 0.9


def _bring_in(bpy: Any, rng: random.Random, block: Any) -> Any:
    group = bpy.data.node_groups.new("group", "GeometryNodeTree")
    group.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    is_object = block.id_type == "OBJECT"
    node = group.nodes.new("GeometryNodeObjectInfo" if is_object else "GeometryNodeCollectionInfo")
    node.inputs[0].default_value = block
    node.inputs["As Instance" if is_object else "Separate Children"].default_value = rng.random() < 0.7
    end = group.nodes.new("NodeGroupOutput")
    group.links.new(node.outputs["Geometry" if is_object else "Instances"], end.inputs[0])
    return group


def _layers_below(layer: Any) -> Iterator[Any]:
    for child in layer.children:
        yield child
        yield from _layers_below(child)
