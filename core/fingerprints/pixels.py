# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns a DCC's pixels into the bytes that fingerprints are taken of. NumPy where it is, else Python."""

from __future__ import annotations

import math
from importlib.util import find_spec

from ..errors import UserInputError
from ..model.content import Pixels

_GAMMA = 1 / 2.2


def to_rgba(pixels: Pixels) -> bytes:
    """Return four bytes a pixel, the top row first; light becomes what a screen shows, nearly."""
    count = pixels.width * pixels.height * 4
    if pixels.width < 1 or pixels.height < 1 or len(pixels.values) != count:
        raise UserInputError(
            "The pixels do not fill an image of that size.",
            code="fingerprint.pixels",
            context={"width": pixels.width, "height": pixels.height, "values": len(pixels.values)},
        )
    return _fast(pixels) if find_spec("numpy") is not None else _slow(pixels)


def _fast(pixels: Pixels) -> bytes:
    import numpy as np

    values = np.asarray(pixels.values, dtype=np.float32).reshape(pixels.height, pixels.width, 4)[::-1]
    values = np.clip(np.nan_to_num(values), 0.0, 1.0)
    if pixels.is_linear:
        values[..., :3] **= _GAMMA
    return np.rint(values * 255).astype(np.uint8).tobytes()


def _slow(pixels: Pixels) -> bytes:
    row = pixels.width * 4
    rows = []
    for y in range(pixels.height - 1, -1, -1):
        whole = pixels.values[y * row : y * row + row]
        line = [0.0 if math.isnan(value) else min(max(value, 0.0), 1.0) for value in whole]
        if pixels.is_linear:
            line = [value if index % 4 == 3 else value**_GAMMA for index, value in enumerate(line)]
        rows.append(bytes(round(value * 255) for value in line))
    return b"".join(rows)
