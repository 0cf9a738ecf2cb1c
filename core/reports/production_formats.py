"""Writes a production's report for pipelines: JUnit XML and SARIF 2.1.0. Pure.

A file is a test case: it fails where it uses what is not covered, where something in it is undeclared, and
where it could not be read. What a person has to look at is skipped, or fails when ``strict``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from ..model.findings import Verdict
from ..model.production import FileLine, GrantLine, ProductionReport
from .junit import Case, Suite, write_suites
from .sarif import Rules, make_result, write_run
from .text import clean

NOT_COVERED = "production.not_covered"
REVIEW = "production.needs_review"
SKIPPED = "production.skipped_file"
USE_FILE = "production.use_file"
UNDECLARED = "content.undeclared"
UNREADABLE = "stamp.damaged"
UNKNOWN_FACES = "grant.unknown"
DOUBTFUL = (
    "in doubt: merged, rebuilt, with parts that were added, linked from what is missing, or without a stamp "
    "that was there; the scene's own report says which"
)


def render_production_junit(report: ProductionReport, *, tool_version: str = "", strict: bool = False) -> str:
    """Write one suite per project folder, one for licenses, and one for the production as a whole."""
    by_id = {line.grant_id: line for line in report.used}
    said = {file.path: _say(file, by_id) for file in report.files}
    suites = [
        Suite(
            name=line.folder or ".",
            cases=tuple(
                _file_case(file, said[file.path], report.folder, strict=strict)
                for file in report.files
                if file.folder == line.folder
            ),
        )
        for line in report.folders
    ]
    skipped = tuple(
        Case(
            classname="clearance.skipped",
            name=_relative(one.path, report.folder),
            failure=(SKIPPED, clean(one.message, 500), clean(one.message, 500)),
        )
        for one in report.problems
    )
    broken = tuple(
        Case(
            classname="clearance.use_files",
            name=_relative(line.use_file, report.folder),
            failure=(USE_FILE, clean(line.use_problem, 500), clean(line.use_problem, 500)),
        )
        for line in report.folders
        if line.use_problem
    )
    suites += [
        Suite(name="skipped", cases=skipped),
        Suite(name="use files", cases=tuple({case.name: case for case in broken}.values())),
        Suite(name="licenses", cases=tuple(_license_case(line, strict=strict) for line in report.used)),
        Suite(name="production", cases=(_verdict_case(report, strict=strict),)),
    ]
    folder = PurePath(report.folder).name
    return write_suites(
        f"Production license report: {clean(folder, 120)}",
        suites,
        timestamp=f"{report.made_at:%Y-%m-%dT%H:%M:%S}",
        package=clean(folder, 120) or ".",
        properties=(("verdict", report.verdict.value), ("clearance", clean(tool_version, 40))),
    )


def render_production_sarif(report: ProductionReport, *, tool_version: str = "") -> str:
    """Write one run over all files; artifacts are those that something is said of."""
    rules = Rules()
    results: list[dict[str, Any]] = []
    paths: dict[str, None] = {}

    def add(rule: str, message: str, path: str, subject: str, level: str) -> None:
        paths[path] = None
        results.append(
            make_result(
                rule, message, rules, level=level, subject=f"{subject}\n{_relative(path, report.folder)}",
                path=path, root=report.folder,
            )
        )  # fmt: skip

    for line in report.used:
        for place in line.places:
            verdict, message = line.in_folder(place.folder)
            said = f"{_name(line)}: {clean(message, 500)}"
            if verdict is Verdict.NOT_CLEARED:
                add(NOT_COVERED, said, place.path, line.grant_id, "error")
            elif verdict is not Verdict.CLEARED:
                add(REVIEW, said, place.path, line.grant_id, "warning")
    for file in report.files:
        for rule, message in _open(file):
            add(rule, message, file.path, rule, "error")
    for one in report.problems:
        add(SKIPPED, clean(one.message, 500), one.path, SKIPPED, "error")
    for folder in report.folders:
        if folder.use_problem:
            add(USE_FILE, clean(folder.use_problem, 500), folder.use_file, USE_FILE, "error")
    properties: Mapping[str, Any] = {
        "verdict": report.verdict.value,
        "files": len(report.files),
        "skipped": len(report.problems),
        "licensesUsed": len(report.used),
        "notCovered": len(report.not_covered),
        "unused": len(report.unused),
        "undeclared": report.undeclared,
    }
    unique = {result["partialFingerprints"]["clearanceFinding/v1"]: result for result in results}
    return write_run(
        list(unique.values()),
        rules,
        paths=list(paths),
        version=tool_version,
        made_at=report.made_at,
        automation="clearance-scan/",
        properties=properties,
        succeeded=report.verdict is Verdict.CLEARED,
        root=report.folder,
    )


def _say(file: FileLine, used: Mapping[str, GrantLine]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return what stands against a file, by rule, and what a person has to look at in it."""
    against = _open(file)
    review: list[str] = [f"{_count(file.doubtful, 'data-block')} {DOUBTFUL}."] if file.doubtful else []
    for line in (used[grant_id] for grant_id in file.grants if grant_id in used):
        verdict, message = line.in_folder(file.folder)
        said = f"{_name(line)}: {clean(message, 500)}"
        if verdict is Verdict.NOT_CLEARED:
            against.append((NOT_COVERED, said))
        elif verdict is not Verdict.CLEARED:
            review.append(said)
    return against, review


