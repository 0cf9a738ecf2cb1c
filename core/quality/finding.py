"""One thing that was looked at: how it came out, and the sentence for a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..model.delivery_check import CheckResult


class Severity(StrEnum):
    """How one thing came out, worst first."""

    DIFFERS = "differs"
    """Not what was offered, or not whole: grounds to ask for a refund."""
    WARNING = "warning"
    """Looks wrong, but nobody promised otherwise."""
    NOT_CHECKED = "not_checked"
    """It could not be looked at here. Never taken for good."""
    NOTE = "note"
    """Nothing was promised; what was found is told."""
    AS_OFFERED = "as_offered"


ORDER = tuple(Severity)


class Subject(StrEnum):
    """What was looked at."""

    OFFER = "offer"
    FORMATS = "formats"
    POLYGONS = "polygons"
    VERTICES = "vertices"
    TEXTURES = "textures"
    UVS = "uvs"
    SCALE = "scale"
    RIG = "rig"
    ANIMATION = "animation"
    RESOLUTION = "resolution"
    DURATION = "duration"
    READABLE = "readable"
    CHECKSUM = "checksum"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityFinding:
    """What was found about one subject. ``offered`` and ``found`` are short texts; may be empty."""

    subject: Subject
    severity: Severity
    sentence: str
    offered: str = ""
    found: str = ""
    promised: bool = False
    """The listing said something about it."""


def sort_findings(findings: Iterable[QualityFinding]) -> tuple[QualityFinding, ...]:
    """Put the worst first, else keep the order."""
    return tuple(sorted(findings, key=lambda one: ORDER.index(one.severity)))


def judge(findings: Iterable[QualityFinding]) -> CheckResult:
    """Sum up: as offered only when something was promised and all that was promised was seen to hold."""
    found = tuple(findings)
    if any(one.severity is Severity.DIFFERS for one in found):
        return CheckResult.DIFFERS
    promised = [one for one in found if one.promised]
    if promised and all(one.severity is Severity.AS_OFFERED for one in promised):
        return CheckResult.AS_OFFERED
    return CheckResult.UNKNOWN
