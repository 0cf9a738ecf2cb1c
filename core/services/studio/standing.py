"""Says who the user is in the studio, and keeps them to what their roles and projects allow."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import NotAllowed
from ...ledger.port import Ledger, LedgerReader
from ...model.budget import Limit, LimitKind, LimitPeriod
from ...model.money import Cost
from ...model.people import SEE_EVERYTHING, Member, ProjectMember, Role
from ...policy.roles import ROLES, Act, find_limits, is_within, may
from ...settings import Settings

EVERYTHING = frozenset(Role)
"""The roles of who has a ledger of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Asks the ledger who the user is. A shared ledger's database holds the same rules once more.

    ``reader`` is the unit of work in which something is to be written: what is asked there cannot change
    before it is.
    """

    ledger: Ledger
    settings: Settings

    @property
    def actor(self) -> str:
        """The name that everything is written under; with PostgreSQL, the login."""
        return self.settings.user

    def is_shared(self, reader: LedgerReader | None = None) -> bool:
        """Say whether the ledger has members; without any it is one person's."""
        return (reader or self.ledger).count_values(Member) > 0

    def roles(self, reader: LedgerReader | None = None) -> frozenset[Role]:
        """Return the user's roles; all of them in a ledger without members, none for a stranger."""
        reader = reader or self.ledger
        if not self.is_shared(reader):
            return EVERYTHING
        member = reader.value(Member, self.actor)
        return frozenset(member.roles) if member is not None and member.active else frozenset()

    def sees(self, project_id: str, reader: LedgerReader | None = None) -> bool:
        """Say whether the user may see a project's requests, orders, prices and budgets."""
        reader = reader or self.ledger
        if not self.is_shared(reader) or self.roles(reader) & SEE_EVERYTHING:
            return True
        return (
            reader.count_values(ProjectMember, member_id=self.actor, project_id=project_id, removed_at=None)
            > 0
        )

    def projects(self, reader: LedgerReader | None = None) -> frozenset[str] | None:
        """Return the projects that the user sees; None for all."""
        reader = reader or self.ledger
        if not self.is_shared(reader) or self.roles(reader) & SEE_EVERYTHING:
            return None
        mine = reader.values(ProjectMember, member_id=self.actor, removed_at=None)
        return frozenset(one.project_id for one in mine)

    def require(self, act: Act, *, project_id: str = "", reader: LedgerReader | None = None) -> str:
        """Return the user's name when their roles, and their projects, let them do it.

        An empty ``project_id`` asks for the roles alone. Raises NotAllowed.
        """
        reader = reader or self.ledger
        roles = self.roles(reader)
        if not may(roles, act):
            needed = " or ".join(sorted(ROLES[act]))
            raise NotAllowed(
                f"{self.actor or 'Nobody'} may not do this in the studio: it needs the role {needed}. Ask "
                "somebody who has it, or an admin.",
                context={"act": act, "roles": ", ".join(sorted(roles))},
            )
        if project_id and not self.sees(project_id, reader):
            raise NotAllowed(
                f"{self.actor} does not work on the project “{project_id}”. Ask an admin to be added to it.",
                code="studio.other_project",
                context={"act": act, "project_id": project_id},
            )
        return self.actor

    def limits(
        self,
        kind: LimitKind,
        *,
        period: LimitPeriod = LimitPeriod.REQUEST,
        project_id: str = "",
        marketplace: str = "",
        reader: LedgerReader | None = None,
    ) -> tuple[Limit, ...]:
        """Return the limits that hold for the user."""
        reader = reader or self.ledger
        return find_limits(
            reader.values(Limit, kind=kind, ended_at=None),
            kind,
            roles=self.roles(reader),
            period=period,
            project_id=project_id,
            marketplace=marketplace,
        )

    def within(
        self,
        kind: LimitKind,
        cost: Cost | None,
        *,
        project_id: str = "",
        marketplace: str = "",
        reader: LedgerReader | None = None,
    ) -> bool:
        """Say whether a cost stays within every limit of a kind that holds for the user.

        Who has a ledger of their own is within every limit, unless they set one themselves.
        """
        reader = reader or self.ledger
        holding = self.limits(kind, project_id=project_id, marketplace=marketplace, reader=reader)
        if not holding and not self.is_shared(reader):
            return True
        return is_within(kind, holding, cost)
