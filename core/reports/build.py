"""Makes the report: what the scene's witnesses say, joined with grants and terms, judged for one use.

Pure. Every stamp is decoded once, every grant judged once per claim that a stamp makes about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from ..model.findings import Finding, Severity, Verdict
from ..model.grant import Grant
from ..model.intended_use import IntendedUse, Purpose
from ..model.license import LicenseTerms
from ..model.report import Report, ReportGrant, ReportRow
from ..model.scene import SceneScan
from ..policy.credit import format_credit
from ..policy.engine import judge, sort_findings, weigh
from ..policy.facts import Facts
from ..policy.wording import shorten
from ..stamp_format import Stamp
from . import scene_findings
from .witnesses import Decoded, Sighting, Witness, see

WEIGHT = {
    Verdict.CLEARED: 0,
    Verdict.NEEDS_REVIEW: 1,
    Verdict.UNDECLARED: 2,
    Verdict.NOT_CLEARED: 3,
}


def build_report(
    scan: SceneScan,
    *,
    grants: Mapping[str, Grant],
    terms: Mapping[str, LicenseTerms],
    use: IntendedUse,
    now: datetime,
    tool_version: str = "",
    name_of: Callable[[str], str] = str,
) -> Report:
    """Judge a scene; ``grants`` by id, ``terms`` by hash. What is missing in them is said, not guessed.

    ``name_of`` gives a marketplace's name for people.
    """
    decoded = Decoded()
    sightings = see(scan, ledger_ids=grants, decoded=decoded)
    judged = _Judged(grants=grants, terms=terms, use=use, now=now, stamps=decoded.by_grant(), name_of=name_of)
    rows: list[ReportRow] = []
    findings: list[Finding] = []
    counts: dict[str, int] = {}
    undeclared: list[str] = []
    for sighting in sightings:
        row, said = _make_row(sighting, judged)
        rows.append(row)
        findings.extend(said)
        for grant_id in row.grant_ids:
            counts[grant_id] = counts.get(grant_id, 0) + 1
        if row.verdict is Verdict.UNDECLARED:
            undeclared.append(f"{row.id_type}/{row.name}")
    made = tuple(judged.report_grant(grant_id, count) for grant_id, count in counts.items())
    for grant in made:
        findings.extend(grant.findings)
    if undeclared:
        findings.append(scene_findings.undeclared(len(undeclared)))
    lost = _find_lost(decoded, scan.register, counts)
    findings.extend(
        scene_findings.lost(grant_id, judged.name(grant_id), suspicious=bool(undeclared)) for grant_id in lost
    )
    findings = list(dict.fromkeys(findings))
    verdict = worst_verdict(
        [*(row.verdict for row in rows), *(grant.verdict for grant in made), weigh(findings)]
    )
    return Report(
        scene=scan.scene,
        host=scan.host,
        use=use,
        made_at=now,
        verdict=verdict,
        summary=_summarize(verdict, use, made, rows, findings),
        grants=tuple(sorted(made, key=lambda grant: (-WEIGHT[grant.verdict], grant.title, grant.grant_id))),
        rows=tuple(rows),
        findings=sort_findings(findings),
        undeclared=tuple(undeclared),
        lost=lost,
        tool_version=tool_version,
    )


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the heaviest verdict; nothing to judge is cleared."""
    return max(verdicts, key=WEIGHT.__getitem__, default=Verdict.CLEARED)


