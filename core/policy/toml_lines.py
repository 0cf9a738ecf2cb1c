"""Finds the line of a TOML file on which a key stands, so that an error can name it. Pure."""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"""^\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*=""")
_QUOTES = re.compile(r'"""|' + "'''")


def find_line(text: str, *, table: str = "", index: int = 0, key: str = "") -> int:
    """Return the number of the line (from 1) of a key, else of its table's header, else 0.

    ``table`` "" is the top of the file, where a key can be a table itself; ``index`` counts the entries of
    an array of tables.
    """
    current, counts, header_line = "", {"": 0}, 0
    inside = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if inside:
            inside = "" if line.count(inside) % 2 else inside
            continue
        if line.lstrip().startswith("#"):
            continue
        if (header := _HEADER.match(line)) is not None:
            current = header[2]
            counts[current] = counts.get(current, -1) + 1
            if current == table and counts[current] == index:
                header_line = number
            if not table and key and current.split(".")[0] == key:
                return number
            continue
        found = _KEY.match(line)
        if found is not None and key and current == table and counts[current] == index:
            name = next(part for part in found.groups() if part is not None)
            if name == key:
                return number
        opened = _QUOTES.search(line)
        if opened is not None and line.count(opened[0]) % 2:
            inside = opened[0]
    return header_line
