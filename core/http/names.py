"""Makes file names from strangers safe to write on any of the three systems. Pure."""

from __future__ import annotations

import unicodedata

RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$", *(f"com{n}" for n in "0123456789¹²³"),
     *(f"lpt{n}" for n in "0123456789¹²³")}
)  # fmt: skip
"""Device names of Windows, whatever their ending."""

_UNSAFE = frozenset('<>:"/\\|?*')
_MAX_BYTES = 200
"""Of UTF-8: below the 255 of common file systems, with room for our own endings."""
_MAX_ENDING = 24


def safe_name(name: str, *, fallback: str = "file") -> str:
    """Return a single path component without separators, control or direction characters, or reserved names.

    Letters of every script are kept, in NFC. The ending is kept when the name has to be shortened.
    """
    text = unicodedata.normalize("NFC", name)
    text = "".join("_" if _is_unsafe(char) else char for char in text)
    text = text.strip(" .")
    text = _shorten(text)
    if not text.strip("_ ."):
        return fallback
    if text.split(".", 1)[0].rstrip(" ").lower() in RESERVED:
        text = f"_{text}"
    return text


def _is_unsafe(char: str) -> bool:
    # Cc: control, Cf: zero width and direction marks ("exe.gnp" shown backwards), Cs: lone surrogates,
    # Zl and Zp: line and paragraph separators.
    return char in _UNSAFE or unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _shorten(text: str) -> str:
    if len(text.encode()) <= _MAX_BYTES:
        return text
    stem, dot, ending = text.rpartition(".")
    if not dot or not stem or len(ending.encode()) > _MAX_ENDING:
        stem, dot, ending = text, "", ""
    room = _MAX_BYTES - len(f"{dot}{ending}".encode())
    cut = stem.encode()[:room].decode("utf-8", "ignore")
    return f"{cut.rstrip(' .')}{dot}{ending}"
