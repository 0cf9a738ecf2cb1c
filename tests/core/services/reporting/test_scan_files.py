"""A reading that begins before the ledger is open: others read at once, and none outlives it."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from readers import die_elsewhere, note_process

from core.services.reporting.scan_files import ProductionReading
from core.services.reporting.scan_reading import FEW_FILES

pytest.importorskip("blender_asset_tracer", reason="reading .blend files needs the extra 'scan'")
pytest.importorskip("zstandard", reason="reading .blend files needs the extra 'scan'")

FIXTURES = sorted((Path(__file__).parents[2] / "files" / "blend").glob("*.blend"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """More files than one process would read alone."""
    made = tmp_path / "work"
    for number in range(FEW_FILES):
        (made / str(number)).mkdir(parents=True)
        for path in FIXTURES[:3]:
            shutil.copy(path, made / str(number))
    return made


@pytest.fixture(params=["as it is", "beside a thread"])
def kind_of_process(request: pytest.FixtureRequest) -> Iterator[str]:
    """What others are: copies of this process while it has one thread, on Linux; otherwise new ones."""
    if request.param == "as it is":
        tasks = Path("/proc/self/task")
        yield "ForkProcess" if tasks.is_dir() and len(list(tasks.iterdir())) == 1 else "SpawnProcess"
        return
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    yield "SpawnProcess"
    ended.set()
    thread.join()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell how many threads there are")
def test_a_command_of_one_thread_makes_copies_of_itself(folder: Path, tmp_path: Path) -> None:
    code = """
import multiprocessing, sys
from pathlib import Path
from core.services.reporting.scan_files import ProductionReading
with ProductionReading(Path(sys.argv[1]), cache_path=Path(sys.argv[2]), workers=2) as reading:
    print({type(one).__name__ for one in multiprocessing.active_children()})
    files = reading.finish()
print(len(files.summaries), multiprocessing.active_children())
"""
    told = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(tmp_path / "c.json")],
        cwd=Path(__file__).parents[4], capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    assert told.stdout.splitlines() == ["{'ForkProcess'}", f"{FEW_FILES * 3} []"]


def test_others_read_before_this_process_does(folder: Path, tmp_path: Path, kind_of_process: str) -> None:
    with ProductionReading(folder, cache_path=tmp_path / "c.json", workers=2, reader=note_process) as reading:
        assert {type(one).__name__ for one in multiprocessing.active_children()} == {kind_of_process}
        waited = 0
        while not list(folder.rglob("*.process")):
            time.sleep(0.05)
            waited += 1
            assert waited < 2400, "no other process began to read"
        told: list[tuple[int, int | None]] = []
        files = reading.finish(progress=lambda done, total: told.append((done, total)))
    whole = FEW_FILES * 3
    assert len(files.summaries) == files.read == whole
    assert [summary.path for summary in files.summaries] == sorted(str(p) for p in folder.rglob("*.blend"))
    assert told == [(number, whole) for number in range(whole + 1)]
    readers = {int(path.read_text(encoding="utf-8")) for path in folder.rglob("*.process")}
    assert readers - {os.getpid()}
    assert multiprocessing.active_children() == []


def test_a_reading_that_is_given_up_leaves_no_process(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "c.json"
    with (
        pytest.raises(ValueError, match="no ledger"),
        ProductionReading(folder, cache_path=cache, workers=3, reader=note_process),
    ):
        raise ValueError("no ledger")
    assert multiprocessing.active_children() == []
    assert not cache.exists()


def test_what_dead_processes_were_given_at_first_is_read_here(folder: Path, tmp_path: Path) -> None:
    with ProductionReading(folder, cache_path=tmp_path / "c", workers=3, reader=die_elsewhere) as reading:
        files = reading.finish()
    assert len(files.summaries) == FEW_FILES * 3
    assert files.problems == ()


def test_what_was_kept_is_believed(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "data" / "c.json"
    with ProductionReading(folder, cache_path=cache) as reading:
        first = reading.finish()
        reading.keep()
    with ProductionReading(folder, cache_path=cache) as reading:
        second = reading.finish()
    assert second.summaries == first.summaries
    assert (first.read, second.read) == (FEW_FILES * 3, 0)
