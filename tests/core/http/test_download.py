from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wire import FILES, FakeClock, FakeSite, Reply, Seen, Server, serving

from core.errors import (
    CancelledError,
    ClearanceError,
    DownloadError,
    DownloadLinkExpired,
    DownloadRefused,
    OfflineError,
    UnexpectedResponse,
)
from core.http.cancel import CancelToken
from core.http.download import Downloader, DownloadPolicy, FetchedFile
from core.http.exchange import Timeouts
from core.http.partial import SYNC_EVERY_BYTES, disk_errors
from core.http.routes import Routes
from core.http.transport import RequestsTransport

SITE = FakeSite()
SMALL = b"PK\x03\x04 a small file"
BIG = bytes(range(256)) * 8192  # 2 MiB: several chunks


@dataclass(frozen=True, kw_only=True)
class Link:
    url: str = f"{FILES}/files/a.zip?sig=hidden"
    name: str = "a.zip"
    size: int | None = None
    sha256: str | None = None
    token_parameter: str = ""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class FileHost:
    """A file server with the virtues and vices of file servers; ``cuts`` says where each answer ends."""

    data: bytes
    etag: str = '"one"'
    last_modified: str = ""
    ranges: bool = True
    chunked: bool = False
    marked_end: bool = True
    cuts: list[int | None] = field(default_factory=list)
    before: list[Reply] = field(default_factory=list)
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/zip"),)
    lie: int = 0
    reset: bool = False

    def __call__(self, seen: Seen) -> Reply:
        if self.before:
            return self.before.pop(0)
        extra = [*self.headers]
        if self.etag:
            extra.append(("ETag", self.etag))
        if self.last_modified:
            extra.append(("Last-Modified", self.last_modified))
        start, status = 0, 200
        if self.ranges and "range" in seen.headers:
            condition = seen.headers.get("if-range", "")
            if condition in {"", self.etag, self.last_modified}:
                start = int(seen.headers["range"].removeprefix("bytes=").rstrip("-"))
                status = 206
        if status == 206 and start >= len(self.data):
            return Reply(status=416, headers=(("Content-Range", f"bytes */{len(self.data)}"),))
        body = self.data[start:]
        if status == 206:
            total = len(self.data) + self.lie
            extra.append(("Content-Range", f"bytes {start}-{len(self.data) - 1}/{total}"))
        cut = self.cuts.pop(0) if self.cuts else None
        length = len(body) + self.lie if self.marked_end else None
        return Reply(
            status=status,
            headers=tuple(extra),
            body=body,
            cut_at=cut,
            chunked=self.chunked,
            length=length,
            reset=self.reset and cut is not None,
        )


@dataclass
class Rig:
    downloader: Downloader
    server: Server
    clock: FakeClock
    folder: Path
    online: list[bool]

    def fetch(self, link: Link | Callable[[], Link] | None = None, **options: Any) -> FetchedFile:
        source = link if callable(link) else lambda: link or Link()
        return self.downloader.fetch(source, SITE, folder=self.folder, **options)

    def left(self) -> set[str]:
        """Names of what is in the folder, locks aside."""
        return {path.name for path in self.folder.iterdir() if path.suffix != ".lock"}


@contextmanager
def rigged(
    tmp_path: Path,
    host: Callable[[Seen], Reply],
    *,
    policy: DownloadPolicy | None = None,
    read_timeout_s: float = 5.0,
) -> Iterator[Rig]:
    clock = FakeClock()
    online = [True]
    transport = RequestsTransport(monotonic=clock.monotonic)
    with serving(host) as server:
        downloader = Downloader(
            transport=transport,
            routes=Routes(server.url),
            clock=clock,
            pause=clock.pause,
            random=lambda: 0.5,
            online=lambda: online[0],
            user_agent="Clearance/test",
            timeouts=Timeouts(connect_s=2.0, read_s=read_timeout_s),
            policy=policy,
        )
        try:
            yield Rig(downloader, server, clock, tmp_path / "incoming", online)
        finally:
            transport.close()


def check(rig: Rig, fetched: FetchedFile, data: bytes) -> None:
    assert fetched.sha256 == sha256(data)
    assert fetched.size == len(data)
    assert fetched.path == rig.folder / fetched.sha256
    assert fetched.path.read_bytes() == data
    assert rig.left() == {fetched.sha256}


