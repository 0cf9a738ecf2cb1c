"""The store keeps a file once, whole, read-only, whatever two processes do at the same time."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import CancelledError, DownloadError, DownloadRefused
from core.files.disk import explain, explain_disk_errors, hash_file, safe_name
from core.files.store import Store, remove_tree

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ROOT = Path(__file__).parents[3]


class FakeClock:
    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", clock=FakeClock())


def write(store: Store, content: bytes, name: str = "part") -> tuple[Path, str]:
    path = store.incoming() / name
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


def test_a_file_is_adopted_under_its_hash(store: Store) -> None:
    path, sha256 = write(store, b"content")
    place = store.adopt(path, sha256)
    assert place == store.root / "sha256" / sha256[:2] / sha256[2:]
    assert place.read_bytes() == b"content"
    assert stat.S_IMODE(place.stat().st_mode) == 0o444
    assert not path.exists()
    assert store.path(sha256) == place
    assert store.path(sha256, size=7) == place
    assert store.path(sha256, size=8) is None
    assert store.check(sha256)


def test_the_same_file_twice_is_one_file(store: Store) -> None:
    first, sha256 = write(store, b"same", "one")
    place = store.adopt(first, sha256)
    second, _ = write(store, b"same", "two")
    assert store.adopt(second, sha256) == place
    assert not second.exists()
    assert list(store.incoming().iterdir()) == []


def test_what_is_here_is_told_by_its_hashes(store: Store, tmp_path: Path) -> None:
    assert list(store.hashes()) == []
    for number in range(3):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(bytes([number]))
        store.adopt(path, hashlib.sha256(bytes([number])).hexdigest())
    (store.root / "sha256" / "notes.txt").write_text("nobody's")
    (store.root / "sha256" / "ab").mkdir(exist_ok=True)
    (store.root / "sha256" / "ab" / "short").write_text("nobody's")
    assert set(store.hashes()) == {hashlib.sha256(bytes([number])).hexdigest() for number in range(3)}


def test_an_empty_file_is_a_file(store: Store) -> None:
    path, sha256 = write(store, b"")
    assert store.path(store.adopt(path, sha256).parent.name + sha256[2:], size=0) is not None


def test_a_wrong_hash_is_refused_and_the_file_stays(store: Store) -> None:
    path, _ = write(store, b"content")
    with pytest.raises(DownloadRefused) as caught:
        store.adopt(path, "0" * 64)
    assert caught.value.code == "download.hash_mismatch"
    assert path.read_bytes() == b"content"
    assert store.path("0" * 64) is None


def test_a_caller_that_hashed_the_bytes_is_believed(store: Store) -> None:
    path, _ = write(store, b"content")
    assert store.adopt(path, "1" * 64, verify=False).read_bytes() == b"content"
    assert not store.check("1" * 64)


@pytest.mark.parametrize("sha256", ["", "abc", "../../etc/passwd", "A" * 64, "0" * 63 + "/", "0" * 65])
def test_what_is_no_hash_names_no_file(store: Store, sha256: str) -> None:
    with pytest.raises(DownloadError) as caught:
        store.path(sha256)
    assert caught.value.code == "download.bad_hash"


def test_a_damaged_file_in_the_store_is_noticed_and_replaced(store: Store) -> None:
    path, sha256 = write(store, b"content")
    place = store.adopt(path, sha256)
    place.chmod(0o644)
    place.write_bytes(b"c0ntent")
    assert not store.check(sha256)
    again, _ = write(store, b"content")
    assert store.adopt(again, sha256).read_bytes() == b"content"
    assert store.check(sha256)
    assert stat.S_IMODE(place.stat().st_mode) == 0o444


def test_a_link_is_no_file(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "secret"
    target.write_bytes(b"secret")
    link = store.incoming() / "link"
    link.symlink_to(target)
    with pytest.raises(DownloadRefused):
        store.adopt(link, hashlib.sha256(b"secret").hexdigest())
    sha256 = "2" * 64
    store.place(sha256).parent.mkdir(parents=True)
    store.place(sha256).symlink_to(target)
    assert store.path(sha256) is None
    assert not store.check(sha256)


def test_a_missing_file_says_so(store: Store) -> None:
    with pytest.raises(DownloadError) as caught:
        store.adopt(store.incoming() / "none", "0" * 64)
    assert caught.value.code == "download.disk"


def test_cancelling_leaves_everything_as_it_was(store: Store) -> None:
    path, sha256 = write(store, b"content")
    with pytest.raises(CancelledError):
        store.adopt(path, sha256, cancelled=lambda: True)
    assert path.exists()
    assert store.path(sha256) is None


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs_tool: a second file system")
def test_another_file_system_is_copied_from(store: Store) -> None:
    source = Path("/dev/shm") / f"clearance-test-{os.getpid()}"
    if source.parent.stat().st_dev == store.incoming().stat().st_dev:
        pytest.skip("needs_tool: a second file system")
    source.write_bytes(b"content" * 1000)
    try:
        sha256 = hash_file(source)
        place = store.adopt(source, sha256)
        assert hash_file(place) == sha256
        assert not source.exists()
        assert list(store.incoming().iterdir()) == []
        assert stat.S_IMODE(place.stat().st_mode) == 0o444
    finally:
        source.unlink(missing_ok=True)


def test_two_processes_adopt_the_same_file(store: Store, tmp_path: Path) -> None:
    content = b"x" * 300_000
    sha256 = hashlib.sha256(content).hexdigest()
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\nfrom pathlib import Path\n"
        "from core.files.store import Store\n"
        "store = Store(Path(sys.argv[2]))\n"
        "for number in range(40):\n"
        "    path = store.incoming() / f'{sys.argv[3]}-{number}'\n"
        "    path.write_bytes(b'x' * 300_000)\n"
        "    store.adopt(path, sys.argv[4])\n"
        "    assert store.check(sys.argv[4])\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(ROOT), str(store.root), name, sha256])
        for name in ("one", "two", "three")
    ]
    assert [process.wait(timeout=300) for process in running] == [0, 0, 0]
    assert store.check(sha256)
    assert list(store.incoming().iterdir()) == []
    assert len(list((store.root / "sha256").rglob("*"))) == 2


def test_a_refused_file_is_put_aside_with_its_reason(store: Store) -> None:
    path, _ = write(store, b"<html>", "bad\x01name.zip")
    aside = store.quarantine(path, reason="It is a web page.", context={"status": 200})
    assert aside.name == "badname.zip.refused"
    assert aside.read_bytes() == b"<html>"
    assert not path.exists()
    assert json.loads((aside.parent / "why.json").read_text()) == {
        "name": "badname.zip",
        "reason": "It is a web page.",
        "context": {"status": 200},
        "at": "2026-03-04T05:06:07+00:00",
    }
    again, _ = write(store, b"<html>", "bad\x01name.zip")
    assert store.quarantine(again, reason="", context={}).parent != aside.parent


def test_working_folders_are_private_new_and_cleaned(store: Store) -> None:
    one, two = store.working_folder("Chair: v1.0/../x"), store.working_folder("Chair: v1.0/../x")
    assert one != two
    assert one.parent == two.parent == store.root / "work"
    assert stat.S_IMODE(one.stat().st_mode) == 0o700
    (one / "deep").mkdir()
    (one / "deep" / "file").write_text("x")
    (one / "deep").chmod(0o500)
    assert store.clean() == 2
    assert list((store.root / "work").iterdir()) == []
    assert store.clean() == 0


def test_cleaning_leaves_what_another_process_works_with(tmp_path: Path) -> None:
    clock = FakeClock(datetime.now(UTC))
    mine, other = Store(tmp_path / "store", clock=clock), Store(tmp_path / "store", clock=clock)
    folder = other.working_folder("other")
    assert mine.clean() == 0
    assert folder.is_dir()
    clock.sleep(25 * 3600)
    assert mine.clean() == 1
    assert not folder.exists()


def test_cleaning_follows_no_links(store: Store, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    folder = store.working_folder("x")
    (folder / "link").symlink_to(outside)
    store.clean()
    assert (outside / "kept").exists()
    (tmp_path / "direct").symlink_to(outside)
    assert remove_tree(tmp_path / "direct")
    assert (outside / "kept").exists()


def test_each_download_has_its_own_folder(store: Store) -> None:
    assert store.incoming("grant_1-0") != store.incoming("grant_1-1")
    assert store.incoming("../../x").parent == store.incoming()
    assert store.incoming("grant_1-0").is_dir()


@pytest.mark.parametrize(
    ("number", "code", "retryable"),
    [
        (errno.ENOSPC, "download.disk_full", True),
        (errno.EACCES, "download.no_permission", False),
        (errno.EROFS, "download.no_permission", False),
        (errno.EIO, "download.disk", False),
    ],
)
def test_the_disk_is_explained(number: int, code: str, retryable: bool) -> None:
    error = explain(OSError(number, os.strerror(number), "/secret/path"), "keep a file")
    assert error.code == code
    assert error.retryable is retryable
    assert "/secret" not in error.message + str(dict(error.context))
    with pytest.raises(DownloadError, match="Could not keep a file"), explain_disk_errors("keep a file"):
        raise OSError(number, "x")


def test_a_folder_that_is_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("in the way")
    with pytest.raises(DownloadError):
        Store(tmp_path / "store").incoming()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("chair.zip", "chair.zip"),
        ("../../etc/passwd", "_._etc_passwd"),
        ("C:\\Users\\x\\a.png", "C_Users_x_a.png"),
        ("con.txt", "_con.txt"),
        ("a\x00b\nc\u202egnp.exe", "abcgnp.exe"),
        ("", "file"),
        ("...", "file"),
        (" . ", "file"),
        ("///", "file"),
        ("x" * 500 + ".blend", "x" * 94 + ".blend"),
        ("ä" * 300, "ä" * 50),
        ("half \ud800", "half ?"),
        ("no ending but a.very_long_one_indeed_so", "no ending but a.very_long_one_indeed_so"),
    ],
)
def test_names_become_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe.replace("?", "_")
