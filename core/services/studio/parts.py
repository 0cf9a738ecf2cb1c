"""A studio's use cases put together, for :mod:`core.app`, the session and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from ...ledger.port import Ledger
from ...settings import Settings
from .standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """All use cases of a studio that shares a ledger."""

    standing: Standing


def build_studio(settings: Settings, *, ledger: Ledger) -> Studio:
    """Put a studio's use cases together; what they read and write through is the caller's choice."""
    return Studio(standing=Standing(ledger=ledger, settings=settings))
