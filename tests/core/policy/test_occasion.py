"""What a render and an export are for, under every kind of plan."""

from __future__ import annotations

import pytest

from core.model.alert import Occasion
from core.model.intended_use import IntendedUse, OutputKind
from core.policy.occasion import FILES, PICTURES, use_on

K = OutputKind


def asked(occasion: Occasion, *outputs: K, movie: bool = False) -> frozenset[K]:
    use = IntendedUse(name="Spot", outputs=frozenset(outputs), seats=3)
    found = use_on(use, occasion, movie=movie)
    assert (found.name, found.seats) == ("Spot", 3)
    return found.outputs


@pytest.mark.parametrize("occasion", [Occasion.LOAD, Occasion.SAVE])
def test_loading_and_saving_ask_the_plan(occasion: Occasion) -> None:
    assert asked(occasion, K.VIDEO, K.FILE_SHARE_PUBLIC) == {K.VIDEO, K.FILE_SHARE_PUBLIC}


@pytest.mark.parametrize(
    ("outputs", "movie", "expected"),
    [
        ((K.RENDER,), False, {K.RENDER}),
        ((K.VIDEO, K.PRINT, K.FILE_SHARE_PUBLIC), False, {K.VIDEO, K.PRINT}),
        ((K.INTERACTIVE_PACKED,), False, {K.RENDER}),
        ((), False, {K.RENDER}),
        ((K.RENDER, K.PRINT), True, {K.VIDEO}),
        ((K.INTERACTIVE_PACKED,), True, {K.VIDEO}),
    ],
)
def test_a_render_is_what_the_plan_makes_of_pictures(
    outputs: tuple[K, ...], movie: bool, expected: set[K]
) -> None:
    assert asked(Occasion.RENDER, *outputs, movie=movie) == expected


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ((K.RENDER, K.VIDEO), {K.INTERACTIVE_OPEN_FORMAT}),
        ((), {K.INTERACTIVE_OPEN_FORMAT}),
        ((K.RENDER, K.FILE_SHARE_INTERNAL), {K.FILE_SHARE_INTERNAL}),
        ((K.INTERACTIVE_PACKED, K.FILE_SHARE_PUBLIC), {K.INTERACTIVE_PACKED, K.FILE_SHARE_PUBLIC}),
        ((K.PRINT_3D, K.PRINT), {K.PRINT_3D}),
    ],
)
def test_an_export_is_what_the_plan_says_of_files(outputs: tuple[K, ...], expected: set[K]) -> None:
    assert asked(Occasion.EXPORT, *outputs) == expected


def test_every_output_is_a_picture_or_a_file() -> None:
    assert frozenset(K) == PICTURES | FILES
    assert not PICTURES & FILES
