"""Request, approve and buy on the command line, over the sandbox: three people and one ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

Shell = Any


IMAGE = "shutterstock:1120280100"
MODEL = "cgtrader:4400123"
PEOPLE = (("ada", "admin"), ("ida", "artist"), ("pia", "approver"), ("ben", "buyer"), ("fin", "finance"))


@pytest.fixture
def house(shell: Shell) -> Shell:
    """A ledger in a file with five members and a project."""
    shell.environ["CLEARANCE_USER"] = "ada"
    shell.environ["CLEARANCE_PROJECT"] = "spot"
    assert shell.run("ledger", "project", "spot", "--client", "ACME").code == 0
    for login, role in PEOPLE:
        done = shell.run("ledger", "member", login, "--role", role, "--project", "spot")
        assert done.code == 0, done.err
    return shell


def ask(shell: Shell, user: str, *argv: str) -> Any:
    """Run a command as somebody; return its JSON."""
    done = shell.run(*argv, "--json", CLEARANCE_USER=user)
    assert done.code in (0, 2), done.err
    return done.json


def test_from_the_cart_to_the_license(house: Shell) -> None:
    budget = ask(house, "fin", "budget", "set", "Props", "500 USD", "--until", "2099-12-31")
    request = ask(house, "ida", "request", "new", IMAGE, "--reason", "billboard in shot 3")
    submitted = ask(house, "ida", "request", "submit", request["id"])
    assert submitted["request"]["state"] == "open"
    assert [one["id"] for one in ask(house, "pia", "request", "list", "--waiting")] == [request["id"]]
    shown = house.run("request", "show", request["id"], CLEARANCE_USER="pia")
    assert IMAGE in shown.out
    assert "Total: no money, 1 download at shutterstock" in shown.out
    refused = house.run("request", "approve", request["id"], CLEARANCE_USER="ida")
    assert refused.code != 0
    assert "needs the role approver" in refused.err
    assert ask(house, "pia", "request", "approve", request["id"], "--reason", "ok")["state"] == "approved"
    bought = ask(house, "ben", "request", "buy", request["id"])
    assert [one["outcome"] for one in bought["items"]] == ["ok"]
    assert bought["request"]["state"] == "done"
    again = ask(house, "ida", "request", "new", IMAGE, "--reason", "once more")
    assert ask(house, "ida", "request", "submit", again["id"])["request"]["state"] == "done"
    status = ask(house, "pia", "budget", "show", budget["id"])
    assert status["status"]["left"] == {"amount": "500.00", "currency": "USD"}
    closed = house.run("budget", "close", budget["id"], CLEARANCE_USER="fin")
    assert closed.code == 0
    assert ask(house, "fin", "budget", "list") == []


def test_a_checkout_waits_for_its_payment(house: Shell) -> None:
    request = ask(house, "ida", "request", "new", "--reason", "a chair")
    ask(house, "ida", "request", "add", request["id"], MODEL)
    ask(house, "ida", "request", "submit", request["id"])
    approved = ask(house, "pia", "request", "approve", request["id"], "--reason", "ok", "--valid-days", "2")
    assert approved["total"] is not None
    bought = house.run("request", "buy", request["id"], CLEARANCE_USER="ben")
    assert bought.code == 2
    assert "checkout: Pay on the marketplace's page" in bought.err
    assert "The request is buying." in bought.out


def test_a_list_from_a_table(house: Shell, tmp_path: Path) -> None:
    table = tmp_path / "wanted.csv"
    table.write_text("listing;kind\nshutterstock:1;painting\nnowhere:2;\n", encoding="utf-8")
    request = ask(house, "ida", "request", "new")
    refused = house.run("request", "import-csv", request["id"], str(table), CLEARANCE_USER="ida")
    assert refused.code != 0
    assert "line 2: Shutterstock sells no 'painting'" in refused.err
    assert "line 3: there is no marketplace 'nowhere'" in refused.err
    table.write_text(f"listing,kind\n{IMAGE},image\n{MODEL},model\n", encoding="utf-8")
    assert len(ask(house, "ida", "request", "import-csv", request["id"], str(table))) == 2
    left = house.run("request", "leave-out", request["id"], "2", CLEARANCE_USER="ida")
    assert left.out.startswith("Left out.")
    unreasoned = house.run("request", "submit", request["id"], CLEARANCE_USER="ida")
    assert "Say in a few words" in unreasoned.err
    done = house.run("request", "submit", request["id"], "--reason", "set", CLEARANCE_USER="ida")
    assert done.out.endswith("\n")
    assert "Asked for: no money." in done.out
    assert house.run("request", "withdraw", request["id"], CLEARANCE_USER="ida").code == 0
    made = ask(house, "ida", "request", "again", request["id"])
    assert made["state"] == "draft"


def test_limits(house: Shell) -> None:
    made = ask(house, "ada", "limit", "set", "auto", "50 USD", "--role", "artist")
    ask(house, "ada", "limit", "set", "spend", "1000 USD", "--month", "-m", "cgtrader")
    assert len(ask(house, "ida", "limit", "list")) == 2
    listed = house.run("limit", "list", CLEARANCE_USER="ida").out
    assert "50.00 USD a request" in listed
    assert ask(house, "ada", "limit", "end", made["id"])["ended_at"] is not None
    assert len(ask(house, "ada", "limit", "list", "--all")) == 2
    for argv, said in (
        (("limit", "set", "auto", "much"), "much"),
        (("limit", "end", "limit_x"), "no limit"),
        (("budget", "show", "budget_x"), "no budget"),
        (("request", "show", "request_x"), "no request"),
        (("request", "new", "nonsense"), "marketplace:id"),
    ):
        refused = house.run(*argv, CLEARANCE_USER="ada" if argv[0] == "limit" else "ida")
        assert refused.code != 0
        assert said in refused.err
    assert "needs the role admin" in house.run("limit", "set", "auto", "1 USD", CLEARANCE_USER="ida").err


def test_members_of_a_ledger_in_a_file(shell: Shell) -> None:
    first = shell.run("ledger", "member", "ida", "--role", "artist")
    assert "Somebody has to be an admin" in first.err
    assert shell.run("ledger", "member", "ann", "--role", "admin").code == 0
    assert shell.run("ledger", "member", "ida", "--role", "artist").code == 0
    assert "needs the role admin" in shell.run("ledger", "member", "x", CLEARANCE_USER="ida").err
    assert "Somebody has to be an admin" in shell.run("ledger", "member", "ann").err
    assert "no project" in shell.run("ledger", "member", "ida", "--project", "film").err
    listed = shell.run("ledger", "people", "--json").json
    assert [(one["id"], one["roles"]) for one in listed["members"]] == [
        ("ann", ["admin"]),
        ("ida", ["artist"]),
    ]
    assert shell.run("ledger", "member", "a", "b", "c").code != 0


def test_single_purchases_are_held_to_roles_and_limits(house: Shell) -> None:
    for user, said in (("ida", "needs the role approver"), ("pia", "Nobody approves their own purchase")):
        refused = house.run("buy", IMAGE, "--yes", CLEARANCE_USER=user)
        assert refused.code != 0
        assert said in refused.err
    both = ("ledger", "member", "pia", "--role", "approver", "--role", "buyer", "--project", "spot")
    assert house.run(*both).code == 0
    ask(house, "ada", "limit", "set", "own", "0 USD")
    still = house.run("buy", IMAGE, "--yes", CLEARANCE_USER="pia")
    assert "Nobody approves their own purchase" in still.err
