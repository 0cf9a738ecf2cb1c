"""A glTF that lies about its data or points elsewhere never reaches an importer."""

from __future__ import annotations

import base64
import copy
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from file_samples import TRIANGLE, WEB_PAGE, make_glb, make_gltf, make_png
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ImportRefused
from core.files.models.gltf import GltfFindings, check_gltf
from core.files.references import why_outside

DATA_URI = "data:application/octet-stream;base64," + base64.b64encode(TRIANGLE).decode()


def check_glb(
    tmp_path: Path, root: dict[str, Any] | None = None, binary: bytes | None = None
) -> GltfFindings:
    path = tmp_path / "model.glb"
    path.write_bytes(make_glb(root, binary))
    return check_gltf(path)


def check_text(tmp_path: Path, root: Any) -> GltfFindings:
    path = tmp_path / "model.gltf"
    path.write_text(json.dumps(root), encoding="utf-8")
    return check_gltf(path)


def refuse_glb(
    tmp_path: Path, root: dict[str, Any] | None = None, binary: bytes | None = None
) -> ImportRefused:
    with pytest.raises(ImportRefused) as caught:
        check_glb(tmp_path, root, binary)
    assert caught.value.code == "host.gltf_refused"
    assert caught.value.message.isprintable()
    return caught.value


