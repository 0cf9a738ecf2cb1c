"""Writes the report as SARIF 2.1.0 (OASIS), which code hosts and editors show as a list of findings. Pure.

One run; its artifact is the scene file. A result is a finding, or one data-block that nobody declared. What
is resolved stays, suppressed, with who decided it and why. Section numbers below are those of the standard.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import quote

from ..model.findings import Finding, Severity, Verdict
from ..model.report import Report, ReportGrant, ReportRow
from .rule_texts import describe_rule
from .text import clean, web_uri

VERSION = "2.1.0"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BASE = "SCENE_FOLDER"
FINGERPRINT = "clearanceFinding/v1"
"""Part of the name of what tells a finding from others from run to run (§3.27.17)."""
UNDECLARED = "content.undeclared"
MAX_RESULTS = 25_000
"""What GitHub takes of one run; more are counted in the last result."""
MAX_LOCATIONS = 20
"""Data-blocks named with one result; how many there are stands in its properties."""
MAX_SOURCES = 100
"""Findings of one rule of which the clauses are told with the rule."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}
_SEMANTIC_VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


class Rules:
    """The rules of a run, in the order in which they are first named."""

    def __init__(self) -> None:
        self._index: dict[str, int] = {}
        self._found: dict[str, list[Finding]] = {}

    def index(self, rule: str, finding: Finding | None = None) -> int:
        """Return a rule's place; the findings tell what it rests on."""
        found = self._found.setdefault(rule, [])
        if finding is not None and len(found) < MAX_SOURCES:
            found.append(finding)
        return self._index.setdefault(rule, len(self._index))

    def describe(self) -> list[dict[str, Any]]:
        """Return their descriptors (§3.49)."""
        return [self._describe(rule, self._found[rule]) for rule in self._index]

    def _describe(self, rule: str, findings: Sequence[Finding]) -> dict[str, Any]:
        text = describe_rule(rule)
        first = findings[0] if findings else None
        clauses = list(dict.fromkeys(one.clause for one in findings if one.clause is not None))
        help_lines = [text.asks]
        if first is not None and first.how_to_fix:
            help_lines.append(f"What to do: {clean(first.how_to_fix, 600)}")
        help_lines += [
            f"Rests on: {clean(clause.summary, 400)} (read {clause.read_on.isoformat()}, "
            f"{clause.confidence.value}; {clause.url})"
            for clause in clauses[:8]
        ]
        level = _level(first) if first is not None else "error" if rule == UNDECLARED else "warning"
        described: dict[str, Any] = {
            "id": rule,
            "name": text.name,
            "shortDescription": {"text": text.asks},
            "help": {"text": "\n\n".join(help_lines)},
            "defaultConfiguration": {"level": level},
            "properties": {"tags": list(dict.fromkeys(("license", rule.partition(".")[0])))},
        }
        url = next((address for clause in clauses if (address := web_uri(clause.url))), "")
        if url:
            described["helpUri"] = url
        return described


def render_sarif(report: Report) -> str:
    """Write the scene's report."""
    rules = Rules()
    titles = {grant.grant_id: grant for grant in report.grants}
    blocks = _blocks_of(report.rows)
    results = [
        _result(finding, rules, titles, blocks, report.scene)
        for finding in report.findings
        if finding.rule not in ("scene.undeclared", UNDECLARED)
    ]
    answers = {one.subject: one for one in report.findings if one.rule == UNDECLARED}
    results += [_undeclared(name, rules, answers.get(name), report.scene) for name in report.undeclared]
    properties = {
        "verdict": report.verdict.value,
        "summary": clean(report.summary, 600),
        "intendedUse": clean(report.use.name, 120),
        "purpose": report.use.purpose.value,
        "outputs": sorted(kind.value for kind in report.use.outputs),
        "host": clean(report.host, 80),
        "licenses": len(report.grants),
        "undeclared": len(report.undeclared),
    }
    return write_run(
        results,
        rules,
        paths=[report.scene] if report.scene else [],
        version=report.tool_version,
        made_at=report.made_at,
        automation=f"clearance/{clean(report.use.name, 80) or 'scene'}/",
        properties=properties,
        succeeded=report.verdict is Verdict.CLEARED,
    )


