"""Make small .blend files and write down what Blender itself reads in them.

Run by a Python that has bpy:  python tests/support/make_blend_fixtures.py FOLDER
With ``--fixtures`` only the small files are made that are committed in tests/core/files/blend.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import bpy

KINDS = frozenset(
    {
        "OBJECT", "MESH", "CURVE", "CURVES", "META", "FONT", "POINTCLOUD", "VOLUME", "ARMATURE", "LATTICE",
        "GREASEPENCIL", "GREASEPENCIL_V3", "LIGHT", "CAMERA", "MATERIAL", "TEXTURE", "IMAGE", "NODETREE",
        "ACTION", "WORLD", "COLLECTION", "SOUND", "MOVIECLIP", "LIBRARY", "KEY", "PARTICLE",
        "CACHEFILE",
    }
)  # fmt: skip
VERSION = f"{bpy.app.version[0]}_{bpy.app.version[1]}"


def reset() -> None:
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)


def add(name: str, data: Any) -> Any:
    thing = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def make_mesh(name: str, faces: list[tuple[int, ...]], grants: list[int] | None) -> Any:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], [], faces)
    if grants is not None:
        mesh.attributes.new("clearance_grant", "INT", "FACE").data.foreach_set("value", grants)
    return mesh


def fill_small() -> None:
    """Objects, meshes, a material with a node group and an image: all that a fixture needs."""
    mixed = make_mesh("mixed", [(0, 1, 2), (0, 2, 3), (0, 1, 3)], [7, 0, -9])
    marked = make_mesh("marked", [(0, 1, 2), (0, 2, 3)], [9, 9])
    other = make_mesh("other", [(0, 1, 2)], None)
    other.attributes.new("clearance_grant", "INT", "POINT").data.foreach_set("value", [5, 5, 5, 5])
    wrong = make_mesh("wrong_type", [(0, 1, 2)], None)
    wrong.attributes.new("clearance_grant", "FLOAT", "FACE")
    chair = add("chair", mixed)
    chair["clearance"] = '{"v":1,"grant_id":"grant_ä"}'
    chair["before"] = 3
    chair["nested"] = {"clearance": "not this one"}
    mixed["clearance"] = "x" * 3000
    add("marked", marked)
    add("again", mixed)
    add("other", other)
    add("wrong_type", wrong)
    add("no_faces", bpy.data.meshes.new("no_faces"))
    add("number", None)["clearance"] = 5
    add("bytes", None)["clearance"] = b"\x00\xff"
    add("blank", None)["clearance"] = ""
    add("group", None)["clearance"] = {"v": 1}
    add("float", None)["clearance"] = 2.5
    add("flag", None)["clearance"] = True
    add("list", None)["clearance"] = [1, 2]
    material = bpy.data.materials.new("material")
    material["clearance"] = "on the material"
    mixed.materials.append(material)
    if not material.node_tree:
        material.use_nodes = True
    group = bpy.data.node_groups.new("group", "ShaderNodeTree")
    group["clearance"] = "on the group"
    material.node_tree.nodes.new("ShaderNodeGroup").node_tree = group
    image = bpy.data.images.new("image", 2, 2)
    image["clearance"] = "on the image"
    material.node_tree.nodes.new("ShaderNodeTexImage").image = image
    kept = bpy.data.materials.new("kept")
    kept.use_fake_user = True
    bpy.context.scene["clearance_register"] = '["one","two"]'


def fill_large(folder: Path) -> None:
    """One of every other kind, and references that do and do not count as users."""
    scene = bpy.context.scene
    chair = bpy.data.objects["chair"]
    world = bpy.data.worlds.new("world")
    world["clearance"] = "on the world"
    scene.world = world
    collection = bpy.data.collections.new("collection")
    collection["clearance"] = "on the collection"
    scene.collection.children.link(collection)
    collection.objects.link(chair)
    lamp = add("lamp", bpy.data.lights.new("lamp", "SUN"))
    lamp.parent = chair
    lamp.constraints.new("COPY_LOCATION").target = chair
    action = bpy.data.actions.new("action")
    action["clearance"] = "on the action"
    lamp.animation_data_create().action = action
    scene.camera = add("camera", bpy.data.cameras.new("camera"))
    chair.shape_key_add(name="Basis")
    bpy.data.objects["marked"].modifiers.new("cut", "BOOLEAN").object = chair
    add("armature", bpy.data.armatures.new("armature"))
    add_parts()
    add("lattice", bpy.data.lattices.new("lattice"))
    add("text", bpy.data.curves.new("text", "FONT"))
    add("curve", bpy.data.curves.new("curve", "CURVE"))
    add("surface", bpy.data.curves.new("surface", "SURFACE"))
    add("ball", bpy.data.metaballs.new("ball"))
    add("hair", bpy.data.hair_curves.new("hair"))
    add("points", bpy.data.pointclouds.new("points"))
    add("smoke", bpy.data.volumes.new("smoke"))
    for kept in (bpy.data.textures.new("texture", "IMAGE"), bpy.data.particles.new("particles")):
        kept.use_fake_user = True
    pencils = getattr(bpy.data, "grease_pencils_v3", bpy.data.grease_pencils)
    pencils.new("pencil").use_fake_user = True
    if hasattr(bpy.data, "annotations"):
        bpy.data.annotations.new("note").use_fake_user = True
    speaker = bpy.data.speakers.new("stamped speaker")
    speaker["clearance"] = "on the speaker"
    add("speaker", speaker)
    add("quiet", bpy.data.speakers.new("quiet speaker"))
    bpy.data.texts.new("readme")["clearance"] = "on the text"
    bpy.data.images.new("Made", 2, 2).use_fake_user = True
    render_a_few_pixels(scene)
    instance = add("instance", None)
    instance.instance_type = "COLLECTION"
    instance.instance_collection = collection
    add("pointing", None)["points_to"] = bpy.data.materials["material"]
    second = bpy.data.scenes.new("Another")
    second["clearance_register"] = '["two","three"]'
    second["clearance_quiet"] = (
        '{"grant_a":["ACTION","IMAGE","MESH","SPEAKER/noted speaker","TEXT/noted text","OBJECT/instance"],'
        '"grant_b":7}'
    )
    add("noted", bpy.data.speakers.new("noted speaker"))
    bpy.data.texts.new("noted text")
    add_loose()
    add_pictures()
    for domain, count in (("POINT", 4), ("EDGE", 3), ("CORNER", 3)):
        mesh = make_mesh(f"marks on {domain}", [(0, 1, 2)], None)
        values = [6, *range(0, 10_000 * (count - 1), 10_000)]
        mesh.attributes.new("clearance_grant", "INT", domain).data.foreach_set("value", values)
        add(mesh.name, mesh)
    both = make_mesh("marks on both", [(0, 1, 2), (0, 2, 3)], [50_000, 0])
    if bpy.app.version < (5, 0, 0):  # later ones give the second another name
        other = bpy.data.meshes.new("other")
        other.from_pydata([(2, 0, 0), (3, 0, 0), (3, 1, 0)], [], [(0, 1, 2)])
        other.attributes.new("clearance_grant", "INT", "POINT").data.foreach_set("value", [90_000] * 3)
        joined = [add("marks on both", both), add("other", other)]
        for one in joined:
            one.select_set(True)
        bpy.context.view_layer.objects.active = joined[0]
        bpy.ops.object.join()
    else:
        add("marks on both", both)
    big = make_mesh("big", [(0, 1, 2)], [2**31 - 1])
    add("big", big)
    add_strips(scene)
    add_strips(second)
    add_files(folder)


def add_parts() -> None:
    """Data without faces: some has more parts than when it was stamped, some has not."""
    for grown in (0, 1):
        curve = bpy.data.curves.new(f"curve with parts {grown}", "CURVE")
        for _ in range(2):
            curve.splines.new("POLY")
        points = bpy.data.pointclouds.new(f"points with parts {grown}")
        hair = bpy.data.hair_curves.new(f"hair with parts {grown}")
        for cloud, count in (
            (points, getattr(points, "resize", None)),
            (hair, getattr(hair, "add_curves", None)),
        ):
            if count is not None:
                count(3 if cloud == points else [2, 2])
        rig = add(f"rig {grown}", bpy.data.armatures.new(f"rig {grown}"))
        bpy.context.view_layer.objects.active = rig
        bpy.ops.object.mode_set(mode="EDIT")
        rig.data.edit_bones.new("bone").tail = (0, 0, 1)
        bpy.ops.object.mode_set(mode="OBJECT")
        pencils = getattr(bpy.data, "grease_pencils_v3", bpy.data.grease_pencils)
        pencil = pencils.new(f"pencil with parts {grown}")
        pencil.layers.new("layer")
        for data in (curve, points, hair, rig.data, pencil):
            data["clearance"] = "on the data"
            parts = (getattr(data, name, None) for name in ("splines", "curves", "points", "layers", "bones"))
            count = len(next(part for part in parts if part is not None))
            data["clearance_parts"] = max(0, count - grown)
            data.use_fake_user = True


def add_loose() -> None:
    """Meshes with edges and points that no face has: of some there are more than when they were stamped."""
    faces, edges, points = [(0, 1, 2, 3)], [(0, 4), (4, 5)], [(n, n * n, 0) for n in range(7)]
    for name, noted, parts in (
        ("nothing loose", None, (points[:4], [], faces)),
        ("loose and new", None, (points, edges, faces)),
        ("loose since", 3, (points, edges, faces)),
        ("loose point is new", 2, (points, edges, faces)),
        ("points", None, (points, [], [])),
        ("more points", 6, (points, [], [])),
        ("more edges", 1, (points[:3], [(0, 1), (1, 2)], [])),
    ):
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(*parts)
        add(name, mesh)
        mesh["clearance"] = "on the mesh"
        if noted is not None:
            mesh["clearance_parts"] = noted


def add_pictures() -> None:
    """Pictures that were declared: some have other bytes since."""
    declared = '{"v":1,"marketplace":"declared"}'
    for name, more in (("as declared", 0), ("painted since", 1), ("generated as declared", 0)):
        image = bpy.data.images.new(name, 8, 8)
        if not name.startswith("generated"):
            image.pack()
        image["clearance"] = declared
        image["clearance_parts"] = size_of(image) + more
        image.use_fake_user = True
    gone = bpy.data.images.new("its file is gone", 8, 8)
    gone.source, gone.filepath, gone.use_fake_user = "FILE", "/nowhere/gone.png", True
    gone["clearance"], gone["clearance_parts"] = declared, 77


def add_files(folder: Path) -> None:
    """What is kept in files, declared: some have another file since. Materials whose nodes were pasted."""
    declared = '{"v":1,"marketplace":"declared"}'
    editor = bpy.context.scene.sequence_editor
    fonts = Path(bpy.utils.resource_path("LOCAL"), "datafiles", "fonts")
    font = next(path for path in sorted(fonts.glob("*")) if path.suffix in {".ttf", ".otf", ".woff2"})
    for other in (0, 1):
        paths = {}
        for kind in ("wav", "png", "vdb", "abc"):
            paths[kind] = folder / f"file {other}.{kind}"
            paths[kind].write_bytes(b"RIFF" + bytes(40 + other))
        image = bpy.data.images.new("for a clip", 4 + other, 4)
        image.filepath_raw, image.file_format = str(paths["png"]), "PNG"
        image.save()
        bpy.data.images.remove(image)
        volume = bpy.data.volumes.new(f"volume {other}")
        volume.filepath = str(paths["vdb"])
        bpy.ops.cachefile.open(filepath=str(paths["abc"]))
        made = [volume, bpy.data.cache_files[-1], bpy.data.movieclips.load(str(paths["png"]))]
        made.append(bpy.data.fonts.load(str(font), check_existing=False))
        try:
            made.append(bpy.data.sounds.load(str(paths["wav"])))
        except RuntimeError:  # a build without sound
            print("no sound here")
        else:
            made.append(bpy.data.sounds.load(str(paths["wav"])))
            made[-1].pack()
        made.append(strips_of(editor).new_image(f"still {other}", str(paths["png"]), 7 + other, 1))
        for block in made:
            is_strip = isinstance(
                block, bpy.types.ImageStrip if VERSION != "4_2" else bpy.types.ImageSequence
            )
            path = paths["png"] if is_strip else Path(block.filepath)
            block["clearance"] = declared
            size, name = path.stat().st_size, path.name
            block["clearance_parts"] = f"{size + other} {'then.file' if other else name}"
            if not is_strip:
                block.use_fake_user = True
                block.name = f"{block.name} {other}"
    for name, own, within in (
        ("pasted", "a", "b"),
        ("pasted into nothing", None, "b"),
        ("as it was", "a", "a"),
        ("damaged", "", "b"),
    ):
        material = bpy.data.materials.new(name)
        material.use_fake_user = True
        if not material.node_tree:
            material.use_nodes = True
        if own is not None:
            material["clearance"] = stamp_of(own) if own else "damaged"
        material.node_tree["clearance"] = stamp_of(within)


def stamp_of(letter: str) -> str:
    """Return a stamp's text."""
    fields = ("marketplace", "listing_id", "license_id", "terms_sha256")
    return json.dumps({"v": 1, "grant_id": f"grant_{letter}", **dict.fromkeys(fields, "x"), "credit": ""})


