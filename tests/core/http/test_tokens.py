from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from wire import DictStore, FakeClock, FakeSite, Reply, Rig, Seen, as_json, call, rigged, serving

from core.credentials.lock import LockTimeoutError, lock_file
from core.errors import (
    ClearanceError,
    CredentialsMissing,
    CredentialsRejected,
    CredentialStoreError,
    Unavailable,
)
from core.http.auth import Token, encode_token
from core.http.message import Auth

SITE = FakeSite()
NOW = FakeClock().now()


def stored(access: str, refresh: str | None, *, lifetime_s: float | None = 3600) -> str:
    expires_at = None if lifetime_s is None else NOW + timedelta(seconds=lifetime_s)
    return encode_token(Token(access_token=access, refresh_token=refresh, expires_at=expires_at))


class Vendor:
    """A token server that rotates: each refresh token is good once."""

    def __init__(self, *, access: str = "a0", refresh: str = "r0", brings_new_refresh: bool = True) -> None:
        self.access, self.refresh, self.count = access, refresh, 0
        self.brings_new_refresh = brings_new_refresh
        self.refreshes = 0
        self.lock = threading.Lock()

    def __call__(self, seen: Seen) -> Reply:
        with self.lock:
            if "oauth" not in seen.path:
                if seen.headers.get("authorization") != f"Bearer {self.access}":
                    return Reply(status=401)
                return as_json({"value": self.access})
            form = dict(parse_qsl(seen.body.decode()))
            self.refreshes += 1
            if form.get("refresh_token") != self.refresh:
                return as_json({"error": "invalid_grant"}, 400)
            self.count += 1
            self.access = f"a{self.count}"
            answer: dict[str, Any] = {"access_token": self.access, "expires_in": 3600}
            if self.brings_new_refresh:
                self.refresh = answer["refresh_token"] = f"r{self.count}"
            return as_json(answer)


def secret(rig: Rig) -> dict[str, Any]:
    value = json.loads(rig.store.secrets["example", "user_token"])
    assert isinstance(value, dict)
    return value


def user_store(token: str) -> DictStore:
    return DictStore(client_id="id", client_secret="sec", user_token=token)


@pytest.mark.parametrize("brings_new", [True, False])
def test_a_token_about_to_expire_is_refreshed_and_stored_before_use(tmp_path: Path, brings_new: bool) -> None:
    vendor = Vendor(brings_new_refresh=brings_new)
    store = user_store(stored("a0", "r0", lifetime_s=30))
    with serving(vendor) as server, rigged(tmp_path, server.url, store=store) as rig:
        assert rig.client.send(call(auth=Auth.USER), SITE) == "a1"
        assert secret(rig)["access_token"] == "a1"
        assert secret(rig)["refresh_token"] == ("r1" if brings_new else "r0")
        rig.clock.seconds += 3600
        assert rig.client.send(call(auth=Auth.USER), SITE) == "a2"
        assert vendor.refreshes == 2


def test_a_401_refreshes_even_before_its_time(tmp_path: Path) -> None:
    vendor = Vendor(access="revoked", refresh="r0")
    with serving(vendor) as server, rigged(tmp_path, server.url, store=user_store(stored("a0", "r0"))) as rig:
        assert rig.client.send(call(auth=Auth.USER), SITE) == "a1"
        assert vendor.refreshes == 1


def test_what_another_process_has_refreshed_is_taken_from_the_store(tmp_path: Path) -> None:
    vendor = Vendor()
    with serving(vendor) as server, rigged(tmp_path, server.url, store=user_store(stored("a0", "r0"))) as rig:
        assert rig.client.send(call(auth=Auth.USER), SITE) == "a0"
        # Meanwhile elsewhere: refreshed, rotated and stored.
        vendor.access, vendor.refresh = "a-other", "r-other"
        rig.store.secrets["example", "user_token"] = stored("a-other", "r-other")
        assert rig.client.send(call(auth=Auth.USER), SITE) == "a-other"
        assert vendor.refreshes == 0


def test_a_refresh_that_is_refused_asks_for_a_new_sign_in(tmp_path: Path) -> None:
    vendor = Vendor(refresh="something else")
    with (
        serving(vendor) as server,
        rigged(tmp_path, server.url, store=user_store(stored("a0", "r0", lifetime_s=1))) as rig,
    ):
        with pytest.raises(CredentialsRejected, match="Sign in again") as caught:
            rig.client.send(call(auth=Auth.USER), SITE)
        assert caught.value.code == "marketplace.sign_in_ended"
        assert secret(rig)["refresh_token"] == "r0"


def test_a_passing_fault_while_refreshing_keeps_the_sign_in(tmp_path: Path) -> None:
    with (
        serving(lambda _: Reply(status=503)) as server,
        rigged(tmp_path, server.url, store=user_store(stored("a0", "r0", lifetime_s=1))) as rig,
    ):
        with pytest.raises(Unavailable):
            rig.client.send(call(auth=Auth.USER), SITE)
        assert secret(rig)["refresh_token"] == "r0"


