"""Request → approve → buy: who may, for which money, and what becomes of each item."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from fakes import paid
from studio_shop import USE, StudioShop, usd, want

from core.errors import NotAllowed, PolicyError, RequestRejected, Unavailable, UserInputError
from core.model.budget import LimitKind, LimitPeriod
from core.model.buy_request import ItemState, RequestItem, RequestState
from core.model.grant import Grant
from core.model.license import SeatKind
from core.model.listing import ListingRef, MediaKind
from core.model.money import Credits, Money
from core.model.order import OrderState
from core.model.people import Member, Role
from core.model.seat import Seat, SeatPool
from core.services.studio.buying import Outcome
from core.services.studio.decide import AUTOMATIC
from core.services.studio.gate import Gate
from core.services.studio.request_rules import find_items, find_request


def states(house: StudioShop, request_id: str) -> list[str]:
    """Return the states of a request's items."""
    return [str(item.state) for item in find_items(house.shop.ledger, request_id)]


def items(house: StudioShop, request_id: str) -> tuple[RequestItem, ...]:
    """Return a request's items."""
    return find_items(house.shop.ledger, request_id)


def own(house: StudioShop, number: str, *, project: str = "film") -> Grant:
    """Let the studio own something."""
    request_id = house.approved(number, reason="earlier")
    house.studio("ben").requests.buying.run(request_id)
    grants = house.shop.ledger.grants_for(ListingRef(marketplace="cgtrader", id=number))
    assert len(grants) == 1
    assert grants[0].project == project
    return grants[0]


def set_limit(house: StudioShop, kind: LimitKind, amount: int, **facts: str) -> None:
    """Set a limit as the admin."""
    house.studio("ada").limits.set(kind, usd(amount), **facts)  # type: ignore[arg-type]


def test_an_artist_asks_a_lead_approves_a_buyer_buys(house: StudioShop) -> None:
    """The way through: prices and terms as they were asked for, and a license for each."""
    house.market.prices = {"2": usd("10.50")}
    request_id = house.request("ida", "1", "2")
    submitted = house.studio("ida").requests.submit.run(request_id)
    assert submitted.request.state is RequestState.OPEN
    assert submitted.request.total == usd("39.50")
    assert submitted.why_not_auto.startswith("39.50 USD is above what is approved by itself")

    view = house.studio("pia").requests.show(request_id)
    assert view.why_not == ""
    assert [one.item.title for one in view.items] == ["Prop 1", "Prop 2"]
    assert all(one.answer is not None and one.answer.decision == "allow" for one in view.items)
    approved = house.studio("pia").requests.decide.approve(request_id)
    assert (approved.state, approved.decided_by) == (RequestState.APPROVED, "pia")

    seen: list[tuple[int, int]] = []
    result = house.studio("ben").requests.buying.run(
        request_id, progress=lambda done, total: seen.append((done, total))
    )
    assert result.request.state is RequestState.DONE
    assert [one.outcome for one in result.items] == [Outcome.OK, Outcome.OK]
    assert seen == [(1, 2), (2, 2)]
    ledger = house.shop.ledger
    for item in items(house, request_id):
        order = ledger.order(item.order_id)
        grant = ledger.grant(item.grant_id)
        assert order is not None
        assert grant is not None
        assert (order.project, order.buyer, order.cost) == ("film", "ben", item.cost)
        assert grant.order_id == order.id
    assert ledger.verify_audit().ok


@pytest.mark.parametrize(
    ("user", "step"),
    [
        ("pia", "new"), ("otto", "new"), ("fin", "new"),
        ("ida", "approve"), ("ben", "approve"), ("ada", "approve"), ("otto", "decline"),
        ("ida", "buy"), ("pia", "buy"), ("fin", "buy"), ("ada", "buy"), ("stranger", "new"),
    ],
)  # fmt: skip
def test_roles(house: StudioShop, user: str, step: str) -> None:
    """Who does not have the role is told which one it takes; nothing changes."""
    request_id = house.approved("1") if step == "buy" else house.request("ida", "1")
    if step != "buy":
        house.studio("ida").requests.submit.run(request_id)
    before = find_request(house.shop.ledger, request_id)
    requests = house.studio(user).requests
    with pytest.raises(NotAllowed, match="needs the role"):
        {
            "new": lambda: requests.cart.new(USE),
            "approve": lambda: requests.decide.approve(request_id),
            "decline": lambda: requests.decide.decline(request_id, reason="no"),
            "buy": lambda: requests.buying.run(request_id),
        }[step]()
    assert find_request(house.shop.ledger, request_id) == before
    assert house.bought == []


