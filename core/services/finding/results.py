"""Puts together what several marketplaces found: one list in fair order, equals, counts. Pure."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

from ...model.listing import Facet, FacetValue, Listing, ListingRef, MediaKind, key_of
from .search_kinds import interleave

Name = tuple[ListingRef, MediaKind]

# Words that titles end with and that say nothing: "Oak chair 3D model" is the oak chair.
_FILLERS = frozenset({"3d", "model", "models", "3dmodel"})


def merge(
    known: Iterable[Listing],
    new: Iterable[Listing],
    *,
    shown: int | None = None,
    order: Sequence[str] = (),
    by_kind: Collection[str] = (),
) -> list[Listing]:
    """Add listings that are not there yet: what is shown stays where it is, the rest comes in turns.

    The first ``shown`` of ``known`` keep their places (None: all of them). Below, each marketplace gives its
    next best in turn, so that the fastest does not fill the page; marketplaces take turns as in ``order``, or
    by their ids. Those of ``by_kind`` were asked kind by kind: there the kinds take turns. The result does
    not depend on who answered first.
    """
    listings = list(known)
    fixed = len(listings) if shown is None else max(0, min(shown, len(listings)))
    kept = {name_of(listing): listing for listing in listings[:fixed]}
    queues: dict[str, dict[Name, Listing]] = {}
    for listing in (*listings[fixed:], *new):
        if name_of(listing) not in kept:
            queues.setdefault(listing.ref.marketplace, {}).setdefault(name_of(listing), listing)
    places = {marketplace: place for place, marketplace in enumerate(order)}
    turns = sorted(queues, key=lambda marketplace: (places.get(marketplace, len(places)), marketplace))
    waiting = [_in_turns(queues[one].values(), by_kind=one in by_kind) for one in turns]
    dealt = [
        queue[rank]
        for rank in range(max(map(len, waiting), default=0))
        for queue in waiting
        if rank < len(queue)
    ]
    return [*kept.values(), *dealt]


def name_of(listing: Listing) -> Name:
    """Return what tells a listing from all others: one number can be a picture and a film."""
    return listing.ref, listing.kind


def _in_turns(listings: Iterable[Listing], *, by_kind: bool) -> list[Listing]:
    kinds: dict[MediaKind, list[Listing]] = {}
    for listing in listings:
        kinds.setdefault(listing.kind if by_kind else MediaKind.OTHER, []).append(listing)
    return interleave([kinds[kind] for kind in MediaKind if kind in kinds])


def find_equals(listings: Iterable[Listing]) -> dict[str, tuple[ListingRef, ...]]:
    """Return, for each listing that other marketplaces sell too, where else: by ``Listing.key``.

    Equal are listings of one kind with the same title and author, but for case, accents, punctuation and
    words such as "3D model". Without an author nothing is known to be equal; nor are two of one marketplace.
    """
    groups: dict[tuple[str, ...], dict[ListingRef, None]] = {}
    for listing in _once(listings):
        title, author = _fold(listing.title, fillers=_FILLERS), _fold(listing.author)
        if title and author:
            groups.setdefault((listing.kind, title, author), {})[listing.ref] = None
    return {
        key_of(ref, MediaKind(kind)): tuple(other for other in group if other.marketplace != ref.marketplace)
        for (kind, *_), group in groups.items()
        if len({ref.marketplace for ref in group}) > 1
        for ref in group
    }


def count_facets(listings: Iterable[Listing]) -> tuple[Facet, ...]:
    """Count what was found by marketplace, kind, format, editorial use and license; the most first.

    Only what listings tell is counted. A facet that has nothing, or the same value for all, is left out.
    """
    found = _once(listings)
    facets = []
    for name, label, values_of in _FACETS:
        counts = Counter(value for listing in found for value in set(values_of(listing)) if value)
        if counts and not (len(counts) == 1 and counts.total() == len(found)):
            ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
            values = tuple(FacetValue(value=value, label=value, count=count) for value, count in ranked)
            facets.append(Facet(name=name, label=label, values=values))
    return tuple(facets)


def has_value(listing: Listing, facet: str, value: str) -> bool:
    """Say whether a listing is counted under this value of a facet of :func:`count_facets`."""
    return any(value in values_of(listing) for name, _label, values_of in _FACETS if name == facet)


def _once(listings: Iterable[Listing]) -> list[Listing]:
    """Return each listing once, as it was first found."""
    found: dict[Name, Listing] = {}
    for listing in listings:
        found.setdefault(name_of(listing), listing)
    return list(found.values())


def _editorial(listing: Listing) -> tuple[str, ...]:
    return () if listing.editorial is None else ("editorial" if listing.editorial else "commercial",)


_FACETS: tuple[tuple[str, str, Callable[[Listing], Sequence[str]]], ...] = (
    ("marketplace", "Marketplace", lambda listing: (listing.ref.marketplace,)),
    ("kind", "Kind", lambda listing: (listing.kind.value,)),
    ("formats", "Format", lambda listing: listing.formats),
    ("editorial", "Use", _editorial),
    ("license", "License", lambda listing: tuple(offer.license_label for offer in listing.offers)),
)


def _fold(text: str, *, fillers: frozenset[str] = frozenset()) -> str:
    """Return a text as titles are compared."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    words = letters.split()
    told = [word for word in words if word not in fillers]
    return " ".join(told or words)
