"""Keeps secrets in the system's own keyring.

The place is chosen here and not by the ``keyring`` library's search, which would take whatever plug-in or
configuration file it finds, plain-text ones included.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from typing import Protocol, cast

from ..errors import CredentialStoreError

WINDOWS_MOST_CHARS = 1200
"""Credential Manager takes 2,560 bytes, and keyring writes UTF-16: longer secrets are cut into parts."""

_PARTS_MARK = "clearance-parts:"


class Backend(Protocol):
    """What a keyring does; the methods of ``keyring.backend.KeyringBackend``."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return a secret, or None."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Forget a secret; raise when there is none."""
        ...


class KeyringStore:
    """A CredentialStore on a keyring. ``most_chars`` None: secrets of any length are taken whole."""

    def __init__(
        self,
        backend: Backend,
        kind: str,
        *,
        most_chars: int | None = None,
        random_word: Callable[[], str] = lambda: os.urandom(4).hex(),
    ) -> None:
        self._backend = backend
        self._kind = kind
        self._most_chars = most_chars
        self._random_word = random_word
        self._lock = threading.Lock()

    @property
    def kind(self) -> str:
        """Name the keyring."""
        return self._kind

    def read(self, marketplace: str, field: str) -> str | None:
        """Return a secret, or None."""
        with self._lock:
            value = self._ask(service_name(marketplace, field), field)
            if value is None or not value.startswith(_PARTS_MARK):
                return value or None
            joined = self._join(marketplace, field, value)
            if joined is None:
                # Another process may just have written it anew, and removed the parts we were told of.
                value = self._ask(service_name(marketplace, field), field)
                if value is None or not value.startswith(_PARTS_MARK):
                    return value or None
                joined = self._join(marketplace, field, value)
        if joined is None:
            raise CredentialStoreError(
                f"A key of {marketplace} in the {self._kind} is damaged. Enter it anew, or sign in again.",
                code="credentials.damaged",
                context={"marketplace": marketplace, "field": field},
            )
        return joined

    def write(self, marketplace: str, field: str, secret: str) -> None:
        """Keep a secret; a long one as parts, the old parts being valid until the new ones are complete."""
        service = service_name(marketplace, field)
        with self._lock:
            old = self._ask(service, field)
            value = secret
            if self._most_chars is not None and _length(secret) > self._most_chars:
                parts = _cut(secret, self._most_chars)
                word = self._random_word()
                for number, part in enumerate(parts):
                    self._tell(_part_service(service, word, number), field, part)
                value = f"{_PARTS_MARK}{word}:{len(parts)}:{_digest(secret)}"
            self._tell(service, field, value)
            self._drop_parts(service, field, old)

    def delete(self, marketplace: str, field: str) -> None:
        """Forget a secret."""
        service = service_name(marketplace, field)
        with self._lock:
            old = self._ask(service, field)
            if old is None:
                return
            self._drop(service, field)
            self._drop_parts(service, field, old)

    def _join(self, marketplace: str, field: str, value: str) -> str | None:
        told = _read_mark(value)
        if told is None:
            return None
        word, count, digest = told
        service = service_name(marketplace, field)
        parts = [self._ask(_part_service(service, word, number), field) for number in range(count)]
        whole = "".join(part or "" for part in parts)
        return whole if _digest(whole) == digest else None

    def _drop_parts(self, service: str, field: str, old: str | None) -> None:
        told = _read_mark(old or "")
        if told is not None:
            for number in range(told[1]):
                self._drop(_part_service(service, told[0], number), field)

    def _ask(self, service: str, field: str) -> str | None:
        try:
            return self._backend.get_password(service, field)
        except Exception as error:  # noqa: BLE001 - each backend raises its own library's errors
            failure = type(error).__name__
        raise self._cannot("read", failure)

    def _tell(self, service: str, field: str, value: str) -> None:
        try:
            self._backend.set_password(service, field, value)
        except Exception as error:  # noqa: BLE001 - as above
            failure = type(error).__name__
        else:
            return
        raise self._cannot("written", failure)

    def _drop(self, service: str, field: str) -> None:
        try:
            self._backend.delete_password(service, field)
        except Exception as error:  # noqa: BLE001 - as above
            failure = type(error).__name__
        else:
            return
        if self._ask(service, field) is not None:
            raise self._cannot("changed", failure)

    def _cannot(self, verb: str, failure: str) -> CredentialStoreError:
        # The library's own words stay out: nobody promises that they hold no secret.
        return CredentialStoreError(
            f"The {self._kind} cannot be {verb} ({failure}). Unlock it, and allow Blender to use it.",
            context={"kind": self._kind},
        )


def service_name(marketplace: str, field: str) -> str:
    """Return the name of the entry.

    The field is part of it because of Windows: there, several users of one service are moved about on each
    write, and two processes that write different fields at the same time could lose one.
    """
    return f"clearance/{marketplace}/{field}"


def open_keyring(platform: str, environ: Mapping[str, str]) -> KeyringStore | None:
    """Return this system's keyring, or None where there is none that works."""
    if platform == "darwin":
        return _open_macos()
    if platform == "win32":
        return _open_windows()
    return _open_secret_service(environ)


def _open_macos() -> KeyringStore | None:
    try:
        from keyring.backends import macOS

        if not macOS.Keyring.priority:
            return None
        backend = cast("Backend", macOS.Keyring())  # type: ignore[no-untyped-call]
        return KeyringStore(backend, "macOS Keychain")
    except (ImportError, RuntimeError, OSError):
        return None


def _open_windows() -> KeyringStore | None:
    try:
        from keyring.backends import Windows

        if not Windows.WinVaultKeyring.priority:
            return None
        backend = cast("Backend", Windows.WinVaultKeyring())  # type: ignore[no-untyped-call]
        return KeyringStore(backend, "Windows Credential Manager", most_chars=WINDOWS_MOST_CHARS)
    except (ImportError, RuntimeError, OSError):
        return None


def _open_secret_service(environ: Mapping[str, str]) -> KeyringStore | None:
    from .secret_service import PROBE_TIMEOUT_S, SecretService, open_session_bus

    address = environ.get("DBUS_SESSION_BUS_ADDRESS")
    if not address:
        return None
    if not SecretService(lambda: open_session_bus(address, timeout_s=PROBE_TIMEOUT_S)).is_available():
        return None
    return KeyringStore(SecretService(lambda: open_session_bus(address)), "Secret Service")


def _part_service(service: str, word: str, number: int) -> str:
    return f"{service}/{word}.{number}"


def _read_mark(value: str) -> tuple[str, int, str] | None:
    if not value.startswith(_PARTS_MARK):
        return None
    pieces = value.removeprefix(_PARTS_MARK).split(":")
    if len(pieces) != 3 or not pieces[1].isdigit() or not 0 < int(pieces[1]) <= 1000:
        return None
    return pieces[0], int(pieces[1]), pieces[2]


def _cut(secret: str, most: int) -> list[str]:
    """Cut into parts of at most ``most`` UTF-16 units."""
    parts: list[str] = []
    part, length = "", 0
    for char in secret:
        units = _length(char)
        if length + units > most:
            parts.append(part)
            part, length = "", 0
        part += char
        length += units
    return [*parts, part]


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
