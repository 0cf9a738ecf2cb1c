# SPDX-License-Identifier: GPL-3.0-or-later

"""The drawing code of alerts: it draws, it says something, no line is too long, and its buttons work."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import blender_files as files
import pytest
import recording_layout
from bought import buy, put_in_scene

Load = Callable[[str], Any]
WIDTHS = (180, 280, 600)
EDITORIAL = "cgtrader:editorial"


@pytest.fixture
def looked(bpy: Any, load: Load, app: Any) -> Any:
    """An app that looked at a scene with an editorial asset and something undeclared."""
    files.clear()
    crowd = buy(load, EDITORIAL, title="Crowd in Rome, seen from the old bridge in the morning")
    for number in range(3):
        put_in_scene(load, bpy, crowd, f"Crowd {number}")
    put_in_scene(load, bpy, None, "Mystery")
    bpy.context.view_layer.update()
    assert bpy.ops.clearance.look_again() == {"FINISHED"}
    return app


def draw(load: Load, width: int = 280) -> recording_layout.Layout:
    panel = load("addon.ui.panels.alerts").CLEARANCE_PT_alerts
    context = recording_layout.context_of_width(width)
    layout = recording_layout.Layout()
    if panel.poll(context):
        panel.draw_header(SimpleNamespace(layout=layout), context)
        panel.draw(SimpleNamespace(layout=layout), context)
    return layout


def test_without_alerts_there_is_no_panel(load: Load, app: Any) -> None:
    assert draw(load).log == []


def test_the_panel_tells_and_offers_what_to_do(load: Load, looked: Any) -> None:
    layout = draw(load)
    said = " ".join(layout.texts())
    assert said.startswith("Alerts (2) ")
    assert "is for editorial use only" in said
    assert "As of the last look." in said
    assert layout.buttons().count("clearance.select_alert") == 2
    assert layout.buttons().count("clearance.hide_alert") == 2
    assert "clearance.open_page" in layout.buttons()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_sidebar(load: Load, looked: Any, width: int) -> None:
    measure = load("addon.ui.drawing.widgets").measure_with(recording_layout.context_of_width(width))
    for text in draw(load, width).texts():
        assert measure(text) <= width - 30, text


def test_selecting_hiding_and_showing(bpy: Any, load: Load, looked: Any) -> None:
    assert bpy.ops.clearance.select_alert(kind="editorial") == {"FINISHED"}
    assert {item.name for item in bpy.context.selected_objects} == {"Crowd 0", "Crowd 1", "Crowd 2"}
    assert bpy.ops.clearance.select_alert(kind="undeclared") == {"FINISHED"}
    assert {item.name for item in bpy.context.selected_objects} == {"Mystery"}
    bpy.ops.clearance.hide_alert(kind="undeclared")
    assert draw(load).texts()[0] == "Alerts (1)"
    assert "clearance.show_hidden_alerts" in draw(load).buttons()
    bpy.ops.clearance.show_hidden_alerts()
    assert draw(load).texts()[0] == "Alerts (2)"
    with pytest.raises(RuntimeError, match="no longer there"):
        bpy.ops.clearance.select_alert(kind="expired")


@pytest.mark.parametrize("stopped", [False, True])
def test_menus_and_dialogs_draw(bpy: Any, load: Load, looked: Any, stopped: bool) -> None:
    put_in_scene(load, bpy, buy(load, "turbosquid:Standard"), "Chair")
    guard, model = load("core.services.reporting.guard"), load("core.model.alert")
    wanted = model.AlertSettings(stop=frozenset({model.Occasion.EXPORT} if stopped else ()))
    use = load("addon.use_props").read_use(bpy.context.scene)
    question = guard.Question(occasion=model.Occasion.EXPORT, use=use, of_format="obj")
    scan = load("addon.runtime").host().scan()
    watching = load("addon.runtime").watching()
    watching.export = looked.services.guard.check(scan, question, wanted)
    drawing, state = load("addon.ui.drawing.alerts"), load("addon.alerting.state")
    context = recording_layout.context_of_width(400)
    for function in (drawing.draw_export_menu, drawing.draw_exporters):
        layout = recording_layout.Layout()
        function(SimpleNamespace(layout=layout), context)
        assert len(layout.texts()) == 1
        assert layout.enabled is not (stopped and function is drawing.draw_exporters)
    layout = recording_layout.Layout()
    drawing.draw_dialog(layout, context, state.Dialog(key=(), answer=watching.export))
    assert layout.texts()


def test_a_popup_waits_for_a_window(bpy: Any, load: Load, looked: Any) -> None:
    tell, runtime = load("addon.alerting.tell"), load("addon.runtime")
    state = load("addon.alerting.state")
    runtime.watching().popups.append(state.Popup(title="x", lines=("y",), icon="ERROR"))
    tell.show_popups()
    assert len(runtime.watching().popups) == 1
