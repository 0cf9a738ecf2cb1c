"""Too many requests, our own budget, and no network: the user is told how long, and nothing goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from walk_rows import Limited, Walk
from walk_table import WALKS
from walks import Walker, messages

from core.marketplaces.base import Capability
from core.model.listing import SearchQuery
from core.model.order import OrderState

ASKING = [walk for walk in WALKS.values() if walk.can(Capability.SEARCH) and walk.has_keys]
BUYING = [walk for walk in WALKS.values() if walk.can(Capability.QUOTE)]
LIMITED = [(walk, limited) for walk in ASKING for limited in walk.limited]
limited_each = pytest.mark.parametrize(
    ("walk", "limited"), LIMITED, ids=[f"{walk}-{limited}" for walk, limited in LIMITED]
)


def test_every_marketplace_that_is_asked_has_its_own_way_to_say_it() -> None:
    assert {walk.marketplace for walk, _ in LIMITED} == {walk.marketplace for walk in ASKING}


@limited_each
def test_too_many_searches(buyer: Walker, limited: Limited) -> None:
    buyer.sandbox.fault("429", **limited.fault)
    said = buyer.said(buyer.search().problem)
    assert "too many requests" in said and "Try again" in said
    assert re.search(limited.says, said)
    assert len(buyer.requests()) <= 4


@pytest.mark.parametrize("walk", ASKING, ids=str)
def test_a_long_wait_is_kept_by_everything_that_follows(buyer: Walker, walk: Walk) -> None:
    buyer.sandbox.fault("429", retry_after=600)
    buyer.said(buyer.search().problem)
    assert len(buyer.requests()) == 1, "600 seconds are not waited for"
    said = buyer.said(buyer.search().problem)
    assert "10 minutes" in said and "Nothing was sent" in said and "try again" in said
    assert len(buyer.requests()) == 1, "until then nobody is asked"
    buyer.pass_time(601)
    assert buyer.search().problem is None


@pytest.mark.parametrize("walk", ASKING, ids=str)
def test_a_short_wait_is_waited_for(buyer: Walker, walk: Walk) -> None:
    buyer.sandbox.fault("429", retry_after=2)
    waits: list[float] = []
    buyer.session.search(
        SearchQuery(text=walk.words),
        marketplaces=[walk.marketplace],
    )
    while not buyer.app.tasks.idle:
        buyer.app.tasks.drain()
        search = buyer.state.searches[walk.marketplace]
        if search.wait_s and search.wait_s not in waits:
            waits.append(search.wait_s)
        buyer.clock.sleep(0.01)
    assert search.problem is None
    assert buyer.state.results
    assert waits and waits[0] >= 2, "the panel shows the wait while it lasts"


@pytest.mark.parametrize("walk", ASKING, ids=str)
def test_our_own_budget_is_used_up(start: Callable[..., Walker], walk: Walk) -> None:
    buyer = start(walk, requests_per_hour={walk.marketplace: 20})
    buyer.connect()
    said = ""
    for _ in range(25):
        problem = buyer.search().problem
        if problem is not None:
            said = buyer.said(problem)
            break
    assert "as many requests as it takes for now" in said and "Nothing was sent" in said
    assert "minutes" in said
    assert len(buyer.requests()) < 20, "a part of the hour is kept for purchases"
    sent = len(buyer.requests())
    assert buyer.said(buyer.search().problem)
    assert len(buyer.requests()) == sent
    buyer.pass_time(3700)
    assert buyer.search().problem is None


@pytest.mark.parametrize("walk", BUYING, ids=str)
def test_too_many_requests_while_buying(buyer: Walker, walk: Walk) -> None:
    method, _, path = walk.purchase.partition(" ")
    result = buyer.quote()
    buyer.sandbox.fault("429", method=method, path_regex=path, retry_after=90)
    progress = buyer.buy(result)
    assert progress.stage == "failed"
    said = buyer.said(progress.problem)
    assert "90 seconds" in said
    assert [order.state for order in buyer.orders] == [OrderState.FAILED]
    assert len(buyer.requests(walk.purchase)) == 1
    buyer.assert_nothing_bought()
    buyer.pass_time(100)
    again = buyer.pay(buyer.buy(buyer.quote()))
    assert (again.stage, again.problem) == ("ready", None)
    assert buyer.charges == 1


@pytest.mark.parametrize("walk", BUYING, ids=str)
def test_offline_at_every_step(buyer: Walker, walk: Walk) -> None:
    ref = buyer.find()
    buyer.host.online = False
    buyer.sandbox.clear_requests()
    offline = "Blender is offline"
    assert offline in buyer.said(buyer.select(ref).problem, names=False)
    buyer.host.online = True
    result = buyer.quote()
    buyer.host.online = False
    buyer.sandbox.clear_requests()
    progress = buyer.buy(result)
    assert offline in buyer.said(progress.problem, names=False)
    assert progress.stage == "failed"
    buyer.assert_nothing_bought()
    buyer.session.load_history(walk.marketplace)
    buyer.wait()
    history = buyer.state.history[walk.marketplace].problem
    if walk.can(Capability.HISTORY):
        assert offline in buyer.said(history, names=False)
    assert buyer.requests() == []
    buyer.host.online = True
    again = buyer.pay(buyer.buy(buyer.quote()))
    assert (again.stage, again.problem) == ("ready", None)


@pytest.mark.parametrize("walk", BUYING, ids=str)
def test_offline_between_the_purchase_and_its_file(buyer: Walker, walk: Walk) -> None:
    result = buyer.quote()
    buyer.sandbox.fault("html", host=walk.files, times=0)
    progress = buyer.pay(buyer.buy(result))
    assert progress.stage == "failed"
    buyer.said(progress.problem, names=False)
    buyer.sandbox.clear_faults()
    buyer.host.online = False
    buyer.sandbox.clear_requests()
    assert buyer.prepare(progress) is None
    assert "Blender is offline" in messages.tell(progress.problem)
    assert buyer.requests() == []
    assert buyer.stored_files() == []
    buyer.host.online = True
    assert buyer.prepare(progress) is not None
    assert buyer.charges == 1


@pytest.mark.parametrize("walk", BUYING, ids=str)
def test_what_is_here_needs_no_network(buyer: Walker) -> None:
    progress = buyer.pay(buyer.buy(buyer.quote()))
    buyer.host.online = False
    buyer.sandbox.clear_requests()
    assert buyer.prepare(progress) is not None
    assert buyer.requests() == []
