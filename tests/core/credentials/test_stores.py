from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import SystemClock
from core.credentials import open_credentials
from core.credentials.environ_store import EnvironStore, variable_name
from core.credentials.keyring_store import KeyringStore, open_keyring, service_name
from core.credentials.passphrase_store import PassphraseStore
from core.credentials.port import CredentialStore
from core.credentials.session_store import SessionStore
from core.errors import CredentialStoreError

CLOCK = SystemClock()


class DictBackend:
    """A keyring in a dict, with the limit of Windows if asked for."""

    def __init__(self, most_bytes: int | None = None) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.most_bytes = most_bytes
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        if self.most_bytes is not None and len(password.encode("utf-16-le")) > self.most_bytes:
            raise OSError(1783, "The stub received bad data", password)
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        if (service, username) not in self.entries:
            raise KeyError("no such password")
        del self.entries[service, username]

    def _check(self) -> None:
        if self.locked:
            raise RuntimeError("locked: hidden")


def windows_store(backend: DictBackend) -> KeyringStore:
    words = iter(f"{number:08x}" for number in range(1_000_000))
    return KeyringStore(
        backend, "Windows Credential Manager", most_chars=1200, random_word=lambda: next(words)
    )


MAKERS: dict[str, Callable[[Path], CredentialStore]] = {
    "session": lambda _: SessionStore(),
    "keyring": lambda _: KeyringStore(DictBackend(), "a keyring"),
    "windows": lambda _: windows_store(DictBackend(2560)),
    "passphrase": lambda folder: PassphraseStore(folder / "deep" / "keys.json", "correct horse", clock=CLOCK),
    "environ": lambda _: EnvironStore(SessionStore(), {}),
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("secret", ["short", "ü € 𝄞 \n", "x" * 10_000, "𝄞" * 3000, '{"access_token":"a"}'])
def test_every_store_keeps_what_it_is_given(tmp_path: Path, name: str, secret: str) -> None:
    store = MAKERS[name](tmp_path)
    assert store.kind
    assert store.read("example", "user_token") is None
    store.delete("example", "user_token")
    store.write("example", "user_token", "before")
    store.write("example", "user_token", secret)
    store.write("example", "client_id", "another")
    store.write("other", "user_token", "third")
    assert store.read("example", "user_token") == secret
    assert store.read("example", "client_id") == "another"
    store.write("example", "user_token", "after")
    assert store.read("example", "user_token") == "after"
    store.delete("example", "user_token")
    assert store.read("example", "user_token") is None
    assert store.read("other", "user_token") == "third"
    assert "another" not in repr(store)


# --- keyring ---


@given(st.text(max_size=5000))
def test_any_secret_fits_into_credential_manager(secret: str) -> None:
    try:
        secret.encode()
    except UnicodeEncodeError:
        return
    backend = DictBackend(2560)
    store = windows_store(backend)
    store.write("example", "user_token", "y" * 4000)
    store.write("example", "user_token", secret)
    assert (store.read("example", "user_token") or "") == secret
    store.delete("example", "user_token")
    assert backend.entries == {}


def test_a_long_secret_cut_short_is_noticed() -> None:
    backend = DictBackend(2560)
    store = windows_store(backend)
    store.write("example", "user_token", "x" * 4000)
    part = next(key for key in backend.entries if key[0] != service_name("example", "user_token"))
    del backend.entries[part]
    with pytest.raises(CredentialStoreError, match="damaged"):
        store.read("example", "user_token")
    store.write("example", "user_token", "new")
    assert store.read("example", "user_token") == "new"


def test_until_a_long_secret_is_complete_the_old_one_stands() -> None:
    class Dying(DictBackend):
        writes = 0

        def set_password(self, service: str, username: str, password: str) -> None:
            self.writes += 1
            if self.writes > 6:
                raise OSError("the power is gone")
            super().set_password(service, username, password)

    store = windows_store(backend := Dying(2560))
    store.write("example", "user_token", "x" * 4000)
    with pytest.raises(CredentialStoreError):
        store.write("example", "user_token", "y" * 4000)
    backend.writes = -100
    assert store.read("example", "user_token") == "x" * 4000


def test_a_locked_keyring_says_so_and_nothing_else() -> None:
    backend = DictBackend()
    store = KeyringStore(backend, "macOS Keychain")
    store.write("example", "client_id", "mine")
    backend.locked = True
    actions: list[Callable[[], object]] = [
        lambda: store.read("example", "client_id"),
        lambda: store.write("example", "client_id", "hidden"),
        lambda: store.delete("example", "client_id"),
    ]
    for action in actions:
        with pytest.raises(CredentialStoreError, match="macOS Keychain") as caught:
            action()
        assert "hidden" not in str(caught.value)
        assert caught.value.__context__ is None


def test_other_systems_keyrings_are_not_found_here() -> None:
    assert open_keyring("win32", {}) is None
    assert open_keyring("darwin", {}) is None
    assert open_keyring("linux", {}) is None
    assert open_keyring("linux", {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}) is None
    assert open_keyring("linux", {"DBUS_SESSION_BUS_ADDRESS": "nonsense"}) is None


# --- passphrase file ---


def test_the_file_holds_nothing_readable_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    PassphraseStore(path, "correct horse", clock=CLOCK).write("example", "client_secret", "hidden-secret")
    raw = path.read_bytes()
    for word in (b"hidden", b"example", b"client_secret", b"horse"):
        assert word not in raw
    assert path.stat().st_mode & 0o777 == 0o600 or sys.platform == "win32"
    assert "horse" not in repr(PassphraseStore(path, "correct horse", clock=CLOCK))
    assert {entry.name for entry in tmp_path.iterdir()} == {"keys.json", "keys.json.lock"}


def test_another_process_reads_and_writes_it_too(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    first = PassphraseStore(path, "phrase é", clock=CLOCK)
    second = PassphraseStore(path, "phrase e\u0301", clock=CLOCK)  # the same letter, typed on another system
    first.write("example", "client_id", "one")
    second.write("example", "client_secret", "two")
    assert first.read("example", "client_secret") == "two"
    assert second.read("example", "client_id") == "one"


def test_a_wrong_passphrase_is_told_from_damage(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    PassphraseStore(path, "right", clock=CLOCK).write("example", "client_id", "one")
    wrong = PassphraseStore(path, "wrong", clock=CLOCK)
    before = path.read_bytes()
    for action in (
        lambda: wrong.read("example", "client_id"),
        lambda: wrong.write("example", "client_id", "x"),
    ):
        with pytest.raises(CredentialStoreError) as caught:
            action()
        assert caught.value.code == "credentials.wrong_passphrase"
    assert path.read_bytes() == before
    for name in ("sealed", "tag", "nonce"):
        layout = json.loads(before)
        layout[name] = ("A" if layout[name][0] != "A" else "B") + layout[name][1:]
        path.write_text(json.dumps(layout))
        with pytest.raises(CredentialStoreError) as caught:
            PassphraseStore(path, "right", clock=CLOCK).read("example", "client_id")
        assert caught.value.code == "credentials.damaged"


def test_every_cut_and_every_foreign_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    PassphraseStore(path, "right", clock=CLOCK).write("example", "client_id", "one")
    whole = path.read_bytes()
    layout = json.loads(whole)
    hungry = {**layout, "kdf": {**layout["kdf"], "n": 2**40}}
    cases = [whole[:cut] for cut in range(0, len(whole) - 1, 7)]
    cases += [b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b" " * 5_000_000, json.dumps(hungry).encode()]
    cases += [json.dumps({**layout, name: value}).encode()
              for name in layout for value in (None, 5, "", "!", [], {}, "QQ==")]  # fmt: skip
    cases += [json.dumps({k: v for k, v in layout.items() if k != name}).encode() for name in layout]
    for case in cases:
        path.write_bytes(case)
        with pytest.raises(CredentialStoreError):
            PassphraseStore(path, "right", clock=CLOCK).read("example", "client_id")


def test_a_disk_that_fails_is_said(tmp_path: Path) -> None:
    (tmp_path / "keys.json").mkdir()
    store = PassphraseStore(tmp_path / "keys.json", "right", clock=CLOCK)
    with pytest.raises(CredentialStoreError, match="cannot be read or written"):
        store.read("example", "client_id")


def test_processes_and_threads_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    root = Path(__file__).resolve().parents[3]
    code = (
        f"import sys, pathlib; sys.path.insert(0, {str(root)!r})\n"
        "from core.clock import SystemClock\nfrom core.credentials.passphrase_store import PassphraseStore\n"
        f"store = PassphraseStore(pathlib.Path({str(path)!r}), 'right', clock=SystemClock())\n"
        "for n in range(15):\n    store.write(sys.argv[1], f'field{n}', f'{sys.argv[1]}-{n}')\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", code, name]) for name in ("one", "two")]
    store = PassphraseStore(path, "right", clock=CLOCK)
    threads = [
        threading.Thread(target=lambda n=n: store.write("threads", f"field{n}", f"threads-{n}"))
        for n in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [child.wait(60) for child in children] == [0, 0]
    for name, count in (("one", 15), ("two", 15), ("threads", 5)):
        assert [store.read(name, f"field{n}") for n in range(count)] == [f"{name}-{n}" for n in range(count)]


# --- environment and choice ---


def test_variables_override_and_are_never_written() -> None:
    environ = {"CLEARANCE_EXAMPLE_CLIENT_ID": " from-environ \n", "CLEARANCE_EXAMPLE_CLIENT_SECRET": ""}
    inner = SessionStore()
    store = EnvironStore(inner, environ)
    store.write("example", "client_id", "stored")
    store.write("example", "client_secret", "stored")
    assert store.read("example", "client_id") == "from-environ"
    assert store.read("example", "client_secret") == "stored"
    store.delete("example", "client_id")
    assert store.read("example", "client_id") == "from-environ"
    assert inner.read("example", "client_id") is None
    assert store.kind == "this session only"


def test_variable_names() -> None:
    assert variable_name("shutterstock", "client_id") == "CLEARANCE_SHUTTERSTOCK_CLIENT_ID"
    assert variable_name("unity-asset.store", "user_token") == "CLEARANCE_UNITY_ASSET_STORE_USER_TOKEN"


def test_the_choice_of_store(tmp_path: Path) -> None:
    assert open_credentials(tmp_path, environ={}, platform="linux").kind == "this session only"
    assert (
        open_credentials(tmp_path, environ={"CLEARANCE_PASSPHRASE": "p"}, platform="linux").kind
        == "passphrase file"
    )
    given = open_credentials(tmp_path, passphrase="p", environ={}, platform="linux")
    given.write("example", "client_id", "kept")
    again = open_credentials(tmp_path, environ={"CLEARANCE_PASSPHRASE": "p"}, platform="win32")
    assert again.read("example", "client_id") == "kept"
    assert (
        open_credentials(tmp_path, environ={"CLEARANCE_PASSPHRASE": ""}, platform="linux").kind
        == "this session only"
    )
