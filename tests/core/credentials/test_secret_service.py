from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from fake_secret_service import MemoryBus, Model, ServedModel

from core.credentials.keyring_store import KeyringStore, open_keyring
from core.credentials.secret_service import Bus, SecretService, open_session_bus
from core.errors import CredentialStoreError


@dataclass
class Setting:
    model: Model
    service: SecretService


@pytest.fixture(params=["in memory", "on a real bus"])
def setting(request: pytest.FixtureRequest) -> Iterator[Setting]:
    """The same tests twice; the second kind needs dbus-daemon, which not every machine has."""
    model = Model()
    if request.param == "in memory":
        opened: list[MemoryBus] = []
        yield Setting(model, SecretService(lambda: MemoryBus(model, opened)))
        assert all(bus.closed for bus in opened)
    elif shutil.which("dbus-daemon") is None:
        pytest.skip("needs_tool: dbus-daemon; the same test has run against the model in memory")
    else:
        yield from on_a_real_bus(model)
    assert model.sessions == set()


def on_a_real_bus(model: Model) -> Iterator[Setting]:
    command = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        address = daemon.stdout.readline().strip()
        served = ServedModel(address, model)
        try:
            yield Setting(model, SecretService(lambda: open_session_bus(address)))
        finally:
            served.stop()
            daemon.terminate()


def test_secrets_are_kept_replaced_and_forgotten(setting: Setting) -> None:
    service = setting.service
    assert service.is_available()
    assert service.get_password("clearance/x", "field") is None
    service.set_password("clearance/x", "field", "first")
    service.set_password("clearance/x", "field", "sécond €")
    service.set_password("clearance/y", "field", "x" * 20_000)
    assert service.get_password("clearance/x", "field") == "sécond €"
    assert service.get_password("clearance/y", "field") == "x" * 20_000
    assert len(setting.model.items) == 2
    service.delete_password("clearance/x", "field")
    assert service.get_password("clearance/x", "field") is None
    with pytest.raises(CredentialStoreError):
        service.delete_password("clearance/x", "field")


def test_attributes_are_those_of_the_keyring_library(setting: Setting) -> None:
    setting.service.set_password("clearance/x", "field", "value")
    ((attributes, value, kind),) = setting.model.items.values()
    assert {"service": "clearance/x", "username": "field"}.items() <= attributes.items()
    assert (value, kind) == (b"value", "text/plain; charset=utf8")


def test_a_locked_keyring_asks_and_goes_on(setting: Setting) -> None:
    setting.service.set_password("clearance/x", "field", "value")
    setting.model.locked = True
    assert setting.service.get_password("clearance/x", "field") == "value"
    setting.model.locked = True
    setting.service.set_password("clearance/x", "field", "other")
    setting.model.locked = True
    setting.service.delete_password("clearance/x", "field")
    assert setting.model.prompts == 3


def test_a_dismissed_question_is_said(setting: Setting) -> None:
    setting.service.set_password("clearance/x", "field", "value")
    setting.model.locked, setting.model.user_agrees = True, False
    actions: list[Callable[[], object]] = [
        lambda: setting.service.get_password("clearance/x", "field"),
        lambda: setting.service.set_password("clearance/x", "field", "other"),
        lambda: setting.service.delete_password("clearance/x", "field"),
    ]
    for action in actions:
        with pytest.raises(CredentialStoreError, match="dismissed"):
            action()


def test_without_a_collection_there_is_no_place(setting: Setting) -> None:
    setting.model.has_collection = False
    assert not setting.service.is_available()
    with pytest.raises(CredentialStoreError, match="collection"):
        setting.service.set_password("clearance/x", "field", "value")


def test_a_store_on_it(setting: Setting) -> None:
    store = KeyringStore(setting.service, "Secret Service")
    store.write("example", "client_id", "mine")
    assert store.read("example", "client_id") == "mine"
    store.delete("example", "client_id")
    assert store.read("example", "client_id") is None


def test_what_is_no_text_is_damaged() -> None:
    model = Model()
    opened: list[MemoryBus] = []
    service = SecretService(lambda: MemoryBus(model, opened))
    service.set_password("clearance/x", "field", "value")
    model.items = {path: (has, b"\xff\xfe\xff", kind) for path, (has, _, kind) in model.items.items()}
    with pytest.raises(CredentialStoreError, match="unreadable"):
        service.get_password("clearance/x", "field")


def test_a_bus_that_cannot_be_reached_is_no_keyring() -> None:
    def fail() -> Bus:
        raise CredentialStoreError("no bus")

    assert not SecretService(fail).is_available()
    for address in ("unix:path=/nowhere/bus", "tcp:host=localhost,port=1", "", "unix:", "x"):
        with pytest.raises(CredentialStoreError, match="message bus"):
            open_session_bus(address)


@pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="needs_tool: dbus-daemon")
def test_a_bus_without_a_secret_service_is_no_keyring_and_one_with_it_is() -> None:
    command = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        address = daemon.stdout.readline().strip()
        environ = {"DBUS_SESSION_BUS_ADDRESS": address}
        try:
            assert open_keyring("linux", environ) is None
            served = ServedModel(address, Model())
            try:
                store = open_keyring("linux", environ)
                assert store is not None
                assert store.kind == "Secret Service"
            finally:
                served.stop()
        finally:
            daemon.terminate()
