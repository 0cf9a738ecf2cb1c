# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows about actions, shape keys, worlds, sounds, movies and strips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from blender_media import make_hdr, make_mov, make_wav

from survival.assets import picture
from survival.outcome import Trace
from survival.table import row
from survival.world import CHAIR, OWN, PICTURE, SOUND, NotHere, World

SECTION = "Animation and media"


def _strips(w: World) -> Any:
    """Return the scene's strips, whatever this version calls them."""
    editor = w.scene.sequence_editor
    return editor.strips if hasattr(editor, "strips") else editor.sequences


@row(SECTION, "its action on one's own object")
def _(w: World) -> list[Trace]:
    action = w.data.actions["Sway"]
    w.obj("Mine").animation_data_create().action = action
    w.only(w.obj("Mine"))
    return w.traces(action)


@row(SECTION, "its action copied")
def _(w: World) -> list[Trace]:
    action = w.data.actions["Sway"].copy()
    w.obj("Mine").animation_data_create().action = action
    w.only(w.obj("Mine"))
    return w.traces(action)


@row(SECTION, "its action pushed down to an NLA track")
def _(w: World) -> list[Trace]:
    action = w.data.actions["Sway"]
    data = w.obj("Mine").animation_data_create()
    data.nla_tracks.new().strips.new("Sway", 1, action)
    w.only(w.obj("Mine"))
    return w.traces(action)


@row(SECTION, "its action baked into a new one, it is deleted then (nla.bake)", known=False)
def _(w: World) -> list[Trace]:
    root = w.obj("Chair root")
    own = w.add(None, "Follower")
    own.constraints.new("COPY_TRANSFORMS").target = root
    w.select(own)
    w.ops.nla.bake(
        frame_start=1, frame_end=20, only_selected=False, visual_keying=True, clear_constraints=True,
        use_current_action=False, bake_types={"OBJECT"},
    )  # fmt: skip
    action = own.animation_data.action
    w.only(own)
    return w.traces(action)


@row(SECTION, "its shape keys edited, one added, one removed")
def _(w: World) -> list[Trace]:
    item = w.select(w.obj("Cushion"))
    item.shape_key_add(name="Mine")
    item.active_shape_key_index = 1
    w.ops.object.shape_key_remove()
    return [*w.of_object(item), *w.traces(item.data.shape_keys)]


@row(SECTION, "its shape keys applied")
def _(w: World) -> list[Trace]:
    item = w.select(w.obj("Cushion"))
    w.ops.object.shape_key_remove(all=True, apply_mix=True)
    return w.of_object(item)


@row(SECTION, "its shape keys transferred to one's own mesh", known=False)
def _(w: World) -> list[Trace]:
    own = w.add(w.bare_copy(w.obj("Cushion").data))
    w.obj("Cushion").active_shape_key_index = 1
    w.select(own, w.obj("Cushion"))
    w.ops.object.shape_key_transfer()
    w.only(own)
    return w.traces(own.data)


@row(SECTION, "a bought sky as the scene's world")
def _(w: World) -> list[Trace]:
    found = w.bring_in(make_hdr(w.folder / "sky.hdr"), "IMAGE", "WORLD", PICTURE, make_active=True)
    return w.traces(*found, of=(PICTURE,))


@row(SECTION, "a bought sky's world copied, the image in one's own world")
def _(w: World) -> list[Trace]:
    found = w.bring_in(make_hdr(w.folder / "sky.hdr"), "IMAGE", "WORLD", PICTURE, make_active=True)
    image = next(block for block in found if block.id_type == "IMAGE")
    own = w.data.worlds.new("Own")
    if own.node_tree is None:
        own.use_nodes = True
    own.node_tree.nodes.new("ShaderNodeTexEnvironment").image = image
    w.scene.world = own
    w.purge()
    return w.traces(image, of=(PICTURE,))


def sound(w: World, use: str = "SEQUENCER") -> list[Any]:
    """Import a bought sound."""
    path = make_wav(w.folder / "rain.wav")
    try:
        return w.bring_in(path, "AUDIO", use, SOUND)
    except w.load("core.errors").ImportRefused as error:
        if "without sound" not in error.message:
            raise
        raise NotHere("this build has no sound") from error


def strip_traces(w: World, grant_id: str, *, kinds: tuple[str, ...]) -> list[Trace]:
    """Name the strips of some kinds."""
    every = w.load("addon.strips").every_strip()
    found = [block for block in every if block.strip.type in kinds]
    assert found
    return [Trace("STRIP", block.name, (grant_id,)) for block in found]


