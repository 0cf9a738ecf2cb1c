# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""What the scan says reaches the render: each way in and out once, and held against what Blender renders."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import blender_files as files
import blender_media as media
import pytest
import rendered

Load = Callable[[str], Any]
Told = Callable[[], dict[str, bool | None]]


@pytest.fixture
def told(host: Any) -> Told:
    """Return "MESH/Chair" → in the output, of everything in the file."""
    return lambda: {f"{one.id_type}/{one.name}": one.in_output for one in host.scan().data_blocks}


@pytest.fixture
def scene(bpy: Any) -> Any:
    """An empty scene."""
    return bpy.context.scene


@pytest.fixture
def make(bpy: Any, scene: Any) -> Callable[..., Any]:
    """Make a mesh object with a material and its image, all of one name: `make("chair", hidden=True)`."""

    def made(name: str, *, hidden: bool = False, into: Any = None) -> Any:
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
        material = bpy.data.materials.new(name)
        if material.node_tree is None:
            material.use_nodes = True
        material.node_tree.nodes.new("ShaderNodeTexImage").image = bpy.data.images.new(name, 2, 2)
        mesh.materials.append(material)
        thing = bpy.data.objects.new(name, mesh)
        thing.hide_render = hidden
        (into or scene.collection).objects.link(thing)
        return thing

    return made


ALL_PARTS = ("OBJECT", "MESH", "MATERIAL", "IMAGE")


def assert_whole(found: dict[str, bool | None], name: str, *, is_in: bool) -> None:
    assert {kind: found[f"{kind}/{name}"] for kind in ALL_PARTS} == dict.fromkeys(ALL_PARTS, is_in)


def make_collection(bpy: Any, name: str, parent: Any = None) -> Any:
    collection = bpy.data.collections.new(name)
    if parent is not None:
        parent.children.link(collection)
    return collection


def make_geometry(bpy: Any, node_type: str, block: Any) -> Any:
    """Make a group that brings in what one of its nodes refers to."""
    group = bpy.data.node_groups.new(node_type, "GeometryNodeTree")
    group.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    node = group.nodes.new(node_type)
    end = group.nodes.new("NodeGroupOutput")
    if block is not None:
        node.inputs[0].default_value = block
    group.links.new(node.outputs[-1], end.inputs[0])
    return group


def set_input(modifier: Any, value: Any) -> None:
    """Set the second input of geometry nodes; in 5.2 they are properties of their own."""
    identifier = modifier.node_group.interface.items_tree["Thing"].identifier
    if hasattr(modifier, "properties"):
        getattr(modifier.properties.inputs, identifier).value = value
    else:
        modifier[identifier] = value


def test_what_is_seen_and_what_is_hidden(make: Any, told: Told) -> None:
    make("seen")
    make("hidden", hidden=True)
    found = told()
    assert_whole(found, "seen", is_in=True)
    assert_whole(found, "hidden", is_in=False)


def test_hidden_in_the_viewport_only_is_rendered(bpy: Any, scene: Any, make: Any, told: Told) -> None:
    make("off").hide_viewport = True
    make("eye").hide_set(True)
    collection = make_collection(bpy, "collection", scene.collection)
    make("inside", into=collection)
    collection.hide_viewport = True
    bpy.context.view_layer.layer_collection.children["collection"].hide_viewport = True
    found = told()
    for name in ("off", "eye", "inside"):
        assert_whole(found, name, is_in=True)


def test_data_that_something_seen_shares_is_in(bpy: Any, scene: Any, make: Any, told: Told) -> None:
    hidden = make("hidden", hidden=True)
    scene.collection.objects.link(bpy.data.objects.new("twin", hidden.data))
    found = told()
    assert found["OBJECT/hidden"] is False
    assert found["OBJECT/twin"] is found["MESH/hidden"] is found["IMAGE/hidden"] is True


def test_collections(bpy: Any, scene: Any, make: Any, told: Told) -> None:
    for name in ("shown", "excluded", "hidden", "holdout"):
        collection = make_collection(bpy, name, scene.collection)
        make(name, into=collection)
        make(f"in {name}", into=make_collection(bpy, f"in {name}", collection))
    layers = bpy.context.view_layer.layer_collection.children
    layers["excluded"].exclude = True
    layers["holdout"].holdout = True
    bpy.data.collections["hidden"].hide_render = True
    found = told()
    for name, is_in in (("shown", True), ("excluded", False), ("hidden", False), ("holdout", True)):
        for each in (name, f"in {name}"):
            assert_whole(found, each, is_in=is_in)
            assert found[f"COLLECTION/{each}"] is is_in


