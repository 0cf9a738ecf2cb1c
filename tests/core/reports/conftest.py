"""Small studios and scenes to make reports of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import pytest

from core.ids import hash_grant_id
from core.licenses import LicenseCatalogue, terms_sha256
from core.model.findings import Finding
from core.model.grant import Grant, GrantFile, GrantState
from core.model.intended_use import IntendedUse
from core.model.license import LicenseTerms
from core.model.listing import ListingRef, MediaKind
from core.model.report import Report
from core.model.report_details import ReportDetails
from core.model.resolution import Resolution, ResolutionKind
from core.model.scene import DataBlock, SceneScan
from core.reports.build import build_report
from core.stamp_format import encode, make_stamp

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass
class Studio:
    """A ledger in two dictionaries, and a scene under construction."""

    catalogue: LicenseCatalogue
    grants: dict[str, Grant] = field(default_factory=dict)
    terms: dict[str, LicenseTerms] = field(default_factory=dict)
    blocks: list[DataBlock] = field(default_factory=list)
    register: list[str] = field(default_factory=list)
    use: IntendedUse = field(default_factory=lambda: IntendedUse(name="Spot", media=("web",)))

    def buy(
        self,
        grant_id: str,
        license_label: str = "cgtrader:general",
        *,
        title: str = "Chair",
        author: str = "Ada",
        editorial: bool | None = None,
        state: GrantState = GrantState.ACTIVE,
        credit: str = "",
    ) -> Grant:
        marketplace, _, label = license_label.partition(":")
        terms = self.catalogue.resolve(marketplace, label, editorial=editorial, at=date(2026, 11, 24))
        digest = terms_sha256(terms)
        self.terms[digest] = terms
        grant = Grant(
            id=grant_id, order_id="order_1", ref=ListingRef(marketplace=marketplace, id="4711"), title=title,
            author=author, kind=MediaKind.MODEL, license_id=terms.license_id, license_label=label,
            terms_sha256=digest, marketplace_license_id="", licensee="Studio", project="Spot", granted_at=NOW,
            state=state, editorial=editorial, credit=credit,
        )  # fmt: skip
        self.grants[grant_id] = grant
        return grant

    def stamp(self, grant: Grant, **changes: str) -> str:
        return encode(replace(make_stamp(grant), **changes))

    def add(self, id_type: str, name: str, grant: Grant | None = None, **other: object) -> DataBlock:
        stamp = self.stamp(grant) if grant is not None else None
        block = DataBlock(id_type=id_type, name=name, **{"stamp": stamp, **other})  # type: ignore[arg-type]
        self.blocks.append(block)
        return block

    def add_mesh_object(self, name: str, grant: Grant) -> None:
        self.add("OBJECT", name, grant, data_name=name, data_type="MESH")
        self.add("MESH", name, grant, face_grants=frozenset({hash_grant_id(grant.id)}))

    def scan(self) -> SceneScan:
        return SceneScan(
            host="Blender 5.2.3",
            scene="/job/spot.blend",
            data_blocks=tuple(self.blocks),
            register=tuple(self.register),
        )

    def report(self, **other: object) -> Report:
        values = {
            "grants": self.grants,
            "terms": self.terms,
            "use": self.use,
            "now": NOW,
            "tool_version": "0.1.0",
            "name_of": self.catalogue.name_of,
        }
        return build_report(self.scan(), **{**values, **other})  # type: ignore[arg-type]

    def details(self, **other: object) -> ReportDetails:
        """What the ledger knows beside the report, with one delivered file a grant."""
        files = {
            grant_id: (
                GrantFile(
                    grant_id=grant_id, sha256=hashlib.sha256(grant_id.encode()).hexdigest(),
                    name=f"{grant.title[:40]}.glb", size=4711, media_type="model/gltf-binary",
                    downloaded_at=NOW,
                ),
            )
            for grant_id, grant in self.grants.items()
        }  # fmt: skip
        values = {"grants": self.grants, "terms": self.terms, "files": files}
        return ReportDetails(**{**values, **other})  # type: ignore[arg-type]

    def resolve(self, report: Report, rule: str) -> Report:
        """Decide about every finding of a rule."""
        decided = Resolution(
            id="resolution_1",
            kind=ResolutionKind.CLEARED_IN_WRITING,
            rule=rule,
            subject="",
            reason="The museum agreed to <this> film.",
            author="Ann",
            decided_at=NOW,
            evidence_sha256="ab" * 32,
            ends_at=datetime(2027, 12, 31, tzinfo=UTC),
        )

        def mark(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
            return tuple(
                replace(one, resolved_by=replace(decided, subject=one.subject)) if one.rule == rule else one
                for one in findings
            )

        return replace(
            report,
            findings=mark(report.findings),
            grants=tuple(replace(grant, findings=mark(grant.findings)) for grant in report.grants),
        )


@pytest.fixture
def mixed(studio: Studio) -> Report:
    """A report with something of everything."""
    chair = studio.buy("grant_a", title="Chair")
    crowd = studio.buy("grant_b", "shutterstock:standard", title="Crowd", author="Ola", editorial=True)
    studio.add_mesh_object("Chair", chair)
    studio.add("IMAGE", "crowd.jpg", crowd)
    studio.add("MESH", "Stripped", face_grants=frozenset({hash_grant_id("grant_a")}))
    studio.add("MATERIAL", "Concrete")
    studio.register.append(studio.stamp(studio.buy("grant_lost", title="Sofa")))
    return studio.report()


@pytest.fixture
def studio() -> Studio:
    """A studio that owns nothing yet."""
    return Studio(catalogue=LicenseCatalogue.load())


@pytest.fixture
def nasty(studio: Studio) -> Report:
    """A report full of text that wants to be something else."""
    texts = [
        "<script>alert(1)</script><img src=x onerror=alert(2)>",
        '=cmd|"/C calc"!A0',
        "+1", "-1", "@SUM(A1)", "\ttab", "\rreturn",
        "line\nbreak\x00\x07\x1b[31m", "\u202egnp.exe\u202c \u2066x\u2069",
        "كرسي خشبي קטן", "\U0001d54f" * 10_000,
        "x" * 10_000, "{{ 7 * 7 }} {% raw %}", "'\"`&amp;", "javascript:alert(1)", "\ud800 lone",
    ]  # fmt: skip
    for index, text in enumerate(texts):
        grant = studio.buy(f"grant_{index}", title=text, author=text, credit=text)
        studio.add("OBJECT", text, grant, library=text)
        studio.add("MATERIAL", text)
    studio.use = replace(studio.use, name=texts[0], client=texts[7], territory=("DE",))
    return studio.report()
