"""The parts of the page that a lawyer reads: ways out, uses, pictures, licenses, evidence, decisions."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from pages import Page

from core.model.answer import OutputAnswer, SceneUse, WayOutLine
from core.model.declaration import DECLARED, Origin
from core.model.evidence import Evidence, EvidenceKind
from core.model.findings import Verdict
from core.model.intended_use import OutputKind, Purpose
from core.model.license import Clause, Confidence
from core.model.picture import Picture
from core.model.report import Report
from core.policy.presets import PRESETS
from core.reports import html_materials
from core.reports.html import make_context, render_html
from core.reports.html_materials import PICTURE_BYTES, merge_clauses, view_pictures
from core.reports.html_words import day, name_topic, size

if TYPE_CHECKING:
    from conftest import Studio

PICTURE = Picture(media_type="image/jpeg", width=8, height=8, data=b"\xff\xd8\xff picture")


def words(source: str) -> str:
    """What a reader sees below the page's head."""
    body = source[source.index("<body>") + 6 : source.index("</body>")]
    return " ".join(" ".join(Page(body).texts).split())


def way(subject: str, text: str, verdict: Verdict = Verdict.CLEARED, note: str = "") -> WayOutLine:
    return WayOutLine(way="hide", subject=subject, title="", text=text, leads_to=verdict, note=note)


def answered(report: Report) -> Report:
    """The report with an answer for every output and purpose."""
    still = tuple(
        OutputAnswer(
            output=output,
            purpose=purpose,
            verdict=Verdict.CLEARED if purpose is Purpose.EDITORIAL else Verdict.NOT_CLEARED,
            obstacles=() if purpose is Purpose.EDITORIAL else ("grant_b", "MESH/Stripped"),
        )
        for output in OutputKind
        for purpose in Purpose
    )
    ways = (
        way("grant_b", "Hide <the crowd>."),
        way("grant_b", "Buy more.", Verdict.NEEDS_REVIEW, "Enterprise only."),
        way("MATERIAL/Concrete", "Declare “Concrete”."),
        way("OBJECT/Concrete", "Declare “Concrete”."),
    )
    cheapest = (ways[0], *ways[2:])
    return replace(
        report, answer=SceneUse(obstacles=("grant_b",), still_for=still, ways_out=ways, cheapest=cheapest)
    )


def test_the_cheapest_way_out_stands_first_and_each_thing_to_do_once(mixed: Report) -> None:
    source = render_html(answered(mixed))
    shown = words(source)
    assert shown.index("The cheapest way out") < shown.index("What stands in the way")
    assert "Hide <the crowd>." in shown and "<the crowd>" not in source
    steps = shown[shown.index("The cheapest way out") : shown.index("What stands in the way")]
    assert steps.count("Declare “Concrete”.") == 1
    card = shown[shown.index("What stands in the way") : shown.index("What it is still good for")]
    assert "Ways out, the cheapest first" in card
    assert card.index("Hide <the crowd>.") < card.index("Buy more.")
    assert "Enterprise only." in card


def test_the_table_of_uses(mixed: Report) -> None:
    context = make_context(answered(mixed))
    rows: Any = context["uses"]
    assert [row.output for row in rows][:3] == ["Still images", "Video", "Print"]
    assert len(rows) == len(OutputKind)
    commercial, editorial = rows[0].cells
    assert (commercial.verdict, commercial.obstacles) == ("Not cleared", ("Crowd", "Mesh Stripped"))
    assert (editorial.verdict, editorial.number) == ("Cleared", 0)
    assert [row.planned for row in rows].count(True) == len(mixed.use.outputs)
    source = render_html(answered(mixed))
    assert source.count('<th scope="row">') + source.count('<th scope="row" class') >= len(OutputKind)
    assert "Commercial (planned)" in source


def test_without_an_answer_those_parts_are_left_out(mixed: Report) -> None:
    shown = words(render_html(replace(mixed, answer=None)))
    assert "The cheapest way out" not in shown and "What it is still good for" not in shown


def test_pictures_are_embedded_and_others_get_a_letter(mixed: Report, studio: Studio) -> None:
    source = render_html(mixed, studio.details(pictures={"grant_a": PICTURE}))
    address = f"data:image/jpeg;base64,{base64.b64encode(PICTURE.data).decode()}"
    assert source.count(f'class="picture" src="{address}"') == 1
    assert '<span class="picture" aria-hidden="true">C</span>' in source
    assert all(one == address for one in re.findall(r'src="([^"]*)"', source))
    assert "img-src data:" in source


