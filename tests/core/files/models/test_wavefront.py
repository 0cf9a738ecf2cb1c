"""OBJ and MTL files refer to nothing outside of their folder once they were neutralized."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_samples import OBJ, make_png
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ImportRefused
from core.files.models.wavefront import MAX_MTL, neutralize_mtl, neutralize_obj


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "asset"
    (folder / "textures").mkdir(parents=True)
    (folder / "textures" / "Wood.png").write_bytes(make_png())
    (folder / "obj").mkdir()
    (tmp_path / "secret.png").write_bytes(make_png())
    return folder


def neutralize(folder: Path, line: str) -> tuple[str, tuple[str, ...]]:
    path = folder / "obj" / "m.mtl"
    path.write_text(f"newmtl m\n{line}\nKd 1 1 1\n")
    warnings = neutralize_mtl(path, folder).warnings
    return path.read_text().splitlines()[1], warnings


@pytest.mark.parametrize(
    "line",
    [
        "map_Kd ../textures/Wood.png",
        "map_Kd wood.png",
        "map_Kd -s 1 1 1 -o 0 0 sub folder/wood texture.png",
        "map_Bump -bm 0.5 bump.png",
        "map_Kd missing.png",
        "Kd 0.5 0.5 0.5",
        "illum 2",
        "# map_Kd /etc/passwd",
        "",
    ],
)
def test_what_stays_inside_is_not_changed(line: str, folder: Path) -> None:
    assert neutralize(folder, line) == (line, ())


@pytest.mark.parametrize(
    "line",
    [
        "map_Kd C:\\Users\\artist\\Desktop\\wood.png",
        "map_Kd C:/Users/artist/my textures/WOOD.PNG",
        "map_Kd /home/artist/wood.png",
        "map_Kd \\\\server\\share\\wood.png",
        "map_Kd ../../../wood.png",
        "map_Kd ..\\..\\..\\wood.png",
        "map_Kd file:///home/artist/wood.png",
        "map_Kd ~/wood.png",
        'map_Kd "C:\\wood.png"',
    ],
)
def test_a_texture_elsewhere_becomes_the_one_inside(line: str, folder: Path) -> None:
    changed, warnings = neutralize(folder, line)
    assert changed == "map_Kd ../textures/Wood.png"
    assert len(warnings) == 1


def test_options_are_kept(folder: Path) -> None:
    changed, _ = neutralize(folder, "map_Bump -bm 0.5 -s 2 2 C:\\wood.png")
    assert changed == "map_Bump -bm 0.5 -s 2 2 ../textures/Wood.png"


@pytest.mark.parametrize(
    "keyword",
    [
        "map_Kd",
        "map_Ka",
        "map_Ks",
        "map_d",
        "map_Pr",
        "map_Ns",
        "bump",
        "disp",
        "decal",
        "refl",
        "norm",
        "MAP_KD",
    ],
)
def test_every_texture_keyword_is_known(keyword: str, folder: Path) -> None:
    changed, warnings = neutralize(folder, f"{keyword} ../../secret.png")
    assert changed == f"# {keyword} ../../secret.png"
    assert "secret.png" in warnings[0]


@pytest.mark.parametrize(
    "line",
    [
        "map_Kd -bm C:\\evil folder\\x.png",
        "map_Kd -unknown 1 /etc/passwd",
        "map_Kd -s /etc/passwd x.png",
        "\x01map_Kd\x02/etc/passwd",
        "map_Kd " + "a " * 100 + "x.png",
    ],
)
def test_options_hide_nothing(line: str, folder: Path) -> None:
    assert neutralize(folder, line)[0].startswith("# ")


def test_two_of_one_name_are_not_guessed(folder: Path) -> None:
    (folder / "obj" / "wood.png").write_bytes(make_png())
    changed, _ = neutralize(folder, "map_Kd C:\\wood.png")
    assert changed.startswith("# ")


def test_continued_lines_and_old_encodings(folder: Path) -> None:
    path = folder / "m.mtl"
    path.write_bytes("newmtl grün\r\nmap_Kd \\\r\n  /etc/passwd\r\nmap_Kd größe.png\r\n".encode("latin-1"))
    assert neutralize_mtl(path, folder).warnings
    content = path.read_bytes()
    assert b"\nmap_Kd /etc" not in content
    assert content.count(b"\xfc") == 1
    assert not any(line.strip().startswith(b"/etc") for line in content.splitlines())


def test_a_texture_link_that_leads_out(folder: Path, tmp_path: Path) -> None:
    (folder / "obj" / "link.png").symlink_to(tmp_path / "secret.png")
    assert neutralize(folder, "map_Kd link.png")[0].startswith("# ")


@pytest.mark.parametrize(
    "line",
    [
        b"mtllib ../../evil.mtl",
        b"mtllib /etc/evil.mtl",
        b"mtllib good.mtl ../../evil.mtl",
        b"  mtllib C:\\evil.mtl",
        b"mtllib \\\\server\\share\\evil.mtl",
        b"mtllib \\\n  ../../evil.mtl",
        b"mtllib \\\r\n\\\r\n  ../../evil.mtl",
        b"MTLLIB ../../evil.mtl",
        b"mtllib\t../../evil.mtl",
        b"\x01\x0bmtllib\x02\x0c../../evil.mtl",
        b"mtllib\\\n../../evil.mtl",
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_a_material_file_elsewhere_is_left_out(line: bytes, end: bytes, folder: Path) -> None:
    path = folder / "obj" / "a.obj"
    before = OBJ.replace(b"mtllib tri.mtl", line) + b"\n" + line + end
    path.write_bytes(before)
    warnings = neutralize_obj(path, folder).warnings
    after = path.read_bytes()
    assert len(warnings) == 2
    assert len(after) == len(before)
    assert b"mtllib" not in after.lower()
    assert after.lower().count(b"#tllib") == 2
    assert after.replace(b"#", b"").lower() == before.lower().replace(b"mtllib", b"tllib").replace(b"#", b"")


def test_all_material_files_are_neutralized(folder: Path) -> None:
    """Blender also takes the one with the model's name, and those named without the usual ending."""
    hostile = "newmtl m\nmap_Kd /etc/passwd\n"
    for name in ("a.mtl", "unused.MTL", "materials.txt"):
        (folder / "obj" / name).write_text(hostile)
    path = folder / "obj" / "a.obj"
    path.write_bytes(b"mtllib materials.txt\nv 0 0 0\n")
    assert len(neutralize_obj(path, folder).warnings) == 3
    for name in ("a.mtl", "unused.MTL", "materials.txt"):
        assert "\nmap_Kd" not in (folder / "obj" / name).read_text()