def test_other_projects_are_closed(house: StudioShop) -> None:
    """Who works on another project neither sees a request nor begins one for it."""
    request_id = house.request("ida", "1")
    house.studio("ida").requests.submit.run(request_id)
    ivo = house.studio("ivo").requests
    assert ivo.list() == ()
    with pytest.raises(NotAllowed):
        ivo.show(request_id)
    with pytest.raises(NotAllowed, match="does not work on the project"):
        ivo.cart.new(USE, project_id="film")
    assert [one.id for one in house.studio("otto").requests.list()] == [request_id]


def test_nobody_approves_their_own_above_the_limit(house: StudioShop) -> None:
    """A lead approves their own up to the limit for that, and others' beyond."""
    request_id = house.request("lea", "1")
    submit = house.studio("lea").requests.submit.run(request_id)
    assert submit.request.state is RequestState.OPEN
    decide = house.studio("lea").requests.decide
    with pytest.raises(NotAllowed, match="your own requests"):
        decide.approve(request_id)
    set_limit(house, LimitKind.OWN, 20)
    with pytest.raises(NotAllowed, match=r"at most 20\.00 USD"):
        decide.approve(request_id)
    set_limit(house, LimitKind.OWN, 29)
    assert decide.approve(request_id).decided_by == "lea"
    assert len(house.studio("ada").limits.list()) == 1


def test_limits_for_approving(house: StudioShop) -> None:
    """Each limit that fits holds: in all, for one marketplace's part, and for a month."""
    request_id = house.request("ida", "1", "2")
    house.studio("ida").requests.submit.run(request_id)
    set_limit(house, LimitKind.APPROVE, 50, role="approver")
    pia = house.studio("pia").requests
    assert "at most 50.00 USD" in pia.show(request_id).why_not
    with pytest.raises(NotAllowed, match=r"58\.00 USD is above what you may approve"):
        pia.decide.approve(request_id)
    set_limit(house, LimitKind.APPROVE, 100, role="approver")
    set_limit(house, LimitKind.APPROVE, 57, marketplace="cgtrader")
    with pytest.raises(NotAllowed, match="at cgtrader"):
        pia.decide.approve(request_id)
    set_limit(house, LimitKind.APPROVE, 58, marketplace="cgtrader")
    pia.decide.approve(request_id)
    house.studio("ada").limits.set(LimitKind.APPROVE, usd(80), period=LimitPeriod.MONTH)
    second = house.request("ida", "3")
    house.studio("ida").requests.submit.run(second)
    with pytest.raises(NotAllowed, match=r"in a month, of which 58\.00 USD are used"):
        pia.decide.approve(second)
    house.shop.clock.advance(31 * 86_400)
    house.studio("ida").requests.submit.run(second)
    pia.decide.approve(second)


def test_automatic_approval(house: StudioShop) -> None:
    """Up to a limit it needs nobody; credits, doubts and what is dearer need a person."""
    set_limit(house, LimitKind.AUTO, 30)
    small = house.request("ida", "1")
    submitted = house.studio("ida").requests.submit.run(small)
    assert submitted.request.state is RequestState.APPROVED
    assert (submitted.request.decided_by, submitted.request.decision_reason) == ("ida", AUTOMATIC)
    house.market.prices = {"2": Credits(amount=1), "3": usd(31)}
    for number, why in (("2", "no price in money"), ("3", "above what is approved by itself")):
        request_id = house.request("ida", number)
        submitted = house.studio("ida").requests.submit.run(request_id)
        assert submitted.request.state is RequestState.OPEN
        assert why in submitted.why_not_auto
    doubtful = house.request("ida", "4", fake=house.other)
    submitted = house.studio("ida").requests.submit.run(doubtful)
    assert submitted.request.state is RequestState.OPEN
    assert submitted.why_not_auto == "The policy wants a person to look at it."