def test_a_store_that_cannot_be_written_is_said_and_the_session_goes_on(tmp_path: Path) -> None:
    vendor = Vendor()
    with (
        serving(vendor) as server,
        rigged(tmp_path, server.url, store=user_store(stored("a0", "r0", lifetime_s=1))) as rig,
    ):
        rig.store.fails = True
        with pytest.raises(CredentialStoreError, match="only until"):
            rig.client.send(call(auth=Auth.USER), SITE)
        assert rig.client.send(call(auth=Auth.USER), SITE) == "a1"
        # The next refresh uses the newer token from memory, not the dead one in the store.
        rig.clock.seconds += 3600
        rig.store.fails = False
        assert rig.client.send(call(auth=Auth.USER), SITE) == "a2"
        assert secret(rig)["refresh_token"] == "r2"


def test_threads_refresh_once(tmp_path: Path) -> None:
    vendor = Vendor()
    answers: list[str] = []
    with (
        serving(vendor) as server,
        rigged(tmp_path, server.url, store=user_store(stored("a0", "r0", lifetime_s=1))) as rig,
    ):
        rig.clock.stands_still = True
        threads = [
            threading.Thread(target=lambda: answers.append(rig.client.send(call(auth=Auth.USER), SITE)))
            for _ in range(5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert answers == ["a1"] * 5
    assert vendor.refreshes == 1


def test_user_or_app_falls_back_to_the_app_only_without_a_user(tmp_path: Path) -> None:
    def handler(seen: Seen) -> Reply:
        if "oauth" in seen.path:
            return as_json({"access_token": "app", "expires_in": 100})
        return as_json({"value": seen.headers["authorization"]})

    with serving(handler) as server, rigged(tmp_path, server.url) as rig:
        assert not rig.tokens.has_user(SITE)
        assert rig.client.send(call(auth=Auth.USER_OR_APP), SITE) == "Bearer app"
        rig.store.write("example", "user_token", "pasted")
        rig.tokens.forget_cached("example")
        assert rig.tokens.has_user(SITE)
        assert rig.client.send(call(auth=Auth.USER_OR_APP), SITE) == "Bearer pasted"
        rig.tokens.forget(SITE)
        assert not rig.tokens.has_user(SITE)
        with pytest.raises(CredentialsMissing):
            rig.client.send(call(auth=Auth.USER), SITE)


def test_something_stored_that_is_no_token(tmp_path: Path) -> None:
    store = DictStore(client_id="a", client_secret="b", user_token="{not a token")
    with serving(lambda _: as_json({"value": 1})) as server, rigged(tmp_path, server.url, store=store) as rig:
        assert not rig.tokens.has_user(SITE)
        with pytest.raises(CredentialsRejected, match="cannot be read"):
            rig.client.send(call(auth=Auth.USER), SITE)
        assert server.connections == 0


def test_keys_name_the_throttle_without_being_in_it(tmp_path: Path) -> None:
    store = DictStore(client_id="an-id-to-be-found", client_secret="a-secret-to-be-found")

    def handler(seen: Seen) -> Reply:
        return as_json({"access_token": "t"} if "oauth" in seen.path else {"value": 1})

    with serving(handler) as server, rigged(tmp_path, server.url, store=store) as rig:
        rig.client.send(call(auth=Auth.APP), SITE)
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"to-be-found" not in path.read_bytes()


# --- the lock between processes ---


def test_a_lock_excludes_threads_and_times_out(tmp_path: Path) -> None:
    clock = FakeClock()
    path = tmp_path / "a" / "lock"
    with (
        lock_file(path, clock=clock, wait=clock.sleep),
        pytest.raises(LockTimeoutError),
        lock_file(path, clock=clock, wait=clock.sleep, timeout_s=3.0),
    ):
        raise AssertionError("two holders")
    with lock_file(path, clock=clock, wait=clock.sleep, timeout_s=0.0):
        assert path.exists()


def test_a_lock_is_gone_when_its_holder_dies(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        f"import sys, pathlib; sys.path.insert(0, {str(Path(__file__).resolve().parents[3])!r})\n"
        "from core.clock import SystemClock\nfrom core.credentials.lock import lock_file\n"
        f"with lock_file(pathlib.Path({str(path)!r}), clock=SystemClock(), wait=lambda s: None):\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    clock = FakeClock()
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"held"
        with (
            pytest.raises(LockTimeoutError),
            lock_file(path, clock=clock, wait=clock.sleep, timeout_s=1.0),
        ):
            raise AssertionError("two holders")
        holder.kill()
    with lock_file(path, clock=clock, wait=clock.sleep, timeout_s=0.0):
        assert path.exists()


def test_a_lock_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    clock = FakeClock()
    with (
        pytest.raises(ClearanceError, match="cannot be written"),
        lock_file(tmp_path / "file" / "lock", clock=clock, wait=clock.sleep),
    ):
        raise AssertionError("no lock there")
