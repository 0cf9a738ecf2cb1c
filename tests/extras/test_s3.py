"""A shared store in S3: the same as everywhere else, and what only a network and a vendor can do wrong."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from s3_server import BUCKET, WHO, S3Server
from shared_files import KEY, OTHER, Keys, make_file
from store_suite import ObjectsSuite, Open, StoreSuite

from core.errors import SharedStoreError
from core.shared_store.objects import CHUNK
from core.shared_store.opening import open_shared_store
from core.shared_store.store import SharedStore

DIE = Path(__file__).parent / "children" / "die.py"
PLACE = f"s3://{BUCKET}/clearance"
PART = 5 * CHUNK
"""The smallest part of an upload in parts (Amazon's documentation, “multipart upload limits”)."""


@pytest.fixture
def client(s3: S3Server) -> Iterator[Any]:
    """The vendor's own client, to look at what is there and to do harm."""
    made = s3.client()
    yield made
    made.close()


def open_at(place: str, *keys: bytes, sealing: bool = True) -> SharedStore:
    store = open_shared_store(place, sealing=sealing, read_keys=Keys(*keys))
    assert store is not None
    return store


@pytest.fixture
def opened(s3: S3Server) -> Open:
    """Open one and the same place with some keys."""
    return lambda *keys, sealing=True: open_at(PLACE, *keys, sealing=sealing)


def listed(client: Any) -> list[str]:
    return [one["Key"] for one in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def refuse_all(store: SharedStore, folder: Path, code: str) -> list[SharedStoreError]:
    """Use a store in every way; each has to be refused with this code, and leave nothing behind."""
    path, sha256 = make_file(folder, b"content")
    before = set(folder.iterdir())
    raised = []
    for use in (
        lambda: store.put(path, sha256),
        lambda: store.put(path, sha256, again=True),
        lambda: store.has(sha256),
        lambda: store.fetch(sha256, folder),
        lambda: list(store.manifests()),
    ):
        with pytest.raises(SharedStoreError) as caught:
            use()
        assert caught.value.code == code, caught.value.message
        assert WHO["AWS_SECRET_ACCESS_KEY"] not in str(caught.value)
        raised.append(caught.value)
    assert set(folder.iterdir()) == before
    return raised


class TestObjects(ObjectsSuite):
    """As everywhere."""


class TestStores(StoreSuite):
    """As everywhere."""


def test_several_studios_share_a_bucket(s3: S3Server, client: Any, tmp_path: Path) -> None:
    path, sha256 = make_file(tmp_path, b"content")
    for prefix in ("", "/a", "/a/b", "/ab"):
        store = open_at(f"s3://{BUCKET}{prefix}", sealing=False)
        assert store.objects.place == f"s3://{BUCKET}{prefix}"
        assert not store.has(sha256)
        assert store.put(path, sha256)
        assert store.fetch(sha256, tmp_path) is not None
    assert list(open_at(f"s3://{BUCKET}/a/b").manifests()) == [sha256]
    assert list(open_at(f"s3://{BUCKET}/a").manifests()) == [sha256]
    assert len([name for name in listed(client) if name.endswith("manifest.json")]) == 4


def test_a_bucket_that_is_not_there_is_not_an_empty_store(s3: S3Server, tmp_path: Path) -> None:
    errors = refuse_all(open_at("s3://elsewhere/x", sealing=False), tmp_path, "shared_store.not_there")
    assert all("there is no bucket 'elsewhere'" in one.message for one in errors)


@pytest.mark.parametrize("who", ["wrong", "nobody"])
def test_who_is_not_let_in_is_told_where_to_look(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    s3.check_credentials()
    if who == "nobody":
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    try:
        errors = refuse_all(open_at(PLACE, sealing=False), tmp_path, "shared_store.no_access")
    finally:
        s3.check_credentials(after=1_000_000)
    for error in errors:
        assert "AWS_*" in error.message
        assert not error.retryable


def test_storage_that_cannot_be_reached_is_an_error_that_may_pass(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        # Bound, and nobody listens: no other program can have the port meanwhile.
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        store = open_at(PLACE, sealing=False)
        path, sha256 = make_file(tmp_path, b"content")
        for use in (lambda: store.put(path, sha256), lambda: list(store.manifests())):
            with pytest.raises(SharedStoreError, match="can be reached from this machine") as caught:
                use()
            assert caught.value.retryable


class TestUploadsInParts:
    """Large files go up in parts; what is broken off leaves no object, and no parts that cost money."""

    @pytest.fixture(autouse=True)
    def _small_parts(self, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
        # The way in which fsspec is told defaults for a kind of storage.
        monkeypatch.setitem(fsspec.config.conf, "s3", {"default_block_size": PART})

    def test_it_comes_back_whole(self, opened: Open, client: Any, tmp_path: Path) -> None:
        content = bytes(range(256)) * (13 * CHUNK // 256) + b"end"
        path, sha256 = make_file(tmp_path, content)
        store = opened(KEY)
        assert store.put(path, sha256)
        (body,) = (name for name in listed(client) if name.endswith(".sealed"))
        assert client.head_object(Bucket=BUCKET, Key=body)["ETag"].strip('"').endswith("-3")
        found = store.fetch(sha256, tmp_path)
        assert found is not None
        assert found.read_bytes() == content
        assert store.verify([sha256]) == ()

    def test_what_breaks_off_is_taken_back(self, opened: Open, client: Any) -> None:
        objects = opened().objects
        objects.write("ab/one.plain", [b"old"])

        def failing() -> Iterator[bytes]:
            for _ in range(12):
                yield b"n" * CHUNK
            raise RuntimeError("boom")

        for name in ("ab/one.plain", "ab/two.plain"):
            with pytest.raises((RuntimeError, SharedStoreError), match="boom"):
                objects.write(name, failing())
        assert listed(client) == ["clearance/ab/one.plain"]
        assert b"".join(objects.read("ab/one.plain")) == b"old"
        assert client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []

    def test_parts_that_a_killed_machine_left_are_no_object(self, opened: Open, client: Any) -> None:
        begun = client.create_multipart_upload(Bucket=BUCKET, Key="clearance/ab/one.plain")
        client.upload_part(
            Bucket=BUCKET, Key="clearance/ab/one.plain", UploadId=begun["UploadId"], PartNumber=1,
            Body=b"x" * PART,
        )  # fmt: skip
        objects = opened().objects
        assert list(objects.names()) == []
        assert objects.size("ab/one.plain") is None
        objects.write("ab/one.plain", [b"whole"])
        assert b"".join(objects.read("ab/one.plain")) == b"whole"


def test_more_than_a_thousand_objects_are_all_listed(opened: Open, client: Any) -> None:
    """A listing has 1,000 objects a page (Amazon's documentation of ListObjectsV2)."""
    hashes = sorted(f"{number:064x}" for number in range(1_105))
    # Put down within the server, which takes a request of its own for each otherwise.
    bucket = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    for sha256 in hashes:
        bucket.put_object(BUCKET, f"clearance/{sha256[:2]}/{sha256[2:]}/manifest.json", b"{}")
    assert client.list_objects_v2(Bucket=BUCKET)["IsTruncated"]
    store = opened()
    assert sorted(store.manifests()) == hashes
    assert len(list(store.objects.names("00/"))) == len(hashes)


def test_what_somebody_deleted_or_cut_is_found(opened: Open, client: Any, tmp_path: Path) -> None:
    store = opened(KEY)
    pairs = [make_file(tmp_path, name.encode() * 1000, name) for name in ("one", "two", "three")]
    for path, sha256 in pairs:
        store.put(path, sha256)
    names = [name for name in listed(client) if name.endswith(".sealed")]
    bodies = {sha256: name for _, sha256 in pairs for name in names if sha256[2:] in name}
    client.delete_object(Bucket=BUCKET, Key=bodies[pairs[0][1]])
    whole = client.get_object(Bucket=BUCKET, Key=bodies[pairs[1][1]])["Body"].read()
    client.put_object(Bucket=BUCKET, Key=bodies[pairs[1][1]], Body=whole[:-5])
    assert {one.sha256 for one in store.verify(store.manifests())} == {pairs[0][1], pairs[1][1]}
    for path, sha256 in pairs[:2]:
        with pytest.raises(SharedStoreError):
            store.fetch(sha256, tmp_path)
        assert store.put(path, sha256, again=True)
    assert store.verify(store.manifests()) == ()


@pytest.mark.parametrize("work", ["put", "rotate"])
def test_a_machine_that_is_killed_leaves_every_file_whole_or_unnamed(
    opened: Open, s3: S3Server, tmp_path: Path, work: str, pytestconfig: pytest.Config
) -> None:
    """Killed in each of its writes in turn, and after the last; another machine then goes on."""
    # A file is two writes there, and one when its key is wrapped anew.
    names = {"put": ("one",), "rotate": ("one", "two")}[work]
    pairs = [make_file(tmp_path, name.encode() * 1000, name) for name in names]
    if work == "rotate":
        for path, sha256 in pairs:
            opened(KEY).put(path, sha256)
    both = opened(KEY, OTHER)
    ends = []
    for stop_after in range(3):
        child = subprocess.run(
            [sys.executable, str(DIE), work, str(stop_after), PLACE, *(str(path) for path, _ in pairs)],
            cwd=pytestconfig.rootpath,
            env={**os.environ, **s3.environ, "PYTHONPATH": str(pytestconfig.rootpath)},
            capture_output=True,
            text=True,
            check=False,
        )
        ends.append(child.returncode)
        assert child.returncode in (-signal.SIGKILL, 0), child.stderr
        assert both.verify(both.manifests()) == ()
    assert ends[0] == -signal.SIGKILL
    for path, sha256 in pairs:
        both.put(path, sha256)
    both.rotate()
    assert sorted(both.manifests()) == sorted(sha256 for _, sha256 in pairs)
    assert opened(OTHER).verify(both.manifests()) == ()
