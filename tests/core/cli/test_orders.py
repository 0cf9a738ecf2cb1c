"""Websites, doubts, refunds and purchases of before, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

IMAGE = "shutterstock:1120280100"
LAMP = "turbosquid:1234567"
STANDARD = "TurboSquid 3D Model License, Standard"


def start(shell: Any) -> Any:
    """Leave one website order waiting."""
    result = shell.run("buy", LAMP, "--yes", "--reason", "test", "--license", STANDARD, "--json")
    assert result.code == 0, result.err
    return result.json["order"]


def confirm(shell: Any, order_id: str, *more: str) -> Any:
    """Enter what proves it."""
    return shell.run("order", "confirm", order_id, "--number", "TS-9", "--license", STANDARD, *more)


def test_a_website_quote_says_what_it_rests_on(shell: Any) -> None:
    result = shell.run("quote", LAMP)
    assert result.code == 0, result.err
    for words in ("shown at checkout", "as chosen by you on the website", "not in your product feeds",
                  "--license 'TurboSquid 3D Model License, Enterprise'"):  # fmt: skip
        assert words in result.out
    chosen = shell.run("quote", LAMP, "--license", "Custom License", "--json")
    assert chosen.json["quote"]["license_label"] == "Custom License"
    assert chosen.json["quote"]["license_source"] == "user"


def test_from_the_page_to_the_refund(shell: Any, tmp_path: Path) -> None:
    order = start(shell)
    assert order["state"] == "awaiting_checkout"
    assert shell.run("order", "open", order["id"]).out.strip() == order["checkout_url"]
    invoice = tmp_path / "invoice.pdf"
    invoice.write_bytes(b"%PDF")
    wrong = confirm(shell, order["id"], "--invoice", str(tmp_path / "nothing.pdf"))
    assert wrong.code == 2
    assert "cannot be read" in wrong.err
    paid = confirm(
        shell,
        order["id"],
        "--invoice",
        str(invoice),
        "--price",
        "19.00 usd",
        "--date",
        "2026-01-02",
        "--json",
    )
    assert paid.code == 0, paid.err
    assert paid.json["state"] == "paid"
    grant = paid.json["grant"]
    assert (grant["source"], grant["granted_at"][:10]) == ("user", "2026-01-02")
    pick_up = shell.run("download", grant["id"])
    assert pick_up.code == 2
    assert "pick it up" in pick_up.err
    policy = shell.run("refund", "policy", order["id"])
    assert "30 days" in policy.out
    asked = shell.run("refund", "request", order["id"], "--reason", "It is broken.", "--json")
    assert "order number: TS-9" in asked.json["message"]
    refund_id = asked.json["refund"]["id"]
    assert "It is broken." in shell.run("refund", "list").out
    settled = shell.run(
        "refund", "settle", refund_id, "--refunded", "--amount", "19.00 USD", "--document", str(invoice),
        "--reference", "CASE-1", "--json",
    )  # fmt: skip
    assert settled.code == 0, settled.err
    assert settled.json["refund"]["state"] == "refunded"
    assert shell.run("orders", "--json").json[0]["state"] == "refunded"
    assert shell.run("library", "--json").json[0]["state"] == "refunded"
    assert shell.run("refund", "list", "--json").json[0]["amount"] == {"amount": "19.00", "currency": "USD"}
    assert shell.run("audit", "verify").code == 0


def test_people_are_told_the_next_step(shell: Any) -> None:
    result = shell.run("buy", LAMP, "--yes", "--reason", "test")
    assert "clearance order confirm order_" in result.out
    order_id = shell.run("orders", "--json").json[0]["id"]
    paid = confirm(shell, order_id)
    assert "Next: clearance download grant_" in paid.out
    asked = shell.run("refund", "request", order_id, "--reason", "broken")
    assert "Reason:\nbroken" in asked.out
    refund_id = shell.run("refund", "list", "--json").json[0]["id"]
    assert "refused" in shell.run("refund", "settle", refund_id, "--refused").out


def test_giving_up_a_website_order(shell: Any) -> None:
    order = start(shell)
    assert shell.run("order", "give-up", order["id"], "--json").json["state"] == "failed"
    assert shell.run("orders", "--open", "--json").json == []


def test_bought_without_us(shell: Any) -> None:
    arguments = ("order", "record", LAMP, "--number", "TS-1", "--license", STANDARD, "--title", "Lamp")
    booked = shell.run(*arguments, "--json")
    assert booked.code == 0, booked.err
    assert booked.json["grant"]["title"] == "Lamp"
    again = shell.run(*arguments)
    assert again.code == 1
    assert "in the ledger already" in again.err


def test_purchases_of_before_are_taken_over(shell: Any, sandbox: Any, tmp_path: Path) -> None:
    assert shell.run("buy", IMAGE, "--yes", "--reason", "test", "--json").code == 0
    other = {"CLEARANCE_DATA_DIR": str(tmp_path / "other")}
    listed = shell.run("history", "list", "shutterstock", "--new", "--json", **other)
    assert listed.code == 0, listed.err
    (row,) = [one for one in listed.json if one["record"]["ref"] == IMAGE]
    number = row["record"]["marketplace_license_id"]
    assert number in shell.run("history", "list", "shutterstock", **other).out
    taken = shell.run("history", "adopt", "shutterstock", number, "--json", **other)
    assert taken.code == 0, taken.err
    assert [one["ref"] for one in taken.json] == [IMAGE]
    assert shell.run("download", IMAGE, "--json", **other).code == 0
    assert "(was here)" in shell.run("history", "adopt", "shutterstock", number, **other).out
    new = shell.run("history", "list", "shutterstock", "--new", "--json", **other).json
    assert IMAGE not in {one["record"]["ref"] for one in new}
    assert len(sandbox.books()["charges"]) == 1
    told = shell.run("history", "size", taken.json[0]["id"], "huge", **other)
    assert told.code == 2
    assert "does not sell" in told.err
    assert shell.run("history", "size", "grant_none", "hd", **other).code == 2
    missing = shell.run("history", "adopt", "shutterstock", "nobody", **other)
    assert missing.code == 2
    assert "nobody" in missing.err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("order", "open", "order_none"), "no such order"),
        (("order", "confirm", "order_none", "--number", "1", "--license", "x"), "no such order"),
        (("order", "confirm", "order_none", "--license", "x"), "--number"),
        (("order", "confirm", "o", "--number", "1", "--license", "x", "--date", "tomorrow"), "2026-11-23"),
        (("order", "confirm", "o", "--number", "1", "--license", "x", "--price", "much"), "is not an amount"),
        (("order", "record", "lamp", "--number", "1", "--license", "x"), "marketplace:id"),
        (("order", "record", LAMP, "--number", "1", "--license", "x", "--price", "19"), "currency"),
        (("order", "decide", "order_none", "--bought", "--reason", "r"), "no such order"),
        (("order", "decide", "order_none", "--bought"), "--reason"),
        (("order", "give-up", "order_none"), "waits"),
        (("refund", "policy", "order_none"), "no such order"),
        (("refund", "settle", "refund_none", "--refunded"), "no such refund"),
        (("refund", "settle", "refund_none"), "refunded"),
        (("history", "list", "turbosquid"), "no list of purchases"),
        (("history", "list", "ikea"), "not a marketplace"),
        (("history", "adopt", "shutterstock"), "--all"),
        (("history", "list", "shutterstock", "--since", "May"), "not a day"),
        (("buy", IMAGE, "--reference", "Forest"), "ID=VALUE"),
        (("buy", IMAGE, "--yes", "--reason", "r", "--reference", "9=x"), "does not ask for"),
    ],
)
def test_what_is_wrong_is_said(shell: Any, argv: tuple[str, ...], words: str) -> None:
    result = shell.run(*argv)
    assert result.code == 2, result.err
    assert words in result.err
    assert "Traceback" not in result.err
