"""What a listing promises, as facts and as the JSON text that is kept with its quote."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from datetime import date

from ..model.delivery import OfferedFacts, OfferSource
from ..model.listing import Listing, MediaKind

NOT_KNOWN = OfferedFacts()
_MAX_FORMATS = 100


def read_offer(listing: Listing, *, source: OfferSource, as_of: date, variant: str = "") -> OfferedFacts:
    """Take from a listing what can be held against files."""
    return OfferedFacts(
        source=source,
        as_of=as_of.isoformat(),
        kind=listing.kind,
        formats=tuple(dict.fromkeys(one.lower().lstrip(".") for one in listing.formats if one))[
            :_MAX_FORMATS
        ],
        polygons=listing.polygons,
        rigged=listing.rigged,
        animated=listing.animated,
        pbr=listing.pbr,
        width=listing.width,
        height=listing.height,
        duration_s=listing.duration_s,
        variant=variant,
    )


def says_anything(offer: OfferedFacts) -> bool:
    """Say whether the offer holds anything that could be held against files."""
    told = (
        offer.polygons, offer.rigged, offer.animated, offer.pbr, offer.width, offer.height, offer.duration_s,
    )  # fmt: skip
    return bool(offer.formats) or any(one is not None for one in told)


def encode_offer(offer: OfferedFacts) -> str:
    """Write an offer as JSON, sorted and without what was not told."""
    told = {name: value for name, value in asdict(offer).items() if value not in (None, "", ())}
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def decode_offer(text: str) -> OfferedFacts:
    """Read what :func:`encode_offer` wrote; what is of another form, by a newer version, is left out."""
    try:
        told = json.loads(text)
    except ValueError:
        return NOT_KNOWN
    if not isinstance(told, dict):
        return NOT_KNOWN
    formats = told.get("formats")
    offer = OfferedFacts(
        source=_one_of(OfferSource, told.get("source"), OfferSource.NOBODY),
        as_of=_text(told.get("as_of")),
        formats=tuple(one for one in formats if isinstance(one, str)) if isinstance(formats, list) else (),
        polygons=_count(told.get("polygons")),
        rigged=_flag(told.get("rigged")),
        animated=_flag(told.get("animated")),
        pbr=_flag(told.get("pbr")),
        width=_count(told.get("width")),
        height=_count(told.get("height")),
        duration_s=_number(told.get("duration_s")),
        variant=_text(told.get("variant")),
    )
    kind = told.get("kind")
    return replace(offer, kind=MediaKind(kind)) if kind in tuple(MediaKind) else offer


def _one_of(kind: type[OfferSource], value: object, otherwise: OfferSource) -> OfferSource:
    return next((one for one in kind if one == value), otherwise)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return None
    return float(value)
