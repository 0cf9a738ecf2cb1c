"""Models that are text: what they say plainly is counted, all else is not known, and damage is said."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_values import make_file

from core.errors import ImportRefused
from core.files.delivered.fbx import is_text_fbx
from core.files.delivered.gather import gather
from core.files.delivered.text_look import MAX_MEASURED, read_fbx_text, read_usda
from core.files.detect import detect
from core.files.store import Store

FBX_7 = """; FBX 7.4.0 project file
FBXHeaderExtension:  {
\tFBXHeaderVersion: 1003
}
GlobalSettings:  {
\tProperties70:  {
\t\tP: "UpAxis", "int", "Integer", "",1
\t\tP: "UnitScaleFactor", "double", "Number", "",100
\t}
}
Objects:  {
\tGeometry: 1, "Geometry::Box", "Mesh" {
\t\tVertices: *12 {
\t\t\ta: 0,0,0,2,0,0,2,
1,0,0,1,0.5
\t\t}
\t\tPolygonVertexIndex: *7 {
\t\t\ta: 0,1,2,-4,0,1,-3
\t\t}
\t\tLayerElementUV: 0 {
\t\t\tName: "map"
\t\t}
\t}
\tModel: 2, "Model::Box {odd", "Mesh" {
\t\tProperties70:  {
\t\t\tP: "Lcl Scaling", "Lcl Scaling", "", "A",1,1,1
\t\t}
\t}
\tTexture: 3, "Texture::Wood", "" {
\t\tFileName: "C:\\\\work\\\\tex\\\\wood.png"
\t\tRelativeFilename: "tex\\\\wood.png"
\t}
\tTexture: 4, "Texture::Rough", "" {
\t\tRelativeFilename: "tex/rough.png"
\t}
}
"""
FBX_6 = """; FBX 6.1.0 project file
Objects:  {
  Model: "Model::Bone", "Limb" {
  }
  Model: "Model::Box", "Mesh" {
    Vertices: 0,0,0,1,0,0,
              1,1,0
    PolygonVertexIndex: 0,1,-3
  }
}
Takes:  { Take: "T" { Channel: "X" { KeyCount: 2 } } }
"""
USDA = """#usda 1.0
(
    metersPerUnit = 0.01
    upAxis = "Y"
)
def Mesh "Box"
{
    int[] faceVertexCounts = [4, 3]
    int[] faceVertexIndices = [0, 1, 2, 3, 0, 1, 2]
    point3f[] points = [(0, 0, 0), (200, 0, 0), (200, 100, 0), (0, 1e2, -5.5)]
    texCoord2f[] primvars:st = [(0, 0)]
    string name = "a ( that never closes"
}
def Shader "Wood"
{
    asset inputs:file = @./textures/wood.png@
    asset inputs:other = @./other.usda@
}
"""


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


class TestFbx:
    """Both generations of Autodesk's text form."""

    def test_what_a_new_one_says(self, tmp_path: Path) -> None:
        path = put(tmp_path, "box.fbx", FBX_7)
        assert (detect(path).name, is_text_fbx(path)) == ("fbx", True)
        facts, outside = read_fbx_text(path, "box.fbx")
        assert (facts.polygons, facts.vertices, facts.has_uvs) == (2, 4, True)
        assert facts.textures == outside == ("wood.png", "rough.png")
        assert (facts.rigged, facts.animated, facts.embedded) == (False, False, 0)
        assert facts.size_m == 2.0, "a unit of a hundred centimeters"

    def test_what_an_old_one_says(self, tmp_path: Path) -> None:
        facts, outside = read_fbx_text(put(tmp_path, "a.fbx", FBX_6), "a.fbx")
        assert (facts.polygons, facts.vertices, facts.has_uvs, outside) == (1, 3, False, ())
        assert (facts.rigged, facts.animated, facts.size_m) == (True, True, 0.01)

    def test_a_scaled_model_has_no_size_that_is_known(self, tmp_path: Path) -> None:
        scaled = FBX_7.replace('"A",1,1,1', '"A",1,2.5,1')
        assert read_fbx_text(put(tmp_path, "a.fbx", scaled), "a.fbx")[0].size_m is None

    def test_pictures_inside_are_not_missing(self, tmp_path: Path) -> None:
        inside = FBX_7.replace('RelativeFilename: "tex/rough.png"', 'Content: ,\n\t\t"iVBORw0KGgo="')
        facts, outside = read_fbx_text(put(tmp_path, "a.fbx", inside), "a.fbx")
        assert (facts.embedded, outside) == (1, ())

    def test_without_geometry_nothing_is_claimed(self, tmp_path: Path) -> None:
        facts, _ = read_fbx_text(put(tmp_path, "a.fbx", "; FBX 7.4.0 project file\n"), "a.fbx")
        assert (facts.polygons, facts.vertices, facts.has_uvs, facts.size_m) == (0, 0, None, None)


