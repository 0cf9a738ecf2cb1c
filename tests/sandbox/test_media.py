"""Pictures and models made by the standard library: whole, right, and the same each time."""

from __future__ import annotations

import json
import struct
import wave
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.catalogue import Catalogue
from sandbox.library import Library
from sandbox.media import models, textures
from sandbox.media.jpeg import encode_jpeg, encode_png
from sandbox.media.model_files import encode_glb, encode_obj
from sandbox.media.movie import MovieFormat, encode_movie, make_movie
from sandbox.media.picture import Photo, watermark
from sandbox.media.preview import draw_preview
from sandbox.media.radiance import encode_radiance, make_light
from sandbox.media.sound import make_effect, make_music


def open_image(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    picture.load()
    return picture.convert("RGB")


@pytest.mark.parametrize("recipe", sorted(textures.RECIPES))
def test_jpeg_looks_like_the_picture(recipe: str) -> None:
    picture = textures.make_texture(recipe, "oak", 120, 90, 3)
    exact, coded = open_image(encode_png(picture)), open_image(encode_jpeg(picture, quality=92))
    assert exact.size == coded.size == (120, 90)
    assert max(ImageStat.Stat(ImageChops.difference(exact, coded)).mean) < 8
    assert picture == textures.make_texture(recipe, "oak", 120, 90, 3), "the same each time"


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (16, 16), (17, 33), (200, 3)])
def test_jpeg_of_any_size(size: tuple[int, int]) -> None:
    photo = Photo(width=size[0], height=size[1], pixels=[[(200, 30, 60)] * size[0]] * size[1])
    picture = open_image(encode_jpeg(photo, quality=90))
    assert picture.size == size
    assert all(abs(a - b) < 12 for a, b in zip(picture.getpixel((0, 0)), (200, 30, 60), strict=True))


@pytest.mark.parametrize("size", [4000, 9001, 9002, 9003, 9004, 9005, 200_000])
def test_jpeg_of_an_exact_number_of_bytes(size: int) -> None:
    picture = textures.make_texture("concrete", "gray", 128, 128, 1)
    data = encode_jpeg(picture, quality=88, size=size)
    assert len(data) == size and open_image(data).size == (128, 128)


def test_watermark_stays_outside_of_what_is_sold() -> None:
    picture = textures.make_texture("brick", "redbrick", 300, 200, 5)
    assert all(255 not in row for row in picture.rows)
    assert any(255 in row for row in watermark(picture).rows)


def test_every_image_of_the_catalogue_has_a_file_of_its_declared_size(tmp_path: Path) -> None:
    library = Library(tmp_path)
    for item in Catalogue().images.values():
        sold = library.image_file(item, "small")
        assert len(sold.data) == library.image_bytes(item, "small")
        assert open_image(sold.data).size == library.image_pixels(item, "small")


@pytest.mark.parametrize("recipe", sorted(models.RECIPES))
def test_glb_is_whole(recipe: str) -> None:
    meshes = models.make_model(recipe, "oak", 2)
    data = encode_glb(meshes, recipe, texture_px=32)
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    text_length, kind = struct.unpack_from("<I4s", data, 12)
    document = json.loads(data[20 : 20 + text_length])
    binary_length, binary_kind = struct.unpack_from("<I4s", data, 20 + text_length)
    assert kind == b"JSON" and binary_kind == b"BIN\0" and 28 + text_length + binary_length == len(data)
    assert document["buffers"][0]["byteLength"] <= binary_length
    for accessor in document["accessors"]:
        view = document["bufferViews"][accessor["bufferView"]]
        width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}[accessor["type"]] * 4
        assert view["byteLength"] == accessor["count"] * width and view["byteOffset"] % 4 == 0
        assert view["byteOffset"] + view["byteLength"] <= binary_length
    assert {primitive["material"] for mesh in document["meshes"] for primitive in mesh["primitives"]} == set(
        range(len(document["materials"]))
    )
    for mesh in meshes:
        for a, b, c in mesh.triangles:
            assert max(a, b, c) < len(mesh.points)


def test_obj_names_what_it_needs() -> None:
    files = encode_obj(models.make_model("chair", "oak", 2), "chair", texture_px=32)
    assert set(files) == {
        "chair.obj",
        "chair.mtl",
        "textures/wood_color.png",
        "textures/upholstery_color.png",
    }
    text, material = files["chair.obj"].decode(), files["chair.mtl"].decode()
    assert "mtllib chair.mtl" in text and "map_Kd textures/wood_color.png" in material
    count = text.count("\nv ")
    corners = [
        int(part.split("/")[0])
        for line in text.splitlines()
        if line.startswith("f ")
        for part in line.split()[1:]
    ]
    assert max(corners) == count and min(corners) == 1


def test_preview_shows_something() -> None:
    photo = draw_preview(models.make_model("vase", "verde", 1), 64)
    colors = {color for row in photo.pixels for color in row}
    assert len(colors) > 200 and photo.width == photo.height == len(photo.pixels) == 64


