"""Wrong turns that a marketplace makes impossible: each is listed, with what is said to who takes it anyway.

Every wrong turn of the other files is made where a marketplace has what it needs. Where it has not, there is
a line here, so that none is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from walk_rows import Walk
from walk_table import WALKS
from walks import Walker

from core.errors import ClearanceError, NotSupported, UserInputError
from core.marketplaces import registry
from core.marketplaces.base import Capability as Can
from core.marketplaces.base import OwnedRef, PurchaseRequest
from core.model.evidence import WebPurchase
from core.model.listing import ListingRef, SearchQuery
from core.services.buying.quote import listing_stub
from core.services.steps import run_steps
from sandbox.server import ROUTES


def ref_of(user: Walker) -> ListingRef:
    """Return the good listing."""
    return ListingRef(marketplace=user.walk.marketplace, id=user.walk.good)


def owned_by(user: Walker) -> OwnedRef:
    """Name something as if it were owned."""
    return OwnedRef(ref=ref_of(user), kind=user.walk.kind, marketplace_order_id="7")


def module_of(user: Walker) -> Any:
    """Return the marketplace's module."""
    return registry.find(user.walk.marketplace)


def run(user: Walker, steps: Any) -> Any:
    """Run a module's steps as the services do."""
    return run_steps(steps, user.walk.info, user.app.services.search.sender)


def request_of(user: Walker) -> PurchaseRequest:
    """Ask for a purchase."""
    return PurchaseRequest(
        key="k", ref=ref_of(user), kind=user.walk.kind, variant="v", account_id="a", license_label="l"
    )


def first_web_order(user: Walker) -> Any:
    """Start a purchase on a website that does not sell so."""
    user.connect()
    return user.app.services.web_purchases.start(
        user.app.services.approve.run(
            (result := user.quote()).quote, result.answer, actor="ann", reason="a walk"
        ).id,
        actor="ann",
    )


def stub(user: Walker) -> Any:
    """Name a listing that nobody has described."""
    return listing_stub(ref_of(user), user.walk.kind)


