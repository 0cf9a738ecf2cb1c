"""Seals a file's bytes with AES-256-GCM in chunks under a key of its own, which a studio's key wraps.

Every chunk is authenticated with its number, with whether it is the last, and with what the manifest says
of the file: nothing can be altered, cut off, reordered, or taken from another file without being found.
Nonces are the chunks' numbers; that is sound because a file's key seals exactly one body, once.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import SharedStoreError
from .objects import CHUNK

CIPHER = "aes-256-gcm"
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16


def make_file_key() -> bytes:
    """Return a new key for one body, random."""
    return secrets.token_bytes(KEY_BYTES)


def wrap(key: bytes, *, under: bytes, about: bytes) -> bytes:
    """Wrap a file's key under a studio's: nonce, tag and ciphertext, bound to what it is ``about``."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed, tag = _aes(under, nonce, b"clearance file key\0" + about).encrypt_and_digest(key)
    return bytes(nonce + tag + sealed)


def unwrap(wrapped: bytes, *, under: bytes, about: bytes) -> bytes:
    """Return a file's key; raise SharedStoreError when it was wrapped otherwise or tampered with."""
    if len(wrapped) != NONCE_BYTES + TAG_BYTES + KEY_BYTES:
        raise tampered("its key")
    nonce, tag = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES : NONCE_BYTES + TAG_BYTES]
    try:
        key = _aes(under, nonce, b"clearance file key\0" + about).decrypt_and_verify(
            wrapped[NONCE_BYTES + TAG_BYTES :], tag
        )
    except ValueError:
        raise tampered("its key") from None
    return bytes(key)


def seal(pieces: Iterable[bytes], key: bytes, *, about: bytes) -> Iterator[bytes]:
    """Seal bytes of any length. An empty file is one empty, last chunk."""
    number = 0
    held: bytes | None = None
    for chunk in _chunks(pieces, CHUNK):
        if held is not None:
            yield _seal_one(held, key, about, number, last=False)
            number += 1
        held = chunk
    yield _seal_one(held or b"", key, about, number, last=True)


def unseal(pieces: Iterable[bytes], key: bytes, *, about: bytes) -> Iterator[bytes]:
    """Return the bytes that were sealed; raise SharedStoreError before a byte of a bad chunk is told."""
    number = 0
    held: bytes | None = None
    for chunk in _chunks(pieces, CHUNK + TAG_BYTES):
        if held is not None:
            yield _unseal_one(held, key, about, number, last=False)
            number += 1
        held = chunk
    yield _unseal_one(held or b"", key, about, number, last=True)


def tampered(what: str) -> SharedStoreError:
    """Return the error for what is not as it was sealed."""
    return SharedStoreError(
        f"A file in the shared store was altered or damaged: {what} does not verify. It was not used. Put it "
        "there again from a machine that has it (`clearance store push`), or download it anew.",
        code="shared_store.tampered",
    )


def _seal_one(chunk: bytes, key: bytes, about: bytes, number: int, *, last: bool) -> bytes:
    sealed, tag = _cipher(key, about, number, last=last).encrypt_and_digest(chunk)
    return bytes(sealed + tag)


def _unseal_one(chunk: bytes, key: bytes, about: bytes, number: int, *, last: bool) -> bytes:
    if len(chunk) < TAG_BYTES:
        raise tampered("its end")
    try:
        return bytes(
            _cipher(key, about, number, last=last).decrypt_and_verify(chunk[:-TAG_BYTES], chunk[-TAG_BYTES:])
        )
    except ValueError:
        raise tampered(f"its part {number + 1}") from None


def _cipher(key: bytes, about: bytes, number: int, *, last: bool) -> Any:
    bound = about + number.to_bytes(8, "big") + (b"last" if last else b"more")
    return _aes(key, number.to_bytes(NONCE_BYTES, "big"), bound)


def _aes(key: bytes, nonce: bytes, bound: bytes) -> Any:
    from Crypto.Cipher import AES

    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce)
    cipher.update(bound)
    return cipher


def _chunks(pieces: Iterable[bytes], length: int) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= length:
            yield bytes(waiting[:length])
            del waiting[:length]
    if waiting:
        yield bytes(waiting)
