"""A search without a kind, where the marketplace is asked for one at a time: within the hour's budget."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fakes import IMAGE

from core import errors
from core.marketplaces import registry
from core.model.listing import Listing, MediaKind, Orientation, SearchFilters, SearchPage, SearchQuery
from core.services.finding.results import merge
from core.services.finding.search import Search
from core.services.finding.search_kinds import meant_kinds, search_kind_by_kind

SHUTTERSTOCK = registry.find("shutterstock").INFO
VIDEO, AUDIO = MediaKind.VIDEO, MediaKind.AUDIO


def listing(kind: MediaKind, number: int) -> Listing:
    return replace(IMAGE, ref=replace(IMAGE.ref, id=str(number)), kind=kind, title=f"{kind} {number}")


class Answers:
    """What the marketplace answers for each kind; notes what was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str | None]] = []

    def __call__(self, query: SearchQuery, on_wait: Any) -> SearchPage:
        self.asked.append((str(query.kind), query.cursor))
        answer = self.answers[str(query.kind)]
        if isinstance(answer, float) and on_wait is not None:
            on_wait(answer)
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, SearchPage) else SearchPage(listings=(), total=0)


def pages(count: int = 2, **facts: Any) -> dict[str, Any]:
    return {
        str(kind): SearchPage(
            listings=tuple(listing(kind, number) for number in range(count)), total=count, **facts
        )
        for kind in SHUTTERSTOCK.search_kinds
    }


def run(answers: Answers, query: SearchQuery | None = None, **options: Any) -> SearchPage:
    return search_kind_by_kind(SHUTTERSTOCK, query or SearchQuery(text="oak"), answers, **options)


def test_all_kinds_are_asked_and_take_turns() -> None:
    answers, told = Answers(**pages()), []
    found = run(answers, on_page=told.append)
    assert [kind for kind, _cursor in answers.asked] == ["image", "video", "audio"]
    assert [one.kind for one in found.listings] == [MediaKind.IMAGE, VIDEO, AUDIO] * 2
    assert (found.total, found.next_cursor, found.notes) == (6, None, ())
    assert [page.listings[0].kind for page in told] == [MediaKind.IMAGE, VIDEO, AUDIO]


def test_the_next_page_asks_only_those_that_have_one() -> None:
    answers = Answers(**pages())
    answers.answers["video"] = replace(answers.answers["video"], next_cursor="2")
    first = run(answers)
    answers.asked.clear()
    run(answers, SearchQuery(text="oak", cursor=first.next_cursor))
    assert answers.asked == [("video", "2")]


@pytest.mark.parametrize(
    "cursor", ["2", "{}", "[]", '{"image": 2}', '{"model": "2"}', '{"x": null}', "[" * 9999]
)
def test_a_cursor_of_somebody_else_is_refused(cursor: str) -> None:
    answers = Answers(**pages())
    with pytest.raises(errors.UserInputError):
        run(answers, SearchQuery(text="oak", cursor=cursor))
    assert answers.asked == []


def test_what_would_have_to_wait_is_left_for_later_and_named() -> None:
    """The first kind waits as any search does; no further kind uses up what a purchase may need."""
    answers = Answers(**{**pages(), "video": 40.0, "audio": errors.RateLimited("later", retry_after_s=300.0)})
    waits: list[float] = []
    found = run(answers, on_wait=waits.append)
    assert [one.kind for one in found.listings] == [MediaKind.IMAGE] * 2
    assert waits == []
    (note,) = found.notes
    assert note.startswith("Videos and sounds of Shutterstock were not searched")
    assert "100 requests an hour" in note
    assert found.total is None
    answers.answers.update(pages())
    answers.asked.clear()
    later = run(answers, SearchQuery(text="oak", cursor=found.next_cursor))
    assert answers.asked == [("video", None), ("audio", None)]
    assert later.notes == ()


def test_a_moment_is_waited_for() -> None:
    """Two requests a second are our own rule: the third kind waits for it like any request."""
    answers, waits = Answers(**{**pages(), "audio": 0.5}), []
    assert run(answers, on_wait=waits.append).notes == ()
    assert waits == [0.5]


