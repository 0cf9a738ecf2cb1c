"""Materials that only prefabs give to a model's parts, as far as the prefabs' text tells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unity_packages import (
    PackageMaker,
    guid_of,
    instance,
    material_text,
    model_meta,
    prefab_text,
    shown_mesh,
    stands_for,
    tree_fbx,
)

from core.files.archives.unpack import unpack
from core.files.unity.describe import DescribedMaterials, describe_materials
from core.files.unity.fbx_nodes import read_nodes
from core.files.unity.file_ids import Node, make_file_id, number_parts
from core.files.unity.package import UnityPackage
from core.files.unity.prefab_text import read_prefab_text

MODEL = "Assets/Chair/Chair.fbx"
CHAIR = guid_of(MODEL)
OAK, CLOTH, BLUE = (guid_of(f"Assets/{name}.mat") for name in ("Oak", "Cloth", "Blue"))
SEAT = make_file_id("Type:Mesh->Seat0")
LEGS = make_file_id("Type:Mesh->Legs0")
SEAT_RENDERER = make_file_id("Type:MeshRenderer->//RootNode/root/Frame/Seat/MeshRenderer0")
LEGS_RENDERER = make_file_id("Type:MeshRenderer->//RootNode/root/Legs/MeshRenderer0")
TREE = tree_fbx(("Frame", ""), ("Seat", "Frame"), ("Legs", ""), meshes=("Seat", "Legs"))


def described(
    folder: Path,
    prefabs: dict[str, bytes],
    *,
    model: bytes = TREE,
    meta: bytes | None = None,
) -> DescribedMaterials:
    """Pack the chair with prefabs, unpack it, and say what its import is told."""
    maker = PackageMaker()
    maker.add(MODEL, model, meta=meta or model_meta(CHAIR))
    for name in ("Oak", "Cloth", "Blue"):
        maker.add(f"Assets/{name}.mat", material_text(name))
    for path, text in prefabs.items():
        maker.add(path, text)
    return describe(package_of(folder, maker))


def package_of(folder: Path, maker: PackageMaker) -> UnityPackage:
    archive = folder / "a.unitypackage"
    archive.write_bytes(maker.package())
    (package,) = unpack(archive, folder / "out").packages
    return package


def describe(package: UnityPackage) -> DescribedMaterials:
    return describe_materials(package.models[0].path, "fbx", [package])


def names_of(told: DescribedMaterials) -> list[str]:
    return sorted(one.name for one in told.materials)


def test_numbers_that_all_models_share() -> None:
    """Seen in thousands of public projects; the meshes' in a public test against Unity 6."""
    assert make_file_id("Type:GameObject->//RootNode/root0") == 919132149155446097
    assert make_file_id("Type:Transform->//RootNode/root/Transform0") == -8679921383154817045
    assert make_file_id("Type:MeshRenderer->//RootNode/root/MeshRenderer0") == -7511558181221131132
    assert make_file_id("Type:Mesh->Child0") == -7630113837697264728
    assert make_file_id("Type:Mesh->Spike0") == 9188603553798411242
    assert make_file_id("Type:SkinnedMeshRenderer->tights0") == -5758174076135708240


def test_a_prefab_lists_a_meshs_materials(tmp_path: Path) -> None:
    text = prefab_text(
        shown_mesh(10, SEAT, CHAIR, CLOTH, OAK), shown_mesh(20, LEGS, CHAIR, OAK, skinned=True)
    )
    told = described(tmp_path, {"Assets/Chair.prefab": text})
    assert dict(told.parts) == {"Seat": (CLOTH, OAK), "Legs": (OAK,)}
    assert names_of(told) == ["Cloth", "Oak"]
    assert told.notes == ()