def test_included_again_inside_of_what_is_excluded(bpy: Any, scene: Any, make: Any, told: Told) -> None:
    outer = make_collection(bpy, "outer", scene.collection)
    make("inside", into=make_collection(bpy, "inner", outer))
    layer = bpy.context.view_layer.layer_collection.children["outer"]
    layer.exclude = True
    layer.children["inner"].exclude = False
    found = told()
    assert found["COLLECTION/outer"] is False
    assert_whole(found, "inside", is_in=True)


@pytest.mark.parametrize(("used", "single"), [(True, False), (False, False), (False, True)])
def test_another_view_layer(bpy: Any, scene: Any, make: Any, told: Told, *, used: bool, single: bool) -> None:
    collection = make_collection(bpy, "collection", scene.collection)
    make("thing", into=collection)
    second = scene.view_layers.new("second")
    scene.view_layers[0].layer_collection.children["collection"].exclude = True
    second.layer_collection.children["collection"].exclude = False
    second.use = used
    scene.render.use_single_layer = single  # then whichever is chosen is rendered, used or not
    assert_whole(told(), "thing", is_in=used or single)


def test_view_layers_whose_use_is_animated_count(scene: Any, make: Any, told: Told) -> None:
    make("thing", into=scene.collection)
    scene.view_layers[0].use = False
    other = scene.view_layers.new("second")
    for layer in other.layer_collection.children:
        layer.exclude = True
    scene.view_layers[0].keyframe_insert("use", frame=1)
    assert_whole(told(), "thing", is_in=True)


def test_nothing_uses_it(bpy: Any, told: Told) -> None:
    for kept in (bpy.data.materials.new("kept"), bpy.data.images.new("kept", 2, 2)):
        kept.use_fake_user = True
    world = bpy.data.worlds.new("kept")
    world.use_fake_user = True
    found = told()
    assert found["MATERIAL/kept"] is found["IMAGE/kept"] is found["WORLD/kept"] is False


@pytest.mark.parametrize("how", ["keyframes", "driver", "strip"])
def test_what_is_hidden_for_a_while_is_in(bpy: Any, make: Any, told: Told, how: str) -> None:
    thing = make("thing", hidden=True)
    still = make("still", hidden=True)
    still.keyframe_insert("location", frame=1)
    if how == "driver":
        thing.driver_add("hide_render").driver.expression = "frame > 5"
    else:
        thing.keyframe_insert("hide_render", frame=1)
    if how == "strip":
        data = thing.animation_data
        action, slot = data.action, getattr(data, "action_slot", None)
        data.action = None
        strip = data.nla_tracks.new().strips.new("strip", 1, action)
        if slot is not None:
            strip.action_slot = slot
    found = told()
    assert_whole(found, "thing", is_in=True)
    assert_whole(found, "still", is_in=False)


def test_what_shapes_something_seen_is_in(bpy: Any, make: Any, told: Told) -> None:
    seen = make("seen")
    seen.modifiers.new("cut", "BOOLEAN").object = make("operand", hidden=True)
    off = seen.modifiers.new("off", "BOOLEAN")
    off.object = make("switched off", hidden=True)
    off.show_render = False
    texture = bpy.data.textures.new("texture", "IMAGE")
    texture.image = bpy.data.images.new("texture", 2, 2)
    displace = seen.modifiers.new("displace", "DISPLACE")
    displace.texture = texture
    displace.texture_coords, displace.texture_coords_object = "OBJECT", make("coordinates", hidden=True)
    collection = make_collection(bpy, "operands")
    make("in collection", hidden=True, into=collection)
    several = seen.modifiers.new("several", "BOOLEAN")
    several.operand_type, several.collection = "COLLECTION", collection
    found = told()
    for name in ("operand", "coordinates", "in collection"):
        assert_whole(found, name, is_in=True)
    assert_whole(found, "switched off", is_in=False)
    assert found["TEXTURE/texture"] is found["IMAGE/texture"] is found["COLLECTION/operands"] is True


def test_a_modifier_that_is_switched_on_for_a_while_counts(make: Any, told: Told) -> None:
    seen = make("seen")
    modifier = seen.modifiers.new("cut", "BOOLEAN")
    modifier.object = make("operand", hidden=True)
    modifier.show_render = False
    modifier.keyframe_insert("show_render", frame=1)
    assert_whole(told(), "operand", is_in=True)


