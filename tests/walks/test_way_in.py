"""From no key to a connection: every wrong turn on the way is answered by a sentence that says what to do."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from walk_rows import Walk
from walk_table import WALKS
from walks import Walker, port_of_this_machine

from core.errors import UserInputError
from core.marketplaces.base import Redirect
from core.session.state import Phase

KEYED = [walk for walk in WALKS.values() if walk.has_keys]
SIGNED = [walk for walk in WALKS.values() if walk.signs_in]
PASTED = [walk for walk in SIGNED if walk.info.auth.redirect is Redirect.PASTE]
LISTENING = [walk for walk in SIGNED if walk.info.auth.redirect is Redirect.LOOPBACK]
TWO_KEYS = [
    (walk, str(known.field), other.label)
    for walk in KEYED
    for known in walk.info.auth.fields
    for other in walk.info.auth.fields
    if known is not other and not other.optional and not known.optional
]
SINGLE_KEY = [walk for walk in KEYED if any(known.optional for known in walk.info.auth.fields)]


def first_word(label: str) -> str:
    """Return the beginning of a field's label, as it stands in a sentence."""
    return label.partition(" (")[0].removeprefix("Your ").lower()


@pytest.mark.parametrize("walk", KEYED, ids=str)
def test_no_key(new_user: Walker, walk: Walk) -> None:
    for problem in (new_user.test_connection().problem, new_user.search().problem):
        said = new_user.said(problem)
        assert "key" in said and "Enter" in said
        assert walk.info.key_page_url in said, "where the key is to be had"
    assert new_user.account.phase is Phase.FAILED
    assert new_user.requests() == [], "without a key nobody is asked"


@pytest.mark.parametrize(
    ("walk", "entered", "missing"), TWO_KEYS, ids=[f"{walk}-{entered}" for walk, entered, _ in TWO_KEYS]
)
def test_half_a_key(new_user: Walker, entered: str, missing: str) -> None:
    new_user.enter(**{entered: new_user.account_keys[entered]})
    for problem in (new_user.test_connection().problem, new_user.search().problem):
        said = new_user.said(problem)
        assert first_word(missing) in said.lower(), "it names the half that is missing"
        assert "and" not in said.partition(".")[0], "and not the other"
    assert new_user.requests() == []


@pytest.mark.parametrize("walk", SINGLE_KEY, ids=str)
def test_a_key_that_only_searches(new_user: Walker, walk: Walk) -> None:
    new_user.enter(client_id=new_user.account_keys["client_id"])
    said = new_user.said(new_user.test_connection().problem)
    assert "sign-in" in said and "key alone only searches" in said
    ref = new_user.find()
    assert new_user.said(new_user.select(ref).problem) == said
    new_user.assert_nothing_bought()


@pytest.mark.parametrize("walk", [walk for walk in SIGNED if walk not in SINGLE_KEY], ids=str)
def test_a_key_without_a_sign_in(new_user: Walker) -> None:
    new_user.enter(**new_user.good_keys())
    said = new_user.said(new_user.test_connection().problem)
    assert "Sign in" in said and "key is there" in said
    ref = new_user.find()
    selection = new_user.select(ref)
    problem = selection.problem
    if selection.result is not None:  # the price is open to everybody: then buying says it
        problem = new_user.buy(selection.result).problem
    assert "Sign in" in new_user.said(problem)
    new_user.assert_nothing_bought()


@pytest.mark.parametrize("walk", KEYED, ids=str)
@pytest.mark.parametrize("wrong", ["not-the-key", "schlüssel-ß", "x" * 200])
def test_a_bad_key(new_user: Walker, walk: Walk, wrong: str) -> None:
    bad = {name: wrong for name in new_user.good_keys() if name != "redirect_uri"}
    new_user.enter(**{**new_user.good_keys(), **bad})
    for problem in (new_user.test_connection().problem, new_user.search().problem):
        said = new_user.said(problem)
        assert "refused the key" in said
        assert "nter it" in said or "Check them" in said or "enter the key again" in said
        assert wrong not in said
    new_user.assert_nothing_bought()


@pytest.mark.parametrize("walk", KEYED, ids=str)
@pytest.mark.parametrize("text", ["", "   ", "two words", "line\nbreak"])
def test_what_is_no_key_at_all(new_user: Walker, text: str) -> None:
    with pytest.raises(UserInputError) as caught:
        new_user.enter(client_id=text)
    assert "Copy it again" in new_user.said(caught.value, names=False)
    assert new_user.account.stored == frozenset()
    assert new_user.requests() == []


@pytest.mark.parametrize("walk", [walk for walk in KEYED if "redirect_uri" in walk.keys], ids=str)
def test_a_redirect_address_that_is_none(new_user: Walker) -> None:
    with pytest.raises(UserInputError) as caught:
        new_user.enter(redirect_uri="javascript:alert(1)")
    assert "Copy it" in new_user.said(caught.value, names=False)


@pytest.mark.parametrize("walk", SIGNED, ids=str)
def test_the_sign_in_is_refused_in_the_browser(new_user: Walker) -> None:
    new_user.enter(**new_user.good_keys())
    new_user.sign_in(answer="deny")
    said = new_user.said(new_user.account.problem)
    assert "did not allow the sign-in" in said and "Try again" in said
    assert not new_user.account.has_user
    new_user.sign_in()
    assert new_user.account.problem is None, "the next try is a new one"


@pytest.mark.parametrize("walk", SIGNED, ids=str)
def test_signing_in_without_a_key(new_user: Walker) -> None:
    new_user.session.sign_in(new_user.walk.marketplace)
    new_user.wait()
    assert "needs your" in new_user.said(new_user.account.problem)
    assert new_user.host.opened == []


