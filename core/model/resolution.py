"""What somebody decided about a finding: with a reason, an author, a date, evidence, and an end.

Values only; whether a resolution counts is decided by :mod:`core.policy.resolving`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ResolutionKind(StrEnum):
    """Why a finding no longer stands against the use."""

    LICENSE_UPGRADED = "license_upgraded"
    """A wider license was bought; the evidence is its invoice or license."""
    CLEARED_IN_WRITING = "cleared_in_writing"
    """Who holds the rights (or, for a studio's own rule, who answers for the rule) agreed in writing."""
    OWN_WORK = "own_work"
    """It was made here and comes from no marketplace."""
    NOT_VISIBLE = "not_visible"
    """It is rendered but out of sight: behind the camera, covered. (What is not rendered at all, the report
    sets aside without a resolution.)"""
    REPLACED = "replaced"
    """It is being replaced; until when has to be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """One decision on one rule's finding about one subject (a grant id, or a data-block "MESH/Chair")."""

    id: str
    kind: ResolutionKind
    rule: str
    subject: str
    reason: str
    author: str
    decided_at: datetime
    evidence_sha256: str = ""
    """The hash of a document that proves it: an invoice, a letter; empty where none is needed."""
    ends_at: datetime | None = None
    """From then on it counts no more."""
    project: str = ""
    """The name of the intended use that it holds for; empty: for all."""
    terms_sha256: str = ""
    """The reading of the terms that it was decided on: with other terms it counts no more. Empty: any."""


class ResolutionBook(Protocol):
    """Where resolutions are kept. They are added and never changed: a newer one stands for an older one."""

    def resolutions(self) -> tuple[Resolution, ...]:
        """Return all of them, in the order in which they were added."""
        ...

    def add(self, resolution: Resolution) -> None:
        """Keep one more; raise UserInputError when its id is taken."""
        ...
