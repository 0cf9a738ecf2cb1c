"""Approve and buy requests with many threads at once, beside other processes that do the same.

    buy_race.py PLACE PLACE_OF_PIA PLACE_OF_BEN NUMBER THREADS REQUEST…

Prints how many purchases the marketplace of this process took.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import traceback
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fakes import paid
from ledger_values import open_place
from studio_shop import open_studio_shop

from core.errors import UserInputError
from core.ids import RandomIds

EXPECTED = {"budget.exceeded", "request.state", "request.changed"}
place, approvers_place, buyers_place, number, threads, *requests = sys.argv[1:]


def run(thread: int) -> None:
    """Try to approve one request, then to buy it."""
    request = requests[(thread * 7 + int(number)) % len(requests)]
    for step in (
        lambda: pia.requests.decide.approve(request),
        lambda: ben.requests.buying.run(request),
    ):
        try:
            step()
        except UserInputError as error:
            if error.code not in EXPECTED:
                problems.append(f"{error.code}: {error.message}")
        except Exception as error:  # noqa: BLE001 - told to the test, whatever it is
            problems.append(f"{error!r} {traceback.format_exc()}")


def sell(_call: Any) -> Any:
    """Take a purchase, under a number of its own."""
    with lock:
        sold.append(1)
        name = f"{number}-{len(sold)}"
    return paid(marketplace_order_id=name, marketplace_license_id=name, charged=None)


lock, sold, problems = threading.Lock(), list[int](), list[str]()
with (
    tempfile.TemporaryDirectory() as folder,
    open_studio_shop(Path(folder)) as shop,
    closing(open_place(approvers_place)) as approvers,
    closing(open_place(buyers_place)) as buyers,
):
    shop.ids = RandomIds()  # type: ignore[assignment]
    shop.shop.clock.moment = datetime.now(UTC)
    shop.shop.sender.answers["purchase"] = sell
    pia, ben = shop.studio("pia", ledger=approvers), shop.studio("ben", ledger=buyers)
    workers = [threading.Thread(target=run, args=(one,)) for one in range(int(threads))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
print("\n".join(problems) or len(sold), flush=True)
