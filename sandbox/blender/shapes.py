"""Building blocks in Blender: meshes with bevels and texture coordinates, materials with image textures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import bpy
from mathutils import Matrix, Vector

from ..media.jpeg import encode_jpeg, encode_png
from ..media.textures import make_texture

Point = tuple[float, float, float]
T = TypeVar("T")


class Workshop:
    """Hold what one model is made of: its collection, its textures' folder, its materials."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self._folder = name, folder
        self.collection = bpy.data.collections.new(name)
        present(bpy.context.scene).collection.children.link(self.collection)
        self._folder.mkdir(parents=True, exist_ok=True)

    def add_mesh(
        self,
        name: str,
        points: Sequence[Point],
        faces: Sequence[Sequence[int]],
        material: bpy.types.Material,
        *,
        bevel: float = 0.0,
        subdivide: int = 0,
        smooth: bool = False,
    ) -> bpy.types.Object:
        """Add a mesh object with box-projected texture coordinates."""
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(list(points), [], [tuple(face) for face in faces])
        mesh.validate()
        mesh.materials.append(material)
        project_box(mesh)
        thing = bpy.data.objects.new(name, mesh)
        self.collection.objects.link(thing)
        mesh.polygons.foreach_set("use_smooth", [smooth or bevel > 0] * len(mesh.polygons))
        if bevel:
            settings = {"width": bevel, "segments": 3, "limit_method": "ANGLE", "harden_normals": True}
            add_modifier(thing, "Bevel", "BEVEL", **settings)
        if subdivide:
            add_modifier(thing, "Subdivision", "SUBSURF", levels=subdivide, render_levels=subdivide)
        return thing

    def add_box(
        self, name: str, low: Point, high: Point, material: bpy.types.Material, *, bevel: float = 0.004
    ) -> bpy.types.Object:
        """Add a box with rounded edges; its origin is its middle."""
        middle = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
        half = [(b - a) / 2 for a, b in zip(low, high, strict=True)]
        points = [(x * half[0], y * half[1], z * half[2]) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
        faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
        thing = self.add_mesh(name, points, faces, material, bevel=bevel)
        thing.location = middle
        return thing

    def add_lathe(
        self,
        name: str,
        profile: Sequence[tuple[float, float]],
        material: bpy.types.Material,
        *,
        steps: int = 32,
        subdivide: int = 0,
    ) -> bpy.types.Object:
        """Add a turned shape: radius and height from bottom to top."""
        points: list[Point] = []
        faces: list[tuple[int, ...]] = []
        for radius, height in profile:
            for step in range(steps):
                turn = 2 * math.pi * step / steps
                points.append((radius * math.cos(turn), radius * math.sin(turn), height))
        for ring in range(len(profile) - 1):
            for step in range(steps):
                a, b = ring * steps + step, ring * steps + (step + 1) % steps
                faces.append((a, b, b + steps, a + steps))
        faces.append(tuple(reversed(range(steps))))
        faces.append(tuple(range((len(profile) - 1) * steps, len(profile) * steps)))
        return self.add_mesh(name, points, faces, material, subdivide=subdivide, smooth=True)

    def add_bar(
        self,
        name: str,
        start: Point,
        end: Point,
        radius: tuple[float, float],
        material: bpy.types.Material,
        *,
        sides: int = 4,
        bevel: float = 0.004,
    ) -> bpy.types.Object:
        """Add a tapered bar between two points."""
        along = Vector(end) - Vector(start)
        turn = along.to_track_quat("Z", "Y").to_matrix().to_4x4()
        points = []
        for size, height in ((radius[0], 0.0), (radius[1], along.length)):
            for step in range(sides):
                angle = 2 * math.pi * (step + 0.5) / sides
                place = (
                    Matrix.Translation(start)
                    @ turn
                    @ Vector((size * math.cos(angle), size * math.sin(angle), height))
                )
                points.append((place.x, place.y, place.z))
        faces: list[tuple[int, ...]] = [
            (k, (k + 1) % sides, (k + 1) % sides + sides, k + sides) for k in range(sides)
        ]
        faces += [tuple(reversed(range(sides))), tuple(range(sides, 2 * sides))]
        return self.add_mesh(name, points, faces, material, bevel=bevel)

    def make_material(
        self,
        name: str,
        *,
        recipe: str = "",
        scheme: str = "",
        seed: int = 1,
        color: Point = (0.8, 0.8, 0.8),
        roughness: float = 0.5,
        metallic: float = 0.0,
        size: int = 1024,
        glow: float = 0.0,
        png: bool = False,
    ) -> bpy.types.Material:
        """Make a principled material, with an image texture where a recipe is given."""
        material = bpy.data.materials.new(name)
        if (
            material.node_tree is None
        ):  # from Blender 5 on it is always there, and asking for it is deprecated
            material.use_nodes = True
        tree = present(material.node_tree)
        shader = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled")
        _set(shader, "Roughness", roughness)
        _set(shader, "Metallic", metallic)
        _set(shader, "Base Color", (*color, 1.0))
        if glow:
            _set(shader, "Emission Color", (*color, 1.0))
            _set(shader, "Emission Strength", glow)
        if recipe:
            picture = make_texture(recipe, scheme, size, size, seed)
            slug = name.lower().replace(" ", "_")
            path = self._folder / f"{slug}_color.{'png' if png else 'jpg'}"
            path.write_bytes(encode_png(picture) if png else encode_jpeg(picture, quality=90))
            image = bpy.data.images.load(str(path))
            image.name = f"{slug}_color"
            texture = tree.nodes.new("ShaderNodeTexImage")
            assign(texture, image=image, location=(-400, 200))
            tree.links.new(texture.outputs["Color"], shader.inputs["Base Color"])
        return material


def present(value: T | None) -> T:
    """Give back what Blender may leave out in general but never here."""
    if value is None:
        raise RuntimeError("Blender gave nothing where something was asked for")
    return value


def assign(thing: object, **settings: object) -> None:
    """Set properties by name: which ones there are depends on the kind of thing, which types do not tell."""
    for name, value in settings.items():
        setattr(thing, name, value)


def add_modifier(thing: bpy.types.Object, name: str, kind: str, **settings: object) -> None:
    """Add a modifier with its settings."""
    assign(thing.modifiers.new(name, kind), **settings)  # type: ignore[arg-type]


def project_box(mesh: bpy.types.Mesh, scale: float = 1.6) -> None:
    """Lay texture coordinates on a mesh from three sides, along the longest: wood grain follows the piece."""
    layer = present(mesh.uv_layers.new(name="UVMap"))
    sizes = [
        max((vertex.co[k] for vertex in mesh.vertices), default=0.0)
        - min((vertex.co[k] for vertex in mesh.vertices), default=0.0)
        for k in range(3)
    ]
    for polygon in mesh.polygons:
        axis = max(range(3), key=lambda k: abs(polygon.normal[k]))
        flat = sorted((k for k in range(3) if k != axis), key=lambda k: -sizes[k])
        for loop in polygon.loop_indices:
            point = mesh.vertices[mesh.loops[loop].vertex_index].co
            layer.data[loop].uv = (point[flat[0]] * scale + 0.37 * axis, point[flat[1]] * scale)


def _set(node: bpy.types.Node, name: str, value: object) -> None:
    assign(node.inputs[name], default_value=value)
