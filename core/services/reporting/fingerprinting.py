"""Keep in the ledger what bought content can be recognized by, once it has lost its stamp.

Taken of the delivered files, and of what came out of an import, since a DCC reads more formats. Best effort:
what cannot be read is said, and keeps nobody from working. Worker threads only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...errors import CancelledError, ClearanceError, UserInputError
from ...files.contents import Content, Reading, read_delivery
from ...files.disk import Progress, ignore_progress
from ...files.store import Store
from ...fingerprints import FileFingerprint, fingerprint_arrays, fingerprint_file
from ...http.cancel import CancelToken
from ...ledger.port import Ledger
from ...model.fingerprint import ContentKind, KnownContent
from ...model.grant import Grant, GrantState

MAX_CONTENTS = 5000
"""Fingerprints of one grant: a library of ten thousand parts is recognized by the first of them."""
MAX_NAME = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a grant can be recognized by now. ``notes`` are sentences about what was not looked into."""

    grant_id: str
    title: str
    images: int = 0
    meshes: int = 0
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Collected:
    """Fingerprints so far, each once."""

    grant_id: str
    contents: dict[tuple[ContentKind, str], KnownContent] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    opaque: int = 0

    def add(self, kind: ContentKind, name: str, code: str) -> None:
        if len(self.contents) < MAX_CONTENTS:
            content = KnownContent(grant_id=self.grant_id, kind=kind, name=_shown(name), code=code)
            self.contents.setdefault((kind, code), content)

    def take(self, content: Content) -> None:
        """Fingerprint one piece; a picture that nothing here decodes is known by its bytes alone."""
        if content.mesh is not None:
            shape = fingerprint_arrays(content.mesh)
            if shape is not None and not shape.is_plain:
                self.add(ContentKind.MESH, content.name, shape.encode())
        if content.image is not None:
            self.add(ContentKind.IMAGE, content.name, FileFingerprint.of(content.image).encode())
            try:
                self.add(ContentKind.IMAGE, content.name, fingerprint_file(content.image).encode())
            except UserInputError:
                self.opaque += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprinting:
    """Takes fingerprints and keeps them."""

    ledger: Ledger
    store: Store

    def is_taken(self, grant_id: str) -> bool:
        """Say whether there are fingerprints of a grant."""
        return self.ledger.fingerprinted(grant_id)

    def take(self, grant_id: str, *, cancel: CancelToken | None = None) -> Taken:
        """Look into a grant's files that are here, and add what they can be recognized by.

        Raises UserInputError (no such grant, no file here), LedgerError, CancelledError.
        """
        grant = self.ledger.grant(grant_id)
        if grant is None:
            raise UserInputError(
                "There is no such license in the ledger.",
                code="grant.unknown",
                context={"grant_id": grant_id},
            )
        delivered = self.ledger.files(grant_id)
        files = [
            (place, file.name)
            for file in delivered
            if (place := self.store.path(file.sha256, size=file.size)) is not None
        ]
        if not files:
            raise UserInputError(
                f"The files of “{grant.title}” are not here; download them first.",
                code="import.not_here",
                context={"grant_id": grant_id},
            )
        reading = Reading()
        collected = _Collected(grant_id)

        def cancelled() -> bool:
            return cancel is not None and cancel.cancelled

        for content in read_delivery(self.store, files, reading, cancelled=cancelled):
            _take_or_note(collected, content)
        if reading.unread:
            files_are = "model is" if reading.unread == 1 else "models are"
            reading.notes.append(
                f"{reading.unread} {files_are} in a form that only Blender reads: known after an import."
            )
        if collected.opaque:
            pictures = "picture is" if collected.opaque == 1 else "pictures are"
            reading.notes.append(
                f"{collected.opaque} {pictures} of a kind that is not decoded here (such as EXR or HDR): "
                "known by its exact bytes only."
            )
        taken = self._keep(grant, collected, reading.notes)
        if not (taken.images or taken.meshes):
            # Music, or a model that only Blender reads: noted by its bytes, so that nobody looks again.
            known = FileFingerprint(sha256=delivered[0].sha256)
            collected.add(ContentKind.IMAGE, delivered[0].name, known.encode())
            self._keep(grant, collected, [])
        return taken

    def keep_for(self, grant_id: str) -> None:
        """Take what is missing of a grant; failing, nothing is said. Raises nothing but CancelledError."""
        try:
            self.take(grant_id)
        except CancelledError:
            raise
        except ClearanceError:
            return  # the next update tries again, and says why not

    def add(self, grant_id: str, contents: Iterable[Content]) -> Taken:
        """Add what came out of an import. Raises UserInputError (no such grant), LedgerError."""
        grant = self.ledger.grant(grant_id)
        if grant is None:
            raise UserInputError(
                "There is no such license in the ledger.",
                code="grant.unknown",
                context={"grant_id": grant_id},
            )
        collected = _Collected(grant_id)
        for content in contents:
            _take_or_note(collected, content)
        return self._keep(grant, collected, [])

    def update(
        self, *, anew: bool = False, progress: Progress = ignore_progress, cancel: CancelToken | None = None
    ) -> Iterator[Taken]:
        """Take what is missing of everything that was bought and is here; ``anew``: of all of it.

        What goes wrong with one grant is among its notes. Raises CancelledError.
        """
        # Asked by what is here: that is little, and what a studio ever bought may be a million.
        wanted = self.ledger.grants_with_files(self.store.hashes(), fingerprinted=anew)
        grants = [
            grant
            for grant in self.ledger.grants_by_id(wanted).values()
            if grant.state in {GrantState.ACTIVE, GrantState.EXPIRED}
        ]
        progress(0, len(grants))
        for number, grant in enumerate(grants, start=1):
            try:
                yield self.take(grant.id, cancel=cancel)
            except CancelledError:
                raise
            except ClearanceError as error:
                yield Taken(grant_id=grant.id, title=grant.title, notes=(error.message,))
            progress(number, len(grants))

    def _keep(self, grant: Grant, collected: _Collected, notes: list[str]) -> Taken:
        """Add what is new to what the ledger has, in one unit of work; write nothing when nothing is."""
        known = {(one.kind, one.code): one for one in self.ledger.fingerprints_of(grant.id)}
        if not collected.contents.keys() <= known.keys():
            with self.ledger.transaction() as work:
                known = {(one.kind, one.code): one for one in work.fingerprints_of(grant.id)}
                work.replace_fingerprints(grant.id, (collected.contents | known).values())
        kinds = [kind for kind, _ in collected.contents | known]
        return Taken(
            grant_id=grant.id,
            title=grant.title,
            images=kinds.count(ContentKind.IMAGE),
            meshes=kinds.count(ContentKind.MESH),
            notes=(*notes, *collected.notes),
        )


def _take_or_note(collected: _Collected, content: Content) -> None:
    try:
        collected.take(content)
    except UserInputError as error:
        collected.notes.append(f"{_shown(content.name)}: {error.message}")


def _shown(name: str) -> str:
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)
    return plain[:MAX_NAME] or "unnamed"
