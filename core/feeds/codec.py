"""Writes listings small and reads them back, and says what of a listing is searched. Pure."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import date
from typing import Any

from ..model.listing import Listing, ListingRef, MediaKind, Offer, Preview
from ..model.money import Money, decode_cost, encode_cost

INDEX_VERSION = 1
"""Raise it with every change of ``index_texts``: what is searched is then written anew."""
MAX_INDEXED_DESCRIPTION = 1_500
_PLAIN = (
    "page_url", "description", "author", "collection", "editorial", "animated", "rigged", "pbr", "polygons",
    "width", "height", "duration_s", "ai_generated", "premium",
)  # fmt: skip
_SMALL = 1_500
"""Shorter texts are not worth the time that packing takes, a million times."""
FLAGS = ("editorial", "animated", "rigged", "pbr", "ai_generated", "premium")

# Words that nobody types: what a listing is, for filters that are answered by the same index as the words.
MARK = "zq7"


def encode(listing: Listing) -> bytes:
    """Write a listing; its marketplace and day are kept elsewhere."""
    told: dict[str, Any] = {"t": listing.title, "k": listing.kind.value}
    for name in _PLAIN:
        if (value := getattr(listing, name)) not in ("", None):
            told[name] = value
    if listing.offers:
        told["o"] = [[offer.license_label, encode_cost(offer.cost)] for offer in listing.offers]
    if listing.previews:
        told["p"] = [preview.url for preview in listing.previews]
    if listing.formats:
        told["f"] = listing.formats
    if listing.tags:
        told["g"] = listing.tags
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return text if len(text) < _SMALL else b"z" + zlib.compress(text, 1)


def decode(marketplace: str, listing_id: str, written: bytes, day: date | None) -> Listing:
    """Read a listing back."""
    told = json.loads(zlib.decompress(written[1:]) if written[:1] == b"z" else written)
    plain = {name: told[name] for name in _PLAIN if name in told}
    found = Listing(
        ref=ListingRef(marketplace=marketplace, id=listing_id),
        title=told["t"],
        kind=MediaKind(told["k"]),
        offers=tuple(Offer(license_label=label, cost=decode_cost(cost)) for label, cost in told.get("o", ())),
        previews=tuple(Preview(url=url) for url in told.get("p", ())),
        formats=tuple(told.get("f", ())),
        tags=tuple(told.get("g", ())),
        **plain,
    )
    return replace(found, price_as_of=day) if day else found


def read_texts(written: bytes) -> tuple[str, str, str, str, str]:
    """Return the same texts as :func:`index_texts`, without the marks, in a third of the time."""
    told = json.loads(zlib.decompress(written[1:]) if written[:1] == b"z" else written)
    return (
        told["t"],
        told.get("author", ""),
        " ".join(told.get("g", ())),
        told.get("collection", ""),
        told.get("description", "")[:MAX_INDEXED_DESCRIPTION],
    )


def price_of(listing: Listing) -> Money | None:
    """Return the price that a listing is found by."""
    cost = listing.offers[0].cost if listing.offers else None
    return cost if isinstance(cost, Money) else None


def index_texts(listing: Listing) -> tuple[str, str, str, str, str, str]:
    """Return what is searched: title, author, tags, collection, description, marks."""
    return (
        listing.title,
        listing.author,
        " ".join(listing.tags),
        listing.collection,
        listing.description[:MAX_INDEXED_DESCRIPTION],
        " ".join(marks_of(listing)),
    )


def marks_of(listing: Listing) -> list[str]:
    """Return the marks of everything that can be filtered by yes or no."""
    price = price_of(listing)
    found = [f"{MARK}kind{listing.kind.value}", *(f"{MARK}format{name}" for name in listing.formats)]
    flags = ((name, getattr(listing, name)) for name in FLAGS)
    found += [mark(name, yes=value) for name, value in flags if value is not None]
    if price is not None:
        found.append(f"{MARK}currency{price.currency.lower()}")
    return found


def mark(name: str, *, yes: bool) -> str:
    """Return the mark of a flag."""
    return f"{MARK}{name.replace('_', '')}{'yes' if yes else 'no'}"
