"""Quotes of marketplaces that are asked what one license of one listing would take, and answer in words.

Pure. Nothing here knows one particular marketplace. A price is a number only where the words leave no doubt;
everything else is shown as the marketplace says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..errors import UserInputError
from ..model.listing import Listing
from ..model.money import Balance, Cost, Credits
from .base import HistoryRecord, PurchaseRequest, QuoteBasis, QuoteOption, ReferenceField, Wanted

SURCHARGE_ACCOUNT = "surcharge"
"""What pays when nothing is left: whatever the marketplace has on file. An approval is bound to it, so an
allowance that ran out between quote and purchase is never made up for by a charge that nobody agreed to."""
ZONES = timedelta(hours=14)
"""How far a local time is from UTC at most."""
_COUNT = r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})"
_PRICE = re.compile(rf"{_COUNT} (?:[a-z]+ )?(credit|license)s?", re.IGNORECASE)
_USES = re.compile(
    rf"This will use (?:{_COUNT} of your {_COUNT}|your last) (?:[a-z]+ )?(credit|license)s?\.?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the marketplace says to the question. ``balance.license_label`` is the license it is about.

    ``owned``: the account holds this license already. ``possible``: it can be taken now. ``beyond``: taking
    it charges more than what is paid for. ``words`` are the marketplace's own.
    """

    balance: Balance
    owned: bool
    possible: bool
    beyond: bool
    words: str
    cost: Cost | None = None
    references: tuple[ReferenceField, ...] = ()
    options: tuple[QuoteOption, ...] = ()
    page_url: str = ""


def quote_as_said(listing: Listing, said: Said, *, name: str, hint: str = "") -> QuoteBasis:
    """Quote what the marketplace said. ``hint`` is something of ours that belongs beside its words."""
    page_url = said.page_url or listing.page_url
    if not said.owned and not said.possible:
        return QuoteBasis(
            listing=listing,
            license_label="",
            cost=None,
            why_not=(
                f"{name} says: “{said.words}” Look at its page there, or choose something else."
                if said.words
                else f"{name} does not license this to this account now. Look at its page there."
            ),
            options=said.options,
            page_url=page_url,
        )
    words = said.words or f"{name} does not say what this uses."
    balance, cost, surcharge = said.balance, said.cost, ""
    if said.owned:
        words = f"This account holds this license at {name} already: taking it over costs nothing."
        cost = Credits(amount=0, unit=balance.left.unit if isinstance(balance.left, Credits) else "credit")
    elif said.beyond:
        balance, cost, surcharge = replace(balance, account_id=SURCHARGE_ACCOUNT), None, words
    return QuoteBasis(
        listing=listing,
        license_label=balance.license_label,
        cost=cost,
        accounts=(balance,),
        options=said.options,
        references=() if said.owned else said.references,
        surcharge=surcharge,
        note=" ".join(filter(None, (words, hint))),
        page_url=page_url,
    )


def make_options(
    names: Iterable[str], prices: Mapping[str, tuple[str, str]], quoted: str
) -> tuple[QuoteOption, ...]:
    """Offer the licenses by name, the quoted one among them; nothing where that is the only one.

    ``prices`` holds the marketplace's label and price in words for the names that it told them for.
    """
    found = []
    for name in dict.fromkeys((*names, quoted)):
        label, price = prices.get(name, ("", ""))
        shown = " · ".join(filter(None, (label or name.replace("_", " "), price)))
        found.append(QuoteOption(wanted=Wanted(license_label=name), label=shown, cost=read_count(price)))
    return tuple(found) if len(found) > 1 else ()


def read_count(words: str) -> Credits | None:
    """Read an amount from words that can mean nothing else: ``5 Credits``, ``This will use 2 of your …``."""
    found = _PRICE.fullmatch(words) or _USES.fullmatch(words)
    if found is None:
        return None
    return Credits(amount=int((found[1] or "1").replace(",", "")), unit=found[found.lastindex or 0].lower())


def need_consent(request: PurchaseRequest) -> None:
    """Raise UserInputError for a purchase without account or license, or with a surcharge not agreed to."""
    if not request.account_id:
        raise UserInputError("Choose what to pay with: ask for a quote.", code="user_input.account")
    if not request.license_label:
        raise UserInputError("Choose a license: ask for a quote.", code="user_input.license")
    if request.account_id == SURCHARGE_ACCOUNT and not request.surcharge_accepted:
        raise UserInputError(
            "This costs more than what is paid for already. Confirm the marketplace's words, or leave it.",
            code="user_input.surcharge",
        )


def in_some_zone(record: HistoryRecord, since: datetime | None) -> HistoryRecord | None:
    """Judge a record whose time came without a zone: None when it is too old in every zone of the world.

    A time that is too old in some of them only is as good as not told.
    """
    if since is None or record.at is None or record.at >= since + ZONES:
        return record
    return replace(record, at=None) if record.at >= since - ZONES else None
