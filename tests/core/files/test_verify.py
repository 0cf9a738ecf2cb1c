"""What was delivered is what was bought, or it is refused with a reason and put aside."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from file_samples import BLEND_52, OBJ, SAMPLES, make_exr, make_glb, make_gltf, make_png, make_zip

from core.errors import CancelledError, DownloadError, DownloadRefused
from core.files.archives.unpack import Tools
from core.files.store import Store
from core.files.verify import VerifiedFile, verify_delivery
from core.model.listing import MediaKind


@pytest.fixture
def verify(tmp_path: Path) -> Callable[..., VerifiedFile]:
    def run(content: bytes, name: str = "chair.zip", **changes: object) -> VerifiedFile:
        path = tmp_path / "part"
        path.write_bytes(content)
        arguments: dict[str, object] = {
            "name": name,
            "declared_size": None,
            "declared_sha256": None,
            "declared_formats": (),
            "kind": MediaKind.MODEL,
            "tools": Tools(which=lambda _name: None),
        }
        return verify_delivery(path, **{**arguments, **changes})  # type: ignore[arg-type]

    return run


Verify = Callable[..., VerifiedFile]


def refuse(verify: Verify, content: bytes, name: str = "chair.zip", **changes: object) -> DownloadRefused:
    with pytest.raises(DownloadRefused) as caught:
        verify(content, name, **changes)
    assert caught.value.message.isprintable()
    return caught.value


def test_a_good_archive(verify: Verify) -> None:
    content = make_zip({"chair/chair.obj": OBJ, "chair/wood.png": make_png()})
    sha256 = hashlib.sha256(content).hexdigest()
    found = verify(
        content, declared_size=len(content), declared_sha256=sha256.upper(), declared_formats=("obj",)
    )
    assert (found.size, found.sha256, found.type.name) == (len(content), sha256, "zip")
    assert found.media_type == "application/zip"
    assert found.formats == ("obj", "png")
    assert found.warnings == ()


@pytest.mark.parametrize("name", ["blend", "glb", "obj", "fbx", "usdz", "usdc", "abc", "stl", "ply", "dae"])
def test_models_pass(name: str, verify: Verify) -> None:
    assert verify(SAMPLES[name], f"chair.{name}", declared_formats=(name,)).formats == (name,)


@pytest.mark.parametrize("name", ["png", "jpg", "tiff", "exr", "hdr", "webp", "psd", "svg", "eps"])
def test_images_pass(name: str, verify: Verify) -> None:
    assert verify(SAMPLES[name], f"photo.{name}", kind=MediaKind.IMAGE).type.name == name


def test_a_vendors_own_format_passes(verify: Verify) -> None:
    found = verify(b"\xd0\xcf\x11\xe0" + b"\x00\x01" * 500, "chair.max", declared_formats=("max",))
    assert found.formats == ("max",)
    assert found.warnings == ()


def test_a_material_file_passes(verify: Verify) -> None:
    assert verify(SAMPLES["mtl"], "chair.mtl").type.name == "mtl"


@pytest.mark.parametrize("kind", list(MediaKind))
@pytest.mark.parametrize("name", ["chair.zip", "photo.jpg", "chair.blend", "page.html", "readme.txt", "x"])
def test_a_web_page_is_never_a_delivery(name: str, kind: MediaKind, verify: Verify) -> None:
    refused = refuse(verify, SAMPLES["html"], name, kind=kind)
    assert refused.code == "download.web_page"
    assert refused.retryable


@pytest.mark.parametrize("kind", list(MediaKind))
def test_an_empty_file_is_refused(kind: MediaKind, verify: Verify) -> None:
    assert refuse(verify, b"", kind=kind).code == "download.empty"


@pytest.mark.parametrize("name", ["json", "xml"])
def test_an_error_message_is_no_delivery(name: str, verify: Verify) -> None:
    refused = refuse(verify, SAMPLES[name], "chair.zip")
    assert refused.code == "download.wrong_type"
    assert "error message" in refused.message


@pytest.mark.parametrize(
    ("sample", "name", "kind"),
    [
        ("exe", "chair.zip", MediaKind.MODEL),
        ("script", "chair.blend", MediaKind.MODEL),
        ("exe", "setup.exe", MediaKind.OTHER),
        ("mp4", "chair.glb", MediaKind.MODEL),
        ("glb", "photo.jpg", MediaKind.IMAGE),
        ("mp3", "photo.jpg", MediaKind.IMAGE),
        ("png", "film.mp4", MediaKind.VIDEO),
        ("pdf", "song.mp3", MediaKind.AUDIO),
    ],
)
def test_what_cannot_be_it_is_refused(sample: str, name: str, kind: MediaKind, verify: Verify) -> None:
    assert refuse(verify, SAMPLES[sample], name, kind=kind).code == "download.wrong_type"


@pytest.mark.parametrize(("name", "kind"), [("photo.jpg", MediaKind.IMAGE), ("chair.zip", MediaKind.MODEL)])
def test_noise_under_a_known_name_is_refused(name: str, kind: MediaKind, verify: Verify) -> None:
    assert refuse(verify, b"\x00\x9f\x01" * 500, name, kind=kind).code == "download.wrong_type"


def test_a_wrong_ending_is_a_warning(verify: Verify) -> None:
    found = verify(make_png(), "photo.jpg", kind=MediaKind.IMAGE)
    assert found.warnings == ("The file's name ends with .jpg, but it holds a PNG file.",)


def test_a_wrong_size_is_refused_and_may_be_tried_again(verify: Verify) -> None:
    refused = refuse(verify, make_zip({"a": b"b"}), declared_size=10**9)
    assert refused.code == "download.size_mismatch"
    assert refused.retryable


def test_a_wrong_checksum_is_refused(verify: Verify) -> None:
    assert refuse(verify, make_zip({}), declared_sha256="0" * 64).code == "download.hash_mismatch"
    assert (
        refuse(verify, make_zip({}), declared_sha256="0" * 64, known_sha256="1" * 64).context["found_sha256"]
        == "1" * 64
    )


def test_a_hash_that_is_known_is_used(verify: Verify) -> None:
    assert verify(make_zip({}), known_sha256="1" * 64).sha256 == "1" * 64


def test_missing_formats_are_a_warning(verify: Verify) -> None:
    content = make_zip({"chair.obj": OBJ, "wood.tif": SAMPLES["tiff"]})
    found = verify(content, declared_formats=("fbx", "obj", "tiff", "BLEND"))
    assert found.warnings == ("The listing named blend, fbx; found: obj, tif.",)
    assert verify(SAMPLES["tar.gz"], "a.tgz", declared_formats=("fbx",)).warnings == ()


@pytest.mark.parametrize("members", [{"../evil": b"x"}, {"a": b"x", "A": b"x"}])
def test_a_hostile_archive_is_refused(members: dict[str, bytes], verify: Verify) -> None:
    assert refuse(verify, make_zip(members)).code == "download.archive_refused"


def test_a_cut_archive_is_refused(verify: Verify) -> None:
    assert refuse(verify, make_zip({"a": b"x" * 1000})[:-10]).code == "download.archive_damaged"


def test_an_archive_without_its_tool_is_a_warning(verify: Verify) -> None:
    assert "7-Zip" in verify(SAMPLES["7z"], "chair.7z").warnings[0]


def test_an_absurd_image_is_refused(verify: Verify) -> None:
    for content, name in (
        (make_png(70_000, 70_000, honest=False), "a.png"),
        (make_exr(10**6, 10**6), "a.exr"),
    ):
        assert refuse(verify, content, name, kind=MediaKind.IMAGE).code == "download.image_too_large"


def test_a_damaged_image_is_refused(verify: Verify) -> None:
    assert refuse(verify, b"\x89PNG\r\n\x1a\n", "a.png", kind=MediaKind.IMAGE).code == "download.damaged"


def test_a_hostile_gltf_is_refused(verify: Verify) -> None:
    content = make_glb(make_gltf(images=[{"uri": "file:///etc/passwd"}]))
    assert refuse(verify, content, "chair.glb").code == "download.gltf_refused"


def test_a_blend_says_that_scripts_are_not_run(verify: Verify) -> None:
    assert any("scripts" in warning for warning in verify(BLEND_52, "chair.blend").warnings)


def test_names_are_made_safe(verify: Verify) -> None:
    assert verify(make_glb(), "../\x1b[31m<b>chair</b>.glb").name == "_[31m_b_chair_b_.glb"
    assert len(verify(make_glb(), "x" * 10_000 + ".glb").name) == 100


def test_a_refused_file_is_put_aside(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    path = store.incoming("grant-0") / "part"
    path.write_bytes(SAMPLES["html"])
    with pytest.raises(DownloadRefused) as caught:
        verify_delivery(
            path,
            name="chair.zip",
            declared_size=None,
            declared_sha256=None,
            declared_formats=(),
            kind=MediaKind.MODEL,
            quarantine=store.quarantine,
        )
    assert caught.value.code == "download.web_page"
    assert not path.exists()
    assert len(list((store.root / "quarantine").rglob("*.refused"))) == 1
    assert "web_page" in next((store.root / "quarantine").rglob("why.json")).read_text()


def test_a_good_file_is_not_put_aside(verify: Verify) -> None:
    def quarantine(path: Path, **_: object) -> Path:
        raise AssertionError(path)

    verify(make_glb(), "chair.glb", quarantine=quarantine)


def test_cancelling_and_a_file_that_is_gone(verify: Verify, tmp_path: Path) -> None:
    with pytest.raises(CancelledError):
        verify(make_glb(), "chair.glb", cancelled=lambda: True)
    with pytest.raises(DownloadError) as caught:
        verify_delivery(
            tmp_path / "none",
            name="x",
            declared_size=None,
            declared_sha256=None,
            declared_formats=(),
            kind=MediaKind.MODEL,
        )
    assert caught.value.code == "download.disk"


@pytest.mark.needs_shared
def test_real_files(verify: Verify, shared_dir: Path) -> None:
    for path in sorted((shared_dir / "assets").iterdir()):
        kind = MediaKind.IMAGE if path.suffix in {".webp", ".exr"} else MediaKind.MODEL
        found = verify(path.read_bytes(), path.name, kind=kind)
        assert found.warnings == ()
