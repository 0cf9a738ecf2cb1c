"""The words of our ODRL 2.2 profile: actions, operands, units and values that ODRL has no term for. Pure.

``python -m core.reports.odrl_profile docs/odrl-profile.jsonld`` writes it as a vocabulary of its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

from ..model.intended_use import OutputKind

CONTEXT = "http://www.w3.org/ns/odrl.jsonld"
PROFILE = "https://clearance.invalid/odrl/profile"
"""An identifier, not an address: ``.invalid`` never resolves (RFC 2606)."""
NAMESPACE = f"{PROFILE}#"
PREFIXES: dict[str, Any] = {
    "clr": NAMESPACE,
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
WORDS: dict[str, Any] = {
    **PREFIXES,
    # Terms, not texts.
    "clr:unknownTerm": {"@id": f"{NAMESPACE}unknownTerm", "@type": "@id"},
}
"""The context of policies, beside ODRL's own."""


class Term(NamedTuple):
    """A term of the profile. ``included_in`` is the ODRL action that an action belongs to."""

    name: str
    kind: str
    meaning: str
    included_in: str = ""


OUTPUT_ACTIONS: dict[OutputKind, Term] = {
    OutputKind.RENDER: Term("publishRenders", "Action", "Publish still pictures rendered from it.", "use"),
    OutputKind.VIDEO: Term("publishVideo", "Action", "Publish moving pictures made with it.", "use"),
    OutputKind.PRINT: Term("publishPrints", "Action", "Publish printed pictures made with it.", "use"),
    OutputKind.INTERACTIVE_PACKED: Term(
        "shipPacked", "Action", "Ship it inside a game or app, in a form that users cannot open.", "use"
    ),
    OutputKind.INTERACTIVE_OPEN_FORMAT: Term(
        "shipInOpenFormat", "Action", "Ship it in an open format such as glTF.", "use"
    ),
    OutputKind.FILE_SHARE_INTERNAL: Term("shareInternally", "Action", "Share the file in the studio.", "use"),
    OutputKind.FILE_SHARE_CONTRACTOR: Term(
        "shareWithContractor", "Action", "Hand the file to a contractor or client.", "use"
    ),
    OutputKind.FILE_SHARE_PUBLIC: Term("sharePublicly", "Action", "Give the file to the public.", "use"),
    OutputKind.PRINT_3D: Term("print3D", "Action", "Make physical objects of it.", "use"),
    OutputKind.AI_INPUT: Term("inputToAI", "Action", "Feed it, or renders of it, into an AI service.", "use"),
}

PERMISSION_ACTIONS: dict[str, Term] = {
    "merchandise": Term(
        "sellMerchandise", "Action", "Use it on goods that are sold for what they show.", "use"
    ),
    "templates": Term("makeTemplates", "Action", "Use it in templates that others build upon.", "use"),
    "logo_use": Term("useInLogo", "Action", "Make it part of a logo or trademark.", "use"),
    "sensitive_use": Term(
        "useSensitively", "Action", "Use it in a context that puts people in a bad light.", "use"
    ),
    "ai_training": Term("trainAI", "Action", "Train an AI with it.", "use"),
    "ai_metadata": Term(
        "feedMetadataToAI", "Action", "Feed its title, tags and description to an AI.", "use"
    ),
}
"""By the field of the license terms."""

COMMERCIAL = Term("commercial", "Concept", "A commercial production.")
EDITORIAL = Term("editorial", "Concept", "Editorial use: news, education, criticism.")
PASS_ON = Term("passOn", "Action", "Pass the license on with the work.", "use")
ALTER = Term("alter", "Action", "Change what it shows, beyond size, crop and exposure.", "use")
PROTECT = Term("protectFromExtraction", "Action", "Keep users of a product from taking it out.", "use")

OPERANDS: dict[str, Term] = {
    "engine": Term("engine", "LeftOperand", "The programs that it may be used in."),
    "licensee_kind": Term("licenseeKind", "LeftOperand", "Whom the license covers."),
    "production_budget_max": Term("productionBudget", "LeftOperand", "The production's budget."),
    "licensee_revenue_max": Term("licenseeRevenue", "LeftOperand", "The licensee's revenue of one year."),
    "substantial_portion": Term(
        "substantialPortion", "LeftOperand", "Whether it is a substantial portion of the product."
    ),
}

