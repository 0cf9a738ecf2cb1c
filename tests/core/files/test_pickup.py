"""What was downloaded is recognized, described, matched to what waits, and copied without being touched."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from file_samples import OBJ, SAMPLES, WEB_PAGE, make_glb, make_png, make_zip
from hypothesis import given
from hypothesis import strategies as st
from unity_packages import PackageMaker, chair_package, gzip_of, store_field, subfield

from core.errors import CancelledError, DownloadError, DownloadRefused
from core.files.arrivals import list_arrivals
from core.files.pickup import (
    Candidate,
    FoundArchive,
    copy_in,
    describe,
    match,
    scan_folder,
    tokenize,
)
from core.files.unity.header import StoreOrigin
from core.model.listing import ListingRef

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def put(folder: Path, name: str, content: bytes, *, age_s: float = 3600) -> Path:
    path = folder / name
    path.write_bytes(content)
    moment = NOW.timestamp() - age_s
    os.utime(path, (moment, moment))
    return path


def names(folder: Path) -> list[str]:
    return [one.path.name for one in scan_folder(folder, now=NOW).found]


def test_archives_and_models_the_newest_first(tmp_path: Path) -> None:
    put(tmp_path, "old.zip", make_zip({"a.obj": OBJ}), age_s=9000)
    put(tmp_path, "chair.unitypackage", chair_package().package(), age_s=100)
    put(tmp_path, "scan.glb", make_glb(), age_s=200)
    put(tmp_path, "a.7z", SAMPLES["7z"], age_s=300)
    put(tmp_path, "b.rar", SAMPLES["rar"], age_s=400)
    for name in ("photo.png", "letter.pdf", "notes.txt", "noending", "page.html"):
        put(tmp_path, name, SAMPLES.get(name.rpartition(".")[2], b"x"))
    (tmp_path / "folder.zip").mkdir()
    assert names(tmp_path) == ["chair.unitypackage", "scan.glb", "a.7z", "b.rar", "old.zip"]
    kinds = [one.kind for one in scan_folder(tmp_path, now=NOW).found]
    assert kinds == ["unitypackage", "glb", "7z", "rar", "zip"]


def test_content_counts_and_not_the_name(tmp_path: Path) -> None:
    put(tmp_path, "page.zip", WEB_PAGE)
    put(tmp_path, "model.zip", make_glb())
    (found,) = scan_folder(tmp_path, now=NOW).found
    assert (found.path.name, found.kind) == ("model.zip", "glb")
    assert "glb" in found.note.lower()


@pytest.mark.parametrize(
    "partial",
    [
        "chair.zip.part",
        "chair.zip.crdownload",
        "chair.zip.download",
        "chair.aB3x.zip.part",
        "chair.zip.opdownload",
    ],
)
def test_a_file_beside_its_unfinished_self_is_still_coming(partial: str, tmp_path: Path) -> None:
    put(tmp_path, "chair.zip", make_zip({"a.obj": OBJ}))
    put(tmp_path, "other.zip", make_zip({"a.obj": OBJ}))
    put(tmp_path, partial, b"PK")
    scan = scan_folder(tmp_path, now=NOW)
    assert [one.path.name for one in scan.found] == ["other.zip"]
    assert set(scan.arriving) == {"chair.zip", partial}


@pytest.mark.parametrize("name", ["a.zip.part", "Unconfirmed 1.crdownload", "b.tmp", "c.zip.aria2"])
def test_an_unfinished_file_alone(name: str, tmp_path: Path) -> None:
    put(tmp_path, name, make_zip({"a.obj": OBJ}))
    scan = scan_folder(tmp_path, now=NOW)
    assert (scan.found, scan.arriving) == ((), (name,))


def test_a_file_that_changed_a_moment_ago_may_still_grow(tmp_path: Path) -> None:
    put(tmp_path, "a.zip", make_zip({"a.obj": OBJ}), age_s=1)
    put(tmp_path, "b.zip", b"", age_s=1000)
    put(tmp_path, "c.zip", make_zip({"a.obj": OBJ}), age_s=-3600)
    scan = scan_folder(tmp_path, now=NOW)
    assert [one.path.name for one in scan.found] == ["c.zip"], "a clock that is ahead is no growth"
    assert scan.arriving == ("a.zip", "b.zip")
    assert not list_arrivals(tmp_path, now=NOW + timedelta(seconds=9)).is_cut
    assert [one.path.name for one in scan_folder(tmp_path, now=NOW + timedelta(seconds=9)).found] == [
        "c.zip",
        "a.zip",
    ]


def test_old_hidden_and_linked_files_are_left(tmp_path: Path) -> None:
    target = put(tmp_path, "real.zip", make_zip({"a.obj": OBJ}), age_s=40 * 86_400)
    put(tmp_path, ".hidden.zip", make_zip({"a.obj": OBJ}))
    (tmp_path / "linked.zip").symlink_to(target)
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert "not there" in scan_folder(tmp_path / "gone", now=NOW).problem
    put(tmp_path, "a.zip", b"x")
    assert "cannot be looked into" in scan_folder(tmp_path / "a.zip", now=NOW).problem
    assert scan_folder(tmp_path, now=NOW).problem == ""


def test_names_that_no_text_can_hold(tmp_path: Path) -> None:
    put(tmp_path, os.fsdecode(b"stuhl\xff.zip"), make_zip({"a.obj": OBJ}))
    (found,) = scan_folder(tmp_path, now=NOW).found
    assert found.name_tokens[0] == "stuhl"


def test_a_package_with_its_origin(tmp_path: Path) -> None:
    found = describe(put(tmp_path, "Oak Chairs.unitypackage", chair_package().package(extra=store_field())))
    assert found.kind == "unitypackage"
    assert found.origin is not None
    assert found.origin.product_id == "12345"
    assert found.name_tokens == ("oak", "chairs")
    assert found.origin_trouble == ""


def test_a_package_whose_header_is_not_believed(tmp_path: Path) -> None:
    found = describe(put(tmp_path, "a.unitypackage", chair_package().package(extra=subfield(b"{"))))
    assert found.origin is None
    assert found.origin_trouble


def test_a_plain_tar_that_is_called_a_package(tmp_path: Path) -> None:
    tar = PackageMaker()
    tar.members.append(("about.txt", b"x" * 100_000))
    tar.add("Assets/a.png", make_png())
    assert describe(put(tmp_path, "a.unitypackage", tar.tar())).kind == "unitypackage"
    assert describe(put(tmp_path, "b.unitypackage", gzip_of(tar.tar()))).kind == "unitypackage"


@pytest.mark.parametrize("content", [WEB_PAGE, b"", b"\x00" * 100])
def test_what_is_no_archive_and_no_model(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(DownloadRefused) as caught:
        describe(put(tmp_path, "a.zip", content))
    assert caught.value.code == "pickup.wrong_type"


def test_a_picture_is_taken_only_when_somebody_chose_it(tmp_path: Path) -> None:
    picture = put(tmp_path, "oak.png", make_png())
    assert describe(picture).kind == "png"
    assert scan_folder(tmp_path, now=NOW).found == ()


def test_what_is_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(DownloadRefused, match="not a file"):
            describe(path)


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("OakChair_v2", ("oak", "chair", "v", "2")),
        ("TurboSquid-1234567-FBX", ("turbo", "squid", "1234567", "fbx")),
        ("Größe École", ("große".casefold(), "ecole")),
        ("", ()),
        ("___", ()),
    ],
)
def test_words_of_a_name(name: str, tokens: tuple[str, ...]) -> None:
    assert tokenize(name) == tokens


@pytest.mark.parametrize("name", ["Chair (1).zip", "Chair (12).zip", "Chair - Copy.zip", "Chair.tar.gz"])
def test_a_second_download_has_the_same_words(name: str, tmp_path: Path) -> None:
    put(tmp_path, name, make_zip({"a.obj": OBJ}))
    assert scan_folder(tmp_path, now=NOW).found[0].name_tokens == ("chair",)


def found(name: str, *, origin: StoreOrigin | None = None, at: datetime = NOW) -> FoundArchive:
    return FoundArchive(
        path=Path(name), size=1, modified_at=at, kind="zip", origin=origin, name_tokens=tokenize(name)
    )


def waiting(ref: str, title: str, *, grant_id: str = "g", since: datetime | None = None) -> Candidate:
    return Candidate(ref=ListingRef.parse(ref), title=title, grant_id=grant_id, since=since)


OAK = waiting("unity:12345", "Oak Chairs Pack")
PINE = waiting("unity:99999", "Pine Table")
SQUID = waiting("turbosquid:1234567", "Old Oak Chair 3D model")


def test_the_store_header_is_certain_and_rules_out_the_rest() -> None:
    matches = match(
        found("Oak Chairs Pine Table", origin=StoreOrigin(product_id="12345")), [PINE, SQUID, OAK]
    )
    assert [(one.candidate, one.score, one.is_certain) for one in matches] == [(OAK, 1.0, True)]
    assert match(found("Oak Chairs", origin=StoreOrigin(product_id="7")), [PINE, SQUID, OAK]) == ()


def test_a_number_in_the_name_is_no_proof() -> None:
    (best, *rest) = match(found("turbosquid_1234567_oak"), [OAK, SQUID])
    assert (best.candidate, best.is_certain, best.score) == (SQUID, False, 0.8)
    assert "1234567" in best.reasons[0]
    assert all(one.score < best.score for one in rest)


@pytest.mark.parametrize("name", ["x12345670", "1234", "chair123"])
def test_a_part_of_a_number_or_a_short_one_says_nothing(name: str) -> None:
    assert match(found(name), [SQUID, waiting("turbosquid:123", "Lamp")]) == ()


def test_words_of_the_title() -> None:
    (one,) = match(found("oak_chairs_hd"), [OAK, PINE])
    assert (one.candidate, one.is_certain, one.score) == (OAK, False, 0.6)
    assert one.reasons == ("Its name has words of the title: oak, chairs.",)
    assert match(found("the_model_pack_3d"), [OAK, PINE, SQUID]) == ()


def test_what_came_after_the_order_goes_first() -> None:
    later = waiting("turbosquid:1", "Oak Chair", since=NOW - timedelta(hours=1))
    earlier = waiting("turbosquid:2", "Oak Chair", since=NOW + timedelta(hours=1))
    first, second = match(found("oak chair"), [earlier, later])
    assert (first.candidate, second.candidate) == (later, earlier)
    assert first.reasons[-1] == "It came after the order."


def test_nothing_waits() -> None:
    assert match(found("oak"), []) == ()


@given(st.text(max_size=40), st.text(max_size=40), st.text(alphabet="0123456789ab", min_size=1, max_size=8))
def test_scores_stay_in_their_range(name: str, title: str, listing_id: str) -> None:
    for one in match(found(name), [waiting(f"turbosquid:{listing_id}", title, since=NOW)]):
        assert 0 < one.score < 1
        assert not one.is_certain
        assert one.reasons


def test_a_copy_is_hashed_and_the_original_stays(tmp_path: Path) -> None:
    content = make_zip({"a.obj": OBJ * 1000})
    source = put(tmp_path, "a.zip", content)
    before = source.stat()
    into = tmp_path / "in"
    into.mkdir()
    seen: list[int] = []
    copy, sha256, size = copy_in(source, into, progress=lambda done, _total: seen.append(done))
    assert (copy.read_bytes(), size) == (content, len(content))
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert seen[-1] == size
    assert (source.stat().st_mtime_ns, source.stat().st_mode) == (before.st_mtime_ns, before.st_mode)


def test_a_file_that_grows_meanwhile_is_not_taken(tmp_path: Path) -> None:
    source = put(tmp_path, "a.zip", b"x" * 3_000_000)
    into = tmp_path / "in"
    into.mkdir()

    def grow(done: int, total: int) -> None:
        with source.open("ab") as file:
            file.write(b"y")

    with pytest.raises(DownloadError) as caught:
        copy_in(source, into, progress=grow)
    assert (caught.value.code, caught.value.retryable) == ("pickup.still_changing", True)
    assert list(into.iterdir()) == []


def test_a_stopped_copy_leaves_nothing(tmp_path: Path) -> None:
    source = put(tmp_path, "a.zip", b"x" * 3_000_000)
    into = tmp_path / "in"
    into.mkdir()
    with pytest.raises(CancelledError):
        copy_in(source, into, cancelled=lambda: True)
    assert list(into.iterdir()) == []
    with pytest.raises(DownloadRefused):
        copy_in(tmp_path / "gone", into)
