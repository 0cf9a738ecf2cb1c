"""The session's state. Changed on the main thread only, by the controller; drawn by the host's panels."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from ..errors import ClearanceError
from ..feeds.catalogue import FeedInfo, FeedResult
from ..files.pictures import Thumbnail
from ..marketplaces.base import ANY, Wanted
from ..model.alert import Alert, AlertKind, GuardAnswer
from ..model.buy_request import BuyRequest
from ..model.declaration import Declaration
from ..model.evidence import Refund
from ..model.grant import Grant
from ..model.intended_use import IntendedUse
from ..model.listing import Listing, ListingRef, SearchPage, SearchQuery
from ..model.money import Balance
from ..model.recognition import Passed, Recognized
from ..model.report import Report
from ..model.resolution import Resolution
from ..services.buying.history import KnownRecord
from ..services.buying.quote import QuoteResult
from ..services.delivering.check_delivery import Checked
from ..services.delivering.pickup import Looked
from ..services.health import MarketplaceHealth
from ..services.status import Status
from ..services.studio.ends import EndsSoon, Outlook
from ..services.studio.finance import FinancePage, FinancePart, Who
from ..services.studio.refund import RefundAdvice
from ..services.studio.requests import RequestView
from ..services.studio.seats import SeatsOf
from ..tasks import Task


class Phase(StrEnum):
    """Where something that needs the network stands."""

    IDLE = "idle"
    BUSY = "busy"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error as the user meets it: a stable code for the sentence, and the core's own message."""

    code: str
    message: str
    retryable: bool = False

    @classmethod
    def of(cls, error: ClearanceError) -> Problem:
        """Take what may be shown from an error."""
        return cls(code=error.code, message=error.message, retryable=error.retryable)


@dataclass(slots=True, kw_only=True)
class MarketplaceSearch:
    """One marketplace's part of the current search."""

    phase: Phase = Phase.BUSY
    pages: list[SearchPage] = field(default_factory=list)
    problem: Problem | None = None
    task: Task | None = None
    wait_s: float = 0.0
    """While it waits so that the marketplace's limit is kept: for how many seconds."""

    @property
    def next_cursor(self) -> str | None:
        """Where the next page starts, or None."""
        return self.pages[-1].next_cursor if self.pages else None


@dataclass(slots=True, kw_only=True)
class Selection:
    """The listing that the user looks at."""

    ref: ListingRef
    listing: Listing
    phase: Phase = Phase.BUSY
    result: QuoteResult | None = None
    problem: Problem | None = None
    owned: tuple[Grant, ...] = ()
    wanted: Wanted = ANY
    """The way to license it that was chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """What is known of one marketplace's keys and connection."""

    marketplace: str
    has_app_key: bool = False
    """Everything is stored that the marketplace cannot do without."""
    has_user: bool = False
    stored: frozenset[str] = frozenset()
    """Which of the marketplace's key fields are stored."""
    phase: Phase = Phase.IDLE
    summary: str = ""
    """After a test: who we are and what is left, in one line."""
    balances: tuple[Balance, ...] = ()
    """What is left to pay with, after a test or a purchase."""
    problem: Problem | None = None


@dataclass(slots=True, kw_only=True)
class OrderProgress:
    """A purchase as the panel follows it.

    ``stage``: buying, awaiting_checkout, awaiting_evidence (bought on a website: the order number is to be
    entered), awaiting_file (bought on a website: the file is to be picked up), in_doubt, downloading,
    preparing, ready, imported, failed.
    """

    key: str
    """The quote id while there is no order yet, then the order id."""
    title: str
    ref: ListingRef
    stage: str
    order_id: str = ""
    grant_id: str = ""
    checkout_url: str = ""
    task: Task | None = None
    problem: Problem | None = None
    stamped: int = 0
    """How many data-blocks were stamped by the last import of it."""
    notes: tuple[str, ...] = ()
    """What the user should know of its files, as sentences."""
    checked: Checked | None = None
    """Its files, held against what was offered."""


