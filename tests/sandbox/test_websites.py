"""The two shops without an API: as a person with a browser sees them, and what the core makes of it."""

from __future__ import annotations

import gzip
import html
import io
import json
import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from fakes import FakeClock
from sandbox_process import Answer, SandboxProcess, send

from core.feeds.catalogue import FeedCatalogue
from core.files.archives.unpack import unpack
from core.files.detect import detect
from core.files.unity.header import read_origin
from core.marketplaces import registry
from core.marketplaces.web import WebShop
from core.model.listing import ListingRef, MediaKind, SearchFilters, SearchQuery
from core.model.money import Money

SHOPS = {
    "turbosquid": ("1189852", "standard", "TurboSquid 3D Model License, Standard", "29.00"),
    "unity": ("310001", "multi", "Standard Unity Asset Store EULA, Multi Entity", "45.00"),
}
every_shop = pytest.mark.parametrize("shop", SHOPS)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Browser:
    """Somebody who opens the addresses that the core hands out."""

    def __init__(self, sandbox: SandboxProcess, shop: str) -> None:
        self.sandbox = sandbox
        found = registry.find(shop).INFO.web
        assert found is not None
        self.web: WebShop = found

    def open(self, url: str) -> Answer:
        """Open an address of the real website, or of the sandbox."""
        parts = urlsplit(url)
        if not url.startswith(self.sandbox.url):
            url = f"{self.sandbox.url}/{parts.netloc}{parts.path}" + (
                f"?{parts.query}" if parts.query else ""
            )
        return send("GET", url)

    def buy(self, thing_id: str, tier: str) -> Answer:
        """Press a button of the product's page."""
        url = f"{self.sandbox.url}/{self.web.product_page(thing_id).removeprefix('https://')}"
        return send("POST", url, body=urlencode({"tier": tier}).encode(), headers=FORM)

    def links(self, page: Answer) -> list[str]:
        """Return the addresses on a page."""
        return [html.unescape(found) for found in re.findall(r'href="([^"]+)"', page.body.decode())]


@pytest.fixture
def browse(sandbox: SandboxProcess) -> Any:
    return lambda shop: Browser(sandbox, shop)


@every_shop
def test_the_links_that_the_core_hands_out_lead_somewhere(browse: Any, shop: str) -> None:
    browser, thing_id = browse(shop), SHOPS[shop][0]
    found = browser.open(browser.web.search_link("oak chair" if shop == "unity" else "oak armchair"))
    assert found.status == 200
    (page,) = (link for link in browser.links(found) if browser.web.find_id(link) == thing_id)
    for url in (page, browser.web.product_page(thing_id)):
        shown = browser.open(url)
        assert shown.status == 200
        assert SHOPS[shop][2] in html.unescape(shown.body.decode())
    assert browser.open(browser.web.search_link("<script>")).body.count(b"<script>") == 0
    assert browser.open(browser.web.product_page("99999999")).status == 404
    assert browser.open(browser.web.orders_url).status == 200


@every_shop
def test_a_purchase_leaves_an_order_an_invoice_and_a_file(
    browse: Any, sandbox: SandboxProcess, shop: str
) -> None:
    browser = browse(shop)
    thing_id, tier, label, price = SHOPS[shop]
    bought = browser.buy(thing_id, tier)
    assert bought.status == 303
    page = browser.open(bought.headers["location"])
    text = html.unescape(page.body.decode())
    assert f'id="license">{label}<' in text
    assert f'id="total">{price} USD<' in text
    assert re.search(r'id="date">\d{4}-\d\d-\d\d<', text)
    invoice, file = (browser.open(link) for link in browser.links(page))
    number = bought.headers["location"].rpartition("/")[2]
    assert invoice.body.startswith(b"%PDF-1.4")
    assert invoice.body.rstrip().endswith(b"%%EOF")
    for word in (number, price, label, thing_id):
        assert word.encode() in invoice.body
    assert file.status == 200
    assert file.body == browser.open(browser.links(page)[1]).body, "it can be fetched again"
    assert number in browser.open(browser.web.orders_url).body.decode()
    (charge,) = sandbox.books()["charges"]
    assert (charge["marketplace"], charge["item_id"], charge["amount"]) == (shop, thing_id, price)
    assert charge["reference"] == number
    assert charge["metadata"] == {"tier": label}