def fetch_again(user: Walker) -> object:
    """Ask for the file of something owned, without anything in hand."""
    if user.walk.has_keys:
        user.connect()
    return run(user, module_of(user).download_links(owned_by(user)))


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One wrong turn, where it is possible, and what happens to who takes it elsewhere."""

    name: str
    possible: Callable[[Walk], bool]
    press: Callable[[Walker], object]
    says: str
    error: type[ClearanceError] = NotSupported
    names: bool = True


TURNS = (
    Turn(
        name="no key, half a key, a bad key",
        possible=lambda walk: walk.has_keys,
        press=lambda user: user.app.services.accounts.store(user.walk.marketplace, "client_id", "a-key"),
        says="there is no key to store",
        error=UserInputError,
    ),
    Turn(
        name="test of a connection",
        possible=lambda walk: walk.has_keys,
        press=lambda user: user.app.services.accounts.test(user.walk.marketplace),
        says="you sign in on its website",
    ),
    Turn(
        name="sign-in refused, expired token, token that cannot be refreshed",
        possible=lambda walk: walk.signs_in,
        press=lambda user: user.app.services.accounts.sign_in(user.walk.marketplace, print),
        says="Nobody signs in at",
        error=UserInputError,
    ),
    Turn(
        name="wrong pasted address",
        possible=lambda walk: bool(walk.info.auth.redirect == "paste" and walk.signs_in),
        press=lambda user: user.app.services.accounts.begin_sign_in(user.walk.marketplace),
        says="by itself; nothing is pasted|Nobody signs in at",
        error=UserInputError,
    ),
    Turn(
        name="too many searches, search while it is down",
        possible=lambda walk: walk.can(Can.SEARCH),
        press=lambda user: module_of(user).search(SearchQuery(text="oak")),
        says="offers no way to search it",
    ),
    Turn(
        name="removed between search and price, forbidden, too many requests at the price",
        possible=lambda walk: walk.can(Can.QUOTE),
        press=lambda user: module_of(user).quote(user.app.services.feeds.listing(ref_of(user)) or stub(user)),
        says="offers no way to ask for a price",
    ),
    Turn(
        name="no quota, no rights to license, price changed, lost answer, in doubt",
        possible=lambda walk: walk.can(Can.PURCHASE_API) or walk.can(Can.PURCHASE_CHECKOUT),
        press=lambda user: module_of(user).purchase(request_of(user)),
        says="offers no way to buy",
    ),
    Turn(
        name="checkout left without paying, order asked for while it is down",
        possible=lambda walk: walk.can(Can.ORDER_STATUS),
        press=lambda user: module_of(user).order_status(owned_by(user)),
        says="offers no way to (ask for one order|read orders)",
    ),
    Turn(
        name="settled by the marketplace's own records",
        possible=lambda walk: walk.can(Can.HISTORY),
        press=lambda user: user.app.services.history.load(user.walk.marketplace),
        says="list what was bought|read your purchases|keeps no list|no list",
        error=ClearanceError,
    ),
    Turn(
        name="download link expired, another file delivered by the API",
        possible=lambda walk: walk.can(Can.DOWNLOAD_API),
        press=lambda user: run(user, module_of(user).download_links(owned_by(user))),
        says="offers no way to download",
    ),
    Turn(
        name="every link expired, and a fresh one for nothing",
        possible=lambda walk: not walk.by_hand and walk.can(Can.DOWNLOAD_API),
        press=fetch_again,
        says="offers no way to (fetch a file again|download)",
    ),
    Turn(
        name="no feed yet, a file that is no feed",
        possible=lambda walk: walk.can(Can.SEARCH_FEED),
        press=lambda user: user.app.services.feeds.add(user.walk.marketplace, Path("feed.csv")),
        says="is searched directly",
        error=UserInputError,
    ),
    Turn(
        name="order number missing, invoice missing, wrong archive picked, archive not there",
        possible=lambda walk: walk.can(Can.PURCHASE_WEB),
        press=first_web_order,
        says="sells to Clearance itself",
        error=UserInputError,
    ),
)
PAIRS = [(turn, walk) for turn in TURNS for walk in WALKS.values() if not turn.possible(walk)]


def test_every_marketplace_of_the_sandbox_has_a_walk() -> None:
    spoken = {route.host for route in ROUTES}
    infos = [registry.find(one).INFO for one in registry.all_ids()]
    assert set(WALKS) >= {info.id for info in infos if info.api_hosts & spoken or info.web is not None}


def test_every_turn_is_possible_somewhere_and_every_row_says_why_not() -> None:
    for turn in TURNS:
        assert any(turn.possible(walk) for walk in WALKS.values()), turn.name
    on_plans = [walk for walk in WALKS.values() if walk.can(Can.PURCHASE_API)]
    without_balance = {walk.marketplace for walk in on_plans if not walk.no_money}
    assert without_balance == {walk.marketplace for walk in on_plans if walk.info.contract_licenses}, (
        "only who bills by a contract has nothing that can be used up"
    )
    for walk in WALKS.values():
        if walk.can(Can.QUOTE):
            assert walk.details and walk.purchase and walk.files and walk.changed and walk.limited
        else:
            assert walk.feed and walk.tier and walk.other


@pytest.mark.parametrize(
    ("turn", "walk"), PAIRS, ids=[f"{walk}-{turn.name.replace(' ', '_')}" for turn, walk in PAIRS]
)
def test_what_cannot_happen_says_so(new_user: Walker, turn: Turn) -> None:
    with pytest.raises(turn.error, match=turn.says) as caught:
        turn.press(new_user)
    new_user.said(caught.value, names=turn.names)
    new_user.assert_nothing_bought()


@pytest.mark.parametrize("walk", [walk for walk in WALKS.values() if not walk.on_website], ids=str)
def test_entering_an_order_number_where_nobody_asked_for_it(new_user: Walker, walk: Walk) -> None:
    new_user.connect()
    progress = new_user.pay(new_user.buy(new_user.quote()))
    order = progress.order_id
    new_user.session.confirm_web_purchase(
        order, WebPurchase(order_number="1", bought_on=date(2026, 11, 1), license_label="x")
    )
    new_user.wait()
    said = new_user.said(progress.problem, names=False)
    assert "does not wait for an order number" in said
    assert len(new_user.grants) == 1
