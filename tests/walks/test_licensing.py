"""From a search to an approval: what cannot be licensed says why, and nothing is bought by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from walk_rows import Trouble, Walk
from walk_table import WALKS
from walks import Walker, check_sentence

from core.errors import UserInputError
from core.marketplaces.base import Capability
from core.model.findings import Decision
from core.model.intended_use import IntendedUse, Purpose
from core.model.order import OrderState

BUYING = [walk for walk in WALKS.values() if walk.can(Capability.QUOTE)]
ON_PLANS = [walk for walk in BUYING if walk.can(Capability.PURCHASE_API)]


def troubles(kind: str) -> Any:
    """Parametrize with every trouble of a kind."""
    pairs = [(walk, trouble) for walk in BUYING for trouble in getattr(walk, kind)]
    assert pairs
    return pytest.mark.parametrize(
        ("walk", "trouble"), pairs, ids=[f"{walk}-{trouble}" for walk, trouble in pairs]
    )


CHANGES = [(walk, name, changes) for walk in BUYING for name, changes in walk.changed]
EDITORIAL = IntendedUse(purpose=Purpose.EDITORIAL)


def cannot_buy(buyer: Walker, result: Any) -> str:
    """Press "Buy" although it is gray; return the sentence."""
    with pytest.raises(UserInputError) as caught:
        buyer.session.buy(result.quote.id, reason="All the same")
    return buyer.said(caught.value, names=False)


@troubles("no_money")
def test_nothing_is_left_to_pay_with(buyer: Walker, trouble: Trouble) -> None:
    ref = buyer.find()
    trouble.arrange(buyer)
    selection = buyer.select(ref)
    assert selection.problem is None
    assert selection.result is not None
    why_not = selection.result.why_not
    check_sentence(why_not)
    for words in trouble.says:
        assert words in why_not
    assert cannot_buy(buyer, selection.result) == why_not
    account = buyer.test_connection()
    assert account.problem is None, "the key itself is good"
    assert buyer.requests(buyer.walk.purchase) == []
    buyer.assert_nothing_bought()


@troubles("no_money")
def test_it_is_used_up_between_price_and_purchase(buyer: Walker, trouble: Trouble) -> None:
    result = buyer.quote()
    trouble.arrange(buyer)
    progress = buyer.buy(result)
    said = buyer.said(progress.problem, names=False)
    assert progress.stage == "failed"
    assert "Nothing was bought" in said
    for words in trouble.says:
        assert words in said
    assert buyer.requests(buyer.walk.purchase) == []
    buyer.assert_nothing_bought()


@troubles("no_rights")
def test_this_account_may_not_license(buyer: Walker, trouble: Trouble) -> None:
    trouble.arrange(buyer)
    selection = buyer.select(buyer.find())
    problem = selection.problem
    if selection.result is not None:
        problem = buyer.buy(selection.result).problem
    said = buyer.said(problem)
    for words in trouble.says:
        assert words in said
    buyer.assert_nothing_bought()


@pytest.mark.parametrize("walk", BUYING, ids=str)
def test_the_purchase_is_forbidden(buyer: Walker, walk: Walk) -> None:
    method, _, path = walk.purchase.partition(" ")
    result = buyer.quote()
    buyer.sandbox.fault("403", method=method, path_regex=path)
    progress = buyer.buy(result)
    said = buyer.said(progress.problem)
    assert "does not let this account" in said and "Ask whoever manages the account" in said
    assert [order.state for order in buyer.orders] == [OrderState.FAILED]
    assert len(buyer.requests(walk.purchase)) == 1, "a refusal is not tried again"
    buyer.assert_nothing_bought()
    again = buyer.pay(buyer.buy(buyer.quote()))
    assert (again.stage, again.problem) == ("ready", None), "nothing stands in the way of the next try"


@troubles("not_licensed")
def test_what_is_not_licensable(buyer: Walker, trouble: Trouble) -> None:
    trouble.arrange(buyer)
    selection = buyer.select(buyer.find(trouble.listing, trouble.words))
    assert selection.problem is None
    assert selection.result is not None
    why_not = selection.result.why_not
    check_sentence(why_not)
    for words in trouble.says:
        assert words in why_not
    assert cannot_buy(buyer, selection.result) == why_not
    buyer.assert_nothing_bought()


@pytest.mark.parametrize("walk", BUYING, ids=str)
def test_editorial_in_a_commercial_project(buyer: Walker, walk: Walk) -> None:
    if walk.editorial:
        ref = buyer.find(walk.editorial, walk.editorial_words)
    else:  # never found by searching: it is found out when the price is asked for
        ref = buyer.find()
        buyer.sandbox.change_listing(walk.marketplace, walk.good, is_editorial=True)
    selection = buyer.select(ref)
    assert selection.result is not None
    assert selection.result.why_not == ""
    answer = selection.result.answer
    assert answer.decision is Decision.DENY
    finding = next(one for one in answer.findings if "editorial" in one.message)
    check_sentence(f"{finding.message} {finding.how_to_fix}")
    progress = buyer.buy(selection.result)
    said = buyer.said(progress.problem, names=False)
    assert "editorial" in said and "Replace" in said and "Nothing was bought" in said
    assert buyer.requests(walk.purchase) == []
    buyer.assert_nothing_bought()
    buyer.session.set_use(EDITORIAL)
    assert selection.result.answer.decision is not Decision.DENY, "what it is for may be had"


@pytest.mark.parametrize("walk", BUYING, ids=str)
def test_removed_since_it_was_found(buyer: Walker, walk: Walk) -> None:
    ref = buyer.find()
    buyer.sandbox.change_listing(walk.marketplace, walk.good, removed=True)
    selection = buyer.select(ref)
    said = buyer.said(selection.problem)
    assert "no longer has this" in said and "search for something else" in said
    assert selection.result is None
    buyer.assert_nothing_bought()


@pytest.mark.parametrize("walk", BUYING, ids=str)
def test_removed_between_price_and_purchase(buyer: Walker, walk: Walk) -> None:
    result = buyer.quote()
    buyer.sandbox.change_listing(walk.marketplace, walk.good, removed=True)
    progress = buyer.buy(result)
    assert progress.stage == "failed"
    assert "no longer has this" in buyer.said(progress.problem)
    assert buyer.requests(walk.purchase) == []
    buyer.assert_nothing_bought()


@pytest.mark.parametrize(
    ("walk", "name", "changes"), CHANGES, ids=[f"{walk}-{name}" for walk, name, _ in CHANGES]
)
def test_the_offer_changed_after_it_was_approved(
    buyer: Walker, walk: Walk, name: str, changes: Mapping[str, Any]
) -> None:
    result = buyer.quote()
    buyer.sandbox.change_listing(walk.marketplace, walk.good, **changes)
    progress = buyer.buy(result)
    assert progress.stage == "failed"
    said = buyer.said(progress.problem, names=False)
    assert "othing was bought" in said
    assert "changed" in said or "no longer be had" in said
    assert "new offer" in said or "Choose again" in said
    assert buyer.requests(walk.purchase) == []
    buyer.assert_nothing_bought()


@pytest.mark.parametrize("walk", BUYING, ids=str)
def test_the_price_is_too_old(buyer: Walker) -> None:
    result = buyer.quote()
    buyer.clock.ahead_s += buyer.app.settings.quote_valid_s + 1
    buyer.sandbox.clear_requests()
    progress = buyer.buy(result)
    said = buyer.said(progress.problem, names=False)
    assert "Select it again" in said and "nothing was bought" in said
    assert buyer.requests() == []
    buyer.assert_nothing_bought()


@troubles("surcharge")
def test_more_than_what_is_paid_for(buyer: Walker, trouble: Trouble) -> None:
    trouble.arrange(buyer)
    result = buyer.quote()
    for words in trouble.says:
        assert words in result.quote.surcharge
    progress = buyer.buy(result)
    said = buyer.said(progress.problem, names=False)
    assert result.quote.surcharge in said and "Agree to exactly this" in said
    assert buyer.requests(buyer.walk.purchase) == []
    buyer.assert_nothing_bought()
    agreed = buyer.buy(buyer.quote(), accept_surcharge=result.quote.surcharge)
    assert (agreed.stage, agreed.problem) == ("ready", None)
    assert buyer.charges == 1


@troubles("noted")
def test_something_has_to_be_noted(start: Callable[..., Walker], walk: Walk, trouble: Trouble) -> None:
    buyer = start(walk, project="")
    buyer.connect()
    trouble.arrange(buyer)
    result = buyer.quote()
    progress = buyer.buy(result)
    said = buyer.said(progress.problem, names=False)
    assert "Fill it in and buy again" in said and "nothing was bought" in said
    for words in trouble.says:
        assert words in said
    assert buyer.requests(walk.purchase) == []
    buyer.assert_nothing_bought()
    wanted = [field for field in result.references if field.required]
    wrong = [(field.id, "Show 99") for field in wanted if field.choices]
    if wrong:
        said = buyer.said(buyer.buy(buyer.quote(), references=wrong).problem, names=False)
        assert "Choose one of" in said
    given = [(field.id, field.choices[0] if field.choices else "Show 12") for field in wanted]
    noted = buyer.buy(buyer.quote(), references=given)
    assert (noted.stage, noted.problem) == ("ready", None)
    assert buyer.charges == 1


@pytest.mark.parametrize("walk", [walk for walk in BUYING if walk.info.contract_licenses], ids=str)
def test_nobody_says_which_license_the_contract_gives(start: Callable[..., Walker], walk: Walk) -> None:
    for chosen, words in (("", "Choose the tier"), ("Gold", "is none of the license tiers")):
        buyer = start(walk, contract_licenses={walk.marketplace: chosen})
        buyer.connect()
        result = buyer.quote()
        check_sentence(result.note, names=buyer.name)
        assert words in result.note
        assert all(tier in result.note for tier in walk.info.contract_licenses)
        assert result.answer.decision is Decision.NEEDS_REVIEW
        buyer.session.buy(result.quote.id)
        buyer.wait()
        said = buyer.said(buyer.state.progress[0].problem, names=False)
        assert "say in a few words" in said
        buyer.assert_nothing_bought()


@pytest.mark.parametrize("walk", BUYING, ids=str)
def test_what_is_owned_is_not_bought_again(buyer: Walker) -> None:
    buyer.pay(buyer.buy(buyer.quote()))
    assert buyer.charges == 1
    selection = buyer.select(buyer.find())
    assert selection.owned
    assert selection.result is not None
    progress = buyer.buy(selection.result)
    said = buyer.said(progress.problem, names=False)
    assert "You own" in said and "Import it from the library" in said
    assert buyer.charges == 1


@pytest.mark.parametrize("walk", BUYING, ids=str)
def test_buying_twice_with_one_click_each(buyer: Walker) -> None:
    result = buyer.quote()
    buyer.session.buy(result.quote.id, reason="A walk")
    with pytest.raises(UserInputError) as caught:
        buyer.session.buy(result.quote.id, reason="A walk")
    buyer.said(caught.value, names=False)
    buyer.wait()
    buyer.pay(buyer.state.progress[0])
    assert buyer.charges == 1