# --- the good case ---


def test_a_file_arrives_whole(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    with rigged(tmp_path, FileHost(BIG)) as rig:
        fetched = rig.fetch(on_progress=lambda done, total: told.append((done, total)))
        check(rig, fetched, BIG)
        assert fetched.name == "a.zip"
        assert fetched.media_type == "application/zip"
        assert fetched.source_host == "files.example-cdn.com"
        assert told[0] == (0, None)
        assert told[-1] == (len(BIG), len(BIG))
        assert [done for done, _ in told] == sorted(done for done, _ in told)
        (seen,) = rig.server.seen
        assert seen.headers["accept-encoding"] == "identity"
        assert not {"authorization", "cookie", "range"} & set(seen.headers)


@pytest.mark.parametrize("marked_end", [True, False])
@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("chunked", [True, False])
def test_no_length_is_fine(tmp_path: Path, chunked: bool, ranges: bool, marked_end: bool) -> None:
    with rigged(tmp_path, FileHost(SMALL, chunked=chunked, ranges=ranges, marked_end=marked_end)) as rig:
        check(rig, rig.fetch(), SMALL)


def test_promises_that_are_kept(tmp_path: Path) -> None:
    with rigged(tmp_path, FileHost(SMALL)) as rig:
        check(rig, rig.fetch(Link(size=len(SMALL), sha256=sha256(SMALL).upper())), SMALL)


def test_a_redirect_is_followed_and_its_host_checked(tmp_path: Path) -> None:
    there = Reply(status=302, headers=(("Location", "https://eu.files.example-cdn.com/x?sig=hidden"),))
    with rigged(tmp_path, FileHost(SMALL, before=[there])) as rig:
        fetched = rig.fetch()
        check(rig, fetched, SMALL)
        assert fetched.source_host == "eu.files.example-cdn.com"
    elsewhere = Reply(status=302, headers=(("Location", "https://evil.example.net/x?sig=hidden"),))
    with rigged(tmp_path / "2", FileHost(SMALL, before=[elsewhere])) as rig:
        with pytest.raises(UnexpectedResponse, match="download hosts") as caught:
            rig.fetch()
        assert "hidden" not in f"{caught.value!r}{dict(caught.value.context)}"
        assert len(rig.server.seen) == 1


def test_a_link_to_another_host_is_not_opened(tmp_path: Path) -> None:
    with rigged(tmp_path, FileHost(SMALL)) as rig:
        for url in (
            "https://evil.net/a",
            "http://files.example-cdn.com/a",
            "https://example-cdn.com/a",
            "file:///x",
        ):
            with pytest.raises(UnexpectedResponse):
                rig.fetch(Link(url=url))
        assert rig.server.connections == 0


def test_offline_opens_nothing(tmp_path: Path) -> None:
    with rigged(tmp_path, FileHost(SMALL)) as rig:
        rig.online[0] = False
        with pytest.raises(OfflineError):
            rig.fetch()
        assert rig.server.connections == 0


# --- cut, broken, resumed ---


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("validator", ["etag", "date", "weak", "none", "sha256"])
@pytest.mark.parametrize("cut", range(len(SMALL)))
def test_cut_at_any_byte_it_resumes_and_verifies(
    tmp_path: Path, cut: int, validator: str, reset: bool
) -> None:
    host = FileHost(SMALL, etag="", cuts=[cut], reset=reset)
    if validator in {"etag", "weak"}:
        host.etag = '"e"' if validator == "etag" else 'W/"e"'
    if validator == "date":
        host.last_modified = "Mon, 23 Nov 2026 10:00:00 GMT"
    with rigged(tmp_path, host) as rig:
        check(rig, rig.fetch(Link(sha256=sha256(SMALL) if validator == "sha256" else None)), SMALL)
        assert len(rig.server.seen) == 2


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.integers(0, len(SMALL)), max_size=12),
    ranges=st.booleans(),
    etag=st.sampled_from(["", '"e"', 'W/"e"']),
    mode=st.sampled_from(["length", "chunked"]),
)
def test_whatever_is_cut_only_the_whole_file_comes_out(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int | None], ranges: bool, etag: str, mode: str
) -> None:
    tmp_path = tmp_path_factory.mktemp("cuts")
    host = FileHost(SMALL, etag=etag, ranges=ranges, cuts=cuts, chunked=mode == "chunked")
    with rigged(tmp_path, host) as rig:
        failed = ""
        try:
            check(rig, rig.fetch(), SMALL)
        except DownloadError as error:
            failed = error.code
        assert failed in {"", "download.interrupted"}
        assert not failed or rig.left() <= {"download.part", "download.json"}


