"""Requests from the panel: the cart, asking, approving and buying, each in the background."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.app import App
from core.errors import UserInputError
from core.model.buy_request import RequestState
from core.model.listing import ListingRef, SearchQuery
from core.model.people import Role
from core.session.state import Phase

IMAGE = ListingRef(marketplace="shutterstock", id="1120280100")


def settle(app: App) -> None:
    app.tasks.wait(timeout_s=60)


def select(app: App) -> None:
    """Search and select the image."""
    app.session.search(SearchQuery(text="oak"))
    settle(app)
    app.session.select(IMAGE)
    settle(app)


def test_alone_from_the_cart_to_the_library(app: App) -> None:
    session = app.session
    with pytest.raises(UserInputError, match="Select a result"):
        session.add_to_cart()
    select(app)
    session.add_to_cart()
    with pytest.raises(UserInputError, match="under way"):
        session.refresh_requests()
    settle(app)
    cart = session.state.requests.cart
    assert session.state.requests.problem is None
    assert cart is not None
    assert [one.item.ref for one in cart.items] == [IMAGE]
    session.add_to_cart()
    settle(app)
    problem = session.state.requests.problem
    assert problem is not None
    assert problem.code == "request.twice"
    session.submit_request(cart.request.id, reason="")
    settle(app)
    assert session.state.requests.phase is Phase.FAILED
    session.submit_request(cart.request.id, reason="billboard")
    settle(app)
    state = session.state.requests
    assert state.note.startswith("Approved by itself")
    assert state.cart is None
    assert [one.request.state for one in state.waiting] == [RequestState.APPROVED]
    session.buy_request(cart.request.id)
    settle(app)
    assert session.state.requests.note == "1 ok."
    assert [grant.ref for grant in session.state.library] == [IMAGE]
    assert [one.state for one in session.state.requests.mine] == [RequestState.DONE]


def test_an_artist_and_a_lead(build: Callable[..., App]) -> None:
    ann = build()
    people = ann.services.buying.people
    people.set_project("film")
    people.set_member("ann", roles=[Role.ADMIN, Role.ARTIST, Role.FINANCE], projects=["film"])
    people.set_member("pia", roles=[Role.APPROVER], projects=["film"])
    select(ann)
    ann.session.add_to_cart()
    settle(ann)
    cart = ann.session.state.requests.cart
    assert cart is not None
    ann.session.take_from_cart(cart.request.id, 1)
    settle(ann)
    ann.session.add_to_cart()
    settle(ann)
    ann.session.submit_request(cart.request.id, reason="billboard")
    settle(ann)
    assert ann.session.state.requests.note.startswith("Asked for.")
    assert ann.session.state.requests.waiting == ()
    from dataclasses import replace

    pia = ann.services.buying.requests
    standing = replace(pia.standing, settings=replace(ann.settings, user="pia"))
    assert [one.id for one in replace(pia, standing=standing).waiting_for_me()] == [cart.request.id]
    ann.session.approve_request(cart.request.id)
    settle(ann)
    problem = ann.session.state.requests.problem
    assert problem is not None
    assert problem.code == "studio.not_allowed"
    ann.session.withdraw_request(cart.request.id)
    settle(ann)
    assert [one.state for one in ann.session.state.requests.mine] == [RequestState.WITHDRAWN]
