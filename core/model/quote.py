"""A quote: one offer fixed for us, with what it costs, what it is under, and until when."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from .license import TermsSource
from .listing import ListingRef, MediaKind
from .money import Balance, Cost, encode_cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What would be bought, on which license terms and for how much.

    ``variant`` is what the marketplace needs to know beside the listing (an image size such as
    ``huge``); empty where there is no choice. ``account_id`` is what would be charged (a subscription).
    """

    id: str
    ref: ListingRef
    title: str
    kind: MediaKind
    author: str
    license_label: str
    license_id: str
    terms_sha256: str
    cost: Cost | None
    """None: the price is shown only on the marketplace's own checkout page."""
    balance: Balance | None
    variant: str = ""
    account_id: str = ""
    editorial: bool | None = None
    search_id: str = ""
    web_checkout: bool = False
    """True when paying happens on the marketplace's own page in a browser."""
    license_source: TermsSource = TermsSource.MARKETPLACE
    """Who says that this is the license."""
    surcharge: str = ""
    """The marketplace's own sentence about what this costs beyond what is paid for already (an overage).
    Not empty: it is bought only after somebody confirmed exactly this sentence."""
    note: str = ""
    """What the marketplace says about the price, in its own words; decoration."""
    created_at: datetime
    expires_at: datetime

    @property
    def binding_sha256(self) -> str:
        """Hash of everything an approval must hold for: item, variant, license, terms, account, price."""
        facts = [
            str(self.ref), self.variant, self.license_label, self.license_id, self.terms_sha256,
            self.account_id, encode_cost(self.cost), self.editorial,
        ]  # fmt: skip
        if self.surcharge or self.license_source is not TermsSource.MARKETPLACE:
            facts += [self.surcharge, self.license_source]
        return hashlib.sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Somebody's yes to one quote, bound to its price and terms by ``binding_sha256``."""

    id: str
    quote_id: str
    binding_sha256: str
    approved_by: str
    approved_at: datetime
    expires_at: datetime
    reason: str = ""