def test_models_from_blender_come_first_and_their_absence_is_no_fault(tmp_path: Path) -> None:
    item = next(entry for entry in Catalogue().models.values() if entry.blender == "chair_oak")
    folder = tmp_path / "models" / "chair_oak"
    without = Library(tmp_path / "a", models=tmp_path / "models")
    assert [sold.name for sold in without.model_files(item)] == [f"chair_{item.id}_glb.zip"]
    assert without.model_extensions(item) == ["glb"]
    (folder / "blend").mkdir(parents=True)
    (folder / "blend" / "chair.blend").write_bytes(b"BLENDER")
    (folder / "files.json").write_text('["blend/chair.blend"]')
    made = Library(tmp_path / "b", models=tmp_path / "models")
    assert [sold.name for sold in made.model_files(item)] == [f"chair_{item.id}_blend.zip"]


@pytest.mark.needs_shared
def test_assets_are_sold_as_what_they_are(shared_dir: Any, tmp_path: Path) -> None:
    catalogue, library = Catalogue(), Library(tmp_path, assets=shared_dir / "assets")
    webp = next(item for item in catalogue.images.values() if item.asset == "cloud.webp")
    sold = library.image_file(webp, "huge")
    assert library.image_format(webp) == "webp" and sold.name.endswith(".webp")
    assert sold.data == (shared_dir / "assets" / "cloud.webp").read_bytes()
    assert open_image(sold.data).size == library.image_pixels(webp, "huge")
    plain = next(item for item in catalogue.models.values() if item.asset == "suzi.glb")
    assert [entry.name for entry in library.model_files(plain)] == ["suzi.glb"]


def atoms(data: bytes) -> dict[bytes, bytes]:
    """Split the atoms of a QuickTime file, one level deep; what is cut off fails."""
    found, place = {}, 0
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        assert 8 <= length <= len(data) - place
        found[kind] = data[place + 8 : place + length]
        place += length
    return found


def movie_frames(data: bytes) -> list[Image.Image]:
    """Read a movie's frames by its own tables."""
    moov = atoms(atoms(data)[b"moov"])
    tables = atoms(atoms(atoms(atoms(moov[b"trak"])[b"mdia"])[b"minf"])[b"stbl"])
    count = struct.unpack_from(">II", tables[b"stsz"], 4)[1]
    sizes = struct.unpack_from(f">{count}I", tables[b"stsz"], 12)
    (place,) = struct.unpack_from(">I", tables[b"stco"], 8)
    frames = []
    for size in sizes:
        frames.append(open_image(data[place : place + size]))
        place += size
    assert struct.unpack_from(">II", tables[b"stts"], 4)[1] == count
    return frames


@pytest.mark.parametrize(("fps", "seconds"), [(24, 0.5), (29.97, 0.4), (60, 0.1), (25, 0.01)])
def test_movie_shows_so_many_frames_of_the_size_asked_for(fps: float, seconds: float) -> None:
    shape = MovieFormat(width=66, height=34, fps=fps)
    data = make_movie("brick", "redbrick", shape, 3, seconds=seconds)
    frames = movie_frames(data)
    assert len(frames) == max(1, round(seconds * fps)) and {frame.size for frame in frames} == {(66, 34)}
    assert len(frames) == 1 or frames[0].tobytes() != frames[1].tobytes(), "it moves"
    scale, length = struct.unpack_from(">II", atoms(atoms(data)[b"moov"])[b"mvhd"], 12)
    assert length / scale == pytest.approx(len(frames) / fps, rel=1e-3)
    assert data == make_movie("brick", "redbrick", shape, 3, seconds=seconds), "the same each time"
    assert data != make_movie("brick", "redbrick", shape, 3, seconds=seconds, marked=True)


@pytest.mark.parametrize("spare", [0, 1, 7, 8, 5000, -3000])
def test_movie_of_an_exact_number_of_bytes(spare: int) -> None:
    shape = MovieFormat(width=64, height=48, fps=24)
    size = len(make_movie("brick", "redbrick", shape, 3, seconds=0.25)) + spare
    data = make_movie("brick", "redbrick", shape, 3, seconds=0.25, size=size)
    assert len(data) == size and len(movie_frames(data)) == 6


def test_movie_of_nothing_is_refused() -> None:
    shape = MovieFormat(width=64, height=48, fps=0)
    with pytest.raises(ValueError, match="frame"):
        encode_movie([], shape)
    with pytest.raises(ValueError, match="frames a second"):
        make_movie("brick", "redbrick", shape, 3, seconds=1)


@pytest.mark.parametrize(
    ("data", "channels", "frames"),
    [
        (make_music(seconds=1.5, bpm=120, seed=4), 2, 33075),
        (make_music(seconds=0.1, bpm=40, seed=4), 2, 2205),
        (make_effect(seconds=0.5, seed=4), 1, 11025),
    ],
)
def test_sound_is_as_long_as_asked_for_and_not_silent(data: bytes, channels: int, frames: int) -> None:
    with wave.open(BytesIO(data)) as file:
        assert (file.getnchannels(), file.getnframes(), file.getframerate()) == (channels, frames, 22050)
        samples = struct.unpack(f"<{channels * frames}h", file.readframes(frames))
    assert 500 < max(map(abs, samples)) < 32000


