"""The published form of the report as JSON, and its schema. Imports pydantic: load it only to write one.

``python -m core.reports.schema docs/report.schema.json`` writes the schema file.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ..model.findings import Finding, Severity, Verdict
from ..model.intended_use import IntendedUse, OutputKind, Purpose
from ..model.license import Confidence
from ..model.report import Report, ReportGrant, ReportRow
from .credits import collect_credits

SCHEMA = 1
SCHEMA_ID = "https://clearance.invalid/report.schema.json"
"""An identifier, not an address: ``.invalid`` never resolves (RFC 2606)."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ToolModel(_Model):
    """What made the report."""

    name: str = "Clearance"
    version: str


class BudgetModel(_Model):
    """An amount of money as a decimal text, never a float."""

    amount: str
    currency: str = Field(description="ISO 4217 code")


class UseModel(_Model):
    """The intended use that the scene was judged for."""

    name: str
    purpose: Purpose
    outputs: list[OutputKind]
    media: list[str]
    territory: list[str] = Field(description="ISO 3166-1 alpha-2 codes; empty means worldwide")
    print_run: int | None
    impressions: int | None
    audience: int | None
    production_budget: BudgetModel | None
    merchandise: bool
    templates: bool
    sensitive: bool
    client: str
    seats: int


class ClauseModel(_Model):
    """What a finding rests on."""

    topic: str
    summary: str = Field(description="Our own words unless `quoted` is true")
    url: str
    read_on: date
    confidence: Confidence
    quoted: bool


class FindingModel(_Model):
    """One reason."""

    rule: str
    severity: Severity
    message: str
    how_to_fix: str
    subject: str = Field(description="A grant id, or a data-block such as MESH/Chair, or empty for the scene")
    terms_sha256: str
    clause: ClauseModel | None


class GrantModel(_Model):
    """One license in the scene."""

    grant_id: str
    marketplace: str
    listing_id: str
    title: str
    author: str
    license_id: str
    license_label: str
    terms_sha256: str
    terms_url: str
    credit: str
    verdict: Verdict
    granted_at: datetime | None = Field(description="null when the ledger does not know the grant")
    data_blocks: int
    findings: list[FindingModel]


class LicenseModel(_Model):
    """A license as a data-block has it."""

    grant_id: str
    marketplace: str
    listing_id: str
    license_id: str
    license_label: str


class DataBlockModel(_Model):
    """One data-block of the scene."""

    id_type: str
    name: str
    library: str = Field(description="Path of the file it is linked from; empty for a local one")
    verdict: Verdict
    witness: str = Field(description="How its license is known, or what is wrong; empty when undeclared")
    licenses: list[LicenseModel]


class CreditModel(_Model):
    """A line for the credits."""

    line: str
    grant_ids: list[str]


class ReportModel(_Model):
    """A scene license report."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, title="Clearance scene license report", populate_by_name=True
    )

    schema_number: int = Field(alias="schema", ge=SCHEMA, le=SCHEMA, description="Number of this schema")
    tool: ToolModel
    made_at: datetime
    scene: str
    host: str
    verdict: Verdict
    summary: str
    use: UseModel
    grants: list[GrantModel]
    data_blocks: list[DataBlockModel]
    findings: list[FindingModel] = Field(description="Worst first")
    undeclared: list[str]
    lost: list[str] = Field(description="Grant ids that were once imported and of which nothing is left")
    credits: list[CreditModel]


def render_json(report: Report) -> str:
    """Write the report as JSON that follows ``docs/report.schema.json``."""
    return json.dumps(to_json(report), ensure_ascii=False, indent=1) + "\n"


def to_json(report: Report) -> dict[str, Any]:
    """Return the report as plain JSON values, checked against the models."""
    return make_model(report).model_dump(mode="json", by_alias=True)


def make_model(report: Report) -> ReportModel:
    """Turn a report into its published form."""
    grants = {grant.grant_id: grant for grant in report.grants}
    return ReportModel(
        schema_number=SCHEMA,
        tool=ToolModel(version=report.tool_version),
        made_at=report.made_at,
        scene=_safe(report.scene),
        host=report.host,
        verdict=report.verdict,
        summary=report.summary,
        use=_use(report.use),
        grants=[_grant(grant) for grant in report.grants],
        data_blocks=[_row(row, grants) for row in report.rows],
        findings=[_finding(finding) for finding in report.findings],
        undeclared=[_safe(name) for name in report.undeclared],
        lost=[_safe(grant_id) for grant_id in report.lost],
        credits=[
            CreditModel(line=credit.line, grant_ids=[_safe(grant_id) for grant_id in credit.grant_ids])
            for credit in collect_credits(report)
        ],
    )


def make_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of :func:`render_json`'s output."""
    schema = ReportModel.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, **schema}


