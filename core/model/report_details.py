"""What the ledger and the data folder know beside a report: terms, files, pictures. Values only.

A report is whole without it. Renderers show what is here and leave out what is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .grant import Grant, GrantFile
from .license import LicenseTerms
from .picture import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDetails:
    """Beside a report's grants, by their ids; ``terms`` by their hash."""

    grants: Mapping[str, Grant] = field(default_factory=dict)
    terms: Mapping[str, LicenseTerms] = field(default_factory=dict)
    """The readings kept with the purchases, as they were."""
    files: Mapping[str, tuple[GrantFile, ...]] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)


NO_DETAILS = ReportDetails()
