"""What all marketplace modules build their calls from: addresses, pages, filters and refusals. Pure.

Nothing here knows one particular marketplace.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from math import ceil, floor
from typing import Any, TypeVar
from urllib.parse import quote

from ..errors import MarketplaceError, NotSupported, UserInputError
from ..http.message import Auth, Call, Idempotency, Json, Request, clean_text, encode_json
from ..model.listing import ListingRef, MediaKind, SearchFilters
from ..model.money import Money
from .base import MarketplaceInfo
from .reading import MAX_ID, Node

P = TypeVar("P")

RefusalErrors = Mapping[str | int, tuple[type[MarketplaceError], str, str]]
"""By a vendor's error code, or by a status: what it really is, our code for it, and the sentence."""

MAX_QUERY_LENGTH = 1000
MAX_WORDS_LENGTH = 200
MAX_DIGITS = 16
_ACCEPT = (("Accept", "application/json"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A marketplace's API address; builds its calls."""

    info: MarketplaceInfo
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    """What the vendor wants to see on every call, such as the name of this product."""
    error_codes: tuple[tuple[int, int], ...] = ()
    """The vendor's own numbers of errors, and the status that each really is."""

    def get(
        self,
        operation: str,
        segments: tuple[str, ...],
        read: Callable[[Node], P],
        *,
        auth: Auth,
        query: Iterable[tuple[str, str]] = (),
        statuses: tuple[int, ...] = (200,),
        slash: bool = False,
        refusal: Callable[[int, Json], P | None] | None = None,
        idempotency: Idempotency = Idempotency.SAFE,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> Call[P]:
        """Build a reading call. ``query`` keeps its order; a repeated name is an array parameter.

        ``idempotency`` is for the vendors with whom reading an address buys.
        """
        request = Request(
            method="GET",
            url=join_url(self.url, segments, slash=slash),
            query=tuple(query),
            headers=_ACCEPT + self.headers + headers,
            auth=auth,
        )
        return self._call(operation, request, read, idempotency, statuses=statuses, refusal=refusal)

    def post(
        self,
        operation: str,
        segments: tuple[str, ...],
        read: Callable[[Node], P],
        *,
        auth: Auth,
        body: Any,
        idempotency: Idempotency,
        query: Iterable[tuple[str, str]] = (),
        slash: bool = False,
        refusal: Callable[[int, Json], P | None] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> Call[P]:
        """Build a call with a JSON body. What it does when sent twice is always said, never assumed."""
        request = Request(
            method="POST",
            url=join_url(self.url, segments, slash=slash),
            query=tuple(query),
            headers=_ACCEPT + self.headers + headers,
            json_body=encode_json(body),
            auth=auth,
        )
        return self._call(operation, request, read, idempotency, statuses=(200, 201), refusal=refusal)

    def _call(
        self,
        operation: str,
        request: Request,
        read: Callable[[Node], P],
        idempotency: Idempotency,
        *,
        statuses: tuple[int, ...],
        refusal: Callable[[int, Json], P | None] | None,
    ) -> Call[P]:
        def read_json(value: Json, headers: Mapping[str, str]) -> P:
            return read(Node(value=value, headers=headers))

        return Call(
            marketplace=self.info.id,
            marketplace_name=self.info.name,
            operation=operation,
            request=request,
            read_json=read_json,
            idempotency=idempotency,
            statuses=statuses,
            read_refusal=refusal,
            error_codes=self.error_codes,
        )


def join_url(base: str, segments: tuple[str, ...], *, slash: bool = False) -> str:
    """Append path segments, each escaped whole: an id can never reach another endpoint.

    A segment of dots alone cannot be escaped (HTTP clients resolve ``%2E%2E`` too), and an empty one would
    name the list instead of the item: both raise UserInputError. ``slash`` closes the path with one.
    """
    for segment in segments:
        if not segment.strip(".") or len(segment) > MAX_ID:
            raise UserInputError(f"“{segment[:40]}” is not an id.", code="user_input.listing_id")
    parts = (quote(segment, safe="", errors="replace") for segment in segments)
    return "/".join((base, *parts)) + ("/" if slash else "")


def own_id(info: MarketplaceInfo, ref: ListingRef, kind: MediaKind | None = None) -> str:
    """Return the listing's id; raise UserInputError for another marketplace's, NotSupported for the kind."""
    need_kind(info, kind)
    if ref.marketplace != info.id or not ref.id:
        raise UserInputError(f"“{ref}” is not a listing of {info.name}.", code="user_input.marketplace")
    return ref.id


def own_number(info: MarketplaceInfo, ref: ListingRef, kind: MediaKind | None = None) -> str:
    """Return the listing's id where all ids are whole numbers; raise UserInputError for any other text."""
    found = own_id(info, ref, kind)
    if not (found.isascii() and found.isdigit() and len(found) <= MAX_DIGITS):
        raise UserInputError(
            f"“{found[:40]}” is not an id of {info.name}: it is a number.", code="user_input.listing_id"
        )
    return found


def refusal_reader(
    info: MarketplaceInfo,
    field: str,
    *,
    ends: Mapping[str, P],
    errors: RefusalErrors,
) -> Callable[[int, Json], P | None]:
    """Return a reader of refusals whose JSON names an error code in a field (``Call.read_refusal``).

    ``ends`` are codes that are an answer all the same, with what they stand for. ``errors`` are codes, or
    statuses, that mean more than the status says: the error's class, its code and its sentence.
    """

    def read(status: int, body: Json) -> P | None:
        told = body.get(field) if isinstance(body, dict) else None
        code = told if isinstance(told, str) else ""
        if code in ends:
            return ends[code]
        error = errors.get(code) or errors.get(status)
        if error is not None:
            kind, error_code, sentence = error
            raise kind(sentence, marketplace=info.id, status=status, code=error_code)
        return None

    return read


def need_kind(info: MarketplaceInfo, kind: MediaKind | None) -> None:
    """Raise NotSupported for a kind of media that is not bought here; None is any kind."""
    if kind is not None and kind not in info.kinds:
        raise NotSupported(
            f"Clearance does not buy this kind of media ({kind}) at {info.name}. Choose another marketplace.",
            marketplace=info.id,
        )


def not_supported(info: MarketplaceInfo, step: str, instead: str) -> NotSupported:
    """Return the error for a step that a marketplace does not offer: the uniform way to say so."""
    return NotSupported(f"{info.name} offers no way to {step}. {instead}", marketplace=info.id)


def web_only(
    info: MarketplaceInfo, step: str, ref: ListingRef, kind: MediaKind | None = None
) -> NotSupported:
    """Return the error for a step that only the website offers, with the page where it is done.

    Raises UserInputError when the listing is not this marketplace's at all, or no id.
    """
    listing_id = own_id(info, ref, kind)
    join_url("", (listing_id,))  # refuses what is no id
    page = info.web.product_page(listing_id) if info.web else info.key_page_url
    return not_supported(info, step, f"Do it on its website: {page}")


def page_number(cursor: str | None) -> int:
    """Return the page that a cursor stands for; the first for None."""
    if cursor is None:
        return 1
    if cursor.isascii() and cursor.isdigit() and 1 <= len(cursor) <= 6 and int(cursor) >= 1:
        return int(cursor)
    raise UserInputError(f"“{cursor[:40]}” is not a page of results. Search again.", code="user_input.cursor")


def row_offset(cursor: str | None) -> int:
    """Return the number of rows to pass over that a cursor stands for; none for None."""
    if cursor is None:
        return 0
    if cursor.isascii() and cursor.isdigit() and 1 <= len(cursor) <= 8 and int(cursor) >= 1:
        return int(cursor)
    raise UserInputError(f"“{cursor[:40]}” is not a page of results. Search again.", code="user_input.cursor")


def paging(page: int, per_page: int) -> list[tuple[str, str]]:
    """Return the query parameters that both vendors read so far call the same."""
    return [("page", str(page)), ("per_page", str(per_page))]


def query_text(text: str) -> str:
    """Return the words of a search as they can be sent."""
    return clean_text(text, limit=MAX_QUERY_LENGTH)


def own_words(named: Mapping[str, str]) -> dict[str, str]:
    """Return what the user wrote, cleaned, without what is empty."""
    cleaned = {name: clean_text(text, limit=MAX_WORDS_LENGTH) for name, text in named.items()}
    return {name: text for name, text in cleaned.items() if text}


def asked_filters(filters: SearchFilters) -> dict[str, Any]:
    """Return the filters that are set, in their order."""
    default = SearchFilters()
    asked = {field.name: getattr(filters, field.name) for field in fields(filters)}
    return {name: value for name, value in asked.items() if value != getattr(default, name)}


def filter_query(filters: SearchFilters, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the query parameters for those filters that a marketplace has a plain parameter for."""
    asked = asked_filters(filters)
    return [(parameter, _encode(asked[name])) for name, parameter in names.items() if name in asked]


def shaped_filters(
    filters: SearchFilters, names: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    """Return parameter and value for those filters that have a parameter with values of its own form.

    ``names`` maps a filter to its parameter and a form in which ``{}`` stands for the value: ``{}-``.
    """
    asked = asked_filters(filters)
    return {
        name: (parameter, form.replace("{}", _encode(asked[name])))
        for name, (parameter, form) in names.items()
        if name in asked
    }


def sendable(filters: SearchFilters, names: Mapping[str, str], currencies: Collection[str]) -> dict[str, str]:
    """Return the names without the amounts in a currency that the marketplace does not count in."""
    amounts = {name: value for name, value in asked_filters(filters).items() if isinstance(value, Money)}
    foreign = {name for name, amount in amounts.items() if amount.currency not in currencies}
    return {name: parameter for name, parameter in names.items() if name not in foreign}


def limit_words(filters: SearchFilters, names: Mapping[str, str]) -> dict[str, str]:
    """Return words that limit a search (``pricegt:49``), for search boxes that know operators.

    An operator that ends in ``gt`` asks for more, one that ends in ``lt`` for less. Whether the number itself
    counts is taken as unknown, so the limit is one wider: apply it once more to what comes
    (``search_page(sent_coarsely=...)``).
    """
    found = {}
    for name, value in asked_filters(filters).items():
        operator, limit = names.get(name, ""), value.decimal if isinstance(value, Money) else value
        if operator.endswith("gt") and limit > 0:
            found[name] = f"{operator}:{ceil(limit) - 1}"
        elif operator.endswith("lt"):
            found[name] = f"{operator}:{floor(limit) + 1}"
    return found


def _encode(value: Any) -> str:
    """Write a filter's value: flags as true and false, amounts as decimals, several as a comma list."""
    match value:
        case bool():
            return "true" if value else "false"
        case Money():
            return str(value.decimal)
        case Enum():
            return str(value.value)
        case tuple():
            return ",".join(str(part).lower().lstrip(".") for part in value)
    return str(value)
