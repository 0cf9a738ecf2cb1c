"""Credits: each marketplace's wording, once, and marked where it was not read in the licensor's own text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.licenses import LicenseCatalogue
from core.model.intended_use import IntendedUse, Purpose
from core.model.license import UNKNOWN, Confidence
from core.model.report import Report
from core.reports.credits import collect_credits, collect_open, render_credits, render_credits_html

if TYPE_CHECKING:
    from conftest import Studio

EDITORIAL = IntendedUse(name="Story", purpose=Purpose.EDITORIAL, media=("web",))


def test_each_line_once_and_in_order(studio: Studio) -> None:
    for number in range(3):
        studio.add("IMAGE", f"i{number}", studio.buy(f"g{number}", "shutterstock:standard", author="Ola"))
    studio.add("IMAGE", "other", studio.buy("g9", "shutterstock:editorial", author="Ada"))
    text = render_credits(studio.report(use=EDITORIAL))
    head, _, rest = text.partition("\n\n\n")
    assert head == "Credits for Story\n\nAda/Shutterstock.com\nOla/Shutterstock.com"
    assert rest.startswith("Not part of the credits")
    found = collect_credits(studio.report(use=EDITORIAL))
    assert [credit.grant_ids for credit in found] == [("g9",), ("g0", "g1", "g2")]


@pytest.mark.parametrize(
    ("label", "editorial", "line", "confidence"),
    [
        # rights.md A.2; Getty's author is "artist/collection" already (core/marketplaces/getty_answers.py)
        ("shutterstock:standard", True, "Ada/Col/Shutterstock.com", Confidence.UNCONFIRMED),
        ("shutterstock:editorial", True, "Ada/Col/Shutterstock.com", Confidence.UNCONFIRMED),
        ("getty_images:royaltyfree", True, "Ada/Col via Getty Images", Confidence.SECONDARY),
        ("adobe_stock:Standard", True, "Ada/Col / stock.adobe.com", Confidence.SECONDARY),
        ("shutterstock:standard", False, "", None),
        ("adobe_stock:Standard", False, "", None),
        ("getty_images:royaltyfree", False, "", None),
        ("cgtrader:general", False, "", None),
        ("turbosquid:Standard", False, "", None),
        ("pond5:Individual", False, "", None),
        ("unity:Single Entity", False, "", None),
    ],
)
def test_each_marketplaces_wording(
    label: str, editorial: bool, line: str, confidence: Confidence | None, studio: Studio
) -> None:
    grant = studio.buy("g1", label, author="Ada/Col", editorial=editorial)
    assert not grant.license_id.endswith(".unknown"), grant.license_id
    studio.add("IMAGE", "one", grant)
    report = studio.report(use=EDITORIAL if editorial else studio.use)
    found = [(credit.line, credit.confidence) for credit in collect_credits(report)]
    assert found == ([(line, confidence)] if line else [])
    if confidence is not None:
        assert "wording not confirmed" in render_credits(report)


def test_no_template_is_printed_that_no_clause_backs() -> None:
    """A credit wording without a source would be an invented term."""
    templates = [terms for terms in LicenseCatalogue.load().all() if isinstance(terms.credit_template, str)]
    assert len(templates) >= 6
    assert [terms.license_id for terms in templates if terms.clause("credit") is None] == []


def test_what_is_not_known_is_said(studio: Studio) -> None:
    for number in range(2):
        studio.add("MESH", f"chair{number}", studio.buy(f"g{number}", "cgtrader:general"))
    report = studio.report()
    terms = next(iter(studio.terms.values()))
    assert terms.credit_template is UNKNOWN
    assert [(entry.marketplace, entry.assets) for entry in collect_open(report)] == [("CGTrader", 2)]
    text = render_credits(report)
    assert "No license in this scene asks" in text
    assert "whether these licenses ask for a credit is not known" in text
    assert "CGTrader" in text and "2 assets" in text


def test_an_empty_scene_has_no_credits(studio: Studio) -> None:
    assert render_credits(studio.report()) == (
        "Credits for Spot\n\nNo license in this scene asks for a credit line.\n"
    )


def test_lines_stay_on_their_lines(nasty: Report) -> None:
    lines = render_credits(nasty).splitlines()
    assert "\x1b" not in "".join(lines)
    assert max(map(len, lines)) < 400
    page = render_credits_html(nasty)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page
    assert "{{ 7 * 7 }}" in page


def test_the_page_marks_what_has_to_be_compared(studio: Studio) -> None:
    studio.add("IMAGE", "one", studio.buy("g1", "getty_images:royaltyfree", author="A/B", editorial=True))
    studio.add("MESH", "two", studio.buy("g2", "cgtrader:general"))
    page = render_credits_html(studio.report(use=EDITORIAL))
    assert page.index("A/B via Getty Images") < page.index("Compare with the license")
    assert "for editorial use" in page
    assert "Whether these licenses ask for a credit is not known" in page
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")
