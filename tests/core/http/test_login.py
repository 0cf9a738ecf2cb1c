from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from wire import DictStore, FakeClock, FakeSite, Reply, Rig, Seen, Server, as_json, call, rigged, serving

from core.errors import AccessDenied, CancelledError, CredentialsMissing, CredentialsRejected, UserInputError
from core.http.auth import AppAuth, AuthConfig, Redirect
from core.http.cancel import CancelToken
from core.http.login import PastedSignIns, sign_in, sign_in_by_paste
from core.http.message import Auth

CONFIG = AuthConfig(
    app=AppAuth.BASIC,
    authorize_url="https://www.example.com/oauth/authorize",
    token_url="https://www.example.com/oauth/token",
    pkce=True,
    redirect_host="localhost",
    redirect_path="/back",
)
SITE = FakeSite(auth=CONFIG)


def vendor(seen: Seen) -> Reply:
    if seen.path.endswith("/oauth/token"):
        good = b"code=the-code" in seen.body and b"code_verifier=" in seen.body
        answer = {"access_token": "user-token", "refresh_token": "again", "expires_in": 100}
        return as_json(answer) if good else as_json({"error": "invalid_grant"}, 400)
    return as_json({"value": seen.headers.get("authorization")})


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(vendor) as made:
        yield made


@pytest.fixture
def rig(tmp_path: Path, server: Server) -> Iterator[Rig]:
    with rigged(tmp_path, server.url) as made:
        yield made


class Browser:
    """Opens pages in a thread, as a browser would, and keeps what it was shown."""

    def __init__(self, visit: Callable[[Browser, dict[str, str]], None]) -> None:
        self._visit = visit
        self.shown: list[tuple[int, str]] = []
        self.opened = ""
        self.thread: threading.Thread | None = None
        self.port = 0

    def open(self, url: str) -> None:
        self.opened = url
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        back = urlsplit(query["redirect_uri"])
        self.port = back.port or 0
        self.thread = threading.Thread(target=self._visit, args=(self, query), daemon=True)
        self.thread.start()

    def get(self, path: str, *, host: str | None = None) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path, headers={"Host": host or f"localhost:{self.port}"})
        response = connection.getresponse()
        self.shown.append((response.status, response.read().decode()))
        connection.close()
        return response.status

    def answer(self, **values: str) -> int:
        return self.get(f"/back?{urlencode(values)}")


def test_a_sign_in_stores_the_tokens(rig: Rig, server: Server) -> None:
    browser = Browser(lambda b, query: (b.answer(code="the-code", state=query["state"]), None)[1])
    sign_in(SITE, tokens=rig.tokens, open_url=browser.open)
    assert browser.thread is not None
    browser.thread.join(10)
    assert browser.opened.startswith(f"{server.url}/www.example.com/oauth/authorize?")
    assert "code_challenge_method=S256" in browser.opened
    assert browser.shown[0][0] == 200
    assert "You are signed in" in browser.shown[0][1]
    assert "the-code" not in browser.shown[0][1]
    assert rig.tokens.has_user(SITE)
    assert rig.client.send(call(auth=Auth.USER), SITE) == "Bearer user-token"


def test_everything_else_is_turned_away_and_the_sign_in_goes_on(
    rig: Rig, capfd: pytest.CaptureFixture[str]
) -> None:
    def visit(browser: Browser, query: dict[str, str]) -> None:
        state = query["state"]
        assert browser.get("/favicon.ico") == 404
        assert browser.get(f"/?code=evil&state={state}") == 404
        assert browser.answer(code="evil", state="guessed") == 400
        assert browser.answer(code="evil") == 400
        assert browser.answer(state=state) == 400
        assert browser.get(f"/back?code=evil&state={state}&state=other") == 400
        assert browser.get(f"/back?code=a&code=b&state={state}") == 400
        assert browser.get(f"/back?code=evil&state={state}", host="evil.example.net") == 400
        assert browser.get("/back?" + "&".join(f"a{n}=1" for n in range(100))) == 400
        assert browser.answer(code="the-code", state=state) == 200

    browser = Browser(visit)
    sign_in(SITE, tokens=rig.tokens, open_url=browser.open)
    assert browser.thread is not None
    browser.thread.join(10)
    assert len(browser.shown) == 10
    assert capfd.readouterr() == ("", "")


