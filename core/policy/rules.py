"""All rules, in the order in which they are asked. A rule's name is stable: resolutions refer to it."""

from __future__ import annotations

from ..model.intended_use import OutputKind
from . import cap_rules, grant_rules, use_rules
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
    use_rules.check_ai_training,
    use_rules.check_merchandise,
    use_rules.check_templates,
    use_rules.check_sensitive,
    cap_rules.check_print_run,
    cap_rules.check_impressions,
    cap_rules.check_audience,
    cap_rules.check_budget,
    use_rules.check_territory,
    use_rules.check_seats,
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
    "ai.training", "use.merchandise", "use.templates", "use.sensitive",
    "cap.print_run", "cap.impressions", "cap.audience", "cap.production_budget",
    "use.territory", "use.seats",
    "grant.expiring", "credit.required", "credit.unknown", "terms.confidence", "terms.read_after_purchase",
    "terms.typed_in", "license.note",
)  # fmt: skip
"""Every name that a finding of :data:`RULES` can have."""
