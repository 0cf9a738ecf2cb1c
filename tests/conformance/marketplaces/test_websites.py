"""Marketplaces without an API for a step: what their websites are handed, and what comes back from people."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tapes import difference
from web_tapes import WEB_TAPED, WebTape, load_web_tapes, play_web

from core.errors import NotSupported, UserInputError
from core.feeds.products import NotAProduct
from core.licenses import LicenseCatalogue
from core.marketplaces import registry
from core.marketplaces.base import Capability, HistoryQuery, OwnedRef, PurchaseRequest
from core.marketplaces.web import WebShop
from core.model.listing import Listing, ListingRef

TAPES = load_web_tapes()
WEBSITES = [name for name in registry.all_ids() if registry.find(name).INFO.web is not None]
every_website = pytest.mark.parametrize("marketplace", WEBSITES)


def website(marketplace: str) -> WebShop:
    found = registry.find(marketplace).INFO.web
    assert found is not None
    return found


@pytest.mark.parametrize("tape", TAPES, ids=str)
class TestEveryTape:
    def test_is_complete(self, tape: WebTape) -> None:
        assert tape.source
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", tape.date)
        capability = Capability(tape.capability)
        assert capability in tape.info.capabilities
        assert tape.operation in WEB_TAPED[capability]
        assert set(tape.expect) in ({"result"}, {"refusal"})

    def test_ends_as_expected(self, tape: WebTape) -> None:
        if tape.succeeds:
            assert difference(play_web(tape), tape.expect["result"]) == ""
            return
        with pytest.raises(NotAProduct) as caught:
            play_web(tape)
        assert tape.expect["refusal"] in str(caught.value)


@pytest.mark.parametrize("marketplace", registry.all_ids())
def test_what_needs_a_website_describes_one(marketplace: str) -> None:
    info = registry.find(marketplace).INFO
    assert bool(info.capabilities & set(WEB_TAPED)) == (info.web is not None)


@every_website
class TestWebsite:
    def test_its_addresses_are_secure(self, marketplace: str) -> None:
        web = website(marketplace)
        for url in (web.search_url, web.page_url, web.orders_url):
            assert urlsplit(url).scheme == "https"
        assert web.page_url.count("{id}") == 1
        assert len({urlsplit(url).hostname for url in (web.search_url, web.page_url, web.orders_url)}) == 1

    def test_a_page_leads_back_to_its_id(self, marketplace: str) -> None:
        for listing_id in ("12345", "1189852", "98765432"):
            assert website(marketplace).find_id(website(marketplace).product_page(listing_id)) == listing_id
            assert website(marketplace).is_own_id(listing_id)
        for other in ("", "abc", "12-34", "..", "../12345", "1" * 300):
            assert not website(marketplace).is_own_id(other)

    @given(text=st.text(max_size=300))
    def test_any_words_stay_words(self, marketplace: str, text: str) -> None:
        web = website(marketplace)
        parts = urlsplit(web.search_link(text))
        wanted = urlsplit(web.search_url)
        assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == (
            "https",
            wanted.netloc,
            wanted.path,
            "",
        )
        sent = parse_qs(parts.query, keep_blank_values=True)
        assert set(sent) == {web.query_parameter, *(name for name, _ in web.fixed_parameters)}
        assert all(len(values) == 1 for values in sent.values())

    @given(listing_id=st.text(min_size=1, max_size=60))
    def test_any_id_stays_in_its_place(self, marketplace: str, listing_id: str) -> None:
        web = website(marketplace)
        try:
            page = urlsplit(web.product_page(listing_id))
        except UnicodeEncodeError:  # half of a surrogate pair is no text
            return
        plain = urlsplit(web.product_page("1"))
        assert (page.netloc, page.query, page.fragment) == (plain.netloc, "", "")
        assert page.path.count("/") == plain.path.count("/")

    @given(address=st.text(max_size=300))
    def test_any_address_can_be_looked_at(self, marketplace: str, address: str) -> None:
        found = website(marketplace).find_id(address)
        assert found == "" or website(marketplace).is_own_id(found)

    def test_every_license_that_can_be_chosen_has_terms(self, marketplace: str) -> None:
        catalogue = LicenseCatalogue.load()
        web = website(marketplace)
        assert web.licenses
        assert len({offered.label for offered in web.licenses}) == len(web.licenses)
        for offered in web.licenses:
            terms = catalogue.resolve(marketplace, offered.label, editorial=False, at=date(2026, 11, 23))
            assert not terms.license_id.endswith(".unknown"), offered.label
            assert offered.hint

    def test_it_says_how_the_file_gets_here(self, marketplace: str) -> None:
        info = registry.find(marketplace).INFO
        web = website(marketplace)
        assert bool(web.delivery) == (Capability.DOWNLOAD_PICKUP in info.capabilities)
        assert bool(web.feed_source) == (Capability.SEARCH_FEED in info.capabilities)
        assert info.refund is not None

    def test_steps_without_an_api_say_where_to_go(self, marketplace: str) -> None:
        """Every function is there; what cannot be done names the marketplace and what to do instead."""
        module = registry.find(marketplace)
        info, kind = module.INFO, min(module.INFO.kinds)
        ref = ListingRef(marketplace=marketplace, id="12345")
        owned = OwnedRef(ref=ref, kind=kind, marketplace_order_id="1")
        steps = {
            "account": module.account,
            "listing": lambda: module.listing(ref, kind),
            "quote": lambda: module.quote(Listing(ref=ref, title="x", kind=kind, offers=())),
            "purchase": lambda: module.purchase(PurchaseRequest(key="k", ref=ref, kind=kind)),
            "order_status": lambda: module.order_status(owned),
            "download_links": lambda: module.download_links(owned),
            "history": lambda: module.history(HistoryQuery(kind=kind)),
        }
        for name, step in steps.items():
            with pytest.raises(NotSupported) as caught:
                step()
            assert info.name in caught.value.message, name
            assert caught.value.marketplace == marketplace
            if name in ("listing", "quote", "purchase"):
                assert website(marketplace).product_page("12345") in caught.value.message
            assert len(caught.value.message) < 300

    def test_listings_of_others_are_refused_before_that(self, marketplace: str) -> None:
        module = registry.find(marketplace)
        kind, other = min(module.INFO.kinds), ListingRef(marketplace="another", id="1")
        with pytest.raises(UserInputError):
            module.quote(Listing(ref=other, title="x", kind=kind, offers=()))
        with pytest.raises(UserInputError):
            module.purchase(PurchaseRequest(key="k", ref=other, kind=kind))


@pytest.mark.parametrize("marketplace", registry.all_ids())
def test_what_the_vendor_does_not_invite_is_explained(marketplace: str) -> None:
    opt_in = registry.find(marketplace).INFO.opt_in
    if opt_in is None:
        return
    assert opt_in.terms_url.startswith("https://")
    assert opt_in.label
    assert len(opt_in.explanation) > 200
    assert "Terms" in opt_in.explanation
