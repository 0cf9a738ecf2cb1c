"""Says when the terms of a purchase allow less today: what was bought keeps its own. Pure."""

from __future__ import annotations

from dataclasses import replace

from ..licenses.compare import Direction, compare_terms
from ..model.findings import Finding, Severity
from ..model.license import LicenseTerms
from ..policy.wording import name_license

FACTS_NAMED = 4
_WORDS = {"ai_training": "AI training", "production_budget_max": "production budget"}


def find_narrower(kept: LicenseTerms, today: LicenseTerms) -> Finding | None:
    """Compare the terms that were kept with those in force; None unless a newer version allows less.

    ``subject`` is left empty: every purchase under the same reading has the same to say.
    """
    if not kept.known or today.version <= kept.version:
        return None
    # Who said that the license applies belongs to the purchase, not to the terms.
    changes = compare_terms(kept, replace(today, source=kept.source))
    less = [change for change in changes if change.direction is Direction.NARROWER]
    if not less:
        return None
    named = ", ".join(_name(change.fact) for change in less[:FACTS_NAMED])
    more = f" and {len(less) - FACTS_NAMED} more" if len(less) > FACTS_NAMED else ""
    return Finding(
        rule="terms.changed",
        severity=Severity.HINT,
        message=(
            f"{name_license(kept)} allows less since {today.version.isoformat()} ({named}{more}). What you "
            "bought keeps its terms."
        ),
        how_to_fix=(
            "Keep the license text of the purchase; whoever buys it again today gets the newer terms "
            "(“clearance terms diff” shows all of them)."
        ),
        clause=next((change.clause for change in less if change.clause is not None), None),
    )


def _name(fact: str) -> str:
    kind = fact.removeprefix("output.")
    return _WORDS.get(kind, kind.replace("_", " "))