def number_of(stamp: str) -> int:
    """Return what stands for a stamp's grant on faces."""
    digest = hashlib.sha256(json.loads(stamp)["grant_id"].encode()).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFFFFFF or 1


def size_of(image: Any) -> int | None:
    """Count the bytes of a packed picture; None for one whose file is gone."""
    if image.source == "FILE" and not image.packed_files:
        return None
    return sum(one.packed_file.size for one in image.packed_files)


def count_loose(mesh: Any) -> int:
    """Count edges without a face and points without an edge."""
    in_faces = {corner.edge_index for corner in mesh.loops}
    in_edges = {end for edge in mesh.edges for end in edge.vertices}
    return len(mesh.edges) - len(in_faces) + len(mesh.vertices) - len(in_edges)


def noted_names() -> set[str]:
    """Return what the scenes note by name."""
    notes = [json.loads(scene.get("clearance_quiet") or "{}") for scene in bpy.data.scenes]
    lists = [kinds for note in notes for kinds in note.values() if isinstance(kinds, list)]
    return {kind for kinds in lists for kind in kinds}


def add_strips(scene: Any) -> None:
    """Strips with and without a file and a stamp, nested ones too."""
    strips = strips_of(scene.sequence_editor or scene.sequence_editor_create())
    picture = bpy.path.abspath("//picture.png") if bpy.data.filepath else "/nowhere/picture.png"
    strips.new_image("stamped picture", picture, 1, 1)["clearance"] = "on the strip"
    strips.new_image("bare picture", picture, 2, 1)
    strips.new_movie("a name of more than sixty-three bytes, so that Blender cuts it", "/nowhere/a.mp4", 3, 1)
    length = {"length": 9} if bpy.app.version >= (5, 0, 0) else {"frame_end": 10}
    strips.new_effect("color", "COLOR", channel=4, frame_start=1, **length)
    strips.new_effect("stamped color", "COLOR", channel=5, frame_start=1, **length)["clearance"] = 7
    meta = strips.new_meta("meta", 6, 1)
    strips_of(meta).new_image("nested picture", picture, 1, 1)["clearance"] = "on the nested strip"


