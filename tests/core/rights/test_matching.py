"""What came in is told apart again: by name, by faces and vertices, and never by guessing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from rights_samples import make_mesh, make_object, make_record

from core.rights.matching import Found, Rights, match, plain_name
from core.rights.record import Content, Part


def mesh(number: int, name: str, faces: int, vertices: int = 0) -> Found:
    return Found(key=("MESH", number), id_type="MESH", name=name, faces=faces, vertices=vertices)


def item(number: int, name: str, data: int | None = None) -> Found:
    key = ("MESH", data) if data is not None else None
    return Found(key=("OBJECT", number), id_type="OBJECT", name=name, data=key)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Chair", "Chair.001"),
        ("Stuhl rot.001", "Stuhl_rot_001"),
        ("Oak chair", "Oak_chair"),
        ("Möbel", "Mo\u0308bel"),
        ("CHAIR", "chair"),
        ("a-b", "a_b"),
    ],
)
def test_what_importers_change_in_a_name_does_not_count(name: str, other: str) -> None:
    assert plain_name(name, Part.OBJECT)[0] == plain_name(other, Part.OBJECT)[0]


@pytest.mark.parametrize("other", ["Table", "Chair2", "Chair seat"])
def test_another_name_is_another_thing(other: str) -> None:
    assert plain_name("Chair", Part.OBJECT)[0] != plain_name(other, Part.OBJECT)[0]


def test_a_name_without_letters_fits_only_itself() -> None:
    record = make_record(make_mesh("...", (0, 1, 1)), make_mesh("", (1, 2, 2)))
    assert match(record, [mesh(1, "---", 9), mesh(2, "_", 9), mesh(3, "...", 9)]).rights.keys() == {
        ("MESH", 3)
    }


def test_names_that_only_ascii_keeps_are_found() -> None:
    """USD without unicode, as Blender 4.2 writes it: every byte of a letter becomes an underscore."""
    record = make_record(make_mesh("木 椅子 mesh", (0, 3, 6)), make_mesh("Holz ä mesh", (1, 2, 4)))
    matched = match(record, [mesh(1, "___________mesh", 3), mesh(2, "Holz____mesh", 2)])
    assert matched.rights[("MESH", 1)].faces == ((0, 3),)
    assert matched.rights[("MESH", 2)].faces == ((1, 2),)


def test_data_is_found_through_its_object() -> None:
    """OBJ calls the mesh after the object."""
    record = make_record(make_object("Chair", "Seat mesh"), make_mesh("Seat mesh", (1, 4, 8), stamp=1))
    matched = match(record, [item(1, "Chair", 2), mesh(2, "Chair", 4)])
    assert matched.rights == {
        ("OBJECT", 1): Rights(stamp=0),
        ("MESH", 2): Rights(stamp=1, faces=((1, 4),)),
    }
    assert matched.missing == ()


def test_an_object_that_lost_its_name_is_known_by_its_data() -> None:
    """USD calls an object after its mesh."""
    record = make_record(
        make_object("Chair", "Seat"), make_object("Table", "Top", stamp=1),
        make_mesh("Seat", (0, 4, 8)), make_mesh("Top", (1, 6, 9), stamp=1),
    )  # fmt: skip
    matched = match(record, [item(1, "Seat", 3), item(2, "Top", 4), mesh(3, "Seat", 4), mesh(4, "Top", 6)])
    assert matched.rights[("OBJECT", 1)].stamp == 0
    assert matched.rights[("OBJECT", 2)].stamp == 1
    assert matched.missing == ()


def test_numbers_behind_names_keep_their_order() -> None:
    """Beside a "Chair" of the user's, "Chair" and "Chair.001" come in as "Chair.001" and "Chair.002"."""
    record = make_record(make_mesh("Chair", (0, 4, 4)), make_mesh("Chair.001", (1, 4, 4), stamp=1))
    matched = match(record, [mesh(2, "Chair.002", 4), mesh(1, "Chair.001", 4)])
    assert matched.rights[("MESH", 1)].stamp == 0
    assert matched.rights[("MESH", 2)].stamp == 1


def test_faces_decide_where_names_do_not() -> None:
    record = make_record(make_mesh("Part", (0, 4, 4)), make_mesh("Part.001", (1, 7, 7), stamp=1))
    matched = match(record, [mesh(1, "Part.001", 4), mesh(2, "Part.002", 7), mesh(3, "Part.003", 7)])
    assert [matched.rights[("MESH", number)].stamp for number in (1, 2, 3)] == [0, 1, 1]


def test_what_stays_open_gets_nothing_and_is_named() -> None:
    record = make_record(make_mesh("Part", (0, 4, 4)), make_mesh("Part.001", (1, 4, 4), stamp=1))
    matched = match(record, [mesh(1, "Part.005", 4)])
    assert matched.rights == {}
    assert matched.unclear == ("Part.005",)
    assert matched.missing == ("Part", "Part.001")


def test_entries_that_say_the_same_need_no_choice() -> None:
    record = make_record(*(make_mesh(f"Leaf.{n:03}", (0, 2, 2)) for n in range(1, 5)))
    matched = match(record, [mesh(n, f"Leaf.{n:03}", 2) for n in range(7, 9)])
    assert len(matched.rights) == 2
    assert matched.missing == ()


def test_faces_that_came_in_another_form_keep_every_license() -> None:
    record = make_record(make_mesh("Chair", (0, 6, 12), (1, 2, 4)))
    rights = match(record, [mesh(1, "Chair", 40)]).rights[("MESH", 1)]
    assert rights.faces == ((0, 30), (1, 10))
    assert not rights.is_exact


