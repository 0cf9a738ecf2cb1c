"""What the policy says: findings with the clause they rest on and how to fix them, and the answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .license import Clause
from .resolution import Resolution


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    """Stands against the use."""
    WARNING = "warning"
    """A person has to look."""
    HINT = "hint"
    """Good to know or to do (a credit line); does not change the answer."""


class Decision(StrEnum):
    """The answer before buying."""

    ALLOW = "allow"
    NEEDS_REVIEW = "needs_review"
    DENY = "deny"


class Verdict(StrEnum):
    """The answer for what is in a scene. Order of weight: not cleared, undeclared, needs review, cleared."""

    CLEARED = "cleared"
    NEEDS_REVIEW = "needs_review"
    UNDECLARED = "undeclared"
    NOT_CLEARED = "not_cleared"
    IN_FILE_ONLY = "in_file_only"
    """No answer, and never that of a scene: a part that no picture shows was not asked, while only pictures
    go out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason. ``subject`` is the grant id, or a data-block ("Object/Chair") where no grant is known."""

    rule: str
    severity: Severity
    message: str
    how_to_fix: str
    subject: str = ""
    clause: Clause | None = None
    terms_sha256: str = ""
    resolved_by: Resolution | None = None
    """What was decided about it: it then stays in the report, and decides no more."""
    final: bool = False
    """A studio's rule that allows no exception."""

    @property
    def decides(self) -> bool:
        """Say whether it still stands against the use or asks for a person."""
        return self.resolved_by is None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAnswer:
    """Decision and every finding behind it, worst first."""

    decision: Decision
    findings: tuple[Finding, ...] = ()
