"""Rules on how many people work with the files: those whom the use names, and those who have seats. Pure."""

from __future__ import annotations

from ...model.findings import Finding, Severity
from ...model.license import Cap
from ..facts import Facts
from ..seating import NEARLY_FULL
from ..wording import make_finding, name_license


def check_seats(facts: Facts) -> Finding | None:
    """``use.seats``: no more people may work with the files than the license has seats for.

    Who has a seat in the ledger counts, whatever the use says.
    """
    terms, planned, taken = facts.terms, facts.use.seats, facts.seats_taken or 0
    if not terms.known:
        return None
    wanted = max(planned, taken)
    who = f"{taken} seats are taken" if taken > planned else f"{wanted} people work with the files"
    # Where seats are sold one by one, the license sets no number: what was bought does.
    seats = terms.seats if facts.seats_held is None else Cap(limit=facts.seats_held)
    match seats:
        case Cap(limit=None):
            return None
        case Cap(limit=int(limit)):
            if wanted <= limit:
                return None
            return make_finding(
                facts,
                rule="use.seats",
                severity=Severity.ERROR,
                message=f"{who}; {name_license(terms)} covers {limit}.",
                how_to_fix=(
                    f"Let no more than {limit} {'person' if limit == 1 else 'people'} work with the file, "
                    "or license it on a team or enterprise plan."
                ),
                topic="seats",
            )
        case _:
            if wanted <= 1:
                return None
            return make_finding(
                facts,
                rule="use.seats",
                severity=Severity.WARNING,
                message=f"{who}; how many {name_license(terms)} covers is not known.",
                how_to_fix=(
                    "Check that everybody who works with the file belongs to the buyer named on the order."
                ),
                topic="output.file_share_internal",
            )


def check_seats_left(facts: Facts) -> Finding | None:
    """``use.seats_left``: says before the limit that few seats are left, where there is more than one."""
    terms, taken = facts.terms, facts.seats_taken
    seats = terms.seats if facts.seats_held is None else Cap(limit=facts.seats_held)
    if taken is None or not isinstance(seats, Cap) or seats.limit is None or seats.limit < 2:
        return None
    if not seats.limit * NEARLY_FULL <= taken <= seats.limit:
        return None
    left = seats.limit - taken
    return make_finding(
        facts,
        rule="use.seats_left",
        severity=Severity.HINT,
        message=f"{taken} of {seats.limit} seats of {name_license(terms)} are taken; "
        + ("none is left." if not left else f"{left} {'is' if left == 1 else 'are'} left."),
        how_to_fix="Release seats that nobody needs any more, or license more in time.",
        topic="seats",
    )
