"""Writes what each license in the scene allows as ODRL 2.2 policies (JSON-LD), one per grant. Pure.

The profile is told in ``docs/exchange.md``. What is not permitted is not allowed. What nobody has read is
named (``clr:unknownTerm``) and obliges to look (``reviewPolicy``); what is allowed under a condition is
permitted with that duty. Nobody is named as the licensee, and no order or price is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ..model.grant import Grant, GrantState
from ..model.license import UNKNOWN, Cap, Clause, Edits, LicenseTerms, Permission, Transfer, Unknown
from ..model.money import Money
from ..model.report import Report, ReportGrant
from ..model.report_details import NO_DETAILS, ReportDetails
from . import odrl_profile as words
from .odrl_profile import CONTEXT, PROFILE, WORDS, name
from .text import clean, segment, web_uri

BASE = "https://clearance.invalid/odrl/"
REVIEW = {"@type": "Duty", "action": "reviewPolicy"}
_CAPS_OF_ALL = ("impressions", "audience", "seats", "projects", "clients")


_AMOUNTS = ("production_budget_max", "licensee_revenue_max")
_COUNTED_OUTPUTS = {"print": "print_run", "interactive_packed": "sales"}

Rule = dict[str, Any]


def render_odrl(report: Report, details: ReportDetails = NO_DETAILS) -> str:
    """Write one policy per grant, in the report's order.

    What was declared has none: nobody granted a right to it in a purchase.
    """
    graph = [make_policy(grant, details) for grant in report.grants if not grant.is_declared]
    document = {"@context": [CONTEXT, WORDS], "@graph": graph}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def make_policy(grant: ReportGrant, details: ReportDetails = NO_DETAILS) -> Rule:
    """Return the policy of one grant. Its uid depends on the grant and on the reading of its terms."""
    held, terms = details.grants.get(grant.grant_id), details.terms.get(grant.terms_sha256)
    proven = held is not None and terms is not None and terms.known
    shop = clean(grant.marketplace_name or grant.marketplace, 80) or "unknown marketplace"
    policy: Rule = {
        # Only what the ledger proves is an agreement; anything else is a set of statements.
        "@type": "Agreement" if proven else "Set",
        "uid": f"{BASE}policy/{segment(grant.grant_id)}/{segment(grant.terms_sha256[:16] or 'no-reading')}",
        "profile": PROFILE,
        "conflict": "prohibit",
        "assigner": {
            "@type": "Party",
            "uid": f"{BASE}party/{segment(grant.marketplace or 'unknown')}",
            "dct:title": shop,
        },
        "assignee": {"@type": "Party", "uid": f"{BASE}party/licensee-of/{segment(grant.grant_id)}"},
        "target": {
            "@type": "Asset",
            # Some marketplaces have a picture and a film with the same number.
            "uid": f"{BASE}asset/{segment(grant.marketplace)}/{segment(grant.listing_id)}"
            + (f"/{held.kind.value}" if held is not None else ""),
            "dct:title": clean(grant.title, 200),
            "dct:identifier": f"{clean(grant.marketplace, 80)}:{clean(grant.listing_id, 120)}",
        },
        "clr:grantId": clean(grant.grant_id, 120),
        "clr:grantState": held.state.value if held is not None else "unproven",
        "clr:licenseId": clean(grant.license_id, 120),
        "clr:licenseLabel": clean(grant.license_label, 200),
        "clr:termsSha256": clean(grant.terms_sha256, 64),
    }
    if grant.author:
        policy["target"]["dct:creator"] = clean(grant.author, 200)
    if grant.granted_at is not None:
        policy["dct:issued"] = _moment(grant.granted_at)
    if url := web_uri(grant.terms_url):
        policy["dct:source"] = {"@id": url}
    if terms is not None:
        policy["clr:termsVersion"] = {"@value": terms.version.isoformat(), "@type": "xsd:date"}
    if held is not None:
        policy["clr:source"] = held.source.value
    if held is not None and held.state is not GrantState.ACTIVE:
        # The right has ended: what its license once allowed would only mislead.
        policy["prohibition"] = [{"@type": "Prohibition", "action": "use"}]
    elif proven and held is not None and terms is not None:
        _Rules(grant, held, terms).write(policy)
    else:
        policy["obligation"] = [dict(REVIEW)]
        policy["clr:unknownTerm"] = [name(term) for term in _everything()]
    # Told once, at the policy; each rule names them, for readers that take rules by themselves.
    for kind in ("permission", "prohibition", "obligation"):
        for rule in policy.get(kind, ()):
            rule.update({key: policy[key]["uid"] for key in ("target", "assigner", "assignee")})
    return policy


class _Rules:
    """The rules that one license's terms make."""

    def __init__(self, grant: ReportGrant, held: Grant, terms: LicenseTerms) -> None:
        self._grant = grant
        self._held = held
        self._terms = terms
        self._permissions: list[Rule] = []
        self._prohibitions: list[Rule] = []
        self._unknown: list[str] = []
        self._editorial = terms.editorial_only is True or held.editorial is True
        self._common = [*self._when(), *self._where(), *self._who(), *self._how_much()]

    def write(self, policy: Rule) -> None:
        """Put permissions, prohibitions, duties and what is unknown into the policy."""
        terms = self._terms
        self._commercial()
        for kind, action in words.OUTPUT_ACTIONS.items():
            permission = terms.outputs.get(kind, Permission.UNKNOWN)
            self._rule(permission, action, f"output.{kind.value}", self._of_output(kind.value))
        for field, action in words.PERMISSION_ACTIONS.items():
            self._rule(getattr(terms, field), action, field)
        self._pass_on()
        if terms.editorial_edits is Edits.TECHNICAL_ONLY:
            self._prohibitions.append(self._prohibit(name(words.ALTER), "editorial_edits"))
        self._name_unknown()
        policy["permission"] = self._permissions
        policy["prohibition"] = self._prohibitions
        if self._unknown:
            policy["obligation"] = [dict(REVIEW)]
            policy["clr:unknownTerm"] = list(dict.fromkeys(self._unknown))
        for key in ("permission", "prohibition"):
            if not policy[key]:
                del policy[key]
        if not any(key in policy for key in ("permission", "prohibition", "obligation")):
            policy["obligation"] = [dict(REVIEW)]

    def _rule(
        self, permission: Permission, action: words.Term, topic: str, more: Iterable[Rule] = ()
    ) -> None:
        match permission:
            case Permission.ALLOWED:
                self._permissions.append(self._permit(name(action), topic, more))
            case Permission.CONDITIONAL:
                rule = self._permit(name(action), topic, more)
                rule["duty"] = [dict(REVIEW), *rule.get("duty", ())]
                self._permissions.append(rule)
            case Permission.DENIED:
                self._prohibitions.append(self._prohibit(name(action), topic))
            case Permission.UNKNOWN:
                self._unknown.append(name(action))

    def _commercial(self) -> None:
        """Say whether it may be used commercially: ODRL has that word itself."""
        action = "odrl:commercialize"
        if self._editorial or self._terms.commercial is Permission.DENIED:
            self._prohibitions.append(self._prohibit(action, "commercial"))
        elif self._terms.commercial is Permission.UNKNOWN:
            self._unknown.append(name(words.COMMERCIAL))
        else:
            rule = self._permit(action, "commercial")
            if self._terms.commercial is Permission.CONDITIONAL:
                rule["duty"] = [dict(REVIEW), *rule.get("duty", ())]
            self._permissions.append(rule)

    def _pass_on(self) -> None:
        match self._terms.transfer:
            case Transfer.NO:
                self._prohibitions.append(self._prohibit(name(words.PASS_ON), "transfer"))
            case Transfer.ONE_CLIENT_PER_LICENSE:
                one = _count("clients", 1)
                self._permissions.append(self._permit(name(words.PASS_ON), "transfer", [one]))
            case Transfer.TO_NAMED_CLIENT:
                named = _constraint("recipient", "eq", {"@id": "clr:namedLicensee"})
                self._permissions.append(self._permit(name(words.PASS_ON), "transfer", [named]))
            case _:
                self._unknown.append(name(words.PASS_ON))

    def _permit(self, action: str, topic: str, more: Iterable[Rule] = ()) -> Rule:
        rule: Rule = {"@type": "Permission", "action": action}
        constraints = [*self._common, *more]
        if constraints:
            rule["constraint"] = constraints
        duties = self._duties(topic)
        if duties:
            rule["duty"] = duties
        return {**rule, **self._rests_on(topic)}

    def _prohibit(self, action: str, topic: str) -> Rule:
        return {"@type": "Prohibition", "action": action, **self._rests_on(topic)}

    def _duties(self, topic: str) -> list[Rule]:
        duties: list[Rule] = []
        terms = self._terms
        if isinstance(terms.credit_template, str) and terms.credit_required_when in ("always", "editorial"):
            credit: Rule = {"@type": "Duty", "action": "attribute"}
            line = clean(self._grant.credit, 300)
            # Without a line for this asset, the license's own pattern is what has to be filled in.
            credit["clr:creditLine"] = line or clean(terms.credit_template, 300)
            if terms.credit_required_when == "editorial" and not self._editorial:
                credit["constraint"] = [_constraint("purpose", "eq", {"@id": name(words.EDITORIAL)})]
            duties.append({**credit, **self._rests_on("credit")})
        if terms.extraction_protection is True and topic == "output.interactive_packed":
            protect: Rule = {"@type": "Duty", "action": name(words.PROTECT)}
            duties.append({**protect, **self._rests_on("extraction_protection")})
        return duties

    def _of_output(self, kind: str) -> list[Rule]:
        found: list[Rule] = []
        field = _COUNTED_OUTPUTS.get(kind)
        if field is not None:
            found += self._cap(field)
        if kind == "interactive_packed" and self._terms.substantial_portion_limit is True:
            operand = name(words.OPERANDS["substantial_portion"])
            found.append(_constraint(operand, "eq", {"@value": "false", "@type": "xsd:boolean"}))
        return found

    def _when(self) -> list[Rule]:
        found: list[Rule] = []
        terms, held = self._terms, self._held
        if held.valid_until is not None:
            found.append(_constraint("dateTime", "lt", _moment(held.valid_until)))
        elif isinstance(terms.term_days, Cap) and terms.term_days.limit is not None:
            found.append(_constraint("elapsedTime", "lteq", _days(terms.term_days.limit)))
        if isinstance(terms.must_use_days, Cap) and terms.must_use_days.limit is not None:
            end = _constraint("event", "gteq", {"@id": "clr:subscriptionEnd"})
            within = _constraint("delayPeriod", "lteq", _days(terms.must_use_days.limit))
            found.append({"@type": "LogicalConstraint", "andSequence": {"@list": [end, within]}})
        return found

    def _where(self) -> list[Rule]:
        territory = self._terms.territory
        if self._terms.worldwide is True or isinstance(territory, Unknown) or not territory:
            return []
        codes = [{"@value": clean(code, 8), "@type": "clr:iso3166Alpha2"} for code in territory]
        return [_constraint("spatial", "isAnyOf", codes)]

    def _who(self) -> list[Rule]:
        found: list[Rule] = []
        terms = self._terms
        if self._editorial:
            found.append(_constraint("purpose", "eq", {"@id": name(words.EDITORIAL)}))
        if not isinstance(terms.licensee_kind, Unknown):
            value = {"person": "person", "entity": "entity", "multi_entity": "multiEntity"}
            kind = {"@id": f"clr:{value[terms.licensee_kind.value]}"}
            found.append(_constraint(name(words.OPERANDS["licensee_kind"]), "eq", kind))
        if not isinstance(terms.engines, Unknown) and terms.engines:
            engines = [clean(engine, 80) for engine in terms.engines]
            found.append(_constraint(name(words.OPERANDS["engine"]), "isAnyOf", engines))
        for field in _AMOUNTS:
            amount = getattr(terms, field)
            if isinstance(amount, Money):
                found.append(
                    {
                        **_constraint(
                            name(words.OPERANDS[field]),
                            "lteq",
                            {"@value": f"{amount.decimal:f}", "@type": "xsd:decimal"},
                        ),
                        "unit": {"@value": amount.currency, "@type": "clr:iso4217"},
                    }
                )
        return found

    def _how_much(self) -> list[Rule]:
        return [constraint for field in _CAPS_OF_ALL for constraint in self._cap(field)]

    def _cap(self, field: str) -> list[Rule]:
        cap = getattr(self._terms, field)
        return [_count(field, cap.limit)] if isinstance(cap, Cap) and cap.limit is not None else []

    def _name_unknown(self) -> None:
        """Name every term that nobody has read."""
        terms, held = self._terms, self._held
        ends = terms.perpetual is True or held.valid_until is not None or terms.term_days is not UNKNOWN
        open_ = (
            *((getattr(terms, field) is UNKNOWN, name(term)) for field, term in words.UNITS.items()),
            *((getattr(terms, field) is UNKNOWN, name(words.OPERANDS[field])) for field in _AMOUNTS),
            (terms.worldwide is not True and isinstance(terms.territory, Unknown), "odrl:spatial"),
            (not ends, "odrl:dateTime"),
            (terms.editorial_only is UNKNOWN and held.editorial is None, name(words.EDITORIAL)),
            (terms.licensee_kind is UNKNOWN, name(words.OPERANDS["licensee_kind"])),
            (terms.engines is UNKNOWN, name(words.OPERANDS["engine"])),
            (terms.editorial_edits is UNKNOWN, name(words.ALTER)),
            (terms.extraction_protection is UNKNOWN, name(words.PROTECT)),
            (terms.substantial_portion_limit is UNKNOWN, name(words.OPERANDS["substantial_portion"])),
            (terms.credit_template is UNKNOWN, "odrl:attribute"),
        )
        self._unknown += [term for is_open, term in open_ if is_open]

    def _rests_on(self, topic: str) -> Rule:
        clause = self._terms.clause(topic)
        return {} if clause is None else {"clr:restsOn": _clause(clause)}


def _everything() -> list[words.Term]:
    return [
        *words.OUTPUT_ACTIONS.values(),
        *words.PERMISSION_ACTIONS.values(),
        words.COMMERCIAL,
        words.PASS_ON,
    ]


def _constraint(operand: str, operator: str, value: Any) -> Rule:
    return {"@type": "Constraint", "leftOperand": operand, "operator": operator, "rightOperand": value}


def _count(field: str, limit: int) -> Rule:
    value = {"@value": str(limit), "@type": "xsd:integer"}
    return {**_constraint("count", "lteq", value), "unit": {"@id": name(words.UNITS[field])}}


def _clause(clause: Clause) -> Rule:
    return {
        "clr:summary": clean(clause.summary, 700),
        "clr:quoted": clause.quoted,
        "dct:source": {"@id": web_uri(clause.url)},
        "clr:readOn": {"@value": clause.read_on.isoformat(), "@type": "xsd:date"},
        "clr:confidence": clause.confidence.value,
    }


def _moment(at: datetime) -> Rule:
    return {"@value": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z", "@type": "xsd:dateTime"}


def _days(days: int) -> Rule:
    return {"@value": f"P{days}D", "@type": "xsd:duration"}
