"""``clearance health`` after real commands against the sandbox."""

from __future__ import annotations

from typing import Any

IMAGE = "shutterstock:1120280100"


def of(result: Any, marketplace: str) -> dict[str, Any]:
    """Return one marketplace of the JSON."""
    (found,) = (one for one in result.json["marketplaces"] if one["marketplace"] == marketplace)
    return dict(found)


def test_before_anything_was_asked(shell: Any) -> None:
    """Every marketplace is listed; nothing is made up, and nothing is asked."""
    result = shell.run("health", "--json")
    assert result.code == 0, result.err
    assert result.json["goal"] == 0.99
    one = of(result, "shutterstock")
    assert (one["calls"], one["success_rate"], one["last_error"]) == (0, None, None)
    assert one["budget"]["used"] == 0
    assert one["budget"]["limit"] == 100


def test_after_a_search_and_a_purchase(shell: Any) -> None:
    """Calls, requests and the budget are told by each later process."""
    assert shell.run("search", "wood", "-m", "shutterstock", "--json").code == 0
    assert shell.run("buy", IMAGE, "--kind", "image", "--yes", "--reason", "test", "--json").code == 0
    one = of(shell.run("health", "--json"), "shutterstock")
    assert one["calls"] == one["ok"] >= 3
    assert one["success_rate"] == 1.0
    assert one["meets_goal"] is True
    assert one["p95_s"] > 0
    assert one["budget"]["used"] == one["requests"]
    assert {"search", "purchase"} <= {part["operation"] for part in one["operations"]}
    assert of(shell.run("health", "--json"), "shutterstock")["budget"] == one["budget"]
    table = shell.run("health").out
    assert "Shutterstock\tall\t" in table
    assert "100.0%" in table
    assert f"{one['requests']} of 100" in table


def test_failures_are_told_in_words(shell: Any, sandbox: Any) -> None:
    """The last error is repeated as it was told, and the rate falls."""
    sandbox.fault("500", host="api.shutterstock.com", times=0)
    try:
        shell.run("search", "wood", "-m", "shutterstock")
    finally:
        sandbox.clear_faults()
    result = shell.run("health", "--hours", "1", "--json")
    one = of(result, "shutterstock")
    assert (one["ok"], one["failed"], one["meets_goal"]) == (0, 1, False)
    assert one["requests"] > 1
    assert one["last_error"]["code"] == "marketplace.unavailable"
    words = shell.run("health").out
    assert "a problem of its own" in words
    assert "0.0%" in words


def test_a_wrong_span(shell: Any) -> None:
    """Only the week that is kept can be asked for."""
    assert shell.run("health", "--hours", "0").code == 2
    assert shell.run("health", "--hours", "999").code == 2
