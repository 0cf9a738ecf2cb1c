"""Proves single entries of the audit to somebody who sees nothing else of it (RFC 6962 inclusion proofs).

A proof holds the entry, its place, and the hashes that lead from it to the root of a checkpoint; who has that
checkpoint from elsewhere needs nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import AuditError
from ..model.audit import AuditEntry, AuditEvent
from .chain import canonical_bytes, hash_entry
from .merkle import compute_root, prove_inclusion, verify_inclusion
from .verify import hash_to_leaf

FORMAT = "clearance audit proof v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryProof:
    """One entry and the way from it to the root of the first ``size`` entries. Hashes are hex."""

    entry: AuditEntry
    size: int
    path: tuple[str, ...]
    root: str


def prove(entries: Iterable[AuditEntry], wanted: Iterable[int]) -> tuple[EntryProof, ...]:
    """Prove entries by their sequence numbers, against the root of all ``entries``.

    Raises AuditError for a number that there is no entry for. Needs 32 bytes of memory for every entry.
    """
    numbers = frozenset(wanted)
    leaves: list[bytes] = []
    found: dict[int, AuditEntry] = {}
    for entry in entries:
        leaves.append(hash_to_leaf(entry.entry_sha256))
        if entry.sequence in numbers:
            found[entry.sequence] = entry
    if missing := sorted(numbers - found.keys()):
        raise AuditError(f"The audit has no entry {missing[0]}.", code="audit.no_entry")
    root = compute_root(leaves).hex()
    return tuple(
        EntryProof(
            entry=entry,
            size=len(leaves),
            path=tuple(part.hex() for part in prove_inclusion(leaves, number - 1)),
            root=root,
        )
        for number, entry in sorted(found.items())
    )


def why_not_proven(proof: EntryProof) -> str:
    """Say what is wrong with a proof; an empty text when it proves its entry."""
    entry = proof.entry
    if entry.sequence < 1 or entry.sequence > proof.size:
        return "The entry's number is not one of the entries that the root is of."
    if hash_entry(entry.event, sequence=entry.sequence, prev_sha256=entry.prev_sha256) != entry.entry_sha256:
        return "The entry is not the one that was hashed: it was changed."
    path = [bytes.fromhex(part) for part in proof.path]
    leaf, root = hash_to_leaf(entry.entry_sha256), bytes.fromhex(proof.root)
    if not verify_inclusion(leaf, entry.sequence - 1, proof.size, path, root):
        return "The hashes do not lead from the entry to the root."
    return ""


def encode_proof(proof: EntryProof) -> str:
    """Write a proof as JSON."""
    entry = proof.entry
    text = canonical_bytes(entry.event, sequence=entry.sequence, prev_sha256=entry.prev_sha256).decode()
    facts = {
        "format": FORMAT,
        "entry": json.loads(text),
        "entry_sha256": entry.entry_sha256,
        "size": proof.size,
        "path": list(proof.path),
        "root": proof.root,
    }
    return json.dumps(facts, indent=2, ensure_ascii=False) + "\n"


def decode_proof(text: str) -> EntryProof:
    """Read what :func:`encode_proof` wrote; raise AuditError for anything else."""
    try:
        facts: Any = json.loads(text)
        if facts["format"] != FORMAT:
            raise ValueError("another format")
        entry = _read_entry(facts["entry"], facts["entry_sha256"])
        path = tuple(_digest(part) for part in facts["path"])
        return EntryProof(entry=entry, size=_number(facts["size"]), path=path, root=_digest(facts["root"]))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise AuditError(
            "This is no proof of an audit entry. Use a file that `clearance audit prove` wrote.",
            code="audit.not_a_proof",
        ) from error


def read_copy(lines: Iterable[str]) -> Iterator[AuditEntry]:
    """Yield the entries of an auditor's copy, lines of JSON; raise AuditError for a line that is none."""
    for number, line in enumerate(lines, 1):
        try:
            facts: Any = json.loads(line)
            entry = _read_entry(facts, facts["entry_sha256"])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise AuditError(
                f"Line {number} of the copy is no entry of an audit: it was damaged, or cut off.",
                code="audit.not_a_copy",
                context={"line": number},
            ) from error
        yield entry


def _read_entry(told: Any, entry_sha256: object) -> AuditEntry:
    event = AuditEvent(
        action=_text(told["action"]),
        subject=_text(told["subject"]),
        actor=_text(told["actor"]),
        at=datetime.fromisoformat(_text(told["at"])),
        details=tuple((_text(name), _text(value)) for name, value in told["details"]),
    )
    if event.at.tzinfo is None:
        raise ValueError("no time zone")
    return AuditEntry(
        sequence=_number(told["sequence"]),
        event=event,
        prev_sha256=_digest(told["prev_sha256"]),
        entry_sha256=_digest(entry_sha256),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError("not a number")
    return value


def _digest(value: object) -> str:
    text = _text(value)
    if len(text) != 64 or bytes.fromhex(text).hex() != text:
        raise ValueError("not a hash")
    return text
