"""Rules on the right that we hold and on how sure we are of its terms. Pure."""

from __future__ import annotations

from datetime import timedelta

from ...model.findings import Finding, Severity
from ...model.grant import GrantState
from ...model.intended_use import IntendedUse, OutputKind, Purpose
from ...model.license import UNKNOWN, Clause, Confidence, TermsSource
from ..credit import format_credit, needs_credit
from ..facts import Facts
from ..wording import make_finding, name_license, shorten

EXPIRES_SOON = timedelta(days=30)
SCENES_NAMED = 5
"""Scenes that a finding names before it counts."""


def check_unknown_license(facts: Facts) -> Finding | None:
    """``license.unknown``: a label that nobody mapped says nothing."""
    if facts.terms.known:
        return None
    label = shorten(facts.terms.label)
    return make_finding(
        facts,
        rule="license.unknown",
        severity=Severity.WARNING,
        message=f"The license {f'“{label}”' if label else 'of this asset'} is not one that Clearance knows.",
        how_to_fix=(
            "Read the license on the listing's page or on the invoice, and have a person decide; keep a "
            "copy of the text with the order."
        ),
    )


def check_refunded(facts: Facts) -> Finding | None:
    """``grant.refunded``: what was paid back may no longer be used."""
    if facts.grant_state is not GrantState.REFUNDED:
        return None
    return make_finding(
        facts,
        rule="grant.refunded",
        severity=Severity.ERROR,
        message=f"The purchase was refunded, so the right to use the asset has ended.{_used_in(facts)}",
        how_to_fix="Delete the asset from the scene, or buy it again.",
    )


def check_revoked(facts: Facts) -> Finding | None:
    """``grant.revoked``: the licensor or the studio has withdrawn the right."""
    if facts.grant_state is not GrantState.REVOKED:
        return None
    return make_finding(
        facts,
        rule="grant.revoked",
        severity=Severity.ERROR,
        message=f"The right to use the asset was revoked.{_used_in(facts)}",
        how_to_fix="Replace the asset; ask whoever revoked the right why, before anything more goes out.",
    )


def _used_in(facts: Facts) -> str:
    """Name the scenes that use what may be used no more."""
    if not facts.used_in:
        return ""
    named = ", ".join(shorten(scene) for scene in facts.used_in[:SCENES_NAMED])
    more = len(facts.used_in) - SCENES_NAMED
    return f" Known to use it: {named}{f' and {more:,} more' if more > 0 else ''}."


def check_expired(facts: Facts) -> Finding | None:
    """``grant.expired``: a right that has ended by date."""
    ended = facts.valid_until is not None and facts.valid_until <= facts.now
    if facts.grant_state is not GrantState.EXPIRED and not ended:
        return None
    when = f" on {facts.valid_until.date().isoformat()}" if facts.valid_until is not None and ended else ""
    return make_finding(
        facts,
        rule="grant.expired",
        severity=Severity.ERROR,
        message=f"The right to use the asset has expired{when}.",
        how_to_fix="Renew the license at the marketplace, or replace the asset.",
        topic="perpetual",
    )


def check_expiring(facts: Facts) -> Finding | None:
    """``grant.expiring``: a right that ends within thirty days."""
    until = facts.valid_until
    if facts.grant_state is not GrantState.ACTIVE or until is None:
        return None
    if not facts.now < until <= facts.now + EXPIRES_SOON:
        return None
    return make_finding(
        facts,
        rule="grant.expiring",
        severity=Severity.HINT,
        message=f"The right to use the asset ends on {until.date().isoformat()}.",
        how_to_fix="Finish before that day, or renew the license in time.",
        topic="perpetual",
    )


def check_stamp(facts: Facts) -> Finding | None:
    """``stamp.disagrees``: the scene claims another license than the one that we hold."""
    stamped, held = facts.stamped_license_id, facts.held_license_id
    license_differs = bool(stamped and held and stamped != held)
    stamped_sha256, held_sha256 = facts.stamped_terms_sha256, facts.terms_sha256
    terms_differ = bool(stamped_sha256 and held_sha256 and stamped_sha256 != held_sha256)
    if not license_differs and not terms_differ:
        return None
    what = (
        f"license {shorten(stamped)}, while the ledger holds {shorten(held)}"
        if license_differs
        else "another reading of the license terms than the ledger holds"
    )
    return make_finding(
        facts,
        rule="stamp.disagrees",
        severity=Severity.ERROR,
        message=(
            f"The stamp in the scene names {what}: it was edited, or comes from somebody else's purchase."
        ),
        how_to_fix=(
            "Import the asset again from your own downloads so that it is stamped afresh, or remove it."
        ),
    )


