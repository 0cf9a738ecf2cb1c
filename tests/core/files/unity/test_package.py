"""A package comes out as its project's tree with its materials, and a hostile one not at all."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import tarfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from file_samples import make_png, make_zip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unity_packages import (
    PackageMaker,
    binary_fbx,
    chair_package,
    guid_of,
    gzip_of,
    material_text,
    model_meta,
    store_field,
    tar_of,
    texture_meta,
)

from core.errors import ClearanceError, DownloadRefused
from core.files.archives.unpack import Limits, Tools, Unpacked, inspect_archive, unpack
from core.files.detect import detect, detect_bytes
from core.files.unity.describe import describe_materials
from core.files.unity.package import UnityPackage

SMALL = Limits(members=200, member_size=10_000_000, total_size=20_000_000, ratio=50, ratio_from=1_000_000)
NO_TOOLS = Tools(which=lambda _name: None)
CHAIR_FILES = (
    "Assets/Chairs/Chair.fbx",
    "Assets/Chairs/Textures/oak_albedo.png",
    "Assets/Chairs/Textures/oak_emission.png",
    "Assets/Chairs/Textures/oak_metallic.png",
    "Assets/Chairs/Textures/oak_normal.png",
    "Assets/Chairs/Textures/oak_occlusion.png",
)


def unpacked(folder: Path, content: bytes, *, name: str = "a.unitypackage") -> Unpacked:
    archive = folder / name
    archive.write_bytes(content)
    return unpack(archive, folder / "out", limits=SMALL, tools=NO_TOOLS)


def package_of(folder: Path, content: bytes, *, name: str = "a.unitypackage") -> UnityPackage:
    (package,) = unpacked(folder, content, name=name).packages
    return package


def files_in(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))


def refuse(folder: Path, content: bytes) -> DownloadRefused:
    with pytest.raises(DownloadRefused) as caught:
        unpacked(folder, content)
    assert not (folder / "out").exists()
    assert [path.name for path in folder.iterdir()] == ["a.unitypackage"]
    assert caught.value.message.isprintable()
    return caught.value


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("prefix", ["", "./"])
@pytest.mark.parametrize("format_", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("zipped", [True, False])
def test_every_container(zipped: bool, format_: int, prefix: str, reverse: bool, tmp_path: Path) -> None:
    tar = chair_package().tar(format_=format_, prefix=prefix, reverse=reverse)
    package = package_of(tmp_path, gzip_of(tar) if zipped else tar)
    assert files_in(tmp_path / "out") == CHAIR_FILES
    assert {path.relative_to(package.folder).as_posix() for path in package.entries.values()} == set(
        CHAIR_FILES
    )
    assert len(package.textures) == 5


def test_what_a_package_describes(tmp_path: Path) -> None:
    package = package_of(tmp_path, chair_package().package(extra=store_field()))
    textures = package.folder / "Assets/Chairs/Textures"
    oak, seat = package.materials
    assert oak.pathname == PurePosixPath("Assets/Chairs/Materials/Oak.mat")
    assert oak.spec.albedo == textures / "oak_albedo.png"
    assert oak.spec.normal == textures / "oak_normal.png"
    assert oak.spec.metallic_smoothness == textures / "oak_metallic.png"
    assert oak.spec.occlusion == textures / "oak_occlusion.png"
    assert oak.spec.emission == textures / "oak_emission.png"
    assert oak.spec.albedo.read_bytes() == make_png(4, 4)
    assert seat.spec.albedo is None
    (model,) = package.models
    assert model.path == package.folder / "Assets/Chairs/Chair.fbx"
    assert model.settings is not None
    assert model.settings.materials == (("wood", oak.spec.guid),)
    assert package.entries[model.guid] == model.path
    assert package.origin is not None
    assert package.origin.product_id == "12345"


def test_scripts_programs_and_shaders_stay_in_the_package(tmp_path: Path) -> None:
    package = package_of(tmp_path, chair_package().package())
    reasons = {one.pathname.rpartition(".")[2]: one.reason for one in package.skipped}
    assert set(reasons) == {"cs", "dll", "shader", "prefab"}
    assert "never written" in reasons["cs"]
    assert "never written" in reasons["dll"]
    assert package.origin is None


@pytest.mark.parametrize("name", ["Run.CS", "Run.cs ", "Run.cs.", "Run.js", "run", "x.png.exe", "lib.DLL. ."])
def test_no_name_makes_a_script_useful(name: str, tmp_path: Path) -> None:
    maker = PackageMaker()
    maker.add(f"Assets/{name}", b"evil", guid="ab" * 16)
    package = package_of(tmp_path, maker.package())
    assert files_in(tmp_path / "out") == ()
    assert len(package.skipped) == 1


@pytest.mark.parametrize(
    ("pathname", "place"),
    [
        (b"Assets/a.png\n00", "Assets/a.png"),
        (b"Assets/a.png\r\n00", "Assets/a.png"),
        (b"Assets/a.png\n../../evil", "Assets/a.png"),
        (b"Assets/a.png\x00", "Assets/a.png"),
        (b"Assets/a.png \r\n", "Assets/a.png"),
        (b"Assets/a.png\t", "Assets/a.png"),
        (b"Assets//a.png\n", "Assets/a.png"),
        (b"\xef\xbb\xbfAssets/a.png", "Assets/a.png"),
        ("Assets/Stühle/椅子.png".encode(), "Assets/Stühle/椅子.png"),
        (b"Assets\\a.png", "Assets/a.png"),
        (b"Assets/what?*<>|.png", "Assets/what_____.png"),
        (b"Assets/12:30.png", "Assets/12_30.png"),
        (b"Packages/com.x/a.png", "Packages/com.x/a.png"),
    ],
)
def test_the_first_line_is_the_path(pathname: bytes, place: str, tmp_path: Path) -> None:
    maker = PackageMaker()
    maker.add("x", make_png(), guid="ab" * 16, pathname=pathname)
    package_of(tmp_path, maker.package())
    assert files_in(tmp_path / "out") == (place,)


@pytest.mark.parametrize(
    "pathname",
    [
        b"../evil.png",
        b"Assets/../../evil.png",
        b"Assets/..\\..\\evil.png",
        b"/etc/evil.png",
        b"\\\\server\\share\\evil.png",
        b"C:\\evil.png",
        b"c:evil.png",
        b"Assets/con.png",
        b"Assets/AUX/a.png",
        b"Assets/a\x01.png",
        b"Assets/...",
        b"Assets/" + b"x" * 5000 + b".png",
        b"Assets/" + b"x/" * 100 + b"a.png",
        b"../evil.cs",
    ],
)
def test_no_way_out(pathname: bytes, tmp_path: Path) -> None:
    maker = PackageMaker()
    maker.add("Assets/first.png", make_png())
    maker.add("x", make_png(), guid="ab" * 16, pathname=pathname)
    refuse(tmp_path, maker.package())


@pytest.mark.parametrize(
    "other", ["Assets/WOOD.png", "assets/wood2.png", "Assets/wood.png", "Assets/wood.png/a.png"]
)
def test_two_names_for_one_file(other: str, tmp_path: Path) -> None:
    """It was made where both can be: each is kept, the second in a place of its own."""
    maker = PackageMaker()
    maker.add("Assets/wood.png", make_png(), guid="ab" * 16)
    maker.add(other, make_png(2, 2), guid="cd" * 16)
    maker.add("Assets/Oak.mat", material_text("Oak", textures={"_MainTex": "cd" * 16}))
    package = package_of(tmp_path, maker.package())
    aside = f"Same names/{'cd' * 16}/{other.rpartition('/')[2]}"
    assert files_in(tmp_path / "out") == ("Assets/wood.png", aside)
    assert package.materials[0].spec.albedo == tmp_path / "out" / aside


def test_names_of_what_stays_in_the_package_do_not_collide(tmp_path: Path) -> None:
    maker = PackageMaker()
    for name in ("Assets/Scripts/A.cs", "Assets/scripts/A.cs", "Assets/scripts", "Assets/a.png"):
        maker.add(name, make_png(), guid=guid_of(f"{name} in it"))
    package_of(tmp_path, maker.package())
    assert files_in(tmp_path / "out") == ("Assets/a.png",)


@pytest.mark.parametrize("encoding", ["gbk", "shift_jis", "latin-1", "utf-8"])
def test_names_in_another_encoding_stay_apart(encoding: str, tmp_path: Path) -> None:
    names = ["ä1", "ä2", "ö1"] if encoding == "latin-1" else ["紋1", "紋2", "理1"]
    maker = PackageMaker()
    for number, name in enumerate(names):
        maker.add(f"{number}.png", make_png(), pathname=f"Assets/{name}.png".encode(encoding))
    package = package_of(tmp_path, maker.package())
    assert len(files_in(tmp_path / "out")) == 3
    assert package.skipped == ()
    if encoding == "utf-8":
        assert files_in(tmp_path / "out") == tuple(sorted(f"Assets/{name}.png" for name in names))


def test_guids_in_capitals_are_guids(tmp_path: Path) -> None:
    maker = PackageMaker()
    guid = maker.add("Assets/a.png", make_png())
    maker.members = [(str(name).replace(guid, guid.upper()), data) for name, data in maker.members]
    maker.add("Assets/Oak.mat", material_text("Oak", textures={"_MainTex": guid.upper()}))
    package = package_of(tmp_path, maker.package())
    assert package.materials[0].spec.albedo == tmp_path / "out" / "Assets/a.png"


@pytest.mark.parametrize("pathname", [b"", b"\n", b"\n00", b"\r\n"])
def test_an_empty_path_is_a_missing_one(pathname: bytes, tmp_path: Path) -> None:
    maker = PackageMaker()
    maker.add("Assets/a.png", make_png())
    guid = maker.add("x", make_png(), pathname=pathname)
    package = package_of(tmp_path, maker.package())
    assert [(one.pathname, one.reason) for one in package.skipped] == [(guid, "its path is missing")]
    notes = describe_materials(tmp_path / "out" / "Assets/a.png", "png", [package]).notes
    assert any(guid in note for note in notes), "it is said when the package is imported"


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices(kind: bytes, tmp_path: Path) -> None:
    maker = PackageMaker()
    maker.add("Assets/a.png", make_png())
    odd = tarfile.TarInfo("ab" * 16 + "/asset")
    odd.type, odd.linkname = kind, "/etc/passwd"
    maker.members.append((odd, b""))
    refuse(tmp_path, maker.package())


@pytest.mark.parametrize("part", ["asset", "pathname"])
def test_a_member_that_is_there_twice(part: str, tmp_path: Path) -> None:
    maker = PackageMaker()
    guid = maker.add("Assets/a.png", make_png())
    maker.members.append((f"./{guid}/{part}", b"Assets/b.png"))
    refuse(tmp_path, maker.package())


@pytest.mark.parametrize(
    "name",
    [
        "ab" * 15 + "/asset", "g" * 32 + "/asset", "ab" * 16 + "/asset.metaData",
        "ab" * 16 + "/assets", "ab" * 16 + "/sub/asset", "../" + "ab" * 16 + "/asset",
        "/" + "ab" * 16 + "/asset", ".icon.png", "ab" * 16 + "/preview.png.import",
        "packagemanagermanifest/asset", "._" + "ab" * 16, "ab" * 16 + "/._asset", "ab" * 16 + "/metaData",
    ],
)  # fmt: skip
def test_unknown_members_are_passed_over(name: str, tmp_path: Path) -> None:
    maker = PackageMaker()
    maker.members.append((name, b"evil"))
    maker.add("Assets/a.png", make_png())
    package_of(tmp_path, maker.package())
    assert files_in(tmp_path / "out") == ("Assets/a.png",)


def test_an_asset_without_a_path_is_named(tmp_path: Path) -> None:
    maker = PackageMaker()
    maker.add("Assets/a.png", make_png())
    maker.members.append(("cd" * 16 + "/asset", b"x"))
    (skipped,) = package_of(tmp_path, maker.package()).skipped
    assert (skipped.pathname, skipped.reason) == ("cd" * 16, "its path is missing")


def test_a_bomb(tmp_path: Path) -> None:
    maker = PackageMaker()
    maker.add("Assets/a.png", b"\x00" * 2_000_000)
    error = refuse(tmp_path, maker.package())
    assert error.code == "download.archive_bomb"


def test_a_bomb_in_what_is_not_wanted(tmp_path: Path) -> None:
    maker = PackageMaker()
    maker.add("Assets/a.cs", b"\x00" * 9_000_000)
    assert refuse(tmp_path, maker.package()).code == "download.archive_bomb"


def test_too_many_members(tmp_path: Path) -> None:
    maker = PackageMaker()
    for number in range(201):
        maker.add(f"Assets/{number}.png", b"x")
    assert refuse(tmp_path, maker.package()).code == "download.archive_bomb"


def test_what_is_not_written_may_be_many(tmp_path: Path) -> None:
    """A large product lists four entries for each of its files, and has thousands of scripts and prefabs."""
    maker = PackageMaker()
    for number in range(400):
        maker.add(f"Assets/{number}.prefab", b"x")
    maker.add("Assets/a.png", make_png())
    assert len(maker.members) > 1200
    assert len(package_of(tmp_path, maker.package()).skipped) == 400


def test_too_many_entries(tmp_path: Path) -> None:
    path = tmp_path / "x.unitypackage"
    path.write_bytes(gzip_of(tar_of([(f"junk{number}", b"") for number in range(101)])))
    with pytest.raises(DownloadRefused, match="more than 100 entries"):
        unpack(path, tmp_path / "out", limits=replace(SMALL, entries=100))


@pytest.mark.parametrize("form", ["gnu", "posix", "ustar", "oldgnu", "v7"])
def test_packages_that_tar_itself_wrote(form: str, tmp_path: Path) -> None:
    """As shell scripts export them: with entries for the folders, and ``./`` before every name."""
    program = shutil.which("tar") or ""
    told = subprocess.run([program, "--version"], capture_output=True, check=True).stdout if program else b""
    source = tmp_path / "source"
    for name, data in chair_package().members:
        plain = name if isinstance(name, str) else name.name
        (source / plain).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(name, str):
            (source / plain).write_bytes(data)
    archive = tmp_path / "chairs.tar.gz"
    if b"GNU tar" in told:
        subprocess.run([program, f"--format={form}", "-czf", str(archive), "."], cwd=source, check=True)
    else:
        with tarfile.open(archive, "w:gz") as made:
            made.add(source, arcname=".")
    package = package_of(tmp_path, archive.read_bytes())
    assert len(package.materials) == 2
    assert len(package.textures) == 5


def test_a_package_that_a_macs_tar_wrote(tmp_path: Path) -> None:
    """With a shadow of each file, attributes in extended headers, and long names that are nobody's."""
    maker = PackageMaker()
    for name, data in chair_package().members:
        if isinstance(name, str):
            folder, _, part = name.rpartition("/")
            maker.members.append((f"./{folder}/._{part}", b"\x00\x05\x16\x07" + b"\x00" * 80))
        info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(f"./{name}")
        info.pax_headers = {"LIBARCHIVE.xattr.com.apple.quarantine": "MDA4MQ==", "mtime": "1700000000.123456"}
        maker.members.append((info, data))
    maker.members.append(("./" + "long/" * 60 + "name.txt", b"nobody's"))
    package = package_of(tmp_path, maker.package(format_=tarfile.PAX_FORMAT))
    assert files_in(tmp_path / "out") == CHAIR_FILES
    assert len(package.materials) == 2


