"""What the report consists of as JSON. Imports pydantic: load it only to write one."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from ..model.declaration import Origin
from ..model.evidence import EvidenceKind
from ..model.findings import Severity, Verdict
from ..model.intended_use import OutputKind, Purpose
from ..model.license import Confidence
from ..model.resolution import ResolutionKind

SCHEMA = 1


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
    term_months: int | None = Field(description="For how long the work is shown; null: not stated")
    clients: list[str] = Field(description="Further clients beside `client`")
    projects: int
    affiliates: bool
    protected: bool | None = Field(description="Whether users are kept from taking the content out")
    main_content: bool | None
    engines: list[str]
    sales: int | None
    licensee_revenue: BudgetModel | None
    logo: bool
    alters_content: bool | None
    transfer: bool
    ai_training: bool | None
    ai_metadata: bool


class ClauseModel(_Model):
    """What a finding rests on."""

    topic: str
    summary: str = Field(description="Our own words unless `quoted` is true")
    url: str
    read_on: date
    confidence: Confidence
    quoted: bool


class ResolutionModel(_Model):
    """What somebody decided about a finding."""

    id: str
    kind: ResolutionKind
    reason: str
    author: str
    decided_at: datetime
    evidence_sha256: str = Field(description="Empty where there is no document")
    ends_at: datetime | None = Field(description="From then on it counts no more")
    project: str = Field(description="Empty: it holds for every project")
    terms_sha256: str = Field(description="The reading of the terms it was decided on; empty: any")


class FindingModel(_Model):
    """One reason."""

    rule: str
    severity: Severity
    message: str
    how_to_fix: str
    subject: str = Field(description="A grant id, or a data-block such as MESH/Chair, or empty for the scene")
    terms_sha256: str
    clause: ClauseModel | None
    resolved_by: ResolutionModel | None = Field(
        description="What was decided about it: it then stays here and decides no more"
    )
    final: bool = Field(description="A studio's rule that allows no exception")


class EvidenceModel(_Model):
    """One thing that proves a license."""

    kind: EvidenceKind
    label: str
    sha256: str = Field(description="Of the document; empty where there is none")
    at: datetime | None


class GrantModel(_Model):
    """One license in the scene: bought, or declared."""

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
    marketplace_name: str
    origin: Origin | None = Field(description="Of declared content; null for what was bought")
    evidence: list[EvidenceModel]


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
    in_output: bool | None = Field(description="Whether a render shows or plays it; null: not known")


class CreditModel(_Model):
    """A line for the credits."""

    line: str
    grant_ids: list[str]


class OutputAnswerModel(_Model):
    """The answer for one output and one purpose, everything else as planned."""

    output: OutputKind
    purpose: Purpose
    verdict: Verdict
    obstacles: list[str] = Field(description="Grant ids, or data-blocks such as MESH/Chair; worst first")


class WayOutModel(_Model):
    """One thing that can be done about one part of the scene."""

    way: str = Field(description="check, hide, leave_out_output, upgrade, declare or replace")
    subject: str = Field(description="A grant id, or a data-block such as MESH/Chair")
    title: str
    text: str
    leads_to: Verdict = Field(description="The part's verdict afterwards")
    note: str
    license_id: str = Field(description="With an upgrade: the license to buy")
    effort: int = Field(description="A rough measure of work to sort by; no price")


class AnswerModel(_Model):
    """What the whole scene may be used for."""

    obstacles: list[str] = Field(description="The parts whose verdict is the scene's, unless it is cleared")
    still_for: list[OutputAnswerModel]
    ways_out: list[WayOutModel] = Field(description="Worst part first, then the least work first")
    cheapest: list[WayOutModel] = Field(description="The first way out of each part")


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
    answer: AnswerModel | None = Field(description="null: it was not asked")
