"""Read from .blend data what a scene shows: its view layers and collections, its sequencer, what is animated.

Where things are kept was read from files that Blender 4.2.23, 4.5.15 and 5.2.3 wrote, and compared with what
these say of the same files.
"""

from __future__ import annotations

from collections.abc import Iterator

from .facts import ObjectFields, read_object
from .file import BlendFile, Piece
from .ids import IdBlock
from .pointers import Kind, Slot
from .scene import Loaded

_VIEW_LAYER_RENDER = 1 << 0
_EXCLUDE = 1 << 4
_COLLECTION_HIDE_RENDER = 1 << 3
_OBJECT_HIDE_RENDER = 1 << 2
_SEQUENCER, _COMPOSITING, _SINGLE_LAYER = 1 << 0, 1 << 6, 1 << 9  # RenderData.scemode
_STRIP_MUTE, _CHANNEL_MUTE, _SHOWS_SEQUENCER = 1 << 5, 1 << 1, 1 << 30
_META, _SCENE, _SOUND = 1, 2, 4
_STRIPS = (b"Sequence", b"Strip")
_SPEAKER_MUTED = 1 << 1
_RENDERED_AS = {b"dup_ob": 7, b"instance_object": 7, b"dup_group": 8, b"instance_collection": 8}
"""``ParticleSettings.ren_as`` for what is instanced; files have the older names."""


def chain(file: BlendFile, owner: IdBlock, first: int) -> Iterator[Piece]:
    """Yield the structs of a list."""
    seen: set[int] = set()
    while first and first not in seen:
        seen.add(first)
        block = owner.parts.get(first)
        if block is None:
            return
        piece = file.piece(block)
        yield piece
        first = piece.pointer(b"next")


def can_tell(file: BlendFile) -> bool:
    """Say whether a file keeps view layers and visibility where this reader looks for them: since 2.80."""
    found: bool | None = file.dna.memo.get("can_tell")
    if found is None:
        names = {layout.name: layout for layout in file.dna.layouts}
        thing = names.get(b"Object")
        found = file.dna.memo["can_tell"] = (
            {b"ViewLayer", b"LayerCollection"} <= names.keys()
            and thing is not None
            and any(thing.offset(name) is not None for name in (b"visibility_flag", b"restrictflag"))
        )
    return found


def fields_of(thing: Loaded) -> ObjectFields | None:
    """Return an object's own fields; None when it is not there."""
    if thing.block is None:
        return None
    found: ObjectFields | None = thing.fields
    if found is None:
        found = thing.fields = read_object(thing.opened.file, thing.block)
    return found


def is_hidden(thing: Loaded) -> bool:
    """Say whether an object's render visibility is off."""
    fields = fields_of(thing)
    return fields is not None and bool((fields[2] or fields[3]) & _OBJECT_HIDE_RENDER)


def hides_members(collection: Loaded) -> bool:
    """Say whether a collection keeps its objects from the render."""
    if collection.code != b"GR" or collection.block is None:
        return False
    piece = collection.opened.file.piece(collection.block.head)
    return bool(piece.number(b"flag", code="B") & _COLLECTION_HIDE_RENDER)


def members_of(collection: Loaded) -> list[Loaded]:
    """Return the objects and collections in a collection, or in that of a scene."""
    return [target for target, slot, _, _ in collection.uses if slot.kind is Kind.MEMBER]


class SceneView:
    """What one scene is set up to render."""

    def __init__(self, scene: Loaded) -> None:
        assert scene.block is not None  # noqa: S101 - those that are not there have no view
        self.scene = scene
        self._file, self._block = scene.opened.file, scene.block
        self._piece = self._file.piece(scene.block.head)
        self._mode = self._piece.number(b"r", b"scemode")

    @property
    def composes(self) -> bool:
        """Its compositor is rendered."""
        return bool(self._mode & _COMPOSITING) and (
            not self._piece.has(b"use_nodes") or bool(self._piece.number(b"use_nodes", code="B"))
        )

    @property
    def plays_sequencer(self) -> bool:
        """Its sequencer is rendered where there is something in it."""
        return bool(self._mode & _SEQUENCER)

    def layers(self, *, all_of_them: bool = False) -> list[Piece]:
        """Return the view layers that are rendered."""
        first = self._piece.pointer(b"view_layers", b"first")
        every = list(chain(self._file, self._block, first))
        if all_of_them or self._mode & _SINGLE_LAYER:
            return every
        used = [layer for layer in every if layer.number(b"flag", code="B") & _VIEW_LAYER_RENDER]
        return used or every[:1]

    def shown(self, layer: Piece) -> Iterator[tuple[Loaded, bool]]:
        """Yield every collection in a view layer (the scene stands for its own), and whether it is hidden."""
        first = layer.pointer(b"layer_collections", b"first")
        roots = list(chain(self._file, self._block, first))
        if not roots:
            yield from self._unsynced(self.scene, hidden=False)
        for root in roots:
            yield from self._walk(root, self.scene, hidden=False, seen=set())

    def _walk(
        self, layer: Piece, collection: Loaded, *, hidden: bool, seen: set[int]
    ) -> Iterator[tuple[Loaded, bool]]:
        if layer.block.address in seen:
            return
        seen.add(layer.block.address)
        hidden = hidden or hides_members(collection)
        if not layer.number(b"flag", code="B") & _EXCLUDE:
            yield collection, hidden
        known: dict[int, Piece] = {}
        reached = self.scene.opened.reached
        for child in chain(self._file, self._block, layer.pointer(b"layer_collections", b"first")):
            target = reached.get(child.pointer(b"collection"))
            if target is not None:
                known[id(target)] = child
        for inner in members_of(collection):
            if inner.code == b"GR":
                if (piece := known.get(id(inner))) is not None:
                    yield from self._walk(piece, inner, hidden=hidden, seen=seen)
                else:
                    yield from self._unsynced(inner, hidden=hidden)

    def _unsynced(
        self, collection: Loaded, *, hidden: bool, seen: frozenset[int] = frozenset()
    ) -> Iterator[tuple[Loaded, bool]]:
        """Walk what has no layer collection yet: nothing of it is excluded."""
        if id(collection) in seen:
            return
        hidden = hidden or hides_members(collection)
        yield collection, hidden
        for inner in members_of(collection):
            if inner.code == b"GR":
                yield from self._unsynced(inner, hidden=hidden, seen=seen | {id(collection)})


