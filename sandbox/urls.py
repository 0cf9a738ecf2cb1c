"""Addresses given by clients: adding to their query without losing what is there."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def add_query(url: str, **more: str) -> str:
    """Add parameters to an address."""
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *more.items()]
    return urlunsplit(parts._replace(query=urlencode(query)))


def is_web_address(url: str) -> bool:
    """Tell whether a text is an http or https address that can be used in a header."""
    if any(ord(letter) <= 32 or ord(letter) > 126 for letter in url):
        return False
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        return False