def strips_of(owner: Any) -> Any:
    return owner.strips if hasattr(owner, "strips") else owner.sequences


def render_a_few_pixels(scene: Any) -> None:
    """Have Blender make its own image "Render Result"."""
    bpy.ops.preferences.addon_enable(module="cycles")
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.render.resolution_x = scene.render.resolution_y = 4
    bpy.ops.render.render()


def text_of(thing: Any) -> str | None:
    value = thing.get("clearance")
    if value is None or isinstance(value, str):
        return value
    return str(value) if type(value) in (int, bytes) else "(not a text)"


def is_told(thing: Any) -> bool:
    """Say whether a scan tells of it: other kinds only with a stamp, nothing that Blender makes itself."""
    if thing.id_type in ("SCENE", "SCREEN", "WORKSPACE", "WINDOWMANAGER"):
        return False
    if thing.id_type == "IMAGE" and thing.type in ("RENDER_RESULT", "COMPOSITING"):
        return False
    if thing.id_type == "FONT" and thing.filepath == "<builtin>":
        return False
    is_noted = f"{thing.id_type}/{thing.name}" in noted_names()
    return thing.id_type in KINDS or text_of(thing) is not None or is_noted


def describe(thing: Any) -> dict[str, Any]:
    own = text_of(thing)
    within = text_of(thing.node_tree) if thing.id_type == "MATERIAL" and thing.node_tree else None
    own = within if own is None else own
    inherited = None
    if thing.library:
        key = f"{thing.id_type.removesuffix('_V3')}/{thing.name}"
        inherited = noted_on(thing.library, "here").get(key, text_of(thing.library))
    facts: dict[str, Any] = {
        "id_type": thing.id_type.removesuffix("_V3"),
        "name": thing.name,
        "stamp": inherited if own is None else own,
        "library": thing.library.filepath if thing.library else "",
        "data_name": "",
        "data_type": "",
        "face_grants": [],
        "unmarked_faces": 0,
        "users": thing.users,
        "missing": thing.is_missing,
        "parts_added": own is not None and has_new_parts(thing),
    }
    if thing.library and facts["stamp"] is None:
        facts["remembered"] = noted_on(thing.library, "seen").get(f"{facts['id_type']}/{thing.name}")
    if thing.id_type == "OBJECT":
        facts["data_type"] = thing.type
        facts["data_name"] = thing.data.name if thing.data else ""
        facts["face_grants"] = sorted(marks_shown(thing)) if thing.type == "MESH" else []
    if own not in (None, within) and within is not None:
        facts["face_grants"] = [number_of(within)]
    if thing.id_type == "MESH":
        values = [0] * len(thing.polygons)
        found = [one for one in thing.attributes if one.name == "clearance_grant" and one.data_type == "INT"]
        marks = {value.value for one in found for value in one.data} if values else set()
        if [one.domain for one in found] == ["FACE"]:
            found[0].data.foreach_get("value", values)
        facts["face_grants"] = sorted(marks - {0})
        # A linked mesh cannot be marked for good: its library's stamp speaks for its faces.
        facts["unmarked_faces"] = 0 if own is None and inherited is not None else values.count(0)
    return facts


