"""Feeds as the partner networks lay them out: read right, or refused with what to do."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fakes import FakeClock

from core.errors import UserInputError
from core.feeds.catalogue import FeedCatalogue, FeedResult
from core.model.listing import Listing, SearchQuery
from core.services.finding.feeds import Feeds

PAGE = "https://www.turbosquid.com/3d-models/oak-chair-123456"
INSIDE = quote(PAGE, safe="")
AWIN = (
    '"aw_deep_link","product_name","aw_product_id","merchant_image_url","description","merchant_category",'
    '"search_price","currency","merchant_deep_link","last_updated","in_stock"\n'
    '"https://www.awin1.com/pclick.php?p=998877","Oak chair","998877","https://p.turbosquid.com/a.jpg",'
    f'"<p>A <b>chair</b>, &quot;nice&quot;</p>","3D > Chairs","19.00","USD","{PAGE}",'
    '"2026-11-01 10:00:00","1"\n'
)
CJ = (
    "PROGRAM_NAME,LAST_UPDATED,ID,TITLE,DESCRIPTION,LINK,IMAGE_LINK,AVAILABILITY,PRICE,SALE_PRICE,"
    "SALE_PRICE_EFFECTIVE_DATE,PRODUCT_TYPE,BRAND\n"
    f'TurboSquid,2026-11-02T03:04:05.000-08:00,77,Oak chair,"A ""nice"" one",https://www.anrdoezrs.net/click?url={INSIDE},'
    "https://p.turbosquid.com/a.jpg,in stock,25.00 USD,19.00 USD,2026-11-01T00:00-0800/2026-12-01T00:00-0800,"
    "3D,Studio\n"
)
CJ_OLD = (
    "PROGRAMNAME\tNAME\tKEYWORDS\tSKU\tMANUFACTURER\tCURRENCY\tSALEPRICE\tPRICE\tBUYURL\tIMAGEURL\t"
    "ADVERTISERCATEGORY\tINSTOCK\n"
    f"TurboSquid\tOak chair\tchair,oak\t123456\tStudio\tUSD\t19.00\t25.00\thttp://www.jdoqocy.com/click?url={INSIDE}\t"
    "http://p.turbosquid.com/a.jpg\t3D\tyes\n"
)
IMPACT = (
    '"Unique Merchant SKU","Product Name","Product URL","Image URL","Current Price","Original Price",'
    '"Currency",'
    '"Stock Availability","Manufacturer"\r\n'
    f'"123456","Oak chair","https://turbosquid.pxf.io/c/1?u={INSIDE}","https://p.turbosquid.com/a.jpg","19.00","25.00",'
    '"USD","InStock","Studio"\r\n'
)
IMPACT_XML = (
    "<Products><Product><Unique_Merchant_SKU>123456</Unique_Merchant_SKU>"
    "<Product_Name>Oak chair</Product_Name>"
    f"<Product_URL>https://turbosquid.pxf.io/c/1?u={INSIDE}</Product_URL><Current_Price>19.00</Current_Price>"
    "<Image_URL>https://p.turbosquid.com/a.jpg</Image_URL><Currency>USD</Currency></Product></Products>"
)
SHAREASALE = (
    "ProductID|Name|Link|Thumbnail|BigImage|Price|Description|LastUpdated|Status|Manufacturer|SKU\n"
    "1234567890|Oak chair|https://www.shareasale.com/m-pr.cfm?productID=1234567890|https://p.turbosquid.com/t.jpg|"
    "https://p.turbosquid.com/a.jpg|19.00|A chair|2026-11-01|instock|Studio|123456\n"
)
NAMELESS = (
    "HDR|44|TurboSquid|2026-11-02/03:04:05\n"
    f"900|Oak chair|123456|3D|https://click.linksynergy.com/link?murl={INSIDE}|https://p.turbosquid.com/a.jpg|19.00|"
    "rest|of|it\nTRL|1\n"
)
NAMES = 'schema = 1\nheader = ["", "title", "sku", "category", "link", "image", "price"]\ncurrency = "USD"\n'
MERCHANT_JSON = json.dumps(
    {
        "kind": "productsList",
        "resources": [
            {
                "id": "online:en:US:123456", "offerId": "123456", "title": "Oak chair", "link": PAGE,
                "imageLink": "https://p.turbosquid.com/a.jpg", "price": {"value": "25.00", "currency": "USD"},
                "salePrice": {"value": "19.00", "currency": "USD"}, "productTypes": ["3D > Chairs"],
                "brand": "Studio",
            }
        ],
    }
)  # fmt: skip
YANDEX = (
    '<?xml version="1.0"?><yml_catalog><shop><offers><offer id="123456" available="true">'
    f"<url>https://ad.example/g/?ulp={INSIDE}</url><price>19.00</price><currencyId>USD</currencyId>"
    "<picture>https://p.turbosquid.com/a.jpg</picture><name>Oak chair</name><vendor>Studio</vendor>"
    "</offer></offers></shop></yml_catalog>"
)


def add(
    folder: Path, name: str, data: str | bytes, mapping: str = ""
) -> tuple[FeedResult, tuple[Listing, ...]]:
    """Add a feed to an empty catalogue; return what that did, and all that is in it."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    named = None
    if mapping:
        named = folder / "mapping.toml"
        named.write_text(mapping, encoding="utf-8")
    feeds = Feeds(catalogue=FeedCatalogue(folder / "feeds", clock=FakeClock()))
    result = feeds.add("turbosquid", path, named)
    return result, feeds.search("turbosquid", SearchQuery(text="")).listings


