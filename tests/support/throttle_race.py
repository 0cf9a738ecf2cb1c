"""One of several processes that race for the permits of one throttle file; prints how many it got.

python tests/support/throttle_race.py FILE START_TIME TRIES LIMIT [urgent]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.clock import SystemClock
from core.errors import RateLimited
from core.http.cancel import pause_with
from core.http.throttle import Limit, Throttle


def main() -> None:
    """Try as often as told."""
    path, start, tries, limit = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    clock = SystemClock()
    # Not patient: what would have to wait is told at once.
    throttle = Throttle(path, clock=clock, pause=pause_with(clock), longest_wait_s=0.0)
    time.sleep(max(0.0, start - time.time()))
    passed = 0
    for _ in range(tries):
        try:
            throttle.acquire("key", Limit(per_hour=limit), urgent="urgent" in sys.argv)
        except RateLimited:
            continue
        passed += 1
    throttle.close()
    print(passed)


if __name__ == "__main__":
    main()