def check_credit(facts: Facts) -> Finding | None:
    """``credit.required``: names the exact line, or says that it is not known whether one is wanted."""
    terms = facts.terms
    if not terms.known:
        return None
    if terms.credit_template is UNKNOWN:
        return make_finding(
            facts,
            rule="credit.unknown",
            severity=Severity.HINT,
            message=f"Whether {name_license(terms)} asks for a credit is not known.",
            how_to_fix="Naming author and marketplace in the credits is never wrong.",
            topic="credit",
        )
    if not needs_credit(terms, editorial=_is_editorial(facts, facts.use)):
        return None
    return make_finding(
        facts,
        rule="credit.required",
        severity=Severity.HINT,
        message=f"{name_license(terms)} asks for a credit.",
        how_to_fix=ask_for_credit(facts, facts.use),
        topic="credit",
    )


def ask_for_credit(facts: Facts, use: IntendedUse) -> str:
    """Return what to do about a credit that the license asks for in a use: put exactly this line in."""
    line = facts.credit or format_credit(
        facts.terms,
        author=facts.author,
        listing_id=facts.listing_id,
        editorial=_is_editorial(facts, use),
    )
    return f"Put this line into the credits: {shorten(line, 300)}"


def _is_editorial(facts: Facts, use: IntendedUse) -> bool:
    return facts.editorial is True or use.purpose is Purpose.EDITORIAL


def check_confidence(facts: Facts) -> Finding | None:
    """``terms.confidence``: says when facts were not read in the licensor's own text."""
    use = facts.use
    topics = [f"output.{kind.value}" for kind in sorted(use.outputs)]
    topics += ["commercial", "editorial_only"] if use.purpose is Purpose.COMMERCIAL else []
    topics += ["production_budget_max"] if OutputKind.VIDEO in use.outputs else []
    topics += ["print_run"] if OutputKind.PRINT in use.outputs else []
    topics += ["seats"] if use.seats > 1 else []
    topics += ["worldwide"]
    weakest: Clause | None = None
    for topic in topics:
        clause = facts.terms.clause(topic)
        if clause is None or clause.confidence is Confidence.PRIMARY:
            continue
        if weakest is None or clause.confidence is Confidence.UNCONFIRMED:
            weakest = clause
        if weakest.confidence is Confidence.UNCONFIRMED:
            break
    if weakest is None:
        return None
    how = (
        "was read in somebody else's dated account, not in the licensor's own text"
        if weakest.confidence is Confidence.SECONDARY
        else "is not confirmed"
    )
    return make_finding(
        facts,
        rule="terms.confidence",
        severity=Severity.HINT,
        message=f"A part of what we know of {name_license(facts.terms)} {how}.",
        how_to_fix=(
            "Compare the clause with the text on the marketplace's page, and keep a copy of that page."
        ),
        topic=weakest.topic,
    )


def check_reading_date(facts: Facts) -> Finding | None:
    """``terms.read_after_purchase``: the oldest reading that we hold is younger than the purchase."""
    if facts.acquired_on is None or not facts.terms.known or facts.acquired_on >= facts.terms.version:
        return None
    return make_finding(
        facts,
        rule="terms.read_after_purchase",
        severity=Severity.HINT,
        message=(
            f"Bought on {facts.acquired_on.isoformat()}; our oldest reading of {name_license(facts.terms)} "
            f"is of {facts.terms.version.isoformat()}."
        ),
        how_to_fix="Compare with the license text that was shown at the purchase or stands on the invoice.",
    )


def check_source(facts: Facts) -> Finding | None:
    """``terms.typed_in``: somebody typed in that this license applies."""
    if facts.terms.source is not TermsSource.USER or facts.declaration is not None:
        return None
    return make_finding(
        facts,
        rule="terms.typed_in",
        severity=Severity.HINT,
        message="That this license applies was typed in by a user; the marketplace did not say it.",
        how_to_fix="Keep the invoice or order confirmation as evidence.",
    )


def check_agreement(facts: Facts) -> Finding | None:
    """``license.agreement``: the standard terms are not all that was held against the use."""
    agreement = facts.agreement
    if agreement is None:
        return None
    until = f" until {agreement.ends_on.isoformat()}" if agreement.ends_on is not None else ""
    proof = (
        f"Its document has the SHA-256 {agreement.document_sha256}."
        if agreement.document_sha256
        else "No document is kept with it."
    )
    return make_finding(
        facts,
        rule="license.agreement",
        severity=Severity.HINT,
        message=(
            f"The agreement “{shorten(agreement.name)}” stands over {name_license(facts.terms)} from "
            f"{agreement.starts_on.isoformat()}{until}. {proof}"
        ),
        how_to_fix=(
            "Nothing to do while it holds; what it allows ends with it."
            if agreement.document_sha256
            else "Note the agreement again with its document, so that it can be proven."
        ),
    )


def check_note(facts: Facts) -> Finding | None:
    """``license.note``: what else has to be known about the license."""
    if not facts.terms.notes:
        return None
    return make_finding(
        facts,
        rule="license.note",
        severity=Severity.HINT,
        message=facts.terms.notes,
        how_to_fix="Nothing to do if this fits your contract; otherwise have somebody look at it.",
        topic="platform",
    )
