"""What is known of license terms: which readings there are, and what changed since something was bought.

It compares what the ledger kept with each purchase with today's reading. It fetches nothing and changes
nothing: a purchase stays under the terms that it was made under.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from ...clock import Clock
from ...errors import UserInputError
from ...ledger.port import Ledger
from ...licenses import LicenseCatalogue, parse_text, terms_sha256
from ...licenses.compare import Direction, FactChange, compare_terms
from ...model.grant import Grant, GrantState
from ...model.license import LicenseTerms

EVERY_GRANT = 10_000_000
"""Above what one ledger holds: the port's lists want a limit."""


class Since(StrEnum):
    """What happened to the terms of a purchase since it was made."""

    SAME = "same"
    NEW_VERSION = "new_version"
    """The marketplace's terms have a newer version."""
    READ_AGAIN = "read_again"
    """The same version was read again, and read otherwise."""
    NOW_KNOWN = "now_known"
    """The license was not one that was known then, and is now."""
    GONE = "gone"
    """The license is no longer among those that are known."""
    NOT_KEPT = "not_kept"
    """The text that was kept with the purchase is not in the ledger, or is damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsLine:
    """One reading of one license, and how many grants are under it."""

    terms: LicenseTerms
    terms_sha256: str
    grants: int
    in_force: bool
    """Whether it is the reading that a purchase of today would be under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsDiff:
    """What changed since purchases were made under one reading, and which grants that touches."""

    terms_sha256: str
    license_id: str
    since: Since
    kept: LicenseTerms | None
    today: LicenseTerms | None
    changes: tuple[FactChange, ...]
    grants: tuple[Grant, ...]
    sold_as: str = ""
    """The id of the license that the same label stands for today, where that is another one."""

    @property
    def narrower(self) -> bool:
        """Say whether anything is allowed less than it was: what was bought keeps the wider terms."""
        return any(change.direction is Direction.NARROWER for change in self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Answers for ``clearance terms``."""

    ledger: Ledger
    catalogue: LicenseCatalogue
    clock: Clock

    def list(self, *, marketplace: str = "", every_version: bool = False) -> tuple[TermsLine, ...]:
        """Return the readings: those in force today, those that grants are under, or all."""
        self._check_marketplace(marketplace)
        counts: dict[str, int] = {}
        for grant in self._grants():
            counts[grant.terms_sha256] = counts.get(grant.terms_sha256, 0) + 1
        today = self._today()
        lines = []
        for terms in self.catalogue.all():
            if marketplace and terms.marketplace != marketplace:
                continue
            digest = terms_sha256(terms)
            in_force = terms == self.catalogue.by_id(terms.license_id, today)
            if every_version or in_force or counts.get(digest):
                lines.append(
                    TermsLine(
                        terms=terms, terms_sha256=digest, grants=counts.get(digest, 0), in_force=in_force
                    )
                )
        return tuple(lines)

    def show(self, license_id: str, *, at: date | None = None) -> LicenseTerms:
        """Return one license as it was in force on a day; raise UserInputError (``terms.not_found``)."""
        found = self.catalogue.by_id(license_id, at or self._today())
        if found is None:
            raise UserInputError(
                f"There is no license {license_id!r}; “clearance terms list” names them all.",
                code="terms.not_found",
            )
        return found

    def diff(
        self, license_ids: Collection[str] = (), *, marketplace: str = "", unchanged: bool = False
    ) -> tuple[TermsDiff, ...]:
        """Return what changed since each reading that grants are under, most grants first.

        ``license_ids`` and ``marketplace`` narrow it; ``unchanged`` also returns readings that still hold.
        """
        self._check_marketplace(marketplace)
        grants: dict[tuple[str, str], list[Grant]] = {}
        for grant in self._grants():
            if (not license_ids or grant.license_id in license_ids) and (
                not marketplace or grant.ref.marketplace == marketplace
            ):
                grants.setdefault((grant.terms_sha256, grant.license_id), []).append(grant)
        made = (self._compare(digest, tuple(under)) for (digest, _), under in grants.items())
        return tuple(
            sorted(
                (one for one in made if unchanged or one.since is not Since.SAME or one.sold_as),
                key=lambda one: (-len(one.grants), one.license_id, one.terms_sha256),
            )
        )

    def _compare(self, digest: str, grants: tuple[Grant, ...]) -> TermsDiff:
        first = grants[0]
        kept = self._kept(digest)
        today = self.catalogue.by_id(first.license_id, self._today())
        sold = self.catalogue.resolve(
            first.ref.marketplace,
            first.license_label,
            editorial=first.editorial,
            at=self._today(),
            kind=first.kind,
        )
        sold_as = sold.license_id if sold.known and sold.license_id != first.license_id else ""
        changes: tuple[FactChange, ...] = ()
        if kept is None:
            since = Since.NOT_KEPT
        elif not kept.known:
            since = Since.NOW_KNOWN if sold.known else Since.SAME
            today = sold if sold.known else None
        elif today is None:
            since = Since.GONE
        else:
            # Who said that the license applies belongs to the purchase, not to the terms.
            changes = compare_terms(kept, replace(today, source=kept.source))
            since = Since.SAME
            if changes:
                since = Since.NEW_VERSION if today.version != kept.version else Since.READ_AGAIN
        return TermsDiff(
            terms_sha256=digest,
            license_id=first.license_id,
            since=since,
            kept=kept,
            today=today,
            changes=changes,
            grants=grants,
            sold_as=sold_as,
        )

    def _kept(self, digest: str) -> LicenseTerms | None:
        text = self.ledger.terms_text(digest)
        if text is None:
            return None
        try:
            kept = parse_text(text)
        except UserInputError:
            return None  # damaged: said as "not kept", and by the audit's own check
        return replace(kept, marketplace_name=self.catalogue.name_of(kept.marketplace))

    def _grants(self) -> Iterable[Grant]:
        """Return the grants that can still be used: a refunded or revoked one has no terms to keep."""
        over = {GrantState.REFUNDED, GrantState.REVOKED}
        return (grant for grant in self.ledger.grants(limit=EVERY_GRANT) if grant.state not in over)

    def _today(self) -> date:
        return self.clock.now().date()

    def _check_marketplace(self, marketplace: str) -> None:
        if marketplace and marketplace not in self.catalogue.marketplaces:
            names = ", ".join(self.catalogue.marketplaces)
            raise UserInputError(
                f"There is no marketplace {marketplace!r}; there are {names}.", code="terms.no_marketplace"
            )