def test_pictures_do_not_make_a_page_too_large(studio: Studio) -> None:
    big = replace(PICTURE, data=PICTURE.data + b"\x00" * (PICTURE_BYTES // 3))
    for number in range(6):
        studio.add("IMAGE", f"i{number}", studio.buy(f"grant_{number}"))
    details = studio.details(pictures=dict.fromkeys(studio.grants, big))
    assert len(view_pictures(studio.report(), details)) == 2


def test_each_reading_of_a_license_is_told_once_with_its_clauses(studio: Studio) -> None:
    for number in range(3):
        studio.add("MESH", f"chair{number}", studio.buy(f"grant_{number}"))
    report = studio.report()
    licenses: Any = make_context(report, studio.details())["licenses"]
    (license_,) = licenses
    assert (license_.shop, license_.assets) == ("CGTrader", 3)
    assert license_.sha256 == report.grants[0].terms_sha256
    assert license_.version == "1 May 2026"
    assert license_.read == "23 September 2026 to 23 November 2026"
    assert {clause.level for clause in license_.clauses} >= {"primary", "secondary"}
    assert sum(number for _, _, number in license_.levels) == len(license_.clauses)
    source = render_html(report, studio.details())
    assert source.count('id="license-1"') == 1
    assert source.count('href="#license-1"') == 3
    assert "reading of 1 May 2026, as the marketplace says" in words(source)


def test_without_the_terms_the_findings_clauses_are_told(studio: Studio) -> None:
    studio.add("IMAGE", "crowd", studio.buy("grant_a", "shutterstock:standard", editorial=True))
    licenses: Any = make_context(studio.report())["licenses"]
    assert licenses[0].version == ""
    assert licenses[0].clauses
    studio.blocks.clear()
    studio.add("IMAGE", "odd", studio.buy("grant_b", "shutterstock:odd"))
    assert "What this license says is not known here." in words(render_html(studio.report()))


def test_clauses_are_merged_by_what_they_say() -> None:
    clause = Clause(
        topic="output.render", summary="Pictures may be published.", url="https://a.example/x",
        read_on=date(2026, 1, 2), confidence=Confidence.PRIMARY,
    )  # fmt: skip
    merged = merge_clauses(
        [clause, replace(clause, topic="print_run"), replace(clause, topic="output.ai_input", quoted=True)]
    )
    assert [one.topic for one in merged] == ["Still images, print run", "AI input"]
    assert (merged[0].host, merged[0].read_on) == ("a.example", "2 January 2026")


def test_evidence_names_papers_files_and_hashes(mixed: Report, studio: Studio) -> None:
    proof = (
        Evidence(
            kind=EvidenceKind.RECEIPT, label="order 4711 at <CGTrader>", at=datetime(2026, 3, 2, tzinfo=UTC)
        ),
        Evidence(kind=EvidenceKind.INVOICE, label="invoice.pdf", sha256="cd" * 32),
    )
    grants = tuple(
        replace(grant, evidence=proof if grant.grant_id == "grant_a" else ()) for grant in mixed.grants
    )
    details = replace(studio.details(), files={"grant_a": studio.details().files["grant_a"]})
    source = render_html(replace(mixed, grants=grants), details)
    shown = words(source)
    part = shown[shown.index("Evidence What proves") :]
    for text in ("Receipt order 4711 at <CGTrader> 2 March 2026", f"Invoice invoice.pdf {'cd' * 32}"):
        assert text in part
    assert "Delivered file Chair.glb, 4.7 KB 24 November 2026" in part
    assert "3 pieces of evidence" in shown
    assert "$" not in part and "USD" not in part


def test_decisions_say_who_why_and_until_when(mixed: Report, studio: Studio) -> None:
    shown = words(render_html(studio.resolve(mixed, "use.editorial_only")))
    part = shown[shown.index("Decided Findings that count no more") :]
    for text in (
        "Crowd",
        "Cleared in writing",
        "The museum agreed to <this> film.",
        "Ann",
        "31 December 2027",
    ):
        assert text in part
    assert f"sha256 {'ab' * 32}" in part
    obstacles = shown[shown.index("What stands in the way") : shown.index("Decided Findings")]
    assert "use.editorial_only" not in obstacles


def test_what_is_only_in_the_file_is_told_apart(mixed: Report) -> None:
    rows = tuple(row._replace(in_output=row.name != "Chair") for row in mixed.rows)
    shown = words(render_html(replace(mixed, rows=rows)))
    assert "Only in the file In no picture that goes out" in shown
    assert "3 data-blocks 2 of them only in the file" in shown
    everything = tuple(row._replace(in_output=False) for row in mixed.rows)
    assert "only in the file, in no picture" in words(render_html(replace(mixed, rows=everything)))
    assert "Only in the file In no picture" not in words(render_html(mixed))


def test_declared_content_says_its_origin_and_no_shop(mixed: Report) -> None:
    declared = replace(
        mixed.grants[1], grant_id="declaration_1", marketplace=DECLARED, listing_id="", author="Cy",
        license_id="declared.free_license", license_label="CC-BY-4.0", origin=Origin.FREE_LICENSE,
        terms_sha256="",
    )  # fmt: skip
    context = make_context(replace(mixed, grants=(declared,)))
    grants: Any = context["grants"]
    assert (grants[0].origin, grants[0].listing, grants[0].license) == ("Freely licensed", "", "CC-BY-4.0")
    assert context["licenses"] == []
    assert "Freely licensed CC-BY-4.0 declared 24 November 2026" in words(
        render_html(replace(mixed, grants=(declared,)))
    )


def test_hints_that_another_part_tells_are_not_told_twice(mixed: Report, studio: Studio) -> None:
    with_terms: Any = make_context(mixed, studio.details())["hints"]
    without: Any = make_context(mixed)["hints"]
    told = {point.rule for card in with_terms for point in card.points}
    assert not told & {"credit.required", "credit.unknown", "license.note", "terms.confidence"}
    assert {point.rule for card in without for point in card.points} >= {"license.note"}


def test_hostile_text_in_every_part(nasty: Report, studio: Studio) -> None:
    text = "<script>alert(1)</script>"
    proof = (Evidence(kind=EvidenceKind.OTHER, label=text),)
    grants = tuple(replace(grant, evidence=proof) for grant in nasty.grants)
    rows = tuple(row._replace(in_output=False) for row in nasty.rows)
    ways = tuple(way(grant.grant_id, text, note=text) for grant in grants)
    hostile = replace(
        nasty, grants=grants, rows=rows, host=text, tool_version=text,
        answer=SceneUse(ways_out=ways, cheapest=ways),
    )  # fmt: skip
    source = render_html(hostile, studio.details(pictures=dict.fromkeys(studio.grants, PICTURE)))
    page = Page(source)
    assert not {"script", "link", "iframe", "object", "form"} & set(page.tags)
    assert not [name for name in page.attributes if name.startswith("on")]
    assert all(one.startswith(("https://", "data:image/", "#")) for one in page.addresses)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", source)
    source.encode("utf-8")


def test_a_huge_scene_with_pictures(studio: Studio) -> None:
    picture = replace(PICTURE, data=PICTURE.data + bytes(10_000))
    grants = [
        studio.buy(f"grant_{number}", "cgtrader:general", title=f"Asset {number}") for number in range(300)
    ]
    for number in range(5_000):
        studio.add_mesh_object(f"Thing {number}", grants[number % 300])
    report = studio.report(use=PRESETS["film"])
    source = render_html(report, studio.details(pictures=dict.fromkeys(studio.grants, picture)))
    assert len(source) < 6_000_000
    assert Page(source).tags.count("img") >= 300
    assert source.count('<article class="license"') == 1
    assert html_materials.MAX_GRANTS >= 300


def test_table_heads_and_anchors_are_whole(mixed: Report, studio: Studio) -> None:
    """Every link within the page leads somewhere, every id is there once, every table has heads."""
    source = render_html(answered(mixed), studio.details())
    ids = re.findall(r'\bid="([^"]+)"', source)
    assert len(set(ids)) == len(ids)
    assert {one[1:] for one in Page(source).addresses if one.startswith("#")} <= set(ids)
    assert source.count("<table") == source.count("<thead>")
    assert not re.search(r"<th(?! scope)[ >]", source)
    levels = [int(level) for level in re.findall(r"<h([1-6])", source)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("output.render", "Still images"), ("print_run", "Print run"), ("ai_training", "AI training"),
        ("output.nonsense", "Nonsense"), ("", ""),
    ],
)  # fmt: skip
def test_topics_in_words(topic: str, name: str) -> None:
    assert name_topic(topic) == name


def test_days_and_sizes() -> None:
    assert day(date(2026, 12, 1)) == "1 December 2026"
    assert [size(number) for number in (0, 999, 1_000, 1_234_567, 10**10)] == [
        "0 bytes", "999 bytes", "1.0 KB", "1.2 MB", "10,000.0 MB",
    ]  # fmt: skip
