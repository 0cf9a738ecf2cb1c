"""Judge a reference from one file to another: it may only name a file inside its own folder.

Touches the disk only to see whether links lead out.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from .disk import is_inside

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.\-]*:")


def why_outside(uri: str) -> str:
    """Return why a glTF ``uri`` (not a data one) may not be followed; empty when it is plainly relative.

    It is decoded until nothing changes, so that ``%252e%252e`` says no more than ``..``.
    """
    text = uri
    for _ in range(5):
        decoded = unquote(text, errors="replace")
        if decoded == text:
            break
        text = decoded
    else:
        return "it is encoded several times over"
    if not text.strip():
        return "it is empty"
    if any(ord(char) < 32 or ord(char) == 127 for char in text):
        return "it has control characters"
    if _SCHEME.match(text.lstrip()) or ":" in text:
        return "it names a web address, a drive or a stream"
    slashed = text.replace("\\", "/")
    if slashed.startswith(("/", "~")):
        return "it is absolute"
    if any(part.strip() == ".." for part in slashed.split("/")):
        return "it leads out of its folder"
    return ""


def resolve_uri(uri: str, folder: Path) -> Path | None:
    """Return the file that a plainly relative ``uri`` names in a folder; None when a link leads out of it."""
    target = folder / unquote(uri.replace("\\", "/"))
    return target if is_inside(target, folder) else None
