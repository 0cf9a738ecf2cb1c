"""What ``clearance scan`` runs on: the ledger and little else.

Importing marketplaces, feeds and importers as well takes as long as reading two hundred files.
"""

from __future__ import annotations

from collections.abc import Mapping

from .clock import SystemClock
from .credentials import open_credentials
from .ledger.choose import open_chosen_ledger
from .ledger.port import Ledger
from .licenses import LicenseCatalogue
from .model.declaration import Declaration
from .model.findings import Verdict
from .model.grant import Grant
from .model.intended_use import IntendedUse
from .services.reporting.scan import ScanProduction
from .settings import Settings


def open_ledger_alone(settings: Settings, *, environ: Mapping[str, str]) -> Ledger:
    """Open the ledger as an app does. Raises LedgerError, UserInputError."""
    credentials = open_credentials(
        settings.data_dir, passphrase=environ.get("CLEARANCE_PASSPHRASE"), environ=environ
    )
    return open_chosen_ledger(
        path=settings.ledger_path, address=settings.ledger_url, user=settings.user, secrets=credentials
    )


def build_scan(settings: Settings, *, ledger: Ledger) -> ScanProduction:
    """Put together what scans, as it is in an app."""
    clock, catalogue = SystemClock(), LicenseCatalogue.load()

    def decide(
        grants: Mapping[str, Grant], declarations: Mapping[str, Declaration], use: IntendedUse
    ) -> Mapping[str, tuple[Verdict, str]]:
        from .services.clearing.house import House
        from .services.reporting.report import MakeReport

        house = House(ledger=ledger, catalogue=catalogue, settings=settings)
        report = MakeReport(ledger=ledger, clock=clock, catalogue=catalogue, house=house)
        return report.decide(grants, declarations, use)

    return ScanProduction(
        ledger=ledger,
        clock=clock,
        cache_path=settings.scan_cache_path,
        catalogue=catalogue,
        decide=decide,
    )
