"""Any sequence of buying, losing answers, reconciling, deciding, confirming and giving back keeps the books.

The marketplaces here keep books of their own: whatever the ledger believes is held against them.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from fake_marketplaces import make_listing
from fakes import paid, record
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from shops import Shop, open_shop

from core import errors
from core.marketplaces.base import HistoryPage
from core.model.evidence import RefundState, WebPurchase
from core.model.grant import GrantState
from core.model.order import OPEN_STATES, Order, OrderState

ITEMS = ("1", "2")
BOUGHT = frozenset({OrderState.PAID, OrderState.FULFILLED, OrderState.REFUNDED})


@dataclass
class Charge:
    """What a marketplace charged: the truth that only it knows."""

    marketplace: str
    item: str
    key: str
    number: str


@dataclass
class Truth:
    """The marketplaces' own books."""

    charges: list[Charge] = field(default_factory=list)

    def of(self, marketplace: str, item: str) -> list[Charge]:
        return [one for one in self.charges if (one.marketplace, one.item) == (marketplace, item)]


class Orders(RuleBasedStateMachine):
    """Two marketplaces with an API (one with history, one without) and one with a website only."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.truth = Truth()
        self.shop: Any = None
        self.numbers = 0
        self.websites: set[str] = set()

    @initialize()
    def begin(self) -> None:
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.shop = self.stack.enter_context(open_shop(Path(folder)))
        self.shop.with_settings(contract_licenses={"contractor": "Business"})
        self.shop.sender.answers["history"] = self.tell_history
        self.shop.sender.answers["listing"] = lambda _call: make_listing(self.shop.agency.INFO)

    def teardown(self) -> None:
        self.stack.close()

    def tell_history(self, _call: Any) -> HistoryPage:
        """Tell what the agency charged, as its history does."""
        return HistoryPage(
            records=tuple(
                record(
                    make_listing(self.shop.agency.INFO, one.item), key=one.key, at=self.shop.clock.now(),
                    marketplace_order_id=one.number, marketplace_license_id=one.number,
                    license_label="Standard",
                )
                for one in self.truth.charges
                if one.marketplace == "agency"
            )
        )  # fmt: skip

    # What the user does

    @rule(
        marketplace=st.sampled_from(["agency", "contractor"]),
        item=st.sampled_from(ITEMS),
        ends=st.sampled_from(["lost", "lost before it took effect", "paid", "refused"]),
    )
    def buy(self, marketplace: str, item: str, ends: str) -> None:
        """Buy; the answer may be lost, whether or not the purchase took effect."""
        fake = getattr(self.shop, marketplace)
        fake.basis = replace(fake.basis, listing=make_listing(fake.INFO, item))

        def answer(_call: Any) -> Any:
            key = fake.requests[-1].key
            if ends in ("paid", "lost"):
                self.numbers += 1
                number = f"N{self.numbers}"
                self.truth.charges.append(Charge(marketplace, item, key, number))
                if ends == "paid":
                    return paid(marketplace_order_id=number, marketplace_license_id=number)
            if ends == "refused":
                raise errors.RequestRejected("no")
            raise errors.OutcomeUnknown("?")

        self.shop.sender.answers["purchase"] = answer
        held = self.open_or_owned(marketplace, item)
        try:
            self.shop.purchase.run(self.shop.agreed(fake).id, actor="ann")
        except errors.ClearanceError as error:
            if not held and ends == "paid":
                raise AssertionError("a good purchase failed") from error
        else:
            assert not held, "bought although it was owned or an order was open"

    @rule(seconds=st.sampled_from([1, 100, 1000, 100_000]))
    def reconcile_later(self, seconds: int) -> None:
        """Let time pass and read the marketplaces' records, where there are any."""
        self.shop.clock.advance(seconds)
        for result in self.shop.reconcile.run(actor="ann"):
            assert result.problem is None

    @precondition(lambda self: self.shop is not None and self.in_doubt())
    @rule(data=st.data())
    def look_and_decide(self, data: Any) -> None:
        """Look into the account at the marketplace, and say the truth about it."""
        order = data.draw(st.sampled_from(self.in_doubt()))
        charge = next((one for one in self.truth.charges if one.key == order.key), None)
        try:
            self.shop.reconcile.decide(
                order.id, bought=charge is not None, actor="ann", reason="I looked",
                marketplace_order_id=charge.number if charge else "",
            )  # fmt: skip
        except errors.UserInputError as error:
            if error.code not in ("order.records_first", "order.not_in_doubt"):
                raise

    @rule(item=st.sampled_from(ITEMS))
    def go_to_the_website(self, item: str) -> None:
        fake = self.shop.webshop
        fake.basis = replace(fake.basis, listing=make_listing(fake.INFO, item))
        held = self.open_or_owned("webshop", item)
        try:
            self.shop.web.start(self.shop.agreed(fake).id, actor="ann")
        except errors.ClearanceError:
            assert held
        else:
            assert not held

    @precondition(lambda self: self.shop is not None and self.waiting())
    @rule(data=st.data(), same_number=st.booleans(), give_up=st.booleans())
    def come_back_from_it(self, data: Any, same_number: bool, give_up: bool) -> None:
        order = data.draw(st.sampled_from(self.waiting()))
        if give_up:
            self.shop.reconcile.give_up(order.id, actor="ann")
            return
        self.numbers += not same_number
        number = f"W{self.numbers}"
        entered = WebPurchase(order_number=number, bought_on=date(2026, 11, 1), license_label="Standard")
        taken = any(other.marketplace_order_id == number for other in self.shop.ledger.orders(ref=order.ref))
        try:
            self.shop.web.confirm(order.id, entered, actor="ann")
        except errors.LedgerConflict:
            assert taken
        else:
            assert not taken
            self.truth.charges.append(Charge("webshop", order.ref.id, order.key, number))

    @precondition(lambda self: self.shop is not None and self.shop.ledger.grants(state=GrantState.ACTIVE))
    @rule(data=st.data(), refunded=st.booleans())
    def give_back(self, data: Any, refunded: bool) -> None:
        grant = data.draw(st.sampled_from(self.shop.ledger.grants(state=GrantState.ACTIVE)))
        refund = self.shop.refunds.request(grant.order_id, reason="no", actor="ann")
        self.shop.refunds.settle(refund.id, refunded=refunded, actor="ann")

    # What has to be true whatever was done

    @invariant()
    def nothing_is_booked_that_was_not_charged(self) -> None:
        for order in self.orders():
            charged = [one for one in self.truth.charges if one.key == order.key]
            assert len(charged) <= 1
            if order.state in BOUGHT:
                assert len(charged) == 1, order
                assert order.marketplace_order_id == charged[0].number

    @invariant()
    def every_purchase_has_one_receipt_and_one_grant(self) -> None:
        for order in self.orders():
            grant = self.shop.ledger.grant_for_order(order.id)
            receipts = self.shop.ledger.receipts(order.id)
            assert (grant is not None) == (len(receipts) == 1) == (order.state in BOUGHT)
            if grant is not None:
                assert (grant.state is GrantState.REFUNDED) == (order.state is OrderState.REFUNDED)
                done = [r for r in self.shop.ledger.refunds(order.id) if r.state is RefundState.REFUNDED]
                assert len(done) == (order.state is OrderState.REFUNDED)

    @invariant()
    def what_was_charged_is_booked_or_in_doubt(self) -> None:
        """No charge is forgotten: nothing that took effect is FAILED for long while history can tell."""
        if self.shop is None:
            return
        for charge in self.truth.charges:
            order = next(one for one in self.orders() if one.key == charge.key)
            assert order.state in BOUGHT or order.state is OrderState.UNKNOWN, (order, charge)

    @invariant()
    def at_most_one_order_of_a_thing_is_open(self) -> None:
        open_ = [order.ref for order in self.orders() if order.state in OPEN_STATES]
        assert len(open_) == len(set(open_))

    @invariant()
    def the_audit_is_whole(self) -> None:
        if self.shop is not None:
            assert self.shop.ledger.verify_audit().ok

    def orders(self) -> tuple[Order, ...]:
        shop: Shop | None = self.shop
        return () if shop is None else shop.ledger.orders()

    def in_doubt(self) -> list[Order]:
        return [order for order in self.orders() if order.state is OrderState.UNKNOWN]

    def waiting(self) -> list[Order]:
        return [order for order in self.orders() if order.state is OrderState.AWAITING_CHECKOUT]

    def open_or_owned(self, marketplace: str, item: str) -> bool:
        ref = make_listing(getattr(self.shop, marketplace).INFO, item).ref
        grants = self.shop.ledger.grants_for(ref)
        return any(order.ref == ref and order.state in OPEN_STATES for order in self.orders()) or any(
            grant.state is GrantState.ACTIVE for grant in grants
        )


TestLifeOfOrders = Orders.TestCase
TestLifeOfOrders.settings = settings(
    max_examples=50,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
