"""In which size something was bought, on the user's word, where the marketplace's records do not tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_marketplaces import make_listing
from fakes import paid, record

from core import errors
from core.model.grant import Grant
from core.model.intended_use import IntendedUse
from core.model.listing import MediaKind
from core.model.order import Order, OrderState
from core.services.buying.documents import Attachment
from core.services.buying.state_size import ACTION, state_size

VIDEO = MediaKind.VIDEO


def film(shop: Any, *, variant: str = "hd") -> Any:
    """Let the agency sell a film by size."""
    fake = shop.agency
    fake.INFO = replace(fake.INFO, sold_by_size=frozenset({VIDEO}))
    fake.basis = replace(fake.basis, listing=make_listing(fake.INFO, kind=VIDEO), variant=variant)
    return fake


def taken_over(shop: Any, fake: Any, **changes: Any) -> Grant:
    """Take a film over from records that do not tell its size."""
    shop.sender.answers["listing"] = fake.basis.listing
    entry = record(fake.basis.listing, license_label="Standard", **changes)
    return shop.history.adopt(entry, IntendedUse(), kind=VIDEO, actor="ann").grant


def state(shop: Any, grant: Grant, size: str, **options: Any) -> Order:
    fakes = {fake.INFO.id: fake for fake in (shop.agency, shop.contractor, shop.webshop)}
    return state_size(
        shop.documents, grant.id, size, actor="ann", find_marketplace=fakes.__getitem__, **options
    )


def test_it_stands_in_the_way_until_the_user_says_which(shop: Any, tmp_path: Path) -> None:
    fake = film(shop, variant="4k")
    grant = taken_over(shop, fake)
    quoted = shop.quoted(fake)
    assert quoted.untold == quoted.covered_by == grant
    assert "do not say in which size" in quoted.note
    invoice = tmp_path / "invoice.pdf"
    invoice.write_bytes(b"%PDF-1.4 invoice")
    order = state(shop, grant, " hd ", note="INV-7", attachments=[Attachment(path=invoice)])
    assert order.variant == "hd"
    assert order.state in (OrderState.PAID, OrderState.FULFILLED)
    (document,) = shop.ledger.documents(order.id)
    assert document.name == "invoice.pdf"
    event = next(entry.event for entry in shop.ledger.audit() if entry.event.action == ACTION)
    assert (event.subject, event.actor) == (order.id, "ann")
    assert dict(event.details) == {
        "listing": str(grant.ref), "size": "hd", "source": "user", "note": "INV-7"
    }  # fmt: skip
    assert shop.ledger.verify_audit().ok
    quoted = shop.quoted(fake)
    assert (quoted.untold, quoted.covered_by) == (None, None)
    assert "You own this as “hd”" in quoted.note
    shop.sender.answers["purchase"] = paid(marketplace_license_id="L2", marketplace_order_id="L2")
    assert shop.purchase.run(shop.agreed(fake).id, actor="ann").variant == "4k"


def test_the_size_that_was_said_is_not_bought_again(shop: Any) -> None:
    fake = film(shop, variant="hd")
    grant = taken_over(shop, fake)
    state(shop, grant, "hd")
    quoted = shop.quoted(fake)
    assert (quoted.untold, quoted.covered_by) == (None, grant)


def test_a_slip_can_be_corrected(shop: Any) -> None:
    fake = film(shop)
    grant = taken_over(shop, fake)
    state(shop, grant, "4k")
    assert state(shop, grant, "hd").variant == "hd"


def test_what_is_known_stays(shop: Any) -> None:
    fake = film(shop)
    shop.sender.answers["purchase"] = paid()
    order = shop.purchase.run(shop.agreed(fake).id, actor="ann")
    grant = shop.ledger.grant_for_order(order.id)
    with pytest.raises(errors.UserInputError, match="is known: “hd”"):
        state(shop, grant, "4k")
    assert shop.ledger.order(order.id).variant == "hd"


def test_a_size_that_the_records_tell_stays(shop: Any) -> None:
    grant = taken_over(shop, film(shop), variant="hd")
    with pytest.raises(errors.UserInputError) as caught:
        state(shop, grant, "4k")
    assert caught.value.code == "size.known"


@pytest.mark.parametrize("size", ["", "  ", "\x00\n"])
def test_nothing_is_no_size(shop: Any, size: str) -> None:
    grant = taken_over(shop, film(shop))
    before = len(shop.ledger.audit())
    with pytest.raises(errors.UserInputError) as caught:
        state(shop, grant, size)
    assert caught.value.code == "size.none"
    assert len(shop.ledger.audit()) == before


def test_a_proof_that_cannot_be_read_leaves_nothing_behind(shop: Any, tmp_path: Path) -> None:
    grant = taken_over(shop, film(shop))
    with pytest.raises(errors.UserInputError):
        state(shop, grant, "hd", attachments=[Attachment(path=tmp_path / "gone.pdf")])
    order = shop.ledger.order(grant.order_id)
    assert (order.variant, shop.ledger.documents(order.id)) == ("", ())


def test_where_sizes_are_not_sold_apart_there_is_nothing_to_say(shop: Any) -> None:
    fake = film(shop)
    grant = taken_over(shop, fake)
    fake.INFO = replace(fake.INFO, sold_by_size=frozenset())
    assert shop.quoted(fake).untold is None
    with pytest.raises(errors.UserInputError) as caught:
        state(shop, grant, "hd")
    assert caught.value.code == "size.not_sold_so"


def test_no_such_license(shop: Any) -> None:
    fake = film(shop)
    grant = taken_over(shop, fake)
    with pytest.raises(errors.UserInputError):
        state(shop, replace(grant, id="grant_none"), "hd")
    shop.refund_of(grant.order_id)
    with pytest.raises(errors.UserInputError) as caught:
        state(shop, grant, "hd")
    assert caught.value.code == "grant.unknown"
