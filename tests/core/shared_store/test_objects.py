"""Every kind of storage does the same: a folder, and two that fsspec reaches, one of which renames."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from shared_files import KEY, OTHER, Keys, make_file

from core.errors import ClearanceError, ObjectMissing, SharedStoreError, UserInputError
from core.shared_store.objects import CHUNK, Objects, check_name
from core.shared_store.opening import open_shared_store
from core.shared_store.store import SharedStore

Open = Callable[..., SharedStore]


@pytest.fixture(params=["folder", "memory", "file"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Open one and the same place with some keys."""
    (tmp_path / "place").mkdir()
    if request.param == "memory":
        from fsspec.implementations.memory import MemoryFileSystem

        MemoryFileSystem.store.clear()
        MemoryFileSystem.pseudo_dirs[:] = [""]
    place = {
        "folder": str(tmp_path / "place"),
        "memory": "memory://studio/clearance",
        "file": f"file://{(tmp_path / 'place').as_posix()}",
    }[request.param]

    def open_one(*keys: bytes, sealing: bool = True) -> SharedStore:
        store = open_shared_store(place, sealing=sealing, read_keys=Keys(*keys))
        assert store is not None
        return store

    return open_one


@pytest.fixture
def objects(opened: Open) -> Objects:
    """The place as objects."""
    return opened().objects


def test_objects_are_written_whole_and_replaced(objects: Objects) -> None:
    assert objects.size("ab/one.plain") is None
    assert list(objects.names()) == []
    objects.write("ab/one.plain", [b"x" * CHUNK, b"y"])
    assert objects.size("ab/one.plain") == CHUNK + 1
    assert b"".join(objects.read("ab/one.plain")) == b"x" * CHUNK + b"y"
    objects.write("ab/one.plain", [])
    assert objects.size("ab/one.plain") == 0
    objects.write("cd/ef/two.plain", [b"two"])
    assert sorted(objects.names()) == ["ab/one.plain", "cd/ef/two.plain"]
    assert list(objects.names("cd/")) == ["cd/ef/two.plain"]
    objects.delete("ab/one.plain")
    objects.delete("ab/one.plain")
    assert list(objects.names()) == ["cd/ef/two.plain"]
    with pytest.raises(ObjectMissing):
        list(objects.read("ab/one.plain"))


def test_what_fails_half_way_leaves_what_was_there(objects: Objects) -> None:
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


@pytest.mark.parametrize("content", [b"", b"small", b"z" * (2 * CHUNK + 3)], ids=len)
def test_files_go_there_and_come_back(opened: Open, tmp_path: Path, content: bytes) -> None:
    path, sha256 = make_file(tmp_path, content)
    store = opened(KEY)
    assert not store.has(sha256)
    assert store.fetch(sha256, tmp_path) is None
    assert store.put(path, sha256)
    assert store.has(sha256)
    assert not store.put(path, sha256)
    assert opened(KEY, OTHER).rotate().rewrapped == 1
    found = opened(OTHER).fetch(sha256, tmp_path)
    assert found is not None
    assert found.read_bytes() == content
    assert list(store.manifests()) == [sha256]


def test_damage_is_found(opened: Open, tmp_path: Path) -> None:
    path, sha256 = make_file(tmp_path, b"content")
    store = opened(KEY)
    store.put(path, sha256)
    (body,) = (name for name in store.objects.names() if name.endswith(".sealed"))
    bad = bytearray(b"".join(store.objects.read(body)))
    bad[3] ^= 1
    store.objects.write(body, [bytes(bad)])
    assert [one.sha256 for one in store.verify([sha256])] == [sha256]


@pytest.mark.parametrize(
    "name", ["", "/x", "../x", "a/../b", "a//b", "A", "a\\b", "a\0", "x" * 200, "a/b/c/d/e/f/g/h"]
)
def test_names_lead_nowhere_else(objects: Objects, name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        check_name(name)
    with pytest.raises((ValueError, SharedStoreError)):
        objects.write(name, [b"x"])


@pytest.mark.parametrize(
    "place", ["s3://", "memory://", "x://user:swordfish@host/y", "unheard-of://host/path", "relative"]
)
def test_a_place_that_cannot_be_is_refused(place: str) -> None:
    with pytest.raises(UserInputError) as caught:
        open_shared_store(place, sealing=False, read_keys=Keys())
    assert caught.value.code == "shared_store.bad_place"
    assert "swordfish" not in caught.value.message


def test_no_place_is_no_store() -> None:
    assert open_shared_store("", sealing=True, read_keys=Keys()) is None


def test_a_missing_package_is_named() -> None:
    """The one for S3 is not among the packages that the tests run with."""
    assert "s3fs" not in sys.modules
    with pytest.raises(ClearanceError) as caught:
        open_shared_store("s3://bucket/folder", sealing=False, read_keys=Keys())
    assert caught.value.code == "shared_store.no_package"
    assert "clearance[store]" in caught.value.message
