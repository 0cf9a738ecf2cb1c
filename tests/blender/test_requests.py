# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel of requests in a real Blender: it draws, no line is too long, and its buttons work."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import recording_layout

Load = Callable[[str], Any]
WIDTHS = (180, 280, 600)
TITLE = "Oak Dining Chair with a Cushion, from the workshop behind the old bridge"


def draw(load: Load, width: int = 280) -> recording_layout.Layout:
    panel = load("addon.ui.panels.requests").CLEARANCE_PT_requests
    context = recording_layout.context_of_width(width)
    layout = recording_layout.Layout()
    assert panel.poll(context)
    panel.draw(SimpleNamespace(layout=layout), context)
    return layout


@pytest.fixture
def cart(load: Load, app: Any) -> str:
    """A cart with two models in it, read by nobody yet."""
    wanted, listing = load("core.services.studio.cart_file").WantedItem, load("core.model.listing")
    made = app.services.buying.requests.cart.new(load("core.model.intended_use").IntendedUse())
    refs = [listing.ListingRef(marketplace="cgtrader", id=number) for number in ("1", "2")]
    kind = listing.MediaKind.MODEL
    app.services.buying.requests.cart.add(made.id, [wanted(ref=ref, kind=kind, title=TITLE) for ref in refs])
    return str(made.id)


def test_the_cart_is_read_shown_and_emptied(bpy: Any, load: Load, app: Any, cart: str) -> None:
    assert draw(load).buttons() == ["clearance.refresh_requests"]
    assert bpy.ops.clearance.refresh_requests() == {"FINISHED"}
    assert "clearance.stop_requests" in draw(load).buttons()
    assert app.tasks.wait(timeout_s=30)
    layout = draw(load)
    assert layout.buttons().count("clearance.take_from_cart") == 2
    assert {"clearance.submit_request", "clearance.discard_cart"} <= set(layout.buttons())
    assert "Cart for" in " ".join(layout.texts())
    assert bpy.ops.clearance.take_from_cart(request_id=cart, position=1) == {"FINISHED"}
    assert app.tasks.wait(timeout_s=30)
    assert draw(load).buttons().count("clearance.take_from_cart") == 1
    assert bpy.ops.clearance.discard_cart(request_id=cart) == {"FINISHED"}
    assert app.tasks.wait(timeout_s=30)
    assert "State Withdrawn" in " ".join(draw(load).texts())


def test_what_goes_wrong_is_said(bpy: Any, load: Load, app: Any, cart: str) -> None:
    assert bpy.ops.clearance.submit_request(request_id=cart, reason="") == {"FINISHED"}
    assert app.tasks.wait(timeout_s=30)
    assert "Say in a few words" in " ".join(draw(load).texts())
    app.session.state.selection = None
    with pytest.raises(RuntimeError, match="Select a result first"):
        bpy.ops.clearance.add_to_cart()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_sidebar(load: Load, app: Any, cart: str, width: int) -> None:
    app.session.refresh_requests()
    assert app.tasks.wait(timeout_s=30)
    measure = load("addon.ui.drawing.widgets").measure_with(recording_layout.context_of_width(width))
    for text in draw(load, width).texts():
        assert measure(text) <= width - 30, text
