"""``clearance report``: the exit codes that a farm relies on, the formats, and what is wrong with a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ledger_values import make_order
from scenes import make_grant

from core.cli import run
from core.ids import hash_grant_id
from core.ledger.engine import open_ledger
from core.licenses import LicenseCatalogue, canonical_text
from core.model.report_format import ReportFormat
from core.model.scene import DataBlock, SceneScan
from core.stamp_format import encode, make_stamp

FIXTURES = Path(__file__).parents[1] / "files" / "blend"


@dataclass
class SceneHost:
    """A DCC with one scene open."""

    scan_value: SceneScan
    name: str = "Test 1.0"
    supported_formats: tuple[str, ...] = ()
    newest_blend: tuple[int, int] | None = None

    def is_online(self) -> bool:
        """Say no: a report needs no network."""
        return False

    def scan_file(self, path: Path) -> SceneScan | None:
        """Open the file, as it were."""
        return self.scan_value if path.suffix == ".blend" else None

    def scan(self) -> SceneScan:
        """Return the scene."""
        return self.scan_value


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Return a data folder whose ledger holds four grants."""
    folder = tmp_path / "data"
    ledger = open_ledger(folder / "ledger.sqlite")
    catalogue = LicenseCatalogue.load()
    with ledger.transaction() as work:
        for number in range(4):
            grant, terms = make_grant(number, catalogue)
            work.add_order(make_order(number, id=grant.order_id, ref=grant.ref))
            work.keep_terms(grant.terms_sha256, canonical_text(terms))
            work.add_grant(grant)
    ledger.close()
    return folder


def scene_of(number: int, *, undeclared: bool = False) -> SceneScan:
    """Make a scene with one licensed model, and perhaps something that nobody declared."""
    grant, _ = make_grant(number, LicenseCatalogue.load())
    text = encode(make_stamp(grant))
    blocks = [
        DataBlock(id_type="OBJECT", name="Chair", stamp=text, data_name="Chair", data_type="MESH"),
        DataBlock(id_type="MESH", name="Chair", stamp=text, face_grants=frozenset({hash_grant_id(grant.id)})),
    ]
    if undeclared:
        blocks.append(DataBlock(id_type="MESH", name="Mystery", unmarked_faces=6))
    return SceneScan(host="Test 1.0", scene="/a.blend", data_blocks=tuple(blocks), register=(text,))


def report(data_dir: Path, scan: SceneScan, *argv: str) -> int:
    """Run the command on an open scene."""
    host: Any = SceneHost(scan)
    return run(["report", *argv], host=host, environ={"CLEARANCE_DATA_DIR": str(data_dir)})


RENDER = 'outputs = ["render"]\nprint_run = 100\nimpressions = 100\nproduction_budget = "900 USD"\n'


@pytest.mark.parametrize(
    ("scan", "use", "code"),
    [
        (scene_of(0), RENDER, 0),  # CGTrader Royalty Free in a commercial render
        (scene_of(1), RENDER, 4),  # CGTrader Editorial in a commercial render
        (scene_of(1), RENDER + 'purpose = "editorial"\n', 3),  # allowed, but much of it is unconfirmed
        (scene_of(0), 'outputs = ["file_share_public"]\n', 4),  # the model itself handed out
        (scene_of(0, undeclared=True), RENDER, 4),  # something undeclared
        (scene_of(2), RENDER.replace("100", "900000"), 4),  # Shutterstock Standard: too many copies
        (scene_of(2), RENDER + "audience = 5\n", 3),  # a limit that nobody knows
    ],
)
def test_exit_codes(data_dir: Path, tmp_path: Path, scan: SceneScan, use: str, code: int) -> None:
    """0 cleared, 3 needs review, 4 not cleared or undeclared."""
    file = tmp_path / "use.toml"
    file.write_text(use, encoding="utf-8")
    out = tmp_path / "report.json"
    assert report(data_dir, scan, "--use", str(file), "--format", "json", "-o", str(out)) == code
    verdict = json.loads(out.read_text(encoding="utf-8"))["verdict"]
    assert verdict in {0: ("cleared",), 3: ("needs_review",), 4: ("not_cleared", "undeclared")}[code]