def test_one_byte_at_a_time_gets_there(tmp_path: Path) -> None:
    cuts: list[int | None] = [1] * (len(SMALL) - 1)
    with rigged(tmp_path, FileHost(SMALL, cuts=cuts)) as rig:
        check(rig, rig.fetch(), SMALL)
        assert len(rig.server.seen) == len(SMALL)


def test_a_server_that_ignores_ranges_starts_again(tmp_path: Path) -> None:
    with rigged(tmp_path, FileHost(BIG, ranges=False, cuts=[300_000, 200_000, None])) as rig:
        check(rig, rig.fetch(), BIG)


def test_a_server_that_always_cuts_is_given_up_and_the_part_is_kept(tmp_path: Path) -> None:
    host = FileHost(BIG, cuts=[500_000, *[0] * 5])
    with rigged(tmp_path, host) as rig:
        with pytest.raises(DownloadError, match="what has arrived is kept") as caught:
            rig.fetch()
        assert caught.value.retryable
        assert (rig.folder / "download.part").stat().st_size == 500_000
        asked = len(rig.server.seen)
        check(rig, rig.fetch(), BIG)
        assert len(rig.server.seen) == asked + 1
        assert rig.server.seen[-1].headers["range"] == "bytes=500000-"
        assert rig.server.seen[-1].headers["if-range"] == '"one"'


def test_a_file_that_changed_meanwhile_is_fetched_anew(tmp_path: Path) -> None:
    host = FileHost(b"old " * 1000, cuts=[1000, *[0] * 9])
    with rigged(tmp_path, host) as rig:
        with pytest.raises(DownloadError):
            rig.fetch()
        host.data, host.etag, host.cuts = b"new!" * 1000, '"two"', []
        check(rig, rig.fetch(), b"new!" * 1000)


def test_a_partial_answer_of_another_file_is_not_spliced_on(tmp_path: Path) -> None:
    """A careless server: it ignores If-Range and sends the rest of what it has now."""
    host = FileHost(b"old " * 1000, cuts=[1000])

    def careless(seen: Seen) -> Reply:
        if len(rig.server.seen) == 2:
            host.data, host.etag = b"new!" * 1000, '"two"'
            return host(replace(seen, headers={k: v for k, v in seen.headers.items() if k != "if-range"}))
        return host(seen)

    with rigged(tmp_path, careless) as rig:
        check(rig, rig.fetch(), b"new!" * 1000)


def test_a_wrong_splice_is_put_right_by_a_whole_answer(tmp_path: Path) -> None:
    """Same ETag, other bytes: only the promised hash can tell, and one fresh try is made."""
    new = b"new!" * 1000
    host = FileHost(b"old " * 1000, cuts=[1000])

    def lying(seen: Seen) -> Reply:
        if len(rig.server.seen) == 2:
            host.data = new
        return host(seen)

    with rigged(tmp_path, lying) as rig:
        check(rig, rig.fetch(Link(sha256=sha256(new), size=len(new))), new)


@pytest.mark.parametrize(
    "content_range", ["bytes 5-9/10", "bytes 0-9/99", "bytes */10", "", "pages 3-4/5", "bytes x-y/z"]
)
def test_a_partial_answer_for_another_place_is_not_taken(tmp_path: Path, content_range: str) -> None:
    host = FileHost(SMALL, cuts=[4])

    def odd(seen: Seen) -> Reply:
        if len(rig.server.seen) == 2:
            return Reply(status=206, headers=(("Content-Range", content_range),), body=b"#####")
        return host(seen)

    with rigged(tmp_path, odd) as rig:
        check(rig, rig.fetch(), SMALL)


def test_a_length_that_is_too_large_is_never_believed(tmp_path: Path) -> None:
    with rigged(tmp_path, FileHost(SMALL, lie=7)) as rig:
        with pytest.raises(DownloadError):
            rig.fetch()
        assert not any(len(name) == 64 for name in rig.left())
        assert len(rig.server.seen) < 30