@every_shop
def test_a_purchase_without_a_license_is_none(browse: Any, sandbox: SandboxProcess, shop: str) -> None:
    browser = browse(shop)
    assert browser.buy(SHOPS[shop][0], "everything").status == 400
    assert browser.buy(SHOPS[shop][0], "editorial").status == 400
    assert browser.buy("88888888", SHOPS[shop][1]).status == 404
    assert sandbox.books()["charges"] == []


def test_withdrawn_and_editorial_models(browse: Any) -> None:
    browser = browse("turbosquid")
    assert browser.open(browser.web.product_page("1888001")).status == 404
    editorial = browser.open(browser.web.product_page("1611045")).body.decode()
    assert "Editorial Uses Only" in editorial
    assert "Enterprise" not in editorial
    assert browser.buy("1611045", "standard").status == 400
    assert browser.buy("1611045", "editorial").status == 303


@every_shop
def test_every_license_on_offer_is_one_that_the_core_knows(browse: Any, shop: str) -> None:
    from sandbox.turbosquid import shop as turbosquid
    from sandbox.unity import shop as unity

    known = {offered.label for offered in browse(shop).web.licenses}
    assert {tier.label for tier in {"turbosquid": turbosquid, "unity": unity}[shop].SHOP.tiers} <= known


def test_the_archive_is_named_and_filled_as_sellers_do(browse: Any) -> None:
    browser = browse("turbosquid")
    page = browser.open(browser.buy("1189852", "standard").headers["location"])
    file = browser.open(browser.links(page)[1])
    assert "carved_oak_armchair_1189852.zip" in file.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(file.body)) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
    assert {"carved_oak_armchair_1189852.glb", "carved_oak_armchair_1189852.obj", "readme.txt"} <= names
    assert any(name.startswith("textures/") for name in names)


def test_a_package_carries_its_product_and_its_materials(browse: Any, tmp_path: Path) -> None:
    browser = browse("unity")
    page = browser.open(browser.buy("310001", "single").headers["location"])
    path = tmp_path / "chair.unitypackage"
    path.write_bytes(browser.open(browser.links(page)[1]).body)
    origin = read_origin(path).origin
    assert origin is not None
    assert (origin.product_id, origin.version, origin.publisher) == ("310001", "1.2", "Hearth Works")
    assert (origin.upload_id, origin.category) == ("9310001", "3D/Props/Furniture")
    assert detect(path).name == "unitypackage"
    with tarfile.open(path) as archive:  # Python's reader passes over the extra field
        members = {entry.name: entry for entry in archive.getmembers()}
        guids = {name.split("/")[0] for name in members}
        assert all(re.fullmatch(r"[0-9a-f]{32}", guid) for guid in guids)
        paths = {
            archive.extractfile(f"{guid}/pathname").read().splitlines()[0].decode(): guid  # type: ignore[union-attr]
            for guid in guids
        }
        (material,) = [name for name in paths if name.endswith("Wood.mat")]
        text = archive.extractfile(f"{paths[material]}/asset").read().decode()  # type: ignore[union-attr]
        named = re.search(r"_MainTex:\s+m_Texture: \{fileID: 2800000, guid: ([0-9a-f]{32})", text)
        assert named is not None
        assert named[1] in guids
        assert {guid: name for name, guid in paths.items()}[named[1]].endswith(".png")
    assert {name.rpartition(".")[2] for name in paths} >= {"obj", "mtl", "png", "mat", "cs", "txt"}
    (package,) = unpack(path, tmp_path / "out").packages
    assert package.origin == origin
    (model,) = package.models
    assert model.pathname.suffix == ".obj"
    assert {placed.spec.name for placed in package.materials} == {"Wood", "Upholstery"}
    assert all(placed.spec.albedo for placed in package.materials)
    assert any(skipped.pathname.endswith(".cs") for skipped in package.skipped)


