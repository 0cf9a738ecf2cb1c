"""Measure a ledger of a million grants: the report of a scene that uses three hundred of them.

Beside it: reading every grant once, which is what a report would cost that does not ask by name. Standard
library and the core only; the ledger is the same with every run.
"""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from scenes import make_big_scene

from core.clock import SystemClock
from core.ids import hash_grant_id
from core.ledger.engine import open_ledger
from core.ledger.port import Ledger
from core.ledger.rows import grant_columns
from core.licenses import LicenseCatalogue, canonical_text
from core.model.grant import Grant
from core.model.intended_use import IntendedUse, OutputKind
from core.model.license import LicenseTerms
from core.model.scene import SceneScan
from core.services.clearing.house import House
from core.services.reporting.report import MakeReport
from core.settings import Settings

Row = tuple[str, str, str, str] | tuple[str, str, str, str, bool]
"""What, ours, beside, ratio, and where there is a bar whether it is met."""
USE = IntendedUse(outputs=frozenset({OutputKind.RENDER, OutputKind.VIDEO}))
STRIPPED = 50
"""So many of the grants are only told of by faces: their stamps and the register are gone."""


def measure_ledger(folder: Path, runs: int, grants: int) -> list[Row]:
    """Make the ledger and measure."""
    scan, used, terms, _ = make_big_scene(objects=10_000, grants=300)
    scan = strip(scan, list(used)[:STRIPPED])
    path = folder / "data" / "ledger.sqlite"
    started = time.perf_counter()
    fill(path, used, terms, grants)
    made_s = time.perf_counter() - started
    catalogue = LicenseCatalogue.load()
    with closing(open_ledger(path)) as ledger:
        house = House(ledger=ledger, catalogue=catalogue, settings=Settings(data_dir=folder / "data"))
        service = MakeReport(ledger=ledger, clock=SystemClock(), catalogue=catalogue, house=house)

        def report() -> float:
            begun = time.perf_counter()
            made = service.run(scan, USE, actor="bench")
            took = time.perf_counter() - begun
            if len(made.grants) != len(used):
                raise SystemExit(f"the report names {len(made.grants)} of {len(used)} grants")
            return took

        cold = report()
        low, middle, high = median_of(runs, report)
        every = read_every(ledger, grants)
    return [
        (
            f"report of 10,000 objects from a ledger of {grants:,} grants",
            f"{middle * 1000:.0f} ms ({low * 1000:.0f} to {high * 1000:.0f}), first {cold * 1000:.0f}",
            f"bar 2,000 ms; reading every grant once {every * 1000:,.0f} ms",
            f"{middle / every:.3f} × reading all (made in {made_s:.0f} s)",
            middle < 2.0,
        )
    ]


def strip(scan: SceneScan, grant_ids: list[str]) -> SceneScan:
    """Take the stamps of some grants off everything but the faces, and out of the register."""
    numbers = {hash_grant_id(grant_id) for grant_id in grant_ids}
    names = {block.data_name or block.name for block in scan.data_blocks if block.face_grants & numbers}
    return replace(
        scan,
        data_blocks=tuple(
            replace(block, stamp=None) if (block.data_name or block.name) in names else block
            for block in scan.data_blocks
        ),
        register=tuple(text for text in scan.register if not any(one in text for one in grant_ids)),
    )


def fill(path: Path, used: dict[str, Grant], terms: dict[str, LicenseTerms], count: int) -> None:
    """Write the scene's grants and many others, past the ledger's own code, which is for single purchases."""
    with closing(open_ledger(path)) as ledger, ledger.transaction() as work:
        for digest, one in terms.items():
            work.keep_terms(digest, canonical_text(one))
    patterns = list(used.values())
    names = list(grant_columns(patterns[0]))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'grants' AND sql <> ''"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        slots = ", ".join("?" * len(names))
        connection.executemany(
            f"INSERT INTO grants ({', '.join(names)}) VALUES ({slots})",
            make_rows(patterns, names, count),
        )
        for _, sql in indexes:
            connection.execute(sql)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def make_rows(patterns: list[Grant], names: list[str], count: int) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the scene's grants, spread among those of all others."""
    every = max(count // len(patterns), 1)
    shapes = [tuple(grant_columns(replace(grant, order_id="")).values()) for grant in patterns]
    at = {name: names.index(name) for name in ("id", "listing_id", "marketplace_license_id", "face_number")}
    for number in range(count):
        index = number // every % len(patterns)
        row = list(shapes[index])
        if number % every or number // every >= len(patterns):
            row[at["id"]] = f"grant_other{number:020d}"
            row[at["listing_id"]] = str(10_000_000 + number)
            row[at["marketplace_license_id"]] = f"other-{number}"
            row[at["face_number"]] = hash_grant_id(f"grant_other{number:020d}")
        yield tuple(row)


def read_every(ledger: Ledger, count: int) -> float:
    """Read all grants at once."""
    started = time.perf_counter()
    if len(ledger.grants(limit=count + 1)) != count:
        raise SystemExit("the ledger lost grants")
    return time.perf_counter() - started


def median_of(runs: int, work: Callable[[], float]) -> tuple[float, float, float]:
    """Return minimum, median and maximum of several runs."""
    times = sorted(work() for _ in range(runs))
    return times[0], statistics.median(times), times[-1]
