# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""The intended use in the panel: every field, presets, and project files that come back as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Load = Callable[[str], Any]


@pytest.fixture
def full(load: Load) -> Any:
    """A use with a value in every field."""
    uses, money = load("core.model.intended_use"), load("core.model.money").Money
    return uses.IntendedUse(
        name="Lumière “2”",
        purpose=uses.Purpose.EDITORIAL,
        outputs=frozenset({uses.OutputKind.PRINT, uses.OutputKind.AI_INPUT}),
        media=("web", "magazine"),
        territory=("DE", "US"),
        print_run=5000,
        impressions=2**31 - 1,
        audience=7,
        production_budget=money(minor=2_000_000, currency="EUR"),
        merchandise=True,
        templates=True,
        sensitive=True,
        client="Müller, Söhne & Co.",
        seats=3,
        term_months=24,
        clients=("Foo, Inc.", "Bär"),
        projects=2,
        affiliates=True,
        protected=False,
        main_content=True,
        engines=("unity", "godot"),
        sales=10_000,
        licensee_revenue=money(minor=900_000_00, currency="USD"),
        logo=True,
        alters_content=False,
        transfer=True,
        ai_training=True,
        ai_metadata=True,
    )


def test_every_field_goes_into_the_panel_and_comes_back(bpy: Any, load: Load, app: Any, full: Any) -> None:
    props, uses = load("addon.use_props"), load("core.model.intended_use")
    fresh = uses.IntendedUse()
    assert props.read_use(bpy.context.scene) == fresh
    assert all(getattr(full, name) != getattr(fresh, name) for name in uses.IntendedUse.__slots__)
    props.write_use(bpy.context.scene, full)
    assert props.read_use(bpy.context.scene) == app.session.state.use == full
    props.write_use(bpy.context.scene, fresh)
    assert props.read_use(bpy.context.scene) == fresh


def test_a_project_file_comes_back_as_it_was(
    bpy: Any, load: Load, app: Any, full: Any, tmp_path: Path
) -> None:
    props, path = load("addon.use_props"), tmp_path / "clearance.toml"
    props.write_use(bpy.context.scene, full)
    assert bpy.ops.clearance.save_use(filepath=str(path)) == {"FINISHED"}
    assert [item.name for item in tmp_path.glob("*.toml")] == ["clearance.toml"]
    assert list(tmp_path.glob("*.part")) == list(tmp_path.glob(".*.part")) == []
    bpy.ops.clearance.use_preset(preset="game")
    assert props.read_use(bpy.context.scene) != full
    assert bpy.ops.clearance.load_use(filepath=str(path)) == {"FINISHED"}
    assert props.read_use(bpy.context.scene) == app.session.state.use == full


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('outputs = ["render"]\n# more\nprint_runs = 5\n', r"print_runs: .*did you mean.*line 3"),
        ('name = "x"\noutputs = ["rendr"]\n', r"outputs: .*line 2"),
        ('name = "x"\noutputs = [render]\n', "not TOML: .*line 2"),
        ('outputs = ["print"]\nprint_run = 4000000000\n', "more than the panel can hold"),
        ('outputs = ["print"]\nclients = ["A; B"]\n', "cannot be shown in the panel"),
    ],
)
def test_a_file_that_is_wrong_changes_nothing_and_says_where(
    text: str, why: str, bpy: Any, load: Load, app: Any, tmp_path: Path
) -> None:
    path = tmp_path / "clearance.toml"
    path.write_text(text, encoding="utf-8")
    bpy.context.scene.clearance_use.name = "Mine"
    before = load("addon.use_props").read_use(bpy.context.scene)
    with pytest.raises(RuntimeError, match=why):
        bpy.ops.clearance.load_use(filepath=str(path))
    assert load("addon.use_props").read_use(bpy.context.scene) == before


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "cannot be read"), (b"\xff\xfe", "UTF-8"), (b"#" * 300_000, "too large")],
)
def test_what_is_no_project_file_is_refused(
    content: bytes | None, why: str, bpy: Any, app: Any, tmp_path: Path
) -> None:
    path = tmp_path / "clearance.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RuntimeError, match=why):
        bpy.ops.clearance.load_use(filepath=str(path))


def test_what_could_not_be_loaded_again_is_not_saved(bpy: Any, app: Any, tmp_path: Path) -> None:
    path = tmp_path / "clearance.toml"
    path.write_text("before")
    bpy.context.scene.clearance_use.media = "webb"
    with pytest.raises(RuntimeError, match="media: 'webb'"):
        bpy.ops.clearance.save_use(filepath=str(path))
    assert path.read_text() == "before"
    bpy.context.scene.clearance_use.media = ""
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.clearance.save_use(filepath=str(tmp_path / "nowhere" / "clearance.toml"))


def test_presets_keep_the_projects_own_names(bpy: Any, load: Load, app: Any) -> None:
    presets, props = load("core.policy.presets").PRESETS, load("addon.use_props")
    offered = load("addon.ops.use")._PRESETS
    assert [key for key, *_ in offered] == list(presets)
    for key in presets:
        props.write_use(bpy.context.scene, load("core.model.intended_use").IntendedUse())
        bpy.ops.clearance.use_preset(preset=key)
        assert props.read_use(bpy.context.scene) == app.session.state.use == presets[key]
    given = bpy.context.scene.clearance_use
    given.name, given.client, given.clients = "Autumn", "Acme", "Foo; Bar"
    bpy.ops.clearance.use_preset(preset="film")
    use = app.session.state.use
    assert (use.name, use.client, use.clients) == ("Autumn", "Acme", ("Foo", "Bar"))
    assert use.outputs == presets["film"].outputs
