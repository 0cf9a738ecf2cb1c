"""What a marketplace wants noted with a purchase (project code, client, order number). Pure.

A value is filled in by itself only where the field's label plainly asks for it; nothing is made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ...errors import UserInputError
from ...http.message import clean_text
from ...marketplaces.base import ReferenceField
from ...settings import Settings

MAX_VALUE = 200
_WORD = re.compile(r"[^\W_]+")
_SUFFIXES = frozenset({"code", "id", "name", "no", "nr", "number", "num", "ref", "reference", "title"})
_MEANINGS: Mapping[str, frozenset[tuple[str, ...]]] = {
    "project": frozenset({("project",)}),
    "client": frozenset({("client",), ("customer",)}),
    "purchase_order": frozenset({("po",), ("p", "o"), ("purchase", "order")}),
}


def match_reference(label: str) -> str:
    """Return which of ``project``, ``client`` and ``purchase_order`` a label plainly asks for, or nothing.

    ``Project``, ``Project code:`` and ``PO #`` do; ``Project manager`` and ``Client / project`` do not.
    """
    words = [word.casefold() for word in _WORD.findall(label)]
    while words and words[-1] in _SUFFIXES:
        words.pop()
    return next((name for name, asked in _MEANINGS.items() if tuple(words) in asked), "")


def fill_references(
    fields: Iterable[ReferenceField], given: Iterable[tuple[str, str]], settings: Settings
) -> tuple[tuple[str, str], ...]:
    """Return (id, value) for every field that has a value: the given one, else the settings'.

    Raises UserInputError for a required field without a value, for a value that is not among the allowed
    ones, and for a field that nobody asks for.
    """
    fields = tuple(fields)
    values = {name.strip(): clean_text(value, limit=MAX_VALUE) for name, value in given}
    known = {field.id for field in fields}
    for name in values:
        if name not in known:
            asked = ", ".join(f"{field.id} ({field.label})" for field in fields) or "nothing"
            raise UserInputError(
                f"The marketplace does not ask for “{name[:40]}”. It asks for: {asked}.",
                code="purchase.reference_unknown",
            )
    filled: list[tuple[str, str]] = []
    missing: list[str] = []
    for field in fields:
        value = _value(field, values.get(field.id, ""), settings)
        if value:
            filled.append((field.id, value))
        elif field.required:
            allowed = f" (one of: {', '.join(field.choices)})" if field.choices else ""
            missing.append(f"{(field.label or field.id).rstrip(' .:…')}{allowed}")
    if missing:
        raise UserInputError(
            f"The account's administrator wants this noted with the purchase: {'; '.join(missing)}. Fill it "
            "in and buy again; nothing was bought.",
            code="purchase.reference_missing",
        )
    return tuple(filled)


def _value(field: ReferenceField, given: str, settings: Settings) -> str:
    if given:
        if field.choices and (chosen := _choose(field, given)) == "":
            raise UserInputError(
                f"“{given[:60]}” is not allowed as {field.label or field.id}. Choose one of: "
                f"{', '.join(field.choices)}.",
                code="purchase.reference_invalid",
            )
        return chosen if field.choices else given
    match match_reference(field.label):
        case "project":
            found = settings.project
        case "client":
            found = settings.client
        case "purchase_order":
            found = settings.purchase_order
        case _:
            return ""
    found = clean_text(found, limit=MAX_VALUE)
    return _choose(field, found) if field.choices else found


def _choose(field: ReferenceField, text: str) -> str:
    """Return the allowed value that was meant, as it is written there; empty when it is none of them."""
    return next((one for one in field.choices if one.casefold() == text.casefold()), "")