def test_automatic_approval_for_a_month(house: StudioShop) -> None:
    """Many small ones do not add up to a large one."""
    set_limit(house, LimitKind.AUTO, 30)
    house.studio("ada").limits.set(LimitKind.AUTO, usd(60), period=LimitPeriod.MONTH)
    ended = [
        house.studio("ida").requests.submit.run(house.request("ida", number)).request.state
        for number in ("1", "2", "3")
    ]
    assert ended == [RequestState.APPROVED, RequestState.APPROVED, RequestState.OPEN]


def test_alone_one_needs_nobody(alone: StudioShop) -> None:
    """In a ledger of one's own a request goes through by itself, and the project is made along the way."""
    request_id = alone.request("ann", "1")
    submitted = alone.studio("ann").requests.submit.run(request_id)
    assert submitted.request.state is RequestState.APPROVED
    assert alone.studio("ann").requests.buying.run(request_id).request.state is RequestState.DONE
    alone.studio("ann").limits.set(LimitKind.AUTO, usd(5))
    second = alone.request("ann", "2")
    assert alone.studio("ann").requests.submit.run(second).request.state is RequestState.OPEN
    alone.studio("ann").requests.decide.approve(second)


def test_what_is_owned_is_offered_not_bought(house: StudioShop) -> None:
    """A license that covers the need takes the place of a purchase; with nothing else the request is done."""
    grant = own(house, "1")
    asked = len(house.market.asked)
    request_id = house.request("ida", "1")
    submitted = house.studio("ida").requests.submit.run(request_id)
    assert submitted.request.state is RequestState.DONE
    assert [(item.state, item.grant_id) for item in submitted.items] == [(ItemState.COVERED, grant.id)]
    assert len(house.market.asked) == asked
    mixed = house.request("ida", "1", "2")
    submitted = house.studio("ida").requests.submit.run(mixed)
    assert states(house, mixed) == ["covered", "waiting"]
    assert submitted.request.total == usd(29)
    view = house.studio("pia").requests.show(mixed)
    assert view.items[0].grant == grant
    assert view.covered == 1


def test_seats_count(house: StudioShop) -> None:
    """Without a free seat what is owned does not cover the need, nor does buying the same again."""
    grant = own(house, "1")
    with house.shop.ledger.transaction() as work:
        at = house.shop.clock.now()
        work.add(SeatPool(id=grant.id, kind=SeatKind.NAMED, seats_max=1, noted_by="ada", noted_at=at))
        work.add(Seat(id="s1", grant_id=grant.id, member_id="lea", assigned_at=at, assigned_by="ada"))
    request_id = house.request("ida", "1")
    with pytest.raises(UserInputError, match="All 1 seats"):
        house.studio("ida").requests.submit.run(request_id)
    request_id = house.request("lea", "1")
    submitted = house.studio("lea").requests.submit.run(request_id)
    assert submitted.items[0].grant_id == grant.id


def test_an_upgrade_is_said(house: StudioShop) -> None:
    """A license that does not cover the need is named beside the price of one that does."""
    grant = own(house, "1")
    cart = house.studio("ida").requests.cart
    request = cart.new(USE, reason="for the poster")
    cart.add(request.id, [want(house.market, "1", license_label="custom")])
    house.market.prices = {"1": usd(90)}
    house.studio("ida").requests.submit.run(request.id)
    view = house.studio("pia").requests.show(request.id)
    assert view.items[0].upgrade_of == grant
    assert view.items[0].item.cost == usd(90)


def test_bought_by_somebody_else_meanwhile(house: StudioShop) -> None:
    """Two approved requests for one thing: it is bought once."""
    first, second = house.approved("1"), house.approved("1", "2")
    buying = house.studio("ben").requests.buying
    buying.run(first)
    result = buying.run(second)
    assert [str(one.item.state) for one in result.items] == ["covered", "bought"]
    assert result.items[0].item.grant_id == items(house, first)[0].grant_id
    assert len(house.bought) == 2


