"""What the panels show: every state has something to say, and nothing says more than is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from clearance_package import load
from session_states import EVIL_TITLE, NOW, States

view = load("addon.ui.views.search")
view_details = load("addon.ui.views.details")
rows = load("addon.ui.views.rows")
view_buy = load("addon.ui.views.buy")
view_report = load("addon.ui.views.report")
view_accounts = load("addon.ui.views.accounts")
view_pickup = load("addon.ui.views.pickup")
view_refund = load("addon.ui.views.refund")
view_history = load("addon.ui.views.history")
view_health = load("addon.ui.views.health")
view_exchange = load("addon.ui.views.exchange")
icons = load("addon.ui.views.icons")
made = States(load)
STATES = made.every_state()
INFOS = made.infos


def texts(value: Any) -> list[str]:
    """Collect every text in a view."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple | list):
        return [text for item in value for text in texts(item)]
    if hasattr(value, "__dataclass_fields__"):
        return [text for name in value.__dataclass_fields__ for text in texts(getattr(value, name))]
    return []


def everything(state: Any) -> list[Any]:
    """Build every view of a state."""
    return [
        view.view_status(view.Surroundings(), state, INFOS),
        view.view_search(state, INFOS),
        view_details.view_details(state, INFOS, now=NOW),
        view_buy.view_buy(state, INFOS, "", now=NOW),
        view_buy.view_progress(state, INFOS),
        view_buy.view_library(state, INFOS),
        view_report.view_report(state),
        view_accounts.view_accounts(state, INFOS),
        view_pickup.view_pickup(state, INFOS),
        view_refund.view_refund(state, INFOS),
        view_history.view_history(state, INFOS),
        view_health.view_health(state),
        view_exchange.view_exchange(state),
    ]


@pytest.mark.parametrize("name", STATES)
def test_every_state_has_something_to_say(name: str) -> None:
    state = STATES[name]
    searched = view.view_search(state, INFOS)
    assert searched.notes
    details = view_details.view_details(state, INFOS, now=NOW)
    assert details.notes or details.answer
    report = view_report.view_report(state)
    assert report.notes or report.verdict
    assert all(row.note.text for row in view_buy.view_progress(state, INFOS))


@pytest.mark.parametrize("name", STATES)
def test_no_view_lets_control_characters_or_novels_through(name: str) -> None:
    for shown in everything(STATES[name]):
        for text in texts(shown):
            assert len(text) <= 700
            assert not any(ord(char) < 32 or char in "\u202e\u2066" for char in text)


@pytest.mark.parametrize("name", STATES)
def test_sentences_end_as_sentences(name: str) -> None:
    state = STATES[name]
    notes = [
        *view.view_status(view.Surroundings(online=False), state, INFOS),
        *view.view_search(state, INFOS).notes,
    ]
    for note in notes:
        assert note.text[0].isupper() or note.text[0].isdigit()
        assert note.text.endswith((".", "?")), note.text


def test_every_tone_has_an_icon() -> None:
    assert set(icons.TONES) == set(rows.Tone)


def test_what_is_missing_is_said_before_anything_else() -> None:
    (note,) = view.view_status(view.Surroundings(unavailable="A part is missing."), None, INFOS)
    assert (note.text, note.tone) == ("A part is missing.", rows.Tone.BAD)
    (note,) = view.view_status(view.Surroundings(starting=True), None, INFOS)
    assert note.tone is rows.Tone.BUSY


def test_without_keys_the_way_to_the_preferences_is_shown() -> None:
    (note,) = view.view_status(view.Surroundings(), STATES["no keys"], INFOS)
    assert note.action == "preferences"
    assert "Shutterstock" in note.text
    assert "CGTrader" in note.text
    assert view.view_status(view.Surroundings(), STATES["idle"], INFOS) == ()
    keyed, _, fed = note.text.partition("product feed")
    assert "TurboSquid" not in keyed, "there is no key to enter"
    assert "TurboSquid" in fed


def test_a_feed_or_an_open_search_needs_no_key_and_a_feed_no_network() -> None:
    nothing, around = STATES["no keys"], view.Surroundings()
    nothing = replace(nothing, accounts={"cgtrader": made.state.AccountState(marketplace="cgtrader")})
    assert "product feed" in view.why_no_search(around, nothing)
    assert view.why_no_search(view.Surroundings(searches_openly=True), nothing) == ""
    fed = replace(nothing, feeds=(object(),))
    assert view.why_no_search(around, fed) == ""
    assert view.view_status(around, fed, INFOS) == ()
    assert view.why_no_search(view.Surroundings(online=False), fed) == ""


