"""From an approval to a license: whatever is answered, or not, it is bought once or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from sandbox_process import send
from walk_rows import Walk
from walk_table import WALKS
from walks import Walker, check_sentence

from core.errors import UserInputError
from core.marketplaces.base import Capability
from core.model.order import OPEN_STATES, OrderState
from core.session.state import OrderProgress

BUYING = [walk for walk in WALKS.values() if walk.can(Capability.QUOTE)]
WITH_RECORDS = [walk for walk in BUYING if walk.can(Capability.HISTORY)]
WITHOUT_RECORDS = [walk for walk in BUYING if not walk.can(Capability.HISTORY)]
AT_CHECKOUT = [walk for walk in BUYING if walk.can(Capability.PURCHASE_CHECKOUT)]
TOOK_EFFECT = [
    {"fault": "lost_answer"},
    {"fault": "500", "process": True},
    {"fault": "html", "process": True},
]
NO_EFFECT = [{"fault": "502"}, {"fault": "reset"}, {"fault": "garbage_json", "process": False}]


def fault_at_purchase(buyer: Walker, fault: dict[str, object]) -> None:
    """Let the next purchase go wrong."""
    method, _, path = buyer.walk.purchase.partition(" ")
    rest = {name: value for name, value in fault.items() if name != "fault"}
    buyer.sandbox.fault(str(fault["fault"]), method=method, path_regex=path, **rest)


def buy_into_doubt(buyer: Walker, fault: dict[str, object]) -> str:
    """Buy with a fault; return the order's id. The user is told not to buy it again."""
    result = buyer.quote()
    fault_at_purchase(buyer, fault)
    progress = buyer.buy(result)
    assert progress.stage == "in_doubt"
    said = buyer.said(progress.problem)
    assert "not certain whether this was bought" in said and "Do not buy it again" in said
    assert len(buyer.requests(buyer.walk.purchase)) == 1, "a purchase is sent once"
    assert [order.state for order in buyer.orders] == [OrderState.UNKNOWN]
    return progress.order_id


def try_again_too_early(buyer: Walker) -> None:
    """Buy the same once more; that is refused while the first attempt is open, and nothing is sent."""
    sent = len(buyer.requests(buyer.walk.purchase))
    again = buyer.buy(buyer.quote())
    said = buyer.said(again.problem, names=False)
    assert "Check the open orders before buying again" in said
    assert len(buyer.requests(buyer.walk.purchase)) == sent


def fetch_by_hand(buyer: Walker, progress: OrderProgress, folder: Path) -> None:
    """The link was lost with the answer: the user gets the file from the website or from support."""
    said = buyer.said(progress.problem)
    assert "offers no way to fetch a file again" in said
    assert "website" in said or "support" in said
    answer = send("GET", f"{buyer.sandbox.url}{buyer.walk.by_hand}")
    assert answer.status == 200
    file = folder / buyer.walk.by_hand.rpartition("/")[2]
    file.write_bytes(answer.body)
    buyer.session.take_download(file, progress.grant_id)
    buyer.wait()
    assert (progress.stage, progress.problem) == ("ready", None)


@pytest.mark.parametrize("walk", WITH_RECORDS, ids=str)
@pytest.mark.parametrize("fault", TOOK_EFFECT, ids=lambda fault: str(fault["fault"]))
def test_the_answer_is_lost_and_it_was_bought(
    buyer: Walker, fault: dict[str, object], tmp_path: Path
) -> None:
    order_id = buy_into_doubt(buyer, fault)
    try_again_too_early(buyer)
    progress = next(p for p in buyer.state.progress if p.order_id == order_id)
    buyer.reconcile()
    if progress.stage == "awaiting_checkout":  # nothing is paid for before the buyer does it
        assert buyer.charges == 0
        buyer.pay(progress)
    assert buyer.charges == 1
    assert len(buyer.grants) == 1, "their own records settle it"
    if not buyer.walk.by_hand:
        assert (progress.stage, progress.problem) == ("ready", None)
    else:
        fetch_by_hand(buyer, progress, tmp_path)
    assert buyer.prepare(progress) is not None
    assert buyer.charges == 1


@pytest.mark.parametrize("walk", WITH_RECORDS, ids=str)
@pytest.mark.parametrize("fault", NO_EFFECT, ids=lambda fault: str(fault["fault"]))
def test_the_answer_is_lost_and_it_was_not_bought(buyer: Walker, fault: dict[str, object]) -> None:
    order_id = buy_into_doubt(buyer, fault)
    buyer.reconcile()
    progress = next(p for p in buyer.state.progress if p.order_id == order_id)
    assert progress.stage == "in_doubt", "a record may come late"
    buyer.pass_time(buyer.app.settings.settle_s + 1)
    buyer.reconcile()
    assert progress.stage == "failed"
    said = buyer.said(progress.problem, names=False)
    assert "was not bought" in said and "Select it again" in said
    buyer.assert_nothing_bought()
    again = buyer.pay(buyer.buy(buyer.quote()))
    assert (again.stage, again.problem) == ("ready", None)
    assert buyer.charges == 1


