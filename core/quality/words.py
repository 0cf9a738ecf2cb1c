"""Short texts for findings."""

from __future__ import annotations

from collections.abc import Iterable

MAX_LISTED = 8
MAX_NAME = 80


def listed(names: Iterable[str], *, limit: int = MAX_LISTED) -> str:
    """Return names with commas between them, made plain and short; how many more there are, at the end."""
    found = list(names)
    text = ", ".join(plain(one) for one in found[:limit])
    more = len(found) - limit
    return f"{text} and {more:,} more" if more > 0 else text


def plain(name: str) -> str:
    """Return a name on one line, without what cannot be shown."""
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name[:300])
    return text if len(text) <= MAX_NAME else f"…{text[-MAX_NAME + 1 :]}"


def meters(size: float) -> str:
    """Return a length for a person."""
    if size >= 1000:
        return f"{size / 1000:,.3g} km"
    if size >= 1:
        return f"{size:.3g} m"
    return f"{size * 100:.3g} cm" if size >= 0.01 else f"{size * 1000:.3g} mm"


def seconds(length: float) -> str:
    """Return a duration for a person."""
    if length >= 60:
        return f"{int(length) // 60} min {length % 60:.0f} s"
    return f"{length:.3g} s"
