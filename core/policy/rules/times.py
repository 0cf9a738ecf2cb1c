"""Rules on place and time: where a license holds, until when, and by when it must be in use. Pure."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from ...model.findings import Finding, Severity
from ...model.license import Cap
from ..facts import Facts
from ..wording import make_finding, name_license
from .uses import READ

LAST_DAY = date.max


def check_territory(facts: Facts) -> Finding | None:
    """``use.territory``: the license has to hold where the work is shown."""
    terms, wanted = facts.terms, facts.use.territory
    if not terms.known or terms.worldwide is True:
        return None
    where = ", ".join(wanted) or "worldwide"
    if terms.worldwide is False and isinstance(terms.territory, tuple):
        if wanted and set(wanted) <= set(terms.territory):
            return None
        missing = ", ".join(sorted(set(wanted) - set(terms.territory))) or "the rest of the world"
        return make_finding(
            facts,
            rule="use.territory",
            severity=Severity.ERROR,
            message=(
                f"{name_license(terms)} holds in {', '.join(terms.territory) or 'no country that is named'}; "
                f"the work is to be shown: {where}."
            ),
            how_to_fix=f"License the asset for {missing} too, show the work elsewhere, or replace the asset.",
            topic="territory" if terms.clause("territory") else "worldwide",
        )
    reason = "does not hold worldwide" if terms.worldwide is False else "is not known to hold everywhere"
    return make_finding(
        facts,
        rule="use.territory",
        severity=Severity.WARNING,
        message=f"{name_license(terms)} {reason}; the work is to be shown: {where}.",
        how_to_fix=f"{READ}, and check that it covers: {where}.",
        topic="worldwide",
    )


def check_term(facts: Facts) -> Finding | None:
    """``use.term``: the license has to hold for as long as the work is shown.

    Where it is not known whether a license ends, that matters when the use file names a term.
    """
    terms, months = facts.terms, facts.use.term_months
    if not terms.known:
        return None
    today, ends = facts.now.date(), last_day(facts)
    name = name_license(terms)
    if ends is None:
        if terms.perpetual is True or (terms.perpetual is not False and months is None):
            return None
        until = "ends some day" if terms.perpetual is False else "is not known to be without an end"
        return _term(
            facts,
            Severity.WARNING,
            f"{name} {until}; {_plan(months)}.",
            f"{READ} or the order, and note the day on which the license ends.",
        )
    if facts.valid_until is not None and facts.valid_until <= facts.now:
        return None  # grant.expired says it
    if ends < today:
        return _term(
            facts,
            Severity.ERROR,
            f"{name} has ended on {ends.isoformat()}.",
            "License the asset again, or replace it.",
        )
    if months is None:
        return _term(
            facts,
            Severity.WARNING,
            f"{name} ends on {ends.isoformat()}; {_plan(None)}.",
            "State in the use file for how long, such as term_months = 12.",
        )
    if add_months(today, months) <= ends:
        return None
    return _term(
        facts,
        Severity.ERROR,
        f"{name} ends on {ends.isoformat()}; {_plan(months)}.",
        "License the asset for the whole time, take the work down in time, or replace the asset.",
    )


def check_must_use_by(facts: Facts) -> Finding | None:
    """``grant.must_use_by``: content that has to be in use soon after a subscription has ended."""
    cap = facts.terms.must_use_days
    if not isinstance(cap, Cap) or cap.limit is None or not facts.terms.known:
        return None
    by, used, today = facts.must_use_by, facts.first_used_on, facts.now.date()
    if used is not None and (by is None or used <= by):
        return None
    rule = (
        f"{name_license(facts.terms)} is lost unless the content is in use {cap.limit} days after the "
        "subscription ends"
    )
    if by is None:
        severity, message = Severity.WARNING, f"{rule}; that day is not known."
        fix = "Note when the subscription ends, and keep evidence of the first publication."
    elif by < today:
        severity, message = Severity.ERROR, f"{rule}; that was {by.isoformat()}, and no use is recorded."
        fix = "License the asset again, show evidence that it was in use by then, or replace it."
    else:
        severity, message = Severity.HINT, f"{rule}: by {by.isoformat()}."
        fix = "Publish before that day, and keep evidence of it."
    return make_finding(
        facts,
        rule="grant.must_use_by",
        severity=severity,
        message=message,
        how_to_fix=fix,
        topic="must_use_days",
    )


def last_day(facts: Facts) -> date | None:
    """Return the day on which the right ends, or None when no day is known."""
    ends = [facts.valid_until.date()] if facts.valid_until is not None else []
    days = facts.terms.term_days
    if isinstance(days, Cap) and days.limit is not None:
        start = facts.acquired_on or facts.now.date()
        ends.append(start + timedelta(days=min(days.limit, (LAST_DAY - start).days)))
    return min(ends, default=None)


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > LAST_DAY.year:
        return LAST_DAY
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _plan(months: int | None) -> str:
    if months is None:
        return "for how long the work is shown is not stated"
    return f"the work is to be shown for {months} month{'' if months == 1 else 's'}"


def _term(facts: Facts, severity: Severity, message: str, how_to_fix: str) -> Finding:
    topic = "term_days" if facts.terms.clause("term_days") else "perpetual"
    return make_finding(
        facts, rule="use.term", severity=severity, message=message, how_to_fix=how_to_fix, topic=topic
    )
