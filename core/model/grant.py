"""A grant: the right we hold to use one listing under one license. And its files and usages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .license import TermsSource
from .listing import ListingRef, MediaKind


class GrantState(StrEnum):
    """Whether the right still stands."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The right to use a listing. ``terms_sha256`` names the reading of the terms held at purchase."""

    id: str
    order_id: str
    ref: ListingRef
    title: str
    author: str
    kind: MediaKind
    license_id: str
    license_label: str
    terms_sha256: str
    marketplace_license_id: str
    licensee: str
    project: str
    granted_at: datetime
    state: GrantState = GrantState.ACTIVE
    valid_until: datetime | None = None
    """None: the license does not end by date."""
    editorial: bool | None = None
    credit: str = ""
    """The public credit line, filled from the license's template; empty when none is required."""
    source: TermsSource = TermsSource.MARKETPLACE


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantFile:
    """A delivered file in the content-addressed store. ``size`` in bytes."""

    grant_id: str
    sha256: str
    name: str
    """The name that the marketplace gave it, made safe; only for display and as a file ending."""
    size: int
    media_type: str
    downloaded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A grant used in a scene, as seen when the scene was last saved or reported."""

    grant_id: str
    scene: str
    """The scene file's path as the user saved it; empty for an unsaved scene."""
    data_blocks: int
    seen_at: datetime