def noted_on(library: Any, which: str) -> dict[str, str]:
    """Return what a scene notes of its linked data-blocks."""
    noted = json.loads(library.get("clearance_linked") or '{"stamps": [], "here": {}, "seen": {}}')
    return {key: noted["stamps"][number] for key, number in noted[which].items()}


def has_new_parts(thing: Any) -> bool:
    """Say whether data has more parts than its property says."""
    noted = thing.get("clearance_parts")
    if thing.id_type == "IMAGE":
        size = size_of(thing)
        return noted is not None and size is not None and size != noted
    if thing.id_type in ("SOUND", "FONT", "MOVIECLIP", "VOLUME", "CACHEFILE"):
        return has_other_file(thing, thing.filepath, thing.library)
    if thing.id_type == "MESH":
        if "MESH" not in noted_names() or (noted is None and not thing.polygons):
            return False
        return count_loose(thing) > (noted or 0)
    names = ("splines", "curves", "points", "layers", "bones")
    parts = next((getattr(thing, name) for name in names if hasattr(thing, name)), ())
    return noted is not None and len(parts) > noted


def has_other_file(thing: Any, path: str, library: Any) -> bool:
    """Say whether its file has another name and another size than its property says."""
    size, _, name = thing.get("clearance_parts", "").partition(" ")
    place = Path(bpy.path.abspath(path, library=library))
    return bool(size) and int(size) != place.stat().st_size and name != place.name


