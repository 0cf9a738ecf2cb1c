"""What a production will do with the scene: the question that every license is asked.

A question that a use does not raise is not asked: no other clients, no logo, no engine named.
"""

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


PICTURES = frozenset({OutputKind.RENDER, OutputKind.VIDEO, OutputKind.PRINT})
"""Outputs that only show what is in a scene; all others hand content on."""


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
    term_months: int | None = None
    """For how long the work is shown, from now on; None: not stated."""
    clients: tuple[str, ...] = ()
    """Further clients beside ``client``."""
    projects: int = 1
    """In how many productions: a series of films is several."""
    affiliates: bool = False
    """Parent, child or sister companies work with the files too."""
    protected: bool | None = None
    """Whether the game or app keeps its users from taking the content out; None: not stated."""
    main_content: bool | None = None
    """Whether what was bought is the main thing about the product; None: not stated."""
    engines: tuple[str, ...] = ()
    """The programs that the content goes into, in lower case: ``unity``, ``unreal``, ``godot``."""
    sales: int | None = None
    """Copies of the product that will be sold."""
    licensee_revenue: Money | None = None
    """The licensee's revenue of the last twelve months."""
    logo: bool = False
    """It becomes part of a logo or trademark."""
    alters_content: bool | None = None
    """Whether what a picture shows is altered (not just size, crop, exposure); None: not stated."""
    transfer: bool = False
    """The client takes over the license with the work."""
    ai_training: bool | None = None
    """Whether an AI learns from it; None: not stated. False is for a contract that rules it out."""
    ai_metadata: bool = False
    """Titles, tags and descriptions of what was bought go to an AI service."""

    @property
    def all_clients(self) -> frozenset[str]:
        """Everybody for whom the work is made."""
        return frozenset(name for name in (self.client, *self.clients) if name)

    @property
    def only_pictures(self) -> bool:
        """Nothing but pictures and films goes out: what they do not show stays in the house."""
        return bool(self.outputs) and self.outputs <= PICTURES
