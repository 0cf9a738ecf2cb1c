"""Finds the terms that stand behind a marketplace's label on a given day.

Files are read when first asked for. A label that no file maps becomes ``LicenseTerms.unknown``, never the
nearest match.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from ..model.license import LicenseTerms
from ..model.listing import MediaKind
from .labels import MarketplaceLicenses, normalize_label


class LicenseCatalogue:
    """Every license that Clearance knows."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Take the TOML texts by marketplace; they are checked when first needed."""
        self._texts = dict(texts)
        self._read: dict[str, MarketplaceLicenses] = {}
        self._names: dict[str, _Names | None] = {}

    @classmethod
    def load(cls) -> LicenseCatalogue:
        """Take the files that ship with this package."""
        from importlib.resources import files

        folder = files(__package__ or __name__.rpartition(".")[0])
        return cls(
            {
                entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
                for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
                if entry.name.endswith(".toml")
            }
        )

    @property
    def marketplaces(self) -> tuple[str, ...]:
        """Names of the marketplaces whose licenses are known."""
        return tuple(sorted(self._texts))

    def resolve(
        self,
        marketplace: str,
        label: str,
        *,
        editorial: bool | None = None,
        at: date,
        kind: MediaKind | None = None,
    ) -> LicenseTerms:
        """Return the terms behind a vendor's label for something bought on the day ``at``.

        ``editorial`` is the item's own flag, ``kind`` what it is: one word can stand for other terms with
        videos than with images. Unknown marketplaces and labels give ``LicenseTerms.unknown``.
        """
        known = self._file(marketplace)
        if known is not None:
            name = normalize_label(label)
            rule = next((rule for rule in known.labels if rule.holds(name, at, kind)), None)
            if rule is not None:
                terms = known.at((rule.editorial_license_id if editorial else "") or rule.license_id, at)
                if terms is not None:
                    return terms
        unknown = LicenseTerms.unknown(marketplace=marketplace, label=label, version=at)
        return replace(unknown, marketplace_name=self.name_of(marketplace))

    def name_of(self, marketplace: str) -> str:
        """Return a marketplace's name for people; the id itself for one whose licenses are not known."""
        names = self._names_of(marketplace)
        return marketplace if names is None else names.marketplace

    def by_id(self, license_id: str, at: date) -> LicenseTerms | None:
        """Return the version of a license that was in force on a day, or None for an id nobody defined."""
        known = self._file(license_id.partition(".")[0])
        return known.at(license_id, at) if known is not None else None

    def label_of(self, license_id: str, at: date) -> str:
        """Return what the license is called that :meth:`by_id` returns; empty for an id nobody defined."""
        names = self._names_of(license_id.partition(".")[0])
        versions = names.labels.get(license_id) if names is not None else None
        if not versions:
            return ""
        return next((label for version, label in reversed(versions) if version <= at), versions[0][1])

    def all(self) -> tuple[LicenseTerms, ...]:
        """Return every version of every license, by id and date."""
        found: list[LicenseTerms] = []
        for marketplace in self.marketplaces:
            known = self._file(marketplace)
            if known is not None:
                for _, versions in sorted(known.versions.items()):
                    found.extend(versions)
        return tuple(found)

    def _file(self, marketplace: str) -> MarketplaceLicenses | None:
        if marketplace not in self._texts:
            return None
        if marketplace not in self._read:
            from .loader import parse_licenses

            self._read[marketplace] = parse_licenses(
                self._texts[marketplace], name=f"{marketplace}.toml", marketplace=marketplace
            )
        return self._read[marketplace]

    def _names_of(self, marketplace: str) -> _Names | None:
        """Return the names in a file; all else is checked when terms are asked for, which takes longer."""
        if marketplace not in self._texts:
            return None
        names = self._names.get(marketplace)
        if names is None:
            names = self._names[marketplace] = _read_names(self._texts[marketplace])
        if names is None:
            self._file(marketplace)  # says what is wrong with it
        return names


class _Names(NamedTuple):
    """What people call a marketplace, and by id its licenses: each version's day and label, in order."""

    marketplace: str
    labels: dict[str, list[tuple[date, str]]]


def _read_names(text: str) -> _Names | None:
    labels: dict[str, list[tuple[date, str]]] = {}
    try:
        file = tomllib.loads(text)
        for entry in file["license"]:
            version, label = entry["version"], entry["label"]
            if not isinstance(version, date) or not isinstance(label, str):
                return None
            labels.setdefault(entry["id"], []).append((version, label))
        for versions in labels.values():
            versions.sort()
        return _Names(file["name"], labels)
    except (tomllib.TOMLDecodeError, LookupError, TypeError):
        return None
