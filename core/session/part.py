"""What every part of the session shares: the state, the services, and the tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..errors import ClearanceError, UserInputError
from ..host import Host
from ..marketplaces import registry
from ..marketplaces.base import MarketplaceInfo
from ..model.grant import Grant, GrantState
from ..model.listing import Listing, ListingRef, MediaKind
from ..services.accounts import Accounts
from ..services.audit_papers import AuditPapers
from ..services.buying.approve import Approve
from ..services.buying.balances import Balances
from ..services.buying.documents import Documents
from ..services.buying.history import PurchaseHistory
from ..services.buying.owned import is_same_kind, name_thing
from ..services.buying.purchase import Purchase
from ..services.buying.quote import MakeQuote
from ..services.buying.reconcile import Reconcile
from ..services.buying.web_purchase import WebPurchases
from ..services.clearing.declare import Declarations
from ..services.clearing.house import House
from ..services.clearing.resolutions import Resolutions
from ..services.clearing.terms import Terms
from ..services.delivering.check_delivery import CheckDelivery
from ..services.delivering.download import Download
from ..services.delivering.import_plan import PlanImport
from ..services.delivering.pickup import PickUp
from ..services.delivering.pictures import KeepPictures
from ..services.finding.feeds import Feeds
from ..services.finding.previews import Previews
from ..services.finding.search import Search
from ..services.health import Health
from ..services.reporting.fingerprinting import Fingerprinting
from ..services.reporting.guard import Guard
from ..services.reporting.recognize import Recognize
from ..services.reporting.report import MakeReport
from ..services.reporting.report_details import GatherDetails
from ..services.reporting.rights import ExportRights
from ..services.reporting.scan import ScanProduction
from ..services.status import TellStatus
from ..services.studio.parts import Studio
from ..services.studio.refund import Refunds
from ..services.studio.request_parts import Buying
from ..services.studio.usage import TELL_AFTER
from ..settings import Settings
from ..tasks import TaskRunner
from .state import Problem, SessionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """All use cases, built by :mod:`core.app`."""

    search: Search
    feeds: Feeds
    previews: Previews
    pictures: KeepPictures
    quote: MakeQuote
    approve: Approve
    purchase: Purchase
    reconcile: Reconcile
    download: Download
    plan_import: PlanImport
    report: MakeReport
    report_details: GatherDetails
    house: House
    resolutions: Resolutions
    audit_papers: AuditPapers
    declarations: Declarations
    terms: Terms
    scan: ScanProduction
    rights: ExportRights
    fingerprinting: Fingerprinting
    recognize: Recognize
    accounts: Accounts
    health: Health
    balances: Balances
    documents: Documents
    web_purchases: WebPurchases
    refunds: Refunds
    pickup: PickUp
    history: PurchaseHistory
    guard: Guard
    studio: Studio
    buying: Buying
    check_delivery: CheckDelivery
    status: TellStatus


class SessionPart:
    """Base of the session's parts. Main thread only."""

    def __init__(
        self,
        *,
        services: Services,
        tasks: TaskRunner,
        host: Host,
        settings: Settings,
        library: Callable[[], tuple[Grant, ...]],
    ) -> None:
        self.state = SessionState()
        self._services = services
        self._tasks = tasks
        self._host = host
        self._settings = settings
        self._library = library
        self._library_read = False
        self._told_calls_s = tasks.clock.monotonic()

    @property
    def marketplaces(self) -> tuple[MarketplaceInfo, ...]:
        """All marketplaces, in the order in which they are shown."""
        return tuple(registry.find(marketplace).INFO for marketplace in registry.all_ids())

    def load_library(self) -> None:
        """Read the active grants right here: for whoever builds the session, before anybody else uses it."""
        self._take_library(self._library())

    def refresh_library(self) -> None:
        """Read the active grants again in a worker: a studio's ledger is on the network."""
        self._tasks.submit(
            "library",
            "Reading the library",
            lambda _task: self._library(),
            on_done=self._take_library,
            on_error=self._problem,
        )

    def _take_library(self, grants: Iterable[Grant]) -> None:
        self._library_read = True
        self.state.library = list(grants)
        self.state.owned_refs = {
            name_thing(g.ref, g.kind, registry.find(g.ref.marketplace).INFO): g.id
            for g in reversed(self.state.library)
            if g.ref.marketplace in registry.MODULES
        }
        selection = self.state.selection
        if selection is not None:
            selection.owned = self._owned(selection.ref, selection.listing.kind)
        self._changed()

    def _grant(self, grant_id: str) -> Grant:
        """Return a grant that the user sees; the services look into the ledger before they do anything."""
        grant = next((g for g in self.state.library if g.id == grant_id), None)
        if grant is None or grant.state is not GrantState.ACTIVE:
            raise UserInputError(
                "That license is not in your library, or no longer. Look at the library again.",
                code="grant.unknown",
            )
        return grant

    def _owned(self, ref: ListingRef, kind: MediaKind) -> tuple[Grant, ...]:
        info = registry.find(ref.marketplace).INFO
        return tuple(
            grant for grant in self.state.library if grant.ref == ref and is_same_kind(grant.kind, kind, info)
        )

    def owns(self, listing: Listing) -> bool:
        """Say whether something of a listing is owned, under whatever license."""
        return bool(self._owned(listing.ref, listing.kind))

    def _note_owned(self, listings: Iterable[Listing]) -> None:
        if not self._library_read and any(listings):
            self._library_read = True
            self.refresh_library()

    def tell_calls(self, *, only_due: bool = False) -> None:
        """Tell the ledger in a worker how many calls were made; ``only_due``: about once an hour."""
        now_s = self._tasks.clock.monotonic()
        if only_due and now_s - self._told_calls_s < TELL_AFTER.total_seconds():
            return
        self._told_calls_s = now_s
        self._tasks.submit(
            "calls",
            "Counting calls",
            lambda _task: self._services.studio.tell_usage.run(only_due=only_due),
        )

    def _problem(self, error: ClearanceError) -> None:
        self.state.problem = Problem.of(error)
        self._changed()

    def _changed(self) -> None:
        self.state.revision += 1
