"""Where a .unitypackage comes from, as Unity's Asset Store wrote into its gzip header. Reads, never unpacks.

The store's packages carry an extra field (RFC 1952, 2.3.1.1) with the subfield ``A$``: JSON with the
product's id, its version and its publisher. It is not signed: it names the product, it proves nothing. A
package without it is of unknown origin.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

MAX_TEXT = 300
SIDECAR_ENDING = ".info.json"
_SIDECAR_BYTES = 64 * 1024
_FEXTRA = 4
_NAME = b"A$"
_ID = re.compile(r"[0-9]{1,20}")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE = re.compile(r"(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4})")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOrigin:
    """What a package says of itself. Texts are one plain line each; empty where the header is silent."""

    product_id: str
    title: str = ""
    version: str = ""
    version_id: str = ""
    upload_id: str = ""
    publisher: str = ""
    publisher_id: str = ""
    category: str = ""
    category_id: str = ""
    unity_version: str = ""
    published_on: date | None = None
    link_type: str = ""
    link_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginReading:
    """What was found. ``origin`` None with an empty ``trouble``: the file has no such header."""

    origin: StoreOrigin | None = None
    trouble: str = ""
    """Why a header that is there is not believed, as a sentence."""


class _DamagedError(Exception):
    """The extra field is not what the format says; the message completes "its store header …"."""


def read_origin(path: Path) -> OriginReading:
    """Read a package's origin, with the sidecar that the Editor may have written beside it.

    Raises OSError when the package itself cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(12)
        extra = file.read(int.from_bytes(head[10:12], "little")) if has_extra_field(head) else b""
    reading = parse_origin(head + extra)
    if reading.origin is not None and not reading.origin.upload_id:
        upload_id = _read_sidecar(path.with_name(path.name + SIDECAR_ENDING))
        return OriginReading(origin=replace(reading.origin, upload_id=upload_id))
    return reading


def has_extra_field(head: bytes) -> bool:
    """Say whether the first bytes of a file are a gzip header with an extra field."""
    return len(head) >= 12 and head[:3] == b"\x1f\x8b\x08" and bool(head[3] & _FEXTRA)


def has_store_field(head: bytes) -> bool:
    """Say whether a gzip header has the store's subfield, whatever is in it."""
    try:
        return any(name == _NAME for name, _data in _subfields(head))
    except _DamagedError:
        return head[12:14] == _NAME


def parse_origin(head: bytes) -> OriginReading:
    """Read the origin from the first bytes of a file: 12 and the length of the extra field are enough."""
    if not has_extra_field(head):
        return OriginReading()
    try:
        found = {data.rstrip(b"\x00") for name, data in _subfields(head) if name == _NAME}
        if not found:
            return OriginReading()
        if len(found) > 1:
            raise _DamagedError("is there twice and says different things")
        return OriginReading(origin=_read_json(found.pop()))
    except _DamagedError as damage:
        return OriginReading(trouble=f"The package's store header {damage}; its origin is not known.")


def _subfields(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not has_extra_field(head):
        return
    end = 12 + int.from_bytes(head[10:12], "little")
    if end > len(head):
        raise _DamagedError("is cut off")
    at = 12
    while at < end:
        length = int.from_bytes(head[at + 2 : at + 4], "little")
        if at + 4 > end or at + 4 + length > end:
            raise _DamagedError("is damaged")
        yield head[at : at + 2], head[at + 4 : at + 4 + length]
        at += 4 + length


def _read_json(data: bytes) -> StoreOrigin:
    try:
        root = json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise _DamagedError("is damaged") from None
    if not isinstance(root, dict):
        raise _DamagedError("is not of the known form")
    product_id = _id(root.get("id"))
    if not product_id:
        raise _DamagedError("names no product")
    publisher, category, link = (_dict(root.get(key)) for key in ("publisher", "category", "link"))
    return StoreOrigin(
        product_id=product_id,
        title=_text(root.get("title")),
        version=_text(root.get("version")),
        version_id=_id(root.get("version_id")),
        upload_id=_id(root.get("upload_id")),
        publisher=_text(publisher.get("label")),
        publisher_id=_id(publisher.get("id")),
        category=_text(category.get("label")),
        category_id=_id(category.get("id")),
        unity_version=_text(root.get("unity_version")),
        published_on=_date(root.get("pubdate")),
        link_type=_text(link.get("type")),
        link_id=_id(link.get("id")),
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object with a key twice: two readers would see two different products in it."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _read_sidecar(path: Path) -> str:
    """Return the upload id of ``<package>.info.json``; empty for a missing or odd one, which is no harm."""
    try:
        if path.is_symlink() or not path.is_file():
            return ""
        with path.open("rb") as file:
            data = file.read(_SIDECAR_BYTES + 1)
        root = json.loads(data.decode("utf-8-sig")) if len(data) <= _SIDECAR_BYTES else None
    except (OSError, ValueError, RecursionError):
        return ""
    return _id(root.get("upload_id")) if isinstance(root, dict) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _id(value: Any) -> str:
    """Return an id, written as text or as a number; empty when it is neither."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if _ID.fullmatch(text) else ""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return str(value)[:MAX_TEXT] if isinstance(value, int | float) and not isinstance(value, bool) else ""
    shown = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in value[: MAX_TEXT * 4])
    return " ".join(shown.split())[:MAX_TEXT]


def _date(value: Any) -> date | None:
    """Read ``05 Mar 2024``; the month's name is English whatever the user's language is."""
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or found[2].lower() not in _MONTHS:
        return None
    try:
        return date(int(found[3]), _MONTHS.index(found[2].lower()) + 1, int(found[1]))
    except ValueError:
        return None