def test_what_is_not_the_packages_stays_as_the_model_has_it(tmp_path: Path) -> None:
    text = prefab_text(
        shown_mesh(10, SEAT, CHAIR, "", OAK, CHAIR, "0000000000000000f000000000000000"),
        shown_mesh(20, LEGS, CHAIR, guid_of("in another package")),
        shown_mesh(30, LEGS, guid_of("another model"), OAK),
        shown_mesh(40, 12345, CHAIR, OAK),
    )
    told = described(tmp_path, {"Assets/Chair.prefab": text})
    assert dict(told.parts) == {"Seat": ("", OAK, "", "")}


def test_a_model_that_is_used_in_a_prefab(tmp_path: Path) -> None:
    text = prefab_text(
        instance(500, CHAIR, (SEAT_RENDERER, 1, BLUE), (LEGS_RENDERER, 0, OAK), (77, 0, CLOTH))
    )
    told = described(tmp_path, {"Assets/Chair.prefab": text})
    assert dict(told.parts) == {"Seat": ("", BLUE), "Legs": (OAK,)}


@pytest.mark.parametrize("is_written", [True, False])
@pytest.mark.parametrize("number", [500, -500, 6121675629342051127, -8679921383154817045])
def test_a_variant_changes_what_it_takes(number: int, is_written: bool, tmp_path: Path) -> None:
    """Of a model that its base uses: by a part that stands for the model's, or by its number alone."""
    inner = (SEAT_RENDERER ^ number) & ((1 << 63) - 1)
    base = [instance(number, CHAIR, (LEGS_RENDERER, 0, OAK))]
    if is_written:
        inner = 4242
        base.append(stands_for(inner, CHAIR, SEAT_RENDERER, number))
    path = "Assets/Base.prefab"
    variant = prefab_text(instance(900, guid_of(path), (inner, 0, BLUE)))
    told = described(tmp_path, {path: prefab_text(*base), "Assets/Chair.prefab": variant})
    assert dict(told.parts) == {"Seat": (BLUE,), "Legs": (OAK,)}


def test_a_variant_of_a_variant_of_a_listed_mesh(tmp_path: Path) -> None:
    base, middle = "Assets/A.prefab", "Assets/B.prefab"
    prefabs = {
        base: prefab_text(shown_mesh(10, SEAT, CHAIR, OAK, OAK)),
        middle: prefab_text(instance(900, guid_of(base), (10, 0, CLOTH))),
        "Assets/Chair.prefab": prefab_text(instance(901, guid_of(middle), (10 ^ 900, 1, BLUE))),
    }
    told = described(tmp_path, prefabs)
    assert dict(told.parts) == {"Seat": (CLOTH, BLUE)}
    (note,) = told.notes
    assert note.startswith(
        "“Chair.fbx” has other materials in 2 other prefabs of the package; those of “Chair.pr"
    )


def test_of_several_prefabs_the_one_that_is_called_like_the_model(tmp_path: Path) -> None:
    one = prefab_text(shown_mesh(10, SEAT, CHAIR, OAK), shown_mesh(20, LEGS, CHAIR, OAK))
    other = prefab_text(shown_mesh(10, SEAT, CHAIR, BLUE))
    told = described(tmp_path, {"Assets/A.prefab": one, "Assets/chair.prefab": other})
    assert dict(told.parts) == {"Seat": (BLUE,), "Legs": (OAK,)}
    (note,) = told.notes
    assert note.startswith(
        "“Chair.fbx” has other materials in another prefab of the package; those of “chair."
    )
    (tmp_path / "2").mkdir()
    told = described(tmp_path / "2", {"Assets/A.prefab": one, "Assets/B.prefab": one})
    assert told.notes == ()