def test_one_license_is_exact_in_any_form() -> None:
    rights = match(make_record(make_mesh("Chair", (0, 6, 12))), [mesh(1, "Chair", 40)]).rights[("MESH", 1)]
    assert rights == Rights(stamp=0, faces=((0, 40),))


def test_an_image_is_known_by_its_file() -> None:
    record = make_record(Content(id_type="IMAGE", name="Bark diffuse", stamp=0, alias="bark_4k.png"))
    for name in ("Bark diffuse", "bark_4k.png", "bark_4k", "bark_4k.jpg"):
        found = Found(key=("IMAGE", 1), id_type="IMAGE", name=name)
        assert match(record, [found]).rights == {("IMAGE", 1): Rights(stamp=0)}


def test_kinds_are_not_mixed_up_but_for_geometry() -> None:
    record = make_record(
        Content(id_type="MATERIAL", name="Oak", stamp=0), Content(id_type="CURVE", name="Wire", stamp=1)
    )
    matched = match(record, [mesh(1, "Wire", 12), Found(key=("IMAGE", 2), id_type="IMAGE", name="Oak")])
    assert matched.rights.keys() == {("MESH", 1)}
    assert matched.rights[("MESH", 1)].stamp == 1


def test_an_object_keeps_the_faces_that_modifiers_made() -> None:
    base = make_mesh("Mesh", (0, 1, 1))
    cut = Content(
        id_type="OBJECT", name="Cut", stamp=0, data="Mesh", runs=make_mesh("", (0, 3, 3), (1, 2, 2)).runs
    )
    matched = match(make_record(base, cut), [item(1, "Cut", 2), mesh(2, "Mesh", 5)])
    assert matched.rights[("MESH", 2)].faces == ((0, 3), (1, 2))


class TestMerged:
    """STL and PLY make one mesh of everything."""

    record = make_record(
        make_mesh("A", (0, 2, 4)), make_mesh("", (-1, 1, 2), stamp=None), make_mesh("B", (1, 3, 6), stamp=1),
        is_merged=True, format="stl",
    )  # fmt: skip

    def test_the_one_mesh_has_all_licenses(self) -> None:
        matched = match(self.record, [item(1, "any", 2), mesh(2, "any", 12)])
        assert matched.rights[("MESH", 2)] == Rights(stamp=None, faces=((0, 4), (-1, 2), (1, 6)))
        assert ("OBJECT", 1) not in matched.rights

    def test_one_license_for_all_is_the_stamp(self) -> None:
        record = make_record(make_mesh("A", (0, 2, 4)), make_mesh("B", (0, 1, 2)), is_merged=True)
        matched = match(record, [item(1, "x", 2), mesh(2, "x", 3)])
        assert matched.rights[("OBJECT", 1)].stamp == matched.rights[("MESH", 2)].stamp == 0

    def test_in_a_strange_scene_the_faces_have_to_fit(self) -> None:
        matched = match(self.record, [mesh(1, "x", 11), mesh(2, "y", 6)], strict=True)
        assert matched.rights.keys() == {("MESH", 2)}


class TestStrict:
    """In a scene with other things in it, a name alone proves nothing."""

    record = make_record(
        make_object("Chair", "Seat"), make_mesh("Seat", (0, 4, 8), vertices=9),
        Content(id_type="MATERIAL", name="Oak", stamp=0), make_object("Root", stamp=0),
    )  # fmt: skip

    def find(self, *found: Found, **values: Any) -> set[tuple[str, int]]:
        return set(match(self.record, found, strict=True).rights)

    def test_the_same_shape_is_found(self) -> None:
        assert self.find(item(1, "Chair", 2), mesh(2, "Seat", 4, 9)) == {("OBJECT", 1), ("MESH", 2)}

    @pytest.mark.parametrize(("faces", "vertices"), [(5, 9), (4, 10), (0, 0)])
    def test_another_shape_of_that_name_is_not(self, faces: int, vertices: int) -> None:
        assert self.find(item(1, "Chair", 2), mesh(2, "Seat", faces, vertices)) == set()

    def test_a_material_needs_a_user_that_was_found(self) -> None:
        oak = Found(key=("MATERIAL", 3), id_type="MATERIAL", name="Oak", owners=frozenset({("OBJECT", 1)}))
        alone = Found(key=("MATERIAL", 4), id_type="MATERIAL", name="Oak")
        shape = (item(1, "Chair", 2), mesh(2, "Seat", 4, 9))
        assert ("MATERIAL", 3) in self.find(*shape, oak)
        assert self.find(oak, alone) == set()

    def test_what_has_no_faces_is_not_taken_by_its_name(self) -> None:
        assert self.find(item(5, "Root")) == set()


def test_ten_thousand_objects_are_matched_quickly() -> None:
    contents: list[Content] = []
    found: list[Found] = []
    for n in range(10_000):
        contents += [
            make_object(f"Leaf.{n:05}", f"Leaf mesh.{n:05}", stamp=n % 2),
            make_mesh(f"Leaf mesh.{n:05}", (n % 2, 4 + n % 3, 8), stamp=n % 2, vertices=9),
        ]
        found += [item(n, f"Leaf.{n:05}", n), mesh(n, f"Leaf mesh.{n:05}", 4 + n % 3, 9)]
    began = time.process_time()
    matched = match(make_record(*contents), found)
    spent = time.process_time() - began
    print(f"matched in {spent:.2f} s")
    assert all(matched.rights[("MESH", n)].stamp == n % 2 for n in range(10_000))
    assert matched.missing == ()
