"""What a marketplace's website offers where there is no API, as values: addresses, tiers, policies. Pure.

A module fills these in with what its vendor publishes; nothing here knows one particular marketplace.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, unquote, urlencode

from ..http.message import clean_text
from ..model.listing import MediaKind

MAX_QUERY = 200
MAX_ADDRESS = 4000
_CATEGORY_PARTS = re.compile(r"[>/|»›]")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLicense:
    """A license tier that a buyer chooses on the website, and what to look for."""

    label: str
    """The vendor's own word; maps to terms like any label."""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebShop:
    """The website as far as we hand over to it."""

    search_url: str
    """Address of the website's own search."""
    query_parameter: str
    """Name of the parameter that takes the words."""
    page_url: str
    """Address of a product's page, with ``{id}`` in it."""
    id_pattern: str
    """Regular expression with a group ``id`` that finds the product's id in an address of the website."""
    orders_url: str
    """Where the buyer sees orders and invoices."""
    fixed_parameters: tuple[tuple[str, str], ...] = ()
    """Further parameters of every search."""
    licenses: tuple[WebLicense, ...] = ()
    """What the user chooses from after buying."""
    delivery: str = ""
    """One sentence: how the file gets from the website to this machine."""
    feed_source: str = ""
    """One sentence: where the user gets a product feed; with SEARCH_FEED."""
    category_kinds: tuple[tuple[str, MediaKind], ...] = ()
    """How the website's categories begin, such as ``2d/textures``, and what is sold there."""

    def search_link(self, words: str, extra: Iterable[tuple[str, str]] = ()) -> str:
        """Return the address of the website's search for these words."""
        parameters = [(self.query_parameter, clean_text(words, limit=MAX_QUERY))]
        return f"{self.search_url}?{urlencode([*parameters, *self.fixed_parameters, *extra])}"

    def product_page(self, listing_id: str) -> str:
        """Return the address of a product's page."""
        return self.page_url.replace("{id}", quote(listing_id, safe=""))

    def find_id(self, address: str) -> str:
        """Return the product's id that an address of the website holds; empty when there is none.

        Partner links carry the website's address inside their own, with escapes: that one is found too.
        """
        text = address[:MAX_ADDRESS]
        found = re.search(self.id_pattern, text)
        if found is None and "%" in text:
            found = re.search(self.id_pattern, unquote(unquote(text)))
        return found.group("id") if found else ""

    def is_own_id(self, listing_id: str) -> bool:
        """Say whether a text has the form of the website's product ids."""
        return bool(listing_id) and self.find_id(self.product_page(listing_id)) == listing_id

    def kind_of(self, category: str) -> MediaKind | None:
        """Return what is sold under a category ("3D > Props", ``3d/props``); None when that is not known.

        The first parts of a longer path are tried too: feeds put the shop's name in front.
        """
        parts = [part.strip().lower() for part in _CATEGORY_PARTS.split(category)]
        for start in range(min(3, len(parts))):
            path = "/".join(parts[start:])
            for beginning, kind in self.category_kinds:
                if path == beginning or path.startswith((f"{beginning}/", f"{beginning} ", f"{beginning}-")):
                    return kind
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptIn:
    """What the user has to know and agree to before something is used that the vendor does not invite."""

    label: str
    explanation: str
    terms_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPolicy:
    """How the marketplace takes a purchase back, as it was read on a day. In our own words."""

    summary: str
    how: str
    """What the user does, in one or two sentences."""
    url: str
    read_on: date
    window_days: int | None = None
    """Within how many days; None: not stated, or it depends."""
    confirmed: bool = True
    """False: second hand, or not read in full."""
