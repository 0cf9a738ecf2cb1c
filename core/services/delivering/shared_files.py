"""Shares delivered files within a studio: one copy for all, handed out only on a license that is live."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ...clock import Clock
from ...errors import CredentialStoreError, DownloadError, SharedStoreError
from ...files.disk import Cancelled, never_cancelled
from ...files.store import Store
from ...ledger.port import Ledger
from ...model.audit import AuditEvent
from ...model.grant import Grant, GrantFile
from ...shared_store.keys import KeysInKeyring
from ...shared_store.store import SharedStore

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Where the files of all licenses are. Counts of files, each counted once."""

    known: int
    here: int
    shared: int
    missing: tuple[GrantFile, ...]
    """Files that are neither here nor shared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFiles:
    """Puts what was delivered into the studio's shared store, and brings it from there."""

    ledger: Ledger
    store: Store
    clock: Clock
    shared: SharedStore
    keys: KeysInKeyring

    def keep(
        self, files: Iterable[GrantFile], *, again: bool = False, cancelled: Cancelled = never_cancelled
    ) -> int:
        """Put files that are on this machine into the shared store; return how many were not there.

        Raises SharedStoreError. The license of a file does not matter: it is the studio's proof, too.
        """
        put = 0
        for file in _once(files):
            place = self.store.path(file.sha256)
            if place is not None:
                put += self.shared.put(place, file.sha256, again=again, cancelled=cancelled)
        return put

    def offer(self, grant_id: str, files: Iterable[GrantFile], *, actor: str) -> bool:
        """Put what was just delivered into the shared store, or note in the audit why that did not work.

        The delivery itself is done either way; `clearance store push` makes up for it.
        """
        try:
            self.keep(files)
        except (SharedStoreError, DownloadError, CredentialStoreError) as error:
            with self.ledger.transaction() as work:
                work.record(
                    AuditEvent(
                        action="file.not_shared",
                        subject=grant_id,
                        actor=actor,
                        at=self.clock.now(),
                        details=(("code", error.code), ("reason", error.message[:300])),
                    )
                )
            return False
        return True

    def bring(
        self,
        grant: Grant,
        files: Sequence[GrantFile],
        *,
        actor: str,
        cancelled: Cancelled = never_cancelled,
        progress: Progress = lambda _done, _total: None,
    ) -> bool:
        """Bring those of a license's files here that are not; say whether all are here now.

        Whether the license lets them out is for :class:`..hand_out.HandOut` to say, before. Each hand-out is
        in the audit. Raises SharedStoreError for what is damaged or cannot be reached.
        """
        total, done = sum(file.size for file in files), 0
        for file in _once(files):
            if self.store.path(file.sha256) is None:
                before = done
                path = self.shared.fetch(
                    file.sha256,
                    self.store.incoming(),
                    cancelled=cancelled,
                    progress=lambda part, _all, before=before: progress(before + part, total),  # type: ignore[misc]
                )
                if path is None:
                    return False
                try:
                    # The hash was checked while the bytes were written.
                    self.store.adopt(path, file.sha256, verify=False)
                except BaseException:
                    path.unlink(missing_ok=True)
                    raise
                self._note(grant, file, actor)
            done += file.size
        return True

    def look(self) -> Holdings:
        """Say where the files of the active licenses are; asks the shared store once a file."""
        files = self.files()
        here = [self.store.path(file.sha256) is not None for file in files]
        shared = [self.shared.has(file.sha256) for file in files]
        return Holdings(
            known=len(files),
            here=sum(here),
            shared=sum(shared),
            missing=tuple(
                file for file, one, other in zip(files, here, shared, strict=True) if not (one or other)
            ),
        )

    def files(self) -> tuple[GrantFile, ...]:
        """Return the files of the active licenses, each once."""
        return tuple(_once(self.ledger.files_of_standing()))

    def _note(self, grant: Grant, file: GrantFile, actor: str) -> None:
        with self.ledger.transaction() as work:
            work.record(
                AuditEvent(
                    action="file.handed_out",
                    subject=grant.id,
                    actor=actor,
                    at=self.clock.now(),
                    details=(("sha256", file.sha256), ("from", "shared store")),
                )
            )


def _once(files: Iterable[GrantFile]) -> Iterable[GrantFile]:
    seen: set[str] = set()
    for file in files:
        if file.sha256 not in seen:
            seen.add(file.sha256)
            yield file
