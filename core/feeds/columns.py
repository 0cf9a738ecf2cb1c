"""Which column of a feed is what: the common names, and a mapping file (TOML) where a feed has its own.

Pure. The names are those of Google's merchant feeds and of the large partner networks, compared without
regard to case, spaces, ``_``, ``-`` and a namespace (``g:``).
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from ..errors import UserInputError
from ..model.listing import MediaKind

MAX_MAPPING = 200_000

ALIASES: Mapping[str, tuple[str, ...]] = {
    "id": (
        "merchant product id", "unique merchant sku", "merchant sku", "catalog item id", "asset id",
        "package id", "model id", "offer id", "sku", "sku number",
    ),
    "number": ("id", "product id", "item id", "pid"),
    "title": (
        "title", "name", "product name", "item title", "display name", "short title", "product title",
        "asset name",
    ),
    "link": (
        "link", "url", "product url", "item url", "merchant deep link", "deep link", "buy url",
        "canonical link",
        "ads redirect", "aw deep link", "product link", "page url", "purl", "destination url", "web url",
    ),
    "description": (
        "description", "product description", "long description", "long product description", "desc",
        "summary",
        "short description", "product short description", "content", "body",
    ),
    "price": (
        "price", "price/value", "price/amount", "current price", "search price", "regular price",
        "retail price",
        "store price", "list price", "price usd", "price (usd)", "original price", "display price",
    ),
    "sale_price": ("sale price", "sale price/value", "discounted price", "special price"),
    "sale_dates": ("sale price effective date", "sale dates", "promotion dates"),
    "currency": ("currency", "price/currency", "price currency", "currency code", "currency id"),
    "availability": (
        "availability", "stock availability", "in stock", "stock status", "is for sale", "forsale", "state",
        "status", "stock",
    ),
    "author": (
        "author", "artist", "seller", "publisher", "brand", "brand name", "manufacturer", "vendor", "creator",
        "contributor", "designer", "studio", "seller name", "publisher name", "artist name", "author/name",
    ),
    "category": (
        "product type", "product types", "category", "categories", "merchant category", "category path",
        "primary category",
        "google product category", "google product category name", "advertiser category", "product category",
    ),
    "tags": (
        "tags", "keywords", "keyword", "labels", "search terms", "tags/tag", "keywords/keyword", "tag",
    ),
    "image": (
        "image link", "image", "image url", "merchant image url", "large image", "product image url",
        "aw image url", "main image", "big image", "thumbnail", "thumbnail url", "image/url", "imgurl",
        "picture",
    ),
    "more_images": (
        "additional image link", "additional image links", "additional image url", "alternate image",
        "alternate images", "additional images", "images", "images/image", "images/url", "merchant thumb url",
    ),
    "formats": (
        "formats", "formats/format", "file formats", "file format", "format", "file types", "file type",
        "extensions",
    ),
    "polygons": (
        "polygons", "polygon count", "polycount", "poly count", "polys", "faces", "face count", "triangles",
        "tri count", "triangle count",
    ),
    "editorial": ("editorial", "editorial only", "editorial use only", "is editorial", "editorial uses only"),
    "license": ("license", "licence", "license type", "licence type", "license name", "usage rights"),
    "animated": ("animated", "animation", "is animated", "has animation"),
    "rigged": ("rigged", "is rigged", "has rig", "rig"),
    "pbr": ("pbr", "is pbr", "pbr materials", "pbr textures"),
    "ai_generated": ("ai generated", "created with ai", "made with ai", "is ai generated"),
    "premium": ("premium", "is premium"),
    "kind": ("media type", "asset type", "content type", "media kind", "kind"),
    "width": ("width", "width px", "image width"),
    "height": ("height", "height px", "image height"),
    "duration": ("duration", "duration s", "length s"),
    "popularity": ("popularity", "sales", "sales rank score", "downloads", "number of sales", "review count"),
    "added": ("date added", "added", "created", "created at", "published", "publish date", "release date"),
    "updated": (
        "price date", "price as of", "last updated", "lastupdated", "feed date", "data feed date", "as of",
    ),
}  # fmt: skip
"""What a feed can tell → names under which feeds tell it, the best first.

