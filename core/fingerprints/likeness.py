# SPDX-License-Identifier: GPL-3.0-or-later
"""In what way two fingerprints are of the same content."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Likeness(StrEnum):
    """In what way two things are the same, the surest first."""

    EXACT = "exact"
    """The same bytes or pixels."""
    CORNERS = "corners"
    """Meshes: the same corners; faces may be cut otherwise."""
    SURFACE = "surface"
    """Meshes: the same surface, with other corners on it."""
    LOOK = "look"
    """Images: they look the same; scaled, encoded, cropped or corrected a little."""
    STRETCHED = "stretched"
    """Meshes: the same corners after stretching."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """In what way two things are the same, and how far they are apart all the same.

    ``apart`` is 0 for exact copies; for images what is left of the difference in standard deviations, for
    meshes the largest difference of a number. It orders matches of one likeness.
    """

    likeness: Likeness
    apart: float
