"""Keeps secrets in one file, encrypted with a key made from a passphrase: scrypt, then AES-256-GCM.

Layout: JSON with the key derivation's numbers and salt, a check value, a nonce and the sealed secrets. The
check value tells a wrong passphrase from a damaged file; the tag covers the head as well as the secrets.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..clock import Clock
from ..errors import CredentialStoreError
from .lock import lock_file

FORMAT = "clearance-credentials"
VERSION = 1
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**15, 8, 1
"""32 MiB and about a tenth of a second: OWASP's second choice for scrypt, bearable at each start."""
_MAX_FILE_BYTES = 4 * 1024**2


@dataclass(frozen=True, slots=True)
class _Keys:
    salt: bytes
    cipher: bytes
    check: bytes


class PassphraseStore:
    """A CredentialStore on an encrypted file. Safe between threads and processes."""

    def __init__(self, path: Path, passphrase: str, *, clock: Clock) -> None:
        self._path = path
        self._passphrase = passphrase
        self._clock = clock
        self._mutex = threading.Lock()
        self._keys: _Keys | None = None

    def __repr__(self) -> str:
        return f"PassphraseStore({self._path.name!r})"

    @property
    def kind(self) -> str:
        """Name the place."""
        return "passphrase file"

    def read(self, marketplace: str, field: str) -> str | None:
        """Return a secret, or None."""
        with self._mutex:
            return self._load().get(_name(marketplace, field))

    def write(self, marketplace: str, field: str, secret: str) -> None:
        """Keep a secret."""
        self._change(_name(marketplace, field), secret)

    def delete(self, marketplace: str, field: str) -> None:
        """Forget a secret."""
        self._change(_name(marketplace, field), None)

    def _change(self, name: str, secret: str | None) -> None:
        lock = self._path.with_name(f"{self._path.name}.lock")
        with self._mutex, lock_file(lock, clock=self._clock, wait=self._clock.sleep):
            secrets = self._load()
            if secret is None and name not in secrets:
                return
            if secret is None:
                del secrets[name]
            else:
                secrets[name] = secret
            self._save(secrets)

    def _load(self) -> dict[str, str]:
        try:
            with self._path.open("rb") as file:
                raw = file.read(_MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _disk_error(error) from None
        head, nonce, tag, sealed = _read_layout(raw)
        keys = self._keys_for(head)
        try:
            plain = _cipher(keys, nonce, _bound(head)).decrypt_and_verify(sealed, tag)
            secrets = json.loads(plain)
        except ValueError:
            secrets = None
        if not isinstance(secrets, dict):
            raise _damaged()
        return {str(name): str(value) for name, value in secrets.items()}

    def _save(self, secrets: dict[str, str]) -> None:
        keys = self._keys or self._derive(os.urandom(16))
        head = {
            "format": FORMAT,
            "version": VERSION,
            "kdf": {"name": "scrypt", "n": SCRYPT_N, "r": SCRYPT_R, "p": SCRYPT_P, "salt": _text(keys.salt)},
            "cipher": "AES-256-GCM",
            "check": _text(keys.check),
        }
        nonce = os.urandom(12)
        sealed, tag = _cipher(keys, nonce, _bound(head)).encrypt_and_digest(json.dumps(secrets).encode())
        layout = {**head, "nonce": _text(nonce), "tag": _text(tag), "sealed": _text(sealed)}
        fresh = self._path.with_name(f"{self._path.name}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps(layout, indent=1).encode())
                file.flush()
                os.fsync(file.fileno())
            self._replace(fresh)
        except OSError as error:
            raise _disk_error(error) from None
        self._keys = keys

    def _replace(self, fresh: Path) -> None:
        """Rename; on Windows a reader may hold the target for a moment."""
        for _ in range(20):
            try:
                fresh.replace(self._path)
            except PermissionError:
                if os.name != "nt":
                    raise
                self._clock.sleep(0.05)
            else:
                return
        fresh.replace(self._path)

    def _keys_for(self, head: dict[str, Any]) -> _Keys:
        salt, check = _bytes(head["kdf"]["salt"]), _bytes(head["check"])
        keys = self._keys
        if keys is None or keys.salt != salt:
            keys = self._derive(salt)
        if not hmac.compare_digest(keys.check, check):
            raise CredentialStoreError(
                "The passphrase does not open the file with the keys. Try it again, or delete "
                f"{self._path.name} and enter the keys anew.",
                code="credentials.wrong_passphrase",
            )
        self._keys = keys
        return keys

    def _derive(self, salt: bytes) -> _Keys:
        # NFC: the same passphrase typed on another system is the same bytes.
        phrase = unicodedata.normalize("NFC", self._passphrase).encode()
        both = hashlib.scrypt(
            phrase,
            salt=salt,
            n=SCRYPT_N,
            r=SCRYPT_R,
            p=SCRYPT_P,
            maxmem=128 * SCRYPT_N * SCRYPT_R * 2,
            dklen=64,
        )
        return _Keys(salt, both[:32], hmac.digest(both[32:], b"clearance passphrase check", hashlib.sha256))


def _read_layout(raw: bytes) -> tuple[dict[str, Any], bytes, bytes, bytes]:
    """Return head, nonce, tag and sealed bytes; refuse what this version did not write."""
    try:
        layout = json.loads(raw) if len(raw) <= _MAX_FILE_BYTES else None
    except (ValueError, RecursionError):
        layout = None
    if not isinstance(layout, dict) or layout.get("format") != FORMAT:
        raise _damaged()
    kdf = layout.get("kdf")
    # The numbers are fixed by the version: a file from elsewhere must not make us fill the memory.
    numbers = {"name": "scrypt", "n": SCRYPT_N, "r": SCRYPT_R, "p": SCRYPT_P}
    known = isinstance(kdf, dict) and {name: kdf.get(name) for name in numbers} == numbers
    if layout.get("version") != VERSION or layout.get("cipher") != "AES-256-GCM" or not known:
        raise CredentialStoreError(
            "The file with the keys was written by another version of Clearance. Update, or delete it and "
            "enter the keys anew.",
            code="credentials.version",
        )
    head = {name: layout[name] for name in ("format", "version", "kdf", "cipher", "check") if name in layout}
    try:
        _bytes(head["kdf"]["salt"])
        _bytes(head["check"])
        return head, _bytes(layout["nonce"]), _bytes(layout["tag"]), _bytes(layout["sealed"])
    except KeyError:
        raise _damaged() from None


def _cipher(keys: _Keys, nonce: bytes, bound: bytes) -> Any:
    from Crypto.Cipher import AES

    if len(nonce) != 12:
        raise _damaged()
    cipher = AES.new(keys.cipher, AES.MODE_GCM, nonce=nonce)
    cipher.update(bound)
    return cipher


def _bound(head: dict[str, Any]) -> bytes:
    return json.dumps(head, sort_keys=True, separators=(",", ":")).encode()


def _name(marketplace: str, field: str) -> str:
    return f"{marketplace}/{field}"


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(text if isinstance(text, str) else "", validate=True)
    except (binascii.Error, ValueError):
        raise _damaged() from None


def _damaged() -> CredentialStoreError:
    return CredentialStoreError(
        "The file with the keys is damaged or was tampered with. Restore it from a backup, or delete it and "
        "enter the keys anew.",
        code="credentials.damaged",
    )


def _disk_error(error: OSError) -> CredentialStoreError:
    words = error.strerror or type(error).__name__
    return CredentialStoreError(
        f"The file with the keys cannot be read or written ({words}). Check the disk and its permissions.",
        code="credentials.disk",
        context={"errno": error.errno},
    )