def test_a_length_that_is_too_small_is_caught_by_the_promise(tmp_path: Path) -> None:
    with (
        rigged(tmp_path, FileHost(SMALL, lie=-7)) as rig,
        pytest.raises(DownloadRefused, match="promised"),
    ):
        rig.fetch(Link(size=len(SMALL)))


def test_an_unmarked_end_is_checked_before_it_is_believed(tmp_path: Path) -> None:
    with rigged(tmp_path, FileHost(BIG, marked_end=False, cuts=[100_000, 5, None])) as rig:
        check(rig, rig.fetch(), BIG)
    with rigged(
        tmp_path / "2", FileHost(BIG, marked_end=False, ranges=False, cuts=[100_000, 90_000, None, None])
    ) as rig:
        check(rig, rig.fetch(), BIG)


def test_silence_and_busy_servers_are_waited_for(tmp_path: Path) -> None:
    before = [Reply(silent=True), Reply(status=503, headers=(("Retry-After", "4"),)), Reply(status=429)]
    with rigged(tmp_path, FileHost(SMALL, before=before), read_timeout_s=0.3) as rig:
        check(rig, rig.fetch(), SMALL)
        assert sum(rig.clock.slept) >= 4


def test_a_wait_that_is_too_long_is_told(tmp_path: Path) -> None:
    with rigged(
        tmp_path, FileHost(SMALL, before=[Reply(status=503, headers=(("Retry-After", "9999"),))])
    ) as rig:
        with pytest.raises(DownloadError, match="busy"):
            rig.fetch()
        assert rig.clock.slept == []


def test_a_server_that_is_gone_is_told(tmp_path: Path) -> None:
    with rigged(tmp_path, FileHost(SMALL)) as rig:
        rig.server.stop()
        with pytest.raises(DownloadError, match="cannot be reached"):
            rig.fetch()


@pytest.mark.parametrize("status", [204, 300, 405, 418, 501, 505])
def test_other_statuses_end_it(tmp_path: Path, status: int) -> None:
    with rigged(tmp_path, FileHost(SMALL, before=[Reply(status=status)])) as rig:
        with pytest.raises(DownloadError):
            rig.fetch()
        assert len(rig.server.seen) == 1


# --- links that expire ---


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_an_expired_link_is_replaced_and_the_rest_fetched(tmp_path: Path, status: int) -> None:
    links = iter(Link(url=f"{FILES}/a.zip?sig={number}") for number in range(9))
    host = FileHost(BIG, cuts=[400_000])

    def expiring(seen: Seen) -> Reply:
        if len(rig.server.seen) > 1 and "sig=0" in seen.target:
            return Reply(status=status, body=b"<Error><Code>AccessDenied</Code></Error>")
        return host(seen)

    with rigged(tmp_path, expiring) as rig:
        check(rig, rig.fetch(lambda: next(links)), BIG)
        assert rig.server.seen[-1].headers["range"] == "bytes=400000-"
        assert "sig=1" in rig.server.seen[-1].target


def test_without_a_validator_a_fresh_link_starts_again(tmp_path: Path) -> None:
    links = iter(Link(url=f"{FILES}/a.zip?sig={number}") for number in range(9))
    host = FileHost(BIG, etag="", cuts=[400_000])

    def expiring(seen: Seen) -> Reply:
        return Reply(status=403) if len(rig.server.seen) == 2 else host(seen)

    with rigged(tmp_path, expiring) as rig:
        check(rig, rig.fetch(lambda: next(links)), BIG)
        assert "range" not in rig.server.seen[-1].headers


def test_links_that_are_all_refused_end_it(tmp_path: Path) -> None:
    asked: list[int] = []

    def source() -> Link:
        asked.append(1)
        return Link()

    with rigged(tmp_path, lambda _: Reply(status=403)) as rig:
        with pytest.raises(DownloadLinkExpired) as caught:
            rig.fetch(source)
        assert len(asked) == 4
        assert "hidden" not in f"{caught.value!r}{dict(caught.value.context)}"


