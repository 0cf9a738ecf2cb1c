"""A ``.mat`` becomes a material by its pipeline's names; what is not known is listed, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unity_packages import HDRP_LIT, OTHER_SHADER, STANDARD, URP_LIT, guid_of, material_text

from core.errors import ClearanceError, ImportRefused
from core.files.unity.material import make_material, resolve_variant
from core.files.unity.material_text import MaterialText, read_material_text
from core.model.material import BLACK, WHITE, AlphaMode, MaterialSpec, SmoothnessSource

PICTURES = {guid_of(name): Path(f"/p/{name}.png") for name in ("a", "b", "c", "d", "e")}
A, B, C, D, E = PICTURES
GONE = guid_of("gone")


def make(data: bytes, **options: Any) -> MaterialSpec:
    return make_material(
        read_material_text(data), guid=guid_of("m"), find=options.pop("find", PICTURES.get), **options
    )


def material(**options: Any) -> MaterialSpec:
    return make(material_text("Oak", **options))


def test_built_in_standard() -> None:
    spec = material(
        shader=STANDARD,
        textures={
            "_MainTex": A, "_BumpMap": B, "_MetallicGlossMap": C, "_OcclusionMap": D, "_EmissionMap": E,
            "_DetailAlbedoMap": A, "_ParallaxMap": "",
        },
        numbers={"_BumpScale": 0.7, "_GlossMapScale": 0.4, "_Glossiness": 0.9, "_OcclusionStrength": 0.3},
        colors={"_Color": (1, 1, 1, 0.5), "_EmissionColor": (2, 1, 0, 1)},
        keywords="_EMISSION _NORMALMAP",
        scale=(2, 3),
        offset=(0.5, 0.25),
    )  # fmt: skip
    assert (spec.name, spec.guid) == ("Oak", guid_of("m"))
    assert (spec.albedo, spec.normal) == (PICTURES[A], PICTURES[B])
    assert (spec.metallic_smoothness, spec.occlusion, spec.emission) == (
        PICTURES[C],
        PICTURES[D],
        PICTURES[E],
    )
    assert spec.base_color == (1.0, 1.0, 1.0, 0.5)
    assert spec.emission_color == (2.0, 1.0, 0.0, 1.0)
    assert (spec.normal_strength, spec.occlusion_strength) == (0.7, 0.3)
    assert (spec.smoothness, spec.smoothness_source) == (0.4, SmoothnessSource.METALLIC_ALPHA)
    assert (spec.tiling, spec.offset) == ((2.0, 3.0), (0.5, 0.25))
    assert spec.unknown == ("_DetailAlbedoMap",)
    assert spec.missing == ()


def test_urp_lit_and_not_what_is_left_of_standard() -> None:
    spec = material(
        shader=URP_LIT,
        textures={"_MainTex": A, "_BaseMap": B, "_MetallicGlossMap": C, "_EmissionMap": ""},
        numbers={"_Smoothness": 0.8, "_Glossiness": 0.1, "_Metallic": 1, "_Mode": 3, "_Surface": 0},
        colors={"_BaseColor": (0, 0, 0, 1), "_Color": (1, 1, 1, 1)},
    )
    assert spec.albedo == PICTURES[B]
    assert spec.base_color == BLACK
    assert (spec.smoothness, spec.smoothness_source) == (0.8, SmoothnessSource.METALLIC_ALPHA)
    assert (spec.metallic, spec.alpha_mode) == (1.0, AlphaMode.OPAQUE)
    assert spec.unknown == ()


def test_a_known_shader_takes_nothing_from_another_pipeline() -> None:
    stale = {"_MainTex": "", "_BaseMap": A, "_BumpMap": "", "_NormalMap": B}
    spec = material(shader=STANDARD, textures=stale)
    assert (spec.albedo, spec.normal) == (None, None)
    spec = material(shader=OTHER_SHADER, textures=stale)
    assert (spec.albedo, spec.normal) == (PICTURES[A], PICTURES[B])


def test_hdrp_lit() -> None:
    spec = material(
        shader=HDRP_LIT,
        textures={"_BaseColorMap": A, "_NormalMap": B, "_MaskMap": C, "_EmissiveColorMap": D},
        numbers={"_NormalScale": 2, "_SmoothnessRemapMax": 0.5, "_DoubleSidedEnable": 1, "_SurfaceType": 1},
        colors={"_BaseColor": (1, 0, 0, 1), "_EmissiveColor": (3, 3, 3, 1)},
    )
    assert (spec.albedo, spec.normal, spec.emission) == (PICTURES[A], PICTURES[B], PICTURES[D])
    assert spec.metallic_smoothness == spec.occlusion == PICTURES[C]
    assert (spec.normal_strength, spec.smoothness, spec.double_sided) == (2.0, 0.5, True)
    assert spec.emission_color == (3.0, 3.0, 3.0, 1.0)
    assert spec.alpha_mode is AlphaMode.BLEND


def test_hdrp_lays_a_masks_channels_between_two_numbers() -> None:
    remap = {
        "_SmoothnessRemapMin": 0.2, "_SmoothnessRemapMax": 0.7, "_MetallicRemapMin": 0.1,
        "_MetallicRemapMax": 4.0,
    }  # fmt: skip
    spec = material(shader=HDRP_LIT, textures={"_MaskMap": C}, numbers=remap)
    assert spec.smoothness_source is SmoothnessSource.METALLIC_ALPHA
    assert (spec.smoothness_floor, spec.smoothness, spec.metallic_range) == (0.2, 0.7, (0.1, 1.0))
    spec = material(shader=HDRP_LIT, textures={"_MaskMap": C})
    assert (spec.smoothness_floor, spec.smoothness, spec.metallic_range) == (0.0, 1.0, (0.0, 1.0))
    spec = material(shader=HDRP_LIT, numbers={**remap, "_Smoothness": 0.9})
    assert (spec.smoothness_floor, spec.smoothness) == (0.0, 0.9)
    # What was left in a material that is another pipeline's now.
    spec = material(shader=URP_LIT, textures={"_MetallicGlossMap": C}, numbers={**remap, "_Smoothness": 0.9})
    assert (spec.smoothness_floor, spec.smoothness, spec.metallic_range) == (0.0, 0.9, (0.0, 1.0))


def test_hdrp_emission_with_an_intensity_of_its_own() -> None:
    spec = material(
        shader=HDRP_LIT,
        numbers={"_UseEmissiveIntensity": 1},
        colors={"_EmissiveColor": (9000, 0, 0, 1), "_EmissiveColorLDR": (1, 0, 0, 1)},
    )
    assert spec.emission_color == (1.0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("textures", "albedo"),
    [
        ({"_BaseColorMap": A, "_BaseMap": B, "_MainTex": C}, A),
        ({"_BaseMap": B, "_MainTex": C}, B),
        ({"_BaseMap": "", "_MainTex": C}, C),
        ({"_MainTex": C}, C),
        ({}, None),
    ],
)
def test_an_unknown_shader_by_the_names_that_are_there(
    textures: Mapping[str, str], albedo: str | None
) -> None:
    spec = material(shader=OTHER_SHADER, textures=textures)
    assert spec.albedo == (PICTURES[albedo] if albedo else None)


def test_pictures_of_an_unknown_shader_are_listed() -> None:
    spec = material(shader=OTHER_SHADER, textures={"_Splat2": A, "_WindNoise": B, "_Unset": ""})
    assert spec.unknown == ("_Splat2", "_WindNoise")
    assert spec.albedo is None


def test_pictures_that_are_not_in_the_package() -> None:
    spec = material(textures={"_MainTex": GONE, "_BumpMap": B})
    assert (spec.albedo, spec.missing) == (None, ("_MainTex",))


def test_colors_become_linear_and_alpha_does_not() -> None:
    spec = material(colors={"_Color": (0.5, 0.04, 1, 0.5)})
    assert spec.base_color == pytest.approx((0.21404, 0.0030960, 1.0, 0.5), abs=1e-5)


@pytest.mark.parametrize(
    ("keywords", "color"), [("_EMISSION", (2.0, 0.0, 0.0, 1.0)), ("", BLACK), (None, (2.0, 0.0, 0.0, 1.0))]
)
def test_emission_that_is_switched_off(keywords: str | None, color: tuple[float, ...]) -> None:
    spec = material(textures={"_EmissionMap": E}, colors={"_EmissionColor": (2, 0, 0, 1)}, keywords=keywords)
    assert spec.emission == PICTURES[E]
    assert spec.emission_color == color


def test_smoothness_in_the_albedo_and_alone() -> None:
    options: dict[str, Any] = {"numbers": {"_SmoothnessTextureChannel": 1, "_GlossMapScale": 0.6}}
    spec = material(textures={"_MainTex": A, "_MetallicGlossMap": B}, **options)
    assert (spec.smoothness_source, spec.smoothness) == (SmoothnessSource.ALBEDO_ALPHA, 0.6)
    spec = material(numbers={"_Glossiness": 0.9, "_Metallic": 7})
    assert (spec.smoothness_source, spec.smoothness, spec.metallic) == (SmoothnessSource.VALUE, 0.9, 1.0)


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        ({"numbers": {"_Mode": 0}, "keywords": "_ALPHATEST_ON"}, AlphaMode.OPAQUE),
        ({"numbers": {"_Mode": 1, "_Cutoff": 0.3}}, AlphaMode.CLIP),
        ({"numbers": {"_Mode": 2}}, AlphaMode.BLEND),
        ({"numbers": {"_Mode": 3}}, AlphaMode.BLEND),
        ({"shader": URP_LIT, "numbers": {"_Surface": 1, "_AlphaClip": 1}}, AlphaMode.BLEND),
        ({"shader": URP_LIT, "numbers": {"_Surface": 0, "_AlphaClip": 1}}, AlphaMode.CLIP),
        ({"shader": HDRP_LIT, "numbers": {"_AlphaCutoffEnable": 1}}, AlphaMode.CLIP),
        ({"shader": OTHER_SHADER, "keywords": "_ALPHATEST_ON"}, AlphaMode.CLIP),
        ({"shader": OTHER_SHADER, "keywords": "_ALPHABLEND_ON"}, AlphaMode.BLEND),
        ({"shader": OTHER_SHADER, "queue": 3000}, AlphaMode.BLEND),
        ({"shader": OTHER_SHADER, "queue": 2450}, AlphaMode.CLIP),
        ({"shader": OTHER_SHADER, "queue": 2000}, AlphaMode.OPAQUE),
        ({"shader": OTHER_SHADER, "render_type": "TransparentCutout"}, AlphaMode.CLIP),
        ({"shader": OTHER_SHADER, "render_type": "Transparent"}, AlphaMode.BLEND),
        ({}, AlphaMode.OPAQUE),
    ],
)
def test_what_alpha_does(options: dict[str, Any], mode: AlphaMode) -> None:
    spec = material(**options)
    assert spec.alpha_mode is mode
    assert spec.alpha_cutoff == options.get("numbers", {}).get("_Cutoff", 0.5)


@pytest.mark.parametrize(
    "options",
    [{"shader": STANDARD.replace("46", "45")}, {"shader": URP_LIT, "numbers": {"_WorkflowMode": 0}}],
)
def test_a_specular_setup_has_no_metal(options: dict[str, Any]) -> None:
    numbers = {**options.pop("numbers", {}), "_Metallic": 1.0}
    spec = material(textures={"_MetallicGlossMap": A, "_SpecGlossMap": B}, numbers=numbers, **options)
    assert (spec.metallic_smoothness, spec.metallic) == (None, 0.0)
    assert spec.smoothness_source is SmoothnessSource.POLISH_ALPHA
    assert spec.polish == PICTURES[B]
    assert spec.unknown == ("_SpecGlossMap (its color)",)


def test_a_specular_setup_without_a_picture() -> None:
    spec = material(shader=STANDARD.replace("46", "45"), numbers={"_Glossiness": 0.8})
    assert (spec.smoothness_source, spec.smoothness, spec.polish) == (SmoothnessSource.VALUE, 0.8, None)
    assert spec.unknown == ()


def test_a_roughness_setup_has_roughness_where_others_have_smoothness() -> None:
    """Unity's third Standard calls its roughness by the names of the others' gloss."""
    rough = STANDARD.replace("46", "47")
    plain = material(shader=rough, numbers={"_Glossiness": 0.9, "_GlossMapScale": 0.5})
    assert plain.smoothness_source is SmoothnessSource.VALUE
    assert plain.smoothness == pytest.approx(0.1)
    spec = material(shader=rough, textures={"_MetallicGlossMap": A, "_SpecGlossMap": B})
    assert spec.smoothness_source is SmoothnessSource.POLISH_ROUGHNESS
    assert (spec.metallic_smoothness, spec.polish, spec.unknown) == (PICTURES[A], PICTURES[B], ())


def test_what_another_setup_left_behind_is_not_used() -> None:
    spec = material(shader=STANDARD, textures={"_MetallicGlossMap": A, "_SpecGlossMap": B})
    assert (spec.polish, spec.smoothness_source) == (None, SmoothnessSource.METALLIC_ALPHA)
    assert spec.unknown == ("_SpecGlossMap",)


def test_a_stripped_material_is_not_the_one() -> None:
    """It only stands for a material of another file."""
    whole = material_text("Oak", textures={"_MainTex": A})
    stripped = b"--- !u!21 &123 stripped\nMaterial:\n  m_Name: Other\n"
    head, mark, body = whole.partition(b"---")
    assert read_material_text(head + stripped + mark + body).name == "Oak"


def test_two_sides() -> None:
    assert material(shader=URP_LIT, numbers={"_Cull": 0}).double_sided
    assert not material(shader=URP_LIT, numbers={"_Cull": 2}).double_sided


def test_a_height_map_where_a_normal_map_is_expected() -> None:
    data = material_text("Oak", textures={"_BumpMap": B})
    assert make(data, is_height=lambda guid: guid == B).normal_is_height
    assert not make(data).normal_is_height


def test_a_variant_takes_the_rest_from_its_parent() -> None:
    parent = read_material_text(
        material_text("Oak", textures={"_MainTex": A, "_BumpMap": B}, colors={"_Color": (0, 0, 0, 1)})
    )
    child = material_text("Pine", shader="{fileID: 0}", textures={"_MainTex": C}, parent=guid_of("oak"))
    text = resolve_variant(read_material_text(child), {guid_of("oak"): parent})
    spec = make_material(text, guid=guid_of("pine"), find=PICTURES.get)
    assert (spec.name, spec.albedo, spec.normal, spec.base_color) == ("Pine", PICTURES[C], PICTURES[B], BLACK)


def test_variants_in_a_circle_end() -> None:
    one = read_material_text(material_text("One", parent=guid_of("two")))
    two = read_material_text(material_text("Two", parent=guid_of("one")))
    assert resolve_variant(one, {guid_of("one"): one, guid_of("two"): two}).name == "One"


OLD = b"""%YAML 1.1
%TAG !u! tag:unity3d.com,2011:
--- !u!21 &2100000
Material:
  serializedVersion: 6
  m_Name: Old
  m_Shader: {fileID: 46, guid: 0000000000000000f000000000000000, type: 0}
  m_ShaderKeywords: _EMISSION _NORMALMAP
  m_SavedProperties:
    serializedVersion: 2
    m_TexEnvs:
