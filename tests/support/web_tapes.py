"""Tapes of what happens without an API, in ``tapes/<marketplace>/web``.

Words in, a link out; an address in, an id out; a feed's row in, a listing out; a downloaded file's name and
header in, the product that it is out.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tapes import FOLDER, plain

from core.feeds.columns import COMMON, parse_mapping, squeeze
from core.feeds.products import NotAProduct, ProductReader
from core.files import pickup
from core.files.unity.header import parse_origin
from core.marketplaces import registry
from core.marketplaces.base import Capability, MarketplaceInfo
from core.marketplaces.web import WebShop
from core.model.listing import ListingRef

Json = Any
WEB_TAPED = {
    Capability.SEARCH_LINK: {"search_link"},
    Capability.SEARCH_FEED: {"feed_row"},
    Capability.PURCHASE_WEB: {"product_page", "find_id"},
    Capability.DOWNLOAD_PICKUP: {"pick_up"},
}
"""What each capability without an API has to show."""


@dataclass(frozen=True, kw_only=True)
class WebTape:
    """One input, and what must come out: a ``result``, or a ``refusal`` in words."""

    marketplace: str
    case: str
    source: str
    date: str
    capability: str
    operation: str
    input: dict[str, Json]
    expect: dict[str, Json]

    def __str__(self) -> str:
        return f"{self.marketplace}/web/{self.case}"

    @property
    def info(self) -> MarketplaceInfo:
        """The marketplace that it is about."""
        return registry.find(self.marketplace).INFO

    @property
    def web(self) -> WebShop:
        """Its website."""
        found = self.info.web
        assert found is not None, f"{self.marketplace} declares a website, but describes none"
        return found

    @property
    def succeeds(self) -> bool:
        """Whether something comes out."""
        return "result" in self.expect


def load_web_tapes() -> list[WebTape]:
    """Read all of them, sorted by name."""
    return [
        WebTape(
            marketplace=path.parent.parent.name,
            case=path.stem,
            **json.loads(path.read_text(encoding="utf-8")),
        )
        for path in sorted(FOLDER.glob("*/web/*.json"))
    ]


def play_web(tape: WebTape) -> Json:
    """Return what comes out, written as tapes write it; raise NotAProduct for a row that is none."""
    given = tape.input
    match tape.operation:
        case "search_link":
            return tape.web.search_link(given["text"])
        case "product_page":
            return tape.web.product_page(given["id"])
        case "find_id":
            return tape.web.find_id(given["address"])
        case "feed_row":
            return _read_row(tape)
        case "pick_up":
            return _pick_up(tape)
    raise AssertionError(f"{tape}: unknown operation {tape.operation!r}")


def _read_row(tape: WebTape) -> Json:
    text = tape.input.get("mapping", "")
    mapping = parse_mapping(text, name="tape", marketplace=tape.marketplace) if text else COMMON
    reader = ProductReader(tape.info, mapping)
    told = reader.pick({squeeze(name): cell for name, cell in tape.input["row"].items()})
    if not reader.is_for_sale(told):
        raise NotAProduct("it is not for sale")
    return plain(reader.build(reader.id_of(told), told, date.fromisoformat(tape.date)).listing)


def _pick_up(tape: WebTape) -> Json:
    given = tape.input
    head = store_header(given["header"]) if "header" in given else b"PK\x03\x04"
    found = pickup.FoundArchive(
        path=Path(given["name"]),
        size=1,
        modified_at=datetime(2026, 11, 23, tzinfo=UTC),
        kind=given["name"].rpartition(".")[2],
        origin=parse_origin(head).origin,
        name_tokens=pickup.tokenize(given["name"]),
    )
    candidates = [
        pickup.Candidate(ref=ListingRef(marketplace=tape.marketplace, id=number), title=title)
        for number, title in given["waiting"].items()
    ]
    matches = pickup.match(found, candidates)
    return {"ref": str(matches[0].candidate.ref), "certain": matches[0].is_certain} if matches else None


def store_header(told: Json) -> bytes:
    """Return the beginning of a package as the store writes it: gzip with the extra field ``A$``."""
    data = json.dumps(told).encode()
    field = b"A$" + struct.pack("<H", len(data)) + data
    return b"\x1f\x8b\x08\x04" + bytes(6) + struct.pack("<H", len(field)) + field
