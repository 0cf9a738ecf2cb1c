"""What a marketplace offers: references, listings, offers, searches and their pages."""

from __future__ import annotations

from dataclasses import dataclass, field
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
    search_id: str = ""
    """The vendor's id of the search that found it, where later calls want it back (Shutterstock)."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilters:
    """Commercial filters; None or empty means "do not care"."""

    exclude_editorial: bool = False
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
    min_height: int | None = None
    enhanced_license: bool = False


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
class SearchPage:
    """One page of one marketplace's results."""

    listings: tuple[Listing, ...]
    total: int | None = None
    next_cursor: str | None = None
    client_filters: tuple[str, ...] = ()
    """Names of ``SearchFilters`` fields that the server could not do and that were applied here."""
    ignored_filters: tuple[str, ...] = ()
    """Names of ``SearchFilters`` fields (or ``sort``) that could not be applied at all."""
