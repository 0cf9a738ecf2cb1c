"""``clearance recognize`` and ``clearance fingerprints update``, over a real ledger and real files."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ledger_values import make_file, make_grant
from mesh_samples import pack, write_obj
from similar_content import make_chair
from varied_content import make_image, save

from core.cli import run
from core.files.store import Store
from core.ledger.engine import open_ledger
from core.model.content import Candidate
from core.model.listing import ListingRef
from core.model.scene import DataBlock, Handle, SceneScan

FIXTURES = Path(__file__).parents[1] / "files" / "blend"
Run = Callable[..., tuple[int, str, str]]


@dataclass
class SceneHost:
    """A DCC with one scene open, whose content it can hand out."""

    scan_value: SceneScan
    contents: dict[int, Candidate]
    name: str = "Test 1.0"
    supported_formats: tuple[str, ...] = ()
    newest_blend: tuple[int, int] | None = None
    stamped: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    saved: int = 0

    def is_online(self) -> bool:
        return False

    def scan(self) -> SceneScan:
        return self.scan_value

    def scan_file(self, path: Path) -> SceneScan | None:
        return self.scan_value

    def copy_out(self, handles: tuple[Handle, ...]) -> Iterator[Candidate]:
        return (self.contents[handle.session_uid] for handle in handles)

    def stamp(self, handles: tuple[Handle, ...], stamp: Any) -> int:
        self.stamped.append((stamp.grant_id, tuple(handle.session_uid for handle in handles)))
        return len(handles)

    def save(self) -> Path:
        self.saved += 1
        return Path("scene.blend")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Return a data folder with a chair and a photo that were bought and downloaded."""
    folder = tmp_path / "data"
    chair = write_obj(tmp_path / "bought.obj", make_chair(random.Random(1))).read_bytes()
    photo = save(make_image(3, 160))
    with closing(open_ledger(folder / "ledger.sqlite")) as ledger:
        store = Store(folder / "store")
        for number, name, data in ((1, "chair.obj", chair), (2, "photo.png", photo)):
            digest = hashlib.sha256(data).hexdigest()
            path = tmp_path / f"incoming{number}"
            path.write_bytes(data)
            store.adopt(path, digest)
            ref = ListingRef(marketplace="cgtrader" if number == 1 else "shutterstock", id=f"12{number}")
            with ledger.transaction() as work:
                work.add_grant(make_grant(number, title=f"Thing {number}", ref=ref))
                work.add_file(
                    make_file(number, grant_id=f"grant_{number}", sha256=digest, name=name, size=len(data))
                )
    return folder


