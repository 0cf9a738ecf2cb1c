"""Keeps a copy of a file that proves something: copied and hashed, never moved, and never opened."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ...errors import UserInputError
from ...files.disk import CHUNK, explain_disk_errors, safe_name
from ...files.store import Store

MAX_DOCUMENT_BYTES = 100 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A copy in the store. ``name`` is the file's own, made safe; ``size`` in bytes."""

    sha256: str
    name: str
    size: int


def keep_file(store: Store, path: Path) -> KeptFile:
    """Copy a file that proves something into the store.

    Raises UserInputError for a file that is not there, is empty, too large, or no plain file; DownloadError
    for the disk.
    """
    _check_file(path)
    with explain_disk_errors(f"keep {path.name}"):
        number, name = tempfile.mkstemp(prefix="document-", dir=store.incoming())
        copy = Path(name)
        try:
            digest = hashlib.sha256()
            copied = 0
            with os.fdopen(number, "wb") as target, path.open("rb") as source:
                while chunk := source.read(CHUNK):
                    copied += len(chunk)
                    if copied > MAX_DOCUMENT_BYTES:
                        raise _too_large(path)
                    digest.update(chunk)
                    target.write(chunk)
            if not copied:
                raise _empty(path)
            # The hash is that of the copy, whatever somebody does to the original meanwhile.
            store.adopt(copy, digest.hexdigest(), verify=False)
        finally:
            with suppress(OSError):
                copy.unlink(missing_ok=True)
    return KeptFile(sha256=digest.hexdigest(), name=safe_name(path.name, fallback="document"), size=copied)


def keep_bytes(store: Store, data: bytes) -> str:
    """Put bytes into the store and return their hash; the same ones twice are no error."""
    sha256 = hashlib.sha256(data).hexdigest()
    with explain_disk_errors("keep a document"):
        number, name = tempfile.mkstemp(prefix="document-", dir=store.incoming())
        copy = Path(name)
        try:
            with os.fdopen(number, "wb") as target:
                target.write(data)
            store.adopt(copy, sha256, verify=False)
        finally:
            with suppress(OSError):
                copy.unlink(missing_ok=True)
    return sha256


def _check_file(path: Path) -> None:
    """Raise UserInputError for what cannot be a document."""
    try:
        found = path.stat()
    except OSError as error:
        raise UserInputError(
            f"The file {path} cannot be read: {error.strerror or error}. Choose it again.",
            code="document.unreadable",
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise UserInputError(f"{path} is not a file. Choose the invoice itself.", code="document.not_a_file")
    if found.st_size == 0:
        raise _empty(path)
    if found.st_size > MAX_DOCUMENT_BYTES:
        raise _too_large(path)


def _empty(path: Path) -> UserInputError:
    return UserInputError(
        f"The file {path.name} is empty. Save it from the website once more.", code="document.empty"
    )


def _too_large(path: Path) -> UserInputError:
    return UserInputError(
        f"The file {path.name} is larger than {MAX_DOCUMENT_BYTES // 1024**2} MB; that is no invoice. Choose "
        "the right file.",
        code="document.too_large",
    )
