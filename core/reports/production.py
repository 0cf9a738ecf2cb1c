"""Joins what is in many scene files with the ledger: used where, unused, not covered, undeclared. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from types import MappingProxyType

from ..ids import hash_grant_id
from ..model.declaration import DECLARED, Declaration
from ..model.grant import Grant, GrantState
from ..model.scene import SceneScan
from ..policy.declared import ORIGINS
from .table import neutralize
from .witnesses import Decoded, Witness, see

COLUMNS = (
    "kind", "project_folder", "file", "grant_id", "listing", "title", "license", "state", "data_blocks",
    "message",
)  # fmt: skip


NO_DECLARATIONS: Mapping[str, Declaration] = MappingProxyType({})


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file that uses a grant."""

    path: str
    folder: str
    data_blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantLine:
    """A grant in the production. ``why_not`` says why it does not cover its use; empty when it does."""

    grant_id: str
    listing: str
    title: str
    license: str
    state: str
    project: str
    why_not: str
    places: tuple[Place, ...]
    used_elsewhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderLine:
    """A project folder: the first level below the folder that was scanned; empty for files in it itself."""

    folder: str
    files: int
    grants: int
    not_covered: int
    undeclared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A file or folder that was skipped, and why."""

    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionReport:
    """One report of a whole production."""

    folder: str
    made_at: datetime
    files: tuple[FileLine, ...]
    folders: tuple[FolderLine, ...]
    used: tuple[GrantLine, ...]
    """Every grant that is used, covered or not."""
    not_covered: tuple[GrantLine, ...]
    unused: tuple[GrantLine, ...]
    problems: tuple[Problem, ...]
    undeclared: int
    unreadable_stamps: int
    unknown_faces: int
    read: int
    """Files that were read now; the others are as they were at an earlier scan."""


def summarize(scan: SceneScan) -> FileSummary:
    """Reduce a scene to what a production's report needs."""
    decoded = Decoded()
    sightings = see(scan, ledger_ids=(), decoded=decoded)
    counts = dict.fromkeys(decoded.by_grant(), 0)
    for sighting in sightings:
        if sighting.stamp is not None:
            counts[sighting.stamp.grant_id] += 1
    faces = {number for block in scan.data_blocks for number in block.face_grants}
    return FileSummary(
        path=scan.scene,
        grants=tuple(sorted(counts.items())),
        face_numbers=tuple(sorted(faces)),
        undeclared=sum(sighting.witness is Witness.NONE for sighting in sightings),
        unreadable_stamps=sum(sighting.witness in (Witness.DAMAGED, Witness.NEWER) for sighting in sightings),
    )


def count_uses(
    summaries: Iterable[FileSummary], known_ids: Iterable[str]
) -> dict[str, tuple[dict[str, int], int]]:
    """Return per file its grants with their data-blocks, and how many face numbers nobody knows."""
    summaries = tuple(summaries)
    ids = {grant_id for summary in summaries for grant_id, _ in summary.grants}.union(known_ids)
    numbers: dict[int, list[str]] = {}
    for grant_id in sorted(ids):
        numbers.setdefault(hash_grant_id(grant_id), []).append(grant_id)
    found: dict[str, tuple[dict[str, int], int]] = {}
    for summary in summaries:
        counts, unknown = dict(summary.grants), 0
        for number in summary.face_numbers:
            for grant_id in numbers.get(number, ()):
                counts.setdefault(grant_id, 0)
            unknown += number not in numbers
        found[summary.path] = (counts, unknown)
    return found


def build_production(
    summaries: Sequence[FileSummary],
    *,
    folder: str,
    grants: Mapping[str, Grant],
    declarations: Mapping[str, Declaration] = NO_DECLARATIONS,
    used_elsewhere: Iterable[str] = (),
    problems: Sequence[Problem] = (),
    now: datetime,
    read: int = 0,
) -> ProductionReport:
    """Build the report. ``grants`` are all of the ledger; ``used_elsewhere`` are ids used in other files.

    ``declarations`` are those that the files name, withdrawn or not: they are used as licenses are.
    """
    uses = count_uses(summaries, (*grants, *declarations))
    elsewhere = frozenset(used_elsewhere)
    files: list[FileLine] = []
    places: dict[str, list[Place]] = {}
    for summary in summaries:
        counts, unknown = uses[summary.path]
        top = first_level(summary.path, folder)
        for grant_id, blocks in counts.items():
            places.setdefault(grant_id, []).append(Place(path=summary.path, folder=top, data_blocks=blocks))
        files.append(
            FileLine(
                path=summary.path,
                folder=top,
                grants=tuple(sorted(counts)),
                undeclared=summary.undeclared,
                unreadable_stamps=summary.unreadable_stamps,
                unknown_faces=unknown,
            )
        )
    used = tuple(
        _declared_line(declarations[one], where)
        if one in declarations
        else _grant_line(one, grants.get(one), where, now=now)
        for one, where in sorted(places.items())
    )
    not_covered = tuple(line for line in used if line.why_not)
    unused = (
        _grant_line(one, grant, (), now=now, used_elsewhere=one in elsewhere)
        for one, grant in sorted(grants.items())
        if one not in places
    )
    return ProductionReport(
        folder=folder,
        made_at=now,
        files=tuple(files),
        folders=_sum_folders(files, {line.grant_id for line in not_covered}),
        used=used,
        not_covered=not_covered,
        unused=tuple(line for line in unused if not line.why_not),
        problems=tuple(problems),
        undeclared=sum(line.undeclared for line in files),
        unreadable_stamps=sum(line.unreadable_stamps for line in files),
        unknown_faces=sum(line.unknown_faces for line in files),
        read=read,
    )


