"""``clearance audit``: checkpoints that are signed, proofs that are checked without a ledger, exports."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from ledger_values import fill_everything, make_event

from core.cli import run as run_cli
from core.ledger.engine import open_ledger

Run = Callable[..., int]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder whose ledger has thirty audit entries, three of them about order_1."""
    path = tmp_path / "data" / "ledger.sqlite"
    with closing(open_ledger(path)) as ledger, ledger.transaction() as work:
        fill_everything(work)
        for number in range(2, 30):
            work.record(make_event(number, subject="order_1" if number in {7, 20} else f"order_{number}"))
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    environ = {
        "CLEARANCE_DATA_DIR": str(folder / "data"),
        "CLEARANCE_PASSPHRASE": "correct horse battery staple",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    return lambda *arguments: run_cli(["audit", *arguments], environ=environ)


def test_a_purchase_is_proven_to_somebody_without_the_ledger(
    run: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint, proofs = folder / "checkpoint.json", folder / "proof.json"
    assert run("checkpoint", "-o", str(checkpoint)) == 0
    key = json.loads(checkpoint.read_text(encoding="utf-8"))["public_key"]
    assert key in capsys.readouterr().err
    assert run("prove", "order_1", "-o", str(proofs)) == 0
    written = sorted(folder.glob("proof-*.json"))
    assert [path.name for path in written] == ["proof-1.json", "proof-20.json", "proof-7.json"]
    for path in written:
        assert run("check", str(path), "--checkpoint", str(checkpoint), "--key", key) == 0
        assert "Proven: order" in capsys.readouterr().out
    # The next checkpoint is of the same key; another audit's is not.
    assert run("checkpoint", "-o", str(folder / "again.json")) == 0
    assert json.loads((folder / "again.json").read_text(encoding="utf-8"))["public_key"] == key


def test_what_was_changed_is_not_proven(run: Run, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint, proof = folder / "checkpoint.json", folder / "proof.json"
    assert run("checkpoint", "-o", str(checkpoint)) == 0
    assert run("prove", "order_9", "-o", str(proof)) == 0
    good, signed = proof.read_text(encoding="utf-8"), checkpoint.read_text(encoding="utf-8")
    proof.write_text(good.replace('"mia"', '"mallory"'), encoding="utf-8")
    assert run("check", str(proof)) == 4
    assert "was changed" in capsys.readouterr().err
    proof.write_text(good, encoding="utf-8")
    checkpoint.write_text(signed.replace('"size": 29', '"size": 28'), encoding="utf-8")
    assert run("check", str(proof), "--checkpoint", str(checkpoint)) == 4
    assert "another root" in capsys.readouterr().err
    checkpoint.write_text(signed.replace("ledger.sqlite", "other.sqlite"), encoding="utf-8")
    assert run("check", str(proof), "--checkpoint", str(checkpoint)) == 4
    assert "not signed" in capsys.readouterr().err
    assert run("check", str(folder / "nowhere.json")) == 2
    assert run("prove", "order_999") == 2
    assert "nothing about" in capsys.readouterr().err


def test_a_broken_audit_is_not_signed(run: Run, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(folder / "data" / "ledger.sqlite")) as connection, connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("UPDATE audit SET actor = 'mallory' WHERE sequence = 9")
    assert run("verify") == 1
    assert run("checkpoint") == 1
    assert "nothing was signed" in capsys.readouterr().err


def test_an_export_holds_every_entry_with_its_hash(run: Run, folder: Path) -> None:
    path = folder / "audit.jsonl"
    assert run("export", "-o", str(path)) == 0
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["sequence"] for line in lines] == list(range(1, 30))
    assert [line["prev_sha256"] for line in lines[1:]] == [line["entry_sha256"] for line in lines[:-1]]
    assert run("export", "-o", str(folder / "no" / "where.jsonl")) == 2


def test_a_cut_at_the_end_is_told_by_a_checkpoint_kept_elsewhere(
    run: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the ledger and in an auditor's copy; without it, nothing tells."""
    kept, copy, path = folder / "kept.json", folder / "audit.jsonl", folder / "data" / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        end = connection.execute("SELECT size, entry_sha256, frontier FROM audit_tail").fetchone()
    with closing(open_ledger(path)) as ledger, ledger.transaction() as work:
        for number in range(40, 43):
            work.record(make_event(number, details=(("title", "one\u2028line"),)))
    assert run("checkpoint", "-o", str(kept)) == 0
    key = json.loads(kept.read_text(encoding="utf-8"))["public_key"]
    assert run("export", "-o", str(copy)) == 0
    proof = ("--checkpoint", str(kept), "--key", key)
    assert run("verify", *proof) == 0
    assert run("verify", "--copy", str(copy), *proof) == 0
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER audit_no_delete")
        connection.execute("DELETE FROM audit WHERE sequence > 29")
        connection.execute("UPDATE audit_tail SET size = ?, entry_sha256 = ?, frontier = ?", end)
    (folder / "data" / "audit.checkpoints.jsonl").unlink()
    whole = copy.read_text(encoding="utf-8")
    copy.write_text("".join(line + "\n" for line in whole.split("\n")[:29]), encoding="utf-8")
    capsys.readouterr()
    for of in ((), ("--copy", str(copy))):
        assert run("verify", *of) == 0
        assert run("verify", *of, *proof) == 1
        assert "ends before entry 30, but it once had 32" in capsys.readouterr().err
    copy.write_text(whole[:-100], encoding="utf-8")
    assert run("verify", "--copy", str(copy), *proof) == 1
    assert "Line 32" in capsys.readouterr().err
    copy.write_text(whole.replace('"actor":"mia"', '"actor":"eve"', 1), encoding="utf-8")
    assert run("verify", "--copy", str(copy), *proof) == 1
    assert "Entry 1 is not what was written" in capsys.readouterr().err
    kept.write_text(kept.read_text(encoding="utf-8").replace('"size": 32', '"size": 31'), encoding="utf-8")
    assert run("verify", *proof) == 1
    assert "not signed" in capsys.readouterr().err
