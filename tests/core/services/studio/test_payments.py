"""How a studio pays: methods, what is open, what is noted when something is charged or comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fakes import CountingIds, paid
from shops import Shop, open_shop

from core.errors import NotAllowed, PaymentError, UserInputError
from core.model.buy_request import BuyRequest, RequestState
from core.model.evidence import WebPurchase
from core.model.money import Credits, Money
from core.model.order import OrderState
from core.model.payment import MethodKind, Payment, PaymentMethod
from core.model.people import Member, Project, Role
from core.services.buying.documents import attach
from core.services.studio.payments import MethodDraft, Payments
from core.services.studio.rates import Rates
from core.services.studio.standing import Standing

USD_29 = Money(minor=2900, currency="USD")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop that is not asked how it is paid."""
    with open_shop(tmp_path) as opened:
        yield opened


def make_payments(shop: Shop, **settings: Any) -> Payments:
    """Make the studio's payments, and let everything be paid through them."""
    with_home = replace(shop.settings, **{"home_currency": "EUR", **settings})
    payments = Payments(
        ledger=shop.ledger,
        clock=shop.clock,
        ids=CountingIds(),
        settings=with_home,
        standing=Standing(ledger=shop.ledger, settings=with_home),
    )
    settle = replace(shop.purchase.settle, pay=payments)
    shop.purchase = replace(shop.purchase, settle=settle)
    shop.web = replace(shop.web, settle=settle, past=replace(shop.web.past, settle=settle))
    shop.refunds = replace(shop.refunds, pay=payments)
    return payments


def make_rates(shop: Shop) -> Rates:
    return Rates(
        ledger=shop.ledger,
        clock=shop.clock,
        ids=CountingIds(),
        standing=Standing(ledger=shop.ledger, settings=shop.settings),
    )


def buy(shop: Shop, charged: Any = USD_29, *, price: Any = USD_29) -> Any:
    """Buy one thing of the agency."""
    shop.agency.basis = replace(shop.agency.basis, cost=price)
    shop.sender.answers["purchase"] = paid(license_label="Standard", charged=charged)
    return shop.purchase.run(shop.agreed(shop.agency).id, actor="ann")


def payments_of(shop: Shop, order: Any) -> list[Payment]:
    return list(shop.ledger.values(Payment, order_id=order.id))


class TestWithoutAStudio:
    """Nobody set anything up: the marketplace's own method is noted."""

    def test_a_purchase_is_noted_with_the_marketplaces_own_method(self, shop: Shop) -> None:
        order = buy(shop)
        (payment,) = payments_of(shop, order)
        assert (payment.value, payment.cost, payment.home) == (USD_29, USD_29, None)
        (method,) = shop.ledger.values(PaymentMethod)
        assert (method.id, method.kind) == ("own/agency/contract/a1", MethodKind.CONTRACT)
        assert payment.method_id == method.id

    def test_credits_have_no_value_that_nobody_named(self, shop: Shop) -> None:
        order = buy(shop, Credits(amount=2, unit="credit"), price=Credits(amount=2, unit="credit"))
        (payment,) = payments_of(shop, order)
        assert (payment.cost, payment.value) == (Credits(amount=2, unit="credit"), None)

    def test_a_refund_is_a_negative_payment(self, shop: Shop) -> None:
        order = buy(shop)
        refund = shop.refunds.request(order.id, reason="broken", actor="ann")
        shop.refunds.settle(refund.id, refunded=True, amount=USD_29, actor="ann")
        charge, back = payments_of(shop, order)
        assert (charge.refund_id, back.refund_id) == ("", refund.id)
        assert back.value == Money(minor=-2900, currency="USD")
        assert back.method_id == charge.method_id


