"""Let blender-asset-tracer find what files use, as its command does:  bat_trace.py FOLDER COUNT

Started by ``blend_scan.py`` with a Python that has BAT 1: since BAT 2 it is Blender that looks. So many of
the files are traced, evenly chosen. Prints one line ``BENCH {json}``.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from blender_asset_tracer import blendfile, trace


def main() -> None:
    """Trace."""
    paths = sorted(Path(sys.argv[1]).rglob("*.blend"))
    count = int(sys.argv[2])
    chosen = paths[:: max(1, len(paths) // count)][:count]
    started, working = time.perf_counter(), time.process_time()
    for path in chosen:
        for _ in trace.deps(path):
            pass
        blendfile.close_all_cached()
    figures = {
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - working,
        "files": len(chosen),
    }
    print("BENCH " + json.dumps(figures))


if __name__ == "__main__":
    main()
