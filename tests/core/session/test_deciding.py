"""Deciding and declaring from the panels: in the background, with the stamp handed to the host at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.app import App
from core.model.declaration import Origin
from core.model.resolution import ResolutionKind
from core.model.scene import Handle
from core.session.state import Phase

CUBE = (Handle(id_type="MESH", session_uid=7),)


def settle(app: App) -> None:
    app.tasks.wait(timeout_s=30)


def test_a_declaration_is_written_and_its_stamp_handed_over(app: App, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Please use our logo.", encoding="utf-8")
    given: list[Any] = []
    session = app.session
    session.on_declared = lambda declared, handles: given.append((declared, handles))
    session.on_decided = lambda: given.append("decided")
    session.declare(CUBE, Origin.CLIENT, title="Logo", reason="Sent by mail.", client="ACME", evidence=letter)
    assert session.state.decisions.phase is Phase.BUSY
    assert given == []
    settle(app)
    (declared, handles), decided = given
    assert (handles, decided) == (CUBE, "decided")
    assert (declared.declaration.client, declared.declaration.project) == ("ACME", "film")
    assert declared.stamp.grant_id == declared.declaration.id
    assert session.state.decisions.phase is Phase.READY
    assert session.state.decisions.declarations == (declared.declaration,)
    session.declare_again(CUBE, declared.declaration.id)
    settle(app)
    assert given[2] == (declared, CUBE)
    session.withdraw_declaration(declared.declaration.id, reason="Another logo.")
    settle(app)
    assert session.state.decisions.declarations[0].withdrawn_at is not None
    assert len([one for one in given if one == "decided"]) == 3


def test_a_finding_is_resolved_and_listed(app: App) -> None:
    session = app.session
    session.resolve_finding(
        "MESH/Cube", "content.undeclared", kind=ResolutionKind.OWN_WORK, reason="Modeled here."
    )
    settle(app)
    (made,) = session.state.decisions.resolutions
    assert (made.author, made.subject) == ("ann", "MESH/Cube")
    assert app.ledger.resolutions() == (made,)
    session.list_decisions()
    settle(app)
    assert session.state.decisions.resolutions == (made,)


def test_what_is_refused_is_said_and_nothing_is_handed_over(app: App) -> None:
    given: list[Any] = []
    session = app.session
    session.on_declared = lambda *told: given.append(told)
    session.on_decided = lambda: given.append("decided")
    session.declare(CUBE, Origin.CLIENT, title="Logo", reason="Sent by mail.")
    settle(app)
    problem = session.state.decisions.problem
    assert session.state.decisions.phase is Phase.FAILED
    assert problem is not None
    assert (problem.code, "client" in problem.message) == ("declare.refused", True)
    session.resolve_finding(
        "grant_1", "grant.refunded", kind=ResolutionKind.CLEARED_IN_WRITING, reason="Please."
    )
    settle(app)
    assert session.state.decisions.phase is Phase.FAILED
    assert given == []
    session.list_decisions()
    settle(app)
    assert (session.state.decisions.phase, session.state.decisions.problem) == (Phase.READY, None)
