"""Hold the files of a grant against what its listing offered, and keep the answer with the grant.

Asks no marketplace and changes no file. Worker threads only.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ...clock import Clock
from ...errors import ClearanceError, UserInputError
from ...files.delivered.gather import gather
from ...files.store import Store
from ...http.cancel import CancelToken
from ...ids import Ids
from ...ledger.port import Ledger
from ...model.audit import AuditEvent
from ...model.delivery import Offered, OfferedFacts, OfferSource, SourceFacts
from ...model.delivery_check import CheckResult, DeliveryCheck
from ...model.grant import Grant, GrantFile
from ...quality.compare import compare
from ...quality.finding import QualityFinding, Severity, judge
from ...quality.offer import NOT_KNOWN, decode_offer, read_offer
from ...quality.record import (
    decode_files,
    decode_findings,
    decode_source,
    encode_facts,
    encode_findings,
    write_claim,
)
from ..buying.quote import FindListing, find_nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A check as it is shown. ``claim`` is the reason for a refund; empty when nothing differs."""

    check: DeliveryCheck
    findings: tuple[QualityFinding, ...]
    claim: str = ""
    order_id: str = ""

    @property
    def differs(self) -> bool:
        """Say whether something is not as it was offered."""
        return self.check.result is CheckResult.DIFFERS


class Arrivals:
    """Where files came from, kept in memory between the download and the check. Safe to use from threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sources: dict[str, SourceFacts] = {}

    def note(self, sha256: str, source: SourceFacts) -> None:
        """Note where a file came from."""
        with self._lock:
            self._sources[sha256] = source

    def of(self, files: Sequence[GrantFile]) -> SourceFacts:
        """Return the least that holds for all of the files."""
        with self._lock:
            found = [self._sources.get(one.sha256, SourceFacts()) for one in files]
        if not found or any(not one.host for one in found):
            return SourceFacts()
        hosts = dict.fromkeys(one.host for one in found)
        promised = [one.checksum_promised for one in found]
        return SourceFacts(
            host=", ".join(hosts),
            secured=all(one.secured for one in found),
            certificate_sha256=found[0].certificate_sha256 if len(hosts) == 1 else "",
            checksum_promised=all(promised) if None not in promised else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDelivery:
    """Checks deliveries. ``find_listing`` finds a product in the local catalogue of product feeds."""

    ledger: Ledger
    store: Store
    clock: Clock
    ids: Ids
    find_listing: FindListing = find_nowhere
    arrivals: Arrivals = field(default_factory=Arrivals)

    def run(
        self, grant_id: str, *, actor: str, again: bool = False, cancel: CancelToken | None = None
    ) -> Checked:
        """Check the files of a grant; the same files are checked once, unless ``again``.

        Raises UserInputError (no such grant, no files here), DownloadError, DownloadRefused, CancelledError.
        """
        grant = self.ledger.grant(grant_id)
        files = self.ledger.files(grant_id) if grant is not None else ()
        if grant is None:
            raise UserInputError(
                "There is no such license in the ledger.",
                code="grant.unknown",
                context={"grant_id": grant_id},
            )
        if not files or any(self.store.path(one.sha256) is None for one in files):
            raise UserInputError(
                "The files of this license are not here yet; download them first.", code="import.not_here"
            )
        known = self._newest(grant_id, files)
        if known is not None and not again:
            return self._show(known, files)
        offered = self._offered(grant)
        source = self.arrivals.of(files)
        if not source.host and known is not None:
            source = decode_source(known.facts)
        delivered = gather(self.store, files, title=grant.title, cancel=cancel)
        findings = compare(offered, delivered, source)
        check = DeliveryCheck(
            id=self.ids.new("check"),
            grant_id=grant.id,
            result=judge(findings),
            facts=encode_facts((one.sha256 for one in files), offered, delivered, source),
            differences=encode_findings(findings),
            source_host=source.host,
            source_certificate_sha256=source.certificate_sha256,
            checked_at=self.clock.now(),
            checked_by=actor,
        )
        wrong = sum(one.severity is Severity.DIFFERS for one in findings)
        unseen = sum(one.severity is Severity.NOT_CHECKED for one in findings)
        with self.ledger.transaction() as work:
            work.add(check)
            work.record(
                AuditEvent(
                    action="delivery.checked",
                    subject=grant.id,
                    actor=actor,
                    at=check.checked_at,
                    details=(
                        ("check_id", check.id),
                        ("result", check.result),
                        ("differs", str(wrong)),
                        ("not_checked", str(unseen)),
                        ("host", check.source_host or "not known"),
                    ),
                )
            )
        return self._show(check, files)

    def after(self, grant_id: str, *, actor: str, cancel: CancelToken | None = None) -> Checked | None:
        """Check what has just come; None where that is not possible, which never loses a download.

        Who may not write checks into a studio's ledger, or has files that cannot be unpacked here, is told
        when asking for the check.
        """
        try:
            return self.run(grant_id, actor=actor, cancel=cancel)
        except ClearanceError:
            if cancel is not None:
                cancel.check()
            return None

    def latest(self, grant_id: str) -> Checked | None:
        """Return the newest check of the files that a grant has now; None when there is none. Quick."""
        files = self.ledger.files(grant_id)
        known = self._newest(grant_id, files)
        return self._show(known, files) if known is not None else None

    def claim_for_order(self, order_id: str) -> str:
        """Return the reason for a refund that the newest check gives; empty when nothing differs."""
        grant = self.ledger.grant_for_order(order_id)
        checked = self.latest(grant.id) if grant is not None else None
        return checked.claim if checked is not None else ""

    def _newest(self, grant_id: str, files: Sequence[GrantFile]) -> DeliveryCheck | None:
        wanted = {one.sha256 for one in files}
        checks = self.ledger.values(DeliveryCheck, grant_id=grant_id, newest=True)
        return next((one for one in checks if decode_files(one.facts) == wanted), None)

    def _show(self, check: DeliveryCheck, files: Sequence[GrantFile]) -> Checked:
        findings = decode_findings(check.differences)
        claim = write_claim(
            findings,
            checked_on=check.checked_at.date().isoformat(),
            file_names=[one.name for one in files],
        )
        grant = self.ledger.grant(check.grant_id)
        return Checked(
            check=check,
            findings=findings,
            claim=claim,
            order_id=grant.order_id if grant is not None else "",
        )

    def _offered(self, grant: Grant) -> OfferedFacts:
        """Return what was noted with the quote; else what a product feed says; else that nobody knows."""
        order = self.ledger.order(grant.order_id)
        noted = self.ledger.value(Offered, order.quote_id) if order is not None else None
        if noted is not None:
            return decode_offer(noted.facts)
        listing = self.find_listing(grant.ref)
        if listing is None:
            return replace(NOT_KNOWN, kind=grant.kind)
        as_of = listing.price_as_of or self.clock.now().date()
        return read_offer(
            listing, source=OfferSource.FEED, as_of=as_of, variant=order.variant if order is not None else ""
        )