@pytest.fixture
def shell(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def execute(*argv: str, host: Any = None) -> tuple[int, str, str]:
        capsys.readouterr()
        environ = {"CLEARANCE_DATA_DIR": str(data_dir), "CLEARANCE_PASSPHRASE": "x"}
        code = run(["--offline", *argv], host=host, environ=environ)
        out, err = capsys.readouterr()
        return code, out, err

    return execute


def learned(shell: Run) -> Run:
    code, out, _ = shell("fingerprints", "update", "--json")
    assert code == 0 and {one["grant_id"] for one in json.loads(out)} == {"grant_1", "grant_2"}
    return shell


def test_update_says_what_it_learned_once(shell: Run) -> None:
    code, out, _ = shell("fingerprints", "update")
    assert code == 0 and "Thing 1" in out and "Thing 2" in out
    assert shell("fingerprints", "update")[1] == "Everything that is here was looked into before.\n"
    assert "Thing 1" in shell("fingerprints", "update", "--anew")[1]


def test_loose_files_are_recognized(shell: Run, tmp_path: Path) -> None:
    learned(shell)
    copy = tmp_path / "unknown.jpg"
    copy.write_bytes(save(make_image(3, 160).resize((90, 90)), "JPEG", quality=70))
    mesh = write_obj(tmp_path / "found.obj", make_chair(random.Random(1)))
    other = write_obj(tmp_path / "other.obj", make_chair(random.Random(2)))
    code, out, err = shell("recognize", str(copy), str(mesh), str(other))
    assert code == 3
    assert "Shutterstock 122 (“Thing 2”), bought 2026-11-23; stamp it?" in out
    assert "CGTrader 121 (“Thing 1”), bought 2026-11-23; stamp it?" in out
    assert "other.obj" not in out and "2 recognized, 0 stamped" in err
    code, out, _ = shell("recognize", "--json", str(copy), str(other))
    found = json.loads(out)
    assert [one["suggestions"][0]["grant_id"] for one in found["recognized"]] == ["grant_2"]
    assert (
        found["recognized"][0]["certain"] is True
        and found["recognized"][0]["suggestions"][0]["likeness"] == "look"
    )


def test_nothing_known_and_nothing_readable_are_said(shell: Run, tmp_path: Path) -> None:
    fbx = tmp_path / "model.fbx"
    fbx.write_bytes(b"Kaydara FBX Binary  \x00\x1a\x00" + bytes(40))
    damaged = tmp_path / "damaged.glb"
    damaged.write_bytes(b"glTF\x02\x00\x00\x00")
    code, _, err = shell("recognize", str(fbx), str(damaged))
    assert code == 0
    assert "can only be read by Blender" in err and "damaged.glb" in err and "Nothing is known yet" in err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("missing.png",), "There is no file"),
        (("a.blend", "b.png"), "Name one scene"),
        (("b.png", "--stamp"), "Only a scene can be stamped"),
    ],
)
def test_what_makes_no_sense_is_said(
    shell: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.blend", "b.png"):
        (tmp_path / name).write_bytes(b"x")
    code, _, err = shell("recognize", *argv)
    assert code == 2 and said in err


@pytest.mark.parametrize("version", ["4_2", "4_5", "5_2"])
def test_a_blend_file_is_read_without_blender(shell: Run, version: str) -> None:
    learned(shell)
    scene = FIXTURES / f"scene_{version}.blend"
    code, out, err = shell("recognize", "--json", str(scene))
    found = json.loads(out)
    assert code == 0 and found["recognized"] == [] and found["looked_at"] > 0
    code, _, err = shell("recognize", str(scene), "--stamp")
    assert code == 2 and "Stamping needs Blender" in err


def make_host() -> SceneHost:
    chair = pack(make_chair(random.Random(1)))
    blocks = (
        DataBlock(id_type="MESH", name="Chair", session_uid=5),
        DataBlock(id_type="OBJECT", name="Seat", session_uid=6, data_name="Chair", data_type="MESH"),
        DataBlock(id_type="MESH", name="Other", session_uid=7),
    )
    return SceneHost(
        SceneScan(host="Test 1.0", scene="scene.blend", data_blocks=blocks),
        {
            5: Candidate(subject="MESH/Chair", mesh=chair),
            7: Candidate(subject="MESH/Other", mesh=pack(make_chair(random.Random(2)))),
        },
    )


def test_the_open_scene_is_looked_at_and_stamped_when_asked(shell: Run, data_dir: Path) -> None:
    learned(shell)
    host = make_host()
    code, out, _ = shell("recognize", host=host)
    assert code == 3 and "MESH/Chair" in out and host.stamped == []
    code, out, _ = shell("recognize", "--stamp", "--save", "--json", host=host)
    assert code == 0 and host.stamped == [("grant_1", (5, 6))] and host.saved == 1
    assert json.loads(out)["recognized"][0]["stamped"] == "grant_1"
    with closing(open_ledger(data_dir / "ledger.sqlite")) as ledger:
        assert [e.event.action for e in ledger.audit() if e.event.action.startswith("content")] == [
            "content.stamped"
        ]


def test_the_report_hints_when_asked(shell: Run) -> None:
    learned(shell)
    rules = []
    for extra in ((), ("--recognize",)):
        code, out, _ = shell("report", *extra, host=make_host())
        assert code == 4
        rules.append({finding["rule"] for finding in json.loads(out)["findings"]})
    assert rules[1] - rules[0] == {"content.recognized"}