def test_what_is_only_followed_is_not_seen(bpy: Any, make: Any, told: Told) -> None:
    parent = make("parent", hidden=True)
    parent.keyframe_insert("location", frame=1)
    grandparent = make("grandparent", hidden=True)
    parent.parent = grandparent
    grandparent.keyframe_insert("location", frame=1)
    seen = make("seen")
    seen.parent = parent
    seen.constraints.new("COPY_LOCATION").target = make("target", hidden=True)
    driver = seen.driver_add("location", 0).driver
    driver.variables.new().targets[0].id = make("driving", hidden=True)
    clip_user = seen.constraints.new("FOLLOW_TRACK")
    clip_user.use_active_clip = False
    curve = bpy.data.curves.new("path", "CURVE")
    path = bpy.data.objects.new("path", curve)
    path.hide_render = True
    bpy.context.scene.collection.objects.link(path)
    seen.constraints.new("FOLLOW_PATH").target = path
    names = {
        action.name: thing.name for thing in (parent, grandparent) if (action := thing.animation_data.action)
    }
    found = told()
    for name in ("parent", "grandparent", "target", "driving"):
        assert_whole(found, name, is_in=False)
    assert len(names) == 2
    assert all(found[f"ACTION/{action}"] for action in names)
    assert found["OBJECT/path"] is found["CURVE/path"] is True


def test_one_that_is_followed_and_cut_with_is_in(make: Any, told: Told) -> None:
    both = make("both", hidden=True)
    seen = make("seen")
    seen.parent = both
    seen.modifiers.new("cut", "BOOLEAN").object = both
    assert_whole(told(), "both", is_in=True)


def test_rigs(bpy: Any, scene: Any, make: Any, told: Told) -> None:
    rig = bpy.data.objects.new("rig", bpy.data.armatures.new("rig"))
    rig.hide_render = True
    scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    rig.data.edit_bones.new("bone").tail = (0, 0, 1)
    bpy.ops.object.mode_set(mode="OBJECT")
    bone = rig.pose.bones["bone"]
    bone.custom_shape = make("widget", hidden=True)
    bone.constraints.new("COPY_ROTATION").target = make("aim", hidden=True)
    rig.keyframe_insert("location", frame=1)
    make("body").modifiers.new("rig", "ARMATURE").object = rig
    hanging = make("hanging")
    pole = bpy.data.objects.new("pole", bpy.data.armatures.new("pole"))
    pole.hide_render = True
    scene.collection.objects.link(pole)
    hanging.parent = pole
    found = told()
    assert found["OBJECT/rig"] is found["ARMATURE/rig"] is True
    assert found[f"ACTION/{rig.animation_data.action.name}"] is True
    assert found["OBJECT/pole"] is found["ARMATURE/pole"] is True
    assert_whole(found, "widget", is_in=False)
    assert_whole(found, "aim", is_in=False)


def test_shape_keys_and_actions_go_with_their_owner(make: Any, told: Told) -> None:
    for name, hidden in (("seen", False), ("hidden", True)):
        thing = make(name, hidden=hidden)
        thing.shape_key_add(name="Basis")
        thing.data.shape_keys.name = name
        thing.keyframe_insert("location", frame=1)
        thing.animation_data.action.name = name
    found = told()
    assert found["KEY/seen"] is found["ACTION/seen"] is True
    assert found["KEY/hidden"] is found["ACTION/hidden"] is False


def test_collection_instances(bpy: Any, scene: Any, make: Any, told: Told) -> None:
    source = make_collection(bpy, "source")
    make("instanced", into=source)
    make("hidden in it", hidden=True, into=source)
    make("deeper", into=make_collection(bpy, "deeper", source))
    gone = make_collection(bpy, "gone", source)
    gone.hide_render = True
    make("in gone", into=gone)
    unused = make_collection(bpy, "unused")
    make("unused", into=unused)
    for name, collection in (("instance", source), ("once", unused)):
        empty = bpy.data.objects.new(name, None)
        empty.instance_type, empty.instance_collection = "COLLECTION", collection
        scene.collection.objects.link(empty)
    bpy.data.objects["once"].instance_type = "NONE"
    found = told()
    for name, is_in in (("instanced", True), ("deeper", True), ("hidden in it", False), ("in gone", False)):
        assert_whole(found, name, is_in=is_in)
    assert_whole(found, "unused", is_in=False)
    assert found["COLLECTION/source"] is True
    assert found["COLLECTION/gone"] is found["COLLECTION/unused"] is False
    bpy.data.objects["instance"].hide_render = True
    assert_whole(told(), "instanced", is_in=False)


