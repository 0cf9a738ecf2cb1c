"""Answer what a scene may be used for, and note which grants it uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..clock import Clock
from ..errors import ClearanceError
from ..ledger.port import Ledger
from ..licenses import LicenseCatalogue, parse_text
from ..model.audit import AuditEvent
from ..model.grant import Grant, Usage
from ..model.intended_use import IntendedUse
from ..model.license import LicenseTerms
from ..model.report import Report
from ..model.scene import SceneScan
from ..reports.build import build_report
from ..settings import VERSION
from ..stamp_format import decode


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeReport:
    """Joins what is in a scene with what is in the ledger."""

    ledger: Ledger
    clock: Clock
    catalogue: LicenseCatalogue

    def run(self, scan: SceneScan, use: IntendedUse, *, actor: str) -> Report:
        """Build the report and note in the audit that it was made."""
        report = self.judge(scan, use)
        with self.ledger.transaction() as work:
            work.record(
                AuditEvent(
                    action="report.made",
                    subject=scan.scene or "unsaved scene",
                    actor=actor,
                    at=report.made_at,
                    details=(
                        ("verdict", report.verdict),
                        ("use", use.name),
                        ("grants", str(len(report.grants))),
                        ("undeclared", str(len(report.undeclared))),
                    ),
                )
            )
        return report

    def judge(self, scan: SceneScan, use: IntendedUse) -> Report:
        """Build the report and note nothing: for looks that happen by themselves."""
        grants = self.ledger.grants_by_id(count_grants(scan))
        return build_report(
            scan,
            grants=grants,
            terms=self._terms(grants),
            use=use,
            now=self.clock.now(),
            tool_version=VERSION,
            name_of=self.catalogue.name_of,
        )

    def record_usages(self, scan: SceneScan) -> tuple[Usage, ...]:
        """Replace what the ledger knows of this scene's grants; an unsaved scene is not recorded."""
        if not scan.scene:
            return ()
        counts = count_grants(scan)
        known = self.ledger.grants_by_id(counts)
        now = self.clock.now()
        usages = tuple(
            Usage(grant_id=grant_id, scene=scan.scene, data_blocks=count, seen_at=now)
            for grant_id, count in counts.items()
            if grant_id in known
        )
        with self.ledger.transaction() as work:
            work.replace_usages(scan.scene, usages)
        return usages

    def _terms(self, grants: Mapping[str, Grant]) -> dict[str, LicenseTerms]:
        """Read the terms as they were kept with each purchase, not as they are today."""
        terms: dict[str, LicenseTerms] = {}
        for digest in {grant.terms_sha256 for grant in grants.values()}:
            text = self.ledger.terms_text(digest)
            if text is not None:
                kept = parse_text(text)
                terms[digest] = replace(kept, marketplace_name=self.catalogue.name_of(kept.marketplace))
        return terms


def count_grants(scan: SceneScan) -> Counter[str]:
    """Count the data-blocks per grant id; grants only known from the register count 0."""
    per_text = Counter(block.stamp for block in scan.data_blocks if block.stamp is not None)
    counts: Counter[str] = Counter()
    for text, number in per_text.items():
        for grant_id in _grant_ids((text,)):
            counts[grant_id] += number
    for grant_id in _grant_ids(scan.register):
        counts.setdefault(grant_id, 0)
    return counts


def _grant_ids(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        try:
            yield decode(text).grant_id
        except ClearanceError:
            continue  # a damaged stamp names no grant; the report lists it as damaged
