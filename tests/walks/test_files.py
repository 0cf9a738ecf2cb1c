"""From a license to a file: what does not arrive, or is not what was bought, is never imported."""

from __future__ import annotations

from typing import Any

import pytest
from walk_rows import Walk
from walk_table import WALKS
from walks import Walker

from core.marketplaces.base import Capability
from core.model.order import OrderState

FETCHING = [walk for walk in WALKS.values() if walk.can(Capability.DOWNLOAD_API)]
AGAIN = [walk for walk in FETCHING if not walk.by_hand]
ONCE = [walk for walk in FETCHING if walk.by_hand]
DELAYS = [{"fault": "reset"}, {"fault": "truncate"}, {"fault": "no_content_length"}, {"fault": "503"}]
WRONG = [{"fault": "html"}, {"fault": "empty"}, {"fault": "garbage_json"}]


def buy_and_fetch(buyer: Walker, fault: dict[str, Any]) -> Any:
    """Buy something whose file goes wrong; return the progress."""
    result = buyer.quote()
    buyer.sandbox.fault(host=buyer.walk.files, method="GET", **fault)
    return buyer.pay(buyer.buy(result))


def comes_in_the_end(buyer: Walker, progress: Any) -> None:
    """Try once more when all is well again: nothing is charged for that."""
    buyer.sandbox.clear_faults()
    prepared = buyer.prepare(progress)
    assert prepared is not None, progress.problem
    assert progress.problem is None
    assert buyer.charges == 1
    assert len(buyer.grants) == 1
    assert [order.state for order in buyer.orders] == [OrderState.FULFILLED]


@pytest.mark.parametrize("walk", FETCHING, ids=str)
@pytest.mark.parametrize("fault", DELAYS, ids=lambda fault: str(fault["fault"]))
def test_a_bad_line_is_not_worth_a_word(buyer: Walker, fault: dict[str, Any]) -> None:
    progress = buy_and_fetch(buyer, fault)
    assert (progress.stage, progress.problem) == ("ready", None)
    comes_in_the_end(buyer, progress)


@pytest.mark.parametrize("walk", FETCHING, ids=str)
@pytest.mark.parametrize("fault", WRONG, ids=lambda fault: str(fault["fault"]))
def test_something_else_comes_than_the_file(buyer: Walker, fault: dict[str, Any]) -> None:
    progress = buy_and_fetch(buyer, {**fault, "times": 0})
    assert progress.stage == "failed"
    said = buyer.said(progress.problem)
    assert "Download it again" in said or "Try again" in said
    assert buyer.stored_files() == [], "what is not the file never gets into the store"
    assert buyer.session.prepared(progress.grant_id) is None
    assert buyer.charges == 1
    comes_in_the_end(buyer, progress)


@pytest.mark.parametrize("walk", AGAIN, ids=str)
def test_the_link_has_expired(buyer: Walker, walk: Walk) -> None:
    progress = buy_and_fetch(buyer, {"fault": "expired_link"})
    assert (progress.stage, progress.problem) == ("ready", None), "a fresh one is asked for, free of charge"
    comes_in_the_end(buyer, progress)


@pytest.mark.parametrize("walk", AGAIN, ids=str)
def test_every_link_has_expired(buyer: Walker) -> None:
    progress = buy_and_fetch(buyer, {"fault": "expired_link", "times": 0})
    assert progress.stage == "failed"
    said = buyer.said(progress.problem, names=False)
    assert "link ran out" in said and "Download again" in said and "free of charge" in said
    comes_in_the_end(buyer, progress)


@pytest.mark.parametrize("walk", ONCE, ids=str)
def test_the_only_link_has_expired(buyer: Walker, walk: Walk) -> None:
    progress = buy_and_fetch(buyer, {"fault": "expired_link", "times": 0})
    assert progress.stage == "failed"
    said = buyer.said(progress.problem)
    assert "offers no way to fetch a file again" in said
    assert "website" in said or "support" in said
    buyer.prepare(progress)
    assert len(buyer.requests(walk.purchase)) == 1, "never by buying it once more"
    assert buyer.charges == 1


@pytest.mark.parametrize("walk", FETCHING, ids=str)
def test_days_later_in_another_session(buyer: Walker, walk: Walk) -> None:
    """What was fetched stays; what was not is fetched by a link that is fresh."""
    progress = buyer.pay(buyer.buy(buyer.quote()))
    buyer.pass_time(30 * 24 * 3600.0)
    buyer.sandbox.clear_requests()
    assert buyer.prepare(progress) is not None
    assert buyer.requests() == []


@pytest.mark.parametrize("walk", AGAIN, ids=str)
def test_removed_after_it_was_bought(buyer: Walker, walk: Walk) -> None:
    progress = buy_and_fetch(buyer, {"fault": "html", "times": 0})
    buyer.sandbox.clear_faults()
    buyer.sandbox.change_listing(walk.marketplace, walk.good, removed=True)
    if buyer.prepare(progress) is None:
        said = buyer.said(progress.problem)
        assert "no longer has this" in said or "offers no file" in said
    assert len(buyer.grants) == 1, "the license stays"
    assert buyer.charges == 1


@pytest.mark.parametrize("walk", FETCHING, ids=str)
def test_a_damaged_file_is_not_imported(buyer: Walker) -> None:
    """Of some formats damage shows at once; what only the importer could tell is at least whole."""
    progress = buy_and_fetch(buyer, {"fault": "wrong_bytes", "times": 0})
    if progress.problem is not None:
        buyer.said(progress.problem)
        assert buyer.stored_files() == []
    assert buyer.charges == 1


@pytest.mark.parametrize("walk", FETCHING, ids=str)
def test_the_disk_is_not_writable(buyer: Walker) -> None:
    result = buyer.quote()
    store = buyer.app.settings.store_dir
    store.mkdir(parents=True, exist_ok=True)
    (store / "incoming").write_bytes(b"a file where a folder should be")
    progress = buyer.pay(buyer.buy(result))
    assert progress.stage == "failed"
    assert progress.problem is not None
    buyer.said(progress.problem, names=False)
    (store / "incoming").unlink()
    comes_in_the_end(buyer, progress)
