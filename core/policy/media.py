"""The words that a use file may name its media by, and what caps they touch. Pure data and lookups."""

from __future__ import annotations

from enum import Enum

from ..model.intended_use import IntendedUse

WEB = frozenset({"web", "social", "email", "app", "game", "vr", "internal", "presentation"})
MOVING = frozenset({"film", "cinema", "tv", "broadcast", "streaming"})
OUTDOOR = frozenset({"outdoor", "point_of_sale", "exhibition"})
PRINTED = frozenset({"press", "book", "magazine", "poster", "packaging"})
MEDIA = WEB | MOVING | OUTDOOR | PRINTED


class Touch(Enum):
    """Whether a use goes into some group of media."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"
    """No media are named, or one that we do not know."""


def touch(use: IntendedUse, group: frozenset[str]) -> Touch:
    """Say whether the use goes into one of the media of ``group``."""
    named = frozenset(use.media)
    if named & group:
        return Touch.YES
    return Touch.NO if named and named <= MEDIA else Touch.UNCLEAR
