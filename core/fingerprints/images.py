# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image can be recognized by: its exact pixels, and its look after scaling, encoding and cropping.

It knows no ledger and decides nothing about rights: a match is a question to a person. Pillow is imported
only when an image is read; comparing fingerprints needs the standard library alone.

Covered: lossless saving anew (exactly); scaling, also without keeping the proportions; JPEG at quality 40 to
95; a crop of up to 5 % of an edge; brightness changed by up to 10 %. Not covered: turned or mirrored images,
larger crops, inverted or recolored images, transparency flattened onto a color other than middle gray, and
images with hardly any detail (a flat color, a plain gradient), which only their exact pixels can identify.
"""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from typing import TYPE_CHECKING

from ..errors import UserInputError

if TYPE_CHECKING:
    from PIL.Image import Image

PREFIX = "ci1"
EDGE = 32
CELLS = 4
COLOR_BYTES = CELLS * CELLS * 3

# Measured on generated pictures of five kinds, 300 of each change at 128 × 128. Of 128 bits, scaling moves at
# most 5, JPEG at quality 40 at most 9, brightness 4, a 5 % crop 14 in the middle and 34 at most (99 % within
# 31); colors move at most 8.1. Of 8 million pairs of different pictures, the nearest is 28 bits apart; every
# pair within 36 bits is at least 19.1 apart in color. Both limits together let none through.
MAX_HASH_BITS = 31
MAX_COLOR = 12.0
# A coefficient below that many gray levels is left to chance by an encoder; where too few stand out, the
# hashes say nothing. The generated pictures have at least 30 that do.
COEFFICIENT_LEVELS = 0.25
MIN_DETAIL = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFingerprint:
    """One image: hash of its pixels, two hashes of 64 bits, 4 × 4 mean colors, and how much detail it has.

    ``frequency_hash`` has the signs of the 64 lowest spatial frequencies, ``gradient_hash`` whether each of
    8 × 8 cells is brighter than its right neighbor. ``colors`` are 48 bytes, red, green, blue per cell, row
    by row. ``detail`` counts the frequencies (0 to 64) that stand out from an encoder's noise.
    """

    content_sha256: str
    frequency_hash: int
    gradient_hash: int
    colors: bytes
    detail: int

    @property
    def is_plain(self) -> bool:
        """Return whether there is too little detail to recognize anything but the exact pixels."""
        return self.detail < MIN_DETAIL

    def encode(self) -> str:
        """Return the fingerprint as one line of ASCII, 202 characters."""
        return (
            f"{PREFIX}:{self.content_sha256}:{self.frequency_hash:016x}:{self.gradient_hash:016x}"
            f":{self.colors.hex()}:{self.detail:02d}"
        )

    @classmethod
    def decode(cls, text: str) -> ImageFingerprint:
        """Read what :meth:`encode` wrote; UserInputError for anything else."""
        parts = text.split(":")
        if [len(part) for part in parts] == [len(PREFIX), 64, 16, 16, COLOR_BYTES * 2, 2] and text.isascii():
            try:
                found = cls(
                    content_sha256=bytes.fromhex(parts[1]).hex(),
                    frequency_hash=int(parts[2], 16),
                    gradient_hash=int(parts[3], 16),
                    colors=bytes.fromhex(parts[4]),
                    detail=int(parts[5]),
                )
            except ValueError:
                pass  # said below, as for every other text
            else:
                if found.encode() == text:
                    return found
        raise UserInputError(
            "This is no fingerprint of an image in a form this version knows; make it anew from the image.",
            code="fingerprint.unreadable",
            context={"length": len(text)},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDistance:
    """How far two images are apart: bits of 128 that differ, and the mean difference of colors (0 to 255)."""

    hash_bits: int
    color: float


def count_bits(a: ImageFingerprint, b: ImageFingerprint) -> int:
    """Return how many of the 128 bits of both hashes differ."""
    return (a.frequency_hash ^ b.frequency_hash).bit_count() + (a.gradient_hash ^ b.gradient_hash).bit_count()


def distance(a: ImageFingerprint, b: ImageFingerprint) -> ImageDistance:
    """Return how much two images differ in structure and in color; overall brightness does not count."""
    shift = (sum(a.colors) - sum(b.colors)) / COLOR_BYTES
    color = sum(abs(x - y - shift) for x, y in zip(a.colors, b.colors, strict=True)) / COLOR_BYTES
    return ImageDistance(hash_bits=count_bits(a, b), color=color)


def is_same(a: ImageFingerprint, b: ImageFingerprint) -> bool:
    """Return whether two images are one picture: of equal pixels, or close in structure and in color."""
    if a.content_sha256 == b.content_sha256:
        return True
    if a.is_plain or b.is_plain:
        return False
    return count_bits(a, b) <= MAX_HASH_BITS and distance(a, b).color <= MAX_COLOR


def fingerprint_file(data: bytes) -> ImageFingerprint:
    """Fingerprint an encoded image (PNG, JPEG, WebP, TIFF…: what Pillow reads), its first frame.

    A stored orientation is applied first. Raises UserInputError for what cannot be decoded, and for images so
    large that decoding them would be an attack (Pillow's own limit).
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data)) as opened:
            if Image.MAX_IMAGE_PIXELS is not None and opened.width * opened.height > Image.MAX_IMAGE_PIXELS:
                raise UserInputError(
                    "The image has too many pixels to be decoded safely; make it smaller.",
                    code="fingerprint.too_large",
                    context={"width": opened.width, "height": opened.height},
                )
            return _fingerprint(ImageOps.exif_transpose(opened))
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Warning) as error:
        raise UserInputError(
            "The image cannot be decoded; open it in an image editor and save it anew.",
            code="fingerprint.undecodable",
            context={"bytes": len(data), "reason": type(error).__name__},
        ) from error


