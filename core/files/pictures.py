"""Decode previews into small pictures that a host can show. Worker threads only.

Pillow is loaded on first use. Size in pixels is read from the header before any decoding, so a small file
cannot fill the memory.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..errors import ClearanceError
from ..model.picture import Picture
from .detect import detect_bytes
from .image_size import measure_bytes

P = TypeVar("P")

MAX_BYTES = 32 * 1024 * 1024
MAX_PREVIEW_PIXELS = 64 * 1024 * 1024
"""Stays below Pillow's own limit, so that it never warns."""
_FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}
_TO_FLOAT = tuple(value / 255 for value in range(256))
_JPEG_QUALITY = 82


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """A decoded picture. ``rgba`` holds 4 bytes a pixel, rows from bottom to top, as Blender wants them."""

    width: int
    height: int
    rgba: bytes = field(repr=False)

    def packed(self) -> memoryview:
        """Return one 32-bit integer a pixel, without copying: for ``ImagePreview.image_pixels``."""
        return memoryview(self.rgba).cast("i")

    def floats(self) -> array[float]:
        """Return 4 float32 a pixel, 0 to 1: for ``Image.pixels.foreach_set``. Slow: call in a worker."""
        return array("f", map(_TO_FLOAT.__getitem__, self.rgba))


def decode_thumbnail(data: bytes, size: int = 256) -> Thumbnail:
    """Decode JPEG, PNG or WebP, turned as its EXIF says, to fit into ``size`` by ``size`` pixels.

    Raises ClearanceError: ``pictures.unreadable`` (no picture, damaged, too large), ``pictures.no_pillow``.
    """

    def finish(picture: Any, image_module: Any) -> Thumbnail:
        flipped = picture.convert("RGBA").transpose(image_module.Transpose.FLIP_TOP_BOTTOM)
        return Thumbnail(width=flipped.width, height=flipped.height, rgba=flipped.tobytes())

    return _decode(data, size, finish)


def shrink(data: bytes, size: int = 256) -> Picture:
    """Decode a picture as :func:`decode_thumbnail` does, and encode it anew, small and without metadata.

    A JPEG, or a PNG where parts of it are transparent. Raises ClearanceError as that does.
    """

    def finish(picture: Any, _image_module: Any) -> Picture:
        clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
        rgba = picture.convert("RGBA") if clear else None
        out = io.BytesIO()
        if rgba is not None and rgba.getextrema()[3][0] < 255:
            rgba.info.clear()
            rgba.save(out, "PNG", optimize=True)
            kind = "image/png"
        else:
            plain = picture.convert("RGB")
            plain.info.clear()
            plain.save(out, "JPEG", quality=_JPEG_QUALITY, optimize=True, exif=b"")
            kind = "image/jpeg"
        return Picture(media_type=kind, width=picture.width, height=picture.height, data=out.getvalue())

    return _decode(data, size, finish)


def _decode(data: bytes, size: int, finish: Callable[[Any, Any], P]) -> P:
    """Decode a picture, turned and no larger than ``size``, and hand it on with Pillow's module."""
    if not 1 <= size <= 4096:
        raise ValueError("a thumbnail has 1 to 4096 pixels a side")
    kind = _FORMATS.get(detect_bytes(data[: 64 * 1024]).name)
    if kind is None or len(data) > MAX_BYTES:
        raise _unreadable("it is not a JPEG, PNG or WebP picture of a sensible size", len(data))
    pixels = measure_bytes(data)
    if pixels is None:
        raise _unreadable("it is damaged", len(data))
    if pixels[0] * pixels[1] > MAX_PREVIEW_PIXELS:
        raise _unreadable(f"it is {pixels[0]:,} by {pixels[1]:,} pixels large", len(data))
    image_module, turn = _pillow()
    try:
        with image_module.open(io.BytesIO(data), formats=(kind,)) as picture:
            picture.draft("RGB", (size, size))
            turned = turn(picture.convert("RGBA") if picture.mode in ("P", "LA", "PA") else picture)
            turned.thumbnail((size, size))
            return finish(turned, image_module)
    except Exception as error:
        # Decoders fail in many ways on hostile bytes (OSError, SyntaxError, struct.error, IndexError …).
        raise _unreadable("it is damaged", len(data)) from error


def _pillow() -> tuple[Any, Any]:
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise ClearanceError(
            "Previews cannot be shown: the module Pillow is missing. Install the extension again.",
            code="pictures.no_pillow",
        ) from error
    return Image, ImageOps.exif_transpose


def _unreadable(why: str, size: int) -> ClearanceError:
    return ClearanceError(
        f"A preview cannot be shown: {why}.", code="pictures.unreadable", context={"size": size}
    )
