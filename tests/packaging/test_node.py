# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools that tests run with Node: from a lock without addresses, and never missed in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from buildtools.console import BuildError
from buildtools.layout import Layout
from buildtools.node import ensure_node_tools
from buildtools.testing import GROUPS

ROOT = Path(__file__).resolve().parents[2]


def test_the_lock_names_no_address_and_pins_what_is_asked_for() -> None:
    wanted = json.loads((ROOT / "tests/node/package.json").read_text(encoding="utf-8"))["dependencies"]
    lock = json.loads((ROOT / "tests/node/package-lock.json").read_text(encoding="utf-8"))
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert {name.removeprefix("node_modules/"): each["version"] for name, each in packages.items()} == wanted
    assert all(
        "resolved" not in each and each["integrity"].startswith("sha512-") for each in packages.values()
    )


def test_without_node_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=r"Node\.js 18 or newer with npm is needed .* install it"):
        ensure_node_tools(Layout(root=ROOT, build=tmp_path / "build"))


def test_what_is_whole_is_not_installed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("node", "npm"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\nmkdir -p node_modules\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    layout = Layout(root=ROOT, build=tmp_path / "build")
    tools = ensure_node_tools(layout)
    assert tools.modules.is_dir()
    (tools.modules / "kept").touch()
    assert ensure_node_tools(layout) == tools
    assert (tools.modules / "kept").is_file()


def test_every_blender_that_is_tested_has_the_validator() -> None:
    blenders = [group for group in GROUPS.values() if group.paths == ("tests/blender",)]
    assert len(blenders) == 3
    assert all(group.needs_node for group in blenders)
