"""``clearance store`` end to end: bought on one machine, used on another, sealed, rotated, repaired."""

from __future__ import annotations

import io
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.ledger.engine import open_ledger
from core.model.audit import AuditEntry

IMAGE = "shutterstock:1120280100"


@pytest.fixture
def studio(shell: Any, tmp_path: Path) -> Any:
    """A shell with a shared store that is sealed, and a place for keys."""
    (tmp_path / "share").mkdir()
    shell.environ |= {
        "CLEARANCE_STORE": str(tmp_path / "share"),
        "CLEARANCE_STORE_SEALED": "1",
        "CLEARANCE_PASSPHRASE": "correct horse battery staple",
    }
    return shell


def data(shell: Any) -> Path:
    return Path(shell.environ["CLEARANCE_DATA_DIR"])


def audit(shell: Any) -> tuple[AuditEntry, ...]:
    with closing(open_ledger(data(shell) / "ledger.sqlite")) as ledger:
        return ledger.audit()


def buy(shell: Any) -> str:
    bought = shell.run("buy", IMAGE, "--yes", "--reason", "test", "--json")
    assert bought.code == 0, bought.err
    grant: str = bought.json["grant"]["id"]
    assert shell.run("download", grant).code == 0
    return grant


def lose_local_files(shell: Any) -> None:
    """Be another machine of the studio: the same ledger, no files."""
    shutil.rmtree(data(shell) / "store")


def test_without_a_shared_store_the_way_to_one_is_said(shell: Any) -> None:
    result = shell.run("store", "status")
    assert result.code == 2
    assert "CLEARANCE_STORE" in result.err


def test_bought_once_and_brought_from_the_share_elsewhere(studio: Any, sandbox: Any, tmp_path: Path) -> None:
    assert studio.run("store", "key", "new").code == 0
    grant = buy(studio)
    assert studio.run("store", "status", "--json").json | {"place": ""} == {
        "place": "", "sealed": True, "files": 1, "here": 1, "shared": 1, "nowhere": [],
    }  # fmt: skip
    lose_local_files(studio)
    sandbox.clear_requests()
    fetched = studio.run("download", grant, "-o", str(tmp_path / "out"), "--json")
    assert fetched.code == 0, fetched.err
    (file,) = fetched.json["files"]
    assert Path(file["path"]).stat().st_size == file["file"]["size"]
    assert sandbox.requests() == []
    actions = [entry.event.action for entry in audit(studio)]
    assert actions.count("file.handed_out") == 1
    assert studio.run("audit", "verify").code == 0


def test_a_share_that_is_away_stops_no_delivery_and_is_made_up_for(studio: Any, tmp_path: Path) -> None:
    assert studio.run("store", "key", "new").code == 0
    (tmp_path / "share").rmdir()
    grant = buy(studio)
    actions = [entry.event.action for entry in audit(studio)]
    assert "file.not_shared" in actions
    assert studio.run("store", "status").code == 1
    (tmp_path / "share").mkdir()
    assert studio.run("store", "push", "--json").json == {"put": 1, "files": 1}
    assert studio.run("store", "push", "--json").json == {"put": 0, "files": 1}
    lose_local_files(studio)
    assert studio.run("download", grant).code == 0


def test_without_a_key_nothing_goes_out_unsealed(studio: Any, tmp_path: Path) -> None:
    buy(studio)
    assert [path for path in (tmp_path / "share").rglob("*") if path.is_file()] == []
    result = studio.run("store", "push")
    assert result.code == 1
    assert "clearance store key new" in result.err
    lose_local_files(studio)
    found = studio.run("store", "status", "--json")
    assert (found.code, found.json["here"], found.json["shared"]) == (3, 0, 0)
    assert len(found.json["nowhere"]) == 1


def test_what_was_refunded_is_locked(studio: Any) -> None:
    studio.run("store", "key", "new")
    grant = buy(studio)
    order = studio.run("orders", "--json").json[0]["id"]
    asked = studio.run("refund", "request", order, "--reason", "wrong", "--json")
    assert asked.code == 0, asked.err
    refund = asked.json["refund"]["id"]
    assert studio.run("refund", "settle", refund, "--refunded").code == 0
    lose_local_files(studio)
    result = studio.run("download", grant)
    assert result.code == 2
    assert "locked" in result.err


def test_keys_travel_and_rotate(studio: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    studio.run("store", "key", "new")
    grant = buy(studio)
    first = studio.run("store", "key", "show").out.strip()
    other = {"CLEARANCE_DATA_DIR": str(tmp_path / "other")}
    result = studio.run("store", "verify", **other)
    assert result.code == 3
    assert "clearance store key show" in result.out
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{first}\n"))
    added = studio.run("store", "key", "add", **other)
    assert added.code == 0, added.err
    assert first not in added.out
    assert studio.run("store", "verify", **other).code == 0
    studio.run("store", "key", "new")
    assert studio.run("store", "key", "rotate", "--json").json["rewrapped"] == 1
    rows = studio.run("store", "key", "list", "--json").json
    assert sorted((row["current"], row["in_use"]) for row in rows) == [(False, False), (True, True)]
    old = next(row["key"] for row in rows if not row["current"])
    kept = next(row["key"] for row in rows if row["current"])
    assert studio.run("store", "key", "forget", kept).code == 2
    assert studio.run("store", "key", "forget", old).code == 0
    assert studio.run("store", "key", "forget", old).code == 1
    assert studio.run("store", "verify", **other).code == 3
    lose_local_files(studio)
    assert studio.run("download", grant).code == 0
    for secret in (first, studio.run("store", "key", "show").out.strip()):
        assert secret not in repr(audit(studio))


def test_damage_is_found_and_repaired(studio: Any, tmp_path: Path) -> None:
    studio.run("store", "key", "new")
    buy(studio)
    (body,) = (tmp_path / "share").rglob("*.sealed")
    sealed = body.read_bytes()
    body.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    found = studio.run("store", "verify")
    assert (found.code, "1 damaged" in found.out) == (3, True)
    found = studio.run("store", "verify", "--repair", "--json")
    assert (found.code, len(found.json["repaired"]), found.json["damaged"]) == (0, 1, [])
    assert studio.run("store", "verify").code == 0


@pytest.mark.parametrize("place", ["relative/folder", "s3://", "s3://user:secret@bucket/x", "nothing://x/y"])
def test_a_place_that_cannot_be_is_refused_without_its_secrets(shell: Any, place: str) -> None:
    result = shell.run("store", "status", CLEARANCE_STORE=place)
    assert result.code in (1, 2)
    assert result.err.startswith("Clearance: ")
    assert "secret" not in result.err
