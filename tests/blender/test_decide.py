# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""Declaring content and resolving findings, from the button to the ledger and back into the report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import recording_layout

Load = Callable[[str], Any]


@pytest.fixture
def scene(bpy: Any) -> Any:
    """Make a chair of our own with a texture, its parent, and something that refers to it."""
    mesh = bpy.data.meshes.new("Chair mesh")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], [], [(0, 1, 2), (0, 2, 3)])
    chair, stand = bpy.data.objects.new("Chair", mesh), bpy.data.objects.new("Stand", None)
    chair.parent = stand
    wood = bpy.data.materials.new("Wood")
    if wood.node_tree is None:  # up to 4.5
        wood.use_nodes = True
    texture = wood.node_tree.nodes.new("ShaderNodeTexImage")
    texture.image = bpy.data.images.new("Grain", 4, 4)
    mesh.materials.append(wood)
    for item in (chair, stand):
        bpy.context.scene.collection.objects.link(item)
    chair.select_set(True)
    bpy.context.view_layer.objects.active = chair
    return chair


def check(bpy: Any, load: Load) -> Any:
    """Check the scene; return the report."""
    bpy.ops.clearance.report_scene()
    assert load("addon.pump").drain_until_idle(30)
    return load("addon.runtime").app().session.state.report


def declare(bpy: Any, load: Load, **given: Any) -> None:
    bpy.ops.clearance.declare(**({"title": "Chair", "reason": "Modeled here."} | given))
    assert load("addon.pump").drain_until_idle(30)


def stamp_of(block: Any) -> Any:
    return json.loads(block["clearance"]) if "clearance" in block else None


def test_what_is_selected_is_declared_with_all_that_it_is_made_of(
    bpy: Any, load: Load, app: Any, scene: Any
) -> None:
    before = check(bpy, load)
    assert {"OBJECT/Chair", "MESH/Chair mesh", "MATERIAL/Wood", "IMAGE/Grain"} <= set(before.undeclared)
    declare(
        bpy, load, origin="free_license", license="CC-BY-4.0", author="Ann",
        source_url="https://example.com/chair", credit="Chair by Ann",
    )  # fmt: skip
    (declaration,) = app.session.state.decisions.declarations
    assert (declaration.origin, declaration.license) == ("free_license", "CC-BY-4.0")
    assert (declaration.title, declaration.author, declaration.reason) == ("Chair", "Ann", "Modeled here.")
    blocks = [scene, scene.data, bpy.data.materials["Wood"], bpy.data.images["Grain"]]
    for block in blocks:
        assert stamp_of(block)["grant_id"] == declaration.id, block
        assert stamp_of(block)["license_id"] == "declared.free_license"
    assert "clearance" not in bpy.data.objects["Stand"]
    number = load("core.ids").hash_grant_id(declaration.id)
    assert [face.value for face in scene.data.attributes["clearance_grant"].data] == [number, number]
    assert declaration.id in bpy.context.scene["clearance_register"]
    shown = load("addon.ui.views.report").view_report(app.session.state)
    assert any("declared since" in note.text for note in shown.notes)
    after = check(bpy, load)
    assert set(before.undeclared) - set(after.undeclared) >= {
        "OBJECT/Chair", "MESH/Chair mesh", "MATERIAL/Wood", "IMAGE/Grain",
    }  # fmt: skip
    (row,) = after.grants
    assert (row.grant_id, row.origin, row.data_blocks) == (declaration.id, "free_license", 4)


def test_what_carries_a_license_is_never_declared(
    bpy: Any, load: Load, app: Any, scene: Any, stamp: Any
) -> None:
    stamps = load("addon.stamp_io")
    stamps.write([scene.data], stamp)
    copied = scene.data.copy()
    del copied["clearance"]  # only its faces still say whose it is
    other = bpy.data.objects.new("Copy", copied)
    bpy.context.scene.collection.objects.link(other)
    other.select_set(True)
    declare(bpy, load)
    assert stamp_of(scene.data)["grant_id"] == stamp.grant_id
    assert "clearance" not in copied
    assert stamp_of(scene)["marketplace"] == stamp_of(other)["marketplace"] == "declared"