def test_a_package_in_several_gzip_members(tmp_path: Path) -> None:
    """As parallel packers write it; the store's header stands before the first."""
    data = chair_package().tar()
    half = len(data) // 2
    package = package_of(tmp_path, gzip_of(data[:half], extra=store_field()) + gzip_of(data[half:], name=""))
    assert len(package.textures) == 5
    assert package.origin is not None


def test_a_member_that_is_too_large(tmp_path: Path) -> None:
    huge = tarfile.TarInfo("ab" * 16 + "/asset")
    huge.size = 11_000_000
    head = huge.tobuf(tarfile.GNU_FORMAT)
    refuse(tmp_path, gzip_of(head + b"\x00" * 1024, extra=store_field()))


@pytest.mark.parametrize("cut", [20, 300, -30, -9])
def test_a_package_that_was_cut_off(cut: int, tmp_path: Path) -> None:
    refuse(tmp_path, chair_package().package()[:cut])


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kept", [-1, -2, -3, 3])
def test_a_tar_that_was_cut_at_a_header(kept: int, zipped: bool, tmp_path: Path) -> None:
    """All that is left of it is whole; but every writer ends a tar with blocks of zeros."""
    tar = chair_package().tar()
    cut = tar[: headers_of(tar)[kept]]
    refuse(tmp_path, gzip_of(cut) if zipped else cut)


