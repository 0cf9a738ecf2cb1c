# SPDX-License-Identifier: GPL-3.0-or-later
"""How the demo tells what it does."""

from __future__ import annotations


def title(text: str) -> None:
    """Print a heading."""
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def say(text: str) -> None:
    """Print a line below a heading."""
    print(f"  {text}", flush=True)


def shorten(text: str, length: int) -> str:
    """Cut a title for a line, without its control characters."""
    clean = "".join(char if char.isprintable() else " " for char in text)
    return clean if len(clean) <= length else clean[: length - 1] + "…"
