"""``check-delivery`` and what it does for a refund, against the sandbox."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.ledger.engine import open_ledger
from core.model.delivery_check import CheckResult, DeliveryCheck
from core.quality.finding import QualityFinding, Severity, Subject
from core.quality.record import encode_findings

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


def test_what_differs_ends_with_1_and_becomes_the_reason_for_a_refund(shell: Any) -> None:
    grant, order = buy(shell)
    assert shell.run("download", grant, "--json").code == 0
    finding = QualityFinding(
        subject=Subject.RESOLUTION, severity=Severity.DIFFERS, sentence="Only 10 × 10 came.", promised=True
    )
    with closing(open_ledger(Path(shell.environ["CLEARANCE_DATA_DIR"]) / "ledger.sqlite")) as ledger:
        (check,) = ledger.values(DeliveryCheck, grant_id=grant)
        worse = replace(
            check, id="check_worse", result=CheckResult.DIFFERS, differences=encode_findings([finding])
        )
        with ledger.transaction() as work:
            work.add(worse)
    shown = shell.run("check-delivery", grant)
    assert shown.code == 1
    assert "Not as offered" in shown.out
    assert f"clearance refund request {order} --from-check" in shown.err
    asked = shell.run("refund", "request", order, "--from-check", "--reason", "It is blurred, too.")
    assert asked.code == 0
    for words in ("- resolution: Only 10 × 10 came.", "It is blurred, too.", "Checked on "):
        assert words in asked.out