def test_numbers_that_the_models_settings_list(tmp_path: Path) -> None:
    """Of Unity before 2019, and of models that have kept their numbers since."""
    old = model_meta(CHAIR).replace(
        b"ModelImporter:\n",
        b"ModelImporter:\n  fileIDToRecycleName:\n    100000: Seat\n    2300000: Seat\n    4300000: Seat\n"
        b"    4300002: 'Legs: two'\n    4300004: //RootNode\n",
    )
    text = prefab_text(
        shown_mesh(10, 4300000, CHAIR, OAK),
        shown_mesh(20, 4300002, CHAIR, BLUE),
        shown_mesh(30, 4300004, CHAIR, BLUE),
    )
    told = described(tmp_path, {"Assets/Chair.prefab": text}, meta=old)
    assert dict(told.parts) == {"Seat": (OAK,), "Legs: two": (BLUE,)}
    kept = model_meta(CHAIR).replace(
        b"ModelImporter:\n",
        b"ModelImporter:\n  internalIDToNameTable:\n  - first:\n      43: 4300002\n    second: Seat\n"
        b"  - first:\n      74: 7400000\n    second: Walk\n",
    )
    (tmp_path / "2").mkdir()
    told = described(
        tmp_path / "2", {"Assets/Chair.prefab": prefab_text(shown_mesh(1, 4300002, CHAIR, OAK))}, meta=kept
    )
    assert dict(told.parts) == {"Seat": (OAK,)}


@pytest.mark.parametrize("wide", [True, False])
def test_a_model_of_one_node_is_that_node(wide: bool, tmp_path: Path) -> None:
    alone = tree_fbx(("Stool", ""), meshes=("Stool",), wide=wide)
    text = prefab_text(instance(5, CHAIR, (-7511558181221131132, 0, OAK)))
    assert dict(described(tmp_path, {"Assets/Chair.prefab": text}, model=alone).parts) == {"Stool": (OAK,)}
    old = model_meta(CHAIR).replace(
        b"ModelImporter:\n", b"ModelImporter:\n  fileIDToRecycleName:\n    2300000: //RootNode\n"
    )
    (tmp_path / "2").mkdir()
    text = prefab_text(instance(5, CHAIR, (2300000, 0, OAK)))
    told = described(tmp_path / "2", {"Assets/Chair.prefab": text}, model=alone, meta=old)
    assert dict(told.parts) == {"Stool": (OAK,)}


def test_prefabs_that_go_round_in_circles(tmp_path: Path) -> None:
    first, second = "Assets/A.prefab", "Assets/B.prefab"
    prefabs = {
        first: prefab_text(instance(1, guid_of(second), (5, 0, OAK)), shown_mesh(10, SEAT, CHAIR, OAK)),
        second: prefab_text(instance(2, guid_of(first), (6, 0, BLUE)), instance(3, guid_of(second))),
    }
    assert dict(described(tmp_path, prefabs).parts) == {"Seat": (OAK,)}


def test_windows_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    text = prefab_text(shown_mesh(10, SEAT, CHAIR, OAK), instance(7, CHAIR, (LEGS_RENDERER, 0, BLUE)))
    text = b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n")
    assert dict(described(tmp_path, {"Assets/Chair.prefab": text}).parts) == {"Seat": (OAK,), "Legs": (BLUE,)}


def test_the_models_own_table_and_prefabs_together(tmp_path: Path) -> None:
    """Both are handed over: what a prefab shows comes first, the table is for the rest."""
    told = described(
        tmp_path,
        {"Assets/Chair.prefab": prefab_text(shown_mesh(10, SEAT, CHAIR, BLUE))},
        meta=model_meta(CHAIR, {"wood": OAK}),
    )
    assert dict(told.parts) == {"Seat": (BLUE,)}
    assert names_of(told) == ["Blue"], "the FBX has no material called wood"


def test_without_prefabs_it_is_as_before(tmp_path: Path) -> None:
    told = described(tmp_path, {})
    assert (told.parts, told.materials) == ((), ())


