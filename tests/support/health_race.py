"""One of several processes that note calls in the same health file; prints how many notes were dropped.

python tests/support/health_race.py FILE START_TIME NOTES
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.http.health import CallNote, HealthLog, Outcome

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def main() -> None:
    """Note as many calls as told."""
    path, start, notes = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    log = HealthLog(path)
    time.sleep(max(0.0, start - time.time()))
    for number in range(notes):
        outcome = Outcome.OK if number % 2 else Outcome.FAILED
        log.add(
            CallNote(
                marketplace="shop", operation="search", at=AT, outcome=outcome, latencies_s=(0.1,), code="x"
            )
        )
    log.close()
    print(log.dropped)


if __name__ == "__main__":
    main()
