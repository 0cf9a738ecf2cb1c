"""Every kind of storage does the same: a folder, and two that fsspec reaches, one of which renames."""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shared_files import Keys, make_file
from store_suite import ObjectsSuite, StoreSuite

from core.errors import ClearanceError, SharedStoreError, UserInputError
from core.shared_store.fsspec_objects import READ_ATTEMPTS, FsspecObjects
from core.shared_store.objects import CHUNK, check_name
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


class TestObjects(ObjectsSuite):
    """Each kind, by the same tests."""


class TestStores(StoreSuite):
    """Each kind, by the same tests."""


def test_a_folder_that_fsspec_reaches_has_to_be_there(tmp_path: Path) -> None:
    store = open_shared_store(f"file://{tmp_path.as_posix()}/gone", sealing=False, read_keys=Keys())
    assert store is not None
    path, sha256 = make_file(tmp_path, b"content")
    for use in (
        lambda: store.put(path, sha256),
        lambda: store.has(sha256),
        lambda: store.fetch(sha256, tmp_path),
        lambda: list(store.manifests()),
    ):
        with pytest.raises(SharedStoreError, match="no folder") as caught:
            use()
        assert (caught.value.code, caught.value.retryable) == ("shared_store.not_there", True)
    assert not (tmp_path / "gone").exists()


class Replaced:
    """A storage in which an object is replaced by others so many times, each time between two questions."""

    def __init__(self, times: int, *, late: bool = False) -> None:
        self.left = times
        self.late = late

    def open(self, path: str, mode: str) -> Any:
        return ReplacedFile(self)


class ReplacedFile(io.BytesIO):
    """One of its files."""

    def __init__(self, storage: Replaced) -> None:
        super().__init__(b"x" * (CHUNK + 1))
        self.storage = storage

    def read(self, size: int | None = -1) -> bytes:
        if self.storage.left and (self.tell() or not self.storage.late):
            self.storage.left -= 1
            raise OSError(errno.EBUSY, "replaced")
        return super().read(size)


def test_an_object_that_is_replaced_while_it_is_read_is_read_anew() -> None:
    def read(storage: Replaced) -> bytes:
        return b"".join(FsspecObjects(system=storage, root="studio", protocol="s3").read("ab/one.plain"))

    assert read(Replaced(READ_ATTEMPTS - 1)) == b"x" * (CHUNK + 1)
    for storage in (Replaced(READ_ATTEMPTS), Replaced(1, late=True)):
        with pytest.raises(SharedStoreError, match="replaced") as caught:
            read(storage)
        assert caught.value.retryable


@pytest.mark.parametrize("name", ["", "/x", "../x", "a//b", "A", "a\\b", "a\0", "x" * 200])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        check_name(name)


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
