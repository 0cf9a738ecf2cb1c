"""The compound answer of a scene agrees with its report, and says more: the obstacle and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes import FakeClock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_values import make_order
from scenes import make_grant

from core.ids import hash_grant_id
from core.ledger.engine import open_ledger
from core.ledger.port import Ledger
from core.licenses import LicenseCatalogue, canonical_text
from core.model.findings import Verdict
from core.model.grant import Grant, GrantState
from core.model.intended_use import IntendedUse, OutputKind, Purpose
from core.model.report import Report
from core.model.resolution import Resolution, ResolutionKind
from core.model.scene import DataBlock, SceneScan
from core.policy.presets import PRESETS
from core.policy.studio import Effect, StudioPolicy, StudioRule
from core.policy.ways_out import WayOut
from core.services.report import MakeReport
from core.services.scene_answer import AnswerForScene
from core.stamp_format import encode, make_stamp

CATALOGUE = LicenseCatalogue.load()
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STATES = (GrantState.ACTIVE, GrantState.ACTIVE, GrantState.ACTIVE, GrantState.ACTIVE, GrantState.REFUNDED,
          GrantState.EXPIRED, GrantState.REVOKED, GrantState.ACTIVE)  # fmt: skip
WEB = IntendedUse(name="Spot", media=("web",))


def grant_of(number: int) -> Grant:
    return replace(make_grant(number, CATALOGUE)[0], state=STATES[number % len(STATES)])


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger with eight grants of four licenses, some of which have ended."""
    folder: Path = tmp_path_factory.mktemp("ledger")
    opened = open_ledger(folder / "ledger.sqlite")
    with opened.transaction() as work:
        for number in range(8):
            grant, (_, terms) = grant_of(number), make_grant(number, CATALOGUE)
            work.add_order(make_order(number, id=grant.order_id, ref=grant.ref))
            work.keep_terms(grant.terms_sha256, canonical_text(terms))
            work.add_grant(grant)
    yield opened
    opened.close()


def report_on(ledger: Ledger, blocks: list[DataBlock], use: IntendedUse) -> Report:
    scan = SceneScan(host="Test 1.0", scene="/a.blend", data_blocks=tuple(blocks))
    return MakeReport(ledger=ledger, clock=FakeClock(NOW), catalogue=CATALOGUE).run(scan, use, actor="ann")


def service(ledger: Ledger) -> AnswerForScene:
    return AnswerForScene(ledger=ledger, catalogue=CATALOGUE, clock=FakeClock(NOW))


def mesh(number: int, name: str = "", **other: object) -> DataBlock:
    grant = grant_of(number)
    values: dict[str, object] = {
        "id_type": "MESH", "name": name or f"Mesh{number}", "stamp": encode(make_stamp(grant)),
        "face_grants": frozenset({hash_grant_id(grant.id)}), **other,
    }  # fmt: skip
    return DataBlock(**values)  # type: ignore[arg-type]


BARE = DataBlock(id_type="MESH", name="Cube", unmarked_faces=6)
kinds = st.sampled_from(
    ["good", "bare", "damaged", "edited", "foreign", "merged", "stripped", "partly", "rebuilt"]
)