@pytest.mark.parametrize("walk", WITHOUT_RECORDS, ids=str)
@pytest.mark.parametrize("fault", [*TOOK_EFFECT, *NO_EFFECT], ids=lambda fault: f"{fault['fault']}")
def test_the_answer_is_lost_where_nobody_keeps_records(
    buyer: Walker, fault: dict[str, object], tmp_path: Path
) -> None:
    """The user looks there, and says what was seen."""
    order_id = buy_into_doubt(buyer, fault)
    bought = buyer.charges == 1
    buyer.pass_time(buyer.app.settings.settle_s + 1)
    buyer.reconcile()
    progress = next(p for p in buyer.state.progress if p.order_id == order_id)
    assert progress.stage == "in_doubt", "silence proves nothing"
    try_again_too_early(buyer)
    buyer.session.decide_order(order_id, bought=bought, reason="")
    buyer.wait()
    assert "Say where you looked" in buyer.said(progress.problem, names=False)
    buyer.session.decide_order(
        order_id, bought=bought, reason="Looked at the invoice", marketplace_order_id="7"
    )
    buyer.wait()
    if bought:
        assert len(buyer.grants) == 1
        fetch_by_hand(buyer, progress, tmp_path)
    else:
        assert "was not bought" in buyer.said(progress.problem, names=False)
        assert buyer.buy(buyer.quote()).stage == "ready"
    assert buyer.charges == 1


@pytest.mark.parametrize("walk", WITH_RECORDS, ids=str)
def test_the_records_cannot_be_read_either(buyer: Walker, walk: Walk) -> None:
    order_id = buy_into_doubt(buyer, {"fault": "lost_answer"})
    progress = next(p for p in buyer.state.progress if p.order_id == order_id)
    buyer.sandbox.fault("503", times=0)
    buyer.reconcile()
    assert progress.stage == "in_doubt"
    assert "cannot be reached right now" in buyer.said(progress.problem)
    buyer.sandbox.clear_faults()
    buyer.pass_time(40)  # what failed is left alone for a while
    buyer.reconcile()
    settled = {OrderState.FULFILLED, OrderState.AWAITING_CHECKOUT, OrderState.PAID}
    assert {order.state for order in buyer.orders} <= settled
    assert progress.problem is None or "offers no way to fetch a file again" in progress.problem.message


@pytest.mark.parametrize("walk", AT_CHECKOUT, ids=str)
def test_the_checkout_is_left_without_paying(buyer: Walker) -> None:
    """There is no plan here: having no money shows on the marketplace's own page."""
    progress = buyer.buy(buyer.quote())
    assert progress.stage == "awaiting_checkout"
    assert buyer.host.opened[-1] == progress.checkout_url
    buyer.sandbox.pay(progress.checkout_url, action="cancel")
    buyer.session.check_checkout(progress.order_id)
    buyer.wait()
    assert (progress.stage, progress.problem) == ("awaiting_checkout", None), "it can still be paid"
    assert buyer.charges == 0
    buyer.session.cancel_order(progress.order_id)
    buyer.wait()
    assert buyer.state.progress == []
    buyer.assert_nothing_bought()
    again = buyer.buy(buyer.quote())
    buyer.sandbox.pay(progress.checkout_url)  # the page of the first one was still open
    buyer.reconcile()
    buyer.pass_time(1)
    assert buyer.charges == 1
    assert len(buyer.grants) == 1, "a payment that comes late is a payment"
    assert again.stage in {"awaiting_checkout", "ready"}


@pytest.mark.parametrize("walk", AT_CHECKOUT, ids=str)
def test_asking_for_an_order_while_the_marketplace_is_down(buyer: Walker) -> None:
    progress = buyer.buy(buyer.quote())
    buyer.sandbox.pay(progress.checkout_url)
    buyer.sandbox.fault("503", times=0)
    buyer.session.check_checkout(progress.order_id)
    buyer.wait()
    assert progress.stage == "awaiting_checkout"
    assert "Try again in a moment" in buyer.said(progress.problem)
    buyer.sandbox.clear_faults()
    buyer.session.check_checkout(progress.order_id)
    buyer.wait()
    assert (progress.stage, progress.problem) == ("ready", None)
    assert buyer.charges == 1


@pytest.mark.parametrize("walk", BUYING, ids=str)
def test_what_the_user_cannot_press(buyer: Walker) -> None:
    for press in (
        lambda: buyer.session.buy("quote_none"),
        lambda: buyer.session.cancel_order("order_none"),
        lambda: buyer.session.prepare_import("grant_none"),
        lambda: buyer.session.download("grant_none"),
        lambda: buyer.session.open_order_page("order_none"),
        lambda: buyer.session.decide_order("order_none", bought=True, reason="x"),
    ):
        with pytest.raises(UserInputError) as caught:
            press()
        check_sentence(buyer.said(caught.value, names=False))
    assert buyer.requests() == []


@pytest.mark.parametrize("walk", BUYING, ids=str)
def test_nothing_is_left_open(buyer: Walker) -> None:
    buyer.pay(buyer.buy(buyer.quote()))
    assert not {order.state for order in buyer.orders} & OPEN_STATES
    assert buyer.charges == 1
