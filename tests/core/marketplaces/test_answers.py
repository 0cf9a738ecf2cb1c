"""One odd result does not cost the others; a list of nothing but odd ones is an error."""

from __future__ import annotations

from typing import Any

import pytest
from tapes import load_tapes, play, response_of, start

from core.errors import UnexpectedResponse
from core.marketplaces.answers import read_some
from core.marketplaces.reading import Node
from core.model.listing import SearchPage

LISTS = {
    "adobe_stock": "files", "cgtrader": "models", "getty_images": "images", "pond5": "items",
    "shutterstock": "data",
}  # fmt: skip


def nodes(*values: Any) -> tuple[Node, ...]:
    return tuple(Node(value=value, path=f"[{place}]") for place, value in enumerate(values))


def test_what_can_be_read_is_read() -> None:
    assert read_some(nodes("a", None, "b", 7), Node.text) == (["a", "b"], 2)
    assert read_some((), Node.text) == ([], 0)
    with pytest.raises(UnexpectedResponse, match=r"\[0\]"):
        read_some(nodes(None, 7), Node.text)


@pytest.mark.parametrize("marketplace", LISTS)
def test_an_odd_result_is_counted_and_left_out(marketplace: str) -> None:
    """And the next page is still asked for: what came counts, whether it could be read or not."""
    tapes = [
        t for t in load_tapes() if t.marketplace == marketplace and t.operation == "search" and t.succeeds
    ]
    tape = next(
        t for t in tapes if len(t.steps[0]["response"].get("body", {}).get(LISTS[marketplace], ())) > 1
    )
    call = next(start(tape))
    whole: SearchPage = call.read(response_of(tape.steps[0]["response"]))
    body = tape.steps[0]["response"]["body"]
    items = body[LISTS[marketplace]]
    changed = {**body, LISTS[marketplace]: [{"id": None}, *items[1:]]}
    page: SearchPage = call.read(response_of({"body": changed}))
    assert page.left_out == 1
    assert (page.total, page.next_cursor) == (whole.total, whole.next_cursor)
    assert set(page.listings) <= set(whole.listings)
    with pytest.raises(UnexpectedResponse):
        call.read(response_of({"body": {**body, LISTS[marketplace]: [{"id": None}] * len(items)}}))
    assert play(tape)
