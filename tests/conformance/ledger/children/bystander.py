"""Have a ledger file open as a Blender has, and say how each step on it goes: ``read``, ``write``, ``open``.

bystander.py PLACE FILE [network]
"""

from __future__ import annotations

import sys
from pathlib import Path

from ledger_values import make_event

from core.errors import LedgerError
from core.ledger.engine import SqlLedger, open_ledger

path, network = Path(sys.argv[2]), "network" in sys.argv[3:]


def open_it() -> SqlLedger:
    """Open the file; on what is taken for a network share, where asked for."""
    return open_ledger(path, on_network=lambda _folder: network)


ledger = open_it()
print("ready", flush=True)
for line in sys.stdin:
    try:
        match line.strip():
            case "read":
                ledger.orders()
            case "write":
                with ledger.transaction() as work:
                    work.record(make_event(9000))
            case "open":
                open_it().close()
    except LedgerError as error:
        print(error.code, error.message, flush=True)
    else:
        print("ok", flush=True)
ledger.close()
