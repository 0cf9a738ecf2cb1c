"""What a whole scene may be used for, as plain values in a report. Made by :mod:`core.policy.compound`."""

from __future__ import annotations

from dataclasses import dataclass

from .findings import Verdict
from .intended_use import OutputKind, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputAnswer:
    """The answer for one output and one purpose, everything else as planned."""

    output: OutputKind
    purpose: Purpose
    verdict: Verdict
    obstacles: tuple[str, ...] = ()
    """Subjects of the parts that keep it from being cleared, worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOutLine:
    """One thing that can be done about one part; ``leads_to`` is the part's verdict afterwards."""

    way: str
    """``check``, ``hide``, ``leave_out_output``, ``upgrade``, ``declare`` or ``replace``."""
    subject: str
    """The grant id, or "MESH/Chair"."""
    title: str
    text: str
    """What to do, in a sentence."""
    leads_to: Verdict
    note: str = ""
    """What else has to be known, such as that a license is for enterprises only."""
    license_id: str = ""
    """With an upgrade: the license to buy."""
    effort: int = 0
    """A rough measure of work, to sort by; no price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneUse:
    """The compound answer of a report. Subjects are grant ids, or "MESH/Chair"."""

    obstacles: tuple[str, ...] = ()
    """The parts whose verdict is the scene's, unless that is "cleared"; those with most objects first."""
    still_for: tuple[OutputAnswer, ...] = ()
    """Every output and purpose."""
    ways_out: tuple[WayOutLine, ...] = ()
    """For every part that is not cleared: worst part first, then the least work first."""
    cheapest: tuple[WayOutLine, ...] = ()
    """The first way out of each part."""
