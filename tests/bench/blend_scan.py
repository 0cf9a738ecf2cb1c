"""Measure ``clearance scan`` on a production, beside Blender opening the same files and BAT tracing them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from blender_asset_tracer import blendfile, trace
from ledger_values import make_order
from scenes import make_grant

from core.clock import SystemClock
from core.ledger.engine import open_ledger
from core.licenses import LicenseCatalogue, canonical_text
from core.services.scan import ScanProduction

ROOT = Path(__file__).resolve().parents[2]
MAKER = ROOT / "tests" / "bench" / "make_production.py"
BAR = 10
"""How many times faster than opening the files in Blender it is to be."""
TRACED = 50
"""Files that BAT traces one after the other; the rest is taken to be alike."""


def measure_scan(python: Path, folder: Path, files: int) -> list[tuple[str, str, str, str]]:
    """Make the files, then read them all in each way, in one run."""
    made = run_maker(python, str(folder / "work"), str(files))
    size = made["bytes"] / files / 1000
    opened = run_maker(python, "--open", str(folder / "work"))["seconds"]
    workers = os.cpu_count() or 1
    first, problems = run_scan(folder, workers=workers)
    again, _ = run_scan(folder, workers=workers)
    traced, told = trace_some(folder / "work", TRACED)
    paths = sorted((folder / "work").rglob("*.blend"))
    traced *= files / max(told, 1)
    what = f"scan of {len(paths):,} .blend files of {size:,.0f} kB, {workers} processes"
    return [
        (
            what,
            f"{first:.1f} s, {first / files * 1000:.1f} ms a file, {problems} skipped",
            f"Blender opening each, without its windows: {opened:.1f} s; bar {BAR} times faster",
            f"{opened / first:.1f} × faster",
        ),
        (
            "the same again, nothing changed",
            f"{again:.2f} s",
            f"the first scan {first:.1f} s",
            f"{first / again:.0f} × faster",
        ),
        (
            "the same beside BAT",
            f"{first:.1f} s",
            f"BAT tracing dependencies, one process: {traced:.0f} s ({told} traced, the rest reckoned)",
            f"{traced / first:.1f} × faster",
        ),
    ]


def run_scan(folder: Path, *, workers: int) -> tuple[float, int]:
    """Scan as the command does, with 300 licenses in the ledger; return seconds and how many were skipped."""
    catalogue = LicenseCatalogue.load()
    path = folder / "ledger.sqlite"
    is_new = not path.exists()
    with closing(open_ledger(path)) as ledger:
        if is_new:
            with ledger.transaction() as work:
                for number in range(300):
                    grant, terms = make_grant(number, catalogue)
                    work.add_order(make_order(number, id=grant.order_id, ref=grant.ref))
                    work.keep_terms(grant.terms_sha256, canonical_text(terms))
                    work.add_grant(grant)
        service = ScanProduction(ledger=ledger, clock=SystemClock(), cache_path=folder / "cache.json")
        started = time.perf_counter()
        report = service.run(folder / "work", actor="bench", workers=workers)
        return time.perf_counter() - started, len(report.problems)


def trace_some(folder: Path, count: int) -> tuple[float, int]:
    """Let BAT find what files use, as its command does; return seconds and how many files it was."""
    paths = sorted(folder.rglob("*.blend"))
    chosen = paths[:: max(1, len(paths) // count)][:count]
    started = time.perf_counter()
    for path in chosen:
        for _ in trace.deps(path):
            pass
        blendfile.close_all_cached()
    return time.perf_counter() - started, len(chosen)


def run_maker(python: Path, *arguments: str) -> dict[str, float]:
    """Run Blender's part and return its figures."""
    answer = subprocess.run(
        [str(python), str(MAKER), *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=7200,
    )  # fmt: skip
    for line in answer.stdout.splitlines():
        if line.startswith("BENCH "):
            figures: dict[str, float] = json.loads(line.removeprefix("BENCH "))
            return figures
    print(answer.stdout[-3000:], answer.stderr[-3000:], file=sys.stderr)
    raise SystemExit(f"{python} measured nothing")
