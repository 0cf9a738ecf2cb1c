"""What all marketplace modules make of answers: pages of results, previews, refusals, quotes on plans. Pure.

Nothing here knows one particular marketplace.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from ..errors import NotFound, UnexpectedResponse
from ..http.message import vendor_words
from ..model.listing import (
    Facet,
    Listing,
    ListingRef,
    Orientation,
    Preview,
    SearchFilters,
    SearchPage,
    SearchQuery,
    Sort,
)
from ..model.money import Balance, Money
from .base import (
    DownloadLink,
    HistoryPage,
    HistoryQuery,
    HistoryRecord,
    MarketplaceInfo,
    PurchaseOutcome,
    PurchaseResult,
)
from .calls import asked_filters
from .reading import Node, file_name_in

P = TypeVar("P")

MAX_PAGES = 1000
"""No list is read further than this, whatever the vendor says; our own bound against endless answers."""

TOTALS = ("total_count", "total", "result_count", "nb_results")
"""What marketplaces call the number of all that a list has."""

CLIENT_FILTERS: Mapping[str, Callable[[Listing, SearchFilters], bool]] = {
    "exclude_editorial": lambda listing, _: listing.editorial is not True,
    "editorial_only": lambda listing, _: listing.editorial is not False,
    "formats": lambda listing, asked: (
        not listing.formats
        or bool(set(listing.formats) & {name.lower().lstrip(".") for name in asked.formats})
    ),
    "exclude_ai": lambda listing, _: listing.ai_generated is not True,
    "premium": lambda listing, asked: listing.premium in (None, asked.premium),
    "animated": lambda listing, asked: listing.animated in (None, asked.animated),
    "rigged": lambda listing, asked: listing.rigged in (None, asked.rigged),
    "pbr": lambda listing, asked: listing.pbr in (None, asked.pbr),
    "max_polygons": lambda listing, asked: _within(listing.polygons, asked.max_polygons),
    "min_width": lambda listing, asked: _within(asked.min_width, listing.width),
    "min_height": lambda listing, asked: _within(asked.min_height, listing.height),
    "min_duration_s": lambda listing, asked: _within(asked.min_duration_s, listing.duration_s),
    "max_duration_s": lambda listing, asked: _within(listing.duration_s, asked.max_duration_s),
    "collection": lambda listing, asked: (
        not listing.collection
        or asked.collection.casefold()
        in (listing.collection.casefold(), *listing.collection.casefold().split("/"))
    ),
    "orientation": lambda listing, asked: _has_shape(listing, asked.orientation),
}
"""Filters that a listing tells enough for. What it does not tell is kept: the policy looks at it again."""

_PRICES: Mapping[str, Callable[[Listing, SearchFilters], bool]] = {
    "min_price": lambda listing, asked: _costs(
        listing, lambda amount: _within(_amount(asked.min_price), amount)
    ),
    "max_price": lambda listing, asked: _costs(
        listing, lambda amount: _within(amount, _amount(asked.max_price))
    ),
}
"""For those who sent the limit in a coarser form: amounts are compared as they are, whatever the currency."""


def _costs(listing: Listing, fits: Callable[[Decimal], bool]) -> bool:
    amounts = [offer.cost.decimal for offer in listing.offers if isinstance(offer.cost, Money)]
    return not amounts or any(fits(amount) for amount in amounts)


def _amount(limit: Money | None) -> Decimal | None:
    return None if limit is None else limit.decimal


def _within(low: float | Decimal | None, high: float | Decimal | None) -> bool:
    return low is None or high is None or low <= high


def _has_shape(listing: Listing, asked: Orientation | None) -> bool:
    if listing.width is None or listing.height is None or asked is None:
        return True
    match asked:
        case Orientation.HORIZONTAL:
            return listing.width > listing.height
        case Orientation.VERTICAL:
            return listing.width < listing.height
        case Orientation.SQUARE:
            return listing.width == listing.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A subscription, product or contract that may pay for a listing.

    ``fits`` is false when it is for other media. ``variants`` None: it does not say which it covers.
    """

    balance: Balance
    fits: bool
    expired: bool
    variants: frozenset[str] | None

    @property
    def current(self) -> bool:
        """Whether it is for this kind of media and still runs."""
        return self.fits and not self.expired

    @property
    def pays(self) -> bool:
        """Whether it is current with something left; a plan that does not tell is taken to have something."""
        left = self.balance.left
        return self.current and (left is None or (left.minor if isinstance(left, Money) else left.amount) > 0)


