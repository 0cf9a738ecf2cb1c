"""Files that prove something about an order (invoice, order page, license text), kept in the store.

A document is copied and hashed, never moved, and never opened: what it says is for people to read.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..clock import Clock
from ..errors import UserInputError
from ..files.disk import CHUNK, explain_disk_errors, safe_name
from ..files.store import Store
from ..ledger.port import Ledger
from ..model.evidence import Document, DocumentKind
from .settle import record_documents

MAX_DOCUMENT_BYTES = 100 * 1024**2
MAX_DOCUMENTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file on the user's disk that is to be kept with an order."""

    path: Path
    kind: DocumentKind = DocumentKind.INVOICE


def attach(paths: Iterable[Path], kind: DocumentKind = DocumentKind.INVOICE) -> tuple[Attachment, ...]:
    """Name several files of one kind."""
    return tuple(Attachment(path=path, kind=kind) for path in paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Keeps documents."""

    ledger: Ledger
    store: Store
    clock: Clock

    def keep(self, order_id: str, attachments: Iterable[Attachment], *, actor: str) -> tuple[Document, ...]:
        """Copy files into the store and return what is to be written into the ledger.

        Writes nothing there. Raises UserInputError for a file that is not there, is empty, too large, or no
        plain file; DownloadError for the disk.
        """
        attachments = tuple(attachments)
        if len(attachments) > MAX_DOCUMENTS:
            raise UserInputError(
                f"At most {MAX_DOCUMENTS} files are kept with one order.", code="document.too_many"
            )
        found = [self._copy(order_id, one, actor) for one in attachments]
        return tuple({(one.sha256, one.name): one for one in found}.values())

    def add(self, order_id: str, attachments: Iterable[Attachment], *, actor: str) -> tuple[Document, ...]:
        """Keep more files with an order that is in the ledger."""
        if self.ledger.order(order_id) is None:
            raise UserInputError(
                "There is no such order.", code="order.unknown", context={"order_id": order_id}
            )
        documents = self.keep(order_id, attachments, actor=actor)
        with self.ledger.transaction() as work:
            for document in documents:
                work.add_document(document)
            record_documents(work, documents, actor=actor)
        return documents

    def path(self, document: Document) -> Path | None:
        """Return where a document is; None when it is gone from the store."""
        return self.store.path(document.sha256, size=document.size)

    def _copy(self, order_id: str, attachment: Attachment, actor: str) -> Document:
        _check_file(attachment.path)
        with explain_disk_errors(f"keep {attachment.path.name}"):
            number, name = tempfile.mkstemp(prefix="document-", dir=self.store.incoming())
            copy = Path(name)
            try:
                digest = hashlib.sha256()
                copied = 0
                with os.fdopen(number, "wb") as target, attachment.path.open("rb") as source:
                    while chunk := source.read(CHUNK):
                        copied += len(chunk)
                        if copied > MAX_DOCUMENT_BYTES:
                            raise _too_large(attachment.path)
                        digest.update(chunk)
                        target.write(chunk)
                if not copied:
                    raise _empty(attachment.path)
                # The hash is that of the copy, whatever somebody does to the original meanwhile.
                self.store.adopt(copy, digest.hexdigest(), verify=False)
            finally:
                with suppress(OSError):
                    copy.unlink(missing_ok=True)
        return Document(
            order_id=order_id,
            kind=attachment.kind,
            sha256=digest.hexdigest(),
            name=safe_name(attachment.path.name, fallback="document"),
            size=copied,
            added_at=self.clock.now(),
            added_by=actor,
        )


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