@pytest.mark.parametrize("parts", ["VERTS", "FACES"])
def test_instances_on_parts(bpy: Any, make: Any, told: Told, parts: str) -> None:
    carrier = make("carrier")
    make("carried", hidden=True).parent = carrier
    assert_whole(told(), "carried", is_in=False)
    carrier.instance_type = parts
    assert_whole(told(), "carried", is_in=True)


@pytest.mark.parametrize(
    ("render_type", "is_in"), [("OBJECT", "object"), ("COLLECTION", "collection"), ("PATH", "")]
)
def test_particles(bpy: Any, make: Any, told: Told, render_type: str, is_in: str) -> None:
    emitter = make("emitter")
    emitter.modifiers.new("particles", "PARTICLE_SYSTEM")
    settings = emitter.particle_systems[0].settings
    settings.name = "settings"
    settings.instance_object = make("object", hidden=True)
    settings.instance_collection = make_collection(bpy, "collection")
    make("collection", hidden=True, into=settings.instance_collection)
    settings.render_type = render_type
    found = told()
    assert found["PARTICLE/settings"] is True
    for name in ("object", "collection"):
        assert_whole(found, name, is_in=name == is_in)
    emitter.modifiers["particles"].show_render = False
    found = told()
    assert found["PARTICLE/settings"] is False
    assert_whole(found, is_in or "object", is_in=False)


def test_geometry_nodes(bpy: Any, make: Any, told: Told) -> None:
    user = make("user")
    inner = make_geometry(bpy, "GeometryNodeObjectInfo", make("by a node", hidden=True))
    collection = make_collection(bpy, "source")
    make("in the source", hidden=True, into=collection)
    outer = make_geometry(bpy, "GeometryNodeCollectionInfo", collection)
    outer.interface.new_socket("Thing", in_out="INPUT", socket_type="NodeSocketObject")
    outer.nodes.new("GeometryNodeGroup").node_tree = inner
    material = bpy.data.materials.new("set by a node")
    outer.nodes.new("GeometryNodeSetMaterial").inputs["Material"].default_value = material
    image = bpy.data.images.new("read by a node", 2, 2)
    outer.nodes.new("GeometryNodeImageTexture").inputs["Image"].default_value = image
    modifier = user.modifiers.new("nodes", "NODES")
    modifier.node_group = outer
    set_input(modifier, make("by an input", hidden=True))
    switched_off = make("user of nothing").modifiers.new("nodes", "NODES")
    switched_off.node_group = make_geometry(bpy, "GeometryNodeObjectInfo", make("of nothing", hidden=True))
    switched_off.show_render = False
    found = told()
    for name in ("by a node", "in the source", "by an input"):
        assert_whole(found, name, is_in=True)
    assert found["MATERIAL/set by a node"] is found["IMAGE/read by a node"] is True
    assert found[f"NODETREE/{inner.name}"] is found[f"NODETREE/{outer.name}"] is True
    assert found[f"NODETREE/{switched_off.node_group.name}"] is False
    assert_whole(found, "of nothing", is_in=False)


def test_nodes_that_are_switched_off_and_named_by_a_property_too_are_in(
    bpy: Any, make: Any, told: Told
) -> None:
    user, other = make("user"), make("other")
    groups = [make_geometry(bpy, "GeometryNodeObjectInfo", None) for _ in range(2)]
    for thing in (user, other):
        for group in groups:
            modifier = thing.modifiers.new("nodes", "NODES")
            modifier.node_group, modifier.show_render = group, False
    other["also"] = groups[1]
    found = told()
    assert found[f"NODETREE/{groups[0].name}"] is False
    assert found[f"NODETREE/{groups[1].name}"] is True


def test_an_input_that_is_also_the_parent_is_in(bpy: Any, make: Any, told: Told) -> None:
    user, both = make("user"), make("both", hidden=True)
    user.parent = both
    group = make_geometry(bpy, "GeometryNodeObjectInfo", None)
    group.interface.new_socket("Thing", in_out="INPUT", socket_type="NodeSocketObject")
    modifier = user.modifiers.new("nodes", "NODES")
    modifier.node_group = group
    set_input(modifier, both)
    assert_whole(told(), "both", is_in=True)