@pytest.mark.parametrize(
    ("shop", "path", "count"),
    [("turbosquid", "/feeds/products.tsv", 5), ("turbosquid", "/feeds/products.tsv.gz", 5),
     ("unity", "/feeds/products.xml", 5)],
)  # fmt: skip
def test_the_feed_is_read_searched_and_leads_back(
    browse: Any, tmp_path: Path, shop: str, path: str, count: int
) -> None:
    browser = browse(shop)
    host = urlsplit(browser.web.product_page("1")).netloc
    file = tmp_path / path.rpartition("/")[2]
    file.write_bytes(browser.open(f"https://{host}{path}").body)
    catalogue = FeedCatalogue(tmp_path / "feeds", clock=FakeClock())
    result = catalogue.update(registry.find(shop).INFO, file)
    assert (result.added, result.bad, result.unclear) == (count, 0, 0)
    assert result.unavailable == (1 if shop == "turbosquid" else 0)
    found = catalogue.search(shop, SearchQuery(text="oak chair" if shop == "unity" else "oak armchair"))
    (listing,) = found.listings
    assert listing.ref.id == SHOPS[shop][0]
    assert browser.open(listing.page_url).status == 200
    picture = browser.open(listing.previews[0].url)
    assert picture.body.startswith(b"\xff\xd8")
    host_of_picture = urlsplit(listing.previews[0].url).hostname or ""
    allowed = registry.find(shop).INFO.preview_hosts
    assert any(host_of_picture == name or host_of_picture.endswith(name) for name in allowed)
    assert catalogue.listing(ListingRef(marketplace=shop, id="1888001")) is None
    if path.endswith(".gz"):
        assert gzip.decompress(file.read_bytes()).startswith(b"id\ttitle")


def test_what_the_feeds_tell(browse: Any, tmp_path: Path) -> None:
    browser = browse("turbosquid")
    file = tmp_path / "feed.tsv"
    file.write_bytes(browser.open("https://www.turbosquid.com/feeds/products.tsv").body)
    catalogue = FeedCatalogue(tmp_path / "feeds", clock=FakeClock())
    catalogue.update(registry.find("turbosquid").INFO, file)
    asked = SearchFilters(
        exclude_editorial=True, formats=("glb",), max_price=Money.parse("20", "USD"), max_polygons=1000
    )
    page = catalogue.search("turbosquid", SearchQuery(text="", filters=asked, kind=MediaKind.MODEL))
    assert {listing.ref.id for listing in page.listings} == {"1502117", "1702288"}
    assert page.ignored_filters == ()
    editorial = catalogue.listing(ListingRef(marketplace="turbosquid", id="1611045"))
    assert editorial is not None
    assert editorial.editorial is True


def test_the_editors_search_answers_what_the_module_asks(sandbox: SandboxProcess) -> None:
    module = registry.find("unity")

    def ask(query: SearchQuery) -> Any:
        call = module.search(query)
        parts = urlsplit(call.request.url)
        answer = send(
            "POST", f"{sandbox.url}/{parts.netloc}{parts.path}", body=(call.request.json_body or "").encode()
        )
        from core.http.message import Response

        return call.read(Response(status=answer.status, headers=dict(answer.headers), body=answer.body))

    page = ask(SearchQuery(text="chair"))
    (listing,) = page.listings
    assert (listing.ref.id, listing.kind) == ("310001", MediaKind.MODEL)
    assert listing.offers[0].cost == Money.parse("15", "USD")
    assert listing.previews[0].url.startswith("https://")
    first = ask(SearchQuery(text="", per_page=2))
    assert (len(first.listings), first.total, first.next_cursor) == (2, 5, "2")
    last = ask(SearchQuery(text="", per_page=2, cursor="3"))
    assert (len(last.listings), last.next_cursor) == (1, None)
    cheap = SearchFilters(max_price=Money.parse("7.50", "USD"))
    assert {x.ref.id for x in ask(SearchQuery(text="", filters=cheap)).listings} == {
        "310002",
        "310003",
        "310004",
    }
    sounds = ask(SearchQuery(text="", kind=MediaKind.AUDIO)).listings
    assert [x.ref.id for x in sounds] == ["310004"]
    wrong = send("POST", f"{sandbox.url}/assetstore.unity.com/api/search", body=json.dumps({"x": 1}).encode())
    assert wrong.status == 400


def test_orders_outlive_a_restart_but_not_a_reset(browse: Any, sandbox: SandboxProcess) -> None:
    browser = browse("unity")
    location = browser.buy("310002", "single").headers["location"]
    assert browser.open(location).status == 200
    sandbox.reset()
    assert browser.open(location).status == 404
    assert browser.open(f"{sandbox.url}/assetstore.unity.com/orders/1").status == 404
