"""``clearance pickup`` lists what lies in a folder and takes what it is told to."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from file_samples import OBJ, make_zip
from ledger_values import make_grant
from unity_packages import chair_package, store_field

from core.cli import run
from core.ledger.engine import open_ledger
from core.model.listing import ListingRef


@dataclass
class Desk:
    """A data folder with one license, and a folder of downloads."""

    data: Path
    downloads: Path
    capsys: pytest.CaptureFixture[str]

    def put(self, name: str, content: bytes) -> Path:
        path = self.downloads / name
        path.write_bytes(content)
        moment = time.time() - 60
        os.utime(path, (moment, moment))
        return path

    def run(self, *argv: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        environ = {
            "CLEARANCE_DATA_DIR": str(self.data),
            "CLEARANCE_USER": "ann",
            "ASSETSTORE_CACHE_PATH": str(self.data / "cache"),
        }
        code = run(["pickup", *argv], environ=environ)
        captured = self.capsys.readouterr()
        return code, captured.out, captured.err


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    data = tmp_path / "data"
    data.mkdir()
    ledger = open_ledger(data / "ledger.sqlite")
    grant: Any = make_grant(1, ref=ListingRef(marketplace="unity", id="12345"), title="Oak Chairs")
    with ledger.transaction() as work:
        work.add_grant(grant)
    ledger.close()
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    return Desk(data, downloads, capsys)


def test_a_listing(desk: Desk) -> None:
    desk.put("a.zip", make_zip({"x.obj": OBJ}))
    desk.put("b.zip.part", b"x")
    code, out, err = desk.run(str(desk.downloads))
    assert code == 0
    assert out.splitlines()[1].split("\t")[:2] == ["a.zip", "zip"]
    assert "b.zip.part is still being downloaded." in err


def test_an_empty_folder_and_one_that_is_not_there(desk: Desk) -> None:
    code, out, _err = desk.run(str(desk.downloads))
    assert (code, out) == (0, "No download was found.\n")
    code, out, err = desk.run(str(desk.downloads / "gone"), "--unity-cache")
    assert code == 0
    assert out == ""
    assert "it is not there" in err
    assert "Unity Editor's cache was not found" in err


def test_a_file_is_taken_for_a_license(desk: Desk) -> None:
    path = desk.put("oak.unitypackage", chair_package().package(extra=store_field()))
    code, out, err = desk.run(str(path), "--grant", "grant_1", "--json")
    assert (code, err) == (0, "")
    assert '"product_id": "12345"' in out
    assert path.exists()


def test_a_file_needs_a_license(desk: Desk) -> None:
    path = desk.put("oak.unitypackage", chair_package().package())
    code, _out, err = desk.run(str(path))
    assert code == 2
    assert "--grant" in err


def test_another_product_needs_a_word(desk: Desk) -> None:
    path = desk.put("pine.unitypackage", chair_package().package(extra=store_field({"id": "7"})))
    code, _out, err = desk.run(str(path), "--grant", "grant_1")
    assert code == 2
    assert "Nothing was taken" in err
    code, out, err = desk.run(str(path), "--grant", "grant_1", "--other-product")
    assert code == 0
    assert "is in the library" in out
    assert "product 7" in err


def test_nothing_that_fits(desk: Desk) -> None:
    desk.put("a.zip", make_zip({"x.obj": OBJ}))
    code, _out, err = desk.run(str(desk.downloads), "--grant", "grant_1")
    assert code == 2
    assert "No file was found" in err