def test_custom_properties_and_light_linking(bpy: Any, scene: Any, make: Any, told: Told) -> None:
    seen = make("seen")
    seen["points to"] = make("pointed to", hidden=True)
    lit = make_collection(bpy, "lit")
    make("lit", hidden=True, into=lit)
    lamp = bpy.data.objects.new("lamp", bpy.data.lights.new("lamp", "SUN"))
    scene.collection.objects.link(lamp)
    lamp.light_linking.receiver_collection = lit
    found = told()
    assert_whole(found, "pointed to", is_in=True)
    assert found["LIGHT/lamp"] is True
    assert_whole(found, "lit", is_in=False)


def test_nodes_of_materials(bpy: Any, make: Any, told: Told) -> None:
    seen, group = make("seen"), bpy.data.node_groups.new("group", "ShaderNodeTree")
    seen.data.materials[0].node_tree.nodes.new("ShaderNodeGroup").node_tree = group
    deeper = bpy.data.node_groups.new("deeper", "ShaderNodeTree")
    group.nodes.new("ShaderNodeGroup").node_tree = deeper
    deeper.nodes.new("ShaderNodeTexImage").image = bpy.data.images.new("deep", 2, 2)
    bpy.data.node_groups.new("unused", "ShaderNodeTree").use_fake_user = True
    found = told()
    assert found["NODETREE/group"] is found["NODETREE/deeper"] is found["IMAGE/deep"] is True
    assert found["NODETREE/unused"] is False


def test_pictures_that_only_the_viewport_shows(bpy: Any, scene: Any, told: Told) -> None:
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(camera)
    camera.data.background_images.new().image = bpy.data.images.new("behind", 2, 2)
    reference = bpy.data.objects.new("reference", None)
    reference.empty_display_type = "IMAGE"
    reference.data = bpy.data.images.new("reference", 2, 2)
    scene.collection.objects.link(reference)
    found = told()
    assert found["CAMERA/camera"] is True
    assert found["IMAGE/behind"] is found["IMAGE/reference"] is found["OBJECT/reference"] is False


def test_the_world(bpy: Any, scene: Any, told: Told) -> None:
    for name in ("sky", "spare"):
        world = bpy.data.worlds.new(name)
        world.use_fake_user = True
        if world.node_tree is None:
            world.use_nodes = True
        world.node_tree.nodes.new("ShaderNodeTexEnvironment").image = bpy.data.images.new(name, 2, 2)
    scene.world = bpy.data.worlds["sky"]
    found = told()
    assert found["WORLD/sky"] is found["IMAGE/sky"] is True
    assert found["WORLD/spare"] is found["IMAGE/spare"] is False


def test_overrides_of_a_view_layer(bpy: Any, scene: Any, make: Any, told: Told) -> None:
    make("thing")
    layer = scene.view_layers[0]
    layer.material_override = bpy.data.materials.new("clay")
    assert told()["MATERIAL/clay"] is True


def make_compositor(bpy: Any, scene: Any) -> Any:
    if hasattr(scene, "compositing_node_group"):
        scene.compositing_node_group = bpy.data.node_groups.new("composite", "CompositorNodeTree")
        return scene.compositing_node_group
    scene.use_nodes = True
    return scene.node_tree


def test_the_compositor(bpy: Any, scene: Any, make: Any, told: Told) -> None:
    make("here")
    tree = make_compositor(bpy, scene)
    tree.nodes.new("CompositorNodeImage").image = bpy.data.images.new("composed", 2, 2)
    group = bpy.data.node_groups.new("group", "CompositorNodeTree")
    group.nodes.new("CompositorNodeImage").image = bpy.data.images.new("grouped", 2, 2)
    tree.nodes.new("CompositorNodeGroup").node_tree = group
    for name in ("other", "nowhere"):
        make(name, into=bpy.data.scenes.new(name).collection)
    tree.nodes.new("CompositorNodeRLayers").scene = bpy.data.scenes["other"]
    found = told()
    assert found["IMAGE/composed"] is found["IMAGE/grouped"] is found["NODETREE/group"] is True
    for name, is_in in (("here", True), ("other", True), ("nowhere", False)):
        assert_whole(found, name, is_in=is_in)
    scene.render.use_compositing = False
    found = told()
    assert found["IMAGE/composed"] is found["IMAGE/grouped"] is found["NODETREE/group"] is False
    assert_whole(found, "here", is_in=True)
    assert_whole(found, "other", is_in=False)


