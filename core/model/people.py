"""Who works in a studio, in which roles, and on which projects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a member may do; several roles add up."""

    ARTIST = "artist"
    """Search, request, and import what is granted."""
    BUYER = "buyer"
    """Buy what was approved, within limits."""
    APPROVER = "approver"
    """Approve requests, within limits; a lead or a producer."""
    LEGAL = "legal"
    """Decide on findings: resolutions, declarations, agreements."""
    FINANCE = "finance"
    """Invoices, refunds, budgets and reports."""
    ADMIN = "admin"
    """Members, projects, limits and payment methods. Not by itself the right to spend."""
    AUDITOR = "auditor"
    """Read everything, change nothing."""


SEE_EVERYTHING = frozenset({Role.LEGAL, Role.FINANCE, Role.ADMIN, Role.AUDITOR})
"""Roles that see every project; the others see the projects that they are members of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who works with the ledger. ``id`` is the login name: with PostgreSQL, the database's own."""

    id: str
    name: str
    roles: tuple[Role, ...]
    added_at: datetime
    added_by: str
    active: bool = True
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What content is bought for. ``id`` is its short name, as in settings and intended uses."""

    id: str
    name: str
    created_at: datetime
    created_by: str
    client: str = ""
    department: str = ""
    cost_center: str = ""
    active: bool = True
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectMember:
    """That somebody works on a project, from when to when."""

    id: str
    project_id: str
    member_id: str
    added_at: datetime
    added_by: str
    removed_at: datetime | None = None
    version: int = 1
