# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels' own drawing code, in every state: it draws, it says something, and no line is too long."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import recording_layout
from session_states import States

Load = Callable[[str], Any]
WIDTHS = (180, 280, 600)
NAMES = (
    "no keys", "idle", "searching", "empty", "nobody searches", "results", "owned", "evil title",
    "partly failed", "all failed", "quoting", "quote failed", "allowed", "review", "denied", "web checkout",
    "owned selection", "owned in a size that nobody told",
    "owned in another size", "buying", "awaiting checkout", "in doubt", "downloading",
    "downloading blind",
    "preparing", "ready", "imported", "failed", "failed purchase", "error", "reporting", "report failed",
    "report", "cleared", "options", "awaiting evidence", "awaiting file", "in doubt without records",
    "nothing arrived", "arrived", "pick-up failed", "refund busy", "refund advice", "refund too late",
    "refund unknown policy", "refund asked", "refund failed", "history busy", "history", "history empty",
    "history failed", "health", "health of nothing", "feed being read", "feed", "feed failed",
    "narrowed", "owned in another size", "exporting", "exported", "exported without licenses",
    "exported with a long name", "export failed", "reading rights", "brought back", "brought back in part",
    "changed since", "no rights file", "as offered", "not as offered", "not certain", "goals",
)  # fmt: skip


@pytest.fixture
def states(load: Load, app: Any) -> dict[str, Any]:
    """Every state, made of the installed package's own classes."""
    return States(load).every_state()


def draw(panel: Any, width: int = 280) -> recording_layout.Layout:
    context = recording_layout.context_of_width(width)
    layout = recording_layout.Layout()
    if panel.poll(context) if hasattr(panel, "poll") else True:
        panel.draw(SimpleNamespace(layout=layout), context)
    return layout


def test_all_states_are_drawn(states: dict[str, Any]) -> None:
    assert set(states) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_draws_in_every_state(name: str, load: Load, app: Any, states: dict[str, Any]) -> None:
    app.session.state = states[name]
    for panel in load("addon.ui.panels.sidebar").CLASSES:
        for width in WIDTHS:
            layout = draw(panel, width)
            assert layout.log or panel.__name__ in {
                "CLEARANCE_PT_details", "CLEARANCE_PT_refund", "CLEARANCE_PT_facets",
                "CLEARANCE_PT_obstacles", "CLEARANCE_PT_answer", "CLEARANCE_PT_licenses",
                "CLEARANCE_PT_undeclared",
            }, panel  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_wider_than_the_sidebar(name: str, load: Load, app: Any, states: dict[str, Any]) -> None:
    app.session.state = states[name]
    widgets = load("addon.ui.drawing.widgets")
    for panel in load("addon.ui.panels.sidebar").CLASSES:
        for width in WIDTHS:
            layout = draw(panel, width)
            measure = widgets.measure_with(recording_layout.context_of_width(width))
            for text in layout.texts():
                assert measure(text) <= width - 30, (panel.__name__, text)


def test_before_the_app_is_there_only_the_first_panel_shows(bpy: Any, load: Load) -> None:
    panels = load("addon.ui.panels.sidebar")
    shown = {panel.__name__: draw(panel).texts() for panel in panels.CLASSES}
    assert shown.pop("CLEARANCE_PT_search") == ["Clearance is starting."]
    assert all(texts == [] for texts in shown.values())


