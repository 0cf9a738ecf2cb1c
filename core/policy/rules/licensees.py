"""Rules on who holds a license, and for whom: affiliates, clients, projects, revenue, sales. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ...model.findings import Finding, Severity
from ...model.license import Cap, LicenseeKind, Transfer, Unknown
from ...model.money import Money
from ..facts import Facts
from ..wording import make_finding, name_license
from .uses import READ

WHAT: Mapping[str, str] = MappingProxyType(
    {"clients": "clients", "projects": "projects", "sales": "copies sold"}
)


def check_affiliates(facts: Facts) -> Finding | None:
    """``use.affiliates``: parent, child and sister companies are not everywhere the same licensee."""
    kind = facts.terms.licensee_kind
    if not facts.use.affiliates or not facts.terms.known or kind is LicenseeKind.MULTI_ENTITY:
        return None
    name = name_license(facts.terms)
    if isinstance(kind, Unknown):
        severity, message = Severity.WARNING, f"Whether {name} covers affiliated companies is not known."
        fix = f"{READ}, or let only the company that is named on the order work with the file."
    else:
        who = "one person" if kind is LicenseeKind.PERSON else "one company with its employees"
        severity, message = Severity.ERROR, f"{name} covers {who}, not affiliated companies."
        fix = (
            "Let only the licensee work with the file, have each company license it, or license it for "
            "several entities."
        )
    return make_finding(
        facts,
        rule="use.affiliates",
        severity=severity,
        message=message,
        how_to_fix=fix,
        topic="licensee_kind",
    )


def check_clients(facts: Facts) -> Finding | None:
    """``cap.clients``: licenses that hold for one client."""
    number = len(facts.use.all_clients | facts.other_clients)
    fix = "License the asset once more for each further client."
    return _count(facts, "clients", facts.terms.clients, number, fix=fix)


def check_projects(facts: Facts) -> Finding | None:
    """``cap.projects``: licenses that hold for one production."""
    number = facts.use.projects + len(facts.other_projects)
    fix = "License the asset once more for this project, or replace it here."
    return _count(facts, "projects", facts.terms.projects, number, fix=fix)


def check_transfer(facts: Facts) -> Finding | None:
    """``use.transfer``: a client who takes over the license with the work."""
    use, transfer = facts.use, facts.terms.transfer
    if not use.transfer or not facts.terms.known:
        return None
    name, severity = name_license(facts.terms), Severity.WARNING
    match transfer:
        case Transfer.NO:
            severity, message = Severity.ERROR, f"{name} may not be passed on to anybody."
            fix = "Have the client license the asset in its own name, or replace it."
        case Transfer.ONE_CLIENT_PER_LICENSE:
            if use.all_clients:
                return None  # how many there are is for cap.clients to say
            message = f"{name} may be passed on to one client; the use file names none."
            fix = 'Name the client in the use file, such as client = "ACME"; pass the license on in writing.'
        case Transfer.TO_NAMED_CLIENT:
            message = f"{name} may be passed on only to a client who was named as licensee at the purchase."
            fix = "Check who is named as licensee on the order; otherwise have the client license the asset."
        case _:
            message = f"Whether {name} may be passed on to a client is not known."
            fix = f"{READ}, or have the client license the asset in its own name."
    return make_finding(
        facts, rule="use.transfer", severity=severity, message=message, how_to_fix=fix, topic="transfer"
    )


def check_revenue(facts: Facts) -> Finding | None:
    """``cap.licensee_revenue``: licenses for licensees up to a certain size."""
    cap, revenue = facts.terms.licensee_revenue_max, facts.use.licensee_revenue
    if not facts.terms.known or cap is None:
        return None
    name, severity = name_license(facts.terms), Severity.WARNING
    if isinstance(cap, Unknown):
        if revenue is None:
            return None  # the question was not raised
        message = f"Whether {name} limits the licensee's revenue is not known."
        fix = f"{READ}."
    elif revenue is None:
        message = f"{name} is for licensees with a revenue of up to {cap}; yours is not stated."
        fix = 'State it in the use file, such as licensee_revenue = "90000 USD".'
    elif revenue.currency != cap.currency:
        message = f"{name} is for licensees with a revenue of up to {cap}; yours is stated as {revenue}."
        fix = f"State the revenue in {cap.currency} in the use file."
    elif _above(revenue, cap):
        severity = Severity.ERROR
        message = f"The licensee's revenue ({revenue}) is above what {name} is for ({cap})."
        fix = "License the asset again under the tier for larger licensees, or replace it."
    else:
        return None
    return make_finding(
        facts,
        rule="cap.licensee_revenue",
        severity=severity,
        message=message,
        how_to_fix=fix,
        topic="licensee_revenue_max",
    )


def check_sales(facts: Facts) -> Finding | None:
    """``cap.sales``: licenses that hold up to a number of copies sold."""
    cap, planned = facts.terms.sales, facts.use.sales
    if isinstance(cap, Cap) and cap.limit is not None and planned is None and facts.terms.known:
        return make_finding(
            facts,
            rule="cap.sales",
            severity=Severity.WARNING,
            message=(
                f"{name_license(facts.terms)} covers {cap.limit:,} copies sold; how many are planned is not "
                "stated."
            ),
            how_to_fix=f"State the number in the use file, such as sales = {min(cap.limit, 1000)}.",
            topic="sales",
        )
    fix = "License the asset again without that limit, or replace it."
    if planned is not None and isinstance(cap, Unknown) and facts.terms.known:
        return _unknown(facts, "sales")
    return _count(facts, "sales", cap, planned or 0, fix=fix)


def _above(amount: Money, cap: Money) -> bool:
    return amount.minor > cap.minor


def _count(facts: Facts, topic: str, cap: Cap | Unknown, number: int, *, fix: str) -> Finding | None:
    """Hold a number against a cap; one is what every license is for."""
    if not facts.terms.known:
        return None
    if isinstance(cap, Unknown):
        return _unknown(facts, topic) if number > 1 else None
    if cap.limit is None or number <= cap.limit:
        return None
    return make_finding(
        facts,
        rule=f"cap.{topic}",
        severity=Severity.ERROR,
        message=(
            f"{name_license(facts.terms)} limits the number of {WHAT[topic]} to {cap.limit:,}; here it is "
            f"{number:,}."
        ),
        how_to_fix=fix,
        topic=topic,
    )


def _unknown(facts: Facts, topic: str) -> Finding:
    return make_finding(
        facts,
        rule=f"cap.{topic}",
        severity=Severity.WARNING,
        message=f"Whether {name_license(facts.terms)} limits the number of {WHAT[topic]} is not known.",
        how_to_fix=f"{READ}, or ask the marketplace in writing.",
        topic=topic,
    )
