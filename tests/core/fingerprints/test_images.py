# SPDX-License-Identifier: GPL-3.0-or-later
"""Images are recognized after what a pipeline does to them, and never taken for one another."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from recognition_proof import (
    COPY_SIZE,
    count_image_copies,
    find_false_images,
    make_any_image,
    of_image,
)
from similar_content import PLAIN_IMAGES
from varied_content import IMAGE_CHANGES, WIDE_CROPS, make_image, save

from core.errors import UserInputError
from core.fingerprints import ImageFingerprint, ImageIndex, Likeness, fingerprint_file, fingerprint_pixels
from core.fingerprints.images import compare

DIFFERENT = 800
"""The bench compares ten thousand."""
COPIES = 31
"""One of every kind, and more of most."""


@pytest.fixture(scope="module")
def originals() -> list[ImageFingerprint]:
    return [of_image(make_any_image(number)) for number in range(DIFFERENT)]


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    return [make_any_image(number, COPY_SIZE) for number in range(COPIES)]


@pytest.fixture(scope="module")
def pictured(pictures: list[Image.Image]) -> list[ImageFingerprint]:
    return [of_image(picture) for picture in pictures]


def test_no_two_of_many_different_images_match(originals: list[ImageFingerprint]) -> None:
    assert find_false_images(originals) == []
    assert sum(fingerprint.is_plain for fingerprint in originals) < 0.01 * DIFFERENT


@pytest.mark.parametrize("change", IMAGE_CHANGES)
def test_copies_are_found_and_only_their_own_original(
    change: str,
    pictures: list[Image.Image],
    pictured: list[ImageFingerprint],
    originals: list[ImageFingerprint],
) -> None:
    index: ImageIndex[int] = ImageIndex(enumerate(pictured))
    for number, fingerprint in enumerate(originals[COPIES:200], start=COPIES):
        index.add(number, fingerprint)
    copies = count_image_copies(change, pictures, pictured, index)
    assert copies.looked_for >= 0.9 * COPIES
    assert copies.false == () and copies.share >= 0.99


@pytest.mark.parametrize("crop", [name for name in WIDE_CROPS if name != "a window of eight tenths"])
def test_wide_crops_are_mostly_found_and_never_taken_for_another(
    crop: str,
    pictures: list[Image.Image],
    pictured: list[ImageFingerprint],
    originals: list[ImageFingerprint],
) -> None:
    index: ImageIndex[int] = ImageIndex(enumerate(pictured))
    for number, fingerprint in enumerate(originals[COPIES:200], start=COPIES):
        index.add(number, fingerprint)
    copies = count_image_copies(crop, pictures, pictured, index)
    assert copies.false == () and copies.share >= 0.9


def test_another_product_on_white_is_not_a_crop_of_the_first() -> None:
    known = of_image(make_any_image(9975))
    crop = WIDE_CROPS["a tenth of one edge"](make_any_image(142, COPY_SIZE), random.Random(142))
    assert compare(known, fingerprint_file(crop)) is None
    assert compare(of_image(make_any_image(142, COPY_SIZE)), fingerprint_file(crop)) is not None


def test_a_wide_crop_in_other_colors_is_not_the_picture() -> None:
    image = make_image(6, COPY_SIZE)
    red, green, blue = image.split()
    for colored, is_found in ((image, True), (Image.merge("RGB", (blue, red, green)), False)):
        crop = WIDE_CROPS["a tenth of every edge"](colored, random.Random(1))
        assert (compare(of_image(image), fingerprint_file(crop)) is not None) is is_found


def test_saving_without_loss_keeps_the_content_hash() -> None:
    image = make_image(3)
    files = [save(image), save(image, compress_level=0), save(image, "TIFF"), save(image.convert("RGBA"))]
    assert len({fingerprint_file(data) for data in files}) == 1
    assert fingerprint_file(files[0]) == of_image(image)
    other = image.copy()
    other.putpixel((5, 5), (1, 2, 3))
    assert of_image(other).content_sha256 != of_image(image).content_sha256


def test_palette_gray_and_deep_images_are_read() -> None:
    gray = make_image(0).convert("L")
    assert fingerprint_file(save(gray)) == fingerprint_file(save(gray.convert("RGB")))
    palette = make_image(1).convert("P", palette=Image.Palette.ADAPTIVE)
    assert compare(fingerprint_file(save(palette)), of_image(palette.convert("RGB"))) is not None
    deep = Image.frombytes("I;16", gray.size, b"".join(bytes((v, v)) for v in gray.tobytes()))
    same = compare(fingerprint_file(save(deep)), of_image(gray))
    assert same is not None and same.apart < 0.05


def test_what_is_under_full_transparency_is_not_seen() -> None:
    clear = make_image(8).convert("RGBA")
    painted = clear.copy()
    for image, color in ((clear, (255, 0, 0, 0)), (painted, (0, 255, 0, 0))):
        image.paste(color, (0, 0, 20, 64))
    assert of_image(clear).content_sha256 != of_image(painted).content_sha256
    same = compare(of_image(clear), of_image(painted))
    assert same is not None and same.likeness is Likeness.LOOK and same.apart == 0


@pytest.mark.parametrize("size", [(1, 1), (64, 64), (3, 500)])
def test_flat_images_match_by_their_pixels_only(size: tuple[int, int]) -> None:
    one, other = (of_image(Image.new("RGB", size, color)) for color in ("#102030", "#102031"))
    assert one.is_plain and compare(one, one) is not None and compare(one, other) is None
    index = ImageIndex([("one", one)])
    assert index.find(other) == []
    assert [(match.key, match.likeness) for match in index.find(one)] == [("one", Likeness.EXACT)]


@pytest.mark.parametrize("kind", PLAIN_IMAGES)
def test_patterns_that_everybody_makes_match_by_their_pixels_only(kind: str) -> None:
    index: ImageIndex[int] = ImageIndex()
    for seed in range(60):
        image = PLAIN_IMAGES[kind](seed, 64)
        fingerprint = of_image(image)
        assert fingerprint.is_plain
        assert all(match.likeness is Likeness.EXACT for match in index.find(fingerprint))
        index.add(seed, fingerprint)
        assert seed in [match.key for match in index.find(fingerprint_file(save(image)))]


def test_structure_alone_is_not_enough() -> None:
    image = make_image(5)
    red, green, blue = image.split()
    assert compare(of_image(image), of_image(Image.merge("RGB", (blue, red, green)))) is None


def test_something_small_that_was_added_is_seen() -> None:
    image = make_image(0, 192)
    other = image.copy()
    other.paste((255, 0, 0), (60, 60, 92, 92))
    assert compare(of_image(image), of_image(other)) is None


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", save(make_image(0))[:400], b"<html>", b"\0" * 5000]
)
def test_what_is_no_image_is_said(data: bytes) -> None:
    with pytest.raises(UserInputError) as caught:
        fingerprint_file(data)
    assert caught.value.code == "fingerprint.undecodable"


def test_an_image_that_is_a_bomb_is_refused() -> None:
    image = save(Image.new("1", (13_000, 13_000)))
    with pytest.raises(UserInputError) as caught:
        fingerprint_file(image)
    assert caught.value.code in {"fingerprint.too_large", "fingerprint.undecodable"}


@pytest.mark.parametrize(("width", "height", "count"), [(0, 0, 0), (2, 2, 15), (-1, -1, 4), (2, 1, 9)])
def test_pixels_must_fill_the_image(width: int, height: int, count: int) -> None:
    with pytest.raises(UserInputError):
        fingerprint_pixels(width, height, bytes(count))


FINGERPRINTS = st.builds(
    ImageFingerprint,
    content_sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
    frequency_hash=st.integers(0, 2**64 - 1),
    mean=st.integers(0, 255),
    deviation=st.integers(0, 12_000).map(lambda n: n / 100),
    depth=st.integers(0, 12_000).map(lambda n: n / 100),
    lights=st.binary(min_size=576, max_size=576).map(lambda data: bytes(value % 64 for value in data)),
    colors=st.binary(min_size=32, max_size=32).map(lambda data: bytes(value % 64 for value in data)),
)


@given(FINGERPRINTS)
def test_text_form_is_read_back(fingerprint: ImageFingerprint) -> None:
    text = fingerprint.encode()
    assert ImageFingerprint.decode(text) == fingerprint
    assert len(text) < 750 and text.isascii()


@given(
    st.text() | FINGERPRINTS.map(lambda f: f.encode().upper()) | FINGERPRINTS.map(lambda f: f.encode()[:-1])
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(UserInputError):
        ImageFingerprint.decode(text)


@given(FINGERPRINTS, FINGERPRINTS)
def test_any_two_fingerprints_can_be_compared(a: ImageFingerprint, b: ImageFingerprint) -> None:
    index = ImageIndex([("a", a)])
    assert [match.key for match in index.find(a)] == ["a"]
    found = {match.key for match in index.find(b)}
    assert found <= ({"a"} if compare(a, b) is not None else set())


@pytest.mark.needs_shared
@pytest.mark.parametrize("name", ["cloud.webp", "normal_0002.webp"])
def test_real_images_are_found_among_generated_ones(
    shared_dir: Path, originals: list[ImageFingerprint], name: str
) -> None:
    index: ImageIndex[str] = ImageIndex((str(number), f) for number, f in enumerate(originals))
    data = (shared_dir / "assets" / name).read_bytes()
    assert index.find(fingerprint_file(data)) == []
    with Image.open(shared_dir / "assets" / name) as opened:
        image = opened.convert("RGB")
    original = fingerprint_file(save(image))
    index.add(name, original)
    for change in IMAGE_CHANGES:
        copy = fingerprint_file(IMAGE_CHANGES[change](image, random.Random(1)))
        assert [match.key for match in index.find(copy)] == [name], change
