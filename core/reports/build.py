"""Makes the report: what the scene's witnesses say, joined with grants and terms, judged for one use.

Pure. Every stamp is decoded once, every license judged once per claim that a stamp makes about it; the answer
for the whole scene is made of the same judgments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from ..model.circumstances import Circumstances
from ..model.declaration import Declaration, is_declaration_id
from ..model.evidence import Evidence
from ..model.findings import Finding, Severity, Verdict
from ..model.grant import Grant
from ..model.intended_use import IntendedUse
from ..model.license import LicenseTerms
from ..model.report import Report, ReportRow
from ..model.resolution import Resolution
from ..model.scene import SceneScan
from ..policy.compound import Judge, Part, undeclared, worst_verdict
from ..policy.engine import sort_findings, weigh
from ..policy.studio import NO_STUDIO, StudioPolicy, unreadable
from . import in_file, scene_findings
from .answering import Observed, answer_scene
from .judging import Known, Licenses, sort_lines
from .losses import find_absent, find_lost, find_stripped, find_unstamped_actions
from .summary import summarize
from .witnesses import Decoded, Sighting, Witness, see


def build_report(
    scan: SceneScan,
    *,
    grants: Mapping[str, Grant],
    terms: Mapping[str, LicenseTerms],
    use: IntendedUse,
    now: datetime,
    tool_version: str = "",
    name_of: Callable[[str], str] = str,
    declarations: Mapping[str, Declaration] | None = None,
    evidence: Mapping[str, tuple[Evidence, ...]] | None = None,
    licenses: Iterable[LicenseTerms] = (),
    studio: StudioPolicy = NO_STUDIO,
    resolutions: Iterable[Resolution] = (),
    notices: Iterable[Finding] = (),
    circumstances: Mapping[str, Circumstances] | None = None,
) -> Report:
    """Judge a scene; ``grants`` and ``declarations`` by id, ``terms`` by hash. What is missing is said.

    ``name_of`` gives a marketplace's name for people. ``evidence`` (by grant id) is what proves a purchase.
    ``licenses`` are all versions of all licenses: for what could be bought instead, and for terms that
    changed. ``notices`` are findings about the house's own files. ``circumstances`` (by grant id) are
    agreements, seats and use-by dates.
    """
    judge = Judge(now=now, studio=studio, resolutions=resolutions)
    licenses = tuple(licenses)
    known = Known(
        grants=grants,
        terms=terms,
        declarations=declarations or {},
        evidence=evidence or {},
        circumstances=circumstances or {},
        today=find_todays(licenses, now=now),
        name_of=name_of,
    )
    decoded = Decoded()
    sightings = see(scan, ledger_ids=[*grants, *known.declarations], decoded=decoded)
    held = Licenses(known=known, stamps=decoded.by_grant(), judge=judge, use=use, now=now)
    bought = any(not is_declaration_id(grant_id) for grant_id in decoded.by_grant())
    scene = _Scene(held, judge, use, bought=bought)
    for library, finding in find_absent(sightings):
        scene.add_library(library, finding)
    for sighting in sightings:
        scene.add(sighting)
    counts = scene.count_grants()
    lines, parts = [], []
    for grant_id, count in counts.items():
        line, part = held.answer(grant_id, count, in_output=None if grant_id in scene.shown else False)
        lines.append(line)
        parts.append(part)
    stripped = tuple(find_stripped(scan, sightings))
    lost = find_lost(scan, decoded, sightings, stripped)
    for each in lost:
        scene.tell(scene_findings.lost(each, held.name(each.grant_id)), held.name(each.grant_id))
    unstamped, bare_actions = find_unstamped_actions(scan, sightings, lost)
    for grant_id in unstamped:
        name = held.name(grant_id)
        scene.tell(scene_findings.unstamped_actions(grant_id, name, bare_actions), name)
    for grant_id, subject in stripped:
        name = held.name(grant_id)
        scene.tell(scene_findings.stripped(subject, name), name)
    findings: list[Finding] = [*scene.findings]
    counted = [line for line in lines if line.verdict is not Verdict.IN_FILE_ONLY]
    for line in lines:
        findings.extend(in_file.tell_of(line))
    bare = scene.bare
    if bare:
        findings.append(scene_findings.undeclared(bare))
    if scene.aside:
        findings.append(in_file.about_aside(scene.aside, len(lines) - len(counted)))
    house = [*notices, *((unreadable(studio),) if studio.problem else ())]
    findings = list(dict.fromkeys((*house, *findings)))
    for one in house:
        if one.severity is not Severity.HINT:
            title = "The studio's own files"
            scene.observed.add(Part(subject=one.rule, title=title, extra=(one,), loose=True))
    answer, whole = answer_scene(judge, parts, scene.observed, use, today=known.today.values())
    rows = tuple(scene.rows)
    verdict = worst_verdict(
        [whole, *(row.verdict for row in rows), *(line.verdict for line in lines), weigh(findings)]
    )
    return Report(
        scene=scan.scene,
        host=scan.host,
        use=use,
        made_at=now,
        verdict=verdict,
        summary=summarize(verdict, use, counted, rows, findings),
        grants=sort_lines(lines),
        rows=rows,
        findings=sort_findings(findings),
        undeclared=tuple(scene.undeclared),
        lost=tuple(each.grant_id for each in lost),
        tool_version=tool_version,
        answer=answer,
    )


def find_todays(licenses: Iterable[LicenseTerms], *, now: datetime) -> dict[str, LicenseTerms]:
    """Return the newest version in force of each license, by its id."""
    newest: dict[str, LicenseTerms] = {}
    for terms in licenses:
        before = newest.get(terms.license_id)
        if terms.version <= now.date() and (before is None or before.version < terms.version):
            newest[terms.license_id] = terms
    return newest


class _Scene:
    """The rows of a report while they are made, and what was found beside the licenses."""

    def __init__(self, held: Licenses, judge: Judge, use: IntendedUse, *, bought: bool) -> None:
        self.rows: list[ReportRow] = []
        self.findings: list[Finding] = []
        self.counted: dict[tuple[str, ...], int] = {}
        self.undeclared: list[str] = []
        self.bare = 0
        """Data-blocks without any license that nobody decided about."""
        self.observed = Observed()
        self.shown: set[str] = set()
        """Licenses of data-blocks that pictures show, as far as is known."""
        self.aside = 0
        """Data-blocks that do not count for the use."""
        self._absent: dict[str, Verdict] = {}
        """By the paths of libraries that are missing or changed: what that weighs."""
        self._sound: dict[tuple[int, Witness, bool], tuple[Verdict, str]] = {}
        self._held = held
        self._judge = judge
        self._use = use
        self._bought = bought
        """Whether something bought is or was in the scene."""

    def tell(self, finding: Finding, title: str) -> Verdict:
        """Add what is said of no data-block by itself; return how it weighs, as somebody may have decided."""
        said = self._judge.resolve((finding,), self._use)
        self.findings.extend(said)
        if finding.severity is not Severity.HINT:
            self.observed.add(Part(subject=finding.subject, title=title, extra=(finding,), loose=True))
        return weigh(said)

    def add_library(self, library: str, finding: Finding) -> None:
        """Add what is wrong with a library; its data-blocks are no better than that."""
        verdict = self.tell(finding, finding.subject.partition("/")[2])
        self._absent[library] = worst_verdict((verdict, self._absent.get(library, verdict)))

    def add(self, sighting: Sighting) -> None:
        """Make the row of one data-block."""
        witness, block = sighting.witness, sighting.block
        counts = in_file.counts(block, self._use)
        if not counts:
            self.aside += 1
        sound = witness is Witness.STAMP or (witness is Witness.STAMP_AND_FACES and not block.unmarked_faces)
        if witness is Witness.FACES_LOST and not self._may_be_anothers(sighting):
            sighting, sound = sighting._replace(witness=Witness.STAMP), True
        if sound and not (block.parts_added and self._may_be_anothers(sighting)):
            row = self._add_sound(sighting)
        elif witness is Witness.NONE:
            row = self._add_bare(sighting, counts=counts)
        else:
            row = self._add_doubtful(sighting, counts=counts)
        if not counts:
            row = in_file.set_row_aside(row)
        elif row.verdict is Verdict.UNDECLARED:
            self.undeclared.append(f"{block.id_type}/{block.name}")
        self.rows.append(row)

    def _may_be_anothers(self, sighting: Sighting) -> bool:
        """Say whether added parts or a new shape matter: own work changes anyway, while nothing is bought."""
        return self._bought or not all(is_declaration_id(one) for one in sighting.grant_ids)

    def _add_sound(self, sighting: Sighting) -> ReportRow:
        """Make the row of a data-block with nothing wrong about its stamp: nearly all of them."""
        block, witness, grant_ids, stamp, _ = sighting
        hidden = block.in_output is False
        known = self._sound.get((id(stamp), witness, hidden))
        if known is None:
            proven = self._held.knows(grant_ids[0])
            word = witness.value if proven else Witness.UNKNOWN_GRANT.value
            verdict = self._held.claims(grant_ids, stamp, hidden=hidden)
            known = self._sound[(id(stamp), witness, hidden)] = (verdict, word)
            if not hidden:
                self.shown.update(grant_ids)
        verdict, word = known
        self.counted[grant_ids] = self.counted.get(grant_ids, 0) + 1
        return ReportRow(block.id_type, block.name, verdict, grant_ids, word, block.library, block.in_output)

    def _add_bare(self, sighting: Sighting, *, counts: bool) -> ReportRow:
        block, verdict = sighting.block, Verdict.UNDECLARED
        subject = f"{block.id_type}/{block.name}"
        if self._judge.decided(subject):
            part = Part(subject=subject, title=block.name, in_output=block.in_output)
            self.observed.add(part)
            said = self._judge.resolve((undeclared(part),), self._use)
            verdict = weigh(said)
            self.findings.extend(said if counts else ())
        else:
            self.observed.add_alike(subject, block.name, in_output=block.in_output)
        self.bare += counts and verdict is Verdict.UNDECLARED
        return ReportRow(
            id_type=block.id_type,
            name=block.name,
            verdict=verdict,
            library=block.library,
            in_output=block.in_output,
        )

    def _add_doubtful(self, sighting: Sighting, *, counts: bool) -> ReportRow:
        """Make the row of a data-block whose witnesses do not agree, or that says something worth telling."""
        block, grant_ids = sighting.block, sighting.grant_ids
        subject, hidden = f"{block.id_type}/{block.name}", block.in_output is False
        found = scene_findings.about_sighting(sighting, subject)
        said = self._judge.resolve(found, self._use)
        self.findings.extend(said if counts else ())
        heavy = tuple(finding for finding in found if finding.severity is not Severity.HINT)
        if heavy and self._judge.decided(subject):
            self.observed.add(
                Part(subject=subject, title=block.name, extra=heavy, loose=True, in_output=block.in_output)
            )
        elif heavy:
            self.observed.add_alike(subject, block.name, heavy, in_output=block.in_output)
        if not hidden:
            self.shown.update(grant_ids)
        self.counted[grant_ids] = self.counted.get(grant_ids, 0) + 1
        is_absent = sighting.witness in {Witness.MISSING, Witness.REMEMBERED}
        absent = self._absent.get(block.library, Verdict.CLEARED) if is_absent else Verdict.CLEARED
        return ReportRow(
            id_type=block.id_type,
            name=block.name,
            verdict=worst_verdict(
                (self._held.claims(grant_ids, sighting.stamp, hidden=hidden), absent, weigh(said))
            ),
            grant_ids=grant_ids,
            witness=sighting.witness.value,
            library=block.library,
            in_output=block.in_output,
        )

    def count_grants(self) -> dict[str, int]:
        """Return how many data-blocks each license has."""
        counts: dict[str, int] = {}
        for grant_ids, number in self.counted.items():
            for grant_id in grant_ids:
                counts[grant_id] = counts.get(grant_id, 0) + number
        return counts