@pytest.mark.parametrize("ending", [one.value for one in ReportFormat])
def test_every_format_goes_to_stdout_or_a_file(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    """Without a file it is printed; with one, only the summary is, on stderr."""
    report(data_dir, scene_of(0), "--format", ending)
    printed = capsys.readouterr().out
    report(data_dir, scene_of(0), "--format", ending, "-o", str(tmp_path / "deep" / "r.out"))
    assert capsys.readouterr().out == ""
    assert len((tmp_path / "deep" / "r.out").read_text(encoding="utf-8")) == pytest.approx(
        len(printed), abs=40
    )


def test_several_files_at_once(data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside the main format, others are written by name."""
    sarif, junit = tmp_path / "r.sarif", tmp_path / "ci" / "r.xml"
    assert report(data_dir, scene_of(1), "--also", f"sarif={sarif}", "--also", f"junit={junit}") == 4
    printed = capsys.readouterr()
    assert json.loads(printed.out)["verdict"] == "not_cleared"
    assert str(sarif) in printed.err
    assert json.loads(sarif.read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert "<failure" in junit.read_text(encoding="utf-8")


def test_a_folder_gets_every_format_or_the_named_ones(data_dir: Path, tmp_path: Path) -> None:
    """Their names come from the scene's."""
    report(data_dir, scene_of(0), "--output-dir", str(tmp_path / "all"))
    assert {path.name for path in (tmp_path / "all").iterdir()} == {
        one.name_file("a-licenses") for one in ReportFormat
    }
    report(
        data_dir, scene_of(0), "--output-dir", str(tmp_path / "two"), "--format", "odrl", "--format", "spdx"
    )
    assert {path.name for path in (tmp_path / "two").iterdir()} == {
        "a-licenses.odrl.jsonld", "a-licenses.spdx.json",
    }  # fmt: skip
    spdx = json.loads((tmp_path / "two" / "a-licenses.spdx.json").read_text(encoding="utf-8"))
    texts = [one for one in spdx["@graph"] if one["type"] == "simplelicensing_SimpleLicensingText"]
    assert "output.render" in texts[0]["simplelicensing_licenseText"], "the terms come from the ledger"
    odrl = json.loads((tmp_path / "two" / "a-licenses.odrl.jsonld").read_text(encoding="utf-8"))
    assert odrl["@graph"][0]["@type"] == "Agreement"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--format", "html", "--format", "csv"), "several files"),
        (("-o", "x", "--output-dir", "y"), "not both"),
        (("--also", "sarif"), "FORMAT=FILE"),
        (("--also", "sarif="), "FORMAT=FILE"),
        (("--also", "pdf=x.pdf"), "no report format 'pdf'"),
        (("--format", "pdf"), "pdf"),
        (("--fail-on", "sometimes"), "sometimes"),
    ],
)
def test_wrong_outputs_are_said_before_anything_is_read(
    data_dir: Path, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], words: str
) -> None:
    """Nothing is written; the sentence says what to do."""
    assert report(data_dir, scene_of(0), *argv) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "fail_on", "code"),
    [
        (1, "review", 4), (1, "undeclared", 4), (1, "not-cleared", 4), (1, "never", 0),
        (2, "review", 3), (2, "undeclared", 0), (2, "not-cleared", 0), (2, "never", 0),
        (0, "review", 0), (0, "never", 0),
    ],
)  # fmt: skip
def test_pipelines_choose_what_fails(
    data_dir: Path, tmp_path: Path, number: int, fail_on: str, code: int
) -> None:
    """The report says the same; only the end of the command differs."""
    file, junit = tmp_path / "use.toml", tmp_path / "r.xml"
    more = "audience = 5\n" if number == 2 else ""  # a limit that nobody knows
    file.write_text(RENDER + more, encoding="utf-8")
    argv = ("--use", str(file), "--format", "junit", "-o", str(junit), "--fail-on", fail_on)
    assert report(data_dir, scene_of(number), *argv) == code
    text = junit.read_text(encoding="utf-8")
    assert ("<skipped" in text) is (number == 2 and fail_on != "review")
    assert ("<failure" in text) is (number == 1 or (number == 2 and fail_on == "review"))


def test_others_may_read_a_report(data_dir: Path, tmp_path: Path) -> None:
    """A report has the rights of any file that its user makes, not those of a private temporary file."""
    usual = tmp_path / "usual"
    usual.write_text("x", encoding="utf-8")
    report(data_dir, scene_of(0), "-o", str(tmp_path / "r.json"))
    assert (tmp_path / "r.json").stat().st_mode == usual.stat().st_mode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "r.json", "usual"]


def test_a_preset_by_name(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A production type can be named instead of a file."""
    assert report(data_dir, scene_of(0), "--use", "asset_handover") == 4
    assert "Asset hand-over" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("use", "words"),
    [
        ("outputs = ['painting']\n", "painting"),
        ("outptus = ['render']\n", "outptus"),
        ("= broken", "toml"),
        ("print_run = -5\n", "print_run"),
    ],
)
def test_a_wrong_use_file_is_wrong_usage(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], use: str, words: str
) -> None:
    """What cannot be read ends with 2 and names the place."""
    file = tmp_path / "use.toml"
    file.write_text(use, encoding="utf-8")
    assert report(data_dir, scene_of(0), "--use", str(file)) == 2
    assert words in capsys.readouterr().err


def test_a_file_in_a_dcc(data_dir: Path, tmp_path: Path) -> None:
    """Inside a DCC a named file is opened there."""
    file = tmp_path / "a.blend"
    file.write_bytes(b"whatever the DCC can read")
    assert report(data_dir, scene_of(0), str(file)) == 0


def test_a_file_without_blender(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A .blend is read without Blender; its unknown stamps clear nothing."""
    code = run(["report", str(FIXTURES / "scene_5_2.blend")], environ={"CLEARANCE_DATA_DIR": str(data_dir)})
    assert code == 4
    assert "chair" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"not a blend", b"BLENDER-v300" + b"\0" * 50])
def test_a_damaged_file(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    """A file that is no scene is wrong input, said in a sentence."""
    file = tmp_path / "broken.blend"
    file.write_bytes(content)
    assert run(["report", str(file)], environ={"CLEARANCE_DATA_DIR": str(data_dir)}) == 2
    error = capsys.readouterr().err
    assert "broken.blend" in error
    assert "Traceback" not in error


def test_without_a_scene(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Outside a DCC a file has to be named."""
    assert run(["report"], environ={"CLEARANCE_DATA_DIR": str(data_dir)}) == 1
    assert ".blend" in capsys.readouterr().err