class TestMethods:
    """Set up, listed, ended."""

    @pytest.mark.parametrize(
        "draft",
        [
            MethodDraft(kind=MethodKind.MANUAL, label=" "),
            MethodDraft(kind=MethodKind.CREDITS, label="Credits"),
            MethodDraft(kind=MethodKind.PURCHASE_ORDER, label="PO"),
            MethodDraft(kind=MethodKind.PREPAID, label="Balance"),
            MethodDraft(kind=MethodKind.MANUAL, label="x", paid_in=USD_29),
            MethodDraft(kind=MethodKind.MANUAL, label="x", unit_value=USD_29),
            MethodDraft(kind=MethodKind.PREPAID, label="x", paid_in=Money(minor=-1, currency="USD")),
            MethodDraft(kind=MethodKind.PREPAID, label="x", paid_in=Money(minor=1, currency="QQQ")),
            MethodDraft(kind=MethodKind.MANUAL, label="x", limit_amount=Money(minor=1)),
            MethodDraft(kind=MethodKind.MANUAL, label="Visa 4111 1111 1111 1111"),
            MethodDraft(kind=MethodKind.MANUAL, label="x", cost_center="4111-1111-1111-1111"),
            MethodDraft(kind=MethodKind.PURCHASE_ORDER, label="x", purchase_order="5555555555554444"),
        ],
    )
    def test_what_cannot_be_is_refused_and_leaves_nothing(self, shop: Shop, draft: MethodDraft) -> None:
        with pytest.raises(UserInputError):
            make_payments(shop).add_method(draft)
        assert shop.ledger.values(PaymentMethod) == ()
        assert shop.ledger.audit() == ()

    def test_one_is_added_listed_and_ended(self, shop: Shop) -> None:
        payments = make_payments(shop)
        draft = MethodDraft(
            kind=MethodKind.PURCHASE_ORDER,
            label="Autumn\x00 spot",
            purchase_order="PO-7",
            cost_center="4711",
            limit_amount=USD_29,
        )
        method = payments.add_method(draft)
        assert method.label == "Autumn spot"
        (listed,) = payments.methods()
        assert (listed.method, listed.left) == (method, USD_29)
        ended = payments.end_method(method.id)
        assert payments.methods() == ()
        assert [one.method for one in payments.methods(ended=True)] == [ended]
        with pytest.raises(UserInputError, match="ended before"):
            payments.end_method(method.id)
        with pytest.raises(UserInputError, match="no payment method"):
            payments.end_method("nothing")
        assert [entry.event.action for entry in shop.ledger.audit()] == [
            "payment_method.added",
            "payment_method.ended",
        ]

    def test_only_an_admin_sets_them_up_in_a_studio(self, shop: Shop) -> None:
        with shop.ledger.transaction() as work:
            at = shop.clock.now()
            work.add(Member(id="ann", name="Ann", roles=(Role.BUYER,), added_at=at, added_by="ada"))
        with pytest.raises(NotAllowed):
            make_payments(shop).add_method(MethodDraft(kind=MethodKind.MANUAL, label="x"))
        with pytest.raises(NotAllowed):
            make_rates(shop).set_rate("USD", "EUR", "1", valid_on=date(2026, 11, 1), source="ECB")

    def test_a_project_has_to_be_there(self, shop: Shop) -> None:
        payments = make_payments(shop)
        with shop.ledger.transaction() as work:
            work.add(Project(id="spot", name="Spot", created_at=shop.clock.now(), created_by="ada"))
        with pytest.raises(UserInputError, match="no project"):
            payments.add_method(MethodDraft(kind=MethodKind.MANUAL, label="x", project_id="spat"))


