"""Reads who the studio and its clients are, for invoices of one's own: a small TOML file. Pure.

[studio]
name = "Studio"
street = "Hauptstr. 1"
postal_code = "10115"
city = "Berlin"
country = "DE"
vat_id = "DE123456789"
payment_days = 30

[clients.ACME]
name = "ACME Corp."
country = "FR"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from ..errors import UserInputError
from ..model.invoice_data import Party
from .card_numbers import refuse_card_numbers

_PARTY = tuple(one.name for one in fields(Party))
MAX_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoicing:
    """Who writes invoices and who gets them, by the client's name as projects have it (without case)."""

    studio: Party | None = None
    payment_days: int | None = None
    terms: str = ""
    clients: Mapping[str, Party] = field(default_factory=lambda: MappingProxyType({}))

    def client(self, name: str) -> Party | None:
        """Return a client, or None."""
        return self.clients.get(name.casefold())


def parse_invoicing(text: str, *, name: str) -> Invoicing:
    """Read the file; ``name`` is what errors call it. Raises UserInputError that names the key."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise _error(name, "", f"this is not TOML: {problem}") from None
    for key in data:
        if key not in ("studio", "clients"):
            raise _error(name, key, "there is no such part; there are studio and clients")
    studio, clients = data.get("studio"), data.get("clients", {})
    if not isinstance(clients, dict) or not isinstance(studio, dict | None):
        raise _error(name, "clients", "write it as a table, such as [clients.ACME]")
    own = dict(studio or {})
    days, terms = own.pop("payment_days", None), own.pop("terms", "")
    if days is not None and (not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 365):
        raise _error(name, "studio.payment_days", "give a number of days from 0 to 365")
    if not isinstance(terms, str):
        raise _error(name, "studio.terms", "give a text")
    return Invoicing(
        studio=_party(own, name, "studio") if studio is not None else None,
        payment_days=days,
        terms=terms[: MAX_TEXT * 5],
        clients=MappingProxyType(
            {key.casefold(): _party(one, name, f"clients.{key}") for key, one in clients.items()}
        ),
    )


def _party(data: Any, name: str, place: str) -> Party:
    if not isinstance(data, dict):
        raise _error(name, place, "write it as a table")
    for key, value in data.items():
        if key not in _PARTY:
            raise _error(name, f"{place}.{key}", f"there is no such key; there are {', '.join(_PARTY)}")
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            raise _error(name, f"{place}.{key}", f"give a text of at most {MAX_TEXT} characters")
        # An IBAN is no card's number, and may look like one.
        if key != "iban":
            refuse_card_numbers(**{key: value})
    if not data.get("name", "").strip():
        raise _error(name, f"{place}.name", "a name is needed")
    country = data.get("country", "")
    if not (len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()):
        raise _error(name, f"{place}.country", "a country's code of two letters is needed, such as DE")
    return Party(**data)


def _error(name: str, key: str, why: str) -> UserInputError:
    where = f"{name}, {key}" if key else name
    return UserInputError(f"{where}: {why}.", code="invoicing.invalid", context={"key": key})
