"""Read what the ledger and the data folder know beside a report: terms, files, pictures.

Reads only, and asks no marketplace. Workers only: pictures may have to be made of delivered files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ...ledger.port import Ledger
from ...licenses import LicenseCatalogue, parse_text
from ...model.grant import Grant, GrantFile
from ...model.license import LicenseTerms
from ...model.report import Report
from ...model.report_details import ReportDetails
from ..delivering.pictures import KeepPictures

MAX_PICTURES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherDetails:
    """Gathers the details of a report's grants."""

    ledger: Ledger
    catalogue: LicenseCatalogue
    pictures: KeepPictures

    def run(self, report: Report, *, pictures: bool = True) -> ReportDetails:
        """Return what is known of every grant of a report; without ``pictures`` none is looked for."""
        grants = dict(self.ledger.grants_by_id(line.grant_id for line in report.grants))
        shown = [grants[line.grant_id] for line in report.grants if line.grant_id in grants][:MAX_PICTURES]
        return ReportDetails(
            grants=grants,
            terms=self._terms(line.terms_sha256 for line in report.grants),
            files=self._files(grants),
            pictures=self.pictures.find(shown) if pictures else {},
        )

    def _files(self, grants: Mapping[str, Grant]) -> dict[str, tuple[GrantFile, ...]]:
        found = {grant_id: self.ledger.files(grant_id) for grant_id in grants}
        return {grant_id: files for grant_id, files in found.items() if files}

    def _terms(self, digests: Iterable[str]) -> dict[str, LicenseTerms]:
        """Read the terms as they were kept with each purchase, not as they are today."""
        found: dict[str, LicenseTerms] = {}
        for digest in {one for one in digests if one}:
            text = self.ledger.terms_text(digest)
            if text is not None:
                terms = parse_text(text)
                found[digest] = replace(terms, marketplace_name=self.catalogue.name_of(terms.marketplace))
        return found
