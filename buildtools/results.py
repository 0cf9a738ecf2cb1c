# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge a group of tests by what it left behind, and print the table at the end.

Pure: reads text, decides, formats. A group is green only when it ran tests, all passed, and whatever was
skipped was allowed to be.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

SHARED_PREFIX = "needs_shared:"
TOOL_PREFIX = "needs_tool:"
"""Tests of what only some machines have (7-Zip, a second file system); `.ci/run` installs what it can."""
NOTHING_COLLECTED = 5


@dataclass(frozen=True)
class Outcome:
    """What came of one group; `problems` says why it is not green."""

    group: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    time_s: float = 0.0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_green(self) -> bool:
        """Whether the group counts as passed."""
        return not self.problems


@dataclass
class _Count:
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: int = 0
    shared: int = 0
    tools: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)


def _count_cases(xml: str) -> _Count:
    """Count the test cases of a junit file; raises ET.ParseError when it is not whole."""
    count = _Count()
    for case in ET.fromstring(xml).iter("testcase"):  # noqa: S314 -- our own pytest's file
        name = f"{case.get('classname', '')}::{case.get('name', '')}"
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            count.failed.append(name)
        elif skip is not None:
            count.skipped += 1
            reason = skip.get("message") or ""
            if reason.startswith(SHARED_PREFIX):
                count.shared += 1
            elif reason.startswith(TOOL_PREFIX):
                count.tools.append(reason.removeprefix(TOOL_PREFIX).strip())
            else:
                count.forbidden.append(f"{name} was skipped: {reason or 'no reason'}")
        else:
            count.passed += 1
    return count


def judge(
    group: str,
    *,
    xml: str | None,
    session_status: int | None,
    exit_code: int,
    time_s: float,
    may_crash_at_exit: bool = False,
    may_be_empty: bool = False,
) -> Outcome:
    """Decide about a group from its junit file, the session's own status and the process's exit code.

    `session_status` is None when the session never ended by itself. `may_crash_at_exit` forgives a process
    that was ended by a signal after its session had ended; `may_be_empty` is for runs that select tests by
    name.
    """
    problems: list[str] = []
    notes: list[str] = []
    count = _Count()
    if xml is None:
        problems.append(f"no result file was written (exit code {exit_code})")
    else:
        try:
            count = _count_cases(xml)
        except ET.ParseError as error:
            problems.append(f"the result file is not whole: {error}")
    ran = count.passed + len(count.failed)
    crashed = exit_code < 0 or exit_code >= 128
    if xml is not None and session_status is None:
        problems.append(f"the session did not end by itself (exit code {exit_code})")
    problems += [f"failed: {name}" for name in count.failed]
    problems += count.forbidden
    if ran == 0 and xml is not None and not may_be_empty:
        problems.append("no test ran")
    if session_status == NOTHING_COLLECTED and may_be_empty:
        notes.append("nothing selected")
    elif session_status not in (None, 0) and not problems:
        problems.append(f"the session ended with status {session_status}")
    if exit_code != 0 and session_status == 0 and not problems:
        if crashed and may_crash_at_exit:
            notes.append(f"the process crashed while exiting (code {exit_code}), after all tests had passed")
        else:
            problems.append(f"the process ended with exit code {exit_code}")
    if count.shared:
        notes.append(f"{count.shared} skipped because ../shared is not there")
    if count.tools:
        missing = ", ".join(sorted(set(count.tools)))
        notes.append(f"{len(count.tools)} skipped because this machine lacks: {missing}")
    failed = len(count.failed) or int(bool(problems))
    return Outcome(
        group=group,
        passed=count.passed,
        failed=failed,
        skipped=count.skipped,
        time_s=time_s,
        problems=tuple(problems),
        notes=tuple(notes),
    )


def format_table(outcomes: list[Outcome]) -> list[str]:
    """Lay out the outcomes as lines; the last one is `N passed, N failed, N skipped`."""
    width = max([len("group"), *(len(item.group) for item in outcomes)])
    lines = [f"{'group':<{width}}  {'passed':>6}  {'failed':>6}  {'skipped':>7}  {'time':>7}"]
    for item in outcomes:
        numbers = f"{item.passed:>6}  {item.failed:>6}  {item.skipped:>7}  {item.time_s:>5.0f} s"
        lines.append(f"{item.group:<{width}}  {numbers}  {'' if item.is_green else 'FAILED'}".rstrip())
    for item in outcomes:
        lines += [f"{item.group}: {problem}" for problem in item.problems]
        lines += [f"{item.group}: note: {note}" for note in item.notes]
    passed, failed = sum(item.passed for item in outcomes), sum(item.failed for item in outcomes)
    lines.append(f"{passed} passed, {failed} failed, {sum(item.skipped for item in outcomes)} skipped")
    return lines
