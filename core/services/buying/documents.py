"""Files that prove something about an order (invoice, order page, license text), kept in the store.

A document is copied and hashed, never moved, and never opened: what it says is for people to read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...clock import Clock
from ...errors import UserInputError
from ...files.store import Store
from ...ledger.port import Ledger
from ...model.evidence import Document, DocumentKind
from ..clearing.keep_file import keep_file
from .settle import record_documents

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
        kept = keep_file(self.store, attachment.path)
        return Document(
            order_id=order_id,
            kind=attachment.kind,
            sha256=kept.sha256,
            name=kept.name,
            size=kept.size,
            added_at=self.clock.now(),
            added_by=actor,
        )