def test_a_missing_part_is_said_in_the_panel(bpy: Any, load: Load, tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CLEARANCE_DATA_DIR", str(tmp_path / "file" / "below"))
    runtime = load("addon.runtime")
    with pytest.raises(load("core.errors").HostError):
        runtime.app()
    assert runtime.unavailable_reason()
    layout = draw(load("addon.ui.panels.sidebar").CLEARANCE_PT_search)
    shown = "".join(layout.texts()).replace(" ", "")
    assert shown == runtime.unavailable_reason().replace(" ", "")
    assert layout.buttons() == ["clearance.open_preferences"]


def test_without_keys_there_is_a_way_to_the_preferences(load: Load, app: Any, states: dict[str, Any]) -> None:
    app.session.state = states["no keys"]
    layout = draw(load("addon.ui.panels.sidebar").CLEARANCE_PT_search)
    assert "clearance.open_preferences" in layout.buttons()


def test_offline_is_said(load: Load, app: Any, states: dict[str, Any]) -> None:
    app.session.state = states["idle"]
    layout = draw(load("addon.ui.panels.sidebar").CLEARANCE_PT_search)
    assert "Blender is offline" in " ".join(layout.texts())


@pytest.mark.parametrize(
    "name", ["allowed", "review", "denied", "web checkout", "owned selection", "options"]
)
def test_the_buy_dialog_draws(name: str, load: Load, app: Any, states: dict[str, Any]) -> None:
    app.session.state = states[name]
    layout = recording_layout.Layout()
    operator = SimpleNamespace(
        quote_id="quote_1",
        reason="",
        then_import=True,
        accept_surcharge=False,
        references=[SimpleNamespace(value="", label="Project code")] if name == "options" else [],
    )
    load("addon.ui.drawing.buy").draw_dialog(
        operator, layout, recording_layout.context_of_width(280), width=460
    )
    said = " ".join(layout.texts())
    assert "Oak chair 1" in said
    assert ("prop", "reason") in layout.log or name != "review"
    assert (("prop", "accept_surcharge") in layout.log) == (name == "options")
    assert (("prop", "value") in layout.log) == (name == "options")


def test_the_preferences_draw(bpy: Any, load: Load, app: Any, states: dict[str, Any]) -> None:
    chosen = load("addon.prefs").preferences()
    for entry in chosen.marketplaces:
        entry.expanded = True
    for name in ("no keys", "idle", "feed being read", "feed", "feed failed"):
        app.session.state = states[name]
        layout = recording_layout.Layout()
        load("addon.ui.drawing.accounts").draw_preferences(
            chosen, layout, recording_layout.context_of_width(700)
        )
        assert {"Shutterstock", "CGTrader"} <= set(layout.texts())
        assert "clearance.store_key" in layout.buttons()
        assert ("clearance.sign_in" in layout.buttons()) == (name == "idle")


@pytest.mark.parametrize("marketplace", ["shutterstock", "cgtrader", ""])
def test_the_key_dialog_draws(marketplace: str, load: Load, app: Any) -> None:
    layout = recording_layout.Layout()
    info = load("addon.ops.account")._info(marketplace)
    operator = SimpleNamespace(client_id="", client_secret="", user_token="", redirect_uri="")
    load("addon.ui.drawing.accounts").draw_key_dialog(
        operator, layout, recording_layout.context_of_width(280), info, width=440
    )
    assert (("prop", "client_secret") in layout.log) == bool(marketplace)


def test_the_icons_exist(load: Load) -> None:
    icons = load("addon.ui.views.icons")
    known = recording_layout.known_icons()
    names = {value for name, value in vars(icons).items() if name.isupper() and isinstance(value, str)}
    assert names | set(icons.TONES.values()) <= known


def test_the_choices_are_those_of_the_core(load: Load) -> None:
    props, use_props = load("addon.props"), load("addon.use_props")
    listing, use = load("core.model.listing"), load("core.model.intended_use")
    assert {item[0] for item in props._KINDS} == {"ANY", *listing.MediaKind} - {"other"}
    assert {item[0] for item in props._SORTS} == set(listing.Sort)
    assert {item[0] for item in props._ORIENTATIONS} == {"ANY", *listing.Orientation}
    assert {item[0] for item in use_props._PURPOSES} == set(use.Purpose)
    assert [item[0] for item in use_props._OUTPUT_ITEMS] == list(use.OutputKind)
