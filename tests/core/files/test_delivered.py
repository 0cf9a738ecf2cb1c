"""What is read from delivered files, whatever state they are in; what is not read is said, never made up."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fbx_samples import make_model
from file_samples import make_exr, make_glb, make_gltf, make_png, make_tar, make_zip
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_values import make_grant

from core.errors import DownloadRefused, ImportRefused
from core.files.delivered.blend_look import read_blend
from core.files.delivered.fbx import read_fbx
from core.files.delivered.gather import gather
from core.files.delivered.gltf_look import read_gltf
from core.files.delivered.media import measure_media
from core.files.delivered.plain_look import read_obj, read_ply, read_stl
from core.files.detect import detect
from core.files.store import Store
from core.model.delivery import DeliveredFacts
from core.model.grant import GrantFile
from core.model.listing import MediaKind
from sandbox.media.movie import MovieFormat, make_movie

HERE = Path(__file__).parent
CUBE_OBJ = """mtllib box.mtl
v 0 0 0\nv 2 0 0\nv 2 1 0\nv 0 1 0
vt 0 0
f 1/1 2/1 3/1 4/1
f 1 2 3\r
f\t1 2 4
"""


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def deliver(tmp_path: Path, files: Mapping[str, bytes]) -> tuple[Store, tuple[GrantFile, ...]]:
    store = Store(tmp_path / "store")
    found: list[GrantFile] = []
    for name, content in files.items():
        sha256 = hashlib.sha256(content).hexdigest()
        store.adopt(put(store.incoming(), "part", content), sha256)
        found.append(
            GrantFile(
                grant_id=make_grant(1).id, sha256=sha256, name=name, size=len(content), media_type="",
                downloaded_at=datetime(2026, 1, 2, tzinfo=UTC),
            )
        )  # fmt: skip
    return store, tuple(found)


def look(tmp_path: Path, files: Mapping[str, bytes]) -> DeliveredFacts:
    store, found = deliver(tmp_path, files)
    facts = gather(store, found, title="Oak chair")
    assert list((store.root / "work").iterdir()) == []
    return facts


@pytest.mark.parametrize("version", [7400, 7700])
@pytest.mark.parametrize("packed", [True, False])
def test_an_fbx_tells_its_faces_textures_and_size(tmp_path: Path, version: int, packed: bool) -> None:
    data = make_model(
        version=version,
        packed=packed,
        rig=True,
        animated=True,
        textures=[b"maps\\oak.png"],
        embedded=[b"in.png"],
    )
    facts, outside = read_fbx(put(tmp_path, "a.fbx", data), "a.fbx")
    assert (facts.polygons, facts.vertices) == (3, 4)
    assert (facts.has_uvs, facts.rigged, facts.animated, facts.embedded) == (True, True, True, 1)
    assert facts.size_m == pytest.approx(1.0)
    assert facts.textures == ("maps\\oak.png", "in.png")
    assert outside == ("maps\\oak.png",)


def test_an_fbx_is_as_large_as_its_unit_and_scale_make_it(tmp_path: Path) -> None:
    blender = read_fbx(put(tmp_path, "a.fbx", make_model(unit_cm=1.0, scale=100.0)), "a")[0]
    inches = read_fbx(put(tmp_path, "b.fbx", make_model(unit_cm=2.54)), "b")[0]
    plain = read_fbx(put(tmp_path, "c.fbx", make_model(uvs=False)), "c")[0]
    assert blender.size_m == pytest.approx(100.0)
    assert inches.size_m == pytest.approx(2.54)
    assert (plain.has_uvs, plain.rigged, plain.animated) == (False, False, False)


@settings(max_examples=200)
@given(at=st.integers(27, 900), value=st.integers(0, 255), cut=st.integers(0, 1000))
def test_a_damaged_fbx_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int, cut: int
) -> None:
    data = bytearray(make_model(textures=[b"oak.png"]))
    data[at % len(data)] = value
    path = put(tmp_path_factory.getbasetemp(), "damaged.fbx", bytes(data[: len(data) - cut % 200]))
    try:
        facts, _ = read_fbx(path, "damaged.fbx")
    except ImportRefused:
        return
    assert facts.vertices is not None


def test_a_gltf_is_measured_as_its_nodes_place_it(tmp_path: Path) -> None:
    root = make_gltf(
        nodes=[{"children": [1, 2], "scale": [2, 2, 2]}, {"mesh": 0}, {"mesh": 0, "translation": [3, 0, 0]}],
        skins=[{"joints": [1]}],
        images=[{"uri": "maps/o%20ak.png"}],
    )
    path = put(tmp_path, "a.glb", make_glb(root))
    facts, outside = read_gltf(path, "a.glb", "glb")
    assert (facts.polygons, facts.vertices, facts.only_triangles) == (2, 6, True)
    assert facts.size_m == pytest.approx(8.0)
    assert (facts.rigged, facts.animated, facts.has_uvs) == (True, False, False)
    assert outside == ("maps/o%20ak.png",)


def test_a_turned_gltf_keeps_its_size(tmp_path: Path) -> None:
    half = 0.5**0.5
    turned = make_gltf(nodes=[{"mesh": 0, "rotation": [0, 0, half, half]}])
    by_matrix = make_gltf(nodes=[{"mesh": 0, "matrix": [0, 3, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, 5, 5, 5, 1]}])
    assert read_gltf(put(tmp_path, "a.glb", make_glb(turned)), "a", "glb")[0].size_m == pytest.approx(1.0)
    assert read_gltf(put(tmp_path, "b.glb", make_glb(by_matrix)), "b", "glb")[0].size_m == pytest.approx(3.0)


def test_an_obj_tells_its_faces_and_no_unit(tmp_path: Path) -> None:
    put(tmp_path, "box.mtl", b"newmtl a\nmap_Kd -s 1 1 1 C:\\maps\\oak.png\nmap_Bump bump.png\n")
    facts, outside = read_obj(put(tmp_path, "a.obj", CUBE_OBJ.encode()), "a.obj")
    assert (facts.polygons, facts.vertices, facts.has_uvs) == (3, 4, True)
    assert (facts.size_m, facts.size_units) == (None, 2.0)
    assert outside == ("C:\\maps\\oak.png", "bump.png")
    assert read_obj(put(tmp_path, "b.obj", b""), "b.obj")[0].polygons == 0


def test_stl_and_ply_are_counted(tmp_path: Path) -> None:
    facet = struct.pack("<12fH", 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0)
    stl = read_stl(put(tmp_path, "a.stl", bytes(80) + struct.pack("<I", 2) + facet * 2), "a.stl")
    assert stl is not None
    assert (stl.polygons, stl.size_units) == (2, 5.0)
    assert read_stl(put(tmp_path, "b.stl", b"solid a\nendsolid a\n"), "b.stl") is None
    head = b"ply\nformat ascii 1.0\nelement vertex 8\nproperty float x\nproperty float s\n"
    head += b"element face 6\nend_header\n"
    ply = read_ply(put(tmp_path, "a.ply", head), "a.ply")
    assert ply is not None
    assert (ply.polygons, ply.vertices, ply.has_uvs) == (6, 8, True)
    assert read_ply(put(tmp_path, "b.ply", b"ply\n"), "b.ply") is None


@pytest.mark.parametrize("version", ["4_2", "4_5", "5_2"])
def test_a_blend_file_is_read_without_blender(version: str) -> None:
    facts, outside = read_blend(HERE / "blend" / f"scene_{version}.blend", "scene.blend")
    assert (facts.polygons, facts.vertices, outside) == (7, 16, ())
    assert facts.size_m == pytest.approx(1.0)
    assert (facts.rigged, facts.animated) == (False, False)


def test_a_delivery_is_looked_into_archives_and_all(tmp_path: Path) -> None:
    facts = look(
        tmp_path,
        {
            "chair.zip": make_zip(
                {
                    "fbx/chair.fbx": make_model(textures=[b"..\\tex\\OAK.png", b"lost.png"]),
                    "tex/oak.png": make_png(64, 32),
                    "chair.max": b"\xd0\xcf\x11\xe0 not read",
                    "readme.txt": b"Thank you",
                }
            ),
            "extra.glb": make_glb(),
        },
    )
    assert facts.formats == ("fbx", "glb", "max", "png", "txt", "zip")
    assert {one.name: one.missing for one in facts.models} == {
        "chair/fbx/chair.fbx": ("lost.png",),
        "extra.glb": (),
    }
    (picture,) = facts.pictures
    assert (picture.width, picture.height) == (64, 32)
    assert (facts.unread_models, facts.closed_archives, facts.files) == (("max",), (), 5)


def test_textures_by_number_are_not_missing_and_names_are_compared_without_case(tmp_path: Path) -> None:
    root = make_gltf(
        images=[{"uri": "Skin.PNG"}, {"uri": "skin.<UDIM>.png"}, {"uri": "g%C3%BCte.png"}],
        buffers=[{"byteLength": 44, "uri": "a.bin"}],
    )
    facts = look(
        tmp_path,
        {"a.zip": make_zip({"a.gltf": json.dumps(root).encode(),
                            "a.bin": bytes(44), "skin.png": make_png(), "güte.png": make_png()})},
    )  # fmt: skip
    (model,) = facts.models
    assert model.problem == ""
    assert model.missing == ()


def test_a_damaged_model_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    facts = look(tmp_path, {"a.zip": make_zip({"a.glb": b"glTF" + bytes(40), "b.obj": CUBE_OBJ.encode()})})
    problems = {one.name: bool(one.problem) for one in facts.models}
    assert problems == {"a/a.glb": True, "a/b.obj": False}


def test_an_archive_that_no_tool_unpacks_is_closed_and_a_hostile_one_is_refused(tmp_path: Path) -> None:
    hostile = make_tar({"../../outside.txt": b"x"})
    with pytest.raises(DownloadRefused):
        look(tmp_path, {"a.tar": hostile})
    assert list((tmp_path / "store" / "work").iterdir()) == []


def test_films_and_sounds_tell_their_length(tmp_path: Path) -> None:
    movie = make_movie("tiles", "blue", MovieFormat(width=32, height=16, fps=24.0), 7, seconds=0.5)
    wav = b"RIFF" + struct.pack("<I", 0) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    wav += b"data" + struct.pack("<I", 32000) + bytes(32000)
    facts = look(tmp_path, {"a.mov": movie, "b.wav": wav, "c.exr": make_exr(8, 4)})
    film, sound = facts.media
    assert film.kind is MediaKind.VIDEO
    assert (film.width, film.height) == (32, 16)
    assert film.duration_s == pytest.approx(0.5)
    assert (sound.kind, sound.duration_s) == (MediaKind.AUDIO, 2.0)
    assert (facts.pictures[0].width, facts.pictures[0].height) == (8, 4)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


FLAC = (
    b"fLaC\x00\x00\x00\x22" + bytes(10) + ((44100 << 44) | (1 << 41) | 88200).to_bytes(8, "big") + bytes(16)
)
VORBIS = (
    b"OggS\x00\x02" + bytes(8) + b"abcd" + bytes(8) + b"\x01\x1e" + b"\x01vorbis" + bytes(5)
    + struct.pack("<I", 48000)
    + bytes(200) + b"OggS\x00\x04" + struct.pack("<q", 96000) + b"abcd" + bytes(40)
)  # fmt: skip
XING = b"\xff\xfb\x90\x00" + bytes(32) + b"Xing" + struct.pack(">II", 1, 100) + bytes(400)
AIFF = (
    b"FORM\x00\x00\x00\x2eAIFFCOMM" + struct.pack(">IhIhHQ", 18, 1, 8000, 16, 16383 + 12, 8000 << 51)
)  # fmt: skip
MP4_OLD = box(b"ftyp", b"isom" + bytes(8)) + box(
    b"moov", box(b"mvhd", bytes(12) + struct.pack(">II", 600, 1500) + bytes(80))
)
MP4_NEW = box(b"ftyp", b"isom" + bytes(8)) + box(
    b"moov", box(b"mvhd", b"\x01" + bytes(19) + struct.pack(">IQ", 600, 1500) + bytes(80))
)
MP4_UNKNOWN = box(b"ftyp", b"isom" + bytes(8)) + box(
    b"moov", box(b"mvhd", bytes(12) + struct.pack(">II", 600, 2**32 - 1) + bytes(80))
)
AVI = (
    b"RIFF"
    + bytes(4)
    + b"AVI LIST"
    + bytes(4)
    + b"hdrlavih"
    + struct.pack("<IIIIIIIIII", 56, 40000, 0, 0, 0, 50, 0, 0, 0, 320)
    + struct.pack("<I", 240)
)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.flac", FLAC, 2.0),
        ("a.ogg", VORBIS, 2.0),
        ("a.mp3", XING, 100 * 1152 / 44100),
        ("a.mp3", XING.replace(b"Xing", b"LAME"), None),
        ("a.aiff", AIFF, 1.0),
        ("a.mp4", MP4_OLD, 2.5),
        ("a.mp4", MP4_NEW, 2.5),
        ("a.mp4", MP4_UNKNOWN, None),
        ("a.mp4", MP4_OLD[:40], None),
        ("a.avi", AVI, 2.0),
        ("a.mkv", b"\x1a\x45\xdf\xa3" + bytes(100), None),
        ("a.wav", b"RIFF\x00\x00\x00\x00WAVEdata", None),
    ],
)
def test_a_length_is_read_from_the_header_or_not_at_all(
    tmp_path: Path, name: str, data: bytes, expected: float | None
) -> None:
    path = put(tmp_path, name, data)
    found = measure_media(path, detect(path)).duration_s
    assert found == (None if expected is None else pytest.approx(expected))


@given(data=st.binary(max_size=300), kind=st.sampled_from([FLAC, VORBIS, XING, AIFF, MP4_OLD, AVI]))
def test_a_damaged_film_or_sound_has_no_length_that_cannot_be(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, kind: bytes
) -> None:
    path = put(tmp_path_factory.getbasetemp(), "damaged", kind[:24] + data)
    length = measure_media(path, detect(path)).duration_s
    assert length is None or 0 < length < 10**7