def test_one_and_all_of_what_the_report_names(bpy: Any, load: Load, app: Any, scene: Any) -> None:
    check(bpy, load)
    declare(bpy, load, scope="ONE", subject="IMAGE/Grain", origin="public_domain")
    assert stamp_of(bpy.data.images["Grain"])["license_id"] == "declared.public_domain"
    assert "clearance" not in scene
    declare(bpy, load, scope="ALL")
    assert stamp_of(bpy.data.images["Grain"])["license_id"] == "declared.public_domain"
    assert stamp_of(scene)["license_id"] == "declared.own_work"
    assert check(bpy, load).undeclared == ()
    with pytest.raises(RuntimeError, match="nothing that is undeclared"):
        bpy.ops.clearance.declare(scope="ALL", title="x", reason="y")


def test_the_stamps_are_one_undo_step(bpy: Any, load: Load, app: Any, scene: Any) -> None:
    bpy.ops.ed.undo_push(message="before")
    declare(bpy, load)
    assert "clearance" in bpy.data.objects["Chair"]
    bpy.ops.ed.undo()
    for block in (bpy.data.objects["Chair"], bpy.data.meshes["Chair mesh"], bpy.data.materials["Wood"]):
        assert "clearance" not in block
    assert "clearance_register" not in bpy.context.scene
    bpy.ops.ed.redo()
    assert "clearance" in bpy.data.meshes["Chair mesh"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"reason": "  "}, "reason is missing"),
        ({"origin": "free_license"}, "Name the license"),
        ({"origin": "client"}, "Name the client"),
        ({"origin": "other", "source_url": "nowhere"}, "no web address"),
        ({"evidence": "/does/not/exist.pdf"}, "exist.pdf"),
    ],
)
def test_a_refused_declaration_stamps_nothing_and_says_why(
    given: dict[str, Any], why: str, bpy: Any, load: Load, app: Any, scene: Any
) -> None:
    declare(bpy, load, **given)
    assert "clearance" not in scene
    assert "clearance_register" not in bpy.context.scene
    notes = load("addon.ui.views.report").view_report(app.session.state).notes
    assert any(why in note.text for note in notes), notes


def test_declaring_waits_for_object_mode(bpy: Any, load: Load, app: Any, scene: Any) -> None:
    bpy.ops.clearance.declare(title="Chair", reason="Modeled here.")
    bpy.ops.object.mode_set(mode="EDIT")
    assert load("addon.pump").drain_until_idle(30)
    assert load("addon.runtime").has_declared()
    with pytest.raises(RuntimeError, match="Object Mode"):
        bpy.ops.clearance.declare(title="Chair", reason="x")
    bpy.ops.object.mode_set(mode="OBJECT")
    assert load("addon.pump").drain_until_idle(30)
    assert stamp_of(scene.data)["license_id"] == "declared.own_work"


def test_a_declaration_is_withdrawn_where_it_is_listed(bpy: Any, load: Load, app: Any, scene: Any) -> None:
    declare(bpy, load)
    check(bpy, load)
    view = load("addon.ui.views.report").view_report
    (row,) = view(app.session.state).licenses
    assert row.withdraw
    layout = recording_layout.Layout()
    operator = SimpleNamespace(title=row.title, reason="")
    load("addon.ui.drawing.decide").draw_withdraw(
        operator, layout, recording_layout.context_of_width(280), width=440
    )
    assert "undeclared from then on" in " ".join(layout.texts())
    with pytest.raises(RuntimeError, match="Say why"):
        bpy.ops.clearance.withdraw_declaration(declaration_id=row.grant_id, reason=" ")
    bpy.ops.clearance.withdraw_declaration(declaration_id=row.grant_id, reason="It was bought after all.")
    assert load("addon.pump").drain_until_idle(30)
    (declaration,) = app.session.state.decisions.declarations
    assert declaration.withdrawn_at is not None
    assert any("declared since" in note.text for note in view(app.session.state).notes)
    report = check(bpy, load)
    assert any(finding.rule == "declaration.withdrawn" for finding in report.findings)
    assert not any(row.withdraw for row in view(app.session.state).licenses)
    assert stamp_of(scene)["grant_id"] == declaration.id


def bought(load: Load, stamp: Any, scene: Any) -> None:
    """Stamp the chair with a license that this ledger does not know."""
    load("addon.runtime").host().stamp(
        tuple(
            load("core.model.scene").Handle(id_type=block.id_type, session_uid=block.session_uid)
            for block in (scene, scene.data)
        ),
        stamp,
    )


