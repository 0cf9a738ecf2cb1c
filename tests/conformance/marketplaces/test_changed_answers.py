"""From search to download while the marketplace's answers are odd: one charge at most, and none is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from buyer import credentials_environ
from mutating import MutatingTransport
from sandbox_process import SandboxProcess, start_sandbox
from walk_rows import Walk
from walk_table import WALKS

from core.app import App, build_app
from core.errors import ClearanceError
from core.host import NoHost
from core.marketplaces.base import Capability
from core.model.intended_use import IntendedUse
from core.model.listing import ListingRef, SearchQuery
from core.model.order import OrderState
from core.settings import Settings

SOLD_BY_API = [
    walk
    for walk in WALKS.values()
    if walk.info.capabilities & {Capability.PURCHASE_API, Capability.PURCHASE_CHECKOUT}
]
NOT_LOST = {OrderState.PAID, OrderState.FULFILLED, OrderState.UNKNOWN, OrderState.AWAITING_CHECKOUT}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """One sandbox for this module."""
    with start_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def build(
    sandbox: SandboxProcess, tmp_path: Path
) -> Iterator[Callable[[int], tuple[App, MutatingTransport]]]:
    """Build an app whose answers are changed as a seed says."""
    sandbox.reset()
    with ExitStack() as stack:

        def make(seed: int) -> tuple[App, MutatingTransport]:
            transport = MutatingTransport(seed, share=0.3, monotonic=time.monotonic)
            settings = Settings(
                data_dir=tmp_path / "data",
                user="ann",
                project="film",
                sandbox_url=sandbox.url,
                requests_per_second=None,
                contract_licenses={"pond5": "Business"},
                settle_s=0.1,
            )
            app = build_app(
                settings, host=NoHost(), environ=credentials_environ(sandbox.credentials), transport=transport
            )
            stack.callback(app.close)
            return app, transport

        yield make


def go_shopping(app: App, walk: Walk) -> None:
    """Search, quote, approve, buy, download; raise what stops it."""
    services = app.services
    page = services.search.run(walk.marketplace, SearchQuery(text=walk.words, kind=walk.kind))
    assert all(one.title.isprintable() and len(one.title) <= 300 for one in page.listings)
    ref = ListingRef(marketplace=walk.marketplace, id=walk.good)
    result = services.quote.run(ref, walk.kind, IntendedUse(), actor="ann")
    agreed = result.quote.surcharge
    approval = services.approve.run(
        result.quote, result.answer, actor="ann", reason="for the test", accept_surcharge=agreed
    )
    order = services.purchase.run(approval.id, actor="ann")
    grant = app.ledger.grant_for_order(order.id)
    if grant is not None:
        services.download.run(grant.id, actor="ann")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("walk", SOLD_BY_API, ids=str)
def test_odd_answers_never_cost_twice_and_never_hide_a_charge(
    walk: Walk, seed: int, build: Callable[[int], tuple[App, MutatingTransport]], sandbox: SandboxProcess
) -> None:
    app, transport = build(seed)
    said = ""
    try:
        go_shopping(app, walk)
    except ClearanceError as error:
        said = error.message
    assert said.isprintable() and len(said) < 1200, transport.changes
    with suppress(ClearanceError):
        app.services.reconcile.run(actor="ann")
    charges, orders = sandbox.books()["charges"], app.ledger.orders()
    assert len(charges) <= 1, transport.changes
    assert len(orders) <= 1
    if charges:
        assert {order.state for order in orders} <= NOT_LOST, transport.changes
        assert orders
    paid = {OrderState.PAID, OrderState.FULFILLED}
    assert charges or not {order.state for order in orders} & paid, transport.changes
    assert app.ledger.verify_audit().ok
