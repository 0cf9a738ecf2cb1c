"""Try to open an order for the same listing as everybody else, in several threads; note what came of it."""

from __future__ import annotations

import sys
import threading

from ledger_values import REF, make_event, make_order, open_place

from core.errors import LedgerConflict

place, process, threads = sys.argv[1:]
ledger = open_place(place)
print("ready", flush=True)
sys.stdin.readline()
outcomes: list[str] = []


def race(thread: int) -> None:
    number = 1000 * (int(process) + 1) + thread
    try:
        with ledger.transaction() as work:
            work.add_order(make_order(number, ref=REF))
        outcome = "won"
    except LedgerConflict:
        outcome = "lost"
    with ledger.transaction() as work:
        work.record(make_event(number, details=(("outcome", outcome),)))
    outcomes.append(outcome)


runners = [threading.Thread(target=race, args=(thread,)) for thread in range(int(threads))]
for runner in runners:
    runner.start()
for runner in runners:
    runner.join()
ledger.close()
print(*outcomes, flush=True)
