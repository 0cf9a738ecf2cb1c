"""The same delivery always gives the same choice, and nothing usable gives a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from file_samples import BLEND_42, BLEND_52, OBJ, SAMPLES, STL_BINARY, make_glb, make_png

from core.errors import ImportRefused
from core.files.choose import BLENDER_FORMATS, MODEL_ORDER, Choice, choose_main, is_junk
from core.model.listing import MediaKind


def lay_out(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def choose(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    kind: MediaKind = MediaKind.MODEL,
    supported: tuple[str, ...] = BLENDER_FORMATS,
    newest: tuple[int, int] | None = None,
) -> Choice:
    return choose_main(lay_out(folder, files), kind=kind, supported_formats=supported, newest_blend=newest)


ALL = {f"model.{name}": SAMPLES[name] for name in MODEL_ORDER if name in SAMPLES}


def test_what_loses_least_comes_first(tmp_path: Path) -> None:
    found = choose(tmp_path, ALL)
    assert found.format == "blend"
    assert [path.suffix[1:] for path in found.alternatives] == [
        name for name in MODEL_ORDER if name in SAMPLES
    ][1:]


@pytest.mark.parametrize("name", [name for name in MODEL_ORDER if name in SAMPLES])
def test_only_what_the_host_reads_is_taken(name: str, tmp_path: Path) -> None:
    found = choose(tmp_path, ALL, supported=(name, "png"))
    assert (found.path.name, found.format, found.alternatives) == (f"model.{name}", name, ())


def test_content_counts_and_not_the_name(tmp_path: Path) -> None:
    found = choose(tmp_path, {"model.blend": SAMPLES["html"], "model.dat": make_glb()})
    assert (found.path.name, found.format) == ("model.dat", "glb")


def test_less_deep_then_larger_then_by_name(tmp_path: Path) -> None:
    found = choose(
        tmp_path,
        {
            "deep/er/huge.obj": OBJ + b"v 0 0 0\n" * 1000,
            "x/b.obj": OBJ,
            "x/a.obj": OBJ,
            "x/larger.obj": OBJ + b"v 0 0 0\n",
        },
    )
    names = [found.path.name, *(path.name for path in found.alternatives)]
    assert names == ["larger.obj", "a.obj", "b.obj", "huge.obj"]


def test_the_choice_does_not_depend_on_the_order_on_disk(tmp_path: Path) -> None:
    names = ["c.stl", "B.stl", "a.stl", "ä.stl"]
    one = choose(tmp_path / "one", dict.fromkeys(names, STL_BINARY))
    two = choose(tmp_path / "two", dict.fromkeys(reversed(names), STL_BINARY))
    assert [path.name for path in (one.path, *one.alternatives)] == [
        path.name for path in (two.path, *two.alternatives)
    ]


def test_a_single_file_is_its_own_choice(tmp_path: Path) -> None:
    path = tmp_path / "x.glb"
    path.write_bytes(make_glb())
    assert choose_main(path, kind=MediaKind.MODEL, supported_formats=("glb",)).path == path


def test_blends_from_a_newer_blender_are_passed_over(tmp_path: Path) -> None:
    found = choose(tmp_path, {"new.blend": BLEND_52, "old.blend": BLEND_42}, newest=(4, 2))
    assert found.path.name == "old.blend"
    assert found.warnings == ("A .blend from a newer Blender was passed over.",)
    found = choose(tmp_path, {"new.blend": BLEND_52, "x.glb": make_glb()}, newest=(5, 2))
    assert found.path.name == "new.blend"


def test_another_format_is_taken_when_every_blend_is_too_new(tmp_path: Path) -> None:
    found = choose(tmp_path, {"new.blend": BLEND_52, "x.glb": make_glb()}, newest=(4, 5))
    assert found.path.name == "x.glb"


def test_only_a_blend_that_is_too_new_says_so(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"Blender 5\.2") as caught:
        choose(tmp_path, {"new.blend": BLEND_52}, newest=(4, 5))
    assert caught.value.code == "host.blend_too_new"


def test_images_the_largest_in_pixels(tmp_path: Path) -> None:
    files = {
        "preview.png": make_png(4, 4) + b"\x00" * 5000,
        "full.png": make_png(40, 30),
        "text.txt": b"hello",
    }
    found = choose(tmp_path, files, kind=MediaKind.IMAGE)
    assert found.path.name == "full.png"
    assert [path.name for path in found.alternatives] == ["preview.png"]


@pytest.mark.parametrize(
    ("kind", "name"), [(MediaKind.VIDEO, "mp4"), (MediaKind.AUDIO, "wav"), (MediaKind.OTHER, "glb")]
)
def test_other_kinds(kind: MediaKind, name: str, tmp_path: Path) -> None:
    assert choose(tmp_path, {f"a.{name}": SAMPLES[name], "b.txt": b"x"}, kind=kind).format == name


def test_a_model_that_is_only_textures(tmp_path: Path) -> None:
    found = choose(tmp_path, {"wood/color.png": make_png(8, 8), "wood/normal.png": make_png(4, 4)})
    assert found.format == "png"
    assert found.warnings == ("There is no model in it; color.png is taken instead.",)


def test_spellings_are_kept_where_they_agree(tmp_path: Path) -> None:
    assert choose(tmp_path / "1", {"a.jpeg": SAMPLES["jpg"]}, kind=MediaKind.IMAGE).format == "jpeg"
    assert choose(tmp_path / "2", {"a.png": SAMPLES["jpg"]}, kind=MediaKind.IMAGE).format == "jpg"
    assert choose(tmp_path / "3", {"a.usd": SAMPLES["usda"]}).format == "usd"


def test_what_systems_leave_behind_is_ignored(tmp_path: Path) -> None:
    junk = {
        "__MACOSX/._model.glb": make_glb(),
        "._a.glb": make_glb(),
        ".DS_Store": make_glb(),
        "Thumbs.db": make_glb(),
    }
    found = choose(tmp_path, {**junk, "sub/model.glb": make_glb()})
    assert found.path.name == "model.glb"
    assert found.alternatives == ()
    assert all(is_junk(Path(name)) for name in junk)
    with pytest.raises(ImportRefused, match="empty"):
        choose(tmp_path / "junk", junk)


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside.glb").write_bytes(make_glb())
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.glb").symlink_to(tmp_path / "outside.glb")
    with pytest.raises(ImportRefused):
        choose_main(folder, kind=MediaKind.MODEL, supported_formats=("glb",))


def test_nothing_usable_names_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused) as caught:
        choose(
            tmp_path, {"a.pdf": SAMPLES["pdf"], "b.pdf": SAMPLES["pdf"], "c.max": b"\x00\x01\x02\x03" * 50}
        )
    assert caught.value.code == "host.nothing_to_import"
    assert caught.value.message == (
        "There is nothing in it that can be imported here. Found: 2 PDF file, 1 data of an unknown kind."
    )
