"""What a marketplace module is: its capabilities, the values that pass in and out, and its exact signatures.

A marketplace is a plain module with the names of :class:`Marketplace`. It builds calls and reads decoded
JSON; it never sends, sleeps, authenticates, logs or catches.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ..http.auth import AppAuth, AuthConfig, ClientAuth, CredentialField, KeyField, Redirect
from ..http.message import Call, Steps
from ..model.listing import Listing, ListingRef, MediaKind, SearchPage, SearchQuery
from ..model.money import Balance, Cost
from .web import OptIn, RefundPolicy, WebShop

__all__ = [
    "ANY",
    "Account",
    "AppAuth",
    "AuthConfig",
    "BulkRule",
    "Capability",
    "ClientAuth",
    "CredentialField",
    "DownloadLink",
    "HistoryPage",
    "HistoryQuery",
    "HistoryRecord",
    "KeyField",
    "Marketplace",
    "MarketplaceInfo",
    "OptIn",
    "OwnedRef",
    "PurchaseOutcome",
    "PurchaseRequest",
    "PurchaseResult",
    "QuoteBasis",
    "QuoteOption",
    "RecordState",
    "Redirect",
    "ReferenceField",
    "RefundPolicy",
    "Wanted",
    "WebShop",
]


class Capability(StrEnum):
    """What a marketplace really offers (DESIGN §5)."""

    SEARCH = "search"
    SEARCH_FEED = "search_feed"
    SEARCH_LINK = "search_link"
    QUOTE = "quote"
    PURCHASE_API = "purchase_api"
    PURCHASE_CHECKOUT = "purchase_checkout"
    PURCHASE_WEB = "purchase_web"
    ORDER_STATUS = "order_status"
    HISTORY = "history"
    DOWNLOAD_API = "download_api"
    DOWNLOAD_PICKUP = "download_pickup"
    SANDBOX = "sandbox"
    USAGE_REPORT = "usage_report"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRule:
    """How several purchases go into one call: the lists that their bodies are become one list."""

    most: int
    """How many listings one call takes."""
    results: str
    """The list in the answer in which each listing has its own outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketplaceInfo:
    """Everything about a marketplace that is not a call."""

    id: str
    name: str
    capabilities: frozenset[Capability]
    kinds: frozenset[MediaKind]
    auth: AuthConfig
    api_hosts: frozenset[str]
    """Hosts that may see a credential."""
    download_hosts: frozenset[str]
    """Hosts (or, with a leading dot, suffixes) that a file may come from."""
    requests_per_hour: int
    """Our own default ceiling; a configured value, not the vendor's word."""
    key_page_url: str
    """Where the user gets a key."""
    docs_page: str
    """File name of the page in ``docs/marketplaces``."""
    preview_hosts: frozenset[str] = frozenset()
    """Hosts (or, with a leading dot, suffixes) that previews come from; they never see a credential."""
    web: WebShop | None = None
    """With SEARCH_LINK, SEARCH_FEED, PURCHASE_WEB or DOWNLOAD_PICKUP: what the website offers instead."""
    contract_licenses: tuple[str, ...] = ()
    """Tiers that a contract can give where no answer names one; the user says in the settings which it is."""
    delivers_once: bool = False
    """True: the link comes with the purchase and can be asked for only there. A file that did not arrive is
    fetched by hand and picked up."""
    numbers_by_kind: bool = False
    """True: each kind of media is numbered by itself, so that one number can be a picture and a film."""
    sold_by_size: frozenset[MediaKind] = frozenset()
    """Kinds of which each size (``variant``, or a license that is named by one) is a purchase of its own. A
    license for anything else covers it in every size."""
    search_kinds: tuple[MediaKind, ...] = ()
    """Where one search asks for one kind: all of them, most wanted first. Empty: one asks for all."""
    opt_in: OptIn | None = None
    """What the user has to agree to before SEARCH is used here; None: nothing."""
    refund: RefundPolicy | None = None
    """How a purchase is given back here; no marketplace has an API for it."""
    bulk: BulkRule | None = None
    """How several purchases go into one call; None: one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of several ways to license a listing is wanted; empty fields leave it to the marketplace."""

    license_label: str = ""
    variant: str = ""
    account_id: str = ""