@pytest.mark.parametrize(
    ("name", "data", "mapping"),
    [
        ("awin.csv", AWIN, ""),
        ("awin.csv.gz", gzip.compress(AWIN.encode()), ""),
        ("cj.csv", CJ, ""),
        ("cj.txt", CJ_OLD, ""),
        ("impact.csv", codecs.BOM_UTF8 + IMPACT.encode(), ""),
        ("impact-utf16.csv", IMPACT.encode("utf-16"), ""),
        ("impact.xml", IMPACT_XML, ""),
        ("shareasale.txt", SHAREASALE, 'schema = 1\ncurrency = "USD"\n'),
        ("nameless.txt", NAMELESS, NAMES),
        ("merchant.json", MERCHANT_JSON, ""),
        ("offers.xml", YANDEX, ""),
    ],
)
def test_a_networks_layout_is_read_right(tmp_path: Path, name: str, data: Any, mapping: str) -> None:
    result, (found,) = add(tmp_path, name, data, mapping)
    assert (str(found.ref), found.title) == ("turbosquid:123456", "Oak chair")
    assert [str(offer.cost) for offer in found.offers] == ["19.00 USD"]
    assert found.previews[0].url == "https://p.turbosquid.com/a.jpg"
    assert found.page_url.startswith("https://www.turbosquid.com/")
    assert result.bad_rows == ()


def test_html_in_texts_becomes_plain(tmp_path: Path) -> None:
    _result, (found,) = add(tmp_path, "awin.csv", AWIN.replace("Oak chair", "<b>Oak</b> &amp; 1 < 2"))
    assert found.title == "Oak & 1 < 2"
    assert found.description == 'A chair, "nice"'


def test_a_networks_own_number_is_not_taken_for_the_marketplaces(tmp_path: Path) -> None:
    """It may have the right form, and would lead to another product."""
    with pytest.raises(UserInputError) as caught:
        add(tmp_path, "shareasale.txt", SHAREASALE.replace("|SKU", "|Other"))
    assert "shareasale.com" in caught.value.message
    assert "under “columns” as “id”" in caught.value.message
    mapped = 'schema = 1\n[columns]\nid = "Other"\n'
    _result, (found,) = add(tmp_path, "shareasale.txt", SHAREASALE.replace("|SKU", "|Other"), mapped)
    assert found.ref.id == "123456"


