"""Every command, its exit codes, its JSON, and what it says when something is wrong."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

IMAGE = "shutterstock:1120280100"
MODEL = "cgtrader:4400123"


def test_search_finds_in_both(shell: Any) -> None:
    """One search asks both marketplaces, and every result names its listing."""
    result = shell.run("search", "chair", "--json")
    assert result.code == 0
    assert {one["ref"].partition(":")[0] for one in result.json["listings"]} >= {"cgtrader"}
    wood = shell.run("search", "wood", "--json").json["listings"]
    assert {one["ref"].partition(":")[0] for one in wood} >= {"cgtrader", "shutterstock"}
    table = shell.run("search", "oak")
    assert IMAGE in table.out


def test_search_for_nothing(shell: Any) -> None:
    """No result is not an error; the words say what to try."""
    result = shell.run("search", "zzzzqqqq")
    assert result.code == 0
    assert "Nothing found" in result.err


def test_one_marketplace_down_leaves_the_other(shell: Any, sandbox: Any) -> None:
    """What can be found is shown, the failure is told."""
    sandbox.fault("503", host="api.cgtrader.com", times=0)
    try:
        result = shell.run("search", "wood", "--json")
    finally:
        sandbox.clear_faults()
    assert result.code == 0
    found = {one["ref"].partition(":")[0] for one in result.json["listings"]}
    assert "shutterstock" in found
    assert "cgtrader" not in found
    assert result.json["problems"]["cgtrader"]["code"] == "marketplace.unavailable"


def test_quote_spends_nothing(shell: Any, sandbox: Any) -> None:
    """A quote names price, license and answer, and the marketplace's books stay empty."""
    result = shell.run("quote", IMAGE, "--json")
    assert result.code == 0
    assert result.json["quote"]["cost"] == {"amount": 1, "unit": "download"}
    assert result.json["answer"]["decision"] in {"allow", "needs_review"}
    assert sandbox.books()["charges"] == []
    words = shell.run("quote", MODEL)
    assert "19.00" in words.out
    assert "for this project" in words.out


def test_buy_download_and_never_twice(shell: Any, sandbox: Any, tmp_path: Path) -> None:
    """An image is bought, downloaded, and not bought again."""
    bought = shell.run("buy", IMAGE, "--yes", "--reason", "test", "--json")
    assert bought.code == 0, bought.err
    grant = bought.json["grant"]["id"]
    fetched = shell.run("download", grant, "-o", str(tmp_path / "out"), "--json")
    assert fetched.code == 0, fetched.err
    (file,) = fetched.json["files"]
    assert Path(file["path"]).stat().st_size == file["file"]["size"]
    again = shell.run("buy", IMAGE, "--yes", "--json")
    assert again.json["state"] == "owned"
    assert len(sandbox.books()["charges"]) == 1
    assert shell.run("download", IMAGE, "--json").json["grant_id"] == grant
    assert shell.run("orders", "--json").json[0]["state"] == "fulfilled"
    assert shell.run("library", "--json").json[0]["id"] == grant
    assert shell.run("audit", "verify").code == 0


def test_a_model_is_paid_in_the_browser(shell: Any, sandbox: Any) -> None:
    """The checkout page is named; when it is paid, the command goes on."""
    seen: list[str] = []

    def pay_when_asked() -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until and not seen:
            for order in sandbox.books()["orders"]:
                sandbox.pay(f"{sandbox.url}/www.cgtrader.com/cg/instant-checkout/{order['id']}")
                seen.append(order["id"])
            time.sleep(0.2)

    payer = threading.Thread(target=pay_when_asked)
    payer.start()
    result = shell.run("buy", MODEL, "--yes", "--reason", "test", "--json")
    payer.join()
    assert result.code == 0, result.err
    assert "instant-checkout" in result.err
    assert result.json["state"] == "paid"
    assert result.json["grant"]["marketplace_license_id"] == ""


def test_a_picture_of_what_was_bought_is_kept(shell: Any, sandbox: Any, tmp_path: Path) -> None:
    """With the purchase, or later; it is free, and without a network the library is still told."""
    shell.run("buy", IMAGE, "--yes", "--reason", "test", "--json")
    folder = tmp_path / "data" / "pictures"
    (picture,) = folder.rglob("*.jpg")
    first = picture.read_bytes()
    charges = len(sandbox.books()["charges"])
    picture.unlink()
    offline = shell.run("--offline", "library", "--fetch-pictures", "--json")
    assert (offline.code, len(offline.json)) == (0, 1)
    assert "0 of 1 have a picture." in offline.err
    later = shell.run("library", "--fetch-pictures", "--json")
    assert "1 of 1 have a picture." in later.err
    assert picture.read_bytes() == first
    assert len(sandbox.books()["charges"]) == charges == 1