UNITS: dict[str, Term] = {
    "print_run": Term("printedCopy", "Concept", "One printed copy."),
    "impressions": Term("impression", "Concept", "One time that it is shown."),
    "audience": Term("viewer", "Concept", "One viewer or listener."),
    "seats": Term("seat", "Concept", "One person who works with the file."),
    "sales": Term("soldCopy", "Concept", "One sold copy of the product."),
    "projects": Term("project", "Concept", "One production."),
    "clients": Term("client", "Concept", "One client."),
}
"""What ``odrl:count`` counts, by the field of the license terms."""

VALUES = (
    COMMERCIAL,
    EDITORIAL,
    Term("person", "Concept", "One natural person."),
    Term("entity", "Concept", "One person, or one company with its employees."),
    Term("multiEntity", "Concept", "A company with its parent, child and sister companies."),
    Term("namedLicensee", "Concept", "The client who was named as the licensee at the purchase."),
    Term("subscriptionEnd", "Concept", "The end of the subscription that it was licensed with."),
)

PROPERTIES = (
    Term("unknownTerm", "Property", "A term that nobody has read. What is unknown is not permitted."),
    Term("restsOn", "Property", "The clause that a rule rests on."),
    Term("summary", "Property", "A clause in Clearance's words, or quoted."),
    Term("quoted", "Property", "True: the summary is the licensor's own wording."),
    Term("readOn", "Property", "The day on which it was read."),
    Term("confidence", "Property", "primary, secondary (somebody else's account) or unconfirmed."),
    Term("creditLine", "Property", "The line that an attribution has to be."),
    Term("grantId", "Property", "The grant in the ledger of Clearance."),
    Term("grantState", "Property", "active, expired, refunded, revoked; unproven: not in this ledger."),
    Term("licenseId", "Property", "Clearance's id of the license."),
    Term("licenseLabel", "Property", "The license in the marketplace's word."),
    Term("termsSha256", "Property", "The hash of the reading of the terms that was kept."),
    Term("termsVersion", "Property", "The day from which that reading holds."),
    Term("source", "Property", "Who says that this license applies: marketplace, user, invoice, contract."),
)

TERMS: tuple[Term, ...] = (
    *OUTPUT_ACTIONS.values(), *PERMISSION_ACTIONS.values(), PASS_ON, ALTER, PROTECT,
    *OPERANDS.values(), *UNITS.values(), *VALUES, *PROPERTIES,
    Term("iso3166Alpha2", "Datatype", "A country code of two letters."),
    Term("iso4217", "Datatype", "A currency code of three letters."),
)  # fmt: skip


def name(term: Term) -> str:
    """Return a term as policies write it."""
    return f"clr:{term.name}"


def make_profile() -> dict[str, Any]:
    """Return the vocabulary as JSON-LD."""
    kinds = {
        "Action": ["odrl:Action", "skos:Concept"],
        "LeftOperand": ["odrl:LeftOperand", "skos:Concept"],
        "Concept": ["skos:Concept"],
        "Property": ["rdf:Property"],
        "Datatype": ["rdfs:Datatype"],
    }
    graph: list[dict[str, Any]] = [
        {
            "@id": PROFILE,
            "@type": "owl:Ontology",
            "rdfs:label": "Clearance's ODRL profile for marketplace licenses of 3D content and media",
            "rdfs:comment": "What is not permitted is not allowed; what is unknown is named, not permitted.",
            "owl:versionInfo": "1",
        }
    ]
    for term in TERMS:
        entry: dict[str, Any] = {
            "@id": name(term),
            "@type": kinds[term.kind],
            "skos:definition": term.meaning,
            "rdfs:isDefinedBy": {"@id": PROFILE},
        }
        if term.included_in:
            entry["odrl:includedIn"] = {"@id": f"odrl:{term.included_in}"}
        graph.append(entry)
    context = {
        **PREFIXES,
        "odrl": "http://www.w3.org/ns/odrl/2/",
        "owl": "http://www.w3.org/2002/07/owl#",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
    }
    return {"@context": context, "@graph": graph}


def render_profile() -> str:
    """Write the vocabulary as it stands in ``docs/odrl-profile.jsonld``."""
    return json.dumps(make_profile(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render_profile(), encoding="utf-8")
