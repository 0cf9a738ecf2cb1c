"""The user's token: public clients, rotation between processes, and giving it back."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import refresh_race
from wire import DictStore, FakeClock, FakeSite, Reply, Seen, as_json, call, rigged, serving

from core.errors import CredentialsMissing
from core.http.auth import AppAuth, AuthConfig, ClientAuth, CredentialField, Token, encode_token
from core.http.message import Auth

NOW = FakeClock().now()
PUBLIC = FakeSite(
    auth=AuthConfig(
        app=AppAuth.CLIENT_CREDENTIALS,
        authorize_url="https://www.example.com/oauth/authorize",
        token_url="https://www.example.com/oauth/token",
        revoke_url="https://www.example.com/oauth/revoke",
        public_client=True,
    )
)


def stored(access: str, refresh: str | None, *, lifetime_s: float = 3600.0) -> str:
    expires_at = NOW + timedelta(seconds=lifetime_s)
    return encode_token(Token(access_token=access, refresh_token=refresh, expires_at=expires_at))


class Rotating:
    """A token server for public clients: a secret is refused, and each refresh token is good once."""

    def __init__(self) -> None:
        self.access, self.refresh, self.count = "a0", "r0", 0
        self.refused: list[str] = []
        self.lock = threading.Lock()

    def __call__(self, seen: Seen) -> Reply:
        with self.lock:
            if "oauth" not in seen.path:
                good = seen.headers.get("authorization") == f"Bearer {self.access}"
                return as_json({"value": self.access}) if good else Reply(status=401)
            form = dict(parse_qsl(seen.body.decode()))
            if "client_secret" in form or form.get("refresh_token") != self.refresh:
                self.refused.append(str(sorted(form)))
                return as_json({"error": "invalid_request"}, 400)
            self.count += 1
            self.access, self.refresh = f"a{self.count}", f"r{self.count}"
            return as_json(
                {"access_token": self.access, "refresh_token": self.refresh, "expires_in": 1_000_000}
            )


def test_a_public_client_refreshes_without_a_secret(tmp_path: Path) -> None:
    vendor = Rotating()
    store = DictStore(client_id="id", user_token=stored("a0", "r0", lifetime_s=1))
    with serving(vendor) as server, rigged(tmp_path, server.url, store=store) as rig:
        assert rig.client.send(call(auth=Auth.USER), PUBLIC) == "a1"
        vendor.access = "gone"
        assert rig.client.send(call(auth=Auth.USER), PUBLIC) == "a2"
    assert vendor.refused == []
    assert '"r2"' in store.secrets["example", "user_token"]


def test_a_confidential_client_still_needs_its_secret(tmp_path: Path) -> None:
    site = replace(PUBLIC, auth=replace(PUBLIC.auth, public_client=False))
    store = DictStore(client_id="id", user_token=stored("a0", "r0", lifetime_s=1))
    with serving(Rotating()) as server, rigged(tmp_path, server.url, store=store) as rig:
        with pytest.raises(CredentialsMissing, match="needs your secret"):
            rig.client.send(call(auth=Auth.USER), site)
        assert server.seen == []


def test_a_confidential_client_may_prove_itself_by_basic(tmp_path: Path) -> None:
    def handler(seen: Seen) -> Reply:
        if "oauth" in seen.path:
            assert "client" not in seen.body.decode()
            return as_json({"access_token": seen.headers["authorization"].partition(" ")[0]})
        return as_json({"value": seen.headers["authorization"]})

    site = replace(PUBLIC, auth=replace(PUBLIC.auth, token_client_auth=ClientAuth.BASIC))
    store = DictStore(client_id="id", client_secret="sec", user_token=stored("a0", "r0", lifetime_s=1))
    with serving(handler) as server, rigged(tmp_path, server.url, store=store) as rig:
        assert rig.client.send(call(auth=Auth.USER), site) == "Bearer Basic"


def test_processes_share_a_public_clients_token_without_racing(tmp_path: Path) -> None:
    """All find the token expired at the same moment: one refreshes, the others take what it stored."""
    vendor = Rotating()
    keys = refresh_race.open_store(tmp_path)
    keys.write("example", CredentialField.CLIENT_ID, "id")
    keys.write("example", CredentialField.USER_TOKEN, stored("a0", "r0", lifetime_s=1))
    with serving(vendor) as server:
        script = Path(refresh_race.__file__)
        command = [sys.executable, str(script), str(tmp_path), server.url, str(time.time() + 2.0)]
        racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        said = [racer.communicate(timeout=120)[0].strip() for racer in racers]
    assert said == ["a1"] * 3
    assert (vendor.count, vendor.refused) == (1, [])
    assert '"r1"' in (refresh_race.open_store(tmp_path).read("example", CredentialField.USER_TOKEN) or "")


# --- giving it back ---


@pytest.mark.parametrize(
    "reply",
    [Reply(status=200), Reply(status=204), as_json({}), Reply(status=200, body=b"<html>Bye</html>")],
)
def test_a_sign_out_is_told_to_the_vendor(tmp_path: Path, reply: Reply) -> None:
    store = DictStore(client_id="id", user_token=stored("a0", "r0"))
    with serving(lambda _: reply) as server, rigged(tmp_path, server.url, store=store) as rig:
        assert rig.tokens.has_user(PUBLIC)
        assert rig.tokens.forget(PUBLIC) == ""
        assert not rig.tokens.has_user(PUBLIC)
        (seen,) = server.seen
    assert seen.path == "/www.example.com/oauth/revoke"
    assert dict(parse_qsl(seen.body.decode())) == {"token": "r0", "client_id": "id"}
    assert ("example", "user_token") not in store.secrets


def test_what_another_process_has_refreshed_is_what_is_given_back(tmp_path: Path) -> None:
    store = DictStore(client_id="id", user_token=stored("a0", "r0"))
    with serving(lambda _: Reply(status=204)) as server, rigged(tmp_path, server.url, store=store) as rig:
        assert rig.tokens.has_user(PUBLIC)
        store.secrets["example", "user_token"] = stored("a1", "r1")
        rig.tokens.forget(PUBLIC)
        assert b"token=r1" in server.seen[0].body


Handler = Callable[[Seen], Reply]


@pytest.mark.parametrize("handler", [lambda _: Reply(status=503), lambda _: Reply(status=400)])
def test_a_vendor_that_cannot_be_told_does_not_keep_us_signed_in(tmp_path: Path, handler: Handler) -> None:
    store = DictStore(client_id="id", user_token=stored("a0", "secret-refresh"))
    with serving(handler) as server, rigged(tmp_path, server.url, store=store) as rig:
        said = rig.tokens.forget(PUBLIC)
        assert not rig.tokens.has_user(PUBLIC)
    assert "signed out here" in said
    assert "secret-refresh" not in said


def test_signing_out_works_offline(tmp_path: Path) -> None:
    store = DictStore(client_id="id", user_token=stored("a0", "r0"))
    with serving(lambda _: Reply(status=204)) as server, rigged(tmp_path, server.url, store=store) as rig:
        rig.online[0] = False
        assert "Online access is off" in rig.tokens.forget(PUBLIC)
        assert not rig.tokens.has_user(PUBLIC)
        assert server.connections == 0


def test_what_is_no_token_or_nothing_is_simply_deleted(tmp_path: Path) -> None:
    store = DictStore(client_id="id", user_token="{no token")
    with serving(lambda _: Reply(status=204)) as server, rigged(tmp_path, server.url, store=store) as rig:
        assert rig.tokens.forget(PUBLIC) == ""
        assert rig.tokens.forget(PUBLIC) == ""
        assert server.seen == []
    assert ("example", "user_token") not in store.secrets
