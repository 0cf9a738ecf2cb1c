"""Joins what is in many scene files with the ledger: used where, unused, not covered, undeclared. Pure.

A project folder is the first level below the folder that was scanned. Where it has a use file, its project
and client are known, and every license in it is judged for that use too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from ..ids import hash_grant_id
from ..model.declaration import DECLARED, Declaration
from ..model.file_summary import FileSummary, Problem
from ..model.findings import Verdict
from ..model.grant import Grant, GrantState
from ..model.production import (
    ClientLine,
    FileLine,
    FolderLine,
    FolderUse,
    FolderVerdict,
    GrantLine,
    Place,
    ProductionReport,
    ProjectLine,
)
from ..policy.declared import ORIGINS

NO_DECLARATIONS: Mapping[str, Declaration] = MappingProxyType({})
NO_USES: Mapping[str, FolderUse] = MappingProxyType({})

Describe = Callable[[Grant], tuple[str, str]]
"""Returns the names of a grant's marketplace and of its license, for people."""


def describe_plainly(grant: Grant) -> tuple[str, str]:
    """Return the words of the ledger."""
    return grant.ref.marketplace, grant.license_label


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


def first_level(path: str, folder: str) -> str:
    """Return the name of the first folder below ``folder`` on the way to a file; empty in it itself.

    Both are absolute and normal, as a scan has them; by text, since that is asked of every file.
    """
    inner = os.path.dirname(path[len(folder) :])  # noqa: PTH120
    return inner.lstrip(os.sep).partition(os.sep)[0]


def build_production(
    summaries: Sequence[FileSummary],
    *,
    folder: str,
    grants: Mapping[str, Grant],
    declarations: Mapping[str, Declaration] = NO_DECLARATIONS,
    uses: Mapping[str, FolderUse] = NO_USES,
    used_elsewhere: Iterable[str] = (),
    problems: Sequence[Problem] = (),
    now: datetime,
    read: int = 0,
    describe: Describe = describe_plainly,
    counted: Mapping[str, tuple[dict[str, int], int]] | None = None,
) -> ProductionReport:
    """Build the report.

    ``grants`` are all of the ledger; ``declarations`` are those that the files name, withdrawn or not: they
    are used as licenses are; ``uses`` by project folder; ``used_elsewhere`` are ids used in other files;
    ``describe`` names marketplace and license for people. ``counted`` is what :func:`count_uses` returns for
    all of these, where it is known already.
    """
    if counted is None:
        counted = count_uses(summaries, (*grants, *declarations))
    files: list[FileLine] = []
    places: dict[str, list[Place]] = {}
    for summary in summaries:
        counts, unknown = counted[summary.path]
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
                doubtful=summary.doubtful,
            )
        )
    lines = _Lines(grants, declarations, uses, describe, now)
    used = tuple(lines.make(one, where) for one, where in sorted(places.items()))
    elsewhere = frozenset(used_elsewhere)
    unused = (
        lines.make(one, (), used_elsewhere=one in elsewhere) for one in sorted(grants) if one not in places
    )
    not_covered = tuple(line for line in used if line.why_not)
    spare = tuple(line for line in unused if not line.why_not)
    folders = _sum_folders(files, used, uses)
    return ProductionReport(
        folder=folder,
        made_at=now,
        files=tuple(files),
        folders=folders,
        used=used,
        not_covered=not_covered,
        unused=spare,
        problems=tuple(problems),
        undeclared=sum(line.undeclared for line in files),
        unreadable_stamps=sum(line.unreadable_stamps for line in files),
        unknown_faces=sum(line.unknown_faces for line in files),
        doubtful=sum(line.doubtful for line in files),
        read=read,
        clients=_sum_clients(folders, files, used),
        projects=_sum_projects(folders, used, spare, uses),
        to_review=sum(
            not line.why_not and any(one.verdict is Verdict.NEEDS_REVIEW for one in line.verdicts)
            for line in used
        ),
    )


class _Lines:
    """Makes the lines of licenses."""

    def __init__(
        self,
        grants: Mapping[str, Grant],
        declarations: Mapping[str, Declaration],
        uses: Mapping[str, FolderUse],
        describe: Describe,
        now: datetime,
    ) -> None:
        self._grants = grants
        self._declarations = declarations
        self._uses = uses
        self._describe = describe
        self._now = now

    def make(self, grant_id: str, places: Sequence[Place], *, used_elsewhere: bool = False) -> GrantLine:
        """Return the line of a license that is used in these places."""
        grant, declaration = self._grants.get(grant_id), self._declarations.get(grant_id)
        folders = dict.fromkeys(place.folder for place in places)
        verdicts = tuple(
            FolderVerdict(folder=folder, verdict=verdict, message=message)
            for folder in folders
            if folder in self._uses
            for verdict, message in (self._uses[folder].verdicts.get(grant_id, (Verdict.CLEARED, "")),)
            if verdict is not Verdict.CLEARED
        )
        used = [use for folder in folders if folder in self._uses and (use := self._uses[folder].use)]
        ended = self._why_not(grant, declaration)
        why_not = ended or next((one.message for one in verdicts if one.verdict is Verdict.NOT_CLEARED), "")
        shop, license_ = self._describe(grant) if grant is not None else ("", "")
        line = GrantLine(
            grant_id=grant_id,
            listing=str(grant.ref) if grant is not None else "",
            title=grant.title if grant is not None else "",
            license=license_,
            state=grant.state.value if grant is not None else "unknown",
            project=grant.project if grant is not None else "",
            author=grant.author if grant is not None else "",
            shop=shop,
            since=grant.granted_at if grant is not None else None,
            why_not=why_not,
            places=tuple(places),
            used_elsewhere=used_elsewhere,
            clients=tuple(dict.fromkeys(use.client for use in used if use.client)),
            verdicts=verdicts,
            nowhere=bool(ended),
        )
        return line if declaration is None else _fill_declared(line, declaration)

    def _why_not(self, grant: Grant | None, declaration: Declaration | None) -> str:
        if declaration is not None:
            withdrawn = declaration.withdrawn_at
            return "" if withdrawn is None else f"The declaration was withdrawn on {withdrawn:%Y-%m-%d}."
        if grant is None:
            return "The ledger does not know this license."
        if grant.state is not GrantState.ACTIVE:
            return f"The license is {grant.state.value}."
        if grant.valid_until is not None and grant.valid_until <= self._now:
            return f"The license ended on {grant.valid_until:%Y-%m-%d}."
        return ""


