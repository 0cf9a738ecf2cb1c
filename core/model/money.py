"""Amounts: money in integer minor units, and credits (downloads, allowances) in whole units."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

UNSTATED_CURRENCY = "XXX"
"""ISO 4217's code for "no currency": the marketplace named an amount but no currency."""

# ISO 4217 exponents that are not 2 (https://www.iso.org/iso-4217-currency-codes.html).
_EXPONENTS = {
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
    "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount of money. ``minor`` is in the currency's smallest unit (cents), never a float."""

    minor: int
    currency: str = UNSTATED_CURRENCY

    @classmethod
    def parse(cls, amount: str | int | Decimal, currency: str = UNSTATED_CURRENCY) -> Money:
        """Read a decimal amount ("19", "12.0", Decimal) exactly; raise ValueError for anything else."""
        try:
            value = Decimal(str(amount).strip())
        except InvalidOperation:
            raise ValueError(f"{amount!r} is not an amount of money") from None
        if not value.is_finite():
            raise ValueError(f"{amount!r} is not an amount of money")
        scaled = value.scaleb(_EXPONENTS.get(currency, 2))
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{amount!r} has more decimals than {currency} has")
        return cls(minor=int(scaled), currency=currency)

    @classmethod
    def rounded(cls, amount: Decimal, currency: str) -> Money:
        """Return an amount that was worked out, in the currency's smallest unit; halves away from zero."""
        minor = amount.scaleb(_EXPONENTS.get(currency, 2)).to_integral_value(ROUND_HALF_UP)
        return cls(minor=int(minor), currency=currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units."""
        return Decimal(self.minor).scaleb(-_EXPONENTS.get(self.currency, 2))

    def __str__(self) -> str:
        places = _EXPONENTS.get(self.currency, 2)
        number = f"{self.decimal:,.{places}f}"
        return number if self.currency == UNSTATED_CURRENCY else f"{number} {self.currency}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credits:
    """An amount of a marketplace's own unit, such as downloads of a subscription's allotment."""

    amount: int
    unit: str = "download"

    def __str__(self) -> str:
        return f"{self.amount:,} {self.unit}{'' if self.amount == 1 else 's'}"


Cost = Money | Credits


def encode_cost(cost: Cost | None) -> str | None:
    """Write a cost as text for the ledger and for hashes: ``money:1900:USD``, ``credits:1:download``."""
    match cost:
        case None:
            return None
        case Money():
            return f"money:{cost.minor}:{cost.currency}"
        case Credits():
            return f"credits:{cost.amount}:{cost.unit}"


def decode_cost(text: str | None) -> Cost | None:
    """Read what :func:`encode_cost` wrote; raise ValueError for anything else."""
    if text is None:
        return None
    kind, _, rest = text.partition(":")
    number, _, unit = rest.partition(":")
    if kind == "money" and unit:
        return Money(minor=int(number), currency=unit)
    if kind == "credits" and unit:
        return Credits(amount=int(number), unit=unit)
    raise ValueError(f"{text!r} is not a stored cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account has left to pay with. ``left`` None means that the vendor does not say."""

    label: str
    left: Credits | Money | None
    limit: Credits | Money | None = None
    account_id: str = ""
    """The vendor's id of the subscription, product or contract that is charged."""
    license_label: str = ""
    """The license that charging this account gives, in the vendor's word; empty where it does not decide."""