class TestPaying:
    """Over real purchases."""

    def test_a_rate_of_the_day_is_kept_with_the_payment(self, shop: Shop) -> None:
        make_payments(shop)
        rates = make_rates(shop)
        rates.set_rate("usd", "eur", "0.90", valid_on=date(2026, 11, 20), source="ECB")
        rates.set_rate("USD", "EUR", "0.92", valid_on=date(2026, 11, 22), source="ECB")
        (payment,) = payments_of(shop, buy(shop))
        assert payment.home == Money(minor=2668, currency="EUR")
        assert (payment.rate, payment.rate_on, payment.rate_source) == ("0.92", date(2026, 11, 22), "ECB")

    def test_without_a_rate_nothing_is_converted(self, shop: Shop) -> None:
        make_payments(shop)
        (payment,) = payments_of(shop, buy(shop))
        assert (payment.value, payment.home, payment.rate) == (USD_29, None, "")

    def test_credits_count_what_they_cost(self, shop: Shop) -> None:
        payments = make_payments(shop)
        method = payments.add_method(
            MethodDraft(
                kind=MethodKind.CREDITS,
                label="Pack",
                marketplace="agency",
                unit_value=Money(minor=150, currency="EUR"),
            )
        )
        order = buy(shop, Credits(amount=3, unit="credit"), price=Credits(amount=3, unit="credit"))
        (payment,) = payments_of(shop, order)
        assert (payment.method_id, payment.value) == (method.id, Money(minor=450, currency="EUR"))
        assert payment.home == payment.value
        refund = shop.refunds.request(order.id, reason="broken", actor="ann")
        shop.refunds.settle(refund.id, refunded=True, amount=Credits(amount=3, unit="credit"), actor="ann")
        assert payments_of(shop, order)[1].home == Money(minor=-450, currency="EUR")

    def test_a_purchase_order_up_to_its_limit(self, shop: Shop) -> None:
        payments = make_payments(shop)
        method = payments.add_method(
            MethodDraft(
                kind=MethodKind.PURCHASE_ORDER,
                label="PO",
                purchase_order="PO-7",
                cost_center="4711",
                limit_amount=Money(minor=3000, currency="USD"),
            )
        )
        make_payments(shop, payment_method=method.id)
        order = buy(shop)
        (payment,) = payments_of(shop, order)
        assert (payment.purchase_order, payment.cost_center) == ("PO-7", "4711")
        shop.refund_of(order.id)
        shop.agency.basis = replace(shop.agency.basis, variant="8k")
        sent = len(shop.sender.sent)
        approval = shop.agreed(shop.agency)
        with pytest.raises(PaymentError, match=r"1\.00 USD is left of its limit"):
            shop.purchase.run(approval.id, actor="ann")
        assert "purchase" not in [call.operation for call in shop.sender.sent[sent:]]
        assert len(shop.ledger.orders()) == 1

    def test_what_was_charged_is_noted_even_where_the_method_was_ended(self, shop: Shop) -> None:
        """The money is gone: it is noted as it went."""
        payments = make_payments(shop)
        method = payments.add_method(MethodDraft(kind=MethodKind.MANUAL, label="By transfer"))
        make_payments(shop, payment_method=method.id)
        approval = shop.agreed(shop.webshop)
        order = shop.web.start(approval.id, actor="ann")
        payments.end_method(method.id)
        bought = WebPurchase(
            order_number="W-1", bought_on=date(2026, 11, 23), license_label="Standard", price=USD_29
        )
        shop.web.confirm(order.id, bought, actor="ann")
        (payment,) = payments_of(shop, order)
        assert payment.method_id == "own/webshop/checkout"
        assert payment.value == USD_29

    def test_a_manual_payment_keeps_its_evidence(self, shop: Shop, tmp_path: Path) -> None:
        payments = make_payments(shop)
        method = payments.add_method(MethodDraft(kind=MethodKind.MANUAL, label="By transfer"))
        make_payments(shop, payment_method=method.id)
        order = shop.web.start(shop.agreed(shop.webshop).id, actor="ann")
        proof = tmp_path / "transfer.pdf"
        proof.write_bytes(b"%PDF-1.4 transfer")
        bought = WebPurchase(
            order_number="W-1", bought_on=date(2026, 11, 23), license_label="Standard", price=USD_29
        )
        shop.web.confirm(order.id, bought, documents=attach([proof]), actor="ann")
        (payment,) = payments_of(shop, order)
        assert payment.method_id == method.id
        assert payment.evidence_sha256 == shop.ledger.documents(order.id)[0].sha256

    def test_a_request_names_the_method(self, shop: Shop) -> None:
        payments = make_payments(shop)
        method = payments.add_method(MethodDraft(kind=MethodKind.MANUAL, label="By transfer"))
        approval = shop.agreed(shop.agency)
        at = shop.clock.now()
        with shop.ledger.transaction() as work:
            work.add(Project(id="film", name="Film", created_at=at, created_by="ada", cost_center="9"))
            work.add(_request(method.id, at))
            work.add(_item(shop, approval.quote_id))
        shop.sender.answers["purchase"] = paid(license_label="Standard", charged=Credits(amount=1))
        order = shop.purchase.run(approval.id, actor="ann")
        (payment,) = payments_of(shop, order)
        assert (payment.method_id, payment.value, payment.cost_center) == (method.id, None, "9")

    def test_the_purchase_order_of_the_settings_is_no_card_number(self, shop: Shop) -> None:
        make_payments(shop, purchase_order="4111 1111 1111 1111")
        with pytest.raises(UserInputError, match="card number"):
            buy(shop)
        assert shop.ledger.orders() == ()

    def test_an_order_that_fails_is_not_paid(self, shop: Shop) -> None:
        make_payments(shop)
        approval = shop.agreed(shop.agency)
        shop.sender.answers["purchase"] = PaymentError("no credit")
        with pytest.raises(PaymentError):
            shop.purchase.run(approval.id, actor="ann")
        assert shop.ledger.values(Payment) == ()
        assert shop.ledger.orders()[0].state is not OrderState.PAID