@pytest.mark.parametrize(("forced", "action"), [(True, ""), (False, "system")])
def test_offline_is_said_with_what_can_be_done(forced: bool, action: str) -> None:
    around = view.Surroundings(online=False, forced_offline=forced)
    (note,) = view.view_status(around, STATES["idle"], INFOS)
    assert "offline" in note.text
    assert note.action == action
    assert view.why_no_search(around, STATES["idle"]) == "Blender is offline"


def test_the_sandbox_is_named() -> None:
    notes = view.view_status(view.Surroundings(sandbox=True), STATES["idle"], INFOS)
    assert any("real money" in note.text for note in notes)


def test_results_show_name_price_license_and_marketplace() -> None:
    (row,) = view.view_search(STATES["results"], INFOS).results
    assert (row.title, row.price, row.license, row.marketplace) == (
        "Oak chair 1", "19.00 USD", "royalty_free", "CGTrader",
    )  # fmt: skip
    assert not row.owned
    author = STATES["results"].results[0].author
    assert row.by == (f"{author} / CGTrader" if author else "CGTrader")
    named = replace(STATES["results"], results=[made.listing(author="Ada L.")])
    assert view.view_search(named, INFOS).results[0].by == "Ada L. / CGTrader"
    assert view.view_search(STATES["results"], INFOS).more
    assert view.view_search(STATES["owned"], INFOS).results[0].owned


def test_a_price_without_currency_says_so() -> None:
    listing = made.listing(offers=(made.offer("19", currency="XXX"),))
    state = made.state.SessionState(
        query=made.listings.SearchQuery(text="x"), results=[listing], searches=STATES["results"].searches
    )
    (row,) = view.view_search(state, INFOS).results
    assert row.price == "19.00 (currency not stated)"


@pytest.mark.parametrize("offers", [(), (None,)])
def test_an_unknown_price_is_never_invented(offers: tuple[None, ...]) -> None:
    listing = made.listing(offers=tuple(made.offer(None, label="") for _ in offers))
    state = made.state.SessionState(query=made.listings.SearchQuery(text="x"), results=[listing], searches={})
    (row,) = view.view_search(state, INFOS).results
    assert row.price == ""
    assert row.license == ""


def test_what_a_subscription_pays_says_so() -> None:
    listing = made.listing(ref=made.listings.ListingRef.parse("shutterstock:9"), offers=())
    state = made.state.SessionState(query=made.listings.SearchQuery(text="x"), results=[listing], searches={})
    (row,) = view.view_search(state, INFOS).results
    assert row.price == "On your plan"
    assert row.license == ""


def test_a_hostile_title_is_shown_as_plain_text() -> None:
    (row,) = view.view_search(STATES["evil title"], INFOS).results
    assert row.title.startswith("<b>Chair</b>")
    assert len(row.title) <= view.TITLE_LENGTH
    assert row.title.isprintable()
    assert EVIL_TITLE not in row.title


def test_one_marketplace_failing_leaves_the_others() -> None:
    shown = view.view_search(STATES["partly failed"], INFOS)
    assert len(shown.results) == 1
    assert any("Shutterstock" in note.text and note.tone is rows.Tone.BAD for note in shown.notes)


def test_ten_thousand_results_do_not_flood_the_panel() -> None:
    state = made.state.SessionState(
        query=made.listings.SearchQuery(text="x"),
        results=[made.listing(number) for number in range(10_000)],
        searches=STATES["results"].searches,
    )
    shown = view.view_search(state, INFOS)
    assert len(shown.results) == view.MAX_RESULTS_SHOWN
    assert not shown.more
    assert any(str(view.MAX_RESULTS_SHOWN) in note.text for note in shown.notes)


def test_filters_that_a_marketplace_cannot_do_are_named() -> None:
    searches = {
        "cgtrader": made.search("ready", listings=(made.listing(),), ignored_filters=("max_polygons",))
    }
    state = made.state.SessionState(
        query=made.listings.SearchQuery(text="x"), results=[made.listing()], searches=searches
    )
    assert any("cannot filter by polygons" in note.text for note in view.view_search(state, INFOS).notes)


def test_filters_that_were_done_here_are_named() -> None:
    page = made.search("ready", listings=(made.listing(),), client_filters=("rigged", "exclude_ai"))
    state = made.state.SessionState(
        query=made.listings.SearchQuery(text="x"), results=[made.listing()], searches={"cgtrader": page}
    )
    assert any("rigged and “no AI”" in note.text for note in view.view_search(state, INFOS).notes)


