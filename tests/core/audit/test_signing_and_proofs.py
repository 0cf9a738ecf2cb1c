"""Signed checkpoints and proofs of single entries: whole, changed in any bit, and of another ledger."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_values import make_event

from core.audit.chain import link
from core.audit.checkpoints import Checkpoint
from core.audit.proofs import decode_proof, encode_proof, prove, why_not_proven
from core.audit.signing import (
    decode_signed,
    encode_signed,
    is_signed,
    make_key,
    public_half,
    sign,
)
from core.errors import AuditError
from core.model.audit import GENESIS_SHA256, AuditEntry

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
SECRET = make_key()
CHECKPOINT = Checkpoint(size=7, root="ab" * 32, at=AT)


def make_chain(length: int) -> list[AuditEntry]:
    chain: list[AuditEntry] = []
    for number in range(1, length + 1):
        before = chain[-1].entry_sha256 if chain else GENESIS_SHA256
        chain.append(link(make_event(number), number, before))
    return chain


CHAIN = make_chain(40)


def test_a_signature_is_of_one_checkpoint_ledger_and_key() -> None:
    signed = sign(CHECKPOINT, ledger="studio", secret=SECRET)
    key = public_half(SECRET)
    assert signed.public_key == key
    assert is_signed(signed, public_key=key)
    assert decode_signed(encode_signed(signed)) == signed
    assert not is_signed(signed, public_key=public_half(make_key()))
    for other in (
        replace(signed, ledger="studio\n"),
        replace(signed, checkpoint=replace(CHECKPOINT, size=8)),
        replace(signed, checkpoint=replace(CHECKPOINT, root="ac" * 32)),
        replace(signed, checkpoint=replace(CHECKPOINT, at=AT.replace(microsecond=1))),
        replace(signed, signature=""),
        replace(signed, signature="not base64!"),
    ):
        assert not is_signed(other, public_key=key)


def test_a_known_key_signs_as_rfc_8032_has_it() -> None:
    # RFC 8032, 7.1, test 1: secret and public key.
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    import base64

    assert public_half(base64.b64encode(secret).decode()) == base64.b64encode(public).decode()


@pytest.mark.parametrize("text", ["", "x", "AAAA", "é", "=" * 44])
def test_what_is_no_key_is_said(text: str) -> None:
    signed = sign(CHECKPOINT, ledger="studio", secret=SECRET)
    with pytest.raises(AuditError, match="no"):
        sign(CHECKPOINT, ledger="studio", secret=text)
    with pytest.raises(AuditError, match="no public key"):
        is_signed(signed, public_key=text)


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"size": 1}', "[" * 100_000])
def test_what_is_no_signed_checkpoint_is_said(text: str) -> None:
    with pytest.raises(AuditError, match="no signed checkpoint"):
        decode_signed(text)
    with pytest.raises(AuditError, match="no proof"):
        decode_proof(text)


def test_every_entry_of_every_length_is_proven() -> None:
    for length in range(1, 20):
        for proof in prove(CHAIN[:length], range(1, length + 1)):
            assert why_not_proven(proof) == ""
            assert decode_proof(encode_proof(proof)) == proof


def test_an_entry_that_is_not_there_cannot_be_proven() -> None:
    for number in (0, -1, 41):
        with pytest.raises(AuditError, match="no entry"):
            prove(CHAIN, [number])


@given(number=st.integers(1, 40), data=st.data())
def test_any_other_character_in_a_proof_is_found(number: int, data: st.DataObject) -> None:
    (proof,) = prove(CHAIN, [number])
    text = encode_proof(proof)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from('0123456789abcdefxyZ"{ '))
    changed = text[:place] + other + text[place + 1 :]
    try:
        if json.loads(changed) == json.loads(text):
            return  # white space and the like say nothing
    except ValueError:
        pass
    try:
        read = decode_proof(changed)
    except AuditError:
        return
    # Only what nobody hashes may differ: another way of writing the same moment.
    assert read == proof or why_not_proven(read) != ""


def test_the_proof_of_another_audit_leads_to_another_root() -> None:
    (proof,) = prove(CHAIN[:20], [7])
    (later,) = prove(CHAIN, [7])
    assert proof.root != later.root
    assert why_not_proven(replace(proof, root=later.root)) != ""
    assert why_not_proven(replace(proof, size=40)) != ""
    changed = replace(proof.entry, event=replace(proof.entry.event, actor="mallory"))
    assert "changed" in why_not_proven(replace(proof, entry=changed))