def test_everything_in_stock_has_a_file_of_its_declared_size_and_kind(tmp_path: Path) -> None:
    library, catalogue = Library(tmp_path), Catalogue()
    stock = [*catalogue.stock("shutterstock").values(), *catalogue.stock("pond5").values()]
    assert {item.kind for item in stock} == {"video", "music", "photo"}
    first = {(item.shop, item.kind): item for item in reversed(stock)}
    for item in first.values():
        sold = library.stock_file(item, "web")
        assert len(sold.data) == library.stock_bytes(item, "web")
        match item.kind:
            case "video":
                assert sold.name.endswith(".mov")
                assert movie_frames(sold.data)[0].size == library.stock_pixels(item, "web")
            case "photo":
                assert open_image(sold.data).size == library.stock_pixels(item, "web")
            case _:
                assert sold.data[:4] == b"RIFF" and sold.name.endswith(".wav")
        preview = library.stock_preview(item)
        assert preview[:4] == b"RIFF" or open_image(library.stock_picture(item)).size[0] <= 200


def read_radiance(data: bytes) -> list[list[tuple[float, float, float]]]:
    """Read a coded Radiance picture back, as the format's description says."""
    head, _, rest = data.partition(b"\n\n")
    assert head.splitlines()[0] == b"#?RADIANCE" and b"FORMAT=32-bit_rle_rgbe" in head
    size, _, body = rest.partition(b"\n")
    _, height, _, width = size.split()
    rows, at = [], 0
    for _ in range(int(height)):
        assert body[at : at + 4] == bytes((2, 2, int(width) >> 8, int(width) & 255))
        at += 4
        planes = []
        for _ in range(4):
            plane = bytearray()
            while len(plane) < int(width):
                count = body[at]
                if count > 128:
                    plane += bytes([body[at + 1]]) * (count - 128)
                    at += 2
                else:
                    plane += body[at + 1 : at + 1 + count]
                    at += 1 + count
            assert len(plane) == int(width)
            planes.append(plane)
        rows.append(
            [
                (r * 2.0 ** (e - 136), g * 2.0 ** (e - 136), b * 2.0 ** (e - 136))
                for r, g, b, e in zip(*planes, strict=True)
            ]
        )
    assert at == len(body)
    return rows


@pytest.mark.parametrize("scheme", ["studio", "day", "sunset"])
def test_a_light_is_brighter_than_white_somewhere(scheme: str) -> None:
    data = make_light(scheme, 5, width=64)
    rows = read_radiance(data)
    assert (len(rows), len(rows[0])) == (32, 64)
    assert max(max(pixel) for row in rows for pixel in row) > 30
    assert min(max(pixel) for row in rows for pixel in row) < 1
    assert data == make_light(scheme, 5, width=64) != make_light(scheme, 6, width=64)


@pytest.mark.parametrize("width", [8, 129, 300])
def test_radiance_comes_back_as_it_was(width: int) -> None:
    rows = [
        [(0.0, 0.0, 0.0)] * width,
        [(x / 7, 1.0, 1e5 if x == 3 else 1e-3) for x in range(width)],
        [((x // 5) / 3, 0.25, 0.5) for x in range(width)],
    ]
    for row, expected in zip(read_radiance(encode_radiance(rows)), rows, strict=True):
        for pixel, wanted in zip(row, expected, strict=True):
            assert all(abs(a - b) <= max(wanted) / 120 for a, b in zip(pixel, wanted, strict=True))


@pytest.mark.parametrize(
    "rows", [[], [[(1.0, 1.0, 1.0)] * 7], [[(1.0, 1.0, 1.0)] * 9, [(1.0, 1.0, 1.0)] * 8]]
)
def test_what_radiance_cannot_code_is_refused(rows: list[list[tuple[float, float, float]]]) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        encode_radiance(rows)


def test_everything_adobe_sells_is_made(tmp_path: Path) -> None:
    catalogue, library = Catalogue(), Library(tmp_path)
    starts = {"photo": b"\xff\xd8", "illustration": b"\xff\xd8", "light": b"#?RADIANCE", "material": b"PK"}
    for item in catalogue.stock("adobe_stock", *starts, "model").values():
        if item.kind in ("light", "material", "model") or item.id.endswith("33"):
            sold = library.stock_file(item)
            assert sold.data.startswith(starts.get(item.kind, b"PK")), item.id
    chair = catalogue.stock("adobe_stock", "model")["2147483999"]
    assert library.stock_file(chair, "glb").data[:4] == b"glTF"
    assert open_image(library.stock_picture(chair, longest=80)).size == (80, 80)
