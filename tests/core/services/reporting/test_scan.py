"""A scan of a production: real .blend files, damaged ones, a second run, several processes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import FakeClock
from ledger_values import make_declaration, make_grant, make_order, moment
from readers import die_elsewhere
from scenes import make_grant as licensed_grant

from core.app import build_app
from core.cli import run as run_cli
from core.errors import CancelledError, UserInputError
from core.files.blend.scan import mark_file
from core.host import NoHost
from core.ids import hash_grant_id
from core.ledger.engine import open_ledger
from core.ledger.port import Ledger
from core.licenses import LicenseCatalogue, canonical_text
from core.model.file_summary import FileSummary
from core.model.findings import Verdict
from core.model.grant import GrantState
from core.model.scene import DataBlock, SceneScan
from core.reports.file_summary import summarize
from core.reports.production import build_production
from core.reports.production_table import COLUMNS, render_production_csv
from core.services.reporting.scan import ScanProduction
from core.services.reporting.scan_reading import Reading, read_file
from core.settings import Settings
from core.stamp_format import encode, make_stamp

pytest.importorskip("blender_asset_tracer", reason="reading .blend files needs the extra 'scan'")
pytest.importorskip("zstandard", reason="reading .blend files needs the extra 'scan'")

FIXTURES = sorted((Path(__file__).parents[2] / "files" / "blend").glob("*.blend"))


class Reader:
    """Reads for real, and notes what."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def __call__(self, path: str) -> Reading:
        self.paths.append(Path(path).name)
        return read_file(path)


