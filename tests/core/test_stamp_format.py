"""What is written on data-blocks comes back as it was, and nothing else is taken for it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserInputError
from core.model.declaration import Declaration, Origin
from core.model.grant import Grant
from core.model.listing import ListingRef, MediaKind
from core.stamp_format import (
    MAX_CREDIT_LENGTH,
    MAX_FIELD_LENGTH,
    LinkedStamps,
    SceneNotes,
    Stamp,
    decode,
    decode_register,
    encode,
    encode_linked,
    encode_quiet,
    encode_register,
    extend_register,
    find_foreign,
    is_other_file,
    make_declared_stamp,
    make_stamp,
    note_file,
    read_linked,
    read_quiet,
    read_register,
)

STAMP = Stamp(
    grant_id="grant_0123456789abcdefghjkmnpqrs",
    marketplace="cgtrader",
    listing_id="123456",
    license_id="cgtrader.royalty_free",
    terms_sha256="ab" * 32,
    credit="Chair by Ännchen © 2026",
)
FIELD = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1, max_size=MAX_FIELD_LENGTH
).filter(lambda text: text == text.strip())


def make_grant(**changes: object) -> Grant:
    facts: dict[str, object] = {
        "id": "grant_1",
        "order_id": "order_secret",
        "ref": ListingRef(marketplace="shutterstock", id="99"),
        "title": "Title",
        "author": "Author",
        "kind": MediaKind.IMAGE,
        "license_id": "shutterstock.standard",
        "license_label": "standard",
        "terms_sha256": "cd" * 32,
        "marketplace_license_id": "lic_secret",
        "licensee": "Nina Secret",
        "project": "Secret project",
        "granted_at": datetime(2026, 1, 2, tzinfo=UTC),
        "credit": "Author / Shutterstock",
    }
    return Grant(**{**facts, **changes})  # type: ignore[arg-type]


def test_a_stamp_comes_back() -> None:
    assert decode(encode(STAMP)) == STAMP


def test_the_text_is_short_and_in_fixed_order() -> None:
    text = encode(STAMP)
    assert list(json.loads(text)) == [
        "v", "grant_id", "marketplace", "listing_id", "license_id", "terms_sha256", "credit",
    ]  # fmt: skip
    assert "\n" not in text
    assert ": " not in text
    assert len(text) < 400


def test_a_stamp_holds_nothing_private() -> None:
    text = encode(make_stamp(make_grant()))
    assert "ecret" not in text
    assert "2026" not in text


@pytest.mark.parametrize(
    ("credit", "kept"),
    [
        ("a\x00b\nc\u2028d", "a b c d"),
        ("x" * 10_000, "x" * MAX_CREDIT_LENGTH),
        ("half \ud800 character", "half character"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("", ""),
    ],
)
def test_a_hostile_credit_becomes_one_short_line(credit: str, kept: str) -> None:
    stamp = make_stamp(make_grant(credit=credit))
    assert stamp.credit == kept
    assert decode(encode(stamp)) == stamp


@pytest.mark.parametrize("value", ["", " padded ", "line\nbreak", "x" * (MAX_FIELD_LENGTH + 1), "\ud800"])
def test_a_stamp_that_could_not_be_read_back_is_not_written(value: str) -> None:
    with pytest.raises(ValueError, match="listing_id"):
        encode(Stamp(**{**fields(STAMP), "listing_id": value}))


@given(
    st.builds(
        Stamp,
        grant_id=FIELD,
        marketplace=FIELD,
        listing_id=FIELD,
        license_id=FIELD,
        terms_sha256=FIELD,
        credit=st.text(max_size=400),
    )
)
def test_every_stamp_that_is_written_is_read(stamp: Stamp) -> None:
    again = decode(encode(stamp))
    assert {**fields(again), "credit": ""} == {**fields(stamp), "credit": ""}
    assert decode(encode(again)) == again


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "7",
        '"text"',
        "{",
        "{}",
        '{"v":true}',
        '{"v":0}',
        '{"v":-1}',
        '{"v":"1"}',
        '{"v":1}',
        '{"v":NaN}',
        "[" * 50_000,
        '{"v":' + "9" * 5000 + "}",
        "x" * 1_000_000,
    ],
)
def test_what_is_no_stamp_is_damaged(text: str) -> None:
    with pytest.raises(UserInputError) as caught:
        decode(text)
    assert caught.value.code == "stamp.damaged"


@pytest.mark.parametrize("field", ["grant_id", "marketplace", "listing_id", "license_id", "terms_sha256"])
@pytest.mark.parametrize("value", [None, 1, "", " ", "a\x07b", "x" * 201, ["a"], "\ud800"])
def test_every_field_is_checked(field: str, value: object) -> None:
    data = json.loads(encode(STAMP))
    data[field] = value
    with pytest.raises(UserInputError, match="damaged"):
        decode(json.dumps(data))


def test_a_newer_schema_says_so() -> None:
    with pytest.raises(UserInputError, match="newer") as caught:
        decode('{"v":2,"anything":1}')
    assert caught.value.code == "stamp.newer"


def test_unknown_keys_and_a_wrong_credit_do_no_harm() -> None:
    data = {**json.loads(encode(STAMP)), "more": 1, "credit": 5}
    assert decode(json.dumps(data)) == Stamp(**{**fields(STAMP), "credit": ""})


@given(
    st.text() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps)
)
def test_whatever_is_read_only_user_input_errors_come_out(text: str) -> None:
    for read in (decode, decode_register):
        try:
            read(text)
        except UserInputError:
            continue


def test_the_register_keeps_each_stamp_once_and_in_order() -> None:
    other = Stamp(**{**fields(STAMP), "grant_id": "grant_2"})
    text = extend_register(None, STAMP)
    text = extend_register(text, other)
    text = extend_register(text, STAMP)
    assert decode_register(text) == (encode(STAMP), encode(other))


def test_a_damaged_register_stays_visible() -> None:
    assert read_register("not json") == ("not json",)
    assert read_register(None) == read_register("") == ()
    assert decode_register(extend_register("not json", STAMP)) == ("not json", encode(STAMP))


@pytest.mark.parametrize("text", ["{}", "[1]", '["\\ud800"]', "[", "null"])
def test_what_is_no_register_is_damaged(text: str) -> None:
    with pytest.raises(UserInputError) as caught:
        decode_register(text)
    assert caught.value.code == "stamp.damaged"


def test_a_register_of_many_is_read() -> None:
    texts = [encode(Stamp(**{**fields(STAMP), "grant_id": f"grant_{number}"})) for number in range(3000)]
    assert decode_register(encode_register(texts)) == tuple(texts)


def fields(stamp: Stamp) -> dict[str, str]:
    return {
        name: getattr(stamp, name)
        for name in ("grant_id", "marketplace", "listing_id", "license_id", "terms_sha256", "credit")
    }


def test_declared_content_has_a_stamp_without_listing_and_terms() -> None:
    declaration = Declaration(
        id="declaration_1", origin=Origin.CLIENT, title="Logo", declared_by="Nina Secret", reason="Secret",
        declared_at=datetime(2026, 1, 2, tzinfo=UTC), client="Secret client", credit="Logo\n© ACME",
        evidence_sha256="ef" * 32, project="Secret project",
    )  # fmt: skip
    stamp = make_declared_stamp(declaration)
    text = encode(stamp)
    assert decode(text) == stamp
    assert (stamp.license_id, stamp.credit) == ("declared.client", "Logo © ACME")
    assert "ecret" not in text
    assert "efef" not in text
    assert extend_register(None, stamp) == encode_register([text])


@pytest.mark.parametrize(
    "changes",
    [
        {"grant_id": "grant_1"},
        {"marketplace": "cgtrader"},
        {"listing_id": "5"},
        {"terms_sha256": "ab"},
        {"license_id": ""},
    ],
)
def test_only_declarations_may_leave_listing_and_terms_empty(changes: dict[str, str]) -> None:
    facts = {
        "grant_id": "declaration_1", "marketplace": "declared", "listing_id": "",
        "license_id": "declared.other", "terms_sha256": "",
    }  # fmt: skip
    decode(json.dumps({"v": 1, **facts}))
    with pytest.raises(UserInputError) as caught:
        decode(json.dumps({"v": 1, **facts, **changes}))
    assert caught.value.code == "stamp.damaged"
    with pytest.raises(ValueError, match="stamp's"):
        encode(Stamp(**{**facts, **changes}))


def test_notes_of_a_library_come_back() -> None:
    noted = LinkedStamps(
        here={"OBJECT/Seat": "one", "MESH/Seat": "one"}, seen={"IMAGE/Holz ä\U0001f33b": "two"}
    )
    text = encode_linked(noted)
    assert text.count("one") == 1
    assert read_linked(text) == noted
    assert read_linked(None) == read_linked("") == LinkedStamps()


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", "7", '"x"', "null", "[" * 100_000, '{"v":1}', '{"stamps":{},"here":[],"seen":7}',
        '{"stamps":["a"],"here":{"x":1,"y":-1,"z":true,"w":"0","v":null,"u":[0]}}',
        '{"stamps":[7,null],"here":{"x":0},"seen":{"x":1}}',
        '{"stamps":["\\ud800"],"here":{"x":0}}', '{"stamps":["a"],"here":{"\\ud800":0}}',
        "x" * 5_000_000,
    ],
)  # fmt: skip
def test_damaged_notes_are_left_out(text: str) -> None:
    assert read_linked(text) == LinkedStamps()
    assert read_quiet(text) == {}


def test_quiet_kinds_come_back_and_others_do_not() -> None:
    assert read_quiet(encode_quiet({"grant_a": {"ACTION"}, "grant_ä": {"KEY", "ACTION"}})) == {
        "grant_a": frozenset({"ACTION"}),
        "grant_ä": frozenset({"ACTION", "KEY"}),
    }
    assert read_quiet('{"grant_a":["IMAGE","ACTION"],"b":"ACTION"}') == {"grant_a": frozenset({"ACTION"})}


def test_names_of_what_every_scene_has_come_back_and_others_do_not() -> None:
    names = {"LIGHT/Lamp", "WORLD/Sky/2", "KEY/Ключ"}
    assert read_quiet(encode_quiet({"grant_a": names})) == {"grant_a": frozenset(names)}
    assert read_quiet('{"grant_a":["LIGHT/","IMAGE/x","/x","LIGHT","WORLD/\\ud800"]}') == {}


OWN = '{"v":1,"grant_id":"declaration_1","marketplace":"declared"}'


@pytest.mark.parametrize(
    ("quiet", "register", "bought", "declared"),
    [
        ({}, (), False, False),
        ({}, (OWN,), False, False),
        ({}, (OWN, encode(STAMP)), False, True),
        ({}, ("damaged",), False, True),
        ({"grant_a": {"MESH"}}, (), True, True),
        ({"grant_a": {"ACTION", "LIGHT/Lamp"}}, (), False, False),
    ],
)
def test_meshes_are_looked_through_where_something_unmarked_may_be_in_them(
    quiet: dict[str, set[str]], register: tuple[str, ...], *, bought: bool, declared: bool
) -> None:
    notes = SceneNotes.of(quiet, register)
    assert (notes.ask_loose(encode(STAMP)), notes.ask_loose(OWN)) == (bought, declared)
    assert not notes.ask_loose(None)
    assert not notes.ask_image(None)
    assert not notes.ask_image(encode(STAMP))
    assert notes.ask_image(OWN) == notes.has_bought
    assert notes.names == {name for kinds in quiet.values() for name in kinds if "/" in name}


@pytest.mark.parametrize(
    ("size", "path", "is_other"),
    [
        (44, "//sounds/rain.wav", False),
        (45, "/elsewhere/rain.wav", False),  # the same file, written again
        (44, "//sounds/storm.wav", False),  # renamed
        (45, "//sounds/storm.wav", True),
        (45, "C:\\sounds\\storm.wav", True),
        (45, "C:\\sounds\\rain.wav", False),
        (45, "", True),
    ],
)
def test_another_file_is_told_by_name_and_size(size: int, path: str, is_other: bool) -> None:
    assert is_other_file(note_file(44, "//rain.wav"), size, path) is is_other


@pytest.mark.parametrize("noted", ["", "rain.wav", "x rain.wav", "-1 rain.wav", f"{10**40} rain.wav"])
def test_a_damaged_note_of_a_file_says_nothing(noted: str) -> None:
    assert not is_other_file(noted, 44, "storm.wav")


def test_nodes_are_foreign_when_they_carry_another_grant() -> None:
    own, other = encode(STAMP), encode(replace(STAMP, grant_id="grant_other"))
    assert find_foreign(own, other) == find_foreign("damaged", other) == "grant_other"
    assert find_foreign(own, encode(replace(STAMP, credit="another line"))) is None
    for stamp, within in ((own, own), (own, None), (None, other), (own, "damaged"), (own, "")):
        assert find_foreign(stamp, within) is None
