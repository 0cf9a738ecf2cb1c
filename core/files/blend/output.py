"""Which data-blocks of a .blend file reach the render, as far as the file shows it.

The same as the add-on's walk inside Blender (``addon/output``), and never less: what one cannot be sure of
counts. Where a file does not keep things where this reader looks, nothing is said (:attr:`Found.known`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .chain import Block
from .facts import ObjectFields
from .file import Piece
from .ids import IdBlock
from .pointers import Kind, Slot
from .scene import Found, Loaded, Opened
from .view import (
    Edit,
    SceneView,
    animated_paths,
    can_tell,
    fields_of,
    has_struct,
    hides_members,
    is_hidden,
    is_passed_over,
    members_of,
    shows_scene,
)

_CHOOSY = frozenset({b"PA", b"SK"})
_WEIGHED = frozenset({b"OB", b"GR", b"NT", b"TE", b"PA", b"MC", b"CF"})
_EMPTY, _FONT, _META, _SPEAKER, _ARMATURE = 0, 4, 5, 12, 25
_ON_PARTS, _INSTANCES = 1 << 4 | 1 << 9, 1 << 8  # Object.transflag
_ANY_INSTANCING = _ON_PARTS | _INSTANCES | 1 << 11
_SHAPED_BY_PARENT = 4
_FAMILY_SIZE = 64
"""Characters of ``Curve.family``."""
_MODIFIER_RENDER = 1 << 1
_SIMULATED_BY = frozenset({b"CollisionModifierData", b"FluidModifierData", b"DynamicPaintModifierData"})


Reach = Callable[[Opened, IdBlock], Loaded]


def find_output(main: Opened, every: Iterable[Loaded], reach: Reach) -> Found:
    """Note with every data-block whether it is in the output."""
    if not can_tell(main.file):
        return Found()
    walk = _Walk(tuple(every))
    for scene in _active_scenes(main, walk.every, reach):
        walk.render(scene)
    for space in walk.every:
        if space.code == b"WS":  # since 5.0 the sequencer can show another scene than the active one
            for target, slot, _, _ in space.uses:
                if target.code == b"SC" and slot.field == b"sequencer_scene":
                    walk.edit(target)
    walk.follow()
    return Found(known=True, strips=walk.strips)


def _active_scenes(main: Opened, every: tuple[Loaded, ...], reach: Reach) -> list[Loaded]:
    """Return the scene that a render would be of; all of the file when it does not say which."""
    block = main.file.globals
    if block is not None:
        scene = main.file.by_address.get(main.file.piece(block).pointer(b"curscene"))
        if scene is not None and scene.name[:2] == b"SC":
            return [reach(main, scene)]
    return [one for one in every if one.code == b"SC"]


class _Walk:
    def __init__(self, every: tuple[Loaded, ...]) -> None:
        self.every = every
        self.strips: set[tuple[int, int]] = set()
        self._waiting: list[Loaded] = []
        self._moved: set[int] = set()
        self._told: list[Loaded] = []
        self._scenes: set[tuple[int, str]] = set()
        self._hidden: list[Loaded] = []
        self._taken: set[tuple[int, bool]] = set()
        self._children: dict[int, list[Loaded]] | None = None

    def render(self, scene: Loaded) -> None:
        """Take what Blender renders of a scene: its sequencer if it shows pictures, else its view layers."""
        if not self.edit(scene):
            self.picture(scene)

    def edit(self, scene: Loaded) -> bool:
        """Take what a scene's sequencer plays; say whether it shows pictures."""
        if scene.block is None:
            return False
        paths = animated_paths(scene)
        muting = any(path.startswith(b"sequence_editor") and path.endswith(b"mute") for path in paths)
        edit = Edit(SceneView(scene), ignore_mute=muting)
        if not self._is_new(scene, "edit"):
            return edit.shows_pictures
        parts: dict[int, Piece] = {}
        for address, strip in edit.playing.items():
            self.strips.add((id(scene), address))
            parts.update(dict.fromkeys(edit.parts_of(strip), strip))
        for target, _, where, _ in scene.uses:
            playing = parts.get(where.address)
            if playing is None:
                continue
            if target.code != b"SC":
                self._reach(target)
                continue
            if shows_scene(playing):
                self.picture(target)
            self.edit(target)
        return edit.shows_pictures

    def picture(self, scene: Loaded) -> None:
        """Take what a scene's view layers, world and compositor show."""
        if scene.block is None or not self._is_new(scene, "picture"):
            return
        view = SceneView(scene)
        self._take_layers(view)
        behind: list[Loaded] = []
        for target, slot, _, _ in scene.uses:
            match slot.owner, slot.field:
                case (b"Scene", b"world" | b"camera") | (b"TimeMarker", b"camera") | (b"ViewLayer", _):
                    self._reach(target)
                case (b"FreestyleLineSet", b"linestyle") | (b"AnimData", _) | (b"NlaStrip", _):
                    self._reach(target)
                case b"Scene", b"set":
                    behind.append(target)
                case b"Scene", b"compositing_node_group":
                    if view.composes:
                        self._reach(target)
                case _:
                    inside = slot.owner == b"bNode" or slot.owner.startswith(b"bNodeSocketValue")
                    if inside and view.composes:
                        self._link_from_tree(target)
        for other in behind:
            self._take_set(other)

    def _take_set(self, scene: Loaded) -> None:
        if scene.block is None or not self._is_new(scene, "set"):
            return
        self._take_layers(SceneView(scene))
        for target, slot, _, _ in scene.uses:
            if (slot.owner, slot.field) == (b"Scene", b"set"):
                self._take_set(target)

    def _is_new(self, scene: Loaded, what: str) -> bool:
        new = (id(scene), what) not in self._scenes
        self._scenes.add((id(scene), what))
        return new

    def _take_layers(self, view: SceneView) -> None:
        changing = any(
            path.startswith(b"view_layers") and path.endswith(b".use") for path in animated_paths(view.scene)
        )
        hidden: list[Loaded] = []
        seen: set[tuple[int, bool]] = set()
        for layer in view.layers(all_of_them=changing):
            for collection, is_off in view.shown(layer):
                if (id(collection), is_off) in seen:
                    continue
                seen.add((id(collection), is_off))
                if not is_off and collection.code == b"GR":
                    self._told.append(collection)
                for thing in members_of(collection):
                    if thing.code == b"OB":
                        if is_off or is_hidden(thing):
                            hidden.append(thing)
                        else:
                            self._reach(thing)
        self._hidden += hidden
        for thing in hidden:
            if not thing.in_output and self._shows_all_the_same(thing):
                self._reach(thing)

    def _shows_all_the_same(self, thing: Loaded) -> bool:
        return (
            b"hide_render" in animated_paths(thing)
            or _type_of(thing) == _SPEAKER
            or has_struct(thing, _SIMULATED_BY)
        )

    def follow(self) -> None:
        """Follow all references from what was taken."""
        while self._waiting:
            while self._waiting:
                owner = self._waiting.pop()
                if owner.code == b"OB":
                    self._follow_object(owner)
                else:
                    self._follow(owner)
            self._take_metaballs()
        for one in self._told:
            one.in_output = True

    def _reach(self, one: Loaded) -> None:
        if not one.in_output:
            one.in_output = True
            self._waiting.append(one)

    def _link(self, target: Loaded) -> None:
        if target.code == b"GR":
            self._take_members(target, hidden_too=True)
        elif target.code != b"SC":
            self._reach(target)

    def _link_from_tree(self, target: Loaded) -> None:
        if target.code == b"SC":
            self.picture(target)
        else:
            self._link(target)

    def _follow(self, owner: Loaded) -> None:
        """Take what a data-block, but for an object, brings along."""
        is_camera, is_tree = owner.code == b"CA", owner.code == b"NT"
        for target, slot, _, _ in owner.uses:
            if is_tree:
                self._link_from_tree(target)
            elif owner.code in _CHOOSY and is_passed_over(owner, slot):
                continue
            elif is_camera and slot.kind is Kind.IDLE:
                continue  # the pictures behind it
            elif is_camera and slot.kind is Kind.PLACES and target.code == b"OB":
                self._move(target)
            else:
                self._link(target)

    def _follow_object(self, thing: Loaded) -> None:
        fields = fields_of(thing)
        if fields is None:
            return
        if fields.instancing & _ON_PARTS:
            for child in (*self._children_of(thing), *self._letters_of(thing, fields)):
                self._reach(child)
        if fields.type == _EMPTY and not fields.instancing & _ANY_INSTANCING and _shows_picture(thing):
            thing.in_output = False  # the viewport shows it, and no render
            self._move(thing)
            return
        for target, slot, where, at in thing.uses:
            if target.in_output or target.code == b"SC":
                continue
            if fields.type == _EMPTY and (slot.owner, slot.field) == (b"Object", b"data"):
                continue
            if target.code not in _WEIGHED:
                self._reach(target)
            elif (slot.owner, slot.field) == (b"ParticleSystem", b"part"):
                if _renders_particles(thing, where):
                    self._link(target)
            elif slot.kind is not Kind.MODIFIER or _is_rendered(thing, where, at):
                self._follow_weighed(fields, target, slot)

    def _follow_weighed(self, fields: ObjectFields, target: Loaded, slot: Slot) -> None:
        """Follow a reference to what an object can refer to without having it in the picture."""
        match slot.kind:
            case Kind.IDLE:
                pass
            case Kind.INSTANCED:
                if fields.instancing & _INSTANCES:
                    self._take_members(target, hidden_too=False)
            case Kind.SAME:
                self._told.append(target)
            case Kind.PLACES if target.code == b"OB":
                self._follow_place(fields, target, slot)
            case _:
                self._link(target)

    def _follow_place(self, fields: ObjectFields, target: Loaded, slot: Slot) -> None:
        if slot.field == b"parent" and fields.parenting & 0xF == _SHAPED_BY_PARENT:
            self._reach(target)
        else:
            self._move(target)

    def _move(self, thing: Loaded) -> None:
        """Take what moves an object that others follow."""
        if thing.in_output or id(thing) in self._moved:
            return
        fields = fields_of(thing)
        if fields is None or fields.type == _ARMATURE:
            self._reach(thing)
            return
        self._moved.add(id(thing))
        for target, slot, _, _ in thing.uses:
            if target.code == b"AC":
                self._reach(target)
            elif slot.kind is Kind.PLACES and target.code == b"OB":
                self._follow_place(fields, target, slot)
            elif slot.owner.endswith((b"Constraint", b"ConstraintTarget")):
                self._link(target)

    def _letters_of(self, thing: Loaded, fields: ObjectFields) -> list[Loaded]:
        """Return the objects that a text writes with: found by their names, whatever scene they are in."""
        file = thing.opened.file
        text = file.by_address.get(fields.data) if fields.type == _FONT else None
        family = b"" if text is None else file.piece(text.head).text(b"family", size=_FAMILY_SIZE)
        if not family:
            return []
        return [one for one in self.every if one.code == b"OB" and one.name[2:].startswith(family)]

    def _children_of(self, thing: Loaded) -> list[Loaded]:
        if self._children is None:
            self._children = {}
            for one in self.every:
                for target, slot, _, _ in one.uses if one.code == b"OB" else ():
                    if (slot.owner, slot.field) == (b"Object", b"parent"):
                        self._children.setdefault(id(target), []).append(one)
        return self._children.get(id(thing), [])

    def _take_members(self, collection: Loaded, *, hidden_too: bool) -> None:
        """Take the objects of a collection; an instance shows only what is not hidden from the render."""
        if (id(collection), hidden_too) in self._taken or (hides_members(collection) and not hidden_too):
            return
        self._taken.add((id(collection), hidden_too))
        self._told.append(collection)
        for member in members_of(collection):
            if member.code == b"GR":
                self._take_members(member, hidden_too=hidden_too)
            elif hidden_too or not is_hidden(member) or b"hide_render" in animated_paths(member):
                self._reach(member)

    def _take_metaballs(self) -> None:
        hidden = [one for one in self._hidden if not one.in_output and _type_of(one) == _META]
        if hidden:
            shown = (one for one in self.every if one.in_output and one.code == b"OB")
            names = {_name_of_body(one) for one in shown if _type_of(one) == _META}
            for one in hidden:
                if _name_of_body(one) in names:
                    self._reach(one)


