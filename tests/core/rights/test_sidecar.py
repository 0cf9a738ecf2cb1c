"""The rights file: its form is published, it comes back as it was, and nothing in it is believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rights_samples import make_license, make_mesh, make_object, make_record

from core.errors import UserInputError
from core.rights.record import Content, FileMark
from core.rights.sidecar import SCHEMA, make_schema, parse, render, render_schema, render_short
from core.stamp_format import decode, encode

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "rights.schema.json"
RECORD = make_record(
    make_object("Stuhl", "Sitz 椅子"),
    make_mesh("Sitz 椅子", (0, 6, 12), (-1, 2, 2), (1, 1, 3), vertices=20),
    Content(id_type="IMAGE", name="Holz", stamp=1, alias="holz_4k.png"),
    companions=(FileMark(name="textures/holz_4k.png", size=5, sha256="cd" * 32),),
)
TEXTS = st.text(max_size=60)


def plain() -> dict[str, Any]:
    return dict(json.loads(render(RECORD)))


def test_the_published_schema_is_the_one_that_is_written() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == render_schema(), (
        "docs/rights.schema.json is stale: python -m core.rights.sidecar docs/rights.schema.json"
    )


def test_what_is_written_follows_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(make_schema())
    validator.check_schema(make_schema())
    for text in (render(RECORD), render_short(RECORD), render(make_record(file=None, licenses=0))):
        validator.validate(json.loads(text))


@pytest.mark.parametrize("write", [render, render_short])
def test_it_comes_back_as_it_was(write: Any) -> None:
    assert parse(write(RECORD), name="x") == RECORD
    assert parse(write(RECORD).encode(), name="x") == RECORD


@given(TEXTS, TEXTS, st.lists(st.tuples(st.integers(-1, 1), st.integers(0, 10**6), st.integers(0, 10**6))))
def test_any_names_come_back(name: str, alias: str, runs: list[tuple[int, int, int]]) -> None:
    record = make_record(Content(id_type="IMAGE", name=name, stamp=None, alias=alias), make_mesh(name, *runs))
    assert parse(render(record), name="x") == record


def test_half_characters_are_replaced_not_raised() -> None:
    record = make_record(Content(id_type="IMAGE", name="broken \ud800 name", stamp=0))
    assert parse(render(record), name="x").contents[0].name == "broken ? name"


def test_what_it_names_can_be_stamped() -> None:
    for held in parse(render(RECORD), name="x").licenses:
        assert decode(encode(held.stamp)) == held.stamp


@pytest.mark.parametrize(
    "text",
    [
        "", "not json", "[]", "null", "7", '"text"', "{}", '{"schema": 1}', '{"schema": true}', "[" * 100_000,
        '{"a":' * 50_000, '{"schema": "1"}', "\x00", "{}" + " " * 10,
    ],
    ids=lambda text: repr(text[:12]),
)  # fmt: skip
def test_what_is_no_rights_file_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(
        UserInputError, match=r"^x\.json is no rights file .* Nothing was changed\.$"
    ) as caught:
        parse(text, name="x.json")
    assert caught.value.code == "rights.damaged"
    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("licenses", 0, "grant_id"), ""),
        (("licenses", 0, "grant_id"), 7),
        (("licenses", 0, "grant_id"), "x" * 201),
        (("licenses", 0, "grant_id"), "two\nlines"),
        (("licenses", 0, "credit"), "x" * 301),
        (("licenses", 0, "price"), "19.00"),
        (("licenses",), {}),
        (("contents", 0, "stamp"), 2),
        (("contents", 0, "stamp"), -1),
        (("contents", 0, "stamp"), True),
        (("contents", 1, "faces"), [[2, 1, 1]]),
        (("contents", 1, "faces"), [[-2, 1, 1]]),
        (("contents", 1, "faces"), [[0, -1, 1]]),
        (("contents", 1, "faces"), [[0, 1]]),
        (("contents", 1, "faces"), [[0, 1e30, 1]]),
        (("contents", 1, "name"), "x" * 1025),
        (("contents", 1, "extra"), 1),
        (("file", "sha256"), "AB" * 32),
        (("file", "size"), "10"),
        (("made_at",), "yesterday"),
        (("schema",), 0),
        (("undeclared",), None),
        (("order_id",), "4711"),
    ],
)
def test_wrong_and_hostile_values_are_refused(path: tuple[Any, ...], value: Any) -> None:
    data: Any = plain()
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(UserInputError) as caught:
        parse(json.dumps(data), name="x.json")
    assert caught.value.code == "rights.damaged"


def test_a_newer_one_asks_for_an_update() -> None:
    with pytest.raises(UserInputError, match="newer Clearance"):
        parse(json.dumps({**plain(), "schema": SCHEMA + 1, "new": 1}), name="x.json")


def test_a_giant_is_not_even_parsed() -> None:
    from core.rights.sidecar import MAX_BYTES

    with pytest.raises(UserInputError, match="larger than such a file can be"):
        parse(b"[" * (MAX_BYTES + 1), name="x.json")


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=20,
))  # fmt: skip
def test_no_json_gets_past_as_anything_else_than_a_record(data: Any) -> None:
    with pytest.raises(UserInputError):
        parse(json.dumps(data), name="x.json")


def test_only_what_is_public_has_a_place() -> None:
    """A field that does not exist cannot leak: the forms allow no others."""
    properties = make_schema()["$defs"]["LicenseModel"]["properties"]
    assert set(properties) == {
        "grant_id", "marketplace", "listing_id", "license_id", "terms_sha256", "credit", "marketplace_name",
        "title", "author", "license_label", "terms_url",
    }  # fmt: skip
    assert all(
        definition.get("additionalProperties") is False for definition in make_schema()["$defs"].values()
    )
    assert make_license().stamp.grant_id in render(RECORD)