def test_a_background_set(bpy: Any, scene: Any, make: Any, told: Told) -> None:
    middle, far = bpy.data.scenes.new("middle"), bpy.data.scenes.new("far")
    make("middle", into=middle.collection)
    make("far", into=far.collection)
    scene.background_set, middle.background_set = middle, far
    found = told()
    assert_whole(found, "middle", is_in=True)
    assert_whole(found, "far", is_in=True)


def test_fonts(bpy: Any, scene: Any, told: Told, tmp_path: Path) -> None:
    font = find_font(bpy)
    for name, hidden in (("seen", False), ("hidden", True)):
        curve = bpy.data.curves.new(name, "FONT")
        curve.font = bpy.data.fonts.load(font)
        curve.font.name = name
        thing = bpy.data.objects.new(name, curve)
        thing.hide_render = hidden
        scene.collection.objects.link(thing)
    found = told()
    assert found["FONT/seen"] is found["CURVE/seen"] is True
    assert found["FONT/hidden"] is found["CURVE/hidden"] is False


def test_objects_that_a_text_writes_with_are_in(bpy: Any, scene: Any, make: Any, told: Told) -> None:
    """They are found by their names: nothing refers to them."""
    for name in ("Lettera", "Letterb", "Other"):
        make(name, hidden=True)
    for name, family, kind in (("text", "Letter", "VERTS"), ("plain", "Other", "NONE")):
        curve = bpy.data.curves.new(name, "FONT")
        curve.body, curve.family = "ab", family
        thing = bpy.data.objects.new(name, curve)
        thing.instance_type = kind
        scene.collection.objects.link(thing)
    found = told()
    assert_whole(found, "Lettera", is_in=True)
    assert_whole(found, "Letterb", is_in=True)
    assert_whole(found, "Other", is_in=False)


def find_font(bpy: Any) -> str:
    """Return a font file that comes with Blender."""
    folder = Path(bpy.utils.system_resource("DATAFILES")) / "fonts"
    return str(next(path for path in sorted(folder.iterdir()) if path.suffix in {".woff2", ".ttf"}))


def test_speakers_are_heard_though_they_are_hidden(bpy: Any, scene: Any, told: Told, tmp_path: Path) -> None:
    for name in ("loud", "muted", "away"):
        speaker = bpy.data.speakers.new(name)
        speaker.sound = load_sound(bpy, tmp_path / f"{name}.wav")
        speaker.muted = name == "muted"
        thing = bpy.data.objects.new(name, speaker)
        thing.hide_render = True
        if name != "away":
            scene.collection.objects.link(thing)
    found = told()
    assert found["SOUND/loud.wav"] is True
    assert found["SOUND/muted.wav"] is found["SOUND/away.wav"] is False


def load_sound(bpy: Any, path: Path) -> Any:
    return bpy.data.sounds.load(str(media.make_wav(path)))


def test_metaballs_of_one_body(bpy: Any, scene: Any, told: Told) -> None:
    for name, hidden in (("ball", False), ("ball.001", True), ("other", True)):
        thing = bpy.data.objects.new(name, bpy.data.metaballs.new(name))
        thing.hide_render = hidden
        scene.collection.objects.link(thing)
    found = told()
    assert found["META/ball"] is found["META/ball.001"] is True
    assert found["META/other"] is False


def test_what_cloth_falls_on_is_in(make: Any, told: Told) -> None:
    make("cloth").modifiers.new("cloth", "CLOTH")
    make("floor", hidden=True).modifiers.new("collision", "COLLISION")
    assert_whole(told(), "floor", is_in=True)


def test_linked_libraries(bpy: Any, scene: Any, make: Any, told: Told, tmp_path: Path) -> None:
    for name in ("used", "hidden"):
        make(name)
        bpy.data.libraries.write(str(tmp_path / f"{name}.blend"), {bpy.data.objects[name]})
        bpy.data.objects.remove(bpy.data.objects[name])
        bpy.data.batch_remove([bpy.data.meshes[name], bpy.data.materials[name], bpy.data.images[name]])
    for name in ("used", "hidden"):
        with bpy.data.libraries.load(str(tmp_path / f"{name}.blend"), link=True) as (_, wanted):
            wanted.objects = [name]
    scene.collection.objects.link(bpy.data.objects["used"])
    away = make_collection(bpy, "away", scene.collection)
    away.objects.link(bpy.data.objects["hidden"])
    bpy.context.view_layer.layer_collection.children["away"].exclude = True
    found = told()
    assert_whole(found, "used", is_in=True)
    assert found["LIBRARY/used.blend"] is True
    assert_whole(found, "hidden", is_in=False)
    assert found["LIBRARY/hidden.blend"] is False


