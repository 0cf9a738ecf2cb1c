"""Reads a list of listings to be bought from a CSV file. Pure; every mistake is named by its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ...errors import UserInputError
from ...marketplaces.base import MarketplaceInfo
from ...model.listing import ListingRef, MediaKind
from .request_rules import MAX_ITEMS

MAX_BYTES = 2 * 1024**2
MAX_SHOWN = 20
"""How many mistakes one message names."""
MAX_WORD = 200
COLUMNS = ("listing", "marketplace", "id", "kind", "license", "variant", "title")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedItem:
    """One listing that is wanted. ``license_label`` and ``variant`` empty: whatever fits the use."""

    ref: ListingRef
    kind: MediaKind
    title: str = ""
    license_label: str = ""
    variant: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two of them the same purchase."""
        return (str(self.ref), self.kind, self.license_label.casefold(), self.variant.casefold())


def read_cart(
    data: bytes, infos: Mapping[str, MarketplaceInfo], *, most: int = MAX_ITEMS
) -> tuple[WantedItem, ...]:
    """Read a CSV file: a header, then one listing a line.

    Columns: ``listing`` (``marketplace:id``), or ``marketplace`` and ``id``; further ``kind``, ``license``,
    ``variant``, ``title``. Comma, semicolon or tab; UTF-8. Raises UserInputError (``cart.invalid``) that
    names up to twenty lines; then nothing of the file is taken.
    """
    rows = _read_rows(data)
    problems: list[str] = []
    found: list[WantedItem] = []
    first_at: dict[tuple[str, ...], int] = {}
    for line, row in rows:
        try:
            item = _read_row(row, infos)
        except ValueError as problem:
            problems.append(f"line {line}: {problem}")
            continue
        if item.key in first_at:
            problems.append(f"line {line}: the same as line {first_at[item.key]}; one of them is enough")
            continue
        first_at[item.key] = line
        found.append(item)
    if problems:
        more = f"; and {len(problems) - MAX_SHOWN} more" if len(problems) > MAX_SHOWN else ""
        raise _error(f"{'; '.join(problems[:MAX_SHOWN])}{more}. Nothing of the file was taken.")
    if not found:
        raise _error("it names no listing below its header.")
    if len(found) > most:
        raise _error(f"it has {len(found):,} listings; {most:,} still fit into this request. Split it.")
    return tuple(found)


def _read_rows(data: bytes) -> list[tuple[int, dict[str, str]]]:
    """Return (line number, cells by column) of all rows that are not empty."""
    if len(data) > MAX_BYTES:
        raise _error(f"it is larger than {MAX_BYTES // 1024**2} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise _error(f"line {line}: this is not UTF-8. Save the table as “CSV UTF-8”.") from None
    if "\x00" in text:
        raise _error("it holds zero bytes, so it is no text file. Save the table as “CSV UTF-8”.")
    header = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count) if any(mark in header for mark in ",;\t") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        for cells in reader:
            line = reader.line_num
            words = [" ".join(cell.split()) for cell in cells]
            if not any(words):
                continue
            if not columns:
                columns = _check_header([word.casefold() for word in words])
                continue
            if len(words) > len(columns) and any(words[len(columns) :]):
                raise _error(f"line {line}: {len(words)} cells below {len(columns)} columns.")
            rows.append((line, dict(zip(columns, words, strict=False))))
    except csv.Error as problem:
        raise _error(f"line {reader.line_num}: {problem}.") from None
    if not columns:
        raise _error("it is empty. Its first line names the columns, such as: listing,license")
    return rows


def _check_header(columns: list[str]) -> list[str]:
    unknown = [column for column in columns if column and column not in COLUMNS]
    if unknown:
        raise _error(
            f"line 1: there is no column {unknown[0][:60]!r}; the first line names the columns, of these: "
            f"{', '.join(COLUMNS)}."
        )
    named = [column for column in columns if column]
    if len(set(named)) != len(named):
        raise _error("line 1: a column is there twice.")
    if "listing" not in columns and not {"marketplace", "id"} <= set(columns):
        raise _error("line 1: it needs the column “listing” (marketplace:id), or “marketplace” and “id”.")
    return columns


def _read_row(row: Mapping[str, str], infos: Mapping[str, MarketplaceInfo]) -> WantedItem:
    for column, word in row.items():
        if len(word) > MAX_WORD:
            raise ValueError(f"the cell of “{column}” is longer than {MAX_WORD} characters")
    text = row.get("listing") or f"{row.get('marketplace', '')}:{row.get('id', '')}"
    ref = ListingRef.parse(text)
    info = infos.get(ref.marketplace)
    if info is None:
        raise ValueError(
            f"there is no marketplace {ref.marketplace[:40]!r}; there are {', '.join(sorted(infos))}"
        )
    return WantedItem(
        ref=ref,
        kind=choose_kind(info, row.get("kind", ""), info.kinds),
        title=row.get("title", ""),
        license_label=row.get("license", ""),
        variant=row.get("variant", ""),
    )


def choose_kind(info: MarketplaceInfo, word: str, sold: Collection[MediaKind]) -> MediaKind:
    """Return the kind of media that a word names; without one, the only one that there is.

    Where one number can be two things, nobody guesses. Raises ValueError.
    """
    if word:
        kind = next((one for one in sold if one == word.casefold()), None)
        if kind is None:
            raise ValueError(f"{info.name} sells no {word[:40]!r}; it sells {_name_kinds(sold)}")
        return kind
    if len(sold) > 1 and info.numbers_by_kind:
        raise ValueError(
            f"{info.name} numbers each kind by itself: say in the column “kind” which of "
            f"{_name_kinds(sold)} it is"
        )
    return next(kind for kind in MediaKind if kind in sold)


def _name_kinds(kinds: Collection[MediaKind]) -> str:
    return ", ".join(kind for kind in MediaKind if kind in kinds)


def _error(problem: str) -> UserInputError:
    return UserInputError(f"This list cannot be used: {problem}", code="cart.invalid")
