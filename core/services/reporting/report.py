"""Answer what a scene may be used for, and note which grants it uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from ...clock import Clock
from ...errors import ClearanceError, UserInputError
from ...ids import find_near_mark, hash_grant_id
from ...ledger.port import Ledger
from ...licenses import LicenseCatalogue, parse_text
from ...model.audit import AuditEvent
from ...model.declaration import Declaration, is_declaration_id
from ...model.findings import Verdict
from ...model.grant import Grant, Usage
from ...model.intended_use import IntendedUse
from ...model.license import LicenseTerms
from ...model.recognition import Recognized
from ...model.report import Report
from ...model.scene import SceneScan
from ...policy.compound import Judge
from ...reports.build import build_report, find_todays
from ...reports.judging import Known, Licenses
from ...reports.recognized import recognized_hints
from ...settings import VERSION
from ...stamp_format import decode
from ..clearing.circumstances import gather_circumstances, with_ends
from ..clearing.evidence import gather_evidence
from ..clearing.house import House, HouseRules


class Held(NamedTuple):
    """What the ledger has of all that a scene names, by id."""

    grants: Mapping[str, Grant]
    declarations: Mapping[str, Declaration]


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeReport:
    """Joins what is in a scene with what is in the ledger."""

    ledger: Ledger
    clock: Clock
    catalogue: LicenseCatalogue
    house: House

    def run(
        self,
        scan: SceneScan,
        use: IntendedUse,
        *,
        actor: str,
        house: HouseRules | None = None,
        recognized: Iterable[Recognized] = (),
    ) -> Report:
        """Build the report and note in the audit that it was made.

        ``house`` takes the place of the studio's own rules and resolutions; ``recognized`` becomes hints.
        """
        report, house = self._judge(scan, use, house, recognized)
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
                        ("rules_sha256", house.studio.sha256),
                        ("resolved", str(sum(not finding.decides for finding in report.findings))),
                    ),
                )
            )
        return report

    def judge(self, scan: SceneScan, use: IntendedUse) -> Report:
        """Build the report and note nothing: for looks that happen by themselves."""
        return self._judge(scan, use, None)[0]

    def decide(
        self, grants: Mapping[str, Grant], declarations: Mapping[str, Declaration], use: IntendedUse
    ) -> dict[str, tuple[Verdict, str]]:
        """Return each license's verdict for a use, and the sentence that decides it; notes nothing.

        As :meth:`judge` says of a scene with one data-block of each, and much quicker.
        """
        now, terms = self.clock.now(), self._terms(grants)
        around = gather_circumstances(self.ledger, grants, now=now, terms=terms, with_scenes=False)
        house = self.house.about((*grants, *declarations))
        held = Licenses(
            known=Known(
                grants=with_ends(grants, around),
                terms=terms,
                declarations=declarations,
                circumstances=around,
                today=find_todays(self.catalogue.all(), now=now),
                name_of=self.catalogue.name_of,
            ),
            stamps={},
            judge=Judge(now=now, studio=house.studio, resolutions=house.resolutions),
            use=use,
            now=now,
        )
        return {one: held.decide(one) for one in (*grants, *declarations)}

    def _judge(
        self,
        scan: SceneScan,
        use: IntendedUse,
        house: HouseRules | None,
        recognized: Iterable[Recognized] = (),
    ) -> tuple[Report, HouseRules]:
        counts = count_grants(scan)
        held = self.find_held(scan, counts)
        if house is None:
            house = self.house.about(self.subjects(scan, held, counts))
        now, terms = self.clock.now(), self._terms(held.grants)
        around = gather_circumstances(self.ledger, held.grants, now=now, terms=terms)
        report = build_report(
            scan,
            grants=with_ends(held.grants, around),
            declarations=held.declarations,
            evidence=gather_evidence(self.ledger, held.grants, name_of=self.catalogue.name_of),
            terms=terms,
            use=use,
            now=now,
            tool_version=VERSION,
            name_of=self.catalogue.name_of,
            licenses=self.catalogue.all(),
            studio=house.studio,
            resolutions=house.resolutions,
            notices=(*house.notices, *recognized_hints(recognized)),
            circumstances=around,
        )
        return report, house

    def read_house(
        self, scan: SceneScan, *, studio: Path | None = None, book: Path | None = None
    ) -> HouseRules:
        """Return what the house says of a scene, with other files than its own where some are named.

        Raises UserInputError for what is wrong with those.
        """
        counts = count_grants(scan)
        subjects = self.subjects(scan, self.find_held(scan, counts), counts)
        return self.house.about(subjects, studio=studio, book=book)

    def subjects(self, scan: SceneScan, held: Held, counts: Iterable[str] = ()) -> Iterable[str]:
        """Go through everything in a scene that somebody may have decided about."""
        yield from counts
        yield from held.grants
        yield from held.declarations
        for block in scan.data_blocks:
            yield f"{block.id_type}/{block.name}"

    def find_held(self, scan: SceneScan, counts: Iterable[str]) -> Held:
        """Find grants and declarations by stamps and register, and by what is left of them on faces."""
        named = frozenset(counts)
        declared = {one for one in named if is_declaration_id(one)}
        grants = dict(self.ledger.grants_by_id(sorted(named - declared)))
        declarations = dict(self.ledger.declarations_by_id(sorted(declared)))
        explained = sorted(map(hash_grant_id, named))
        seen: set[int] = set()
        for block in scan.data_blocks:
            seen |= block.face_grants
        # Nobody but the faces tells of these: their stamps were taken away, and so was the register.
        if others := sorted(one for one in seen if find_near_mark(one, explained) is None):
            for bought in self.ledger.grants_by_face(others).values():
                grants.update((grant.id, grant) for grant in bought)
            for said in self.ledger.declarations_by_face(others).values():
                declarations.update((one.id, one) for one in said)
        return Held(grants, declarations)

    def record_usages(self, scan: SceneScan) -> tuple[Usage, ...]:
        """Replace what the ledger knows of this scene's grants; an unsaved scene is not recorded."""
        if not scan.scene:
            return ()
        counts = count_grants(scan)
        held = self.find_held(scan, counts)
        now = self.clock.now()
        usages = tuple(
            Usage(grant_id=grant_id, scene=scan.scene, data_blocks=counts.get(grant_id, 0), seen_at=now)
            for grant_id in (*held.grants, *held.declarations)
        )
        with self.ledger.transaction() as work:
            work.replace_usages(scan.scene, usages)
        return usages

    def _terms(self, grants: Mapping[str, Grant]) -> dict[str, LicenseTerms]:
        """Read the terms as they were kept with each purchase, not as they are today."""
        terms: dict[str, LicenseTerms] = {}
        for digest in {grant.terms_sha256 for grant in grants.values()}:
            text = self.ledger.terms_text(digest)
            try:
                kept = parse_text(text) if text is not None else None
            except UserInputError:
                kept = None  # damaged: the report says that they are not at hand
            if kept is not None:
                terms[digest] = replace(kept, marketplace_name=self.catalogue.name_of(kept.marketplace))
        return terms


def count_grants(scan: SceneScan) -> Counter[str]:
    """Count the data-blocks per grant id; grants only known from the register count 0.

    What is linked and no longer says its license counts for the one that was noted of it.
    """
    said = (block.remembered if block.stamp is None else block.stamp for block in scan.data_blocks)
    per_text = Counter(text for text in said if text is not None)
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
