"""Bring the files of a grant into the store: fetched whole, verified, recorded. Never charges anything."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ...clock import Clock
from ...errors import ClearanceError, DownloadError, UserInputError
from ...files.disk import never_cancelled
from ...files.store import Store
from ...files.verify import verify_delivery
from ...http.cancel import CancelToken
from ...http.download import Downloader
from ...http.names import safe_name
from ...ledger.port import Ledger
from ...marketplaces import registry
from ...marketplaces.base import Capability, DownloadLink, Marketplace, OwnedRef
from ...model.audit import AuditEvent
from ...model.delivery import SourceFacts
from ...model.grant import Grant, GrantFile
from ...model.order import OrderState
from ..buying.fresh_links import FreshLinks
from ..steps import FindMarketplace, Sender, run_steps
from .check_delivery import CheckDelivery
from .hand_out import HandOut
from .shared_files import SharedFiles

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """One file of a delivery: the first link to it, and what to ask for a fresh one."""

    module: Marketplace
    grant: Grant
    owned: OwnedRef
    index: int
    first: DownloadLink


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Fetches what is owned."""

    ledger: Ledger
    sender: Sender
    downloader: Downloader
    store: Store
    clock: Clock
    fresh_links: FreshLinks
    hand_out: HandOut
    check: CheckDelivery | None = None
    """Holds what came against what was offered."""
    shared: SharedFiles | None = None
    """The studio's one copy for all, where it has one."""
    find_marketplace: FindMarketplace = registry.find

    def run(
        self,
        grant_id: str,
        *,
        actor: str,
        on_progress: Progress = lambda _done, _total: None,
        cancel: CancelToken | None = None,
    ) -> tuple[GrantFile, ...]:
        """Return the grant's files, fetching those that are not in the store. Bytes count as progress.

        Raises UserInputError (no such grant, or it no longer stands), DownloadError, MarketplaceError.
        """
        grant = self.hand_out.check(grant_id)
        here = self.ledger.files(grant.id)
        if here and all(self.store.path(file.sha256) is not None for file in here):
            return here
        if here and self._bring(grant, here, actor, on_progress, cancel):
            return here
        module = self.find_marketplace(grant.ref.marketplace)
        owned = self._owned(grant)
        # What came with the purchase goes first: some licenses allow no second download.
        fresh = self.fresh_links.take(grant.order_id)
        if any(link.unencrypted for link in fresh):
            links = self._ask_instead(grant, owned, fresh, cancel)
        else:
            links = fresh or self._ask_for_links(module, owned, cancel)
        if not links:
            raise DownloadError(
                f"{module.INFO.name} offers no file for “{grant.title}”. Open its page there, and ask their "
                "support when it is missing.",
                code="download.no_files",
                context={"grant_id": grant.id},
            )
        total = sum(link.size or 0 for link in links) if all(link.size for link in links) else None
        files: list[GrantFile] = []
        before = 0
        try:
            for index, link in enumerate(links):
                progress = partial(_add_up, on_progress, before, total)
                source = _Source(module=module, grant=grant, owned=owned, index=index, first=link)
                file = self._fetch(source, cancel, progress)
                files.append(file)
                before += file.size
            self._book(grant, files, actor)
        except BaseException:
            # It may be the only way to the file that there is: good for another try.
            self.fresh_links.keep(grant.order_id, fresh)
            raise
        if self.check is not None:
            self.check.after(grant.id, actor=actor, cancel=cancel)
        if self.shared is not None:
            self.shared.offer(grant.id, files, actor=actor)
        return tuple(files)

    def copy_out(self, files: Sequence[GrantFile], folder: Path) -> dict[str, Path]:
        """Put copies of stored files into a folder of the user's; nothing there is written over.

        Return where each one is, by its hash. Raises UserInputError when the folder cannot be written to, or
        a license does not stand (any more) or has no seat left.
        """
        self.hand_out.take_files(files)
        places: dict[str, Path] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for file in files:
                source = self.store.path(file.sha256)
                if source is None:
                    raise DownloadError(f"{file.name} is gone from the store; download it again.")
                with source.open("rb") as original, _free_name(folder, file.name).open("xb") as copy:
                    shutil.copyfileobj(original, copy)
                    places[file.sha256] = Path(copy.name)
        except OSError as error:
            raise UserInputError(
                f"The files could not be copied to {folder}: {error.strerror or error}.", code="download.copy"
            ) from error
        return places

    def _bring(
        self,
        grant: Grant,
        files: tuple[GrantFile, ...],
        actor: str,
        on_progress: Progress,
        cancel: CancelToken | None,
    ) -> bool:
        """Bring files that the studio has already from its shared store; say whether all are here now."""
        if self.shared is None:
            return False
        stopped = (lambda: cancel.cancelled) if cancel is not None else never_cancelled
        return self.shared.bring(grant, files, actor=actor, cancelled=stopped, progress=on_progress)

    def _owned(self, grant: Grant) -> OwnedRef:
        order = self.ledger.order(grant.order_id)
        return OwnedRef(
            ref=grant.ref,
            kind=grant.kind,
            marketplace_order_id=order.marketplace_order_id if order else "",
            marketplace_license_id=grant.marketplace_license_id,
            variant=order.variant if order else "",
        )

    def _ask_for_links(
        self, module: Marketplace, owned: OwnedRef, cancel: CancelToken | None
    ) -> tuple[DownloadLink, ...]:
        """Ask for the files of what is owned; say how to get them where no program can ask."""
        info = module.INFO
        if Capability.DOWNLOAD_API not in info.capabilities:
            how = info.web.delivery if info.web is not None else ""
            raise UserInputError(
                f"{info.name} hands out files on its website only. "
                f"{how or 'Download it there, then pick the file up here.'}",
                code="download.pick_up",
                context={"listing": str(owned.ref)},
            )
        return run_steps(module.download_links(owned), info, self.sender, cancel=cancel)

    def _ask_instead(
        self, grant: Grant, owned: OwnedRef, unencrypted: tuple[DownloadLink, ...], cancel: CancelToken | None
    ) -> tuple[DownloadLink, ...]:
        """Ask for other links than those that are not encrypted; say why, where there are no others."""
        module = self.find_marketplace(grant.ref.marketplace)
        try:
            return self._ask_for_links(module, owned, cancel)
        except ClearanceError as error:
            self.fresh_links.keep(grant.order_id, unencrypted)  # so that the next try is told the same
            if error.retryable:
                raise
            raise DownloadError(
                f"“{grant.title}” is bought, but the link to its file that {module.INFO.name} gave is not "
                "encrypted (http): anybody on the way could put another file in its place. It was not "
                "opened. "
                f"{error.message}",
                code="download.unencrypted_link",
                context={"grant_id": grant.id},
            ) from error

    def _fetch(self, source: _Source, cancel: CancelToken | None, on_progress: Progress) -> GrantFile:
        module, grant, index, first = source.module, source.grant, source.index, source.first
        links = iter([first])

        def next_link() -> DownloadLink:
            """Hand out the link we have; when it has expired, ask for a fresh one (free of charge)."""
            given = next(links, None)
            if given is not None:
                return given
            fresh = run_steps(module.download_links(source.owned), module.INFO, self.sender, cancel=cancel)
            if index >= len(fresh):
                raise DownloadError(
                    f"{module.INFO.name} no longer offers all files of “{grant.title}”.",
                    code="download.no_files",
                )
            return fresh[index]

        fetched = self.downloader.fetch(
            next_link,
            module.INFO,
            # One folder a file, the same after a restart, so that a cut download goes on where it stopped.
            folder=self.store.incoming(f"{grant.id}-{index}"),
            cancel=cancel,
            on_progress=on_progress,
        )
        verified = verify_delivery(
            fetched.path,
            name=fetched.name,
            declared_size=first.size,
            declared_sha256=first.sha256,
            declared_formats=(),
            kind=grant.kind,
            known_sha256=fetched.sha256,
            quarantine=self.store.quarantine,
        )
        self.store.adopt(fetched.path, fetched.sha256, verify=False)
        if self.check is not None:
            self.check.arrivals.note(
                fetched.sha256,
                SourceFacts(
                    host=fetched.source_host,
                    secured=fetched.peer.is_verified,
                    certificate_sha256=fetched.peer.certificate_sha256,
                    checksum_promised=first.sha256 is not None,
                ),
            )
        return GrantFile(
            grant_id=grant.id,
            sha256=fetched.sha256,
            name=verified.name,
            size=fetched.size,
            media_type=verified.type.media_type,
            downloaded_at=self.clock.now(),
        )

    def _book(self, grant: Grant, files: list[GrantFile], actor: str) -> None:
        now = self.clock.now()
        with self.ledger.transaction() as work:
            for file in files:
                work.add_file(file)
                work.record(
                    AuditEvent(
                        action="file.stored",
                        subject=grant.id,
                        actor=actor,
                        at=now,
                        details=(
                            ("sha256", file.sha256),
                            ("size", str(file.size)),
                            ("type", file.media_type),
                        ),
                    )
                )
            order = work.order(grant.order_id)
            if order is not None and order.state is OrderState.PAID:
                work.change_order(replace(order, state=OrderState.FULFILLED, updated_at=now))
                work.record(
                    AuditEvent(action="order.fulfilled", subject=order.id, actor=actor, at=now, details=())
                )


def _add_up(on_progress: Progress, before: int, total: int | None, done: int, _of_this: int | None) -> None:
    on_progress(before + done, total)


def _free_name(folder: Path, name: str) -> Path:
    safe = Path(safe_name(name))
    path, number = folder / safe, 1
    while path.exists():
        number += 1
        path = folder / f"{safe.stem} ({number}){safe.suffix}"
    return path
