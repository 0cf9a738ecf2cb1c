"""Write to the ledger, say so, and wait to be killed: within a unit of work, or after it."""

from __future__ import annotations

import sys
import time

from ledger_values import make_event, make_grant, make_order, make_usage, open_place

place, when = sys.argv[1:]
ledger = open_place(place)


def wait_for_death() -> None:
    print("ready", flush=True)
    time.sleep(600)


with ledger.transaction() as work:
    known = work.orders()
    number = len(known) + 1
    work.add_order(make_order(number))
    work.add_grant(make_grant(number, order_id=f"order_{number}"))
    work.replace_usages("a", [make_usage(number, scene="a")])
    work.record(make_event(number))
    if when == "inside":
        wait_for_death()
wait_for_death()
