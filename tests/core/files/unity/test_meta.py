"""An asset's settings: whose it is, and which materials its model has."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unity_packages import folder_meta, guid_of, model_meta, texture_meta

from core.errors import ClearanceError, ImportRefused
from core.files.unity.meta import MaterialNaming, is_height_map, read_meta, read_number

GUID = guid_of("chair")


def test_a_folder() -> None:
    meta = read_meta(folder_meta(GUID))
    assert (meta.guid, meta.importer, meta.is_folder, meta.model) == (GUID, "DefaultImporter", True, None)


def test_a_model_with_its_materials() -> None:
    oak, seat = guid_of("oak"), guid_of("seat")
    meta = read_meta(model_meta(GUID, {"wood": oak, "Sitz Fläche": seat}, naming=2, scale=0.01))
    assert meta.model is not None
    assert meta.model.materials == (("wood", oak), ("Sitz Fläche", seat))
    assert meta.model.naming is MaterialNaming.MODEL_AND_MATERIAL
    assert meta.model.scale == 0.01


def test_only_materials_with_a_guid_count() -> None:
    text = model_meta(GUID, {"wood": guid_of("oak"), "none": "0", "x": "../evil"}).replace(
        b"UnityEngine:Material", b"UnityEngine:Texture2D", 1
    )
    meta = read_meta(text)
    assert meta.model is not None
    assert meta.model.materials == ()


@pytest.mark.parametrize("naming", [-1, 7])
def test_odd_settings_are_the_usual_ones(naming: int) -> None:
    meta = read_meta(model_meta(GUID, naming=naming).replace(b"globalScale: 1", b"globalScale: .nan"))
    assert meta.model is not None
    assert (meta.model.naming, meta.model.scale) == (MaterialNaming.TEXTURE, 1.0)


def test_long_movements_are_passed_over() -> None:
    clips = b"".join(
        b"    - serializedVersion: 16\n      name: clip%d\n" % number for number in range(40_000)
    )
    text = model_meta(GUID, {"wood": guid_of("oak")}).replace(
        b"  meshes:", b"  animations:\n    clipAnimations:\n" + clips + b"    isReadable: 1\n  meshes:"
    )
    meta = read_meta(text)
    assert meta.model is not None
    assert meta.model.materials == (("wood", guid_of("oak")),)
    assert meta.model.scale == 1.0


@pytest.mark.parametrize("data", [b"", b"guid: nope\n", b"guid: 12\nfolderAsset: no\n"])
def test_what_says_nothing(data: bytes) -> None:
    meta = read_meta(data)
    assert (meta.guid, meta.importer, meta.is_folder, meta.model) == ("", "", False, None)


def test_what_is_no_yaml() -> None:
    with pytest.raises(ImportRefused):
        read_meta(b"ModelImporter: [")


def test_height_maps() -> None:
    assert is_height_map(texture_meta(GUID, height=True))
    assert not is_height_map(texture_meta(GUID))
    assert not is_height_map(b"")


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1.0), ("-0.5", -0.5), ("1e-05", 1e-05), ("", 9.0), ("nan", 9.0), ("inf", 9.0), ("1_0x", 9.0)],
)
def test_numbers(text: str, number: float) -> None:
    assert read_number(text, 9.0) == number


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: model_meta(GUID, {text: GUID})))
def test_any_bytes(data: bytes) -> None:
    with suppress(ClearanceError):
        meta = read_meta(data)
        assert meta.model is None or all(len(guid) == 32 for _name, guid in meta.model.materials)