def test_what_an_override_replaces_counts_as_far_as_it_is_kept(
    bpy: Any, scene: Any, make: Any, host: Any, tmp_path: Path
) -> None:
    make("thing")
    bpy.data.libraries.write(str(tmp_path / "library.blend"), {bpy.data.objects["thing"]})
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, wanted):
        wanted.objects = ["thing"]
    local = bpy.data.objects["thing"].override_create()
    bpy.context.scene.collection.objects.link(local)
    blocks = host.scan().data_blocks
    objects = [one for one in blocks if one.id_type == "OBJECT" and one.name == "thing"]
    assert [one.in_output for one in objects] == [True, True]
    assert {one.in_output for one in blocks if one.id_type == "LIBRARY"} == {True}


class Strips:
    """Makes strips that hold a picture, a sound, a movie clip or a scene."""

    def __init__(self, bpy: Any, scene: Any, folder: Path) -> None:
        self.bpy, self.folder = bpy, folder
        editor = scene.sequence_editor or scene.sequence_editor_create()
        self.editor = editor
        self.strips = editor.strips if hasattr(editor, "strips") else editor.sequences

    def picture(self, name: str, channel: int, into: Any = None) -> Any:
        path = files.make_image(self.folder / f"{name}.png")
        strips = self.strips if into is None else into
        return strips.new_image(name, str(path), channel, 1)

    def sound(self, name: str, channel: int, *, mute: bool = False) -> None:
        if self.has_sound:
            path = media.make_wav(self.folder / f"{name}.wav")
            self.strips.new_sound(name, str(path), channel, 1).mute = mute

    @property
    def has_sound(self) -> bool:
        """Say whether this Blender can make strips with sound: the wheel of 4.2 cannot."""
        return bool(self.bpy.app.build_options.audaspace)

    def cross(self, one: Any, two: Any, channel: int) -> Any:
        version = self.bpy.app.version
        length = {"length": 9} if version >= (5, 0, 0) else {"frame_end": 10}
        names = ("input1", "input2") if version >= (4, 5, 0) else ("seq1", "seq2")
        inputs = dict(zip(names, (one, two), strict=True))
        return self.strips.new_effect("cross", "CROSS", channel=channel, frame_start=1, **length, **inputs)


@pytest.fixture
def strips(bpy: Any, scene: Any, tmp_path: Path) -> Strips:
    return Strips(bpy, scene, tmp_path)


def test_strips(bpy: Any, scene: Any, strips: Strips, make: Any, told: Told) -> None:
    make("behind the edit")
    strips.picture("seen", 1)
    strips.picture("muted", 2).mute = True
    strips.picture("on a muted channel", 3)
    strips.editor.channels[3].mute = True
    strips.sound("heard", 4)
    strips.sound("silent", 5, mute=True)
    found = told()
    assert found["STRIP/seen"] is True
    assert found["STRIP/muted"] is found["STRIP/on a muted channel"] is False
    if strips.has_sound:
        assert found["SOUND/heard.wav"] is True
        assert found["SOUND/silent.wav"] is False
    assert_whole(found, "behind the edit", is_in=False)
    scene.render.use_sequencer = False
    found = told()
    assert found["STRIP/seen"] is False
    assert not found.get("SOUND/heard.wav")
    assert_whole(found, "behind the edit", is_in=True)


def test_sounds_alone_leave_the_picture_to_the_scene(
    scene: Any, strips: Strips, make: Any, told: Told
) -> None:
    make("thing")
    strips.sound("heard", 1)
    strips.picture("muted", 2).mute = True
    found = told()
    assert_whole(found, "thing", is_in=True)
    assert found.get("SOUND/heard.wav", strips.has_sound is False)
    assert found["STRIP/muted"] is False


def test_strips_that_are_muted_for_a_while(scene: Any, strips: Strips, told: Told) -> None:
    strip = strips.picture("for a while", 1)
    strip.mute = True
    strip.keyframe_insert("mute", frame=1)
    assert told()["STRIP/for a while"] is True


