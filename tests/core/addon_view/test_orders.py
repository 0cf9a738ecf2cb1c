"""What the panels say about websites, downloads, refunds, earlier purchases and health."""

from __future__ import annotations

from typing import Any

import pytest
from clearance_package import load
from session_states import NOW, States

view_buy = load("addon.ui.views.buy")
view_details = load("addon.ui.views.details")
view_pickup = load("addon.ui.views.pickup")
view_refund = load("addon.ui.views.refund")
view_history = load("addon.ui.views.history")
view_health = load("addon.ui.views.health")
view_feeds = load("addon.ui.views.feeds")
view = load("addon.ui.views.search")
made = States(load)
STATES = made.every_state()
INFOS = made.infos


def told(notes: Any) -> str:
    return " ".join(note.text for note in notes)


def test_ways_to_license_it_are_offered_and_the_chosen_one_is_marked() -> None:
    shown = view_details.view_details(STATES["options"], INFOS, now=NOW)
    assert [option.chosen for option in shown.options] == [True, False, False]
    assert shown.options[1].license_label == "Extended"
    assert shown.page_url == "https://example.com/page"
    assert {"They say"} <= {fact.label for fact in shown.cost}


def test_the_dialog_asks_for_what_has_to_be_noted_and_for_a_yes_to_more_money() -> None:
    shown = view_buy.view_buy(STATES["options"], INFOS, "", now=NOW)
    assert shown.surcharge == "This costs you 9.99 USD on top."
    assert [(row.id, row.required, row.choices) for row in shown.references] == [
        ("1", True, ("A", "B")),
        ("2", False, ()),
    ]


@pytest.mark.parametrize(
    ("state", "actions", "words"),
    [
        ("awaiting evidence", {"open_website", "confirm_purchase", "cancel_order"}, "enter the order number"),
        ("awaiting file", {"look_for_file"}, "pick up the file"),
        ("in doubt without records", {"decide"}, "keeps no record"),
        ("in doubt", set(), "not certain"),
    ],
)
def test_a_purchase_on_a_website_says_what_comes_next(state: str, actions: set[str], words: str) -> None:
    (row,) = view_buy.view_progress(STATES[state], INFOS)
    assert row.actions == actions
    assert words in row.note.text


def test_a_download_says_what_it_is_and_for_what() -> None:
    shown = view_pickup.view_pickup(STATES["arrived"], INFOS)
    assert len(shown.rows) == view_pickup.MAX_FOUND_SHOWN
    assert "The best 12 of 22 files" in told(shown.notes)
    first, second, third = shown.rows[:3]
    assert (first.certain, first.grant_id) == (True, "grant_1")
    assert first.match.startswith("Is: Oak pack (its own product id)")
    assert "product 123" in first.detail
    assert (second.certain, second.grant_id) == (False, "")
    assert "confirm that purchase first" in second.match
    assert not third.match
    assert view_pickup.choices(STATES["arrived"]) == (("grant_1", "Oak pack (unity:123)"),)


def test_no_download_is_no_dead_end() -> None:
    shown = view_pickup.view_pickup(STATES["nothing arrived"], INFOS)
    said = told(shown.notes)
    assert "It cannot be read" in said
    assert "Still being downloaded: big.zip" in said
    assert "Download the file on the website first" in said
    assert len(shown.waiting) == 2


def test_a_refund_shows_policy_time_and_scenes() -> None:
    shown = view_refund.view_refund(STATES["refund advice"], INFOS)
    assert {"Time left": "12 days", "Order": "TS-1"}.items() <= {
        f.label: f.value for f in shown.facts
    }.items()
    assert "second hand" in told(shown.notes)
    assert len(shown.scenes) == view_refund.MAX_SCENES + 1
    assert shown.scenes[-1] == "and 4 more scenes"
    assert shown.can_ask
    assert not shown.refund_id


def test_a_refund_goes_step_by_step() -> None:
    asked = view_refund.view_refund(STATES["refund asked"], INFOS)
    assert (asked.can_ask, asked.refund_id, asked.has_text) == (False, "r", True)
    late = view_refund.view_refund(STATES["refund too late"], INFOS)
    assert "is over" in told(late.notes)
    unknown = view_refund.view_refund(STATES["refund unknown policy"], INFOS)
    assert "Ask its support" in told(unknown.notes)
    assert view_refund.view_refund(STATES["idle"], INFOS) is None


def test_earlier_purchases_can_be_added_once_and_only_when_paid() -> None:
    part = next(p for p in view_history.view_history(STATES["history"], INFOS) if p.rows)
    assert part.marketplace == "shutterstock"
    assert [(row.owned, row.adoptable) for row in part.rows[:3]] == [
        (False, True),
        (True, False),
        (False, False),
    ]
    assert len(part.rows) == view_history.MAX_ROWS
    assert part.more
    assert all(p.kinds for p in view_history.view_history(STATES["idle"], INFOS))


def test_health_names_what_rests_and_how_long_to_wait() -> None:
    ill, well = view_health.view_health(STATES["health"]).rows
    assert (ill.tone, well.tone) == ("bad", "good")
    said = told(ill.notes)
    assert "Resting after failures: download links; it is tried again in 30 s" in said
    assert "waits 10 min, to stay below its limit" in said
    assert ill.budget == "190 of 200 requests this hour"
    assert ill.used == pytest.approx(0.95)
    assert "75.0% successful" in ill.facts[0].value
    assert "No marketplace was asked" in told(view_health.view_health(STATES["health of nothing"]).notes)


def test_results_can_be_narrowed_and_say_where_else_they_are_sold() -> None:
    shown = view.view_search(STATES["narrowed"], INFOS)
    assert [row.ref for row in shown.results] == ["turbosquid:2"]
    assert shown.results[0].elsewhere == "CGTrader"
    assert "1 of 3 results shown" in told(shown.notes)
    by_name = {facet.name: facet.values for facet in view.view_facets(STATES["narrowed"], INFOS)}
    assert ("turbosquid", "TurboSquid (1)", True) in by_name["marketplace"]
    assert {value for value, _text, _chosen in by_name["kind"]} == {"model", "video"}


def test_a_marketplace_that_waits_says_how_long() -> None:
    assert "CGTrader: waiting 12 s, to stay below its limit" in told(
        view.view_search(STATES["narrowed"], INFOS).notes
    )


def test_a_feed_says_what_was_read_and_what_could_not_be_used() -> None:
    shown = view_feeds.view_feeds(STATES["feed"], "turbosquid")
    assert shown.rows[0].detail == "1,000,000 products, prices of 2026-11-01, 3 rows unusable"
    said = told(shown.notes)
    assert "5 new, 2 changed, 1 gone, 3 as before" in said
    assert "3 rows could not be used, 1 only in part" in said
    assert "Line 7: A very long sentence" in said
    assert view_feeds.view_feeds(STATES["feed being read"], "turbosquid").fraction == pytest.approx(0.5)
    assert "A very long sentence" in told(view_feeds.view_feeds(STATES["feed failed"], "turbosquid").notes)
    assert "No feed yet" in told(view_feeds.view_feeds(STATES["feed"], "unity").notes)
