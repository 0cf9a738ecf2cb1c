"""File names of the report's formats."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.model.report_format import ReportFormat


def test_every_format_has_an_ending_of_its_own() -> None:
    endings = [one.ending for one in ReportFormat]
    assert len(set(endings)) == len(endings)
    assert ReportFormat.SPDX.name_file("shot010-licenses") == "shot010-licenses.spdx.json"


@pytest.mark.parametrize("given", list(ReportFormat))
@pytest.mark.parametrize("wanted", list(ReportFormat))
def test_one_ending_replaces_another(given: ReportFormat, wanted: ReportFormat) -> None:
    path = Path("job") / given.name_file("shot.v2")
    assert wanted.rename(path) == Path("job") / wanted.name_file("shot.v2")


def test_other_endings_are_part_of_the_name() -> None:
    assert ReportFormat.HTML.rename(Path("a.docx")) == Path("a.docx.html")
    assert ReportFormat.HTML.rename(Path("A.SPDX.JSON")) == Path("A.html")
    assert ReportFormat.CSV.rename(Path("a")) == Path("a.csv")
    assert ReportFormat.JSON.rename(Path(".html")) == Path("report.json")
