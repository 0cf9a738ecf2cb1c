"""Follow what is rendered from data-block to data-block; what each brings along: :meth:`_Walk._follow`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import bpy

from .curves import actions_of, is_animated
from .layers import Layers
from .references import Reader, References
from .strips import Edit

_DATA = frozenset(
    {
        "MESH", "CURVE", "CURVES", "META", "POINTCLOUD", "VOLUME", "ARMATURE", "LATTICE", "LIGHT", "CAMERA",
        "SPEAKER", "LIGHT_PROBE", "GREASEPENCIL", "GREASEPENCIL_V3",
    }
)  # fmt: skip
"""Data of objects: nothing else brings them into a picture (annotations are grease pencils, too)."""
_TOOLS = frozenset({"WINDOWMANAGER", "SCREEN", "WORKSPACE", "BRUSH", "PALETTE", "PAINTCURVE", "LIBRARY"})
_WEIGHED = frozenset({"OBJECT", "COLLECTION", "NODETREE", "TEXTURE", "PARTICLE", "MOVIECLIP", "CACHEFILE"})
"""What an object can refer to without having it in the picture; :mod:`.references` says why it does."""
_BEHIND_CAMERAS = frozenset({"IMAGE", "MOVIECLIP"})
_SIMULATED_BY = frozenset({"COLLISION", "FLUID", "DYNAMIC_PAINT"})
_ON_PARTS = frozenset({"VERTS", "FACES"})


class Output:
    """What reaches the render."""

    def __init__(self, blocks: set[Any], libraries: set[Any], strips: set[int]) -> None:
        self._blocks = blocks
        self._libraries = libraries
        self._strips = strips

    def holds(self, block: Any) -> bool:
        """Say whether a data-block, or a strip told like one, reaches the render."""
        match block.id_type:
            case "STRIP":
                return block.session_uid in self._strips
            case "LIBRARY":
                return block in self._libraries
            case _:
                return block in self._blocks


def find_output() -> Output:
    """Find what the render of the active scene shows. Some 20 ms for 10,000 objects."""
    walk = _Walk()
    walk.render(bpy.context.scene)
    # Since 5.0 the sequencer can be of another scene than the active one, and is rendered from where it is.
    edited = getattr(bpy.context.workspace, "sequencer_scene", None)
    if edited is not None:
        walk.edit(edited)
    return walk.finish()


class _Walk:
    def __init__(self) -> None:
        self._reached: set[Any] = set()
        self._new_objects: set[Any] = set()
        self._new_blocks: set[Any] = set()
        self._told: set[Any] = set()
        """In the output, but nothing is followed from them: collections, what an override replaces."""
        self._moved: set[Any] = set()
        """Objects that others follow; nothing of them is seen."""
        self._strips: set[int] = set()
        self._scenes: set[tuple[Any, str]] = set()
        self._hidden: set[Any] = set()
        self._taken: set[tuple[Any, bool]] = set()
        self._uses: dict[Any, list[Any]] = {}
        self._children: dict[Any, list[Any]] = {}
        self._reader = Reader()
        self._references: dict[Any, References] = {}

    def render(self, scene: Any) -> None:
        """Take what Blender renders of a scene: its sequencer if it shows pictures, else its view layers."""
        if not self.edit(scene):
            self.picture(scene)

    def edit(self, scene: Any) -> bool:
        """Take what a scene's sequencer plays; say whether it shows pictures."""
        edit = Edit(scene)
        if not self._is_new(scene, "edit"):
            return edit.shows_pictures
        for strip in edit.playing:
            self._strips.add(strip.as_pointer())
            if strip.type == "SCENE" and strip.scene is not None:
                if strip.scene_input == "CAMERA":
                    self.picture(strip.scene)
                self.edit(strip.scene)  # its sounds are heard in both cases
        self._reach_all(block for block in edit.blocks() if block.id_type != "SCENE")
        return edit.shows_pictures

    def picture(self, scene: Any) -> None:
        """Take what a scene's view layers, world and compositor show."""
        if not self._is_new(scene, "picture"):
            return
        layers = self._take_layers(scene)
        self._reach(scene.world)
        self._reach(scene.camera)
        self._reach_all(marker.camera for marker in scene.timeline_markers)
        if scene.animation_data is not None:
            self._reach_all(actions_of(scene.animation_data))
        for layer in layers.view_layers:
            self._reach(layer.material_override)
            self._reach(layer.world_override)
            if scene.render.use_freestyle and layer.use_freestyle:
                self._reach_all(lines.linestyle for lines in layer.freestyle_settings.linesets)
        if scene.render.use_compositing:
            self._compose(scene)
        behind = scene.background_set
        while behind is not None and self._is_new(behind, "set"):
            self._take_layers(behind)
            behind = behind.background_set

    def _is_new(self, scene: Any, what: str) -> bool:
        new = (scene, what) not in self._scenes
        self._scenes.add((scene, what))
        return new

    def _take_layers(self, scene: Any) -> Layers:
        layers = Layers(scene)
        self._told |= layers.collections
        new = layers.rendered - self._reached
        self._reached |= new
        self._new_objects |= new
        self._hidden |= layers.hidden
        for thing in layers.hidden - self._reached:
            if thing.animation_data is not None and is_animated(thing, "hide_render"):
                self._reach(thing)
            elif thing.type == "SPEAKER":
                self._reach(thing)  # heard, though never seen
            elif any(modifier.type in _SIMULATED_BY for modifier in thing.modifiers):
                self._reach(thing)  # what is simulated against it keeps its shape
        return layers

    def _compose(self, scene: Any) -> None:
        """Take what the compositor refers to. Up to 4.5 its node tree is a part of the scene."""
        tree = getattr(scene, "compositing_node_group", None)
        if tree is not None:
            self._reach(tree)
            return
        tree = getattr(scene, "node_tree", None)
        if tree is None or not scene.use_nodes:
            return
        if tree.animation_data is not None:
            self._reach_all(actions_of(tree.animation_data))
        for node in tree.nodes:
            for block in self._reader.ids_in(node):
                self._follow_from_tree(block)
            for socket in node.inputs:
                value = getattr(socket, "default_value", None)
                if isinstance(value, bpy.types.ID):
                    self._follow_from_tree(value)

    def finish(self) -> Output:
        """Follow all references and return the answer."""
        self._uses = self._find_uses()
        while self._new_objects or self._new_blocks:
            objects, self._new_objects = self._new_objects, set()
            self._take_data(objects)
            # What was found to be no more than a picture for the viewport is taken out again.
            for thing in objects & self._uses.keys() & self._reached:
                self._follow_object(thing)
            blocks, self._new_blocks = self._new_blocks, set()
            for block in blocks & self._uses.keys():
                self._follow(block)
            if not self._new_objects and bpy.data.metaballs:
                self._take_metaballs()
        blocks = self._reached | self._told
        libraries: set[Any] = set()
        if bpy.data.libraries:
            for library in {block.library for block in blocks} - {None}:
                outer = library
                while outer is not None and outer not in libraries:
                    libraries.add(outer)
                    outer = outer.parent  # the library that links it in turn
        return Output(blocks, libraries, self._strips)

    def _find_uses(self) -> dict[Any, list[Any]]:
        """Return what every data-block refers to, without what is known to be in the output already."""
        asked: set[Any] = set()
        for prop in bpy.data.bl_rna.properties:
            if prop.type == "COLLECTION" and prop.identifier != "all_ids":
                blocks = getattr(bpy.data, prop.identifier)
                if blocks and blocks[0].id_type not in _DATA | _TOOLS:
                    asked.update(blocks)
        asked -= self._reached
        id_type: Any = bpy.types.ID.bl_rna.properties["id_type"]
        kinds = {kind.identifier for kind in id_type.enum_items}
        # What scenes and collections refer to is taken by its meaning.
        owners = kinds - _TOOLS - {"SCENE", "COLLECTION"}
        uses: dict[Any, list[Any]] = {}
        for block, users in bpy.data.user_map(subset=asked, value_types=owners).items():
            for user in users:
                known = uses.get(user)
                if known is None:
                    uses[user] = [block]
                else:
                    known.append(block)
        return uses

    def _reach(self, block: Any) -> None:
        if block is not None and block not in self._reached:
            self._reached.add(block)
            (self._new_objects if block.id_type == "OBJECT" else self._new_blocks).add(block)

    def _reach_all(self, blocks: Iterable[Any]) -> None:
        for block in blocks:
            self._reach(block)

    def _take_data(self, objects: set[Any]) -> None:
        """Take the data of objects, and what they bear on their vertices or faces."""
        data = {thing.data for thing in objects} - {None}
        pictures = data.intersection(bpy.data.images)
        if pictures:  # empties that show one are seen in the viewport only
            data -= pictures
            for thing in objects:
                if thing.data in pictures and not thing.is_instancer:
                    self._reached.discard(thing)
                    self._move(thing)
        self._new_blocks |= data - self._reached
        self._reached |= data
        for thing in objects:
            if thing.is_instancer and thing.instance_type in _ON_PARTS:
                self._reach_all(self._letters_of(thing))
                self._reach_all(self._children_of(thing))

    def _letters_of(self, thing: Any) -> Iterator[Any]:
        """Yield the objects that a text writes with: found by their names, whatever scene they are in."""
        family = thing.data.family if thing.type == "FONT" else ""
        if family:
            yield from (each for each in bpy.data.objects if each.name.startswith(family))

    def _children_of(self, thing: Any) -> list[Any]:
        if not self._children:
            for each in bpy.data.objects:
                self._children.setdefault(each.parent, []).append(each)
        return self._children.get(thing, [])

    def _follow(self, owner: Any) -> None:
        """Take what a data-block, but for an object, brings along.

        - A camera: not the pictures behind it, which are in the viewport only; of its focus only the place.
        - Particle settings: the instanced object or collection only while that is what is rendered.
        - A muted speaker: not its sound.
        - A node tree: scenes, as the compositor shows them.
        - All others: everything that they refer to.
        """
        kind = owner.id_type
        if kind == "SPEAKER" and owner.muted:
            return
        for block in self._uses[owner]:
            if block in self._reached or (kind == "CAMERA" and block.id_type in _BEHIND_CAMERAS):
                continue
            if kind == "CAMERA" and block.id_type == "OBJECT":
                self._move(block)
            elif kind == "PARTICLE" and _is_idle(owner, block):
                continue
            elif kind == "NODETREE":
                self._follow_from_tree(block)
            elif block.id_type != "SCENE":
                self._follow_link(block)

    def _follow_from_tree(self, block: Any) -> None:
        if block.id_type == "SCENE":
            self.picture(block)
        else:
            self._follow_link(block)

    def _follow_link(self, block: Any) -> None:
        if block.id_type == "COLLECTION":
            self._take_members(block, hidden_too=True)
        else:
            self._reach(block)

    def _follow_object(self, thing: Any) -> None:
        for block in self._uses[thing]:
            if block in self._reached or block.id_type == "SCENE":
                continue
            if block.id_type not in _WEIGHED:
                if block != thing.data:
                    self._reach(block)
                continue
            if block.id_type == "NODETREE" and thing not in self._references:
                # Thousands of objects may have the same one switched off: not all need be asked of each.
                found = self._reader.read_for_trees(thing)
            else:
                found = self._references_of(thing)
            if block in found.shapes or block in found.curves:
                self._follow_link(block)
            elif block == found.instanced:
                self._take_members(block, hidden_too=False)
            elif block in found.same:
                self._told.add(block)
            elif block in found.places and block.id_type == "OBJECT":
                self._move(block)
            elif block not in found.idle:
                self._follow_link(block)

    def _move(self, thing: Any) -> None:
        """Take what moves an object that others follow."""
        if thing in self._reached or thing in self._moved:
            return
        if thing.type == "ARMATURE":
            self._reach(thing)
            return
        self._moved.add(thing)
        found = self._references_of(thing)
        for block in self._uses.get(thing, ()):
            if block.id_type == "ACTION":
                self._reach(block)
            elif block in found.curves:
                self._follow_link(block)
            elif block in found.places and block.id_type == "OBJECT":
                self._move(block)

    def _references_of(self, thing: Any) -> References:
        found = self._references.get(thing)
        if found is None:
            found = self._references[thing] = self._reader.read(thing)
        return found

    def _take_members(self, collection: Any, *, hidden_too: bool) -> None:
        """Take the objects of a collection and of those in it.

        An instance shows what its collection would show itself; geometry nodes and particles show all of it.
        """
        if (collection, hidden_too) in self._taken or (collection.hide_render and not hidden_too):
            return
        self._taken.add((collection, hidden_too))
        self._told.add(collection)
        self._reach_all(
            thing
            for thing in collection.objects
            if hidden_too or not thing.hide_render or is_animated(thing, "hide_render")
        )
        for inner in collection.children:
            self._take_members(inner, hidden_too=hidden_too)

    def _take_metaballs(self) -> None:
        """Take hidden balls that are one body with balls that are seen: their names differ in the number."""
        hidden = [thing for thing in self._hidden - self._reached if thing.type == "META"]
        if hidden:
            names = {_name_of_body(thing) for thing in _balls(self._reached)}
            self._reach_all(thing for thing in hidden if _name_of_body(thing) in names)


def _balls(blocks: Iterable[Any]) -> Iterator[Any]:
    return (block for block in blocks if block.id_type == "OBJECT" and block.type == "META")


def _name_of_body(thing: Any) -> str:
    name, dot, number = str(thing.name).rpartition(".")
    return name if dot and number.isdigit() else str(thing.name)


def _is_idle(settings: Any, block: Any) -> bool:
    """Say whether particles refer to something that they do not show as they are set."""
    kinds = {"OBJECT": settings.instance_object, "COLLECTION": settings.instance_collection}
    return block in kinds.values() and kinds.get(settings.render_type) != block