def why_no_plan(plans: Sequence[Plan], variants: Collection[str], *, no_plan: str) -> str:
    """Say in one sentence why none of the plans pays for any of the sizes (``variants``) that there are.

    ``no_plan`` is said when there is no plan for this kind of media at all.
    """
    if not any(plan.fits for plan in plans):
        return no_plan
    if not any(plan.current for plan in plans):
        return "The subscription for this has expired. Renew it on the marketplace's website."
    if not any(plan.pays for plan in plans):
        return "All downloads of the subscription are used up. Wait for its renewal, or add some."
    if not variants:
        return "The marketplace licenses none of the sizes of this that can be used here."
    return "The subscription covers none of the sizes of this. Look at what the plan includes."


def refused(words: object) -> PurchaseResult:
    """Return a purchase that the marketplace refused in so many words (an error body, or a part of one)."""
    return PurchaseResult(outcome=PurchaseOutcome.REFUSED, why_not=vendor_words(words) or "no reason given")


def read_some(nodes: Sequence[Node], read: Callable[[Node], P]) -> tuple[list[P], int]:
    """Read the items of a list of results; return them, and how many are not of the documented form.

    One odd result must not cost the others. Raises UnexpectedResponse when all of them are odd.
    """
    found: list[P] = []
    first: UnexpectedResponse | None = None
    for node in nodes:
        try:
            found.append(read(node))
        except UnexpectedResponse as error:
            first = first or error
    if first is not None and not found:
        raise first
    return found, len(nodes) - len(found)


def search_page(
    query: SearchQuery,
    listings: Iterable[Listing],
    *,
    total: int | None,
    on_server: Collection[str],
    sorts: Collection[Sort],
    page: int = 1,
    offset: int | None = None,
    facets: tuple[Facet, ...] = (),
    per_page: int | None = None,
    sent_coarsely: Collection[str] = (),
    never_told: Collection[str] = (),
    left_out: int = 0,
) -> SearchPage:
    """Return a page of results with the filters applied that the server did not do, and name the others.

    ``offset`` in place of ``page``: the vendor counts rows, and so does the cursor. ``per_page`` is what the
    vendor gives where it is less than was asked for. ``sent_coarsely`` are the filters among ``on_server``
    that the server can only do roughly: they are applied here once more. ``never_told`` are filters on facts
    that this vendor's answers never hold: they are named as not applied. ``left_out`` is :func:`read_some`'s.
    """
    found, size = tuple(listings), per_page or query.per_page
    known = {**CLIENT_FILTERS, **_PRICES}
    left_over = [name for name in asked_filters(query.filters) if name not in on_server]
    here = tuple(name for name in left_over if name in CLIENT_FILTERS and name not in never_told)
    ignored = tuple(name for name in left_over if name not in here)
    return SearchPage(
        listings=tuple(
            x for x in found if all(known[name](x, query.filters) for name in (*here, *sent_coarsely))
        ),
        total=total,
        next_cursor=next_cursor(
            page=page, per_page=size, count=len(found) + left_out, total=total, offset=offset
        ),
        client_filters=here,
        ignored_filters=ignored if query.sort in sorts else (*ignored, "sort"),
        facets=facets,
        left_out=left_out,
    )


def next_cursor(
    *, page: int = 1, per_page: int, count: int, total: int | None, offset: int | None = None
) -> str | None:
    """Return the cursor of the page after this one, or None at the end.

    ``count`` is what this page held. Without a ``total`` a full page is taken to have a next one. With an
    ``offset`` the cursor is the number of rows to pass over, else the page's number.
    """
    end = page * per_page if offset is None else offset + per_page
    if count == 0 or end >= MAX_PAGES * per_page:
        return None
    more = count >= per_page if total is None else end < total
    if not more:
        return None
    return str(page + 1 if offset is None else end)