def test_details_say_what_the_license_allows_and_what_it_rests_on() -> None:
    shown = view_details.view_details(STATES["denied"], INFOS, now=NOW)
    assert shown.answer == rows.Note(text="For this project: not allowed", tone=rows.Tone.BAD)
    (finding,) = shown.findings
    assert finding.how_to_fix == "Deliver renders only, or ask the seller."
    assert "2026-10-01" in finding.clause
    assert finding.url == "https://example.com/terms"
    assert shown.why_no_buy
    assert view_details.view_details(STATES["allowed"], INFOS, now=NOW).why_no_buy == ""


def test_an_expired_price_cannot_be_bought() -> None:
    later = NOW + timedelta(hours=1)
    assert view_details.view_details(STATES["allowed"], INFOS, now=later).retry
    assert "price" in view_buy.why_blocked(STATES["allowed"], now=later)


def test_what_is_owned_is_imported_and_not_bought() -> None:
    shown = view_details.view_details(STATES["owned selection"], INFOS, now=NOW)
    assert shown.owned_grant_id
    assert not shown.quote_id
    assert "own" in view_buy.why_blocked(STATES["owned selection"], now=NOW)


def test_what_was_left_out_for_want_of_a_key_is_one_line() -> None:
    state = replace(STATES["results"], without_key=("getty_images", "pond5"))
    texts = [note.text for note in view.view_search(state, INFOS).notes]
    assert texts.count("Not searched, since no key is stored: Getty Images and Pond5.") == 1


def test_a_size_that_nobody_told_can_be_said() -> None:
    base = load("core.marketplaces.base")
    state = STATES["owned in a size that nobody told"]
    shown = view_details.view_details(state, INFOS, now=NOW)
    assert shown.untold_grant_id == shown.owned_grant_id
    assert shown.sizes == (("4k", "4k"),)
    assert not shown.quote_id
    assert any("do not say in which size" in note.text for note in shown.notes)
    ways = (
        ("hd", "a", "HD on plan A"),
        ("4k", "a", "4K on plan A"),
        ("hd", "b", "HD on B"),
        ("", "c", "Any"),
    )
    options = tuple(
        base.QuoteOption(wanted=base.Wanted(variant=variant, account_id=account), label=label)
        for variant, account, label in ways
    )
    result = replace(state.selection.result, options=options)
    assert view_details.sizes_of(result) == (("hd", "HD on plan A"), ("4k", "4K on plan A"))
    assert view_details.view_details(STATES["owned selection"], INFOS, now=NOW).untold_grant_id == ""


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4k", "4k"),
        ("4K ", "4k"),
        ("hd on plan a", "hd"),
        (" 594  px ", "594 px"),
        ("HD on", "HD on"),
        ("", ""),
    ],
)
def test_a_size_is_chosen_by_either_name_or_written(text: str, size: str) -> None:
    sizes = (("hd", "HD on plan A"), ("4k", "4K on plan A"))
    assert view_details.choose_size(sizes, text) == size


def test_another_size_or_license_of_what_is_owned_can_be_bought() -> None:
    """The panel offers both: to import what is owned, and to buy what that does not cover."""
    state = STATES["owned in another size"]
    shown = view_details.view_details(state, INFOS, now=NOW)
    assert shown.owned_grant_id
    assert shown.quote_id == "quote_1"
    assert [note.tone for note in shown.notes if "charged once more" in note.text] == [view.Tone.WARN]
    assert view_buy.why_blocked(state, now=NOW) == ""


def test_the_dialog_shows_the_balance_before_and_after() -> None:
    dialog = view_buy.view_buy(STATES["allowed"], INFOS, "quote_1", now=NOW)
    facts = {fact.label: fact.value for fact in dialog.facts}
    assert facts["Price"] == "1 download"
    assert facts["Charged to"] == "Annual plan"
    assert facts["Left"] == "12 downloads before, 11 after"
    assert dialog.confirm_text == "Buy for 1 download"
    assert not dialog.needs_reason
    assert not dialog.blocked