@dataclass(slots=True, kw_only=True)
class FeedProgress:
    """A product feed that is being read, or was read last."""

    marketplace: str
    path: Path
    phase: Phase = Phase.BUSY
    task: Task | None = None
    result: FeedResult | None = None
    problem: Problem | None = None


@dataclass(slots=True, kw_only=True)
class HistoryState:
    """What a marketplace says that the account bought, as far as it was read."""

    phase: Phase = Phase.BUSY
    rows: list[KnownRecord] = field(default_factory=list)
    next_cursor: str | None = None
    problem: Problem | None = None


@dataclass(slots=True, kw_only=True)
class RefundStep:
    """The refund that the user looks at."""

    order_id: str
    phase: Phase = Phase.BUSY
    advice: RefundAdvice | None = None
    refund: Refund | None = None
    message: str = ""
    """What to send to the marketplace's support."""
    claim: str = ""
    """The reason that the delivery check gives; empty when nothing differs."""
    problem: Problem | None = None


@dataclass(slots=True, kw_only=True)
class AlertNotes:
    """What the user was told of one file in this session, and wanted to see no more."""

    told: set[AlertKind] = field(default_factory=set)
    hidden: dict[AlertKind, frozenset[str]] = field(default_factory=dict)
    """By kind: what the alert was about when it was hidden."""


@dataclass(slots=True, kw_only=True)
class AlertsState:
    """The alerts of the open file, as of the last time that somebody looked."""

    scene: str = ""
    """Path of the file; empty while it was never saved."""
    phase: Phase = Phase.IDLE
    answer: GuardAnswer | None = None
    problem: Problem | None = None
    notes: dict[str, AlertNotes] = field(default_factory=dict)
    """By the file's path."""

    @property
    def all(self) -> tuple[Alert, ...]:
        """Every alert, hidden ones too."""
        return self.answer.alerts if self.answer is not None else ()

    @property
    def shown(self) -> tuple[Alert, ...]:
        """The alerts that were not hidden, or are about more than they were then."""
        notes = self.notes.get(self.scene)
        if notes is None or not notes.hidden:
            return self.all
        return tuple(
            one
            for one in self.all
            if one.kind not in notes.hidden or not notes.hidden[one.kind].issuperset(one.subjects)
        )


@dataclass(slots=True, kw_only=True)
class Decisions:
    """What was decided about findings, and what was declared, as the panels list it."""

    phase: Phase = Phase.IDLE
    resolutions: tuple[Resolution, ...] = ()
    """In the order in which they came."""
    declarations: tuple[Declaration, ...] = ()
    """Newest first, withdrawn or not."""
    problem: Problem | None = None


@dataclass(slots=True, kw_only=True)
class RecognitionState:
    """The look for unstamped content that the ledger knows. ``total`` counts the data-blocks to look at."""

    phase: Phase = Phase.IDLE
    task: Task | None = None
    is_learning: bool = False
    """What was bought before is looked into first."""
    waiting: int = 0
    """Batches that are being compared."""
    is_all_here: bool = False
    looked_at: int = 0
    total: int = 0
    known: int = 0
    """How many images and meshes the ledger knows."""
    found: list[Recognized] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)
    stamped: int = 0
    dismissed: int = 0
    """How many proposals somebody took, and how many were said to be something else."""
    problem: Problem | None = None


@dataclass(slots=True, kw_only=True)
class ExchangeNote:
    """The last file that left with its licenses, or came in with them."""

    path: Path
    is_import: bool = False
    phase: Phase = Phase.BUSY
    rights_path: Path | None = None
    licenses: int = 0
    undeclared: int = 0
    notes: tuple[str, ...] = ()
    problem: Problem | None = None


@dataclass(slots=True, kw_only=True)
class RequestsState:
    """What the studio's members ask for: the user's cart, their requests, and what waits for them."""

    phase: Phase = Phase.IDLE
    cart: RequestView | None = None
    """The user's newest draft."""
    mine: tuple[BuyRequest, ...] = ()
    """The user's requests that were submitted, newest first."""
    waiting: tuple[RequestView, ...] = ()
    """What the user could approve or buy, oldest first."""
    note: str = ""
    """What the last step came to."""
    problem: Problem | None = None
    task: Task | None = None


