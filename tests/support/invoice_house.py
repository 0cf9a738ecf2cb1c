"""A studio with a client, which buys, takes invoices in, and writes its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fakes import CountingIds, paid
from shops import Shop, open_shop

from core.billing.invoicing_file import Invoicing, parse_invoicing
from core.http.health import HealthLog
from core.model.listing import ListingRef
from core.model.money import Money
from core.model.people import Project
from core.services.studio.invoice_import import TypedInvoice
from core.services.studio.parts import Studio, build_studio

PARTIES = parse_invoicing(
    """
[studio]
name = "Studio <Łódź>"
street = "Hauptstr. 1"
postal_code = "10115"
city = "Berlin"
country = "DE"
vat_id = "DE123456789"
tax_number = "30/123"
iban = "DE89 3704 0044 0532 0130 00"
payment_days = 30
[clients.acme]
name = "ACME Corp."
country = "FR"
""",
    name="invoicing.toml",
)


@dataclass
class House:
    """A shop with a studio's use cases."""

    shop: Shop
    studio: Studio
    folder: Path

    def buy(
        self,
        minor: int = 2900,
        *,
        item: str = "7",
        number: str = "W-77",
        title: str = "",
        currency: str = "EUR",
    ) -> Any:
        """Buy something of the agency."""
        price = Money(minor=minor, currency=currency)
        listing = replace(self.shop.agency.basis.listing, ref=ListingRef(marketplace="agency", id=item))
        basis = replace(self.shop.agency.basis, cost=price, listing=listing)
        if title:
            basis = replace(basis, listing=replace(basis.listing, title=title))
        self.shop.agency.basis = basis
        answer = paid(license_label="Standard", charged=price)
        self.shop.sender.answers["purchase"] = replace(
            answer, marketplace_order_id=number, marketplace_license_id=f"L-{number}"
        )
        return self.shop.purchase.run(self.shop.agreed(self.shop.agency).id, actor="ann")

    def file(self, name: str, data: bytes) -> Path:
        """Put a file on the disk."""
        path = self.folder / name
        path.write_bytes(data)
        return path

    def take_in(self, data: bytes, name: str = "a.xml", **typed: Any) -> Any:
        """Import an invoice."""
        return self.studio.invoice_import.run(self.file(name, data), TypedInvoice(**typed))


@contextmanager
def open_house(folder: Path, parties: Invoicing = PARTIES) -> Iterator[House]:
    """Open a studio of one, with a project for a client."""
    with open_shop(folder / "data") as shop, closing(HealthLog(folder / "health.sqlite")) as log:
        settings = replace(shop.settings, home_currency="EUR")
        studio = build_studio(
            settings,
            documents=shop.documents,
            catalogue=shop.catalogue,
            ids=CountingIds(),
            usage_log=log,
            shared=None,
        )
        studio = replace(studio, issuing=replace(studio.issuing, read_invoicing=lambda: parties))
        shop.purchase = replace(shop.purchase, settle=replace(shop.purchase.settle, pay=studio.payments))
        shop.refunds = replace(shop.refunds, pay=studio.payments)
        with shop.ledger.transaction() as work:
            work.add(
                Project(id="film", name="Film", client="ACME", created_at=shop.clock.now(), created_by="ada")
            )
        yield House(shop=shop, studio=studio, folder=folder)