@pytest.fixture
def production(tmp_path: Path) -> Path:
    """Two project folders with all fixtures each."""
    for name in ("forest", "city"):
        folder = tmp_path / "work" / name / "shots"
        folder.mkdir(parents=True)
        for path in FIXTURES:
            shutil.copy(path, folder)
    return tmp_path / "work"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with three grants."""
    with closing(open_ledger(tmp_path / "ledger.sqlite")) as opened:
        with opened.transaction() as work:
            for number in range(3):
                work.add_grant(make_grant(number))
        yield opened


def service(ledger: Ledger, tmp_path: Path, reader: Reader) -> ScanProduction:
    return ScanProduction(
        ledger=ledger, clock=FakeClock(), cache_path=tmp_path / "data" / "cache.json", reader=reader
    )


def test_the_second_run_reads_nothing(production: Path, ledger: Ledger, tmp_path: Path) -> None:
    reader = Reader()
    one = service(ledger, tmp_path, reader)
    first = one.run(production, actor="ann")
    assert (len(first.files), first.read, first.problems) == (12, 12, ())
    assert [line.folder for line in first.folders] == ["city", "forest"]
    assert first.undeclared > 0
    reader.paths.clear()
    second = one.run(production, actor="ann")
    assert reader.paths == []
    assert replace(second, read=12, made_at=first.made_at) == first
    changed = production / "city" / "shots" / "scene_4_5.blend"
    os.utime(changed, ns=(1, 1))
    one.run(production, actor="ann")
    # The file that links to it shows other data now, although it did not change itself.
    assert sorted(reader.paths) == ["linked_4_5.blend", "scene_4_5.blend"]
    assert [entry.event.action for entry in ledger.audit()].count("scan.made") == 3


def test_a_damaged_cache_is_not_believed(production: Path, ledger: Ledger, tmp_path: Path) -> None:
    reader = Reader()
    one = service(ledger, tmp_path, reader)
    one.run(production, actor="ann")
    for text in ("", "[]", '{"version": 1, "files": {"a": 3}}', '{"version": 0, "files": {}}'):
        one.cache_path.write_text(text, encoding="utf-8")
        reader.paths.clear()
        one.run(production, actor="ann")
        assert len(reader.paths) == 12


def test_several_processes_give_the_same(production: Path, ledger: Ledger, tmp_path: Path) -> None:
    reports = []
    for workers in (1, 2):
        one = ScanProduction(
            ledger=ledger, clock=FakeClock(), cache_path=tmp_path / f"{workers}.json", reader=read_file
        )
        reports.append(one.run(production, actor="ann", workers=workers))
    assert reports[0] == reports[1]
    assert reports[1].read == 12


def test_what_a_killed_process_leaves_is_read_in_this_one(
    production: Path, ledger: Ledger, tmp_path: Path
) -> None:
    reports = []
    for reader in (read_file, die_elsewhere):
        one = ScanProduction(
            ledger=ledger, clock=FakeClock(), cache_path=tmp_path / reader.__name__, reader=reader
        )
        reports.append(one.run(production, actor="ann", workers=3))
    assert reports[0] == reports[1]
    assert reports[1].read == 12


def test_damaged_newer_and_vanished_files_are_skipped(tmp_path: Path, ledger: Ledger) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    good = FIXTURES[-1].read_bytes()
    shutil.copy(FIXTURES[-1], folder / "good.blend")
    (folder / "cut.blend").write_bytes(good[: len(good) // 2])
    (folder / "empty.blend").write_bytes(b"")
    (folder / "newer.blend").write_bytes(b"BLENDER17-01v9900" + b"\0" * 200)
    (folder / "gone.blend").write_bytes(good)
    (folder / "old.blend1").write_bytes(good)
    (folder / "notes.txt").write_bytes(b"")

    def reader(path: str) -> Reading:
        if path.endswith("gone.blend"):
            Path(path).unlink()
        return read_file(path)

    one = ScanProduction(ledger=ledger, clock=FakeClock(), cache_path=tmp_path / "cache.json", reader=reader)
    report = one.run(folder, actor="ann")
    assert [Path(file.path).name for file in report.files] == ["good.blend"]
    told = {Path(problem.path).name: problem.message for problem in report.problems}
    assert set(told) == {"cut.blend", "empty.blend", "gone.blend", "newer.blend"}
    assert all(message.endswith(".") for message in told.values())
    with_backups = one.run(folder, actor="ann", backups=True)
    assert [Path(file.path).name for file in with_backups.files] == ["good.blend", "old.blend1"]


def test_an_empty_a_missing_and_a_closed_folder(tmp_path: Path, ledger: Ledger) -> None:
    one = service(ledger, tmp_path, Reader())
    (tmp_path / "work").mkdir()
    report = one.run(tmp_path / "work", actor="ann")
    assert (report.files, report.problems, len(report.unused)) == ((), (), 3)
    with pytest.raises(UserInputError, match="no folder"):
        one.run(tmp_path / "nowhere", actor="ann")
    closed = tmp_path / "work" / "closed"
    closed.mkdir(mode=0o000)
    try:
        is_open = os.access(closed, os.R_OK)  # for the superuser every folder is open
        assert len(one.run(tmp_path / "work", actor="ann").problems) == (0 if is_open else 1)
    finally:
        closed.chmod(0o700)


def test_a_name_that_is_no_text_is_told_of(tmp_path: Path, ledger: Ledger) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    try:
        (folder / os.fsdecode(b"b\xff.blend")).write_bytes(FIXTURES[0].read_bytes())
    except OSError:
        return  # this file system only knows names that are text
    report = service(ledger, tmp_path, Reader()).run(folder, actor="ann")
    assert report.files == ()
    assert "rename" in report.problems[0].message


def test_a_stopped_scan_notes_nothing(production: Path, ledger: Ledger, tmp_path: Path) -> None:
    before = len(ledger.audit())
    with pytest.raises(CancelledError):
        service(ledger, tmp_path, Reader()).run(production, actor="ann", cancelled=lambda: True)
    assert len(ledger.audit()) == before


def test_what_is_used_is_written_to_the_ledger(tmp_path: Path, ledger: Ledger) -> None:
    folder = tmp_path / "work"
    (folder / "forest").mkdir(parents=True)
    (folder / "forest" / "a.blend").write_bytes(b"any")
    faces = hash_grant_id("grant_1")

    def reader(path: str) -> Reading:
        summary = FileSummary(
            path=path,
            grants=(("grant_0", 4), ("stranger", 1)),
            face_numbers=(faces, 5),
            undeclared=2,
            unreadable_stamps=0,
        )
        return Reading(path, summary)

    one = ScanProduction(ledger=ledger, clock=FakeClock(), cache_path=tmp_path / "cache.json", reader=reader)
    report = one.run(folder, actor="ann")
    path = str(folder / "forest" / "a.blend")
    assert {usage.grant_id: usage.data_blocks for usage in ledger.usages(scene=path)} == {
        "grant_0": 4,
        "grant_1": 0,
    }
    assert [line.grant_id for line in report.not_covered] == ["stranger"]
    assert [line.grant_id for line in report.unused] == ["grant_2"]
    assert (report.undeclared, report.unknown_faces) == (2, 1)


def test_refunded_and_ended_licenses_do_not_cover() -> None:
    clock = FakeClock()
    grants = [
        make_grant(0),
        make_grant(1, state=GrantState.REFUNDED),
        make_grant(2, valid_until=clock.now() - timedelta(days=1)),
        make_grant(3, title="=1+1"),
    ]
    file = FileSummary(
        path="/p/a/b.blend",
        grants=tuple((grant.id, 1) for grant in grants[:3]),
        face_numbers=(),
        undeclared=0,
        unreadable_stamps=1,
    )
    report = build_production(
        [file],
        folder="/p",
        grants={one.id: one for one in grants},
        used_elsewhere=["grant_3"],
        now=clock.now(),
    )
    assert [line.grant_id for line in report.not_covered] == ["grant_1", "grant_2"]
    assert "refunded" in report.not_covered[0].why_not
    assert [(line.grant_id, line.used_elsewhere) for line in report.unused] == [("grant_3", True)]
    assert (report.folders[0].folder, report.folders[0].grants, report.folders[0].not_covered) == ("a", 3, 2)
    text = render_production_csv(report)
    assert "'=1+1" in text
    assert {len(line.split(",")) for line in text.splitlines()} == {len(COLUMNS)}


def test_a_summary_counts_what_a_report_would() -> None:
    text = encode(make_stamp(make_grant(0)))
    only_register = encode(make_stamp(make_grant(1)))
    scan = SceneScan(
        host="Test 1.0",
        scene="/a.blend",
        data_blocks=(
            DataBlock(id_type="MESH", name="Chair", stamp=text, face_grants=frozenset({7})),
            DataBlock(id_type="OBJECT", name="Chair", data_name="Chair", data_type="MESH"),
            DataBlock(id_type="MESH", name="Mystery", unmarked_faces=6),
            DataBlock(id_type="IMAGE", name="Broken", stamp="{"),
            DataBlock(id_type="CAMERA", name="Camera"),
        ),
        register=(text, only_register),
    )
    summary = summarize(scan)
    assert summary.grants == (("grant_0", 1), ("grant_1", 0))
    assert (summary.face_numbers, summary.undeclared, summary.unreadable_stamps) == ((7,), 1, 1)


def test_use_files_name_project_and_client_and_are_judged(tmp_path: Path) -> None:
    """Each project folder by its own use file; the whole folder's holds for those that have none."""
    work = tmp_path / "work"
    for name in ("render", "handover", "plain"):
        (work / name).mkdir(parents=True)
        (work / name / "a.blend").write_bytes(b"any")
    use = 'name = "{}"\nclient = "ACME"\noutputs = ["{}"]\nimpressions = 1\nprint_run = 1\n'
    (work / "clearance.toml").write_text('outputs = ["render"]\n', encoding="utf-8")
    (work / "render" / "clearance.toml").write_text(use.format("Spot", "render"), encoding="utf-8")
    (work / "handover" / "clearance.toml").write_text(
        use.format("Kit", "file_share_public"), encoding="utf-8"
    )

    def reader(path: str) -> Reading:
        summary = FileSummary(
            path=path, grants=((grant.id, 1),), face_numbers=(), undeclared=0, unreadable_stamps=0
        )
        return Reading(path, summary)

    grant, terms = licensed_grant(0, LicenseCatalogue.load())
    settings = Settings(data_dir=tmp_path / "data", user="ann")
    app = build_app(settings, host=NoHost(online=False), environ={})
    try:
        with app.ledger.transaction() as unit:
            unit.add_order(make_order(0, id=grant.order_id, ref=grant.ref))
            unit.keep_terms(grant.terms_sha256, canonical_text(terms))
            unit.add_grant(grant)
        before = len(app.ledger.audit())
        one = replace(app.services.scan, reader=reader)
        report = one.run(work, actor="ann")
        entries = app.ledger.audit()[before:]
        folders = {line.folder: line for line in report.folders}
        assert (folders["render"].project, folders["render"].client) == ("Spot", "ACME")
        assert (folders["render"].not_covered, folders["handover"].not_covered) == (0, 1)
        assert folders["plain"].project == "work"
        assert report.not_covered[0].in_folder("handover")[0] is Verdict.NOT_CLEARED
        assert "public" in report.not_covered[0].why_not
        assert report.not_covered[0].shop == "CGTrader"
        assert report.not_covered[0].license == terms.label, "not the marketplace's word, general"
        assert [entry.event.action for entry in entries] == ["scan.made"], "judging notes nothing"
        (work / "render" / "clearance.toml").write_text("outputs = [", encoding="utf-8")
        broken = one.run(work, actor="ann")
        assert "not TOML" in {line.folder: line for line in broken.folders}["render"].use_problem
        assert broken.verdict is Verdict.NOT_CLEARED
    finally:
        assert app.close()


