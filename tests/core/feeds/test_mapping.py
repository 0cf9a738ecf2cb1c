"""The mapping file: what it can say, and that a mistake is named with its line."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserInputError
from core.feeds.columns import ALIASES, COMMON, FeedMapping, count_known, parse_mapping, squeeze
from core.model.listing import MediaKind

GOOD = """\
schema = 1
marketplace = "turbosquid"
currency = "usd"
decimal = "."
date = 2026-11-20
complete = false
kind = "model"
row = "artikel"
delimiter = ";"
encoding = "cp1252"

[columns]
id = "Artikelnummer"
title = ["Bezeichnung", "Kurz_Text"]

[kinds]
"3D-Modelle" = "model"

[editorial]
"nur redaktionell" = true
"""


def read(text: str) -> FeedMapping:
    return parse_mapping(text, name="my.toml", marketplace="turbosquid")


def test_everything_can_be_said() -> None:
    mapping = read(GOOD)
    assert mapping.currency == "USD"
    assert mapping.day == date(2026, 11, 20)
    assert mapping.kind is MediaKind.MODEL
    assert mapping.names("title") == ("bezeichnung", "kurz text")
    assert mapping.names("price") == COMMON.names("price")
    assert mapping.kinds == {"3d-modelle": MediaKind.MODEL}
    assert mapping.editorial == {"nur redaktionell": True}
    assert not mapping.complete


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("schema = 1", "schema = 2", 1, "schema"),
        ('currency = "usd"', 'currency = "dollar"', 3, "three letters"),
        ('decimal = "."', 'decimal = "x"', 4, "decimal"),
        ("date = 2026-11-20", 'date = "2026-11-20"', 5, "day without quotes"),
        ("date = 2026-11-20", "date = 2026-11-20T10:00:00Z", 5, "day without quotes"),
        ("complete = false", 'complete = "no"', 6, "true or false"),
        ('kind = "model"', 'kind = "chair"', 7, "model"),
        ('delimiter = ";"', 'delimiter = ";;"', 9, "one character"),
        ('encoding = "cp1252"', 'encoding = "klingon"', 10, "not known"),
        ('id = "Artikelnummer"', 'ident = "Artikelnummer"', 13, "ident"),
        ('id = "Artikelnummer"', "id = 7", 13, "column's name"),
        ('id = "Artikelnummer"', "id = []", 13, None),
        ('"3D-Modelle" = "model"', '"3D-Modelle" = "x"', 17, "must be one of"),
        ('"nur redaktionell" = true', '"nur redaktionell" = 1', 20, "true or false"),
        ('row = "artikel"', 'rwo = "artikel"', 8, "rwo"),
        ('row = "artikel"', "row = 1", 8, "text in quotes"),
        ('marketplace = "turbosquid"', 'marketplace = "unity"', 2, "unity"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, line: int, said: str | None) -> None:
    assert old in GOOD
    if said is None:
        assert read(GOOD.replace(old, new)).names("id") == ()
        return
    with pytest.raises(UserInputError) as caught:
        read(GOOD.replace(old, new))
    assert caught.value.code == "feeds.mapping"
    assert caught.value.context["line"] == line
    assert f"my.toml, line {line}" in caught.value.message
    assert said in caught.value.message


def test_broken_toml_says_where() -> None:
    with pytest.raises(UserInputError) as caught:
        read('schema = 1\ncurrency = "usd\n')
    assert "line 2" in caught.value.message


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    problem = "feeds.mapping"
    try:
        parse_mapping(text, name="x")
    except UserInputError as error:
        problem = error.code
    assert problem == "feeds.mapping"


def test_names_are_compared_without_their_dress() -> None:
    assert squeeze("g:Image_Link") == squeeze(" image-LINK ") == "image link"
    assert squeeze('"\ufeffID"') == "id"
    assert count_known(["g:id", "G:TITLE", "whatever"]) == 2
    assert all(squeeze(alias) == alias for aliases in ALIASES.values() for alias in aliases)


def test_mappings_that_read_differently_have_different_fingerprints() -> None:
    assert read(GOOD).fingerprint == read(GOOD).fingerprint != COMMON.fingerprint
    assert read(GOOD.replace("Kurz_Text", "Kurztext")).fingerprint != read(GOOD).fingerprint
