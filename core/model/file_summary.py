"""What is known of one scene file of a production: a few numbers, or why it was skipped.

Apart from the report, since the processes that read thousands of files import nothing else of it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSummary:
    """What one scene file holds, whatever the ledger says."""

    path: str
    grants: tuple[tuple[str, int], ...]
    """Grant ids and data-blocks that name them; 0 for one that only the scene's register names."""
    face_numbers: tuple[int, ...]
    """What is written on the faces of its meshes (:func:`core.ids.hash_grant_id`)."""
    undeclared: int
    unreadable_stamps: int
    """Data-blocks whose stamp is damaged or of a newer version."""
    doubtful: int = 0
    """Data-blocks whose witnesses do not agree, or that lost one: the scene's own report says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A file or folder that was skipped, and why."""

    path: str
    message: str
