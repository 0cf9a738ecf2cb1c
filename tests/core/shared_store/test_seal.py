"""What was sealed comes back whole or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SharedStoreError
from core.shared_store.objects import CHUNK
from core.shared_store.seal import TAG_BYTES, make_file_key, seal, unseal, unwrap, wrap

KEY = bytes(range(32))
LENGTHS = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 5)


def sealed(content: bytes, about: bytes = b"it") -> bytes:
    return b"".join(seal([content], KEY, about=about))


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("piece", [1000, CHUNK, 3 * CHUNK])
def test_it_comes_back_however_it_arrives(length: int, piece: int) -> None:
    content = (b"0123456789abcdef" * (length // 16 + 1))[:length]
    parts = [content[start : start + piece] for start in range(0, length, piece)]
    whole = b"".join(seal(parts, KEY, about=b"it"))
    assert len(whole) == length + TAG_BYTES * max(1, -(-length // CHUNK))
    assert length < 16 or content[:16] not in whole
    arriving = [whole[start : start + piece] for start in range(0, len(whole), piece)]
    assert b"".join(unseal(arriving, KEY, about=b"it")) == content


@given(content=st.binary(max_size=300), data=st.data())
def test_one_flipped_bit_is_found(content: bytes, data: st.DataObject) -> None:
    whole = bytearray(sealed(content))
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SharedStoreError, match="altered or damaged"):
        list(unseal([bytes(whole)], KEY, about=b"it"))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda w: w[:-1], id="a byte less"),
        pytest.param(lambda w: w + b"x", id="a byte more"),
        pytest.param(lambda w: w[: CHUNK + TAG_BYTES], id="cut after a chunk"),
        pytest.param(lambda w: w[CHUNK + TAG_BYTES :], id="the first chunk is missing"),
        pytest.param(lambda w: w[: CHUNK + TAG_BYTES] * 2 + w[2 * (CHUNK + TAG_BYTES) :], id="doubled"),
        pytest.param(
            lambda w: (
                w[CHUNK + TAG_BYTES : 2 * (CHUNK + TAG_BYTES)]
                + w[: CHUNK + TAG_BYTES]
                + w[2 * (CHUNK + TAG_BYTES) :]
            ),
            id="reordered",
        ),
        pytest.param(lambda _w: b"", id="empty"),
    ],
)
def test_chunks_cannot_be_moved_or_left_out(change: object) -> None:
    whole = sealed(b"ab" * CHUNK + b"c")
    with pytest.raises(SharedStoreError) as caught:
        list(unseal([change(whole)], KEY, about=b"it"))  # type: ignore[operator]  # one of the above
    assert caught.value.code == "shared_store.tampered"


def test_bytes_of_another_file_or_key_are_refused() -> None:
    whole = sealed(b"content")
    for key, about in ((KEY, b"other"), (bytes(32), b"it")):
        with pytest.raises(SharedStoreError):
            list(unseal([whole], key, about=about))


def test_a_wrapped_key_is_bound_to_its_file() -> None:
    key = make_file_key()
    wrapped = wrap(key, under=KEY, about=b"it")
    assert key not in wrapped
    assert wrap(key, under=KEY, about=b"it") != wrapped
    assert unwrap(wrapped, under=KEY, about=b"it") == key
    bad = [
        (wrapped, KEY, b"other"),
        (wrapped, bytes(32), b"it"),
        (wrapped[:-1], KEY, b"it"),
        (b"", KEY, b"it"),
    ]
    bad += [
        (wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :], KEY, b"it")
        for at in range(len(wrapped))
    ]
    for given_wrapped, under, about in bad:
        with pytest.raises(SharedStoreError, match="its key"):
            unwrap(given_wrapped, under=under, about=about)
