"""Killed anywhere while a website purchase or a refund is booked: wholly there or not at all, and once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.files.store import Store
from core.ledger.engine import open_ledger
from core.model.evidence import RefundState
from core.model.grant import GrantState
from core.model.listing import ListingRef
from core.model.order import OrderState

ROOT = Path(__file__).resolve().parents[2]
KEEPER = ROOT / "tests" / "support" / "keeper.py"
REF = ListingRef(marketplace="turbosquid", id="1234567")
INVOICE = b"%PDF-1.7 an invoice"


@dataclass(frozen=True)
class Drill:
    """One role on one data folder."""

    role: str
    folder: Path
    invoice: Path

    def run(self, *, kill_at: int = 0) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                sys.executable, str(KEEPER), self.role, "--data", str(self.folder), "--invoice",
                str(self.invoice), "--kill-at", str(kill_at),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def finish(self) -> list[str]:
        ended = self.run()
        assert ended.returncode == 0, ended.stderr
        names: list[str] = json.loads(ended.stdout.strip().splitlines()[-1])["boundaries"]
        return names

    def check_consistent(self) -> None:
        """Whatever is there is whole: nothing half booked, whenever the process died."""
        with closing(open_ledger(self.folder / "ledger.sqlite")) as ledger:
            orders, grants = ledger.orders(), ledger.grants()
            paid = [order for order in orders if order.state in (OrderState.PAID, OrderState.REFUNDED)]
            assert len(orders) <= 1
            assert len(grants) == len(paid)
            for order in paid:
                assert len(ledger.receipts(order.id)) == 1
                assert ledger.documents(order.id)
                self.check_documents(order.id)
                refunded = order.state is OrderState.REFUNDED
                assert (grants[0].state is GrantState.REFUNDED) == refunded
                assert any(one.state is RefundState.REFUNDED for one in ledger.refunds(order.id)) == refunded
            report = ledger.verify_audit()
            assert report.ok, report.problems
            assert ledger.check_integrity() == ()

    def check_documents(self, order_id: str) -> None:
        store = Store(self.folder / "store")
        with closing(open_ledger(self.folder / "ledger.sqlite")) as ledger:
            for document in ledger.documents(order_id):
                assert document.sha256 == hashlib.sha256(INVOICE).hexdigest()
                assert store.check(document.sha256)

    def check_done(self) -> None:
        self.check_consistent()
        with closing(open_ledger(self.folder / "ledger.sqlite")) as ledger:
            (order,) = ledger.orders(ref=REF)
            wanted = OrderState.PAID if self.role == "confirm" else OrderState.REFUNDED
            assert order.state is wanted
            assert len(ledger.refunds()) == (0 if self.role == "confirm" else 1)
            actions = [entry.event.action for entry in ledger.audit()]
            for action in (
                "order.paid",
                "grant.created",
                *(["grant.refunded"] if wanted is not OrderState.PAID else []),
            ):
                assert actions.count(action) == 1

    def again(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)


@pytest.mark.parametrize(("role", "least"), [("confirm", 8), ("refund", 12)])
def test_killed_at_every_boundary(tmp_path: Path, role: str, least: int) -> None:
    invoice = tmp_path / "invoice.pdf"
    invoice.write_bytes(INVOICE)
    drill = Drill(role, tmp_path / "data", invoice)
    drill.again()
    boundaries = drill.finish()
    drill.check_done()
    assert len(boundaries) >= least
    for number in range(1, len(boundaries) + 1):
        drill.again()
        ended = drill.run(kill_at=number)
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        drill.check_consistent()
        drill.finish()
        drill.check_done()


def test_done_again_changes_nothing(tmp_path: Path) -> None:
    invoice = tmp_path / "invoice.pdf"
    invoice.write_bytes(INVOICE)
    drill = Drill("refund", tmp_path / "data", invoice)
    drill.again()
    drill.finish()
    assert drill.finish() == []
    drill.check_done()