def test_awins_own_number_is_never_the_product(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match=r"no product id of TurboSquid|names no product"):
        add(tmp_path, "awin.csv", AWIN.replace("merchant_deep_link", "other"))


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("12.00 USD", "12.00 USD"), ("USD 12.00", "12.00 USD"), ("USD12.00", "12.00 USD"), ("$12", "12.00"),
        ("12,00 €", "12.00 EUR"), ("€12", "12.00 EUR"), ("1.299,00 EUR", "1,299.00 EUR"),
        ("R$ 12,00", "12.00 BRL"),
        ("1 299,00 €", "1,299.00 EUR"), ("1'299.00 CHF", "1,299.00 CHF"), ("1200 JPY", "1,200 JPY"),
        ("N/A", None), ("-", None), ("", None), ("from $12", None),
        ("12.00 USD - 15.00 USD", None), ("1.299", None),
    ],
)  # fmt: skip
def test_a_price_is_read_right_or_not_at_all(tmp_path: Path, cell: str, read: str | None) -> None:
    result, (found,) = add(tmp_path, "feed.tsv", f"id\ttitle\tlink\tprice\n123456\tOak\t{PAGE}\t{cell}\n")
    cost = found.offers[0].cost
    assert (None if cost is None else str(cost)) == read
    unclear = read is None and cell not in ("N/A", "-", "")
    assert [row.kept for row in result.bad_rows] == [True] * unclear


@pytest.mark.parametrize(
    ("window", "price"),
    [
        ("2026-11-01T00:00-0800/2026-12-01T00:00-0800", "8.00 USD"), ("2026-11-01/2026-12-01", "8.00 USD"),
        ("2026-01-01/2026-02-01", "12.00 USD"), ("soon", "12.00 USD"), ("", "8.00 USD"),
    ],
)  # fmt: skip
def test_a_sale_counts_while_it_runs(tmp_path: Path, window: str, price: str) -> None:
    text = (
        "id,title,price,sale_price,sale_price_effective_date\n123456,Oak,12.00 USD,8.00 USD," + window + "\n"
    )
    _result, (found,) = add(tmp_path, "feed.csv", text)
    assert str(found.offers[0].cost) == price


def workbook() -> bytes:
    with io.BytesIO() as data:
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            archive.writestr("xl/workbook.xml", "<workbook/>")
        return data.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "what_to_do"),
    [
        ("nameless.txt", NAMELESS, "“header”"),
        ("page.csv", "<!DOCTYPE html><html><body>Sign in</body></html>", "sign in there in your browser"),
        ("book.csv", workbook(), "Save it as CSV"),
        ("book.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 workbook", "Save it as CSV"),
        ("feed.pdf", b"%PDF-1.7 feed", "CSV, XML or JSON"),
        ("feed.csv.bz2", b"BZh91AY", "Unpack it"),
        ("feed.7z", b"7z\xbc\xaf\x27\x1c\x00\x04", "Unpack it"),
        ("feed.tar", b"feed.csv".ljust(257, b"\0") + b"ustar\x0000" + bytes(240), "Unpack it"),
        ("feed.csv", "", "Get the file again"),
        ("names.csv", "id,title,price\n", "Get the file again"),
        ("cut.csv.gz", gzip.compress(b"id,title\n" + b"123456,Oak\n" * 500)[:50], "Get the file again"),
        ("other.json", '{"shoes": [{"id": 123456, "title": "Oak"}]}', "row ="),
        ("other.xml", "<a><b>1</b></a>", "row ="),
    ],
)
def test_what_is_no_feed_is_refused_with_what_to_do(
    tmp_path: Path, name: str, data: Any, what_to_do: str
) -> None:
    with pytest.raises(UserInputError) as caught:
        add(tmp_path, name, data)
    assert what_to_do in caught.value.message


def test_a_mapping_that_is_no_list_of_names_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match=r"line 2.*header"):
        add(tmp_path, "nameless.txt", NAMELESS, 'schema = 1\nheader = "id,title"\n')
