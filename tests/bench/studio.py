"""Measure what a studio asks beside its panels: one license, the report of a whole production.

All in CPU time, since the work is ours alone. Beside it stands what grows: reading every grant once.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from ledgers import fill
from scenes import make_big_scene

from core.clock import SystemClock
from core.ledger.engine import open_ledger
from core.ledger.port import Ledger
from core.licenses import LicenseCatalogue, terms_sha256
from core.model.file_summary import FileSummary
from core.model.intended_use import IntendedUse, OutputKind
from core.policy.engine import evaluate
from core.policy.facts import Facts
from core.services.clearing.house import House
from core.services.clearing.project_use import PROJECT_USE_NAME
from core.services.reporting.report import MakeReport
from core.services.reporting.scan import ScanProduction
from core.services.reporting.scan_files import ProductionFiles
from core.settings import Settings

Row = tuple[str, str, str, str] | tuple[str, str, str, str, bool]
"""What, ours, beside, ratio, and where there is a bar whether it is met."""
USE = IntendedUse(outputs=frozenset({OutputKind.RENDER, OutputKind.VIDEO, OutputKind.INTERACTIVE_PACKED}))
PRODUCTION, SCENES, PER_SCENE, FOLDERS = 100_000, 1_000, 100, 20
USE_FILE = 'name = "spot"\noutputs = ["render", "video"]\n'


def measure_studio(folder: Path, runs: int) -> list[Row]:
    """Measure everything."""
    _, used, terms, _ = make_big_scene(objects=300, grants=300)
    rows = [validate(runs)]
    path = folder / "production" / "ledger.sqlite"
    fill(path, used, terms, PRODUCTION)
    with closing(open_ledger(path)) as ledger:
        rows.append(report_production(ledger, folder / "production", runs))
    return rows


def validate(runs: int) -> Row:
    """Hold every license of every marketplace against a use."""
    catalogue = LicenseCatalogue.load()
    now = datetime(2026, 11, 1, tzinfo=UTC)
    every = [
        Facts(terms=terms, use=USE, now=now, terms_sha256=terms_sha256(terms), subject="grant")
        for terms in catalogue.all()
    ]

    def work() -> None:
        for facts in every:
            evaluate(facts)

    took = cpu(work, runs) / len(every)
    return (
        f"one license held against a use (mean of {len(every)})",
        f"{took * 1000:.3f} ms CPU",
        "bar 1 ms",
        f"{took * 1000:.2f} × the bar",
        took < 0.001,
    )


def report_production(ledger: Ledger, folder: Path, runs: int) -> Row:
    """Report on a thousand scenes that use a hundred licenses each, judged for their projects."""
    every = ledger.grants(limit=PRODUCTION)
    summaries = []
    for number in range(SCENES):
        project = folder / f"project{number % FOLDERS:02d}"
        if not project.exists():
            project.mkdir()
            (project / PROJECT_USE_NAME).write_text(USE_FILE, encoding="utf-8")
        start = number * PER_SCENE
        uses = sorted((grant.id, 1 + start % 7) for grant in every[start : start + PER_SCENE])
        summaries.append(
            FileSummary(
                path=str(project / f"scene{number:04d}.blend"),
                grants=tuple(uses),
                face_numbers=(),
                undeclared=number % 3,
                unreadable_stamps=0,
            )
        )
    catalogue = LicenseCatalogue.load()
    house = House(ledger=ledger, catalogue=catalogue, settings=Settings(data_dir=folder))
    report = MakeReport(ledger=ledger, clock=SystemClock(), catalogue=catalogue, house=house)
    service = ScanProduction(
        ledger=ledger,
        clock=SystemClock(),
        cache_path=folder / "scan-cache.json",
        catalogue=catalogue,
        decide=report.decide,
    )

    files = ProductionFiles(folder=str(folder), summaries=tuple(summaries), problems=(), read=0)

    def work() -> None:
        made = service.join(files)
        if len(made.files) != SCENES or len(made.used) != len(every):
            raise SystemExit(f"the report has {len(made.files)} scenes and {len(made.used)} licenses")

    took = cpu(work, max(1, runs // 2))
    reading = cpu(lambda: ledger.grants(limit=PRODUCTION), runs)
    return (
        f"report of {SCENES:,} scenes with {PRODUCTION:,} grants, judged for {FOLDERS} projects",
        f"{took:.2f} s CPU",
        f"bar 5 s; reading every grant once {reading:.2f} s CPU",
        f"{took / reading:.1f} × reading all",
        took < 5.0,
    )


def cpu(work: Callable[[], object], runs: int, *, repeat: int = 1) -> float:
    """Return the median CPU seconds of a call, after one that does not count."""
    work()
    times = []
    for _ in range(runs):
        started = time.process_time()
        for _ in range(repeat):
            work()
        times.append((time.process_time() - started) / repeat)
    return statistics.median(times)