def test_not_waiting_for_the_payment(shell: Any, sandbox: Any) -> None:
    """The order waits; reconcile says so, and finds the payment later."""
    order = shell.run("buy", MODEL, "--yes", "--reason", "test", "--no-wait", "--json").json["order"]
    assert order["state"] == "awaiting_checkout"
    assert shell.run("reconcile", "--json").json[0]["order"]["state"] == "awaiting_checkout"
    assert [one["id"] for one in shell.run("orders", "--open", "--json").json] == [order["id"]]
    sandbox.pay(order["checkout_url"])
    assert shell.run("reconcile", "--json").json[0]["order"]["state"] == "paid"
    assert shell.run("reconcile").out.strip() == "Every order is settled."


def test_a_limit_is_kept(shell: Any, sandbox: Any) -> None:
    """More expensive than allowed: refused before anything is sent."""
    result = shell.run("buy", MODEL, "--yes", "--reason", "t", "--max-price", "5")
    assert result.code == 2
    assert "more than 5" in result.err
    assert sandbox.books()["orders"] == []


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (("nonsense",), 2, "No such command"),
        (("quote",), 2, "Missing argument"),
        (("quote", "ikea:1"), 2, "not a marketplace"),
        (("quote", "just-a-word"), 2, "marketplace:id"),
        (("download", "cgtrader:1"), 2, "own no license"),
        (("download", "grant_nothing"), 2, "no such license"),
        (("report", "missing.blend"), 2, "no file"),
        (("search", "x" * 501), 2, "500"),
        (("quote", MODEL, "--use", "missing.toml"), 2, "cannot be read"),
        (("quote", "cgtrader:999999999"), 1, "CGTrader"),
        (("--offline", "search", "chair"), 1, "nline"),
        (("--sandbox", "http://example.com", "search", "chair"), 2, "sandbox"),
    ],
)
def test_what_is_wrong_is_said(shell: Any, argv: tuple[str, ...], code: int, words: str) -> None:
    """Wrong usage and input end with 2, failures with 1; the sentence names the problem."""
    result = shell.run(*argv)
    assert result.code == code, result.err
    assert words in result.err
    assert "Traceback" not in result.err


def test_a_bad_key(shell: Any) -> None:
    """A rejected key is named as such; the key itself is not shown."""
    result = shell.run(
        "search", "wood", "-m", "shutterstock", CLEARANCE_SHUTTERSTOCK_USER_TOKEN="v2/wrong-secret"
    )
    assert result.code == 1
    assert "wrong-secret" not in result.err + result.out
    assert "Shutterstock" in result.err


def test_no_key_at_all(shell: Any) -> None:
    """Without keys it says which one is missing and where it goes."""
    for name in list(shell.environ):
        if "CGTRADER" in name:
            del shell.environ[name]
    result = shell.run("search", "chair", "-m", "cgtrader")
    assert result.code == 1
    assert "Preferences" in result.err or "key" in result.err


def test_no_quota(shell: Any, sandbox: Any) -> None:
    """An empty allotment is told at the quote and stops the purchase."""
    for plan in sandbox.books()["subscriptions"]:
        sandbox.set_quota(plan["id"], downloads_left=0)
    quoted = shell.run("quote", IMAGE, "--json")
    assert quoted.code == 0
    assert quoted.json["why_not"]
    result = shell.run("buy", IMAGE, "--yes", "--reason", "t")
    assert result.code == 2
    assert sandbox.books()["charges"] == []


def test_accounts(shell: Any) -> None:
    """Keys are listed by presence only, and the connection test says who we are."""
    told = {line.split()[0]: line for line in shell.run("account", "list").out.splitlines()}
    assert "none needed" in told["turbosquid"]
    assert "none needed" in told["unity"]
    assert "not offered" in told["pond5"]
    listed = shell.run("account", "list", "--json")
    assert listed.code == 0
    keys = {one["marketplace"]: one["has_app_key"] for one in listed.json}
    assert keys["cgtrader"]
    assert keys["shutterstock"]
    assert not keys["turbosquid"], "there is no key to have"
    assert "sandbox-" not in listed.out
    tested = shell.run("account", "test", "shutterstock", "--json")
    assert tested.code == 0, tested.err
    assert tested.json["balances"]
