"""What a declaration allows: the terms and facts that its origin and license stand for. Pure.

Whoever declares something answers for it; what is not known of its license is asked about, as everywhere.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from ..model.declaration import DECLARED, Declaration, Origin
from ..model.intended_use import IntendedUse, OutputKind
from ..model.license import Clause, Confidence, LicenseTerms, Permission, TermsSource
from .facts import Facts
from .free_licenses import FREE, deed_url, find_free_license, free_terms, is_attribution, name_free_license
from .wording import shorten

ORIGINS: dict[Origin, str] = {
    Origin.OWN_WORK: "own work",
    Origin.CLIENT: "the client's content",
    Origin.FREE_LICENSE: "freely licensed",
    Origin.PUBLIC_DOMAIN: "public domain",
    Origin.OTHER: "other content",
}
DECLARED_LICENSES = (*(f"{DECLARED}.{origin.value}" for origin in Origin), f"{DECLARED}.unknown")
"""Ids of what declared content is under, for a studio's own rules."""

# What a client gives for its own work; anything further is for the client to agree to.
_FOR_THE_CLIENT = frozenset(
    {
        OutputKind.RENDER, OutputKind.VIDEO, OutputKind.PRINT, OutputKind.INTERACTIVE_PACKED,
        OutputKind.FILE_SHARE_INTERNAL, OutputKind.FILE_SHARE_CONTRACTOR,
    }
)  # fmt: skip
_FURTHER = ("merchandise", "templates", "logo_use", "sensitive_use", "ai_training", "ai_metadata")
AGREED = (
    "What the client's content may be used for beyond the client's own work stands in its letter or contract."
)


def declared_terms(declaration: Declaration) -> LicenseTerms:
    """Return what a declaration says that may be done, as license terms.

    A license that is not known here gives unknown terms: a person has to look.
    """
    version = declaration.declared_at.date()
    match declaration.origin:
        case Origin.OWN_WORK:
            facts = {
                **dict.fromkeys(_FURTHER, Permission.ALLOWED),
                "outputs": dict.fromkeys(OutputKind, Permission.ALLOWED),
            }
            terms = _make(declaration, "Own work", version, **facts)
        case Origin.CLIENT:
            terms = _client_terms(declaration, version)
        case Origin.PUBLIC_DOMAIN if not find_free_license(declaration.license):
            facts = {
                "outputs": dict.fromkeys(OutputKind, Permission.ALLOWED),
                "ai_training": Permission.ALLOWED,
                "ai_metadata": Permission.ALLOWED,
            }
            terms = _make(declaration, "Public domain", version, **facts)
        case Origin.FREE_LICENSE | Origin.PUBLIC_DOMAIN if spdx_id := find_free_license(declaration.license):
            terms = free_terms(declaration.license_id, spdx_id, version=version)
        case _:
            label = shorten(declaration.license) or ORIGINS[declaration.origin]
            unknown = LicenseTerms.unknown(marketplace=DECLARED, label=label, version=version)
            terms = replace(unknown, marketplace_name=label)
    return replace(terms, source=TermsSource.USER)


def declared_facts(
    declaration: Declaration, use: IntendedUse, *, now: datetime, terms: LicenseTerms | None = None
) -> Facts:
    """Return what the rules look at; ``terms`` are :func:`declared_terms`, when they were made before."""
    terms = terms or declared_terms(declaration)
    return Facts(
        terms=terms,
        use=use,
        now=now,
        subject=declaration.id,
        editorial=None if not terms.known else False,
        credit=make_credit(declaration),
        author=declaration.author,
        held_license_id=declaration.license_id,
        declaration=declaration,
    )


def make_credit(declaration: Declaration) -> str:
    """Return the credit line: as it was declared, else what a license that asks for one wants to be named."""
    spdx_id = find_free_license(declaration.license)
    licensed = declaration.origin in {Origin.FREE_LICENSE, Origin.PUBLIC_DOMAIN}
    if declaration.credit or not (licensed and is_attribution(spdx_id)):
        return declaration.credit
    author = " ".join(declaration.author.split()) or "an author who is not named"
    source = f", {declaration.source_url}" if declaration.source_url else ""
    name, deed = name_free_license(spdx_id), deed_url(spdx_id)
    return f"“{shorten(declaration.title)}” by {author}{source}, {name} ({deed})"


def _client_terms(declaration: Declaration, version: date) -> LicenseTerms:
    further = [kind for kind in OutputKind if kind not in _FOR_THE_CLIENT]
    topics = (*(f"output.{kind.value}" for kind in further), *_FURTHER)
    facts = {
        **dict.fromkeys(_FURTHER, Permission.CONDITIONAL),
        "outputs": {
            kind: Permission.ALLOWED if kind in _FOR_THE_CLIENT else Permission.CONDITIONAL
            for kind in OutputKind
        },
        "clauses": tuple(
            Clause(
                topic=topic,
                summary=AGREED,
                url=declaration.source_url,
                read_on=version,
                confidence=Confidence.UNCONFIRMED,
            )
            for topic in topics
        ),
    }
    return _make(declaration, "The client's content", version, **facts)


def _make(declaration: Declaration, label: str, version: date, **facts: object) -> LicenseTerms:
    values = {**FREE, **facts}
    return LicenseTerms(
        license_id=declaration.license_id,
        marketplace=DECLARED,
        label=label,
        marketplace_name=label,
        version=version,
        terms_url=declaration.source_url,
        **values,
    )
