"""What every registered marketplace is: identity, exact signatures, and a tape for all that it declares."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest
from tapes import FOLDER, Tape, load_tapes, play
from web_tapes import WEB_TAPED, load_web_tapes

from core.errors import NotSupported, UserInputError
from core.marketplaces import registry
from core.marketplaces.base import AppAuth, Capability, HistoryQuery, Marketplace, OwnedRef, PurchaseRequest
from core.model.listing import ListingRef, MediaKind, SearchQuery

TAPES = load_tapes()
WEB_TAPES = load_web_tapes()
ROOT = Path(__file__).resolve().parents[3]
FUNCTIONS = (
    "account", "search", "listing", "quote", "purchase", "order_status", "download_links", "history",
)  # fmt: skip
TAPED = {
    Capability.SEARCH: {"search", "listing"},
    Capability.QUOTE: {"quote", "account"},
    Capability.PURCHASE_API: {"purchase"},
    Capability.PURCHASE_CHECKOUT: {"purchase"},
    Capability.ORDER_STATUS: {"order_status"},
    Capability.HISTORY: {"history"},
    Capability.DOWNLOAD_API: {"download_links"},
    **WEB_TAPED,
}

every_marketplace = pytest.mark.parametrize("marketplace", registry.all_ids())


def test_there_are_marketplaces() -> None:
    assert set(registry.all_ids()) >= {"cgtrader", "shutterstock"}


def test_the_registry_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        registry.MODULES["other"] = ".other"  # type: ignore[index]


@pytest.mark.parametrize("unknown", ["", "amazon", "Shutterstock", "../cgtrader", "x" * 1000])
def test_an_unknown_marketplace_is_answered_with_the_known_ones(unknown: str) -> None:
    with pytest.raises(UserInputError) as caught:
        registry.find(unknown)
    assert all(known in str(caught.value) for known in registry.all_ids())
    assert len(str(caught.value)) < 300


@every_marketplace
class TestIdentity:
    def test_it_is_what_the_registry_says(self, marketplace: str) -> None:
        info = registry.find(marketplace).INFO
        assert info.id == marketplace
        assert info.name
        assert info.kinds
        assert info.requests_per_hour > 0
        assert registry.find(marketplace) is registry.find(marketplace)

    def test_its_addresses_are_secure_and_its_own(self, marketplace: str) -> None:
        info = registry.find(marketplace).INFO
        assert info.api_hosts or info.auth.app is AppAuth.NONE
        assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) for host in info.api_hosts)
        for host in info.download_hosts | info.preview_hosts:
            assert re.fullmatch(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)+", host)
        for url in filter(None, (info.auth.authorize_url, info.auth.token_url, info.key_page_url)):
            assert url.startswith("https://")
        if info.auth.token_url:
            assert info.auth.token_url.split("/")[2] in info.api_hosts
        assert info.key_page_url
        assert info.auth.token_url or info.auth.app is not AppAuth.CLIENT_CREDENTIALS
        assert info.auth.key_headers or info.auth.app is not AppAuth.HEADERS

    def test_it_has_a_page_for_people(self, marketplace: str) -> None:
        page = ROOT / "docs" / "marketplaces" / registry.find(marketplace).INFO.docs_page
        text = page.read_text(encoding="utf-8")
        assert registry.find(marketplace).INFO.key_page_url in text
        assert "unconfirmed" in text.lower()


@every_marketplace
class TestShape:
    def test_signatures_are_exact(self, marketplace: str) -> None:
        module = registry.find(marketplace)
        for name in FUNCTIONS:
            # In the protocol the types are imported by name, in a module some come as `base.Account`.
            wanted = inspect.signature(getattr(Marketplace, name))
            parameters = [p for p in wanted.parameters.values() if p.name != "self"]
            expected = str(wanted.replace(parameters=parameters))
            found = str(inspect.signature(getattr(module, name)))
            assert found.replace("base.", "") == expected, name

    def test_docstrings_say_the_same(self, marketplace: str) -> None:
        for name in FUNCTIONS:
            own = inspect.getdoc(getattr(registry.find(marketplace), name))
            assert own == inspect.getdoc(getattr(Marketplace, name)), name

    def test_functions_stand_in_the_fixed_order(self, marketplace: str) -> None:
        tree = ast.parse(inspect.getsource(cast(ModuleType, registry.find(marketplace))))
        names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        public = [name for name in names if not name.startswith("_")]
        assert tuple(public) == FUNCTIONS
        assert names[: len(public)] == public, "the readers stand behind the functions"

    def test_it_declares_nothing_without_a_tape(self, marketplace: str) -> None:
        own = [tape for tape in TAPES if tape.marketplace == marketplace and tape.succeeds]
        have = {tape.operation for tape in own}
        # Where a file can be had once only, the link comes with the purchase and there is no other.
        have |= {"download_links" for tape in own if tape.operation == "purchase" and play(tape).links}
        have |= {one.operation for one in WEB_TAPES if one.marketplace == marketplace and one.succeeds}
        capabilities = registry.find(marketplace).INFO.capabilities
        if Capability.PURCHASE_WEB in capabilities:
            have.add("listing")  # looked at on the website: see test_websites
        for capability in capabilities:
            assert capability in TAPED, f"no suite tests {capability}"
            missing = TAPED[capability] - have
            assert not missing, f"{capability} is declared, but there is no good tape for {sorted(missing)}"

    def test_what_it_does_not_offer_says_so(self, marketplace: str) -> None:
        module = registry.find(marketplace)
        kind = min(module.INFO.kinds)
        owned = OwnedRef(ref=ListingRef(marketplace=marketplace, id="1"), kind=kind, marketplace_order_id="1")
        if Capability.ORDER_STATUS not in module.INFO.capabilities:
            with pytest.raises(NotSupported) as caught:
                module.order_status(owned)
            assert module.INFO.name in str(caught.value)
        if Capability.HISTORY not in module.INFO.capabilities:
            with pytest.raises(NotSupported) as caught:
                module.history(HistoryQuery(kind=kind))
            assert module.INFO.name in str(caught.value)
        if Capability.SEARCH not in module.INFO.capabilities:
            with pytest.raises(NotSupported) as caught:
                module.search(SearchQuery(text="x"))
            assert module.INFO.name in str(caught.value)

    def test_other_media_are_refused(self, marketplace: str) -> None:
        module = registry.find(marketplace)
        ref = ListingRef(marketplace=marketplace, id="1")
        for kind in set(MediaKind) - module.INFO.kinds:
            with pytest.raises(NotSupported):
                module.listing(ref, kind)
            with pytest.raises(NotSupported):
                module.search(SearchQuery(text="x", kind=kind))
            with pytest.raises(NotSupported):
                module.purchase(PurchaseRequest(key="k", ref=ref, kind=kind, account_id="a"))

    def test_listings_of_others_are_refused(self, marketplace: str) -> None:
        module = registry.find(marketplace)
        kind = min(module.INFO.kinds)
        with pytest.raises(UserInputError):
            module.listing(ListingRef(marketplace="another", id="1"), kind)


def test_tapes_belong_to_registered_marketplaces() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(registry.all_ids())


@pytest.mark.parametrize("tape", TAPES, ids=str)
def test_a_tape_is_complete(tape: Tape) -> None:
    assert tape.source
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", tape.date)
    assert Capability(tape.capability) in tape.module.INFO.capabilities
    assert tape.operation in TAPED[Capability(tape.capability)]
    assert set(tape.expect) <= {"result", "error", "fields"}
    assert ("result" in tape.expect) != ("error" in tape.expect)
    assert tape.steps