class _Judged:
    """The verdict on each grant, and on each claim that a stamp makes about it."""

    def __init__(
        self,
        *,
        grants: Mapping[str, Grant],
        terms: Mapping[str, LicenseTerms],
        use: IntendedUse,
        now: datetime,
        stamps: Mapping[str, Stamp],
        name_of: Callable[[str], str],
    ) -> None:
        self._grants = grants
        self._terms = terms
        self._use = use
        self._now = now
        self._claims: dict[tuple[str, str, str], Verdict] = {}
        self._findings: dict[str, dict[Finding, None]] = {}
        self._stamps = stamps
        self._name_of = name_of
        self._blocks: dict[tuple[tuple[str, ...], int], Verdict] = {}

    def claims(self, grant_ids: tuple[str, ...], stamp: Stamp | None) -> Verdict:
        """Judge all grants of one data-block; the stamp speaks for its own grant only.

        ``stamp`` has to be one that lives as long as this object does.
        """
        key = (grant_ids, id(stamp))
        verdict = self._blocks.get(key)
        if verdict is None:
            verdict = self._blocks[key] = worst_verdict(
                self.claim(grant_id, stamp if stamp is not None and stamp.grant_id == grant_id else None)
                for grant_id in grant_ids
            )
        return verdict

    def claim(self, grant_id: str, stamp: Stamp | None) -> Verdict:
        """Judge a grant, and what a stamp claims of it; the findings are kept with the grant."""
        key = (grant_id, stamp.license_id, stamp.terms_sha256) if stamp is not None else (grant_id, "", "")
        verdict = self._claims.get(key)
        if verdict is None:
            found = self._find(grant_id, stamp)
            self._findings.setdefault(grant_id, {}).update(dict.fromkeys(found))
            verdict = self._claims[key] = weigh(found)
        return verdict

    def knows(self, grant_id: str) -> bool:
        """Say whether the ledger has the grant."""
        return grant_id in self._grants

    def name(self, grant_id: str) -> str:
        """Return what to call a grant in a sentence."""
        grant = self._grants.get(grant_id)
        if grant is not None:
            return shorten(grant.title) or str(grant.ref)
        stamp = self._stamps.get(grant_id)
        return shorten(f"{stamp.marketplace}:{stamp.listing_id}" if stamp is not None else grant_id)

    def report_grant(self, grant_id: str, data_blocks: int) -> ReportGrant:
        """Return the line of the bill of materials."""
        findings = sort_findings(self._findings.get(grant_id, {}))
        grant = self._grants.get(grant_id)
        if grant is None:
            return self._claimed_grant(grant_id, data_blocks, findings)
        terms = self._terms.get(grant.terms_sha256)
        return ReportGrant(
            grant_id=grant_id,
            marketplace=grant.ref.marketplace,
            listing_id=grant.ref.id,
            title=grant.title,
            author=grant.author,
            license_id=grant.license_id,
            license_label=terms.label if terms is not None and terms.known else grant.license_label,
            terms_sha256=grant.terms_sha256,
            terms_url=terms.terms_url if terms is not None else "",
            credit=grant.credit or self._credit(grant, terms),
            verdict=weigh(findings),
            granted_at=grant.granted_at,
            data_blocks=data_blocks,
            findings=findings,
            marketplace_name=self._name_of(grant.ref.marketplace),
        )

    def _credit(self, grant: Grant, terms: LicenseTerms | None) -> str:
        """Return the line that this use makes necessary, though the purchase did not."""
        if terms is None:
            return ""
        editorial = grant.editorial is True or self._use.purpose is Purpose.EDITORIAL
        return format_credit(terms, author=grant.author, listing_id=grant.ref.id, editorial=editorial)

    def _claimed_grant(self, grant_id: str, data_blocks: int, findings: tuple[Finding, ...]) -> ReportGrant:
        """Return the line for a grant of which only a stamp speaks."""
        stamp = self._stamps.get(grant_id)
        if stamp is None:
            stamp = Stamp(grant_id=grant_id, marketplace="", listing_id="", license_id="", terms_sha256="")
        terms = self._terms.get(stamp.terms_sha256)
        return ReportGrant(
            grant_id=grant_id,
            marketplace=stamp.marketplace,
            listing_id=stamp.listing_id,
            title=f"{stamp.marketplace}:{stamp.listing_id}" if stamp.listing_id else grant_id,
            author="",
            license_id=stamp.license_id,
            license_label=terms.label if terms is not None else stamp.license_id,
            terms_sha256=stamp.terms_sha256,
            terms_url=terms.terms_url if terms is not None else "",
            credit=stamp.credit,
            verdict=weigh(findings),
            granted_at=None,
            data_blocks=data_blocks,
            findings=findings,
            marketplace_name=self._name_of(stamp.marketplace),
        )

    def _find(self, grant_id: str, stamp: Stamp | None) -> tuple[Finding, ...]:
        grant = self._grants.get(grant_id)
        if grant is None:
            return self._find_claimed(grant_id, stamp)
        terms = self._terms.get(grant.terms_sha256)
        extra: tuple[Finding, ...] = ()
        if terms is None:
            extra = (scene_findings.missing_terms(grant_id, grant.terms_sha256),)
            where, day = grant.ref.marketplace, grant.granted_at.date()
            unknown = LicenseTerms.unknown(marketplace=where, label=grant.license_label, version=day)
            terms = replace(unknown, marketplace_name=self._name_of(where))
        _, findings = judge(
            Facts(
                terms=terms,
                use=self._use,
                now=self._now,
                terms_sha256=grant.terms_sha256,
                editorial=grant.editorial,
                subject=grant_id,
                grant_state=grant.state,
                valid_until=grant.valid_until,
                acquired_on=grant.granted_at.date(),
                credit=grant.credit,
                author=grant.author,
                listing_id=grant.ref.id,
                held_license_id=grant.license_id,
                stamped_license_id=stamp.license_id if stamp is not None else "",
                stamped_terms_sha256=stamp.terms_sha256 if stamp is not None else "",
            )
        )
        return (*extra, *findings)

    def _find_claimed(self, grant_id: str, stamp: Stamp | None) -> tuple[Finding, ...]:
        """Judge what a stamp claims when no ledger backs it: it can only make the answer worse."""
        unproven = scene_findings.unknown_grant(grant_id)
        terms = self._terms.get(stamp.terms_sha256) if stamp is not None else None
        if terms is None or stamp is None:
            return (unproven,)
        _, findings = judge(
            Facts(
                terms=terms,
                use=self._use,
                now=self._now,
                terms_sha256=stamp.terms_sha256,
                subject=grant_id,
                credit=stamp.credit,
                listing_id=stamp.listing_id,
            )
        )
        return (unproven, *findings)


