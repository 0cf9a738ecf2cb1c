"""Budgets: made, changed, closed, and how they stand. What happens to their money is in :mod:`.journal`.

Credits of a marketplace are not money and are not counted here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from ...clock import Clock
from ...errors import UserInputError
from ...http.message import clean_text
from ...ids import Ids
from ...ledger.port import Ledger, LedgerReader, LedgerTransaction
from ...model.audit import AuditEvent
from ...model.budget import Budget, BudgetEntry
from ...model.money import Money, encode_cost
from ...model.people import Project
from ...policy.roles import Act
from .journal import BudgetStatus, find_budget, make_status_from, name_currency
from .standing import Standing

MAX_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """Keeps budgets and their journals."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    standing: Standing

    def set(
        self,
        name: str,
        amount: Money,
        *,
        starts_on: date,
        ends_on: date,
        project_id: str = "",
        department: str = "",
        alert_percent: int = 80,
        budget_id: str = "",
    ) -> Budget:
        """Make a budget, or change the one with ``budget_id``: name, amount, last day, when to alert.

        Raises NotAllowed; UserInputError for an amount below what is spent and set aside, another currency,
        a period that ends before it starts.
        """
        label = clean_text(name, limit=MAX_NAME)
        _check(
            label,
            amount,
            period=(starts_on, ends_on),
            project_id=project_id,
            department=department,
            alert_percent=alert_percent,
        )
        now = self.clock.now()
        with self.ledger.transaction() as work:
            actor = self.standing.require(Act.SET_BUDGET, reader=work)
            if project_id and work.value(Project, project_id) is None:
                raise UserInputError(f"There is no project “{project_id}”.", code="request.no_project")
            if budget_id:
                budget = self._change(
                    work,
                    budget_id,
                    name=label,
                    amount=amount,
                    ends_on=ends_on,
                    alert_percent=alert_percent,
                )
            else:
                budget = Budget(
                    id=self.ids.new("budget"),
                    name=label,
                    amount=amount,
                    starts_on=starts_on,
                    ends_on=ends_on,
                    created_by=actor,
                    created_at=now,
                    project_id=project_id,
                    department=department,
                    alert_percent=alert_percent,
                )
                work.add(budget)
            details = (("name", label), ("amount", encode_cost(amount) or ""), ("until", ends_on.isoformat()))
            work.record(
                AuditEvent(action="budget.set", subject=budget.id, actor=actor, at=now, details=details)
            )
        return budget

    def close(self, budget_id: str) -> Budget:
        """Let nothing more be set aside from a budget; what is set aside may still be spent."""
        now = self.clock.now()
        with self.ledger.transaction() as work:
            actor = self.standing.require(Act.SET_BUDGET, reader=work)
            budget = find_budget(work, budget_id)
            if budget.closed_at is not None:
                raise UserInputError("This budget is closed already.", code="budget.closed")
            closed = work.change(replace(budget, closed_at=now))
            work.record(
                AuditEvent(action="budget.closed", subject=budget_id, actor=actor, at=now, details=())
            )
        return closed

    def list(self, *, with_closed: bool = False) -> tuple[BudgetStatus, ...]:
        """Return all budgets that the user may see, with how they stand."""
        found = self.ledger.values(Budget) if with_closed else self.ledger.values(Budget, closed_at=None)
        return tuple(
            self.status(budget.id) for budget in found if sees_budget(self.standing, self.ledger, budget)
        )

    def status(self, budget_id: str, *, reader: LedgerReader | None = None) -> BudgetStatus:
        """Say how a budget stands today."""
        reader = reader or self.ledger
        budget = find_budget(reader, budget_id)
        return make_status_from(budget, reader.entry_sums(budget_id), today=self.clock.now().date())

    def entries(self, budget_id: str) -> tuple[BudgetEntry, ...]:
        """Return a budget's journal, oldest first."""
        find_budget(self.ledger, budget_id)
        return self.ledger.values(BudgetEntry, budget_id=budget_id)

    def choose(self, project_id: str, amount: Money | None, *, reader: LedgerReader | None = None) -> str:
        """Return the budget that a request of a project is paid from; empty when there is none.

        The project's own comes first, then its department's. Raises UserInputError when there are several to
        choose from.
        """
        if amount is None:
            return ""
        reader = reader or self.ledger
        today = self.clock.now().date()
        project = reader.value(Project, project_id)
        department = project.department if project is not None else ""
        open_now = [
            budget
            for budget in reader.values(Budget, closed_at=None)
            if budget.starts_on <= today <= budget.ends_on
        ]
        for fitting in (
            [one for one in open_now if one.project_id == project_id],
            [one for one in open_now if department and not one.project_id and one.department == department],
        ):
            same = [one for one in fitting if one.amount.currency == amount.currency]
            if len(same) == 1:
                return same[0].id
            if same:
                names = ", ".join(f"{one.id} “{one.name}”" for one in same)
                raise UserInputError(
                    f"There are several budgets for this: {names}. Say which.", code="budget.which"
                )
            if fitting:
                raise UserInputError(
                    f"This costs {name_currency(amount)}, and the budget “{fitting[0].name}” is "
                    f"{name_currency(fitting[0].amount)}. Ask finance for one that fits.",
                    code="budget.currency",
                )
        return ""

    def check_fits(self, budget_id: str, project_id: str, *, reader: LedgerReader) -> Budget:
        """Return a budget that a project may be paid from; raise UserInputError for one of somebody else."""
        budget = find_budget(reader, budget_id)
        project = reader.value(Project, project_id)
        department = project.department if project is not None else ""
        if budget.project_id == project_id or (department and budget.department == department):
            return budget
        raise UserInputError(
            f"The budget “{budget.name}” is not for the project “{project_id}”.", code="budget.for_whom"
        )

    def _change(
        self,
        work: LedgerTransaction,
        budget_id: str,
        *,
        name: str,
        amount: Money,
        ends_on: date,
        alert_percent: int,
    ) -> Budget:
        budget = find_budget(work, budget_id)
        if budget.closed_at is not None:
            raise UserInputError("This budget is closed. Make a new one.", code="budget.closed")
        if budget.amount.currency != amount.currency:
            raise UserInputError(
                f"This budget is in {budget.amount.currency} and stays so. Make another one.",
                code="budget.currency",
            )
        if ends_on < budget.starts_on:
            raise UserInputError("A budget ends on its first day at the earliest.", code="budget.period")
        used = self.status(budget_id, reader=work)
        needed = used.spent.minor + used.committed.minor
        if amount.minor < needed:
            raise UserInputError(
                f"{Money(minor=needed, currency=amount.currency)} of it are spent or set aside already; it "
                "cannot be less.",
                code="budget.too_small",
            )
        return work.change(
            replace(budget, name=name, amount=amount, ends_on=ends_on, alert_percent=alert_percent)
        )


def sees_budget(standing: Standing, reader: LedgerReader, budget: Budget) -> bool:
    """Say whether the user may see a budget: of a project of theirs, or of such a project's department."""
    if standing.sees(budget.project_id, reader):
        return True
    return bool(budget.department) and any(
        standing.sees(project.id, reader) for project in reader.values(Project, department=budget.department)
    )


def _check(
    name: str,
    amount: Money,
    *,
    period: tuple[date, date],
    project_id: str,
    department: str,
    alert_percent: int,
) -> None:
    if not name:
        raise UserInputError("Give the budget a name.", code="budget.name")
    if amount.minor < 0:
        raise UserInputError("A budget is an amount from zero on.", code="budget.amount")
    if period[1] < period[0]:
        raise UserInputError("A budget ends on its first day at the earliest.", code="budget.period")
    if bool(project_id) == bool(department):
        raise UserInputError(
            "A budget is for one project, or for one department: say which.", code="budget.for_whom"
        )
    if not 1 <= alert_percent <= 100:
        raise UserInputError("The alert is a percentage from 1 to 100.", code="budget.alert")
