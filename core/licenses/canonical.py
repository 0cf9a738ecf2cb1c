"""License terms as deterministic JSON and back: what is hashed, and what the ledger keeps with a purchase.

The text holds facts only; a field that is absent is unknown, ``null`` is "the license sets none". Pure.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from ..errors import UserInputError
from ..model.intended_use import OutputKind
from ..model.license import (
    UNKNOWN,
    Cap,
    Clause,
    Confidence,
    LicenseTerms,
    Permission,
    TermsSource,
    Unknown,
)
from ..model.money import Money

FORMAT = 1
PERMISSIONS = ("commercial", "merchandise", "templates", "ai_training", "sensitive_use")
BOOLEANS = ("editorial_only", "perpetual", "worldwide")
CAPS = ("print_run", "impressions", "audience", "seats")
TEXTS = ("license_id", "marketplace", "label", "terms_url", "credit_required_when", "notes")


def canonical_text(terms: LicenseTerms) -> str:
    """Write terms as JSON with sorted keys; equal terms give equal texts."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "version": terms.version.isoformat(),
        "source": terms.source.value,
    }
    for key in TEXTS:
        data[key] = getattr(terms, key)
    data["outputs"] = {kind.value: permission.value for kind, permission in terms.outputs.items()}
    for key in PERMISSIONS:
        data[key] = getattr(terms, key).value
    for key in BOOLEANS:
        _put(data, key, getattr(terms, key))
    for key in CAPS:
        cap: Cap | Unknown = getattr(terms, key)
        _put(data, key, cap if isinstance(cap, Unknown) else {"limit": cap.limit})
    budget = terms.production_budget_max
    _put(
        data,
        "production_budget_max",
        {"minor": budget.minor, "currency": budget.currency} if isinstance(budget, Money) else budget,
    )
    _put(data, "credit_template", terms.credit_template)
    data["clauses"] = [
        {
            "topic": clause.topic,
            "summary": clause.summary,
            "url": clause.url,
            "read_on": clause.read_on.isoformat(),
            "confidence": clause.confidence.value,
            "quoted": clause.quoted,
        }
        for clause in terms.clauses
    ]
    return json.dumps(data, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def terms_sha256(terms: LicenseTerms) -> str:
    """Return the hash that names this reading of these terms."""
    return hashlib.sha256(canonical_text(terms).encode()).hexdigest()


def parse_text(text: str) -> LicenseTerms:
    """Read what :func:`canonical_text` wrote; raise UserInputError (``terms.damaged``) for anything else."""
    try:
        data: Any = json.loads(text)
        if data["format"] != FORMAT:
            raise ValueError("written in another format")
        return _parse(data)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        raise UserInputError(
            "The stored license terms cannot be read; restore the ledger from a backup.",
            code="terms.damaged",
            context={"problem": type(problem).__name__},
        ) from None


def _parse(data: dict[str, Any]) -> LicenseTerms:
    facts: dict[str, Any] = {key: _text(data[key]) for key in TEXTS}
    facts.update({key: Permission(data[key]) for key in PERMISSIONS})
    for key in BOOLEANS:
        if (value := data.get(key, UNKNOWN)) is not UNKNOWN and not isinstance(value, bool):
            raise ValueError(key)
        facts[key] = value
    for key in CAPS:
        facts[key] = _cap(data[key]) if key in data else UNKNOWN
    budget = data.get("production_budget_max", UNKNOWN)
    if isinstance(budget, dict):
        budget = Money(minor=_whole(budget["minor"]), currency=_text(budget["currency"]))
    elif budget is not None and budget is not UNKNOWN:
        raise ValueError("production_budget_max")
    credit = data.get("credit_template", UNKNOWN)
    if credit is not None and credit is not UNKNOWN:
        credit = _text(credit)
    return LicenseTerms(
        **facts,
        version=date.fromisoformat(data["version"]),
        source=TermsSource(data["source"]),
        outputs={OutputKind(kind): Permission(value) for kind, value in data["outputs"].items()},
        production_budget_max=budget,
        credit_template=credit,
        clauses=tuple(_clause(clause) for clause in data["clauses"]),
    )


def _clause(data: dict[str, Any]) -> Clause:
    if not isinstance(data["quoted"], bool):
        raise ValueError("quoted")
    return Clause(
        topic=_text(data["topic"]),
        summary=_text(data["summary"]),
        url=_text(data["url"]),
        read_on=date.fromisoformat(data["read_on"]),
        confidence=Confidence(data["confidence"]),
        quoted=data["quoted"],
    )


def _cap(data: dict[str, Any]) -> Cap:
    limit = data["limit"]
    return Cap(limit=None if limit is None else _whole(limit))


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("not a whole number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _put(data: dict[str, Any], key: str, value: object) -> None:
    """Set a field unless it is unknown."""
    if value is not UNKNOWN:
        data[key] = value