def test_nodes_of_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "a.fbx"
    path.write_text(
        '; FBX 7.3.0 project file\nObjects:  {\n\tModel: 11, "Model::Frame", "Null" {\n\t}\n'
        '\tModel: 12, "Model::Seat", "Mesh" {\n\t}\n}\nConnections:  {\n\tC: "OO",11,0\n\tC: "OO",12,11\n}\n'
    )
    nodes = read_nodes(path)
    assert nodes == {
        11: Node(key=11, name="Frame"),
        12: Node(key=12, name="Seat", parent=11, has_mesh=True),
    }
    assert number_parts(nodes)[SEAT_RENDERER] == "Seat"


@pytest.mark.parametrize("wide", [True, False])
def test_records_that_end_beyond_the_file(wide: bool, tmp_path: Path) -> None:
    data = bytearray(tree_fbx(("A", ""), meshes=("A",), wide=wide))
    width = 8 if wide else 4
    path = tmp_path / "a.fbx"
    for end in (len(data) + 1, 2 ** (8 * width - 1), 2 ** (8 * width) - 1):
        data[27 : 27 + width] = end.to_bytes(width, "little")
        path.write_bytes(bytes(data))
        assert read_nodes(path) == {}


def test_two_nodes_of_one_name() -> None:
    nodes = {number: Node(key=number, name="Leg", has_mesh=True) for number in (1, 2)}
    found = number_parts(nodes)
    assert found[make_file_id("Type:Mesh->Leg0")] == found[make_file_id("Type:Mesh->Leg1")] == "Leg"


def test_nodes_that_are_below_themselves(tmp_path: Path) -> None:
    path = tmp_path / "a.fbx"
    path.write_bytes(tree_fbx(("A", "B"), ("B", "A"), ("C", "C"), meshes=("A", "C")))
    assert len(number_parts(read_nodes(path))) > 4


def test_other_files_have_no_nodes(tmp_path: Path) -> None:
    path = tmp_path / "a.fbx"
    for content in (
        b"",
        b"x" * 100,
        TREE[:27],
        b"Kaydara FBX Binary  \x00\x1a\x00\x38\x18\x00\x00" + b"x" * 500,
    ):
        path.write_bytes(content)
        assert read_nodes(path) == {}


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(st.integers(27, len(TREE)), st.binary(min_size=1, max_size=9)), min_size=1, max_size=4)
)
def test_damaged_files(tmp_path_factory: pytest.TempPathFactory, edits: Sequence[tuple[int, bytes]]) -> None:
    data = bytearray(TREE)
    for place, junk in edits:
        data[place : place + len(junk)] = junk
    path = tmp_path_factory.mktemp("fbx") / "a.fbx"
    path.write_bytes(bytes(data))
    assert len(read_nodes(path)) <= 3


WHOLE = prefab_text(
    shown_mesh(10, SEAT, CHAIR, OAK), instance(5, CHAIR, (LEGS_RENDERER, 0, BLUE)), stands_for(6, CHAIR, 7, 5)
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE)), st.binary(min_size=1, max_size=30)), max_size=6),
    st.integers(0, 3),
)
def test_damaged_prefabs(edits: Sequence[tuple[int, bytes]], cut: int) -> None:
    data = bytearray(WHOLE)
    for place, junk in edits:
        data[place : place + len(junk)] = junk
    found = read_prefab_text(bytes(data)[: len(data) - cut * 100])
    assert len(found.shown) <= 1
    assert len(found.instances) <= 1


def test_a_hostile_prefab_is_read_in_reasonable_steps() -> None:
    """Braces that never close, and lists without end: no pattern goes back over them again and again."""
    head = b"--- !u!1001 &1\nPrefabInstance:\n"
    assert read_prefab_text(head + b"    - target: {fileID: 1, guid: " * 40_000).instances == {}
    many = (
        b"--- !u!23 &1\nMeshRenderer:\n  m_GameObject: {fileID: 2}\n  m_Materials:\n"
        + b"  - {fileID: 0}\n" * 40_000
    )
    assert read_prefab_text(many + b"  - {").shown == {}
    assert read_prefab_text(b"\xff\x00" * 10_000).shown == {}
