"""A declaration: what somebody said of content that no marketplace sold, with reason, author and date.

Values only. It is added and never changed; it can be withdrawn once, and then it declares nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

DECLARED = "declared"
"""What the stamps of declared content have in the place of a marketplace's id."""

DECLARATION = "declaration"
"""The kind of a declaration's id: ``declaration_…``."""


class Origin(StrEnum):
    """Where declared content comes from."""

    OWN_WORK = "own_work"
    """Made here."""
    CLIENT = "client"
    """The client gave it, for the client's own work."""
    FREE_LICENSE = "free_license"
    """Somebody published it under a license that asks for no payment, such as CC-BY-4.0."""
    PUBLIC_DOMAIN = "public_domain"
    """Nobody holds rights in it (any more)."""
    OTHER = "other"
    """Anything else: the reason says what. A person has to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What one person declared. Its id stands on data-blocks where a grant's id stands for bought content."""

    id: str
    origin: Origin
    title: str
    declared_by: str
    declared_at: datetime
    reason: str
    author: str = ""
    """Of the work."""
    license: str = ""
    """An SPDX id or the license's name; empty where no license was given."""
    source_url: str = ""
    credit: str = ""
    """The credit line, as its author asks for it."""
    evidence_sha256: str = ""
    """The hash of a document that proves it; empty where there is none."""
    project: str = ""
    """The project that it was declared in."""
    client: str = ""
    """Whose content it is, for what a client gave."""
    withdrawn_at: datetime | None = None

    @property
    def license_id(self) -> str:
        """What its stamps name as the license, such as ``declared.own_work``."""
        return f"{DECLARED}.{self.origin.value}"


def is_declaration_id(text: str) -> bool:
    """Say whether an id on a data-block is a declaration's."""
    return text.startswith(f"{DECLARATION}_")