def describe_strips(scene: Any) -> list[dict[str, Any]]:
    """Tell of strips that refer to pictures themselves, and of any with a stamp."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    every = editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all
    told = []
    for strip in every:
        own = text_of(strip)
        if own is None and strip.type not in ("MOVIE", "IMAGE"):
            continue
        inherited = text_of(scene.library) if scene.library else None
        told.append(
            {
                "id_type": "STRIP",
                "name": strip.name,
                "stamp": inherited if own is None else own,
                "library": scene.library.filepath if scene.library else "",
                "data_name": "",
                "data_type": "",
                "face_grants": [],
                "unmarked_faces": 0,
                "users": 1,
                "missing": False,
                "parts_added": strip.type == "IMAGE"
                and has_other_file(strip, strip.directory + strip.elements[0].filename, scene.library),
            }
        )
    return told


def write_down(path: Path) -> None:
    """Open a file in Blender and keep beside it, as JSON, what is in it."""
    bpy.ops.wm.open_mainfile(filepath=str(path))
    register: list[str] = []
    for scene in bpy.data.scenes:
        register += json.loads(scene.get("clearance_register") or "[]")
    found = [describe(thing) for thing in bpy.data.user_map() if is_told(thing)]
    for scene in bpy.data.scenes:
        found += describe_strips(scene)
    facts = {"register": sorted(set(register)), "data_blocks": found}
    path.with_suffix(".json").write_text(
        json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def save(path: Path, *, compress: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    bpy.context.preferences.filepaths.save_version = 0  # no backup files
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=compress)
    return path


def write_scene(path: Path) -> None:
    """Write only the scene: no windows and workspaces, which are nine tenths of a small file."""
    bpy.data.libraries.write(str(path), {bpy.context.scene}, path_remap="NONE", compress=True)


def forget_folder(path: Path) -> None:
    """Take out the absolute path that Blender 4.2 keeps of a library beside the relative one."""
    import zstandard

    plain = zstandard.ZstdDecompressor().stream_reader(path.read_bytes(), read_across_frames=True).read()
    folder = str(path.parent).encode()
    path.write_bytes(zstandard.ZstdCompressor(level=19).compress(plain.replace(folder, bytes(len(folder)))))


def make_fixtures(folder: Path) -> None:
    reset()
    fill_small()
    for image in bpy.data.images:
        image.pack()
    scene = folder / f"scene_{VERSION}.blend"
    write_scene(scene)
    write_down(scene)
    reset()
    fill_hidden()
    (folder / "output").mkdir(exist_ok=True)
    write_scene(folder / "output" / f"hidden_{VERSION}.blend")
    linked = folder / f"linked_{VERSION}.blend"
    link(scene, linked, only_scene=True)
    for path in (scene, linked):
        forget_folder(path)
        write_down(path)


def fill_hidden() -> None:
    """Some of it is rendered, some not; what each is called says which."""
    scene = bpy.context.scene
    for name in ("in", "out"):
        add(f"{name} by itself", make_mesh(name, [(0, 1, 2)], None)).hide_render = name == "out"
        collection = bpy.data.collections.new(name)
        scene.collection.children.link(collection)
        collection.objects.link(bpy.data.objects.new(f"{name} by its collection", bpy.data.meshes[name]))
        material = bpy.data.materials.new(name)
        if not material.node_tree:
            material.use_nodes = True
        material.node_tree.nodes.new("ShaderNodeTexImage").image = bpy.data.images.new(name, 2, 2)
        bpy.data.meshes[name].materials.append(material)
    bpy.context.view_layer.layer_collection.children["out"].exclude = True
    for image in bpy.data.images:
        image.pack()
    operand = add("in as an operand", make_mesh("in as an operand", [(0, 1, 2)], None))
    operand.hide_render = True
    bpy.data.objects["in by itself"].modifiers.new("cut", "BOOLEAN").object = operand
    away = bpy.data.objects["out by itself"]
    bpy.data.objects["in by itself"].parent = away
    strips = strips_of(scene.sequence_editor_create())
    strips.new_image("out", "/nowhere/picture.png", 1, 1).mute = True


def link(library: Path, target: Path, *, only_scene: bool = False) -> None:
    """Save a file that links the chair out of a library, by a relative path."""
    reset()
    target.parent.mkdir(parents=True, exist_ok=True)
    add("local", None)
    save(target)
    with bpy.data.libraries.load(str(library), link=True, relative=True) as (_found, wanted):
        wanted.objects = ["chair"]
    bpy.context.scene.collection.objects.link(bpy.data.objects["chair"])
    bpy.data.libraries[0]["clearance"] = "on the library"
    if not only_scene:
        note(bpy.data.libraries[0])
    if only_scene:
        write_scene(target)
    else:
        save(target)
    write_down(target)


def note(library: Any) -> None:
    """Note stamps of what is linked, as the extension does."""
    library["clearance_linked"] = json.dumps(
        {
            "v": 1,
            "stamps": ["noted here", "seen before"],
            "here": {"MESH/mixed": 0, "MATERIAL/material": 0},
            "seen": {"OBJECT/chair": 1, "IMAGE/image": 1, "MESH/gone": 1},
        }
    )


def make_baked(path: Path, *, instanced: bool) -> None:
    """Leave marked faces nowhere but in a bake of geometry nodes that is packed into the file."""
    reset()
    source = add("source", make_mesh("source", [(0, 1, 2), (0, 2, 3)], [77, -5]))
    target = add("baked", make_mesh("own", [(0, 1, 2)], [11]))
    add("alike", bpy.data.meshes["own"])
    tree = bpy.data.node_groups.new("Baking", "GeometryNodeTree")
    for in_out in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=in_out, socket_type="NodeSocketGeometry")
    info, bake = tree.nodes.new("GeometryNodeObjectInfo"), tree.nodes.new("GeometryNodeBake")
    info.inputs["Object"].default_value, info.inputs["As Instance"].default_value = source, instanced
    if not any(socket.type == "GEOMETRY" for socket in bake.inputs):
        bake.bake_items.new("GEOMETRY", "Geometry")
    ends = [next(one for one in sockets if one.type == "GEOMETRY") for sockets in (bake.inputs, bake.outputs)]
    tree.links.new(info.outputs["Geometry"], ends[0])
    tree.links.new(ends[1], tree.nodes.new("NodeGroupOutput").inputs[0])
    modifier = target.modifiers.new("Nodes", "NODES")
    modifier.node_group = tree
    if not hasattr(modifier, "bake_target"):
        return
    bpy.context.view_layer.objects.active = target
    bpy.context.view_layer.update()
    kept = modifier.bakes[0]
    kept.bake_mode, kept.bake_target = "STILL", "PACKED"
    save(path)
    bpy.ops.object.geometry_node_bake_single(
        session_uid=target.session_uid, modifier_name=modifier.name, bake_id=kept.bake_id
    )
    bpy.data.batch_remove([source, source.data])
    save(path)
    write_down(path)


def marks_shown(thing: Any) -> set[int]:
    """Return the marks on what geometry nodes with a bake show."""
    if not any(modifier.type == "NODES" and len(modifier.bakes) for modifier in thing.modifiers):
        return set()
    shown = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).evaluated_geometry()
    geometry = [shown, *shown.instance_references()]  # a mesh of it is there only as long as this is
    meshes = [one.mesh for one in geometry if one.mesh]
    marks = [mesh.attributes.get("clearance_grant") for mesh in meshes]
    return {value.value for one in marks if one for value in one.data} - {0}


def make_all(folder: Path) -> None:
    reset()
    fill_small()
    fill_large(folder)
    plain = save(folder / "plain.blend", compress=False)
    packed = save(folder / "compressed.blend")
    write_down(plain)
    write_down(packed)
    link(plain, folder / "sub" / "linked.blend")
    for instanced in (False, True):
        make_baked(folder / f"baked_{instanced}.blend", instanced=instanced)
    reset()
    with bpy.data.libraries.load(str(folder / "sub" / "linked.blend"), link=True, relative=False) as (
        _,
        wanted,
    ):
        wanted.objects = ["local"]
        wanted.scenes = ["Scene"]
    bpy.context.scene.collection.objects.link(wanted.objects[0])
    write_down(save(folder / "nested.blend"))
    reset()
    fill_small()
    library = save(folder / "soon_gone.blend")
    without = folder / "library_gone.blend"
    link(library, without)
    library.unlink()
    write_down(without)
    reset()
    fill_small()
    del bpy.data.objects["chair"]["clearance"]
    bare = save(folder / "bare.blend")
    write_down(bare)
    changed = folder / "library_changed.blend"
    link(bare, changed)
    del bpy.data.libraries[0]["clearance"]
    write_down(save(changed))
    if bpy.app.version >= (5, 0, 0):
        reset()
        with bpy.data.libraries.load(str(plain), link=True, pack=True) as (_found, wanted):
            wanted.objects = ["chair"]
        bpy.context.scene.collection.objects.link(wanted.objects[0])
        write_down(save(folder / "packed_link.blend"))


if __name__ == "__main__":
    arguments = [one for one in sys.argv[1:] if not one.startswith("--")]
    where = Path(arguments[0]).resolve()
    where.mkdir(parents=True, exist_ok=True)
    if "--fixtures" in sys.argv:
        make_fixtures(where)
    else:
        make_all(where)
