"""What the ledger's content can be recognized by, in memory: built when it is first asked for, then kept.

Worker threads only: building takes seconds for a hundred thousand fingerprints.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from ...errors import UserInputError
from ...fingerprints import (
    FileFingerprint,
    ImageFingerprint,
    ImageIndex,
    Likeness,
    Match,
    MeshFingerprint,
    MeshIndex,
)
from ...ledger.port import LedgerReader
from ...model.fingerprint import ContentKind, KnownContent

Key = tuple[str, str]
"""Id of a grant or declaration, and what the content was called."""


@dataclass(slots=True)
class KnownIndex:
    """Everything that can be found. ``unreadable`` counts fingerprints of another version."""

    images: ImageIndex[Key] = field(default_factory=ImageIndex)
    meshes: MeshIndex[Key] = field(default_factory=MeshIndex)
    files: dict[str, list[Key]] = field(default_factory=dict)
    unreadable: int = 0

    def add(self, contents: Iterable[KnownContent]) -> None:
        """Take in what the ledger has."""
        for content in contents:
            try:
                self._add(content)
            except UserInputError:
                self.unreadable += 1

    def _add(self, content: KnownContent) -> None:
        key = (content.grant_id, content.name)
        if content.kind is ContentKind.MESH:
            self.meshes.add(key, MeshFingerprint.decode(content.code))
        elif content.code.startswith("cf"):
            self.files.setdefault(FileFingerprint.decode(content.code).sha256, []).append(key)
        else:
            self.images.add(key, ImageFingerprint.decode(content.code))

    def find_file(self, fingerprint: FileFingerprint) -> list[Match[Key]]:
        """Return what a file is byte for byte."""
        keys = self.files.get(fingerprint.sha256, ())
        return [Match(key=key, likeness=Likeness.EXACT, apart=0.0) for key in keys]


class KeptIndex:
    """The index of one ledger, kept as long as the ledger has the same fingerprints. Safe from any thread."""

    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._state: str | None = None
        self._index = KnownIndex()

    def get(self) -> KnownIndex:
        """Return the index as the ledger is now; who comes while it is built waits for it."""
        with self._lock:
            state = self._ledger.fingerprint_state()
            if state != self._state:
                index = KnownIndex()
                for kind in ContentKind:
                    index.add(self._ledger.fingerprints(kind))
                self._index, self._state = index, state
            return self._index