class TestRates:
    """Noted by hand, never changed."""

    @pytest.mark.parametrize(
        ("pair", "rate", "day", "source"),
        [
            ("USD/USD", "1", date(2026, 11, 1), "ECB"),
            ("USD/QQQ", "1", date(2026, 11, 1), "ECB"),
            ("/EUR", "1", date(2026, 11, 1), "ECB"),
            ("USD/EUR", "0", date(2026, 11, 1), "ECB"),
            ("USD/EUR", "0,9", date(2026, 11, 1), "ECB"),
            ("USD/EUR", "0.9", date(2026, 11, 24), "ECB"),
            ("USD/EUR", "0.9", date(2026, 11, 1), " "),
        ],
    )
    def test_what_is_no_rate_is_refused(
        self, shop: Shop, pair: str, rate: str, day: date, source: str
    ) -> None:
        with pytest.raises(UserInputError):
            make_rates(shop).set_rate(*pair.split("/"), rate, valid_on=day, source=source)
        assert make_rates(shop).rates() == ()

    def test_one_is_noted_once(self, shop: Shop) -> None:
        rates = make_rates(shop)
        first = rates.set_rate("USD", "EUR", "0.9", valid_on=date(2026, 11, 1), source="ECB")
        with pytest.raises(UserInputError, match="never changed"):
            replace(rates, ids=_Ids()).set_rate("USD", "EUR", "0.8", valid_on=date(2026, 11, 1), source="ECB")
        assert rates.rates(base="usd") == (first,)
        assert rates.rates(quote="USD") == ()

    def test_prices_of_calls(self, shop: Shop) -> None:
        rates = make_rates(shop)
        cent = Money(minor=1, currency="USD")
        made = rates.set_price("pond5", "Bin list", cent, per=10, starts_on=date(2026, 1, 1))
        assert made.operation == "bin_list"
        assert rates.prices() == (made,)
        for facts in (
            {"amount": Money(minor=0, currency="USD")},
            {"per": 0},
            {"ends_on": date(2025, 1, 1)},
            {"operation": " "},
            {"marketplace": "nowhere"},
        ):
            given = {
                "marketplace": "pond5", "operation": "download", "amount": cent, "per": 1,
                "starts_on": date(2026, 1, 1), **facts,
            }  # fmt: skip
            with pytest.raises(UserInputError):
                rates.set_price(
                    given.pop("marketplace"), given.pop("operation"), given.pop("amount"), **given
                )


class _Ids(CountingIds):
    """Ids of a later program."""

    def new(self, kind: str) -> str:
        return f"later_{super().new(kind)}"


def _request(method_id: str, at: Any) -> BuyRequest:
    return BuyRequest(
        id="r1", project_id="film", requested_by="ann", reason="", use="", state=RequestState.APPROVED,
        created_at=at, changed_at=at, method_id=method_id,
    )  # fmt: skip


def _item(shop: Shop, quote_id: str) -> Any:
    from core.model.buy_request import ItemState, RequestItem

    listing = shop.agency.basis.listing
    return RequestItem(
        id="i1", request_id="r1", position=1, ref=listing.ref, kind=listing.kind, title="x", license_label="",
        variant="", state=ItemState.BUYING, changed_at=shop.clock.now(), quote_id=quote_id,
    )  # fmt: skip