def test_meta_strips_and_inputs_of_effects(bpy: Any, strips: Strips, told: Told) -> None:
    for name, muted in (("seen", False), ("muted", True)):
        meta = strips.strips.new_meta(f"{name} meta", 1 if muted else 2, 1)
        inside = meta.strips if hasattr(meta, "strips") else meta.sequences
        strips.picture(f"in {name}", 1, inside)
        meta.mute = muted
    one, two = strips.picture("one", 4), strips.picture("two", 5)
    one.mute = True
    strips.cross(one, two, 6)
    found = told()
    assert found["STRIP/in seen"] is True
    assert found["STRIP/in muted"] is False
    assert found["STRIP/one"] is found["STRIP/two"] is True  # an effect shows them though they are muted


@pytest.mark.parametrize("shows", ["CAMERA", "SEQUENCER"])
def test_scene_strips(
    bpy: Any, scene: Any, strips: Strips, make: Any, told: Told, tmp_path: Path, shows: str
) -> None:
    make("here")
    shot = bpy.data.scenes.new("shot")
    make("in the shot", into=shot.collection)
    edit = Strips(bpy, shot, tmp_path)
    edit.picture("in its edit", 1)
    edit.sound("its sound", 2)
    strip = strips.strips.new_scene("shot", shot, 1, 1)
    strip.scene_input = shows
    found = told()
    assert_whole(found, "here", is_in=False)
    assert_whole(found, "in the shot", is_in=shows == "CAMERA")
    assert found.get("SOUND/its sound.wav", strips.has_sound is False)
    if shows == "SEQUENCER":
        assert found["STRIP/in its edit"] is True


def test_texts_in_the_sequencer_bring_their_font(bpy: Any, strips: Strips, told: Told) -> None:
    for name, muted in (("seen", False), ("muted", True)):
        length = {"length": 9} if bpy.app.version >= (5, 0, 0) else {"frame_end": 10}
        strip = strips.strips.new_effect(name, "TEXT", channel=2 if muted else 1, frame_start=1, **length)
        strip.font = bpy.data.fonts.load(find_font(bpy))
        strip.font.name = name
        strip.mute = muted
    found = told()
    assert found["FONT/seen"] is True
    assert found["FONT/muted"] is False


def test_another_scene_in_the_sequencer_counts_where_blender_has_that(
    bpy: Any, make: Any, told: Told, tmp_path: Path
) -> None:
    make("here")
    other = bpy.data.scenes.new("edit")
    Strips(bpy, other, tmp_path).picture("in the edit", 1)
    is_chosen = hasattr(bpy.context.workspace, "sequencer_scene")
    if is_chosen:
        bpy.context.workspace.sequencer_scene = other
    found = told()
    assert found["STRIP/in the edit"] is is_chosen
    assert_whole(found, "here", is_in=True)


def test_other_scenes_are_only_in_the_file(bpy: Any, make: Any, told: Told) -> None:
    make("elsewhere", into=bpy.data.scenes.new("elsewhere").collection)
    assert_whole(told(), "elsewhere", is_in=False)


def test_an_empty_file(told: Told) -> None:
    assert not [name for name, is_in in told().items() if is_in is None]


@pytest.fixture(scope="session")
def renderer(bpy: Any) -> rendered.Recorder:
    """One for all: Blender up to 4.5 ends when an engine that it has rendered with goes away."""
    return rendered.Recorder(bpy)


@pytest.mark.parametrize("seed", range(40))
def test_nothing_that_blender_renders_is_said_to_be_out(
    bpy: Any, load: Load, renderer: rendered.Recorder, seed: int
) -> None:
    rendered.build_scene(bpy, random.Random(seed))
    seen = renderer.render()
    output = load("addon.output").find_output()
    assert seen
    assert [block for block in seen if not output.holds(block)] == []


@pytest.mark.parametrize("seed", range(40))
def test_with_layers_and_collections_alone_it_is_exactly_what_blender_renders(
    bpy: Any, load: Load, renderer: rendered.Recorder, seed: int
) -> None:
    rendered.build_scene(bpy, random.Random(seed), only_layers=True)
    seen = renderer.render()
    output = load("addon.output").find_output()
    meshes = [thing for thing in bpy.data.objects if thing.type == "MESH"]
    assert {thing for thing in meshes if output.holds(thing)} == {thing for thing in meshes if thing in seen}
