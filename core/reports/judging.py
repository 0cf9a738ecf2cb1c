"""Judges every license in a scene for one use: what was bought, what was declared, what only a stamp claims.

Pure. Each license is one part of the compound answer, so that its line in the report, its data-blocks and the
answer for the scene never say different things.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..model.circumstances import NO_CIRCUMSTANCES, Circumstances
from ..model.declaration import DECLARED, Declaration, is_declaration_id
from ..model.evidence import Evidence, EvidenceKind
from ..model.findings import Finding, Verdict
from ..model.grant import Grant
from ..model.intended_use import IntendedUse, Purpose
from ..model.license import LicenseTerms
from ..model.report import ReportGrant
from ..policy.compound import WEIGHT, Judge, Part, PartAnswer, about, worst_verdict
from ..policy.credit import format_credit
from ..policy.declared import declared_facts, make_credit
from ..policy.engine import weigh
from ..policy.facts import Facts
from ..policy.rules.grants import check_stamp
from ..policy.wording import shorten
from ..stamp_format import Stamp
from . import scene_findings
from .in_file import set_grant_aside
from .terms_change import find_narrower

DECLARED_NAME = "Declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known beside the scene: the ledger, the marketplaces' licenses, and the names for people."""

    grants: Mapping[str, Grant]
    terms: Mapping[str, LicenseTerms]
    """By hash, as they were kept with the purchases."""
    declarations: Mapping[str, Declaration] = field(default_factory=dict)
    evidence: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    """By grant id: what proves it beside the kept terms."""
    circumstances: Mapping[str, Circumstances] = field(default_factory=dict)
    """By grant id: agreements, seats, use-by dates."""
    today: Mapping[str, LicenseTerms] = field(default_factory=dict)
    """By license id: the reading that a purchase of today would be under."""
    name_of: Callable[[str], str] = str
    """A marketplace's name for people."""


