"""Finds what looks like a payment card's number, so that none is ever kept. Pure.

A card's number has 13 to 19 digits; the last one is a check digit (ISO/IEC 7812-1, annex B: Luhn's formula).
"""

from __future__ import annotations

import re
import unicodedata

from ..errors import UserInputError

SHORTEST, LONGEST = 13, 19
_RUN = re.compile(r"\d+(?:[ \-./_]\d+)*")
MAX_CHARS = 20_000
"""No field is longer; what is further behind is not looked at."""


def find_card_number(text: str) -> bool:
    """Say whether a text holds digits that could be a card's number, in one piece or in groups.

    Digits of every script count. Digits in groups are taken together as they stand: a longer number does not
    hold a card's number by chance.
    """
    return any(_holds_one(run.group().split()) for run in _RUN.finditer(_plain_digits(text[:MAX_CHARS])))


def refuse_card_numbers(**fields: str) -> None:
    """Raise UserInputError when a field holds what looks like a card's number; it is not repeated."""
    for name, text in fields.items():
        if find_card_number(text):
            raise UserInputError(
                f"The {name.replace('_', ' ')} holds what looks like a card number. Clearance never keeps "
                "card numbers: write something else there, such as the last four digits. Nothing was saved.",
                code="payment.card_number",
                context={"field": name},
            )


def _plain_digits(text: str) -> str:
    """Write the digits of every script as 0 to 9, and all that separates them as a space."""
    if text.isascii():
        plain = text
    else:
        plain = "".join(_plain(char) for char in unicodedata.normalize("NFKC", text))
    return re.sub(r"(?<=\d)[ \t\r\n\-./_]{1,3}(?=\d)", " ", plain)


def _plain(char: str) -> str:
    value = unicodedata.digit(char, None)
    if value is not None:
        return str(value)
    category = unicodedata.category(char)
    if category in ("Cf", "Mn"):
        return ""
    return " " if category in ("Pd", "Zs", "Zl", "Zp") else char


def _holds_one(groups: list[str]) -> bool:
    for first in range(len(groups)):
        number = ""
        for group in groups[first:]:
            number += group
            if len(number) > LONGEST:
                break
            if len(number) >= SHORTEST and _is_card_number(number):
                return True
    return False


def _is_card_number(digits: str) -> bool:
    if digits.startswith("0") or len(set(digits)) == 1:
        return False
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