def test_a_link_source_that_fails_is_heard(tmp_path: Path) -> None:
    links = iter([Link()])

    def source() -> Link:
        link = next(links, None)
        if link is None:
            raise DownloadError("no more links")
        return link

    with (
        rigged(tmp_path, lambda _: Reply(status=403)) as rig,
        pytest.raises(DownloadError, match="no more links"),
    ):
        rig.fetch(source)


# --- what is refused ---


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<!DOCTYPE html><title>Log in</title>" + b" " * 5000, "text/html; charset=utf-8"),
        (b"\xef\xbb\xbf\n<!-- x --><HTML>", "application/octet-stream"),
        (b"anything at all", "text/html"),
        (b'{"message": "gone"}', "application/json"),
        (b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', "application/zip"),
    ],
)
def test_a_page_instead_of_a_file_is_put_aside(tmp_path: Path, body: bytes, content_type: str) -> None:
    with rigged(tmp_path, FileHost(body, headers=(("Content-Type", content_type),))) as rig:
        with pytest.raises(DownloadRefused, match="instead of the file") as caught:
            rig.fetch()
        assert rig.left() == {"quarantine"}
        (aside,) = (rig.folder / "quarantine").iterdir()
        assert aside.name == caught.value.context["quarantined"]
        assert body.startswith(aside.read_bytes())


@pytest.mark.parametrize(
    ("name", "body", "content_type"),
    [
        ("scene.gltf", b'{"asset": {}}', "application/json"),
        ("notes.html", b"<!doctype html>", "text/html"),
        ("model.dae", b'<?xml version="1.0"?><COLLADA/>', "application/octet-stream"),
        ("image.svg", b"<svg/>", "image/svg+xml"),
        ("a.obj", b"# object\nv 0 0 0", "text/plain"),
    ],
)
def test_text_files_that_are_wanted_are_taken(
    tmp_path: Path, name: str, body: bytes, content_type: str
) -> None:
    with rigged(tmp_path, FileHost(body, headers=(("Content-Type", content_type),))) as rig:
        check(rig, rig.fetch(Link(name=name)), body)


@pytest.mark.parametrize(
    ("link", "code"),
    [
        (Link(size=len(SMALL) + 1), "download.size_mismatch"),
        (Link(size=0), "download.size_mismatch"),
        (Link(sha256="0" * 64), "download.hash_mismatch"),
    ],
)
def test_what_does_not_match_is_put_aside(tmp_path: Path, link: Link, code: str) -> None:
    with rigged(tmp_path, FileHost(SMALL)) as rig:
        with pytest.raises(DownloadRefused) as caught:
            rig.fetch(link)
        assert caught.value.code == code
        assert rig.left() == {"quarantine"}
        (aside,) = (rig.folder / "quarantine").iterdir()
        assert aside.read_bytes() == SMALL
        assert aside.name == f"{sha256(SMALL)[:16]}-a.zip"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with rigged(tmp_path, FileHost(b"")) as rig:
        with pytest.raises(DownloadRefused, match="empty"):
            rig.fetch()
        assert rig.left() == set()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_that_is_too_large_is_refused(tmp_path: Path, chunked: bool) -> None:
    with rigged(tmp_path, FileHost(BIG, chunked=chunked), policy=DownloadPolicy(max_bytes=100_000)) as rig:
        with pytest.raises(DownloadRefused, match="larger than"):
            rig.fetch()
        assert rig.left() == set()


def test_a_packed_answer_is_not_taken_for_the_file(tmp_path: Path) -> None:
    with (
        rigged(tmp_path, FileHost(SMALL, headers=(("Content-Encoding", "gzip"),))) as rig,
        pytest.raises(DownloadError, match="packed"),
    ):
        rig.fetch()


# --- names ---


