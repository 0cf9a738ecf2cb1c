"""Archives come out whole and inside of their folder, or not at all."""

from __future__ import annotations

import gzip
import io
import json
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import pytest
from file_samples import SAMPLES, UNITY, make_png, make_tar, make_zip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import CancelledError, ClearanceError, DownloadError, DownloadRefused
from core.files.archives.names import MAX_PART_BYTES, Names
from core.files.archives.unpack import Limits, Tools, inspect_archive, unpack

NO_TOOLS = Tools(which=lambda _name: None)
SMALL = Limits(members=100, member_size=10_000_000, total_size=20_000_000, ratio=50, ratio_from=1_000_000)


class Place:
    """A folder in which nothing but the archive and the folder ``out`` may ever be."""

    def __init__(self, root: Path) -> None:
        self.root = root / "a" / "b"
        self.root.mkdir(parents=True)
        self.top = root
        self.archive = self.root / "download.bin"
        self.out = self.root / "out"

    def put(self, content: bytes) -> Path:
        self.archive.write_bytes(content)
        return self.archive

    def unpack(self, content: bytes, *, limits: Limits = SMALL) -> tuple[str, ...]:
        try:
            done = unpack(self.put(content), self.out, limits=limits, tools=NO_TOOLS)
        finally:
            self.assert_nothing_outside()
        return tuple(path.as_posix() for path in done.files)

    def refuse(self, content: bytes, *, limits: Limits = SMALL) -> DownloadRefused:
        with pytest.raises(DownloadRefused) as caught:
            self.unpack(content, limits=limits)
        assert not self.out.exists()
        assert caught.value.message.isprintable()
        assert len(caught.value.message) < 300
        return caught.value

    def assert_nothing_outside(self) -> None:
        assert {path.name for path in self.root.iterdir()} <= {"download.bin", "out"}
        assert [path.name for path in self.top.iterdir()] == ["a"]
        assert [path.name for path in (self.top / "a").iterdir()] == ["b"]
        assert not any(path.is_symlink() for path in self.root.rglob("*"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def zip_of(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    """A zip with names as they are given, duplicates included."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo("x")
            if isinstance(name, str):
                info.filename = name  # past the constructor, which cuts at NUL
            archive.writestr(info, data)
    return out.getvalue()


def raw_zip(names: list[bytes], *, flags: int = 0, extra: bytes = b"", data: bytes = b"x") -> bytes:
    """A zip written by hand, so that names are any bytes."""
    out, directory = b"", b""
    for name in names:
        facts = struct.pack(
            "<HHHHIIIHH", flags, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(name), len(extra)
        )
        directory += b"PK\x01\x02" + struct.pack("<HH", 20, 20) + facts
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + name + extra
        out += b"PK\x03\x04" + struct.pack("<H", 20) + facts + name + extra + data
    end = struct.pack("<HHHHIIH", 0, 0, len(names), len(names), len(directory), len(out), 0)
    return out + directory + b"PK\x05\x06" + end


def tar_of(*infos: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for info, data in infos:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


MEMBERS = {"chair/chair.obj": b"v 0 0 0\n", "chair/textures/wood.png": make_png(), "chair/empty.txt": b""}


@pytest.mark.parametrize("kind", ["zip", "stored", "bzip2", "tar", "tar.gz"])
def test_an_archive_comes_out_whole(kind: str, place: Place) -> None:
    packed = {
        "zip": make_zip(MEMBERS),
        "stored": make_zip(MEMBERS, method=zipfile.ZIP_STORED),
        "bzip2": make_zip(MEMBERS, method=zipfile.ZIP_BZIP2),
        "tar": make_tar(MEMBERS),
        "tar.gz": gzip.compress(make_tar(MEMBERS)),
    }[kind]
    assert place.unpack(packed) == tuple(sorted(MEMBERS))
    for name, content in MEMBERS.items():
        assert (place.out / name).read_bytes() == content
    assert stat.S_IMODE(place.out.stat().st_mode) == 0o700


def test_a_single_gzip_file_loses_its_ending(place: Place) -> None:
    done = unpack(place.put(gzip.compress(b"v 0 0 0")), place.out, name="chair.obj.gz")
    assert done.files == (Path("chair.obj"),)


def test_a_unity_package_becomes_its_tree(place: Place) -> None:
    assert place.unpack(UNITY) == ("Assets/Textures/wood.png",)
    assert (place.out / "Assets/Textures/wood.png").read_bytes() == make_png()


@pytest.mark.parametrize("target", [b"../../evil", b"/etc/evil", b"C:\\evil", b"a\x00b", b"con"])
def test_a_unity_package_is_no_way_out(target: bytes, place: Place) -> None:
    guid = "ab" * 16
    place.refuse(gzip.compress(make_tar({f"{guid}/asset": b"x", f"{guid}/pathname": target})))


@pytest.mark.needs_shared
def test_a_real_unity_package(shared_dir: Path, tmp_path: Path) -> None:
    done = unpack(next((shared_dir / "assets").glob("*.unitypackage")), tmp_path / "out")
    assert done.files
    assert all(path.parts[0] == "Assets" for path in done.files)


def test_an_empty_archive_is_an_empty_folder(place: Place) -> None:
    assert place.unpack(make_zip({})) == ()


def test_folders_and_windows_separators(place: Place) -> None:
    names = [b"set/", b"set\\textures\\a.png", b"./set//b.png"]
    assert place.unpack(raw_zip(names[1:])) == ("set/b.png", "set/textures/a.png")


HOSTILE_NAMES = [
    "../evil.txt",
    "a/../../evil.txt",
    "a/..",
    "..",
    "..\\evil.txt",
    "a\\..\\..\\evil.txt",
    "/etc/evil",
    "\\evil",
    "\\\\server\\share\\evil",
    "//server/share/evil",
    "C:\\evil.txt",
    "C:evil.txt",
    "c:/evil.txt",
    "file.txt:stream",
    "a/file.txt::$DATA",
    "con",
    "CON.txt",
    "a/NUL.tar.gz",
    "com1",
    "LPT9.obj",
    "aux .png",
    "com¹.txt",
    "bell\x07.txt",
    "line\nbreak",
    "tab\there",
    "escape\x1b[2J",
    "delete\x7f",
    "c1\x85control",
    "...",
    "a/.../b",
    "a/. ./b",
    " ",
    "x/" * 30 + "deep",
    "n" * 401,
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda name: repr(name)[:30])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_hostile_names_are_refused(name: str, kind: str, place: Place) -> None:
    good = ("good.txt", b"good")
    if kind == "zip":
        place.refuse(zip_of(good, (name, b"evil")))
    else:
        place.refuse(tar_of((tarfile.TarInfo(good[0]), good[1]), (tarfile.TarInfo(name), b"evil")))


def test_a_name_with_nul_is_refused(place: Place) -> None:
    assert "control" in place.refuse(raw_zip([b"chair.obj\x00.exe"])).message


@pytest.mark.parametrize(
    "names",
    [
        ("a.txt", "a.txt"),
        ("a.txt", "A.TXT"),
        ("Textures/a.png", "textures/b.png"),
        ("stra\u00dfe.txt", "STRASSE.txt"),
        ("e\u0301.txt", "\u00e9.txt"),
        ("a", "a/b"),
        ("a/b", "a"),
        ("a.txt", "a.txt."),
        ("a.txt", "a.txt "),
        ("a?.txt", "a*.txt"),
        ("\ufb01le", "file"),
    ],
)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_that_are_one_file_somewhere_are_refused(
    names: tuple[str, str], kind: str, place: Place
) -> None:
    if kind == "zip":
        with pytest.warns(UserWarning, match="Duplicate") if names[0] == names[1] else _nothing():
            content = zip_of(*((name, b"x") for name in names))
    else:
        content = tar_of(*((tarfile.TarInfo(name), b"x") for name in names))
    place.refuse(content)


class _nothing:  # noqa: N801 - stands where pytest.warns stands
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


def test_long_names_and_odd_characters_get_names_of_our_own(place: Place) -> None:
    long = "ä" * 150 + ".png"
    names = place.unpack(zip_of((long, b"1"), ('w<h>a"t|?*.txt', b"2"), ("turn\u202eexe.txt", b"3")))
    assert all(len(PurePosixPath(name).name.encode()) <= MAX_PART_BYTES for name in names)
    assert "w_h_a_t___.txt" in names
    assert "turn_exe.txt" in names
    assert next(name for name in names if name.startswith("ä")).endswith(".png")


def test_names_in_all_the_ways_that_zips_write_them(place: Place) -> None:
    unicode_field = b"\x01" + struct.pack("<I", zlib.crc32(b"wrong.txt")) + "größe.txt".encode()
    extra = struct.pack("<HH", 0x7075, len(unicode_field)) + unicode_field
    for content, name in (
        (raw_zip(["größe.txt".encode()], flags=0x800), "größe.txt"),
        (raw_zip(["größe.txt".encode()]), "größe.txt"),
        (raw_zip(["größe.txt".encode("cp437")]), "größe.txt"),
        (raw_zip([b"wrong.txt"], extra=extra), "größe.txt"),
        (raw_zip([b"other.txt"], extra=extra), "other.txt"),
        (raw_zip([b"cut.txt"], extra=extra[:3]), "cut.txt"),
    ):
        assert place.unpack(content) == (name,)
        (place.out / name).unlink()
        place.out.rmdir()


def test_the_unicode_name_of_an_entry_is_judged_too(place: Place) -> None:
    unicode_field = b"\x01" + struct.pack("<I", zlib.crc32(b"good.txt")) + b"../evil.txt"
    place.refuse(raw_zip([b"good.txt"], extra=struct.pack("<HH", 0x7075, len(unicode_field)) + unicode_field))


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_a_zip_with_anything_but_files_is_refused(mode: int, place: Place) -> None:
    info = zipfile.ZipInfo("link")
    info.create_system = 3
    info.external_attr = (mode | 0o777) << 16
    place.refuse(zip_of((info, b"/etc/passwd")))


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.CONTTYPE],
)
def test_a_tar_with_anything_but_files_is_refused(kind: bytes, place: Place) -> None:
    info = tarfile.TarInfo("thing")
    info.type = kind
    info.linkname = "../../../etc/passwd"
    content = tar_of((tarfile.TarInfo("good"), b"x"), (info, b""))
    if kind == tarfile.CONTTYPE:  # an old word for a plain file
        assert place.unpack(content) == ("good", "thing")
    else:
        place.refuse(content)


def test_writing_through_a_link_is_not_possible(place: Place) -> None:
    link = tarfile.TarInfo("out")
    link.type = tarfile.SYMTYPE
    link.linkname = str(place.top)
    assert (
        place.refuse(tar_of((link, b""), (tarfile.TarInfo("out/evil"), b"x"))).code == "download.archive_link"
    )


def test_a_sparse_tar_is_refused(place: Place) -> None:
    info = tarfile.TarInfo("sparse")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(10**15)}
    out = io.BytesIO()
    data = b"1\n0\n10\n".ljust(512, b"\x00") + b"x" * 10
    info.size = len(data)
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(data))
    place.refuse(out.getvalue())


def test_a_huge_tar_header_is_refused(place: Place) -> None:
    info = tarfile.TarInfo("x")
    info.type = tarfile.XHDTYPE
    info.size = 100_000_000
    content = info.tobuf(tarfile.USTAR_FORMAT) + b"\x00" * 100_000
    assert place.refuse(gzip.compress(content + b"\x00" * 10_000_000)).code == "download.archive_bomb"


@pytest.mark.parametrize("bit", [0x1, 0x40, 0x2000])
def test_a_locked_zip_says_so(bit: int, place: Place) -> None:
    refused = place.refuse(raw_zip([b"chair.obj"], flags=bit))
    assert refused.code == "download.archive_encrypted"
    assert "password" in refused.message


def test_a_flat_bomb_is_stopped_by_its_ratio(place: Place) -> None:
    refused = place.refuse(make_zip({"bomb": b"\x00" * 15_000_000}))
    assert refused.code == "download.archive_bomb"


def test_a_bomb_that_lies_about_its_size_is_damaged(place: Place) -> None:
    honest = make_zip({"bomb": b"\x00" * 9_000_000})
    lying = honest.replace(struct.pack("<I", 9_000_000), struct.pack("<I", 10))
    assert place.refuse(lying).code == "download.archive_damaged"


@pytest.mark.parametrize("kind", ["tar.gz", "gz"])
def test_a_gzip_bomb_is_stopped_while_it_is_written(kind: str, place: Place) -> None:
    zeros = b"\x00" * 15_000_000
    content = gzip.compress(make_tar({"bomb": zeros}) if kind == "tar.gz" else zeros)
    assert place.refuse(content).code == "download.archive_bomb"


def test_a_gzip_bomb_in_skipped_padding_is_stopped(place: Place) -> None:
    folder = tarfile.TarInfo("folder/")
    folder.type = tarfile.DIRTYPE
    folder.size = 0
    header = folder.tobuf(tarfile.USTAR_FORMAT)
    hole = tarfile.TarInfo("0123456789abcdef0123456789abcdef/preview.png")
    hole.size = 15_000_000
    content = gzip.compress(header + hole.tobuf(tarfile.USTAR_FORMAT) + b"\x00" * 15_000_000)
    assert place.refuse(content).code == "download.archive_bomb"


@pytest.mark.parametrize("name", ["member", "total"])
def test_size_limits(name: str, place: Place) -> None:
    limits = Limits(member_size=1000, total_size=1500, ratio_from=10**9, members=10)
    members = {"a": b"x" * 1001} if name == "member" else {"a": b"x" * 900, "b": b"y" * 900}
    assert place.refuse(make_zip(members), limits=limits).code == "download.archive_bomb"
    assert place.refuse(make_tar(members), limits=limits).code == "download.archive_bomb"


def test_one_hundred_thousand_members_are_refused(place: Place) -> None:
    content = raw_zip([b"%d" % number for number in range(60_000)])
    assert place.refuse(content, limits=Limits()).code == "download.archive_bomb"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(100_000):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")
    assert place.refuse(out.getvalue(), limits=Limits()).code == "download.archive_bomb"


def test_many_members_of_a_tar_are_refused(place: Place) -> None:
    assert place.refuse(make_tar({str(number): b"" for number in range(101)})).code == "download.archive_bomb"


def test_a_directory_that_lies_about_its_count_is_counted(place: Place) -> None:
    honest = raw_zip([b"%d" % number for number in range(300)])
    assert place.refuse(honest.replace(struct.pack("<HH", 300, 300), struct.pack("<HH", 1, 1))).code == (
        "download.archive_bomb"
    )


def test_overlapping_members_are_refused(place: Place) -> None:
    """Many entries of the directory share one packed stream of zeros (the way of the "better zip bomb")."""
    packed = zlib.compress(b"\x00" * 900_000, 9)[2:-4]
    facts = struct.pack("<HHHHIII", 0, 8, 0, 33, zlib.crc32(b"\x00" * 900_000), len(packed), 900_000)
    local = b"PK\x03\x04" + struct.pack("<H", 20) + facts + struct.pack("<HH", 1, 0) + b"0" + packed
    directory = b"".join(
        b"PK\x01\x02" + struct.pack("<HH", 20, 20) + facts + struct.pack("<HHHHHII", 1, 0, 0, 0, 0, 0, 0)
        + bytes([48 + number])
        for number in range(10)
    )  # fmt: skip
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 10, 10, len(directory), len(local), 0)
    refused = place.refuse(local + directory + end, limits=Limits())
    assert "overlap" in refused.message


def nest(content: bytes, depth: int) -> bytes:
    for number in range(depth):
        content = make_zip({f"inner{number}.zip": content, f"beside{number}.txt": b"x"})
    return content


def test_archives_inside_are_unpacked_beside(place: Place) -> None:
    inner = make_zip({"wood.png": make_png()})
    files = place.unpack(make_zip({"textures.zip": inner, "textures/a.txt": b"x", "chair.obj": b"v 0 0 0"}))
    assert files == ("chair.obj", "textures/a.txt", "textures_2/wood.png")


def test_archives_two_deep_are_unpacked(place: Place) -> None:
    assert "inner1/inner0/a.txt" in place.unpack(nest(make_zip({"a.txt": b"x"}), 2))


@pytest.mark.parametrize("depth", [3, 12])
def test_archives_too_deep_inside_are_refused(depth: int, place: Place) -> None:
    """As a zip that contains itself would go on for ever."""
    refused = place.refuse(nest(make_zip({"a.txt": b"x"}), depth))
    assert "inside archives" in refused.message


def test_nested_bombs_count_together(place: Place) -> None:
    leaf = make_zip({"zeros": b"\x00" * 700_000})
    content = make_zip({f"{number}.zip": leaf for number in range(40)})
    assert place.refuse(content).code == "download.archive_bomb"


def test_a_name_that_only_claims_to_be_an_archive_stays(place: Place) -> None:
    assert place.unpack(make_zip({"notes.zip": b"only text"})) == ("notes.zip",)
    assert (place.out / "notes.zip").read_bytes() == b"only text"


def test_files_that_are_zips_inside_stay_whole(place: Place) -> None:
    assert place.unpack(make_zip({"scene.usdz": SAMPLES["usdz"], "model.3mf": make_zip({"a": b"b"})})) == (
        "model.3mf",
        "scene.usdz",
    )


def test_every_cut_of_a_zip_is_damaged(place: Place) -> None:
    whole = make_zip(MEMBERS)
    for size in range(4, len(whole) - 1, 7):
        place.refuse(whole[:size])


def test_every_cut_of_a_tar_gz_is_damaged_or_short(place: Place) -> None:
    whole = gzip.compress(make_tar({"a.bin": bytes(range(256)) * 200}))
    for size in range(200, len(whole) - 1, 37):
        place.refuse(whole[:size])


def test_a_wrong_checksum_is_damaged(place: Place) -> None:
    content = bytearray(make_zip({"a.txt": b"hello hello hello"}, method=zipfile.ZIP_STORED))
    content[content.index(b"hello")] ^= 1
    assert place.refuse(bytes(content)).code == "download.archive_damaged"


def test_what_is_no_archive_is_refused(place: Place) -> None:
    assert place.refuse(make_png()).code == "download.not_an_archive"
    assert place.refuse(SAMPLES["html"]).code == "download.not_an_archive"


@pytest.mark.parametrize("kind", ["7z", "rar"])
def test_without_a_tool_the_sentence_says_what_to_install(kind: str, place: Place) -> None:
    refused = place.refuse(SAMPLES[kind])
    assert refused.code == "download.no_archive_tool"
    assert "7-Zip" in refused.message


def test_an_unknown_packing_method_asks_for_a_tool(place: Place) -> None:
    content = make_zip({"a.txt": b"hello"}, method=zipfile.ZIP_LZMA)
    assert place.refuse(content).code == "download.no_archive_tool"


def test_a_folder_in_use_is_not_touched(place: Place) -> None:
    place.out.mkdir()
    (place.out / "mine").write_text("x")
    with pytest.raises(DownloadError, match="not empty"):
        unpack(place.put(make_zip({"a": b"b"})), place.out)
    assert (place.out / "mine").read_text() == "x"
    link = place.top / "link"
    link.symlink_to(place.top)
    with pytest.raises(DownloadError):
        unpack(place.archive, link)
    link.unlink()


def test_a_full_disk_is_said_before_anything_is_written(place: Place) -> None:
    with pytest.raises(DownloadError) as caught:
        unpack(place.put(make_zip({"a": b"b"})), place.out, limits=Limits(reserve=2**62))
    assert caught.value.code == "download.disk_full"
    assert not place.out.exists()


def test_cancelling_leaves_nothing(place: Place) -> None:
    calls = iter([False, False, True])
    with pytest.raises(CancelledError):
        unpack(
            place.put(make_zip({str(number): b"x" for number in range(10)})),
            place.out,
            cancelled=lambda: next(calls, True),
        )
    assert not place.out.exists()
    with pytest.raises(CancelledError):
        unpack(place.put(gzip.compress(make_tar(MEMBERS))), place.out, cancelled=lambda: True)
    assert not place.out.exists()


def test_progress_grows_to_the_end(place: Place) -> None:
    seen: list[tuple[int, int]] = []
    members = {f"{number}.bin": bytes([number]) * 3_000_000 for number in range(3)}
    unpack(
        place.put(make_zip(members, method=zipfile.ZIP_STORED)),
        place.out,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (9_000_000, 9_000_000)
    assert all(total == 9_000_000 for _, total in seen)


def test_inspecting_writes_nothing(place: Place) -> None:
    members = inspect_archive(place.put(make_zip(MEMBERS)))
    assert members is not None
    assert {one.raw_name: one.size for one in members} == {name: len(data) for name, data in MEMBERS.items()}
    assert [path.name for path in place.root.iterdir()] == ["download.bin"]
    assert inspect_archive(place.put(SAMPLES["tar.gz"])) is None
    with pytest.raises(DownloadRefused):
        inspect_archive(place.put(zip_of(("../evil", b""))))


NAME = st.text(st.characters() | st.sampled_from("/\\.: \x00~"), max_size=40)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(NAME, min_size=1, max_size=4), is_tar=st.booleans())
def test_no_name_ever_leads_outside(
    names: list[str], is_tar: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = Place(tmp_path_factory.mktemp("names"))
    encoded = [name.encode("utf-8", "replace") for name in names]
    try:
        content = (
            tar_of(*((tarfile.TarInfo(raw.decode()), b"x") for raw in encoded if raw and b"\x00" not in raw))
            if is_tar
            else raw_zip(encoded, flags=0x800)
        )
        files = place.unpack(content)
    except ClearanceError:
        assert not place.out.exists()
    else:
        assert all((place.out / name).is_file() for name in files)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_is_a_clear_error_or_harmless(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = Place(tmp_path_factory.mktemp("damage"))
    whole = bytearray(data.draw(st.sampled_from([make_zip(MEMBERS), make_tar(MEMBERS), UNITY])))
    for at, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), min_size=1, max_size=8)
    ):
        whole[at] = value
    code = "download."
    try:
        place.unpack(bytes(whole))
    except ClearanceError as error:
        code = error.code
    assert code.startswith("download.")
    assert place.out.exists() is (code == "download.")


@settings(max_examples=300)
@given(st.lists(st.tuples(NAME, st.booleans()), max_size=6))
def test_names_taken_are_distinct_and_relative(entries: list[tuple[str, bool]]) -> None:
    names = Names(max_path=400, max_depth=24)
    taken: list[str] = []
    for raw, is_folder in entries:
        try:
            own = names.take(raw, is_folder=is_folder)
        except DownloadRefused:
            continue
        if own is None:
            assert is_folder
            continue
        assert not own.is_absolute()
        assert not set(own.parts) & {"", ".", ".."}
        assert "\\" not in str(own)
        if not is_folder:
            taken.append(str(own).casefold())
    assert len(taken) == len(set(taken))


def test_messages_never_repeat_a_whole_hostile_name(place: Place) -> None:
    refused = place.refuse(zip_of(("\x1b[31m" + "x" * 5000, b"")))
    assert "\x1b" not in refused.message
    assert json.dumps(dict(refused.context))
