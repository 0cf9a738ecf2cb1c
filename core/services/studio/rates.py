"""Dated exchange rates, and what contracts charge for calls and downloads: noted by hand, with a source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ...billing.card_numbers import refuse_card_numbers
from ...billing.exchange import parse_rate
from ...clock import Clock
from ...errors import LedgerConflict, UserInputError
from ...http.message import clean_text
from ...ids import Ids
from ...ledger.port import Ledger
from ...marketplaces import registry
from ...model.audit import AuditEvent
from ...model.currencies import is_currency
from ...model.money import Money
from ...model.payment import ExchangeRate, UsagePrice
from ...policy.roles import Act
from ..steps import FindMarketplace
from .standing import Standing

MAX_SOURCE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Notes rates and prices; nothing is fetched, nothing is changed afterwards."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    standing: Standing
    find_marketplace: FindMarketplace = registry.find

    def set_rate(self, base: str, quote: str, rate: str, *, valid_on: date, source: str) -> ExchangeRate:
        """Note a rate: so many units of ``quote`` for one of ``base``. Raises NotAllowed, UserInputError."""
        actor = self.standing.require(Act.SET_RATE)
        base, quote = base.strip().upper(), quote.strip().upper()
        for code in (base, quote):
            if not is_currency(code):
                raise _bad(f"“{code[:20]}” is not a currency. Write it with three letters, such as EUR.")
        if base == quote:
            raise _bad("A rate is between two currencies.")
        try:
            number = parse_rate(rate)
        except ValueError as error:
            raise _bad(f"“{rate[:40]}” is not a rate: {error}. Write it such as 0.9217.") from None
        said = clean_text(source, limit=MAX_SOURCE)
        refuse_card_numbers(source=source)
        if not said:
            raise _bad("Say where the rate is from, such as ECB.")
        now = self.clock.now()
        if valid_on > now.date():
            raise _bad(f"{valid_on.isoformat()} is still to come; there is no rate for it yet.")
        made = ExchangeRate(
            id=self.ids.new("rate"),
            base=base,
            quote=quote,
            rate=f"{number:f}",
            valid_on=valid_on,
            source=said,
            set_by=actor,
            set_at=now,
        )
        details = (
            ("pair", f"{base}/{quote}"),
            ("rate", made.rate),
            ("valid_on", valid_on.isoformat()),
            ("source", said),
        )
        try:
            with self.ledger.transaction() as work:
                work.add(made)
                work.record(
                    AuditEvent(action="rate.set", subject=made.id, actor=actor, at=now, details=details)
                )
        except LedgerConflict:
            raise UserInputError(
                f"There is a rate {base}/{quote} of {valid_on.isoformat()} from {said} already; rates "
                "are never changed. Name the source another way, such as “ECB, corrected”: the last counts.",
                code="rate.known",
            ) from None
        return made

    def rates(self, *, base: str = "", quote: str = "") -> tuple[ExchangeRate, ...]:
        """Return the rates, the newest day first."""
        found = [
            rate
            for rate in self.ledger.values(ExchangeRate)
            if base.upper() in ("", rate.base) and quote.upper() in ("", rate.quote)
        ]
        return tuple(sorted(found, key=lambda rate: (rate.valid_on, rate.set_at), reverse=True))

    def set_price(
        self,
        marketplace: str,
        operation: str,
        amount: Money,
        *,
        per: int,
        starts_on: date,
        ends_on: date | None = None,
    ) -> UsagePrice:
        """Note what a contract charges: ``amount`` for ``per`` calls of an operation, or downloads."""
        actor = self.standing.require(Act.SET_RATE)
        info = self.find_marketplace(marketplace).INFO
        name = clean_text(operation, limit=60).lower().replace(" ", "_").replace("-", "_")
        if not name:
            raise _bad("Say what is charged for: download, or a call such as search.")
        if not is_currency(amount.currency) or amount.minor <= 0:
            raise _bad("A price is above zero and has a currency, such as 0.05 USD.")
        if not 1 <= per <= 10**9:
            raise _bad("Say for how many of them the price is: 1 or more.")
        if ends_on is not None and ends_on < starts_on:
            raise _bad("A price does not end before it starts.")
        now = self.clock.now()
        made = UsagePrice(
            id=self.ids.new("usage_price"),
            marketplace=info.id,
            operation=name,
            amount=amount,
            per=per,
            starts_on=starts_on,
            ends_on=ends_on,
            set_by=actor,
            set_at=now,
        )
        with self.ledger.transaction() as work:
            work.add(made)
            work.record(
                AuditEvent(
                    action="usage_price.set",
                    subject=made.id,
                    actor=actor,
                    at=now,
                    details=(
                        ("marketplace", info.id),
                        ("operation", name),
                        ("amount", str(amount)),
                        ("per", str(per)),
                        ("starts_on", starts_on.isoformat()),
                    ),
                )
            )
        return made

    def prices(self) -> tuple[UsagePrice, ...]:
        """Return what contracts charge, as it was noted."""
        return self.ledger.values(UsagePrice)


def _bad(message: str) -> UserInputError:
    return UserInputError(message, code="rate.invalid")
