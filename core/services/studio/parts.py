"""A studio's use cases put together, for :mod:`core.app`, the session and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from ...clock import Clock
from ...ids import Ids
from ...ledger.port import Ledger
from ...settings import Settings
from ..hand_out import HandOut
from .costs import Costs, ReadCalls
from .payments import Payments
from .rates import Rates
from .seats import Seats
from .standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """All use cases of a studio that shares a ledger."""

    standing: Standing
    payments: Payments
    rates: Rates
    costs: Costs
    seats: Seats
    hand_out: HandOut
    """Says whether a file may leave the store."""


def build_studio(
    settings: Settings, *, ledger: Ledger, clock: Clock, ids: Ids, read_calls: ReadCalls
) -> Studio:
    """Put a studio's use cases together; what they read and write through is the caller's choice."""
    standing = Standing(ledger=ledger, settings=settings)
    seats = Seats(ledger=ledger, standing=standing, clock=clock, ids=ids, device=settings.device)
    return Studio(
        standing=standing,
        payments=Payments(ledger=ledger, clock=clock, ids=ids, settings=settings, standing=standing),
        rates=Rates(ledger=ledger, clock=clock, ids=ids, standing=standing),
        costs=Costs(ledger=ledger, clock=clock, settings=settings, standing=standing, read_calls=read_calls),
        seats=seats,
        hand_out=HandOut(ledger=ledger, clock=clock, take_seat=seats.take),
    )