def test_the_license_is_named_by_its_terms_and_by_the_sellers_word() -> None:
    dialog = view_buy.view_buy(STATES["allowed"], INFOS, "quote_1", now=NOW)
    assert {f.label: f.value for f in dialog.facts}["License"] == "Royalty Free License"
    result = made.result(license_label="royalty_free")
    assert view_details.describe_license(result) == "Royalty Free License (“royalty_free”)"
    unknown = made.licenses.LicenseTerms.unknown(
        marketplace="cgtrader", label="special", version=result.terms.version
    )
    labelled = made.quoting.QuoteResult(
        quote=made.quote(license_label="special"), listing=result.listing, terms=unknown, answer=result.answer
    )
    assert view_details.describe_license(labelled) == "special (terms not known)"


def test_a_web_checkout_says_where_one_pays() -> None:
    dialog = view_buy.view_buy(STATES["web checkout"], INFOS, "quote_1", now=NOW)
    assert "browser" in dialog.notes[0].text
    assert "CGTrader" in dialog.notes[0].text
    assert dialog.confirm_text == "Go to Checkout (19.00)"


def test_a_reason_is_asked_for_when_a_person_has_to_look() -> None:
    assert view_buy.view_buy(STATES["review"], INFOS, "quote_1", now=NOW).needs_reason
    assert view_buy.view_buy(STATES["denied"], INFOS, "quote_1", now=NOW).blocked


def test_no_dialog_for_another_quote() -> None:
    assert view_buy.view_buy(STATES["allowed"], INFOS, "quote_2", now=NOW) is None
    assert view_buy.view_buy(STATES["results"], INFOS, "", now=NOW) is None


@pytest.mark.parametrize(
    ("left", "cost", "shown"),
    [
        (None, made.money.Credits(amount=1), "the marketplace does not say"),
        (
            made.money.Money.parse("5", "USD"),
            made.money.Money.parse("7", "USD"),
            "5.00 USD before, -2.00 USD after",
        ),
        (made.money.Money.parse("5", "USD"), made.money.Money.parse("7", "EUR"), "5.00 USD before"),
        (made.money.Credits(amount=5), None, "5 downloads before"),
        (made.money.Credits(amount=5, unit="credit"), made.money.Credits(amount=1), "5 credits before"),
    ],
)
def test_balances_are_only_subtracted_in_one_unit(left: Any, cost: Any, shown: str) -> None:
    assert view_buy.describe_balance(made.money.Balance(label="x", left=left), cost) == shown


@pytest.mark.parametrize(
    ("name", "actions"),
    [
        ("buying", frozenset()),
        ("awaiting checkout", frozenset({"open_checkout", "check_payment", "cancel_order"})),
        ("downloading", frozenset()),
        ("ready", frozenset({"import"})),
        ("failed", frozenset({"import"})),
        ("failed purchase", frozenset()),
    ],
)
def test_each_stage_offers_what_can_be_done(name: str, actions: frozenset[str]) -> None:
    (row,) = view_buy.view_progress(STATES[name], INFOS)
    assert row.actions == actions


def test_a_download_shows_how_far_it_is_and_can_be_stopped() -> None:
    (row,) = view_buy.view_progress(STATES["downloading"], INFOS)
    assert row.fraction == pytest.approx(0.5)
    assert row.bar_text == "500 KB of 1.0 MB"
    assert row.task_id == 7
    (row,) = view_buy.view_progress(STATES["buying"], INFOS)
    assert row.task_id == 0


def test_a_purchase_in_doubt_says_not_to_buy_again() -> None:
    (row,) = view_buy.view_progress(STATES["in doubt"], INFOS)
    assert "Do not buy it again" in row.note.text
    assert row.note.tone is rows.Tone.WARN


def test_the_library_can_be_narrowed() -> None:
    grants = [made.grant(number, title=f"Chair {number}") for number in range(300)]
    state = made.state.SessionState(library=grants)
    assert len(view_buy.view_library(state, INFOS)) == view_buy.MAX_LIBRARY_SHOWN
    (row,) = view_buy.view_library(state, INFOS, text="CHAIR 299")
    assert row.grant_id == grants[299].id
    assert view_buy.view_library(state, INFOS, text="table") == ()
    assert len(view_buy.view_library(state, INFOS, text="anna cgtrader:7")) > 0


def test_the_report_shows_verdict_obstacles_and_how_to_fix() -> None:
    shown = view_report.view_report(STATES["report"])
    assert shown.verdict == rows.Note(text="Not cleared", tone=rows.Tone.BAD)
    (obstacle,) = shown.obstacles
    assert obstacle.about == "Oak chair"
    assert obstacle.finding.how_to_fix
    assert obstacle.select == "grant_00000000000000000000000001"
    assert len(shown.hints) == 1
    assert shown.undeclared == ("OBJECT/Cube", "MESH/Cube")
    assert shown.can_save