def _open(file: FileLine) -> list[tuple[str, str]]:
    counts = (
        (UNDECLARED, file.undeclared, "data-blocks of which nobody declared where they come from"),
        (UNREADABLE, file.unreadable_stamps, "data-blocks with a stamp that cannot be read"),
        (UNKNOWN_FACES, file.unknown_faces, "marks on faces of licenses that the ledger does not know"),
    )
    return [(rule, f"{number:,} {words}.") for rule, number, words in counts if number]


def _file_case(
    file: FileLine, said: tuple[list[tuple[str, str]], list[str]], root: str, *, strict: bool
) -> Case:
    against, review = said
    name = _relative(file.path, root)
    classname = f"clearance.files.{clean(file.folder, 80) or 'root'}"
    if strict:
        against = [*against, *((REVIEW, message) for message in review)]
        review = []
    if against:
        rule, message = against[0]
        text = "\n".join(message for _, message in against)
        output = "\n".join(review)
        return Case(classname=classname, name=name, failure=(rule, message, text), output=output)
    if review:
        more = f" And {len(review) - 1} more." if len(review) > 1 else ""
        skipped = f"Needs review: {review[0]}{more}"
        return Case(classname=classname, name=name, skipped=skipped, output="\n".join(review))
    return Case(classname=classname, name=name, output=f"{len(file.grants)} licenses, all covered.")


def _license_case(line: GrantLine, *, strict: bool) -> Case:
    name = f"{_name(line)} ({clean(line.grant_id, 80)})"
    where = "\n".join(clean(path, 300) for path in sorted({place.path for place in line.places})[:50])
    if line.why_not:
        message = clean(line.why_not, 500)
        failure = (NOT_COVERED, message, f"{message}\n{where}")
        return Case(classname="clearance.licenses", name=name, failure=failure)
    review = [one for one in line.verdicts if one.verdict is Verdict.NEEDS_REVIEW]
    if not review:
        return Case(classname="clearance.licenses", name=name, output=where)
    message = f"{clean(review[0].folder, 80) or '.'}: {clean(review[0].message, 500)}"
    if strict:
        failure = (REVIEW, message, f"{message}\n{where}")
        return Case(classname="clearance.licenses", name=name, failure=failure)
    return Case(classname="clearance.licenses", name=name, skipped=f"Needs review: {message}", output=where)


def _verdict_case(report: ProductionReport, *, strict: bool) -> Case:
    summary = summarize_production(report)
    unused = "\n".join(f"unused: {_name(line)} ({line.grant_id})" for line in report.unused[:200])
    match report.verdict:
        case Verdict.CLEARED:
            output = f"{summary}\n{unused}".strip()
            return Case(classname="clearance.production", name="verdict", output=output)
        case Verdict.NEEDS_REVIEW if not strict:
            return Case(classname="clearance.production", name="verdict", skipped=summary, output=unused)
        case verdict:
            failure = (verdict.value, summary, summary)
            return Case(classname="clearance.production", name="verdict", failure=failure, output=unused)


def summarize_production(report: ProductionReport) -> str:
    """Say in a sentence or two how a production stands."""
    files, used = len(report.files), len(report.used)
    head = f"{_count(files, 'file')} with {_count(used, 'license')}"
    against: list[str] = []
    if report.not_covered:
        number = len(report.not_covered)
        against.append(f"{_count(number, 'license')} {'does' if number == 1 else 'do'} not cover their use")
    if report.undeclared:
        number = report.undeclared
        against.append(f"{_count(number, 'data-block')} {'is' if number == 1 else 'are'} undeclared")
    if report.unreadable_stamps:
        against.append(f"{_count(report.unreadable_stamps, 'stamp')} cannot be read")
    if report.unknown_faces:
        against.append(f"{_count(report.unknown_faces, 'mark')} on faces stand for no license that is known")
    if report.problems:
        against.append(f"{_count(len(report.problems), 'file')} could not be read")
    if any(line.use_problem for line in report.folders):
        against.append("a use file cannot be read")
    if not against and (report.to_review or report.doubtful):
        asked = ((report.to_review, "license"), (report.doubtful, "data-block"))
        things = " and ".join(_count(number, thing) for number, thing in asked if number)
        return f"{head}: somebody has to look at {things}."
    if not against:
        return f"{head}: everything is covered, nothing is undeclared."
    last = f"{', '.join(against[:-1])}, and {against[-1]}" if len(against) > 1 else against[0]
    return f"{head}: {last}."


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _name(line: GrantLine) -> str:
    return f"“{clean(line.title, 120) or clean(line.listing, 120) or clean(line.grant_id, 80)}”"


def _relative(path: str, root: str) -> str:
    pure = PurePath(path)
    shown = pure.relative_to(root).as_posix() if pure.is_relative_to(root) else path
    return clean(shown, 300) or "unnamed"
