"""Options, websites, refunds and purchases of before, as a host uses them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sandbox_process import SandboxProcess

from core.app import App
from core.errors import UserInputError
from core.marketplaces.base import Wanted
from core.model.evidence import RefundState, WebPurchase
from core.model.grant import GrantState
from core.model.listing import Listing, ListingRef, MediaKind, SearchQuery
from core.model.money import Money
from core.model.order import OrderState
from core.session.state import Phase

IMAGE = ListingRef(marketplace="shutterstock", id="1120280100")
LAMP = Listing(
    ref=ListingRef(marketplace="turbosquid", id="1234567"), title="Lamp", kind=MediaKind.MODEL, offers=()
)
BOUGHT = WebPurchase(
    order_number="TS-1",
    bought_on=date(2026, 11, 20),
    license_label="TurboSquid 3D Model License, Standard",
    price=Money.parse("19", "USD"),
)


def wait(app: App) -> None:
    assert app.tasks.wait(timeout_s=60)


def select_image(app: App) -> Any:
    app.session.search(SearchQuery(text="oak"))
    wait(app)
    app.session.select(IMAGE)
    wait(app)
    assert app.session.state.selection is not None
    return app.session.state.selection


def buy_image(app: App) -> Any:
    selection = select_image(app)
    app.session.buy(selection.result.quote.id, reason="test")
    wait(app)
    (progress,) = app.session.state.progress
    assert progress.problem is None
    return progress


def select_lamp(app: App) -> Any:
    app.session.state.results = [LAMP]
    app.session.select(LAMP.ref)
    wait(app)
    assert app.session.state.selection is not None
    assert app.session.state.selection.result is not None
    return app.session.state.selection


def start_lamp(app: App, **options: Any) -> Any:
    app.session.start_web_purchase(select_lamp(app).result.quote.id, reason="test", **options)
    wait(app)
    return app.session.state.progress[0]


# Options and balances


def test_an_option_is_quoted_anew(app: App) -> None:
    selection = select_image(app)
    quoted = selection.result.quote
    app.session.choose_option(Wanted(account_id=quoted.account_id))
    assert selection.phase is Phase.BUSY
    assert selection.result is None, "nothing can be bought on what is no longer shown"
    with pytest.raises(UserInputError):
        app.session.buy(quoted.id)
    wait(app)
    assert selection.phase is Phase.READY
    assert selection.result.quote.account_id == quoted.account_id
    assert selection.result.quote.id != quoted.id


def test_the_last_choice_counts(app: App) -> None:
    selection = select_image(app)
    account = selection.result.quote.account_id
    app.session.choose_option(Wanted(account_id=account))
    app.session.choose_option(Wanted())
    wait(app)
    assert selection.wanted == Wanted()
    assert selection.result is not None


def test_the_balance_is_read_again_after_a_purchase(app: App) -> None:
    before = select_image(app).result.quote.balance.left.amount
    app.session.buy(app.session.state.selection.result.quote.id, reason="test")  # type: ignore[union-attr]
    wait(app)
    balances = app.session.state.accounts["shutterstock"].balances
    assert balances
    assert before - 1 in {one.left.amount for one in balances if one.left is not None}  # type: ignore[union-attr]


def test_a_purchase_is_done_even_if_the_balance_cannot_be_read(app: App, sandbox: SandboxProcess) -> None:
    selection = select_image(app)
    sandbox.fault("503", path_regex="^/v2/user$", times=0)
    app.session.buy(selection.result.quote.id, reason="test")
    wait(app)
    (progress,) = app.session.state.progress
    assert (progress.stage, progress.problem) == ("ready", None)
    assert app.session.state.problem is None


# Websites


def test_a_website_purchase_from_the_page_to_the_license(app: App, host: Any, tmp_path: Path) -> None:
    progress = start_lamp(app, then_import=True)
    assert progress.stage == "awaiting_evidence"
    assert host.opened == [progress.checkout_url]
    assert progress.checkout_url.endswith("/1234567")
    app.session.open_order_page(progress.order_id)
    assert len(host.opened) == 2
    invoice = tmp_path / "invoice.pdf"
    invoice.write_bytes(b"%PDF")
    app.session.confirm_web_purchase(progress.order_id, BOUGHT, documents=[invoice])
    wait(app)
    assert (progress.stage, progress.problem) == ("awaiting_file", None)
    grant = app.ledger.grant(progress.grant_id)
    assert grant is not None
    assert len(app.ledger.documents(progress.order_id)) == 1
    assert [one.id for one in app.session.state.library] == [grant.id]
    app.session.add_documents(progress.order_id, [invoice])
    wait(app)
    assert app.session.state.problem is None


def test_what_was_typed_wrong_can_be_corrected(app: App, tmp_path: Path) -> None:
    progress = start_lamp(app)
    app.session.confirm_web_purchase(progress.order_id, BOUGHT, documents=[tmp_path / "missing.pdf"])
    wait(app)
    assert progress.stage == "awaiting_evidence"
    assert progress.problem.code == "document.unreadable"
    app.session.confirm_web_purchase(progress.order_id, BOUGHT)
    wait(app)
    assert (progress.stage, progress.problem) == ("awaiting_file", None)


def test_after_a_restart_the_order_waits_and_nobody_is_asked(
    build: Callable[..., App], sandbox: SandboxProcess
) -> None:
    order_id = start_lamp(build()).order_id
    again = build()
    sandbox.clear_requests()
    again.session.reconcile()
    wait(again)
    (progress,) = again.session.state.progress
    assert (progress.stage, progress.order_id) == ("awaiting_evidence", order_id)
    again.session.check_checkout(order_id)
    wait(again)
    assert progress.stage == "awaiting_evidence"
    assert sandbox.requests() == []
    again.session.cancel_order(order_id)
    wait(again)
    assert again.session.state.progress == []


def test_bought_without_us(app: App) -> None:
    app.session.record_web_purchase(LAMP.ref, BOUGHT, title="Lamp", kind=MediaKind.MODEL)
    wait(app)
    (progress,) = app.session.state.progress
    assert progress.stage == "awaiting_file"
    app.session.record_web_purchase(LAMP.ref, BOUGHT, title="Lamp", kind=MediaKind.MODEL)
    wait(app)
    assert app.session.state.problem is not None
    assert app.session.state.problem.code == "order.number_taken"
    assert len(app.session.state.library) == 1


# Refunds


def test_a_refund_step_by_step(app: App) -> None:
    progress = buy_image(app)
    app.session.prepare_import(progress.grant_id)
    wait(app)
    prepared = app.session.prepared(progress.grant_id)
    assert prepared is not None
    session, order_id = app.session, progress.order_id
    session.advise_refund(order_id)
    wait(app)
    step = session.state.refund
    assert step is not None
    assert step.advice is not None
    assert (step.phase, step.refund) == (Phase.READY, None)
    session.request_refund(order_id, reason="not what it shows")
    wait(app)
    assert step.refund is not None
    assert step.refund.state is RefundState.REQUESTED
    assert "not what it shows" in step.message
    session.settle_refund(step.refund.id, refunded=True, reference="C-1")
    wait(app)
    assert step.refund.state is RefundState.REFUNDED
    assert session.state.library == []
    assert session.prepared(progress.grant_id) is None
    assert not prepared.plan.path.exists()
    with pytest.raises(UserInputError):
        session.prepare_import(progress.grant_id)
    grant = app.ledger.grant(progress.grant_id)
    order = app.ledger.order(order_id)
    assert grant is not None
    assert order is not None
    assert (grant.state, order.state) == (GrantState.REFUNDED, OrderState.REFUNDED)


def test_a_refund_that_cannot_be_says_why(app: App) -> None:
    app.session.request_refund("order_none", reason="x")
    wait(app)
    step = app.session.state.refund
    assert step is not None
    assert step.phase is Phase.FAILED
    assert step.problem is not None
    assert step.problem.code == "order.unknown"
    with pytest.raises(UserInputError):
        app.session.settle_refund("refund_none", refunded=True)


# Purchases of before


def test_an_earlier_purchase_is_taken_over_and_fetched_without_a_charge(
    build: Callable[..., App], sandbox: SandboxProcess
) -> None:
    buy_image(build("first"))
    app = build("second")
    app.session.load_history("shutterstock")
    assert app.session.state.history["shutterstock"].phase is Phase.BUSY
    wait(app)
    history = app.session.state.history["shutterstock"]
    assert history.phase is Phase.READY
    (row,) = [row for row in history.rows if row.record.ref == IMAGE]
    assert row.adoptable
    app.session.adopt_purchase(row.record, kind=row.kind)
    wait(app)
    (progress,) = app.session.state.progress
    assert progress.stage == "ready"
    (row,) = [row for row in history.rows if row.record.ref == IMAGE]
    assert row.grant is not None
    app.session.download(progress.grant_id)
    wait(app)
    assert progress.problem is None
    assert app.ledger.files(progress.grant_id)
    assert len(sandbox.books()["charges"]) == 1
    app.session.load_history("shutterstock", more=True)
    wait(app)
    assert len([row for row in history.rows if row.record.ref == IMAGE]) == 1


def test_history_that_there_is_none_of(app: App) -> None:
    app.session.load_history("turbosquid")
    wait(app)
    problem = app.session.state.history["turbosquid"].problem
    assert problem is not None
    assert problem.code == "history.not_offered"


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.choose_option(Wanted()),
        lambda s: s.start_web_purchase("quote_none"),
        lambda s: s.confirm_web_purchase("order_none", BOUGHT),
        lambda s: s.open_order_page("order_none"),
        lambda s: s.decide_order("order_none", bought=True, reason="r"),
    ],
)
def test_impossible_calls_say_what_to_do(app: App, call: Any) -> None:
    with pytest.raises(UserInputError) as caught:
        call(app.session)
    assert len(caught.value.message) > 10