def test_all_formats_at_once(production: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"CLEARANCE_DATA_DIR": str(tmp_path / "data")}
    places = {one: tmp_path / f"out.{one}" for one in ("json", "csv", "junit", "sarif")}
    also = [part for one, path in places.items() for part in ("--also", f"{one}={path}")]
    assert run_cli(["scan", str(production), "-o", str(tmp_path / "r.html"), *also], environ=environ) == 4
    assert "forest" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert all(path.stat().st_size > 100 for path in places.values())
    assert json.loads(places["json"].read_text(encoding="utf-8"))["folder"] == str(production)
    assert capsys.readouterr().out == ""
    assert run_cli(["scan", str(production), "--format", "sarif"], environ=environ) == 4
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"
    for wrong in (["--json", "--csv"], ["--also", "spdx=x"], ["--also", "html"], ["--format", "pdf"]):
        assert run_cli(["scan", str(production), *wrong], environ=environ) == 2


@pytest.mark.parametrize("option", ["--json", "--csv", "--jobs=1"])
def test_the_command(
    production: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    environ = {"CLEARANCE_DATA_DIR": str(tmp_path / "data")}
    assert run_cli(["scan", str(production), option], environ=environ) == 4
    out = capsys.readouterr().out
    if option == "--json":
        assert len(json.loads(out)["files"]) == 12
    else:
        assert "forest" in out
    (tmp_path / "bare").mkdir()
    assert run_cli(["scan", str(tmp_path / "bare"), option], environ=environ) == 0
    assert run_cli(["scan", str(tmp_path / "nowhere"), option], environ=environ) == 2


def test_declared_content_is_used_as_licenses_are(tmp_path: Path, ledger: Ledger) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "a.blend").write_bytes(b"")
    stands, gone, on_faces = (make_declaration(number) for number in (1, 2, 3))
    with ledger.transaction() as work:
        for one in (stands, gone, on_faces):
            work.add_declaration(one)
        work.withdraw_declaration(gone.id, at=moment(9))
    summary = FileSummary(
        path=str(folder / "a.blend"), undeclared=0, unreadable_stamps=0,
        grants=((stands.id, 3), (gone.id, 1), ("declaration_9", 1)),
        face_numbers=(hash_grant_id(on_faces.id), 77),
    )  # fmt: skip
    one = service(ledger, tmp_path, Reader())
    one = replace(one, reader=lambda path: Reading(path, summary, (mark_file(path),)))
    report = one.run(folder, actor="ann")
    lines = {line.grant_id: line for line in report.used}
    assert (lines[stands.id].state, lines[stands.id].license, lines[stands.id].why_not) == (
        "declared", "CC-BY-4.0", "",
    )  # fmt: skip
    assert "withdrawn on 2026-11-23" in lines[gone.id].why_not
    assert lines[on_faces.id].state == "declared"
    assert {line.grant_id for line in report.not_covered} == {gone.id, "declaration_9"}
    assert report.unknown_faces == 1
    assert {usage.grant_id for usage in ledger.usages()} == {stands.id, gone.id, on_faces.id}
