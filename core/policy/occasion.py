"""In what form a scene leaves the house when it is rendered or exported, under the intended use. Pure."""

from __future__ import annotations

from dataclasses import replace

from ..model.alert import Occasion
from ..model.intended_use import PICTURES, IntendedUse, OutputKind

FILES = frozenset(OutputKind) - PICTURES
"""Outputs that somebody gets as files, or that are made of exported files."""


def outputs_of_render(use: IntendedUse, *, movie: bool = False) -> frozenset[OutputKind]:
    """Return what a render is for: a movie file is video; pictures are what the use makes of pictures.

    Frames become a film, a print or a still; a use that names none of them still renders stills.
    """
    if movie:
        return frozenset({OutputKind.VIDEO})
    return use.outputs & PICTURES or frozenset({OutputKind.RENDER})


def outputs_of_export(use: IntendedUse) -> frozenset[OutputKind]:
    """Return what an export is for: what the use says of files; else a file in an open format for everybody.

    A plan that names no file does not say that the file stays in the house, and unknown is never allowed.
    """
    return use.outputs & FILES or frozenset({OutputKind.INTERACTIVE_OPEN_FORMAT})


def use_on(use: IntendedUse, occasion: Occasion, *, movie: bool = False) -> IntendedUse:
    """Return the question that licenses are asked on an occasion."""
    match occasion:
        case Occasion.RENDER:
            return replace(use, outputs=outputs_of_render(use, movie=movie))
        case Occasion.EXPORT:
            return replace(use, outputs=outputs_of_export(use))
        case _:
            return use
