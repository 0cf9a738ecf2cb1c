"""All rules, in the order in which they are asked. A rule's name is stable: resolutions refer to it."""

from __future__ import annotations

from ...model.intended_use import OutputKind
from . import ai, caps, declared, grants, licensees, products, seats, times, uses
from .uses import Rule, make_output_rule

RULES: tuple[Rule, ...] = (
    grants.check_unknown_license,
    grants.check_refunded,
    grants.check_revoked,
    grants.check_expired,
    grants.check_stamp,
    declared.check_withdrawn,
    declared.check_evidence,
    declared.check_client,
    declared.check_noncommercial,
    declared.check_protection,
    uses.check_no_output,
    uses.check_editorial_only,
    uses.check_commercial,
    *(make_output_rule(kind) for kind in OutputKind),
    ai.check_ai_training,
    ai.check_ai_metadata,
    uses.check_merchandise,
    uses.check_templates,
    uses.check_sensitive,
    caps.check_print_run,
    caps.check_impressions,
    caps.check_audience,
    caps.check_budget,
    licensees.check_clients,
    licensees.check_projects,
    licensees.check_sales,
    licensees.check_revenue,
    times.check_territory,
    times.check_term,
    times.check_must_use_by,
    seats.check_seats,
    seats.check_seats_left,
    licensees.check_affiliates,
    licensees.check_transfer,
    products.check_extraction,
    products.check_substantial_portion,
    products.check_engine,
    products.check_logo,
    products.check_editorial_edits,
    grants.check_expiring,
    grants.check_credit,
    grants.check_confidence,
    grants.check_reading_date,
    grants.check_source,
    grants.check_agreement,
    grants.check_note,
    declared.check_declared,
)

RULE_NAMES: tuple[str, ...] = (
    "license.unknown", "grant.refunded", "grant.revoked", "grant.expired", "stamp.disagrees",
    "declaration.withdrawn", "declaration.evidence", "declaration.client", "declaration.noncommercial",
    "declaration.protection",
    "use.no_output", "use.editorial_only", "use.commercial",
    *(f"output.{kind.value}" for kind in OutputKind),
    "ai.training", "ai.metadata", "use.merchandise", "use.templates", "use.sensitive",
    "cap.print_run", "cap.impressions", "cap.audience", "cap.production_budget",
    "cap.clients", "cap.projects", "cap.sales", "cap.licensee_revenue",
    "use.territory", "use.term", "grant.must_use_by", "use.seats", "use.seats_left", "use.affiliates",
    "use.transfer",
    "use.extraction", "use.substantial_portion", "use.engine", "use.logo", "use.editorial_edits",
    "grant.expiring", "credit.required", "credit.unknown", "terms.confidence", "terms.read_after_purchase",
    "terms.typed_in", "license.agreement", "license.note", "declaration.made",
)  # fmt: skip
"""Every name that a finding of :data:`RULES` can have."""
