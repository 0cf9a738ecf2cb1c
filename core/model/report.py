"""The scene license report as values: what is in the scene, under which license, and the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from .answer import SceneUse
from .declaration import DECLARED
from .evidence import Evidence
from .findings import Finding, Verdict
from .intended_use import IntendedUse


class ReportRow(NamedTuple):
    """One data-block. ``grant_ids`` is empty for an undeclared one; several where parts were merged.

    A named tuple, since tens of thousands are made for one report.
    """

    id_type: str
    name: str
    verdict: Verdict
    grant_ids: tuple[str, ...] = ()
    witness: str = ""
    """How the license is known: ``stamp``, ``faces``, ``stamp+faces``; or what is wrong: ``merged``,
    ``faces_lost``, ``stamp_lost``, ``unknown_grant``, ``damaged``; empty when undeclared."""
    library: str = ""
    in_output: bool | None = None
    """Whether it is in the output; None: not known, and counts as in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportGrant:
    """One license in the scene: the bill of materials."""

    grant_id: str
    marketplace: str
    listing_id: str
    title: str
    author: str
    license_id: str
    license_label: str
    terms_sha256: str
    terms_url: str
    credit: str
    verdict: Verdict
    granted_at: datetime | None
    data_blocks: int
    findings: tuple[Finding, ...] = ()
    marketplace_name: str = ""
    """The marketplace's name for people."""
    evidence: tuple[Evidence, ...] = ()
    """What proves it, in the order in which it came."""
    origin: str = ""
    """For declared content: a declaration's :class:`~core.model.declaration.Origin`; empty for bought."""

    @property
    def is_declared(self) -> bool:
        """Say whether it is about what somebody declared, and not about a purchase."""
        return self.marketplace == DECLARED or bool(self.origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The answer for a scene and an intended use."""

    scene: str
    host: str
    use: IntendedUse
    made_at: datetime
    verdict: Verdict
    summary: str
    """One sentence that an artist understands."""
    grants: tuple[ReportGrant, ...]
    rows: tuple[ReportRow, ...]
    findings: tuple[Finding, ...]
    """All findings, worst first, without duplicates."""
    undeclared: tuple[str, ...]
    """``OBJECT/Cube`` for every data-block that nobody declared."""
    lost: tuple[str, ...]
    """Grant ids in the scene's register of which nothing is left in the scene."""
    tool_version: str = ""
    answer: SceneUse | None = None
    """What the scene may be used for, and the ways out; None: it was not asked."""
