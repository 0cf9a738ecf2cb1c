"""Members and projects of a ledger that is a file: who works with it in which roles, and on what.

In PostgreSQL the database's own roles are the truth, and :mod:`core.ledger.members` gives them; here the rows
are. A file keeps nobody out who can write it: that is what the shared ledger is for.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from ...clock import Clock
from ...errors import UserInputError
from ...http.message import clean_text
from ...ledger.port import Ledger, LedgerTransaction
from ...model.audit import AuditEvent
from ...model.people import Member, Project, ProjectMember, Role
from ...policy.roles import Act
from .standing import Standing

NAME = re.compile(r"[^\W_][\w .@-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Looks after members and projects."""

    ledger: Ledger
    clock: Clock
    standing: Standing

    def set_member(
        self, login: str, *, roles: Collection[Role], projects: Collection[str] = (), name: str = ""
    ) -> Member:
        """Give somebody exactly these roles, and further projects; without roles nothing is left to them.

        The first member has to be an admin: from then on only admins add others. Raises NotAllowed,
        UserInputError.
        """
        if not NAME.fullmatch(login):
            raise UserInputError(f"{login[:60]!r} cannot be the name of a member.", code="member.login")
        if self.standing.settings.ledger_url:
            raise UserInputError(
                "This ledger's logins are the database's. Name its address, with the login that looks after "
                "it: clearance ledger member ADDRESS LOGIN",
                code="member.in_database",
            )
        now = self.clock.now()
        with self.ledger.transaction() as work:
            actor = self.standing.require(Act.SET_MEMBER, reader=work)
            before = work.value(Member, login)
            self._check_admins(work, login, roles)
            wanted = tuple(role for role in Role if role in roles)
            if before is None:
                member = Member(
                    id=login,
                    name=clean_text(name, limit=200) or login,
                    roles=wanted,
                    added_at=now,
                    added_by=actor,
                    active=bool(wanted),
                )
                work.add(member)
            else:
                label = clean_text(name, limit=200) or before.name
                member = work.change(replace(before, name=label, roles=wanted, active=bool(wanted)))
            for project in dict.fromkeys(projects):
                self._join(work, project, login, actor)
            details = (("roles", ", ".join(wanted)), ("projects", ", ".join(sorted(projects))))
            work.record(AuditEvent(action="member.set", subject=login, actor=actor, at=now, details=details))
        return member

    def set_project(
        self,
        project_id: str,
        *,
        name: str = "",
        client: str = "",
        department: str = "",
        cost_center: str = "",
    ) -> Project:
        """Add a project, or change what is known of it; what is left empty stays as it was."""
        if not NAME.fullmatch(project_id):
            raise UserInputError(f"{project_id[:60]!r} cannot be a project's short name.", code="project.id")
        now = self.clock.now()
        with self.ledger.transaction() as work:
            actor = self.standing.require(Act.SET_MEMBER, reader=work)
            before = work.value(Project, project_id)
            fresh = Project(id=project_id, name=project_id, created_at=now, created_by=actor)
            known = before or fresh
            project = replace(
                known,
                name=clean_text(name, limit=200) or known.name,
                client=clean_text(client, limit=200) or known.client,
                department=clean_text(department, limit=200) or known.department,
                cost_center=clean_text(cost_center, limit=200) or known.cost_center,
            )
            if before is None:
                work.add(project)
            else:
                project = work.change(project)
            details = (("name", project.name), ("client", project.client))
            work.record(
                AuditEvent(action="project.set", subject=project_id, actor=actor, at=now, details=details)
            )
        return project

    def leave(self, login: str, project_id: str) -> None:
        """Note that somebody no longer works on a project."""
        now = self.clock.now()
        with self.ledger.transaction() as work:
            actor = self.standing.require(Act.SET_MEMBER, reader=work)
            there = work.values(ProjectMember, member_id=login, project_id=project_id, removed_at=None)
            if not there:
                raise UserInputError(f"{login} does not work on “{project_id}”.", code="member.no_project")
            work.change(replace(there[0], removed_at=now))
            details = (("left", project_id),)
            work.record(AuditEvent(action="member.set", subject=login, actor=actor, at=now, details=details))

    def members(self) -> tuple[Member, ...]:
        """Return all members, in the order in which they came."""
        return self.ledger.values(Member)

    def projects(self) -> tuple[Project, ...]:
        """Return all projects."""
        return self.ledger.values(Project)

    def _check_admins(self, work: LedgerTransaction, login: str, roles: Collection[Role]) -> None:
        """Keep a ledger with members from being without an admin: nobody could add one again."""
        others = [one for one in work.values(Member, active=True) if one.id != login]
        if Role.ADMIN in roles or any(Role.ADMIN in one.roles for one in others):
            return
        raise UserInputError(
            "Somebody has to be an admin, or nobody could change members any more. Add one first: "
            "clearance ledger member YOU --role admin",
            code="member.no_admin",
        )

    def _join(self, work: LedgerTransaction, project_id: str, login: str, actor: str) -> None:
        if work.value(Project, project_id) is None:
            raise UserInputError(
                f"There is no project {project_id[:60]!r}; add it with `clearance ledger project`.",
                code="member.no_project",
            )
        before = work.values(ProjectMember, project_id=project_id, member_id=login)
        if any(one.removed_at is None for one in before):
            return
        work.add(
            ProjectMember(
                id=f"{project_id}/{login}/{len(before) + 1}",
                project_id=project_id,
                member_id=login,
                added_at=self.clock.now(),
                added_by=actor,
            )
        )
