"""Reports as JSON, CSV, HTML and credits: right, complete, bounded, and safe against what titles hold."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import Page

from core.model.findings import Verdict
from core.model.report import Report
from core.policy.presets import PRESETS
from core.reports.html import make_context, render_html
from core.reports.html_materials import MAX_NAMES
from core.reports.schema import make_schema, render_json, render_schema
from core.reports.table import COLUMNS, neutralize, render_csv
from core.reports.text import clean, web_address

if TYPE_CHECKING:
    from conftest import Studio

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "report.schema.json"


def test_the_schema_file_is_fresh() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == render_schema(), (
        "docs/report.schema.json is stale: python -m core.reports.schema docs/report.schema.json"
    )


@pytest.mark.parametrize("kind", ["mixed", "nasty", "empty", "big_use"])
def test_json_follows_the_schema(kind: str, studio: Studio, request: pytest.FixtureRequest) -> None:
    if kind == "big_use":
        report = studio.report(use=replace(PRESETS["film"], production_budget=None, territory=("DE",)))
    else:
        report = studio.report() if kind == "empty" else request.getfixturevalue(kind)
    data = json.loads(render_json(report))
    jsonschema.Draft202012Validator.check_schema(make_schema())
    jsonschema.validate(data, make_schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    assert data["schema"] == 1
    assert data["verdict"] == report.verdict


def test_json_names_every_data_block_with_its_license_and_verdict(mixed: Report) -> None:
    data = json.loads(render_json(mixed))
    by_name = {f"{block['id_type']}/{block['name']}": block for block in data["data_blocks"]}
    assert by_name["MESH/Chair"]["licenses"][0]["license_id"] == "cgtrader.royalty_free_no_ai"
    assert by_name["MESH/Chair"]["verdict"] == "cleared"
    assert by_name["IMAGE/crowd.jpg"]["verdict"] == "not_cleared"
    assert by_name["MESH/Stripped"]["witness"] == "stamp_lost"
    assert by_name["MATERIAL/Concrete"]["licenses"] == []
    assert data["undeclared"] == ["MATERIAL/Concrete"]
    assert data["lost"] == ["grant_lost"]
    assert data["tool"] == {"name": "Clearance", "version": "0.1.0"}
    worst = data["findings"][0]
    assert worst["severity"] == "error"
    editorial = next(finding for finding in data["findings"] if finding["rule"] == "use.commercial")
    assert editorial["clause"]["url"].startswith("https://")
    assert editorial["how_to_fix"]


def test_a_schema_violation_would_be_seen(mixed: Report) -> None:
    data = json.loads(render_json(mixed))
    for broken in (
        {**data, "verdict": "fine"},
        {**data, "more": 1},
        {key: value for key, value in data.items() if key != "grants"},
        {**data, "schema": 2},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, make_schema())


def test_csv_has_a_line_per_data_block_and_license(mixed: Report) -> None:
    lines = list(csv.DictReader(io.StringIO(render_csv(mixed))))
    assert tuple(lines[0]) == COLUMNS
    assert len(lines) == len(mixed.rows)
    bare = next(line for line in lines if line["name"] == "Concrete")
    assert (bare["verdict"], bare["license_id"]) == ("undeclared", "")
    crowd = next(line for line in lines if line["name"] == "crowd.jpg")
    assert "use.editorial_only" in crowd["findings"].split()
    assert (crowd["in_output"], crowd["origin"]) == ("", "")
    told = replace(mixed, rows=tuple(row._replace(in_output=row.id_type == "MESH") for row in mixed.rows))
    lines = list(csv.DictReader(io.StringIO(render_csv(told))))
    assert {line["id_type"]: line["in_output"] for line in lines}["MESH"] == "yes"
    assert {line["id_type"]: line["in_output"] for line in lines}["IMAGE"] == "no"


def test_csv_runs_no_formula(nasty: Report) -> None:
    cells = [cell for line in csv.reader(io.StringIO(render_csv(nasty))) for cell in line]
    assert len(cells) % len(COLUMNS) == 0
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert any(cell.startswith("'=cmd") for cell in cells)


@given(st.text() | st.builds("".join, st.tuples(st.sampled_from("=+-@\t\r\n＝＋－＠"), st.text())))  # noqa: RUF001
def test_any_cell_is_harmless_and_keeps_its_text(text: str) -> None:
    cell = neutralize(text)
    assert not cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))  # noqa: RUF001 - the wide forms count, too
    assert cell.removeprefix("'") == text.replace("\x00", "").removeprefix("'")


@pytest.mark.parametrize("kind", ["mixed", "nasty", "empty"])
def test_the_page_is_one_file_without_scripts(
    kind: str, studio: Studio, request: pytest.FixtureRequest
) -> None:
    report = studio.report() if kind == "empty" else request.getfixturevalue(kind)
    source = render_html(report)
    page = Page(source)
    assert not {"script", "img", "link", "iframe", "object", "form"} & set(page.tags)
    assert not [name for name in page.attributes if name.startswith("on")]
    assert all(address.startswith(("https://", "#")) for address in page.addresses)
    assert not re.search(r"url\(|@import|javascript:alert\(1\)\"", source)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", source)
    source.encode("utf-8")


def test_the_page_begins_with_the_verdict(mixed: Report) -> None:
    source = render_html(mixed)
    body = source[source.index("</header>\n\n") :].partition("</header>")[2].partition("</main>")[0]
    text = " ".join(" ".join(Page(body).texts).split())
    assert "Not cleared" in source[: source.index("What stands in the way")]
    assert mixed.summary in source
    order = [
        "What stands in the way",
        "Intended use",
        "Bill of materials 2 assets",
        "Credits As the licenses",
        "Undeclared No license",
        "No longer there Imported",
        "Licenses as they were read",
        "Data-blocks 5 in all",
        "How this report was made",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "Commercial use of editorial content is not allowed." in text
    assert "support.submit.shutterstock.com" in text
    assert "23 November 2026" in text
    assert mixed.grants[0].terms_sha256 in text
    assert "24 November 2026, 12:00 UTC" in text
    assert "Clearance 0.1.0" in text


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_preset_makes_a_page(preset: str, studio: Studio) -> None:
    studio.add_mesh_object("Chair", studio.buy("grant_a"))
    studio.add("IMAGE", "Oak", studio.buy("grant_b", "shutterstock:premier"))
    Page(render_html(studio.report(use=PRESETS[preset])))


def test_markup_in_titles_is_text(nasty: Report) -> None:
    source = render_html(nasty)
    assert "<script>alert(1)" not in source
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in source
    assert "{{ 7 * 7 }}" in source
    assert "كرسي خشبي" in source
    assert "x" * 301 not in source
    assert len(source) < 200_000


def test_a_huge_scene_stays_a_page(studio: Studio) -> None:
    grants = [studio.buy(f"grant_{number}", title=f"Asset {number}") for number in range(300)]
    for number in range(5_000):
        studio.add_mesh_object(f"Thing {number}", grants[number % 300 if number > 2_000 else 0])
        studio.add("MATERIAL", f"Own material {number}")
    report = studio.report(use=PRESETS["film"])
    assert len(report.rows) == 15_000
    source = render_html(report)
    assert len(source) < 2_500_000
    Page(source)
    groups = make_context(report)["groups"]
    assert isinstance(groups, tuple)
    assert all(len(group.names) <= MAX_NAMES for group in groups[0])
    assert groups[0][0].more > 0
    assert source.count('<article class="finding') < 10


def test_equal_findings_share_a_card(studio: Studio) -> None:
    for number in range(40):
        studio.add("IMAGE", f"i{number}", studio.buy(f"grant_{number}", title=f"Asset {number}"))
    context = make_context(studio.report(use=PRESETS["asset_handover"]))
    (card,) = context["obstacles"]  # type: ignore[misc]
    assert (len(card.subjects), card.more) == (24, 16)
    assert [point.rule for point in card.points] == ["output.file_share_contractor"]


def test_marketplaces_are_called_by_their_names(studio: Studio) -> None:
    studio.add("MESH", "chair", studio.buy("g1"))
    studio.add("MESH", "other", studio.buy("g2", "mall:standard"))
    report = studio.report()
    assert {grant.marketplace_name for grant in report.grants} == {"CGTrader", "mall"}
    assert "CGTrader 4711" in render_html(report) and "mall 4711" in render_html(report)


@given(st.text(), st.integers(1, 50))
def test_cleaned_text_is_short_printable_and_on_one_line(text: str, limit: int) -> None:
    line = clean(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    line.encode("utf-8")


def test_letters_of_every_script_are_kept() -> None:
    for text in ("Čtyři židle", "椅子", "كرسي", "כיסא", "نمی\u200cشود", "кресло", "👩\u200d🎨"):
        assert clean(text) == text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//x.example", "", "https://a b", "HTTPS"]
)
def test_only_web_addresses_are_links(url: str) -> None:
    assert web_address(url) == ""


def test_verdict_words(studio: Studio) -> None:
    for verdict in Verdict:
        assert render_html(replace(studio.report(), verdict=verdict))
