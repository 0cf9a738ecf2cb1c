"""The published form of the report as JSON, and its schema. Imports pydantic: load it only to write one.

``python -m core.reports.schema docs/report.schema.json`` writes the schema file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ..model.answer import SceneUse, WayOutLine
from ..model.declaration import Origin
from ..model.findings import Finding
from ..model.intended_use import IntendedUse, OutputKind
from ..model.money import Money
from ..model.report import Report, ReportGrant, ReportRow
from ..model.resolution import Resolution
from .credits import collect_credits
from .published import (
    SCHEMA,
    AnswerModel,
    BudgetModel,
    ClauseModel,
    CreditModel,
    DataBlockModel,
    EvidenceModel,
    FindingModel,
    GrantModel,
    LicenseModel,
    OutputAnswerModel,
    ReportModel,
    ResolutionModel,
    ToolModel,
    UseModel,
    WayOutModel,
)

SCHEMA_ID = "https://clearance.invalid/report.schema.json"
"""An identifier, not an address: ``.invalid`` never resolves (RFC 2606)."""


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
        answer=None if report.answer is None else _answer(report.answer),
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
    return UseModel(
        name=use.name,
        purpose=use.purpose,
        outputs=[kind for kind in OutputKind if kind in use.outputs],
        media=list(use.media),
        territory=list(use.territory),
        print_run=use.print_run,
        impressions=use.impressions,
        audience=use.audience,
        production_budget=_amount(use.production_budget),
        merchandise=use.merchandise,
        templates=use.templates,
        sensitive=use.sensitive,
        client=_safe(use.client),
        seats=use.seats,
        term_months=use.term_months,
        clients=[_safe(client) for client in use.clients],
        projects=use.projects,
        affiliates=use.affiliates,
        protected=use.protected,
        main_content=use.main_content,
        engines=list(use.engines),
        sales=use.sales,
        licensee_revenue=_amount(use.licensee_revenue),
        logo=use.logo,
        alters_content=use.alters_content,
        transfer=use.transfer,
        ai_training=use.ai_training,
        ai_metadata=use.ai_metadata,
    )


def _amount(money: Money | None) -> BudgetModel | None:
    return None if money is None else BudgetModel(amount=f"{money.decimal:f}", currency=money.currency)


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
        resolved_by=None if finding.resolved_by is None else _resolution(finding.resolved_by),
        final=finding.final,
    )


def _resolution(resolution: Resolution) -> ResolutionModel:
    return ResolutionModel(
        id=_safe(resolution.id),
        kind=resolution.kind,
        reason=_safe(resolution.reason),
        author=_safe(resolution.author),
        decided_at=resolution.decided_at,
        evidence_sha256=resolution.evidence_sha256,
        ends_at=resolution.ends_at,
        project=_safe(resolution.project),
        terms_sha256=resolution.terms_sha256,
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
        marketplace_name=_safe(grant.marketplace_name),
        origin=Origin(grant.origin) if grant.origin else None,
        evidence=[
            EvidenceModel(
                kind=evidence.kind, label=_safe(evidence.label), sha256=evidence.sha256, at=evidence.at
            )
            for evidence in grant.evidence
        ],
    )


def _row(row: ReportRow, grants: dict[str, ReportGrant]) -> DataBlockModel:
    return DataBlockModel(
        id_type=row.id_type,
        name=_safe(row.name),
        library=_safe(row.library),
        verdict=row.verdict,
        witness=row.witness,
        licenses=[_license(grants[grant_id]) for grant_id in row.grant_ids if grant_id in grants],
        in_output=row.in_output,
    )


def _license(grant: ReportGrant) -> LicenseModel:
    return LicenseModel(
        grant_id=_safe(grant.grant_id),
        marketplace=_safe(grant.marketplace),
        listing_id=_safe(grant.listing_id),
        license_id=_safe(grant.license_id),
        license_label=_safe(grant.license_label),
    )


def _answer(answer: SceneUse) -> AnswerModel:
    return AnswerModel(
        obstacles=[_safe(subject) for subject in answer.obstacles],
        still_for=[
            OutputAnswerModel(
                output=entry.output,
                purpose=entry.purpose,
                verdict=entry.verdict,
                obstacles=[_safe(subject) for subject in entry.obstacles],
            )
            for entry in answer.still_for
        ],
        ways_out=[_way(way) for way in answer.ways_out],
        cheapest=[_way(way) for way in answer.cheapest],
    )


def _way(way: WayOutLine) -> WayOutModel:
    return WayOutModel(
        way=way.way,
        subject=_safe(way.subject),
        title=_safe(way.title),
        text=_safe(way.text),
        leads_to=way.leads_to,
        note=_safe(way.note),
        license_id=_safe(way.license_id),
        effort=way.effort,
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render_schema(), encoding="utf-8")
