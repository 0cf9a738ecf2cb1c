"""What a license file holds, as values: versions of licenses, and which label led to which, when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ..model.license import LicenseTerms
from ..model.listing import MediaKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRule:
    """What a label stood for in a span of days: from ``since`` (inclusive) until ``until`` (exclusive)."""

    names: frozenset[str]
    """Labels as :func:`normalize_label` writes them."""
    license_id: str
    editorial_license_id: str = ""
    """The license that an item under this label has when it is marked editorial; empty: the same."""
    since: date | None = None
    until: date | None = None
    kinds: frozenset[MediaKind] = frozenset()
    """Media for which the label stands for this; empty: for all that no earlier rule names."""

    def holds(self, name: str, at: date, kind: MediaKind | None = None) -> bool:
        """Say whether this rule decides for a label on a day, and for a kind of media."""
        return (
            name in self.names
            and (not self.kinds or kind in self.kinds)
            and (self.since is None or self.since <= at)
            and (self.until is None or at < self.until)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketplaceLicenses:
    """One file's content: every version of every license, and the labels that lead to them."""

    marketplace: str
    name: str
    """The marketplace's name for people."""
    versions: Mapping[str, tuple[LicenseTerms, ...]]
    """By license id, oldest first, never empty."""
    labels: tuple[LabelRule, ...]

    def at(self, license_id: str, day: date) -> LicenseTerms | None:
        """Return the version that was in force on a day.

        Before the oldest reading that is the oldest one; the policy says so beside its answer.
        """
        versions = self.versions.get(license_id)
        if not versions:
            return None
        return next((terms for terms in reversed(versions) if terms.version <= day), versions[0])


def normalize_label(label: str) -> str:
    """Write a label without case, punctuation and doubled spaces.

    ``Royalty Free (No AI)`` and ``royalty_free_no_ai`` become the same.
    """
    return " ".join(re.sub(r"[\W_]+", " ", label.casefold()).split())
