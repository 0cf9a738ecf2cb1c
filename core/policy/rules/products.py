"""Rules on what content is built into: protection, portion, engine, logo, altered pictures. Pure."""

from __future__ import annotations

from ...model.findings import Finding, Severity
from ...model.intended_use import PICTURES, OutputKind
from ...model.license import Edits, Permission, Unknown
from ..facts import Facts
from ..wording import make_finding, name_license
from .uses import READ, check_permission

PRODUCTS = PICTURES | {OutputKind.INTERACTIVE_PACKED, OutputKind.INTERACTIVE_OPEN_FORMAT}


def check_extraction(facts: Facts) -> Finding | None:
    """``use.extraction``: users of a game or an app must not get at the content."""
    terms, use = facts.terms, facts.use
    if OutputKind.INTERACTIVE_PACKED not in use.outputs or not terms.known:
        return None
    name, wanted = name_license(terms), terms.extraction_protection
    if wanted is False or (wanted is True and use.protected):
        return None
    fix = (
        "Ship the asset in a proprietary or encrypted format that public programs cannot open, and state "
        "protected = true in the use file."
    )
    if isinstance(wanted, Unknown):
        # Where the output is under a condition anyway, somebody looks at how it is packed.
        if terms.outputs.get(OutputKind.INTERACTIVE_PACKED) is not Permission.ALLOWED:
            return None
        severity = Severity.WARNING
        message = f"Whether {name} wants the content protected against extraction is not known."
        fix = f"{READ}. {fix}"
    elif use.protected is None:
        severity = Severity.WARNING
        message = f"{name} wants the content protected against extraction; whether it is, is not stated."
    else:
        severity = Severity.ERROR
        message = f"{name} wants the content protected against extraction, and it is not."
    return make_finding(
        facts,
        rule="use.extraction",
        severity=severity,
        message=message,
        how_to_fix=fix,
        topic="extraction_protection",
    )


def check_substantial_portion(facts: Facts) -> Finding | None:
    """``use.substantial_portion``: the content must not be what the product is mainly made of.

    How much is substantial cannot be computed, so this is never more than a question to a person.
    """
    terms, use = facts.terms, facts.use
    limited = terms.substantial_portion_limit
    if not terms.known or limited is False or use.main_content is False or not use.outputs & PRODUCTS:
        return None
    if isinstance(limited, Unknown) and not use.main_content:
        return None
    name = name_license(terms)
    if isinstance(limited, Unknown):
        message = f"Whether {name} allows content to be the main thing about a product is not known."
    else:
        message = f"{name} does not allow the content to be a substantial portion of the product."
    return make_finding(
        facts,
        rule="use.substantial_portion",
        severity=Severity.WARNING,
        message=message,
        how_to_fix=(
            "Have somebody judge how much of the product this content is; where it is a small part, state "
            "main_content = false in the use file."
        ),
        topic="substantial_portion_limit",
    )


def check_engine(facts: Facts) -> Finding | None:
    """``use.engine``: content that is licensed for certain programs only."""
    terms, used = facts.terms, facts.use.engines
    limit = terms.engines
    if not terms.known or limit == ():
        return None
    name = name_license(terms)
    if isinstance(limit, Unknown):
        if not used:
            return None
        severity, message = Severity.WARNING, f"Whether {name} is limited to certain programs is not known."
        fix = f"{READ}."
    elif not used:
        severity = Severity.WARNING
        message = f"{name} is limited to {', '.join(limit)}; in which programs it is used is not stated."
        fix = f'State it in the use file, such as engines = ["{limit[0]}"].'
    elif set(used) <= set(limit):
        return None
    else:
        severity = Severity.ERROR
        message = f"{name} is limited to {', '.join(limit)}; it is to be used in {', '.join(used)}."
        fix = "Replace the asset, or ask the publisher for use in other programs in writing."
    return make_finding(
        facts, rule="use.engine", severity=severity, message=message, how_to_fix=fix, topic="engines"
    )


def check_logo(facts: Facts) -> Finding | None:
    """``use.logo``: a logo or trademark needs more than stock licenses give."""
    if not facts.use.logo or not facts.terms.known:
        return None
    return check_permission(
        facts,
        "use.logo",
        "logo_use",
        facts.terms.logo_use,
        doing="use in a logo or trademark",
        instead="Leave the asset out of the logo, or have one made that is yours.",
    )


def check_editorial_edits(facts: Facts) -> Finding | None:
    """``use.editorial_edits``: editorial pictures that may be cropped but not changed."""
    terms, altered = facts.terms, facts.use.alters_content
    if not terms.known or altered is False or terms.editorial_edits is Edits.ANY:
        return None
    name = name_license(terms)
    if isinstance(terms.editorial_edits, Unknown):
        if not altered or not (facts.editorial or terms.editorial_only is True):
            return None
        severity, message = Severity.WARNING, f"Whether {name} allows altering the picture is not known."
    elif altered is None:
        severity = Severity.WARNING
        message = f"{name} allows technical edits only; whether the work alters the picture is not stated."
    else:
        severity = Severity.ERROR
        message = f"{name} allows technical edits only, and the work alters what the picture shows."
    return make_finding(
        facts,
        rule="use.editorial_edits",
        severity=severity,
        message=message,
        how_to_fix=(
            "Show the picture as it is (size, crop and exposure may change) and state alters_content = "
            "false in the use file, or replace it."
        ),
        topic="editorial_edits",
    )
