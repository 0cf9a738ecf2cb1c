"""A file is what its content says, and nothing that comes is too strange to be looked at."""

from __future__ import annotations

import gzip
import re
import struct
from pathlib import Path

import pytest
from file_samples import BLEND_42, BLEND_52, SAMPLES, make_png, make_tar, make_zip
from hypothesis import given
from hypothesis import strategies as st

from core.files.detect import (
    HEAD_SIZE,
    KNOWN_ENDINGS,
    Family,
    check_name,
    describe,
    detect,
    detect_bytes,
    ending_of,
    file_type,
)
from core.files.image_size import MAX_SIDE, is_absurd, measure, measure_bytes


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_type_is_told_by_its_content(name: str, tmp_path: Path) -> None:
    path = tmp_path / "download.bin"
    path.write_bytes(SAMPLES[name])
    found = detect(path)
    assert found.name == name
    assert re.fullmatch(r"[a-z]+/[\w.+-]+", found.media_type)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_right_name_is_not_complained_about(name: str) -> None:
    assert check_name(f"x.{name}", detect_bytes(SAMPLES[name])) == ""


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"html", "script"}))
def test_a_web_page_under_any_name_is_told(name: str) -> None:
    sentence = check_name(f"asset.{name}", detect_bytes(SAMPLES["html"]))
    assert sentence == f"The file's name ends with .{name}, but it holds a web page."


@pytest.mark.parametrize(
    ("header", "version"),
    [
        (BLEND_42, "4.2"),
        (BLEND_52, "5.2"),
        (b"BLENDER_v279" + b"\x00" * 20, "2.79"),
        (b"BLENDER-V293" + b"\x00" * 20, "2.93"),
        (b"BLENDER17-01v0510" + b"\x00" * 20, "5.10"),
        (b"BLENDERxxxxxxxxxxx", "unknown header"),
    ],
)
def test_blender_files_tell_their_version(header: bytes, version: str) -> None:
    assert detect_bytes(header).detail == version
    assert detect_bytes(gzip.compress(header)).detail == version
    assert detect_bytes(header).family is Family.MODEL
    assert "scripts" in detect_bytes(header).note


@pytest.mark.parametrize("version", ["4_2", "4_5", "5_2"])
def test_a_compressed_blender_file_is_looked_into(version: str) -> None:
    pytest.importorskip("zstandard", reason="Blender brings it; outside it belongs to the extra 'scan'")
    found = detect(Path(__file__).parent / "blend" / f"scene_{version}.blend")
    assert (found.name, found.detail) == ("blend", version.replace("_", "."))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty"),
        (b"\x00" * 5000, "unknown"),
        (b"\x80\x81\x82" * 100, "unknown"),
        (b"; FBX 7.3.0 project file\nFBXHeaderExtension:  {\n", "fbx"),
        (b"solid cube\n facet normal 0 0 1\n  outer loop\n", "stl"),
        (b"solid evidence that this is prose\n", "txt"),
        (b"v 0 0 0\r\nv 1 1 1\r\nf 1 2 1\r\n", "obj"),
        (b"\xef\xbb\xbf# exported\ng part\nv 1.0 2.0 3.0\nvn 0 0 1\n", "obj"),
        ("newmtl holz_grün\n".encode("latin-1"), "mtl"),
        (b"  \n<HTML>\n", "html"),
        (b"<!-- moved --><html>", "html"),
        (b"<?xml version='1.0'?><!DOCTYPE html PUBLIC '-//W3C'><html/>", "html"),
        (b"<script>alert(1)</script>", "html"),
        (b"<svg:svg xmlns:svg='http://www.w3.org/2000/svg'/>", "svg"),
        ('{"a": 1}'.encode("utf-16"), "json"),
        (b'{"buffers": [], "asset": {"generator": "x", "version": "2.0"}}', "gltf"),
        (b"[1, 2]", "json"),
        (b"\xff\xfb\x90\x44" + b"\x00" * 100, "mp3"),
        (b"\xff\xf9" + b"\x00" * 100, "unknown"),
        (b"MZ" + b"\x00" * 200, "exe"),
        (b"MZ is how this text begins, and it goes on for more than sixty-four characters.", "txt"),
        (b"BM is how this text begins", "txt"),
        (b"\x00\x00\x00\x08wide\x00\x00\x00\x00mdat", "mov"),
        (b"\x1f\x8b\x08garbage", "gz"),
        (make_zip({"readme.txt": b"", "scene.usdc": b""}), "zip"),
        (gzip.compress(make_tar({"./" + "ab" * 16 + "/pathname": b"Assets/x"})), "unitypackage"),
        (b"\x28\xb5\x2f\xfd garbage", "zst"),
        (b"PK\x05\x06" + b"\x00" * 18, "zip"),
    ],
)
def test_odd_beginnings(content: bytes, name: str) -> None:
    assert detect_bytes(content).name == name


