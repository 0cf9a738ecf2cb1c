"""Previews become small pictures; what is no picture becomes a clear error, never an exhausted memory."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from file_samples import SAMPLES, make_png
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.errors import ClearanceError
from core.files.pictures import MAX_BYTES, decode_thumbnail

RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


def encode(width: int, height: int, kind: str = "PNG", mode: str = "RGBA", **options: object) -> bytes:
    """A picture whose upper half is red and lower half blue."""
    picture = Image.new("RGBA", (width, height), BLUE)
    picture.paste(RED, (0, 0, width, height // 2))
    out = io.BytesIO()
    picture.convert(mode).save(out, kind, **options)
    return out.getvalue()


def pixel(rgba: bytes, width: int, x: int, y: int) -> tuple[int, ...]:
    """A pixel by its column and its row from below."""
    at = 4 * (y * width + x)
    return tuple(rgba[at : at + 4])


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("PNG", "1"),
        ("WEBP", "RGB"), ("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"),
    ],
)  # fmt: skip
def test_formats_and_modes(kind: str, mode: str) -> None:
    thumbnail = decode_thumbnail(encode(600, 300, kind, mode))
    assert (thumbnail.width, thumbnail.height) == (256, 128)
    assert len(thumbnail.rgba) == 256 * 128 * 4
    assert pixel(thumbnail.rgba, 256, 3, 3)[3] == 255


def test_rows_go_from_bottom_to_top() -> None:
    thumbnail = decode_thumbnail(encode(40, 40))
    assert (thumbnail.width, thumbnail.height) == (40, 40)
    assert pixel(thumbnail.rgba, 40, 0, 0) == BLUE
    assert pixel(thumbnail.rgba, 40, 0, 39) == RED


def test_a_small_picture_is_not_enlarged() -> None:
    thumbnail = decode_thumbnail(make_png(1, 1), size=256)
    assert (thumbnail.width, thumbnail.height, thumbnail.rgba) == (1, 1, b"\xff\x00\x00\xff")


def test_it_is_turned_as_its_camera_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    thumbnail = decode_thumbnail(encode(40, 20, "JPEG", "RGB", exif=exif.tobytes(), quality=95))
    red, _, blue, _ = pixel(thumbnail.rgba, 40, 20, 1)
    assert red > 200
    assert blue < 50
    exif[0x0112] = 6
    turned = decode_thumbnail(encode(40, 20, "JPEG", "RGB", exif=exif.tobytes()))
    assert (turned.width, turned.height) == (20, 40)


def test_pixels_are_packed_for_copying() -> None:
    thumbnail = decode_thumbnail(make_png(2, 1, rgba=b"\x00\x80\xff\xff"))
    assert len(thumbnail.packed()) == 2
    assert thumbnail.packed().tobytes() == thumbnail.rgba
    assert thumbnail.floats().typecode == "f"
    assert list(thumbnail.floats()[:4]) == pytest.approx([0, 128 / 255, 1, 1])


def test_bombs_are_not_decoded() -> None:
    with pytest.raises(ClearanceError, match="60,000 by 60,000") as caught:
        decode_thumbnail(make_png(60_000, 60_000, honest=False))
    assert caught.value.code == "pictures.unreadable"
    with pytest.raises(ClearanceError):
        decode_thumbnail(b"\xff\xd8\xff" + b"\x00" * MAX_BYTES)


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"png"}))
def test_everything_else_is_refused(name: str) -> None:
    with pytest.raises(ClearanceError) as caught:
        decode_thumbnail(SAMPLES[name])
    assert caught.value.code == "pictures.unreadable"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_cut_pictures_are_refused(kind: str) -> None:
    whole = encode(300, 300, kind, "RGB")
    for part in range(1, 8):
        with pytest.raises(ClearanceError) as caught:
            decode_thumbnail(whole[: len(whole) * part // 9])
        assert caught.value.code == "pictures.unreadable"


@given(data=st.binary(max_size=300), kind=st.sampled_from(["PNG", "JPEG", "WEBP"]), at=st.integers(0, 400))
def test_any_damage_is_one_kind_of_error(data: bytes, kind: str, at: int) -> None:
    whole = encode(30, 30, kind, "RGB")
    code = "pictures.unreadable"
    try:
        decode_thumbnail(whole[:at] + data + whole[at + len(data) :])
    except ClearanceError as error:
        code = error.code
    assert code == "pictures.unreadable"


@pytest.mark.parametrize("size", [0, -1, 5000])
def test_an_impossible_size_is_a_fault_of_the_program(size: int) -> None:
    with pytest.raises(ValueError, match="thumbnail"):
        decode_thumbnail(make_png(), size=size)


def test_without_pillow_it_says_so() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); sys.modules['PIL'] = None\n"
        "from core.files.pictures import decode_thumbnail\n"
        "from core.errors import ClearanceError\n"
        "try:\n    decode_thumbnail(bytes.fromhex(sys.argv[2]))\n"
        "except ClearanceError as error:\n    print(error.code)\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code, str(root), make_png().hex()],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "pictures.no_pillow"


@pytest.mark.needs_shared
def test_real_pictures(shared_dir: Path) -> None:
    for path in sorted((shared_dir / "assets").glob("*.webp")):
        thumbnail = decode_thumbnail(path.read_bytes())
        assert max(thumbnail.width, thumbnail.height) <= 256