def fingerprint_pixels(width: int, height: int, rgba: bytes) -> ImageFingerprint:
    """Fingerprint decoded pixels: four bytes each, red, green, blue, alpha, the top row first."""
    if width < 1 or height < 1 or len(rgba) != width * height * 4:
        raise UserInputError(
            "The pixels do not fill an image of that size; hand over four bytes per pixel.",
            code="fingerprint.pixels",
            context={"width": width, "height": height, "bytes": len(rgba)},
        )
    from PIL import Image

    return _fingerprint(Image.frombytes("RGBA", (width, height), rgba))


def _fingerprint(image: Image) -> ImageFingerprint:
    """Fingerprint a decoded image."""
    seen = _flatten(image)
    gray = seen.convert("L")
    from PIL.Image import Resampling

    values = gray.resize((EDGE, EDGE), Resampling.BOX).tobytes()
    frequencies = _transform(values)
    steps = gray.resize((9, 8), Resampling.BOX).tobytes()
    return ImageFingerprint(
        content_sha256=_hash_content(image),
        frequency_hash=_pack([value > 0 for value in frequencies]),
        gradient_hash=_pack([steps[9 * y + x] > steps[9 * y + x + 1] for y in range(8) for x in range(8)]),
        colors=seen.resize((CELLS, CELLS), Resampling.BOX).tobytes(),
        detail=sum(abs(value) >= COEFFICIENT_LEVELS for value in frequencies),
    )


def _flatten(image: Image) -> Image:
    """Return what is seen, as RGB: transparent parts in middle gray, 16-bit gray scaled to eight bits."""
    from PIL import Image as Pictures

    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 257))
        return image.convert("L").convert("RGB")
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        clear = image.convert("RGBA")
        ground = Pictures.new("RGBA", clear.size, (128, 128, 128, 255))
        return Pictures.alpha_composite(ground, clear).convert("RGB")
    return image.convert("RGB")


def _hash_content(image: Image) -> str:
    """Hash the pixels: the same for a palette, gray or RGB form of the same eight-bit picture."""
    deep = image.mode[0] in "IF"
    pixels = image.convert("I") if image.mode.startswith("I") else image if deep else image.convert("RGBA")
    head = f"{pixels.mode} {pixels.width} {pixels.height}\n".encode()
    return hashlib.sha256(head + pixels.tobytes()).hexdigest()


@lru_cache(maxsize=1)
def _waves() -> tuple[tuple[float, ...], ...]:
    """Return the cosine waves 0 to 8 over the edge, scaled so that a coefficient is in gray levels."""
    return tuple(
        tuple(math.cos(math.pi * k * (2 * n + 1) / (2 * EDGE)) / EDGE for n in range(EDGE)) for k in range(9)
    )


def _transform(values: bytes) -> list[float]:
    """Return 64 low frequencies of a 32 × 32 picture: 8 × 8 without the mean, and the next across."""
    waves = _waves()
    rows = [values[EDGE * y : EDGE * (y + 1)] for y in range(EDGE)]
    across = [[sum(map(mul, wave, row)) for row in rows] for wave in waves]
    found = [sum(map(mul, waves[v], across[u])) for u in range(8) for v in range(8) if u or v]
    return [*found, sum(map(mul, waves[0], across[8]))]


def _pack(bits: list[bool]) -> int:
    """Return truth values as one number, the first in the highest bit."""
    number = 0
    for bit in bits:
        number = number << 1 | bit
    return number
