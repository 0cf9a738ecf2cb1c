"""Seats, agreements and renewals from the command line: tables for people, JSON for programs, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from seat_studio import make_terms, own

from core.cli import run
from core.ledger.engine import open_ledger
from core.model.grant import Usage
from core.model.license import Cap
from core.policy.ending import end_of_day

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Commands on a ledger with a license for two that ends in ten days, and the scene that uses it."""
    now = datetime.now(UTC)
    with closing(open_ledger(tmp_path / "ledger.sqlite")) as ledger:
        until = end_of_day((now + timedelta(days=10)).date())
        own(ledger, make_terms(seats=Cap(limit=2)), valid_until=until)
        own(ledger, make_terms(perpetual=False), number=2)
        with ledger.transaction() as work:
            used = Usage(grant_id="grant_1", scene="a.blend", data_blocks=1, seen_at=now)
            work.replace_usages("a.blend", [used])

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["--data-dir", str(tmp_path), *argv], environ={"CLEARANCE_USER": "ida"})
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def read(said: tuple[int, str, str]) -> Any:
    code, out, err = said
    assert code == 0, err
    return json.loads(out)


def test_seats_are_assigned_listed_and_released(shell: Run) -> None:
    assert read(shell("seat", "list", "--json")) == []
    assert shell("seat", "assign", "grant_1", "mia")[1] == "mia has a seat.\n"
    assert read(shell("seat", "assign", "grant_1", "otto", "--json"))["member_id"] == "otto"
    code, _, err = shell("seat", "assign", "grant_1", "eve")
    assert code == 2
    assert "All 2 seats of “Oak table” are taken: mia, otto." in err
    refused = shell("seat", "assign", "grant_1", "eve", "--json")
    assert json.loads(refused[1])["error"]["code"] == "seat.full"
    (seats,) = read(shell("seat", "list", "--json"))
    assert (seats["left"], seats["level"], seats["source"]) == (0, "full", "license")
    assert "2 of 2\tfull\tOak table\tmia, otto\tgrant_1" in shell("seat", "list")[1]
    assert shell("seat", "release", "grant_1", "mia")[1] == "Released 1 seat of mia.\n"
    assert read(shell("seat", "release", "grant_1", "otto", "--json"))[0]["released_at"]
    assert shell("seat", "release", "grant_1", "otto")[0] == 2
    assert shell("seat", "set", "grant_1", "--seats", "9")[1] == "Noted: 9 seats.\n"
    assert read(shell("seat", "set", "grant_1", "--seats", "unlimited", "--json"))["seats_max"] is None
    for number in ("0", "-1", "many", "²", "1" * 40):
        assert shell("seat", "set", "grant_1", f"--seats={number}")[0] == 2


def test_agreements_are_noted_and_ended(shell: Run, tmp_path: Path) -> None:
    terms, paper = tmp_path / "terms.toml", tmp_path / "contract.pdf"
    terms.write_text("seats = 5\n", encoding="utf-8")
    paper.write_bytes(b"%PDF")
    add = ("agreement", "add", str(terms), "--marketplace", "cgtrader", "--from", "2026-01-01")
    first = read(shell(*add, "--name", "One", "--document", str(paper), "--json"))["agreement"]
    assert len(first["document_sha256"]) == 64
    code, out, err = shell(*add, "--name", "Two", "--to", "2099-12-31")
    assert code == 0
    assert "stands beside “One”" in out
    assert "nothing proves it" in err
    assert [one["name"] for one in read(shell("agreement", "list", "--json"))] == ["One", "Two"]
    assert "cgtrader\tall\tOne\t" in shell("agreement", "list")[1]
    assert "One" in shell("agreement", "end", first["id"], "--reason", "over")[1]
    assert len(read(shell("agreement", "list", "--all", "--json"))) == 2
    terms.write_text("seats = 5\nchairs = 6\n", encoding="utf-8")
    code, _, err = shell(*add, "--name", "Three")
    assert (code, "terms.toml, line 2, chairs" in err) == (2, True)
    assert shell(*add[:-1], "2026-13-01", "--name", "Four")[0] == 2
    terms.write_bytes(b"\xff\xfe")
    assert shell(*add, "--name", "Five")[0] == 2
    terms.unlink()
    assert shell(*add, "--name", "Six")[0] == 2


def test_what_ends_is_told_and_decided(shell: Run, tmp_path: Path) -> None:
    code, out, err = shell("renewals")
    assert code == 0
    assert "\t10\tends\tOak table\ta.blend\tgrant_1" in out
    assert "1 license ends with a subscription" in err
    assert read(shell("renewals", "--json"))["subscription_end_not_noted"] == ["grant_2"]
    told = shell("renewals", "--remind")[1]
    assert "(in 10 days). Used in a.blend. Then: clearance renew grant_1" in told
    assert shell("renewals", "--remind")[1] == ""
    assert read(shell("renewals", "--remind", "--json")) == []
    assert shell("renew", "grant_1")[0] == 2
    assert shell("renew", "grant_1", "--until", "2099-01-01")[0] == 2
    assert shell("renew", "--let-go")[0] == 2
    assert shell("renew", "grant_1", "--until", "2099-01-01", "--let-go")[0] == 2
    gone = shell("renew", "grant_1", "--let-go", "--reason", "old")[1]
    assert "Replace it in a.blend" in gone
    assert "ends, let go" in shell("renewals")[1]
    made = read(shell("renew", "grant_1", "--until", "2099-01-01", "--order", "order_1", "--json"))
    assert made["state"] == "renewed"
    assert shell("renew", "--subscription", "cgtrader", "--ends", "2099-01-01")[1] == "Noted for 1 license.\n"
    assert read(shell("renewals", "--json")) == {"ends": [], "subscription_end_not_noted": []}
    assert shell("audit", "verify")[0] == 0