def _type_of(thing: Loaded) -> int:
    fields = fields_of(thing)
    return _EMPTY if fields is None else fields.type


def _renders_particles(thing: Loaded, system: Block) -> bool:
    """Say whether the modifier that stands for a particle system is rendered."""
    file, owner = thing.opened.file, thing.block
    assert owner is not None  # noqa: S101 - it refers to something
    for block in owner.pieces:
        if file.struct(block).name == b"ParticleSystemModifierData":
            for at in range(block.length):
                if file.piece(block, at).pointer(b"psys") == system.address:
                    return _is_rendered(thing, block, at)
    return True


def _shows_picture(empty: Loaded) -> bool:
    return any(
        target.code == b"IM" and (slot.owner, slot.field) == (b"Object", b"data")
        for target, slot, _, _ in empty.uses
    )


def _name_of_body(thing: Loaded) -> bytes:
    name, dot, number = thing.name.rpartition(b".")
    return name if dot and number.isdigit() else thing.name


def _is_rendered(thing: Loaded, where: Block, at: int) -> bool:
    """Say whether a modifier is rendered; whoever animates anything of the object may switch it on."""
    mode = thing.opened.file.piece(where, at).number(b"modifier", b"mode")
    return bool(mode & _MODIFIER_RENDER) or bool(animated_paths(thing))
