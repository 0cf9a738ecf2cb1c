"""Run the long drill (``python3 build.py drill``): every boundary, many random moments, all marketplaces."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from bulk_drills import BulkDrill, drill_bulk  # noqa: E402
from drills import (  # noqa: E402
    LISTINGS,
    LOST_ANSWERS,
    MORE_LISTINGS,
    Drill,
    drill_boundaries,
    drill_lost_answer,
    drill_moments,
)
from sandbox_process import start_sandbox  # noqa: E402


def main() -> int:
    """Run all drills; the first difference between the books ends it with an error."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--moments", type=int, default=200, help="random moments, over all marketplaces")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, start_sandbox(Path(folder) / "sandbox") as sandbox:
        kills = drill_bulk(BulkDrill(sandbox=sandbox, folder=Path(folder) / "bulk"))
        print(f"bulk: killed at {kills} boundaries, each bought exactly once", flush=True)
        listings = (*LISTINGS, *MORE_LISTINGS)
        for listing in listings:
            marketplace = listing.partition(":")[0]
            drill = Drill(sandbox=sandbox, folder=Path(folder) / marketplace, listing=listing)
            kills = drill_boundaries(drill)
            print(f"{listing}: killed at {kills} boundaries, bought exactly once each time", flush=True)
            for fault in LOST_ANSWERS[marketplace]:
                drill_lost_answer(drill, fault)
                print(f"{listing}: answer lost ({fault['fault']}), bought exactly once", flush=True)
            moments = options.moments // len(listings)
            kills = drill_moments(drill, moments=moments, seed=options.seed)
            print(
                f"{listing}: {kills} of {moments} random moments hit, bought exactly once each time",
                flush=True,
            )
    print(f"All drills ended well in {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