"""
FIRST = b"""    - first:
        name: _MainTex
      second:
        m_Texture: {fileID: 2800000, guid: %s, type: 3}
        m_Scale: {x: 4, y: 1}
        m_Offset: {x: 0, y: 0}
    m_Floats:
    - first:
        name: _Glossiness
      second: 0.25
    m_Colors:
    - first:
        name: _Color
      second: {r: 0, g: 0, b: 0, a: 1}
"""
DATA = b"""      data:
        first:
          name: _BumpMap
        second:
          m_Texture: {fileID: 0}
      data:
        first:
          name: _MainTex
        second:
          m_Texture: {fileID: 2800000, guid: %s, type: 3}
          m_Scale: {x: 4, y: 1}
          m_Offset: {x: 0, y: 0}
    m_Floats:
      data:
        first:
          name: _Glossiness
        second: 0.25
    m_Colors:
      data:
        first:
          name: _Color
        second: {r: 0, g: 0, b: 0, a: 1}
"""


@pytest.mark.parametrize("form", [FIRST, DATA])
def test_the_two_older_forms(form: bytes) -> None:
    spec = make(OLD + form % A.encode())
    assert (spec.name, spec.albedo, spec.tiling) == ("Old", PICTURES[A], (4.0, 1.0))
    assert (spec.smoothness, spec.base_color) == (0.25, BLACK)


def test_a_material_without_a_name_or_anything() -> None:
    spec = make(b"--- !u!21 &2100000\nMaterial:\n  m_Name: \n", name="Oak")
    assert (spec.name, spec.base_color, spec.albedo) == ("Oak", WHITE, None)


@pytest.mark.parametrize(
    "data", [b"", b"Material:\n  m_Name: x\n", b"--- !u!1 &1\nGameObject:\n  m_Name: x\n", b"\x00\x01\x02"]
)
def test_what_is_no_material(data: bytes) -> None:
    with pytest.raises(ImportRefused):
        read_material_text(data)


def test_numbers_that_are_none() -> None:
    data = material_text("Oak", textures={"_MainTex": A}).replace(b"{x: 1, y: 1}", b"{x: .nan, y: [1]}")
    assert make(data).tiling == (1.0, 1.0)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=6)), max_size=6),
    st.integers(0, 3000),
)
def test_damage_anywhere(edits: list[tuple[int, bytes]], length: int) -> None:
    data = bytearray(material_text("Oak", textures={"_MainTex": A, "_BumpMap": B}, numbers={"_Mode": 1}))
    for at, junk in edits:
        data[at : at + len(junk)] = junk
    with suppress(ClearanceError):
        spec = make(bytes(data[: max(length, 200)]))
        assert all(0.0 <= value <= 1.0 for value in (spec.metallic, spec.smoothness, spec.alpha_cutoff))


@given(
    st.dictionaries(st.text(max_size=12), st.floats()),
    st.dictionaries(
        st.sampled_from(["_Color", "_BaseColor", "_EmissionColor"]), st.tuples(*[st.floats()] * 4)
    ),
)
def test_any_numbers_make_a_material(numbers: dict[str, float], colors: dict[str, Any]) -> None:
    text = MaterialText(name="x", numbers=numbers, colors=colors)
    with suppress(ClearanceError):
        make_material(text, guid=A, find=PICTURES.get)