@dataclass(slots=True, kw_only=True)
class SeatingState:
    """Who has seats and what ends, as of the last time that somebody looked."""

    phase: Phase = Phase.IDLE
    user: str = ""
    """Whose seats are one's own."""
    seats: tuple[SeatsOf, ...] = ()
    outlook: Outlook = field(default_factory=Outlook)
    told: tuple[EndsSoon, ...] = ()
    """Reminders that were due in this session."""
    problem: Problem | None = None


@dataclass(slots=True, kw_only=True)
class FinancePartState:
    """One part of the studio's finance, as of the last time that it could be read."""

    phase: Phase = Phase.IDLE
    page: FinancePage | None = None
    read_at: datetime | None = None
    note: str = ""
    """What the last step came to."""
    problem: Problem | None = None
    task: Task | None = None


@dataclass(slots=True, kw_only=True)
class FinanceState:
    """Budgets, payments, invoices and costs, each read by itself."""

    who: Who | None = None
    """What the user may do; None before anything was read."""
    parts: dict[FinancePart, FinancePartState] = field(
        default_factory=lambda: {part: FinancePartState() for part in FinancePart}
    )
    untyped: Path | None = None
    """An invoice that carries no data: what stands on it is to be typed in."""


@dataclass(slots=True, kw_only=True)
class SessionState:
    """Everything the panels draw."""

    use: IntendedUse = field(default_factory=IntendedUse)
    query: SearchQuery | None = None
    searches: dict[str, MarketplaceSearch] = field(default_factory=dict)
    results: list[Listing] = field(default_factory=list)
    """Merged over the marketplaces in fair turns, each listing once."""
    equals: dict[str, tuple[ListingRef, ...]] = field(default_factory=dict)
    """``str(ref)`` → where else the same thing is sold."""
    without_key: tuple[str, ...] = ()
    """Marketplaces that a search of everything left out: no key is stored for them."""
    narrowed: dict[str, str] = field(default_factory=dict)
    """Facet → value: what of the results is shown."""
    owned_refs: dict[str, str] = field(default_factory=dict)
    """``owned.name_thing`` → id of an active grant, for the badge on results."""
    selection: Selection | None = None
    progress: list[OrderProgress] = field(default_factory=list)
    library: list[Grant] = field(default_factory=list)
    """What we own: active grants, newest first."""
    thumbnails: dict[str, Thumbnail] = field(default_factory=dict)
    """By ``Listing.key``, newly decoded and not yet taken by the host; the host pops them."""
    thumbnails_failed: set[str] = field(default_factory=set)
    accounts: dict[str, AccountState] = field(default_factory=dict)
    feeds: tuple[FeedInfo, ...] = ()
    """The product feeds that are searched on this machine."""
    feed: FeedProgress | None = None
    pickup_phase: Phase = Phase.IDLE
    pickup: Looked | None = None
    """What was found in the folders that downloads arrive in, and what waits for a file."""
    pickup_problem: Problem | None = None
    health_phase: Phase = Phase.IDLE
    health: tuple[MarketplaceHealth, ...] = ()
    """How the marketplaces' APIs did in the last day."""
    status: Status | None = None
    """Calls, payments and license compliance beside their goals."""
    history: dict[str, HistoryState] = field(default_factory=dict)
    """By marketplace: what was bought there before."""
    refund: RefundStep | None = None
    report_phase: Phase = Phase.IDLE
    report: Report | None = None
    report_problem: Problem | None = None
    alerts: AlertsState = field(default_factory=AlertsState)
    decisions: Decisions = field(default_factory=Decisions)
    exchange: ExchangeNote | None = None
    requests: RequestsState = field(default_factory=RequestsState)
    recognition: RecognitionState = field(default_factory=RecognitionState)
    seating: SeatingState = field(default_factory=SeatingState)
    finance: FinanceState = field(default_factory=FinanceState)
    problem: Problem | None = None
    """The last problem that belongs nowhere else."""
    revision: int = 0
    """Grows with every change, so that a host redraws only when there is something new."""
