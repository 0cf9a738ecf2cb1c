"""Save the scenes of ``tests/blender/test_output.py``, and beside each what reaches the render by the add-on.

A pytest plugin for a Python that has bpy, in place of the folder's own conftest: nothing is installed, the
add-on's module is used from the checkout. ``CLEARANCE_OUTPUT_FILES`` names the folder; it gets NAME.blend and
NAME.json.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest
from clearance_package import load as load_module

_saved: list[Path] = []


class Host:
    """What the tests ask of the add-on's host. Each scene that they look at is saved."""

    def __init__(self, name: str) -> None:
        self._name = name

    def scan(self) -> Any:
        """Read the scene as the add-on does."""
        path = Path(os.environ["CLEARANCE_OUTPUT_FILES"]) / f"{self._name}_{len(_saved)}.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True, compress=False)
        _saved.append(path)
        return load_module("addon.stamp_io").scan("Blender")


@pytest.fixture(scope="session", name="bpy")
def _bpy() -> Any:
    return bpy


@pytest.fixture(scope="session")
def load() -> Callable[[str], Any]:
    """Return modules of the checkout."""
    return load_module


@pytest.fixture
def host(request: pytest.FixtureRequest) -> Host:
    """The add-on's eyes without its app."""
    return Host(re.sub(r"\W+", "_", request.node.name).strip("_"))


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> Iterator[None]:
    """Begin with an empty file; save what a test leaves behind."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    yield
    Host(re.sub(r"\W+", "_", request.node.name).strip("_")).scan()


def pytest_sessionfinish() -> None:
    """Open every file that was saved, and write down what Blender says of it."""
    for path in _saved:
        bpy.ops.wm.open_mainfile(filepath=str(path))
        told = load_module("addon.stamp_io").scan("Blender").data_blocks
        facts = [[str(one.id_type), one.name, one.library, one.in_output] for one in told]
        path.with_suffix(".json").write_text(json.dumps(facts), encoding="utf-8")


def pytest_unconfigure() -> None:
    """Leave without Blender's own clean-up, as the folder's conftest does."""
    sys.stdout.flush()
    os._exit(0)
