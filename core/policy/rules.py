"""All rules, in the order in which they are asked. A rule's name is stable: resolutions refer to it."""

from __future__ import annotations

from ..model.intended_use import OutputKind
from . import ai_rules, cap_rules, grant_rules, licensee_rules, product_rules, time_rules, use_rules
from .use_rules import Rule, make_output_rule

RULES: tuple[Rule, ...] = (
    grant_rules.check_unknown_license,
    grant_rules.check_refunded,
    grant_rules.check_revoked,
    grant_rules.check_expired,
    grant_rules.check_stamp,
    use_rules.check_no_output,
    use_rules.check_editorial_only,
    use_rules.check_commercial,
    *(make_output_rule(kind) for kind in OutputKind),
    ai_rules.check_ai_training,
    ai_rules.check_ai_metadata,
    use_rules.check_merchandise,
    use_rules.check_templates,
    use_rules.check_sensitive,
    cap_rules.check_print_run,
    cap_rules.check_impressions,
    cap_rules.check_audience,
    cap_rules.check_budget,
    licensee_rules.check_clients,
    licensee_rules.check_projects,
    licensee_rules.check_sales,
    licensee_rules.check_revenue,
    time_rules.check_territory,
    time_rules.check_term,
    time_rules.check_must_use_by,
    use_rules.check_seats,
    licensee_rules.check_affiliates,
    licensee_rules.check_transfer,
    product_rules.check_extraction,
    product_rules.check_substantial_portion,
    product_rules.check_engine,
    product_rules.check_logo,
    product_rules.check_editorial_edits,
    grant_rules.check_expiring,
    grant_rules.check_credit,
    grant_rules.check_confidence,
    grant_rules.check_reading_date,
    grant_rules.check_source,
    grant_rules.check_note,
)

RULE_NAMES: tuple[str, ...] = (
    "license.unknown", "grant.refunded", "grant.revoked", "grant.expired", "stamp.disagrees",
    "use.no_output", "use.editorial_only", "use.commercial",
    *(f"output.{kind.value}" for kind in OutputKind),
    "ai.training", "ai.metadata", "use.merchandise", "use.templates", "use.sensitive",
    "cap.print_run", "cap.impressions", "cap.audience", "cap.production_budget",
    "cap.clients", "cap.projects", "cap.sales", "cap.licensee_revenue",
    "use.territory", "use.term", "grant.must_use_by", "use.seats", "use.affiliates", "use.transfer",
    "use.extraction", "use.substantial_portion", "use.engine", "use.logo", "use.editorial_edits",
    "grant.expiring", "credit.required", "credit.unknown", "terms.confidence", "terms.read_after_purchase",
    "terms.typed_in", "license.note",
)  # fmt: skip
"""Every name that a finding of :data:`RULES` can have."""
