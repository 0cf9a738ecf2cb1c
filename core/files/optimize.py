"""Make the textures of a prepared import smaller, and find equal ones. Changes only our copy. Workers only.

Pillow is loaded on first use. What it does not read (EXR, HDR, KTX), or would not keep as it is (16 bits a
channel), stays as it came and is said.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ImportRefused
from .detect import Family, detect, detect_bytes
from .disk import Cancelled, hash_file, never_cancelled, stop_if
from .image_size import measure_bytes
from .models.gltf import GltfDocument, items, open_gltf
from .models.gltf_data import Buffers

MAX_PIXELS = 16384 * 16384
"""Larger pictures are not decoded."""
_FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "tiff": "TIFF", "bmp": "BMP"}
_ENDINGS = {"tga": "TGA"}
_MODES = frozenset({"L", "LA", "RGB", "RGBA"})
_JPEG_QUALITY = 95
_JSON_CHUNK, _BIN_CHUNK = 0x4E4F534A, 0x004E4942


@dataclass(slots=True)
class Optimized:
    """What was done. ``same`` leads from a picture to the equal one that is to be used in its place."""

    shrunk: int = 0
    kept_large: list[str] = field(default_factory=list)
    same: dict[Path, Path] = field(default_factory=dict)
    merged: int = 0

    def notes(self, limit: int) -> tuple[str, ...]:
        """Return what the user should know, as sentences."""
        found: list[str] = []
        if self.shrunk:
            what = "texture was" if self.shrunk == 1 else "textures were"
            found.append(
                f"{self.shrunk} {what} made smaller, to {limit:,} pixels; the original stays as it is."
            )
        if self.kept_large:
            names = ", ".join(self.kept_large[:5]) + (" and others" if len(self.kept_large) > 5 else "")
            found.append(f"These textures stay as large as they came: {names}.")
        return tuple(found)


def optimize_textures(
    folder: Path, model: Path, *, limit: int, merge: bool, cancelled: Cancelled = never_cancelled
) -> Optimized:
    """Shrink the pictures in a private folder to ``limit`` pixels a side (0: none), and find equal ones.

    Raises OSError, CancelledError. A picture that cannot be decoded stays as it came.
    """
    done = Optimized()
    pictures = [one for one in sorted(folder.rglob("*")) if one.is_file() and not one.is_symlink()]
    pictures = [
        one for one in pictures if one != model and (_is_tga(one) or detect(one).family is Family.IMAGE)
    ]
    if limit:
        for one in pictures:
            stop_if(cancelled)
            _shrink_file(one, limit, done)
    if merge:
        done.same = _find_equal(pictures, cancelled)
    if model.suffix.lower() in (".glb", ".gltf"):
        _optimize_gltf(model, limit, merge=merge, done=done, cancelled=cancelled)
    return done


def _is_tga(path: Path) -> bool:
    return path.suffix.lower() == ".tga"


def _shrink_file(path: Path, limit: int, done: Optimized) -> None:
    data = path.read_bytes()
    kind = _ENDINGS.get(path.suffix.lower().lstrip(".")) or _FORMATS.get(detect_bytes(data[:65536]).name)
    smaller = _shrink(data, kind, limit)
    if smaller is None:
        size = measure_bytes(data[: 2**20])
        if size is not None and max(size) > limit:
            done.kept_large.append(path.name)
        return
    part = path.with_name(path.name + ".part")
    part.write_bytes(smaller)
    part.replace(path)
    done.shrunk += 1


def _shrink(data: bytes, kind: str | None, limit: int) -> bytes | None:
    """Return a picture no larger than the limit, in its own format; None when it stays as it is.

    Every channel is scaled by itself: in textures, alpha is often something else than transparency, and the
    colors below it count.
    """
    if kind is None:
        return None
    size = measure_bytes(data[: 2**20])
    if size is not None and (max(size) <= limit or size[0] * size[1] > MAX_PIXELS):
        return None
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=(kind,)) as picture:
            width, height = picture.size
            if max(width, height) <= limit or width * height > MAX_PIXELS:
                return None
            profile = picture.info.get("icc_profile")
            whole: Any = picture
            if picture.mode == "P":
                whole = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
            if whole.mode not in _MODES:
                return None
            factor = limit / max(width, height)
            target = (max(1, round(width * factor)), max(1, round(height * factor)))
            bands = [band.resize(target, Image.Resampling.LANCZOS) for band in whole.split()]
            small = Image.merge(whole.mode, bands)
            out = io.BytesIO()
            options: dict[str, Any] = {"icc_profile": profile} if profile and kind in ("PNG", "JPEG") else {}
            if kind == "JPEG":
                options |= {"quality": _JPEG_QUALITY, "subsampling": 0}
            elif kind == "WEBP":
                options |= {"lossless": True}
            small.save(out, kind, **options)
            return out.getvalue()
    except Exception:  # noqa: BLE001 - decoders fail in many ways on hostile bytes; it then stays as it came
        return None


def _find_equal(pictures: list[Path], cancelled: Cancelled) -> dict[Path, Path]:
    """Return for each picture that is the same as an earlier one, which."""
    by_size: dict[int, list[Path]] = {}
    for one in pictures:
        by_size.setdefault(one.stat().st_size, []).append(one)
    same: dict[Path, Path] = {}
    for group in by_size.values():
        if len(group) < 2:
            continue
        first: dict[str, Path] = {}
        for one in group:
            sha256 = hash_file(one, cancelled=cancelled)
            known = first.setdefault(sha256, one)
            if known != one:
                same[one] = known
    return same


def _optimize_gltf(path: Path, limit: int, *, merge: bool, done: Optimized, cancelled: Cancelled) -> None:
    try:
        document, buffers = open_gltf(path)
    except ImportRefused:
        return  # the importer's own check says why
    root = document.root
    images = items(root, "images")
    grown = _Grown(document)
    if limit and document.binary is not None:
        for image, data in _embedded(document, buffers, images):
            stop_if(cancelled)
            smaller = _shrink(data, _FORMATS.get(detect_bytes(data[:65536]).name), limit)
            if smaller is not None:
                image["bufferView"] = grown.add(smaller)
                done.shrunk += 1
            elif (size := measure_bytes(data[: 2**20])) is not None and max(size) > limit:
                done.kept_large.append(str(image.get("name") or "one inside the model")[:60])
    changed = grown.has_more
    if merge:
        count = _merge_images(document, buffers, images, grown)
        done.merged += count
        changed = changed or count > 0
    if changed:
        _write(path, document, grown)


@dataclass(slots=True)
class _Grown:
    """The binary part with more at its end; what is no longer referred to stays and is not loaded."""

    document: GltfDocument
    more: bytearray = field(default_factory=bytearray)
    views: dict[int, bytes] = field(default_factory=dict)

    @property
    def has_more(self) -> bool:
        return bool(self.more)

    @property
    def start(self) -> int:
        size = len(self.document.binary or b"")
        return size + -size % 4

    def add(self, data: bytes) -> int:
        views = self.document.root.setdefault("bufferViews", [])
        self.more += bytes(-len(self.more) % 4)
        views.append({"buffer": 0, "byteOffset": self.start + len(self.more), "byteLength": len(data)})
        self.more += data
        self.views[len(views) - 1] = data
        return len(views) - 1


def _embedded(
    document: GltfDocument, buffers: Buffers, images: list[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], bytes]]:
    for image in images:
        if image.get("uri") is None and (data := document.image_bytes(image, buffers)) is not None:
            yield image, data


def _merge_images(
    document: GltfDocument, buffers: Buffers, images: list[dict[str, Any]], grown: _Grown
) -> int:
    """Let textures refer to the first of equal pictures; return how many are used no longer."""
    first: dict[tuple[str, str], int] = {}
    instead: dict[int, int] = {}
    for index, image in enumerate(images):
        view = image.get("bufferView")
        data = grown.views.get(view) if isinstance(view, int) else None
        if data is None:
            data = document.image_bytes(image, buffers)
        if data is None:
            continue
        key = (str(image.get("mimeType")), hashlib.sha256(data).hexdigest())
        known = first.setdefault(key, index)
        if known != index:
            instead[index] = known
    for texture in items(document.root, "textures"):
        for place in (texture, *_extensions(texture)):
            source = place.get("source")
            if isinstance(source, int) and source in instead:
                place["source"] = instead[source]
    return len(instead)


def _extensions(texture: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = texture.get("extensions")
    return [one for one in found.values() if isinstance(one, dict)] if isinstance(found, dict) else []


def _write(path: Path, document: GltfDocument, grown: _Grown) -> None:
    binary = bytes(document.binary or b"")
    if grown.has_more:
        binary += bytes(grown.start - len(binary)) + bytes(grown.more)
        document.root["buffers"][0]["byteLength"] = len(binary)
    text = json.dumps(document.root, ensure_ascii=False, separators=(",", ":")).encode()
    if document.binary is None:
        data = text
    else:
        text += b" " * (-len(text) % 4)
        binary += bytes(-len(binary) % 4)
        size = 12 + 8 + len(text) + 8 + len(binary)
        data = struct.pack("<4sIIII", b"glTF", 2, size, len(text), _JSON_CHUNK) + text
        data += struct.pack("<II", len(binary), _BIN_CHUNK) + binary
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)
