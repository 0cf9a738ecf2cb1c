"""The composition root: the only place where ports are bound to what is real.

Hosts, the command line and tests build an :class:`App` here and give it what they want to be different.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .app_network import Network, build_network
from .clock import Clock, SystemClock
from .credentials import open_credentials
from .credentials.port import CredentialStore
from .feeds.catalogue import FeedCatalogue
from .files.lasting import LastingFiles
from .files.picture_folder import PictureFolder
from .files.store import Store
from .host import Host
from .http.cancel import pause_with
from .http.client import Client
from .http.routes import Routes
from .http.transport import RequestsTransport, Transport
from .ids import Ids, RandomIds
from .ledger.choose import open_chosen_ledger
from .ledger.port import Ledger
from .licenses import LicenseCatalogue
from .model.grant import GrantState
from .services.accounts import Accounts
from .services.audit_papers import AuditPapers
from .services.buying.balances import Balances
from .services.buying.documents import Documents
from .services.buying.quote import MakeQuote
from .services.clearing.declare import Declarations
from .services.clearing.house import House
from .services.clearing.resolutions import Resolutions
from .services.clearing.terms import Terms
from .services.delivering.check_delivery import CheckDelivery
from .services.delivering.download import Download
from .services.delivering.import_plan import PlanImport
from .services.delivering.pickup import PickUp
from .services.delivering.pictures import KeepPictures
from .services.delivering.shared_files import SharedFiles
from .services.finding.feeds import Feeds
from .services.finding.previews import Previews
from .services.finding.search import Search
from .services.reporting.alert_file import AlertFile
from .services.reporting.fingerprinting import Fingerprinting
from .services.reporting.guard import Guard
from .services.reporting.known_content import KeptIndex
from .services.reporting.recognize import Recognize
from .services.reporting.report import MakeReport
from .services.reporting.report_details import GatherDetails
from .services.reporting.rights import ExportRights
from .services.reporting.scan import ScanProduction
from .services.status import TellStatus
from .services.studio.gate import Gate
from .services.studio.limits import Limits
from .services.studio.parts import build_studio
from .services.studio.purchase_parts import build_single_buying
from .services.studio.request_parts import build_buying
from .session.controller import SessionController
from .session.part import Services
from .settings import Settings
from .shared_store.keys import KeysInKeyring
from .shared_store.opening import open_shared_store
from .tasks import TaskRunner


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that runs, in one place."""

    settings: Settings
    host: Host
    clock: Clock
    ledger: Ledger
    store: Store
    transport: Transport
    client: Client
    services: Services
    tasks: TaskRunner
    session: SessionController

    def close(self) -> bool:
        """End workers and let go of the database; True when every worker ended in time."""
        ended = self.tasks.close()
        self.client.close()
        self.transport.close()
        self.ledger.close()
        return ended


def build_app(
    settings: Settings,
    *,
    host: Host,
    environ: Mapping[str, str] | None = None,
    home: Path | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    transport: Transport | None = None,
    credentials: CredentialStore | None = None,
    ledger: Ledger | None = None,
) -> App:
    """Put everything together; what is given replaces what is real.

    Opens the ledger (and makes it where there is none), starts no thread, and makes no connection. Raises
    LedgerError when the ledger cannot be opened, UserInputError for settings that cannot be.
    """
    environ = os.environ if environ is None else environ
    clock = clock or SystemClock()
    ids = ids or RandomIds()
    pause = pause_with(clock)
    transport = transport or RequestsTransport(monotonic=clock.monotonic)
    credentials = credentials or open_credentials(
        settings.data_dir, passphrase=environ.get("CLEARANCE_PASSPHRASE"), environ=environ
    )
    ledger = ledger or open_chosen_ledger(
        path=settings.ledger_path, address=settings.ledger_url, user=settings.user, secrets=credentials
    )
    store = Store(settings.store_dir, clock=clock)
    pickup = PickUp(
        ledger=ledger,
        store=store,
        clock=clock,
        settings=settings,
        environ=environ,
        home=home or Path.home(),
        platform=sys.platform,
    )
    network = build_network(
        settings, host=host, clock=clock, pause=pause, transport=transport, credentials=credentials
    )
    services = _build_services(
        settings,
        host=host,
        clock=clock,
        ids=ids,
        ledger=ledger,
        store=store,
        network=network,
        credentials=credentials,
        pickup=pickup,
    )
    tasks = TaskRunner(clock=clock)
    session = SessionController(
        services=services,
        tasks=tasks,
        host=host,
        settings=settings,
        library=lambda: ledger.grants(state=GrantState.ACTIVE),
    )
    return App(
        settings=settings,
        host=host,
        clock=clock,
        ledger=ledger,
        store=store,
        transport=transport,
        client=network.client,
        services=services,
        tasks=tasks,
        session=session,
    )


