"""Pick up what was downloaded from a marketplace's website: find it, say what it may be for, take a copy.

Nothing is taken without being told for which license. The user's file is copied, never moved or changed.
Worker threads only; whoever wants to watch a folder looks again from time to time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...clock import Clock
from ...errors import UserInputError
from ...files.pickup import (
    STORE_HEADER_MARKETPLACE,
    Candidate,
    FoundArchive,
    Match,
    copy_in,
    describe,
    match,
    scan_folder,
)
from ...files.store import Store
from ...files.unity.cache import scan_cache
from ...files.unity.header import StoreOrigin, read_origin
from ...files.verify import VerifiedFile, verify_delivery
from ...http.cancel import CancelToken
from ...ledger.port import Ledger
from ...marketplaces import registry
from ...marketplaces.base import Capability
from ...model.audit import AuditEvent
from ...model.grant import Grant, GrantFile, GrantState
from ...model.order import OrderState
from ...settings import Settings
from ..steps import FindMarketplace
from .check_delivery import CheckDelivery
from .shared_files import SharedFiles

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file, and what it may be for, best first."""

    archive: FoundArchive
    matches: tuple[Match, ...]

    @property
    def certain(self) -> Candidate | None:
        """Return what the file says itself that it is for; None when a person has to say so."""
        sure = [one.candidate for one in self.matches if one.is_certain and one.candidate.grant_id]
        return sure[0] if len(sure) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look found. ``problems`` are sentences; ``arriving`` names files still being downloaded."""

    found: tuple[Found, ...] = ()
    waiting: tuple[Candidate, ...] = ()
    """What waits for a file, whether or not one was found."""
    arriving: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The files of the license as they are now in the store, and what the user should know of them."""

    files: tuple[GrantFile, ...]
    warnings: tuple[str, ...] = ()
    origin: StoreOrigin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PickUp:
    """Finds and takes downloads that no API delivers."""

    ledger: Ledger
    store: Store
    clock: Clock
    settings: Settings
    environ: Mapping[str, str]
    home: Path
    platform: str
    check: CheckDelivery | None = None
    """Holds what was taken against what was offered."""
    shared: SharedFiles | None = None
    """The studio's one copy for all, where it has one."""
    find_marketplace: FindMarketplace = registry.find

    def look(
        self,
        folders: Sequence[Path] = (),
        *,
        include_unity_cache: bool = False,
        cancel: CancelToken | None = None,
    ) -> Looked:
        """Look into folders (those of the settings when none is named) and into the Unity Editor's cache.

        Certain matches come first, then what matches best, then the newest. A folder that cannot be read is
        among the problems.
        """
        waiting = self.candidates()
        archives: dict[Path, FoundArchive] = {}
        arriving: list[str] = []
        problems: list[str] = []
        for folder in folders or self.settings.pickup_folders:
            _stop_if(cancel)
            scan = scan_folder(folder, now=self.clock.now())
            archives.update({one.path: one for one in scan.found})
            arriving.extend(scan.arriving)
            problems.extend([scan.problem] if scan.problem else [])
        if include_unity_cache:
            _stop_if(cancel)
            cache = scan_cache(self.environ, home=self.home, platform=self.platform)
            archives.update({one.path: one for one in cache.found})
            problems.extend(cache.problems)
        found = [Found(archive=one, matches=match(one, waiting)) for one in archives.values()]
        found.sort(key=_order)
        return Looked(found=tuple(found), waiting=waiting, arriving=tuple(arriving), problems=tuple(problems))

    def candidates(self) -> tuple[Candidate, ...]:
        """Return what waits for a file: active licenses without files, and orders open on a website.

        Only at marketplaces whose files are picked up, or which deliver once and may have failed to; newest
        first, licenses before orders.
        """
        grants = [
            Candidate(
                ref=grant.ref,
                title=grant.title,
                order_id=grant.order_id,
                grant_id=grant.id,
                since=grant.granted_at,
            )
            for grant in self.ledger.grants(state=GrantState.ACTIVE)
            if self._is_fetched_by_hand(grant.ref.marketplace) and not self.ledger.files(grant.id)
        ]
        orders = [
            Candidate(ref=order.ref, title=order.title, order_id=order.id, since=order.created_at)
            for order in self.ledger.orders(states=(OrderState.AWAITING_CHECKOUT,))
            if self._is_fetched_by_hand(order.ref.marketplace)
        ]
        return (*grants, *orders)

    def take(
        self,
        path: Path,
        grant_id: str,
        *,
        actor: str,
        accept_other_product: bool = False,
        on_progress: Progress = lambda _done, _total: None,
        cancel: CancelToken | None = None,
    ) -> Taken:
        """Copy a file into the store as that of a license, verified, with its origin in the audit.

        A file that says itself that it is another product is refused, unless ``accept_other_product``: then
        somebody was asked, and the audit says so. Taking the same file again changes nothing. Raises
        UserInputError (no such license, other product), DownloadRefused (hostile, damaged, not what was
        bought), DownloadError (disk, or the file is still changing), CancelledError.
        """
        grant = self._usable(grant_id)
        found = describe(path)
        other = self._why_other(found.origin, grant)
        if other and not accept_other_product:
            raise UserInputError(
                f"{other} Nothing was taken. Choose the license that it belongs to, or confirm that it is "
                "meant.",
                code="pickup.other_product",
                context={"grant_id": grant.id, "product_id": found.origin.product_id if found.origin else ""},
            )
        warnings = [sentence for sentence in (found.note, found.origin_trouble, other) if sentence]
        verified, copy_origin = self._bring_in(found, grant, on_progress, cancel)
        warnings.extend(one for one in verified.warnings if one not in warnings)
        if copy_origin is None and found.kind == "unitypackage" and not found.origin_trouble:
            warnings.append(
                "The package has no store header: where it comes from is not known, and that it is this "
                "product rests on your word."
            )
        file = GrantFile(
            grant_id=grant.id,
            sha256=verified.sha256,
            name=verified.name,
            size=verified.size,
            media_type=verified.media_type,
            downloaded_at=self.clock.now(),
        )
        self._book(grant, file, copy_origin, actor=actor, accepted=bool(other))
        if self.check is not None:
            self.check.after(grant.id, actor=actor, cancel=cancel)
        if self.shared is not None:
            self.shared.offer(grant.id, [file], actor=actor)
        return Taken(files=self.ledger.files(grant.id), warnings=tuple(warnings), origin=copy_origin)

    def _why_other(self, origin: StoreOrigin | None, grant: Grant) -> str:
        """Return a sentence when a file says itself that it is not what the license is for."""
        if origin is None:
            return ""
        called = f" (“{origin.title}”)" if origin.title else ""
        if grant.ref.marketplace != STORE_HEADER_MARKETPLACE:
            store = registry.find(STORE_HEADER_MARKETPLACE).INFO.name
            return (
                f"The file is product {origin.product_id}{called} of {store}, and this license is for "
                f"{grant.ref}, “{grant.title}”."
            )
        if origin.product_id != grant.ref.id:
            return (
                f"The file is product {origin.product_id}{called}, and this license is for product "
                f"{grant.ref.id}, “{grant.title}”."
            )
        return ""

    def _is_fetched_by_hand(self, marketplace: str) -> bool:
        try:
            info = self.find_marketplace(marketplace).INFO
        except UserInputError:
            return False  # bought with a newer version that knows more marketplaces
        return Capability.DOWNLOAD_PICKUP in info.capabilities or info.delivers_once

    def _usable(self, grant_id: str) -> Grant:
        grant = self.ledger.grant(grant_id)
        if grant is None:
            raise UserInputError(
                "There is no such license in the ledger. Confirm the purchase first.",
                code="grant.unknown",
                context={"grant_id": grant_id},
            )
        if grant.state is not GrantState.ACTIVE:
            raise UserInputError(
                f"The license of “{grant.title}” is {grant.state}; no file is taken for it.",
                code="grant.not_active",
                context={"grant_id": grant_id},
            )
        return grant

    def _bring_in(
        self, found: FoundArchive, grant: Grant, on_progress: Progress, cancel: CancelToken | None
    ) -> tuple[VerifiedFile, StoreOrigin | None]:
        """Copy, verify and adopt a file; what is refused leaves no copy, and the original is not touched."""

        def cancelled() -> bool:
            return cancel is not None and cancel.cancelled

        copy, sha256, size = copy_in(
            found.path, self.store.incoming(), cancelled=cancelled, progress=on_progress
        )
        try:
            origin = read_origin(copy).origin
            if origin is not None and found.origin is not None:
                if origin.product_id != found.origin.product_id:
                    raise UserInputError(
                        f"{found.path.name} was replaced while it was read. Look at it again.",
                        code="pickup.replaced",
                    )
                origin = found.origin  # with what the Editor noted beside the original
            verified = verify_delivery(
                copy,
                name=found.path.name,
                declared_size=size,
                declared_sha256=None,
                declared_formats=(),
                kind=grant.kind,
                known_sha256=sha256,
                cancelled=cancelled,
            )
            self.store.adopt(copy, sha256, verify=False)
        finally:
            copy.unlink(missing_ok=True)
        return verified, origin

    def _book(
        self, grant: Grant, file: GrantFile, origin: StoreOrigin | None, *, actor: str, accepted: bool
    ) -> None:
        now = file.downloaded_at
        known = {one.sha256 for one in self.ledger.files(grant.id)}
        with self.ledger.transaction() as work:
            if file.sha256 not in known:
                work.add_file(file)
                work.record(
                    AuditEvent(
                        action="file.picked_up",
                        subject=grant.id,
                        actor=actor,
                        at=now,
                        details=_details(file, origin, accepted=accepted),
                    )
                )
            order = work.order(grant.order_id)
            if order is not None and order.state is OrderState.PAID:
                work.change_order(replace(order, state=OrderState.FULFILLED, updated_at=now))
                work.record(
                    AuditEvent(action="order.fulfilled", subject=order.id, actor=actor, at=now, details=())
                )


def _order(found: Found) -> tuple[bool, float, float, str]:
    """Sort certain matches first, then by how well they match, then the newest."""
    best = found.matches[0] if found.matches else None
    return (
        not (best and best.is_certain),
        -(best.score if best else 0.0),
        -found.archive.modified_at.timestamp(),
        found.archive.path.name,
    )


def _details(file: GrantFile, origin: StoreOrigin | None, *, accepted: bool) -> tuple[tuple[str, str], ...]:
    details = [
        ("sha256", file.sha256),
        ("size", str(file.size)),
        ("type", file.media_type),
        ("name", file.name),
    ]
    if origin is None:
        details.append(("origin", "not known"))
    else:
        details += [
            ("product_id", origin.product_id),
            ("version", origin.version),
            ("version_id", origin.version_id),
            ("upload_id", origin.upload_id),
            ("publisher", origin.publisher),
            ("publisher_id", origin.publisher_id),
        ]
    if accepted:
        details.append(("other_product", "confirmed by the user"))
    return tuple((name, value) for name, value in details if value)


def _stop_if(cancel: CancelToken | None) -> None:
    if cancel is not None:
        cancel.check()
