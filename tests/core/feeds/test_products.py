"""Rows become listings: what is told is kept, what is unclear stays empty, what is no product says why."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.feeds.codec import decode, encode
from core.feeds.columns import ALIASES, COMMON, FeedMapping, squeeze
from core.feeds.products import MAX_PREVIEWS, NotAProduct, Product, ProductReader
from core.marketplaces import turbosquid, unity
from core.model.listing import Listing, MediaKind
from core.model.money import Money

DAY = date(2026, 11, 20)


def build(row: dict[str, Any], mapping: FeedMapping = COMMON, info: Any = turbosquid.INFO) -> Product:
    reader = ProductReader(info, mapping)
    told = reader.pick({squeeze(name): cell for name, cell in row.items()})
    return reader.build(reader.id_of(told), told, DAY)


def listing(mapping: FeedMapping = COMMON, info: Any = turbosquid.INFO, **row: Any) -> Listing:
    return build({"id": "1234567", "title": "Oak chair", **row}, mapping, info).listing


@pytest.mark.parametrize(
    ("row", "amount"),
    [
        ({"price": "19.00 USD"}, "19"),
        ({"price": "19.00", "currency": "USD"}, "19"),
        ({"price": "19.00 USD", "sale price": "9.00 USD"}, "9"),
        ({"price": "19.00 USD", "sale price": "0.00 USD"}, "19"),
        ({"price": "19.00 USD", "sale price": "9.00 EUR"}, "19"),
        ({"price": "19.00 USD", "sale price": "cheap"}, "19"),
        ({"price": "19 USD", "sale price": "9 USD", "sale dates": "2026-11-01/2026-11-30"}, "9"),
        ({"price": "19 USD", "sale price": "9 USD", "sale dates": "2026-12-01/2026-12-30"}, "19"),
        ({"price": "19 USD", "sale price": "9 USD", "sale dates": "soon"}, "19"),
    ],
)  # fmt: skip
def test_what_it_costs_on_the_feeds_day(row: dict[str, str], amount: str) -> None:
    assert listing(**row).offers[0].cost == Money.parse(amount, "USD")


def test_a_price_that_is_unclear_is_left_out_and_noted() -> None:
    product = build({"id": "1234567", "title": "x", "price": "1.299"})
    assert product.listing.offers[0].cost is None
    assert "two ways" in product.notes[0]


@pytest.mark.parametrize(
    ("row", "editorial"),
    [
        ({}, None), ({"license": "Royalty Free"}, None), ({"license": "Editorial Uses Only"}, True),
        ({"editorial": "yes"}, True), ({"editorial": "no"}, False), ({"editorial": "perhaps"}, None),
        ({"editorial": "Editorial only"}, True), ({"license": "nur redaktionell"}, True),
    ],
)  # fmt: skip
def test_editorial_use_is_told_or_unknown(row: dict[str, str], editorial: bool | None) -> None:
    mapping = FeedMapping(editorial={"nur redaktionell": True})
    assert listing(mapping, **row).editorial is editorial


def test_the_license_word_is_kept_as_it_came() -> None:
    assert listing(license="Some  New &amp; Word").offers[0].license_label == "Some New & Word"
    assert listing().offers[0].license_label == ""


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"category": "3D > Props"}, MediaKind.MODEL),
        ({"category": "2D/Textures & Materials"}, MediaKind.IMAGE),
        ({"category": "Unity > Audio > Music"}, MediaKind.AUDIO), ({"category": "Tools"}, MediaKind.OTHER),
        ({"category": "Something new"}, MediaKind.OTHER), ({}, MediaKind.OTHER),
        ({"link": "https://assetstore.unity.com/packages/3d/props/chair-1234567"}, MediaKind.MODEL),
        ({"media type": "3D model"}, MediaKind.MODEL), ({"media type": "video"}, MediaKind.OTHER),
        ({"category": "Modelle"}, MediaKind.MODEL),
    ],
)  # fmt: skip
def test_what_it_is(row: dict[str, str], kind: MediaKind) -> None:
    mapping = FeedMapping(kinds={"modelle": MediaKind.MODEL})
    assert listing(mapping, unity.INFO, **row).kind is kind
    assert listing(mapping, turbosquid.INFO, **{**row, "link": ""}).kind is MediaKind.MODEL


def test_links_lead_to_the_website_and_nowhere_else() -> None:
    own = "https://www.turbosquid.com/3d-models/oak-1234567?referral=me"
    assert listing(link=own).page_url == own
    for other in (
        "http://www.turbosquid.com/3d-models/oak-1234567",
        "https://evil.example/turbosquid.com/3d-models/oak-1234567",
        "https://partner.example/?u=https%3A%2F%2Fwww.turbosquid.com%2F3d-models%2Foak-1234567",
        "javascript:alert(1)//turbosquid.com/3d-models/oak-1234567",
        "https://user:pw@www.turbosquid.com/3d-models/oak-1234567",
    ):
        assert listing(link=other).page_url == "https://www.turbosquid.com/FullPreview/1234567", other


def test_pictures_are_https_and_few() -> None:
    found = listing(
        image="//p.turbosquid.com/a.jpg",
        additional_image_link="http://p.turbosquid.com/b.jpg,https://p.turbosquid.com/c.jpg",
    )
    assert [preview.url for preview in found.previews] == [
        "https://p.turbosquid.com/a.jpg", "https://p.turbosquid.com/b.jpg", "https://p.turbosquid.com/c.jpg",
    ]  # fmt: skip
    many = tuple(f"https://p.turbosquid.com/{n}.jpg" for n in range(100))
    assert len(listing(image=many).previews) == MAX_PREVIEWS
    assert listing(image="javascript:alert(1)").previews == ()
    assert listing(image="https://x/../\\evil").previews == ()


def test_text_is_plain_and_bounded() -> None:
    found = listing(
        title="  A\u202e\x00b &lt;i&gt; " + "x" * 1000,
        description="&lt;p&gt;One&lt;/p&gt;<script>alert(1)</script><p>Two</p>" + "y" * 10_000,
        brand="B\x1b[31m",
        tags="a, b;a,," + "t," * 200,
    )
    assert found.title.startswith("A b <i> x")
    assert len(found.title) == 300
    assert found.description.split()[:2] == ["One", "Two"]
    assert len(found.description) <= 4000
    assert found.author == "B [31m"
    assert found.tags == ("a", "b", "t")


@pytest.mark.parametrize(
    "row", [{}, {"title": "x"}, {"id": "SKU", "title": "x"}, {"id": "1234567"}, {"id": "12", "title": "x"}]
)
def test_what_is_no_product_says_why(row: dict[str, str]) -> None:
    with pytest.raises(NotAProduct) as caught:
        build(row)
    assert str(caught.value)


def test_the_hash_changes_with_what_matters() -> None:
    reader = ProductReader(turbosquid.INFO, COMMON)
    row = {"id": "1234567", "title": "x", "price": "5 USD", "last updated": "2026-11-01", "unknown": "a"}
    first = reader.digest_of(reader.pick(row), DAY)
    assert reader.digest_of(reader.pick({**row, "last updated": "2026-11-02", "unknown": "b"}), DAY) == first
    assert reader.digest_of(reader.pick(row), date(2026, 12, 1)) == first
    assert reader.digest_of(reader.pick({**row, "price": "6 USD"}), DAY) != first
    other = ProductReader(turbosquid.INFO, FeedMapping(currency="EUR"))
    assert other.digest_of(other.pick(row), DAY) != first
    sale = {**row, "sale price": "4 USD"}
    assert reader.digest_of(reader.pick(sale), DAY) != reader.digest_of(reader.pick(sale), date(2026, 12, 1))


@given(
    row=st.dictionaries(
        st.sampled_from([names[0] for names in ALIASES.values()]), st.text(max_size=60), max_size=12
    ),
    info=st.sampled_from([turbosquid.INFO, unity.INFO]),
)
def test_any_row_is_a_product_or_none(row: dict[str, str], info: Any) -> None:
    try:
        product = build({"id": "1234567", **row}, info=info)
    except NotAProduct:
        return
    found = product.listing
    assert not [letter for letter in found.title if unicodedata.category(letter) in ("Cc", "Cs")]
    assert found.kind in info.kinds
    assert decode(found.ref.marketplace, found.ref.id, encode(found), None) == found
