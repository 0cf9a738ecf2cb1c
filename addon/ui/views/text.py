"""Text for narrow panels: cleaned of what a seller may have put into it, shortened, wrapped. Pure: no bpy."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
_READ_AT_MOST = 20_000
_BREAKS = frozenset({"Cc", "Zl", "Zp"})
_INVISIBLE = frozenset({"Cf", "Cs", "Co", "Cn"})
"""Cf has the marks that turn text around and the joiners; the others have no glyph."""


def clean(text: str) -> str:
    """Return one line without control characters, direction marks or runs of spaces."""
    return " ".join("".join(map(_shown, text[:_READ_AT_MOST])).split())


def _shown(char: str) -> str:
    if " " <= char <= "~":
        return char
    category = unicodedata.category(char)
    if category in _BREAKS:
        return " "
    return "" if category in _INVISIBLE else char


def shorten(text: str, limit: int) -> str:
    """Clean and cut to ``limit`` characters, at a word's end where there is one near."""
    text = clean(text)
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, space, _ = cut.rpartition(" ")
    if space and len(head) >= limit * 2 // 3:
        cut = head
    return cut.rstrip(" ,;:.-") + ELLIPSIS


def wrap(text: str, width: float, measure: Callable[[str], float], *, max_lines: int = 0) -> list[str]:
    """Break into lines no wider than ``width`` (in the unit of ``measure``).

    A word that is wider than a line is broken. ``max_lines`` 0 means no limit; a text that is cut ends
    with an ellipsis.
    """
    lines: list[str] = []
    line = ""
    for word in clean(text).split(" "):
        for part in _break_word(word, width, measure):
            candidate = f"{line} {part}" if line else part
            if line and measure(candidate) > width:
                lines.append(line)
                line = part
            else:
                line = candidate
    if line:
        lines.append(line)
    if max_lines and len(lines) > max_lines:
        lines = lines[:max_lines]
        last = lines[-1]
        while last and measure(last + ELLIPSIS) > width:
            last = last[:-1]
        lines[-1] = last.rstrip(" ,;:.-") + ELLIPSIS
    return lines


def _break_word(word: str, width: float, measure: Callable[[str], float]) -> list[str]:
    if not word or measure(word) <= width:
        return [word] if word else []
    parts: list[str] = []
    while word:
        low, high = 1, len(word)
        while low < high:  # the longest beginning that fits; at least one character, so that this ends
            middle = (low + high + 1) // 2
            if measure(word[:middle]) <= width:
                low = middle
            else:
                high = middle - 1
        parts.append(word[:low])
        word = word[low:]
    return parts


def count(number: int, singular: str, plural: str = "") -> str:
    """Write ``1 license``, ``1,200 licenses``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def join(parts: list[str], *, last: str = "and") -> str:
    """Write a list as English does: ``a``, ``a and b``, ``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def describe_size(size: int) -> str:
    """Write a number of bytes for people."""
    value = float(size)
    for unit in ("B", "KB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
