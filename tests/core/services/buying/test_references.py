"""What is to be noted with a purchase: filled in where the label plainly asks, never made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserInputError
from core.marketplaces.base import ReferenceField
from core.services.buying.references import fill_references, match_reference
from core.settings import Settings

SETTINGS = Settings(data_dir=Path("/"), project="Forest", client="ACME", purchase_order="PO-7")


def field(
    label: str, *, required: bool = True, choices: tuple[str, ...] = (), name: str = "1"
) -> ReferenceField:
    return ReferenceField(id=name, label=label, required=required, choices=choices)


@pytest.mark.parametrize(
    ("label", "meaning"),
    [
        ("Project", "project"),
        ("PROJECT CODE:", "project"),
        ("project_name", "project"),
        ("Project #", "project"),
        ("Client", "client"),
        ("Customer name", "client"),
        ("PO", "purchase_order"),
        ("P.O. number", "purchase_order"),
        ("Purchase Order No.", "purchase_order"),
        ("Project manager", ""),
        ("Client / project", ""),
        ("Projects", ""),
        ("Post code", ""),
        ("Number", ""),
        ("", ""),
        ("Projekt", ""),
    ],
)
def test_only_plain_labels_are_understood(label: str, meaning: str) -> None:
    assert match_reference(label) == meaning


@given(st.text(max_size=40))
def test_any_label_is_taken(label: str) -> None:
    assert match_reference(label) in ("project", "client", "purchase_order", "")


def test_values_come_from_the_settings_and_given_ones_win() -> None:
    fields = [field("Project", name="2"), field("Client", name="9"), field("Mood", required=False, name="x")]
    assert fill_references(fields, (), SETTINGS) == (("2", "Forest"), ("9", "ACME"))
    given_ones = (("2", "  Lake\n"), ("x", "calm"))
    assert fill_references(fields, given_ones, SETTINGS) == (("2", "Lake"), ("9", "ACME"), ("x", "calm"))
    assert fill_references((), (), SETTINGS) == ()


def test_what_is_required_and_not_known_is_asked_for() -> None:
    fields = [field("Cost center"), field("Approver", name="2", choices=("Ann", "Bob"))]
    with pytest.raises(UserInputError) as caught:
        fill_references(fields, (("1", "  "),), SETTINGS)
    assert caught.value.code == "purchase.reference_missing"
    assert "Cost center" in caught.value.message
    assert "Ann, Bob" in caught.value.message


def test_only_allowed_values_are_sent_as_they_are_written_there() -> None:
    allowed = field("Project", choices=("FOREST", "Lake"))
    assert fill_references([allowed], (), SETTINGS) == (("1", "FOREST"),)
    assert fill_references([allowed], (("1", "lake"),), SETTINGS) == (("1", "Lake"),)
    with pytest.raises(UserInputError) as caught:
        fill_references([allowed], (("1", "Sea"),), SETTINGS)
    assert caught.value.code == "purchase.reference_invalid"
    other = field("Project", choices=("Lake",))
    with pytest.raises(UserInputError) as caught:
        fill_references([other], (), SETTINGS)
    assert caught.value.code == "purchase.reference_missing"


def test_a_field_that_nobody_asks_for_is_an_error() -> None:
    with pytest.raises(UserInputError) as caught:
        fill_references([field("Project")], (("7", "x"),), SETTINGS)
    assert caught.value.code == "purchase.reference_unknown"
    assert "1 (Project)" in caught.value.message
