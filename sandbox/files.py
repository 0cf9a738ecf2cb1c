"""Bytes over HTTP as file hosts serve them: ETag, Range with 206 and 416, conditional requests."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

from .message import Reply, Request

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "exr": "image/x-exr",
    "hdr": "image/vnd.radiance",
    "mov": "video/quicktime",
    "wav": "audio/wav",
    "zip": "application/zip",
    "glb": "model/gltf-binary",
    "obj": "text/plain",
    "mtl": "text/plain",
    "txt": "text/plain",
}


def content_type(name: str) -> str:
    """Tell a file's type by its name."""
    return _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def file_reply(request: Request, data: bytes, name: str, *, attachment: bool = False) -> Reply:
    """Answer with a file, or the part of it that a Range header asks for."""
    etag = f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
    headers = [("Content-Type", content_type(name)), ("ETag", etag), ("Accept-Ranges", "bytes")]
    if attachment:
        headers.append(("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name)}"))
    if etag in request.header("if-none-match"):
        return Reply(status=304, headers=tuple(headers))
    span = _asked_range(request, len(data), etag)
    if span is None:
        return Reply(headers=tuple(headers), body=data)
    start, stop = span
    if start >= stop:
        return Reply(status=416, headers=(*headers, ("Content-Range", f"bytes */{len(data)}")))
    headers.append(("Content-Range", f"bytes {start}-{stop - 1}/{len(data)}"))
    return Reply(status=206, headers=tuple(headers), body=data[start:stop])


def _asked_range(request: Request, length: int, etag: str) -> tuple[int, int] | None:
    """Read the Range header as start and stop; None for the whole file, an empty span for one outside it."""
    match = _RANGE.fullmatch(request.header("range").replace(" ", ""))
    if match is None or (request.header("if-range") not in ("", etag)):
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:
        wanted = int(last)
        return (max(0, length - wanted), length) if wanted else (0, 0)
    start = int(first)
    if last and int(last) < start:
        return None
    return (start, min(length, int(last) + 1) if last else length) if start < length else (0, 0)
