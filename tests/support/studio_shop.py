"""A studio over a shop: its people, each with their own use cases over one ledger, and what they may do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fake_marketplaces import AGENCY, FakeMarketplace, make_listing
from fakes import CountingIds, paid
from shops import Shop, open_shop

from core.errors import NotFound
from core.ledger.port import Ledger, LedgerTransaction
from core.marketplaces.base import ANY, HistoryPage, PurchaseResult, QuoteBasis, Wanted
from core.model.intended_use import IntendedUse
from core.model.listing import Listing, ListingRef, MediaKind
from core.model.money import Money
from core.model.people import Member, Project, ProjectMember, Role
from core.services.clearing.house import House
from core.services.studio.cart_file import WantedItem
from core.services.studio.request_parts import Buying, build_buying
from core.services.studio.standing import Standing

USE = IntendedUse(name="Spot")
NAMES = ("cgtrader", "agency")
LABEL = "royalty_free"
"""A license of the first of them that allows the use."""
JOINED = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = {
    "ada": (Role.ADMIN,),
    "ida": (Role.ARTIST,),
    "ivo": (Role.ARTIST,),
    "pia": (Role.APPROVER,),
    "lea": (Role.ARTIST, Role.APPROVER),
    "ben": (Role.BUYER,),
    "fin": (Role.FINANCE,),
    "leo": (Role.LEGAL,),
    "otto": (Role.AUDITOR,),
}
"""Who works in the studio; all but ivo on the project ``film``, ivo on ``game``."""


def add_people(work: LedgerTransaction) -> None:
    """Add the studio's people and its two projects."""
    for project in ("film", "game"):
        work.add(
            Project(id=project, name=project.title(), created_at=JOINED, created_by="ada", department="cg")
        )
    for login, roles in PEOPLE.items():
        work.add(Member(id=login, name=login.title(), roles=roles, added_at=JOINED, added_by="ada"))
        project = "game" if login == "ivo" else "film"
        work.add(
            ProjectMember(
                id=f"{project}/{login}/1",
                project_id=project,
                member_id=login,
                added_at=JOINED,
                added_by="ada",
            )
        )


def usd(amount: int | str) -> Money:
    """Return so many dollars."""
    return Money.parse(amount, "USD")


@dataclass
class StudioShop:
    """A shop with three marketplaces that a test steers, and the people who buy there."""

    shop: Shop
    market: FakeMarketplace
    """Sells under a license that allows the use."""
    other: FakeMarketplace
    """Another one like it."""
    ids: CountingIds = field(default_factory=CountingIds)
    bought: list[str] = field(default_factory=list)

    def find(self, marketplace: str) -> Any:
        """Find a marketplace, the steered ones first."""
        steered = {self.market.INFO.id: self.market, self.other.INFO.id: self.other}
        return steered.get(marketplace) or self.shop.quote.find_marketplace(marketplace)

    def studio(self, user: str, *, ledger: Ledger | None = None, **settings: Any) -> Buying:
        """Return the use cases of one person, over the shop's ledger or another one."""
        shop, book = self.shop, ledger or self.shop.ledger
        changed = replace(shop.settings, user=user, **settings)
        house = House(ledger=book, catalogue=shop.catalogue, settings=changed)
        settle = replace(shop.purchase.settle, ledger=book, ids=self.ids)
        given: dict[str, Any] = {"ledger": book, "settings": changed, "find_marketplace": self.find}
        return build_buying(
            Standing(ledger=book, settings=changed),
            replace(shop.quote, house=house, ids=self.ids, **given),
            purchase=replace(shop.purchase, settle=settle, ids=self.ids, **given),
            web_purchases=replace(shop.web, settle=settle, ids=self.ids, **given),
            reconcile=replace(shop.reconcile, settle=settle, **given),
        )

    def add_people(self) -> None:
        """Make the ledger a studio's."""
        with self.shop.ledger.transaction() as work:
            add_people(work)

    def request(
        self, user: str, *numbers: str, fake: FakeMarketplace | None = None, reason: str = "for shot 10"
    ) -> str:
        """Put listings into a cart, and return its id."""
        cart = self.studio(user).requests.cart
        request = cart.new(USE, reason=reason)
        cart.add(request.id, [want(fake or self.market, number) for number in numbers])
        return request.id

    def approved(self, *numbers: str, user: str = "ida", by: str = "pia", **facts: Any) -> str:
        """Have a request approved, and return its id."""
        request_id = self.request(user, *numbers, **facts)
        self.studio(user).requests.submit.run(request_id)
        self.studio(by).requests.decide.approve(request_id)
        return request_id


def want(fake: FakeMarketplace, number: str, **facts: Any) -> WantedItem:
    """Want something of a steered marketplace."""
    ref = ListingRef(marketplace=fake.INFO.id, id=number)
    return WantedItem(**{"ref": ref, "kind": MediaKind.MODEL, **facts})


class Market(FakeMarketplace):
    """A marketplace that sells every number for one price, or for one of its own."""

    def __init__(self, info: Any, *, label: str, price: Any) -> None:
        super().__init__(info)
        self.label = label
        self.price = price
        self.prices: dict[str, Any] = {}
        self.facts: dict[str, Any] = {}
        self.missing: set[str] = set()
        self.asked: list[str] = []

    def quote(self, listing: Listing, wanted: Wanted = ANY) -> Any:
        """Quote whatever is asked for; no call is made."""
        yield from ()
        number = listing.ref.id
        self.asked.append(number)
        if number in self.missing:
            raise NotFound(f"There is no {number} there.", marketplace=self.INFO.id)
        given: dict[str, Any] = {
            "listing": make_listing(self.INFO, number, title=f"Prop {number}"),
            "license_label": wanted.license_label or self.label,
            "cost": self.prices.get(number, self.price),
            "variant": wanted.variant,
            **self.facts,
        }
        return QuoteBasis(**given)


@contextmanager
def open_studio_shop(folder: Path) -> Iterator[StudioShop]:
    """Open a studio's shop with an empty ledger; nobody is a member yet."""
    with open_shop(folder) as shop:
        infos = [
            replace(AGENCY, id=name, name=name.title(), kinds=frozenset({MediaKind.MODEL})) for name in NAMES
        ]
        made = StudioShop(
            shop=shop,
            market=Market(infos[0], label=LABEL, price=usd(29)),
            other=Market(infos[1], label="Standard", price=usd(10)),
        )

        def sell(_call: Any) -> PurchaseResult:
            number = f"L{len(made.bought) + 1}"
            made.bought.append(number)
            return paid(marketplace_order_id=number, marketplace_license_id=number, charged=None)

        shop.sender.answers["purchase"] = sell
        shop.sender.answers["history"] = HistoryPage(records=())
        yield made
