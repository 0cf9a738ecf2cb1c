"""Several purchases in one call: built from the single ones, each with its own outcome."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.errors import MarketplaceError
from core.http.message import Idempotency
from core.marketplaces import cgtrader, shutterstock
from core.marketplaces.base import BulkRule, PurchaseOutcome, PurchaseRequest, PurchaseResult
from core.marketplaces.bulk import group, merge
from core.model.listing import ListingRef, MediaKind

RULE = BulkRule(most=3, results="data")


def licensing(number: int, kind: MediaKind = MediaKind.IMAGE) -> Any:
    """Build the call that licenses one item."""
    ref = ListingRef(marketplace="shutterstock", id=str(number))
    return shutterstock.purchase(
        PurchaseRequest(
            key=f"key-{number}", ref=ref, kind=kind, account_id="s1", variant="hd" * (kind != "image")
        )
    )


def good(number: int) -> dict[str, Any]:
    """Return the marketplace's entry for an item that was licensed."""
    return {
        "image_id": str(number),
        "license_id": f"e{number}",
        "allotment_charge": 1,
        "download": {"url": f"https://download.shutterstock.com/{number}"},
    }


def test_alike_calls_go_out_together() -> None:
    """By address, and at most so many."""
    calls = [licensing(1), licensing(2), licensing(9, MediaKind.VIDEO), licensing(3), licensing(4)]
    assert group(calls, RULE) == ((0, 1, 3), (4,), (2,))
    assert shutterstock.INFO.bulk is not None
    assert shutterstock.INFO.bulk.most == 50
    assert cgtrader.INFO.bulk is None


def test_the_bodies_are_put_together() -> None:
    """Each item as it would be alone, its key included; and it is a spending call."""
    call = merge([licensing(1), licensing(2)], RULE)
    assert call.idempotency is Idempotency.SPENDING
    items = json.loads(call.request.json_body or "")["images"]
    assert [(one["image_id"], one["metadata"]["customer_id"]) for one in items] == [
        ("1", "key-1"),
        ("2", "key-2"),
    ]
    assert items[0] == json.loads(licensing(1).request.json_body)["images"][0]


def test_each_has_its_own_outcome() -> None:
    """Also where the marketplace answers in another order, or refuses one."""
    refused = {"image_id": "2", "error": "Media not found"}
    call = merge([licensing(1), licensing(2), licensing(3)], RULE)
    outcomes = call.read_json({"data": [good(3), refused, good(1)]}, {})
    assert [one.outcome for one in outcomes if isinstance(one, PurchaseResult)] == [
        PurchaseOutcome.PAID,
        PurchaseOutcome.REFUSED,
        PurchaseOutcome.PAID,
    ]
    assert [getattr(one, "marketplace_license_id", "") for one in outcomes] == ["e1", "", "e3"]
    assert "Media not found" in getattr(outcomes[1], "why_not", "")


@pytest.mark.parametrize(
    "answer",
    [
        {"data": [good(1)]},
        {"data": [good(1), good(1)]},
        {"data": [good(1), None]},
        {"data": [good(1), {"image_id": "2"}]},
        {"data": [good(1), {"image_id": 7, "error": []}]},
    ],
)
def test_what_is_not_told_is_in_doubt(answer: Any) -> None:
    """One that the answer leaves out, or says twice, is never taken for bought or not bought."""
    first, second = merge([licensing(1), licensing(2)], RULE).read_json(answer, {})
    assert isinstance(first, PurchaseResult)
    assert isinstance(second, MarketplaceError)


@pytest.mark.parametrize("answer", [None, [], "x", 7, {}, {"data": None}, {"data": {}}, {"data": []}])
def test_nonsense_is_in_doubt_for_all(answer: Any) -> None:
    """Nothing but errors comes out of it."""
    outcomes = merge([licensing(1), licensing(2)], RULE).read_json(answer, {})
    assert all(isinstance(one, MarketplaceError) for one in outcomes)


def test_a_refusal_of_all_is_one_of_each() -> None:
    """The whole call refused in so many words: nothing was bought."""
    answer = {"message": "Validation failed", "errors": [{"message": "Array is too long"}]}
    outcomes = merge([licensing(1), licensing(2)], RULE).read_json(answer, {})
    assert [getattr(one, "outcome", None) for one in outcomes] == [PurchaseOutcome.REFUSED] * 2
