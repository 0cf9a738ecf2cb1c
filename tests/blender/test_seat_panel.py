"""The panel of seats and renewals in Blender: it draws what there is, and a seat is given back from it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import recording_layout
from bought import buy

Load = Callable[[str], Any]


def draw(panel: Any, width: int) -> recording_layout.Layout:
    layout = recording_layout.Layout()
    panel.draw(SimpleNamespace(layout=layout), recording_layout.context_of_width(width))
    return layout


@pytest.mark.parametrize("width", [160, 280])
def test_seats_are_taken_shown_and_given_back(bpy: Any, load: Load, app: Any, width: int) -> None:
    panel = load("addon.ui.panels.seats").CLEARANCE_PT_seats
    assert panel.poll(None)
    assert any("Who has seats" in text for text in draw(panel, width).texts()) or width < 200
    grant = buy(load, "cgtrader:royalty_free", title="A very long title of an asset " * 20)
    seats = app.services.studio.seats
    seats.note(grant.id, seats_max=2)
    seats.take(grant.id)
    assert bpy.ops.clearance.refresh_seating() == {"FINISHED"}
    assert app.tasks.wait(timeout_s=30.0)
    layout = draw(panel, width)
    said = " ".join(layout.texts())
    assert app.settings.user in said
    measure = load("addon.ui.drawing.widgets").measure_with(recording_layout.context_of_width(width))
    for text in layout.texts():
        assert measure(text) <= width - 30, text
    assert bpy.ops.clearance.release_seat(grant_id=grant.id) == {"FINISHED"}
    assert app.tasks.wait(timeout_s=30.0)
    assert app.session.state.seating.seats[0].taken == ()
    assert "Nobody has one." in " ".join(draw(panel, width).texts())
