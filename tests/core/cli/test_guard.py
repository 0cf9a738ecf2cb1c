"""``clearance guard``: the exit code that a farm relies on, and what it prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ledger_values import make_order
from scenes import make_grant

from core.cli import run
from core.host import NoHost
from core.ledger.engine import open_ledger
from core.licenses import LicenseCatalogue, canonical_text
from core.model.scene import DataBlock, SceneScan
from core.stamp_format import encode, make_stamp

GENERAL, EDITORIAL, STANDARD = range(3)


class SceneHost(NoHost):
    """A DCC with one scene open."""

    def __init__(self, scan: SceneScan) -> None:
        super().__init__(online=False)
        self._scan = scan

    def scan(self) -> SceneScan:
        """Return the scene."""
        return self._scan


Guard = Callable[..., tuple[int, str, str]]


@pytest.fixture
def guard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Guard:
    """Run the command on a scene of some grants."""
    catalogue = LicenseCatalogue.load()
    made = [make_grant(number, catalogue) for number in range(3)]
    ledger = open_ledger(tmp_path / "ledger.sqlite")
    with ledger.transaction() as work:
        for number, (grant, terms) in enumerate(made):
            work.add_order(make_order(number, id=grant.order_id, ref=grant.ref))
            work.keep_terms(grant.terms_sha256, canonical_text(terms))
            work.add_grant(grant)
    ledger.close()

    def ask(numbers: tuple[int, ...], *argv: str) -> tuple[int, str, str]:
        blocks = tuple(
            DataBlock(id_type="IMAGE", name=f"Image {number}", stamp=encode(make_stamp(made[number][0])))
            for number in numbers
        )
        host = SceneHost(SceneScan(host="Test", scene="/a.blend", data_blocks=blocks))
        capsys.readouterr()
        code = run(["guard", *argv], environ={"CLEARANCE_DATA_DIR": str(tmp_path)}, host=host)
        said = capsys.readouterr()
        return code, said.out, said.err

    return ask


def write(tmp_path: Path, text: str) -> None:
    (tmp_path / "studio.toml").write_text(text, encoding="utf-8")


def test_without_a_studio_s_word_it_only_tells(guard: Guard) -> None:
    code, out, err = guard((EDITORIAL,))
    assert code == 0
    assert out.startswith("Clearance: error: “Asset 1” is for editorial use only")
    assert err == ""


def test_nothing_to_tell(guard: Guard) -> None:
    assert guard((STANDARD,)) == (0, "No alerts.\n", "")


def test_the_studio_s_file_stops(guard: Guard, tmp_path: Path) -> None:
    write(tmp_path, 'schema = 1\n[alerts]\nstop = ["render"]\n')
    code, _, err = guard((EDITORIAL,))
    assert code == 4
    assert err.startswith("Clearance: stopped: The render was stopped for ")
    assert guard((EDITORIAL,), "--occasion", "export")[0] == 0
    assert guard((STANDARD,))[0] == 0


def test_an_export_to_an_open_format_is_stopped_and_inside_the_house_it_is_not(
    guard: Guard, tmp_path: Path
) -> None:
    argv = ("--occasion", "export", "--format", ".GLB", "--stop-at", "not_cleared", "--json")
    code, out, _ = guard((GENERAL,), *argv)
    said: dict[str, Any] = json.loads(out)
    assert code == 4
    assert (said["stopped"], said["format"], said["outputs"]) == (True, "glb", ["interactive_open_format"])
    assert [alert["kind"] for alert in said["alerts"]] == ["forbidden_output"]
    use = tmp_path / "use.toml"
    use.write_text('name = "Spot"\noutputs = ["file_share_internal"]\n', encoding="utf-8")
    code, out, _ = guard((GENERAL,), *argv, "--use", str(use))
    assert (code, json.loads(out)["stopped"]) == (0, False)


def test_rules_that_cannot_be_read_stop(guard: Guard, tmp_path: Path) -> None:
    write(tmp_path, "[alerts]\nstop = 1\n")
    code, _, err = guard((STANDARD,))
    assert code == 4
    assert "studio.toml:2" in err


@pytest.mark.parametrize("argv", [("--occasion", "sunrise"), ("--stop-at", "cleared")])
def test_wrong_words_are_wrong_input(guard: Guard, argv: tuple[str, str]) -> None:
    code, out, err = guard((STANDARD,), *argv)
    assert (code, out) == (2, "")
    assert argv[1] in err