def _make_row(sighting: Sighting, judged: _Judged) -> tuple[ReportRow, tuple[Finding, ...]]:
    block, witness = sighting.block, sighting.witness
    if witness is Witness.NONE:
        row = ReportRow(
            id_type=block.id_type, name=block.name, verdict=Verdict.UNDECLARED, library=block.library
        )
        return row, ()
    verdict = judged.claims(sighting.grant_ids, sighting.stamp)
    said: tuple[Finding, ...] = ()
    if witness is Witness.STAMP or (witness is Witness.STAMP_AND_FACES and not block.unmarked_faces):
        if not judged.knows(sighting.grant_ids[0]):
            witness = Witness.UNKNOWN_GRANT
    else:
        said = scene_findings.about_sighting(sighting, f"{block.id_type}/{block.name}")
        verdict = worst_verdict((verdict, weigh(said)))
    row = ReportRow(
        id_type=block.id_type,
        name=block.name,
        verdict=verdict,
        grant_ids=sighting.grant_ids,
        witness=witness.value,
        library=block.library,
    )
    return row, said


def _find_lost(decoded: Decoded, register: Iterable[str], counts: Mapping[str, int]) -> tuple[str, ...]:
    """Return the grants of the register that no data-block shows any more."""
    ids = (stamp.grant_id for text in register if isinstance(stamp := decoded.read(text), Stamp))
    return tuple(dict.fromkeys(grant_id for grant_id in ids if grant_id not in counts))


def _summarize(
    verdict: Verdict,
    use: IntendedUse,
    grants: tuple[ReportGrant, ...],
    rows: list[ReportRow],
    findings: list[Finding],
) -> str:
    project = f"“{shorten(use.name)}”"
    if not rows:
        if verdict is Verdict.CLEARED:
            return "There is nothing to clear: nothing in this scene needs a license."
        return "Nothing in this scene carries a license, but not everything about it is clear."
    assets = _count(len(grants), "licensed asset")
    bare = sum(row.verdict is Verdict.UNDECLARED for row in rows)
    match verdict:
        case Verdict.CLEARED:
            return f"Everything in this scene may be used for {project}: {assets}, nothing undeclared."
        case Verdict.NEEDS_REVIEW:
            doubtful = sum(grant.verdict is Verdict.NEEDS_REVIEW for grant in grants)
            what = f"{doubtful} of {assets}" if doubtful else "what the findings name"
            return f"Somebody has to look at {what} before this scene is used for {project}."
        case Verdict.UNDECLARED:
            they, come = ("is", "it comes") if bare == 1 else ("are", "they come")
            return (
                f"{_count(bare, 'data-block')} in this scene {they} undeclared: until it is known where "
                f"{come} from, it is not cleared for {project}."
            )
        case Verdict.NOT_CLEARED:
            against = sum(grant.verdict is Verdict.NOT_CLEARED for grant in grants)
            errors = sum(finding.severity is Severity.ERROR for finding in findings)
            what = (
                f"{against} of {assets} {'stands' if against == 1 else 'stand'} against it"
                if against
                else f"{_count(errors, 'finding')} {'stands' if errors == 1 else 'stand'} against it"
            )
            also = (
                f", and {_count(bare, 'data-block')} {'is' if bare == 1 else 'are'} undeclared"
                if bare
                else ""
            )
            return f"This scene may not be used for {project}: {what}{also}."


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
