"""Writes the report as JUnit XML, for pipelines: one test case per license and per undeclared thing. Pure.

The shape is the one that Jenkins, GitLab and others read: ``testsuites > testsuite > testcase``, and in a
test case ``skipped`` or ``failure``, then ``system-out``. JUnit knows no warnings, so:

- what stands against the use, and what is undeclared (both end the command with 4), **fails**;
- what a person has to look at is **skipped**, with the reason; with ``strict`` it fails;
- hints, credits and resolutions stand in ``system-out``: the case passes.

There is always the case ``verdict``, so that an empty scene is a report too and not "no tests found".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..model.findings import Finding, Severity, Verdict
from ..model.report import Report, ReportGrant
from .text import clean

UNDECLARED = "content.undeclared"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test case. ``failure`` and ``skipped`` are (type, message, text); at most one is given."""

    classname: str
    name: str
    failure: tuple[str, str, str] | None = None
    skipped: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Test cases of one kind."""

    name: str
    cases: tuple[Case, ...]


def render_junit(report: Report, *, strict: bool = False) -> str:
    """Write the scene's report. ``strict``: what a person has to look at fails too."""
    scene = clean(report.scene.replace("\\", "/").rpartition("/")[2], 120) or "Unsaved scene"
    by_subject = _by_subject(report.findings)
    of_grants = {grant.grant_id for grant in report.grants}
    undeclared = frozenset(report.undeclared)
    loose = [
        (subject, findings)
        for subject, findings in by_subject.items()
        if subject not in of_grants and subject not in undeclared and subject
    ]
    whole = [finding for finding in by_subject.get("", ()) if finding.rule != "scene.undeclared"]
    suites = (
        Suite(name="licenses", cases=tuple(_grant_case(grant, strict=strict) for grant in report.grants)),
        Suite(
            name="undeclared",
            cases=tuple(_undeclared_case(name, by_subject.get(name, ())) for name in report.undeclared),
        ),
        Suite(
            name="data-blocks",
            cases=tuple(
                judge_case("clearance.data_blocks", name, found, strict=strict) for name, found in loose
            ),
        ),
        Suite(name="scene", cases=(_verdict_case(report, whole, strict=strict),)),
    )
    properties = (
        ("verdict", report.verdict.value),
        ("summary", clean(report.summary, 600)),
        ("intended_use", clean(report.use.name, 120)),
        ("host", clean(report.host, 80)),
        ("clearance", clean(report.tool_version, 40)),
    )
    return write_suites(
        f"Scene license report: {scene}",
        suites,
        timestamp=f"{report.made_at:%Y-%m-%dT%H:%M:%S}",
        package=scene,
        properties=properties,
    )


def write_suites(
    name: str,
    suites: Iterable[Suite],
    *,
    timestamp: str,
    package: str,
    properties: Sequence[tuple[str, str]] = (),
) -> str:
    """Write the XML. Suites without cases are left out; times are 0, since nothing here is measured."""
    from xml.etree.ElementTree import Element, SubElement, indent, tostring

    shown = [suite for suite in suites if suite.cases]
    root = Element("testsuites", {"name": _text(name), **_counts(shown), "time": "0"})
    for number, suite in enumerate(shown):
        node = SubElement(
            root,
            "testsuite",
            {
                "name": _text(suite.name), "id": str(number), "package": _text(package),
                "hostname": "localhost", **_counts([suite]),
                "skipped": str(sum(bool(case.skipped) for case in suite.cases)),
                "time": "0", "timestamp": timestamp,
            },
        )  # fmt: skip
        if properties:
            listed = SubElement(node, "properties")
            for key, value in properties:
                SubElement(listed, "property", {"name": key, "value": _text(value)})
        for case in suite.cases:
            attributes = {"classname": _text(case.classname), "name": _text(case.name), "time": "0"}
            entry = SubElement(node, "testcase", attributes)
            if case.skipped:
                SubElement(entry, "skipped", {"message": _text(case.skipped)})
            if case.failure is not None:
                kind, message, text = case.failure
                failure = SubElement(entry, "failure", {"type": _text(kind), "message": _text(message)})
                failure.text = _text(text)
            if case.output:
                SubElement(entry, "system-out").text = _text(case.output)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def judge_case(classname: str, name: str, findings: Sequence[Finding], *, strict: bool = False) -> Case:
    """Make a case of everything that is said about one subject."""
    against = [one for one in findings if one.decides and one.severity is Severity.ERROR]
    open_ = [one for one in findings if one.decides and one.severity is Severity.WARNING]
    if strict:
        against, open_ = [*against, *open_], []
    name = clean(name, 200) or "Scene"
    rest = [one for one in findings if one not in against and one not in open_]
    output = "\n\n".join(_tell(one) for one in rest)
    if against:
        text = "\n\n".join(_tell(one) for one in (*against, *open_))
        failure = (against[0].rule, clean(against[0].message, 500), text)
        return Case(classname=classname, name=name, failure=failure, output=output)
    if open_:
        reasons = " ".join(clean(one.message, 300) for one in open_[:6])
        more = "\n\n".join(_tell(one) for one in (*open_, *rest))
        return Case(classname=classname, name=name, skipped=f"Needs review: {reasons}", output=more)
    return Case(classname=classname, name=name, output=output)


