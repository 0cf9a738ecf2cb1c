"""Lists from tables: every mistake with its line, and nothing of a list with mistakes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserInputError
from core.marketplaces import registry
from core.model.listing import MediaKind
from core.services.studio.cart_file import MAX_BYTES, read_cart

INFOS = {name: registry.find(name).INFO for name in registry.all_ids()}


def read(text: str | bytes) -> list[tuple[str, str, str, str]]:
    data = text if isinstance(text, bytes) else text.encode()
    return [(str(one.ref), one.kind, one.license_label, one.variant) for one in read_cart(data, INFOS)]


@pytest.mark.parametrize(
    "text",
    [
        "listing,license\ncgtrader:7,royalty free\n",
        "listing;license\r\ncgtrader:7;royalty free\r\n",
        "\ufeffLicense\tListing\nroyalty free\tCGTrader:7\n\n\n",
        'marketplace,id,license,kind\ncgtrader,7,"royalty  free",model\n',
        "listing,license,,\ncgtrader:7, royalty free ,,\n",
    ],
)
def test_the_same_list_in_many_hands(text: str) -> None:
    assert read(text) == [("cgtrader:7", MediaKind.MODEL, "royalty free", "")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("listing\n", "names no listing"),
        ("cgtrader:7\n", "there is no column 'cgtrader:7'"),
        ("title\nchair\n", "needs the column “listing”"),
        ("listing,listing\na,b\n", "a column is there twice"),
        ("listing\ncgtrader\n", "line 2: 'cgtrader' is not of the form"),
        ("listing\n\nnowhere:1\n", "line 3: there is no marketplace 'nowhere'"),
        ("listing,kind\ncgtrader:1,opera\n", "line 2: CGTrader sells no 'opera'"),
        ("listing\nshutterstock:1\n", "line 2: Shutterstock numbers each kind by itself"),
        ("listing\ncgtrader:1\ncgtrader:1\n", "line 3: the same as line 2"),
        ("listing\ncgtrader:1,x\n", "line 2: 2 cells below 1 columns"),
        ('listing\n"cgtrader:1\n', "line 2: "),
        (f"listing,title\ncgtrader:1,{'x' * 201}\n", "longer than 200"),
        (b"listing\ncgtrader:\xff\n", "line 2: this is not UTF-8"),
        (b"listing\ncgtrader:\x00\n", "zero bytes"),
        (b"x" * (MAX_BYTES + 1), "larger than 2 MB"),
    ],
)
def test_mistakes_are_named(text: str | bytes, said: str) -> None:
    with pytest.raises(UserInputError) as caught:
        read(text)
    assert said in caught.value.message
    assert caught.value.code == "cart.invalid"


def test_many_mistakes_are_counted_and_a_thousand_rows_fit() -> None:
    rows = [f"cgtrader:{number}" for number in range(1_000)]
    assert len(read("\n".join(["listing", *rows]))) == 1_000
    with pytest.raises(UserInputError, match=r"1,001 listings; 1,000 still fit"):
        read("\n".join(["listing", *rows, "cgtrader:x"]))
    with pytest.raises(UserInputError, match="and 30 more"):
        read("\n".join(["listing", *("nowhere:1" for _ in range(50))]))


@given(st.binary(max_size=300))
def test_no_table_does_more_than_be_refused(data: bytes) -> None:
    for given_data in (data, b"listing,kind\n" + data):
        try:
            found = len(read_cart(given_data, INFOS))
        except UserInputError:
            found = 1
        assert found > 0
