"""Searches a marketplace whose search asks for one kind of media at a time: kind by kind, as one result.

Each kind is a request of the hour's budget. So only kinds that the filters can mean are asked, and after the
first one nothing waits for the budget: what would have to wait is left for the next page, and named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from ...errors import (
    CredentialsMissing,
    CredentialsRejected,
    MarketplaceError,
    RateLimited,
    Unavailable,
    UserInputError,
)
from ...marketplaces.base import MarketplaceInfo
from ...marketplaces.calls import asked_filters
from ...model.listing import Listing, MediaKind, SearchFilters, SearchPage, SearchQuery
from ..steps import OnWait

Ask = Callable[[SearchQuery, OnWait | None], SearchPage]
"""Sends one search; told of waits before they start."""
OnPage = Callable[[SearchPage], None]

PATIENCE_S = 3.0
"""A further kind waits so long at most; what waits longer is left for the next page."""
_OF_ALL_KINDS = (CredentialsMissing, CredentialsRejected, RateLimited, Unavailable)
"""Errors that the other kinds would meet, too."""
_PICTURES = frozenset({MediaKind.IMAGE, MediaKind.VIDEO})
_MOVING = frozenset({MediaKind.VIDEO, MediaKind.AUDIO})
_MEANT: Mapping[str, frozenset[MediaKind]] = {
    **dict.fromkeys(("orientation", "min_width", "min_height"), _PICTURES),
    **dict.fromkeys(("min_duration_s", "max_duration_s"), _MOVING),
}
"""Filters that only some kinds can mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    kind: MediaKind
    page: SearchPage | None = None
    error: MarketplaceError | None = None
    put_off: bool = False


def search_kind_by_kind(
    info: MarketplaceInfo,
    query: SearchQuery,
    ask: Ask,
    *,
    on_page: OnPage | None = None,
    on_wait: OnWait | None = None,
) -> SearchPage:
    """Return one page of all kinds together; ``on_page`` is told each kind's as it comes.

    Raises what the first kind meets where the others would meet the same, and where every kind failed.
    """
    cursors = _read_cursor(query.cursor, info) or dict.fromkeys(meant_kinds(info, query.filters))
    answers: list[_Answer] = []
    for number, (kind, cursor) in enumerate(cursors.items()):
        one = replace(query, kind=kind, cursor=cursor)
        answer = _ask(kind, one, ask, on_wait if number == 0 else _impatient(on_wait))
        if number == 0 and isinstance(answer.error, _OF_ALL_KINDS):
            raise answer.error
        answers.append(answer)
        if answer.page is not None and on_page is not None:
            on_page(answer.page)
    if all(answer.page is None for answer in answers):
        raise next(answer.error for answer in answers if answer.error is not None)
    return _join(info, answers, cursors)


def meant_kinds(info: MarketplaceInfo, filters: SearchFilters) -> tuple[MediaKind, ...]:
    """Return which kinds to ask for; all of them when the filters would leave none."""
    meant = frozenset(info.search_kinds)
    for name in asked_filters(filters):
        meant &= _MEANT.get(name, meant)
    return tuple(kind for kind in info.search_kinds if not meant or kind in meant)


def interleave(queues: Iterable[Sequence[Listing]]) -> list[Listing]:
    """Return the best of each, then the second of each, and so on."""
    rounds = zip_longest(*queues)
    return [listing for listing in chain.from_iterable(rounds) if listing is not None]


def _ask(kind: MediaKind, query: SearchQuery, ask: Ask, on_wait: OnWait | None) -> _Answer:
    try:
        return _Answer(kind=kind, page=ask(query, on_wait))
    except RateLimited as error:
        return _Answer(kind=kind, error=error, put_off=True)
    except MarketplaceError as error:
        return _Answer(kind=kind, error=error, put_off=isinstance(error, Unavailable))


def _impatient(on_wait: OnWait | None) -> OnWait:
    def told(seconds: float) -> None:
        if seconds > PATIENCE_S:
            raise RateLimited("Not now: it would have to wait.", status=None, retry_after_s=seconds)
        if on_wait is not None:
            on_wait(seconds)

    return told


def _join(
    info: MarketplaceInfo, answers: Sequence[_Answer], cursors: Mapping[MediaKind, str | None]
) -> SearchPage:
    pages = [answer.page for answer in answers if answer.page is not None]
    totals = [page.total for page in pages]
    following: dict[MediaKind, str | None] = {
        answer.kind: answer.page.next_cursor
        for answer in answers
        if answer.page is not None and answer.page.next_cursor is not None
    }
    following |= {answer.kind: cursors[answer.kind] for answer in answers if answer.put_off}
    known = [total for total in totals if total is not None]
    return SearchPage(
        listings=tuple(interleave([page.listings for page in pages])),
        total=sum(known) if len(known) == len(answers) else None,
        next_cursor=json.dumps(following) if following else None,
        client_filters=_once(page.client_filters for page in pages),
        ignored_filters=_once(page.ignored_filters for page in pages),
        facets=pages[0].facets if len(pages) == 1 else (),
        left_out=sum(page.left_out for page in pages),
        notes=tuple(_notes(info, answers)),
    )


def _notes(info: MarketplaceInfo, answers: Sequence[_Answer]) -> Iterable[str]:
    waits = [answer.kind for answer in answers if isinstance(answer.error, RateLimited)]
    if waits:
        named = " and ".join(NAMES[kind] for kind in waits)
        yield (
            f"{named.capitalize()} of {info.name} were not searched, to stay below its "
            f"{info.requests_per_hour:,} requests an hour. Load more to search them, or choose the kind."
        )
    for answer in answers:
        if answer.error is not None and answer.kind not in waits:
            yield f"{NAMES[answer.kind].capitalize()} of {info.name} were not found: {answer.error.message}"


NAMES: Mapping[MediaKind, str] = {
    MediaKind.MODEL: "models",
    MediaKind.IMAGE: "images",
    MediaKind.VIDEO: "videos",
    MediaKind.AUDIO: "sounds",
    MediaKind.OTHER: "other things",
}


def _once(names: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(names)))


def _read_cursor(cursor: str | None, info: MarketplaceInfo) -> dict[MediaKind, str | None]:
    """Return which kinds have more, and from where on; UserInputError for what is no cursor of ours."""
    if cursor is None:
        return {}
    try:
        found = {MediaKind(name): value for name, value in json.loads(cursor).items()}
    except (ValueError, AttributeError, RecursionError):
        found = {}
    good = all(kind in info.search_kinds and isinstance(value, str | None) for kind, value in found.items())
    if not found or not good:
        raise UserInputError("That is no page of this search. Search again.", code="user_input.cursor")
    return {kind: found[kind] for kind in info.search_kinds if kind in found}
