# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image can be recognized by: its exact pixels, and its look after scaling, encoding and cropping.

It knows no ledger and decides nothing about rights: a match is a question to a person. Pillow is imported
only when an image is read; comparing fingerprints needs the standard library alone.

Covered: lossless saving anew (exactly); scaling, also without keeping the proportions; JPEG and WebP from
quality 40 up; a crop of up to 5 % of each edge, and mostly one of a tenth of each or of 15 % of one;
brightness, contrast, saturation and warmth changed a little; a copy in gray that is not cropped.
Not covered: turned or mirrored images, larger crops, inverted or recolored images, transparency flattened
onto a color other than middle gray, and images with hardly any structure (a flat color, fine noise), which
only their exact pixels can identify.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import UserInputError
from .crops import find_contrast, find_window, look_at_colors
from .image_look import (
    AS_IT_LIES,
    CELLS,
    CROPPED,
    EDGE,
    center,
    correlate,
    find_depth,
    find_frequencies,
    find_worst,
    fit,
    look_through,
)
from .likeness import Comparison, Likeness

if TYPE_CHECKING:
    from PIL.Image import Image

PREFIX = "ci2"
LIGHTS = EDGE * EDGE
COLORS = CELLS * CELLS * 2
# The picture is first brought to so many cells of the small one, in eight bits, then averaged as floats.
FINE = 8
# Levels of light in a standard deviation; 64 of them, from -3.2 to 3.2 deviations, one character each.
STEPS = 10
LEVELS = 64
MIDDLE = 31.5
COLOR_STEP = 8
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
_VALUES = bytes(max(ALPHABET.find(chr(code)), 0) for code in range(256))
_CHARS = bytes(ord(ALPHABET[code]) if code < LEVELS else ord("?") for code in range(256))
_FORM = re.compile(
    rf"{PREFIX}:([0-9a-f]{{64}}):([0-9a-f]{{16}}):(\d{{1,3}}):(\d{{1,3}}\.\d\d):(\d{{1,3}}\.\d\d)"
    rf":([0-9A-Za-z_-]{{{LIGHTS}}}):([0-9A-Za-z_-]{{{COLORS}}})",
    re.ASCII,
)
_GRAY = bytes([LEVELS // 2]) * COLORS
# With less deviation between the cells (in 256 levels), an encoder's noise is all there is to see.
MIN_DEVIATION = 1.0
BLANK = 0.7
# Measured on 19 kinds of generated pictures, 50 of each, each changed in 13 ways, and on the three nearest
# others of each. What is left of a true copy, less an encoder's noise, is at most 0 times ``fine`` where
# nothing moved, 0.24 where it moved by a third of a cell, 0.42 where it moved more (walls of bricks: 0.6). Of
# pictures that are as alike as a room is to itself with other furniture, 0.44 and more is left, or the worst
# four cells differ by more than 0.94; true copies have 0.65 and less there (a few bright dots: 1.2).
NOISE_BASE = 0.05
NOISE_LEVELS = 2.0
MAX_NOISE = 0.25
MOVED_SHARE = 4.0
MAX_MOVED = 0.5
MAX_REST = 0.6
MAX_WORST = 0.95
# Where any window may fit, one of another product on white may: wide crops leave 0.48 there, that one 0.83.
MAX_WORST_IN_WINDOW = 0.5
# ... and no more than that share of what makes the picture more than a simple pattern, or it is the pattern
# that fits: true copies leave 0.5 of it, 1.5 where all there is are small things in a large rectangle.
MAX_SHARE = 1.5
MIN_CORRELATION = 0.3
# What is so alike as it lies needs no second try as a crop: fine detail does, which a crop moves by a cell.
ALIKE = 0.9
# A wider crop of large shapes can look nearly like the whole.
ALIKE_AS_CROP = 0.97
# Copies in gray correlate by 0.99 and more as they lie; of 3,200 colored pictures one pair that has nothing
# but its brightness to be told apart by comes to 0.96.
ALIKE_IN_GRAY = 0.98
# In 256 levels: the mean and the largest difference of a color, once brightness is taken off.
MAX_COLOR = 14
MAX_ONE_COLOR = 56
# Through a window, cells lie across those that were averaged: beside, that share is allowed of how far
# neighbors differ, and one cell may be twice as far off.
MAX_BLENDED = 0.1
MAX_BRIGHTER = 40
MAX_GAIN = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFingerprint:
    """One image: a hash of its pixels, and a small picture of it.

    ``lights`` are 24 × 24 brightnesses, row by row, 0 to 63 in tenths of their standard deviation around
    ``MIDDLE``. ``colors`` are 4 × 4 times red and blue less brightness, in steps of 8 around 32. ``mean`` and
    ``deviation`` are of the brightness, in 256 levels; ``depth`` is the deviation that simple patterns do not
    explain. ``frequency_hash`` has the signs of 64 low spatial frequencies.
    """

    content_sha256: str
    frequency_hash: int
    mean: int
    deviation: float
    depth: float
    lights: bytes
    colors: bytes

    @property
    def is_plain(self) -> bool:
        """Return whether there is too little structure to recognize anything but the exact pixels."""
        return min(self.deviation, self.depth) < MIN_DEVIATION

    @property
    def is_gray(self) -> bool:
        """Return whether there is no color in it."""
        return self.colors == _GRAY

    @property
    def is_blank(self) -> bool:
        """Return whether it is so plain that not even a copy of something that is not can look like it."""
        return min(self.deviation, self.depth) < BLANK * MIN_DEVIATION

    def encode(self) -> str:
        """Return the fingerprint as one line of ASCII, some 710 characters."""
        return (
            f"{PREFIX}:{self.content_sha256}:{self.frequency_hash:016x}:{self.mean}:{self.deviation:.2f}"
            f":{self.depth:.2f}:{_spell(self.lights)}:{_spell(self.colors)}"
        )

    @classmethod
    def decode(cls, text: str) -> ImageFingerprint:
        """Read what :meth:`encode` wrote; UserInputError for anything else."""
        match = _FORM.fullmatch(text)
        if match is not None:
            content, bits, mean, deviation, depth, lights, colors = match.groups()
            return cls(
                content_sha256=content,
                frequency_hash=int(bits, 16),
                mean=int(mean),
                deviation=float(deviation),
                depth=float(depth),
                lights=lights.encode().translate(_VALUES),
                colors=colors.encode().translate(_VALUES),
            )
        raise UserInputError(
            "This is no fingerprint of an image in a form this version knows; make it anew from the image.",
            code="fingerprint.unreadable",
            context={"length": len(text)},
        )


def compare(known: ImageFingerprint, seen: ImageFingerprint) -> Comparison | None:
    """Return in what way two images are one picture, or None; plain ones only are by their exact pixels."""
    if known.content_sha256 == seen.content_sha256:
        return Comparison(likeness=Likeness.EXACT, apart=0.0)
    if known.is_blank or seen.is_blank or (known.is_plain and seen.is_plain):
        return None
    gain = known.deviation / seen.deviation
    if abs(known.mean - seen.mean) > MAX_BRIGHTER or not 1 / MAX_GAIN < gain < MAX_GAIN:
        return None
    as_it_lies = correlate(center(known.lights), seen.lights)
    rest = None
    if known.is_gray != seen.is_gray and not _has_colors_of(known, seen):
        # A copy in gray: with less to go by, what is left has to be an encoder's noise.
        rest = _lay(known, seen, AS_IT_LIES, exactly=True) if as_it_lies >= ALIKE_IN_GRAY else None
        return None if rest is None else Comparison(likeness=Likeness.LOOK, apart=round(rest, 6))
    if _has_colors_of(known, seen):
        rest = _lay(known, seen, AS_IT_LIES) if as_it_lies >= MIN_CORRELATION else None
        if rest is None and as_it_lies < ALIKE:
            cropped = correlate(center(look_through(known.lights, CROPPED)), seen.lights)
            rest = _lay(known, seen, CROPPED) if cropped >= MIN_CORRELATION else None
    if rest is None and as_it_lies < ALIKE_AS_CROP:
        window = find_window(known.lights, seen.lights)
        rest = _lay(known, seen, window, worst=MAX_WORST_IN_WINDOW) if window is not None else None
    return None if rest is None else Comparison(likeness=Likeness.LOOK, apart=round(rest, 6))


def _has_colors_of(known: ImageFingerprint, seen: ImageFingerprint, window: Sequence[float] = ()) -> bool:
    """Return whether a picture, or its part in a window, is colored like another, but for a correction."""
    colors = look_at_colors(known.colors, window) if window else known.colors
    apart = [abs(a - b) * COLOR_STEP for a, b in zip(colors, seen.colors, strict=True)]
    most, one = float(MAX_COLOR), float(MAX_ONE_COLOR)
    if window:
        contrast = min(find_contrast(known.colors), find_contrast(seen.colors))
        most, one = most + MAX_BLENDED * COLOR_STEP * contrast, one * 2
    return sum(apart) <= most * COLORS and max(apart) <= one


def _lay(
    known: ImageFingerprint,
    seen: ImageFingerprint,
    start: Sequence[float],
    *,
    exactly: bool = False,
    worst: float = MAX_WORST,
) -> float | None:
    """Lay one picture upon another; return what is left when it is so little that they are one.

    ``exactly``: no more may be left for having moved. ``worst``: how far any four cells may differ.
    """
    found = fit(known.lights, seen.lights, start)
    if found is None:
        return None
    noise = NOISE_BASE + min(NOISE_LEVELS / seen.deviation, MAX_NOISE)
    allowed = noise + (0.0 if exactly else found.fine * min(MOVED_SHARE * found.moved**2, MAX_MOVED))
    detail = (min(known.depth, seen.depth) + MIN_DEVIATION) / seen.deviation
    if found.rest > min(allowed, MAX_REST, MAX_SHARE * detail) or find_worst(found) > worst:
        return None
    if not (exactly or _has_colors_of(known, seen) or _has_colors_of(known, seen, found.window)):
        return None
    return found.rest


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
    red, green, blue = _shrink(_flatten(image))
    light = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b in zip(red, green, blue, strict=True)]
    mean = math.fsum(light) / LIGHTS
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in light) / LIGHTS)
    scale = STEPS / deviation if deviation > 0 else 0.0
    lights = bytes(_level(MIDDLE + (value - mean) * scale) for value in light)
    frequencies = find_frequencies(lights)
    return ImageFingerprint(
        content_sha256=_hash_content(image),
        frequency_hash=pack_bits([value > 0 for value in frequencies]),
        mean=round(mean),
        deviation=round(deviation, 2),
        depth=round(find_depth(lights) / STEPS * deviation, 2),
        lights=lights,
        colors=_average_colors(red, light) + _average_colors(blue, light),
    )


