"""Reads a feed file as rows, whatever it is: sees from the content how it is packed, encoded and laid out."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserInputError
from ..http.cancel import CancelToken
from .columns import FeedMapping
from .json_rows import read_json
from .opening import UNPACK, WORKBOOK, OnProgress, open_feed
from .rows import Rows, broken
from .tables import read_table
from .xml_rows import read_xml

ENDINGS = frozenset({".csv", ".tsv", ".txt", ".tab", ".xml", ".rss", ".atom", ".jsonl", ".ndjson", ".json"})
PACKED = frozenset({".gz", ".zip"})
MAX_FILES = 1_000
_SAMPLE = 64 * 1024
_WEB_PAGE = "It may be the page to sign in on: sign in there in your browser, and download the feed itself."
_PACKED_OTHERWISE = ("it is packed in a way that is not read here", UNPACK)
_NO_FEEDS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", WORKBOOK),
    (b"%PDF", ("it is a PDF document", "Ask for the feed as CSV, XML or JSON.")),
    *(
        (mark, _PACKED_OTHERWISE)
        for mark in (b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07")
    ),
    (b"\x28\xb5\x2f\xfd", _PACKED_OTHERWISE),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def find_files(path: Path) -> tuple[Path, ...]:
    """Return the files of a feed: the file itself, or what lies in a folder and looks like one, by name."""
    if path.is_dir():
        found = sorted(entry for entry in path.iterdir() if entry.is_file() and _looks_like_a_feed(entry))
        if not found:
            raise UserInputError(
                f"The folder {path.name} holds no feed: no CSV, TSV, XML or JSON file, packed or not.",
                code="feeds.no_files",
            )
        if len(found) > MAX_FILES:
            raise UserInputError(
                f"The folder {path.name} holds more than {MAX_FILES} files; choose the feed's own folder.",
                code="feeds.too_many_files",
            )
        return tuple(found)
    if not path.is_file():
        raise UserInputError(f"There is no file {path}. Choose it again.", code="feeds.no_files")
    return (path,)


def _looks_like_a_feed(path: Path) -> bool:
    endings = [ending.lower() for ending in path.suffixes[-2:]]
    if path.name.startswith((".", "~")) or not endings:
        return False
    return endings[-1] in ENDINGS or endings[-1] in PACKED


@contextmanager
def read_rows(
    path: Path,
    mapping: FeedMapping,
    *,
    cancel: CancelToken | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[Rows]:
    """Open a feed file and hand out its rows one by one.

    Bad rows come as such. Raises UserInputError, at once or while reading, for a file that is broken as a
    whole: not well-formed, cut off, without a header.
    """
    with open_feed(path, cancel=cancel, on_progress=on_progress) as stream:
        head = stream.peek(_SAMPLE)[:_SAMPLE]
        if not head.strip(b"\x00\xff\xfe\xef\xbb\xbf \t\r\n"):
            raise broken(path.name, "it is empty")
        if other := _what_it_is(head):
            raise broken(path.name, other[0], what_to_do=other[1])
        encoding = mapping.encoding or _find_encoding(head)
        start = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
        if start[:15].lower().startswith(("<!doctype html", "<html")):
            raise broken(path.name, "it is a web page", what_to_do=_WEB_PAGE)
        if start.startswith("<"):
            yield read_xml(stream, mapping, path.name)
            return
        with io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=None) as text:
            if start.startswith(("{", "[")):
                yield read_json(text, mapping, path.name, start=start)
            else:
                yield read_table(text, mapping, path.name)


def _what_it_is(head: bytes) -> tuple[str, str] | None:
    """Say what a file is that is no feed in itself, and what to do; None for what may be one."""
    if head[257:262] == b"ustar":
        return "it is a tar archive", UNPACK
    return next((words for mark, words in _NO_FEEDS if head.startswith(mark)), None)


def _find_encoding(head: bytes) -> str:
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    nulls = head[:2000].count(0)
    if nulls > len(head[:2000]) // 4:
        return "utf-16-le" if head[1:2] == b"\x00" else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
