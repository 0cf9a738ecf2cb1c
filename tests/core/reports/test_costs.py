"""Costs added up: nothing is lost, nothing is made up, and the page stands on hostile text."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.costs import CostKey, CostKind, CostLine
from core.model.money import Credits, Money
from core.reports.charts import HEIGHT, WIDTH, make_columns, share_of
from core.reports.costs import COLUMNS, build_costs, render_costs_csv, render_costs_json
from core.reports.costs_html import render_costs_html, summarize_costs

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\"'&\u202e=2+2"


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def line(minor: int = 1900, **facts: Any) -> CostLine:
    given_: dict[str, Any] = {
        "day": date(2026, 11, 3),
        "kind": CostKind.PURCHASE if minor >= 0 else CostKind.REFUND,
        "marketplace": "cgtrader",
        "title": "Oak table",
        "project": "film",
        "client": "ACME",
        "cost": Money(minor=minor, currency="USD"),
        "value": Money(minor=minor, currency="USD"),
        "home": eur(minor),
        "rate": "1",
        "rate_on": date(2026, 11, 3),
        "rate_source": "ECB",
    }
    return CostLine(**{**given_, **facts})


LINES = (
    line(1000),
    line(-400, project="film"),
    line(5000, project="spot", client="Other", day=date(2026, 9, 30)),
    line(100, project="", client="", marketplace="pond5", home=None, why_not="there is no rate"),
    line(0, cost=Credits(amount=2, unit="credit"), value=None, home=None, why_not="no value"),
)


def build(by: CostKey = CostKey.PROJECT, lines: Any = LINES, **facts: Any) -> Any:
    return build_costs(lines, by, **{"home_currency": "EUR", "made_at": NOW, **facts})


def test_sums_by_project_the_dearest_first() -> None:
    report = build()
    assert [(one.key, one.home, one.purchases, one.refunds) for one in report.groups] == [
        ("spot", eur(5000), 1, 0), ("film", eur(600), 2, 1), ("", eur(0), 1, 0),
    ]  # fmt: skip
    assert report.total.home == eur(5600)
    assert report.total.sums == (Money(minor=5700, currency="USD"),)
    assert report.total.not_converted == len(report.not_converted) == 2
    assert report.groups[1].credits_used == ("2 credits",)


def test_months_are_all_there() -> None:
    report = build(CostKey.MONTH)
    assert [one.key for one in report.groups] == ["2026-09", "2026-10", "2026-11"]
    assert report.groups[1].home == eur(0)


def test_a_period_holds_both_its_days() -> None:
    assert len(build(starts_on=date(2026, 11, 3), ends_on=date(2026, 11, 3)).lines) == 4
    assert build(ends_on=date(2026, 9, 29)).lines == ()
    assert build(ends_on=date(2026, 9, 29)).groups == ()


amounts = st.integers(-(10**9), 10**9)
lines_ = st.lists(
    st.builds(
        lambda minor, project, day, home: line(
            minor, project=project, day=day, home=eur(minor) if home else None
        ),
        amounts,
        st.sampled_from(["", "a", "b", HOSTILE]),
        st.dates(date(2020, 1, 1), date(2026, 12, 31)),
        st.booleans(),
    ),
    max_size=20,
)


@given(lines=lines_, by=st.sampled_from(CostKey))
def test_groups_add_up_to_the_whole(lines: list[CostLine], by: CostKey) -> None:
    report = build(by, lines)
    assert sum(one.home.minor for one in report.groups) == report.total.home.minor
    assert sum(one.purchases + one.refunds for one in report.groups) == len(lines)
    assert sum(one.not_converted for one in report.groups) == sum(line.home is None for line in lines)
    assert sum(one.home.minor for one in report.months) == report.total.home.minor


@given(values=st.lists(amounts, min_size=1, max_size=60))
def test_columns_stay_within_the_picture(values: list[int]) -> None:
    chart = make_columns([(str(index), eur(value)) for index, value in enumerate(values)])
    assert chart.left_out + len(chart.columns) == len(values)
    for column in chart.columns:
        assert column.x >= chart.left
        assert column.x + column.width <= WIDTH + 0.01
        assert 0 <= column.y <= column.y + column.height <= HEIGHT
    assert 2 <= len(chart.ticks) <= 12
    assert any(tick.zero for tick in chart.ticks)
    assert chart.columns[-1].named


def test_shares_of_bars() -> None:
    assert share_of(eur(50), eur(200)) == 25.0
    assert share_of(eur(-50), eur(200)) == share_of(eur(50), eur(0)) == 0.0


def test_csv_has_a_row_a_line_and_runs_no_formula() -> None:
    report = build(lines=[line(title="=HYPERLINK(1)", project="+x"), line(-400)])
    rows = list(csv.reader(io.StringIO(render_costs_csv(report))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 3
    by_title = {row[COLUMNS.index("title")]: row for row in rows[1:]}
    assert by_title["'=HYPERLINK(1)"][COLUMNS.index("project")] == "'+x"
    assert by_title["Oak table"][COLUMNS.index("amount")] == "-4.00"


def test_json_has_amounts_as_text_with_their_currency() -> None:
    plain = json.loads(render_costs_json(build()))
    assert plain["total"]["home"] == {"amount": "56.00", "currency": "EUR"}
    assert plain["not_converted"] == 2
    assert plain["lines"][0]["day"] == "2026-11-03"
    assert {"amount": 2, "unit": "credit"} in [one["charged"] for one in plain["lines"]]


class Tags(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    return tags


@pytest.mark.parametrize("by", CostKey)
@pytest.mark.parametrize("home", ["EUR", ""])
def test_the_page_shows_sums_charts_and_what_is_not_converted(by: CostKey, home: str) -> None:
    page = render_costs_html(build(by, home_currency=home), names={"cgtrader": "CGTrader"})
    tags = read(page)
    assert "script" not in tags.tags
    assert tags.tags.count("h1") == 1
    assert "CGTrader" in tags.text
    assert ("Not converted" in tags.text) is bool(home)
    assert ("56.00 EUR" in tags.text) is bool(home)
    assert "Costs of each month" in tags.text


def test_hostile_text_stays_text() -> None:
    lines = [line(title=HOSTILE, project=HOSTILE, client=HOSTILE, marketplace=HOSTILE, method=HOSTILE,
                  why_not=HOSTILE, rate_source=HOSTILE)] * 2  # fmt: skip
    page = render_costs_html(build(CostKey.CLIENT, lines, notes=[HOSTILE]))
    assert "script" not in read(page).tags
    assert "\u202e" not in page


def test_a_marketplaces_own_way_to_pay_goes_without_its_id() -> None:
    lines = [line(method="cgtrader checkout"), line(method="Visa of the studio")]
    page = render_costs_html(build(lines=lines), names={"cgtrader": "CGTrader"})
    assert "<bdi>Checkout</bdi>" in page
    assert "<bdi>Visa of the studio</bdi>" in page
    assert "cgtrader checkout" not in page


def test_a_page_without_costs_and_one_with_very_many() -> None:
    empty = read(render_costs_html(build(lines=())))
    assert "Nothing was paid in this time." in empty.text
    many = render_costs_html(build(lines=[line(100, project=f"p{n}") for n in range(5000)]))
    assert "3,000 more" in read(many).text
    assert "4,988 more" in read(many).text
    assert len(many) < 6_000_000


def test_the_summary_says_what_is_in_it() -> None:
    words = summarize_costs(build())
    assert words.startswith("4 purchases and 1 refund.")
    assert "2 lines could not be converted" in words