class Edit:
    """The sequencer of one scene: its strips that are played, with nested ones and the inputs of effects."""

    def __init__(self, view: SceneView, *, ignore_mute: bool) -> None:
        self.playing: dict[int, Piece] = {}
        """By address."""
        self.shows_pictures = False
        scene = view.scene
        self._file = scene.opened.file
        assert scene.block is not None  # noqa: S101
        self._owner = scene.block
        self._ignore_mute = ignore_mute
        block = self._owner.parts.get(self._file.piece(self._owner.head).pointer(b"ed"))
        if block is None or not view.plays_sequencer:
            return
        editing = self._file.piece(block)
        self._play_all(editing)
        self.shows_pictures = any(strip.number(b"type") != _SOUND for strip in self._played(editing))

    def parts_of(self, strip: Piece) -> set[int]:
        """Return the addresses of the blocks that a strip is made of."""
        modifiers = chain(self._file, self._owner, strip.pointer(b"modifiers", b"first"))
        return {
            strip.block.address,
            strip.pointer(b"effectdata"),
            *(modifier.block.address for modifier in modifiers),
        }

    def _played(self, owner: Piece) -> list[Piece]:
        strips = list(chain(self._file, self._owner, owner.pointer(b"seqbase", b"first")))
        if not strips:
            return []
        muted = {
            channel.number(b"index")
            for channel in chain(self._file, self._owner, owner.pointer(b"channels", b"first"))
            if channel.number(b"flag") & _CHANNEL_MUTE
        }
        return [
            strip
            for strip in strips
            if self._ignore_mute
            or not (strip.number(b"flag") & _STRIP_MUTE or strip.number(b"machine") in muted)
        ]

    def _play_all(self, owner: Piece) -> None:
        for strip in self._played(owner):
            self._play(strip)

    def _play(self, strip: Piece) -> None:
        if strip.block.address in self.playing:
            return
        self.playing[strip.block.address] = strip
        if strip.number(b"type") == _META:
            self._play_all(strip)
        inputs = [strip.pointer(name) for name in (b"seq1", b"seq2", b"seq3", b"input1", b"input2")]
        for modifier in chain(self._file, self._owner, strip.pointer(b"modifiers", b"first")):
            inputs += [modifier.pointer(name) for name in (b"mask_sequence", b"mask_strip")]
        for address in inputs:
            block = self._owner.parts.get(address)
            if block is not None and self._file.struct(block).name in _STRIPS:
                self._play(self._file.piece(block))


def is_passed_over(owner: Loaded, slot: Slot) -> bool:
    """Say whether particle settings or a speaker do not show or play something, as they are set."""
    if owner.block is None:
        return False
    piece = owner.opened.file.piece(owner.block.head)
    if owner.code == b"SK":
        return bool(piece.number(b"flag", code="H") & _SPEAKER_MUTED)
    wanted = _RENDERED_AS.get(slot.field) if slot.owner == b"ParticleSettings" else None
    return wanted is not None and piece.number(b"ren_as", code="h") != wanted


def shows_scene(strip: Piece) -> bool:
    """Say whether a strip shows a scene through its camera, not that scene's sequencer."""
    return strip.number(b"type") == _SCENE and not strip.number(b"flag", code="I") & _SHOWS_SEQUENCER


def animated_paths(loaded: Loaded) -> frozenset[bytes]:
    """Return the paths of all properties of a data-block that have an f-curve or a driver."""
    if loaded.block is None:
        return frozenset()
    actions = (target for target, _, _, _ in loaded.uses if target.code == b"AC")
    return frozenset().union(_paths_in(loaded), *map(_paths_in, actions))


def _paths_in(loaded: Loaded) -> frozenset[bytes]:
    file, owner = loaded.opened.file, loaded.block
    if owner is None:
        return frozenset()
    key = ("paths", owner.head.address)
    found: frozenset[bytes] | None = file.memo.get(key)
    if found is None:
        paths = set()
        for block in owner.pieces:
            if file.struct(block).name == b"FCurve":
                for at in range(block.length):
                    text = owner.parts.get(file.piece(block, at).pointer(b"rna_path"))
                    paths.add(b"" if text is None else file.data(text).split(b"\x00", 1)[0])
        found = file.memo[key] = frozenset(paths)
    return found


def has_struct(loaded: Loaded, names: frozenset[bytes]) -> bool:
    """Say whether one of some structs is among the pieces of a data-block."""
    if loaded.block is None:
        return False
    file = loaded.opened.file
    return any(file.struct(block).name in names for block in loaded.block.pieces)
