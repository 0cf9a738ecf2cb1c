"""Makes listings of a feed's rows, by the mapping and by what the marketplace's website says of itself. Pure.

Nothing is guessed: what a row does not tell, or tells in a way that can mean two things, stays empty. A row
without a title, or without an id that the website knows, is no product.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from ..http.message import clean_text
from ..marketplaces.base import MarketplaceInfo
from ..marketplaces.reading import MAX_ID, MAX_TITLE, Node, strip_markup
from ..marketplaces.web import WebShop
from ..model.listing import Listing, ListingRef, MediaKind, Offer, Preview
from ..model.money import Money
from . import values
from .columns import FIELDS, FeedMapping, compact
from .rows import Cells

READER_VERSION = 2
"""Part of every row's hash: raise it when the same row becomes another listing."""
MAX_DESCRIPTION = 4_000
MAX_TAGS = 40
MAX_PREVIEWS = 6
_PLAIN_ADDRESS = re.compile(r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:[/?][!#-\[\]-~]{0,2000})?")
_NOT_HASHED = frozenset({"updated"})
_IDS = ("id", "number")
MAX_PLANS = 1_000
_NAMED_KINDS = {
    "model": MediaKind.MODEL, "3d model": MediaKind.MODEL, "3d models": MediaKind.MODEL,
    "3d": MediaKind.MODEL, "image": MediaKind.IMAGE, "images": MediaKind.IMAGE, "photo": MediaKind.IMAGE,
    "texture": MediaKind.IMAGE, "textures": MediaKind.IMAGE, "video": MediaKind.VIDEO,
    "footage": MediaKind.VIDEO, "audio": MediaKind.AUDIO, "music": MediaKind.AUDIO, "sound": MediaKind.AUDIO,
    "sound effects": MediaKind.AUDIO,
}  # fmt: skip

Told = dict[str, tuple[str, ...]]
"""What a row tells: a name of ``columns.FIELDS`` → what stands there."""


class NotAProduct(Exception):
    """Says why a row is no product; for the report, never for the user alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A listing, and what searching needs beside it."""

    listing: Listing
    popularity: int | None = None
    added: date | None = None
    notes: tuple[str, ...] = ()
    """What of the row could not be read."""


class ProductReader:
    """Reads the rows of one feed."""

    def __init__(self, info: MarketplaceInfo, mapping: FeedMapping) -> None:
        if info.web is None:
            raise TypeError(f"{info.id} has no website to hand over to")  # a slip of ours, not of the user's
        self._info, self._mapping = info, mapping
        self._web: WebShop = info.web
        self._host = _host_of(info.web.page_url)
        self._names = {what: tuple(compact(name) for name in mapping.names(what)) for what in FIELDS}
        self._plans: dict[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]] = {}
        """By the columns of a row: what of it is told where. Most feeds have the same ones in every row."""
        self._stamp = b"%d:" % READER_VERSION + mapping.fingerprint
        self._only_kind = next(iter(info.kinds)) if len(info.kinds) == 1 else None

    def pick(self, cells: Cells) -> Told:
        """Take from a row what the mapping knows; the first of several names that holds something.

        Of ids all are taken: which of them is the marketplace's shows by its form.
        """
        columns = tuple(cells)
        plan = self._plans.get(columns)
        if plan is None:
            plan = self._plan(columns)
        told: Told = {}
        for what, names in plan:
            for name in names:
                value = cells[name]
                if value:
                    found = value if isinstance(value, tuple) else (value,)
                    if what not in _IDS:
                        told[what] = found
                        break
                    told[what] = told.get(what, ()) + found
        return told

    def _plan(self, columns: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        by_name: dict[str, list[str]] = {}
        for column in columns:
            by_name.setdefault(compact(column), []).append(column)
        found = {
            what: [c for name in names for c in by_name.get(name, ())] for what, names in self._names.items()
        }
        if len(self._plans) >= MAX_PLANS:
            self._plans.clear()
        plan = tuple((what, tuple(dict.fromkeys(there))) for what, there in found.items() if there)
        self._plans[columns] = plan
        return plan

    def id_of(self, told: Told) -> str:
        """Return the product's id at the marketplace; raise NotAProduct when the row has none.

        The website's own address is believed first: partner networks put numbers of their own into ``id``.
        Beside a link that leads to such a network, a number of no more than the right form is not believed.
        """
        links = told.get("link", ())
        for link in links:
            if found := self._web.find_id(link):
                return found
        elsewhere = {host for link in links if (host := _host_of(link.strip())) and host != self._host}
        numbers = told.get("number", ()) if not elsewhere else ()
        for text in (*told.get("id", ()), *numbers):
            plain = text.strip()
            if len(plain) <= MAX_ID and self._web.is_own_id(plain):
                return plain
            if found := self._web.find_id(plain):
                return found
        if elsewhere and "number" in told:
            name = self._info.name
            raise NotAProduct(
                f"its link leads to {min(elsewhere)[:60]} and names no product of {name}, so that its number "
                f"may be that network's own; say in a mapping file which column has {name}'s number, under "
                "“columns” as “id”"
            )
        if "id" in told or "number" in told or links:
            raise NotAProduct(f"no product id of {self._info.name} in its id or link")
        raise NotAProduct("it has neither an id nor a link")

    def digest_of(self, told: Told, day: date) -> bytes:
        """Return a hash that changes when the row would become another product."""
        parts = [(what, told[what]) for what in told if what not in _NOT_HASHED]
        if "sale_price" in told:
            parts.append(("day", (day.isoformat(),)))  # a sale begins and ends without the row changing
        text = repr(parts).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(self._stamp + text, digest_size=16).digest()

    def is_for_sale(self, told: Told) -> bool:
        """Say whether the product can be bought; words that are not known count as yes."""
        return "availability" not in told or values.is_available(told["availability"][0]) is not False

    def day_of(self, told: Told) -> date | None:
        """Return the day that the row gives for itself."""
        return values.parse_date(told["updated"][0]) if "updated" in told else None

    def build(self, listing_id: str, told: Told, day: date) -> Product:
        """Make the product; raise NotAProduct when it has no title."""
        title = _words(told, "title", MAX_TITLE)
        if not title:
            raise NotAProduct("it has no title")
        notes: list[str] = []
        link, category = self._link_of(told, listing_id), _words(told, "category", 200)
        label, editorial = self._license_of(told)
        listing = Listing(
            ref=ListingRef(marketplace=self._info.id, id=listing_id),
            title=title,
            kind=self._kind_of(told, category, link),
            offers=(Offer(license_label=label, cost=self._price_of(told, day, notes)),),
            page_url=link,
            description=_plain(told, "description"),
            author=_words(told, "author", MAX_TITLE),
            previews=_previews(told),
            formats=values.parse_formats(",".join(told.get("formats", ()))),
            tags=_tags(told),
            editorial=editorial,
            animated=_flag(told, "animated"),
            rigged=_flag(told, "rigged"),
            pbr=_flag(told, "pbr"),
            polygons=_count(told, "polygons"),
            width=_count(told, "width"),
            height=_count(told, "height"),
            duration_s=_seconds(told),
            ai_generated=_flag(told, "ai_generated"),
            premium=_flag(told, "premium"),
            collection=category,
        )
        added = values.parse_date(told["added"][0]) if "added" in told else None
        return Product(
            listing=listing, popularity=_count(told, "popularity"), added=added, notes=tuple(notes)
        )

    def _link_of(self, told: Told, listing_id: str) -> str:
        """Return the website's own page: a partner's link, or one to elsewhere, is not what is shown."""
        for link in told.get("link", ()):
            url = _secure(link.strip())
            if url and _host_of(url) == self._host and self._web.find_id(url) == listing_id:
                return url
        return self._web.product_page(listing_id)

    def _kind_of(self, told: Told, category: str, link: str) -> MediaKind:
        mapping, words = self._mapping, [*told.get("kind", ()), *told.get("category", ())]
        if mapping.kinds:
            for word in words:
                plain = word.strip().lower()
                found = mapping.kinds.get(plain) or mapping.kinds.get(plain.split(">")[0].strip())
                if found:
                    return found
        if self._only_kind:
            return self._only_kind
        for word in told.get("kind", ()):
            if found := _NAMED_KINDS.get(word.strip().lower()):
                return self._sold(found)
        path = urlsplit(link).path.strip("/").partition("/")[2]  # /packages/3d/props/…
        known = self._web.kind_of(category) or self._web.kind_of(path) or mapping.kind
        return self._sold(known or MediaKind.OTHER)

    def _sold(self, kind: MediaKind) -> MediaKind:
        return kind if kind in self._info.kinds else MediaKind.OTHER

    def _license_of(self, told: Told) -> tuple[str, bool | None]:
        """Return the license's own words, and whether it is for editorial use only; None: not told."""
        label = _words(told, "license", 200)
        mapped = self._mapping.editorial
        for word in (*told.get("editorial", ()), *told.get("license", ())):
            if (known := mapped.get(word.strip().lower())) is not None:
                return label, known
        if "editorial" in told:
            flag = values.parse_flag(told["editorial"][0])
            if flag is None and "editorial" in told["editorial"][0].lower():
                flag = True
            if flag is not None:
                return label, flag
        return label, True if "editorial" in label.lower() else None

    def _price_of(self, told: Told, day: date, notes: list[str]) -> Money | None:
        currency = self._mapping.currency
        if "currency" in told:
            code = told["currency"][0].strip().upper()
            currency = code if len(code) == 3 and code.isascii() and code.isalpha() else currency
        price = self._read_price(told, "price", currency, notes)
        if "sale_price" not in told:
            return price
        sale = self._read_price(told, "sale_price", currency, notes)
        if sale is None or (price is not None and sale.currency != price.currency):
            return price
        in_time = values.covers(told["sale_dates"][0], day) if "sale_dates" in told else True
        # A sale whose dates cannot be read is not promised; sold for nothing is how some feeds say "no sale".
        return sale if in_time and (sale.minor or price is None) else price

    def _read_price(self, told: Told, what: str, currency: str, notes: list[str]) -> Money | None:
        if what not in told:
            return None
        try:
            return values.parse_price(told[what][0], currency=currency, decimal=self._mapping.decimal)
        except ValueError as problem:
            notes.append(f"{what.replace('_', ' ')}: {problem}")
            return None


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _first(told: Told, what: str) -> str:
    return told[what][0] if what in told else ""


def _words(told: Told, what: str, limit: int) -> str:
    return _clean(told[what][0][: 4 * limit], limit) if what in told else ""


def _clean(text: str, limit: int) -> str:
    """Resolve entities and clean; most cells of most feeds need neither, and there are many of them."""
    if text.isascii() and text.isprintable() and len(text) <= limit and "&" not in text and "  " not in text:
        return strip_markup(text).strip() if "<" in text else text.strip()
    return clean_text(strip_markup(text) if "<" in text else html.unescape(text), limit=limit)


def _plain(told: Told, what: str) -> str:
    text = _first(told, what)[: 4 * MAX_DESCRIPTION]
    if "<" in text or "&" in text:
        text = strip_markup(html.unescape(text) if "&lt;" in text else text)
    if text.isascii() and text.isprintable() and len(text) <= MAX_DESCRIPTION and "  " not in text:
        return text.strip()
    return clean_text(text, limit=MAX_DESCRIPTION, keep_lines=True) if text else ""


def _tags(told: Told) -> tuple[str, ...]:
    found: Iterable[str] = (word for text in told.get("tags", ()) for word in values.split_words(text))
    cleaned = (_clean(word[:240], 60) for word in found)
    return tuple(dict.fromkeys(word for word in cleaned if word))[:MAX_TAGS]


def _flag(told: Told, what: str) -> bool | None:
    return values.parse_flag(told[what][0]) if what in told else None


def _count(told: Told, what: str) -> int | None:
    return values.parse_count(told[what][0]) if what in told else None


def _seconds(told: Told) -> float | None:
    try:
        found = float(_first(told, "duration").strip() or "nan")
    except ValueError:
        return None
    return found if 0 < found < 10**7 else None


def _secure(address: str) -> str:
    """Return an https address that is well-formed; else nothing."""
    return address if _PLAIN_ADDRESS.fullmatch(address) else Node(value=address).hint_url()


def _previews(told: Told) -> tuple[Preview, ...]:
    found: dict[str, Preview] = {}
    texts = [*told.get("image", ()), *told.get("more_images", ())]
    for text in texts[: 4 * MAX_PREVIEWS]:
        for part in text.split(",http") if ",http" in text else (text,):  # several in one cell
            address = part.strip()
            address = f"http{address}" if address.startswith(("s://", "://")) else address
            address = f"https:{address}" if address.startswith("//") else address
            if address.startswith("http://"):
                address = f"https://{address.removeprefix('http://')}"  # the same picture, in a safe way
            if url := _secure(address):
                found.setdefault(url, Preview(url=url))
    return tuple(found.values())[:MAX_PREVIEWS]
