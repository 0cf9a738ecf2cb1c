"""Checkpoints of the audit: size, root and time, as lines of JSON in a file beside the ledger.

A checkpoint binds all entries before it, so that a chain that was cut or computed anew afterwards is found.
It protects only as far as the file is out of reach of whoever changes the ledger: keep copies elsewhere.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..errors import AuditError

FILE_NAME = "audit.checkpoints.jsonl"
_LAST_BYTES = 4096
"""What is read to find the last checkpoint; a line has less than 200."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The chain had ``size`` entries with this Merkle root (hex) at this moment."""

    size: int
    root: str
    at: datetime


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Append a checkpoint to the file and make it durable; raise AuditError when it cannot be written."""
    facts = {
        "at": checkpoint.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "root": checkpoint.root,
        "size": checkpoint.size,
    }
    line = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    try:
        # One write of one line in append mode: two processes never mix their lines. The line break in front
        # closes a line that a crash left half written; empty lines mean nothing.
        with path.open("ab", buffering=0) as file:
            file.write(f"\n{line}\n".encode())
            os.fsync(file.fileno())
    except OSError as error:
        raise AuditError(
            f"The audit checkpoint could not be written to {path}: {error.strerror or error}. "
            "Make sure that the folder exists, is writable and has space.",
            code="audit.checkpoint_unwritable",
        ) from error


def read_checkpoints(path: Path) -> tuple[Checkpoint, ...]:
    """Read all checkpoints, oldest first; none where there is no file.

    A line without its closing brace is half a line, which is what a crash leaves, and is passed over; any
    other line that is no checkpoint raises AuditError.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise AuditError(
            f"The audit checkpoints in {path} cannot be read: {error.strerror or error}.",
            code="audit.checkpoint_unreadable",
        ) from error
    lines = enumerate(data.split(b"\n"), 1)
    return tuple(_parse(line, number, path) for number, line in lines if line.rstrip().endswith(b"}"))


def read_last_checkpoint(path: Path) -> Checkpoint | None:
    """Read the newest checkpoint without those before it; None where there is none.

    Raises AuditError as :func:`read_checkpoints` does, for what is damaged at the end.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LAST_BYTES))
            lines = file.read().split(b"\n")
        if size > _LAST_BYTES:
            del lines[0]  # it may have lost its beginning
        last = next((line for line in reversed(lines) if line.rstrip().endswith(b"}")), None)
        if last is not None:
            return _parse(last, 0, path)
    except (OSError, AuditError):
        pass  # what is wrong, and where, is what reading all of it says
    return next(iter(read_checkpoints(path)[-1:]), None)


def _parse(line: bytes, number: int, path: Path) -> Checkpoint:
    try:
        facts = json.loads(line)
        size, root, at = facts["size"], facts["root"], datetime.fromisoformat(facts["at"])
        if type(size) is not int or size < 0 or len(bytes.fromhex(root)) != 32 or at.tzinfo is None:
            raise ValueError("not a checkpoint")
    except (ValueError, TypeError, KeyError) as error:
        raise AuditError(
            f"Line {number} of {path} is not an audit checkpoint. Put back a copy of that file.",
            code="audit.checkpoint_damaged",
            context={"line": number},
        ) from error
    return Checkpoint(size=size, root=root, at=at.astimezone(UTC))
