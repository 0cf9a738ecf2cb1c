"""The files behind the catalogue: made when first asked for, kept in the cache folder, delivered whole.

Made by the standard library, or taken from the folder of models made with Blender and from the assets folder.
"""

from __future__ import annotations

import json
import os
import re
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

from .catalogue import ImageItem, ModelItem, StockItem
from .media.jpeg import encode_jpeg
from .media.model_files import encode_glb, encode_obj
from .media.models import make_model
from .media.movie import MovieFormat, make_movie
from .media.picture import watermark
from .media.preview import draw_preview
from .media.radiance import make_light
from .media.sound import make_effect, make_music
from .media.textures import make_texture

# Longest side in pixels by name: licensable sizes, then previews; from 450 on these carry a watermark.
IMAGE_SIZES = {"small": 500, "medium": 1000}
PREVIEWS = {
    "small_thumb": 100,
    "large_thumb": 150,
    "huge_thumb": 260,
    "mosaic": 250,
    "preview": 450,
    "preview_1000": 1000,
}
MODEL_PREVIEW_PX = 320
# Heights of a video by the name of its size. Small, since every frame is made here; what is declared is true.
VIDEO_HEIGHTS = {"preview": 60, "web": 72, "sd": 108, "hd": 144, "4k": 216}
_BYTES_PER_PIXEL = 0.3
_ZIP_DATE = (2025, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldFile:
    """A file that a buyer gets: its name and its bytes."""

    name: str
    data: bytes


class Library:
    """Make and keep files. One file is made at a time; the ones already there are read without waiting."""

    def __init__(self, cache: Path, *, models: Path | None = None, assets: Path | None = None) -> None:
        self._cache, self._models, self._assets = cache, models, assets
        self._lock = threading.Lock()

    def image_pixels(self, item: ImageItem, size: str) -> tuple[int, int]:
        """Tell the width and height of a licensable size or preview."""
        whole = item.asset_size if self._asset(item.asset) else (item.width, item.height)
        longest = {**IMAGE_SIZES, **PREVIEWS}.get(size, max(whole))
        scale = min(1.0, longest / max(whole))
        return max(1, round(whole[0] * scale)), max(1, round(whole[1] * scale))

    def image_format(self, item: ImageItem) -> str:
        """Tell the format delivered: jpg, or what the asset file is."""
        asset = self._asset(item.asset)
        return asset.suffix[1:] if asset else "jpg"

    def image_bytes(self, item: ImageItem, size: str) -> int:
        """Tell a licensable file's true size in bytes without making it."""
        asset = self._asset(item.asset)
        if asset:
            return asset.stat().st_size
        width, height = self.image_pixels(item, size)
        return int(width * height * _BYTES_PER_PIXEL) + 4000 + int(item.id) % 997

    def image_file(self, item: ImageItem, size: str) -> SoldFile:
        """Make a licensable file."""
        name = f"shutterstock_{item.id}.{self.image_format(item)}"
        asset = self._asset(item.asset)
        if asset:
            return SoldFile(name=name, data=asset.read_bytes())

        def make() -> bytes:
            picture = make_texture(item.recipe, item.scheme, *self.image_pixels(item, size), item.seed)
            return encode_jpeg(picture, quality=88, size=self.image_bytes(item, size))

        return SoldFile(name=name, data=self._kept(f"images/{item.id}-{size}.jpg", make))

    def image_preview(self, item: ImageItem, kind: str) -> bytes:
        """Make a preview as JPEG."""

        def make() -> bytes:
            picture = make_texture(item.recipe, item.scheme, *self.image_pixels(item, kind), item.seed)
            return encode_jpeg(watermark(picture) if PREVIEWS[kind] >= 450 else picture, quality=82)

        return self._kept(f"images/{item.id}-{kind}-preview.jpg", make)

    def model_files(self, item: ModelItem) -> list[SoldFile]:
        """Make the files that a buyer of a model gets, in order."""
        slug = f"{item.recipe}_{item.id}"
        asset, made = self._asset(item.asset), self._blender_files(item)
        if asset:
            loose = {asset.name: asset.read_bytes()}
            if item.pack == "plain":
                return [SoldFile(name=asset.name, data=loose[asset.name])]
            return [SoldFile(name=f"{asset.stem}.zip", data=_zipped(asset.stem, loose))]
        if made:
            packed = []
            for kind in item.formats:
                inside = {n.partition("/")[2]: path for n, path in made.items() if n.startswith(f"{kind}/")}
                if inside:
                    stamp = max(path.stat().st_mtime_ns for path in inside.values())
                    pack = partial(self._pack, f"{slug}_{kind}", inside)
                    data = self._kept(f"models/{slug}_{kind}-{stamp}.zip", pack)
                    packed.append(SoldFile(name=f"{slug}_{kind}.zip", data=data))
            return packed
        files = []
        # What only Blender writes (blend, fbx) is delivered as glb where no Blender made the models.
        for kind in dict.fromkeys(kind if kind in ("glb", "obj") else "glb" for kind in item.formats):
            path = f"models/{slug}_{kind}.zip"
            data = self._kept(path, partial(self._make_archive, item, slug, kind))
            files.append(SoldFile(name=path.partition("/")[2], data=data))
        return files

    def model_extensions(self, item: ModelItem) -> list[str]:
        """List the file types that a model's page advertises: those inside the archives."""
        asset = self._asset(item.asset)
        if asset:
            return [asset.suffix[1:]]
        made = self._blender_files(item)
        return [
            kind
            for kind in item.formats
            if kind in ("glb", "obj") or any(n.startswith(f"{kind}/") for n in made)
        ] or ["glb"]

    def model_preview(self, item: ModelItem, number: int) -> tuple[str, bytes]:
        """Make a preview: its file name's ending and its bytes."""
        if self._models and item.blender and number == 0:
            for suffix in ("jpg", "png"):
                found = self._models / item.blender / f"preview.{suffix}"
                if found.is_file():
                    return suffix, found.read_bytes()

        def make() -> bytes:
            meshes = make_model(item.recipe, item.scheme, item.seed)
            return encode_jpeg(draw_preview(meshes, MODEL_PREVIEW_PX, turn=0.6 - 1.2 * number), quality=86)

        return "jpg", self._kept(f"models/{item.id}-{number}.jpg", make)

    def stock_pixels(self, item: StockItem, size: str) -> tuple[int, int]:
        """Tell the width and height of a size: a name, or ``h512`` for a height; others are the whole one."""
        told = re.fullmatch(r"h(\d{1,5})", size)
        height = min(int(told[1]) if told else VIDEO_HEIGHTS.get(size, item.height), item.height)
        return max(2, round(item.width * height / item.height)), height

    def stock_bytes(self, item: StockItem, size: str) -> int:
        """Tell a licensable file's true size in bytes without making it."""
        if item.kind in ("music", "sfx"):
            return len(self.stock_file(item, size).data)
        width, height = self.stock_pixels(item, size)
        frames = max(1, round(item.seconds * item.fps)) if item.kind == "video" else 1
        return int(frames * (width * height * _BYTES_PER_PIXEL + 900)) + 4000 + int(item.id) % 997

    def stock_ending(self, item: StockItem, size: str = "") -> str:
        """Return what a sold file's name ends in, without making it."""
        match item.kind:
            case "video":
                return "mov"
            case "light":
                return "hdr"
            case "model" | "material":
                return "glb" if size == "glb" else "zip"
            case "photo" | "illustration":
                return "jpg"
        return "wav"

    def stock_file(self, item: StockItem, size: str = "") -> SoldFile:
        """Make what a buyer gets: a .mov, .wav, .jpg or .hdr; models and materials as a .zip, or as .glb."""
        stem, path = f"{item.shop}_{item.id}", f"stock/{item.shop}-{item.id}-{size}"
        match item.kind:
            case "video":
                data = self._kept(f"{path}.mov", partial(self._make_movie, item, size, marked=False))
                return SoldFile(name=f"{stem}.mov", data=data)
            case "light":
                make_hdr = partial(make_light, item.scheme, item.seed, width=item.width // 2)
                return SoldFile(name=f"{stem}.hdr", data=self._kept(f"{path}.hdr", make_hdr))
            case "model" | "material":
                ending = "glb" if size == "glb" else "zip"
                made = self._kept(f"{path}.{ending}", partial(self._make_thing, item, ending))
                return SoldFile(name=f"{stem}.{ending}", data=made)
            case "photo" | "illustration":
                shape, declared = self.stock_pixels(item, size), self.stock_bytes(item, size)
                make = partial(make_texture, item.recipe, item.scheme, *shape, item.seed)
                data = self._kept(f"{path}.jpg", lambda: encode_jpeg(make(), quality=88, size=declared))
                return SoldFile(name=f"{stem}.jpg", data=data)
        sound = make_effect if item.kind == "sfx" else partial(make_music, bpm=item.bpm)
        data = self._kept(f"{path}.wav", lambda: sound(seconds=item.seconds, seed=item.seed))
        return SoldFile(name=f"{stem}.wav", data=data)

    def stock_picture(self, item: StockItem, *, longest: int = 200) -> bytes:
        """Make the still that a listing shows, as JPEG."""

        def make() -> bytes:
            if item.kind == "model":
                return encode_jpeg(
                    draw_preview(make_model(item.recipe, item.scheme, item.seed), longest), quality=84
                )
            scale = longest / max(item.width, item.height)
            size = (max(2, round(item.width * scale)), max(2, round(item.height * scale)))
            recipe = ("clouds", "sunset") if item.kind == "light" else (item.recipe, item.scheme)
            picture = make_texture(*recipe, *size, item.seed)
            return encode_jpeg(watermark(picture) if longest >= 450 else picture, quality=82)

        return self._kept(f"stock/{item.shop}-{item.id}-still-{longest}.jpg", make)

    def stock_preview(self, item: StockItem) -> bytes:
        """Make the preview that moves or sounds: a small marked movie, or the sound."""
        if item.kind != "video":
            return self.stock_file(item).data
        make = partial(self._make_movie, item, "preview", marked=True)
        return self._kept(f"stock/{item.shop}-{item.id}-preview.mov", make)

    def _make_thing(self, item: StockItem, ending: str) -> bytes:
        """Make a model as .glb, alone or in a zip; a material is a zip of its pictures."""
        slug = f"{item.recipe}_{item.id}"
        if item.kind == "material":
            picture = make_texture(item.recipe, item.scheme, 512, 512, item.seed)
            rough = make_texture(item.recipe, "gray", 512, 512, item.seed)
            maps = {"basecolor": picture, "roughness": rough}
            return _zipped(
                slug, {f"{slug}_{name}.jpg": encode_jpeg(one, quality=85) for name, one in maps.items()}
            )
        data = encode_glb(make_model(item.recipe, item.scheme, item.seed), slug)
        return data if ending == "glb" else _zipped(slug, {f"{slug}.glb": data})

    def _make_movie(self, item: StockItem, size: str, *, marked: bool) -> bytes:
        width, height = self.stock_pixels(item, size)
        return make_movie(
            item.recipe,
            item.scheme,
            MovieFormat(width=width, height=height, fps=item.fps),
            item.seed,
            seconds=item.seconds,
            size=None if marked else self.stock_bytes(item, size),
            marked=marked,
        )

    def _make_archive(self, item: ModelItem, slug: str, kind: str) -> bytes:
        meshes = make_model(item.recipe, item.scheme, item.seed)
        inside = {f"{slug}.glb": encode_glb(meshes, slug)} if kind == "glb" else encode_obj(meshes, slug)
        return _zipped(slug, inside)

    def _pack(self, slug: str, inside: dict[str, Path]) -> bytes:
        return _zipped(slug, {name: path.read_bytes() for name, path in inside.items()})

    def _blender_files(self, item: ModelItem) -> dict[str, Path]:
        """Find what Blender made for an item: `<kind>/<path>` and where it is."""
        if self._models is None or not item.blender:
            return {}
        folder = self._models / item.blender
        index = folder / "files.json"
        if not index.is_file():
            return {}
        names: list[str] = json.loads(index.read_text(encoding="utf-8"))
        return {name: folder / name for name in names}

    def _asset(self, name: str) -> Path | None:
        found = self._assets / name if self._assets and name else None
        return found if found and found.is_file() else None

    def keep(self, path: str, make: Callable[[], bytes]) -> bytes:
        """Make a file of a shop's own when it is first asked for, and keep it."""
        return self._kept(path, make)

    def _kept(self, path: str, make: Callable[[], bytes]) -> bytes:
        """Read a file of the cache; make it first, if it is not there, and put it there in one step."""
        place = self._cache / path
        if not place.is_file():
            with self._lock:
                if not place.is_file():
                    place.parent.mkdir(parents=True, exist_ok=True)
                    half = place.with_name(f"{place.name}.{os.getpid()}.half")
                    half.write_bytes(make())
                    half.replace(place)
        return place.read_bytes()


def _zipped(name: str, inside: dict[str, bytes]) -> bytes:
    """Pack as sellers do: one folder in a zip, with dates that do not change."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(inside.items()):
            archive.writestr(_entry(f"{name}/{path}"), data)
    return out.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _ZIP_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info