class Licenses:
    """The verdict on each license of a scene, and on each claim that a stamp makes about one."""

    def __init__(
        self,
        *,
        known: Known,
        stamps: Mapping[str, Stamp],
        judge: Judge,
        use: IntendedUse,
        now: datetime,
    ) -> None:
        self._known = known
        self._stamps = stamps
        self._judge = judge
        self._use = use
        self._now = now
        self._facts: dict[str, Facts | None] = {}
        self._disagreements: dict[tuple[str, bool], dict[Finding, None]] = {}
        """By license, and whether a data-block that no picture shows says so."""
        self._claims: dict[tuple[str, str, str, bool], Verdict] = {}
        self._blocks: dict[tuple[tuple[str, ...], int, bool], Verdict] = {}
        self._licenses: dict[str, Verdict] = {}
        self._changes: dict[Hashable, Finding | None] = {}
        self._decided: dict[Hashable, tuple[Verdict, str]] = {}

    def knows(self, grant_id: str) -> bool:
        """Say whether the ledger has the grant or declaration."""
        return grant_id in self._known.grants or grant_id in self._known.declarations

    def name(self, grant_id: str) -> str:
        """Return what to call a license in a sentence."""
        if (grant := self._known.grants.get(grant_id)) is not None:
            return shorten(grant.title) or str(grant.ref)
        if (declaration := self._known.declarations.get(grant_id)) is not None:
            return shorten(declaration.title)
        stamp = self._stamps.get(grant_id)
        return shorten(_claimed_name(grant_id, stamp))

    def claims(self, grant_ids: tuple[str, ...], stamp: Stamp | None, *, hidden: bool = False) -> Verdict:
        """Judge all licenses of one data-block; the stamp speaks for its own license only.

        ``stamp`` has to be one that lives as long as this object does. ``hidden``: no picture shows it.
        """
        key = (grant_ids, id(stamp), hidden)
        verdict = self._blocks.get(key)
        if verdict is None:
            verdict = self._blocks[key] = worst_verdict(
                self._claim(
                    grant_id,
                    stamp if stamp is not None and stamp.grant_id == grant_id else None,
                    hidden=hidden,
                )
                for grant_id in grant_ids
            )
        return verdict

    def answer(
        self, grant_id: str, data_blocks: int, *, in_output: bool | None = None
    ) -> tuple[ReportGrant, PartAnswer]:
        """Return a license's line in the bill of materials, and its part of the compound answer.

        To be asked once all its data-blocks have been. ``in_output`` False: no picture shows any of them.
        """
        said = self._disagreements.get((grant_id, False), {})
        hidden = [one for one in self._disagreements.get((grant_id, True), ()) if one not in said]
        facts = self._get_facts(grant_id)
        part = Part(
            subject=grant_id,
            title=self.name(grant_id),
            objects=data_blocks,
            facts=facts,
            extra=(*self._extra(grant_id), *said),
            loose=facts is None,
            aside=tuple(hidden),
            in_output=in_output,
        )
        answer = self._judge.judge(part, self._use)
        if in_output is False and self._use.only_pictures:
            counted = self._judge.judge(replace(part, in_output=None), self._use)
            return set_grant_aside(self._line(grant_id, data_blocks, counted)), answer
        return self._line(grant_id, data_blocks, answer), answer

    def decide(self, grant_id: str) -> tuple[Verdict, str]:
        """Return a license's verdict and the first sentence that decides it; no line, no ways out.

        For a hundred thousand licenses: the rules are asked once for all that are alike.
        """
        part, extra = self._part(grant_id), self._extra(grant_id)
        likeness = self._judge.find_likeness(part)
        key = (likeness, tuple((one.rule, one.severity, one.message) for one in extra))
        found = self._decided.get(key) if likeness is not None else None
        if found is None:
            answer = self._judge.judge(replace(part, extra=extra), self._use)
            why = next((one.message for one in answer.findings if one.decides), "")
            found = answer.verdict, why
            if likeness is not None:
                self._decided[key] = found
        return found

    def _claim(self, grant_id: str, stamp: Stamp | None, *, hidden: bool) -> Verdict:
        """Judge a license, and what one stamp claims of it."""
        claim = (stamp.license_id, stamp.terms_sha256) if stamp is not None else ("", "")
        key = (grant_id, *claim, hidden)
        verdict = self._claims.get(key)
        if verdict is None:
            verdict = self._licenses.get(grant_id)
            if verdict is None:
                extra = self._judge.resolve(self._extra(grant_id), self._use)
                alone = self._judge.verdict(self._part(grant_id), self._use)
                verdict = self._licenses[grant_id] = worst_verdict((alone, weigh(extra)))
            disagrees = self._find_disagreement(grant_id, stamp)
            if disagrees is not None:
                self._disagreements.setdefault((grant_id, hidden), {})[disagrees] = None
                verdict = worst_verdict((verdict, weigh(self._judge.resolve((disagrees,), self._use))))
            self._claims[key] = verdict
        return verdict

    def _find_disagreement(self, grant_id: str, stamp: Stamp | None) -> Finding | None:
        facts = self._get_facts(grant_id)
        if stamp is None or facts is None or not self.knows(grant_id):
            return None
        if facts.held_license_id == stamp.license_id and facts.terms_sha256 == stamp.terms_sha256:
            return None
        return check_stamp(
            replace(facts, stamped_license_id=stamp.license_id, stamped_terms_sha256=stamp.terms_sha256)
        )

    def _part(self, grant_id: str) -> Part:
        facts = self._get_facts(grant_id)
        return Part(subject=grant_id, title=self.name(grant_id), facts=facts, loose=facts is None)

    def _extra(self, grant_id: str) -> tuple[Finding, ...]:
        """Return what has to be said of a license beside what the rules say."""
        found: list[Finding] = []
        grant = self._known.grants.get(grant_id)
        if grant is not None:
            if grant.terms_sha256 not in self._known.terms:
                found.append(scene_findings.missing_terms(grant_id, grant.terms_sha256))
            elif (change := self._find_change(grant)) is not None:
                found.append(change)
        elif grant_id not in self._known.declarations:
            found.append(
                scene_findings.unknown_declaration(grant_id)
                if is_declaration_id(grant_id)
                else scene_findings.unknown_grant(grant_id)
            )
        return tuple(found)

    def _find_change(self, grant: Grant) -> Finding | None:
        """Say what a purchase of today would not give any more; found once for each reading."""
        key = (grant.terms_sha256, grant.license_id)
        if key not in self._changes:
            kept, today = self._known.terms[grant.terms_sha256], self._known.today.get(grant.license_id)
            self._changes[key] = None if today is None else find_narrower(kept, today)
        change = self._changes[key]
        return None if change is None else about(change, grant.id)

    def _get_facts(self, grant_id: str) -> Facts | None:
        if grant_id not in self._facts:
            self._facts[grant_id] = self._make_facts(grant_id)
        return self._facts[grant_id]

    def _make_facts(self, grant_id: str) -> Facts | None:
        """Return what is known of a license; None where only a stamp speaks of terms that nobody kept."""
        known = self._known
        if (declaration := known.declarations.get(grant_id)) is not None:
            return declared_facts(declaration, self._use, now=self._now)
        grant = known.grants.get(grant_id)
        if grant is None:
            stamp = self._stamps.get(grant_id)
            terms = known.terms.get(stamp.terms_sha256) if stamp is not None else None
            if terms is None or stamp is None:
                return None
            # It can only make the answer worse: that the stamp is not proven is said anyway.
            return Facts(
                terms=terms,
                use=self._use,
                now=self._now,
                terms_sha256=stamp.terms_sha256,
                subject=grant_id,
                credit=stamp.credit,
                listing_id=stamp.listing_id,
            )
        around = known.circumstances.get(grant_id, NO_CIRCUMSTANCES)
        terms = around.terms or known.terms.get(grant.terms_sha256)
        if terms is None:
            where, day = grant.ref.marketplace, grant.granted_at.date()
            unknown = LicenseTerms.unknown(marketplace=where, label=grant.license_label, version=day)
            terms = replace(unknown, marketplace_name=known.name_of(where))
        return Facts(
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
            seats_held=around.seats_held,
            seats_taken=around.seats_taken,
            agreement=around.agreement,
            must_use_by=around.must_use_by,
            used_in=around.used_in,
        )

    def _line(self, grant_id: str, data_blocks: int, answer: PartAnswer) -> ReportGrant:
        known = self._known
        if (declaration := known.declarations.get(grant_id)) is not None:
            return self._declared_line(declaration, data_blocks, answer)
        grant = known.grants.get(grant_id)
        if grant is None:
            return self._claimed_line(grant_id, data_blocks, answer)
        terms = known.terms.get(grant.terms_sha256)
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
            verdict=answer.verdict,
            granted_at=grant.granted_at,
            data_blocks=data_blocks,
            findings=answer.findings,
            marketplace_name=known.name_of(grant.ref.marketplace),
            evidence=known.evidence.get(grant_id, ()),
        )

    def _credit(self, grant: Grant, terms: LicenseTerms | None) -> str:
        """Return the line that this use makes necessary, though the purchase did not."""
        if terms is None:
            return ""
        editorial = grant.editorial is True or self._use.purpose is Purpose.EDITORIAL
        return format_credit(terms, author=grant.author, listing_id=grant.ref.id, editorial=editorial)

    def _declared_line(self, declaration: Declaration, data_blocks: int, answer: PartAnswer) -> ReportGrant:
        facts = self._get_facts(declaration.id)
        terms = facts.terms if facts is not None else None
        proof = Evidence(
            kind=EvidenceKind.DECLARATION,
            label=f"Declared by {shorten(declaration.declared_by)}: {shorten(declaration.reason, 300)}",
            sha256=declaration.evidence_sha256,
            at=declaration.declared_at,
        )
        return ReportGrant(
            grant_id=declaration.id,
            marketplace=DECLARED,
            listing_id="",
            title=declaration.title,
            author=declaration.author,
            license_id=declaration.license_id,
            license_label=terms.label if terms is not None else declaration.license,
            terms_sha256="",
            terms_url=terms.terms_url if terms is not None else "",
            credit=make_credit(declaration),
            verdict=answer.verdict,
            granted_at=declaration.declared_at,
            data_blocks=data_blocks,
            findings=answer.findings,
            marketplace_name=DECLARED_NAME,
            evidence=(proof, *self._known.evidence.get(declaration.id, ())),
            origin=declaration.origin.value,
        )

    def _claimed_line(self, grant_id: str, data_blocks: int, answer: PartAnswer) -> ReportGrant:
        """Return the line for a license of which only a stamp speaks."""
        stamp = self._stamps.get(grant_id)
        if stamp is None:
            stamp = Stamp(grant_id=grant_id, marketplace="", listing_id="", license_id="", terms_sha256="")
        terms = self._known.terms.get(stamp.terms_sha256)
        return ReportGrant(
            grant_id=grant_id,
            marketplace=stamp.marketplace,
            listing_id=stamp.listing_id,
            title=_claimed_name(grant_id, stamp),
            author="",
            license_id=stamp.license_id,
            license_label=terms.label if terms is not None else stamp.license_id,
            terms_sha256=stamp.terms_sha256,
            terms_url=terms.terms_url if terms is not None else "",
            credit=stamp.credit,
            verdict=answer.verdict,
            granted_at=None,
            data_blocks=data_blocks,
            findings=answer.findings,
            marketplace_name=(
                DECLARED_NAME if stamp.marketplace == DECLARED else self._known.name_of(stamp.marketplace)
            ),
        )


def sort_lines(lines: Sequence[ReportGrant]) -> tuple[ReportGrant, ...]:
    """Return the bill of materials, worst first, then by title."""
    return tuple(sorted(lines, key=lambda line: (-WEIGHT[line.verdict], line.title, line.grant_id)))


def _claimed_name(grant_id: str, stamp: Stamp | None) -> str:
    return f"{stamp.marketplace}:{stamp.listing_id}" if stamp is not None and stamp.listing_id else grant_id