def _grant_case(grant: ReportGrant, *, strict: bool) -> Case:
    license_id = "".join(char if char.isascii() and char.isprintable() else "_" for char in grant.license_id)
    title = clean(grant.title, 120) or "Untitled"
    listing = f"{clean(grant.marketplace, 40)}:{clean(grant.listing_id, 60)}"
    # Two licenses may have the same title; the id makes the case the same one from run to run.
    name = f"{title} ({listing}, {clean(grant.grant_id, 60)})"
    classname = f"clearance.licenses.{license_id or 'unknown'}"
    case = judge_case(classname, name, grant.findings, strict=strict)
    if grant.verdict is Verdict.IN_FILE_ONLY:
        aside = "In the file only: no picture shows it, and nothing but pictures goes out."
        return replace(case, output=f"{aside}\n\n{case.output}".strip())
    return case


def _undeclared_case(name: str, findings: Sequence[Finding]) -> Case:
    resolved = next((one for one in findings if one.rule == UNDECLARED and not one.decides), None)
    if resolved is not None:
        return Case(classname="clearance.undeclared", name=clean(name, 200), output=_tell(resolved))
    message = "Nobody declared where this comes from."
    text = f"{message}\nDeclare it (own work, the client's, freely licensed), license it, or remove it."
    return Case(
        classname="clearance.undeclared",
        name=clean(name, 200) or "unnamed",
        failure=(UNDECLARED, message, text),
        output="\n\n".join(_tell(one) for one in findings),
    )


def _verdict_case(report: Report, findings: Sequence[Finding], *, strict: bool) -> Case:
    """Make the case of the answer as a whole: it passes only where everything is cleared."""
    said = "\n\n".join(_tell(one) for one in findings)
    summary = clean(report.summary, 600)
    match report.verdict:
        case Verdict.CLEARED:
            return Case(classname="clearance.scene", name="verdict", output=f"{summary}\n\n{said}".strip())
        case Verdict.NEEDS_REVIEW if not strict:
            return Case(classname="clearance.scene", name="verdict", skipped=summary, output=said)
        case _:
            failure = (report.verdict.value, summary, said or summary)
            return Case(classname="clearance.scene", name="verdict", failure=failure)


def _by_subject(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.subject, []).append(finding)
    return found


def _tell(finding: Finding) -> str:
    """Write a finding as a few lines."""
    lines = [f"[{finding.severity.value}] {finding.rule}: {clean(finding.message, 600)}"]
    if finding.how_to_fix:
        lines.append(f"What to do: {clean(finding.how_to_fix, 600)}")
    clause = finding.clause
    if clause is not None:
        lines.append(
            f"Rests on: {clean(clause.summary, 600)} ({clause.url}, read {clause.read_on.isoformat()}, "
            f"{clause.confidence.value})"
        )
    if finding.terms_sha256:
        lines.append(f"Terms: sha256 {clean(finding.terms_sha256, 64)}")
    resolution = finding.resolved_by
    if resolution is not None:
        until = f", until {resolution.ends_at:%Y-%m-%d}" if resolution.ends_at is not None else ""
        lines.append(
            f"Resolved: {resolution.kind.value.replace('_', ' ')} by {clean(resolution.author, 80)} on "
            f"{resolution.decided_at:%Y-%m-%d}{until}: {clean(resolution.reason, 300)}"
        )
    return "\n".join(lines)


def _counts(suites: Iterable[Suite]) -> dict[str, str]:
    cases = [case for suite in suites for case in suite.cases]
    failures = sum(case.failure is not None for case in cases)
    return {"tests": str(len(cases)), "failures": str(failures), "errors": "0"}


def _text(text: str) -> str:
    """Drop what XML 1.0 cannot carry."""
    return _NOT_IN_XML.sub("\ufffd", text)