def _shrink(seen: Image) -> list[array[float]]:
    """Return red, green and blue of 24 × 24 cells that blend into each other, so that they can be moved."""
    from PIL.Image import Resampling

    wanted = EDGE * FINE
    if seen.width > wanted or seen.height > wanted:
        seen = seen.resize((min(seen.width, wanted), min(seen.height, wanted)), Resampling.BOX)
    small = [band.convert("F").resize((EDGE, EDGE), Resampling.BILINEAR) for band in seen.split()]
    return [array("f", band.tobytes()) for band in small]


def _average_colors(band: array[float], light: list[float]) -> bytes:
    """Return how much of a color there is in 4 × 4 cells beyond the brightness."""
    edge = EDGE // CELLS
    sums = [0.0] * (CELLS * CELLS)
    for index, (value, whole) in enumerate(zip(band, light, strict=True)):
        sums[index // EDGE // edge * CELLS + index % EDGE // edge] += value - whole
    return bytes(_level(LEVELS / 2 + one / (edge * edge * COLOR_STEP)) for one in sums)


def _level(value: float) -> int:
    return max(0, min(LEVELS - 1, round(value)))


def _spell(values: bytes) -> str:
    return values.translate(_CHARS).decode()


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


def pack_bits(bits: list[bool]) -> int:
    """Return truth values as one number, the first in the highest bit."""
    number = 0
    for bit in bits:
        number = number << 1 | bit
    return number