def test_a_refusal_in_the_browser_is_told_without_its_markup(rig: Rig) -> None:
    browser = Browser(
        lambda b, q: (b.answer(error="access_denied\n<b>" + "x" * 500, state=q["state"]), None)[1]
    )
    with pytest.raises(AccessDenied) as caught:
        sign_in(SITE, tokens=rig.tokens, open_url=browser.open)
    assert "access denied" in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 250
    assert "<b>" not in browser.shown[0][1]
    assert not rig.tokens.has_user(SITE)


def test_a_code_that_is_not_accepted(rig: Rig) -> None:
    browser = Browser(lambda b, q: (b.answer(code="another", state=q["state"]), None)[1])
    with pytest.raises(CredentialsRejected, match="did not accept the sign-in") as caught:
        sign_in(SITE, tokens=rig.tokens, open_url=browser.open)
    assert "another" not in caught.value.message


def test_cancelling_and_timing_out_free_the_port(rig: Rig) -> None:
    cancel = CancelToken()
    browser = Browser(lambda _b, _q: cancel.cancel())
    with pytest.raises(CancelledError):
        sign_in(SITE, tokens=rig.tokens, open_url=browser.open, cancel=cancel)
    with pytest.raises(ConnectionRefusedError):
        browser.get("/back")
    clock = FakeClock()
    late = Browser(lambda _b, _q: clock.sleep(400))
    with pytest.raises(UserInputError, match="in time"):
        sign_in(SITE, tokens=rig.tokens, open_url=late.open, clock=clock)
    with pytest.raises(ConnectionRefusedError):
        late.get("/back")


def test_a_browser_that_says_nothing_does_not_block_the_real_one(rig: Rig) -> None:
    import socket

    def visit(browser: Browser, query: dict[str, str]) -> None:
        with socket.create_connection(("127.0.0.1", browser.port)):
            browser.answer(code="the-code", state=query["state"])

    sign_in(SITE, tokens=rig.tokens, open_url=Browser(visit).open)
    assert rig.tokens.has_user(SITE)


def test_without_a_key_no_page_is_opened(tmp_path: Path, server: Server) -> None:
    opened: list[str] = []
    with rigged(tmp_path, server.url, store=DictStore()) as rig, pytest.raises(CredentialsMissing):
        sign_in(SITE, tokens=rig.tokens, open_url=opened.append)
    assert opened == []


# --- where the vendor allows no address on this machine ---

BACK = "adobe+0a1b://adobeid/the-id"
PASTE = FakeSite(auth=replace(CONFIG, redirect=Redirect.PASTE, public_client=True))


@pytest.fixture
def paste_rig(tmp_path: Path, server: Server) -> Iterator[Rig]:
    store = DictStore(client_id="the-id", redirect_uri=BACK)
    with rigged(tmp_path, server.url, store=store) as made:
        yield made


def begin(rig: Rig, attempts: PastedSignIns) -> str:
    """Start a sign-in and return its state, as the page that is opened would know it."""
    query = parse_qs(urlsplit(attempts.begin(PASTE, tokens=rig.tokens)).query)
    assert query["redirect_uri"] == [BACK]
    assert query["code_challenge_method"] == ["S256"]
    return query["state"][0]


def came_back(start: str = BACK, joint: str = "?", **values: str) -> str:
    return f"{start}{joint}{urlencode(values)}"


@pytest.mark.parametrize("joint", ["?", "#", "/?"])
def test_a_pasted_address_ends_the_sign_in(paste_rig: Rig, server: Server, joint: str) -> None:
    opened: list[str] = []

    def pasted() -> str:
        state = parse_qs(urlsplit(opened[0]).query)["state"][0]
        address = came_back(joint=joint, code="the-code", state=state)
        return f"  {address[:30]}\n{address[30:]}  \n"  # as a terminal breaks it

    sign_in_by_paste(PASTE, tokens=paste_rig.tokens, open_url=opened.append, pasted=pasted)
    assert opened[0].startswith(f"{server.url}/www.example.com/oauth/authorize?")
    assert paste_rig.tokens.has_user(PASTE)
    form = parse_qs(server.seen[0].body.decode())
    assert form["redirect_uri"] == [BACK]
    assert "client_secret" not in form


