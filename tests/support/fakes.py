"""Stand-ins for the ports that a test wants to steer: time, identifiers, and what marketplaces answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from core.marketplaces.base import (
    HistoryPage,
    HistoryRecord,
    PurchaseOutcome,
    PurchaseResult,
    QuoteBasis,
    RecordState,
)
from core.model.listing import Listing, ListingRef, MediaKind, Offer
from core.model.money import Balance, Credits, Money


class FakeClock:
    """Time that moves only when a test moves it, or when somebody sleeps."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) -> None:
        self.moment = start
        self.elapsed = 0.0

    def now(self) -> datetime:
        """Return the moment."""
        return self.moment

    def monotonic(self) -> float:
        """Return the seconds that have passed."""
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.moment += timedelta(seconds=seconds)
        self.elapsed += seconds


class CountingIds:
    """Identifiers that a test can foresee."""

    def __init__(self) -> None:
        self.count = 0

    def new(self, kind: str) -> str:
        """Return ``order_0001``, ``grant_0002`` …"""
        self.count += 1
        return f"{kind}_{self.count:04d}"

    def new_uuid(self) -> str:
        """Return a UUID that grows."""
        self.count += 1
        return str(uuid.UUID(int=self.count))


class FakeSender:
    """Answers calls by their operation: a value, an error to raise, or a function of the call.

    A list answers one call each, its last element for ever.
    """

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = answers
        self.sent: list[Any] = []

    def send(self, call: Any, info: Any, *, cancel: Any = None, on_wait: Any = None) -> Any:
        """Answer one call."""
        if cancel is not None:
            cancel.check()
        self.sent.append(call)
        answer = self.answers[call.operation]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer(call) if isinstance(answer, Callable) else answer  # type: ignore[arg-type]

    def operations(self) -> list[str]:
        """Return what was sent, by operation."""
        return [call.operation for call in self.sent]


IMAGE = Listing(
    ref=ListingRef(marketplace="shutterstock", id="123"),
    title="Oak",
    kind=MediaKind.IMAGE,
    offers=(),
    author="Contributor 9",
    editorial=False,
)
MODEL = Listing(
    ref=ListingRef(marketplace="cgtrader", id="77"),
    title="Chair",
    kind=MediaKind.MODEL,
    offers=(Offer(license_label="general", cost=Money.parse("19")),),
    author="joe",
)


def make_basis(listing: Listing, **changes: Any) -> QuoteBasis:
    """Say what a marketplace would, when asked for a quote."""
    if listing.kind is MediaKind.MODEL:
        facts: dict[str, Any] = {"license_label": "general", "cost": Money.parse("19"), "web_checkout": True}
    else:
        plan = Balance(label="Images", left=Credits(amount=10), account_id="s1")
        facts = {
            "license_label": "standard",
            "cost": Credits(amount=1),
            "accounts": (plan,),
            "variant": "huge",
        }
    return QuoteBasis(listing=listing, **{**facts, **changes})


def paid(**changes: Any) -> PurchaseResult:
    """Return a marketplace's "done"."""
    facts: dict[str, Any] = {
        "marketplace_order_id": "L1",
        "marketplace_license_id": "L1",
        "charged": Credits(amount=1),
    }
    return PurchaseResult(outcome=PurchaseOutcome.PAID, **{**facts, **changes})


def record(listing: Listing, **changes: Any) -> HistoryRecord:
    """Return an entry of a marketplace's history."""
    facts: dict[str, Any] = {
        "state": RecordState.PAID,
        "marketplace_order_id": "L1",
        "marketplace_license_id": "L1",
    }
    return HistoryRecord(ref=listing.ref, **{**facts, **changes})


def page(*records: HistoryRecord) -> HistoryPage:
    """Return a page of history."""
    return HistoryPage(records=records)