def test_price_changed_before_anything_was_bought(house: StudioShop) -> None:
    """The request is open again; submitted once more it has the new price, and that is approved."""
    request_id = house.approved("1", "2")
    house.market.prices = {"1": usd(31)}
    with pytest.raises(UserInputError, match="changed its offer") as caught:
        house.studio("ben").requests.buying.run(request_id)
    assert caught.value.code == "request.price_changed"
    request = find_request(house.shop.ledger, request_id)
    assert request.state is RequestState.OPEN
    with pytest.raises(UserInputError, match="has to submit the request again"):
        house.studio("pia").requests.decide.approve(request_id)
    again = house.studio("ida").requests.submit.run(request_id)
    assert again.request.total == usd(60)
    house.studio("pia").requests.decide.approve(request_id)
    result = house.studio("ben").requests.buying.run(request_id)
    assert result.request.state is RequestState.DONE


def test_price_changed_after_something_was_bought(house: StudioShop) -> None:
    """What is bought stays; only this item fails, and can be asked for once more."""
    request_id = house.approved("1", "2")
    house.market.prices = {"2": usd(31)}
    result = house.studio("ben").requests.buying.run(request_id)
    assert [one.outcome for one in result.items] == [Outcome.OK, Outcome.FAILED]
    assert "changed its offer" in result.items[1].reason
    assert result.request.state is RequestState.DONE
    made = house.studio("ida").requests.cart.again(request_id)
    assert [str(item.ref) for item in items(house, made.id)] == ["cgtrader:2"]


def test_an_approval_expires(house: StudioShop) -> None:
    """Then nothing is bought, and somebody has to approve it once more."""
    request_id = house.approved("1")
    house.shop.clock.advance(8 * 86_400)
    with pytest.raises(UserInputError, match="no longer valid"):
        house.studio("ben").requests.buying.run(request_id)
    assert find_request(house.shop.ledger, request_id).state is RequestState.OPEN
    house.studio("pia").requests.decide.approve(request_id, valid_for=timedelta(hours=1))
    house.shop.clock.advance(3599)
    assert house.studio("ben").requests.buying.run(request_id).request.state is RequestState.DONE


def test_the_policy_is_asked(house: StudioShop) -> None:
    """What may not be used so is not asked for; what is in doubt needs a reason."""
    house.market.facts = {"license_label": "editorial"}
    denied = house.request("ida", "1")
    with pytest.raises(UserInputError, match="Nothing of this request can be bought"):
        house.studio("ida").requests.submit.run(denied)
    assert states(house, denied) == ["failed"]
    doubtful = house.request("ida", "4", fake=house.other)
    house.studio("ida").requests.submit.run(doubtful)
    pia = house.studio("pia").requests
    with pytest.raises(UserInputError, match="leave something open"):
        pia.decide.approve(doubtful)
    pia.decide.approve(doubtful, reason="read it, fits")
    result = house.studio("ben").requests.buying.run(doubtful)
    assert result.items[0].outcome is Outcome.OK


def test_the_studios_rules_may_have_changed(house: StudioShop) -> None:
    """A rule that came after the request stands against its approval."""
    request_id = house.request("ida", "1")
    house.studio("ida").requests.submit.run(request_id)
    rules = house.shop.settings.data_dir / "studio.toml"
    rules.write_text('[[forbid]]\nmarketplace = "cgtrader"\nreason = "no more"\n', encoding="utf-8")
    with pytest.raises(PolicyError, match="Item 1"):
        house.studio("pia").requests.decide.approve(request_id, reason="all the same")
    assert find_request(house.shop.ledger, request_id).state is RequestState.OPEN


def test_a_surcharge_is_agreed_to_word_for_word(house: StudioShop) -> None:
    """What costs beyond what is paid for is never approved in passing."""
    house.market.facts = {"surcharge": "Overage: 9.99 USD"}
    request_id = house.request("ida", "1")
    set_limit(house, LimitKind.AUTO, 1000)
    assert house.studio("ida").requests.submit.run(request_id).request.state is RequestState.OPEN
    decide = house.studio("pia").requests.decide
    with pytest.raises(UserInputError, match=r"Overage: 9\.99 USD"):
        decide.approve(request_id)
    decide.approve(request_id, accept_surcharges=["Overage: 9.99 USD"])


