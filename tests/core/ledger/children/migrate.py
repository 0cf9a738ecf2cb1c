"""Bring a ledger to the version that a folder of scripts leads to, as another program would."""

from __future__ import annotations

import sys
from pathlib import Path

from core.ledger.migrate import upgrade

path, scripts, newest = sys.argv[1:]
copy = upgrade(Path(path), lock_timeout_s=60.0, migrations=Path(scripts), newest=newest)
print("done before" if copy is None else copy.name, flush=True)
