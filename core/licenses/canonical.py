"""License terms as deterministic JSON and back: what is hashed, and what the ledger keeps with a purchase.

The text holds facts only; a field that is absent is unknown, ``null`` is "the license sets none". Pure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from ..errors import UserInputError
from ..model.intended_use import OutputKind
from ..model.license import (
    UNKNOWN,
    Cap,
    Clause,
    Confidence,
    Edits,
    LicenseeKind,
    LicenseTerms,
    Permission,
    SeatKind,
    TermsSource,
    Transfer,
    Unknown,
)
from ..model.money import Money

FORMAT = 1
PERMISSIONS = ("commercial", "merchandise", "templates", "ai_training", "sensitive_use")
BOOLEANS = ("editorial_only", "perpetual", "worldwide")
CAPS = ("print_run", "impressions", "audience", "seats")
AMOUNTS = ("production_budget_max",)
TEXTS = ("license_id", "marketplace", "label", "terms_url", "credit_required_when", "notes")


# Fields that came later. They are written only where they are known, so that the text and the hash of what
# was bought before stay what they were: whatever is added next has to be treated like these.
LATER_PERMISSIONS = ("logo_use", "ai_metadata")
LATER_BOOLEANS = ("extraction_protection", "substantial_portion_limit")
LATER_CAPS = ("term_days", "must_use_days", "projects", "clients", "sales")
LATER_AMOUNTS = ("licensee_revenue_max",)
LATER_LISTS = ("territory", "engines")
LATER_CHOICES: Mapping[str, type[StrEnum]] = MappingProxyType(
    {"licensee_kind": LicenseeKind, "seat_kind": SeatKind, "editorial_edits": Edits, "transfer": Transfer}
)


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
    for key in LATER_PERMISSIONS:
        if getattr(terms, key) is not Permission.UNKNOWN:
            data[key] = getattr(terms, key).value
    for key in (*BOOLEANS, *LATER_BOOLEANS, *LATER_CHOICES):
        _put(data, key, getattr(terms, key))
    for key in (*CAPS, *LATER_CAPS):
        cap: Cap | Unknown = getattr(terms, key)
        _put(data, key, cap if isinstance(cap, Unknown) else {"limit": cap.limit})
    for key in (*AMOUNTS, *LATER_AMOUNTS):
        limit: Money | Unknown | None = getattr(terms, key)
        _put(
            data,
            key,
            {"minor": limit.minor, "currency": limit.currency} if isinstance(limit, Money) else limit,
        )
    for key in LATER_LISTS:
        words: tuple[str, ...] | Unknown = getattr(terms, key)
        _put(data, key, words if isinstance(words, Unknown) else list(words))
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
    facts.update({key: Permission(data[key]) for key in LATER_PERMISSIONS if key in data})
    facts.update({key: kind(data[key]) for key, kind in LATER_CHOICES.items() if key in data})
    facts.update({key: tuple(_words(data[key])) for key in LATER_LISTS if key in data})
    for key in (*BOOLEANS, *LATER_BOOLEANS):
        if (value := data.get(key, UNKNOWN)) is not UNKNOWN and not isinstance(value, bool):
            raise ValueError(key)
        facts[key] = value
    for key in (*CAPS, *LATER_CAPS):
        facts[key] = _cap(data[key]) if key in data else UNKNOWN
    for key in (*AMOUNTS, *LATER_AMOUNTS):
        facts[key] = _amount(data.get(key, UNKNOWN))
    credit = data.get("credit_template", UNKNOWN)
    if credit is not None and credit is not UNKNOWN:
        credit = _text(credit)
    return LicenseTerms(
        **facts,
        version=date.fromisoformat(data["version"]),
        source=TermsSource(data["source"]),
        outputs={OutputKind(kind): Permission(value) for kind, value in data["outputs"].items()},
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


def _amount(value: Any) -> Money | Unknown | None:
    if value is None or isinstance(value, Unknown):
        return value
    return Money(minor=_whole(value["minor"]), currency=_text(value["currency"]))


def _words(value: object) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("not a list")
    return [_text(word) for word in value]


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
