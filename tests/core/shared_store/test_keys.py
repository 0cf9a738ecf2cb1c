"""The studio's keys: made, told to another machine, kept in the keyring."""

from __future__ import annotations

import pytest

from core.credentials.session_store import SessionStore
from core.errors import SharedStoreError, UserInputError
from core.shared_store.keys import (
    SECRET_OF,
    KeysInKeyring,
    decode_key,
    encode_key,
    key_id,
    make_key,
)


def test_a_key_travels_as_text() -> None:
    key = make_key()
    assert decode_key(f"  {encode_key(key)}\n") == key
    assert make_key() != key


@pytest.mark.parametrize("text", ["", "x", "clearance-store-key-1:", "clearance-store-key-1:AAAA", "\0" * 60])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UserInputError) as caught:
        decode_key(text)
    assert caught.value.code == "shared_store.bad_key"
    assert not text or text not in caught.value.message or text == "clearance-store-key-1:" or len(text) < 2


def test_the_keyring_keeps_them_and_names_the_one_that_seals() -> None:
    keyring = KeysInKeyring(credentials=SessionStore())
    assert keyring.read().current == ""
    first, second = make_key(), make_key()
    assert keyring.add(first, make_current=False).current == key_id(first)
    assert keyring.add(second, make_current=False).current == key_id(first)
    assert keyring.add(second, make_current=True).current == key_id(second)
    read = keyring.read()
    assert (read.get(key_id(first)), read.get(key_id(second))) == (first, second)
    assert repr(first)[2:-1] not in repr(read)
    with pytest.raises(UserInputError, match="Rotate first"):
        keyring.forget(key_id(second))
    with pytest.raises(SharedStoreError, match="does not have"):
        keyring.forget(key_id(first)).get(key_id(first))


@pytest.mark.parametrize(
    "kept", ["x", "{}", "[]", '{"keys": 1, "current": ""}', '{"keys": {"a": 1}, "current": ""}']
)
def test_what_the_keyring_cannot_mean_is_said(kept: str) -> None:
    credentials = SessionStore()
    credentials.write(SECRET_OF, "keys", kept)
    with pytest.raises(SharedStoreError, match="cannot be read"):
        KeysInKeyring(credentials=credentials).read()
