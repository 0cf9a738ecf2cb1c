"""The models themselves, each as a seller would deliver it. Meters, Z up, standing on the ground."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import bpy
from mathutils import Vector, noise

from .shapes import Point, Workshop, add_modifier, assign, present


def make_chair(shop: Workshop, scheme: str, seed: int) -> None:
    """Make a dining chair with tapered, splayed legs, a bent back and a cushion."""
    wood = shop.make_material("Wood", recipe="wood", scheme=scheme, seed=seed, roughness=0.42)
    cloth = shop.make_material("Upholstery", recipe="fabric", scheme="linen", seed=seed, roughness=0.95)
    for name, x, y in (("FL", -0.19, -0.19), ("FR", 0.19, -0.19), ("BL", -0.18, 0.18), ("BR", 0.18, 0.18)):
        foot = (x * 1.16, y * 1.2, 0.0)
        shop.add_bar(f"Leg {name}", foot, (x, y, 0.44), (0.018, 0.029), wood, bevel=0.004)
    for side in (-0.19, 0.19):
        shop.add_box(
            f"Apron {'L' if side < 0 else 'R'}", (side - 0.011, -0.18, 0.38), (side + 0.011, 0.18, 0.44), wood
        )
    shop.add_box("Apron front", (-0.18, -0.2, 0.38), (0.18, -0.178, 0.44), wood)
    shop.add_box("Apron back", (-0.18, 0.178, 0.38), (0.18, 0.2, 0.44), wood)
    shop.add_box("Seat", (-0.235, -0.24, 0.44), (0.235, 0.22, 0.462), wood, bevel=0.009)
    cushion = shop.add_box("Cushion", (-0.215, -0.22, 0.462), (0.215, 0.17, 0.51), cloth, bevel=0.022)
    assign(cushion.modifiers["Bevel"], segments=5)
    for side in (-0.185, 0.185):
        name = f"Post {'L' if side < 0 else 'R'}"
        shop.add_bar(name, (side, 0.19, 0.45), (side * 1.04, 0.285, 0.95), (0.026, 0.018), wood, bevel=0.004)
    for name, height, thick in (("Top rail", 0.86, 0.085), ("Middle rail", 0.68, 0.04)):
        _bent_rail(shop, name, height, thick, wood)
    for k in range(5):
        x = -0.11 + 0.055 * k
        bend = 0.045 * (1 - (x / 0.2) ** 2)
        shop.add_bar(
            f"Slat {k + 1}",
            (x, 0.2375 + bend, 0.7),
            (x, 0.268 + bend, 0.87),
            (0.011, 0.011),
            wood,
            bevel=0.002,
        )


def _bent_rail(shop: Workshop, name: str, height: float, thick: float, wood: bpy.types.Material) -> None:
    steps, points, faces = 12, [], []
    for k in range(steps + 1):
        x = -0.2 + 0.4 * k / steps
        y = 0.19 + (height - 0.45) * 0.19 + 0.045 * (1 - (x / 0.2) ** 2)
        points += [
            (x, y - 0.012, height),
            (x, y + 0.012, height),
            (x, y + 0.012, height + thick),
            (x, y - 0.012, height + thick),
        ]
    for k in range(steps):
        a, b = 4 * k, 4 * k + 4
        faces += [(a + n, b + n, b + (n + 1) % 4, a + (n + 1) % 4) for n in range(4)]
    faces += [(0, 1, 2, 3), (4 * steps + 3, 4 * steps + 2, 4 * steps + 1, 4 * steps)]
    shop.add_mesh(name, points, faces, wood, bevel=0.005)


def make_table(shop: Workshop, scheme: str, seed: int) -> None:
    """Make a table: a thick top on two steel frames."""
    wood = shop.make_material("Table top", recipe="wood", scheme=scheme, seed=seed, roughness=0.38)
    steel = shop.make_material("Black steel", color=(0.018, 0.018, 0.02), roughness=0.4, metallic=0.9)
    for k in range(4):
        y = -0.4 + 0.2 * k
        shop.add_box(f"Board {k + 1}", (-0.8, y + 0.001, 0.7), (0.8, y + 0.199, 0.745), wood, bevel=0.004)
    for x in (-0.62, 0.62):
        side = "L" if x < 0 else "R"
        for name, low, high in (
            ("foot", (x - 0.03, -0.34, 0.0), (x + 0.03, 0.34, 0.025)),
            ("top", (x - 0.03, -0.34, 0.675), (x + 0.03, 0.34, 0.7)),
            ("front", (x - 0.03, -0.34, 0.025), (x + 0.03, -0.31, 0.675)),
            ("back", (x - 0.03, 0.31, 0.025), (x + 0.03, 0.34, 0.675)),
        ):
            shop.add_box(f"Frame {side} {name}", low, high, steel, bevel=0.003)


def make_lamp(shop: Workshop, scheme: str, seed: int) -> None:
    """Make a street lamp: fluted base, post, bent arm, hood and glass."""
    paint = shop.make_material(
        "Painted iron", recipe="concrete", scheme=scheme, seed=seed, roughness=0.45, png=True, size=512
    )
    glass = shop.make_material("Lamp glass", color=(1.0, 0.87, 0.62), roughness=0.2, glow=4.0)
    shop.add_lathe(
        "Post",
        [
            (0.22, 0.0),
            (0.22, 0.05),
            (0.2, 0.07),
            (0.14, 0.1),
            (0.125, 0.5),
            (0.14, 0.53),
            (0.14, 0.57),
            (0.085, 0.62),
            (0.07, 1.5),
            (0.085, 1.53),
            (0.085, 1.57),
            (0.062, 1.6),
            (0.05, 3.1),
            (0.03, 3.14),
        ],
        paint,
        steps=24,
    )
    ring = [math.pi * k / 14 for k in range(11)]
    points: list[Point] = []
    faces: list[tuple[int, ...]] = []
    for turn in ring:
        middle = Vector((0.45 - 0.45 * math.cos(turn), 0.0, 3.08 + 0.45 * math.sin(turn)))
        out = Vector((-math.cos(turn), 0.0, math.sin(turn)))
        for k in range(10):
            place = middle + 0.032 * (
                math.cos(k * math.pi / 5) * out + math.sin(k * math.pi / 5) * Vector((0, 1, 0))
            )
            points.append((place.x, place.y, place.z))
    for row in range(len(ring) - 1):
        faces += [
            (row * 10 + k, row * 10 + (k + 1) % 10, row * 10 + 10 + (k + 1) % 10, row * 10 + 10 + k)
            for k in range(10)
        ]
    faces += [tuple(range(10)), tuple(reversed(range(len(points) - 10, len(points))))]
    shop.add_mesh("Arm", points, faces, paint, smooth=True)
    end = 0.45 - 0.45 * math.cos(ring[-1]), 3.08 + 0.45 * math.sin(ring[-1])
    hood = shop.add_lathe(
        "Hood", [(0.2, -0.14), (0.205, -0.12), (0.15, -0.03), (0.07, 0.02), (0.04, 0.06)], paint
    )
    bulb = shop.add_lathe(
        "Glass", [(0.02, -0.33), (0.09, -0.3), (0.14, -0.22), (0.155, -0.14), (0.02, -0.135)], glass
    )
    for part in (hood, bulb):
        part.location = (end[0], 0.0, end[1])


def make_vase(shop: Workshop, scheme: str, seed: int) -> None:
    """Make a glazed vase with a wall of real thickness."""
    glaze = shop.make_material("Glaze", recipe="marble", scheme=scheme, seed=seed, roughness=0.08)
    outer = [
        (0.07, 0.0),
        (0.085, 0.01),
        (0.14, 0.1),
        (0.155, 0.18),
        (0.12, 0.28),
        (0.055, 0.36),
        (0.05, 0.41),
        (0.075, 0.44),
    ]
    inner = [
        (0.066, 0.437),
        (0.042, 0.405),
        (0.046, 0.36),
        (0.11, 0.28),
        (0.145, 0.18),
        (0.13, 0.1),
        (0.07, 0.03),
    ]
    shop.add_lathe("Vase", [*outer, *inner], glaze, steps=24, subdivide=2)


def make_rocks(shop: Workshop, scheme: str, seed: int) -> None:
    """Make a boulder and two stones, worn and cracked."""
    stone = shop.make_material("Stone", recipe="concrete", scheme=scheme, seed=seed, roughness=0.93)
    _stone(shop, "Boulder", stone, at=(0.0, 0.0, 0.16), size=(0.52, 0.42, 0.34), seed=seed, detail=5)
    _stone(shop, "Stone A", stone, at=(0.6, -0.2, 0.02), size=(0.18, 0.2, 0.13), seed=seed + 7, detail=4)
    _stone(shop, "Stone B", stone, at=(0.36, -0.46, 0.0), size=(0.13, 0.11, 0.09), seed=seed + 13, detail=4)


def _stone(
    shop: Workshop, name: str, material: bpy.types.Material, *, at: Point, size: Point, seed: int, detail: int
) -> None:
    import bmesh

    shape = bmesh.new()
    bmesh.ops.create_icosphere(shape, subdivisions=detail, radius=1.0)
    chance = random.Random(seed)
    cuts = [
        (
            Vector((chance.gauss(0, 1), chance.gauss(0, 1), chance.gauss(0, 1))).normalized(),
            chance.uniform(0.62, 0.95),
        )
        for _ in range(18)
    ]
    shift = Vector((seed * 3.7, seed * 1.3, 0.0))
    for vertex in shape.verts:
        out = vertex.co.normalized()
        reach = min([1.0, *(limit / out.dot(face) for face, limit in cuts if out.dot(face) > 0.2)])
        reach += 0.035 * noise.noise(out * 2.5 + shift) + 0.016 * noise.noise(out * 9 + shift)
        vertex.co = Vector([out[k] * reach * size[k] for k in range(3)])
    points = [(vertex.co.x, vertex.co.y, vertex.co.z) for vertex in shape.verts]
    faces = [[vertex.index for vertex in face.verts] for face in shape.faces]
    shape.free()
    thing = shop.add_mesh(name, points, faces, material, smooth=True)
    thing.location = at


def make_plant(shop: Workshop, scheme: str, seed: int) -> None:
    """Make a potted plant with arching leaves."""
    leaf = shop.make_material("Leaf", recipe="marble", scheme="green", seed=seed, roughness=0.45, size=512)
    clay = shop.make_material(
        "Terracotta", recipe="concrete", scheme="copper", seed=seed, roughness=0.9, size=512
    )
    soil = shop.make_material("Soil", color=(0.03, 0.02, 0.013), roughness=1.0)
    shop.add_lathe(
        "Pot",
        [(0.1, 0.0), (0.105, 0.01), (0.14, 0.19), (0.155, 0.19), (0.158, 0.235), (0.14, 0.235), (0.13, 0.19)],
        clay,
    )
    shop.add_lathe("Soil", [(0.131, 0.19), (0.07, 0.205)], soil)
    chance = random.Random(seed)
    for k in range(20):
        turn, high = k * 2.39996 + chance.uniform(-0.2, 0.2), 1 - k / 24
        length, lift = 0.18 + 0.3 * (1 - high) + chance.uniform(0, 0.1), 0.18 + 0.4 * high
        _leaf(shop, f"Leaf {k + 1:02d}", leaf, turn=turn, length=length, lift=lift)
    del scheme


def _leaf(
    shop: Workshop, name: str, material: bpy.types.Material, *, turn: float, length: float, lift: float
) -> None:
    steps, points, faces = 10, [], []
    for i in range(steps + 1):
        part = i / steps
        out, up = length * part * (1 - 0.2 * part), lift * math.sin(part * 2.3)
        half = 0.052 * math.sin(math.pi * min(1.0, part * 0.95 + 0.03)) ** 0.8
        for k in (-1.0, -0.5, 0.0, 0.5, 1.0):
            side, fold = half * k, abs(k) * half * 0.45
            points.append(
                (
                    out * math.cos(turn) - side * math.sin(turn),
                    out * math.sin(turn) + side * math.cos(turn),
                    0.2 + up + fold,
                )
            )
    for i in range(steps):
        faces += [(i * 5 + k, i * 5 + 5 + k, i * 5 + 6 + k, i * 5 + 1 + k) for k in range(4)]
    thing = shop.add_mesh(name, points, faces, material, smooth=True)
    add_modifier(thing, "Thickness", "SOLIDIFY", thickness=0.0016)


def make_robot(shop: Workshop, scheme: str, seed: int) -> None:
    """Make a robot arm: an armature, meshes weighted to its bones, an action of two seconds."""
    paint = shop.make_material("Orange paint", color=(0.8, 0.2, 0.02), roughness=0.35)
    steel = shop.make_material(
        "Brushed metal", recipe="metal", scheme="steel", seed=seed, roughness=0.3, metallic=1.0, size=512
    )
    dark = shop.make_material("Rubber", color=(0.02, 0.02, 0.022), roughness=0.7)
    joints = [
        Vector((0, 0, 0.0)),
        Vector((0, 0, 0.28)),
        Vector((0, -0.12, 0.85)),
        Vector((0, 0.42, 1.05)),
        Vector((0, 0.62, 0.9)),
    ]
    names = ["base", "upper", "fore", "hand"]
    rig = _make_rig(shop, joints, names)
    parts = {
        "base": [
            shop.add_lathe(
                "Foot", [(0.24, 0.0), (0.24, 0.04), (0.19, 0.06), (0.17, 0.2), (0.12, 0.22)], dark
            ),
            shop.add_lathe("Turret", [(0.13, 0.2), (0.13, 0.3), (0.1, 0.36)], paint),
        ],
        "upper": [
            _joint(shop, "Shoulder", joints[1], 0.11, steel),
            shop.add_bar("Upper arm", _of(joints[1]), _of(joints[2]), (0.11, 0.08), paint, bevel=0.02),
        ],
        "fore": [
            _joint(shop, "Elbow", joints[2], 0.09, steel),
            shop.add_bar("Forearm", _of(joints[2]), _of(joints[3]), (0.08, 0.055), paint, bevel=0.015),
        ],
        "hand": [
            _joint(shop, "Wrist", joints[3], 0.06, steel),
            shop.add_bar("Hand", _of(joints[3]), _of(joints[4]), (0.05, 0.035), dark, bevel=0.008),
            shop.add_bar(
                "Finger L", (-0.03, 0.6, 0.92), (-0.045, 0.7, 0.82), (0.016, 0.008), steel, bevel=0.002
            ),
            shop.add_bar(
                "Finger R", (0.03, 0.6, 0.92), (0.045, 0.7, 0.82), (0.016, 0.008), steel, bevel=0.002
            ),
        ],
    }
    for bone, things in parts.items():
        for thing in things:
            group = thing.vertex_groups.new(name=bone)
            group.add(list(range(len(bpy.data.meshes[thing.name].vertices))), 1.0, "REPLACE")
            thing.parent = rig
            add_modifier(thing, "Armature", "ARMATURE", object=rig)
    _animate(rig)
    del scheme


def _make_rig(shop: Workshop, joints: list[Vector], names: list[str]) -> bpy.types.Object:
    armature = bpy.data.armatures.new("Robot rig")
    rig = bpy.data.objects.new("Robot rig", armature)
    shop.collection.objects.link(rig)
    present(bpy.context.view_layer).objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    previous = None
    for name, start, end in zip(names, joints, joints[1:], strict=False):
        bone = armature.edit_bones.new(name)
        bone.head, bone.tail, bone.parent = start, end, previous
        previous = bone
    bpy.ops.object.mode_set(mode="OBJECT")
    return rig


def _joint(
    shop: Workshop, name: str, at: Vector, radius: float, material: bpy.types.Material
) -> bpy.types.Object:
    return shop.add_bar(
        name,
        (-radius * 1.25, at.y, at.z),
        (radius * 1.25, at.y, at.z),
        (radius, radius),
        material,
        sides=24,
        bevel=0.01,
    )


def _animate(rig: bpy.types.Object) -> None:
    moves = {
        "base": (1, (0, 40, -40, 0)),
        "upper": (0, (0, -14, 12, 0)),
        "fore": (0, (0, 22, -18, 0)),
        "hand": (0, (0, -25, 25, 0)),
    }
    pose = present(rig.pose)
    for name, (axis, angles) in moves.items():
        bone = pose.bones[name]
        bone.rotation_mode = "XYZ"
        for number, degrees in enumerate(angles):
            turn = [0.0, 0.0, 0.0]
            turn[axis] = math.radians(degrees)
            bone.rotation_euler = turn
            bone.keyframe_insert("rotation_euler", frame=1 + 16 * number)
    present(present(rig.animation_data).action).name = "Robot sweep"


def _of(place: Vector) -> Point:
    return place.x, place.y, place.z


# Folder name: title, builder, scheme, seed, the kinds of files delivered. The catalogue names these folders.
PRODUCTS: dict[str, tuple[str, Callable[[Workshop, str, int], None], str, int, tuple[str, ...]]] = {
    "chair_oak": ("Oak Dining Chair", make_chair, "oak", 3, ("blend", "glb")),
    "chair_walnut": ("Walnut Dining Chair", make_chair, "walnut", 4, ("glb",)),
    "table_walnut": ("Loft Table", make_table, "walnut", 6, ("blend",)),
    "street_lamp": ("Street Lamp", make_lamp, "ebony", 8, ("obj",)),
    "vase_green": ("Green Vase", make_vase, "verde", 10, ("glb",)),
    "rock_set": ("Rock Set", make_rocks, "gray", 13, ("glb",)),
    "potted_plant": ("House Plant", make_plant, "green", 15, ("glb",)),
    "robot_arm": ("Robot Arm", make_robot, "steel", 21, ("fbx", "blend")),
}
