"""A website's download becomes a license's file: found, matched, confirmed, copied, verified, booked."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fake_marketplaces import AGENCY, WEBSHOP, make_info
from fakes import FakeClock
from file_samples import OBJ, WEB_PAGE, make_glb, make_zip
from ledger_values import make_grant, make_order
from unity_packages import PackageMaker, chair_package, store_field, subfield

from core.errors import CancelledError, DownloadRefused, UserInputError
from core.files.archives.unpack import unpack
from core.files.pickup import STORE_HEADER_MARKETPLACE
from core.files.store import Store
from core.files.unity.cache import FOLDER, VARIABLE
from core.http.cancel import CancelToken
from core.ledger.engine import SqlLedger, open_ledger
from core.marketplaces.base import Capability, MarketplaceInfo
from core.model.grant import Grant, GrantState
from core.model.listing import ListingRef
from core.model.order import Order, OrderState
from core.services.delivering.pickup import PickUp
from core.settings import Settings

UNITY = make_info(STORE_HEADER_MARKETPLACE, "Unity", {Capability.DOWNLOAD_PICKUP})
ONCE = replace(make_info("once", "Once", {Capability.DOWNLOAD_API}), delivers_once=True)
INFOS = {info.id: info for info in (UNITY, WEBSHOP, AGENCY, ONCE)}


class _Module:
    def __init__(self, info: MarketplaceInfo) -> None:
        self.INFO = info


def find_marketplace(marketplace_id: str) -> Any:
    if marketplace_id not in INFOS:
        raise UserInputError("not known")
    return _Module(INFOS[marketplace_id])


@dataclass
class Desk:
    """A user with a downloads folder, a cache, and licenses."""

    service: PickUp
    ledger: SqlLedger
    store: Store
    clock: FakeClock
    downloads: Path
    cache: Path

    def put(self, name: str, content: bytes, *, age_s: float = 3600, folder: Path | None = None) -> Path:
        path = (folder or self.downloads) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        moment = self.clock.now().timestamp() - age_s
        os.utime(path, (moment, moment))
        return path

    def grant(self, ref: str, title: str, **facts: Any) -> Grant:
        grant = make_grant(len(self.ledger.grants()) + 1, ref=ListingRef.parse(ref), title=title, **facts)
        with self.ledger.transaction() as work:
            work.add_grant(grant)
        return grant

    def order(self, number: int, ref: str, title: str, *states: OrderState) -> Order:
        order = make_order(number, ref=ListingRef.parse(ref), title=title)
        with self.ledger.transaction() as work:
            work.add_order(order)
            for state in states:
                order = work.change_order(Order(**{**_facts(order), "state": state}))
        return order

    def look(self, **options: Any) -> Any:
        return self.service.look([self.downloads], **options)

    def nothing_is_left(self) -> bool:
        return list(self.store.incoming().iterdir()) == []


def _facts(order: Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in Order.__slots__}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    ledger = open_ledger(tmp_path / "ledger.sqlite")
    clock = FakeClock()
    store = Store(tmp_path / "store", clock=clock)
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    service = PickUp(
        ledger=ledger,
        store=store,
        clock=clock,
        settings=Settings(data_dir=tmp_path, pickup_folders=(downloads,)),
        environ={VARIABLE: str(tmp_path / "cache")},
        home=tmp_path / "home",
        platform="linux",
        find_marketplace=find_marketplace,
    )
    yield Desk(service, ledger, store, clock, downloads, tmp_path / "cache" / FOLDER)
    ledger.close()


OAK = chair_package().package(extra=store_field())
PINE = chair_package().package(extra=store_field({"id": "54321", "title": "Pine Table"}))
PLAIN = chair_package().package()


def test_what_waits_for_a_file(desk: Desk) -> None:
    with_file = desk.grant("webshop:1", "Has it")
    desk.service.take(desk.put("a.glb", make_glb()), with_file.id, actor="ann")
    waiting = desk.grant("webshop:2", "Waits")
    desk.grant("agency:3", "Delivered by its API")
    desk.grant("longgone:4", "Of a marketplace that is not known here")
    desk.grant("webshop:5", "Given back", state=GrantState.REFUNDED)
    order = desk.order(1, "webshop:6", "Open on the website", OrderState.AWAITING_CHECKOUT)
    desk.order(2, "webshop:7", "Not yet sent")
    desk.order(3, "agency:8", "Checkout with an API", OrderState.AWAITING_CHECKOUT)
    first, second = desk.service.candidates()
    assert (first.grant_id, first.title, first.since) == (waiting.id, "Waits", waiting.granted_at)
    assert (second.grant_id, second.order_id) == ("", order.id)


def test_looking_finds_and_matches(desk: Desk) -> None:
    oak = desk.grant("unity:12345", "Oak Chairs")
    squid = desk.grant("webshop:7654321", "Lamp")
    desk.put("a.unitypackage", OAK, age_s=9000)
    desk.put("7654321_fbx.zip", make_zip({"lamp.obj": OBJ}), age_s=50)
    desk.put("other.zip", make_zip({"x.obj": OBJ}), age_s=10)
    desk.put("late.zip.part", b"PK")
    looked = desk.look()
    assert [one.archive.path.name for one in looked.found] == [
        "a.unitypackage",
        "7654321_fbx.zip",
        "other.zip",
    ]
    first, second, third = looked.found
    assert first.certain is not None
    assert first.certain.grant_id == oak.id
    assert second.certain is None
    assert second.matches[0].candidate.grant_id == squid.id
    assert third.matches == ()
    assert looked.arriving == ("late.zip.part",)
    assert looked.problems == ()
    assert {one.grant_id for one in looked.waiting} == {oak.id, squid.id}


def test_two_licenses_for_one_product_leave_the_choice_to_the_user(desk: Desk) -> None:
    desk.grant("unity:12345", "Oak Chairs")
    desk.grant("unity:12345", "Oak Chairs")
    desk.put("a.unitypackage", OAK)
    (found,) = desk.look().found
    assert len(found.matches) == 2
    assert found.certain is None


def test_an_open_order_is_matched_but_nothing_is_taken_for_it(desk: Desk) -> None:
    order = desk.order(1, "unity:12345", "Oak Chairs", OrderState.AWAITING_CHECKOUT)
    path = desk.put("a.unitypackage", OAK)
    (found,) = desk.look().found
    assert found.matches[0].candidate.order_id == order.id
    assert found.certain is None
    with pytest.raises(UserInputError, match="Confirm the purchase"):
        desk.service.take(path, "", actor="ann")


def test_the_editors_cache_and_the_folders_of_the_settings(desk: Desk) -> None:
    desk.put("Joiner/Props/Oak.unitypackage", OAK, folder=desk.cache)
    desk.put("x.zip", make_zip({"x.obj": OBJ}))
    looked = desk.service.look(include_unity_cache=True)
    assert {one.archive.path.name for one in looked.found} == {"Oak.unitypackage", "x.zip"}
    assert looked.problems == ()
    shutil.rmtree(desk.cache.parent)
    shutil.rmtree(desk.downloads)
    looked = desk.service.look(include_unity_cache=True)
    assert looked.found == ()
    assert len(looked.problems) == 3


def test_looking_can_be_stopped(desk: Desk) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        desk.look(cancel=token)


def test_taking_a_package_books_its_origin(desk: Desk) -> None:
    grant = desk.grant("unity:12345", "Oak Chairs")
    path = desk.put("Oak Chairs.unitypackage", OAK)
    desk.put("Oak Chairs.unitypackage.info.json", b'{"upload_id": "4711"}')
    taken = desk.service.take(path, grant.id, actor="ann")
    (file,) = taken.files
    digest = hashlib.sha256(OAK).hexdigest()
    assert (file.sha256, file.size, file.name) == (digest, len(OAK), "Oak Chairs.unitypackage")
    assert desk.ledger.files(grant.id) == taken.files
    assert taken.warnings == ()
    stored = desk.store.path(digest)
    assert stored is not None
    assert stored.read_bytes() == OAK
    assert path.read_bytes() == OAK, "a copy is kept; the user's file stays"
    assert desk.nothing_is_left()
    event = desk.ledger.audit()[-1].event
    assert (event.action, event.subject, event.actor) == ("file.picked_up", grant.id, "ann")
    assert dict(event.details) == {
        "sha256": digest,
        "size": str(len(OAK)),
        "type": "application/gzip",
        "name": "Oak Chairs.unitypackage",
        "product_id": "12345",
        "version": "1.2",
        "version_id": "777",
        "upload_id": "888",
        "publisher": "Joiner & Söhne",
        "publisher_id": "42",
    }
    assert desk.ledger.verify_audit().ok


def test_the_upload_id_beside_the_original_is_booked(desk: Desk) -> None:
    grant = desk.grant("unity:12345", "Oak Chairs")
    path = desk.put("a.unitypackage", chair_package().package(extra=store_field({"upload_id": None})))
    desk.put("a.unitypackage.info.json", b'{"upload_id": "4711"}')
    taken = desk.service.take(path, grant.id, actor="ann")
    assert taken.origin is not None
    assert taken.origin.upload_id == "4711"
    assert dict(desk.ledger.audit()[-1].event.details)["upload_id"] == "4711"


def test_an_order_is_fulfilled_once(desk: Desk) -> None:
    order = desk.order(1, "webshop:7", "Lamp", OrderState.AWAITING_CHECKOUT, OrderState.PAID)
    grant = desk.grant("webshop:7", "Lamp", order_id=order.id)
    path = desk.put("lamp.zip", make_zip({"lamp.obj": OBJ}))
    desk.service.take(path, grant.id, actor="ann")
    fulfilled = desk.ledger.order(order.id)
    assert fulfilled is not None
    assert fulfilled.state is OrderState.FULFILLED
    actions = [entry.event.action for entry in desk.ledger.audit()]
    assert actions[-2:] == ["file.picked_up", "order.fulfilled"]
    desk.service.take(path, grant.id, actor="ann")
    assert len(desk.ledger.files(grant.id)) == 1
    assert [entry.event.action for entry in desk.ledger.audit()] == actions
    desk.service.take(desk.put("textures.zip", make_zip({"a.png": b"x"})), grant.id, actor="ann")
    assert len(desk.ledger.files(grant.id)) == 2


@pytest.mark.parametrize(("ref", "word"), [("unity:12345", "54321"), ("webshop:54321", "Unity Asset Store")])
def test_another_product_is_refused_unless_it_is_meant(ref: str, word: str, desk: Desk) -> None:
    grant = desk.grant(ref, "Oak Chairs")
    path = desk.put("a.unitypackage", PINE)
    with pytest.raises(UserInputError) as caught:
        desk.service.take(path, grant.id, actor="ann")
    assert caught.value.code == "pickup.other_product"
    assert word in caught.value.message
    assert "Pine Table" in caught.value.message
    assert desk.ledger.files(grant.id) == ()
    assert list(desk.ledger.audit()) == []
    taken = desk.service.take(path, grant.id, actor="ann", accept_other_product=True)
    assert len(taken.warnings) == 1
    details = dict(desk.ledger.audit()[-1].event.details)
    assert (details["other_product"], details["product_id"]) == ("confirmed by the user", "54321")


@pytest.mark.parametrize(
    ("content", "word"),
    [(PLAIN, "rests on your word"), (chair_package().package(extra=subfield(b"{")), "is damaged")],
)
def test_a_package_of_unknown_origin_is_said(content: bytes, word: str, desk: Desk) -> None:
    grant = desk.grant("unity:12345", "Oak Chairs")
    taken = desk.service.take(desk.put("a.unitypackage", content), grant.id, actor="ann")
    (warning,) = taken.warnings
    assert word in warning
    assert dict(desk.ledger.audit()[-1].event.details)["origin"] == "not known"


def test_a_name_that_lies_is_said(desk: Desk) -> None:
    grant = desk.grant("webshop:7", "Lamp")
    taken = desk.service.take(desk.put("lamp.zip", make_glb()), grant.id, actor="ann")
    assert len(taken.warnings) == 1
    assert taken.files[0].media_type == "model/gltf-binary"


def hostile_package() -> bytes:
    maker = PackageMaker()
    maker.add("x", b"x", pathname=b"../../evil.png")
    return maker.package(extra=store_field())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zip", make_zip({"../evil.obj": OBJ})),
        ("a.zip", WEB_PAGE),
        ("a.zip", b""),
        ("a.unitypackage", hostile_package()),
        ("a.unitypackage", OAK[:-40]),
    ],
)
def test_a_hostile_or_damaged_file_is_not_taken_and_stays(name: str, content: bytes, desk: Desk) -> None:
    grant = desk.grant("unity:12345", "Oak Chairs")
    path = desk.put(name, content)
    with pytest.raises(DownloadRefused):
        desk.service.take(path, grant.id, actor="ann")
    assert path.read_bytes() == content
    assert desk.ledger.files(grant.id) == ()
    assert list(desk.ledger.audit()) == []
    assert desk.nothing_is_left()


@pytest.mark.parametrize("state", [GrantState.REFUNDED, GrantState.REVOKED, GrantState.EXPIRED])
def test_a_license_that_no_longer_stands_takes_nothing(state: GrantState, desk: Desk) -> None:
    grant = desk.grant("webshop:7", "Lamp", state=state)
    with pytest.raises(UserInputError) as caught:
        desk.service.take(desk.put("a.glb", make_glb()), grant.id, actor="ann")
    assert caught.value.code == "grant.not_active"


def test_taking_can_be_stopped_and_tells_how_far_it_is(desk: Desk) -> None:
    grant = desk.grant("webshop:7", "Lamp")
    path = desk.put("a.glb", make_glb())
    seen: list[tuple[int, int | None]] = []
    desk.service.take(path, grant.id, actor="ann", on_progress=lambda *pair: seen.append(pair))
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)
    token = CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        desk.service.take(desk.put("b.glb", make_glb()), grant.id, actor="ann", cancel=token)
    assert desk.nothing_is_left()


@pytest.mark.skipif(shutil.which("7zz") is None, reason="needs_tool: 7-Zip (7zz)")
def test_a_seven_zip_archive_with_the_real_tool(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "lamp.obj").write_bytes(OBJ)
    path = desk.downloads / "7654321-lamp.7z"
    subprocess.run(
        [str(shutil.which("7zz")), "a", "-t7z", str(path), "lamp.obj"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    desk.put(path.name, path.read_bytes())
    grant = desk.grant("webshop:7654321", "Lamp")
    (found,) = desk.look().found
    assert (found.archive.kind, found.matches[0].score) == ("7z", 0.8)
    (file,) = desk.service.take(found.archive.path, grant.id, actor="ann").files
    stored = desk.store.path(file.sha256)
    assert stored is not None
    assert unpack(stored, tmp_path / "out", name=file.name).files == (Path("lamp.obj"),)


def test_what_is_delivered_only_once_and_did_not_arrive_can_be_picked_up(desk: Desk) -> None:
    """The link came with the purchase and is gone; the user fetched the file by hand from the website."""
    grant = desk.grant("once:9", "Red brick wall")
    desk.grant("agency:9", "Red brick wall")
    assert [one.grant_id for one in desk.service.candidates()] == [grant.id]
    path = desk.put("red_brick_wall.zip", make_zip({"wall.glb": make_glb()}))
    assert desk.service.take(path, grant.id, actor="ann").files
    assert desk.service.candidates() == ()
