"""A small picture of everything that is bought: from the file, else from the preview, never at a price."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeSender
from PIL import Image
from shops import Shop

from core.errors import CancelledError, Unavailable
from core.files.picture_folder import PictureFolder
from core.http.cancel import CancelToken
from core.http.message import Idempotency
from core.marketplaces import registry
from core.model.grant import Grant, GrantFile
from core.model.listing import Listing, ListingRef, MediaKind, Preview
from core.services.delivering.pictures import KeepPictures
from core.services.finding.previews import Previews

PREVIEW = Preview(url="https://image.shutterstock.com/oak.jpg", width=450, height=300)
IMAGE = Listing(
    ref=ListingRef(marketplace="shutterstock", id="123"),
    title="Oak",
    kind=MediaKind.IMAGE,
    offers=(),
    previews=(PREVIEW,),
)


def encode(color: str, size: tuple[int, int] = (900, 600), kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, kind)
    return out.getvalue()


@dataclass
class Shopfront:
    """Hands out previews, and counts how often it was asked."""

    data: bytes | Exception = b""
    asked: list[str] = field(default_factory=list)

    def fetch_public(self, url: str, info: Any, *, max_bytes: int, cancel: Any = None) -> bytes:
        if cancel is not None:
            cancel.check()
        self.asked.append(url)
        if isinstance(self.data, Exception):
            raise self.data
        return self.data


@dataclass
class Kept:
    """The service, and everything around it."""

    service: KeepPictures
    front: Shopfront
    sender: FakeSender
    shop: Shop

    def own(self, ref: ListingRef = IMAGE.ref, kind: MediaKind = MediaKind.IMAGE) -> Grant:
        return Grant(
            id="grant_1", order_id="order_1", ref=ref, title="Oak", author="", kind=kind,
            license_id="shutterstock.standard", license_label="standard", terms_sha256="",
            marketplace_license_id="", licensee="", project="",
            granted_at=datetime(2026, 11, 24, tzinfo=UTC),
        )  # fmt: skip


@pytest.fixture
def make(shop: Shop, tmp_path: Path) -> Callable[..., Kept]:
    def build(data: bytes | Exception = b"", listing: Any = IMAGE, **changes: Any) -> Kept:
        front, sender = Shopfront(data), FakeSender(listing=listing)
        service = KeepPictures(
            folder=PictureFolder(root=tmp_path / "pictures"),
            ledger=shop.ledger,
            store=shop.store,
            previews=Previews(client=front),  # type: ignore[arg-type]
            sender=sender,
            **changes,
        )
        return Kept(service, front, sender, shop)

    return build


@dataclass
class Files:
    """A ledger that only knows which files there are."""

    files_of: tuple[GrantFile, ...]

    def files(self, _grant_id: str) -> tuple[GrantFile, ...]:
        return self.files_of


def delivered(kept: Kept, data: bytes, media_type: str, *, size: int | None = None) -> KeepPictures:
    digest = hashlib.sha256(data).hexdigest()
    path = kept.shop.store.incoming() / "arrived"
    path.write_bytes(data)
    kept.shop.store.adopt(path, digest)
    file = GrantFile(
        grant_id="grant_1", sha256=digest, name="oak", size=len(data) if size is None else size,
        media_type=media_type, downloaded_at=datetime(2026, 11, 24, tzinfo=UTC),
    )  # fmt: skip
    return replace(kept.service, ledger=Files((file,)))  # type: ignore[arg-type]


def test_the_preview_is_kept_small_and_fetched_once(make: Callable[..., Kept]) -> None:
    kept = make(encode("red"))
    picture = kept.service.keep(kept.own(), listing=IMAGE)
    assert picture is not None
    assert (picture.width, picture.height, picture.media_type) == (256, 171, "image/jpeg")
    assert kept.sender.sent == []
    again = kept.service.keep(kept.own())
    assert again == picture
    assert kept.front.asked == [PREVIEW.url]
    assert kept.service.find([kept.own()]) == {"grant_1": picture}


def test_the_marketplace_is_asked_for_the_listing_where_nobody_has_it(make: Callable[..., Kept]) -> None:
    kept = make(encode("red"))
    other = replace(IMAGE, ref=ListingRef(marketplace="shutterstock", id="9"))
    assert kept.service.keep(kept.own(), listing=other) is not None
    (call,) = kept.sender.sent
    assert (call.operation, call.idempotency) == ("listing", Idempotency.SAFE)


def test_a_call_that_could_cost_is_never_sent(make: Callable[..., Kept]) -> None:
    module = registry.find("shutterstock")

    class Spending:
        INFO = module.INFO

        @staticmethod
        def listing(ref: ListingRef, kind: MediaKind) -> Any:
            return replace(module.listing(ref, kind), idempotency=Idempotency.SPENDING)

    kept = make(encode("red"), find_marketplace=lambda _id: Spending)
    assert kept.service.keep(kept.own()) is None
    assert kept.sender.sent == []


def test_the_delivered_file_goes_first(make: Callable[..., Kept]) -> None:
    kept = make(Unavailable("down", marketplace="shutterstock"))
    service = delivered(kept, encode("blue", (3000, 1500)), "image/jpeg")
    picture = service.keep(kept.own(), listing=IMAGE)
    assert picture is not None
    assert (picture.width, picture.height) == (256, 128)
    assert kept.front.asked == []
    with Image.open(io.BytesIO(picture.data)) as shown:
        red, _, blue = shown.convert("RGB").getpixel((9, 9))  # type: ignore[misc]
    assert (red < 30, blue > 220) == (True, True)


@pytest.mark.parametrize(
    ("data", "media_type", "size"),
    [
        (b"\xff\xd8\xff damaged", "image/jpeg", None),
        (encode("red"), "application/zip", None),
        (encode("red"), "image/jpeg", 10**9),
    ],
)
def test_what_cannot_be_shown_is_left(
    data: bytes, media_type: str, size: int | None, make: Callable[..., Kept]
) -> None:
    kept = make(encode("red"))
    service = delivered(kept, data, media_type, size=size)
    assert service.here(kept.own()) is None
    assert service.keep(kept.own(), listing=IMAGE) is not None


@pytest.mark.parametrize(
    "answer", [Unavailable("down", marketplace="shutterstock"), b"<html>no picture</html>", b""]
)
def test_without_a_picture_nothing_is_raised_or_kept(
    answer: bytes | Exception, make: Callable[..., Kept]
) -> None:
    kept = make(answer)
    assert kept.service.keep(kept.own(), listing=IMAGE) is None
    assert kept.service.find([kept.own()]) == {}


def test_no_preview_and_an_unknown_marketplace(make: Callable[..., Kept]) -> None:
    kept = make(encode("red"), listing=replace(IMAGE, previews=()))
    assert kept.service.keep(kept.own()) is None
    assert kept.service.keep(kept.own(ListingRef(marketplace="gone", id="1"))) is None
    assert kept.service.keep_for("grant_unknown") is None
    assert kept.front.asked == []


def test_website_marketplaces_are_never_asked(make: Callable[..., Kept]) -> None:
    ref = ListingRef(marketplace="turbosquid", id="77")
    found = replace(IMAGE, ref=ref, previews=(Preview(url="https://static.turbosquid.com/a.jpg"),))
    kept = make(encode("red"), find_listing={ref: found}.get)
    assert kept.service.keep(kept.own(ref, MediaKind.MODEL)) is not None
    assert kept.sender.sent == []
    assert kept.service.keep(kept.own(ListingRef(marketplace="turbosquid", id="8"), MediaKind.MODEL)) is None


def test_being_stopped_is_not_swallowed(make: Callable[..., Kept]) -> None:
    kept, token = make(encode("red")), CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        kept.service.keep(kept.own(), listing=IMAGE, cancel=token)
