"""Small pictures in a folder: kept whole or not at all, and never believed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from core.files.picture_folder import MAX_PICTURE_BYTES, PictureFolder, read_picture
from core.files.pictures import shrink
from core.model.listing import ListingRef, MediaKind
from core.model.picture import Picture

REF, KIND = ListingRef(marketplace="cgtrader", id="77"), MediaKind.MODEL


def encode(kind: str, mode: str, size: tuple[int, int] = (600, 300), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 90 if mode == "L" else None).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (encode("JPEG", "RGB"), "image/jpeg"),
        (encode("JPEG", "CMYK"), "image/jpeg"),
        (encode("PNG", "L"), "image/jpeg"),
        (encode("PNG", "RGBA"), "image/png"),
        (encode("WEBP", "RGBA"), "image/png"),
        (encode("PNG", "P", transparency=0), "image/png"),
    ],
)
def test_pictures_are_encoded_anew(data: bytes, media_type: str) -> None:
    picture = shrink(data)
    assert (picture.width, picture.height, picture.media_type) == (256, 128, media_type)
    assert read_picture(picture.data) == picture
    assert "data" not in repr(picture)


def test_an_opaque_picture_with_alpha_becomes_a_jpeg() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (20, 10), (1, 2, 3, 255)).save(out, "PNG")
    assert shrink(out.getvalue()).media_type == "image/jpeg"


def test_metadata_is_left_behind() -> None:
    exif = Image.Exif()
    exif[0x013B] = "Jane Doe, 12 Secret Street"
    data = encode("JPEG", "RGB", exif=exif.tobytes(), comment=b"Secret")
    assert b"Secret" in data
    assert b"Secret" not in shrink(data).data
    png = encode("PNG", "RGBA", exif=exif.tobytes())
    assert b"Secret" in png
    assert b"Secret" not in shrink(png).data


def test_a_picture_is_found_again_and_replaced(tmp_path: Path) -> None:
    folder = PictureFolder(root=tmp_path / "pictures")
    assert folder.find(REF, KIND) is None
    first, second = shrink(encode("JPEG", "RGB")), shrink(encode("PNG", "RGBA"))
    assert folder.keep(REF, KIND, first)
    assert folder.find(REF, KIND) == first
    assert folder.keep(REF, KIND, second)
    assert folder.find(REF, KIND) == second
    assert len([path for path in (tmp_path / "pictures").rglob("*") if path.is_file()]) == 1


def test_a_film_and_a_picture_with_one_number_are_two(tmp_path: Path) -> None:
    folder = PictureFolder(root=tmp_path)
    assert folder.keep(REF, MediaKind.IMAGE, shrink(encode("JPEG", "RGB")))
    assert folder.find(REF, MediaKind.VIDEO) is None


def test_any_listing_id_is_a_file_name(tmp_path: Path) -> None:
    folder, picture = PictureFolder(root=tmp_path / "pictures"), shrink(encode("JPEG", "RGB"))
    refs = [ListingRef(marketplace="x", id=one) for one in ("../../up", "a/b\\c", "ü" * 300, "CON", "con")]
    for ref in refs:
        assert folder.keep(ref, KIND, picture)
    assert all(folder.find(ref, KIND) == picture for ref in refs)
    assert len(list((tmp_path / "pictures").rglob("*.jpg"))) == len(refs)
    assert not list(tmp_path.glob("*.jpg"))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"<svg onload=alert(1)>", b"\xff\xd8\xff", encode("PNG", "L", (600, 300)),
        b"\xff\xd8\xff" + b"\x00" * MAX_PICTURE_BYTES,
    ],
)  # fmt: skip
def test_what_we_did_not_write_is_not_shown(data: bytes, tmp_path: Path) -> None:
    folder = PictureFolder(root=tmp_path)
    assert folder.keep(REF, KIND, Picture(media_type="image/jpeg", width=1, height=1, data=data))
    assert folder.find(REF, KIND) is None


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("a file", encoding="utf-8")
    folder = PictureFolder(root=tmp_path / "pictures")
    assert folder.keep(REF, KIND, shrink(encode("JPEG", "RGB"))) is False
    assert folder.find(REF, KIND) is None
