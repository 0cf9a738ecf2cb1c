"""Light by the standard library alone: a Radiance picture (.hdr) around the viewer, as an HDRI is sold.

The picture covers the whole sphere (twice as wide as high); its brightest places are many times white.
"""

from __future__ import annotations

import math
import random

Rgb = tuple[float, float, float]

# By scheme: the color at the zenith, at the horizon and of the ground, and how bright the lamps are.
_ROOMS: dict[str, tuple[Rgb, Rgb, Rgb, float]] = {
    "studio": ((0.05, 0.05, 0.06), (0.12, 0.12, 0.13), (0.03, 0.03, 0.03), 40.0),
    "day": ((0.25, 0.45, 0.95), (0.85, 0.92, 1.0), (0.18, 0.16, 0.12), 900.0),
    "sunset": ((0.12, 0.12, 0.35), (1.4, 0.6, 0.25), (0.08, 0.06, 0.05), 220.0),
}


def make_light(scheme: str, seed: int, *, width: int = 512) -> bytes:
    """Make a light: a sky or a room in a scheme's colors, with lamps where the seed puts them."""
    zenith, horizon, ground, power = _ROOMS[scheme]
    chance = random.Random(seed)
    lamps = [
        (chance.uniform(0, 2 * math.pi), chance.uniform(0.25, 0.9), chance.uniform(0.08, 0.22))
        for _ in range(1 if power > 100 else 3)
    ]
    height = width // 2
    rows: list[list[Rgb]] = []
    for y in range(height):
        up = math.sin(math.pi * (0.5 - (y + 0.5) / height))
        base = _mix(horizon, zenith, up) if up > 0 else _mix(horizon, ground, min(1.0, -4 * up))
        row = [base] * width
        for angle, lamp_up, size in lamps:
            if abs(up - lamp_up) < size:
                _shine(row, angle, up, (angle, lamp_up, size), power)
        rows.append(row)
    return encode_radiance(rows)


def encode_radiance(rows: list[list[Rgb]]) -> bytes:
    """Write rows of linear red, green and blue as Radiance's RGBE, each row coded by itself.

    Widths from 8 to 32767; raises ValueError for others, which the format would not code.
    """
    width = len(rows[0]) if rows else 0
    if not 8 <= width <= 32767 or any(len(row) != width for row in rows):
        raise ValueError(f"rows of {width} pixels cannot be written")
    out = bytearray(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n")
    out += f"-Y {len(rows)} +X {width}\n".encode("ascii")
    for row in rows:
        out += bytes((2, 2, width >> 8, width & 255))
        pixels = [_shared(pixel) for pixel in row]
        for channel in range(4):
            out += _coded(bytes(pixel[channel] for pixel in pixels))
    return bytes(out)


def _shared(pixel: Rgb) -> tuple[int, int, int, int]:
    """Write a color as three bytes and the exponent that they share."""
    most = max(pixel)
    if most < 1e-32:
        return (0, 0, 0, 0)
    fraction, exponent = math.frexp(most)
    scale = fraction * 256.0 / most
    red, green, blue = (min(255, int(max(0.0, part) * scale)) for part in pixel)
    return (red, green, blue, exponent + 128)


def _coded(values: bytes) -> bytes:
    """Code one channel of a row: runs of the same byte, and stretches of different ones."""
    out, at = bytearray(), 0
    while at < len(values):
        run = _run(values, at)
        if run >= 4:
            out += bytes((128 + run, values[at]))
            at += run
            continue
        end = at
        while end < len(values) and end - at < 128 and _run(values, end) < 4:
            end += 1
        out += bytes((end - at,)) + values[at:end]
        at = end
    return bytes(out)


def _run(values: bytes, at: int) -> int:
    end = at
    while end < len(values) and end - at < 127 and values[end] == values[at]:
        end += 1
    return end - at


def _mix(low: Rgb, high: Rgb, part: float) -> Rgb:
    red, green, blue = (a + (b - a) * part for a, b in zip(low, high, strict=True))
    return (red, green, blue)


def _shine(row: list[Rgb], angle: float, up: float, lamp: tuple[float, float, float], power: float) -> None:
    """Add a round lamp's light to the pixels of one row that it covers."""
    _, lamp_up, size = lamp
    reach = math.sqrt(max(0.0, size * size - (up - lamp_up) ** 2))
    width = len(row)
    middle, half = angle / (2 * math.pi) * width, reach / (2 * math.pi) * width
    for x in range(math.floor(middle - half), math.ceil(middle + half) + 1):
        place = x % width
        red, green, blue = row[place]
        row[place] = (red + power, green + power * 0.92, blue + power * 0.8)