``id`` are columns that hold the marketplace's own number; under the names of ``number`` a partner network may
put one of its own.
"""

REQUIRED = ("title",)
FIELDS = tuple(ALIASES)
_SQUEEZE = re.compile(r"[\s_\-.]+")
_KEY = re.compile(r"\s*(?:\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9_-]+))\s*=")
_TABLE = re.compile(r"\s*\[\s*([A-Za-z0-9_.\"' -]+?)\s*\]")


def squeeze(name: str) -> str:
    """Return a column's name as names are compared: ``g:Image_Link`` → ``image link``."""
    plain = name.strip(" \t\r\n\ufeff\"'")
    head, colon, tail = plain.rpartition(":")
    return _SQUEEZE.sub(" ", tail if colon and len(head) <= 12 else plain).strip().lower()


def compact(name: str) -> str:
    """Return a squeezed name without its spaces: ``IMAGEURL``, ``imageUrl`` and ``image_url`` are one."""
    return name.replace(" ", "")


_ALIASES = {name: tuple(squeeze(alias) for alias in aliases) for name, aliases in ALIASES.items()}
_KNOWN = frozenset(compact(alias) for aliases in _ALIASES.values() for alias in aliases)


def count_known(names: list[str]) -> int:
    """Return how many of a header's names are known: tells a header from data, and delimiters apart."""
    return sum(compact(squeeze(name)) in _KNOWN for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedMapping:
    """How one feed is read. Everything has a default that fits the common feeds."""

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What → the feed's own columns, tried in their order, instead of the common names."""
    marketplace: str = ""
    """For which marketplace it was written; empty: for any."""
    currency: str = ""
    """What prices without a currency are in (ISO 4217)."""
    decimal: str = ""
    """``.`` or ``,``: what begins the cents; empty: seen by each price itself."""
    kind: MediaKind | None = None
    """What is sold where the feed does not tell; None: by the marketplace's categories."""
    kinds: Mapping[str, MediaKind] = field(default_factory=dict)
    """Words of the feed's kind or category column → what they mean here."""
    editorial: Mapping[str, bool] = field(default_factory=dict)
    """Words of the feed's editorial or license column → whether they mean "editorial use only"."""
    day: date | None = None
    """The day of its prices, where neither a column nor the file's own date tells."""
    complete: bool = True
    """False: the feed lists changes only, so what it does not list stays."""
    row: str = ""
    """Where it cannot be told: XML, the element that is one product; JSON, what the list is called."""
    header: tuple[str, ...] = ()
    """Tables without a line of names: what their columns are called, in their order."""
    delimiter: str = ""
    """Tables: what separates columns; empty: seen from the header."""
    encoding: str = ""
    """Tables and JSON: how text is encoded; empty: seen from the file."""

    def names(self, what: str) -> tuple[str, ...]:
        """Return the columns, as names are compared, in which something is looked for."""
        own = self.columns.get(what)
        return tuple(squeeze(name) for name in own) if own is not None else _ALIASES[what]

    @property
    def fingerprint(self) -> bytes:
        """Hash of everything that decides what a row becomes."""
        told = sorted((part.name, repr(getattr(self, part.name))) for part in fields(self))
        return hashlib.blake2b(repr(told).encode(), digest_size=8).digest()


COMMON = FeedMapping()
"""For feeds with the common columns."""


def parse_mapping(text: str, *, name: str, marketplace: str = "") -> FeedMapping:
    """Read a mapping file; raise UserInputError that names the file, the line and what is wrong there."""
    if len(text) > MAX_MAPPING:
        raise _error(name, None, "it is too long for a mapping file")
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise _error(name, None, str(problem)) from None
    except RecursionError:
        raise _error(name, None, "it is nested too deeply") from None
    return _MappingReader(tree, text, name).read(marketplace)


class _MappingReader:
    """Checks a decoded mapping file key by key; knows on which line each stands."""

    TOP = frozenset(
        {"schema", "marketplace", "currency", "decimal", "kind", "date", "complete", "row", "header"}
        | {"delimiter", "encoding", "columns", "kinds", "editorial"}
    )

    def __init__(self, tree: dict[str, Any], text: str, name: str) -> None:
        self._tree, self._name = tree, name
        self._lines = _find_lines(text)

    def read(self, marketplace: str) -> FeedMapping:
        """Check everything and build the value."""
        for key in self._tree:
            if key not in self.TOP:
                raise self._wrong(key, f"is not known here; known are {', '.join(sorted(self.TOP))}")
        if self._tree.get("schema") != 1:
            raise self._wrong("schema", "must be there and be 1")
        written_for = self._text("marketplace")
        if written_for and marketplace and written_for != marketplace:
            raise self._wrong("marketplace", f"is “{written_for}”, but the feed is added to “{marketplace}”")
        currency = self._text("currency").upper()
        if currency and not re.fullmatch(r"[A-Z]{3}", currency):
            raise self._wrong("currency", "must be a code of three letters, such as USD")
        decimal = self._text("decimal")
        if decimal not in ("", ".", ","):
            raise self._wrong("decimal", 'must be "." or ","')
        delimiter = self._text("delimiter")
        if len(delimiter) > 1 or delimiter in ('"', "\n", "\r"):
            raise self._wrong("delimiter", 'must be one character, such as ";" or "\\t"')
        kind = self._text("kind")
        return FeedMapping(
            columns={key: self._columns(key) for key in self._table("columns")},
            marketplace=written_for,
            currency=currency,
            decimal=decimal,
            kind=self._kind("kind", kind) if kind else None,
            kinds={
                word.strip().lower(): self._kind(f"kinds.{word}", value)
                for word, value in self._table("kinds").items()
            },
            editorial={
                word.strip().lower(): self._boolean(f"editorial.{word}", value)
                for word, value in self._table("editorial").items()
            },
            day=self._day(),
            complete=self._boolean("complete", self._tree.get("complete", True)),
            row=self._text("row"),
            header=self._header(),
            delimiter=delimiter,
            encoding=self._encoding(),
        )

    def _columns(self, key: str) -> tuple[str, ...]:
        where = f"columns.{key}"
        if key not in ALIASES:
            raise self._wrong(where, f"is nothing that a feed can tell; known are {', '.join(FIELDS)}")
        value = self._tree["columns"][key]
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
            raise self._wrong(where, "must be a column's name, or a list of names")
        return tuple(names)

    def _header(self) -> tuple[str, ...]:
        value = self._tree.get("header", [])
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise self._wrong("header", "must be a list of names; an empty one stands for a column to skip")
        return tuple(value)

    def _table(self, key: str) -> dict[str, Any]:
        value = self._tree.get(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, f"must be a table: [{key}]")
        return value

    def _text(self, key: str) -> str:
        value = self._tree.get(key, "")
        if not isinstance(value, str):
            raise self._wrong(key, "must be text in quotes")
        return value

    def _boolean(self, key: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self._wrong(key, "must be true or false")
        return value

    def _kind(self, key: str, value: Any) -> MediaKind:
        try:
            return MediaKind(value)
        except ValueError:
            raise self._wrong(key, f"must be one of {', '.join(MediaKind)}") from None

    def _day(self) -> date | None:
        value = self._tree.get("date")
        if value is None or (isinstance(value, date) and type(value) is date):
            return value
        raise self._wrong("date", "must be a day without quotes, such as 2026-11-20")

    def _encoding(self) -> str:
        value = self._text("encoding")
        try:
            "".encode(value or "utf-8")
        except (LookupError, ValueError):
            raise self._wrong("encoding", f"“{value[:40]}” is not known") from None
        return value

    def _wrong(self, key: str, problem: str) -> UserInputError:
        line = self._lines.get(key) or self._lines.get(key.partition(".")[0])
        return _error(self._name, line, f"“{key}” {problem}")


def _find_lines(text: str) -> dict[str, int]:
    """Return on which line each key stands, as ``table.key``; tomllib does not tell."""
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if head := _TABLE.match(line):
            table = head[1].strip("\"' ")
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            name = next(part for part in key.groups() if part is not None)
            found.setdefault(f"{table}.{name}" if table else name, number)
    return found


def _error(name: str, line: int | None, problem: str) -> UserInputError:
    where = f"{name}, line {line}" if line else name
    return UserInputError(
        f"Mapping file {where}: {problem.rstrip('.')}.", code="feeds.mapping", context={"line": line}
    )
