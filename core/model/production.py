"""A whole production as values: what its scene files use of what was bought or declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .file_summary import Problem
from .findings import Verdict
from .intended_use import IntendedUse


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderUse:
    """The use file that holds for a project folder, and what it leads to for each license in it."""

    path: str
    use: IntendedUse | None = None
    problem: str = ""
    """Why the file cannot be read."""
    verdicts: Mapping[str, tuple[Verdict, str]] = field(default_factory=dict)
    """By grant id: the verdict for this use, and the sentence that it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """One file of the production. ``grants`` are the ids of all that it uses."""

    path: str
    folder: str
    grants: tuple[str, ...]
    undeclared: int
    unreadable_stamps: int
    unknown_faces: int
    """Numbers on faces that stand for no grant that is known here."""
    doubtful: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file that uses a grant."""

    path: str
    folder: str
    data_blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderVerdict:
    """What a project folder's use makes of a license that is not simply cleared for it."""

    folder: str
    verdict: Verdict
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantLine:
    """A license in the production: bought, or declared. ``why_not`` says why it does not cover its use."""

    grant_id: str
    listing: str
    title: str
    license: str
    state: str
    project: str
    why_not: str
    """Empty when it covers its use."""
    places: tuple[Place, ...]
    used_elsewhere: bool = False
    author: str = ""
    shop: str = ""
    """The marketplace's name for people; empty where it is not known."""
    since: datetime | None = None
    clients: tuple[str, ...] = ()
    """Whose project folders use it, as far as use files tell."""
    verdicts: tuple[FolderVerdict, ...] = ()
    """For the uses of project folders: where it is not cleared."""
    nowhere: bool = False
    """It covers nothing, whatever the use: unknown, ended, revoked, refunded, withdrawn."""

    def in_folder(self, folder: str) -> tuple[Verdict, str]:
        """Return the verdict in a project folder, and the sentence that it rests on."""
        if self.nowhere:
            return Verdict.NOT_CLEARED, self.why_not
        found = next((one for one in self.verdicts if one.folder == folder), None)
        return (Verdict.CLEARED, "") if found is None else (found.verdict, found.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderLine:
    """A project folder: the first level below the folder that was scanned; empty for files in it itself."""

    folder: str
    files: int
    grants: int
    not_covered: int
    undeclared: int
    project: str = ""
    """The name of its use; empty without a use file."""
    client: str = ""
    use_file: str = ""
    use_problem: str = ""
    to_review: int = 0
    """Licenses that a person has to look at for its use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLine:
    """What is used for one client; an empty name: project folders whose client nobody said."""

    client: str
    projects: tuple[str, ...]
    folders: tuple[str, ...]
    files: int
    grants: int
    not_covered: int
    undeclared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLine:
    """What was booked on one project when it was bought; an empty name: on none."""

    project: str
    client: str
    grants: int
    used: int
    unused: int
    not_covered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionReport:
    """One report of a whole production."""

    folder: str
    made_at: datetime
    files: tuple[FileLine, ...]
    folders: tuple[FolderLine, ...]
    used: tuple[GrantLine, ...]
    """Every license that is used, covered or not."""
    not_covered: tuple[GrantLine, ...]
    unused: tuple[GrantLine, ...]
    problems: tuple[Problem, ...]
    undeclared: int
    unreadable_stamps: int
    unknown_faces: int
    read: int
    """Files that were read now; the others are as they were at an earlier scan."""
    clients: tuple[ClientLine, ...] = ()
    projects: tuple[ProjectLine, ...] = ()
    to_review: int = 0
    """Used licenses that a person has to look at for the use of a project folder."""
    doubtful: int = 0
    """Data-blocks whose witnesses do not agree, or that lost one."""

    @property
    def verdict(self) -> Verdict:
        """Return the answer for the production; what could not be read is not cleared either."""
        if self.not_covered or self.problems or any(line.use_problem for line in self.folders):
            return Verdict.NOT_CLEARED
        if self.undeclared or self.unknown_faces or self.unreadable_stamps:
            return Verdict.UNDECLARED
        return Verdict.NEEDS_REVIEW if self.to_review or self.doubtful else Verdict.CLEARED
