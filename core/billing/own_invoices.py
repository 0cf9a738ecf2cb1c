"""Puts one's own invoices together: lines, tax, totals, and what EN 16931 wants of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from ..errors import UserInputError
from ..model.invoice_data import DataLine, Party, TaxSum
from ..model.money import Money

CATEGORIES = {
    "S": "standard rate",
    "Z": "zero rate",
    "E": "exempt",
    "AE": "reverse charge",
    "O": "not subject to VAT",
}
"""UNCL 5305, as far as invoices for licenses need it."""
REASONS = {"E": "Exempt from VAT", "AE": "Reverse charge", "O": "Not subject to VAT"}
MAX_PERCENT = 60
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRule:
    """How an invoice is taxed. ``percent`` is decimal text; only S has one above zero."""

    category: str
    percent: str = "0"
    reason: str = ""


def read_tax(category: str, percent: str, reason: str) -> TaxRule:
    """Return a rule; raise UserInputError for one that EN 16931 does not have."""
    kind = category.strip().upper()
    if kind not in CATEGORIES:
        known = ", ".join(f"{code} ({words})" for code, words in CATEGORIES.items())
        raise UserInputError(
            f"There is no tax category “{category[:10]}”; there are {known}.", code="invoice.tax"
        )
    try:
        rate = Decimal(percent.strip() or "0")
    except InvalidOperation:
        rate = Decimal(-1)
    if not (rate.is_finite() and 0 <= rate <= MAX_PERCENT) or (rate > 0) is not (kind == "S"):
        raise UserInputError(
            f"“{percent[:20]}” is no rate for the category {kind}: the standard rate has a percentage, "
            "such as 19, the others have none.",
            code="invoice.tax",
        )
    return TaxRule(category=kind, percent=f"{rate.normalize():f}", reason=reason or REASONS.get(kind, ""))


def add_up(lines: Sequence[DataLine], rule: TaxRule, currency: str) -> tuple[Money, Money, Money, TaxSum]:
    """Return net, tax, gross, and the VAT breakdown of lines that are taxed alike."""
    net = Money(minor=sum(line.net.minor for line in lines), currency=currency)
    tax = _round_tax(net.decimal * Decimal(rule.percent) / 100, currency)
    gross = Money(minor=net.minor + tax.minor, currency=currency)
    part = TaxSum(category=rule.category, percent=rule.percent, base=net, tax=tax, reason=rule.reason)
    return net, tax, gross, part


def _round_tax(amount: Decimal, currency: str) -> Money:
    """Return a tax in whole units of the currency, to two decimals where that has three (BR-CO-17)."""
    tax = Money.rounded(amount, currency)
    # Rounded once, not first to three and then to two.
    three = tax.decimal != tax.decimal.quantize(CENT)
    return Money.rounded(amount.quantize(CENT, ROUND_HALF_UP), currency) if three else tax


def check_decimals(lines: Sequence[DataLine]) -> None:
    """Raise UserInputError for an amount that EN 16931 cannot say: one with three decimals (BR-DEC-23)."""
    for line in lines:
        if line.net.decimal != line.net.decimal.quantize(CENT):
            raise UserInputError(
                f"“{line.description[:80]}” is {line.net}, and invoices after EN 16931 have two decimals at "
                "most. Bill it in another currency (--currency).",
                code="invoice.decimals",
            )


def check_parties(seller: Party, buyer: Party, rule: TaxRule) -> None:
    """Raise UserInputError when something is missing that EN 16931 wants for this kind of tax."""
    missing = []
    if rule.category == "O":
        if not (seller.tax_number or seller.legal_id):
            missing.append("a tax_number or legal_id of the studio")
    elif not (seller.vat_id or (rule.category != "AE" and seller.tax_number)):
        missing.append("the studio's vat_id")
    if rule.category == "AE" and not (buyer.vat_id or buyer.legal_id):
        missing.append("the client's vat_id")
    for party, who in ((seller, "the studio's"), (buyer, "the client's")):
        if not party.country:
            missing.append(f"{who} country")
    if missing:
        raise UserInputError(
            f"For an invoice with the tax category {rule.category}, {' and '.join(missing)} is needed. Add "
            "to invoicing.toml.",
            code="invoice.party",
        )
