"""What the description of a bake says of marks on faces, and what a damaged one says: nothing."""

from __future__ import annotations

import json

import pytest

from core.files.blend.baked import _find_marks

MARK = {"name": "clearance_grant", "domain": "FACE", "type": "INT"}


def described(*attributes: object) -> bytes:
    mesh = {"mesh": {"attributes": list(attributes)}}
    inner = {"instances": {"references": [mesh]}}
    return json.dumps({"version": 3, "items": {"0": {"data": inner}}}).encode()


def test_marks_are_found_however_deep() -> None:
    where = {"name": "a.blob", "start": 4, "size": 8}
    for domain in ("FACE", "POINT"):
        found = _find_marks(described({**MARK, "domain": domain, "data": where}))
        assert list(found) == [("a.blob", 4, 8)]


@pytest.mark.parametrize(
    "attribute",
    [
        MARK,
        {**MARK, "data": None},
        {**MARK, "data": []},
        {**MARK, "data": {"name": 7, "start": 0, "size": 4}},
        {**MARK, "data": {"name": "a", "start": -4, "size": 4}},
        {**MARK, "data": {"name": "a", "start": True, "size": 4}},
        {**MARK, "data": {"name": "a", "start": 0, "size": "4"}},
        {**MARK, "type": "FLOAT", "data": {"name": "a", "start": 0, "size": 4}},
        {**MARK, "name": "other", "data": {"name": "a", "start": 0, "size": 4}},
    ],
)
def test_what_is_no_mark_on_faces_is_passed_over(attribute: object) -> None:
    assert list(_find_marks(described(attribute))) == []


@pytest.mark.parametrize(
    "text", [b"", b'"clearance_grant"', b'{"clearance_grant"', b"[" * 100_000 + b'"clearance_grant"']
)
def test_what_cannot_be_read_says_nothing(text: bytes) -> None:
    assert list(_find_marks(text)) == []