class TestUsda:
    """A layer by itself, and one that takes in others."""

    def test_what_a_layer_says(self, tmp_path: Path) -> None:
        facts, outside = read_usda(put(tmp_path, "box.usda", USDA), "box.usda")
        assert (facts.polygons, facts.vertices, facts.has_uvs) == (2, 4, True)
        assert facts.textures == outside == ("wood.png",)
        assert (facts.rigged, facts.animated, facts.size_m) == (False, False, 2.0)

    def test_what_other_layers_hold_is_not_known(self, tmp_path: Path) -> None:
        more = USDA.replace(
            'def Mesh "Box"', 'def Xform "Set" (\n    references = @./set.usd@\n)\n{\n}\ndef Mesh "Box"'
        )
        facts, outside = read_usda(put(tmp_path, "a.usda", more), "a.usda")
        assert (facts.polygons, facts.vertices, facts.size_m, facts.rigged) == (None, None, None, None)
        assert (facts.has_uvs, outside) == (True, ("wood.png",))

    def test_what_is_scaled_has_no_size_that_is_known(self, tmp_path: Path) -> None:
        scaled = USDA.replace("    string name", "    double3 xformOp:scale = (2, 2, 2)\n    string name")
        assert read_usda(put(tmp_path, "a.usda", scaled), "a.usda")[0].size_m is None

    def test_a_rig_and_a_movement(self, tmp_path: Path) -> None:
        moving = USDA + 'def Skeleton "S"\n{\n    double x.timeSamples = {\n        1: 2,\n    }\n}\n'
        facts, _ = read_usda(put(tmp_path, "a.usda", moving), "a.usda")
        assert (facts.rigged, facts.animated) == (True, True)


@pytest.mark.parametrize(("read", "text"), [(read_fbx_text, FBX_7), (read_usda, USDA)])
def test_what_was_cut_is_refused(tmp_path: Path, read: object, text: str) -> None:
    assert callable(read)
    for end in (len(text) // 2, len(text) - 3):
        with pytest.raises(ImportRefused, match="cut off"):
            read(put(tmp_path, "a", text[:end]), "a")
    with pytest.raises(ImportRefused, match="no text"):
        read(put(tmp_path, "a", text.encode() + b"\x00"), "a")


def test_huge_numbers_and_many_of_them_are_no_size(tmp_path: Path) -> None:
    huge = FBX_7.replace("a: 0,0,0,2", "a: 0,0,0,1e999")
    assert read_fbx_text(put(tmp_path, "a.fbx", huge), "a.fbx")[0].size_m is None
    many = FBX_7.replace("a: 0,0,0,2", "a: " + "0," * (MAX_MEASURED + 1) + "2")
    facts, _ = read_fbx_text(put(tmp_path, "a.fbx", many), "a.fbx")
    assert facts.size_m is None
    assert (facts.vertices or 0) > MAX_MEASURED // 3


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([FBX_7, FBX_6, USDA]), st.data())
def test_damage_ends_in_facts_or_in_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    """As the delivery's look does it: whatever a reader makes of it, one of these comes out."""
    raw = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = put(tmp_path_factory.mktemp("damaged"), "a", bytes(raw))
    for read in (read_fbx_text, read_usda):
        try:
            facts, _ = read(path, "a")
        except (ImportRefused, ValueError):
            continue
        assert facts.polygons is None or facts.polygons >= 0


def test_a_delivery_of_them_is_looked_into(tmp_path: Path) -> None:
    """Counted like the binary ones, with the pictures that did not come."""
    store = Store(tmp_path / "store")
    files = []
    for name, text in (("box.fbx", FBX_7), ("box.usda", USDA)):
        content = text.encode()
        sha256 = hashlib.sha256(content).hexdigest()
        store.adopt(put(store.incoming(), "part", content), sha256)
        files.append(make_file(1, sha256=sha256, name=name, size=len(content)))
    facts = gather(store, files, title="Box")
    assert [(one.format, one.polygons, one.problem) for one in facts.models] == [
        ("fbx", 2, ""),
        ("usda", 2, ""),
    ]
    assert facts.unread_models == ()
    assert [one.missing for one in facts.models] == [("wood.png", "rough.png"), ("wood.png",)]