@pytest.mark.parametrize(
    ("given", "disposition", "url", "name"),
    [
        ("../../etc/passwd", "", "/x", "passwd"),
        ("C:\\Users\\x\\con.txt", "", "/x", "_con.txt"),
        ("", 'attachment; filename="dépôt.zip"', "/x", "dépôt.zip"),
        ("", "attachment; filename=\"a.zip\"; filename*=UTF-8''%E2%82%AC.zip", "/x", "€.zip"),
        ("", "attachment; filename*=nonsense''%FF.zip", "/x", "\N{REPLACEMENT CHARACTER}.zip"),
        ("", "", "/files/My%20Car.blend", "My Car.blend"),
        ("", "", "/", "file"),
        ("exe\u202egnp.zip\0", "", "/x", "exe_gnp.zip_"),
    ],
)
def test_names_are_made_safe(tmp_path: Path, given: str, disposition: str, url: str, name: str) -> None:
    latin = disposition.encode().decode("latin-1")
    headers = (("Content-Disposition", latin),) if disposition else ()
    with rigged(tmp_path, FileHost(SMALL, headers=headers)) as rig:
        assert rig.fetch(Link(name=given, url=f"{FILES}{url}")).name == name


# --- crashes, other processes, the disk ---


def test_bytes_that_were_never_synced_are_not_trusted(tmp_path: Path) -> None:
    """After a power cut a file may be as long as it was and hold zeros."""
    with rigged(tmp_path, FileHost(BIG)) as rig:
        rig.folder.mkdir()
        (rig.folder / "download.part").write_bytes(BIG[:1000] + b"\0" * 500_000)
        facts = {"synced": 1000, "validator": '"one"', "size": len(BIG)}
        (rig.folder / "download.json").write_text(json.dumps(facts))
        check(rig, rig.fetch(), BIG)
        assert rig.server.seen[0].headers["range"] == "bytes=1000-"


@pytest.mark.parametrize(
    "facts",
    [
        "",
        "{",
        "[]",
        '{"synced": -1, "validator": "", "size": null}',
        "null",
        '{"synced": "x", "validator": 1, "size": "y"}',
        "[" * 9999,
    ],
)
def test_a_damaged_note_means_starting_again(tmp_path: Path, facts: str) -> None:
    with rigged(tmp_path, FileHost(SMALL)) as rig:
        rig.folder.mkdir()
        (rig.folder / "download.part").write_bytes(b"garbage")
        (rig.folder / "download.json").write_text(facts)
        check(rig, rig.fetch(), SMALL)
        assert "range" not in rig.server.seen[0].headers


def test_a_part_that_is_whole_already_needs_no_request(tmp_path: Path) -> None:
    with rigged(tmp_path, FileHost(SMALL)) as rig:
        rig.folder.mkdir()
        (rig.folder / "download.part").write_bytes(SMALL)
        facts = {"synced": len(SMALL), "validator": '"one"', "size": len(SMALL)}
        (rig.folder / "download.json").write_text(json.dumps(facts))
        check(rig, rig.fetch(), SMALL)
        assert rig.server.seen == []


def test_a_part_longer_than_the_file_is_thrown_away(tmp_path: Path) -> None:
    with rigged(tmp_path, FileHost(SMALL)) as rig:
        rig.folder.mkdir()
        (rig.folder / "download.part").write_bytes(b"x" * 5000)
        facts = {"synced": 5000, "validator": '"one"', "size": None}
        (rig.folder / "download.json").write_text(json.dumps(facts))
        check(rig, rig.fetch(), SMALL)


def test_cancelling_keeps_what_has_arrived(tmp_path: Path) -> None:
    cancel = CancelToken()

    def stop(done: int, _total: int | None) -> None:
        if done > 500_000:
            cancel.cancel()

    with rigged(tmp_path, FileHost(BIG)) as rig:
        with pytest.raises(CancelledError):
            rig.fetch(cancel=cancel, on_progress=stop)
        kept = (rig.folder / "download.part").stat().st_size
        assert 500_000 < kept < len(BIG)
        check(rig, rig.fetch(), BIG)
        assert rig.server.seen[-1].headers["range"] == f"bytes={kept}-"


def test_two_keys_in_one_folder_do_not_meet(tmp_path: Path) -> None:
    with rigged(tmp_path, FileHost(BIG, cuts=[1000, *[0] * 9])) as rig:
        with pytest.raises(DownloadError):
            rig.fetch(key="one")
        assert rig.fetch(key="two").size == len(BIG)
        assert (rig.folder / "one.part").exists()


