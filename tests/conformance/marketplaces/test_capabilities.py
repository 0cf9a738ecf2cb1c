"""One suite per capability, over the tapes of every marketplace: what is asked, what answers become."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from tapes import (
    Tape,
    calls_of,
    changed_at,
    difference,
    drive,
    load_tapes,
    plain,
    play,
    request_facts,
    response_of,
    search_query,
    start,
)

from core import errors
from core.errors import MarketplaceError, UserInputError
from core.http.message import Auth, Call, Idempotency, Response
from core.marketplaces import registry
from core.marketplaces.base import (
    AppAuth,
    Capability,
    DownloadLink,
    HistoryQuery,
    OwnedRef,
    PurchaseOutcome,
    PurchaseRequest,
    RecordState,
)
from core.model.listing import Listing, ListingRef, SearchQuery

TAPES = load_tapes()
TOTALS: tuple[tuple[str, ...], ...] = (
    ("total",), ("total_count",), ("result_count",), ("nb_results",), ("totalNumberOfItems",),
    ("response", "numFound"),
)  # fmt: skip
SECRETS = ("gatekeeper", "X-Amz-Signature", "?s=", "90acdef14bad")


def tapes_for(*operations: str, good: bool | None = None) -> pytest.MarkDecorator:
    """Run over the tapes of some operations; ``good`` keeps those that end with a value, or with an error."""
    chosen = [t for t in TAPES if t.operation in operations and (good is None or t.succeeds == good)]
    return pytest.mark.parametrize("tape", chosen, ids=str)


def first_call(tape: Tape) -> Call[Any]:
    return next(start(tape))


def with_capability(capability: Capability) -> list[str]:
    return [name for name in registry.all_ids() if capability in registry.find(name).INFO.capabilities]


@pytest.mark.parametrize("tape", TAPES, ids=str)
class TestEveryTape:
    def test_asks_what_is_expected(self, tape: Tape) -> None:
        asked = [request_facts(call) for call in calls_of(tape)]
        assert asked == [step["request"] for step in tape.steps]

    def test_asks_the_same_for_the_same(self, tape: Tape) -> None:
        first, second = calls_of(tape), calls_of(tape)
        assert [c.request for c in first] == [c.request for c in second]
        assert [(c.operation, c.idempotency, c.statuses) for c in first] == [
            (c.operation, c.idempotency, c.statuses) for c in second
        ]

    def test_ends_as_expected(self, tape: Tape) -> None:
        if tape.succeeds:
            assert difference(plain(play(tape)), tape.expect["result"]) == ""
            return
        with pytest.raises(MarketplaceError) as caught:
            play(tape)
        assert type(caught.value) is getattr(errors, tape.expect["error"])
        assert caught.value.marketplace == tape.marketplace
        assert caught.value.message.startswith(tape.module.INFO.name)
        for name, value in tape.expect.get("fields", {}).items():
            assert getattr(caught.value, name) == value

    def test_sends_only_to_the_vendor(self, tape: Tape) -> None:
        for call in calls_of(tape):
            parts = urlsplit(call.request.url)
            assert parts.scheme == "https"
            assert parts.hostname in tape.module.INFO.api_hosts
            assert not parts.query
            assert call.marketplace == tape.marketplace
            assert not call.request.follow_redirects
            assert not {"authorization", "cookie"} & {name.lower() for name, _ in call.request.headers}

    def test_shows_no_secret(self, tape: Tape) -> None:
        shown = [repr(call) for call in calls_of(tape)]
        try:
            result = play(tape)
        except MarketplaceError as error:
            shown += [str(error), repr(error), repr(dict(error.context))]
        else:
            shown.append(repr(result))
        shown += [repr(response_of(step["response"])) for step in tape.steps]
        assert not [secret for secret in SECRETS if any(secret in text for text in shown)]


class TestSearch:
    @tapes_for("search", good=True)
    def test_pages_end(self, tape: Tape) -> None:
        pages = play(tape)
        assert pages[-1].next_cursor is None
        refs = [listing.ref for page in pages for listing in page.listings]
        assert len(set(refs)) == len(refs)

    @tapes_for("search", good=True)
    def test_pages_end_even_when_the_server_repeats_itself(self, tape: Tape) -> None:
        """A server that ignores the page number must not keep us asking forever."""
        answer = response_of(tape.steps[0]["response"])
        pages = drive(start(tape), lambda step, call: answer)
        assert len(pages) <= 1000

    @tapes_for("search", good=True)
    def test_a_total_that_lies_does_not_loop(self, tape: Tape) -> None:
        body = dict(tape.steps[0]["response"]["body"])
        path = next((path for path in TOTALS if path[0] in body), TOTALS[0])
        for total in (10**12, None):
            answer = response_of({"body": changed_at(body, path, total)})
            assert len(drive(start(tape), lambda step, call, answer=answer: answer)) <= 1000

    @tapes_for("search", good=True)
    def test_listings_are_whole(self, tape: Tape) -> None:
        for page in play(tape):
            for listing in page.listings:
                assert listing.ref.marketplace == tape.marketplace
                assert listing.title
                assert len(listing.title) <= 300
                assert listing.title.isprintable()
                assert listing.kind in tape.module.INFO.kinds
                assert all(preview.url.startswith("https://") for preview in listing.previews)

    @tapes_for("search", "listing", "quote")
    def test_nothing_is_spent(self, tape: Tape) -> None:
        for call in calls_of(tape):
            assert call.idempotency is Idempotency.SAFE
            assert call.request.method in ("GET", "POST")  # one vendor takes its searches as a body

    @pytest.mark.parametrize("marketplace", with_capability(Capability.SEARCH))
    @pytest.mark.parametrize(
        "text",
        ["", "   ", "椅子 🪑 стул", "a" * 500, "x\x00y\ud800\nz", "&per_page=500#", "%2e%2e/", "NOT x"],
    )
    def test_any_words_can_be_searched(self, marketplace: str, text: str) -> None:
        module = registry.find(marketplace)
        query = SearchQuery(text=text, kind=None, per_page=100)
        call = module.search(query)
        body = json.loads(call.request.json_body or "{}")  # where a search is sent as one
        values = [value for _, value in call.request.query] + [str(value) for value in body.values()]
        assert all(value.isprintable() for value in values)
        assert all(value.encode() for value in values)  # nothing that cannot be sent
        if text.strip():
            kept = " ".join("".join(c if c.isprintable() else " " for c in text).split())
            assert any(value.replace(" ", "") == kept.replace(" ", "") for value in values)
        assert values.count("100") == 1, "how many a page is said once, whatever the vendor calls it"
        assert call.request.url == module.search(SearchQuery(text="chair")).request.url

    @pytest.mark.parametrize("marketplace", with_capability(Capability.SEARCH))
    @pytest.mark.parametrize("cursor", ["", "0", "-1", "1.5", "x", "²", "٣", "9" * 50, "2&x=1", " 2"])
    def test_a_cursor_that_is_none_is_refused(self, marketplace: str, cursor: str) -> None:
        with pytest.raises(UserInputError):
            registry.find(marketplace).search(SearchQuery(text="x", cursor=cursor))
        if marketplace in with_capability(Capability.HISTORY):
            with pytest.raises(UserInputError):
                registry.find(marketplace).history(HistoryQuery(cursor=cursor, kind=_kind(marketplace)))

    @tapes_for("search")
    def test_every_filter_is_answered_for(self, tape: Tape) -> None:
        """A filter that is asked is sent, applied here, or named as ignored: never silently lost."""
        asked = search_query(tape.input)
        default = search_query({"kind": tape.input.get("kind")})
        body = {**tape.steps[0]["response"].get("body", {})} if tape.succeeds else None
        if body is None:
            return
        page = tape.module.search(asked).read(response_of({"body": body}))
        for name in tape.input.get("filters", {}):
            alone = replace(default, filters=replace(default.filters, **{name: getattr(asked.filters, name)}))
            sent = tape.module.search(alone).request != tape.module.search(default).request
            assert sent or name in page.client_filters or name in page.ignored_filters, name


class TestQuote:
    @tapes_for("quote", good=True)
    def test_it_can_be_paid_or_says_why_not(self, tape: Tape) -> None:
        basis = play(tape)
        payable = bool(basis.accounts) or basis.web_checkout
        assert payable != bool(basis.why_not)
        assert basis.listing.ref == ListingRef(marketplace=tape.marketplace, id=tape.input["id"])
        if not payable:
            assert basis.license_label == ""
            assert basis.cost is None
        if basis.accounts:
            assert basis.license_label == basis.accounts[0].license_label
            assert basis.cost is not None or basis.note  # its price in words, at least
            assert all(account.account_id for account in basis.accounts)

    @tapes_for("quote", "listing", good=True)
    def test_license_words_are_never_made_up(self, tape: Tape) -> None:
        result = play(tape)
        listing: Listing = result if tape.operation == "listing" else result.listing
        words = json.dumps([step["response"]["body"] for step in tape.steps])
        labels = [offer.license_label for offer in listing.offers]
        labels += [result.license_label] if tape.operation == "quote" else []
        assert all(not label or json.dumps(label) in words for label in labels)


class TestPurchase:
    @tapes_for("purchase")
    def test_it_is_spending_and_carries_our_key(self, tape: Tape) -> None:
        """Our key goes where their records or their support find it; without records there is no place."""
        call, auth = first_call(tape), tape.module.INFO.auth
        assert call.idempotency is Idempotency.SPENDING
        if auth.app is AppAuth.HEADERS and not auth.authorize_url:
            assert call.request.auth is Auth.KEY
        else:
            assert call.request.auth in (Auth.USER, Auth.USER_OR_APP)
        if Capability.HISTORY in tape.module.INFO.capabilities:
            assert tape.input["key"] in f"{call.request.json_body} {call.request.headers}"

    @tapes_for("purchase", good=True)
    def test_its_outcome_is_whole(self, tape: Tape) -> None:
        result = play(tape)
        match result.outcome:
            case PurchaseOutcome.CHECKOUT:
                assert result.checkout_url.startswith("https://")
                assert result.marketplace_order_id
            case PurchaseOutcome.REFUSED:
                assert result.why_not
                assert not result.links
            case PurchaseOutcome.PAID:
                assert not result.why_not
                assert not result.checkout_url

    @pytest.mark.parametrize(
        "marketplace",
        with_capability(Capability.PURCHASE_API) + with_capability(Capability.PURCHASE_CHECKOUT),
    )
    def test_nothing_else_spends(self, marketplace: str) -> None:
        spending = {c.operation for t in TAPES for c in calls_of(t) if c.idempotency is Idempotency.SPENDING}
        assert spending == {"purchase"}

    @pytest.mark.parametrize("marketplace", with_capability(Capability.PURCHASE_API))
    def test_without_an_account_nothing_is_bought(self, marketplace: str) -> None:
        ref = ListingRef(marketplace=marketplace, id="1")
        with pytest.raises(UserInputError):
            registry.find(marketplace).purchase(PurchaseRequest(key="k", ref=ref, kind=_kind(marketplace)))


class TestOrderStatus:
    @pytest.mark.parametrize("marketplace", with_capability(Capability.ORDER_STATUS))
    def test_every_state_has_a_tape(self, marketplace: str) -> None:
        played = [play(t) for t in TAPES if t.marketplace == marketplace and _is(t, "order_status")]
        assert {record.state for record in played} == set(RecordState)

    @pytest.mark.parametrize("marketplace", with_capability(Capability.ORDER_STATUS))
    @pytest.mark.parametrize("order_id", ["", ".", ".."])
    def test_no_id_is_not_the_list(self, marketplace: str, order_id: str) -> None:
        owned = OwnedRef(
            ref=ListingRef(marketplace=marketplace, id="1"),
            kind=_kind(marketplace),
            marketplace_order_id=order_id,
        )
        with pytest.raises(UserInputError):
            registry.find(marketplace).order_status(owned)


class TestHistory:
    @tapes_for("history", good=True)
    def test_pages_end_even_when_the_server_repeats_itself(self, tape: Tape) -> None:
        for step in tape.steps:
            answer = response_of(step["response"])
            assert len(drive(start(tape), lambda number, call, answer=answer: answer)) <= 1000

    @tapes_for("history", good=True)
    def test_records_are_ours(self, tape: Tape) -> None:
        for page in play(tape):
            for record in page.records:
                assert record.marketplace_order_id
                assert record.ref.marketplace == tape.marketplace
                assert record.at is None or record.at.tzinfo is UTC
                assert tape.input.get("id") in (None, record.ref.id) or not record.ref.id

    @pytest.mark.parametrize("marketplace", with_capability(Capability.HISTORY))
    def test_times_are_sent_in_utc(self, marketplace: str) -> None:
        since = datetime.fromisoformat("2026-11-23T01:00:00+02:00")
        query = dict(
            registry.find(marketplace)
            .history(HistoryQuery(kind=_kind(marketplace), since=since))
            .request.query
        )
        assert query.get("start_date", "2026-11-22T23:00:00Z") == "2026-11-22T23:00:00Z"


class TestDownload:
    @tapes_for("download_links")
    def test_it_costs_nothing(self, tape: Tape) -> None:
        assert {call.idempotency for call in calls_of(tape)} <= {Idempotency.SAFE, Idempotency.KEYED}

    @tapes_for("download_links", good=True)
    def test_links_are_secure_and_named(self, tape: Tape) -> None:
        links: tuple[DownloadLink, ...] = play(tape)
        for link in links:
            assert link.url.startswith("https://")
            assert link.name
            assert link.url not in repr(link)

    @tapes_for("download_links", good=True)
    def test_links_to_elsewhere_are_refused(self, tape: Tape) -> None:
        """Only the shape is judged here, the client knows the hosts: no plain http, no credentials."""
        urls = (
            "http://evil.example/x",
            "ftp://x/y",
            "file:///etc/passwd",
            "//x/y",
            "https://u:p@x/y",
            "https:///x",
        )
        for url in urls:
            answers = [step["response"] for step in tape.steps]

            def respond(step: int, call: Call[Any], url: str = url, answers: list[Any] = answers) -> Response:
                # A module may look elsewhere for a better link; there is none there either.
                answer = dict(answers[min(step, len(answers) - 1)])
                if "location" in answer.get("headers", {}):
                    answer["headers"] = {"location": url}
                elif "body" in answer:
                    answer["body"] = with_addresses(answer["body"], url)
                return response_of(answer)

            if len(tape.steps) > 1 or '"https://' in json.dumps(answers[0].get("body")):
                with pytest.raises(MarketplaceError):
                    drive(start(tape), respond)


def with_addresses(body: Any, url: str) -> Any:
    """Return a copy in which every address is another one."""
    if isinstance(body, dict):
        return {name: with_addresses(part, url) for name, part in body.items()}
    if isinstance(body, list):
        return [with_addresses(part, url) for part in body]
    return url if isinstance(body, str) and body.startswith("https://") else body


def _kind(marketplace: str) -> Any:
    return min(registry.find(marketplace).INFO.kinds)


def _is(tape: Tape, operation: str) -> bool:
    return tape.operation == operation and tape.succeeds
