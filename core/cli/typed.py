"""What users type into several commands: days, amounts, paths."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ..errors import UserInputError
from ..model.listing import MediaKind
from ..model.money import UNSTATED_CURRENCY, Money

KINDS = [kind.value for kind in MediaKind]


def parse_day(text: str | None) -> date | None:
    """Read a day such as 2026-11-23; None stays None."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UserInputError(
            f"“{text[:40]}” is not a day. Write it such as 2026-11-23.", code="user_input.date"
        ) from None


def parse_price(text: str | None) -> Money | None:
    """Read an amount such as 19.00 USD; None stays None."""
    if text is None:
        return None
    amount, _, currency = text.strip().partition(" ")
    try:
        return Money.parse(amount, currency.strip().upper() or UNSTATED_CURRENCY)
    except ValueError as error:
        raise UserInputError(f"{error}.", code="user_input.money") from None


def absolute(paths: tuple[Path, ...]) -> list[Path]:
    """Return the paths as they are from anywhere."""
    return [path.absolute() for path in paths]