@row(SECTION, "a bought sound in the sequencer")
def _(w: World) -> list[Trace]:
    sound(w)
    return w.traces(*w.data.sounds, of=(SOUND,))


@row(SECTION, "a bought sound in a speaker, packed and unpacked")
def _(w: World) -> list[Trace]:
    sound(w)
    (block,) = w.data.sounds
    speaker = w.data.speakers.new("Speaker")
    speaker.sound = block
    w.add(speaker, "Speaker")
    if block.packed_file is None:
        block.pack()
    w.save()
    block.unpack(method="WRITE_LOCAL")
    return w.traces(block, of=(SOUND,))


@row(SECTION, "a bought sound's strip cut and duplicated")
def _(w: World) -> list[Trace]:
    sound(w)
    strips = _strips(w)
    strip = next(item for item in strips if item.type == "SOUND")
    strip.split(frame=w.load("addon.strips").end_of(strip) - 3, split_method="SOFT")
    return [*w.traces(*w.data.sounds, of=(SOUND,)), *strip_traces(w, SOUND, kinds=("SOUND",))]


@row(SECTION, "a sound mixed down, saved and loaded again", known=False)
def _(w: World) -> list[Trace]:
    sound(w)
    path = w.folder / "mix.flac"
    try:
        w.ops.sound.mixdown(filepath=str(path), container="FLAC", codec="FLAC", format="S16")
    except (RuntimeError, AttributeError, TypeError):
        path = make_wav(w.folder / "mix.wav")
    new = w.data.sounds.load(str(path))
    new.use_fake_user = True
    return w.traces(new, of=(SOUND,))


def movie(w: World, use: str) -> list[Any]:
    """Import a bought movie."""
    return w.bring_in(make_mov(w.folder / "film" / "waves.mov"), "VIDEO", use, SOUND)


@row(SECTION, "a bought movie as a strip")
def _(w: World) -> list[Trace]:
    movie(w, "SEQUENCER")
    return strip_traces(w, SOUND, kinds=("MOVIE",))


@row(SECTION, "a bought movie's strip cut in two")
def _(w: World) -> list[Trace]:
    movie(w, "SEQUENCER")
    strips = _strips(w)
    strip = next(item for item in strips if item.type == "MOVIE")
    strip.split(frame=w.load("addon.strips").end_of(strip) - 4, split_method="SOFT")
    traces = strip_traces(w, SOUND, kinds=("MOVIE",))
    assert len(traces) == 2
    return traces


@row(SECTION, "a bought movie's strip inside a meta strip, the scene copied")
def _(w: World) -> list[Trace]:
    movie(w, "SEQUENCER")
    strips = _strips(w)
    strip = next(item for item in strips if item.type == "MOVIE")
    meta = strips.new_meta("Meta", 1, 1)
    strip.move_to_meta(meta)
    w.scene.copy()
    return strip_traces(w, SOUND, kinds=("MOVIE",))


@row(SECTION, "a bought movie's file in a strip of one's own", known=False)
def _(w: World) -> list[Trace]:
    movie(w, "SEQUENCER")
    strips = _strips(w)
    strip = next(item for item in strips if item.type == "MOVIE")
    new = strips.new_movie("Own", w.bpy.path.abspath(strip.filepath), 5, 1)
    strips.remove(strip)
    return [Trace("STRIP", new.name, (SOUND,))]


@row(SECTION, "a bought image in a strip of one's own", known=False)
def _(w: World) -> list[Trace]:
    image = w.data.images["wood.png"]
    w.save()
    image.unpack(method="WRITE_LOCAL")
    editor = w.scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strip = strips.new_image("Own", w.bpy.path.abspath(image.filepath), 1, 1)
    return [Trace("STRIP", strip.name, (CHAIR,))]


@row(SECTION, "a bought movie as a clip behind the camera")
def _(w: World) -> list[Trace]:
    found = movie(w, "BACKGROUND")
    return w.traces(*(block for block in found if block.id_type in {"MOVIECLIP", "IMAGE"}), of=(SOUND,))


@row(SECTION, "a bought movie as a material")
def _(w: World) -> list[Trace]:
    found = movie(w, "MATERIAL")
    return w.traces(*found, of=(SOUND,))


def font(w: World) -> Any:
    """Load a font and stamp it as bought."""
    folder = Path(w.bpy.utils.resource_path("LOCAL"), "datafiles", "fonts")
    files = sorted(path for path in folder.glob("*") if path.suffix in {".ttf", ".otf", ".woff2"})
    loaded = w.data.fonts.load(str(files[0]))
    w.stamp(PICTURE, loaded)
    w.obj("Label").data.font = loaded
    return loaded


