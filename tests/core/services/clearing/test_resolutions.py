"""Resolutions in a file: added at the end, read back, and refused where they could never count."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import UserInputError
from core.model.resolution import Resolution, ResolutionBook, ResolutionKind
from core.services.clearing.resolutions import ResolutionFile

ONE = Resolution(
    id="resolution_1",
    kind=ResolutionKind.NOT_VISIBLE,
    rule="use.editorial_only",
    subject="grant_1",
    reason="Behind the wall.",
    author="ann",
    decided_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
)


def test_what_is_added_is_read_back(tmp_path: Path) -> None:
    book: ResolutionBook = ResolutionFile(path=tmp_path / "project" / "resolutions.toml")
    assert book.resolutions() == ()
    book.add(ONE)
    before = (tmp_path / "project" / "resolutions.toml").read_text(encoding="utf-8")
    two = replace(ONE, id="resolution_2", reason="Said “no”.\nTwice.")
    book.add(two)
    assert book.resolutions() == (ONE, two)
    after = (tmp_path / "project" / "resolutions.toml").read_text(encoding="utf-8")
    assert after.startswith(before)
    assert [path.name for path in (tmp_path / "project").iterdir()] == ["resolutions.toml"]


def test_what_people_wrote_by_hand_stays(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    ResolutionFile(path=path).add(ONE)
    path.write_text("# Agreed with legal.\n" + path.read_text(encoding="utf-8") + "\n\n", encoding="utf-8")
    ResolutionFile(path=path).add(replace(ONE, id="resolution_2"))
    assert path.read_text(encoding="utf-8").startswith("# Agreed with legal.\n")
    assert len(ResolutionFile(path=path).resolutions()) == 2


def test_what_cannot_count_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    book = ResolutionFile(path=tmp_path / "r.toml")
    with pytest.raises(UserInputError, match="no answer"):
        book.add(replace(ONE, kind=ResolutionKind.OWN_WORK))
    assert not book.path.exists()
    book.add(ONE)
    with pytest.raises(UserInputError, match="already"):
        book.add(ONE)
    assert book.resolutions() == (ONE,)


def test_a_damaged_file_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text("schema = 1\n[[resolution]]\nid = 3\n", encoding="utf-8")
    with pytest.raises(UserInputError, match=r"r\.toml:3: id"):
        ResolutionFile(path=path).add(ONE)
    assert path.read_text(encoding="utf-8") == "schema = 1\n[[resolution]]\nid = 3\n"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserInputError, match="cannot be read"):
        ResolutionFile(path=path).resolutions()


def test_a_place_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(UserInputError):
        ResolutionFile(path=tmp_path / "file" / "r.toml").add(ONE)
