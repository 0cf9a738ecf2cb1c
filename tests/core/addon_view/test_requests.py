"""Rows of the cart, of requests, and of what waits, in every state."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from clearance_package import load

view_requests = load("addon.ui.views.requests").view_requests
Tone = load("addon.ui.views.rows").Tone
state = load("core.session.state")
model = load("core.model.buy_request")
budget = load("core.model.budget")
journal = load("core.services.studio.journal")
requests = load("core.services.studio.requests")
money = load("core.model.money")
listing = load("core.model.listing")
registry = load("core.marketplaces.registry")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
INFOS = [registry.find(name).INFO for name in registry.all_ids()]


def usd(minor: int) -> Any:
    return money.Money(minor=minor, currency="USD")


def request(**changes: Any) -> Any:
    given = {
        "id": "request_1",
        "project_id": "film",
        "requested_by": "ida",
        "reason": "for shot 10",
        "use": "",
        "state": model.RequestState.OPEN,
        "created_at": NOW,
        "changed_at": NOW,
        "total": usd(2900),
    }
    return model.BuyRequest(**given | changes)


def item(position: int = 1, **changes: Any) -> Any:
    given = {
        "id": f"item_{position}",
        "request_id": "request_1",
        "position": position,
        "ref": listing.ListingRef(marketplace="cgtrader", id=str(position)),
        "kind": listing.MediaKind.MODEL,
        "title": f"Chair {position}",
        "license_label": "royalty_free",
        "variant": "",
        "state": model.ItemState.WAITING,
        "changed_at": NOW,
        "quote_id": "quote_1",
        "cost": usd(2900),
        "decision": "allow",
    }
    return requests.ItemView(item=model.RequestItem(**given | changes))


def shown(view: Any = None, **changes: Any) -> Any:
    given = {"phase": state.Phase.READY, "waiting": (view,) if view is not None else ()}
    return view_requests(state.SessionState(requests=state.RequestsState(**given | changes)), INFOS)


def whole(*items: Any, **changes: Any) -> Any:
    given = {
        "request": request(),
        "project": None,
        "items": items,
        "item_count": len(items),
        "waiting": len(items),
        "covered": 0,
        "credits": (),
    }
    return requests.RequestView(**given | changes)


def test_before_anything_was_read_nothing_is_said() -> None:
    assert view_requests(state.SessionState(), INFOS).notes == ()
    assert "No requests" in shown().notes[0].text


def test_an_approver_sees_price_license_verdict_and_budget() -> None:
    made = budget.Budget(
        id="b", name="Props", amount=usd(10_000), starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31),
        created_by="fin", created_at=NOW, project_id="film",
    )  # fmt: skip
    status = journal.make_status(made, [], today=date(2026, 11, 23))
    row = shown(whole(item(), budget=status, left_after=usd(7100))).waiting[0]
    assert {fact.label: fact.value for fact in row.facts} == {
        "By": "ida",
        "Project": "film",
        "Price": "29.00 USD",
        "Budget": "100.00 USD left, 71.00 USD after this",
    }
    assert (row.items[0].text, row.items[0].detail) == ("Chair 1", "CGTrader · 29.00 USD")
    assert row.items[0].notes == ("Royalty free: fits the use",)
    assert row.items[0].tone is Tone.GOOD
    assert (row.can_approve, row.can_decline, row.can_withdraw, row.buy_text) == (True, True, False, "")


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"why_not": "Above the limit."}, "Above the limit."),
        ({"left_after": usd(-1)}, "does not have that much"),
    ],
)
def test_what_stands_against_it_is_said(changes: Any, note: str) -> None:
    row = shown(whole(item(), **changes)).waiting[0]
    assert any(note in one.text for one in row.notes)
    assert row.can_approve is ("why_not" not in changes)


def test_items_say_what_became_of_them() -> None:
    rows = shown(
        whole(
            item(1, decision="needs_review"),
            item(2, state=model.ItemState.COVERED, cost=None, quote_id=""),
            item(3, state=model.ItemState.FAILED, failure="Not found.", quote_id="", cost=None),
            item(4, state=model.ItemState.LEFT_OUT),
            item(5, cost=None),
            item_count=300,
            covered=1,
        )
    ).waiting[0]
    assert [row.position for row in rows.items] == [1, 2, 3, 5]
    assert [row.tone for row in rows.items] == [Tone.WARN, Tone.GOOD, Tone.BAD, Tone.GOOD]
    assert rows.items[1].notes == ("Owned already under “a license”: nothing is bought",)
    assert rows.items[2].notes == ("Not found.",)
    assert rows.items[3].detail.endswith("Price shown at checkout")
    assert rows.more.startswith("And 295 more items")


def test_a_buyer_may_buy_and_go_on() -> None:
    for now, text in ((model.RequestState.APPROVED, "Buy"), (model.RequestState.BUYING, "Go On Buying")):
        row = shown(whole(item(), request=request(state=now), can_buy=True)).waiting[0]
        assert (row.buy_text, row.can_approve, row.can_decline) == (text, False, False)


def test_the_cart_and_my_requests() -> None:
    cart = whole(item(quote_id="", cost=None, decision=""), request=request(state=model.RequestState.DRAFT))
    view = shown(
        cart=cart,
        mine=(
            request(),
            request(
                state=model.RequestState.DECLINED, decided_by="pia", decision_reason="too dear", total=None
            ),
        ),
    )
    assert (view.cart.title, view.cart.can_submit) == ("Cart for film: 1 item", True)
    assert view.cart.items[0].removable
    assert (view.cart.items[0].text, view.cart.items[0].detail) == ("Chair 1", "CGTrader")
    assert [row.can_withdraw for row in view.mine] == [True, False]
    assert {fact.value for fact in view.mine[1].facts} == {"Declined", "pia: too dear"}


def test_hostile_words_are_shortened() -> None:
    view = shown(whole(item(title="x" * 5000), request=request(reason="y\n" * 5000)))
    assert len(view.waiting[0].title) <= 130
    assert len(view.waiting[0].items[0].text) < 120


def test_busy_and_failed() -> None:
    task = load("core.tasks").Task(id=1, kind="requests", title="Buying")
    task.report(3, 10)
    busy = shown(phase=state.Phase.BUSY, task=task)
    assert busy.busy
    assert busy.notes[0].text == "Buying (3 of 10) …"
    failed = shown(phase=state.Phase.FAILED, problem=state.Problem(code="x", message="No."))
    assert failed.notes[0].text == "No."
