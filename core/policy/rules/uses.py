"""Rules on what the scene is used for: output kinds, commercial and sensitive use, goods.

Each rule is ``(Facts) -> Finding | None``, pure, and looks at one thing.
"""

from __future__ import annotations

from collections.abc import Callable

from ...model.findings import Finding, Severity
from ...model.intended_use import OutputKind, Purpose
from ...model.license import UNKNOWN, Permission
from ..facts import Facts
from ..wording import INSTEAD, OUTPUTS, make_finding, name_license

Rule = Callable[[Facts], Finding | None]

READ = "Have somebody read the license text (the link is in the clause or on the listing's page)"


def make_output_rule(kind: OutputKind) -> Rule:
    """Return the rule ``output.<kind>``: the license has to allow the form in which the scene goes out."""
    name = f"output.{kind.value}"

    def check(facts: Facts) -> Finding | None:
        if kind not in facts.use.outputs or not facts.terms.known:
            return None
        permission = facts.terms.outputs.get(kind, Permission.UNKNOWN)
        return check_permission(facts, name, name, permission, doing=OUTPUTS[kind], instead=INSTEAD[kind])

    return check


def check_no_output(facts: Facts) -> Finding | None:
    """``use.no_output``: without an output kind there is no question that could be answered."""
    if facts.use.outputs:
        return None
    return make_finding(
        facts,
        rule="use.no_output",
        severity=Severity.WARNING,
        message="The intended use does not say in what form the scene leaves the house.",
        how_to_fix='Name at least one output in the use file, such as outputs = ["render"].',
    )


def check_editorial_only(facts: Facts) -> Finding | None:
    """``use.editorial_only``: editorial content has no place in a commercial production."""
    if facts.use.purpose is not Purpose.COMMERCIAL:
        return None
    terms = facts.terms
    if facts.editorial is True or terms.editorial_only is True:
        what = "This item is marked" if facts.editorial else "The license is"
        return make_finding(
            facts,
            rule="use.editorial_only",
            severity=Severity.ERROR,
            message=f"{what} for editorial use only ({name_license(terms)}); the production is commercial.",
            how_to_fix=(
                "Replace the asset with one for commercial use, or get clearance in writing from the "
                "holders of the rights in what it shows."
            ),
            topic="editorial_only",
        )
    if terms.known and terms.editorial_only is UNKNOWN and facts.editorial is None:
        return make_finding(
            facts,
            rule="use.editorial_only",
            severity=Severity.WARNING,
            message=f"Whether {name_license(terms)} is for editorial use only is not known.",
            how_to_fix=f"{READ} and check the listing for an editorial mark.",
        )
    return None


def check_commercial(facts: Facts) -> Finding | None:
    """``use.commercial``: a commercial production needs a license that allows it."""
    if facts.use.purpose is not Purpose.COMMERCIAL or not facts.terms.known:
        return None
    return check_permission(
        facts,
        "use.commercial",
        "commercial",
        facts.terms.commercial,
        doing="commercial use",
        instead="Replace the asset, or buy a license that allows commercial use.",
    )


def check_merchandise(facts: Facts) -> Finding | None:
    """``use.merchandise``: goods that are sold because of what they show."""
    if not facts.use.merchandise or not facts.terms.known:
        return None
    return check_permission(
        facts,
        "use.merchandise",
        "merchandise",
        facts.terms.merchandise,
        doing="merchandise",
        instead=(
            "Leave the asset off the goods, or buy the marketplace's license for merchandise (an enhanced "
            "or extended one)."
        ),
    )


def check_templates(facts: Facts) -> Finding | None:
    """``use.templates``: templates and products that others build upon."""
    if not facts.use.templates or not facts.terms.known:
        return None
    return check_permission(
        facts,
        "use.templates",
        "templates",
        facts.terms.templates,
        doing="templates for resale",
        instead="Leave the asset out of the template, or buy a license that allows templates.",
    )


def check_sensitive(facts: Facts) -> Finding | None:
    """``use.sensitive``: contexts that put a depicted person in a bad light."""
    if not facts.use.sensitive or not facts.terms.known:
        return None
    return check_permission(
        facts,
        "use.sensitive",
        "sensitive_use",
        facts.terms.sensitive_use,
        doing="use in a sensitive context",
        instead=(
            "Replace the asset in the sensitive context, or ask the marketplace for a sensitive-use license."
        ),
    )


def check_permission(
    facts: Facts, rule: str, topic: str, permission: Permission, *, doing: str, instead: str
) -> Finding | None:
    """Turn what a license says of one thing into a finding, or none when it is allowed."""
    name = name_license(facts.terms)
    match permission:
        case Permission.ALLOWED:
            return None
        case Permission.DENIED:
            severity, message, fix = Severity.ERROR, f"{name} does not allow {doing}.", instead
        case Permission.CONDITIONAL:
            severity = Severity.WARNING
            message = f"{name} allows {doing} only under a condition that somebody has to check."
            fix = f"Check the condition in the clause and keep a note of who checked it. Otherwise: {instead}"
        case _:
            severity = Severity.WARNING
            message = f"Whether {name} allows {doing} is not known."
            fix = f"{READ}, or ask the seller in writing. Otherwise: {instead}"
    return make_finding(facts, rule=rule, severity=severity, message=message, how_to_fix=fix, topic=topic)
