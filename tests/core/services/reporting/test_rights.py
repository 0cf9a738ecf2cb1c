"""The rights file beside an exported file: written whole, read back, held against the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import ledger_values as values
import pytest
from fakes import FakeClock
from rights_samples import make_license, make_mesh, make_record
from shops import Shop

from core.errors import CancelledError, LedgerError, UserInputError
from core.http.cancel import CancelToken
from core.ids import hash_grant_id
from core.ledger.engine import open_ledger
from core.model.declaration import Declaration, Origin
from core.policy.declared import make_credit
from core.rights.record import Details
from core.services.reporting.rights import ExportRights
from core.stamp_format import make_declared_stamp, make_stamp

DRAFT = make_record(make_mesh("Chair", (0, 4, 8)), licenses=1, file=None)


@pytest.fixture
def rights(shop: Shop) -> ExportRights:
    return ExportRights(ledger=shop.ledger, clock=shop.clock, catalogue=shop.catalogue)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "möbel 家具.fbx"
    path.write_bytes(b"a model")
    return path


def test_it_is_written_beside_the_file_and_read_back(rights: ExportRights, shop: Shop, model: Path) -> None:
    written = rights.write(DRAFT, model, actor="ann")
    assert written.rights_path == model.with_name("möbel 家具.fbx.rights.json")
    read = rights.read(model)
    assert read.record == written.record
    assert (read.path, read.changed) == (model, ())
    assert read.record is not None
    assert read.record.file is not None
    assert (read.record.file.name, read.record.file.size) == (model.name, 7)
    assert read.record.made_at == shop.clock.now()
    assert rights.read(written.rights_path) == read
    assert [path.name for path in model.parent.iterdir() if path.name.startswith(".")] == []


def test_whoever_may_read_the_file_may_read_its_rights(rights: ExportRights, model: Path) -> None:
    model.chmod(0o640)
    written = rights.write(DRAFT, model, actor="ann")
    assert written.rights_path.stat().st_mode & 0o777 == model.stat().st_mode & 0o777


def test_the_audit_remembers_what_left(rights: ExportRights, shop: Shop, model: Path) -> None:
    written = rights.write(DRAFT, model, actor="ann")
    (entry,) = [each for each in shop.ledger.audit() if each.event.action == "export.recorded"]
    details = dict(entry.event.details)
    assert (entry.event.subject, entry.event.actor) == (model.name, "ann")
    assert written.record.file is not None
    assert details == {
        "sha256": written.record.file.sha256, "format": "fbx", "licenses": "1", "undeclared": "3",
    }  # fmt: skip


def test_what_the_ledger_and_the_terms_say_is_added(rights: ExportRights, shop: Shop, model: Path) -> None:
    grant = values.make_grant(5, title="Oak chair", author="Mia", license_id="cgtrader.royalty_free")
    with shop.ledger.transaction() as work:
        work.add_grant(grant)
    draft = replace(DRAFT, licenses=(replace(make_license(), stamp=make_stamp(grant), details=Details()),))
    (held,) = rights.write(draft, model, actor="ann").record.licenses
    assert (held.details.title, held.details.author) == ("Oak chair", "Mia")
    assert held.details.marketplace_name == "CGTrader"
    assert held.details.terms_url.startswith("https://www.cgtrader.com")
    text = model.with_name(f"{model.name}.rights.json").read_text(encoding="utf-8")
    for secret in (grant.order_id, grant.licensee, grant.project, grant.marketplace_license_id):
        assert not secret or secret not in text


def test_a_license_of_another_ledger_keeps_what_the_terms_say(rights: ExportRights) -> None:
    stamp = make_license(77).stamp
    details = rights.describe([stamp])[stamp.grant_id]
    assert (details.title, details.author) == ("", "")
    assert details.license_label
    assert details.terms_url.startswith("https://")


@pytest.mark.parametrize("origin", [Origin.FREE_LICENSE, Origin.OWN_WORK, Origin.CLIENT])
def test_of_declared_content_only_what_its_author_published_leaves(
    origin: Origin, rights: ExportRights, shop: Shop
) -> None:
    declaration = Declaration(
        id="declaration_1", origin=origin, title="Secret car", declared_by="bob",
        declared_at=shop.clock.now(),
        reason="the client said so", author="Mia", license="CC-BY-4.0", source_url="https://example.com/car",
        client="ACME",
    )  # fmt: skip
    with shop.ledger.transaction() as work:
        work.add_declaration(declaration)
    stamp = make_declared_stamp(declaration, credit=make_credit(declaration))
    assert rights.find_by_faces([hash_grant_id("declaration_1")])[hash_grant_id("declaration_1")] == stamp
    details = rights.describe([stamp])["declaration_1"]
    if origin is Origin.FREE_LICENSE:
        assert (details.title, details.author, details.license_label) == ("Secret car", "Mia", "CC-BY-4.0")
    else:
        assert details == Details()


def test_faces_are_known_by_the_ledger(rights: ExportRights, shop: Shop) -> None:
    grant = values.make_grant(5)
    with shop.ledger.transaction() as work:
        work.add_grant(grant)
    number = hash_grant_id(grant.id)
    assert rights.find_by_faces([number, 7]) == {number: make_stamp(grant)}


def test_a_ledger_that_cannot_be_read_leaves_the_stamps(tmp_path: Path, shop: Shop) -> None:
    with closing(open_ledger(tmp_path / "other.sqlite")) as ledger:
        rights = ExportRights(ledger=ledger, clock=FakeClock(), catalogue=shop.catalogue)
    (tmp_path / "other.sqlite").write_bytes(b"no database at all" * 100)
    stamp = make_license().stamp
    assert rights.describe([stamp])[stamp.grant_id].title == ""
    assert rights.find_by_faces([1]) == {}
    with pytest.raises(LedgerError):
        ledger.grants()


@pytest.mark.parametrize("change", [b"a modem", b"a model, longer", b""])
def test_a_file_that_changed_since_is_told(rights: ExportRights, model: Path, change: bytes) -> None:
    rights.write(DRAFT, model, actor="ann")
    model.write_bytes(change)
    assert rights.read(model).changed == (model.name,)


class TestCompanions:
    """What a file needs beside it belongs to it."""

    def write_gltf(self, folder: Path, *uris: str) -> Path:
        path = folder / "chair.gltf"
        root = {
            "asset": {"version": "2.0"},
            "buffers": [{"uri": uris[0]}],
            "images": [{"uri": u} for u in uris[1:]],
        }
        path.write_text(json.dumps(root), encoding="utf-8")
        return path

    def test_a_gltf_has_buffers_and_pictures(self, rights: ExportRights, tmp_path: Path) -> None:
        (tmp_path / "tex").mkdir()
        for name in ("chair.bin", "tex/wood 1.png"):
            (tmp_path / name).write_bytes(name.encode())
        path = self.write_gltf(
            tmp_path, "chair.bin", "tex/wood%201.png", "data:image/png;base64,AAAA", "gone.png"
        )
        record = rights.write(DRAFT, path, actor="ann").record
        assert [mark.name for mark in record.companions] == ["chair.bin", "tex/wood 1.png"]
        assert rights.read(path).changed == ()
        (tmp_path / "tex/wood 1.png").write_bytes(b"another")
        (tmp_path / "chair.bin").unlink()
        assert rights.read(path).changed == ("chair.bin", "tex/wood 1.png")

    @pytest.mark.parametrize(
        "uri", ["../secret.bin", "/etc/hostname", "https://example.com/a.bin", "a/../../b"]
    )
    def test_nothing_outside_of_the_folder_is_read(
        self, uri: str, rights: ExportRights, tmp_path: Path
    ) -> None:
        folder = tmp_path / "out"
        folder.mkdir()
        (tmp_path / "secret.bin").write_bytes(b"secret")
        path = self.write_gltf(folder, uri)
        assert rights.write(DRAFT, path, actor="ann").record.companions == ()

    def test_an_obj_has_its_materials(self, rights: ExportRights, tmp_path: Path) -> None:
        for name in ("chair.obj", "chair.mtl"):
            (tmp_path / name).write_text(name)
        record = rights.write(DRAFT, tmp_path / "chair.obj", actor="ann").record
        assert [mark.name for mark in record.companions] == ["chair.mtl"]

    @pytest.mark.parametrize(
        "name", ["../../x", "/etc/hostname", "C:\\x", "//server/share", "a/../../../x", ""]
    )
    def test_a_record_cannot_have_strange_files_read(
        self, name: str, rights: ExportRights, model: Path
    ) -> None:
        written = rights.write(DRAFT, model, actor="ann")
        data = json.loads(written.rights_path.read_text(encoding="utf-8"))
        data["companions"] = [{"name": name, "size": 1, "sha256": "0" * 64}]
        written.rights_path.write_text(json.dumps(data), encoding="utf-8")
        assert rights.read(model).changed == (name,)


def test_a_file_without_a_record_is_no_error(rights: ExportRights, model: Path) -> None:
    read = rights.read(model)
    assert (read.record, read.path) == (None, model)


@pytest.mark.parametrize("name", ["gone.fbx", "gone.fbx.rights.json"])
def test_what_is_not_there_is_said(name: str, rights: ExportRights, tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="is not there"):
        rights.read(tmp_path / name)


def test_a_record_without_its_file(rights: ExportRights, model: Path) -> None:
    written = rights.write(DRAFT, model, actor="ann")
    model.unlink()
    with pytest.raises(UserInputError, match="not beside its rights file") as caught:
        rights.read(written.rights_path)
    assert caught.value.code == "rights.no_file"
    assert rights.read(written.rights_path, needs_file=False).record == written.record


def test_a_renamed_record_finds_its_file(rights: ExportRights, model: Path) -> None:
    written = rights.write(DRAFT, model, actor="ann")
    renamed = written.rights_path.rename(model.with_name("other.rights.json"))
    read = rights.read(renamed)
    assert (read.path, read.changed) == (model, ())


@pytest.mark.parametrize("name", ["../up.fbx", "/etc/hostname", "..\\up.fbx", "sub/x.fbx"])
def test_a_record_cannot_point_elsewhere(name: str, rights: ExportRights, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    for place in (tmp_path / "up.fbx", folder / "sub" / "x.fbx", folder / "a.fbx"):
        place.write_bytes(b"x")
    written = rights.write(DRAFT, folder / "a.fbx", actor="ann")
    data = json.loads(written.rights_path.read_text(encoding="utf-8"))
    data["file"]["name"] = name
    lonely = folder / "b.fbx.rights.json"
    lonely.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(UserInputError, match="not beside its rights file"):
        rights.read(lonely)


def test_nothing_is_left_of_a_file_that_could_not_be_written(
    rights: ExportRights, shop: Shop, model: Path
) -> None:
    (model.parent / f"{model.name}.rights.json").mkdir()
    with pytest.raises(UserInputError, match="could not be written") as caught:
        rights.write(DRAFT, model, actor="ann")
    assert caught.value.code == "rights.write"
    assert [path.name for path in model.parent.iterdir() if path.name.startswith(".")] == []
    assert "export.recorded" not in {entry.event.action for entry in shop.ledger.audit()}


def test_an_export_that_is_gone_again_is_said(rights: ExportRights, tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="cannot be read after the export"):
        rights.write(DRAFT, tmp_path / "gone.fbx", actor="ann")


@pytest.mark.parametrize("step", ["write", "read"])
def test_hashing_can_be_stopped(step: str, rights: ExportRights, model: Path) -> None:
    token = CancelToken()
    if step == "read":
        rights.write(DRAFT, model, actor="ann")
    token.cancel()
    act: dict[str, Callable[[], object]] = {
        "write": lambda: rights.write(DRAFT, model, actor="ann", cancel=token),
        "read": lambda: rights.read(model, cancel=token),
    }
    with pytest.raises(CancelledError):
        act[step]()
    if step == "write":
        assert list(model.parent.glob("*.fbx")) == [model]
        assert not list(model.parent.glob("*.rights.json"))
