"""Reads what stands in a feed's cells: prices, flags, counts, dates, formats. Pure; never guesses.

What cannot be read in exactly one way is not read: an unclear price is an error, an unclear flag is not told.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime

from ..model.money import UNSTATED_CURRENCY, Money

MAX_COUNT = 10**12
_YES = frozenset({"yes", "y", "true", "t", "1", "x", "on"})
_NO = frozenset({"no", "n", "false", "f", "0", "off", "none"})
_AVAILABLE = _YES | {
    "in_stock", "instock", "available", "available_for_order", "preorder", "pre_order", "backorder", "active",
    "online", "published", "limited_availability", "limitedavailability", "onsale", "on_sale", "for_sale",
    "onlineonly",
}  # fmt: skip
_UNAVAILABLE = (_NO - {"none"}) | {
    "out_of_stock", "outofstock", "sold_out", "soldout", "unavailable", "not_available", "discontinued",
    "inactive", "offline", "deleted", "removed", "disabled", "deprecated", "expired", "withdrawn", "draft",
}  # fmt: skip
_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₽": "RUB",
    "zł": "PLN",
    "us$": "USD",
    "a$": "AUD",
    "c$": "CAD",
    "r$": "BRL",
}
_NO_PRICE = frozenset({"", "-", "--", "n/a", "na", "none", "null"})
_UNCLEAR_SYMBOLS = frozenset({"$", "¥", "kr", "fr"})
_PRICE = re.compile(
    r"(?P<before>[^\d\s.,'-]*)\s*(?P<number>\d[\d.,'\u00a0\u202f ]*)\s*(?P<after>[^\d\s.,'-]*)",
    re.ASCII,
)
_COUNT = re.compile(r"(?P<number>\d[\d.,'\u00a0\u202f ]*)\s*(?P<unit>[kKmM]?)(?:\b.*)?", re.DOTALL | re.ASCII)
_FORMAT_NAMES = {
    "3ds max": "max", "3dsmax": "max", "autodesk 3ds max": "max", "3ds studio": "3ds", "3d studio": "3ds",
    "maya": "ma", "autodesk maya": "ma", "autodesk fbx": "fbx", "cinema 4d": "c4d", "cinema4d": "c4d",
    "blender": "blend", "wavefront obj": "obj", "wavefront": "obj", "collada": "dae", "rhino": "3dm",
    "zbrush": "ztl", "sketchup": "skp", "lightwave": "lwo", "softimage": "xsi", "modo": "lxo",
    "houdini": "hip", "unreal": "uasset", "unreal engine": "uasset", "unity": "unitypackage",
    "unity package": "unitypackage", "stereolithography": "stl", "autocad": "dwg", "usdz ar": "usdz",
    "gltf binary": "glb",
}  # fmt: skip
_FORMATS = frozenset(
    {
        "3dm", "3ds", "abc", "blend", "c4d", "dae", "dwg", "dxf", "exr", "fbx", "glb", "gltf", "hdr", "hip",
        "iges", "jpg", "lwo", "lxo", "ma", "max", "mb", "mtl", "obj", "ply", "png", "psd", "skp", "step",
        "stl", "tga", "tif", "uasset", "unitypackage", "usd", "usdz", "wav", "wrl", "x3d", "xsi", "ztl",
    }
)  # fmt: skip
_FORMAT = re.compile(r"[a-z0-9]{1,12}")
_SEPARATORS = re.compile(r"[,;|/\n>]")


def parse_price(text: str, *, currency: str = "", decimal: str = "") -> Money | None:
    """Read a price: ``19.00 USD``, ``EUR 19,00``, ``£1,299.00``, ``19``, ``free``; None for nothing.

    ``currency`` is what an amount without one is in. ``decimal`` says which of "." and "," begins the cents;
    without it, an amount that can be read in two ways ("1.299") raises ValueError, as does what is no price.
    """
    text = " ".join(text.split())
    if text.lower() in _NO_PRICE:
        return None
    if text.lower() in ("free", "gratis", "kostenlos"):
        return Money(minor=0, currency=currency or UNSTATED_CURRENCY)
    found = _PRICE.fullmatch(text)
    if found is None:
        raise ValueError(f"“{text[:40]}” is no price")
    named = [word for word in (found["before"], found["after"]) if word]
    if len(named) > 1 and named[0].lower() != named[1].lower():
        symbols = [word for word in named if _code_of(word) is None]
        if len(symbols) != 1 or symbols[0] not in _UNCLEAR_SYMBOLS:  # "$19.00 USD" names it twice
            raise ValueError(f"“{text[:40]}” names two currencies")
        named = [word for word in named if word not in symbols]
    code = currency or UNSTATED_CURRENCY
    if named and named[0].lower() not in _UNCLEAR_SYMBOLS:
        known = _code_of(named[0])
        if known is None:
            raise ValueError(f"“{named[0][:20]}” is no currency")
        code = known
    return Money.parse(_plain_number(found["number"], decimal), code)


def _code_of(word: str) -> str | None:
    if len(word) == 3 and word.isascii() and word.isalpha():
        return word.upper()
    return _SYMBOLS.get(word.lower())


def _plain_number(text: str, decimal: str) -> Decimal:
    """Return a number whose thousands may be grouped; raise ValueError when it can be read in two ways."""
    text = re.sub(r"[\s'\u00a0\u202f]", "", text)
    if decimal:
        grouping = "," if decimal == "." else "."
        whole, _, cents = text.partition(decimal)
        if grouping in cents or decimal in cents:
            raise ValueError(f"“{text[:40]}” is no amount")
        return Decimal(f"{whole.replace(grouping, '') or '0'}.{cents or '0'}")
    marks = [mark for mark in text if mark in ".,"]
    if not marks:
        return Decimal(text)
    last = marks[-1]
    head, _, tail = text.rpartition(last)
    if len(set(marks)) == 2:
        groups = re.split(r"[.,]", head)
        if head.count(last) or any(len(group) != 3 for group in groups[1:]):
            raise ValueError(f"“{text[:40]}” is no amount")
        return Decimal(f"{head.replace(',', '').replace('.', '')}.{tail or '0'}")
    if len(marks) > 1:  # "1,299,000": grouped, and without cents
        if any(len(group) != 3 for group in text.split(last)[1:]):
            raise ValueError(f"“{text[:40]}” is no amount")
        return Decimal(text.replace(last, ""))
    if len(tail) == 3 and 1 <= len(head) <= 3 and head.strip("0"):
        if last == ",":
            return Decimal(head + tail)
        raise ValueError(
            f'“{text[:40]}” can be read in two ways; say in the mapping file which: decimal = "." or ","'
        )
    return Decimal(f"{head or '0'}.{tail or '0'}")


def parse_flag(text: str) -> bool | None:
    """Read yes or no in its common spellings; None for anything else."""
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO else None


def is_available(text: str) -> bool | None:
    """Say whether a product is for sale; None when the words are not known."""
    word = re.sub(r"[\s-]+", "_", text.strip().lower().rpartition("/")[2])  # also schema.org addresses
    return False if word in _UNAVAILABLE else True if word in _AVAILABLE else None


def parse_count(text: str) -> int | None:
    """Read a whole number such as ``12,345``, ``12.5k`` or ``1 200 polygons``; None for anything else."""
    found = _COUNT.fullmatch(text.strip())
    if found is None:
        return None
    digits = re.sub(r"[\s'\u00a0\u202f]", "", found["number"]).rstrip(".,")
    unit = {"k": 1000, "m": 1_000_000}.get(found["unit"].lower(), 1)
    if unit == 1:
        groups = re.split(r"[.,]", digits)
        if len(groups) > 1 and any(len(group) != 3 for group in groups[1:]):
            digits = groups[0] if len(groups) == 2 and not groups[1].strip("0") else ""
        else:
            digits = "".join(groups)
        value = Decimal(digits) if digits.isdigit() else None
    else:
        digits = digits.replace(",", ".")
        value = Decimal(digits) * unit if digits.count(".") <= 1 and digits.strip(".") else None
    return int(value) if value is not None and value <= MAX_COUNT else None


def parse_date(text: str) -> date | None:
    """Read a day from ISO 8601, RFC 2822 or ``20261123``; None for anything else. Times count in UTC."""
    text = text.strip()[:60]
    if not text:
        return None
    found = _iso_date(text) or _mail_date(text) or _plain_date(text)
    try:
        return (found.astimezone(UTC) if found.tzinfo else found).date() if found else None
    except OverflowError:
        return None


def _iso_date(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _mail_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _plain_date(text: str) -> datetime | None:
    found = re.match(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?!\d)", text)
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC) if found else None
    except ValueError:
        return None


def covers(interval: str, day: date) -> bool | None:
    """Say whether an ISO 8601 interval of a sale ("start/end") holds a day; None when it cannot be read."""
    start, slash, end = interval.partition("/")
    first, last = parse_date(start), parse_date(end)
    return first <= day <= last if slash and first and last else None


def split_words(text: str) -> tuple[str, ...]:
    """Split a cell that holds several words or phrases."""
    found = (" ".join(part.split()) for part in _SEPARATORS.split(text[:20_000]))
    return tuple(dict.fromkeys(part for part in found if part))


def parse_formats(text: str) -> tuple[str, ...]:
    """Read file formats, by ending or by the program's name: ``FBX, .obj; 3ds Max 2020`` → fbx, obj, max."""
    found = []
    for part in split_words(text.lower())[:60]:
        plain = re.sub(r"[\s(]*(?:v?\d+(?:\.\d+)*\)?|\(.*\))$", "", part).strip(" .*") or part.strip(" .*")
        named = _FORMAT_NAMES.get(plain) or _FORMAT_NAMES.get(part.strip(" ."))
        word = named or (plain if _FORMAT.fullmatch(plain) else "")
        if not word:
            ending = re.search(r"\.([a-z0-9]{1,12})\b", part)  # "Autodesk FBX (.fbx)"
            first = part.split(maxsplit=1)[0].strip(".")  # "max 2014 v-ray"
            word = ending[1] if ending else first if first in _FORMATS else ""
        if word:
            found.append(word)
    return tuple(dict.fromkeys(found))
