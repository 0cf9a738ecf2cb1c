"""A shared store in a folder: several machines, keys that change, what is damaged, what is not there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from shared_files import KEY, OTHER, Keys, make_file

from core.errors import SharedStoreError
from core.shared_store.folder import FolderObjects
from core.shared_store.keys import key_id
from core.shared_store.store import SharedStore

Open = Callable[..., SharedStore]
DIE = Path(__file__).parent / "children" / "die.py"


def files_of(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize("sealing", [True, False])
def test_whatever_bit_flips_nothing_wrong_is_handed_out(
    open_store: Open, root: Path, tmp_path: Path, sealing: bool
) -> None:
    content = b"content of the file"
    path, sha256 = make_file(tmp_path, content)
    store = open_store(KEY, sealing=sealing)
    store.put(path, sha256)
    before = set(tmp_path.iterdir())
    for file in files_of(root):
        good = file.read_bytes()
        for place in range(len(good)):
            bad = bytearray(good)
            bad[place] ^= 1 << place % 8
            file.write_bytes(bad)
            try:
                found = store.fetch(sha256, tmp_path)
            except SharedStoreError:
                continue
            assert found is not None
            assert found.read_bytes() == content  # a blank, or a letter of another case in a name
            found.unlink()
        file.write_bytes(good)
    assert set(tmp_path.iterdir()) == before


def test_what_is_damaged_is_named_and_put_again(open_store: Open, root: Path, tmp_path: Path) -> None:
    store = open_store(KEY)
    pairs = [make_file(tmp_path, name.encode(), name) for name in ("one", "two", "three")]
    for path, sha256 in pairs:
        store.put(path, sha256)
    body = next(f for f in files_of(root) if f.suffix == ".sealed" and pairs[0][1][2:] in str(f))
    body.write_bytes(body.read_bytes()[:-1])
    manifest = next(f for f in files_of(root) if f.name == "manifest.json" and pairs[1][1][2:] in str(f))
    manifest.write_text("{}")
    damages = store.verify(store.manifests())
    assert {one.sha256 for one in damages} == {pairs[0][1], pairs[1][1]}
    assert all("clearance store push" in one.why for one in damages)
    for path, sha256 in pairs[:2]:
        assert not store.put(path, sha256)
        assert store.put(path, sha256, again=True)
    assert store.verify(store.manifests()) == ()
    assert [one.why for one in store.verify(["0" * 64])] == ["It is not there."]


def test_a_new_key_takes_over_and_the_old_one_is_not_needed(open_store: Open, tmp_path: Path) -> None:
    pairs = [make_file(tmp_path, name.encode(), name) for name in ("one", "two", "three")]
    for path, sha256 in pairs[:2]:
        open_store(KEY).put(path, sha256)
    open_store(KEY, sealing=False).put(*pairs[2])
    both = open_store(KEY, OTHER)
    assert both.keys_in_use() == {key_id(KEY)}
    done = both.rotate()
    assert (done.key_id, done.rewrapped, done.already) == (key_id(OTHER), 2, 0)
    assert (both.rotate().rewrapped, both.rotate().already) == (0, 2)
    assert both.keys_in_use() == {key_id(OTHER)}
    for path, sha256 in pairs:
        found = open_store(OTHER).fetch(sha256, tmp_path)
        assert found is not None
        assert found.read_bytes() == path.read_bytes()
    with pytest.raises(SharedStoreError, match="does not have"):
        open_store(KEY).fetch(pairs[0][1], tmp_path)


def test_a_store_that_is_not_there_is_not_an_empty_one(open_store: Open, root: Path, tmp_path: Path) -> None:
    store = open_store(KEY)
    path, sha256 = make_file(tmp_path, b"content")
    root.rmdir()
    for use in (
        lambda: store.put(path, sha256),
        lambda: store.has("0" * 64),
        lambda: store.fetch("0" * 64, tmp_path),
        lambda: list(store.manifests()),
    ):
        with pytest.raises(SharedStoreError, match="Is the share mounted") as caught:
            use()
        assert caught.value.retryable
    assert not root.exists()


@pytest.mark.parametrize("work", ["put", "rotate"])
def test_a_machine_that_is_killed_leaves_every_file_whole_or_unnamed(
    open_store: Open, root: Path, tmp_path: Path, work: str, pytestconfig: pytest.Config
) -> None:
    """Killed before each of its writes in turn, and after the last; another machine then goes on."""
    pairs = [make_file(tmp_path, name.encode() * 1000, name) for name in ("one", "two", "three")]
    if work == "rotate":
        for path, sha256 in pairs:
            open_store(KEY).put(path, sha256)
    writes = {"put": 6, "rotate": 3}[work]
    for stop_after in range(writes + 1):
        child = subprocess.run(
            [sys.executable, str(DIE), work, str(stop_after), str(root), *(str(path) for path, _ in pairs)],
            cwd=pytestconfig.rootpath,
            env={**os.environ, "PYTHONPATH": str(pytestconfig.rootpath)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert child.returncode in (-signal.SIGKILL, 0), child.stderr
        both = open_store(KEY, OTHER)
        assert both.verify(both.manifests()) == ()
    if work == "put":
        for path, sha256 in pairs:
            both.put(path, sha256)
    both.rotate()
    assert sorted(both.manifests()) == sorted(sha256 for _, sha256 in pairs)
    assert open_store(OTHER).verify(both.manifests()) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"body": "../../../etc/passwd"},
        {"body": "/etc/passwd"},
        {"size": -1},
        {"size": True},
        {"format": "clearance shared file 2"},
        {"sha256": "0" * 64},
        {"sealed": {"cipher": "none"}},
        {"sealed": []},
    ],
)
def test_a_manifest_that_somebody_wrote_leads_nowhere(
    open_store: Open, root: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    path, sha256 = make_file(tmp_path, b"content")
    store = open_store(KEY, sealing=False)
    store.put(path, sha256)
    manifest = next(f for f in files_of(root) if f.name == "manifest.json")
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **change}))
    if change == {"sealed": []}:
        assert store.fetch(sha256, tmp_path) is not None  # as good as none
        return
    with pytest.raises(SharedStoreError) as caught:
        store.fetch(sha256, tmp_path)
    assert caught.value.code == "shared_store.bad_manifest"


class Flaky(FolderObjects):
    """Loses the connection at one of its writes, before or after the other side has it; one at a time."""

    left: int
    answered: bool

    def __init__(self, root: Path, left: int, *, answered: bool) -> None:
        super().__init__(root=root)
        object.__setattr__(self, "left", left)
        object.__setattr__(self, "answered", answered)

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write, or fail."""
        object.__setattr__(self, "left", self.left - 1)
        if self.left != 0 or self.answered:
            super().write(name, pieces)
        if self.left == 0:
            raise SharedStoreError("The connection was lost.", retryable=True)


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("work", ["put", "put again", "rotate"])
def test_a_connection_that_is_lost_at_a_write(
    open_store: Open, root: Path, tmp_path: Path, work: str, *, answered: bool
) -> None:
    """At each write in turn, also when only its answer is lost; then the same command once more."""
    pairs = [make_file(tmp_path, name.encode() * 1000, name) for name in ("one", "two", "three")]
    both, again = Keys(KEY, OTHER), work == "put again"

    def run(store: SharedStore) -> None:
        if work == "rotate":
            store.rotate()
            return
        for path, sha256 in pairs:
            store.put(path, sha256, again=again)

    losses = 0
    while True:
        shutil.rmtree(root)
        root.mkdir()
        if work != "put":
            for path, sha256 in pairs:
                open_store(KEY).put(path, sha256)
        flaky = Flaky(root, losses + 1, answered=answered)
        store = SharedStore(objects=flaky, read_keys=both, sealing=True)
        try:
            run(store)
            break
        except SharedStoreError:
            losses += 1
        assert store.verify(store.manifests()) == ()
        run(store)
        assert sorted(store.manifests()) == sorted(sha256 for _, sha256 in pairs)
        assert store.verify(store.manifests()) == ()
        if work != "put again":
            assert open_store(OTHER).verify(store.manifests()) == ()
    assert losses == {"put": 6, "put again": 6, "rotate": 3}[work]
