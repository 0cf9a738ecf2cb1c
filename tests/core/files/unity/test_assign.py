"""Materials go to the names that the model says, then to those that are called the same nearby."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from unity_packages import binary_fbx, guid_of

from core.files.unity.assign import Assignment, PlacedMaterial, assign_materials
from core.files.unity.meta import MaterialNaming, ModelSettings
from core.files.unity.slot_names import read_material_names
from core.model.material import MaterialSpec

MODEL = PurePosixPath("Assets/Pack/Models/Chair.fbx")


def placed(path: str, *, name: str = "") -> PlacedMaterial:
    pathname = PurePosixPath(path)
    return PlacedMaterial(
        spec=MaterialSpec(name=name or pathname.stem, guid=guid_of(path)), pathname=pathname
    )


def assign(
    *materials: PlacedMaterial,
    table: dict[str, str] | None = None,
    naming: MaterialNaming = MaterialNaming.MATERIAL,
    names: set[str] | None = None,
) -> Assignment:
    settings = ModelSettings(materials=tuple((table or {}).items()), naming=naming)
    return assign_materials(MODEL, settings, materials, names=names)


def test_the_models_own_table_is_first() -> None:
    oak, wood = placed("Assets/Oak.mat"), placed("Assets/Pack/Models/wood.mat")
    found = assign(oak, wood, table={"wood": oak.spec.guid}, names={"wood"})
    assert found == Assignment(slots=(("wood", oak.spec.guid),))


def test_by_name_the_nearest() -> None:
    near = placed("Assets/Pack/Models/Materials/wood.mat")
    above = placed("Assets/Pack/Materials/wood.mat")
    far = placed("Assets/Other/wood.mat")
    assert dict(assign(far, above, near).slots) == {"wood": near.spec.guid}
    assert dict(assign(far, above).slots) == {"wood": above.spec.guid}
    assert dict(assign(far).slots) == {"wood": far.spec.guid}


def test_two_equally_far_are_not_guessed_at() -> None:
    found = assign(placed("Assets/A/wood.mat"), placed("Assets/B/wood.mat"), names={"wood"})
    assert found.slots == ()
    assert found.notes == ("Several materials are called “wood”; none of them was chosen.",)


def test_a_material_that_the_package_lacks_is_named() -> None:
    found = assign(placed("Assets/wood.mat"), table={"wood": guid_of("gone")}, names={"wood"})
    assert found.slots == ()
    assert found.notes == ("The package lacks the materials for “wood”; the model's own are kept.",)


def test_only_names_that_the_model_has() -> None:
    oak, seat = placed("Assets/Oak.mat"), placed("Assets/Seat.mat")
    found = assign(oak, seat, table={"gone": guid_of("gone")}, names={"Seat"})
    assert found == Assignment(slots=(("Seat", seat.spec.guid),))


def test_nothing_that_fits_is_said() -> None:
    found = assign(placed("Assets/Oak.mat"), names={"lambert1"})
    assert found.slots == ()
    assert len(found.notes) == 1
    assert "not said" in found.notes[0]


@pytest.mark.parametrize("names", [set(), {"lambert1"}])
def test_without_materials_there_is_nothing_to_say(names: set[str]) -> None:
    assert assign(names=names) == Assignment()


def test_a_model_without_materials_wants_none() -> None:
    assert assign(placed("Assets/Oak.mat"), names=set()) == Assignment()


def test_names_that_unity_made_of_model_and_material() -> None:
    wood = placed("Assets/Pack/Models/Materials/Chair-wood.mat")
    assert dict(assign(wood, naming=MaterialNaming.MODEL_AND_MATERIAL, names={"wood"}).slots) == {
        "wood": wood.spec.guid
    }
    assert assign(wood, names={"wood"}).slots == ()


def test_the_file_or_the_name_in_it() -> None:
    one = placed("Assets/Oak_01.mat", name="Oak")
    assert dict(assign(one).slots) == {"Oak": one.spec.guid, "Oak_01": one.spec.guid}


def test_many_names_are_cut_short() -> None:
    table = {f"part{number}": guid_of("gone") for number in range(9)}
    (note,) = assign(placed("Assets/a.mat"), table=table, names=set(table)).notes
    assert "and 4 more" in note


def test_names_in_a_binary_fbx(tmp_path: Path) -> None:
    path = tmp_path / "a.fbx"
    path.write_bytes(binary_fbx("wood", "Größe 2", "S"))
    assert read_material_names(path, "fbx") == {"wood", "Größe 2", "S"}


def test_names_across_two_pieces(tmp_path: Path) -> None:
    path = tmp_path / "a.fbx"
    start = binary_fbx("first")
    path.write_bytes(start + b"\x00" * (1024 * 1024 - len(start) - 10) + binary_fbx("second"))
    assert read_material_names(path, "fbx") == {"first", "second"}


def test_names_in_a_text_fbx_and_an_obj(tmp_path: Path) -> None:
    path = tmp_path / "a.fbx"
    path.write_text(
        '; FBX 7.4.0 project file\nObjects:  {\n\tMaterial: 12, "Material::wood", "" {\n\t}\n'
        '\tTexture: 13, "Texture::Material", "" {\n\t}\n\tMaterial: "Material::old", "" {\n}\n'
    )
    assert read_material_names(path, "fbx") == {"wood", "old"}
    path.write_text("o x\nusemtl wood oak \r\nf 1 2 3\n usemtl seat\n# usemtl none\n")
    assert read_material_names(path, "obj") == {"wood oak", "seat"}


def test_a_format_that_is_not_looked_into(tmp_path: Path) -> None:
    assert read_material_names(tmp_path / "a.blend", "blend") is None


@pytest.mark.needs_shared
def test_a_real_model_without_materials(shared_dir: Path, tmp_path: Path) -> None:
    from core.files.archives.unpack import unpack

    (package,) = unpack(shared_dir / "assets" / "fbxscaletest.unitypackage", tmp_path / "out").packages
    assert all(read_material_names(model.path, "fbx") == frozenset() for model in package.models)
