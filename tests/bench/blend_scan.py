"""Measure ``clearance scan`` on a production, beside Blender opening the same files and BAT tracing them.

The command and Blender are measured as whole programs, from their start to their end.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from ledger_values import make_order
from scenes import make_grant

from core.ledger.engine import open_ledger
from core.licenses import LicenseCatalogue, canonical_text

ROOT = Path(__file__).resolve().parents[2]
MAKER = ROOT / "tests" / "bench" / "make_production.py"
TRACER = ROOT / "tests" / "bench" / "bat_trace.py"
BAR = 10
"""How many times faster than opening the files in Blender it is to be."""
TRACED = 50
"""Files that BAT traces one after the other; the rest is taken to be alike."""


class Took(NamedTuple):
    """Seconds that passed, and that processors worked for it, in other processes too."""

    wall: float
    cpu: float


def measure_scan(python: Path, bat: Path, folder: Path, files: int, rounds: int) -> list[tuple[Any, ...]]:
    """Make the files, then read them all in each way, one after the other, some times over.

    ``python`` is one that has bpy, ``bat`` one that has blender-asset-tracer 1. The command is run by that
    and by this one, since versions of Python differ in how quick they are.
    """
    pythons = {_version_of(one): one for one in (bat, Path(sys.executable))}
    for one in pythons.values():  # as pip does when it installs
        run_whole([str(one), "-m", "compileall", "-q", str(ROOT / "core")])
    made = run_script(python, MAKER, str(folder / "work"), str(files))
    size = made["bytes"] / files / 1000
    workers = os.cpu_count() or 1
    opened, traced = [], []
    first: dict[str, list[Took]] = {version: [] for version in pythons}
    again: dict[str, list[Took]] = {version: [] for version in pythons}
    problems = told = 0
    for number in range(rounds):
        opened.append(run_whole([str(python), str(MAKER), "--open", str(folder / "work")])[0])
        for version, one in pythons.items():
            data = folder / f"round_{number}_{version}"
            took, problems = run_scan(one, folder, data)
            first[version].append(took)
            again[version].append(run_scan(one, folder, data)[0])
        bat_told = run_script(bat, TRACER, str(folder / "work"), str(TRACED))
        told = int(bat_told["files"])
        traced.append(Took(bat_told["seconds"] * files / told, bat_told["cpu"] * files / told))
    theirs, others = middle_of(opened), middle_of(traced)
    rows: list[tuple[Any, ...]] = []
    for version in pythons:
        ours, second = middle_of(first[version]), middle_of(again[version])
        rows += [
            (
                f"scan of {files:,} .blend files of {size:,.0f} kB, {workers} processes, Python {version}",
                f"{ours.wall:.2f} s, {ours.cpu:.1f} s CPU, {problems} skipped",
                (
                    f"Blender opening each in one process, without windows: "
                    f"{theirs.wall:.1f} s, {theirs.cpu:.1f} s CPU; bar {BAR} times faster"
                ),
                f"{theirs.wall / ours.wall:.1f} × faster, {theirs.cpu / ours.cpu:.1f} × less CPU",
                theirs.wall / ours.wall >= BAR,
            ),
            (
                "the same beside BAT",
                f"{ours.wall:.2f} s, {ours.cpu:.1f} s CPU",
                (
                    f"BAT tracing dependencies, one process: {others.wall:.0f} s, {others.cpu:.0f} s CPU "
                    f"({told} traced, the rest reckoned)"
                ),
                f"{others.wall / ours.wall:.1f} × faster, {others.cpu / ours.cpu:.1f} × less CPU",
            ),
            (
                "the same again, nothing changed",
                f"{second.wall:.2f} s, {second.cpu:.2f} s CPU",
                f"the first scan {ours.wall:.2f} s",
                f"{ours.wall / second.wall:.0f} × faster",
            ),
        ]
    return rows


def _version_of(python: Path) -> str:
    return run_whole([str(python), "-c", "import platform; print(platform.python_version())"])[1].strip()


def middle_of(times: list[Took]) -> Took:
    """Return the medians."""
    return Took(statistics.median(one.wall for one in times), statistics.median(one.cpu for one in times))


def run_scan(python: Path, folder: Path, data: Path) -> tuple[Took, int]:
    """Run the command by a Python, with 300 licenses in the ledger; tell how many files were skipped."""
    if not data.exists():
        fill_ledger(data)
    environment = {
        **os.environ, "CLEARANCE_DATA_DIR": str(data), "CLEARANCE_USER": "bench", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    command = "import sys; from core.cli import main; sys.exit(main())"
    took, said = run_whole(
        [str(python), "-c", command, "scan", str(folder / "work"), "--json"], environment, ends=(0, 3, 4)
    )
    return took, len(json.loads(said)["problems"])


def fill_ledger(data: Path) -> None:
    """Make a data folder whose ledger has 300 licenses."""
    data.mkdir()
    catalogue = LicenseCatalogue.load()
    with closing(open_ledger(data / "ledger.sqlite")) as ledger, ledger.transaction() as work:
        for number in range(300):
            grant, terms = make_grant(number, catalogue)
            work.add_order(make_order(number, id=grant.order_id, ref=grant.ref))
            work.keep_terms(grant.terms_sha256, canonical_text(terms))
            work.add_grant(grant)


def run_whole(
    command: list[str], environment: dict[str, str] | None = None, *, ends: tuple[int, ...] = (0,)
) -> tuple[Took, str]:
    """Run a program from its start to its end; the processes that it starts count too."""
    before, started = os.times(), time.perf_counter()
    answer = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=7200
    )
    wall, after = time.perf_counter() - started, os.times()
    if answer.returncode not in ends:
        print(answer.stdout[-3000:], answer.stderr[-3000:], file=sys.stderr)
        raise SystemExit(f"{command[0]} ended with {answer.returncode}")
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return Took(wall, worked), answer.stdout


def run_script(python: Path, script: Path, *arguments: str) -> dict[str, float]:
    """Run a part that needs another Python, and return its figures."""
    answer = subprocess.run(
        [str(python), str(script), *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=7200,
    )  # fmt: skip
    for line in answer.stdout.splitlines():
        if line.startswith("BENCH "):
            figures: dict[str, float] = json.loads(line.removeprefix("BENCH "))
            return figures
    print(answer.stdout[-3000:], answer.stderr[-3000:], file=sys.stderr)
    raise SystemExit(f"{python} measured nothing")
