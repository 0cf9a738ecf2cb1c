"""Take and release the last seats of a license, in several threads at once; keep what one has at the end."""

from __future__ import annotations

import random
import sys
import threading

from ledger_values import open_place
from seat_studio import make_seats

from core.errors import UserInputError

place, process, threads, rounds = sys.argv[1:]
ledger = open_place(place)
print("ready", flush=True)
sys.stdin.readline()
outcomes: list[str] = []


def race(thread: int) -> None:
    seats = make_seats(ledger, f"p{process}t{thread}")
    dice = random.Random(int(process) * 1000 + thread)
    for _ in range(int(rounds)):
        try:
            seats.take("grant_1")
        except UserInputError as error:
            outcomes.append(error.code)
            continue
        outcomes.append("taken")
        if dice.random() < 0.7:
            seats.release("grant_1")
            outcomes.append("released")


runners = [threading.Thread(target=race, args=(thread,)) for thread in range(int(threads))]
for runner in runners:
    runner.start()
for runner in runners:
    runner.join()
ledger.close()
print(*outcomes, flush=True)
