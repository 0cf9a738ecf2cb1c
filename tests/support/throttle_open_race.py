"""Six processes open the same throttle files at the same moments: ``python throttle_open_race.py FOLDER``.

Prints how many of them were refused.
"""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.clock import SystemClock
from core.errors import ClearanceError
from core.http.cancel import pause_with
from core.http.throttle import Limit, Throttle

PROCESSES = 6
ROUNDS = 100


def race(folder: str, barrier: Barrier, results: Queue[int]) -> None:
    """Open one file after the other, each together with the other processes."""
    clock, refused = SystemClock(), 0
    for number in range(ROUNDS):
        throttle = Throttle(Path(folder) / f"{number}.sqlite", clock=clock, pause=pause_with(clock))
        barrier.wait()
        try:
            throttle.acquire("key", Limit(per_hour=1000))
        except ClearanceError:
            refused += 1
        throttle.close()
    results.put(refused)


def main() -> None:
    """Start the racers and add up."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(PROCESSES), context.Queue()
    racers = [context.Process(target=race, args=(sys.argv[1], barrier, results)) for _ in range(PROCESSES)]
    for racer in racers:
        racer.start()
    refused = sum(results.get() for _ in racers)
    for racer in racers:
        racer.join()
    print(refused, "failed")


if __name__ == "__main__":
    main()
