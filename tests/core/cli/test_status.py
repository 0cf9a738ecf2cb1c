"""``status``: as a table, as JSON, and as OpenMetrics text."""

from __future__ import annotations

from typing import Any

IMAGE = "shutterstock:1120280100"


def test_an_empty_ledger_is_told_honestly(shell: Any) -> None:
    result = shell.run("status")
    assert result.code == 0
    for words in ("no calls yet", "no payments yet", "no licensed content in saved scenes yet", "> 99%"):
        assert words in result.out
    plain = shell.run("status", "--json").json
    assert plain["payments"]["success_rate"] is None
    assert plain["compliance"]["meets_goal"] is None


def test_calls_and_payments_are_counted(shell: Any) -> None:
    assert shell.run("buy", IMAGE, "--yes", "--reason", "test", "--json").code == 0
    found = shell.run("status", "--json").json
    assert found["calls"]["calls"] > 0
    assert found["payments"] == found["payments"] | {"settled": 1, "success_rate": 1.0, "meets_goal": True}
    table = shell.run("status", "--hours", "1", "--days", "7")
    assert "Payments" in table.out
    assert "100 %" in table.out
    metrics = shell.run("status", "--openmetrics")
    assert metrics.out.endswith("# EOF\n")
    assert 'clearance_orders{payment="settled"} 1\n' in metrics.out
    assert "clearance_payments_success_ratio 1\n" in metrics.out


def test_one_format_at_a_time(shell: Any) -> None:
    result = shell.run("status", "--openmetrics", "--json")
    assert result.code != 0
    assert "Choose one" in result.err
