"""One material as nodes: what a description says, on a Principled BSDF. Files are loaded elsewhere.

Occlusion is not connected: Blender's renderers find out themselves where light does not reach, and to
multiply it into the color would darken it twice, in direct light too. Its picture stays in a labelled node,
for those who want it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import bpy

from ...core.model.material import WHITE, AlphaMode, MaterialSpec, SmoothnessSource
from .nodes import add, shader_of

OCCLUSION_LABEL = "Occlusion (not connected)"
_IMAGE_X, _BETWEEN_X = -900.0, -500.0
_ROWS = {"albedo": 300.0, "metallic": 0.0, "emission": -300.0, "normal": -600.0, "occlusion": -900.0}
_ROWS["polish"] = -150.0


class Loader(Protocol):
    """Loads pictures."""

    def load(self, path: Path, *, is_color: bool) -> Any:
        """Return an image, or None when it cannot be read."""


def build_material(spec: MaterialSpec, pictures: Loader) -> Any:
    """Make a material, kept by a fake user until something uses it."""
    material: Any = bpy.data.materials.new(spec.name)
    material.use_fake_user = True
    material.use_backface_culling = not spec.double_sided
    material.diffuse_color = (*(min(1.0, part) for part in spec.base_color[:3]), 1.0)
    _Builder(spec, pictures, material).build()
    return material


class _Builder:
    def __init__(self, spec: MaterialSpec, pictures: Loader, material: Any) -> None:
        self._spec = spec
        self._pictures = pictures
        self._material = material
        self._tree, self._shader = shader_of(material)
        self._placing: Any = None

    def build(self) -> None:
        albedo = self._picture(self._spec.albedo, "albedo", "Albedo", is_color=True)
        packed = self._picture(self._spec.metallic_smoothness, "metallic", "Metallic and smoothness")
        self._color(albedo)
        self._alpha(albedo)
        self._metallic(packed)
        self._roughness(albedo, packed, self._picture(self._spec.polish, "polish", "Polish"))
        self._emission()
        self._normal()
        if self._spec.occlusion is not None:
            self._picture(self._spec.occlusion, "occlusion", OCCLUSION_LABEL)

    def _picture(self, path: Path | None, row: str, label: str, *, is_color: bool = False) -> Any:
        """Add a texture node; None without a picture."""
        image = None if path is None else self._pictures.load(path, is_color=is_color)
        if image is None:
            return None
        node = add(self._tree, "ShaderNodeTexImage", (_IMAGE_X, _ROWS[row]), label=label, beside=self._shader)
        node.image = image
        placing = self._find_placing()
        if placing is not None:
            self._link(placing.outputs["Vector"], node.inputs["Vector"])
        return node

    def _find_placing(self) -> Any:
        """Return the node that repeats and moves the pictures; None when they are not."""
        spec = self._spec
        if self._placing is None and (spec.tiling != (1.0, 1.0) or spec.offset != (0.0, 0.0)):
            self._placing = add(self._tree, "ShaderNodeMapping", (_IMAGE_X - 220.0, 0.0), beside=self._shader)
            self._placing.inputs["Scale"].default_value = (*spec.tiling, 1.0)
            self._placing.inputs["Location"].default_value = (*spec.offset, 0.0)
            source = add(self._tree, "ShaderNodeTexCoord", (-200.0, 0.0), beside=self._placing)
            self._link(source.outputs["UV"], self._placing.inputs["Vector"])
        return self._placing

    def _color(self, albedo: Any) -> None:
        tint = (*self._spec.base_color[:3], 1.0)
        if albedo is None:
            self._shader.inputs["Base Color"].default_value = tint
        else:
            color = self._tinted(albedo, tint, "albedo", label="Tint")
            self._link(color, self._shader.inputs["Base Color"])

    def _tinted(self, texture: Any, tint: tuple[float, ...], row: str, *, label: str) -> Any:
        """Return a texture's color times a tint; without a tint its color itself."""
        if tint[:3] == WHITE[:3]:
            return texture.outputs["Color"]
        mix = add(self._tree, "ShaderNodeMix", (_BETWEEN_X, _ROWS[row]), label=label, beside=self._shader)
        mix.data_type, mix.blend_type = "RGBA", "MULTIPLY"
        # The node has sockets of one name for each type of data; these are those of colors.
        sockets = {socket.identifier: socket for socket in (*mix.inputs, *mix.outputs)}
        sockets["Factor_Float"].default_value = 1.0
        sockets["B_Color"].default_value = tint
        self._link(texture.outputs["Color"], sockets["A_Color"])
        return sockets["Result_Color"]

    def _alpha(self, albedo: Any) -> None:
        spec, target = self._spec, self._shader.inputs["Alpha"]
        if spec.alpha_mode is AlphaMode.OPAQUE:
            return
        is_clipped = spec.alpha_mode is AlphaMode.CLIP
        self._material.surface_render_method = "DITHERED" if is_clipped else "BLENDED"
        own = spec.base_color[3]
        if albedo is None:
            target.default_value = float(own > spec.alpha_cutoff) if is_clipped else own
            return
        alpha = albedo.outputs["Alpha"]
        if own != 1.0:
            alpha = self._math("MULTIPLY", alpha, own, label="Opacity", y=180.0)
        if is_clipped:
            alpha = self._math("GREATER_THAN", alpha, spec.alpha_cutoff, label="Alpha clip", y=100.0)
        self._link(alpha, target)

    def _metallic(self, packed: Any) -> None:
        if packed is None:
            self._shader.inputs["Metallic"].default_value = self._spec.metallic
            return
        red, (low, high) = self._red_of(packed, "metallic"), self._spec.metallic_range
        if (low, high) != (0.0, 1.0):
            red = self._math("MULTIPLY_ADD", red, high - low, low, label="Metallic range", y=0.0)
        self._link(red, self._shader.inputs["Metallic"])

    def _red_of(self, texture: Any, row: str) -> Any:
        parts = add(self._tree, "ShaderNodeSeparateColor", (_BETWEEN_X, _ROWS[row]), beside=self._shader)
        self._link(texture.outputs["Color"], parts.inputs["Color"])
        return parts.outputs["Red"]

    def _roughness(self, albedo: Any, packed: Any, polish: Any) -> None:
        source = self._spec.smoothness_source
        texture = {
            SmoothnessSource.METALLIC_ALPHA: packed,
            SmoothnessSource.ALBEDO_ALPHA: albedo,
            SmoothnessSource.POLISH_ALPHA: polish,
            SmoothnessSource.POLISH_ROUGHNESS: polish,
        }.get(source)
        target = self._shader.inputs["Roughness"]
        if texture is not None and source is SmoothnessSource.POLISH_ROUGHNESS:
            self._link(self._red_of(texture, "polish"), target)
            return
        if texture is None:
            target.default_value = 1.0 - self._spec.smoothness
            return
        # One minus what lies between floor and smoothness at alpha, in one node.
        low, high = self._spec.smoothness_floor, self._spec.smoothness
        label = "Smoothness to roughness"
        node = self._math(
            "MULTIPLY_ADD", texture.outputs["Alpha"], low - high, 1.0 - low, label=label, y=-150.0
        )
        self._link(node, target)

    def _emission(self) -> None:
        red, green, blue = self._spec.emission_color[:3]
        strength = max(red, green, blue)
        if strength <= 0.0:
            return
        # What is brighter than white is a strength in Blender; a color stays one.
        strength = max(1.0, strength)
        tint = (red / strength, green / strength, blue / strength, 1.0)
        self._shader.inputs["Emission Strength"].default_value = strength
        texture = self._picture(self._spec.emission, "emission", "Emission", is_color=True)
        if texture is None:
            self._shader.inputs["Emission Color"].default_value = tint
        else:
            color = self._tinted(texture, tint, "emission", label="Emission tint")
            self._link(color, self._shader.inputs["Emission Color"])

    def _normal(self) -> None:
        spec = self._spec
        texture = self._picture(spec.normal, "normal", "Height" if spec.normal_is_height else "Normal")
        if texture is None:
            return
        kind = "ShaderNodeBump" if spec.normal_is_height else "ShaderNodeNormalMap"
        node = add(self._tree, kind, (_BETWEEN_X, _ROWS["normal"]), beside=self._shader)
        source = node.inputs["Height" if spec.normal_is_height else "Color"]
        strength = min(1.0, spec.normal_strength) if spec.normal_is_height else spec.normal_strength
        node.inputs["Strength"].default_value = max(0.0, strength)
        self._link(texture.outputs["Color"], source)
        self._link(node.outputs["Normal"], self._shader.inputs["Normal"])

    def _math(self, operation: str, source: Any, *values: float, label: str, y: float) -> Any:
        node = add(self._tree, "ShaderNodeMath", (_BETWEEN_X + 200.0, y), label=label, beside=self._shader)
        node.operation = operation
        for place, value in enumerate(values, start=1):
            node.inputs[place].default_value = value
        self._link(source, node.inputs[0])
        return node.outputs[0]

    def _link(self, source: Any, target: Any) -> None:
        self._tree.links.new(source, target)