def test_a_report_for_another_use_says_that_it_is_old() -> None:
    state = made.state.SessionState(
        report=made.report(), report_phase=made.state.Phase.READY, use=made.uses.IntendedUse(name="Other")
    )
    assert any("changed" in note.text for note in view_report.view_report(state).notes)


def test_a_report_on_ten_thousand_undeclared_things_is_cut_and_counted() -> None:
    state = made.state.SessionState(
        report=made.report(undeclared=tuple(f"OBJECT/Cube.{number}" for number in range(10_000))),
        report_phase=made.state.Phase.READY,
    )
    shown = view_report.view_report(state)
    assert len(shown.undeclared) + shown.more_undeclared == 10_000


def test_what_is_in_the_file_only_is_shown_quietly() -> None:
    report = made.report("cleared", findings=(), undeclared=())
    verdicts = made.findings.Verdict
    seen, (away,) = report.grants, made.report("in_file_only").grants
    bare = made.reports.ReportRow(id_type="MESH", name="Cube", verdict=verdicts.IN_FILE_ONLY, in_output=False)
    report = replace(
        report, grants=(*seen, away), rows=(bare, bare._replace(name="Two"), bare._replace(witness="stamp"))
    )
    state = made.state.SessionState(report=report, report_phase=made.state.Phase.READY)
    shown = view_report.view_report(state)
    assert [(row.quiet, row.tone) for row in shown.licenses] == [
        (False, rows.Tone.GOOD),
        (True, rows.Tone.INFO),
    ]
    assert shown.licenses[1].detail == "in the file only · Royalty Free License · 3 data-blocks"
    assert shown.aside == "2 undeclared data-blocks are in the file only: no picture shows them."
    assert view_report.view_report(STATES["report"]).aside == ""


BOTH = frozenset({"client_id", "client_secret"})


@pytest.mark.parametrize(
    ("stored", "user", "words"),
    [
        (frozenset(), False, "No key"),
        (frozenset({"client_id"}), False, "Still missing: Secret"),
        (BOTH, False, "Sign in"),
        (BOTH, True, "Key and sign-in"),
        (frozenset(), True, "not the whole key"),
    ],
)
def test_accounts_say_what_is_stored(stored: frozenset[str], user: bool, words: str) -> None:
    account = made.state.AccountState(
        marketplace="cgtrader", has_app_key=stored == BOTH, has_user=user, stored=stored
    )
    state = made.state.SessionState(accounts={"cgtrader": account})
    row = next(row for row in view_accounts.view_accounts(state, INFOS) if row.marketplace == "cgtrader")
    assert words in row.notes[0].text
    assert row.has_key is bool(stored or user)
    assert row.can_sign_in is ("client_id" in stored)
    assert [field.stored for field in row.fields] == ["client_id" in stored, "client_secret" in stored]
    assert "Key and Secret" in row.needs
    assert "pay on its checkout page" in row.works


def test_what_an_account_needs_is_said_in_the_marketplaces_own_words() -> None:
    auth = load("core.http.auth")
    base = load("core.marketplaces.base")
    cgtrader = next(info for info in INFOS if info.id == "cgtrader")
    key = auth.KeyField(field=auth.CredentialField.CLIENT_ID, label="Api-Key", hint="From your contact.")
    secret = auth.KeyField(field=auth.CredentialField.CLIENT_SECRET, label="Api-Secret", optional=True)
    public = replace(
        cgtrader,
        auth=replace(cgtrader.auth, public_client=True, fields=(key, secret), redirect=auth.Redirect.PASTE),
    )
    text = view_accounts.describe_needs(public)
    assert text.startswith("It needs: Api-Key. Buying also needs Api-Secret, or your own sign-in")
    (row,) = view_accounts.view_accounts(made.state.SessionState(), (public,))
    assert row.pastes_address
    assert [(field.label, field.hint, field.optional) for field in row.fields] == [
        ("Api-Key", "From your contact.", False),
        ("Api-Secret", "", True),
    ]
    nowhere = replace(
        cgtrader,
        auth=auth.AuthConfig(app=auth.AppAuth.NONE),
        capabilities=frozenset({base.Capability.SEARCH_FEED, base.Capability.PURCHASE_WEB}),
    )
    (row,) = view_accounts.view_accounts(made.state.SessionState(), (nowhere,))
    assert not row.fields
    assert not row.notes
    assert row.tone == "good"
    assert "No key is needed" in row.needs
    assert "picked up" in row.works


