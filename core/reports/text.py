"""Makes foreign text fit for a page, a cell and a line: bounded, on one line, without control characters."""

from __future__ import annotations

import unicodedata

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
