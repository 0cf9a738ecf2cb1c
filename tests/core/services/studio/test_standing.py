"""Who the user is in a studio: alone, a member, a stranger, somebody who left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import NotAllowed
from core.ledger.engine import open_ledger
from core.ledger.port import Ledger
from core.model.budget import Limit, LimitKind, LimitPeriod
from core.model.money import Credits, Money
from core.model.people import Member, Project, ProjectMember, Role
from core.policy.roles import Act
from core.services.studio.standing import Standing
from core.settings import Settings

NOW = datetime(2026, 3, 2, tzinfo=UTC)
EURO = Money(minor=100, currency="EUR")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger in a file."""
    with closing(open_ledger(tmp_path / "ledger.sqlite")) as opened:
        yield opened


def standing(ledger: Ledger, user: str = "ida") -> Standing:
    """Ask for one user."""
    return Standing(ledger=ledger, settings=Settings(data_dir=Path("unused"), user=user))


def add(
    ledger: Ledger, login: str, *roles: Role, projects: tuple[str, ...] = (), active: bool = True
) -> None:
    """Add a member who works on projects."""
    with ledger.transaction() as work:
        work.add(Member(id=login, name=login, roles=roles, added_at=NOW, added_by="ada", active=active))
        for project in projects:
            if work.value(Project, project) is None:
                work.add(Project(id=project, name=project, created_at=NOW, created_by="ada"))
            work.add(
                ProjectMember(
                    id=f"{project}/{login}/1",
                    project_id=project,
                    member_id=login,
                    added_at=NOW,
                    added_by="ada",
                )
            )


def bound(ledger: Ledger, kind: LimitKind, minor: int) -> None:
    """Set a limit for everybody."""
    with ledger.transaction() as work:
        work.add(
            Limit(
                id=f"limit_{kind}",
                kind=kind,
                period=LimitPeriod.REQUEST,
                amount=Money(minor=minor, currency="EUR"),
                set_by="ada",
                set_at=NOW,
            )
        )


def test_alone_one_may_do_everything(ledger: Ledger) -> None:
    me = standing(ledger)
    assert not me.is_shared()
    assert all(me.require(act, project_id="film") == "ida" for act in Act)
    assert all(me.within(kind, EURO) for kind in LimitKind)
    bound(ledger, LimitKind.SPEND, 99)
    assert not me.within(LimitKind.SPEND, EURO)
    assert me.within(LimitKind.SPEND, Credits(amount=5))


def test_members_are_held_to_their_roles_and_projects(ledger: Ledger) -> None:
    add(ledger, "ida", Role.ARTIST, projects=("film",))
    add(ledger, "finn", Role.FINANCE)
    ida = standing(ledger)
    assert ida.require(Act.REQUEST, project_id="film") == "ida"
    with pytest.raises(NotAllowed, match="needs the role buyer"):
        ida.require(Act.BUY, project_id="film")
    with pytest.raises(NotAllowed, match="does not work on the project “spot”") as caught:
        ida.require(Act.REQUEST, project_id="spot")
    assert caught.value.code == "studio.other_project"
    assert standing(ledger, "finn").require(Act.INVOICE, project_id="spot") == "finn"


@pytest.mark.parametrize("user", ["eve", ""])
def test_a_stranger_and_who_left_may_do_nothing(ledger: Ledger, user: str) -> None:
    add(ledger, "ida", Role.ARTIST)
    add(ledger, "otto", *Role, active=False)
    for name in (user, "otto"):
        for act in Act:
            with pytest.raises(NotAllowed):
                standing(ledger, name).require(act)
        assert not standing(ledger, name).sees("film")


def test_who_was_taken_off_a_project_sees_it_no_more(ledger: Ledger) -> None:
    add(ledger, "ida", Role.ARTIST, projects=("film",))
    ida = standing(ledger)
    assert ida.sees("film")
    with ledger.transaction() as work:
        (row,) = work.values(ProjectMember, member_id="ida")
        work.change(replace(row, removed_at=NOW))
        assert not ida.sees("film", work)
    assert not ida.sees("film")


def test_in_a_studio_nothing_is_allowed_by_itself_without_a_limit(ledger: Ledger) -> None:
    add(ledger, "ida", Role.APPROVER)
    ida = standing(ledger)
    assert ida.within(LimitKind.SPEND, EURO)
    assert ida.within(LimitKind.APPROVE, EURO)
    assert not ida.within(LimitKind.OWN, EURO)
    assert not ida.within(LimitKind.AUTO, EURO)
    bound(ledger, LimitKind.OWN, 100)
    assert ida.within(LimitKind.OWN, EURO)
    assert not ida.within(LimitKind.OWN, Credits(amount=1))