def test_decline_withdraw_leave_out(house: StudioShop) -> None:
    """Each ends or shrinks a request, for who may do that, with a reason."""
    ida, pia = house.studio("ida").requests, house.studio("pia").requests
    request_id = house.request("ida", "1", "2")
    ida.submit.run(request_id)
    with pytest.raises(UserInputError, match="Say why"):
        pia.decide.decline(request_id, reason="  ")
    with pytest.raises(UserInputError, match="ida's request"):
        house.studio("lea").requests.decide.withdraw(request_id)
    left = ida.decide.leave_out(request_id, [2])
    assert left.total == usd(29)
    with pytest.raises(UserInputError, match="Withdraw the request instead"):
        ida.decide.leave_out(request_id, [1])
    assert states(house, request_id) == ["waiting", "left_out"]
    declined = pia.decide.decline(request_id, reason="use the other chair")
    assert (declined.state, declined.decision_reason) == (RequestState.DECLINED, "use the other chair")
    for step in (
        lambda: pia.decide.approve(request_id),
        lambda: ida.decide.withdraw(request_id),
        lambda: ida.submit.run(request_id),
    ):
        with pytest.raises(UserInputError, match="declined"):
            step()
    other = house.approved("3")
    ida.decide.withdraw(other)
    with pytest.raises(UserInputError, match="withdrawn"):
        house.studio("ben").requests.buying.run(other)
    assert house.bought == []


def test_leaving_out_the_changed_approval_binding(house: StudioShop) -> None:
    """An approver who looked before an item was left out approves what is asked now, or nothing."""
    request_id = house.request("ida", "1", "2")
    ida = house.studio("ida").requests
    ida.submit.run(request_id)
    before = find_request(house.shop.ledger, request_id).binding_sha256
    ida.decide.leave_out(request_id, [2])
    after = find_request(house.shop.ledger, request_id)
    assert after.binding_sha256 != before
    assert house.studio("pia").requests.decide.approve(request_id).total == usd(29)


def test_one_items_trouble_is_its_own(house: StudioShop) -> None:
    """Refused by the marketplace: that one fails with its words, the others are bought."""
    request_id = house.approved("1", "2", "3")
    answers = [paid(marketplace_order_id="A", marketplace_license_id="A", charged=None)]

    def sell(call: object) -> object:
        if len(house.market.requests) == 2:
            raise RequestRejected("Not for your country.", marketplace="cgtrader", status=422)
        number = f"N{len(house.market.requests)}"
        return replace(answers[0], marketplace_order_id=number, marketplace_license_id=number)

    house.shop.sender.answers["purchase"] = sell
    result = house.studio("ben").requests.buying.run(request_id)
    assert [one.outcome for one in result.items] == [Outcome.OK, Outcome.FAILED, Outcome.OK]
    assert result.items[1].reason == "Not for your country."
    assert result.request.state is RequestState.DONE


def test_a_marketplace_that_is_down_is_tried_again(house: StudioShop) -> None:
    """Nothing was sent: the items wait, other marketplaces go on, and the next run buys them."""
    cart = house.studio("ida").requests.cart
    request = cart.new(USE, reason="both")
    cart.add(
        request.id,
        [want(house.market, "1"), want(house.market, "2"), want(house.other, "3")],
    )
    house.studio("ida").requests.submit.run(request.id)
    house.studio("pia").requests.decide.approve(request.id, reason="read")
    good = house.shop.sender.answers["purchase"]

    def sell(call: object) -> object:
        if call.marketplace == "cgtrader":  # type: ignore[attr-defined]
            raise Unavailable("CGTrader is down.", marketplace="cgtrader")
        return good(call)  # type: ignore[operator]

    house.shop.sender.answers["purchase"] = sell
    buying = house.studio("ben").requests.buying
    result = buying.run(request.id)
    assert [one.outcome for one in result.items] == [Outcome.LATER, Outcome.LATER, Outcome.OK]
    assert result.items[1].reason == "CGTrader is down."
    assert result.request.state is RequestState.BUYING
    assert len(house.market.requests) == 1
    house.shop.sender.answers["purchase"] = good
    result = buying.run(request.id)
    assert result.request.state is RequestState.DONE
    assert len(house.shop.ledger.grants()) == 3


