"""Rules on amounts: copies, impressions, viewers, production budget.

A planned number that is not known, a cap that is not known, and another currency all mean "a person has to
look". Pure.
"""

from __future__ import annotations

from ...model.findings import Finding, Severity
from ...model.intended_use import OutputKind
from ...model.license import Cap, Unknown
from ...model.money import Money
from ..facts import Facts
from ..media import MOVING, OUTDOOR, Touch, touch
from ..wording import make_finding, name_license


def check_print_run(facts: Facts) -> Finding | None:
    """``cap.print_run``: printed copies, when something is printed."""
    use = facts.use
    if OutputKind.PRINT not in use.outputs and not use.print_run:
        return None
    return _cap(facts, "print_run", facts.terms.print_run, use.print_run, "printed copies")


def check_impressions(facts: Facts) -> Finding | None:
    """``cap.impressions``: out-of-home advertising, when that is planned, or print in media not named."""
    use = facts.use
    outdoor = touch(use, OUTDOOR)
    unclear = outdoor is Touch.UNCLEAR and OutputKind.PRINT in use.outputs
    if outdoor is not Touch.YES and not unclear and not use.impressions:
        return None
    return _cap(facts, "impressions", facts.terms.impressions, use.impressions, "impressions")


def check_audience(facts: Facts) -> Finding | None:
    """``cap.audience``: viewers, when moving pictures go to television, cinema or streaming."""
    use = facts.use
    moving = touch(use, MOVING)
    unclear = moving is Touch.UNCLEAR and OutputKind.VIDEO in use.outputs
    if moving is not Touch.YES and not unclear and not use.audience:
        return None
    return _cap(facts, "audience", facts.terms.audience, use.audience, "viewers")


def check_budget(facts: Facts) -> Finding | None:
    """``cap.production_budget``: licenses that hold for small productions only."""
    terms, use = facts.terms, facts.use
    cap = terms.production_budget_max
    if not terms.known or cap is None:
        return None
    moving = OutputKind.VIDEO in use.outputs or touch(use, MOVING) is Touch.YES
    planned = use.production_budget
    if not moving:
        unclear = touch(use, MOVING) is Touch.UNCLEAR and isinstance(cap, Money) and planned is not None
        if not unclear or not isinstance(cap, Money) or planned is None or not _exceeds(planned, cap):
            return None
        return _budget(
            facts,
            Severity.WARNING,
            f"The production's budget ({planned}) is above what {name_license(terms)} covers for films and "
            f"advertisements ({cap}), and the use file does not say in which media the work is shown.",
            'Name the media in the use file, such as media = ["web"].',
        )
    if isinstance(cap, Unknown):
        return _budget(
            facts,
            Severity.WARNING,
            f"Whether {name_license(terms)} limits the production's budget is not known.",
            "Have somebody read the license text, or ask the marketplace in writing.",
        )
    if planned is None:
        return _budget(
            facts,
            Severity.WARNING,
            (
                f"{name_license(terms)} covers productions of up to {cap}; this production's budget is not "
                "stated."
            ),
            f'State it in the use file, such as production_budget = "{_write(cap)}".',
        )
    if planned.currency != cap.currency:
        return _budget(
            facts,
            Severity.WARNING,
            f"{name_license(terms)} covers productions of up to {cap}; the budget is stated as {planned}.",
            (
                f"State the budget in {cap.currency} in the use file, at the rate of the day on which it "
                "was approved."
            ),
        )
    if not _exceeds(planned, cap):
        return None
    return _budget(
        facts,
        Severity.ERROR,
        f"The production's budget ({planned}) is above what {name_license(terms)} covers ({cap}).",
        (
            "License the asset again under the marketplace's license without a budget limit (an enhanced "
            "one), or replace it."
        ),
    )


def _write(amount: Money) -> str:
    """Write an amount as a use file wants it: ``10000 USD``."""
    return f"{amount.decimal.normalize():f} {amount.currency}"


def _exceeds(planned: Money, cap: Money) -> bool:
    """Compare amounts; another currency counts as above, since nobody knows."""
    return planned.currency != cap.currency or planned.minor > cap.minor


def _budget(facts: Facts, severity: Severity, message: str, how_to_fix: str) -> Finding:
    return make_finding(
        facts,
        rule="cap.production_budget",
        severity=severity,
        message=message,
        how_to_fix=how_to_fix,
        topic="production_budget_max",
    )


def _cap(facts: Facts, topic: str, cap: Cap | Unknown, planned: int | None, what: str) -> Finding | None:
    """Hold a planned number against a cap."""
    name = name_license(facts.terms)
    if not facts.terms.known:
        return None
    if isinstance(cap, Unknown):
        severity, message = Severity.WARNING, f"Whether {name} limits the number of {what} is not known."
        fix = "Have somebody read the license text, or ask the marketplace in writing."
    elif cap.limit is None:
        return None
    elif planned is None:
        severity = Severity.WARNING
        message = f"{name} covers {cap.limit:,} {what}; how many are planned is not stated."
        fix = f"State the number in the use file, such as {topic} = {min(cap.limit, 10_000)}."
    elif planned > cap.limit:
        severity = Severity.ERROR
        message = f"{planned:,} {what} are planned; {name} covers {cap.limit:,}."
        fix = (
            f"Stay within {cap.limit:,} {what}, license the asset again without that limit (an enhanced or "
            "extended license), or replace it."
        )
    else:
        return None
    return make_finding(
        facts, rule=f"cap.{topic}", severity=severity, message=message, how_to_fix=fix, topic=topic
    )