def write_run(
    results: Sequence[Mapping[str, Any]],
    rules: Rules,
    *,
    paths: Sequence[str],
    version: str,
    made_at: datetime,
    automation: str,
    properties: Mapping[str, Any],
    succeeded: bool,
    root: str = "",
) -> str:
    """Write a log with one run. ``paths`` are the artifacts: files as the user named them.

    ``root`` is the folder that they are told relative to; without it, each is told by its name.
    """
    shown = list(results[:MAX_RESULTS])
    more = len(results) - len(shown)
    if more > 0:
        index = rules.index("scene.undeclared")
        shown[-1] = {
            "ruleId": "scene.undeclared",
            "ruleIndex": index,
            "level": "error",
            "message": {"text": f"And {more + 1:,} more findings; the JSON report has all of them."},
            "partialFingerprints": {FINGERPRINT: fingerprint("more", "")},
        }
    driver: dict[str, Any] = {"name": "Clearance", "rules": rules.describe()}
    if version:
        driver["version"] = clean(version, 40)
        if _SEMANTIC_VERSION.fullmatch(version):
            driver["semanticVersion"] = version
    folder = _folder_uri(f"{root}/any" if root else paths[0]) if root or len(paths) == 1 else ""
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        # It did its work; what it found stands in the results (§3.20.14).
        "invocations": [{"executionSuccessful": True, "endTimeUtc": _utc(made_at)}],
        "automationDetails": {"id": automation},
        "artifacts": [{"location": locate(path, root), "roles": ["analysisTarget"]} for path in paths],
        "results": shown,
        "columnKind": "unicodeCodePoints",
        "properties": {**properties, "cleared": succeeded},
    }
    if folder:
        run["originalUriBaseIds"] = {BASE: {"uri": folder}}
    log = {"$schema": SCHEMA, "version": VERSION, "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def make_result(
    rule: str,
    message: str,
    rules: Rules,
    *,
    level: str,
    subject: str,
    path: str = "",
    root: str = "",
    logical: Sequence[Mapping[str, Any]] = (),
    finding: Finding | None = None,
) -> dict[str, Any]:
    """Return a result (§3.27). ``subject`` tells it from others of its rule."""
    location: dict[str, Any] = {}
    if path:
        location["physicalLocation"] = {"artifactLocation": locate(path, root)}
    if logical:
        location["logicalLocations"] = list(logical)
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": rules.index(rule, finding),
        "level": level,
        "message": {"text": _escape(message)},
        "partialFingerprints": {FINGERPRINT: fingerprint(rule, subject)},
    }
    if location:
        result["locations"] = [location]
    return result


def fingerprint(rule: str, subject: str) -> str:
    """Return what stays the same from run to run, as long as a finding is about the same thing."""
    return hashlib.sha256(f"{rule}\n{subject}".encode("utf-8", "replace")).hexdigest()


def locate(path: str, root: str = "") -> dict[str, Any]:
    """Return an artifact's location (§3.4): a URI relative to the scene's folder, or to ``root``."""
    pure = _pure(path)
    if root and pure.is_relative_to(root):
        name = pure.relative_to(root).as_posix()
    else:
        name = pure.name or path
    # Encoded nothing of a name can do harm, and cleaned it would be another file's.
    return {"uri": quote(name[:900].encode("utf-8", "replace"), safe="/"), "uriBaseId": BASE}


def name_block(name: str) -> dict[str, Any]:
    """Return a logical location (§3.33) for such as ``MESH/Chair``."""
    kind, slash, own = name.partition("/")
    return {
        "name": clean(own if slash else name, 200) or "unnamed",
        "fullyQualifiedName": clean(name, 300) or "unnamed",
        "kind": "object" if kind == "OBJECT" else "resource",
    }


