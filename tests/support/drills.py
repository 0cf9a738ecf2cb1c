"""Drills of purchase safety: kill a buyer, let it recover, compare the ledger with the marketplace's books.

Used by ``python3 build.py drill`` (long) and by the suite (every boundary, and a short form of the rest).
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BUYER = ROOT / "tests" / "support" / "buyer.py"
LISTINGS = ("shutterstock:1120280100", "cgtrader:4400123")
"""What the sandbox sells and the drills buy: an image on a subscription, a model through a checkout page."""
MORE_LISTINGS = ("adobe_stock:77438420", "getty_images:95744259", "pond5:12345678")
"""On credits by a GET that buys, on a product by the download, and on a contract without any records."""
LINK_ONCE = frozenset({"getty_images", "pond5"})
"""Where another link would be another purchase."""
LOST_ANSWERS: dict[str, tuple[dict[str, Any], ...]] = {
    "shutterstock": (
        {"fault": "lost_answer", "match": {"method": "POST", "path_regex": "^/v2/images/licenses$"}},
        {"fault": "502", "process": True, "match": {"method": "POST", "path_regex": "^/v2/images/licenses$"}},
        {
            "fault": "html",
            "process": True,
            "match": {"method": "POST", "path_regex": "^/v2/images/licenses$"},
        },
    ),
    "cgtrader": (
        {"fault": "lost_answer", "match": {"method": "POST", "path_regex": "^/v1/orders/?$"}},
        {
            "fault": "garbage_json",
            "process": True,
            "match": {"method": "POST", "path_regex": "^/v1/orders/?$"},
        },
    ),
    "adobe_stock": (
        {"fault": "lost_answer", "match": {"path_regex": "/Content/License$"}},
        {"fault": "html", "process": True, "match": {"path_regex": "/Content/License$"}},
    ),
    "getty_images": (
        {"fault": "lost_answer", "match": {"method": "POST", "path_regex": "^/v3/downloads/"}},
        {"fault": "502", "process": True, "match": {"method": "POST", "path_regex": "^/v3/downloads/"}},
    ),
    "pond5": (
        {"fault": "lost_answer", "match": {"path_regex": "^/api/v3/items/download/"}},
        {"fault": "garbage_json", "process": True, "match": {"path_regex": "^/api/v3/items/download/"}},
    ),
}
"""Faults in which a purchase takes effect and its answer is lost."""
CHILD_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """Where a drill runs. ``sandbox`` is a running sandbox process (``sandbox_process``)."""

    sandbox: Any
    folder: Path
    listing: str

    def start(self, role: str, *extra: str) -> subprocess.Popen[str]:
        """Start a buyer process on this drill's data folder."""
        credentials = self.folder.parent / f"{self.folder.name}.credentials.json"
        credentials.write_text(json.dumps(self.sandbox.credentials), encoding="utf-8")
        return subprocess.Popen(
            [
                sys.executable, str(BUYER), role, "--data", str(self.folder), "--sandbox", self.sandbox.url,
                "--listing", self.listing, "--credentials", str(credentials), *extra,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )  # fmt: skip

    def finish(self, role: str, *extra: str) -> dict[str, Any]:
        """Run a buyer to its end and return what it printed; fail when it did not end well."""
        process = self.start(role, *extra)
        out, err = process.communicate(timeout=CHILD_TIMEOUT_S)
        assert process.returncode == 0, f"{role} ended with {process.returncode}\n{out}\n{err}"
        result: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
        return result

    def kill_at(self, boundary: int) -> bool:
        """Run a buyer that kills itself at a boundary; True when it got that far."""
        process = self.start("buy", "--kill-at", str(boundary))
        out, err = process.communicate(timeout=CHILD_TIMEOUT_S)
        if process.returncode == -signal.SIGKILL:
            return True
        assert process.returncode == 0, f"the buyer ended with {process.returncode}\n{out}\n{err}"
        return False

    def kill_after(self, seconds: float) -> bool:
        """Run a buyer and kill it after some time; True when it was still running."""
        process = self.start("buy")
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return True
        return False

    def check(self) -> None:
        """Compare the books: bought exactly once, granted exactly once, the file here, the audit whole.

        Some links come once, with the purchase: a file whose link died with the process is not here, and
        buying it again to get it would be the one thing that must not happen.
        """
        from core.ledger.engine import open_ledger

        with closing(open_ledger(self.folder / "ledger.sqlite")) as ledger:
            check_purchase(ledger, self.folder, self.listing, self.sandbox.books()["charges"])

    def again(self) -> None:
        """Start from nothing: empty books, empty ledger."""
        self.sandbox.reset()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)


