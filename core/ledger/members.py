"""Adds people to a studio's ledger: their login in the database, its roles, and what the ledger notes.

Only the login that looks after the database may do this. PostgreSQL's roles are the truth about what somebody
may do; the rows say it to people.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from ..errors import UserInputError
from ..model.audit import AuditEvent
from ..model.people import Member, Project, ProjectMember, Role
from .port import LedgerTransaction
from .studio import StudioLedger, StudioTransaction

LOGIN = re.compile(r"[a-z][a-z0-9_.-]{0,62}")


def set_member(
    ledger: StudioLedger,
    login: str,
    *,
    name: str,
    roles: Collection[Role],
    projects: Collection[str],
    by: str,
    at: datetime,
) -> Member:
    """Add somebody, or give them other roles and further projects; roles not named are taken away.

    A login that the database does not have yet is made without a password: whoever looks after the
    database sets one, or lets another way in. Raises UserInputError for a login or project that cannot be,
    LedgerError.
    """
    if not LOGIN.fullmatch(login):
        raise UserInputError(
            f"{login!r} cannot be a login: small letters, digits, “_”, “.” and “-”, beginning with a letter.",
            code="member.login",
        )
    with ledger.transaction() as work:
        for project in projects:
            if work.value(Project, project) is None:
                raise UserInputError(
                    f"There is no project {project!r}; add it with `clearance ledger project`.",
                    code="member.no_project",
                )
        if not isinstance(work, StudioTransaction):
            raise TypeError("members are of a studio's ledger")
        work.set_roles(login, roles)
        member = _note_member(work, login, name=name, roles=roles, by=by, at=at)
        _note_projects(work, login, projects, by=by, at=at)
        details = (("roles", ", ".join(member.roles)), ("projects", ", ".join(sorted(projects))))
        work.record(AuditEvent(action="member.set", subject=login, actor=by, at=at, details=details))
    return member


def add_project(ledger: StudioLedger, project: Project) -> Project:
    """Add a project, or change what is known of it."""
    with ledger.transaction() as work:
        before = work.value(Project, project.id)
        if before is None:
            work.add(project)
            kept = project
        else:
            kept = work.change(
                replace(
                    project,
                    created_at=before.created_at,
                    created_by=before.created_by,
                    version=before.version,
                )
            )
        work.record(
            AuditEvent(
                action="project.set",
                subject=project.id,
                actor=project.created_by,
                at=project.created_at,
                details=(("name", project.name), ("client", project.client)),
            )
        )
    return kept


def _note_member(
    work: LedgerTransaction, login: str, *, name: str, roles: Collection[Role], by: str, at: datetime
) -> Member:
    wanted = tuple(role for role in Role if role in roles)
    before = work.value(Member, login)
    if before is None:
        made = Member(
            id=login, name=name or login, roles=wanted, added_at=at, added_by=by, active=bool(wanted)
        )
        work.add(made)
        return made
    return work.change(replace(before, name=name or before.name, roles=wanted, active=bool(wanted)))


def _note_projects(
    work: LedgerTransaction, login: str, projects: Collection[str], *, by: str, at: datetime
) -> None:
    now = {each.project_id for each in work.values(ProjectMember, member_id=login, removed_at=None)}
    for project in projects:
        if project not in now:
            number = work.count_values(ProjectMember, member_id=login, project_id=project)
            work.add(
                ProjectMember(
                    id=f"{project}/{login}/{number + 1}",
                    project_id=project,
                    member_id=login,
                    added_at=at,
                    added_by=by,
                )
            )
