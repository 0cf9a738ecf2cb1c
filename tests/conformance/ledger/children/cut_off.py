"""Lose the connection to a studio's ledger on the way, and go on; in a process of its own.

What the driver could not send any more is complained of when Python clears it away, whenever that is.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import pg8000.dbapi
from cutting import CuttingProxy
from ledger_values import open_place
from postgres_server import SOCKET_NAME
from seat_drill import act, check, prepare, prepare_request
from seat_studio import NOW

from core.errors import LedgerError
from core.model.grant import GrantState

place, folder, database, what = sys.argv[1:]


def cut_on_the_way() -> int:
    """Cut an act at some of its messages, and at each of the last, the commit's; return how often."""
    cuts, make = 0, prepare_request if what == "approve" else prepare
    with closing(CuttingProxy(Path(folder))) as proxy, closing(open_place(place)) as ledger:
        cut = f"{place.partition('|')[0]}|postgresql://postgres@/{database}?host={proxy.folder}"
        with closing(open_place(cut)) as far:
            make(ledger, 1)
            proxy.arm(0, answered=False)
            act(far, what, 1)
            messages, number = proxy.messages, 1
            for message in {*range(1, messages, messages // 4), *range(messages - 5, messages + 1)}:
                for answered in (False, True):
                    number += 1
                    make(ledger, number)
                    proxy.arm(message, answered=answered)
                    failed = False
                    try:
                        act(far, what, number)
                    except LedgerError:
                        failed = True
                    lost = proxy.disarm()
                    assert lost or not failed
                    cuts += lost
                    check(ledger, what, number, done=None if failed else True)
                    act(far, what, number)
                    check(ledger, what, number, done=True)
    return cuts


def end_the_backend() -> int:
    """Let the server end the connection within a unit of work; return how often."""
    with closing(open_place(place)) as ledger:
        prepare(ledger, 1)
        try:
            with ledger.transaction() as work:
                work.change_grant_state("grant_1", GrantState.REFUNDED, at=NOW)
                by_hand = pg8000.dbapi.connect(
                    "postgres", database="postgres", unix_sock=f"{folder}/{SOCKET_NAME}"
                )
                by_hand.cursor().execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    f"WHERE datname = '{database}' AND application_name = 'clearance'"
                )
                by_hand.close()
                work.grants()
        except LedgerError as error:
            if not error.retryable:
                raise
            check(ledger, "refund", 1, done=False)
            act(ledger, "refund", 1)
            check(ledger, "refund", 1, done=True)
            return 1
    return 0


print(end_the_backend() if what == "backend" else cut_on_the_way(), flush=True)