def history_reader(
    query: HistoryQuery,
    read: Callable[[Node], HistoryRecord],
    *,
    per_page: int | None,
    page: int = 1,
    offset: int | None = None,
    name: str = "data",
) -> Callable[[Node], HistoryPage]:
    """Return a reader of a page of history: a list, bare or under a name, perhaps with a total.

    ``per_page`` None: the vendor's is not known, and without a total there is no next page. What was not
    asked for is dropped, in case the server does not filter; a record whose listing or time is not told
    stays: nothing that may be ours is passed over.
    """

    def wanted(record: HistoryRecord) -> bool:
        return (
            (query.ref is None or not record.ref.id or record.ref == query.ref)
            and (query.since is None or record.at is None or record.at >= query.since)
            and record.kind in (None, query.kind)
        )

    def read_page(answer: Node) -> HistoryPage:
        listed = isinstance(answer.value, list)
        records = [read(item) for item in (answer if listed else answer.at(name)).items()]
        total = None if listed else answer.either(*TOTALS).hint_integer()
        size = (None if listed else answer.at("per_page").hint_integer()) or per_page
        cursor = None
        if size is not None or total is not None:
            size, count = size or len(records), len(records)
            cursor = next_cursor(page=page, per_page=size, count=count, total=total, offset=offset)
        return HistoryPage(records=tuple(filter(wanted, records)), next_cursor=cursor)

    return read_page


def read_each(read: Callable[[Node], P], name: str) -> Callable[[Node], tuple[P, ...]]:
    """Return a reader of a list under a name."""
    return lambda answer: tuple(read(item) for item in answer.at(name).items())


def take_listing(
    info: MarketplaceInfo, ref: ListingRef, read: Callable[[Node], Listing], name: str
) -> Callable[[Node], Listing]:
    """Return a reader of a list that leaves out what is gone; raise NotFound when the listing is."""

    def read_it(answer: Node) -> Listing:
        found = next((one for row in answer.at(name).items() if (one := read(row)).ref == ref), None)
        if found is None:
            words = f"{info.name} does not have this, or no longer. Search again."
            raise NotFound(words, marketplace=info.id, context={"path": name})
        return found

    return read_it


def read_link(fallback: str, node: Node) -> DownloadLink:
    """Read a download link under ``url``; the file is called by its address, else by the fallback."""
    url = node.at("url").url()
    return DownloadLink(url=url, name=file_name_in(url) or fallback)


def read_bought_link(fallback: str, address: Node) -> DownloadLink:
    """Read the link in the answer to a purchase; without a fallback only the file itself tells its name.

    What was paid is paid, even if the link is no good: one without encryption is marked, and not used.
    """
    is_plain = address.is_plain_http()
    url = str(address.value) if is_plain else address.url()
    return DownloadLink(url=url, name=fallback and (file_name_in(url) or fallback), unencrypted=is_plain)


def read_user_name(node: Node) -> str:
    """Read whose credentials these are."""
    return node.either("username", "email", "id").identifier()


def read_flat_previews(item: Node, names: Iterable[str]) -> tuple[Preview, ...]:
    """Read previews whose parts are fields of the listing itself: ``<name>_url`` and so on."""
    parts = ("url", "width", "height")
    told = ({part: item.at(f"{name}_{part}").value for part in parts} for name in names)
    return read_previews(Node(value=value) for value in told)


def read_previews(nodes: Iterable[Node]) -> tuple[Preview, ...]:
    """Read previews: addresses, or objects with ``url`` or ``uri`` and their size; drop unusable ones."""
    found = []
    for node in nodes:
        if isinstance(node.value, str):
            found.append(Preview(url=node.hint_url()))
        elif isinstance(node.value, dict):
            width, height = node.at("width").hint_integer(), node.at("height").hint_integer()
            url = node.either("url", "uri").hint_url()
            found.append(Preview(url=url, width=width or 0, height=height or 0))
    return tuple(preview for preview in found if preview.url)
