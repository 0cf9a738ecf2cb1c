# SPDX-License-Identifier: GPL-3.0-or-later
"""Images are recognized after what a pipeline does to them, and never taken for one another."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from varied_content import IMAGE_CHANGES, make_image, save

from core.errors import UserInputError
from core.fingerprints import ImageFingerprint, ImageIndex, fingerprint_file, fingerprint_pixels
from core.fingerprints.images import MAX_COLOR, MAX_HASH_BITS, distance, is_same

DIFFERENT = 10_000
COPIES = 300


def of_image(image: Image.Image) -> ImageFingerprint:
    return fingerprint_pixels(image.width, image.height, image.convert("RGBA").tobytes())


@pytest.fixture(scope="module")
def originals() -> list[ImageFingerprint]:
    return [of_image(make_image(seed)) for seed in range(DIFFERENT)]


def test_no_two_of_ten_thousand_different_images_match(originals: list[ImageFingerprint]) -> None:
    index: ImageIndex[int] = ImageIndex()
    false = []
    for seed, fingerprint in enumerate(originals):
        false += [(seed, match.key) for match in index.find(fingerprint)]
        index.add(seed, fingerprint)
    assert false == []
    assert len(index) == DIFFERENT
    assert sum(fingerprint.is_plain for fingerprint in originals) == 0


@pytest.mark.parametrize("change", IMAGE_CHANGES)
def test_copies_are_found_and_only_their_own_original(change: str) -> None:
    # The crop is what moves most: it is measured on more pictures.
    count = COPIES if change == "crop" else COPIES // 3
    index: ImageIndex[int] = ImageIndex()
    copies = []
    for seed in range(count):
        image = make_image(seed, 128)
        index.add(seed, of_image(image))
        copies.append(fingerprint_file(IMAGE_CHANGES[change](image, random.Random(seed))))
    keys = [[match.key for match in index.find(copy)] for copy in copies]
    assert all(set(found) <= {seed} for seed, found in enumerate(keys))
    assert sum(found == [seed] for seed, found in enumerate(keys)) >= 0.99 * count


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
    assert is_same(fingerprint_file(save(palette)), of_image(palette.convert("RGB")))
    deep = Image.frombytes("I;16", gray.size, b"".join(bytes((v, v)) for v in gray.tobytes()))
    apart = distance(fingerprint_file(save(deep)), of_image(gray))
    assert apart.hash_bits <= 4 and apart.color < 1


def test_what_is_under_full_transparency_is_not_seen() -> None:
    clear = make_image(8).convert("RGBA")
    painted = clear.copy()
    for image, color in ((clear, (255, 0, 0, 0)), (painted, (0, 255, 0, 0))):
        image.paste(color, (0, 0, 20, 64))
    assert of_image(clear).content_sha256 != of_image(painted).content_sha256
    assert distance(of_image(clear), of_image(painted)).hash_bits == 0


@pytest.mark.parametrize("size", [(1, 1), (64, 64), (3, 500)])
def test_flat_images_match_by_their_pixels_only(size: tuple[int, int]) -> None:
    one, other = (of_image(Image.new("RGB", size, color)) for color in ("#102030", "#102031"))
    assert one.is_plain and is_same(one, one) and not is_same(one, other)
    index = ImageIndex([("one", one)])
    assert index.find(other) == []
    assert [(match.key, match.is_exact) for match in index.find(one)] == [("one", True)]


def test_a_gradient_is_plain() -> None:
    assert of_image(Image.linear_gradient("L").convert("RGB")).is_plain


def test_structure_alone_is_not_enough() -> None:
    image = make_image(5)
    red, green, blue = image.split()
    assert not is_same(of_image(image), of_image(Image.merge("RGB", (blue, red, green))))


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
    gradient_hash=st.integers(0, 2**64 - 1),
    colors=st.binary(min_size=48, max_size=48),
    detail=st.integers(0, 64),
)


@given(FINGERPRINTS)
def test_text_form_is_read_back(fingerprint: ImageFingerprint) -> None:
    text = fingerprint.encode()
    assert ImageFingerprint.decode(text) == fingerprint
    assert len(text) == 202 and text.isascii()


@given(
    st.text() | FINGERPRINTS.map(lambda f: f.encode().upper()) | FINGERPRINTS.map(lambda f: f.encode()[:-1])
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(UserInputError):
        ImageFingerprint.decode(text)


@given(FINGERPRINTS, st.sets(st.integers(0, 127), max_size=40), st.integers(0, 20))
def test_the_index_finds_exactly_what_is_the_same(a: ImageFingerprint, bits: set[int], tint: int) -> None:
    flips = sum(1 << bit for bit in bits)
    b = ImageFingerprint(
        content_sha256=a.content_sha256[::-1] + "0",
        frequency_hash=a.frequency_hash ^ flips >> 64,
        gradient_hash=a.gradient_hash ^ (flips & 2**64 - 1),
        colors=bytes(min(255, value + tint * (n % 3 == 0)) for n, value in enumerate(a.colors)),
        detail=a.detail,
    )
    apart = distance(a, b)
    assert apart == distance(b, a) and apart.hash_bits == len(bits)
    expected = not a.is_plain and len(bits) <= MAX_HASH_BITS and apart.color <= MAX_COLOR
    assert is_same(a, b) == is_same(b, a) == expected
    assert bool(ImageIndex([("a", a)]).find(b)) == expected


@pytest.mark.needs_shared
@pytest.mark.parametrize("name", ["cloud.webp", "normal_0002.webp"])
def test_real_images_are_found_among_generated_ones(
    shared_dir: Path, originals: list[ImageFingerprint], name: str
) -> None:
    index: ImageIndex[str] = ImageIndex((str(seed), f) for seed, f in enumerate(originals[:2000]))
    data = (shared_dir / "assets" / name).read_bytes()
    assert index.find(fingerprint_file(data)) == []
    with Image.open(shared_dir / "assets" / name) as opened:
        image = opened.convert("RGB")
    original = fingerprint_file(save(image))
    index.add(name, original)
    for change in ("half", "jpeg", "jpeg 40", "brighter", "darker"):
        copy = fingerprint_file(IMAGE_CHANGES[change](image, random.Random(1)))
        assert [match.key for match in index.find(copy)] == [name], change