def test_names_with_spaces_are_followed(folder: Path) -> None:
    (folder / "obj" / "my materials.mtl").write_text("newmtl m\nmap_Kd /etc/passwd\n")
    path = folder / "obj" / "a.obj"
    path.write_bytes(b"mtllib my materials.mtl\n")
    assert len(neutralize_obj(path, folder).warnings) == 1


def test_limits(folder: Path) -> None:
    path = folder / "a.obj"
    path.write_bytes(b"mtllib a.mtl\n" * 1001)
    with pytest.raises(ImportRefused, match="too many"):
        neutralize_obj(path, folder)
    path.write_bytes(b"")
    assert neutralize_obj(path, folder).warnings == ()
    with (folder / "big.mtl").open("wb") as file:
        file.truncate(MAX_MTL + 1)
    with pytest.raises(ImportRefused, match="too large"):
        neutralize_obj(path, folder)


REFERENCE = st.lists(
    st.sampled_from(["..", ".", "/", "\\", "a", "C:", "wood.png", " ", "~", "\\\\", "-s", "1"]), max_size=8
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=REFERENCE)
def test_nothing_that_is_left_leads_out(parts: list[str], folder: Path) -> None:
    line, _ = neutralize(folder, "map_Kd " + "".join(parts) + "x")
    if line.startswith("#") or not line.strip().startswith("map_Kd "):
        return
    reference = line.partition("map_Kd ")[2].strip()
    for text in (reference, reference.replace("\\", "/"), reference.split(" ")[-1].replace("\\", "/")):
        target = (folder / "obj" / text).resolve()
        assert target.is_relative_to(folder.resolve()), line