KILLED = """
import sys, time
from pathlib import Path
sys.path[:0] = [{root!r}, {support!r}]
from core.clock import SystemClock
from core.http.cancel import pause_with
from core.http.download import Downloader
from core.http.routes import Routes
from core.http.transport import RequestsTransport
from wire import FakeSite
clock = SystemClock()
class Link:
    url, name, size, sha256 = {link!r}, "a.zip", None, None
transport = RequestsTransport(monotonic=clock.monotonic)
downloader = Downloader(transport=transport, routes=Routes({server!r}), clock=clock, pause=pause_with(clock),
    random=lambda: 0.5, online=lambda: True, user_agent="t")
def progress(done, total):
    if done >= {stop_at}:
        print(done, flush=True)
        time.sleep(60)
downloader.fetch(Link, FakeSite(), folder=Path({folder!r}), on_progress=progress)
"""


def test_a_killed_download_goes_on_from_what_was_synced(tmp_path: Path) -> None:
    data = bytes(range(251)) * 80_000  # about 20 MB: synced twice on the way
    with rigged(tmp_path, FileHost(data)) as rig:
        root = Path(__file__).resolve().parents[3]
        code = KILLED.format(
            root=str(root),
            support=str(root / "tests" / "support"),
            link=Link().url,
            server=rig.server.url,
            folder=str(rig.folder),
            stop_at=SYNC_EVERY_BYTES + 1_000_000,
        )
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert int(child.stdout.readline()) > SYNC_EVERY_BYTES
            child.kill()
        assert not any(len(name) == 64 for name in rig.left())
        check(rig, rig.fetch(), data)
        start = int(rig.server.seen[-1].headers["range"].removeprefix("bytes=").rstrip("-"))
        assert SYNC_EVERY_BYTES <= start < len(data)


def test_two_processes_share_one_download(tmp_path: Path) -> None:
    """The second waits for the first, and never mixes its bytes in."""
    import threading

    with rigged(tmp_path, FileHost(BIG)) as rig:
        rig.clock.stands_still = True
        found: list[FetchedFile] = []
        threads = [threading.Thread(target=lambda: found.append(rig.fetch())) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert [file.sha256 for file in found] == [sha256(BIG)] * 3
        assert (rig.folder / sha256(BIG)).read_bytes() == BIG


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("ENOSPC", "download.disk_full"),
        ("EDQUOT", "download.disk_full"),
        ("EACCES", "download.not_writable"),
        ("EROFS", "download.not_writable"),
        ("EIO", "download.disk"),
    ],
)
def test_disk_faults_say_what_to_do(tmp_path: Path, number: str, code: str) -> None:
    import errno
    import os

    with pytest.raises(DownloadError) as caught, disk_errors(tmp_path):
        raise OSError(getattr(errno, number), os.strerror(getattr(errno, number)))
    assert caught.value.code == code


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "incoming").write_text("a file")
    with rigged(tmp_path, FileHost(SMALL)) as rig:
        with pytest.raises(ClearanceError, match="cannot be written"):
            rig.fetch()
        assert rig.server.seen == []


def test_outside_the_sandbox_private_addresses_are_refused(tmp_path: Path) -> None:
    """Without a sandbox the name ``localhost``, were it ever in the list of hosts, is still not opened."""
    clock = FakeClock()
    transport = RequestsTransport(monotonic=time.monotonic)
    site = FakeSite(download_hosts=frozenset({"localhost", "127.0.0.1"}))
    with serving(FileHost(SMALL)) as server:
        routes = HttpRoutes(server.port)
        downloader = Downloader(
            transport=transport,
            routes=routes,
            clock=clock,
            pause=clock.pause,
            random=lambda: 0.5,
            online=lambda: True,
            user_agent="t",
        )
        with pytest.raises(DownloadError, match="private address"):
            downloader.fetch(lambda: Link(url="https://localhost/a"), site, folder=tmp_path)
        assert server.seen == []
    transport.close()