def _result(
    finding: Finding,
    rules: Rules,
    grants: Mapping[str, ReportGrant],
    blocks: Mapping[str, list[str]],
    scene: str,
) -> dict[str, Any]:
    grant = grants.get(finding.subject)
    message = clean(finding.message, 700)
    if grant is not None:
        title = clean(grant.title, 120) or grant.grant_id
        message = f"“{title}” ({_listing(grant)}): {message}"
        logical = [name_block(name) for name in blocks.get(grant.grant_id, ())[:MAX_LOCATIONS]]
    else:
        logical = [name_block(finding.subject)] if "/" in finding.subject else []
    if finding.how_to_fix:
        message = f"{message} {clean(finding.how_to_fix, 700)}"
    made = make_result(
        finding.rule,
        message,
        rules,
        level=_level(finding),
        subject=finding.subject,
        path=scene,
        logical=logical,
        finding=finding,
    )
    properties: dict[str, Any] = {"severity": finding.severity.value}
    if grant is not None:
        properties |= {
            "grantId": clean(grant.grant_id, 80),
            "listing": _listing(grant),
            "license": clean(grant.license_label or grant.license_id, 120),
            "dataBlocks": grant.data_blocks,
        }
    if finding.terms_sha256:
        properties["termsSha256"] = clean(finding.terms_sha256, 64)
    clause = finding.clause
    if clause is not None:
        properties |= {
            "clause": clean(clause.summary, 700),
            "clauseQuoted": clause.quoted,
            "clauseUrl": clean(clause.url, 500),
            "clauseReadOn": clause.read_on.isoformat(),
            "clauseConfidence": clause.confidence.value,
        }
    made["properties"] = properties
    made["suppressions"] = _suppressions(finding)
    return made


def _undeclared(name: str, rules: Rules, finding: Finding | None, scene: str) -> dict[str, Any]:
    made = make_result(
        UNDECLARED,
        f"{clean(name, 200)}: nobody declared where this comes from. Declare it (own work, the client's, "
        "freely licensed), license it, or remove it.",
        rules,
        level="error",
        subject=name,
        path=scene,
        logical=[name_block(name)],
    )
    made["suppressions"] = _suppressions(finding) if finding is not None else []
    return made


def _suppressions(finding: Finding) -> list[dict[str, Any]]:
    """Return who decided that a finding counts no more (§3.35); an empty list says "nobody" (§3.27.23)."""
    resolution = finding.resolved_by
    if resolution is None:
        return []
    until = f" Until {resolution.ends_at:%Y-%m-%d}." if resolution.ends_at is not None else ""
    evidence = f" Evidence: sha256 {resolution.evidence_sha256}." if resolution.evidence_sha256 else ""
    return [
        {
            "kind": "external",
            "status": "accepted",
            "justification": (
                f"{resolution.kind.value.replace('_', ' ').capitalize()}: {clean(resolution.reason, 500)} "
                f"({clean(resolution.author, 80)}, {resolution.decided_at:%Y-%m-%d}).{until}{evidence}"
            ),
        }
    ]


def _blocks_of(rows: Iterable[ReportRow]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        for grant_id in row.grant_ids:
            found.setdefault(grant_id, []).append(f"{row.id_type}/{row.name}")
    return found


def _level(finding: Finding) -> str:
    return _LEVELS[finding.severity]


def _listing(grant: ReportGrant) -> str:
    return f"{clean(grant.marketplace, 40)}:{clean(grant.listing_id, 60)}"


def _escape(text: str) -> str:
    """Keep brackets from being read as links (§3.11.6)."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _pure(path: str) -> PurePath:
    windows = PureWindowsPath(path)
    return windows if windows.drive or "\\" in path else PurePosixPath(path)


def _folder_uri(path: str) -> str:
    """Return the folder of an absolute path as a URI that ends with a slash; empty for a relative one."""
    pure = _pure(path)
    if not pure.is_absolute():
        return ""
    shown = pure.parent.as_posix()
    local = "/" + shown if pure.drive and not shown.startswith("//") else shown
    host, local = local[2:].split("/", 1) if local.startswith("//") else ("", local.lstrip("/"))
    inner = quote(f"{local.rstrip('/')}/".encode("utf-8", "replace"), safe="/:")
    return f"file://{host}/{inner.lstrip('/')}" if inner != "/" else f"file://{host}/"


def _utc(at: datetime) -> str:
    """Write a time as §3.9 wants it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
