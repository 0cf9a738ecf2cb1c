"""Makes the compound answer of a scene: its report and its grants, taken apart into what the policy judges.

It reads the ledger and writes nothing; what a scene holds is found by the report, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..clock import Clock
from ..ledger.port import Ledger
from ..licenses import LicenseCatalogue, parse_text
from ..model.findings import Finding
from ..model.grant import Grant
from ..model.intended_use import IntendedUse
from ..model.license import LicenseTerms
from ..model.report import Report, ReportGrant
from ..model.resolution import Resolution
from ..policy.compound import CompoundAnswer, Part, answer
from ..policy.facts import Facts
from ..policy.rules import RULE_NAMES
from ..policy.studio import NO_STUDIO, StudioPolicy
from ..policy.ways_out import Suggestion, pick_alternatives, suggest

_OF_RULES = frozenset(RULE_NAMES) - {"stamp.disagrees"}
"""Rules that the policy asks again for each use; all else was found in the scene and stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneAnswer:
    """The compound answer, and the ways out of what stands against it."""

    answer: CompoundAnswer
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerForScene:
    """Answers what a scene that was reported on may be used for."""

    ledger: Ledger
    catalogue: LicenseCatalogue
    clock: Clock

    def run(
        self, report: Report, *, studio: StudioPolicy = NO_STUDIO, resolutions: Iterable[Resolution] = ()
    ) -> SceneAnswer:
        """Answer for a report's scene and use."""
        now, decided = self.clock.now(), tuple(resolutions)
        parts = self.parts(report)
        found = answer(parts, report.use, now=now, studio=studio, resolutions=decided)
        ways = suggest(
            found,
            now=now,
            alternatives=pick_alternatives(self.catalogue.all(), now=now),
            studio=studio,
            resolutions=decided,
        )
        return SceneAnswer(answer=found, suggestions=ways)

    def parts(self, report: Report) -> tuple[Part, ...]:
        """Take a scene apart: one part per grant, and one per data-block that nobody declared."""
        grants = self.ledger.grants_by_id(line.grant_id for line in report.grants)
        # As in the report: what is judged are the terms kept with purchases of ours. A stamp from elsewhere
        # is judged by them where it names the same reading, and is open otherwise.
        terms = self._terms({grant.terms_sha256 for grant in grants.values()})
        by_grant = _gather_extra(report)
        licensed = tuple(
            Part(
                subject=line.grant_id,
                title=line.title,
                objects=line.data_blocks,
                facts=self._facts(line, grants.get(line.grant_id), terms, report.use),
                extra=by_grant.get(line.grant_id, ()),
            )
            for line in report.grants
        )
        bare = tuple(Part(subject=name, title=name.partition("/")[2]) for name in report.undeclared)
        # A stamp that cannot be read: there is a license, only nobody knows which.
        unread = LicenseTerms.unknown(marketplace="", label="", version=self.clock.now().date())
        loose = tuple(
            Part(
                subject=finding.subject or finding.rule,
                title=finding.subject.partition("/")[2],
                facts=Facts(terms=unread, use=report.use, now=self.clock.now(), subject=finding.subject),
                extra=(finding,),
            )
            for finding in by_grant.get("", ())
        )
        return (*licensed, *bare, *loose)

    def _facts(
        self, line: ReportGrant, grant: Grant | None, terms: Mapping[str, LicenseTerms], use: IntendedUse
    ) -> Facts:
        known = terms.get(line.terms_sha256)
        if known is None:
            known = LicenseTerms.unknown(
                marketplace=line.marketplace, label=line.license_label, version=self.clock.now().date()
            )
        known = replace(known, marketplace_name=self.catalogue.name_of(line.marketplace))
        facts = Facts(
            terms=known,
            use=use,
            now=self.clock.now(),
            terms_sha256=line.terms_sha256,
            subject=line.grant_id,
            credit=line.credit,
            author=line.author,
            listing_id=line.listing_id,
        )
        if grant is None:
            return facts
        return replace(
            facts,
            editorial=grant.editorial,
            grant_state=grant.state,
            valid_until=grant.valid_until,
            acquired_on=grant.granted_at.date(),
            credit=grant.credit,
            held_license_id=grant.license_id,
        )

    def _terms(self, digests: Iterable[str]) -> dict[str, LicenseTerms]:
        found: dict[str, LicenseTerms] = {}
        for digest in digests:
            text = self.ledger.terms_text(digest) if digest else None
            if text is not None:
                found[digest] = parse_text(text)
        return found


def _gather_extra(report: Report) -> dict[str, tuple[Finding, ...]]:
    """Sort what was found in the scene by the grant that it is about; "" for what no grant answers for."""
    by_block = {f"{row.id_type}/{row.name}": row.grant_ids for row in report.rows}
    of_grants = {line.grant_id for line in report.grants}
    undeclared = frozenset(report.undeclared)
    extra: dict[str, dict[Finding, None]] = {}
    for finding in report.findings:
        if finding.rule in _OF_RULES or finding.rule.startswith(("scene.", "studio.")):
            continue
        if finding.subject in of_grants:
            owners: tuple[str, ...] = (finding.subject,)
        elif finding.subject in undeclared:
            continue
        else:
            owners = by_block.get(finding.subject, ()) or ("",)
        for owner in owners:
            extra.setdefault(owner, {})[finding] = None
    return {owner: tuple(found) for owner, found in extra.items()}
