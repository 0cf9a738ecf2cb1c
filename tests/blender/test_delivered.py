# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from delivered models, held against what this Blender wrote into them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import blender_files as files
import pytest

Load = Callable[[str], Any]


@pytest.mark.parametrize("ending", ["glb", "fbx", "obj"])
def test_a_model_is_read_as_blender_wrote_it(ending: str, bpy: Any, load: Load, tmp_path: Path) -> None:
    path = files.make_model(tmp_path / "in", ending)
    if ending == "glb":
        facts, outside = load("core.files.delivered.gltf_look").read_gltf(path, "chair", ending)
    elif ending == "fbx":
        facts, outside = load("core.files.delivered.fbx").read_fbx(path, "chair")
    else:
        facts, outside = load("core.files.delivered.plain_look").read_obj(path, "chair")
    assert facts.has_uvs
    # Two faces with four corners each: four triangles where the format knows nothing else.
    assert facts.polygons == (4 if ending == "glb" else 2)
    assert facts.animated == (ending != "obj")
    assert facts.embedded == (0 if ending == "obj" else 1)
    assert [one.rpartition("/")[2] for one in outside] == (["wood.png"] if ending == "obj" else [])
    assert (facts.size_units if ending == "obj" else facts.size_m) == pytest.approx(1.0)
