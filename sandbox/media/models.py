"""The models that the sandbox can make without Blender, by recipe name; each takes a scheme and a seed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from .mesh import Material, Mesh, Vec3

_IRON = Material(name="Iron", color=(0.08, 0.085, 0.09), roughness=0.45, metallic=0.9)
_GLASS = Material(name="Lamp glass", color=(1.0, 0.93, 0.75), roughness=0.15)
_CLAY = Material(name="Terracotta", color=(0.62, 0.28, 0.17), roughness=0.85)
_SOIL = Material(name="Soil", color=(0.09, 0.06, 0.04), roughness=1.0)


def make_model(recipe: str, scheme: str, seed: int) -> list[Mesh]:
    """Make a model by its recipe."""
    return RECIPES[recipe](scheme, seed)


def chair(scheme: str, seed: int) -> list[Mesh]:
    """Make a dining chair: legs, seat and a back of slats."""
    wood = Material(name="Wood", recipe="wood", scheme=scheme, seed=seed, roughness=0.45)
    pad = Material(name="Upholstery", recipe="fabric", scheme="linen", seed=seed, roughness=0.95)
    frame, seat, back = (Mesh(name=name, material=wood) for name in ("Frame", "Seat", "Back"))
    for x in (-0.2, 0.2):
        for z in (-0.2, 0.2):
            frame.add_box((x - 0.02, 0.0, z - 0.02), (x + 0.02, 0.44, z + 0.02), bevel=0.004)
    for z in (-0.2, 0.2):
        frame.add_box((-0.2, 0.2, z - 0.01), (0.2, 0.23, z + 0.01), bevel=0.003)
    seat.add_box((-0.235, 0.44, -0.235), (0.235, 0.465, 0.235), bevel=0.006)
    for x in (-0.2, 0.2):
        back.add_box((x - 0.018, 0.465, -0.218), (x + 0.018, 0.93, -0.182), bevel=0.004)
    for x in (-0.12, -0.06, 0.0, 0.06, 0.12):
        back.add_box((x - 0.014, 0.52, -0.207), (x + 0.014, 0.85, -0.193), bevel=0.003)
    back.add_box((-0.2, 0.84, -0.215), (0.2, 0.92, -0.185), bevel=0.008)
    back.add_box((-0.2, 0.5, -0.21), (0.2, 0.54, -0.19), bevel=0.004)
    cushion = Mesh(name="Cushion", material=pad)
    cushion.add_box((-0.21, 0.465, -0.17), (0.21, 0.505, 0.215), bevel=0.016)
    return [frame, seat, back, cushion]


def table(scheme: str, seed: int) -> list[Mesh]:
    """Make a table with a thick top."""
    wood = Material(name="Table wood", recipe="wood", scheme=scheme, seed=seed, roughness=0.4)
    top, legs = Mesh(name="Top", material=wood), Mesh(name="Legs", material=_IRON)
    top.add_box((-0.7, 0.7, -0.4), (0.7, 0.745, 0.4), bevel=0.008)
    for x in (-0.58, 0.58):
        legs.add_box((x - 0.025, 0.0, -0.33), (x + 0.025, 0.7, -0.28), bevel=0.004)
        legs.add_box((x - 0.025, 0.0, 0.28), (x + 0.025, 0.7, 0.33), bevel=0.004)
        legs.add_box((x - 0.025, 0.0, -0.28), (x + 0.025, 0.04, 0.28), bevel=0.004)
        legs.add_box((x - 0.025, 0.66, -0.28), (x + 0.025, 0.7, 0.28), bevel=0.004)
    return [top, legs]


def crate(scheme: str, seed: int) -> list[Mesh]:
    """Make a boarded crate."""
    wood = Material(name="Boards", recipe="wood", scheme=scheme, seed=seed, roughness=0.7)
    body, frame = Mesh(name="Boards", material=wood), Mesh(name="Battens", material=wood)
    for k in range(5):
        low = 0.02 + k * 0.152
        body.add_box((-0.38, low, -0.38), (0.38, low + 0.142, 0.38), bevel=0.006)
    for x in (-0.4, 0.4):
        for z in (-0.4, 0.4):
            frame.add_box((x - 0.04, 0.0, z - 0.04), (x + 0.04, 0.8, z + 0.04), bevel=0.008)
    for y in (0.0, 0.72):
        for z in (-0.4, 0.4):
            frame.add_box((-0.36, y, z - 0.03), (0.36, y + 0.08, z + 0.03), bevel=0.006)
        for x in (-0.4, 0.4):
            frame.add_box((x - 0.03, y, -0.36), (x + 0.03, y + 0.08, 0.36), bevel=0.006)
    return [body, frame]


def lamp(scheme: str, seed: int) -> list[Mesh]:
    """Make a street lamp with a bent arm."""
    paint = Material(
        name="Painted steel", recipe="concrete", scheme=scheme, seed=seed, roughness=0.4, metallic=0.8
    )
    post, head, glass = (
        Mesh(name="Post", material=paint),
        Mesh(name="Hood", material=_IRON),
        Mesh(name="Glass", material=_GLASS),
    )
    post.add_lathe(
        [
            (0.0, 0.0),
            (0.2, 0.0),
            (0.2, 0.06),
            (0.13, 0.1),
            (0.11, 0.5),
            (0.075, 0.56),
            (0.06, 1.6),
            (0.045, 3.0),
            (0.0, 3.0),
        ]
    )
    arc = [math.pi * k / 16 for k in range(13)]
    path: list[Vec3] = [(0.4 - 0.4 * math.cos(t), 2.98 + 0.4 * math.sin(t), 0.0) for t in arc]
    post.add_tube(path, [0.032] * len(path))
    x, y = path[-1][0], path[-1][1]
    head.add_lathe(
        [(0.17, -0.12), (0.17, -0.1), (0.12, -0.02), (0.05, 0.02), (0.03, 0.06), (0.0, 0.06)],
        center=(x, y, 0),
    )
    glass.add_lathe(
        [(0.0, -0.27), (0.07, -0.25), (0.12, -0.19), (0.135, -0.12), (0.0, -0.115)], center=(x, y, 0)
    )
    return [post, head, glass]


def vase(scheme: str, seed: int) -> list[Mesh]:
    """Make a turned vase with a hollow neck."""
    glaze = Material(name="Glaze", recipe="marble", scheme=scheme, seed=seed, roughness=0.12)
    body = Mesh(name="Vase", material=glaze)
    chance = random.Random(seed)
    belly, neck = chance.uniform(0.11, 0.16), chance.uniform(0.035, 0.055)
    profile = [(0.0, 0.0), (0.065, 0.0), (0.07, 0.008)]
    for k in range(1, 15):
        part = k / 15
        profile.append(
            (
                neck + (belly - neck) * math.sin(math.pi * part**0.8) ** 1.2 + 0.03 * (1 - part),
                0.008 + 0.36 * part,
            )
        )
    profile += [
        (neck + 0.012, 0.375),
        (neck + 0.018, 0.385),
        (neck + 0.012, 0.39),
        (neck, 0.38),
        (neck - 0.005, 0.3),
        (0, 0.29),
    ]
    body.add_lathe(profile, steps=40)
    return [body]


def rock(scheme: str, seed: int) -> list[Mesh]:
    """Make a boulder with two smaller stones."""
    stone = Material(name="Stone", recipe="concrete", scheme=scheme, seed=seed, roughness=0.95)
    parts = [Mesh(name=name, material=stone) for name in ("Boulder", "Stone A", "Stone B")]
    parts[0].add_stone((0.5, 0.34, 0.42), seed=seed, rough=0.42, steps=36, center=(0.0, 0.24, 0.0))
    parts[1].add_stone((0.17, 0.13, 0.2), seed=seed + 1, rough=0.4, center=(0.55, 0.08, 0.22))
    parts[2].add_stone((0.12, 0.08, 0.11), seed=seed + 2, rough=0.35, center=(0.35, 0.05, 0.47))
    return parts


def plant(scheme: str, seed: int) -> list[Mesh]:
    """Make a potted plant with bent leaves."""
    leaf = Material(name="Leaf", recipe="fabric", scheme=scheme, seed=seed, roughness=0.6)
    pot, soil, leaves = (
        Mesh(name="Pot", material=_CLAY),
        Mesh(name="Soil", material=_SOIL),
        Mesh(name="Leaves", material=leaf),
    )
    pot.add_lathe(
        [(0.0, 0.0), (0.1, 0.0), (0.14, 0.2), (0.155, 0.2), (0.155, 0.24), (0.135, 0.24), (0.13, 0.19)]
    )
    soil.add_lathe([(0.132, 0.195), (0.08, 0.21), (0.0, 0.205)])
    chance = random.Random(seed)
    for k in range(22):
        turn = k * 2.39996 + chance.uniform(-0.2, 0.2)
        high = 1 - k / 26
        reach = chance.uniform(0.3, 0.42)
        leaves.add_leaf(
            (0.0, 0.2, 0.0), turn, reach * (0.5 + 0.5 * (1 - high)) + 0.08, 0.1, 0.2 + 0.38 * high
        )
    return [pot, soil, leaves]


def arch(scheme: str, seed: int) -> list[Mesh]:
    """Make a brick wall piece with a coping stone."""
    wall = Material(name="Bricks", recipe="brick", scheme=scheme, seed=seed, roughness=0.9)
    cap = Material(name="Coping", recipe="concrete", scheme="gray", seed=seed, roughness=0.9)
    body, top = Mesh(name="Wall", material=wall), Mesh(name="Coping", material=cap)
    body.add_box((-0.9, 0.0, -0.12), (0.9, 0.9, 0.12))
    for x in (-0.9, 0.9):
        body.add_box((x - 0.17, 0.0, -0.17), (x + 0.17, 1.05, 0.17))
        top.add_box((x - 0.21, 1.05, -0.21), (x + 0.21, 1.13, 0.21), bevel=0.02)
    top.add_box((-0.76, 0.9, -0.16), (0.76, 0.97, 0.16), bevel=0.02)
    return [body, top]


RECIPES: dict[str, Callable[[str, int], list[Mesh]]] = {
    "chair": chair,
    "table": table,
    "crate": crate,
    "lamp": lamp,
    "vase": vase,
    "rock": rock,
    "plant": plant,
    "arch": arch,
}
