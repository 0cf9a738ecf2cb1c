"""Write a report to files, each whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from ...errors import UserInputError
from ...model.report import Report
from ...model.report_details import NO_DETAILS, ReportDetails
from ...model.report_format import ReportFormat


def find_format(name: str) -> ReportFormat:
    """Return a format by its name; raise UserInputError for one that there is not."""
    try:
        return ReportFormat(name)
    except ValueError:
        known = ", ".join(ReportFormat)
        raise UserInputError(
            f"There is no report format {name!r}; there are {known}.", code="report.format"
        ) from None


def render(
    report: Report,
    format: str,  # noqa: A002 - the word users know
    details: ReportDetails = NO_DETAILS,
    *,
    strict: bool = False,
) -> str:
    """Return the report as text in one of :class:`ReportFormat`.

    ``strict``: in formats that only know good and bad, what a person has to look at is bad.
    """
    match find_format(format):
        case ReportFormat.HTML:
            from ...reports.html import render_html

            return render_html(report, details)
        case ReportFormat.JSON:
            from ...reports.schema import render_json

            return render_json(report)
        case ReportFormat.CSV:
            from ...reports.table import render_csv

            return render_csv(report)
        case ReportFormat.CREDITS:
            from ...reports.credits import render_credits

            return render_credits(report)
        case ReportFormat.CREDITS_HTML:
            from ...reports.credits import render_credits_html

            return render_credits_html(report)
        case ReportFormat.JUNIT:
            from ...reports.junit import render_junit

            return render_junit(report, strict=strict)
        case ReportFormat.SARIF:
            from ...reports.sarif import render_sarif

            return render_sarif(report)
        case ReportFormat.SPDX:
            from ...reports.spdx import render_spdx

            return render_spdx(report, details)
        case ReportFormat.ODRL:
            from ...reports.odrl import render_odrl

            return render_odrl(report, details)


def write_report(
    report: Report,
    path: Path,
    format: str,  # noqa: A002 - the word users know
    details: ReportDetails = NO_DETAILS,
    *,
    strict: bool = False,
) -> Path:
    """Render a report into a file; raise UserInputError when that cannot be done."""
    return write_text(path, lambda: render(report, format, details, strict=strict))


def write_new(path: Path, data: bytes) -> Path:
    """Write a file that is not there yet, whole or not at all; raise UserInputError when that fails."""
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("xb") as file:
                file.write(data)
            _name_new(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise UserInputError(
            f"{path} could not be written: {error.strerror or error}.", code="report.write"
        ) from error
    return path


def _name_new(part: Path, path: Path) -> None:
    """Give a written file its name; raise UserInputError when there is one of that name."""
    try:
        # A link, other than a rename, replaces nothing.
        os.link(part, path)
    except FileExistsError:
        raise already_there(path) from None
    except OSError:  # a disk without links
        if path.exists():
            raise already_there(path) from None
        part.replace(path)


def already_there(path: Path) -> UserInputError:
    """Return the error for a place where there is a file."""
    return UserInputError(
        f"{path} is there already, and is not replaced. Give another name.", code="report.exists"
    )


def write_text(path: Path, make: Callable[[], str]) -> Path:
    """Write beside the final name, then rename; raise UserInputError when that cannot be done."""
    text = make()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not a private temporary file: a report is there for others, as any file that its user makes.
        part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}")
        try:
            with part.open("x", encoding="utf-8", newline="") as file:
                file.write(text)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserInputError(
            f"The report could not be written to {path}: {error.strerror or error}.", code="report.write"
        ) from error
    return path
