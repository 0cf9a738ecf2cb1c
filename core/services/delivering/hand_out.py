"""Decides whether a file leaves the store: only on a grant that stands, with a seat where those are counted.

Asked at every download, import plan and prepared import. What was given back, revoked or has ended stays in
the store as a record and is handed out no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...clock import Clock
from ...errors import UserInputError
from ...ledger.port import Ledger, LedgerReader
from ...model.agreement import Agreement, Renewal
from ...model.grant import Grant, GrantFile, GrantState
from ...policy.ending import find_ending
from ..clearing.circumstances import apply_agreements, read_terms

_WHY = {
    GrantState.EXPIRED: "has expired",
    GrantState.REFUNDED: "was given back",
    GrantState.REVOKED: "was revoked",
}
_HOW = {
    GrantState.EXPIRED: "Renew it, or replace the asset.",
    GrantState.REFUNDED: "Buy it again, or take the asset out of the scenes that use it.",
    GrantState.REVOKED: "Replace the asset, and ask whoever revoked it why.",
}


def take_no_seat(_grant_id: str) -> None:
    """Take no seat: where nobody counts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOut:
    """Looks at grants before their files are handed out. ``take_seat`` raises where none is to be had."""

    ledger: Ledger
    clock: Clock
    take_seat: Callable[[str], object] = take_no_seat

    def check(self, grant_id: str, *, reader: LedgerReader | None = None) -> Grant:
        """Return a grant that stands; raise UserInputError (``grant.…``) with why its files are locked."""
        reader = reader or self.ledger
        grant = reader.grant(grant_id)
        if grant is None:
            raise UserInputError(
                "There is no such license in the ledger.",
                code="grant.unknown",
                context={"grant_id": grant_id},
            )
        if grant.state is not GrantState.ACTIVE:
            raise _locked(grant, _WHY[grant.state], _HOW[grant.state], code="grant.not_active")
        self._check_dates(grant, reader)
        return grant

    def take(self, grant_id: str) -> Grant:
        """Return a grant that stands, and whose seat the user has from now on; raise UserInputError."""
        grant = self.check(grant_id)
        self.take_seat(grant.id)
        return grant

    def take_files(self, files: Iterable[GrantFile]) -> None:
        """Let files leave the store for the user's own folder: as :meth:`take`, for each of their grants."""
        wanted = tuple(dict.fromkeys(file.grant_id for file in files))
        for grant_id in wanted:
            self.check(grant_id)
        for grant_id in wanted:
            self.take_seat(grant_id)

    def _check_dates(self, grant: Grant, reader: LedgerReader) -> None:
        now = self.clock.now()
        terms = read_terms(reader, {grant.terms_sha256}, known={}).get(grant.terms_sha256)
        if terms is not None:
            agreements = reader.values(Agreement, marketplace=terms.marketplace, ended_at=None)
            agreed = apply_agreements(agreements, terms, day=now.date())
            terms = agreed.terms if agreed is not None else terms
        ending = find_ending(grant, terms, reader.values(Renewal, subject=grant.id))
        if ending.ends_at is not None and ending.ends_at <= now:
            raise _locked(
                grant, f"ended on {ending.ends_at.date().isoformat()}", _HOW[GrantState.EXPIRED],
                code="grant.expired",
            )  # fmt: skip
        by = ending.must_use_by
        # Since when a scene uses it is not known, only when it was looked at last: what is in use stays so.
        if by is not None and now.date() > by and not reader.usages(grant_id=grant.id):
            raise _locked(
                grant,
                f"was lost: the content had to be in use by {by.isoformat()}, and no scene is known that "
                "uses it",
                "License it again, or replace the asset.",
                code="grant.use_by",
            )


def _locked(grant: Grant, why: str, how: str, *, code: str) -> UserInputError:
    return UserInputError(
        f"The license of “{grant.title}” {why}; its files are locked. {how}",
        code=code,
        context={"grant_id": grant.id},
    )
