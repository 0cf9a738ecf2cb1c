"""What was delivered, held against what was offered; kept with the grant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CheckResult(StrEnum):
    """How a delivery compares to its offer."""

    AS_OFFERED = "as_offered"
    DIFFERS = "differs"
    UNKNOWN = "unknown"
    """Nothing was promised that could be compared, or the file cannot be read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryCheck:
    """One check of the files of a grant. ``facts`` and ``differences`` are JSON texts of what was found."""

    id: str
    grant_id: str
    result: CheckResult
    facts: str
    differences: str
    source_host: str
    source_certificate_sha256: str
    checked_at: datetime
    checked_by: str