def test_the_two_steps_may_be_apart(paste_rig: Rig) -> None:
    attempts = PastedSignIns()
    state = begin(paste_rig, attempts)
    attempts.finish(PASTE, came_back(code="the-code", state=state), tokens=paste_rig.tokens)
    assert paste_rig.tokens.has_user(PASTE)
    with pytest.raises(UserInputError, match="No sign-in") as caught:
        attempts.finish(PASTE, came_back(code="the-code", state=state), tokens=paste_rig.tokens)
    assert caught.value.code == "sign_in.not_started"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", "sign_in.wrong_address"),
        ("the-code", "sign_in.wrong_address"),
        ("https://www.example.com/oauth/authorize?state=STATE", "sign_in.wrong_address"),
        ("adobe+0a1b://evil/the-id?code=the-code&state=STATE", "sign_in.wrong_address"),
        ("adobe+0a1b://adobeid/other?code=the-code&state=STATE", "sign_in.wrong_address"),
        ("https://[::1?code=the-code&state=STATE", "sign_in.wrong_address"),
        (f"{BACK}?" + "&".join(f"a{n}=1" for n in range(100)), "sign_in.wrong_address"),
        (BACK, "sign_in.other_attempt"),
        (f"{BACK}?code=the-code", "sign_in.other_attempt"),
        (f"{BACK}?code=the-code&state=guessed", "sign_in.other_attempt"),
        (f"{BACK}?code=the-code&state=STATE&state=STATE", "sign_in.other_attempt"),
        (f"{BACK}?state=STATE", "sign_in.no_code"),
        (f"{BACK}?code=a&code=b&state=STATE", "sign_in.no_code"),
        (f"{BACK}?state=STATE&code=" + "x" * 5000, "sign_in.no_code"),
    ],
)
def test_a_wrong_address_is_explained_and_the_right_one_may_follow(
    paste_rig: Rig, server: Server, address: str, code: str
) -> None:
    attempts = PastedSignIns()
    state = begin(paste_rig, attempts)
    with pytest.raises(UserInputError) as caught:
        attempts.finish(PASTE, address.replace("STATE", state), tokens=paste_rig.tokens)
    assert caught.value.code == code
    assert state not in caught.value.message
    assert server.seen == []
    attempts.finish(PASTE, came_back(code="the-code", state=state), tokens=paste_rig.tokens)
    assert paste_rig.tokens.has_user(PASTE)


def test_a_refusal_in_the_pasted_address_is_told(paste_rig: Rig) -> None:
    attempts = PastedSignIns()
    state = begin(paste_rig, attempts)
    refusal = came_back(error="access_denied", state=state)
    with pytest.raises(AccessDenied, match="access denied"):
        attempts.finish(PASTE, refusal, tokens=paste_rig.tokens)
    assert not paste_rig.tokens.has_user(PASTE)


def test_a_new_start_ends_the_old_one(paste_rig: Rig) -> None:
    attempts = PastedSignIns()
    old = begin(paste_rig, attempts)
    new = begin(paste_rig, attempts)
    with pytest.raises(UserInputError, match="another sign-in"):
        attempts.finish(PASTE, came_back(code="the-code", state=old), tokens=paste_rig.tokens)
    attempts.finish(PASTE, came_back(code="the-code", state=new), tokens=paste_rig.tokens)


def test_the_redirect_address_has_to_be_stored_first(tmp_path: Path, server: Server) -> None:
    with rigged(tmp_path, server.url, store=DictStore(client_id="the-id")) as rig:
        with pytest.raises(CredentialsMissing, match="redirect uri") as caught:
            PastedSignIns().begin(PASTE, tokens=rig.tokens)
        assert caught.value.context["field"] == "redirect_uri"
