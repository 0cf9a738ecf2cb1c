# SPDX-License-Identifier: GPL-3.0-or-later
"""The real zip in real Blender: installed, enabled, used and disabled three times, and nothing left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = "bl_ext.user_default.clearance"
OF_THE_CORE = {"core", "core.errors", "core.model", "core.model.report_format"}
"""What of it operators name in their properties. A frozen dataclass takes a millisecond to make."""
OF_THE_ADDON = {
    "addon", "addon.command_line", "addon.exporting", "addon.exporting.finish", "addon.exporting.usd_hook",
    "addon.handlers", "addon.keys", "addon.messages", "addon.opening", "addon.ops", "addon.prefs",
    "addon.previews", "addon.props", "addon.pump", "addon.registration", "addon.runtime",
    "addon.settings_source", "addon.ui", "addon.ui.panels", "addon.ui.views", "addon.ui.views.text",
    "addon.use_props",
}  # fmt: skip
"""Beside the modules of operators and of panels, which have to be made known."""


def run_in_blender(script: Path, profile: Path, *arguments: Path) -> tuple[dict[str, Any], str]:
    """Run a script in a fresh Blender with a profile of its own; gives its answer and all it printed."""
    profile.mkdir(parents=True, exist_ok=True)
    answer = profile / "answer.json"
    answer.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, script, *arguments, answer],
        env={
            **os.environ,
            "BLENDER_USER_RESOURCES": str(profile),
            "CLEARANCE_DATA_DIR": str(profile / "data"),
            "PYTHONWARNINGS": "default",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    # Judged by the answer: bpy may crash while it exits.
    assert answer.is_file(), done.stdout
    return json.loads(answer.read_text(encoding="utf-8")), done.stdout


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """Everything that three rounds of enabling and disabling said and left."""
    profile = tmp_path_factory.mktemp("life") / "profile"
    return run_in_blender(
        ROOT / "tests" / "support" / "life_cycle_child.py", profile, Path(os.environ["CLEARANCE_ZIP"])
    )


def test_the_zip_installs_and_enables_each_time(life: tuple[dict[str, Any], str]) -> None:
    answer, _ = life
    assert answer["installed"] == ["FINISHED"]
    assert [item["is_enabled"] for item in answer["rounds"]] == [True, True, True]


def test_enabling_brings_something_each_time(life: tuple[dict[str, Any], str]) -> None:
    answer, _ = life
    for item in answer["rounds"]:
        assert MODULE in item["enabled"]["add-ons"]
        for kind in ("types", "registered classes", "operators", "properties"):
            assert set(item["enabled"][kind]) - set(answer["before"][kind]), kind
        assert item["used"]


def test_disabling_leaves_nothing_behind(life: tuple[dict[str, Any], str]) -> None:
    answer, _ = life
    afters = [item["after"] for item in answer["rounds"]] + [answer["rounds"][-1]["after_nothing"]]
    for number, after in enumerate(afters):
        left = {kind: sorted(set(after[kind]) - set(answer["before"][kind])) for kind in answer["before"]}
        gone = {kind: sorted(set(answer["before"][kind]) - set(after[kind])) for kind in answer["before"]}
        nothing = {kind: [] for kind in answer["before"]}
        assert (number, left, gone) == (number, nothing, nothing)


def test_each_round_is_like_the_first(life: tuple[dict[str, Any], str]) -> None:
    answer, _ = life
    first, *others = answer["rounds"]
    for item in others:
        assert item["enabled"] == first["enabled"]


def test_blender_has_no_policy_warning(life: tuple[dict[str, Any], str]) -> None:
    answer, output = life
    assert [item["warnings"] for item in answer["rounds"]] == [{}, {}, {}]
    assert "olicy violation" not in output


def test_nothing_is_complained_about(life: tuple[dict[str, Any], str]) -> None:
    _, output = life
    for word in (
        "Traceback",
        "Error",
        "left open",
        "not unregistered",
        "already registered",
        "ResourceWarning",
    ):
        assert word not in output, output
    own = [line for line in output.splitlines() if "Warning" in line and "clearance" in line.lower()]
    assert own == []


def test_sys_path_is_left_to_blender(life: tuple[dict[str, Any], str]) -> None:
    answer, _ = life
    assert answer["own_paths"] == []


def test_uninstalling_removes_the_folder(life: tuple[dict[str, Any], str]) -> None:
    answer, _ = life
    assert answer["was_there"] is True
    assert answer["is_still_there"] is False


def test_a_later_process_finds_it_enabled(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    install, _ = run_in_blender(
        ROOT / "buildtools" / "blender_install.py", profile, Path(os.environ["CLEARANCE_ZIP"])
    )
    assert install["enabled"] is True
    again, output = run_in_blender(ROOT / "buildtools" / "blender_enabled.py", profile)
    assert (again["listed"], again["loaded"]) == (True, True), output


def test_every_bundled_library_is_importable_inside_blender(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    run_in_blender(ROOT / "buildtools" / "blender_install.py", profile, Path(os.environ["CLEARANCE_ZIP"]))
    script = tmp_path / "imports.py"
    script.write_text(
        "import importlib, json, sys\nimport bpy\nimport addon_utils\n"
        f"addon_utils.enable({MODULE!r}, default_set=True)\n"
        "names = ['alembic', 'click', 'Crypto.Cipher.AES', 'jinja2', 'keyring', 'oauthlib', 'PIL.Image', "
        "'pybreaker', 'pydantic', 'pyrate_limiter', 'requests', 'rich', 'ruamel.yaml', 'sqlalchemy', "
        "'tenacity']\n"
        "modules = {name: importlib.import_module(name).__file__ for name in names}\n"
        "modules['native'] = importlib.import_module('pydantic_core._pydantic_core').__file__\n"
        "open(sys.argv[1], 'w').write(json.dumps(modules))\n",
        encoding="utf-8",
    )
    modules, output = run_in_blender(script, profile)
    for name, path in modules.items():
        if name == "requests":
            assert not Path(path).is_relative_to(profile), output
        else:
            assert Path(path).is_relative_to(profile / "extensions" / ".local"), (name, path)


def test_enabling_imports_little_and_the_timer_no_more_before_there_is_something(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    run_in_blender(ROOT / "buildtools" / "blender_install.py", profile, Path(os.environ["CLEARANCE_ZIP"]))
    script = tmp_path / "enabled.py"
    script.write_text(
        "import json, sys\nimport bpy\nimport addon_utils\n"
        "before = set(sys.modules)\n"
        f"addon_utils.enable({MODULE!r}, default_set=True)\n"
        "enabled = set(sys.modules) - before\n"
        f"sys.modules[{MODULE + '.addon.pump'!r}].tick()\n"
        "ticked = set(sys.modules) - before - enabled\n"
        "open(sys.argv[1], 'w').write(json.dumps({'enabled': sorted(enabled), 'ticked': sorted(ticked)}))\n",
        encoding="utf-8",
    )
    modules, output = run_in_blender(script, profile)
    own = {name.removeprefix(MODULE + ".") for name in modules["enabled"] if name.startswith(MODULE + ".")}
    of_addon = {name for name in own if name.partition(".")[0] == "addon"}
    made_known = {name for name in of_addon if name.startswith(("addon.ops.", "addon.ui.panels."))}
    assert own - of_addon == OF_THE_CORE, output
    assert of_addon - made_known == OF_THE_ADDON
    assert "addon.ops.selecting" not in made_known
    others = {name.partition(".")[0] for name in modules["enabled"]} - {"bl_ext"}
    assert {name for name in others if name not in sys.stdlib_module_names} <= {"_bpy_internal"}
    # What of the standard library Blender itself has loaded by then differs between its versions.
    ticked = {
        name.removeprefix(MODULE + ".")
        for name in modules["ticked"]
        if name.partition(".")[0] not in sys.stdlib_module_names
    }
    state = {"addon.alerting", "addon.alerting.state", "addon.overlay", "addon.overlay.state"}
    assert ticked == state | {"addon.exporting.passing"}
