"""What a marketplace says this account bought, beside what the ledger knows; and taking over the difference.

Reads only. Taking a purchase over makes it downloadable and reportable; nothing is charged for it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ...clock import Clock
from ...errors import LedgerConflict, LedgerError, NotFound, UserInputError
from ...http.cancel import CancelToken
from ...http.message import clean_text
from ...ids import Ids
from ...ledger.port import Ledger
from ...marketplaces import registry
from ...marketplaces.base import (
    Capability,
    HistoryQuery,
    HistoryRecord,
    Marketplace,
    PurchaseOutcome,
    PurchaseResult,
    RecordState,
)
from ...model.grant import Grant
from ...model.intended_use import IntendedUse
from ...model.license import TermsSource
from ...model.listing import Listing, MediaKind
from ...model.order import Order, OrderState
from ..steps import FindMarketplace, Sender
from .owned import is_same_kind
from .past import Booked, BookPast, PastPurchase
from .quote import listing_stub, sort_kinds
from .settle import Proof, Settle

EVIDENCE = "history"
_SETTLABLE = frozenset(
    {OrderState.SUBMITTING, OrderState.UNKNOWN, OrderState.AWAITING_CHECKOUT, OrderState.FAILED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRecord:
    """An entry of the marketplace's history and what the ledger has of it."""

    record: HistoryRecord
    kind: MediaKind
    grant: Grant | None = None
    order: Order | None = None

    @property
    def adoptable(self) -> bool:
        """True when it is paid and the ledger has no license for it."""
        return self.grant is None and self.record.state is RecordState.PAID


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryList:
    """One page of history, as the marketplace orders it."""

    marketplace: str
    rows: tuple[KnownRecord, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseHistory:
    """Reads history and takes earlier purchases over."""

    ledger: Ledger
    sender: Sender
    settle: Settle
    past: BookPast
    clock: Clock
    ids: Ids
    find_marketplace: FindMarketplace = registry.find

    def load(
        self,
        marketplace: str,
        *,
        kind: MediaKind | None = None,
        since: datetime | None = None,
        cursor: str | None = None,
        cancel: CancelToken | None = None,
    ) -> HistoryList:
        """Return a page of what the account bought; raise UserInputError where no records can be read.

        Without ``kind`` all kinds come one after the other; the cursor names the one that is read. Without
        ``since`` it is up to the marketplace how far back it goes; some tell one month at a time.
        """
        module = self.find_marketplace(marketplace)
        need_history(module)
        kinds = (kind,) if kind is not None else sort_kinds(module.INFO)
        wanted, inner = _read_cursor(cursor, kinds)
        query = HistoryQuery(kind=wanted, cursor=inner, since=since)
        page = self.sender.send(module.history(query), module.INFO, cancel=cancel)
        following = kinds[kinds.index(wanted) + 1 :]
        if page.next_cursor is not None:
            next_cursor: str | None = f"{wanted} {page.next_cursor}"
        else:
            next_cursor = f"{following[0]} " if following else None
        return HistoryList(
            marketplace=marketplace,
            rows=tuple(self.compare(record, record.kind or wanted) for record in page.records),
            next_cursor=next_cursor,
        )

    def compare(self, record: HistoryRecord, kind: MediaKind) -> KnownRecord:
        """Say what the ledger has of an entry: by license, by our key, or by the marketplace's order."""
        info = self.find_marketplace(record.ref.marketplace).INFO
        orders = self.ledger.orders(ref=record.ref)
        grant = next(
            (
                grant
                for grant in self.ledger.grants_for(record.ref)
                if record.marketplace_license_id
                and is_same_kind(grant.kind, kind, info)
                and grant.marketplace_license_id == record.marketplace_license_id
            ),
            None,
        )
        order = _order_of(record, grant, orders)
        if grant is None and order is not None:
            found = self.ledger.grant_for_order(order.id)
            # One order of theirs can have two licenses of one listing; ours with another id is another one.
            both = found is not None and found.marketplace_license_id and record.marketplace_license_id
            grant = None if both else found
        return KnownRecord(record=record, kind=kind, grant=grant, order=order)

    def adopt(
        self,
        record: HistoryRecord,
        use: IntendedUse,
        *,
        kind: MediaKind,
        actor: str,
        license_label: str = "",
        cancel: CancelToken | None = None,
    ) -> Booked:
        """Take an earlier purchase over; what the ledger has already is returned as it is.

        ``license_label`` counts only where the record names none, and is marked as the user's word. Raises
        UserInputError for a record that is not paid, PurchaseInDoubt when an order of ours for it is open.
        """
        module = self.find_marketplace(record.ref.marketplace)
        need_history(module)
        known = self.compare(record, kind)
        if known.grant is not None and known.order is not None:
            return Booked(order=known.order, grant=known.grant, new=False)
        if record.state is not RecordState.PAID:
            raise UserInputError(
                f"{module.INFO.name} does not say that this was paid. It says: "
                f"{record.raw_state or record.state}.",
                code="history.not_paid",
            )
        if not (record.marketplace_order_id or record.marketplace_license_id):
            # Taken over twice it could not be told from a second purchase.
            raise UserInputError(
                f"{module.INFO.name} names neither an order nor a license for this. Enter it by the order "
                "number on its invoice.",
                code="history.unnamed",
            )
        proof = Proof(evidence=EVIDENCE, bought_at=record.at)
        if known.order is not None and known.order.state in _SETTLABLE:
            return self._settle_own(known.order, record, proof, actor)
        listing = self._listing(module, record, kind, cancel)
        typed = clean_text(license_label, limit=120)
        past = PastPurchase(
            ref=record.ref,
            title=listing.title,
            author=listing.author,
            kind=listing.kind,
            license_label=record.license_label or typed,
            source=TermsSource.USER if typed and not record.license_label else TermsSource.MARKETPLACE,
            cost=record.charged,
            marketplace_order_id=record.marketplace_order_id,
            marketplace_license_id=record.marketplace_license_id,
            variant=record.variant,
            account_id=record.account_id,
            editorial=listing.editorial,
            bought_at=record.at or self.clock.now(),
        )
        try:
            return self.past.run(
                past,
                use,
                order_id=self.ids.new("order"),
                proof=Proof(evidence=EVIDENCE, bought_at=record.at, source=past.source),
                actor=actor,
                reason="bought before, by the marketplace's own records",
            )
        except LedgerConflict:
            # Somebody else took it over at the same moment; their word is as good as ours.
            known = self.compare(record, kind)
            if known.grant is None or known.order is None:
                raise
            return Booked(order=known.order, grant=known.grant, new=False)

    def _settle_own(self, order: Order, record: HistoryRecord, proof: Proof, actor: str) -> Booked:
        """Settle an order of ours whose end was not known: the record carries its key or number."""
        result = PurchaseResult(
            outcome=PurchaseOutcome.PAID,
            marketplace_order_id=record.marketplace_order_id,
            marketplace_license_id=record.marketplace_license_id,
            license_label=record.license_label,
            charged=record.charged,
        )
        paid = self.settle.paid(order, result, actor=actor, proof=proof)
        grant = self.ledger.grant_for_order(paid.id)
        if grant is None:
            raise LedgerError(
                "The order is paid, but its license is not in the ledger; restore it from a backup.",
                context={"order_id": paid.id},
            )
        return Booked(order=paid, grant=grant)

    def _listing(
        self, module: Marketplace, record: HistoryRecord, kind: MediaKind, cancel: CancelToken | None
    ) -> Listing:
        """Read the listing for its title and author; what is no longer on sale is named by its id."""
        try:
            return self.sender.send(module.listing(record.ref, kind), module.INFO, cancel=cancel)
        except NotFound:
            return listing_stub(record.ref, kind)


def need_history(module: Marketplace) -> None:
    """Raise UserInputError where a marketplace has no records that a program can read."""
    if Capability.HISTORY not in module.INFO.capabilities:
        raise UserInputError(
            f"{module.INFO.name} has no list of purchases that a program can read. Enter what was bought "
            "there by its order number.",
            code="history.not_offered",
        )


def _read_cursor(cursor: str | None, kinds: tuple[MediaKind, ...]) -> tuple[MediaKind, str | None]:
    """Return which kind is read next, and the marketplace's own cursor; UserInputError for no cursor."""
    if cursor is None:
        return kinds[0], None
    name, _, inner = cursor.partition(" ")
    wanted = next((kind for kind in kinds if kind == name), None)
    if wanted is None:
        raise UserInputError(
            "That is no page of this list. Read it from the start.", code="user_input.cursor"
        )
    return wanted, inner or None


def _order_of(record: HistoryRecord, grant: Grant | None, orders: Iterable[Order]) -> Order | None:
    """Return the order that a record is about: its grant's, else by our key, else by their number."""
    if grant is not None:
        return next((order for order in orders if order.id == grant.order_id), None)
    for order in orders:
        if record.key and order.key == record.key:
            return order
        if record.marketplace_order_id and order.marketplace_order_id == record.marketplace_order_id:
            return order
    return None
