"""What the policy says of a request's items today, from the quotes and terms that the ledger keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...ledger.port import Ledger
from ...model.buy_request import BuyRequest, RequestItem
from ...model.findings import PolicyAnswer
from ...model.license import LicenseTerms
from ...policy.use_file import parse_use
from ..buying.quote import MakeQuote
from ..clearing.house import House
from .coverage import FindCoverage


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeItems:
    """Judges items without asking a marketplace."""

    ledger: Ledger
    quote: MakeQuote
    house: House
    coverage: FindCoverage

    def run(
        self, request: BuyRequest, items: Iterable[RequestItem]
    ) -> Iterator[tuple[RequestItem, PolicyAnswer | None]]:
        """Yield each item with the policy's answer; None where its quote or terms are not in the ledger."""
        given = tuple(items)
        use = parse_use(request.use, name="the request's use")
        house = self.house.about(dict.fromkeys(str(item.ref) for item in given))
        known: dict[str, LicenseTerms | None] = {}
        for item in given:
            quote = self.ledger.quote(item.quote_id) if item.quote_id else None
            if quote is None:
                yield item, None
                continue
            if quote.terms_sha256 not in known:
                known[quote.terms_sha256] = self.coverage.read_terms(quote.terms_sha256)
            terms = known[quote.terms_sha256]
            yield item, None if terms is None else self.quote.judge(quote, terms, use, house)
