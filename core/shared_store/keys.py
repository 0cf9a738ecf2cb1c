"""A studio's keys for its shared store: made here, kept in the keyring, told to other machines as text."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..credentials.port import CredentialStore
from ..errors import SharedStoreError, UserInputError

KEY_BYTES = 32
SECRET_OF = "shared-store"  # noqa: S105 - the name of a place
_FIELD = "keys"
_PREFIX = "clearance-store-key-1:"


def key_id(key: bytes) -> str:
    """Return what a key is called: it follows from the key and tells nothing about it."""
    return hashlib.sha256(b"clearance store key id\0" + key).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioKeys:
    """All keys that a machine has. ``current`` seals what is new; the others open what is older."""

    current: str = ""
    keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def get(self, name: str) -> bytes:
        """Return a key; raise SharedStoreError when this machine does not have it."""
        key = self.keys.get(name)
        if key is None:
            raise SharedStoreError(
                f"This file is sealed with the studio's key {name}, which this machine does not have. Ask "
                "for it (`clearance store key show` on a machine that has it), and give it here with "
                "`clearance store key add`.",
                code="shared_store.no_key",
                context={"key_id": name},
            )
        return key


def make_key() -> bytes:
    """Return a new key, random."""
    return secrets.token_bytes(KEY_BYTES)


def encode_key(key: bytes) -> str:
    """Return a key as text for another machine. It is a secret."""
    return _PREFIX + base64.urlsafe_b64encode(key).decode("ascii")


def decode_key(text: str) -> bytes:
    """Read a key from text; raise UserInputError, which never repeats it."""
    try:
        if not text.strip().startswith(_PREFIX):
            raise ValueError
        key = base64.b64decode(text.strip()[len(_PREFIX) :], altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise UserInputError(
            f"That is not a key of a shared store: one begins with {_PREFIX} and has {KEY_BYTES} bytes.",
            code="shared_store.bad_key",
        )
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysInKeyring:
    """Keeps the studio's keys where a marketplace's are kept. Raises CredentialStoreError."""

    credentials: CredentialStore

    def read(self) -> StudioKeys:
        """Return what this machine has; nothing at first."""
        text = self.credentials.read(SECRET_OF, _FIELD)
        if not text:
            return StudioKeys()
        try:
            kept = json.loads(text)
            keys = {name: base64.b64decode(key) for name, key in kept["keys"].items()}
            current = str(kept["current"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise SharedStoreError(
                "The studio's keys in the keyring cannot be read. Give them again with "
                "`clearance store key add`.",
                code="shared_store.bad_key",
            ) from None
        return StudioKeys(current=current, keys={n: k for n, k in keys.items() if key_id(k) == n})

    def add(self, key: bytes, *, make_current: bool) -> StudioKeys:
        """Keep one more key."""
        known = self.read()
        name = key_id(key)
        current = name if make_current or not known.current else known.current
        return self._write(StudioKeys(current=current, keys={**known.keys, name: key}))

    def forget(self, name: str) -> StudioKeys:
        """Let go of a key that is not the current one."""
        known = self.read()
        if name == known.current:
            raise UserInputError(
                "That is the key which seals what is new. Rotate first.", code="shared_store.current_key"
            )
        return self._write(
            StudioKeys(current=known.current, keys={n: k for n, k in known.keys.items() if n != name})
        )

    def _write(self, keys: StudioKeys) -> StudioKeys:
        kept = {name: base64.b64encode(key).decode("ascii") for name, key in keys.keys.items()}
        self.credentials.write(SECRET_OF, _FIELD, json.dumps({"current": keys.current, "keys": kept}))
        return keys