def decided(kind: str = "replaced", **values: Any) -> Any:
    resolutions = load("core.model.resolution")
    given: dict[str, Any] = {
        "id": "resolution_1", "kind": resolutions.ResolutionKind(kind), "rule": "outputs",
        "subject": "grant_00000000000000000000000001", "reason": "A better chair comes.",
        "author": "Ann", "decided_at": NOW,
    }  # fmt: skip
    return resolutions.Resolution(**(given | values))


def test_what_was_decided_is_shown_apart_with_who_why_and_until_when() -> None:
    end = NOW.replace(year=2027, month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    finding = replace(made.finding(), resolved_by=decided(ends_at=end))
    state = made.state.SessionState(
        report=made.report(findings=(finding, made.finding("warning"))), report_phase=made.state.Phase.READY
    )
    shown = view_report.view_report(state)
    (row,), (left,) = shown.resolved, shown.obstacles
    assert (row.about, row.reason) == ("Oak chair", "A better chair comes.")
    assert row.decided == f"Replaced · Ann · {NOW.date().isoformat()} · until 2026-12-31"
    assert left.finding.tone is rows.Tone.WARN


@pytest.mark.parametrize(
    ("values", "offered"),
    [
        ({"rule": "use.editorial_only"}, True),
        ({"rule": "grant.refunded"}, False),
        ({"rule": "use.no_output"}, False),
        ({"rule": "use.editorial_only", "subject": ""}, False),
        ({"rule": "studio.house", "final": True}, False),
    ],
)
def test_only_what_can_be_decided_has_a_button(values: dict[str, Any], offered: bool) -> None:
    report = made.report(findings=(made.finding(**values),))
    state = made.state.SessionState(report=report, report_phase=made.state.Phase.READY)
    (row,) = view_report.view_report(state).obstacles
    assert row.rule == (values["rule"] if offered else "")


def test_the_answer_names_what_is_cleared_and_the_least_work() -> None:
    answers = load("core.model.answer")
    outputs, purposes = made.uses.OutputKind, made.uses.Purpose
    verdicts = made.findings.Verdict
    lines = tuple(
        answers.OutputAnswer(output=output, purpose=purpose, verdict=verdict)
        for output, purpose, verdict in (
            (outputs.RENDER, purposes.COMMERCIAL, verdicts.CLEARED),
            (outputs.RENDER, purposes.EDITORIAL, verdicts.CLEARED),
            (outputs.VIDEO, purposes.COMMERCIAL, verdicts.NEEDS_REVIEW),
            (outputs.PRINT, purposes.EDITORIAL, verdicts.CLEARED),
        )
    )
    subject = "grant_00000000000000000000000001"
    ways = tuple(
        answers.WayOutLine(
            way="hide", subject=subject if number == 0 else f"MESH/{number}", title=EVIL_TITLE,
            text="Hide it.", leads_to=verdicts.IN_FILE_ONLY,
        )
        for number in range(300)
    )  # fmt: skip
    answer = answers.SceneUse(still_for=lines, ways_out=ways, cheapest=ways)
    report = made.report(answer=answer, findings=(made.finding(), made.finding("warning")))
    shown = view_report.view_report(
        made.state.SessionState(report=report, report_phase=made.state.Phase.READY)
    )
    assert shown.answer is not None
    assert shown.answer.good_for == (
        "Publishing still renders (commercial and editorial)", "Printing pictures (editorial)",
    )  # fmt: skip
    assert len(shown.answer.ways_out) == view_report.MAX_WAYS_SHOWN
    assert shown.answer.more_ways == 300 - view_report.MAX_WAYS_SHOWN
    assert [row.way_out for row in shown.obstacles] == ["Hide it.", ""]
    assert view_report.view_report(STATES["report"]).answer is None


def test_a_decision_makes_the_report_old_until_it_is_made_again() -> None:
    state = made.state.SessionState(report=made.report(), report_phase=made.state.Phase.READY)
    state.decisions.resolutions = (decided(decided_at=NOW + timedelta(seconds=1)),)
    said = "Something was decided or declared since. Check again."
    assert said in {note.text for note in view_report.view_report(state).notes}
    state.report = made.report(made_at=NOW + timedelta(seconds=2))
    assert said not in {note.text for note in view_report.view_report(state).notes}
    state.decisions.phase = made.state.Phase.BUSY
    assert "Writing it down." in {note.text for note in view_report.view_report(state).notes}
