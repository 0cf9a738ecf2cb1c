"""Make a material out of a ``.mat``'s words: Built-in and URP names exactly, HDRP as well as it goes.

Each render pipeline has its own names for the same things, and a material keeps those of the pipelines that
it was converted from. So the shader decides which names count where it is one that is known; else the newest
pipeline's names that are there. Names of other shaders are listed as unknown, never guessed at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from ...model.material import BLACK, WHITE, AlphaMode, Color, MaterialSpec, SmoothnessSource
from .material_text import MaterialText, TextureSlot

MAX_VARIANTS = 8
_BUILTIN_SHADERS = "0000000000000000f000000000000000"
_SPECULAR_STANDARD, _ROUGHNESS_STANDARD = "45", "47"
_STANDARD = frozenset({_SPECULAR_STANDARD, "46", _ROUGHNESS_STANDARD})
"""File ids of Standard among the built-in shaders, with its specular and roughness set-ups."""
_POLISH = "_SpecGlossMap"
"""Specular set-ups: color and, in alpha, smoothness. Roughness set-up: roughness, and so is its number."""
_URP_LIT = frozenset({"933532a4fcc9baf4fa0491de14d08ed7", "8d2bb70cbf9db8d4da26e15b26e74248"})
_HDRP_LIT = frozenset({"6e4ae4064600d784cac1e41a9e6f2e59"})
"""GUIDs of Lit and Simple Lit as they stand in projects' materials; seen there, not documented."""


class Pipeline(StrEnum):
    """Which family of names a material's shader has."""

    BUILTIN = "builtin"
    URP = "urp"
    HDRP = "hdrp"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """The properties of one pipeline, and those that stand in for them when the shader is not known."""

    albedo: tuple[str, ...]
    color: tuple[str, ...]
    normal: tuple[str, ...]
    normal_strength: tuple[str, ...]
    metallic: tuple[str, ...]
    occlusion: tuple[str, ...]
    emission: tuple[str, ...]
    emission_color: tuple[str, ...]
    smoothness: tuple[str, ...]
    map_smoothness: tuple[str, ...]
    """What the smoothness in a picture is multiplied by."""
    cutoff: tuple[str, ...]


_NAMES = {
    Pipeline.BUILTIN: _Names(
        albedo=("_MainTex", "_BaseMap", "_BaseColorMap"),
        color=("_Color", "_BaseColor"),
        normal=("_BumpMap", "_NormalMap"),
        normal_strength=("_BumpScale", "_NormalScale"),
        metallic=("_MetallicGlossMap", "_MaskMap"),
        occlusion=("_OcclusionMap",),
        emission=("_EmissionMap", "_EmissiveColorMap"),
        emission_color=("_EmissionColor",),
        smoothness=("_Glossiness", "_Smoothness"),
        map_smoothness=("_GlossMapScale",),
        cutoff=("_Cutoff", "_AlphaCutoff"),
    ),
    Pipeline.URP: _Names(
        albedo=("_BaseMap", "_MainTex", "_BaseColorMap"),
        color=("_BaseColor", "_Color"),
        normal=("_BumpMap", "_NormalMap"),
        normal_strength=("_BumpScale", "_NormalScale"),
        metallic=("_MetallicGlossMap", "_MaskMap"),
        occlusion=("_OcclusionMap",),
        emission=("_EmissionMap", "_EmissiveColorMap"),
        emission_color=("_EmissionColor",),
        smoothness=("_Smoothness", "_Glossiness"),
        map_smoothness=("_Smoothness", "_GlossMapScale"),
        cutoff=("_Cutoff", "_AlphaCutoff"),
    ),
    Pipeline.HDRP: _Names(
        albedo=("_BaseColorMap", "_BaseMap", "_MainTex"),
        color=("_BaseColor", "_Color"),
        normal=("_NormalMap", "_BumpMap"),
        normal_strength=("_NormalScale", "_BumpScale"),
        metallic=("_MaskMap", "_MetallicGlossMap"),
        occlusion=("_OcclusionMap",),
        emission=("_EmissiveColorMap", "_EmissionMap"),
        emission_color=("_EmissiveColor", "_EmissionColor"),
        smoothness=("_Smoothness", "_Glossiness"),
        map_smoothness=("_SmoothnessRemapMax",),
        cutoff=("_AlphaCutoff", "_Cutoff"),
    ),
}
_KNOWN_TEXTURES = frozenset(
    name
    for names in _NAMES.values()
    for group in (names.albedo, names.normal, names.metallic, names.occlusion, names.emission)
    for name in group
)
_BLEND_KEYWORDS = frozenset({"_ALPHABLEND_ON", "_ALPHAPREMULTIPLY_ON", "_SURFACE_TYPE_TRANSPARENT"})
_TRANSPARENT_QUEUE = 3000
_SMALLEST_CUTOUT_QUEUE = 2450


def resolve_variant(text: MaterialText, others: Mapping[str, MaterialText]) -> MaterialText:
    """Return a material variant with what it takes from its parents, as far as they are in the package."""
    for _ in range(MAX_VARIANTS):
        parent = others.get(text.parent_guid)
        if parent is None:
            break
        text = text.over(parent)
    return text


