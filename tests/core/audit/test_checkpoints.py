from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from core.audit.checkpoints import Checkpoint, read_checkpoints, read_last_checkpoint, write_checkpoint
from core.errors import AuditError

ONE = Checkpoint(size=1, root="ab" * 32, at=datetime(2026, 11, 23, 12, tzinfo=UTC))
TWO = Checkpoint(size=20_000_000, root="cd" * 32, at=datetime(2026, 11, 24, 12, 0, 0, 7, tzinfo=UTC))


def test_no_file_means_no_checkpoints(tmp_path: Path) -> None:
    assert read_checkpoints(tmp_path / "none.jsonl") == ()
    assert read_last_checkpoint(tmp_path / "none.jsonl") is None


def test_what_is_written_is_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    write_checkpoint(path, ONE)
    write_checkpoint(path, TWO)
    assert read_checkpoints(path) == (ONE, TWO)


def test_times_are_kept_in_utc(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    write_checkpoint(
        path, Checkpoint(size=1, root=ONE.root, at=ONE.at.astimezone(timezone(timedelta(hours=5))))
    )
    assert read_checkpoints(path) == (ONE,)
    assert "2026-11-23T12:00:00.000000+00:00" in path.read_text()


def test_a_line_cut_by_a_crash_is_passed_over_now_and_after_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    write_checkpoint(path, ONE)
    whole = path.read_bytes()
    for cut in range(1, len(whole) - 2):
        path.write_bytes(whole + whole[:cut])
        assert read_checkpoints(path) == (ONE,)
        assert read_last_checkpoint(path) == ONE
        write_checkpoint(path, TWO)
        assert read_checkpoints(path) == (ONE, TWO)
        assert read_last_checkpoint(path) == TWO


@pytest.mark.parametrize("count", [1, 25, 26, 27, 28, 29, 30, 31, 400])
def test_the_last_of_many_is_found_wherever_the_read_piece_begins(tmp_path: Path, count: int) -> None:
    path = tmp_path / "c.jsonl"
    for number in range(count):
        write_checkpoint(path, Checkpoint(size=10 ** (number % 19), root=ONE.root, at=ONE.at))
    assert read_last_checkpoint(path) == read_checkpoints(path)[-1]


def test_an_end_of_nothing_but_half_a_line_does_not_hide_the_last_one(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    write_checkpoint(path, ONE)
    with path.open("a") as file:
        file.write('{"at":' + " " * 9000)
    assert read_last_checkpoint(path) == ONE


@pytest.mark.parametrize(
    "line",
    [
        "{}", '{"size":1}', "{nonsense}", '{"at":"2026-11-23T12:00:00","root":"%s","size":1}' % ("ab" * 32),
        '{"at":"2026-11-23T12:00:00+00:00","root":"abcd","size":1}',
        '{"at":"2026-11-23T12:00:00+00:00","root":"%s","size":-1}' % ("ab" * 32),
        '{"at":"2026-11-23T12:00:00+00:00","root":"%s","size":true}' % ("ab" * 32),
        '{"at":"2026-11-23T12:00:00+00:00","root":7,"size":1}',
    ],
)  # fmt: skip
def test_a_damaged_line_is_an_error_that_says_which(tmp_path: Path, line: str) -> None:
    path = tmp_path / "c.jsonl"
    write_checkpoint(path, ONE)
    with path.open("a") as file:
        file.write(line + "\n")
    for read in (read_checkpoints, read_last_checkpoint):
        with pytest.raises(AuditError) as caught:
            read(path)
        assert caught.value.code == "audit.checkpoint_damaged"
        assert caught.value.context["line"] == 3


def test_bytes_that_are_no_text_are_an_error_too(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_bytes(b'{"\xff\xfe"}\n')
    with pytest.raises(AuditError):
        read_checkpoints(path)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(AuditError) as caught:
        write_checkpoint(tmp_path / "missing" / "c.jsonl", ONE)
    assert caught.value.code == "audit.checkpoint_unwritable"
    with pytest.raises(AuditError) as caught:
        read_checkpoints(tmp_path)
    assert caught.value.code == "audit.checkpoint_unreadable"
