"""What both syntaxes of EN 16931 have in common: paths, amounts, days. What is unclear is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from ...http.message import clean_text
from ...model.currencies import is_currency
from ...model.money import Money
from .tree import Node, broken

MAX_LINES = 20_000
_AMOUNT = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,20})?|\.\d{1,20})", re.ASCII)
"""Amounts as far as money goes; prices and quantities have as many digits as a program writes."""
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)


class Reader:
    """Walks an invoice's tree; prefixes stand for namespaces."""

    def __init__(self, root: Node, namespaces: Mapping[str, str], name: str) -> None:
        self.root = root
        self.name = name
        self.currency = ""
        self._namespaces = namespaces

    def all(self, node: Node | None, path: str) -> Iterator[Node]:
        """Yield what a path such as ``cac:Party/cbc:Name`` leads to."""
        if node is None:
            return
        first, _, rest = path.partition("/")
        prefix, _, local = first.partition(":")
        wanted = f"{self._namespaces[prefix]} {local}"
        for child in node.children:
            if child.name == wanted:
                if rest:
                    yield from self.all(child, rest)
                else:
                    yield child

    def one(self, node: Node | None, path: str) -> Node | None:
        """Return the first that a path leads to, or None."""
        return next(self.all(node, path), None)

    def text(self, node: Node | None, path: str, *, limit: int = 300) -> str:
        """Return the text at a path, cleaned; empty when it is not there."""
        found = self.one(node, path)
        return clean_text(found.text, limit=limit) if found is not None else ""

    def need(self, node: Node | None, path: str, term: str) -> str:
        """Return the text at a path; refuse an invoice without it."""
        found = self.text(node, path)
        if not found:
            raise broken(self.name, f"it has no {term}")
        return found

    def read_currency(self, text: str) -> None:
        """Note the invoice's currency; refuse one that there is not."""
        if not is_currency(text):
            raise broken(self.name, f"its currency is “{text[:20]}”, which there is not")
        self.currency = text

    def amount(self, node: Node | None, path: str) -> Money | None:
        """Return the amount at a path that is in the invoice's currency; None when there is none."""
        for found in self.all(node, path):
            if found.attributes.get("currencyID", self.currency) == self.currency:
                return self.money(found.text)
        if self.one(node, path) is not None:
            raise broken(self.name, f"an amount is in another currency than the invoice ({self.currency})")
        return None

    def need_amount(self, node: Node | None, path: str, term: str) -> Money:
        """Return the amount at a path; refuse an invoice without it."""
        found = self.amount(node, path)
        if found is None:
            raise broken(self.name, f"it has no {term}")
        return found

    def money(self, text: str) -> Money:
        """Read an amount exactly."""
        try:
            if not _AMOUNT.fullmatch(text):
                raise ValueError
            return Money.parse(text, self.currency)
        except ValueError:
            raise broken(self.name, f"“{text[:40]}” is no amount in {self.currency}") from None

    def number(self, node: Node | None, path: str) -> str:
        """Return the number at a path as decimal text; empty when there is none."""
        found = self.one(node, path)
        if found is None or not found.text:
            return ""
        if not _AMOUNT.fullmatch(found.text):
            raise broken(self.name, f"“{found.text[:40]}” is no number")
        return f"{Decimal(found.text).normalize():f}"

    def day(self, text: str) -> date | None:
        """Read a day; None for nothing."""
        if not text:
            return None
        match = _DAY.fullmatch(text)
        try:
            if match is None:
                raise ValueError
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            raise broken(self.name, f"“{text[:40]}” is no day") from None

    def need_day(self, text: str, term: str) -> date:
        """Read a day; refuse an invoice without it."""
        found = self.day(text)
        if found is None:
            raise broken(self.name, f"it has no {term}")
        return found

    def bound(self, lines: list[Node]) -> list[Node]:
        """Refuse more lines than any invoice has."""
        if len(lines) > MAX_LINES:
            raise broken(self.name, f"it has more than {MAX_LINES:,} lines")
        return lines