def test_a_finding_is_resolved_and_shown_with_who_and_why(
    bpy: Any, load: Load, app: Any, scene: Any, stamp: Any, tmp_path: Path
) -> None:
    bought(load, stamp, scene)
    report = check(bpy, load)
    finding = next(f for f in report.findings if f.rule == "grant.unknown")
    letter = tmp_path / "letter.txt"
    letter.write_text("You may.")
    view = load("addon.ui.views.report").view_report
    assert any(row.rule == finding.rule for row in view(app.session.state).obstacles)
    bpy.ops.clearance.resolve_finding(
        subject=finding.subject, rule=finding.rule, kind="cleared_in_writing", reason="Anna wrote to us.",
        evidence=str(letter), until="2090-01-31",
    )  # fmt: skip
    assert load("addon.pump").drain_until_idle(30)
    (resolution,) = app.session.state.decisions.resolutions
    assert (resolution.subject, resolution.rule) == (finding.subject, finding.rule)
    assert resolution.project == report.use.name
    assert resolution.evidence_sha256
    check(bpy, load)
    shown = view(app.session.state)
    assert finding.rule not in {row.rule for row in shown.obstacles}
    (row,) = shown.resolved
    assert row.reason == "Anna wrote to us."
    assert row.decided.startswith("Cleared in writing · ")
    assert row.decided.endswith(" · until 2090-01-31")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"kind": "license_upgraded", "reason": "x"}, "needs evidence"),
        ({"kind": "replaced", "reason": "x"}, "until when"),
        ({"kind": "own_work", "reason": " "}, "no reason"),
    ],
)
def test_a_resolution_that_could_never_count_is_refused(
    given: dict[str, Any], why: str, bpy: Any, load: Load, app: Any, scene: Any, stamp: Any
) -> None:
    bought(load, stamp, scene)
    finding = next(f for f in check(bpy, load).findings if f.rule == "grant.unknown")
    bpy.ops.clearance.resolve_finding(subject=finding.subject, rule=finding.rule, **given)
    assert load("addon.pump").drain_until_idle(30)
    assert app.session.state.decisions.resolutions == ()
    assert any(
        why in note.text for note in load("addon.ui.views.report").view_report(app.session.state).notes
    )


def test_what_is_no_answer_is_not_taken(bpy: Any, load: Load, app: Any, scene: Any) -> None:
    check(bpy, load)
    with pytest.raises(RuntimeError, match="says that no more"):
        bpy.ops.clearance.resolve_finding(subject="OBJECT/Chair", rule="grant.unknown", reason="x")
    with pytest.raises(load("core.errors").UserInputError, match="year, month, day"):
        load("addon.ops.decide")._day("tomorrow")


def test_the_choices_are_the_cores(bpy: Any, load: Load, app: Any) -> None:
    decide = load("addon.ops.decide")
    assert [name for name, *_ in decide._ORIGINS] == [o.value for o in load("core.model.declaration").Origin]
    kinds = load("core.model.resolution").ResolutionKind
    assert [name for name, *_ in decide._KINDS] == [kind.value for kind in kinds]
    assert decide.kinds_for("grant.refunded") == ()
    resolving = load("core.policy.resolving")
    draw = load("addon.ui.drawing.decide")
    assert {kind.value for kind in resolving.NEEDS_EVIDENCE} == draw._NEEDS_EVIDENCE
    assert {kind.value for kind in resolving.NEEDS_END} == draw._NEEDS_END


def test_the_dialogs_draw(bpy: Any, load: Load, app: Any) -> None:
    draw, decide = load("addon.ui.drawing.decide"), load("addon.ops.decide")
    names = ("origin", "title", "reason", "client", "license", "author", "source_url", "credit", "evidence")
    for origin, fields in decide._FIELDS.items():
        layout = recording_layout.Layout()
        operator = SimpleNamespace(**(dict.fromkeys(names, "") | {"origin": origin, "found": 3}))
        draw.draw_declare(operator, layout, recording_layout.context_of_width(280), fields, width=440)
        assert [name for kind, name in layout.log if kind == "prop"] == [
            "origin", "title", "reason", *fields, "evidence",
        ]  # fmt: skip
        assert "3 data-blocks are declared" in " ".join(layout.texts())
    layout = recording_layout.Layout()
    names = ("kind", "reason", "evidence", "until", "only_project")
    operator = SimpleNamespace(**(dict.fromkeys(names, "") | {"kind": "replaced"}))
    context = recording_layout.context_of_width(280)
    draw.draw_resolve(operator, layout, context, decide.kinds_for("grant.revoked"), width=440)
    assert [value for kind, value in layout.log if kind == "prop_enum"] == ["cleared_in_writing", "replaced"]
    assert ("prop", "until") in layout.log
