"""Rules on declared content: does it still stand, can it be proven, is it for this client. Pure.

What its license allows is for the same rules as for what was bought; the terms come from :mod:`..declared`.
"""

from __future__ import annotations

from ...model.declaration import Origin
from ...model.findings import Finding, Severity
from ...model.intended_use import OutputKind, Purpose
from ...model.license import Permission
from ..declared import ORIGINS
from ..facts import Facts
from ..free_licenses import find_free_license, is_attribution
from ..wording import make_finding, name_license, shorten


def check_withdrawn(facts: Facts) -> Finding | None:
    """``declaration.withdrawn``: what was declared and is no more is undeclared."""
    declaration = facts.declaration
    if declaration is None or declaration.withdrawn_at is None or declaration.withdrawn_at > facts.now:
        return None
    day = declaration.withdrawn_at.date().isoformat()
    return make_finding(
        facts,
        rule="declaration.withdrawn",
        severity=Severity.WARNING,
        message=f"The declaration of “{shorten(declaration.title)}” was withdrawn on {day}.",
        how_to_fix="Find out where it comes from, and declare it again, license it, or remove it.",
    )


def check_declared(facts: Facts) -> Finding | None:
    """``declaration.made``: says who declared it, when, and why."""
    declaration = facts.declaration
    if declaration is None:
        return None
    day = declaration.declared_at.date().isoformat()
    return make_finding(
        facts,
        rule="declaration.made",
        severity=Severity.HINT,
        message=(
            f"Declared as {ORIGINS[declaration.origin]} by {shorten(declaration.declared_by)} on {day}: "
            f"{shorten(declaration.reason, 300)}"
        ),
        how_to_fix="Nothing to do if that is right; otherwise withdraw the declaration.",
    )


def check_evidence(facts: Facts) -> Finding | None:
    """``declaration.evidence``: somebody else's content has to be traceable to who gave it."""
    declaration = facts.declaration
    if declaration is None or declaration.evidence_sha256:
        return None
    match declaration.origin:
        case Origin.CLIENT:
            message = "Nothing proves that the client gave this and agreed to its use."
            fix = "Declare it again with the client's letter, mail or contract as evidence."
        case Origin.FREE_LICENSE | Origin.PUBLIC_DOMAIN if not declaration.source_url.strip():
            message = (
                f"Nothing shows that it is {ORIGINS[declaration.origin]}: no page is named, no file kept."
            )
            fix = (
                "Declare it again with the page that it comes from, or with a copy of that page as evidence."
            )
        case _:
            return None
    return make_finding(
        facts, rule="declaration.evidence", severity=Severity.WARNING, message=message, how_to_fix=fix
    )


def check_client(facts: Facts) -> Finding | None:
    """``declaration.client``: a client's content is for that client's work."""
    declaration = facts.declaration
    if declaration is None or declaration.origin is not Origin.CLIENT:
        return None
    owner = _fold(declaration.client)
    others = sorted(name for name in facts.use.all_clients if _fold(name) != owner)
    if not owner:
        message = "Whose content this is, the declaration does not say."
        fix = "Declare it again with the client's name."
    elif others:
        named = ", ".join(shorten(name) for name in others)
        message = f"This is content of {shorten(declaration.client)}; the work is made for {named}."
        fix = f"Replace it, or have {shorten(declaration.client)} agree in writing."
    elif not facts.use.all_clients:
        message = (
            f"This is content of {shorten(declaration.client)}; the intended use does not say for whom the "
            "work is."
        )
        fix = f'Name the client in the use file, such as client = "{shorten(declaration.client)}".'
    else:
        return None
    return make_finding(
        facts, rule="declaration.client", severity=Severity.WARNING, message=message, how_to_fix=fix
    )


def check_noncommercial(facts: Facts) -> Finding | None:
    """``declaration.noncommercial``: an editorial work can be commercial in the sense of the license."""
    if facts.declaration is None or facts.use.purpose is not Purpose.EDITORIAL:
        return None
    if facts.terms.commercial is not Permission.DENIED:
        return None
    return make_finding(
        facts,
        rule="declaration.noncommercial",
        severity=Severity.WARNING,
        message=(
            f"{name_license(facts.terms)} is for noncommercial purposes; an editorial work that earns money "
            "may be none."
        ),
        how_to_fix="Have somebody decide whether this work is noncommercial; otherwise replace the content.",
        topic="commercial",
    )


def check_protection(facts: Facts) -> Finding | None:
    """``declaration.protection``: technical measures must not take away what the license gives."""
    declaration = facts.declaration
    if declaration is None or not is_attribution(find_free_license(declaration.license)):
        return None
    if declaration.origin not in {Origin.FREE_LICENSE, Origin.PUBLIC_DOMAIN}:
        return None
    if OutputKind.INTERACTIVE_PACKED not in facts.use.outputs or facts.use.protected is False:
        return None
    stated = "is" if facts.use.protected else "may be"
    return make_finding(
        facts,
        rule="declaration.protection",
        severity=Severity.WARNING,
        message=(
            f"{name_license(facts.terms)} forbids technical measures that keep others from what it allows; "
            f"the game or app {stated} protected."
        ),
        how_to_fix=(
            "Offer the content unprotected beside it or replace it; where nothing is protected, state "
            "protected = false in the use file."
        ),
        topic="extraction_protection",
    )


def _fold(name: str) -> str:
    """Return a client's name as it is compared: case and spaces do not matter."""
    return " ".join(name.casefold().split())
