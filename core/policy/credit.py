"""Fills a license's credit template for one asset. Invents no wording: no template, no line."""

from __future__ import annotations

from ..model.license import LicenseTerms
from .wording import name_marketplace


def needs_credit(terms: LicenseTerms, *, editorial: bool) -> bool:
    """Say whether the license asks for a credit; ``editorial`` is true for editorial items and uses."""
    return bool(isinstance(terms.credit_template, str) and terms.credit_template) and (
        terms.credit_required_when == "always" or (terms.credit_required_when == "editorial" and editorial)
    )


def format_credit(terms: LicenseTerms, *, author: str, listing_id: str, editorial: bool) -> str:
    """Return the credit line that the license asks for, or an empty text when it asks for none."""
    if not isinstance(terms.credit_template, str) or not needs_credit(terms, editorial=editorial):
        return ""
    values = {
        "{author}": " ".join(author.split()) or "Unknown author",
        "{marketplace}": name_marketplace(terms),
        "{listing_id}": listing_id,
    }
    # One pass over the template: braces in an author's name are text, not places to fill.
    parts: list[str] = []
    rest = terms.credit_template
    while rest:
        at, key = min(((rest.find(key), key) for key in values if key in rest), default=(len(rest), ""))
        parts += [rest[:at], values.get(key, "")]
        rest = rest[at + len(key) :]
    return "".join(parts)
