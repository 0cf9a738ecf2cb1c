"""Files that scenes refer to for good: once, read-only, under their own names, never replaced."""

from __future__ import annotations

import hashlib
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import CancelledError
from core.files.lasting import LastingFiles
from core.files.store import Store
from core.model.grant import GrantFile

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def lasting(tmp_path: Path, store: Store) -> LastingFiles:
    return LastingFiles(tmp_path / "library", store=store)


def deliver(store: Store, name: str, content: bytes) -> tuple[GrantFile, Path]:
    """Put a file into the store; return it with the copy that an import works on."""
    path = store.incoming() / "part"
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    store.adopt(path, sha256)
    file = GrantFile(
        grant_id="grant_1", sha256=sha256, name=name, size=len(content), media_type="", downloaded_at=NOW
    )
    return file, write(store.working_folder("x") / name, content)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_stored_file_gets_a_second_name_and_takes_no_more_space(
    store: Store, lasting: LastingFiles, tmp_path: Path
) -> None:
    file, copy = deliver(store, "Surf at dawn.mp4", b"frames")
    place = lasting.keep(copy, grant_id="grant_1", files=(file,))
    assert place == tmp_path / "library" / "grant_1" / "Surf at dawn.mp4"
    stored = store.path(file.sha256)
    assert stored is not None
    assert place.samefile(stored)
    assert not place.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)


def test_what_came_in_an_archive_is_copied_and_read_only(
    store: Store, lasting: LastingFiles, tmp_path: Path
) -> None:
    file, _copy = deliver(store, "clips.zip", b"archive")
    inside = write(tmp_path / "clip.mov", b"frames")
    place = lasting.keep(inside, grant_id="grant_1", files=(file,))
    assert place.read_bytes() == b"frames"
    assert not place.samefile(inside)
    assert not place.stat().st_mode & stat.S_IWUSR
    assert [path.name for path in place.parent.iterdir()] == ["clip.mov"]


def test_the_same_file_is_kept_once(store: Store, lasting: LastingFiles) -> None:
    file, copy = deliver(store, "clip.mp4", b"frames")
    first = lasting.keep(copy, grant_id="grant_1", files=(file,))
    found = first.stat()
    assert lasting.keep(copy, grant_id="grant_1", files=(file,)) == first
    assert (first.stat().st_ino, first.stat().st_mtime_ns) == (found.st_ino, found.st_mtime_ns)
    other = lasting.keep(copy, grant_id="grant_2", files=(file,))
    assert other != first
    assert other.samefile(first)


def test_another_file_of_the_same_name_does_not_replace_it(store: Store, lasting: LastingFiles) -> None:
    old, old_copy = deliver(store, "clip.mp4", b"old frames")
    new, new_copy = deliver(store, "clip.mp4", b"new frames")
    first = lasting.keep(old_copy, grant_id="grant_1", files=(old,))
    second = lasting.keep(new_copy, grant_id="grant_1", files=(new,))
    assert first.read_bytes() == b"old frames"
    assert second.name == f"clip-{new.sha256[:8]}.mp4"
    assert second.read_bytes() == b"new frames"
    assert lasting.keep(new_copy, grant_id="grant_1", files=(new,)) == second


def test_a_name_without_a_fitting_ending_gets_one(store: Store, lasting: LastingFiles) -> None:
    file, copy = deliver(store, "download", b"frames")
    place = lasting.keep(copy, grant_id="grant_1", files=(file,), endings=("mp4", "m4v"))
    assert place.name == "download.mp4"
    file, copy = deliver(store, "clip.M4V", b"more frames")
    assert lasting.keep(copy, grant_id="g", files=(file,), endings=("mp4", "m4v")).name == "clip.M4V"


@pytest.mark.parametrize("name", ["../../evil.mp4", "CON.mp4", "a/b.mp4", "x" * 300 + ".mp4"])
def test_no_name_leads_out_of_the_folder(
    name: str, store: Store, lasting: LastingFiles, tmp_path: Path
) -> None:
    file, copy = deliver(store, "plain.mp4", b"frames")
    place = lasting.keep(copy, grant_id=name, files=(file,))
    assert place.is_relative_to(tmp_path / "library")
    assert place.resolve().parent.parent == (tmp_path / "library").resolve()


def test_without_hard_links_it_is_copied(store: Store, lasting: LastingFiles, tmp_path: Path) -> None:
    # Something is there already under both names: the link cannot be made, the copy takes the place.
    file, copy = deliver(store, "clip.mp4", b"frames")
    folder = tmp_path / "library" / "grant_1"
    folder.mkdir(parents=True)
    write(folder / "clip.mp4", b"other")
    write(folder / f"clip-{file.sha256[:8]}.mp4", b"damaged")
    place = lasting.keep(copy, grant_id="grant_1", files=(file,))
    assert place.read_bytes() == b"frames"
    assert (folder / "clip.mp4").read_bytes() == b"other"
    assert len(list(folder.iterdir())) == 2


def test_cancelling_leaves_nothing(store: Store, lasting: LastingFiles, tmp_path: Path) -> None:
    inside = write(tmp_path / "clip.mov", b"frames")
    asked: list[None] = []

    def cancelled() -> bool:
        asked.append(None)
        return len(asked) > 1

    with pytest.raises(CancelledError):
        lasting.keep(inside, grant_id="grant_1", files=(), cancelled=cancelled)
    assert list((tmp_path / "library" / "grant_1").iterdir()) == []
