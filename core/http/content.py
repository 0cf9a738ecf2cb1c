"""Reads what a file server says of a file, and tells a web page from a delivered file. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from .names import safe_name

SNIFF_BYTES = 1024

_PAGE_ENDINGS = frozenset({"html", "htm", "xhtml"})
_DATA_ENDINGS = frozenset({"json", "gltf", "geojson", "lottie", "mtlx", "xml", "usda"})
_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_MESSAGE_TYPES = frozenset({"application/json", "application/problem+json", "application/xml", "text/xml"})
_PAGE_START = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<!--.*?-->)*<(?:!doctype\s+html|html|head|body|script)\b",
    re.IGNORECASE | re.DOTALL,
)
_S3_ERROR = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<Error>\s*<Code>", re.IGNORECASE)


def media_type(content_type: str) -> str:
    """Return the type without its parameters, in lower case; "" when there is none."""
    return content_type.partition(";")[0].strip().lower()[:100]


def what_is_wrong(name: str, content_type: str, start: bytes) -> str:
    """Say what came instead of a file with this name, or "" when it may well be the file."""
    ending = PurePosixPath(name.lower()).suffix.lstrip(".")
    kind = media_type(content_type)
    if ending not in _PAGE_ENDINGS and (kind in _PAGE_TYPES or _PAGE_START.match(start)):
        return "a web page came instead of the file"
    if _S3_ERROR.match(start):
        return "an error message of the file server came instead of the file"
    if (
        kind in _MESSAGE_TYPES
        and ending not in _DATA_ENDINGS | _PAGE_ENDINGS
        and start.lstrip()[:1] in {b"{", b"[", b"<"}
    ):
        return "a message came instead of the file"
    return ""


def choose_name(given: str, content_disposition: str, url: str) -> str:
    """Return a safe file name: the vendor's, else the server's, else the address's last part."""
    last_part = unquote(urlsplit(url).path.rpartition("/")[2])
    for candidate in (given, _disposition_name(content_disposition), last_part):
        if candidate.strip():
            return safe_name(candidate.replace("\\", "/").rpartition("/")[2] or candidate)
    return "file"


def _disposition_name(header: str) -> str:
    """Read a Content-Disposition's file name (RFC 6266); "" when there is none."""
    extended = re.search(r"filename\*\s*=\s*([\w-]*)'[^']*'([^;\s]+)", header, re.IGNORECASE)
    if extended:
        try:
            return unquote(extended[2], encoding=extended[1] or "utf-8", errors="replace")
        except LookupError:
            return unquote(extended[2], errors="replace")
    plain = re.search(r'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))', header, re.IGNORECASE)
    if not plain:
        return ""
    found = re.sub(r"\\(.)", r"\1", plain[1]) if plain[1] is not None else plain[2]
    try:
        # Headers are read as Latin-1, but most servers write UTF-8.
        return found.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return found


def read_validator(headers: Mapping[str, str]) -> str:
    """Return what ``If-Range`` may carry: a strong ETag, else a date (RFC 9110 §13.1.5)."""
    etag = headers.get("etag", "").strip()
    if len(etag) >= 2 and etag.startswith('"') and etag.endswith('"'):
        return etag[:512]
    return "" if etag else headers.get("last-modified", "").strip()[:64]


def read_size(text: str | None) -> int | None:
    """Read a plain number of bytes; None for anything else."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def read_range(text: str) -> tuple[int | None, int | None]:
    """Read ``bytes 5-9/10`` or ``bytes 5-9/*`` as (start, total)."""
    match = re.fullmatch(r"\s*bytes\s+(\d{1,18})-\d{1,18}/(\d{1,18}|\*)\s*", text, re.IGNORECASE)
    if match is None:
        return None, None
    return int(match[1]), None if match[2] == "*" else int(match[2])
