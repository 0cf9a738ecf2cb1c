"""The forms in which reports are written."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class ReportFormat(StrEnum):
    """A form of the scene license report; the value is the word that users type."""

    HTML = "html"
    JSON = "json"
    CSV = "csv"
    CREDITS = "credits"
    CREDITS_HTML = "credits-html"
    JUNIT = "junit"
    SARIF = "sarif"
    SPDX = "spdx"
    ODRL = "odrl"

    @property
    def ending(self) -> str:
        """Return the usual end of a file's name, with its dot."""
        return _ENDINGS[self]

    def rename(self, path: Path) -> Path:
        """Return a file's path with this format's ending in place of another format's."""
        known = sorted(_ENDINGS.values(), key=len, reverse=True)
        name = path.name
        ending = next((one for one in known if name.lower().endswith(one)), "")
        return path.with_name(self.name_file(name[: len(name) - len(ending)] or "report"))

    def name_file(self, stem: str) -> str:
        """Return a file name, such as ``shot010-licenses.spdx.json``."""
        return f"{stem}{self.ending}"


_ENDINGS: dict[ReportFormat, str] = {
    ReportFormat.HTML: ".html",
    ReportFormat.JSON: ".json",
    ReportFormat.CSV: ".csv",
    ReportFormat.CREDITS: ".credits.txt",
    ReportFormat.CREDITS_HTML: ".credits.html",
    ReportFormat.JUNIT: ".junit.xml",
    # SARIF 2.1.0 §3.2 wants this ending; SPDX 3 names none, this is what its own checks use.
    ReportFormat.SARIF: ".sarif",
    ReportFormat.SPDX: ".spdx.json",
    ReportFormat.ODRL: ".odrl.jsonld",
}


class ProductionFormat(StrEnum):
    """A form of the report of a whole production."""

    HTML = "html"
    JSON = "json"
    CSV = "csv"
    JUNIT = "junit"
    SARIF = "sarif"
