"""What users type: days and amounts, read the same way on the command line and in a host's dialogs."""

from __future__ import annotations

from datetime import date

from ..errors import UserInputError
from ..feeds.values import parse_price as parse_written_price
from ..model.money import Money

MOST = 10**15
"""In the currency's smallest unit; more than that is a slip of the finger."""


def parse_day(text: str | None) -> date | None:
    """Read a day such as 2026-11-23; None for nothing. Raises UserInputError for anything else."""
    words = (text or "").strip()
    if not words:
        return None
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise UserInputError(
            f"“{words[:40]}” is not a day. Write it as year-month-day, such as 2026-11-23.",
            code="user_input.date",
        ) from None


def parse_price(text: str | None) -> Money | None:
    """Read an amount such as 19.00 USD; None for nothing. Raises UserInputError for anything else."""
    words = (text or "").strip()
    try:
        found = parse_written_price(words)
        if words and (found is None or found.minor > MOST):
            raise ValueError
        return found
    except ValueError:
        raise UserInputError(
            f"“{words[:40]}” is not an amount. Write it with its currency, such as 19.00 USD.",
            code="user_input.money",
        ) from None
