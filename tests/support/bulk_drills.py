"""Drills of bulk: kill a studio's buyer, let it go on, compare the ledger with the marketplaces' books."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drills import CHILD_TIMEOUT_S, ROOT

BUYER = ROOT / "tests" / "support" / "bulk_buyer.py"
LISTINGS = (
    "shutterstock:1120280100",
    "shutterstock:1120280137",
    "shutterstock:1120280174",
    "cgtrader:4400123",
)
"""Three images that go out in one call, and a model through a checkout page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkDrill:
    """Where a drill runs. ``sandbox`` is a running sandbox process (``sandbox_process``)."""

    sandbox: Any
    folder: Path

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def run(self, role: str, *extra: str) -> subprocess.CompletedProcess[str]:
        """Run a buyer process on this drill's data folder to its end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        credentials = self.folder / "credentials.json"
        credentials.write_text(json.dumps(self.sandbox.credentials), encoding="utf-8")
        return subprocess.run(
            [
                sys.executable, str(BUYER), role, "--data", str(self._data), "--sandbox", self.sandbox.url,
                "--credentials", str(credentials), *extra,
            ],
            capture_output=True, text=True, cwd=ROOT, timeout=CHILD_TIMEOUT_S, check=False,
        )  # fmt: skip

    def finish(self, role: str, *extra: str) -> dict[str, Any]:
        """Run one that has to end well, and return what it printed."""
        done = self.run(role, *extra)
        assert done.returncode == 0, f"{role} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return result

    def prepare(self) -> None:
        """Make a ledger with an approved request, to begin from each time."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.sandbox.reset()
        assert self.finish("prepare", *(f"--listing={one}" for one in LISTINGS))["ended"] == "approved"
        shutil.copytree(self._data, self.folder / "approved")

    def again(self) -> None:
        """Go back to the approved request, with empty books."""
        self.sandbox.reset()
        shutil.rmtree(self._data)
        shutil.copytree(self.folder / "approved", self._data)

    def kill_at(self, boundary: int) -> bool:
        """Buy with a process that kills itself at a boundary; True when it got that far."""
        done = self.run("buy", "--kill-at", str(boundary))
        if done.returncode == -signal.SIGKILL:
            return True
        assert done.returncode == 0, f"the buyer ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return False

    def check(self) -> None:
        """Compare the books: each bought once, each item ended well, the budget as it has to be."""
        from core.ledger.engine import open_ledger

        with closing(open_ledger(self._data / "ledger.sqlite")) as ledger:
            check_bulk(ledger, self.sandbox.books()["charges"], LISTINGS)


def check_bulk(ledger: Any, charges: list[dict[str, Any]], listings: tuple[str, ...]) -> None:
    """Hold a ledger against what the marketplaces charged: all of it once, and nothing else."""
    from core.model.budget import BudgetEntry, EntryKind
    from core.model.buy_request import BuyRequest, ItemState, RequestItem, RequestState
    from core.model.order import OPEN_STATES
    from core.model.payment import Payment

    charged = Counter(f"{one['marketplace']}:{one['item_id']}" for one in charges)
    assert charged == Counter(listings), charged
    assert [one.state for one in ledger.values(BuyRequest)] == [RequestState.DONE]
    items = ledger.values(RequestItem)
    assert [item.state for item in items] == [ItemState.BOUGHT] * len(listings)
    grants = [ledger.grant(item.grant_id) for item in items]
    assert [str(grant.ref) for grant in grants if grant] == list(listings)
    assert len(ledger.grants()) == len(listings)
    assert all(ledger.files(item.grant_id) for item in items)
    assert not ledger.orders(states=OPEN_STATES)
    assert all(len(ledger.receipts(item.order_id)) == 1 for item in items)
    assert sorted(one.order_id for one in ledger.values(Payment)) == sorted(item.order_id for item in items)
    sums = Counter[EntryKind]()
    for entry in ledger.values(BudgetEntry):
        sums[entry.kind] += entry.amount.minor
    assert sums[EntryKind.COMMIT] == sums[EntryKind.RELEASE]
    spent = sum(item.cost.minor for item in items if item.ref.marketplace == "cgtrader")
    assert sums[EntryKind.SPEND] in (0, spent)
    assert (sums[EntryKind.SPEND] == spent) is bool(sums[EntryKind.COMMIT])
    told = Counter(entry.event.action for entry in ledger.audit())
    for action in ("order.paid", "grant.created", "request.item_bought", "payment.noted"):
        assert told[action] == len(listings), (action, told)
    assert (told["request.approved"], told["request.done"]) == (1, 1)
    outcome = ledger.verify_audit()
    assert outcome.ok, outcome.problems


def drill_bulk(drill: BulkDrill, *, every: int = 1, first: int = 1, report: Any = print) -> int:
    """Kill at every boundary (or every n-th), go on, compare; return how many kills there were."""
    drill.prepare()
    names = drill.finish("buy")["boundaries"]
    drill.check()
    kills = 0
    for number in range(first, len(names) + 1, every):
        drill.again()
        kills += drill.kill_at(number)
        drill.finish("buy")
        drill.check()
        report(f"bulk: boundary {number}/{len(names)}: each bought once")
    return kills
