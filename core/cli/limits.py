"""How much something may cost, as it is typed on the command line."""

from __future__ import annotations

from ..errors import UserInputError
from ..model.money import UNSTATED_CURRENCY, Money
from ..services.buying.quote import QuoteResult


def read_money(text: str | None) -> Money | None:
    """Read ``20`` or ``20 USD``; raise UserInputError for anything else."""
    if text is None:
        return None
    try:
        amount, _, currency = text.strip().partition(" ")
        return Money.parse(amount, currency.strip().upper() or UNSTATED_CURRENCY)
    except ValueError as error:
        raise UserInputError(f"{error}.", code="user_input.money") from None


def check_limit(result: QuoteResult, max_price: str | None) -> None:
    """Raise UserInputError for a quote that costs more than was allowed, or of which nobody knows it."""
    cost = result.quote.cost
    limit = read_money(max_price)
    if limit is None:
        return
    if cost is None:
        raise UserInputError(
            "The price is only shown at checkout, so a limit cannot be kept.", code="buy.price_unknown"
        )
    unit = cost.currency if isinstance(cost, Money) else ""
    if limit.currency not in {UNSTATED_CURRENCY, unit}:
        raise UserInputError(
            f"It costs {cost}, which cannot be compared with {max_price}. Give the limit without a currency "
            "if the number is what you mean.",
            code="buy.limit_unit",
        )
    amount = cost.decimal if isinstance(cost, Money) else cost.amount
    if amount > limit.decimal:
        raise UserInputError(f"It costs {cost}, more than {max_price}.", code="buy.too_expensive")
