"""Textures made smaller on the copy that is imported: what is not understood stays as it came."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from file_samples import TRIANGLE, make_exr, make_glb, make_gltf, make_png
from PIL import Image

from core.errors import CancelledError
from core.files.models.gltf import check_gltf, open_gltf
from core.files.optimize import optimize_textures
from core.model.optimize import Optimize


def encode(picture: Any, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def put(folder: Path, name: str, data: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


@pytest.mark.parametrize(
    ("name", "kind", "mode"),
    [("a.png", "PNG", "RGB"), ("a.png", "PNG", "RGBA"), ("a.jpg", "JPEG", "L"), ("a.tga", "TGA", "RGBA"),
     ("a.webp", "WEBP", "RGB"), ("a.tif", "TIFF", "RGB"), ("a.bmp", "BMP", "RGB"), ("a.png", "PNG", "P")],
)  # fmt: skip
def test_large_textures_become_smaller_and_stay_what_they_are(
    tmp_path: Path, name: str, kind: str, mode: str
) -> None:
    large = put(tmp_path, name, encode(Image.new(mode, (64, 16)), kind))
    small = put(tmp_path, "small.png", make_png(8, 8))
    before = small.read_bytes()
    done = optimize_textures(tmp_path, tmp_path / "model.obj", limit=32, merge=False)
    assert size_of(large) == (32, 8)
    with Image.open(large) as picture:
        assert picture.format == kind
    assert small.read_bytes() == before
    assert (done.shrunk, done.kept_large) == (1, [])
    assert done.notes(32) == ("1 texture was made smaller, to 32 pixels; the original stays as it is.",)


def test_colors_below_a_clear_alpha_are_kept(tmp_path: Path) -> None:
    path = put(tmp_path, "mask.png", encode(Image.new("RGBA", (64, 64), (200, 100, 50, 0))))
    optimize_textures(tmp_path, tmp_path / "model.obj", limit=16, merge=False)
    with Image.open(path) as picture:
        assert picture.getpixel((3, 3)) == (200, 100, 50, 0)


def test_what_is_not_understood_stays_as_it_came(tmp_path: Path) -> None:
    deep = put(tmp_path, "height.png", encode(Image.new("I;16", (64, 64))))
    exr = put(tmp_path, "sky.exr", make_exr(64, 64))
    damaged = put(tmp_path, "broken.png", make_png(64, 64)[:60])
    lying = put(tmp_path, "huge.png", make_png(60_000, 60_000, honest=False))
    before = [one.read_bytes() for one in (deep, exr, damaged, lying)]
    done = optimize_textures(tmp_path, tmp_path / "model.obj", limit=16, merge=True)
    assert [one.read_bytes() for one in (deep, exr, damaged, lying)] == before
    assert done.shrunk == 0
    assert set(done.kept_large) == {"height.png", "sky.exr", "broken.png", "huge.png"}
    assert done.notes(16)[0].startswith("These textures stay as large as they came: ")
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "broken.png",
        "height.png",
        "huge.png",
        "sky.exr",
    ]


def test_equal_pictures_are_found(tmp_path: Path) -> None:
    first = put(tmp_path, "a.png", make_png(2, 2))
    second = put(tmp_path / "more", "b.png", make_png(2, 2))
    put(tmp_path, "c.png", make_png(2, 2, rgba=b"\x00\xff\x00\xff"))
    done = optimize_textures(tmp_path, tmp_path / "model.obj", limit=0, merge=True)
    assert done.same == {second: first}
    assert done.notes(0) == ()
    assert optimize_textures(tmp_path, tmp_path / "model.obj", limit=0, merge=False).same == {}


def test_the_stored_original_is_not_touched_through_a_link(tmp_path: Path) -> None:
    stored = put(tmp_path / "store", "sha", make_png(64, 64))
    before = stored.read_bytes()
    folder = tmp_path / "work"
    folder.mkdir()
    os.link(stored, folder / "a.png")
    done = optimize_textures(folder, folder / "model.obj", limit=16, merge=False)
    assert done.shrunk == 1
    assert size_of(folder / "a.png") == (16, 16)
    assert stored.read_bytes() == before


def make_textured(*pictures: bytes) -> bytes:
    binary, views = TRIANGLE, list(make_gltf()["bufferViews"])
    for data in pictures:
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(data)})
        binary += data + bytes(-len(data) % 4)
    return make_glb(
        make_gltf(
            buffers=[{"byteLength": len(binary)}],
            bufferViews=views,
            images=[{"bufferView": 2 + n, "mimeType": "image/png"} for n in range(len(pictures))],
            textures=[
                {"source": n, "extensions": {"EXT_texture_webp": {"source": n}}} for n in range(len(pictures))
            ],
        ),
        binary,
    )


def test_pictures_inside_a_glb_become_smaller_and_equal_ones_are_used_once(tmp_path: Path) -> None:
    large, other = make_png(64, 32), make_png(4, 4)
    path = put(tmp_path, "a.glb", make_textured(large, other, large))
    done = optimize_textures(tmp_path, path, limit=16, merge=True)
    assert (done.shrunk, done.merged) == (2, 1)
    check_gltf(path)
    document, buffers = open_gltf(path)
    images = document.root["images"]
    with Image.open(io.BytesIO(document.image_bytes(images[0], buffers) or b"")) as picture:
        assert picture.size == (16, 8)
    assert document.image_bytes(images[1], buffers) == other
    assert [one["source"] for one in document.root["textures"]] == [0, 1, 0]
    assert document.root["textures"][2]["extensions"]["EXT_texture_webp"]["source"] == 0
    assert bytes(document.binary or b"").startswith(TRIANGLE)


def test_a_glb_with_nothing_to_do_or_a_damaged_one_is_left_alone(tmp_path: Path) -> None:
    fine = put(tmp_path, "a.glb", make_textured(make_png(4, 4)))
    broken = put(tmp_path / "b", "b.glb", b"glTF" + bytes(30))
    before = fine.read_bytes(), broken.read_bytes()
    assert optimize_textures(tmp_path, fine, limit=16, merge=True).shrunk == 0
    assert optimize_textures(tmp_path / "b", broken, limit=16, merge=True).shrunk == 0
    assert (fine.read_bytes(), broken.read_bytes()) == before


def test_a_gltf_beside_its_pictures(tmp_path: Path) -> None:
    put(tmp_path, "a.bin", TRIANGLE)
    put(tmp_path, "a.png", make_png(64, 64))
    root = make_gltf(buffers=[{"byteLength": 44, "uri": "a.bin"}], images=[{"uri": "a.png"}])
    path = put(tmp_path, "a.gltf", json.dumps(root).encode())
    before = path.read_bytes()
    assert optimize_textures(tmp_path, path, limit=8, merge=True).shrunk == 1
    assert size_of(tmp_path / "a.png") == (8, 8)
    assert path.read_bytes() == before


def test_it_can_be_stopped(tmp_path: Path) -> None:
    put(tmp_path, "a.png", make_png(64, 64))
    with pytest.raises(CancelledError):
        optimize_textures(tmp_path, tmp_path / "m.obj", limit=8, merge=True, cancelled=lambda: True)


def test_what_cannot_be_is_refused() -> None:
    assert Optimize().is_off
    assert not Optimize(proxy_ratio=0.5).is_off
    for wrong in ({"proxy_ratio": 1.0}, {"proxy_ratio": -0.1}, {"texture_limit_px": -1}):
        with pytest.raises(ValueError, match="limit"):
            Optimize(**wrong)  # type: ignore[arg-type]