@pytest.mark.parametrize("more", [b"", b"\x00" * 200, b"x" * 512, b"x" * 1024])
def test_a_tar_without_its_end(more: bytes, tmp_path: Path) -> None:
    """Half a block of zeros is none, and a header that is none ends nothing."""
    assert refuse(tmp_path, bare(chair_package().tar()) + more).code == "download.archive_damaged"


@pytest.mark.parametrize("blocks", [1, 2, 3, 20])
def test_the_end_of_a_tar(blocks: int, tmp_path: Path) -> None:
    """Unity writes two blocks; GNU tar fills up to twenty, and takes one with a warning."""
    tar = bare(chair_package().tar()) + b"\x00" * 512 * blocks
    assert len(package_of(tmp_path, tar).textures) == 5


def headers_of(tar: bytes) -> list[int]:
    """Return where a tar's headers stand; the last place is the end of its members."""
    places, place = [0], 0
    while any(tar[place : place + 512]):
        size = int(tar[place + 124 : place + 135], 8)
        place += 512 + -(-size // 512) * 512
        places.append(place)
    return places


def bare(tar: bytes) -> bytes:
    """Return a tar without the blocks that end it."""
    return tar[: headers_of(tar)[-1]]


def test_a_package_whose_checksum_is_wrong(tmp_path: Path) -> None:
    content = bytearray(chair_package().package())
    content[-6] ^= 1
    refuse(tmp_path, bytes(content))


def test_what_was_added_behind_a_package_is_no_harm(tmp_path: Path) -> None:
    package_of(tmp_path, chair_package().package() + b"added by a proxy")
    assert files_in(tmp_path / "out") == CHAIR_FILES


def test_something_else_that_is_called_a_package(tmp_path: Path) -> None:
    refuse(tmp_path, gzip_of(b"not a tar at all" * 100))


def test_an_empty_package_is_an_empty_folder(tmp_path: Path) -> None:
    package = package_of(tmp_path, gzip_of(tar_of([]), extra=store_field()))
    assert (package.entries, package.materials, package.skipped) == ({}, (), ())


def test_a_picture_that_claims_too_much_is_left_out(tmp_path: Path) -> None:
    maker = PackageMaker()
    picture = maker.add("Assets/a.png", make_png(60_000, 60_000, honest=False))
    maker.add("Assets/M.mat", material_text("M", textures={"_MainTex": picture}))
    package = package_of(tmp_path, maker.package())
    assert files_in(tmp_path / "out") == ()
    assert package.materials[0].spec.missing == ("_MainTex",)
    assert package.skipped[0].reason == "a picture that claims an absurd size"


def test_a_texture_slot_gets_pictures_only(tmp_path: Path) -> None:
    maker = PackageMaker()
    model = maker.add("Assets/a.fbx", binary_fbx("x"))
    script = maker.add("Assets/a.cs", b"x")
    maker.add("Assets/M.mat", material_text("M", textures={"_MainTex": model, "_BumpMap": script}))
    spec = package_of(tmp_path, maker.package()).materials[0].spec
    assert (spec.albedo, spec.normal, spec.missing) == (None, None, ("_BumpMap", "_MainTex"))


def test_damaged_texts_are_named_and_the_rest_comes(tmp_path: Path) -> None:
    maker = PackageMaker()
    maker.add("Assets/Bad.mat", b"--- !u!21 &1\nMaterial: &a [*a]\n")
    maker.add("Assets/None.mat", b"not yaml at all: [")
    maker.add("Assets/a.fbx", binary_fbx("x"), meta=b"ModelImporter: [")
    maker.add("Assets/Good.mat", material_text("Good"))
    package = package_of(tmp_path, maker.package())
    assert [one.spec.name for one in package.materials] == ["Good"]
    assert package.models[0].settings is None
    assert {one.pathname for one in package.skipped} == {
        "Assets/Bad.mat", "Assets/None.mat", "Assets/a.fbx.meta"
    }  # fmt: skip


def test_a_height_map_is_known_by_its_settings(tmp_path: Path) -> None:
    maker = PackageMaker()
    path = "Assets/bump.png"
    picture = maker.add(path, make_png(), meta=texture_meta(guid_of(path), height=True))
    maker.add("Assets/M.mat", material_text("M", textures={"_BumpMap": picture}))
    assert package_of(tmp_path, maker.package()).materials[0].spec.normal_is_height


def test_variants_within_a_package(tmp_path: Path) -> None:
    maker = PackageMaker()
    picture = maker.add("Assets/a.png", make_png())
    maker.add("Assets/Z.mat", material_text("Z", textures={"_MainTex": picture}), guid=guid_of("Z"))
    maker.add("Assets/A.mat", material_text("A", parent=guid_of("Z")))
    first = package_of(tmp_path, maker.package()).materials[0].spec
    assert (first.name, first.albedo is not None) == ("A", True)


def test_a_package_in_a_zip(tmp_path: Path) -> None:
    content = make_zip({"readme.txt": b"x", "chair.unitypackage": chair_package().package()})
    package = package_of(tmp_path, content, name="a.zip")
    assert package.folder == tmp_path / "out" / "chair"
    assert package.materials[0].spec.albedo == package.folder / "Assets/Chairs/Textures/oak_albedo.png"
    assert len(package.models) == 1


def test_the_table_of_contents_without_unpacking(tmp_path: Path) -> None:
    path = tmp_path / "a.unitypackage"
    path.write_bytes(chair_package().package())
    members = inspect_archive(path)
    assert members is not None
    assert {one.raw_name for one in members} >= set(CHAIR_FILES)
    assert [file.name for file in tmp_path.iterdir()] == ["a.unitypackage"]
    hostile = PackageMaker()
    hostile.add("x", b"x", pathname=b"../x.png")
    path.write_bytes(hostile.package())
    with pytest.raises(DownloadRefused):
        inspect_archive(path)


def test_what_makes_a_package(tmp_path: Path) -> None:
    tar = chair_package().tar()
    assert detect_bytes(tar).name == "unitypackage"
    assert detect_bytes(gzip.compress(tar)).name == "unitypackage"
    root = tarfile.TarInfo(".")
    root.type = tarfile.DIRTYPE
    around = tar_of([(root, b""), (".icon.png", make_png()), *chair_package().members])
    assert detect_bytes(around).name == "unitypackage"
    assert detect_bytes(tar_of([("readme.txt", b"x"), ("src/main.c", b"x")])).name == "tar"
    assert detect_bytes(tar_of([("0" * 31 + "/asset", b"x")])).name == "tar"
    path = tmp_path / "a.bin"
    path.write_bytes(gzip_of(tar, extra=store_field({"description": "x" * 64_000})))
    assert detect(path).name == "unitypackage"
    path.write_bytes(gzip_of(tar_of([("x", b"y")]), extra=store_field()))
    assert detect(path).name == "unitypackage"


def test_a_name_decides_where_the_members_come_late(tmp_path: Path) -> None:
    members = [("about.txt", b"x" * 300_000), *chair_package().members]
    tar = tar_of(members)
    assert detect_bytes(tar[: 64 * 1024], size=len(tar)).name == "tar"
    assert len(package_of(tmp_path, gzip_of(tar)).models) == 1


@pytest.mark.needs_shared
def test_a_real_package(shared_dir: Path, tmp_path: Path) -> None:
    path = shared_dir / "assets" / "fbxscaletest.unitypackage"
    done = unpack(path, tmp_path / "out")
    (package,) = done.packages
    assert len(package.models) == 12
    assert all(model.settings is not None for model in package.models)
    assert package.origin is None
    assert {one.reason for one in package.skipped} == {"in a form that only Unity reads"}
    assert len(package.skipped) == 30


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 20_000), st.binary(min_size=1, max_size=8)), min_size=1, max_size=5))
def test_damage_anywhere(tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, bytes]]) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    tar = bytearray(chair_package().tar())
    for at, junk in edits:
        tar[at : at + len(junk)] = junk
    with suppress(ClearanceError):
        unpacked(folder, gzip_of(bytes(tar)))
    assert {path.name for path in folder.iterdir()} <= {"a.unitypackage", "out"}
    assert not any(path.suffix in (".cs", ".dll") for path in folder.rglob("*"))
    with suppress(ClearanceError):
        unpacked(tmp_path_factory.mktemp("fuzz"), bytes(tar))


@settings(max_examples=60, deadline=None)
@given(pathname=st.binary(max_size=60))
def test_any_path(tmp_path_factory: pytest.TempPathFactory, pathname: bytes) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    maker = PackageMaker()
    maker.add("x", make_png(), guid="ab" * 16, pathname=pathname + b".png")
    maker.add("Assets/a.fbx", binary_fbx("x"), meta=model_meta(guid_of("Assets/a.fbx"), {"x": "ab" * 16}))
    with suppress(ClearanceError):
        unpacked(folder, maker.package())
    assert {path.name for path in folder.iterdir()} <= {"a.unitypackage", "out"}