def change(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The triangle with one value changed; ``...`` takes it away."""
    root = copy.deepcopy(make_gltf())
    where: Any = root
    for key in path[:-1]:
        where = where[key]
    if value is ...:
        del where[path[-1]]
    else:
        where[path[-1]] = value
    return root


def test_a_good_file_passes(tmp_path: Path) -> None:
    assert check_glb(tmp_path) == GltfFindings()
    assert check_text(tmp_path, make_gltf(buffers=[{"byteLength": 44, "uri": DATA_URI}])) == GltfFindings()


def test_a_file_without_geometry_passes(tmp_path: Path) -> None:
    assert check_glb(tmp_path, {"asset": {"version": "2.0"}}, b"") == GltfFindings()


def test_files_beside_it_are_found(tmp_path: Path) -> None:
    (tmp_path / "textures").mkdir()
    (tmp_path / "model.bin").write_bytes(TRIANGLE)
    (tmp_path / "textures" / "wood grain.png").write_bytes(make_png())
    found = check_text(
        tmp_path,
        make_gltf(
            buffers=[{"byteLength": 44, "uri": "model.bin"}],
            images=[
                {"uri": "textures/wood%20grain.png"},
                {"uri": "./textures/wood%20grain.png"},
                {"uri": "no.png"},
            ],
        ),
    )
    assert {path.name for path in found.files} == {"model.bin", "wood grain.png"}
    assert found.images == 3
    assert found.missing == ("“no.png”",)
    assert found.warnings == ("A picture that it uses is not there: “no.png”.",)


@pytest.mark.needs_shared
def test_real_files_pass(shared_dir: Path) -> None:
    files = sorted((shared_dir / "assets").glob("*.glb"))
    assert files
    for path in files:
        assert check_gltf(path).missing == ()


OUTSIDE = [
    "http://example.com/a.bin",
    "https://example.com/a.bin",
    "HTTP://example.com/a.bin",
    " http://example.com/a.bin",
    "//example.com/a.bin",
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    "ftp://x/y",
    "javascript:alert(1)",
    "/etc/passwd",
    "\\etc\\passwd",
    "\\\\server\\share\\a.bin",
    "C:\\a.bin",
    "c:/a.bin",
    "../a.bin",
    "a/../../a.bin",
    "a/..",
    "..",
    "..\\a.bin",
    "%2e%2e/a.bin",
    "%2E%2E%2Fa.bin",
    "%252e%252e/a.bin",
    "%25252525252525252e",
    "..%5ca.bin",
    "%2fetc/passwd",
    "%66%69%6c%65:///etc/passwd",
    "file%3A///etc/passwd",
    "a.bin%00.png",
    "a\nb",
    "~/a.bin",
    "a.bin:stream",
    "",
    " ",
    " .. /a.bin",
]


@pytest.mark.parametrize("uri", OUTSIDE)
def test_references_outside_are_refused_wherever_they_are(uri: str, tmp_path: Path) -> None:
    assert why_outside(uri)
    for root in (
        make_gltf(buffers=[{"byteLength": 44, "uri": uri}]),
        make_gltf(images=[{"uri": uri}]),
        make_gltf(extensions={"EXT_anything": {"deep": [[{"uri": uri}]]}}),
    ):
        refused = refuse_glb(tmp_path, root)
        assert "outside" in refused.message
    assert why_outside(f"folder/{'name'}.bin") == ""


@pytest.mark.parametrize(
    "uri", ["a.bin", "a/b/c.png", "./a.png", "ä%20b.png", "a..b.png", "...png", "a?b#c.png"]
)
def test_plain_references_are_not(uri: str) -> None:
    assert why_outside(uri) == ""


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(TRIANGLE)
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    with pytest.raises(ImportRefused, match="outside"):
        check_text(folder, make_gltf(buffers=[{"byteLength": 44, "uri": "link.bin"}]))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("asset",), ...),
        (("asset",), []),
        (("asset", "version"), "1.0"),
        (("asset", "version"), 2),
        (("buffers",), {}),
        (("buffers",), [1]),
        (("buffers", 0, "byteLength"), 45),
        (("buffers", 0, "byteLength"), -1),
        (("buffers", 0, "byteLength"), "44"),
        (("buffers", 0, "byteLength"), True),
        (("buffers", 0, "byteLength"), 2**62),
        (("buffers", 0, "byteLength"), 1e300),
        (("buffers", 0, "byteLength"), ...),
        (("buffers", 0, "uri"), 5),
        (("buffers", 0, "uri"), "data:text/plain,hello"),
        (("buffers", 0, "uri"), "data:;base64,!!!!"),
        (("buffers", 0, "uri"), "data:;base64,AAAA"),
        (("buffers", 0, "uri"), "missing.bin"),
        (("buffers",), [{"byteLength": 44}, {"byteLength": 1}]),
        (("bufferViews", 0, "buffer"), 1),
        (("bufferViews", 0, "buffer"), -1),
        (("bufferViews", 0, "buffer"), None),
        (("bufferViews", 0, "byteLength"), 45),
        (("bufferViews", 0, "byteLength"), -1),
        (("bufferViews", 0, "byteOffset"), 9),
        (("bufferViews", 0, "byteOffset"), -4),
        (("bufferViews", 0, "byteStride"), 0),
        (("bufferViews", 0, "byteStride"), 253),
        (("bufferViews", 0, "byteStride"), 16),
        (("accessors", 0, "count"), 4),
        (("accessors", 0, "count"), 0),
        (("accessors", 0, "count"), -1),
        (("accessors", 0, "count"), 2**40),
        (("accessors", 0, "count"), 3.5),
        (("accessors", 0, "byteOffset"), 4),
        (("accessors", 0, "byteOffset"), -1),
        (("accessors", 0, "bufferView"), 2),
        (("accessors", 0, "bufferView"), -1),
        (("accessors", 0, "bufferView"), "0"),
        (("accessors", 0, "componentType"), 5124),
        (("accessors", 0, "componentType"), [5126]),
        (("accessors", 0, "type"), "VEC5"),
        (("accessors", 0, "type"), {}),
        (("accessors", 0, "type"), "MAT4"),
        (("accessors", 1, "componentType"), 5125),
        (("accessors", 0), {"componentType": 5126, "count": 10**9, "type": "VEC4"}),
        (("accessors", 0, "sparse"), 1),
        (("accessors", 0, "sparse"), {"count": 1}),
        (("nodes", 0, "children"), [0]),
        (("nodes", 0, "children"), [1]),
        (("nodes", 0, "children"), [-1]),
        (("nodes", 0, "children"), "0"),
        (("nodes",), [{"children": [2]}, {"children": [2]}, {}]),
        (("nodes",), [{}, {"children": [2]}, {"children": [1]}]),
        (("images",), [{}] * 3000),
        (("images",), [{"bufferView": 7}]),
        (("images",), "x"),
        (("images",), [{"uri": ["a"]}]),
    ],
)
def test_every_lie_is_refused(path: tuple[str | int, ...], value: Any, tmp_path: Path) -> None:
    refuse_glb(tmp_path, change(path, value))


SPARSE = {
    "count": 2,
    "indices": {"bufferView": 1, "componentType": 5123},
    "values": {"bufferView": 0},
}


@pytest.mark.parametrize(
    ("path", "value", "fine"),
    [
        ((), None, True),
        (("count",), 3, True),
        (("count",), 4, False),
        (("count",), 0, False),
        (("count",), 2**31, False),
        (("indices", "componentType"), 5126, False),
        (("indices", "componentType"), 5125, False),
        (("indices", "bufferView"), 9, False),
        (("indices", "byteOffset"), 4, False),
        (("values", "bufferView"), None, False),
        (("values", "byteOffset"), 30, False),
        (("indices",), [], False),
    ],
)
def test_sparse_accessors(path: tuple[str, ...], value: Any, fine: bool, tmp_path: Path) -> None:
    sparse: dict[str, Any] = copy.deepcopy(SPARSE)
    if path:
        where: Any = sparse
        for key in path[:-1]:
            where = where[key]
        where[path[-1]] = value
    root = change(("accessors", 0, "sparse"), sparse)
    if fine:
        check_glb(tmp_path, root)
    else:
        refuse_glb(tmp_path, root)


def test_sparse_indices_beyond_the_end_are_refused(tmp_path: Path) -> None:
    binary = TRIANGLE[:36] + struct.pack("<4H", 0, 3, 0, 0)
    root = change(("accessors", 0, "sparse"), SPARSE)
    assert "do not exist" in refuse_glb(tmp_path, root, binary).message


def test_compressed_geometry_is_let_through(tmp_path: Path) -> None:
    """Draco's accessors have no view, meshopt's fallback buffers no bytes."""
    root = make_gltf(extensionsRequired=["KHR_draco_mesh_compression", 5])
    del root["accessors"][0]["bufferView"]
    assert check_glb(tmp_path, root).extensions_required == ("KHR_draco_mesh_compression",)
    root = make_gltf()
    root["buffers"].append(
        {"byteLength": 1000, "extensions": {"EXT_meshopt_compression": {"fallback": True}}}
    )
    check_glb(tmp_path, root)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"glTF",
        b"glTF" + struct.pack("<II", 2, 12),
        make_glb()[:-1],
        make_glb()[:30],
        make_glb().replace(b"JSON", b"JUNK"),
        b"glTF" + struct.pack("<I", 1) + make_glb()[8:],
        make_glb()[:12] + struct.pack("<I", 0xFFFFFFFF) + make_glb()[16:],
        make_glb().replace(struct.pack("<II", 44, 0x004E4942), struct.pack("<II", 0xFFFFFFF0, 0x004E4942)),
        WEB_PAGE,
        b"null",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"asset":{"version":"2.0"},"x":' + b"[" * 100_000,
        b'{"asset":{"version":"2.0"},"x":NaN}',
        b'{"asset":{"version":"2.0"},"x":' + b"9" * 10_000 + b"}",
        b"\xff\xfe{}",
    ],
)
def test_damaged_files_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.glb"
    path.write_bytes(content)
    with pytest.raises(ImportRefused):
        check_gltf(path)


def test_absurd_pictures_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    picture = make_png(60_000, 60_000, honest=False)
    refused = refuse_glb(
        tmp_path, make_gltf(images=[{"uri": "data:image/png;base64," + base64.b64encode(picture).decode()}])
    )
    assert "60,000" in refused.message
    (tmp_path / "big.png").write_bytes(picture)
    refuse_glb(tmp_path, make_gltf(images=[{"uri": "big.png"}]))
    root = make_gltf(images=[{"bufferView": 2, "mimeType": "image/png"}])
    root["bufferViews"].append({"buffer": 0, "byteOffset": 44, "byteLength": len(picture)})
    root["buffers"][0]["byteLength"] = 44 + len(picture)
    refuse_glb(tmp_path, root, TRIANGLE + picture)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = [*make_gltf(), "images", "extensions", "extensionsRequired"]
VIEW_KEYS = [
    "buffer",
    "byteLength",
    "byteOffset",
    "uri",
    "count",
    "type",
    "componentType",
    "bufferView",
    "sparse",
]
OBJECTS = st.lists(
    st.dictionaries(st.sampled_from([*VIEW_KEYS, "children", "extensions"]), JSON, max_size=5), max_size=3
)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(st.sampled_from(KEYS), JSON | OBJECTS, max_size=3))
def test_any_shape_is_checked_or_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    try:
        found = check_glb(tmp_path, {**make_gltf(), **changes})
    except ImportRefused as error:
        found = None
        refused = error.code
    assert found is not None or refused == "host.gltf_refused"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30))
def test_a_reference_that_passes_stays_inside(uri: str) -> None:
    if not why_outside(uri):
        parts = Path(uri.replace("\\", "/")).parts
        assert ".." not in parts
        assert not Path(uri).is_absolute()
