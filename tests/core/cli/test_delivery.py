"""``check-delivery`` and what it does for a refund, against the sandbox."""

from __future__ import annotations

from typing import Any

IMAGE = "shutterstock:1120280100"


def buy(shell: Any) -> tuple[str, str]:
    bought = shell.run("buy", IMAGE, "--yes", "--reason", "test", "--json")
    assert bought.code == 0, bought.err
    return bought.json["grant"]["id"], bought.json["order"]["id"]


def test_a_download_is_checked_and_the_check_is_shown(shell: Any) -> None:
    grant, order = buy(shell)
    early = shell.run("check-delivery", grant)
    assert early.code != 0
    assert "download them first" in early.err
    assert shell.run("download", grant, "--json").code == 0
    found = shell.run("check-delivery", grant, "--json").json
    assert found["source_host"]
    assert found["result"] in {"as_offered", "differs", "unknown"}
    subjects = {one["subject"]: one for one in found["findings"]}
    assert subjects["offer"]["severity"] == "note"
    assert "noted with the quote" in subjects["offer"]["sentence"]
    assert subjects["resolution"]["found"]
    # The sandbox is plain HTTP on this machine, and that is what is said of it.
    assert subjects["source"]["severity"] == "warning"
    table = shell.run("check-delivery", grant)
    assert "Finding" in table.out
    again = shell.run("check-delivery", grant, "--again", "--json").json
    assert again["checked_at"] >= found["checked_at"]
    assert again["findings"] == found["findings"]
    assert shell.run("audit", "verify").code == 0
    refused = shell.run("refund", "request", order, "--from-check")
    if found["result"] != "differs":
        assert refused.code != 0
        assert "No delivery check names something" in refused.err


def test_an_unknown_license_is_said(shell: Any) -> None:
    result = shell.run("check-delivery", "grant_nothing", "--json")
    assert result.code != 0
    assert result.json["error"]["code"] == "grant.unknown"