def _build_services(
    settings: Settings,
    *,
    host: Host,
    clock: Clock,
    ids: Ids,
    ledger: Ledger,
    store: Store,
    network: Network,
    credentials: CredentialStore,
    pickup: PickUp,
) -> Services:
    client = network.client
    catalogue = LicenseCatalogue.load()
    house = House(ledger=ledger, catalogue=catalogue, settings=settings)
    feeds = Feeds(catalogue=FeedCatalogue(settings.feeds_dir, clock=clock))
    check = CheckDelivery(ledger=ledger, store=store, clock=clock, ids=ids, find_listing=feeds.listing)
    documents = Documents(ledger=ledger, store=store, clock=clock)
    shared = _open_shared_files(settings, ledger=ledger, store=store, clock=clock, credentials=credentials)
    studio = build_studio(
        settings,
        documents=documents,
        catalogue=catalogue,
        ids=ids,
        usage_log=network.health.log,
        shared=shared,
    )
    quote = MakeQuote(
        ledger=ledger,
        sender=client,
        catalogue=catalogue,
        clock=clock,
        ids=ids,
        settings=settings,
        house=house,
        find_listing=feeds.listing,
    )
    accounts = Accounts(credentials=credentials, tokens=network.tokens, sender=client)
    balances = Balances(accounts)
    previews = Previews(client=client)
    pictures = KeepPictures(
        folder=PictureFolder(root=settings.pictures_dir),
        ledger=ledger,
        store=store,
        previews=previews,
        sender=client,
        find_listing=feeds.listing,
    )
    report = MakeReport(ledger=ledger, clock=clock, catalogue=catalogue, house=house)
    gate = Gate(limits=Limits(ledger=ledger, clock=clock, ids=ids, standing=studio.standing))
    single = build_single_buying(
        quote,
        documents,
        pay=studio.payments,
        gate=gate,
        balances=balances,
        place=Routes(settings.sandbox_url or None).wire,
    )
    return Services(
        search=Search(sender=client, feeds=feeds, opted_in=settings.opted_in),
        feeds=feeds,
        previews=previews,
        pictures=pictures,
        quote=quote,
        approve=single.approve,
        purchase=single.purchase,
        reconcile=single.reconcile,
        download=Download(
            ledger=ledger,
            sender=client,
            downloader=network.downloader,
            store=store,
            clock=clock,
            fresh_links=single.fresh_links,
            hand_out=studio.hand_out,
            check=check,
            shared=shared,
        ),
        plan_import=PlanImport(
            ledger=ledger,
            store=store,
            lasting=LastingFiles(settings.library_dir, store=store),
            host=host,
            hand_out=studio.hand_out,
        ),
        report=report,
        report_details=GatherDetails(ledger=ledger, catalogue=catalogue, pictures=pictures),
        house=house,
        resolutions=Resolutions(ledger=ledger, store=store, clock=clock, ids=ids),
        declarations=Declarations(ledger=ledger, store=store, clock=clock, ids=ids),
        terms=Terms(ledger=ledger, catalogue=catalogue, clock=clock),
        scan=ScanProduction(
            ledger=ledger,
            clock=clock,
            cache_path=settings.scan_cache_path,
            catalogue=catalogue,
            decide=report.decide,
        ),
        audit_papers=AuditPapers(
            ledger=ledger,
            credentials=credentials,
            clock=clock,
            ledger_name=settings.ledger_url or str(settings.ledger_path),
        ),
        rights=ExportRights(ledger=ledger, clock=clock, catalogue=catalogue),
        fingerprinting=Fingerprinting(ledger=ledger, store=store),
        recognize=Recognize(ledger=ledger, clock=clock, index=KeptIndex(ledger), name_of=catalogue.name_of),
        accounts=accounts,
        health=network.health,
        status=TellStatus(ledger=ledger, health=network.health, clock=clock),
        balances=balances,
        documents=documents,
        web_purchases=single.web_purchases,
        refunds=single.refunds,
        pickup=replace(pickup, check=check, shared=shared),
        check_delivery=check,
        history=single.history,
        guard=Guard(
            judge=report.judge, ledger=ledger, clock=clock, read_settings=AlertFile.of(settings).read
        ),
        studio=studio,
        buying=build_buying(
            studio.standing,
            quote,
            purchase=single.purchase,
            web_purchases=single.web_purchases,
            reconcile=single.reconcile,
        ),
    )


def _open_shared_files(
    settings: Settings, *, ledger: Ledger, store: Store, clock: Clock, credentials: CredentialStore
) -> SharedFiles | None:
    keys = KeysInKeyring(credentials=credentials)
    opened = open_shared_store(
        settings.shared_store, sealing=settings.shared_store_sealed, read_keys=keys.read
    )
    if opened is None:
        return None
    return SharedFiles(ledger=ledger, store=store, clock=clock, shared=opened, keys=keys)
