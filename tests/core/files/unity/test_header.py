"""The store's header names a product, or nothing is believed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unity_packages import STORE_JSON, PackageMaker, gzip_of, store_field, subfield

from core.files.unity.header import (
    MAX_TEXT,
    OriginReading,
    has_store_field,
    parse_origin,
    read_origin,
)


def read(tmp_path: Path, content: bytes) -> OriginReading:
    path = tmp_path / "a.unitypackage"
    path.write_bytes(content)
    return read_origin(path)


def test_everything_that_the_store_writes_is_read(tmp_path: Path) -> None:
    reading = read(tmp_path, gzip_of(b"x", extra=store_field()))
    origin = reading.origin
    assert reading.trouble == ""
    assert origin is not None
    assert (origin.product_id, origin.title, origin.version) == ("12345", "Oak Chairs", "1.2")
    assert (origin.version_id, origin.upload_id) == ("777", "888")
    assert (origin.publisher, origin.publisher_id) == ("Joiner & Söhne", "42")
    assert (origin.category, origin.category_id) == ("3D Models/Props", "9")
    assert origin.unity_version == "2021.3.1f1"
    assert origin.published_on == date(2024, 3, 5)
    assert (origin.link_type, origin.link_id) == ("content", "12345")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x1f",
        b"\x1f\x8b\x08\x04",
        gzip_of(b"x"),
        gzip_of(b"x", extra=b""),
        gzip_of(b"x", extra=subfield(b"1", name=b"Ap")),
        b"PK\x03\x04" + b"\x04" * 40,
        PackageMaker().tar(),
    ],
)
def test_no_header_is_no_origin_and_no_trouble(content: bytes, tmp_path: Path) -> None:
    assert read(tmp_path, content) == OriginReading()


def test_numbers_for_ids_and_missing_keys(tmp_path: Path) -> None:
    origin = read(tmp_path, gzip_of(b"x", extra=subfield(b'{"id": 99}'))).origin
    assert origin is not None
    assert (origin.product_id, origin.title, origin.published_on) == ("99", "", None)


def test_among_other_subfields_and_with_padding(tmp_path: Path) -> None:
    extra = subfield(b"abc", name=b"BC") + store_field() + subfield(b"", name=b"XX")
    origin = read(tmp_path, gzip_of(b"x", extra=extra)).origin
    assert origin is not None
    padded = subfield(json.dumps(STORE_JSON).encode() + b"\x00\x00")
    assert read(tmp_path, gzip_of(b"x", extra=padded)).origin is not None


def test_the_same_header_twice_is_one(tmp_path: Path) -> None:
    assert read(tmp_path, gzip_of(b"x", extra=store_field() * 2)).origin is not None


@pytest.mark.parametrize(
    "extra",
    [
        store_field() + store_field({"id": "54321"}),
        store_field()[:-5],
        store_field() + b"A",
        subfield(b"not json"),
        subfield(b"[1, 2]"),
        subfield(b"\xff\xfe"),
        subfield(b"[" * 60_000),
        subfield(b'{"id": "1", "id": "2"}'),
        store_field({"id": None}),
        store_field({"id": "12 OR 1=1"}),
        store_field({"id": "../../etc"}),
        store_field({"id": True}),
        store_field({"id": -5}),
        store_field({"id": 1e9}),
    ],
)
def test_a_header_that_is_odd_is_not_believed(extra: bytes, tmp_path: Path) -> None:
    reading = read(tmp_path, gzip_of(b"x", extra=extra))
    assert reading.origin is None
    assert reading.trouble.startswith("The package's store header")
    assert reading.trouble.endswith(".")


def test_a_cut_off_file_is_not_believed() -> None:
    head = gzip_of(b"x", extra=store_field())
    assert parse_origin(head[:60]).trouble
    assert has_store_field(head)
    assert has_store_field(head[:60])


def test_the_largest_field_there_can_be(tmp_path: Path) -> None:
    root = {"id": "1", "description": "x" * (65_000), "title": "y" * 300}
    origin = read(tmp_path, gzip_of(b"x", extra=subfield(json.dumps(root).encode()))).origin
    assert origin is not None
    assert origin.title == "y" * MAX_TEXT


def test_texts_are_one_plain_line(tmp_path: Path) -> None:
    title = "  A\x1b[31m\nred\u202e chair\x00 "
    origin = read(tmp_path, gzip_of(b"x", extra=store_field({"title": title}))).origin
    assert origin is not None
    assert origin.title == "A [31m red chair"


@pytest.mark.parametrize(
    ("text", "day"),
    [("1 jan 2020", date(2020, 1, 1)), ("31 Feb 2020", None), ("2020-01-01", None), (5, None), ("", None)],
)
def test_dates(text: Any, day: date | None, tmp_path: Path) -> None:
    origin = read(tmp_path, gzip_of(b"x", extra=store_field({"pubdate": text}))).origin
    assert origin is not None
    assert origin.published_on == day


def test_the_sidecar_gives_an_upload_id_that_the_header_lacks(tmp_path: Path) -> None:
    sidecar = tmp_path / "a.unitypackage.info.json"
    sidecar.write_text('{"upload_id": "4711"}')
    lacking = read(tmp_path, gzip_of(b"x", extra=store_field({"upload_id": None}))).origin
    assert lacking is not None
    assert lacking.upload_id == "4711"
    having = read(tmp_path, gzip_of(b"x", extra=store_field())).origin
    assert having is not None
    assert having.upload_id == "888"
    assert read(tmp_path, gzip_of(b"x")).origin is None


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"upload_id": "x"}', b'{"upload_id": "1"}' + b" " * 70_000]
)
def test_an_odd_sidecar_is_no_harm(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.unitypackage.info.json").write_bytes(content)
    origin = read(tmp_path, gzip_of(b"x", extra=store_field({"upload_id": None}))).origin
    assert origin is not None
    assert origin.upload_id == ""


def test_a_linked_sidecar_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.json").write_text('{"upload_id": "1"}')
    (tmp_path / "a.unitypackage.info.json").symlink_to(tmp_path / "elsewhere.json")
    origin = read(tmp_path, gzip_of(b"x", extra=store_field({"upload_id": None}))).origin
    assert origin is not None
    assert origin.upload_id == ""


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    reading = parse_origin(b"\x1f\x8b\x08\x04" + data)
    assert reading.origin is None or reading.origin.product_id.isdigit()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(sorted(STORE_JSON)),
)
def test_any_value_anywhere(value: Any, key: str) -> None:
    reading = parse_origin(gzip_of(b"", extra=subfield(json.dumps({**STORE_JSON, key: value}).encode())))
    assert reading.origin is not None or reading.trouble