class HttpRoutes(Routes):
    """Real routes, but for the wire: plain HTTP to a local port, so that the address is what decides."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def wire(self, url: str) -> str:
        return f"http://{self.host(url)}:{self._port}/"


# --- links that want the account's token in the address ---

SIGNED = "https://api.example.com/Download/1"
SIGNED_SITE = FakeSite(download_hosts=frozenset({"api.example.com", ".example-cdn.com"}))


@dataclass(frozen=True, kw_only=True)
class TokenLink(Link):
    url: str = SIGNED
    token_parameter: str = "token"


class Signer:
    """Puts one token after another into the address, a new one only when asked to renew."""

    def __init__(self) -> None:
        self.asked: list[bool] = []
        self.count = 0

    def __call__(
        self, link: Any, site: Any, *, renew: bool = False, cancel: CancelToken | None = None
    ) -> str:
        self.asked.append(renew)
        self.count += renew
        return f"{link.url}?token=hush-{self.count}"


@contextmanager
def signing(tmp_path: Path, handler: Callable[[Seen], Reply]) -> Iterator[tuple[Downloader, Server, Signer]]:
    clock, signer = FakeClock(), Signer()
    transport = RequestsTransport(monotonic=clock.monotonic)
    with serving(handler) as server:
        yield (
            Downloader(
                transport=transport,
                routes=Routes(server.url),
                clock=clock,
                pause=clock.pause,
                random=lambda: 0.5,
                online=lambda: True,
                user_agent="Clearance/test",
                sign_link=signer,
            ),
            server,
            signer,
        )
    transport.close()


def test_the_token_goes_to_its_host_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Adobe A.5: ``?token=``, no Authorization header, redirects followed without it."""

    def handler(seen: Seen) -> Reply:
        if seen.path.startswith("/api.example.com"):
            return Reply(status=302, headers=(("Location", f"{FILES}/storage/a.zip?sig=x"),))
        return FileHost(SMALL)(seen)

    with caplog.at_level("DEBUG"), signing(tmp_path, handler) as (downloader, server, signer):
        fetched = downloader.fetch(TokenLink, SIGNED_SITE, folder=tmp_path / "f")
        first, second = server.seen
    assert first.target.endswith("/Download/1?token=hush-0")
    assert "token" not in second.target
    assert "authorization" not in {**first.headers, **second.headers}
    assert signer.asked == [False]
    assert fetched.path.read_bytes() == SMALL
    assert fetched.source_host == "files.example-cdn.com"
    assert "hush" not in caplog.text


def test_a_relative_redirect_does_not_take_the_token_along(tmp_path: Path) -> None:
    def handler(seen: Seen) -> Reply:
        if seen.path.endswith("/Download/1"):
            return Reply(status=303, headers=(("Location", "/Download/2"),))
        return FileHost(SMALL)(seen)

    with signing(tmp_path, handler) as (downloader, server, _):
        downloader.fetch(TokenLink, SIGNED_SITE, folder=tmp_path / "f")
        assert server.seen[1].target.endswith("/Download/2")


@pytest.mark.parametrize("status", [400, 401, 403])
def test_an_ended_token_is_renewed(tmp_path: Path, status: int) -> None:
    def handler(seen: Seen) -> Reply:
        return FileHost(SMALL)(seen) if seen.target.endswith("token=hush-1") else Reply(status=status)

    with signing(tmp_path, handler) as (downloader, _, signer):
        fetched = downloader.fetch(TokenLink, SIGNED_SITE, folder=tmp_path / "f")
    assert fetched.size == len(SMALL)
    assert signer.asked == [False, True]


def test_the_token_is_in_no_error_and_no_file(tmp_path: Path) -> None:
    with (
        signing(tmp_path, lambda _: Reply(status=403)) as (downloader, _, signer),
        pytest.raises(DownloadLinkExpired) as caught,
    ):
        downloader.fetch(TokenLink, SIGNED_SITE, folder=tmp_path / "f")
    assert "hush" not in f"{caught.value!r}{caught.value}{caught.value.context}"
    assert signer.count >= 1
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"hush" not in path.read_bytes()


def test_a_link_that_wants_no_token_is_not_signed(tmp_path: Path) -> None:
    with signing(tmp_path, FileHost(SMALL)) as (downloader, server, signer):
        downloader.fetch(Link, SIGNED_SITE, folder=tmp_path / "f")
        assert server.seen[0].target.endswith("sig=hidden")
    assert signer.asked == []


def test_a_signed_address_at_a_strange_host_is_not_opened(tmp_path: Path) -> None:
    with signing(tmp_path, FileHost(SMALL)) as (downloader, server, _):
        with pytest.raises(UnexpectedResponse):
            downloader.fetch(
                lambda: TokenLink(url="https://evil.example.net/a"), SIGNED_SITE, folder=tmp_path / "f"
            )
        assert server.seen == []
