# SPDX-License-Identifier: GPL-3.0-or-later
"""A group is green only when tests ran, passed, and nothing was skipped that may not be."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from buildtools.demo import judge_demo
from buildtools.results import Outcome, format_table, judge

PASSED = '<testcase classname="t" name="a"/>'
FAILED = '<testcase classname="t" name="b"><failure message="no"/></testcase>'
ERROR = '<testcase classname="t" name="c"><error message="no"/></testcase>'
SKIPPED = '<testcase classname="t" name="d"><skipped message="not today"/></testcase>'
TOOL = '<testcase classname="t" name="f"><skipped message="needs_tool: 7-Zip"/></testcase>'
SHARED = '<testcase classname="t" name="e"><skipped message="needs_shared: not there"/></testcase>'


def xml(*cases: str) -> str:
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"


def decide(text: str | None, *, status: int | None = 0, code: int = 0, **options: bool) -> Outcome:
    return judge("g", xml=text, session_status=status, exit_code=code, time_s=1.0, **options)


def test_passed_tests_are_green() -> None:
    outcome = decide(xml(PASSED, PASSED))
    assert outcome.is_green
    assert (outcome.passed, outcome.failed, outcome.skipped) == (2, 0, 0)


@pytest.mark.parametrize("case", [FAILED, ERROR])
def test_one_failure_is_enough(case: str) -> None:
    outcome = decide(xml(PASSED, case), status=1, code=1)
    assert not outcome.is_green
    assert (outcome.passed, outcome.failed) == (1, 1)


def test_nothing_run_is_not_green() -> None:
    outcome = decide(xml(), status=5, code=5)
    assert not outcome.is_green
    assert outcome.failed == 1


def test_a_skipped_test_is_not_green() -> None:
    outcome = decide(xml(PASSED, SKIPPED))
    assert not outcome.is_green
    assert "not today" in outcome.problems[0]


def test_a_missing_tool_is_counted_and_named() -> None:
    """A test of what this machine lacks is passed over, and the run says what it lacks."""
    outcome = decide(xml(PASSED, TOOL))
    assert outcome.is_green
    assert outcome.skipped == 1
    assert any("7-Zip" in note for note in outcome.notes)
    assert not decide(xml(TOOL)).is_green


def test_vendor_files_may_be_absent_and_are_counted() -> None:
    outcome = decide(xml(PASSED, SHARED, SHARED))
    assert outcome.is_green
    assert outcome.skipped == 2
    assert "2 skipped" in outcome.notes[0]


def test_a_group_of_which_all_is_skipped_is_not_green() -> None:
    assert not decide(xml(SHARED, SHARED)).is_green


@pytest.mark.parametrize("text", ["", "<testsuites>", "not xml"])
def test_a_result_that_is_not_whole_is_not_green(text: str) -> None:
    assert not decide(text).is_green


def test_no_result_is_not_green() -> None:
    outcome = decide(None, status=None, code=-signal.SIGSEGV)
    assert not outcome.is_green
    assert outcome.failed == 1


def test_a_session_that_never_ended_is_not_green() -> None:
    assert not decide(xml(PASSED), status=None, may_crash_at_exit=True).is_green


@pytest.mark.parametrize("code", [-11, 139])
def test_a_crash_after_the_session_is_forgiven_only_where_it_may_happen(code: int) -> None:
    assert not decide(xml(PASSED), code=code).is_green
    outcome = decide(xml(PASSED), code=code, may_crash_at_exit=True)
    assert outcome.is_green
    assert "crashed while exiting" in outcome.notes[0]


def test_a_crash_does_not_hide_a_failure() -> None:
    assert not decide(xml(PASSED, FAILED), status=1, code=-11, may_crash_at_exit=True).is_green


@pytest.mark.parametrize("status", [1, 2, 3, 4])
def test_a_bad_session_status_is_not_green_although_all_passed(status: int) -> None:
    assert not decide(xml(PASSED), status=status, code=status).is_green


def test_an_ordinary_bad_exit_is_never_forgiven() -> None:
    assert not decide(xml(PASSED), code=1, may_crash_at_exit=True).is_green


def test_selecting_nothing_by_name_is_no_failure() -> None:
    assert decide(xml(), status=5, code=5, may_be_empty=True).is_green


def test_the_last_line_counts_everything() -> None:
    lines = format_table(
        [Outcome("a", passed=3, time_s=61.2), Outcome("b", passed=1, failed=2, skipped=4, problems=("x",))]
    )
    assert lines[-1] == "4 passed, 2 failed, 4 skipped"
    assert any(line.startswith("b") and line.endswith("FAILED") for line in lines)
    assert "b: x" in lines


def test_the_table_of_nothing_still_ends_with_the_count() -> None:
    assert format_table([])[-1] == "0 passed, 0 failed, 0 skipped"


@pytest.mark.parametrize(
    ("code", "result", "is_done"),
    [
        (0, {"ok": True}, True),
        (-11, {"ok": True}, True),
        (139, {"ok": True}, True),
        (1, {"ok": True}, False),
        (0, {"ok": False}, False),
        (-11, {"ok": False}, False),
        (0, {}, False),
        (0, None, False),
        (-11, None, False),
    ],
)
def test_the_demo_is_judged_by_its_result_too(
    tmp_path: Path, code: int, result: dict[str, bool] | None, is_done: bool
) -> None:
    path = tmp_path / "result.json"
    if result is not None:
        path.write_text(json.dumps(result), encoding="utf-8")
    assert judge_demo(code, path) is is_done


def test_a_half_written_result_of_the_demo_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text('{"ok": tr', encoding="utf-8")
    assert not judge_demo(0, path)