def check_purchase(ledger: Any, folder: Path, listing: str, charges: list[dict[str, Any]]) -> None:
    """Hold a ledger against what the marketplace charged; ``folder`` has the store."""
    from core.files.store import Store
    from core.model.listing import ListingRef
    from core.model.order import OPEN_STATES, OrderState
    from core.model.payment import Payment
    from core.services.buying.owned import active

    ref = ListingRef.parse(listing)
    charged = [
        entry
        for entry in charges
        if entry["marketplace"] == ref.marketplace and str(entry["item_id"]) == ref.id
    ]
    assert len(charged) == 1, f"the marketplace charged {len(charged)} times: {charged}"
    grants = active(ledger.grants_for(ref))
    assert len(grants) == 1, f"{len(grants)} grants for one purchase"
    order = ledger.order(grants[0].order_id)
    assert order is not None, grants
    once_only = ref.marketplace in LINK_ONCE and order.state is OrderState.PAID
    assert order.state is OrderState.FULFILLED or once_only, order
    assert not ledger.orders(states=OPEN_STATES), "an order is still open"
    assert order.marketplace_order_id or grants[0].marketplace_license_id
    identifiers = {order.key, order.marketplace_order_id, grants[0].marketplace_license_id}
    names = {str(charged[0]["uuid"]), str(charged[0]["reference"])}
    names |= {str(value) for value in charged[0]["metadata"].values()}
    told = " ".join(names | {str(charged[0]["item_id"])})
    assert any(part and part in told for one in identifiers for part in one.split(":")), charged
    store = Store(folder / "store")
    files = ledger.files(grants[0].id)
    assert (files or once_only) and all(store.check(file.sha256) for file in files)
    outcome = ledger.verify_audit()
    assert outcome.ok, outcome.problems
    assert len(ledger.receipts(order.id)) == 1
    assert [one.order_id for one in ledger.values(Payment)] == [order.id]
    acts = Counter(entry.event.action for entry in ledger.audit())
    assert (acts["order.paid"], acts["grant.created"], acts["payment.noted"]) == (1, 1, 1), acts


def drill_boundaries(drill: Drill, *, every: int = 1, report: Any = print) -> int:
    """Kill at every boundary (or every n-th), recover, compare; return how many kills there were."""
    drill.again()
    names = drill.finish("buy")["boundaries"]
    drill.check()
    kills = 0
    for number in range(1, len(names) + 1, every):
        drill.again()
        if drill.kill_at(number):
            kills += 1
        drill.finish("recover")
        drill.check()
        report(f"{drill.listing}: boundary {number}/{len(names)} ({names[number - 1]}): bought once")
    return kills


def drill_moments(drill: Drill, *, moments: int, seed: int, report: Any = print) -> int:
    """Kill at random moments, recover, compare; return how many buyers were really killed."""
    drill.again()
    started = time.monotonic()
    drill.finish("buy")
    whole = time.monotonic() - started
    chance = random.Random(seed)
    kills = 0
    for number in range(1, moments + 1):
        drill.again()
        moment = chance.uniform(0.0, whole)
        kills += drill.kill_after(moment)
        drill.finish("recover")
        drill.check()
        report(f"{drill.listing}: moment {number}/{moments} ({moment:.3f} s): bought once")
    return kills


def drill_lost_answer(drill: Drill, fault: dict[str, Any]) -> None:
    """Let the purchase take effect and lose its answer; the buyer must not buy again."""
    drill.again()
    drill.sandbox.fault(**fault)
    ended = drill.finish("buy")["ended"]
    assert ended == "in doubt", ended
    drill.finish("recover")
    drill.check()