@row(SECTION, "a bought font in a text, packed")
def _(w: World) -> list[Trace]:
    loaded = font(w)
    loaded.pack()
    return w.traces(loaded, of=(PICTURE,))


@row(SECTION, "a text in a bought font made a mesh, the font is gone then", known=False)
def _(w: World) -> list[Trace]:
    font(w)
    item = w.add(w.obj("Label").data.copy(), "Own text")
    del item.data["clearance"]
    w.only(item)
    w.select(item)
    w.ops.object.convert(target="MESH")
    w.purge()
    return w.traces(item.data, of=(PICTURE,))


@row(SECTION, "a bought font without its stamp, called like the built-in one", known=False)
def _(w: World) -> list[Trace]:
    loaded = font(w)
    del loaded["clearance"]
    loaded.name = "Bfont"
    return w.traces(loaded, of=(PICTURE,))


def _declare(w: World, block: Any) -> Any:
    if hasattr(block, "use_fake_user"):
        block.use_fake_user = True
    w.stamp(OWN, block)
    return block


@row(SECTION, "a bought sound's file given to a declared sound (path changed)", known=False)
def _(w: World) -> list[Trace]:
    sound(w)
    (bought,) = w.data.sounds
    own = _declare(w, w.data.sounds.load(str(make_wav(w.folder / "own.wav", seconds=0.2))))
    own.filepath = str(make_wav(w.folder / "shower.wav", seconds=0.4))
    assert own.packed_file is None and own != bought
    return w.traces(own, of=(SOUND,))


@row(SECTION, "a bought sound's file packed into a declared sound", known=False)
def _(w: World) -> list[Trace]:
    sound(w)
    own = _declare(w, w.data.sounds.load(str(make_wav(w.folder / "own.wav", seconds=0.2))))
    own.pack()
    own.unpack(method="REMOVE")
    own.filepath = str(make_wav(w.folder / "shower.wav", seconds=0.4))
    own.pack()
    return w.traces(own, of=(SOUND,))


@row(SECTION, "a bought font's file given to a declared font", known=False)
def _(w: World) -> list[Trace]:
    bought = font(w)
    others = sorted(Path(bought.filepath).parent.glob(f"*{Path(bought.filepath).suffix}"))
    own = _declare(w, w.data.fonts.load(str(others[-1])))
    own.filepath = bought.filepath
    return w.traces(own, of=(PICTURE,))


@row(SECTION, "a bought movie's file given to a declared clip", known=False)
def _(w: World) -> list[Trace]:
    movie(w, "BACKGROUND")
    own = _declare(w, w.data.movieclips.load(str(picture(w.bpy, w.folder / "own.png"))))
    own.filepath = str(w.folder / "film" / "waves.mov")
    return w.traces(own, of=(SOUND,))


@row(SECTION, "a bought movie's file given to a declared strip", known=False)
def _(w: World) -> list[Trace]:
    movie(w, "SEQUENCER")
    strips = _strips(w)
    bought = next(item for item in strips if item.type == "MOVIE")
    (w.folder / "own.mov").write_bytes(make_mov(w.folder / "long.mov").read_bytes() + bytes(8))
    own = strips.new_movie("Own", str(w.folder / "own.mov"), 5, 1)
    _declare(w, next(block for block in w.load("addon.strips").every_strip() if block.name == "Own"))
    own.filepath = w.bpy.path.abspath(bought.filepath)
    return [Trace("STRIP", "Own", (SOUND,))]


@row(SECTION, "a bought picture's file given to a declared strip", known=False)
def _(w: World) -> list[Trace]:
    editor = w.scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    own = strips.new_image("Own", str(picture(w.bpy, w.folder / "own.png", size=16)), 1, 1)
    _declare(w, next(block for block in w.load("addon.strips").every_strip() if block.name == "Own"))
    own.elements[0].filename = picture(w.bpy, w.folder / "wood.png").name
    return [Trace("STRIP", "Own", (CHAIR,))]


@row(SECTION, "a bought streamed file given to declared work's cache file", known=False)
def _(w: World) -> list[Trace]:
    for name in ("Shelf", "Seat"):
        w.select(w.obj(name))
        w.ops.wm.alembic_export(filepath=str(w.folder / f"{name}.abc"), selected=True)
    w.ops.cachefile.open(filepath=str(w.folder / "Shelf.abc"))
    (own,) = w.data.cache_files
    w.modify(w.obj("Shelf"), "MESH_SEQUENCE_CACHE", cache_file=own)
    _declare(w, own)
    own.filepath = str(w.folder / "Seat.abc")
    return w.traces(own)
