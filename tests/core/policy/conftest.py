"""Facts to ask the policy about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from core.licenses import LicenseCatalogue, terms_sha256
from core.model.intended_use import IntendedUse
from core.model.license import LicenseTerms
from core.policy.facts import Facts

MakeFacts = Callable[..., Facts]


@pytest.fixture(scope="session")
def catalogue() -> LicenseCatalogue:
    """Every license that ships."""
    return LicenseCatalogue.load()


@pytest.fixture
def make_facts(catalogue: LicenseCatalogue) -> MakeFacts:
    """Make facts from ``marketplace:label`` and a use; the rest as given."""

    def make(license_label: str, use: IntendedUse, **other: object) -> Facts:
        marketplace, _, label = license_label.partition(":")
        editorial = other.get("editorial")
        assert editorial is None or isinstance(editorial, bool)
        day = other.pop("at", date(2026, 11, 24))
        assert isinstance(day, date)
        terms: LicenseTerms = catalogue.resolve(marketplace, label, editorial=editorial, at=day)
        values: dict[str, object] = {
            "now": datetime(2026, 11, 24, 12, tzinfo=UTC),
            "terms_sha256": terms_sha256(terms),
            "subject": "grant_1",
            **other,
        }
        return Facts(terms=terms, use=use, **values)  # type: ignore[arg-type]

    return make
