"""Signs checkpoints of the audit, so that a copy that is kept elsewhere proves who wrote it (Ed25519).

Pure but for randomness, which the library takes from the system. The secret half of a key belongs into the
keyring; the public half is for whoever checks.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from ..errors import AuditError
from .checkpoints import Checkpoint

HEADER = "clearance audit checkpoint v1"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCheckpoint:
    """A checkpoint of one ledger, and who signed it: public key and signature are base64."""

    ledger: str
    """What the ledger is called; two ledgers' checkpoints are never taken for each other's."""
    checkpoint: Checkpoint
    public_key: str
    signature: str


def make_key() -> str:
    """Return a new secret key as text (base64 of the 32 bytes that RFC 8032 calls the private key)."""
    from Crypto.PublicKey import ECC

    return _encode(ECC.generate(curve="Ed25519").seed)


def public_half(secret: str) -> str:
    """Return the public key of a secret one, as text; raise AuditError for what is no key."""
    return _encode(_secret_key(secret).public_key().export_key(format="raw"))


def sign(checkpoint: Checkpoint, *, ledger: str, secret: str) -> SignedCheckpoint:
    """Sign a checkpoint; raise AuditError for what is no key."""
    from Crypto.Signature import eddsa

    key = _secret_key(secret)
    signature = eddsa.new(key, "rfc8032").sign(_message(checkpoint, ledger))
    return SignedCheckpoint(
        ledger=ledger,
        checkpoint=checkpoint,
        public_key=_encode(key.public_key().export_key(format="raw")),
        signature=_encode(signature),
    )


def is_signed(signed: SignedCheckpoint, *, public_key: str) -> bool:
    """Tell whether a checkpoint was signed by this key; raise AuditError for what is no public key."""
    from Crypto.PublicKey import ECC
    from Crypto.Signature import eddsa

    raw = _decode(public_key, what="public key")
    try:
        key = eddsa.import_public_key(raw) if len(raw) == KEY_BYTES else ECC.import_key(raw)
    except ValueError as error:
        raise AuditError("This is no public key of a checkpoint.", code="audit.not_a_key") from error
    try:
        signature = base64.b64decode(signed.signature, validate=True)
        eddsa.new(key, "rfc8032").verify(_message(signed.checkpoint, signed.ledger), signature)
    except (ValueError, binascii.Error):
        return False
    return True


def encode_signed(signed: SignedCheckpoint) -> str:
    """Write a signed checkpoint as one line of JSON."""
    return json.dumps(
        {
            "at": _moment(signed.checkpoint.at),
            "ledger": signed.ledger,
            "public_key": signed.public_key,
            "root": signed.checkpoint.root,
            "signature": signed.signature,
            "size": signed.checkpoint.size,
        },
        sort_keys=True,
        ensure_ascii=False,
    )


def decode_signed(text: str) -> SignedCheckpoint:
    """Read what :func:`encode_signed` wrote; raise AuditError for anything else."""
    try:
        facts = json.loads(text)
        size, root, at = facts["size"], facts["root"], datetime.fromisoformat(facts["at"])
        texts = [facts[name] for name in ("ledger", "public_key", "signature")]
        is_whole = (
            type(size) is int and size >= 0 and len(bytes.fromhex(root)) == 32 and at.tzinfo is not None
        )
        if not is_whole or not all(isinstance(value, str) for value in texts):
            raise ValueError("not a signed checkpoint")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise AuditError(
            "This is no signed checkpoint. Use the file that `clearance audit checkpoint` wrote.",
            code="audit.checkpoint_damaged",
        ) from error
    checkpoint = Checkpoint(size=size, root=root, at=at.astimezone(UTC))
    return SignedCheckpoint(ledger=texts[0], checkpoint=checkpoint, public_key=texts[1], signature=texts[2])


def _message(checkpoint: Checkpoint, ledger: str) -> bytes:
    """Return the bytes that are signed: five lines; the ledger's name is quoted, so it has no break."""
    lines = (HEADER, json.dumps(ledger), str(checkpoint.size), checkpoint.root, _moment(checkpoint.at))
    return "\n".join(lines).encode()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _secret_key(secret: str):  # type: ignore[no-untyped-def]
    from Crypto.Signature import eddsa

    raw = _decode(secret, what="key")
    try:
        return eddsa.import_private_key(raw)
    except ValueError as error:
        raise AuditError("This is no key for signing checkpoints.", code="audit.not_a_key") from error


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _decode(text: str, *, what: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (ValueError, binascii.Error) as error:
        raise AuditError(f"This is no {what} for checkpoints.", code="audit.not_a_key") from error
