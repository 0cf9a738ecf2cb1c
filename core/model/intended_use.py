"""What a production will do with the scene: the question that every license is asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .money import Money


class OutputKind(StrEnum):
    """In what form something leaves the house (DESIGN §6b)."""

    RENDER = "render"
    VIDEO = "video"
    PRINT = "print"
    INTERACTIVE_PACKED = "interactive_packed"
    INTERACTIVE_OPEN_FORMAT = "interactive_open_format"
    FILE_SHARE_INTERNAL = "file_share_internal"
    FILE_SHARE_CONTRACTOR = "file_share_contractor"
    FILE_SHARE_PUBLIC = "file_share_public"
    PRINT_3D = "print_3d"
    AI_INPUT = "ai_input"


class Purpose(StrEnum):
    """Commercial or editorial, as stock licenses divide it."""

    COMMERCIAL = "commercial"
    EDITORIAL = "editorial"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntendedUse:
    """A production's plan. A number that is None is not known yet, and caps are then "needs review"."""

    name: str = "Untitled project"
    purpose: Purpose = Purpose.COMMERCIAL
    outputs: frozenset[OutputKind] = frozenset({OutputKind.RENDER})
    media: tuple[str, ...] = ()
    territory: tuple[str, ...] = ()
    """ISO 3166-1 alpha-2 codes; empty means worldwide."""
    print_run: int | None = None
    impressions: int | None = None
    audience: int | None = None
    production_budget: Money | None = None
    merchandise: bool = False
    templates: bool = False
    sensitive: bool = False
    client: str = ""
    seats: int = 1
    """How many people work with the files."""
