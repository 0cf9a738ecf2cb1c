"""Everything that a rule may look at, gathered beforehand. Holds values; decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ..model.agreement import Agreement
from ..model.declaration import Declaration
from ..model.grant import GrantState
from ..model.intended_use import IntendedUse
from ..model.license import LicenseTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One license, one intended use, and what is known of the right that we hold (if we hold it).

    Before buying, ``grant_state`` and ``acquired_on`` are None. ``subject`` is the grant id, or what the
    findings shall name otherwise.
    """

    terms: LicenseTerms
    use: IntendedUse
    now: datetime
    terms_sha256: str = ""
    editorial: bool | None = None
    """The item's own "editorial use only" mark."""
    subject: str = ""
    grant_state: GrantState | None = None
    valid_until: datetime | None = None
    acquired_on: date | None = None
    credit: str = ""
    """The credit line kept with the grant; empty: it is made from the license's template."""
    author: str = ""
    listing_id: str = ""
    held_license_id: str = ""
    """What the ledger says; with the stamped values at the end, empty: there is nothing to compare."""
    seats_held: int | None = None
    """How many seats were bought, where the license is sold by the seat; None: not told."""
    seats_taken: int | None = None
    """How many seats people have in the ledger; None: the license counts none, or nobody has one."""
    agreement: Agreement | None = None
    """The enterprise agreement whose words stand in ``terms`` over the standard ones."""
    used_in: tuple[str, ...] = ()
    """Scenes that use it, as far as the ledger knows, where the right stands no more."""
    other_projects: frozenset[str] = frozenset()
    """Further projects that the same purchase is used in."""
    other_clients: frozenset[str] = frozenset()
    """Further clients that the same purchase was used for."""
    must_use_by: date | None = None
    """The day by which the content has to be in use, where the license sets one."""
    first_used_on: date | None = None
    ai_generated: bool | None = None
    """Whether generative AI made it, where the marketplace tells."""
    declaration: Declaration | None = None
    """What somebody said of content that was not bought; the terms are then made of it."""
    stamped_license_id: str = ""
    stamped_terms_sha256: str = ""
