"""Writes the report as a bill of materials in SPDX 3.0.1 (JSON-LD). Pure.

The profile is told in ``docs/exchange.md``: the scene is a package that contains one package per licensed
asset (with its delivered files) and per thing that nobody declared; licenses are license expressions with a
reference of our own; findings are annotations. It holds no order number, no price and nobody's name but the
authors that the credits name too. Identifiers depend on nothing but the report.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ..model.evidence import EvidenceKind
from ..model.findings import Finding, Severity
from ..model.license import LicenseTerms
from ..model.report import Report, ReportGrant
from ..model.report_details import NO_DETAILS, ReportDetails
from ..policy.free_licenses import find_free_license
from .rule_texts import describe_rule
from .text import clean, digest, segment, web_uri

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
SPEC_VERSION = "3.0.1"
NAMESPACE = "https://clearance.invalid/spdx/"
"""Identifiers, not addresses: ``.invalid`` never resolves (RFC 2606)."""
NO_ASSERTION = "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense"
CREATION = "_:creation"
MAX_UNDECLARED = 5_000

_DOCUMENTS = frozenset(
    {
        EvidenceKind.INVOICE, EvidenceKind.ORDER_PAGE, EvidenceKind.LICENSE_TEXT, EvidenceKind.CORRESPONDENCE,
        EvidenceKind.OTHER, EvidenceKind.DECLARATION,
    }
)  # fmt: skip
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9.-]+")


def render_spdx(report: Report, details: ReportDetails = NO_DETAILS) -> str:
    """Write the bill of materials."""
    graph = _Graph(report, details).build()
    return json.dumps({"@context": CONTEXT, "@graph": graph}, ensure_ascii=False, indent=2) + "\n"


class _Graph:
    """The elements of one document, in the order in which they were first needed."""

    def __init__(self, report: Report, details: ReportDetails) -> None:
        self._report = report
        self._details = details
        told = (report.scene, report.host, report.use.name, report.made_at.isoformat(), report.tool_version)
        self._base = f"{NAMESPACE}{digest(chr(10).join(told))}/"
        self._elements: dict[str, dict[str, Any]] = {}

    def build(self) -> list[dict[str, Any]]:
        """Return the whole graph."""
        report = self._report
        maker = self._add("SoftwareAgent", "agent/clearance", name=_words(f"Clearance {report.tool_version}"))
        tool = self._add("Tool", "tool/clearance", name=_words(f"Clearance {report.tool_version}"))
        scene = self._add(
            "software_Package",
            "scene",
            name=_words(report.scene.replace("\\", "/").rpartition("/")[2]) or "Unsaved scene",
            summary=_words(report.summary, 600),
            comment=_words(f"{report.verdict.value}: for {_use(report)}", 600),
            software_primaryPurpose="data",
        )
        parts = [self._asset(grant) for grant in report.grants]
        parts += [self._undeclared(name) for name in report.undeclared[:MAX_UNDECLARED]]
        if parts:
            self._relate(scene, "contains", parts, "complete")
        for finding in report.findings:
            self._annotate(finding, scene)
        left = len(report.undeclared) - MAX_UNDECLARED
        if left > 0:
            self._note(
                scene, "other", f"{left:,} more data-blocks are undeclared; the JSON report names them."
            )
        bom = self._add(
            "software_Sbom",
            "bom",
            name="Bill of materials of a scene",
            rootElement=[scene],
            element=list(self._elements),
            software_sbomType=["analyzed"],
            profileConformance=["core", "software", "simpleLicensing"],
        )
        self._add(
            "SpdxDocument",
            "document",
            name=f"Scene license report: {self._elements[scene]['name']}",
            rootElement=[bom],
            element=list(self._elements),
            profileConformance=["core", "software", "simpleLicensing"],
        )
        creation = {
            "type": "CreationInfo",
            "@id": CREATION,
            "specVersion": SPEC_VERSION,
            "created": _utc(report.made_at),
            "createdBy": [maker],
            "createdUsing": [tool],
        }
        return [creation, *self._elements.values()]

    def _asset(self, grant: ReportGrant) -> str:
        """Add a licensed asset with everything that is known of it; return its id."""
        shop = "" if grant.is_declared else _words(grant.marketplace_name or grant.marketplace, 80)
        said = f"{grant.verdict.value}; {grant.data_blocks} data-blocks in the scene"
        if grant.is_declared:
            said += f"; declared as {(grant.origin or 'other').replace('_', ' ')}"
        identifiers = [_identifier(grant.grant_id, "Clearance", "What it is called in the ledger.")]
        if not grant.is_declared:
            listing = f"{_words(grant.marketplace, 80)}:{_words(grant.listing_id, 120)}"
            identifiers.insert(0, _identifier(listing, shop or "unknown", "The listing at the marketplace."))
        properties: dict[str, Any] = {
            "name": _words(grant.title) or grant.grant_id,
            "comment": said,
            "software_primaryPurpose": "data",
            "externalIdentifier": identifiers,
        }
        if shop:
            properties["suppliedBy"] = self._add(
                "Organization", f"marketplace/{segment(grant.marketplace)}", name=shop
            )
        if grant.author:
            properties["originatedBy"] = [
                self._add("Agent", f"author/{digest(grant.author)}", name=_words(grant.author))
            ]
        if grant.credit:
            properties["software_attributionText"] = [_words(grant.credit, 300)]
        url = web_uri(grant.terms_url)
        if url:
            properties["externalRef"] = [
                {"type": "ExternalRef", "externalRefType": "license", "locator": [url]}
            ]
        held = self._details.grants.get(grant.grant_id)
        if held is not None and held.valid_until is not None:
            properties["validUntilTime"] = _utc(held.valid_until)
        asset = self._add("software_Package", f"grant/{segment(grant.grant_id)}", **properties)
        self._files(asset, grant)
        self._evidence(asset, grant)
        self._licenses(asset, grant)
        return asset

    def _files(self, asset: str, grant: ReportGrant) -> None:
        made = []
        for file in self._details.files.get(grant.grant_id, ()):
            # One file may come with two grants, under two names.
            properties: dict[str, Any] = {
                "name": _words(file.name) or "file",
                "software_primaryPurpose": "file",
            }
            if _SHA256.fullmatch(file.sha256):
                properties["verifiedUsing"] = [_hash(file.sha256)]
            if file.media_type:
                properties["contentType"] = _words(file.media_type, 100)
            own = f"grant/{segment(grant.grant_id)}/file/{digest(file.sha256 + file.name)}"
            made.append(self._add("software_File", own, **properties))
        if made:
            self._relate(asset, "contains", made, "complete")

    def _evidence(self, asset: str, grant: ReportGrant) -> None:
        """Name the documents that prove it by their hashes: their names may tell who bought it, and how."""
        made = [
            self._add(
                "software_File",
                f"grant/{segment(grant.grant_id)}/evidence/{proof.sha256}",
                name=proof.kind.value.replace("_", " "),
                software_primaryPurpose="evidence",
                verifiedUsing=[_hash(proof.sha256)],
            )
            for proof in grant.evidence
            if proof.kind in _DOCUMENTS and _SHA256.fullmatch(proof.sha256)
        ]
        if made:
            self._relate(asset, "hasEvidence", list(dict.fromkeys(made)))

    def _licenses(self, asset: str, grant: ReportGrant) -> None:
        """Say what the marketplace (or the stamp) declares, and what may be concluded from our ledger."""
        declared = self._license(grant) if grant.license_id else NO_ASSERTION
        kept = bool(grant.terms_sha256) or grant.is_declared
        proven = grant.granted_at is not None and kept and not grant.license_id.endswith(".unknown")
        concluded = declared if proven else NO_ASSERTION
        self._relate(asset, "hasDeclaredLicense", [declared])
        self._relate(asset, "hasConcludedLicense", [concluded])

    def _license(self, grant: ReportGrant) -> str:
        """Add the license that a grant is under, once per reading of its terms; return its id."""
        listed = find_free_license(grant.license_label) if grant.is_declared else ""
        if listed:
            return self._add(
                "simplelicensing_LicenseExpression",
                f"license/{listed}",
                simplelicensing_licenseExpression=listed,
            )
        terms = self._details.terms.get(grant.terms_sha256)
        reading = grant.terms_sha256[:12] if _SHA256.fullmatch(grant.terms_sha256) else "no-reading"
        plain = _NOT_IN_ID.sub("-", grant.license_id).strip("-")[:80] or digest(grant.license_id)
        reference = f"LicenseRef-clearance-{plain}-{reading}"
        text = self._add(
            "simplelicensing_SimpleLicensingText",
            f"license-text/{plain}/{reading}",
            name=_words(grant.license_label or grant.license_id),
            comment="A reading of the license in Clearance's words. The licensor's own text decides.",
            simplelicensing_licenseText=_reading(grant, terms),
        )
        return self._add(
            "simplelicensing_LicenseExpression",
            f"license/{plain}/{reading}",
            simplelicensing_licenseExpression=reference,
            simplelicensing_customIdToUri=[{"type": "DictionaryEntry", "key": reference, "value": text}],
        )

    def _undeclared(self, name: str) -> str:
        bare = self._add(
            "software_Package",
            f"undeclared/{digest(name)}",
            name=_words(name) or "unnamed",
            comment="undeclared: nobody said where this comes from",
            software_primaryPurpose="data",
        )
        self._relate(bare, "hasConcludedLicense", [NO_ASSERTION])
        return bare

    def _annotate(self, finding: Finding, scene: str) -> None:
        subject = f"{self._base}grant/{segment(finding.subject)}"
        if subject not in self._elements:
            subject = f"{self._base}undeclared/{digest(finding.subject)}"
        if subject not in self._elements:
            subject = scene
        # What somebody has to look at, or looked at, is a review; a hint is extra information.
        kind = "other" if finding.severity is Severity.HINT else "review"
        self._note(subject, kind, _tell(finding, named=subject == scene))

    def _note(self, subject: str, kind: str, statement: str) -> None:
        self._add(
            "Annotation",
            f"annotation/{digest(f'{subject} {kind} {statement}')}",
            annotationType=kind,
            subject=subject,
            contentType="text/plain",
            statement=statement,
        )

    def _relate(self, start: str, kind: str, to: Sequence[str], completeness: str = "") -> None:
        more = {"completeness": completeness} if completeness else {}
        own = f"relationship/{kind}/{digest(start)}"
        self._add("Relationship", own, **{"from": start, "relationshipType": kind, "to": list(to), **more})

    def _add(self, kind: str, own: str, **properties: Any) -> str:
        """Add an element unless it is there, and return its id."""
        spdx_id = self._base + own
        if spdx_id not in self._elements:
            given = {name: value for name, value in properties.items() if value not in ("", [])}
            self._elements[spdx_id] = {"type": kind, "spdxId": spdx_id, "creationInfo": CREATION, **given}
        return spdx_id


def _use(report: Report) -> str:
    use = report.use
    outputs = ", ".join(sorted(kind.value for kind in use.outputs)) or "no output"
    return f"the intended use “{use.name}” ({use.purpose.value}; {outputs})"


def _reading(grant: ReportGrant, terms: LicenseTerms | None) -> str:
    """Write what is known of a license as text, with where each part was read."""
    lines = [f"{_words(grant.license_label or grant.license_id)} ({_words(grant.license_id, 120)})"]
    if grant.terms_url:
        lines.append(f"The license text: {_words(grant.terms_url, 500)}")
    if grant.terms_sha256:
        lines.append(f"Hash of this reading: sha256 {_words(grant.terms_sha256, 64)}")
    if grant.is_declared:
        lines.append("Declared by the user of Clearance; no marketplace licensed it.")
        return "\n".join(lines)
    if terms is None:
        lines.append("What the license says is not known here.")
        return "\n".join(lines)
    lines.append(f"Reading of {terms.version.isoformat()}. In Clearance's words unless quoted:")
    for clause in terms.clauses:
        words = f"“{clause.summary}”" if clause.quoted else clause.summary
        lines.append(
            f"- {clause.topic}: {_words(words, 700)} ({clause.url}, read {clause.read_on.isoformat()}, "
            f"{clause.confidence.value})"
        )
    return "\n".join(lines)


def _tell(finding: Finding, *, named: bool) -> str:
    lines = [f"[{finding.severity.value}] {finding.rule}: {_words(finding.message, 700)}"]
    if named and finding.subject:
        lines.append(f"About: {_words(finding.subject)}")
    lines.append(f"Rule: {describe_rule(finding.rule).asks}")
    if finding.how_to_fix:
        lines.append(f"What to do: {_words(finding.how_to_fix, 700)}")
    clause = finding.clause
    if clause is not None:
        lines.append(
            f"Rests on: {_words(clause.summary, 700)} ({clause.url}, read {clause.read_on.isoformat()}, "
            f"{clause.confidence.value})"
        )
    resolution = finding.resolved_by
    if resolution is not None:
        kind = resolution.kind.value.replace("_", " ")
        lines.append(f"Resolved on {resolution.decided_at:%Y-%m-%d}: {kind}.")
    return "\n".join(lines)


def _identifier(identifier: str, authority: str, comment: str) -> dict[str, str]:
    return {
        "type": "ExternalIdentifier",
        "externalIdentifierType": "other",
        "identifier": _words(identifier, 200) or "unknown",
        "issuingAuthority": authority,
        "comment": comment,
    }


def _hash(sha256: str) -> dict[str, str]:
    return {"type": "Hash", "algorithm": "sha256", "hashValue": sha256}


def _words(text: str, limit: int = 200) -> str:
    return clean(text, limit)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
