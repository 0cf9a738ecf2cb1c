"""License terms as facts: every field is a value or UNKNOWN, and unknown never means allowed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum, StrEnum
from typing import Final, TypeVar

from .intended_use import OutputKind
from .money import Money


class Unknown(Enum):
    """The type of UNKNOWN."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN

T = TypeVar("T")


class Permission(StrEnum):
    """What a license says of one kind of use."""

    ALLOWED = "allowed"
    DENIED = "denied"
    CONDITIONAL = "conditional"
    """Allowed under a condition that a person has to check; the clause says which."""
    UNKNOWN = "unknown"


class Confidence(StrEnum):
    """How sure a fact is, by where it was read."""

    PRIMARY = "primary"
    """The licensor's own text."""
    SECONDARY = "secondary"
    """Somebody else's dated reading of the licensor's text."""
    UNCONFIRMED = "unconfirmed"


class TermsSource(StrEnum):
    """Who said that this license applies."""

    MARKETPLACE = "marketplace"
    USER = "user"
    """The user said so, such as the tier chosen in a marketplace's web shop."""
    INVOICE = "invoice"
    CONTRACT = "contract"
    """The user's settings say that a contract with the marketplace gives this license."""


class LicenseeKind(StrEnum):
    """Whom one license covers."""

    PERSON = "person"
    """One natural person."""
    ENTITY = "entity"
    """One person, or one company with its employees."""
    MULTI_ENTITY = "multi_entity"
    """A company with its parent, child and sister companies."""


class SeatKind(StrEnum):
    """What a seat is counted by."""

    NAMED = "named"
    CONCURRENT = "concurrent"
    COMPUTERS = "computers"


class Edits(StrEnum):
    """How far the content may be altered."""

    ANY = "any"
    TECHNICAL_ONLY = "technical_only"
    """Size, crop, exposure: nothing that changes what is shown."""


class Transfer(StrEnum):
    """Whether the license may be passed on with the work."""

    NO = "no"
    TO_NAMED_CLIENT = "to_named_client"
    """Only to a client who was named as the licensee at the purchase."""
    ONE_CLIENT_PER_LICENSE = "one_client_per_license"
    """To one client; each further client needs a license of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """What a fact rests on. ``summary`` is our wording unless ``quoted`` is true."""

    topic: str
    summary: str
    url: str
    read_on: date
    confidence: Confidence
    quoted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """A limit of a license: ``limit`` None means that the license says "unlimited"."""

    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseTerms:
    """One dated version of one license, normalized (``rights`` fields of the design).

    ``license_id`` is ours, stable and opaque to vendors (``cgtrader.royalty_free_no_ai``);
    ``version`` is the date from which we hold this reading.
    """

    license_id: str
    marketplace: str
    label: str
    version: date
    terms_url: str
    outputs: dict[OutputKind, Permission] = field(default_factory=dict)
    """A kind that is missing here is unknown."""
    commercial: Permission = Permission.UNKNOWN
    editorial_only: bool | Unknown = UNKNOWN
    merchandise: Permission = Permission.UNKNOWN
    templates: Permission = Permission.UNKNOWN
    ai_training: Permission = Permission.UNKNOWN
    sensitive_use: Permission = Permission.UNKNOWN
    print_run: Cap | Unknown = UNKNOWN
    impressions: Cap | Unknown = UNKNOWN
    audience: Cap | Unknown = UNKNOWN
    production_budget_max: Money | Unknown | None = UNKNOWN
    """None: the license sets no budget limit."""
    seats: Cap | Unknown = UNKNOWN
    perpetual: bool | Unknown = UNKNOWN
    worldwide: bool | Unknown = UNKNOWN
    credit_template: str | Unknown | None = UNKNOWN
    """``{author}``, ``{marketplace}``, ``{listing_id}`` are filled in; None: no credit is required."""
    credit_required_when: str = ""
    """"always", "editorial", or empty (not required or unknown)."""
    clauses: tuple[Clause, ...] = ()
    notes: str = ""
    source: TermsSource = TermsSource.MARKETPLACE
    territory: tuple[str, ...] | Unknown = UNKNOWN
    """Where a license holds that does not hold worldwide: ISO 3166-1 alpha-2 codes."""
    term_days: Cap | Unknown = UNKNOWN
    """For how many days from the purchase it holds (comps)."""
    must_use_days: Cap | Unknown = UNKNOWN
    """Within how many days after a subscription has ended the content has to be in use."""
    projects: Cap | Unknown = UNKNOWN
    clients: Cap | Unknown = UNKNOWN
    sales: Cap | Unknown = UNKNOWN
    licensee_revenue_max: Money | Unknown | None = UNKNOWN
    """A year's revenue; None: the license sets no limit."""
    licensee_kind: LicenseeKind | Unknown = UNKNOWN
    seat_kind: SeatKind | Unknown = UNKNOWN
    editorial_edits: Edits | Unknown = UNKNOWN
    transfer: Transfer | Unknown = UNKNOWN
    extraction_protection: bool | Unknown = UNKNOWN
    """True: users of a product must be kept from taking the content out of it."""
    substantial_portion_limit: bool | Unknown = UNKNOWN
    """True: the content must not be a substantial portion of the product."""
    engines: tuple[str, ...] | Unknown = UNKNOWN
    """The programs that it may be used in, such as ``unity``; empty: in any."""
    logo_use: Permission = Permission.UNKNOWN
    ai_metadata: Permission = Permission.UNKNOWN
    """Feeding titles, tags and descriptions to AI."""
    marketplace_name: str = field(default="", compare=False)
    """The marketplace's name for people: decoration, no part of the terms, of their text or of their hash."""

    @property
    def known(self) -> bool:
        """False for the terms that stand for an unknown label."""
        return not self.license_id.endswith(".unknown")

    @classmethod
    def unknown(cls, *, marketplace: str, label: str, version: date) -> LicenseTerms:
        """Stand for a label that nobody mapped: every answer is "needs review"."""
        return cls(
            license_id=f"{marketplace}.unknown",
            marketplace=marketplace,
            label=label,
            version=version,
            terms_url="",
        )

    def clause(self, topic: str) -> Clause | None:
        """Return the clause on a topic, or None."""
        return next((clause for clause in self.clauses if clause.topic == topic), None)
