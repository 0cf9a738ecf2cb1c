"""The scene license report of the open scene, and the usages noted on save."""

from __future__ import annotations

from pathlib import Path

from ..errors import ClearanceError, UserInputError
from ..model.report import Report
from ..model.scene import SceneScan
from ..services.reporting.write_report import write_report
from .part import SessionPart
from .state import Phase, Problem


class Reporting(SessionPart):
    """Report and record."""

    def report(self, scan: SceneScan) -> None:
        """Build the license report of a scene."""
        self.state.report_phase, self.state.report_problem = Phase.BUSY, None
        use = self.state.use

        def done(report: Report) -> None:
            self.state.report_phase, self.state.report = Phase.READY, report
            self._changed()

        def failed(error: ClearanceError) -> None:
            self.state.report_phase, self.state.report_problem = Phase.FAILED, Problem.of(error)
            self._changed()

        self._tasks.submit(
            "report",
            "Scene license report",
            lambda _task: self._services.report.run(scan, use, actor=self._settings.user),
            on_done=done,
            on_error=failed,
        )
        self._changed()

    def record_usages(self, scan: SceneScan) -> None:
        """Note in the ledger which grants a saved scene uses."""
        self._tasks.submit(
            "usages",
            "Noting which licenses the scene uses",
            lambda _task: self._services.report.record_usages(scan),
            on_error=self._problem,
        )

    def save_report(self, path: Path, format: str) -> None:  # noqa: A002 - the word users know
        """Write the newest report to a file, in one of ``ReportFormat``."""
        report = self.state.report
        if report is None:
            raise UserInputError("Make the report first.", code="report.none")
        details = self._services.report_details
        self._tasks.submit(
            "report",
            f"Saving the report as {path.name}",
            lambda _task: write_report(report, path, format, details.run(report)),
            on_error=self._problem,
        )
