"""Makes foreign text fit for pages, cells, lines and identifiers: bounded, without control characters."""

from __future__ import annotations

import hashlib
import unicodedata
from urllib.parse import quote

_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_KEPT = {"\u200c", "\u200d"}
"""The joiners are part of how Persian, Indic scripts and emoji are written."""


def clean(text: str, limit: int = 300) -> str:
    """Return the text on one line, at most ``limit`` characters, without what could hide or turn others.

    Control characters and the marks that reverse the direction of writing are dropped; letters of every
    script are kept.
    """
    head = text[: limit * 4]
    if not (head.isascii() and head.isprintable()):
        head = "".join(
            char if char in _KEPT or unicodedata.category(char) not in _DROPPED else " " for char in head
        )
    line = " ".join(head.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def web_address(url: str) -> str:
    """Return the address if it is one that may be linked to (http or https), else an empty text."""
    return url if url.startswith(("https://", "http://")) and not any(char.isspace() for char in url) else ""


def web_uri(url: str) -> str:
    """Return such an address as a URI: what is no ASCII, or has no place in one, is percent-encoded."""
    address = web_address(url)
    return quote(address.encode("utf-8", "replace"), safe=":/?#[]@!$&'()*+,;=%-._~") if address else ""


def segment(text: str) -> str:
    """Make a text a segment of an identifier; an empty or a long one is named by its hash."""
    encoded = quote(text.encode("utf-8", "replace"), safe="")
    return encoded if 0 < len(encoded) <= 120 else digest(text)


def digest(text: str) -> str:
    """Return 32 hexadecimal digits that stand for a text."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
