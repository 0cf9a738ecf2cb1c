"""What the studio owns that covers a need, to be used instead of bought again: scope and seats included.

Reads the ledger; asks no marketplace and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...clock import Clock
from ...errors import ClearanceError
from ...ledger.port import Ledger, LedgerReader
from ...licenses import parse_text
from ...licenses.labels import normalize_label
from ...marketplaces import registry
from ...marketplaces.base import MarketplaceInfo
from ...model.buy_request import RequestItem
from ...model.findings import Decision, PolicyAnswer, Severity
from ...model.grant import Grant
from ...model.intended_use import IntendedUse
from ...model.license import LicenseTerms
from ...model.seat import Seat, SeatPool
from ...policy.engine import evaluate
from ...policy.facts import Facts
from ..buying.owned import Holding, find_holdings
from ..clearing.house import House
from ..steps import FindMarketplace


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What is owned of a listing, seen from one need."""

    covering: Grant | None = None
    """A license that is good for this use, with a seat free where seats count."""
    owned: tuple[Grant, ...] = ()
    """All that is owned of it, newest first."""
    why_not: str = ""
    """Why what is owned does not cover the need; empty when it does, or when nothing is owned."""

    @property
    def upgrade_of(self) -> Grant | None:
        """What is owned of it under a license that does not cover the need: buying more is an upgrade."""
        return self.owned[0] if self.covering is None and self.owned else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindCoverage:
    """Asks the studio's own licenses before a marketplace is asked."""

    ledger: Ledger
    clock: Clock
    house: House
    find_marketplace: FindMarketplace = registry.find

    def run(
        self,
        item: RequestItem,
        use: IntendedUse,
        *,
        project_id: str,
        member_id: str,
        terms_of: Callable[[str], LicenseTerms | None] | None = None,
    ) -> Coverage:
        """Say what covers an item; ``terms_of`` may remember readings of terms between items."""
        info = self.find_marketplace(item.ref.marketplace).INFO
        holdings = find_holdings(self.ledger, item.ref, item.kind, info)
        owned = tuple(held.grant for held in holdings)
        reasons: list[str] = []
        for held in holdings:
            why = self._why_not(
                held,
                item,
                use,
                info=info,
                project_id=project_id,
                member_id=member_id,
                terms_of=terms_of or self.read_terms,
            )
            if not why:
                return Coverage(covering=held.grant, owned=owned)
            reasons.append(why)
        return Coverage(owned=owned, why_not=next(iter(reasons), ""))

    def read_terms(self, terms_sha256: str) -> LicenseTerms | None:
        """Return the terms that were kept with a purchase; None when they are not there or damaged."""
        text = self.ledger.terms_text(terms_sha256)
        if text is None:
            return None
        try:
            return parse_text(text)
        except (ClearanceError, ValueError, TypeError, KeyError):
            return None

    def judge(self, grant: Grant, terms: LicenseTerms, use: IntendedUse, project_id: str) -> PolicyAnswer:
        """Ask the policy whether a license that is owned is good for a use in a project."""
        house = self.house.about([str(grant.ref), grant.id])
        return evaluate(
            Facts(
                terms=terms,
                use=use,
                now=self.clock.now(),
                terms_sha256=grant.terms_sha256,
                editorial=grant.editorial,
                subject=grant.id,
                grant_state=grant.state,
                valid_until=grant.valid_until,
                acquired_on=grant.granted_at.date(),
                credit=grant.credit,
                author=grant.author,
                listing_id=grant.ref.id,
                held_license_id=grant.license_id,
                other_projects=frozenset({grant.project} - {"", project_id}),
            ),
            studio=house.studio,
            resolutions=house.resolutions,
        )

    def _why_not(
        self,
        held: Holding,
        item: RequestItem,
        use: IntendedUse,
        *,
        info: MarketplaceInfo,
        project_id: str,
        member_id: str,
        terms_of: Callable[[str], LicenseTerms | None],
    ) -> str:
        grant = held.grant
        label = normalize_label(item.license_label)
        if label and label != normalize_label(grant.license_label):
            return f"It is owned under “{grant.license_label}”, and “{item.license_label}” is asked for."
        sized = item.kind in info.sold_by_size and item.variant
        if sized and held.variant not in ("", item.variant):
            return f"It is owned as “{held.size}”, and “{item.variant}” is sold by itself."
        terms = terms_of(grant.terms_sha256)
        if terms is None:
            return "The terms of the license that is owned are not in the ledger."
        answer = self.judge(grant, terms, use, project_id)
        if answer.decision is not Decision.ALLOW:
            worst = next((one for one in answer.findings if one.decides), None)
            said = worst.message if worst is not None and worst.severity is not Severity.HINT else ""
            return f"It is owned under “{grant.license_label}”, which does not cover this: {said}"
        return why_no_seat(self.ledger, grant, member_id)


def why_no_seat(reader: LedgerReader, grant: Grant, member_id: str) -> str:
    """Say why a member cannot work under a license whose seats count; empty when they can."""
    pool = reader.value(SeatPool, grant.id)
    if pool is None or pool.seats_max is None:
        return ""
    if reader.count_values(Seat, grant_id=grant.id, member_id=member_id, released_at=None):
        return ""
    taken = reader.count_values(Seat, grant_id=grant.id, released_at=None)
    if taken < pool.seats_max:
        return ""
    return (
        f"All {pool.seats_max} seats of the license that is owned are taken. Release one, or buy more seats "
        "from the marketplace."
    )
