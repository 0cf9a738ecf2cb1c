"""Write a report to a file, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..errors import UserInputError
from ..model.report import Report


def render(report: Report, format: str) -> str:  # noqa: A002 - the word users know
    """Return the report as text: ``json``, ``html``, ``csv`` or ``credits``."""
    from ..reports.credits import render_credits
    from ..reports.html import render_html
    from ..reports.schema import render_json
    from ..reports.table import render_csv

    renderers: dict[str, Callable[[Report], str]] = {
        "json": render_json,
        "html": render_html,
        "csv": render_csv,
        "credits": render_credits,
    }
    if format not in renderers:
        raise UserInputError(
            f"There is no report format {format!r}; there are {', '.join(renderers)}.", code="report.format"
        )
    return renderers[format](report)


def write_report(report: Report, path: Path, format: str) -> Path:  # noqa: A002 - the word users know
    """Render and write beside the final name, then rename; raise UserInputError when that cannot be done."""
    text = render(report, format)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserInputError(
            f"The report could not be written to {path}: {error.strerror or error}.", code="report.write"
        ) from error
    return path