@st.composite
def scenes(draw: st.DrawFn) -> list[DataBlock]:
    """Make a scene with everything that can be wrong with a stamp."""
    blocks = []
    for index, kind in enumerate(draw(st.lists(kinds, max_size=6))):
        number = draw(st.integers(0, 7))
        name = f"M{index}"
        stamp = make_stamp(grant_of(number))
        both = frozenset(hash_grant_id(grant_of(one).id) for one in (number, (number + 1) % 8))
        match kind:
            case "good":
                blocks.append(mesh(number, name))
            case "bare":
                blocks.append(replace(BARE, name=name))
            case "damaged":
                blocks.append(mesh(number, name, stamp="{", face_grants=frozenset()))
            case "edited":
                blocks.append(
                    mesh(number, name, stamp=encode(replace(stamp, license_id="cgtrader.royalty_free")))
                )
            case "foreign":
                unknown = replace(stamp, grant_id=f"grant_{number + 100:026d}")
                faces = frozenset({hash_grant_id(unknown.grant_id)})
                blocks.append(mesh(number, name, stamp=encode(unknown), face_grants=faces))
            case "merged":
                blocks.append(mesh(number, name, face_grants=both))
            case "stripped":
                blocks.append(mesh(number, name, stamp=None, face_grants=both))
            case "partly":
                blocks.append(mesh(number, name, unmarked_faces=3))
            case _:
                blocks.append(mesh(number, name, face_grants=frozenset(), unmarked_faces=9))
    return blocks


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks=scenes(), use=st.sampled_from([*PRESETS.values(), WEB]))
def test_the_answer_is_the_report_s(ledger: Ledger, blocks: list[DataBlock], use: IntendedUse) -> None:
    report = report_on(ledger, blocks, use)
    made = service(ledger).run(report)
    assert made.answer.verdict is report.verdict
    judged = {entry.part.subject: entry for entry in made.answer.parts}
    for line in report.grants:
        assert set(line.findings) <= set(judged[line.grant_id].findings)
    assert set(report.undeclared) <= set(judged)


def test_a_scene_names_its_obstacle_and_the_way_out(ledger: Ledger) -> None:
    report = report_on(ledger, [mesh(0), mesh(1), mesh(1, "Again"), BARE], WEB)
    made = service(ledger).run(report)
    assert made.answer.verdict is Verdict.NOT_CLEARED
    (obstacle,) = made.answer.obstacles
    assert (obstacle.part.subject, obstacle.part.title, obstacle.part.objects) == (
        grant_of(1).id,
        "Asset 1",
        2,
    )
    assert [entry.part.subject for entry in made.answer.parts][1:] == ["MESH/Cube", grant_of(0).id]
    first = made.suggestions[0]
    assert (first.subject, first.way) == (grant_of(1).id, WayOut.HIDE)
    assert made.answer.cleared_for == ()


def test_resolutions_and_house_rules_count(ledger: Ledger) -> None:
    report = report_on(ledger, [mesh(0), BARE], WEB)
    own = Resolution(
        id="1", kind=ResolutionKind.OWN_WORK, rule="content.undeclared", subject="MESH/Cube", reason="Mine.",
        author="ann", decided_at=NOW,
    )  # fmt: skip
    made = service(ledger).run(report, resolutions=[own])
    assert made.answer.verdict is Verdict.CLEARED
    assert {entry.output for entry in made.answer.cleared_for if entry.purpose is Purpose.COMMERCIAL} == {
        OutputKind.RENDER, OutputKind.VIDEO, OutputKind.PRINT,
    }  # fmt: skip
    house = StudioPolicy(
        rules=(StudioRule(id="x", effect=Effect.DENY, message="No.", marketplaces=frozenset({"cgtrader"})),)
    )
    assert service(ledger).run(report, studio=house, resolutions=[own]).answer.verdict is Verdict.NOT_CLEARED


def test_a_finding_about_a_data_block_can_be_resolved(ledger: Ledger) -> None:
    report = report_on(ledger, [mesh(0, "Fence", unmarked_faces=3)], WEB)
    assert report.verdict is Verdict.NEEDS_REVIEW
    own = Resolution(
        id="1", kind=ResolutionKind.OWN_WORK, rule="mesh.unmarked_faces", subject="MESH/Fence",
        reason="Modeled the gate.", author="ann", decided_at=NOW,
    )  # fmt: skip
    assert service(ledger).run(report).answer.verdict is Verdict.NEEDS_REVIEW
    assert service(ledger).run(report, resolutions=[own]).answer.verdict is Verdict.CLEARED


def test_an_empty_scene(ledger: Ledger) -> None:
    made = service(ledger).run(report_on(ledger, [], WEB))
    assert (made.answer.verdict, made.suggestions) == (Verdict.CLEARED, ())
