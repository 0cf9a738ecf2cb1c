"""From the store to what an importer gets: unpacked, harmless, chosen; and the store stays as it was."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from file_samples import BLEND_42, BLEND_52, OBJ, SAMPLES, TRIANGLE, make_glb, make_gltf, make_png, make_zip
from unity_packages import (
    PackageMaker,
    binary_fbx,
    chair_package,
    guid_of,
    material_text,
    model_meta,
)

from core.errors import CancelledError, DownloadError, DownloadRefused, ImportRefused, UserInputError
from core.files.prepare import ReadyImport, prepare_import
from core.files.store import Store
from core.http.cancel import CancelToken
from core.model.grant import Grant, GrantFile
from core.model.listing import ListingRef, MediaKind

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def keep(store: Store, name: str, content: bytes) -> GrantFile:
    path = store.incoming() / "part"
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    store.adopt(path, sha256)
    return GrantFile(
        grant_id="grant_1", sha256=sha256, name=name, size=len(content), media_type="", downloaded_at=NOW
    )


def prepare(store: Store, *files: GrantFile, title: str = "Chair", **options: Any) -> ReadyImport:
    grant = Grant(
        id="grant_1",
        order_id="order_1",
        ref=ListingRef(marketplace="cgtrader", id="12345"),
        title=title,
        author="",
        kind=options.pop("kind", MediaKind.MODEL),
        license_id="x",
        license_label="x",
        terms_sha256="0" * 64,
        marketplace_license_id="",
        licensee="",
        project="",
        granted_at=NOW,
    )
    return prepare_import(store, grant=grant, files=files, **options)


def assert_nothing_left(store: Store) -> None:
    assert list((store.root / "work").iterdir()) == []


def test_an_archive_is_unpacked_and_its_main_file_chosen(store: Store) -> None:
    material = b"newmtl wood\nmap_Kd C:\\wood.png\n"
    content = make_zip({"chair/chair.obj": OBJ, "chair/tri.mtl": material, "chair/wood.png": make_png()})
    ready = prepare(store, keep(store, "chair.zip", content))
    assert ready.plan.path == ready.folder / "chair" / "chair" / "chair.obj"
    assert (ready.plan.format, ready.plan.kind, ready.plan.name) == ("obj", MediaKind.MODEL, "Chair")
    assert ready.plan.keep_files_in is None
    assert ready.plan.folder == ready.folder
    assert len(ready.warnings) == 1
    assert "map_Kd wood.png" in (ready.plan.path.parent / "tri.mtl").read_text()


def test_a_single_file_is_copied_and_the_stored_one_is_not_changed(store: Store) -> None:
    file = keep(store, "chair.obj", OBJ.replace(b"tri.mtl", b"../tri.mtl"))
    ready = prepare(store, file)
    assert ready.plan.path.read_bytes().count(b"#tllib") == 1
    assert store.check(file.sha256)
    assert ready.plan.path.is_relative_to(store.root / "work")


def test_several_files_lie_beside_each_other(store: Store) -> None:
    root = make_gltf(buffers=[{"byteLength": 44, "uri": "chair.bin"}])
    text = keep(store, "chair.gltf", json.dumps(root).encode())
    binary = keep(store, "chair.bin", TRIANGLE)
    textures = keep(store, "textures.zip", make_zip({"wood.png": make_png()}))
    ready = prepare(store, text, binary, textures)
    assert ready.plan.format == "gltf"
    assert {path.name for path in ready.folder.iterdir()} == {"chair.gltf", "chair.bin", "textures"}


def test_two_files_of_one_name(store: Store) -> None:
    ready = prepare(
        store, keep(store, "a.glb", make_glb()), keep(store, "a.glb", make_glb(make_gltf(scene=0)))
    )
    assert {path.name for path in ready.folder.iterdir()} == {"a.glb", "a_2.glb"}
    ready = prepare(
        store, keep(store, "a.zip", make_zip({"x.glb": make_glb()})), keep(store, "a.zip", make_zip({}))
    )
    assert {path.name for path in ready.folder.iterdir()} == {"a", "a_2"}


def test_an_image(store: Store) -> None:
    ready = prepare(store, keep(store, "photo.jpg", SAMPLES["jpg"]), kind=MediaKind.IMAGE)
    assert (ready.plan.format, ready.plan.path.name) == ("jpg", "photo.jpg")


def test_a_blend_is_laid_out_as_it_is(store: Store) -> None:
    ready = prepare(store, keep(store, "a.blend", BLEND_42))
    assert ready.plan.path.read_bytes() == BLEND_42
    assert ready.warnings == ()


def test_the_hosts_limits_count(store: Store) -> None:
    file = keep(store, "a.zip", make_zip({"a.blend": BLEND_52, "a.glb": make_glb()}))
    assert prepare(store, file, newest_blend=(4, 2)).plan.format == "glb"
    assert prepare(store, file, supported_formats=("blend",)).plan.format == "blend"
    with pytest.raises(ImportRefused):
        prepare(store, file, supported_formats=("fbx",))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("A\x00b\nc\u202ed", "A b c d"),
        ("x" * 10_000, "x" * 60),
        ("\x00", "12345"),
        ("<b>../Chair: red?</b>", "<b>../Chair: red?</b>"),
        ("ä" * 99, "ä" * 30),
        ("half \ud800", "half"),
    ],
)
def test_names_are_fit_for_data_blocks(title: str, name: str, store: Store) -> None:
    assert prepare(store, keep(store, "a.glb", make_glb()), title=title).plan.name == name


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.zip", make_zip({"../evil": b"x"}), DownloadRefused),
        ("a.zip", make_zip({"a.txt": b"x"}), ImportRefused),
        ("a.glb", make_glb(make_gltf(images=[{"uri": "http://x/y"}])), ImportRefused),
        ("a.glb", make_glb()[:-4], ImportRefused),
    ],
)
def test_what_is_refused_leaves_nothing(
    name: str, content: bytes, error: type[Exception], store: Store
) -> None:
    with pytest.raises(error):
        prepare(store, keep(store, name, content))
    assert_nothing_left(store)


def test_a_file_that_is_gone_or_damaged_is_to_be_fetched_again(store: Store) -> None:
    file = keep(store, "a.glb", make_glb())
    place = store.place(file.sha256)
    place.chmod(0o644)
    place.write_bytes(make_glb().replace(b"asset", b"asseT"))
    with pytest.raises(DownloadError) as caught:
        prepare(store, file)
    assert caught.value.code == "download.not_in_store"
    assert caught.value.retryable
    place.unlink()
    with pytest.raises(DownloadError):
        prepare(store, file)
    assert_nothing_left(store)


def test_cancelling_leaves_nothing(store: Store) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        prepare(store, keep(store, "a.zip", make_zip({"a.glb": make_glb()})), cancel=token)
    assert_nothing_left(store)


def test_the_folder_lives_until_it_is_cleaned(store: Store) -> None:
    ready = prepare(store, keep(store, "a.glb", make_glb()))
    assert ready.plan.path.exists()
    assert store.clean() == 1
    assert not ready.folder.exists()


def test_a_unity_package_brings_its_materials(store: Store) -> None:
    ready = prepare(store, keep(store, "chair.unitypackage", chair_package().package()))
    plan = ready.plan
    inside = ready.folder / "chair"
    assert (plan.path, plan.format, plan.kind) == (
        inside / "Assets/Chairs/Chair.fbx",
        "fbx",
        MediaKind.MODEL,
    )
    oak, seat = plan.materials
    assert dict(plan.material_slots) == {"wood": oak.guid, "Seat": seat.guid}
    assert oak.albedo == inside / "Assets/Chairs/Textures/oak_albedo.png"
    assert (oak.tiling, oak.offset) == ((2.0, 3.0), (0.5, 0.25))
    assert ready.warnings == ()
    assert not any(path.suffix in (".cs", ".dll", ".shader") for path in ready.folder.rglob("*"))


def test_another_model_of_a_package_can_be_taken(store: Store) -> None:
    maker = chair_package()
    maker.add("Assets/Chairs/Chair@Fall.fbx", binary_fbx("wood") + b"\x00" * 5000)
    maker.add("Assets/Chairs/Table.fbx", binary_fbx("Seat"), meta=model_meta(guid_of("t"), scale=0.01))
    file = keep(store, "chair.unitypackage", maker.package())
    first = prepare(store, file)
    assert first.plan.path.name == "Chair.fbx"
    assert first.alternatives == (
        "chair/Assets/Chairs/Table.fbx",
        "chair/Assets/Chairs/Chair@Fall.fbx",
    )
    second = prepare(store, file, wanted=first.alternatives[0])
    assert second.plan.path.name == "Table.fbx"
    assert dict(second.plan.material_slots) == {"Seat": guid_of("Assets/Chairs/Materials/Seat.mat")}
    assert [one.name for one in second.plan.materials] == ["Seat"]
    assert second.warnings == ("Unity shows this model at 0.01 times the size that its file says.",)
    assert set(second.alternatives) == {
        "chair/Assets/Chairs/Chair.fbx",
        "chair/Assets/Chairs/Chair@Fall.fbx",
    }


@pytest.mark.parametrize("wanted", ["chair/Assets/Chairs/Spin.cs", "../x", "chair/Assets/Chairs/gone.fbx"])
def test_what_was_not_offered_is_not_taken(wanted: str, store: Store) -> None:
    file = keep(store, "chair.unitypackage", chair_package().package())
    with pytest.raises(UserInputError) as caught:
        prepare(store, file, wanted=wanted)
    assert caught.value.code == "import.no_such_file"
    assert_nothing_left(store)


def test_a_pack_of_textures_shows_what_its_materials_show(store: Store) -> None:
    maker = PackageMaker()
    normal = maker.add("Assets/brick_normal.png", make_png(40, 40))
    albedo = maker.add("Assets/brick.png", make_png(20, 20))
    maker.add("Assets/Brick.mat", material_text("Brick", textures={"_MainTex": albedo, "_BumpMap": normal}))
    maker.add("Assets/Other.mat", material_text("Other"))
    ready = prepare(store, keep(store, "bricks.unitypackage", maker.package()), kind=MediaKind.IMAGE)
    assert (ready.plan.path.name, ready.plan.kind) == ("brick.png", MediaKind.IMAGE)
    (brick,) = ready.plan.materials
    assert (brick.name, brick.normal) == ("Brick", ready.plan.path.with_name("brick_normal.png"))
    assert dict(ready.plan.material_slots) == {}
    as_model = prepare(store, keep(store, "bricks.unitypackage", maker.package()))
    assert (as_model.plan.path.name, as_model.plan.kind) == ("brick.png", MediaKind.IMAGE)
    assert "no model in it" in as_model.warnings[0]


def test_a_pack_of_sounds(store: Store) -> None:
    maker = PackageMaker()
    maker.add("Assets/creak.wav", SAMPLES["wav"])
    ready = prepare(store, keep(store, "sounds.unitypackage", maker.package()))
    assert (ready.plan.format, ready.plan.kind) == ("wav", MediaKind.AUDIO)


def test_a_package_of_scripts_has_nothing_to_import(store: Store) -> None:
    maker = PackageMaker()
    maker.add("Assets/Spin.cs", b"public class Spin {}")
    with pytest.raises(ImportRefused):
        prepare(store, keep(store, "tools.unitypackage", maker.package()))
    assert_nothing_left(store)


def test_what_is_missing_in_a_package_is_said(store: Store) -> None:
    maker = PackageMaker()
    maker.add("Assets/a.fbx", binary_fbx("wood"), meta=model_meta(guid_of("a"), {"wood": guid_of("m")}))
    maker.add(
        "Assets/wood.mat", material_text("wood", textures={"_MainTex": guid_of("x")}), guid=guid_of("m")
    )
    maker.add("Assets/bad.mat", b"[")
    ready = prepare(store, keep(store, "a.unitypackage", maker.package()))
    assert ready.warnings == (
        "Pictures of these materials are not in the package: “wood” (_MainTex).",
        "Not read from the package: Assets/bad.mat (it holds no material as text).",
    )


def test_a_package_in_a_zip_keeps_its_relations(store: Store) -> None:
    content = make_zip({"docs/readme.txt": b"x", "product/chair.unitypackage": chair_package().package()})
    ready = prepare(store, keep(store, "order-1.zip", content))
    assert ready.plan.path.name == "Chair.fbx"
    assert ready.plan.materials[0].albedo is not None
    assert ready.plan.materials[0].albedo.is_file()