@pytest.mark.parametrize(
    "error",
    [
        errors.CredentialsRejected("no"),
        errors.CredentialsMissing("no"),
        errors.Unavailable("no"),
        errors.RateLimited("no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_all_kinds_would_meet_is_met_once(error: errors.MarketplaceError) -> None:
    answers = Answers(**{**pages(), "image": error})
    with pytest.raises(type(error)):
        run(answers)
    assert len(answers.asked) == 1


def test_a_kind_that_fails_leaves_the_others() -> None:
    answers = Answers(
        **{
            **pages(),
            "image": errors.AccessDenied("Your plan has no images."),
            "audio": errors.Unavailable("Down."),
        }
    )
    found = run(answers)
    assert {one.kind for one in found.listings} == {VIDEO}
    assert found.notes == (
        "Images of Shutterstock were not found: Your plan has no images.",
        "Sounds of Shutterstock were not found: Down.",
    )
    assert found.next_cursor == '{"audio": null}', "what was down is asked again with the next page"


def test_when_every_kind_fails_the_first_error_is_told() -> None:
    answers = Answers(
        image=errors.AccessDenied("a"), video=errors.NotFound("b"), audio=errors.AccessDenied("c")
    )
    with pytest.raises(errors.AccessDenied, match="a"):
        run(answers)


def test_a_stop_stops() -> None:
    answers = Answers(**{**pages(), "video": errors.CancelledError("stop")})
    with pytest.raises(errors.CancelledError):
        run(answers)


@pytest.mark.parametrize(
    ("filters", "meant"),
    [
        (SearchFilters(), ["image", "video", "audio"]),
        (SearchFilters(orientation=Orientation.SQUARE), ["image", "video"]),
        (SearchFilters(min_width=100, exclude_editorial=True), ["image", "video"]),
        (SearchFilters(max_duration_s=10), ["video", "audio"]),
        (SearchFilters(max_duration_s=10, min_height=2160), ["video"]),
        (SearchFilters(max_polygons=5), ["image", "video", "audio"]),
    ],
)
def test_only_kinds_that_the_filters_can_mean_are_asked(filters: SearchFilters, meant: list[str]) -> None:
    assert meant_kinds(SHUTTERSTOCK, filters) == tuple(MediaKind(name) for name in meant)


def test_the_service_asks_kind_by_kind_only_where_no_kind_is_wanted(shop: Any) -> None:
    search = Search(sender=shop.sender)
    shop.sender.answers["search"] = SearchPage(listings=(IMAGE,), total=1)
    search.run("shutterstock", SearchQuery(text="oak", kind=MediaKind.IMAGE))
    assert len(shop.sender.sent) == 1
    search.run("shutterstock", SearchQuery(text="oak"))
    assert [call.request.url.rpartition("/v2/")[2] for call in shop.sender.sent[1:]] == [
        "images/search", "videos/search", "audio/search",
    ]  # fmt: skip
    search.run("adobe_stock", SearchQuery(text="oak"))
    assert len(shop.sender.sent) == 5


def test_one_list_mixes_the_kinds_whoever_answers_first() -> None:
    images, films = ([listing(kind, number) for number in range(2)] for kind in (MediaKind.IMAGE, VIDEO))
    by_kind = {"shutterstock"}
    late = merge(images, films, shown=0, by_kind=by_kind)
    early = merge(films, images, shown=0, by_kind=by_kind)
    assert late == early == [images[0], films[0], images[1], films[1]]


def test_a_picture_and_a_film_with_one_number_are_both_found() -> None:
    both = [listing(MediaKind.IMAGE, 7), listing(VIDEO, 7)]
    assert merge([], both) == both


def test_every_marketplace_that_is_asked_by_kind_names_all_its_kinds() -> None:
    for one in registry.all_ids():
        info = registry.find(one).INFO
        assert not info.search_kinds or set(info.search_kinds) == info.kinds, one