ANY = Wanted()
"""Whatever the marketplace would give first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteOption:
    """One way to license a listing: choose it by handing its ``wanted`` to ``quote``."""

    wanted: Wanted
    label: str
    """For people, such as ``Extended · 10 credits`` or ``Premium Access · 4K``."""
    cost: Cost | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceField:
    """Something that the account's administrator wants noted with each license (a project code, a PO)."""

    id: str
    label: str
    required: bool
    choices: tuple[str, ...] = ()
    """Allowed values; empty: any text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteBasis:
    """What the marketplace says about one offer, before we give it an id and an expiry.

    ``accounts`` are all the accounts (subscriptions) that could pay; the first fits best. An empty tuple
    with ``web_checkout`` false means that nothing the user has covers this listing.
    """

    listing: Listing
    license_label: str
    cost: Cost | None
    accounts: tuple[Balance, ...] = ()
    variant: str = ""
    web_checkout: bool = False
    why_not: str = ""
    """When nothing can pay: the reason in one sentence; empty when the quote is good."""
    options: tuple[QuoteOption, ...] = ()
    """The other ways to license it, the quoted one included; empty where there is only one."""
    references: tuple[ReferenceField, ...] = ()
    """What has to be noted with the purchase."""
    surcharge: str = ""
    """The marketplace's own sentence about a charge beyond what is paid for (Adobe's ``overage``)."""
    note: str = ""
    """What the marketplace says about the price, in its own words."""
    page_url: str = ""
    """Where the user can buy it on the website, when it cannot be bought from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseRequest:
    """All that a purchase call may depend on. ``key`` is our order's UUID."""

    key: str
    ref: ListingRef
    kind: MediaKind
    variant: str = ""
    account_id: str = ""
    license_label: str = ""
    search_id: str = ""
    editorial_acknowledged: bool = False
    project: str = ""
    client: str = ""
    purchase_order: str = ""
    references: tuple[tuple[str, str], ...] = ()
    """(``ReferenceField.id``, value) pairs."""
    surcharge_accepted: bool = False
    """True: somebody confirmed the quote's ``surcharge``, word for word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadLink:
    """Where one file is. A secret while it is valid: never logged, stored or shown.

    ``name`` is the vendor's file name, as it came. ``size`` in bytes and ``sha256`` when the vendor tells.
    """

    url: str
    name: str
    size: int | None = None
    sha256: str | None = None
    token_parameter: str = ""
    """The query parameter in which the host wants the account's token (Adobe's ``token``); the downloader
    adds it, and only for a host of ``api_hosts``."""
    unencrypted: bool = False
    """A plain http address: never opened, since anybody on the way could put another file in its place."""

    def __repr__(self) -> str:
        return f"DownloadLink(name={self.name!r}, size={self.size!r}, url=<signed>)"


class PurchaseOutcome(StrEnum):
    """How a purchase call ended."""

    PAID = "paid"
    CHECKOUT = "checkout"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseResult:
    """The marketplace's answer to a purchase, or what its records say about one."""

    outcome: PurchaseOutcome
    marketplace_order_id: str = ""
    marketplace_license_id: str = ""
    license_label: str = ""
    charged: Cost | None = None
    checkout_url: str = ""
    why_not: str = ""
    """With REFUSED: the marketplace's reason, in its words."""
    balance: Balance | None = None
    """What is left after it, where the answer tells."""
    links: tuple[DownloadLink, ...] = ()
    """Links that came with the answer, good for a short time. Never stored; ``download_links`` gives fresh
    ones where the license type allows it."""


class RecordState(StrEnum):
    """What an entry of a marketplace's own history says."""

    PAID = "paid"
    UNPAID = "unpaid"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    UNRECOGNIZED = "unrecognized"
    """A status word that we do not know; treated as not paid until a download proves otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRecord:
    """One entry of a marketplace's own history of what the account bought or licensed."""

    ref: ListingRef
    state: RecordState
    marketplace_order_id: str
    kind: MediaKind | None = None
    """What it is, where one list holds several kinds and the entry tells."""
    variant: str = ""
    """In which size it was licensed, as ``PurchaseRequest.variant`` names them; empty: not told."""
    marketplace_license_id: str = ""
    key: str = ""
    """Our order key, when the marketplace gives it back; empty when it does not."""
    license_label: str = ""
    account_id: str = ""
    at: datetime | None = None
    charged: Cost | None = None
    checkout_url: str = ""
    raw_state: str = ""
    downloadable: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """One page of history, newest first where the vendor can sort."""

    records: tuple[HistoryRecord, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """Which history is wanted. ``since`` is inclusive."""

    ref: ListingRef | None = None
    kind: MediaKind = MediaKind.IMAGE
    since: datetime | None = None
    cursor: str | None = None
    license_label: str = ""
    """With ``ref``: the license that was ordered, for vendors that are asked for one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedRef:
    """Names what we own at the marketplace, to ask for its files."""

    ref: ListingRef
    kind: MediaKind
    marketplace_order_id: str = ""
    marketplace_license_id: str = ""
    variant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who the credentials belong to, and what they can pay with; for "test connection"."""

    user_name: str
    balances: tuple[Balance, ...] = ()
    note: str = ""


class Marketplace(Protocol):
    """The names and signatures that every marketplace module has, in this order."""

    @property
    def INFO(self) -> MarketplaceInfo:  # noqa: N802 - a module constant
        """Everything that is not a call."""
        ...

    def account(self) -> Steps[Account]:
        """Ask who we are and what is left to pay with."""
        ...

    def search(self, query: SearchQuery) -> Call[SearchPage]:
        """Find listings."""
        ...

    def listing(self, ref: ListingRef, kind: MediaKind) -> Call[Listing]:
        """Read one listing in full."""
        ...

    def quote(self, listing: Listing, wanted: Wanted = ANY) -> Steps[QuoteBasis]:
        """Find out what this listing costs us now, and under which license. Never a billable call."""
        ...

    def purchase(self, request: PurchaseRequest) -> Call[PurchaseResult]:
        """Buy or order; the one SPENDING call."""
        ...

    def order_status(self, owned: OwnedRef) -> Call[HistoryRecord]:
        """Read one order; only with ORDER_STATUS."""
        ...

    def download_links(self, owned: OwnedRef) -> Steps[tuple[DownloadLink, ...]]:
        """Ask for the files of what is owned, free of charge."""
        ...

    def history(self, query: HistoryQuery) -> Call[HistoryPage]:
        """Read the marketplace's own record of what this account bought."""
        ...
