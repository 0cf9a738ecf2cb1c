"""A shop that has a website and no API: what it sells, its orders, invoices and deliveries. Stateful.

TurboSquid and the Unity Asset Store are two of these. It knows neither's addresses beyond what it is given;
pages are for people, and for tests that act as people.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape

from .books import write_event
from .clock import utc_text
from .files import file_reply
from .library import SoldFile
from .media.document import make_pdf
from .media.jpeg import encode_jpeg
from .media.models import make_model
from .media.preview import draw_preview
from .media.textures import make_texture
from .message import Reply, Request, html_reply, redirect
from .pages import web_page
from .world import World

PREVIEW_PX = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One product; what it holds is made by ``recipe``: a model's, a texture's, ``sound`` or ``code``."""

    id: str
    title: str
    slug: str
    author: str
    price: Decimal
    category: str
    recipe: str
    scheme: str = ""
    seed: int = 1
    description: str = ""
    tags: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    polygons: int = 0
    editorial: bool = False
    rigged: bool = False
    animated: bool = False
    pbr: bool = True
    for_sale: bool = True
    version: str = "1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A license that a buyer chooses on the product's page, and what it costs more."""

    id: str
    label: str
    extra: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A website."""

    id: str
    name: str
    host: str
    picture_host: str
    picture_path: str
    """Path of a product's picture, with ``{id}``."""
    page_path: str
    """Path of a product's page, with ``{id}``, ``{slug}`` and perhaps ``{category}``."""
    orders_path: str
    things: Mapping[str, Thing]
    tiers: tuple[Tier, ...]
    tiers_of: Callable[[Thing], Iterable[str]]
    """Which tiers a product is sold under, by id."""
    deliver: Callable[[World, Thing], SoldFile]
    first_order: int = 1
    search_words: tuple[str, ...] = field(default=("keyword",))
    """Query parameters that hold the words."""

    def search(self, world: World, request: Request) -> Reply:  # noqa: ARG002 - the routes' signature
        """Answer the search page."""
        words = next((request.value(name) for name in self.search_words if request.value(name)), "") or ""
        found = self.find(words)
        tiles = "".join(
            f'<li><a href="{escape(self.path(request, self.page_of(thing)))}">{escape(thing.title)}</a> '
            f'<span class="soft">{escape(thing.author)} · {thing.price:.2f} USD</span></li>'
            for thing in found
        )
        body = f"<h1>{len(found)} results for “{escape(words)}”</h1><ul>{tiles}</ul>"
        return web_page(f"{self.name} (sandbox): search", body)

    def find(self, words: str) -> list[Thing]:
        """Find what is for sale and has all the words."""
        wanted = words.lower().split()
        return [
            thing
            for thing in self.things.values()
            if thing.for_sale and all(word in _searched(thing) for word in wanted)
        ]

    def show(self, world: World, request: Request, thing_id: str) -> Reply:  # noqa: ARG002 - the same
        """Answer a product's page: price, licenses, and a form to buy it."""
        thing = self.things.get(thing_id)
        if thing is None or not thing.for_sale:
            return html_reply("<p>This product is no longer available.</p>", 404)
        editorial = "<p><b>Editorial Uses Only</b></p>" if thing.editorial else ""
        choices = "".join(
            f'<button name="tier" value="{tier.id}"{" class=main" if n == 0 else ""}>'
            f"{escape(tier.label)}: {thing.price + tier.extra:.2f} USD</button>"
            for n, tier in enumerate(self.offered(thing))
        )
        picture = self.picture_of(request, thing)
        return web_page(
            f"{thing.title} – {self.name} (sandbox)",
            f"""<div class="card"><h1>{escape(thing.title)}</h1>
<p class="soft">{escape(self.name)} sandbox, product {thing.id}, by {escape(thing.author)}</p>
<img src="{escape(picture)}" alt="" width="{PREVIEW_PX}">{editorial}
<p>{escape(thing.description)}</p><p class="price">{thing.price:.2f} USD</p>
<form method="post">{choices}</form><p class="soft">No money moves; no card is asked for.</p></div>""",
            narrow=True,
        )

    def buy(self, world: World, request: Request, thing_id: str) -> Reply:
        """Take the form of a product's page: an order, paid at once; send the buyer to it."""
        thing = self.things.get(thing_id)
        if thing is None or not thing.for_sale:
            return html_reply("<p>This product is no longer available.</p>", 404)
        try:
            wanted = str(request.form().get("tier") or "")
        except ValueError:
            return Reply(status=400)
        tier = next((tier for tier in self.offered(thing) if tier.id == wanted), None)
        if tier is None:
            return html_reply("<p>Choose one of the licenses.</p>", 400)
        now, price = world.clock.now(), thing.price + tier.extra
        with world.store.transaction() as db:
            number = db.execute(
                "INSERT INTO web_orders (shop, thing_id, tier, price, ordered_at) VALUES (?, ?, ?, ?, ?)",
                (self.id, thing.id, tier.label, str(price), now),
            ).lastrowid
            write_event(
                db,
                at=now,
                marketplace=self.id,
                kind="order_paid",
                account="sandbox.user",
                item_id=thing.id,
                amount=str(price),
                unit="USD",
                reference=str(self.first_order + (number or 0)),
                metadata={"tier": tier.label},
            )
        number_shown = self.first_order + (number or 0)
        return redirect(self.path(request, f"{self.orders_path}/{number_shown}"), 303)

    def list_orders(self, world: World, request: Request) -> Reply:
        """Answer the page of all orders, newest first."""
        rows = world.store.rows("SELECT * FROM web_orders WHERE shop = ? ORDER BY id DESC", self.id)
        lines = "".join(
            f'<tr><td><a href="{escape(self.path(request, f"{self.orders_path}/{self._number(row)}"))}">'
            f"{self._number(row)}</a></td><td>{utc_text(row['ordered_at'])[:10]}</td>"
            f"<td>{escape(self.things[row['thing_id']].title)}</td><td>{row['price']} USD</td></tr>"
            for row in rows
        )
        return web_page(f"{self.name} (sandbox): orders", f"<h1>Orders</h1><table>{lines}</table>")

    def show_order(self, world: World, request: Request, number: str) -> Reply:
        """Answer an order's page, with its invoice and its file."""
        row = self._order(world, number)
        if row is None:
            return Reply(status=404)
        thing = self.things[row["thing_id"]]
        invoice, file = (
            self.path(request, f"{self.orders_path}/{number}/{name}") for name in ("invoice.pdf", "download")
        )
        return web_page(
            f"Order {number} – {self.name} (sandbox)",
            f"""<div class="card"><h1>Order {number}</h1><table>
<tr><td>Product</td><td>{escape(thing.title)} ({thing.id})</td></tr>
<tr><td>Date</td><td id="date">{utc_text(row["ordered_at"])[:10]}</td></tr>
<tr><td>License</td><td id="license">{escape(row["tier"])}</td></tr>
<tr><td>Total</td><td id="total">{row["price"]} USD</td></tr></table>
<p><a href="{escape(invoice)}">Invoice</a> · <a href="{escape(file)}">Download</a></p></div>""",
            narrow=True,
        )

    def invoice(self, world: World, request: Request, number: str) -> Reply:
        """Answer an order's invoice, as a PDF."""
        row = self._order(world, number)
        if row is None:
            return Reply(status=404)
        thing = self.things[row["thing_id"]]
        data = make_pdf(
            [f"Invoice {number}", f"{self.name} (sandbox). No money was moved.",
             f"Date: {utc_text(row['ordered_at'])[:10]}", f"Product {thing.id}: {thing.title}",
             f"License: {row['tier']}", f"Total: {row['price']} USD"]
        )  # fmt: skip
        return file_reply(request, data, f"{self.id}_invoice_{number}.pdf", attachment=True)

    def download(self, world: World, request: Request, number: str) -> Reply:
        """Answer what was bought; the buyer may fetch it again."""
        row = self._order(world, number)
        if row is None:
            return Reply(status=404)
        sold = self.deliver(world, self.things[row["thing_id"]])
        return file_reply(request, sold.data, sold.name, attachment=True)

    def picture(self, world: World, request: Request, thing_id: str) -> Reply:
        """Answer a product's picture."""
        thing = self.things.get(thing_id)
        if thing is None:
            return Reply(status=404)
        data = world.library.keep(f"shops/{self.id}-{thing.id}.jpg", lambda: _draw(thing))
        return file_reply(request, data, f"{thing.id}.jpg")

    def offered(self, thing: Thing) -> list[Tier]:
        """Return the licenses that a product is sold under."""
        ids = list(self.tiers_of(thing))
        return [tier for tier in self.tiers if tier.id in ids]

    def page_of(self, thing: Thing) -> str:
        """Return the path of a product's page."""
        filled = self.page_path.replace("{category}", thing.category).replace("{slug}", thing.slug)
        return filled.replace("{id}", thing.id)

    def picture_of(self, request: Request, thing: Thing) -> str:
        """Return the address of a product's picture in the sandbox."""
        return f"{request.base_url}/{self.picture_host}{self.picture_path.replace('{id}', thing.id)}"

    def path(self, request: Request, path: str) -> str:
        """Return a path of this website as the sandbox serves it."""
        return f"{request.base_url}/{self.host}{path}"

    def _order(self, world: World, number: str) -> sqlite3.Row | None:
        sql = "SELECT * FROM web_orders WHERE shop = ? AND id = ?"
        return world.store.row(sql, self.id, int(number) - self.first_order)

    def _number(self, row: sqlite3.Row) -> int:
        return self.first_order + int(row["id"])


def _searched(thing: Thing) -> str:
    return f"{thing.title} {thing.author} {thing.category} {' '.join(thing.tags)} {thing.description}".lower()


def _draw(thing: Thing) -> bytes:
    from .media.models import RECIPES

    if thing.recipe in RECIPES:
        drawn = draw_preview(make_model(thing.recipe, thing.scheme, thing.seed), PREVIEW_PX)
        return encode_jpeg(drawn, quality=84)
    recipe, scheme = (thing.recipe, thing.scheme) if thing.scheme else ("geometric", "poster")
    return encode_jpeg(make_texture(recipe, scheme, PREVIEW_PX, PREVIEW_PX, thing.seed), quality=84)