def make_material(
    text: MaterialText,
    *,
    guid: str,
    name: str = "",
    find: Callable[[str], Path | None],
    is_height: Callable[[str], bool] = lambda _guid: False,
) -> MaterialSpec:
    """Make the material. ``find`` gives the picture of a GUID; ``name`` stands in where the file has none."""
    return _Maker(text, find=find, is_height=is_height).make(guid, text.name or name or guid)


class _Maker:
    """Reads one material; remembers which pictures are not there."""

    def __init__(
        self, text: MaterialText, *, find: Callable[[str], Path | None], is_height: Callable[[str], bool]
    ) -> None:
        self.text = text
        self.find = find
        self.is_height = is_height
        self.pipeline, self.certain = _pipeline(text)
        self.names = _NAMES[self.pipeline]
        self.missing: set[str] = set()

    def make(self, guid: str, name: str) -> MaterialSpec:
        names = self.names
        albedo, laid = self._picture(names.albedo)
        normal, normal_slot = self._picture(names.normal)
        # With a specular set-up a metallic picture is what was left of another one.
        is_specular = self._is_specular()
        metallic, metallic_slot = (None, None) if is_specular else self._picture(names.metallic)
        occlusion, _ = self._picture(names.occlusion)
        mask = self.text.textures.get("_MaskMap")
        if occlusion is None and mask is not None and metallic_slot is mask:
            occlusion = metallic  # HDRP's mask map: metallic, occlusion, detail, smoothness
        emission, _ = self._picture(names.emission)
        # With neither set-up this one is what was left of another.
        uses_polish = is_specular or self._is_rough()
        polish, _ = self._picture((_POLISH,)) if uses_polish else (None, None)
        source = self._smoothness_source(albedo, metallic, polish)
        laid = laid or self._slot(names.albedo) or TextureSlot()
        spec = MaterialSpec(
            name=name,
            guid=guid,
            albedo=albedo,
            base_color=_linear(self._color(names.color, WHITE)),
            normal=normal,
            normal_strength=self._number(names.normal_strength, 1.0),
            normal_is_height=normal_slot is not None and self.is_height(normal_slot.guid),
            metallic_smoothness=metallic,
            metallic=0.0 if is_specular else _unit(self._number(("_Metallic",), 0.0)),
            metallic_range=self._range("_MetallicRemapMin", "_MetallicRemapMax"),
            polish=polish,
            smoothness=self._smoothness(source),
            smoothness_floor=(
                self._range("_SmoothnessRemapMin", "")[0]
                if source is SmoothnessSource.METALLIC_ALPHA
                else 0.0
            ),
            smoothness_source=source,
            occlusion=occlusion,
            occlusion_strength=_unit(self._number(("_OcclusionStrength",), 1.0)),
            emission=emission,
            emission_color=self._emission_color(emission),
            alpha_mode=self._alpha_mode(),
            alpha_cutoff=_unit(self._number(names.cutoff, 0.5)),
            tiling=laid.scale,
            offset=laid.offset,
            double_sided=self._is_double_sided(),
            unknown=self._unknown(has_polish=polish is not None),
        )
        return replace(spec, missing=tuple(sorted(self.missing)))

    def _usable(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names that count: the shader's own alone where it is known and the file lists it."""
        return names[:1] if self.certain and names[0] in self.text.textures else names

    def _picture(self, names: tuple[str, ...]) -> tuple[Path | None, TextureSlot | None]:
        for name in self._usable(names):
            slot = self.text.textures.get(name)
            if slot is None or not slot.guid:
                continue
            path = self.find(slot.guid)
            if path is not None:
                return path, slot
            self.missing.add(name)
        return None, None

    def _slot(self, names: tuple[str, ...]) -> TextureSlot | None:
        return next((slot for name in names if (slot := self.text.textures.get(name)) is not None), None)

    def _number(self, names: Iterable[str], default: float) -> float:
        return next((self.text.numbers[name] for name in names if name in self.text.numbers), default)

    def _is_on(self, name: str) -> bool:
        return self.text.numbers.get(name, 0.0) >= 0.5

    def _color(self, names: Iterable[str], default: Color) -> Color:
        return next((self.text.colors[name] for name in names if name in self.text.colors), default)

    def _has(self, *words: str) -> bool:
        return self.text.keywords is not None and any(word in self.text.keywords for word in words)

    def _smoothness_source(
        self, albedo: Path | None, metallic: Path | None, polish: Path | None
    ) -> SmoothnessSource:
        if self._is_rough():
            return SmoothnessSource.VALUE if polish is None else SmoothnessSource.POLISH_ROUGHNESS
        if albedo is not None and self._is_on("_SmoothnessTextureChannel"):
            return SmoothnessSource.ALBEDO_ALPHA
        if polish is not None:
            return SmoothnessSource.POLISH_ALPHA
        return SmoothnessSource.VALUE if metallic is None else SmoothnessSource.METALLIC_ALPHA

    def _smoothness(self, source: SmoothnessSource) -> float:
        if source is SmoothnessSource.VALUE:
            value = _unit(self._number(self.names.smoothness, 0.5))
            return 1.0 - value if self._is_rough() else value
        return _unit(self._number(self.names.map_smoothness, 1.0))

    def _range(self, low: str, high: str) -> tuple[float, float]:
        """Return what a mask's 0 and 1 stand for: HDRP lays a channel between two numbers, others do not."""
        if self.pipeline is not Pipeline.HDRP:
            return 0.0, 1.0
        return _unit(self._number((low,), 0.0)), _unit(self._number((high,), 1.0))

    def _emission_color(self, emission: Path | None) -> Color:
        """Return what the emission is multiplied by: black where Unity's own switch is off.

        Unity keeps these colors linear when the shader calls them HDR, as the three pipelines' shaders do.
        """
        if self.pipeline is Pipeline.HDRP and self._is_on("_UseEmissiveIntensity"):
            # There the color proper is in physical units; this one is what the user chose, in sRGB.
            return _linear(self._color(("_EmissiveColorLDR",), BLACK))
        needs_switch = self.certain and self.pipeline is not Pipeline.HDRP and self.text.keywords is not None
        if needs_switch and not self._has("_EMISSION"):
            return BLACK
        color = self._color(self.names.emission_color, BLACK if emission is None else WHITE)
        return (max(color[0], 0.0), max(color[1], 0.0), max(color[2], 0.0), 1.0)

    def _alpha_mode(self) -> AlphaMode:
        if self.pipeline is Pipeline.BUILTIN and "_Mode" in self.text.numbers:
            # Standard's menu: opaque, cutout, fade, transparent.
            mode = round(self.text.numbers["_Mode"])
            known = {0: AlphaMode.OPAQUE, 1: AlphaMode.CLIP, 2: AlphaMode.BLEND, 3: AlphaMode.BLEND}
            if self.certain and mode in known:
                return known[mode]
            if mode in (1, 2, 3):
                return known[mode]
        switches = {
            Pipeline.BUILTIN: ("", ""),
            Pipeline.URP: ("_Surface", "_AlphaClip"),
            Pipeline.HDRP: ("_SurfaceType", "_AlphaCutoffEnable"),
        }[self.pipeline]
        queue = self.text.render_queue
        if self._is_on(switches[0]) or self._has(*_BLEND_KEYWORDS) or queue >= _TRANSPARENT_QUEUE:
            return AlphaMode.BLEND
        cutout = queue >= _SMALLEST_CUTOUT_QUEUE or self.text.render_type == "TransparentCutout"
        if self._is_on(switches[1]) or self._has("_ALPHATEST_ON") or cutout:
            return AlphaMode.CLIP
        return AlphaMode.BLEND if self.text.render_type == "Transparent" else AlphaMode.OPAQUE

    def _is_specular(self) -> bool:
        if self.pipeline is Pipeline.URP:
            return self.text.numbers.get("_WorkflowMode", 1.0) < 0.5
        return self.certain and self.text.shader_file_id == _SPECULAR_STANDARD

    def _is_rough(self) -> bool:
        return (
            self.pipeline is Pipeline.BUILTIN
            and self.text.shader_file_id == _ROUGHNESS_STANDARD
            and self.certain
        )

    def _is_double_sided(self) -> bool:
        if self._is_on("_DoubleSidedEnable"):
            return True
        return any(
            name in self.text.numbers and self.text.numbers[name] < 0.5 for name in ("_Cull", "_CullMode")
        )

    def _unknown(self, *, has_polish: bool) -> tuple[str, ...]:
        set_names = {name for name, slot in self.text.textures.items() if slot.guid} - _KNOWN_TEXTURES
        if has_polish:
            set_names.discard(_POLISH)
            if self._is_specular():
                set_names.add(f"{_POLISH} (its color)")
        return tuple(sorted(set_names))


def _pipeline(text: MaterialText) -> tuple[Pipeline, bool]:
    """Say which names count, and whether the shader itself says so."""
    if text.shader_guid == _BUILTIN_SHADERS:
        return Pipeline.BUILTIN, text.shader_file_id in _STANDARD
    if text.shader_guid in _URP_LIT:
        return Pipeline.URP, True
    if text.shader_guid in _HDRP_LIT:
        return Pipeline.HDRP, True
    named = text.textures.keys() | text.colors.keys()
    if "_BaseColorMap" in named or "_MaskMap" in named:
        return Pipeline.HDRP, False
    if "_BaseMap" in named or "_BaseColor" in named:
        return Pipeline.URP, False
    return Pipeline.BUILTIN, False


def _linear(color: Color) -> Color:
    """Turn a color that the user chose on the screen (sRGB) into scene-linear values."""
    return (_to_linear(color[0]), _to_linear(color[1]), _to_linear(color[2]), _unit(color[3]))


def _to_linear(value: float) -> float:
    if value <= 0.04045:
        return max(value, 0.0) / 12.92
    return float(((min(value, 1000.0) + 0.055) / 1.055) ** 2.4)


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)
