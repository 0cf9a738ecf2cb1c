"""The panel of exports and imports: what left, what came back, what stands in the way."""

from __future__ import annotations

import pytest
from clearance_package import load
from session_states import States

view_exchange = load("addon.ui.views.exchange")
STATES = States(load).every_state()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("exporting", ["Writing the rights file of chair 椅子.glb."]),
        (
            "exported",
            [
                "chair 椅子.glb was exported with 3 licenses; its rights file is beside it.",
                "12 data-blocks in it: nobody said where from.",
            ],
        ),
        ("exported without licenses", ["chair 椅子.glb was exported. No license is in it."]),
        ("reading rights", ["Reading the rights file of chair 椅子.glb."]),
        ("brought back", ["chair 椅子.glb brought 1 license back."]),
        ("idle", ["What you hand over keeps its licenses, and brings them back."]),
    ],
)
def test_each_state_in_its_words(name: str, said: list[str]) -> None:
    assert [note.text for note in view_exchange.view_exchange(STATES[name]).notes] == said


def test_only_a_file_that_changed_can_be_taken_all_the_same() -> None:
    assert view_exchange.view_exchange(STATES["changed since"]).retry == "/assets/chair 椅子.glb"
    for name in ("no rights file", "exported", "brought back in part", "idle"):
        assert view_exchange.view_exchange(STATES[name]).retry == ""


def test_many_notes_are_cut() -> None:
    notes = view_exchange.view_exchange(STATES["brought back in part"]).notes
    assert len(notes) == 1 + view_exchange.MAX_NOTES
    assert all(len(note.text) <= 300 for note in notes)
