"""The Secret Service of Linux desktops (GNOME Keyring, KWallet, KeePassXC) over jeepney: nothing compiled.

The keyring library's own way needs ``secretstorage``, hence ``cryptography``, which has no wheels for two of
our platforms. So secrets cross the session bus in the specification's "plain" form: the bus is a socket that
only this user can open, and the service hands any program of this user the secrets in any form it asks for.
Attributes are those of the keyring library, so that each finds what the other stored.

Specification: freedesktop.org, Secret Service API Draft.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Protocol

from ..errors import CredentialStoreError

BUS_NAME = "org.freedesktop.secrets"
ROOT = "/org/freedesktop/secrets"
_SERVICE = "org.freedesktop.Secret.Service"
_COLLECTION = "org.freedesktop.Secret.Collection"
_ITEM = "org.freedesktop.Secret.Item"
_SESSION = "org.freedesktop.Secret.Session"
_PROMPT = "org.freedesktop.Secret.Prompt"
_NONE = "/"

CALL_TIMEOUT_S = 10.0
PROBE_TIMEOUT_S = 2.0
"""For the question whether there is a keyring at all, asked while an application starts."""
PROMPT_TIMEOUT_S = 120.0
"""How long the user may take to unlock the keyring."""


class Bus(Protocol):
    """A connection to the session bus."""

    def call(
        self, path: str, interface: str, method: str, signature: str = "", body: tuple[Any, ...] = ()
    ) -> Any:
        """Call a method of the Secret Service and return the tuple of results."""
        ...

    def is_served(self) -> bool:
        """Say whether somebody is, or can be started as, the Secret Service."""
        ...

    def prompt(self, path: str) -> bool:
        """Let the service ask the user; return False when the user dismisses it."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class SecretService:
    """Reads and writes passwords; shaped like a keyring backend. One connection for each use."""

    def __init__(self, open_bus: Callable[[], Bus]) -> None:
        self._open_bus = open_bus

    def is_available(self) -> bool:
        """Say whether there is a bus with a Secret Service that has a collection to write to."""
        try:
            with closing(self._open_bus()) as bus:
                return bus.is_served() and self._collection(bus) != _NONE
        except (CredentialStoreError, ImportError):
            return False

    def get_password(self, service: str, username: str) -> str | None:
        """Return a secret, or None."""
        with closing(self._open_bus()) as bus:
            item = self._find(bus, service, username)
            if item is None:
                return None
            session = self._session(bus)
            (secret,) = bus.call(item, _ITEM, "GetSecret", "o", (session,))
            self._end(bus, session)
            try:
                return bytes(secret[2]).decode("utf-8")
            except (UnicodeDecodeError, IndexError, TypeError, ValueError):
                raise CredentialStoreError(
                    "The keyring holds something unreadable where a key should be. Enter the key anew.",
                    code="credentials.damaged",
                ) from None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret in place of any older one."""
        with closing(self._open_bus()) as bus:
            collection = self._collection(bus)
            if collection == _NONE:
                raise CredentialStoreError(
                    "The keyring has no collection to keep keys in. Make one in its settings."
                )
            self._unlock(bus, collection)
            session = self._session(bus)
            attributes = {**_attributes(service, username), "application": "Clearance"}
            properties = {
                f"{_ITEM}.Label": ("s", f"Clearance: {username} ({service})"),
                f"{_ITEM}.Attributes": ("a{ss}", attributes),
            }
            secret = (session, b"", password.encode(), "text/plain; charset=utf8")
            _item, prompt = bus.call(
                collection, _COLLECTION, "CreateItem", "a{sv}(oayays)b", (properties, secret, True)
            )
            self._answer(bus, prompt)
            self._end(bus, session)

    def delete_password(self, service: str, username: str) -> None:
        """Forget a secret; raise when there is none."""
        with closing(self._open_bus()) as bus:
            item = self._find(bus, service, username)
            if item is None:
                raise CredentialStoreError("There is no such key in the keyring.", code="credentials.missing")
            (prompt,) = bus.call(item, _ITEM, "Delete")
            self._answer(bus, prompt)

    def _find(self, bus: Bus, service: str, username: str) -> str | None:
        unlocked, locked = bus.call(ROOT, _SERVICE, "SearchItems", "a{ss}", (_attributes(service, username),))
        if unlocked:
            return str(unlocked[0])
        if locked:
            self._unlock(bus, str(locked[0]))
            return str(locked[0])
        return None

    def _collection(self, bus: Bus) -> str:
        for alias in ("default", "login"):
            (path,) = bus.call(ROOT, _SERVICE, "ReadAlias", "s", (alias,))
            if path != _NONE:
                return str(path)
        return _NONE

    def _unlock(self, bus: Bus, path: str) -> None:
        _done, prompt = bus.call(ROOT, _SERVICE, "Unlock", "ao", ([path],))
        self._answer(bus, prompt)

    def _answer(self, bus: Bus, prompt: object) -> None:
        if prompt != _NONE and not bus.prompt(str(prompt)):
            raise CredentialStoreError(
                "The keyring stays locked: its question was dismissed.", code="credentials.locked"
            )

    def _session(self, bus: Bus) -> str:
        _output, session = bus.call(ROOT, _SERVICE, "OpenSession", "sv", ("plain", ("s", "")))
        return str(session)

    def _end(self, bus: Bus, session: str) -> None:
        bus.call(session, _SESSION, "Close")


def _attributes(service: str, username: str) -> Mapping[str, str]:
    return {"service": service, "username": username}


def open_session_bus(address: str, *, timeout_s: float = CALL_TIMEOUT_S) -> Bus:
    """Connect to the session bus at a D-Bus address; raise CredentialStoreError."""
    from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]

    try:
        return _JeepneyBus(open_dbus_connection(address, auth_timeout=PROBE_TIMEOUT_S), timeout_s)
    except (OSError, RuntimeError, ValueError, KeyError, StopIteration) as error:
        failure = type(error).__name__
    raise CredentialStoreError(f"The desktop's message bus cannot be reached ({failure}).")


class _JeepneyBus:
    """A Bus by jeepney."""

    def __init__(self, connection: Any, timeout_s: float) -> None:
        self._connection = connection
        self._timeout_s = timeout_s

    def call(
        self, path: str, interface: str, method: str, signature: str = "", body: tuple[Any, ...] = ()
    ) -> Any:
        from jeepney import DBusAddress, new_method_call  # type: ignore[import-untyped]

        address = DBusAddress(path, bus_name=BUS_NAME, interface=interface)
        return self._send(new_method_call(address, method, signature or None, body))

    def is_served(self) -> bool:
        from jeepney.bus_messages import message_bus  # type: ignore[import-untyped]

        (owned,) = self._send(message_bus.NameHasOwner(BUS_NAME))
        (startable,) = self._send(message_bus.ListActivatableNames())
        return bool(owned) or BUS_NAME in startable

    def prompt(self, path: str) -> bool:
        from jeepney import MatchRule
        from jeepney.bus_messages import message_bus

        rule = MatchRule(type="signal", interface=_PROMPT, member="Completed", path=path)
        self._send(message_bus.AddMatch(rule))
        try:
            with self._connection.filter(rule) as found:
                self.call(path, _PROMPT, "Prompt", "s", ("",))
                message = self._connection.recv_until_filtered(found, timeout=PROMPT_TIMEOUT_S)
        except (OSError, TimeoutError):
            message = None
        if message is None:
            raise CredentialStoreError(
                "Nobody answered the keyring's question in time.", code="credentials.locked"
            )
        return not message.body[0]

    def close(self) -> None:
        self._connection.close()

    def _send(self, message: Any) -> Any:
        from jeepney.wrappers import DBusErrorResponse, unwrap_msg  # type: ignore[import-untyped]

        try:
            return unwrap_msg(self._connection.send_and_get_reply(message, timeout=self._timeout_s))
        except DBusErrorResponse as error:
            failure = str(error.name)
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            failure = type(error).__name__
        raise CredentialStoreError(
            f"The keyring did not do what was asked ({failure}). Unlock it and try again."
        )