def render_schema() -> str:
    """Write the schema as it stands in ``docs/report.schema.json``."""
    return json.dumps(make_schema(), indent=2, sort_keys=True) + "\n"


def _safe(text: str) -> str:
    """Replace lone surrogates (undecodable file names have them), which JSON's UTF-8 cannot carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _use(use: IntendedUse) -> UseModel:
    budget = use.production_budget
    return UseModel(
        name=use.name,
        purpose=use.purpose,
        outputs=[kind for kind in OutputKind if kind in use.outputs],
        media=list(use.media),
        territory=list(use.territory),
        print_run=use.print_run,
        impressions=use.impressions,
        audience=use.audience,
        production_budget=(
            BudgetModel(amount=f"{budget.decimal:f}", currency=budget.currency)
            if budget is not None
            else None
        ),
        merchandise=use.merchandise,
        templates=use.templates,
        sensitive=use.sensitive,
        client=use.client,
        seats=use.seats,
    )


def _finding(finding: Finding) -> FindingModel:
    clause = finding.clause
    return FindingModel(
        rule=finding.rule,
        severity=finding.severity,
        message=_safe(finding.message),
        how_to_fix=_safe(finding.how_to_fix),
        subject=_safe(finding.subject),
        terms_sha256=_safe(finding.terms_sha256),
        clause=None
        if clause is None
        else ClauseModel(
            topic=clause.topic,
            summary=clause.summary,
            url=clause.url,
            read_on=clause.read_on,
            confidence=clause.confidence,
            quoted=clause.quoted,
        ),
    )


def _grant(grant: ReportGrant) -> GrantModel:
    return GrantModel(
        grant_id=_safe(grant.grant_id),
        marketplace=_safe(grant.marketplace),
        listing_id=_safe(grant.listing_id),
        title=_safe(grant.title),
        author=_safe(grant.author),
        license_id=_safe(grant.license_id),
        license_label=_safe(grant.license_label),
        terms_sha256=_safe(grant.terms_sha256),
        terms_url=_safe(grant.terms_url),
        credit=_safe(grant.credit),
        verdict=grant.verdict,
        granted_at=grant.granted_at,
        data_blocks=grant.data_blocks,
        findings=[_finding(finding) for finding in grant.findings],
    )


def _row(row: ReportRow, grants: dict[str, ReportGrant]) -> DataBlockModel:
    return DataBlockModel(
        id_type=row.id_type,
        name=_safe(row.name),
        library=_safe(row.library),
        verdict=row.verdict,
        witness=row.witness,
        licenses=[_license(grants[grant_id]) for grant_id in row.grant_ids if grant_id in grants],
    )


def _license(grant: ReportGrant) -> LicenseModel:
    return LicenseModel(
        grant_id=_safe(grant.grant_id),
        marketplace=_safe(grant.marketplace),
        listing_id=_safe(grant.listing_id),
        license_id=_safe(grant.license_id),
        license_label=_safe(grant.license_label),
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render_schema(), encoding="utf-8")
