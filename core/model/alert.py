"""Compliance alerts: what somebody should know before a scene is worked on, saved, rendered or handed out.

Values only; :mod:`core.reports.alerts` makes them of a report, :mod:`core.services.reporting.guard` decides
what stops.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .findings import Finding, Severity, Verdict
from .intended_use import OutputKind


class Occasion(StrEnum):
    """When a scene is looked at."""

    LOAD = "load"
    SAVE = "save"
    RENDER = "render"
    EXPORT = "export"


STOPPABLE = frozenset({Occasion.RENDER, Occasion.EXPORT})
"""Opening and saving a file is never stopped: nobody shall lose work over a license."""


class AlertKind(StrEnum):
    """What an alert is about."""

    EDITORIAL = "editorial"
    """Editorial content in a commercial project."""
    EXPIRED = "expired"
    EXPIRING = "expiring"
    """The right ends within the days that the studio wants to be told of."""
    USE_BY = "use_by"
    """The content has to be in use by a day."""
    REVOKED = "revoked"
    REFUNDED = "refunded"
    SEATS = "seats_exceeded"
    """More people work with the files than the license covers."""
    SEATS_LOW = "seats_nearly_taken"
    """Few seats are left, or none."""
    TERMS_CHANGED = "terms_changed"
    """The marketplace's terms allow less today than those that something was bought under."""
    STAMP_VANISHED = "stamp_vanished"
    UNDECLARED = "undeclared"
    FORBIDDEN_OUTPUT = "forbidden_output"
    """The license forbids the form in which the scene is about to leave; only before render and export."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing to know. ``subjects`` are grant ids, or data-blocks such as ``MESH/Chair``; worst first."""

    kind: AlertKind
    severity: Severity
    message: str
    """One sentence, or two: what it is about."""
    how_to_fix: str
    subjects: tuple[str, ...] = ()
    url: str = ""
    """A page to read, where there is one: the terms that it rests on."""


STOP_AT = (Verdict.NEEDS_REVIEW, Verdict.UNDECLARED, Verdict.NOT_CLEARED)
"""The verdicts from which a studio can have a render or an export stopped, mildest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """When alerts are wanted, and what they stop. The default informs and stops nothing."""

    on: frozenset[Occasion] = frozenset(Occasion)
    stop: frozenset[Occasion] = frozenset()
    stop_at: Verdict = Verdict.NOT_CLEARED
    """The mildest verdict that stops."""
    expiring_days: int = 30
    problem: str = ""
    """Why the studio's file cannot be read, as a sentence: then nothing is rendered or exported."""

    def wants(self, occasion: Occasion) -> bool:
        """Say whether a scene is looked at on this occasion at all."""
        return occasion in self.on or self.stops(occasion)

    def stops(self, occasion: Occasion) -> bool:
        """Say whether anything can be stopped on this occasion."""
        return occasion in self.stop or (bool(self.problem) and occasion in STOPPABLE)


INFORM_ONLY = AlertSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardAnswer:
    """What was found about a scene on one occasion, and whether it goes on."""

    occasion: Occasion
    outputs: frozenset[OutputKind]
    """In what form the scene was judged to leave the house."""
    verdict: Verdict
    alerts: tuple[Alert, ...] = ()
    stopped: bool = False
    why: str = ""
    """If it is stopped: why, and what to do, as sentences for people."""
    against: tuple[Finding, ...] = ()
    """If it is stopped: the findings behind it, worst first."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Titles of the grants that the alerts are about, by id."""
    of_format: str = ""
    """With an export: the format, such as ``glb``."""