def test_a_binary_stl_needs_the_right_size() -> None:
    head = b"solid but binary".ljust(80, b" ") + struct.pack("<I", 3)
    assert detect_bytes(head + b"\x00" * 150).name == "stl"
    assert detect_bytes(head + b"\x00" * 149).name == "unknown"
    assert detect_bytes(head + b"\x00" * 50, size=84 + 150).name == "stl"


@given(st.binary(max_size=2000), st.sampled_from(["", *sorted(SAMPLES)]))
def test_whatever_comes_is_told_something(tail: bytes, start: str) -> None:
    found = detect_bytes(SAMPLES.get(start, b"")[:200] + tail)
    assert found.name in KNOWN_ENDINGS or found.name in {"unknown", "empty", "script"}
    assert describe(found)
    measure_bytes(SAMPLES.get(start, b"")[:60] + tail)


@pytest.mark.parametrize(
    "text", [b"\n", b" ", b"<", b"<!----><", b"{", b"v ", b"newmtl", b"\t\n", b'"asset":{', b"<?"]
)
def test_long_repetitions_end(text: bytes) -> None:
    content = (text * HEAD_SIZE)[:HEAD_SIZE]
    assert detect_bytes(content, size=10**9).family is not Family.PROGRAM


@pytest.mark.parametrize(
    ("name", "ending"),
    [("a.ZIP", "zip"), ("a.tar.GZ", "tar.gz"), ("a", ""), (".hidden", "hidden"), ("a.b.c", "c"), ("", "")],
)
def test_endings(name: str, ending: str) -> None:
    assert ending_of(name) == ending


def test_related_types_are_no_contradiction() -> None:
    assert check_name("a.usd", file_type("usda")) == ""
    assert check_name("a.m4v", file_type("mov")) == ""
    assert check_name("a.max", file_type("unknown")) == ""
    assert check_name("a.gz", file_type("unitypackage")) == ""
    assert check_name("a.jpeg", file_type("jpg")) == ""
    assert check_name("a.jpg", file_type("png")) == "The file's name ends with .jpg, but it holds a PNG file."
    assert check_name("a.zip", file_type("empty")) == "The file's name ends with .zip, but it is empty."


@pytest.mark.parametrize("name", ["png", "jpg", "webp", "tiff", "hdr", "gif", "bmp", "psd"])
def test_image_sizes_are_read_from_headers(name: str, tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(make_png(5, 7) if name == "png" else SAMPLES[name])
    assert measure(path) == (5, 7)


def test_more_image_headers() -> None:
    assert measure_bytes(SAMPLES["exr"]) == (4, 3)
    lossless = b"RIFF\x00\x00\x00\x00WEBPVP8L\x00\x00\x00\x00\x2f" + struct.pack("<I", 4 | 6 << 14)
    assert measure_bytes(lossless) == (5, 7)
    lossy = b"RIFF\x00\x00\x00\x00WEBPVP8 \x00\x00\x00\x00\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", 5, 7)
    assert measure_bytes(lossy) == (5, 7)
    assert measure_bytes(b"#?RGBE\n\n+X 5 +Y 7\n") == (5, 7)
    assert measure_bytes(b"\xff\xd8\xff\xff\xff\xd0\xff\xe0\x00\x02") is None
    assert measure_bytes(b"\xff\xd8\xff\xe0\x00\x00" * 100) is None
    assert measure_bytes(make_png(0, 7, honest=False)) is None


def test_what_is_absurd() -> None:
    assert is_absurd((MAX_SIDE + 1, 1))
    assert is_absurd((60_000, 60_000))
    assert not is_absurd((32_768, 16_384))


@pytest.mark.needs_shared
def test_real_files_are_told(shared_dir: Path) -> None:
    expected = {"glb": "glb", "unitypackage": "unitypackage", "webp": "webp", "exr": "exr"}
    files = [path for path in (shared_dir / "assets").iterdir() if path.suffix[1:] in expected]
    assert files
    for path in files:
        found = detect(path)
        assert found.name == expected[path.suffix[1:]]
        if found.family is Family.IMAGE:
            size = measure(path)
            assert size is not None
            assert min(size) > 0