def _fill_declared(line: GrantLine, declaration: Declaration) -> GrantLine:
    return replace(
        line,
        listing=DECLARED,
        title=declaration.title,
        license=declaration.license or ORIGINS[declaration.origin],
        state="declared" if declaration.withdrawn_at is None else "withdrawn",
        project=declaration.project,
        author=declaration.author,
        since=declaration.declared_at,
    )


def _sum_folders(
    files: Sequence[FileLine], used: Sequence[GrantLine], uses: Mapping[str, FolderUse]
) -> tuple[FolderLine, ...]:
    by_folder: dict[str, list[FileLine]] = {}
    for file in files:
        by_folder.setdefault(file.folder, []).append(file)
    found: dict[str, set[str]] = {}
    bad: dict[str, set[str]] = {}
    doubtful: dict[str, set[str]] = {}
    for line in used:
        for folder in {place.folder for place in line.places}:
            found.setdefault(folder, set()).add(line.grant_id)
            verdict, _ = line.in_folder(folder)
            if verdict is Verdict.NOT_CLEARED:
                bad.setdefault(folder, set()).add(line.grant_id)
            elif verdict is Verdict.NEEDS_REVIEW:
                doubtful.setdefault(folder, set()).add(line.grant_id)
    lines: list[FolderLine] = []
    for folder, members in sorted(by_folder.items()):
        known = uses.get(folder)
        use = known.use if known is not None else None
        lines.append(
            FolderLine(
                folder=folder,
                files=len(members),
                grants=len(found.get(folder, ())),
                not_covered=len(bad.get(folder, ())),
                undeclared=sum(file.undeclared for file in members),
                project=use.name if use is not None else "",
                client=use.client if use is not None else "",
                use_file=known.path if known is not None else "",
                use_problem=known.problem if known is not None else "",
                to_review=len(doubtful.get(folder, ())),
            )
        )
    return tuple(lines)


def _sum_clients(
    folders: Sequence[FolderLine], files: Sequence[FileLine], used: Sequence[GrantLine]
) -> tuple[ClientLine, ...]:
    """Return one line per client; none where no use file names one."""
    by_client: dict[str, list[FolderLine]] = {}
    for line in folders:
        by_client.setdefault(line.client, []).append(line)
    if set(by_client) <= {""}:
        return ()
    lines: list[ClientLine] = []
    for client, members in sorted(by_client.items(), key=lambda entry: (not entry[0], entry[0].casefold())):
        names = {line.folder for line in members}
        theirs = [line for line in used if any(place.folder in names for place in line.places)]
        lines.append(
            ClientLine(
                client=client,
                projects=tuple(dict.fromkeys(line.project for line in members if line.project)),
                folders=tuple(line.folder for line in members),
                files=sum(file.folder in names for file in files),
                grants=len(theirs),
                not_covered=sum(_is_against(line, names) for line in theirs),
                undeclared=sum(line.undeclared for line in members),
            )
        )
    return tuple(lines)


def _is_against(line: GrantLine, folders: Iterable[str]) -> bool:
    """Say whether a license does not cover what one of these folders does with it."""
    return any(line.in_folder(folder)[0] is Verdict.NOT_CLEARED for folder in folders)


def _sum_projects(
    folders: Sequence[FolderLine],
    used: Sequence[GrantLine],
    unused: Sequence[GrantLine],
    uses: Mapping[str, FolderUse],
) -> tuple[ProjectLine, ...]:
    """Return one line per project that something was booked on, with the client that its use file names."""
    clients = {line.project: line.client for line in folders if line.project and line.client}
    clients.update({one.use.name: one.use.client for one in uses.values() if one.use and one.use.client})
    booked: dict[str, list[tuple[GrantLine, bool]]] = {}
    for lines, is_used in ((used, True), (unused, False)):
        for line in lines:
            if line.listing and line.listing != DECLARED:
                booked.setdefault(line.project, []).append((line, is_used))
    return tuple(
        ProjectLine(
            project=project,
            client=clients.get(project, ""),
            grants=len(members),
            used=sum(is_used for _, is_used in members),
            unused=sum(not is_used for _, is_used in members),
            not_covered=sum(bool(line.why_not) for line, is_used in members if is_used),
        )
        for project, members in sorted(booked.items(), key=lambda entry: (not entry[0], entry[0].casefold()))
    )
