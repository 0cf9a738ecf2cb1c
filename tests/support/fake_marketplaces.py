"""Marketplaces that a test steers: one that licenses on a contract, one that sells on its website only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from core.http.message import Auth, Call, Idempotency, Request
from core.marketplaces.base import (
    ANY,
    AppAuth,
    AuthConfig,
    Capability,
    MarketplaceInfo,
    QuoteBasis,
    RefundPolicy,
    Wanted,
    WebShop,
)
from core.marketplaces.web import WebLicense
from core.model.listing import Listing, ListingRef, MediaKind, Offer
from core.model.money import Balance, Credits, Money

POLICY = RefundPolicy(
    summary="Full refund within 30 days when it is broken.",
    how="Write to support with the order number.",
    url="https://www.example.com/refunds",
    read_on=date(2026, 11, 23),
    window_days=30,
)


def make_info(marketplace: str, name: str, capabilities: set[Capability], **facts: Any) -> MarketplaceInfo:
    """Describe a marketplace."""
    return MarketplaceInfo(
        id=marketplace,
        name=name,
        capabilities=frozenset(capabilities),
        kinds=frozenset({MediaKind.MODEL, MediaKind.VIDEO}),
        auth=AuthConfig(app=AppAuth.NONE, fields=()),
        api_hosts=frozenset({f"api.{marketplace}.example"}),
        download_hosts=frozenset({f".{marketplace}.example"}),
        requests_per_hour=100,
        key_page_url=f"https://www.{marketplace}.example/keys",
        docs_page=f"{marketplace}.md",
        **facts,
    )


CONTRACTOR = make_info(
    "contractor",
    "Contractor",
    {Capability.SEARCH, Capability.QUOTE, Capability.PURCHASE_API, Capability.DOWNLOAD_API},
    contract_licenses=("Individual", "Business"),
)
"""Its API names no license and has no history."""

AGENCY = make_info(
    "agency",
    "Agency",
    {
        Capability.SEARCH,
        Capability.QUOTE,
        Capability.PURCHASE_API,
        Capability.HISTORY,
        Capability.DOWNLOAD_API,
    },
    refund=POLICY,
)
"""Everything over its API: options, references, surcharges, history."""

WEBSHOP = make_info(
    "webshop",
    "Webshop",
    {
        Capability.SEARCH_FEED,
        Capability.SEARCH_LINK,
        Capability.PURCHASE_WEB,
        Capability.DOWNLOAD_PICKUP,
    },
    web=WebShop(
        search_url="https://www.webshop.example/search",
        query_parameter="q",
        page_url="https://www.webshop.example/item/{id}",
        id_pattern=r"/item/(?P<id>\d+)",
        orders_url="https://www.webshop.example/orders",
        licenses=(WebLicense(label="Standard", hint="for most"), WebLicense(label="Extended")),
        delivery="Download the archive from your orders page, then pick it up here.",
    ),
    refund=POLICY,
)
"""No API for buyers."""


def make_listing(info: MarketplaceInfo, number: str = "7", **facts: Any) -> Listing:
    """Make something that it sells."""
    given: dict[str, Any] = {
        "ref": ListingRef(marketplace=info.id, id=number),
        "title": "Drone flight",
        "kind": MediaKind.MODEL,
        "offers": (Offer(license_label="", cost=Money.parse("29", "USD")),),
        "author": "Mia",
        "editorial": False,
    }
    return Listing(**{**given, **facts})


def make_basis(info: MarketplaceInfo, **facts: Any) -> QuoteBasis:
    """Say what the marketplace would, when asked for a quote."""
    given: dict[str, Any] = {
        "listing": make_listing(info),
        "license_label": "" if info.contract_licenses else "Standard",
        "cost": Credits(amount=1),
        "accounts": (Balance(label="Plan", left=Credits(amount=5), account_id="a1"),),
        "variant": "4k",
    }
    return QuoteBasis(**{**given, **facts})


class FakeMarketplace:
    """A marketplace whose quotes a test says; its calls are answered by a ``FakeSender``."""

    def __init__(self, info: MarketplaceInfo, **facts: Any) -> None:
        self.INFO = info
        self.basis = make_basis(info, **facts)
        self.wanted: list[Wanted] = []
        self.requests: list[Any] = []
        self.queries: list[Any] = []

    def quote(self, listing: Listing, wanted: Wanted = ANY) -> Any:
        """Return the basis; no call is made."""
        self.wanted.append(wanted)
        return _result(self.basis)

    def purchase(self, request: Any) -> Call[Any]:
        """Build the spending call."""
        self.requests.append(request)
        return _call(self.INFO.id, "purchase", Idempotency.SPENDING)

    def listing(self, ref: ListingRef, kind: MediaKind) -> Call[Any]:
        """Build a reading call."""
        return _call(self.INFO.id, "listing")

    def history(self, query: Any) -> Call[Any]:
        """Build a reading call."""
        self.queries.append(query)
        return _call(self.INFO.id, "history")

    def order_status(self, owned: Any) -> Call[Any]:
        """Build a reading call."""
        return _call(self.INFO.id, "order_status")

    def account(self) -> Any:
        """Ask who we are."""
        return (yield _call(self.INFO.id, "account"))

    def download_links(self, owned: Any) -> Any:
        """Ask for files."""
        return (yield _call(self.INFO.id, "download_links"))


def _result(value: Any) -> Iterator[Any]:
    """Return a generator that ends at once with a value."""
    yield from ()
    return value


def _call(marketplace: str, operation: str, idempotency: Idempotency = Idempotency.SAFE) -> Call[Any]:
    return Call(
        marketplace=marketplace,
        operation=operation,
        request=Request(method="GET", url=f"https://api.{marketplace}.example/{operation}", auth=Auth.NONE),
        read_json=lambda value, _headers: value,
        idempotency=idempotency,
    )
