"""What a marketplace offers: references, listings, offers, searches and their pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from .money import Cost, Money


class MediaKind(StrEnum):
    """What a listing is, as far as a scene is concerned."""

    MODEL = "model"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingRef:
    """Names one listing of one marketplace; written ``cgtrader:123``."""

    marketplace: str
    id: str

    def __str__(self) -> str:
        return f"{self.marketplace}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> ListingRef:
        """Read ``marketplace:id``; raise ValueError when it is not of that form."""
        marketplace, colon, listing_id = text.strip().partition(":")
        if not (marketplace and colon and listing_id):
            raise ValueError(f"{text!r} is not of the form marketplace:id, such as cgtrader:123")
        return cls(marketplace=marketplace.lower(), id=listing_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A picture of a listing that may be shown without buying; sizes in pixels, 0 when not told."""

    url: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A license option as advertised. ``license_label`` is the vendor's own word, never translated."""

    license_label: str
    cost: Cost | None = None
    """None: the marketplace names no price before it is asked for a quote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """A deliverable file that the listing names. ``size`` in bytes; None when not told."""

    id: str
    name: str
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One thing on sale. A field that the marketplace did not tell is None or empty, never guessed."""

    ref: ListingRef
    title: str
    kind: MediaKind
    offers: tuple[Offer, ...]
    page_url: str = ""
    description: str = ""
    author: str = ""
    previews: tuple[Preview, ...] = ()
    files: tuple[ListedFile, ...] = ()
    formats: tuple[str, ...] = ()
    """Lower-case file endings without the dot."""
    tags: tuple[str, ...] = ()
    editorial: bool | None = None
    animated: bool | None = None
    rigged: bool | None = None
    pbr: bool | None = None
    polygons: int | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    ai_generated: bool | None = None
    """Made by generative AI, where the marketplace tells."""
    premium: bool | None = None
    """Sold at a premium price, where the marketplace tells."""
    collection: str = ""
    """The marketplace's own collection or category, in its words."""
    price_as_of: date | None = None
    """With prices from a product feed: the day the feed was made. None: the price is today's."""
    search_id: str = ""
    """The vendor's id of the search that found it, where later calls want it back (Shutterstock)."""

    @property
    def key(self) -> str:
        """What tells it from all other listings: one number can be a picture and a film."""
        return key_of(self.ref, self.kind)


def key_of(ref: ListingRef | str, kind: MediaKind | str) -> str:
    """Return :attr:`Listing.key` where there is no listing at hand."""
    return f"{ref} {kind}"


class Sort(StrEnum):
    """Orders of search results; a marketplace maps what it has and reports the rest as not applied."""

    RELEVANCE = "relevance"
    POPULAR = "popular"
    NEWEST = "newest"
    PRICE_LOW = "price_low"
    PRICE_HIGH = "price_high"


class Orientation(StrEnum):
    """Shape of an image."""

    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"
    SQUARE = "square"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilters:
    """Commercial filters; None or empty means "do not care".

    Every marketplace maps what its server can do; the rest is done on the answer where a listing tells
    enough, or named as not applied (:class:`SearchPage`).
    """

    exclude_editorial: bool = False
    editorial_only: bool = False
    exclude_ai: bool = False
    """Leave out what generative AI made."""
    premium: bool | None = None
    """True: premium prices only; False: none of them."""
    collection: str = ""
    """A collection or category, in the marketplace's own word or code."""
    min_price: Money | None = None
    max_price: Money | None = None
    formats: tuple[str, ...] = ()
    max_polygons: int | None = None
    animated: bool | None = None
    rigged: bool | None = None
    pbr: bool | None = None
    low_poly: bool | None = None
    orientation: Orientation | None = None
    min_width: int | None = None
    """Pixels."""
    min_height: int | None = None
    """Pixels; a video's resolution too (2160 is 4K)."""
    min_duration_s: int | None = None
    max_duration_s: int | None = None
    enhanced_license: bool = False
    """Only what can be licensed on the marketplace's wider terms (enhanced, extended)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """A search as the user means it. ``cursor`` None is the first page; else ``SearchPage.next_cursor``."""

    text: str
    kind: MediaKind | None = None
    sort: Sort = Sort.RELEVANCE
    filters: SearchFilters = field(default_factory=SearchFilters)
    per_page: int = 24
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetValue:
    """One value that results have, and how many the marketplace counts under it."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """What results can be narrowed by, as the marketplace counts it over all of them.

    ``name`` is a field of :class:`SearchFilters` that takes ``FacetValue.value``, such as ``collection``.
    """

    name: str
    label: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """One page of one marketplace's results."""

    listings: tuple[Listing, ...]
    total: int | None = None
    next_cursor: str | None = None
    client_filters: tuple[str, ...] = ()
    """Names of ``SearchFilters`` fields that the server could not do and that were applied here."""
    ignored_filters: tuple[str, ...] = ()
    """Names of ``SearchFilters`` fields (or ``sort``) that could not be applied at all."""
    left_out: int = 0
    """Results that were not of the form that the marketplace documents."""
    notes: tuple[str, ...] = ()
    """Sentences for the user: what was not searched, and how to."""
    facets: tuple[Facet, ...] = ()
