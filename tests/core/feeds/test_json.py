"""JSON feeds of every layout: a list, an object around it, pretty-printed, huge, damaged, cut off."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UserInputError
from core.feeds.columns import COMMON, FeedMapping
from core.feeds.json_source import JsonSource, Odd
from core.feeds.reading import read_rows
from core.feeds.rows import MAX_ROW_CHARS, BadRow, Row

OAK: dict[str, Any] = {"id": 1, "title": "Oak", "price": {"value": 19.5, "currency": "USD"}}
PINE: dict[str, Any] = {"id": 2, "title": 'Pine ]}"', "images": [{"url": "https://a"}], "tags": ["a", "b"]}
BOTH = [OAK, PINE]


def read(folder: Path, text: str, mapping: FeedMapping = COMMON) -> list[Row | BadRow]:
    path = folder / "feed.json"
    path.write_text(text, encoding="utf-8")
    with read_rows(path, mapping) as found:
        return list(found)


def titles(found: list[Row | BadRow]) -> list[Any]:
    return [row.cells.get("title") if isinstance(row, Row) else row.why for row in found]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(BOTH),
        json.dumps(BOTH, indent=2),
        json.dumps(BOTH, indent=2).replace("\n", "\r\n"),
        "\ufeff  \n" + json.dumps(BOTH),
        json.dumps({"products": BOTH}),
        json.dumps({"version": 2, "count": 2, "products": BOTH}, indent=1),
        json.dumps({"data": {"products": {"resultList": BOTH}}}),
        json.dumps(
            {"meta": {"rows": 3, "items": "none"}, "categories": [{"id": 7, "name": "x"}], "items": BOTH}
        ),
        json.dumps({"@type": "DataFeed", "Items": BOTH, "next": None}, indent="\t"),
        "\n".join(json.dumps(one) for one in BOTH),
        ",\n".join(json.dumps(one) for one in BOTH) + ",\n",
        "\n".join(json.dumps(one, indent=2) for one in BOTH),
        "[" + ",\n".join(json.dumps(one) for one in BOTH) + ",]",
        json.dumps(BOTH[:1]) + "\n" + json.dumps(BOTH[1:]),
    ],
)
def test_every_layout_gives_the_same_products(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert titles(found) == ["Oak", 'Pine ]}"']
    assert isinstance(found[0], Row)
    assert found[0].cells["price/value"] == "19.5"
    assert isinstance(found[1], Row)
    assert found[1].cells["images/url"] == "https://a"


def test_one_product_alone_is_a_feed(tmp_path: Path) -> None:
    assert titles(read(tmp_path, json.dumps(OAK))) == ["Oak"]
    assert titles(read(tmp_path, json.dumps(OAK, indent=2))) == ["Oak"]


def test_a_large_object_is_streamed(tmp_path: Path) -> None:
    """An object around a list is never held as a whole, wherever in it the list is."""
    many = [{**OAK, "id": number, "text": "x" * 900} for number in range(3000)]
    before = {"generator": {"name": "x", "items": {"not": ["this"]}}, "notes": ["y" * 1000] * 900, "ok": True}
    for text in (
        json.dumps({**before, "data": {"count": 3000, "products": many}, "after": {"products": "no"}}),
        json.dumps({"products": many, "after": [1, 2]}, indent=1),
        json.dumps(many),
    ):
        assert len(text) > 2 * MAX_ROW_CHARS
        found = read(tmp_path, text)
        assert [row.cells["id"] for row in found if isinstance(row, Row)] == [str(n) for n in range(3000)]
        assert len(found) == 3000


def test_a_list_by_another_name_is_named_in_the_mapping(tmp_path: Path) -> None:
    text = json.dumps({"shop": {"Artikel": BOTH, "items": [{"id": 9, "title": "no"}]}})
    assert titles(read(tmp_path, text, FeedMapping(row="artikel"))) == ["Oak", 'Pine ]}"']
    with pytest.raises(UserInputError, match="mapping file"):
        read(tmp_path, json.dumps({"Artikel": BOTH}))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"hello": "world"}', "no list of products"),
        ('{"hello": {"world": [1]}}', "no list of products"),
        ("[]\nfalse", "no JSON"),
        (json.dumps(BOTH)[:-1], "cut off"),
        (json.dumps(BOTH)[:-20], "cut off"),
        (json.dumps(BOTH, indent=2)[:-4], "cut off"),
        ('{"products": [' + json.dumps(OAK), "cut off"),
        ('{\n"products": [' + json.dumps(OAK) + "]", "cut off"),
        ("[" + json.dumps({**OAK, "text": "x" * 3 * MAX_ROW_CHARS})[:-3], "longer than"),
    ],
)
def test_what_is_cut_off_or_no_feed_is_refused_as_a_whole(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UserInputError, match=why) as caught:
        read(tmp_path, text)
    assert "Nothing was changed" in caught.value.message


def test_a_damaged_element_costs_itself(tmp_path: Path) -> None:
    parts = [
        json.dumps(OAK), "{'id': 5, 'title': 'single quotes'}", '{"id": 6, "title": }', "12", "null",
        '["x"]', "NaN",
        '{"id": 7, "title": "one\nline break"}', '{"id": 8 "title": "no comma"}', json.dumps(PINE),
    ]  # fmt: skip
    found = read(tmp_path, "[\n" + ",\n".join(parts) + "\n]")
    assert titles(found) == [
        "Oak", "it is no JSON", "it is no JSON", "it is not an object", "it is not an object",
        "it is not an object", "it is not an object", "one\nline break", "it is no JSON", 'Pine ]}"',
    ]  # fmt: skip
    assert [row.line for row in found] == [2, 3, 4, 5, 6, 7, 8, 9, 11, 12]


def test_what_is_too_long_or_too_deep_costs_itself(tmp_path: Path) -> None:
    long = json.dumps({**OAK, "list": ["x" * 1000] * 3000})
    deep = '{"id": 3, "title": "deep", "a": ' + "[" * 100_000 + "]" * 100_000 + "}"
    found = read(tmp_path, f"[{long}, {json.dumps(OAK)}, {deep}, {json.dumps(PINE)}]")
    assert titles(found) == [
        "it is longer than 1,000,000 characters", "Oak", "it is nested too deeply", 'Pine ]}"',
    ]  # fmt: skip


def test_numbers_that_stretch_over_two_pieces_are_whole(tmp_path: Path) -> None:
    """The file is read in pieces; a number at the end of one goes on in the next."""
    for shift in range(12):
        padding = " " * (256 * 1024 - len('[{"id": ') - 6 + shift)
        found = read(tmp_path, f'[{padding}{{"id": 1234567, "title": "x"}}]')
        assert [row.cells["id"] for row in found if isinstance(row, Row)] == ["1234567"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(JSON, max_size=6), st.sampled_from([None, 1, "\t"]))
def test_whatever_is_in_a_list_comes_out_one_by_one(values: list[Any], indent: Any) -> None:
    source = JsonSource(io.StringIO(json.dumps(values, indent=indent)), "x")
    assert source.skip("[")
    found = []
    while not source.skip("]"):
        found.append(source.take())
        source.skip(",")
    assert json.loads(json.dumps(found, default=float)) == json.loads(json.dumps(values))
    assert source.peek() == ""


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='{}[]",:\\ 1an\n', max_size=40))
def test_no_text_holds_the_reader(text: str) -> None:
    """Whatever the file: it ends, with rows or with the one error that says why."""
    from core.feeds.json_rows import read_json

    for start in ("", "[", '{"products": ['):
        whole = start + text
        found: list[Any] = []
        with suppress(UserInputError):
            found = list(read_json(io.StringIO(whole), COMMON, "x", start=whole.lstrip()))
        assert all(isinstance(row, Row | BadRow) for row in found)


def test_a_value_that_is_too_long_stays_where_it_is() -> None:
    source = JsonSource(io.StringIO(json.dumps(["x" * 2 * MAX_ROW_CHARS]) + " 7"), "x")
    assert source.take() is Odd.TOO_LONG
    with pytest.raises(UserInputError):
        source.pass_over()
    source = JsonSource(io.StringIO(json.dumps(["x" * 1000] * 2000) + " 7 "), "x")
    assert source.take() is Odd.TOO_LONG
    source.pass_over()
    assert source.take() == 7