@pytest.mark.parametrize("walk", [walk for walk in LISTENING if walk.info.auth.redirect_port], ids=str)
def test_the_port_of_the_sign_in_is_taken(new_user: Walker, walk: Walk) -> None:
    new_user.enter(**new_user.good_keys())
    port = walk.info.auth.redirect_port
    with port_of_this_machine(port), socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        new_user.session.sign_in(walk.marketplace)
        new_user.wait()
    said = new_user.said(new_user.account.problem)
    assert "port" in said and "Close other sign-ins" in said
    assert new_user.host.opened == []


@pytest.mark.parametrize("walk", PASTED, ids=str)
def test_a_wrong_address_is_pasted(new_user: Walker, walk: Walk) -> None:
    new_user.enter(**new_user.good_keys())
    finish = new_user.session.finish_sign_in
    finish(walk.marketplace, "adobe+x://adobeid/y?code=z")
    new_user.wait()
    assert "Start it again" in new_user.said(new_user.account.problem)
    new_user.session.sign_in(walk.marketplace)
    new_user.wait()
    opened = new_user.host.opened[-1]
    good = new_user.sandbox.consent(opened, follow=False)
    for pasted, words in (
        ("", "is not the address"),
        ("https://www.example.com/?code=1&state=2", "is not the address"),
        (opened, "is not the address"),
        (good.partition("?")[0], "belongs to another sign-in, or a part of it is missing"),
        (good.replace("state=", "state=x"), "belongs to another sign-in"),
        (good.replace("code=", "cod="), "no code in that address"),
    ):
        finish(walk.marketplace, pasted)
        new_user.wait()
        said = new_user.said(new_user.account.problem, names=False)
        assert words in said
        assert "opy all of" in said
        assert not new_user.account.has_user
    finish(walk.marketplace, good)  # the attempt still stands
    new_user.wait()
    assert new_user.account.problem is None
    assert new_user.account.has_user
    finish(walk.marketplace, good)
    new_user.wait()
    assert "Start it again" in new_user.said(new_user.account.problem), "a code is good once"


@pytest.mark.parametrize("walk", SIGNED, ids=str)
def test_a_token_that_ended_and_cannot_be_refreshed(new_user: Walker, walk: Walk) -> None:
    """What was pasted, or came without a refresh token: the user has to sign in again."""
    new_user.enter(**new_user.good_keys())
    new_user.enter(user_token=new_user.sandbox.make_token(walk.marketplace, expires_in_s=5))
    assert new_user.test_connection().problem is None
    new_user.sandbox.advance(10)
    problem = new_user.test_connection().problem
    assert "Sign in again" in new_user.said(problem)
    if (search := new_user.search()).problem is not None:
        assert search.problem == problem, "some take the key alone for searching, others refuse the call"
    new_user.assert_nothing_bought()
    new_user.sign_in()
    assert new_user.account.problem is None
    assert new_user.quote() is not None


@pytest.mark.parametrize("walk", LISTENING, ids=str)
def test_a_token_that_ended_is_refreshed_without_a_word(buyer: Walker, walk: Walk) -> None:
    asked = len(buyer.host.opened)
    buyer.sandbox.revoke_tokens(walk.marketplace)
    account = buyer.test_connection()
    assert account.problem is None
    assert account.summary
    assert buyer.quote() is not None
    assert len(buyer.host.opened) == asked, "nobody was sent to a browser"


@pytest.mark.parametrize("walk", LISTENING, ids=str)
def test_a_refresh_that_is_refused(buyer: Walker, walk: Walk) -> None:
    buyer.sandbox.reset()  # forgets every token, those for refreshing too
    said = buyer.said(buyer.test_connection().problem)
    assert "sign-in" in said and "has ended" in said and "Sign in again" in said


@pytest.mark.parametrize("walk", KEYED, ids=str)
def test_connected(buyer: Walker) -> None:
    account = buyer.test_connection()
    assert account.problem is None
    assert account.phase is Phase.READY
    assert account.summary
    for secret in buyer.account_keys.values():
        assert secret not in account.summary


@pytest.mark.parametrize("walk", KEYED, ids=str)
def test_offline(buyer: Walker) -> None:
    found = buyer.find()
    buyer.sandbox.clear_requests()
    buyer.host.online = False
    problems = [buyer.test_connection().problem, buyer.search().problem]
    buyer.state.results = buyer.state.results or []
    for problem in problems:
        said = buyer.said(problem, names=False)
        assert "offline" in said and "Allow Online Access" in said
    assert buyer.requests() == [], "no connection is made"
    buyer.host.online = True
    assert buyer.select(buyer.find(found.id)).problem is None


@pytest.mark.parametrize("walk", KEYED, ids=str)
def test_the_marketplace_is_down(buyer: Walker, walk: Walk) -> None:
    for fault in ("503", "html", "garbage_json", "empty", "reset"):
        buyer.sandbox.fault(fault, times=0)
        said = buyer.said(buyer.search().problem)
        assert "Try again" in said or "try again" in said
        buyer.sandbox.clear_faults()


@pytest.mark.parametrize("walk", SIGNED, ids=str)
def test_signing_out_when_nobody_can_be_told(
    start: Callable[..., Walker], walk: Walk, tmp_path: Path
) -> None:
    user = start(walk)
    user.connect()
    user.sandbox.fault("503", times=0)
    user.session.forget_keys(walk.marketplace)
    user.wait()
    assert user.account.stored == frozenset()
    assert not user.account.has_user
    if walk.info.auth.revoke_url:
        assert "could not be told" in user.said(user.state.problem)
    else:
        assert user.state.problem is None
