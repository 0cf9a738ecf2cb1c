"""What every place of a shared store does alike: a folder, what fsspec reaches, and S3.

The classes want the fixture ``opened``: it opens one and the same place with some keys.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from shared_files import KEY, OTHER, make_file

from core.errors import CancelledError, ObjectMissing, SharedStoreError
from core.shared_store.keys import key_id
from core.shared_store.objects import CHUNK
from core.shared_store.store import SharedStore

Open = Callable[..., SharedStore]
CONTENTS = (b"", b"small", b"z" * (2 * CHUNK + 3))


class ObjectsSuite:
    """Objects under names."""

    def test_objects_are_written_whole_and_replaced(self, opened: Open) -> None:
        objects = opened().objects
        assert objects.size("ab/one.plain") is None
        assert list(objects.names()) == []
        objects.write("ab/one.plain", [b"x" * CHUNK, b"y"])
        assert objects.size("ab/one.plain") == CHUNK + 1
        assert b"".join(objects.read("ab/one.plain")) == b"x" * CHUNK + b"y"
        objects.write("ab/one.plain", [])
        assert objects.size("ab/one.plain") == 0
        assert b"".join(objects.read("ab/one.plain")) == b""
        objects.write("cd/ef/two.plain", [b"two"])
        assert sorted(objects.names()) == ["ab/one.plain", "cd/ef/two.plain"]
        assert list(objects.names("cd/")) == ["cd/ef/two.plain"]
        objects.delete("ab/one.plain")
        objects.delete("ab/one.plain")
        assert list(objects.names()) == ["cd/ef/two.plain"]
        with pytest.raises(ObjectMissing):
            list(objects.read("ab/one.plain"))

    def test_what_another_machine_replaced_is_seen_at_once(self, opened: Open) -> None:
        one, other = opened().objects, opened().objects
        one.write("ab/one.plain", [b"short"])
        assert list(other.names()) == ["ab/one.plain"]
        assert b"".join(other.read("ab/one.plain")) == b"short"
        one.write("ab/one.plain", [b"longer than before"])
        assert b"".join(other.read("ab/one.plain")) == b"longer than before"
        assert other.size("ab/one.plain") == 18
        one.delete("ab/one.plain")
        assert other.size("ab/one.plain") is None

    def test_what_fails_half_way_leaves_what_was_there(self, opened: Open) -> None:
        objects = opened().objects
        objects.write("ab/one.plain", [b"old"])

        def failing() -> Iterator[bytes]:
            yield b"new" * CHUNK
            raise RuntimeError("boom")

        for name in ("ab/one.plain", "ab/two.plain"):
            with pytest.raises((RuntimeError, SharedStoreError), match="boom"):
                objects.write(name, failing())
        if "memory:" not in objects.place:  # its files are there from their first byte on
            assert list(objects.names()) == ["ab/one.plain"]
            assert b"".join(objects.read("ab/one.plain")) == b"old"

    @pytest.mark.parametrize(
        "name", ["", "/x", "../x", "a/../b", "a//b", "A", "a\\b", "a\0", "x" * 200, "a/b/c/d/e/f/g/h"]
    )
    def test_names_lead_nowhere_else(self, opened: Open, name: str) -> None:
        with pytest.raises((ValueError, SharedStoreError)):
            opened().objects.write(name, [b"x"])


class StoreSuite:
    """Files, keys, damage."""

    @pytest.mark.parametrize("sealing", [True, False])
    @pytest.mark.parametrize("content", CONTENTS, ids=len)
    def test_files_go_there_and_come_back(
        self, opened: Open, tmp_path: Path, content: bytes, sealing: bool
    ) -> None:
        path, sha256 = make_file(tmp_path, content)
        store = opened(KEY, sealing=sealing)
        assert not store.has(sha256)
        assert store.fetch(sha256, tmp_path) is None
        assert store.put(path, sha256)
        assert store.has(sha256)
        assert not store.put(path, sha256)
        assert opened(KEY, OTHER).rotate().rewrapped == (1 if sealing else 0)
        steps: list[tuple[int, int]] = []
        there = opened(OTHER, sealing=not sealing)
        found = there.fetch(sha256, tmp_path, progress=lambda done, total: steps.append((done, total)))
        assert found is not None
        assert found.read_bytes() == content
        assert not content or steps[-1] == (len(content), len(content))
        assert list(store.manifests()) == [sha256]
        assert there.verify([sha256]) == ()

    def test_sealed_bytes_tell_nothing_of_the_content(self, opened: Open, tmp_path: Path) -> None:
        path, sha256 = make_file(tmp_path, b"the secret of the oak " * 5000)
        store = opened(KEY)
        store.put(path, sha256)
        for name in store.objects.names():
            bytes_there = b"".join(store.objects.read(name))
            assert b"secret of the oak" not in bytes_there
            assert KEY not in bytes_there

    def test_without_the_key_nothing_is_had(self, opened: Open, tmp_path: Path) -> None:
        path, sha256 = make_file(tmp_path, b"content")
        with pytest.raises(SharedStoreError, match="clearance store key new"):
            opened().put(path, sha256)
        assert not opened().has(sha256)
        opened(KEY).put(path, sha256)
        with pytest.raises(SharedStoreError, match="clearance store key show") as caught:
            opened(OTHER).fetch(sha256, tmp_path)
        assert caught.value.code == "shared_store.no_key"
        assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == ["given"]

    def test_what_is_damaged_is_named_and_put_again(self, opened: Open, tmp_path: Path) -> None:
        store = opened(KEY)
        pairs = [make_file(tmp_path, name.encode(), name) for name in ("one", "two", "three")]
        for path, sha256 in pairs:
            store.put(path, sha256)
        names = list(store.objects.names())
        (body,) = (name for name in names if name.endswith(".sealed") and pairs[0][1][2:] in name)
        bad = bytearray(b"".join(store.objects.read(body)))
        bad[3] ^= 1
        store.objects.write(body, [bytes(bad)])
        (manifest,) = (name for name in names if name.endswith(".json") and pairs[1][1][2:] in name)
        store.objects.write(manifest, [b"{}"])
        damages = store.verify(store.manifests())
        assert {one.sha256 for one in damages} == {pairs[0][1], pairs[1][1]}
        with pytest.raises(SharedStoreError):
            store.fetch(pairs[0][1], tmp_path)
        for path, sha256 in pairs[:2]:
            assert not store.put(path, sha256)
            assert store.put(path, sha256, again=True)
        assert store.verify(store.manifests()) == ()
        assert [one.why for one in store.verify(["0" * 64])] == ["It is not there."]

    def test_a_damaged_file_of_this_machine_is_not_shared(self, opened: Open, tmp_path: Path) -> None:
        path, _ = make_file(tmp_path, b"damaged")
        for sealing in (True, False):
            with pytest.raises(SharedStoreError, match="damaged"):
                opened(KEY, sealing=sealing).put(path, hashlib.sha256(b"as it was").hexdigest())
        assert list(opened().objects.names()) == []

    def test_stopping_leaves_nothing(self, opened: Open, tmp_path: Path) -> None:
        path, sha256 = make_file(tmp_path, b"x" * (3 * CHUNK))
        store = opened(KEY)
        with pytest.raises(CancelledError):
            store.put(path, sha256, cancelled=lambda: True)
        assert list(store.objects.names()) == []
        store.put(path, sha256)
        before = set(tmp_path.iterdir())
        with pytest.raises(CancelledError):
            store.fetch(sha256, tmp_path, cancelled=lambda: True)
        assert set(tmp_path.iterdir()) == before

    def test_a_rotation_that_is_stopped_goes_on(self, opened: Open, tmp_path: Path) -> None:
        pairs = [make_file(tmp_path, bytes([number]), f"f{number}") for number in range(5)]
        for path, sha256 in pairs:
            opened(KEY).put(path, sha256)
        both, calls = opened(KEY, OTHER), iter([False, False, True])
        with pytest.raises(CancelledError):
            both.rotate(cancelled=lambda: next(calls))
        assert both.keys_in_use() == {key_id(KEY), key_id(OTHER)}
        assert both.verify(both.manifests()) == ()
        done = both.rotate()
        assert (done.rewrapped, done.already) == (3, 2)
        assert opened(OTHER).verify(both.manifests()) == ()
        with pytest.raises(SharedStoreError, match="does not have"):
            opened(KEY).fetch(pairs[0][1], tmp_path)

    def test_many_machines_put_the_same_file(self, opened: Open, tmp_path: Path) -> None:
        path, sha256 = make_file(tmp_path, b"y" * (CHUNK + 1))
        errors: list[BaseException] = []

        def work() -> None:
            try:
                opened(KEY).put(path, sha256)
                found = opened(KEY).fetch(sha256, tmp_path)
                assert found is not None
                assert found.stat().st_size == CHUNK + 1
            except BaseException as error:  # noqa: BLE001 - told by the test's own thread
                errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors, errors
        assert opened(KEY).verify([sha256]) == ()
