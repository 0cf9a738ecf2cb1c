"""A studio's use cases put together, for :mod:`core.app`, the session and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from ...ids import Ids
from ...licenses import LicenseCatalogue
from ...settings import Settings
from ..buying.documents import Documents
from ..delivering.hand_out import HandOut
from ..delivering.shared_files import SharedFiles
from .agreements import Agreements
from .budgets import Budgets
from .costs import Costs
from .finance import Finance
from .invoice_import import InvoiceImport
from .invoice_match import InvoiceMatching
from .invoicing import InvoicingFile
from .issuing import Issuing
from .payments import Payments
from .rates import Rates
from .renewals import Renewals
from .seats import Seats
from .standing import Standing
from .usage import TellUsage, UsageLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """All use cases of a studio that shares a ledger."""

    standing: Standing
    payments: Payments
    rates: Rates
    costs: Costs
    tell_usage: TellUsage
    finance: Finance
    invoice_import: InvoiceImport
    invoice_matching: InvoiceMatching
    issuing: Issuing
    seats: Seats
    agreements: Agreements
    renewals: Renewals
    hand_out: HandOut
    """Says whether a file may leave the store."""
    shared: SharedFiles | None
    """None where each machine keeps its own files."""


def build_studio(
    settings: Settings,
    *,
    documents: Documents,
    catalogue: LicenseCatalogue,
    ids: Ids,
    usage_log: UsageLog | None,
    shared: SharedFiles | None,
) -> Studio:
    """Put a studio's use cases together, on the ledger and store of its documents."""
    ledger, store, clock = documents.ledger, documents.store, documents.clock
    standing = Standing(ledger=ledger, settings=settings)
    seats = Seats(ledger=ledger, standing=standing, clock=clock, ids=ids, device=settings.device)
    costs = Costs(ledger=ledger, clock=clock, settings=settings, standing=standing)
    matching = InvoiceMatching(ledger=ledger, store=store, clock=clock, standing=standing)
    return Studio(
        standing=standing,
        payments=Payments(ledger=ledger, clock=clock, ids=ids, settings=settings, standing=standing),
        rates=Rates(ledger=ledger, clock=clock, ids=ids, standing=standing),
        costs=costs,
        tell_usage=TellUsage(ledger=ledger, clock=clock, standing=standing, log=usage_log),
        finance=Finance(
            ledger=ledger,
            clock=clock,
            standing=standing,
            budgets=Budgets(ledger=ledger, clock=clock, ids=ids, standing=standing),
            costs=costs,
            matching=matching,
        ),
        invoice_import=InvoiceImport(
            ledger=ledger, store=store, clock=clock, ids=ids, standing=standing, matching=matching
        ),
        invoice_matching=matching,
        issuing=Issuing(
            ledger=ledger,
            store=store,
            clock=clock,
            ids=ids,
            standing=standing,
            costs=costs,
            read_invoicing=InvoicingFile(settings.invoicing or settings.data_dir / "invoicing.toml").read,
        ),
        seats=seats,
        agreements=Agreements(
            ledger=ledger, store=store, catalogue=catalogue, standing=standing, clock=clock, ids=ids
        ),
        renewals=Renewals(
            ledger=ledger,
            documents=documents,
            standing=standing,
            clock=clock,
            ids=ids,
        ),
        hand_out=HandOut(ledger=ledger, clock=clock, take_seat=seats.take),
        shared=shared,
    )
