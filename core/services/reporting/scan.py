"""Scan a whole production: read its .blend files once, join them with the ledger, note what is used where.

Files are only read. The worker is a plain function of this module, so that a spawned process can find it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...clock import Clock
from ...files.disk import Cancelled, Progress, ignore_progress, never_cancelled
from ...ledger.port import Ledger
from ...licenses import LicenseCatalogue
from ...model.audit import AuditEvent
from ...model.declaration import Declaration, is_declaration_id
from ...model.file_summary import FileSummary
from ...model.findings import Verdict
from ...model.grant import Grant, Usage
from ...model.intended_use import IntendedUse
from ...model.production import FolderUse, ProductionReport
from ...reports.production import (
    Describe,
    build_production,
    count_uses,
    describe_plainly,
    first_level,
)
from ..clearing.project_use import ProjectUse, read_project_use
from .scan_files import ProductionFiles, ProductionReading
from .scan_reading import Reader, no_collecting, read_file

ALL_GRANTS = 10_000_000
Decide = Callable[
    [Mapping[str, Grant], Mapping[str, Declaration], IntendedUse], Mapping[str, tuple[Verdict, str]]
]
"""Judges licenses, by id, for a use: each one's verdict, and the sentence that decides it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanProduction:
    """Reads what changed and reports on everything. ``cache_path`` is a file in the data folder."""

    ledger: Ledger
    clock: Clock
    cache_path: Path
    reader: Reader = read_file
    catalogue: LicenseCatalogue | None = None
    """Names marketplaces and licenses for people; without it, the ledger's words are used."""
    decide: Decide | None = None
    """Judges licenses for the use of a project folder; without it, use files only tell project and client."""

    def run(
        self,
        folder: Path,
        *,
        actor: str,
        workers: int = 1,
        backups: bool = False,
        progress: Progress = ignore_progress,
        cancelled: Cancelled = never_cancelled,
    ) -> ProductionReport:
        """Scan a folder, update the ledger's usages, and return the report.

        ``progress`` is told files, not bytes. Raises UserInputError (no such folder, a package is missing),
        CancelledError (nothing is noted then), LedgerError.
        """
        reading = ProductionReading(
            folder, cache_path=self.cache_path, workers=workers, backups=backups, reader=self.reader
        )
        with reading:
            return self.report(reading, actor=actor, progress=progress, cancelled=cancelled)

    def report(
        self,
        reading: ProductionReading,
        *,
        actor: str,
        progress: Progress = ignore_progress,
        cancelled: Cancelled = never_cancelled,
    ) -> ProductionReport:
        """Do the same with a reading that has begun, so that others read while a ledger is opened."""
        files = reading.finish(progress=progress, cancelled=cancelled)
        report = self.join(files)
        self._note(files.summaries, report, actor=actor)
        reading.keep()
        return report

    def join(self, files: ProductionFiles) -> ProductionReport:
        """Report on what was read, as the ledger has it now; nothing is noted."""
        with no_collecting():
            return self._join(files)

    def _join(self, files: ProductionFiles) -> ProductionReport:
        summaries, root = files.summaries, files.folder
        grants = {grant.id: grant for grant in self.ledger.grants(limit=ALL_GRANTS)}
        declarations = self._find_declarations(summaries)
        counted = count_uses(summaries, (*grants, *declarations))
        own = {summary.path for summary in summaries}
        elsewhere = {usage.grant_id for usage in self.ledger.usages() if usage.scene not in own}
        return build_production(
            summaries,
            folder=root,
            grants=grants,
            declarations=declarations,
            uses=self._uses(counted, root, grants, declarations),
            used_elsewhere=elsewhere,
            problems=files.problems,
            now=self.clock.now(),
            read=files.read,
            describe=self._describe(),
            counted=counted,
        )

    def _describe(self) -> Describe:
        """Return what names a grant's marketplace and license; each license is looked up once."""
        catalogue = self.catalogue
        if catalogue is None:
            return describe_plainly
        today = self.clock.now().date()
        names: dict[str, str] = {}

        def describe(grant: Grant) -> tuple[str, str]:
            if grant.license_id not in names:
                names[grant.license_id] = catalogue.label_of(grant.license_id, today)
            return catalogue.name_of(grant.ref.marketplace), names[grant.license_id] or grant.license_label

        return describe

    def _find_declarations(self, summaries: Sequence[FileSummary]) -> dict[str, Declaration]:
        """Find what the files' stamps and faces say was declared."""
        named = {one for summary in summaries for one, _ in summary.grants if is_declaration_id(one)}
        numbers = {number for summary in summaries for number in summary.face_numbers}
        found = dict(self.ledger.declarations_by_id(sorted(named)))
        for twins in self.ledger.declarations_by_face(sorted(numbers)).values():
            found.update((one.id, one) for one in twins)
        return found

    def _uses(
        self,
        counted: Mapping[str, tuple[dict[str, int], int]],
        root: str,
        grants: Mapping[str, Grant],
        declarations: Mapping[str, Declaration],
    ) -> dict[str, FolderUse]:
        """Read the use file of each project folder, and judge what the folder uses for it.

        The use file of the scanned folder itself holds for project folders that have none.
        """
        ids: dict[str, set[str]] = {}
        for path, (counts, _) in counted.items():
            ids.setdefault(first_level(path, root), set()).update(counts)
        whole = read_project_use(Path(root))
        uses: dict[str, FolderUse] = {}
        for folder, used in ids.items():
            found = (read_project_use(Path(root, folder)) if folder else None) or whole
            if found is not None:
                known = sorted(one for one in used if one in grants or one in declarations)
                verdicts = self._judge(found, known, grants, declarations)
                uses[folder] = FolderUse(
                    path=found.path, use=found.use, problem=found.problem, verdicts=verdicts
                )
        return uses

    def _judge(
        self,
        found: ProjectUse,
        used: Sequence[str],
        grants: Mapping[str, Grant],
        declarations: Mapping[str, Declaration],
    ) -> dict[str, tuple[Verdict, str]]:
        if self.decide is None or found.use is None:
            return {}
        verdicts = self.decide(
            {one: grants[one] for one in used if one in grants},
            {one: declarations[one] for one in used if one in declarations},
            found.use,
        )
        return dict(verdicts)

    def _note(self, summaries: Sequence[FileSummary], report: ProductionReport, *, actor: str) -> None:
        """Replace the usages of every file that could be read, in one unit of work with the audit entry."""
        known = {line.grant_id for line in report.used if line.state != "unknown"}
        uses = count_uses(summaries, known)
        with self.ledger.transaction() as work:
            work.replace_usages_of(
                {
                    path: [
                        Usage(grant_id=one, scene=path, data_blocks=number, seen_at=report.made_at)
                        for one, number in counts.items()
                        if one in known
                    ]
                    for path, (counts, _) in uses.items()
                }
            )
            work.record(
                AuditEvent(
                    action="scan.made",
                    subject=report.folder,
                    actor=actor,
                    at=report.made_at,
                    details=(
                        ("files", str(len(report.files))),
                        ("skipped", str(len(report.problems))),
                        ("grants", str(len(report.used))),
                        ("not_covered", str(len(report.not_covered))),
                        ("undeclared", str(report.undeclared)),
                    ),
                )
            )