def first_level(path: str, folder: str) -> str:
    """Return the name of the first folder below ``folder`` on the way to a file; empty in it itself."""
    parts = PurePath(path).relative_to(folder).parts
    return parts[0] if len(parts) > 1 else ""


def render_production_csv(report: ProductionReport) -> str:
    """Write one line per use, unused grant, file with something undeclared, and problem."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    rows: list[tuple[str, ...]] = []
    for line in report.used:
        kind = "not_covered" if line.why_not else "used"
        rows.extend(
            (kind, place.folder, place.path, *_grant_cells(line), str(place.data_blocks), line.why_not)
            for place in line.places
        )
    rows.extend(("unused", "", "", *_grant_cells(line), "", "") for line in report.unused)
    for file in report.files:
        start = (file.folder, file.path, "", "", "", "", "")
        for kind, number in (
            ("undeclared", file.undeclared),
            ("unreadable_stamp", file.unreadable_stamps),
            ("unknown_faces", file.unknown_faces),
        ):
            if number:
                rows.append((kind, *start, str(number), ""))
    rows.extend(("skipped", "", one.path, *("",) * 6, one.message) for one in report.problems)
    writer.writerows([neutralize(cell) for cell in row] for row in rows)
    return out.getvalue()


def _grant_cells(line: GrantLine) -> tuple[str, ...]:
    return (line.grant_id, line.listing, line.title, line.license, line.state)


def _grant_line(
    grant_id: str,
    grant: Grant | None,
    places: Sequence[Place],
    *,
    now: datetime,
    used_elsewhere: bool = False,
) -> GrantLine:
    return GrantLine(
        grant_id=grant_id,
        listing="" if grant is None else str(grant.ref),
        title="" if grant is None else grant.title,
        license="" if grant is None else grant.license_label,
        state="unknown" if grant is None else grant.state.value,
        project="" if grant is None else grant.project,
        why_not=_why_not(grant, now),
        places=tuple(places),
        used_elsewhere=used_elsewhere,
    )


def _declared_line(declaration: Declaration, places: Sequence[Place]) -> GrantLine:
    withdrawn = declaration.withdrawn_at
    return GrantLine(
        grant_id=declaration.id,
        listing=DECLARED,
        title=declaration.title,
        license=declaration.license or ORIGINS[declaration.origin],
        state="declared" if withdrawn is None else "withdrawn",
        project=declaration.project,
        why_not="" if withdrawn is None else f"The declaration was withdrawn on {withdrawn:%Y-%m-%d}.",
        places=tuple(places),
    )


def _why_not(grant: Grant | None, now: datetime) -> str:
    if grant is None:
        return "The ledger does not know this license."
    if grant.state is not GrantState.ACTIVE:
        return f"The license is {grant.state.value}."
    if grant.valid_until is not None and grant.valid_until <= now:
        return f"The license ended on {grant.valid_until:%Y-%m-%d}."
    return ""


def _sum_folders(files: Sequence[FileLine], not_covered: set[str]) -> tuple[FolderLine, ...]:
    by_folder: dict[str, list[FileLine]] = {}
    for file in files:
        by_folder.setdefault(file.folder, []).append(file)
    lines: list[FolderLine] = []
    for folder, members in sorted(by_folder.items()):
        ids = {grant_id for file in members for grant_id in file.grants}
        lines.append(
            FolderLine(
                folder=folder,
                files=len(members),
                grants=len(ids),
                not_covered=len(ids & not_covered),
                undeclared=sum(file.undeclared for file in members),
            )
        )
    return tuple(lines)