def test_spending_limits(house: StudioShop) -> None:
    """What a buyer may spend at once, and in a month; what is above waits for somebody else."""
    request_id = house.approved("1", "2", "3")
    set_limit(house, LimitKind.SPEND, 20, role="buyer")
    buying = house.studio("ben").requests.buying
    result = buying.run(request_id)
    assert {one.outcome for one in result.items} == {Outcome.LATER}
    assert "above what you may spend (at most 20.00 USD)" in result.items[0].reason
    set_limit(house, LimitKind.SPEND, 30, role="buyer")
    house.studio("ada").limits.set(LimitKind.SPEND, usd(60), period=LimitPeriod.MONTH)
    result = buying.run(request_id)
    assert [one.outcome for one in result.items] == [Outcome.OK, Outcome.OK, Outcome.LATER]
    assert "of which 58.00 USD are used" in result.items[2].reason
    monthly = next(one for one in house.studio("ada").limits.list() if one.period is LimitPeriod.MONTH)
    house.studio("ada").limits.end(monthly.id)
    assert buying.run(request_id).request.state is RequestState.DONE
    assert len(house.bought) == 3


def test_a_month_at_one_marketplace_is_bounded_for_approvals(house: StudioShop) -> None:
    """A monthly limit of a marketplace counts that marketplace's items, whatever else is in the requests."""
    shop = house.market.INFO.id
    house.studio("ada").limits.set(
        LimitKind.APPROVE, usd(60), period=LimitPeriod.MONTH, role="approver", marketplace=shop
    )
    house.approved("1")
    house.approved("2")
    third = house.request("ida", "3")
    house.studio("ida").requests.submit.run(third)
    with pytest.raises(NotAllowed, match=r"60\.00 USD in a month at .*, of which 58\.00 USD are used"):
        house.studio("pia").requests.decide.approve(third)
    elsewhere = house.request("ida", "3", fake=house.other)
    house.studio("ida").requests.submit.run(elsewhere)
    given = house.studio("pia").requests.decide.approve(elsewhere, reason="read")
    assert given.state is RequestState.APPROVED


@pytest.mark.parametrize(("limit", "more"), [(60, True), (57, False)])
def test_what_one_approves_for_oneself_without_a_request_adds_up(
    house: StudioShop, limit: int, *, more: bool
) -> None:
    """One listing after the other is no way around a limit of the month either."""
    with house.shop.ledger.transaction() as work:
        lead = work.value(Member, "lea")
        assert lead is not None
        work.change(replace(lead, roles=(Role.ARTIST, Role.APPROVER, Role.BUYER)))
    ada, lea = house.studio("ada"), house.studio("lea")
    ada.limits.set(LimitKind.OWN, usd(50))
    ada.limits.set(LimitKind.OWN, usd(limit), period=LimitPeriod.MONTH)
    request_id = house.approved("1", user="lea", by="lea")
    lea.requests.buying.run(request_id)
    gate = Gate(limits=lea.limits)
    wanted = want(house.market, "2")
    quote = lea.requests.submit.quote.run(wanted.ref, wanted.kind, USE, actor="lea").quote
    if more:
        gate.check_approval(house.shop.ledger, quote)
        return
    with pytest.raises(NotAllowed, match=r"in a month, of which 29\.00 USD are used"):
        gate.check_approval(house.shop.ledger, quote)


def test_websites_and_checkouts_are_handed_over(house: StudioShop) -> None:
    """What is sold on a website waits for its order number, and then counts as bought."""
    ref = ListingRef(marketplace="webshop", id="9")
    cart = house.studio("ida").requests.cart
    request = cart.new(USE, reason="from their site")
    cart.add(request.id, [replace(want(house.market, "9"), ref=ref)])
    house.studio("ida").requests.submit.run(request.id)
    house.studio("pia").requests.decide.approve(request.id, reason="read")
    ben = house.studio("ben").requests
    result = ben.buying.run(request.id)
    assert result.items[0].outcome is Outcome.CHECKOUT
    assert result.items[0].page_url == "https://www.webshop.example/item/9"
    from core.model.evidence import WebPurchase

    order = house.shop.ledger.orders()[0]
    house.shop.web.confirm(
        order.id,
        WebPurchase(
            order_number="W-1", bought_on=date(2026, 11, 23), license_label="Standard", price=usd(12)
        ),
        actor="ben",
    )
    result = ben.buying.run(request.id)
    assert result.request.state is RequestState.DONE
    assert result.items[0].outcome is Outcome.OK


