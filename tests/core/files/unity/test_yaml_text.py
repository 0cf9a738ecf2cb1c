"""Unity's YAML becomes plain text values, or a ClearanceError."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ClearanceError, ImportRefused
from core.files.unity.yaml_text import MAX_BYTES, Block, Document, read_documents

SCENE = b"""%YAML 1.1
%TAG !u! tag:unity3d.com,2011:
--- !u!29 &1
OcclusionCullingSettings:
  m_Id: 00000000000000000000000000000000
--- !u!21 &2100000
Material:
  m_Name: Oak
  guid: 12345678901234567890123456789012
  yes: no
--- !u!114 &-8123456789012345678 stripped
MonoBehaviour:
  list: [1, 2]
"""


def refuse(data: bytes) -> ImportRefused:
    with pytest.raises(ImportRefused) as caught:
        read_documents(data)
    assert caught.value.code == "host.unity_unreadable"
    return caught.value


def test_every_document_of_a_file() -> None:
    documents = read_documents(SCENE)
    assert [one.class_id for one in documents] == [29, 21, 114]
    assert documents[2].body.items("MonoBehaviour", "list") == ("1", "2")


def test_one_class_and_no_types() -> None:
    (document,) = read_documents(SCENE, class_id=21)
    material = document.body.block("Material")
    assert material.text("m_Name") == "Oak"
    assert material.text("guid") == "12345678901234567890123456789012"
    assert material.text("yes") == "no"


def test_a_file_without_documents_is_one() -> None:
    (document,) = read_documents(b"\xef\xbb\xbffileFormatVersion: 2\r\nguid: ab\r\n")
    assert (document.class_id, document.body.text("guid")) == (0, "ab")


@pytest.mark.parametrize("data", [b"", b"   \n", b"just text", b"--- !u!21 &1\n"])
def test_what_is_no_mapping_is_empty(data: bytes) -> None:
    assert all(one.body == Block() for one in read_documents(data))


def test_paths_that_are_not_there() -> None:
    block = Block(pairs=(("a", "x"), ("b", ("y",))))
    assert (block.find("a", "b"), block.text("b"), block.block("a"), block.items("a")) == (
        None,
        "",
        Block(),
        (),
    )


def test_keys_that_come_twice_are_kept() -> None:
    (document,) = read_documents(b"data:\n  x: 1\ndata:\n  x: 2\n")
    assert [key for key, _value in document.body.pairs] == ["data", "data"]
    assert document.body.text("data", "x") == "1"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"a: &x [1, 2]\nb: [*x, *x]\n", "alias"),
        (b"a: &a [*a]\n", "alias"),
        (b"x: " + b"[" * 200 + b"]" * 200, "nested"),
        (b"".join(b" " * depth + b"a:\n" for depth in range(100)), "nested"),
        (b"- " * 3000, "nested"),
        (b"x" * (MAX_BYTES + 1), "larger"),
        (b"[" + b"1," * 200_000 + b"]", "values"),
        (b"a: 'x", "YAML"),
        (b"a: \x00", "YAML"),
        (b"{[1]: 2}", "key"),
        (b"[1]", "form"),
        (b"\ta: 1", "YAML"),
        (b"a: !!python/object/apply:os.system ['true']\nb: *x", "alias"),
    ],
)
def test_hostile_texts(data: bytes, why: str) -> None:
    assert why in refuse(data).message


def test_tags_make_nothing() -> None:
    (document,) = read_documents(b"a: !!python/object/apply:os.system ['true']\n")
    assert document.body.items("a") == ("true",)


def test_a_deep_flow_is_refused_soon() -> None:
    refuse(b"x: " + b"{" * 3000)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200) | st.text(alphabet="-!u&*{}[]:,'\"\n\t #|>%@`a1?~", max_size=80).map(str.encode)
)
def test_any_bytes(data: bytes) -> None:
    documents: tuple[Document, ...] = ()
    with suppress(ClearanceError):
        documents = read_documents(data)
    assert all(isinstance(one.body, Block) for one in documents)