def test_several_currencies_are_several_requests(house: StudioShop) -> None:
    """One yes is for one amount."""
    house.market.prices = {"2": Money.parse(20, "EUR")}
    request_id = house.request("ida", "1", "2")
    with pytest.raises(UserInputError, match="several currencies"):
        house.studio("ida").requests.submit.run(request_id)
    ida = house.studio("ida").requests
    ida.decide.leave_out(request_id, [2])
    assert ida.submit.run(request_id).request.total == usd(29)


def test_what_cannot_be_found_fails_by_itself(house: StudioShop) -> None:
    """The rest of the cart is asked for; what failed is looked at again when it is submitted again."""
    house.market.missing = {"2"}
    request_id = house.request("ida", "1", "2")
    submitted = house.studio("ida").requests.submit.run(request_id)
    assert [item.failure for item in submitted.failed] == ["There is no 2 there."]
    asked = len(house.market.asked)
    house.market.missing = set()
    submitted = house.studio("ida").requests.submit.run(request_id)
    assert submitted.failed == ()
    assert submitted.request.total == usd(58)
    assert len(house.market.asked) == asked + 1


@pytest.mark.parametrize(
    ("reason", "numbers", "message"),
    [("", ("1",), "Say in a few words"), ("why", (), "nothing in this request")],
)
def test_what_a_request_needs(house: StudioShop, reason: str, numbers: tuple[str, ...], message: str) -> None:
    """A reason and something to buy."""
    request_id = house.request("ida", *numbers, reason=reason)
    with pytest.raises(UserInputError, match=message):
        house.studio("ida").requests.submit.run(request_id)
    assert find_request(house.shop.ledger, request_id).state is RequestState.DRAFT


def test_lists(house: StudioShop) -> None:
    """A cart is its owner's; what is asked for waits for approvers, what is approved for buyers."""
    draft = house.request("ida", "1")
    asked = house.request("ida", "2")
    house.studio("ida").requests.submit.run(asked)
    approved = house.approved("3")
    ids = {user: [one.id for one in house.studio(user).requests.list()] for user in ("ida", "pia", "otto")}
    assert set(ids["ida"]) == {draft, asked, approved}
    assert set(ids["pia"]) == set(ids["otto"]) == {asked, approved}
    assert [one.id for one in house.studio("pia").requests.waiting_for_me()] == [asked]
    assert [one.id for one in house.studio("ben").requests.waiting_for_me()] == [approved]
    assert house.studio("otto").requests.waiting_for_me() == ()
    assert [one.id for one in house.studio("ida").requests.list(mine=True)] == [approved, asked, draft]


def test_an_order_that_was_never_sent_is_bought_at_the_next_run(house: StudioShop) -> None:
    """A crash between the order and sending it leaves an item that is being bought; the next run goes on."""
    request_id = house.approved("1")

    def crash(_call: object) -> object:
        raise KeyboardInterrupt

    good = house.shop.sender.answers["purchase"]
    house.shop.sender.answers["purchase"] = crash
    buying = house.studio("ben").requests.buying
    with pytest.raises(KeyboardInterrupt):
        buying.run(request_id)
    order = house.shop.ledger.orders()[0]
    assert order.state is OrderState.SUBMITTING
    house.shop.sender.answers["purchase"] = good
    first = buying.run(request_id)
    assert first.items[0].outcome is Outcome.IN_DOUBT
    assert house.bought == []
    house.shop.clock.advance(901)
    result = buying.run(request_id)
    assert result.request.state is RequestState.DONE
    assert len(house.bought) == 1
    assert [one.state for one in house.shop.ledger.orders()] == [OrderState.PAID, OrderState.FAILED]


def test_kinds_that_are_not_sold(house: StudioShop) -> None:
    """Nothing of a list is taken when one of it cannot be."""
    cart = house.studio("ida").requests.cart
    request = cart.new(USE)
    with pytest.raises(UserInputError, match="sells no audio"):
        cart.add(request.id, [want(house.market, "1"), want(house.market, "2", kind=MediaKind.AUDIO)])
    with pytest.raises(UserInputError, match="already"):
        cart.add(request.id, [want(house.market, "1"), want(house.market, "1")])
    assert items(house, request.id) == ()
