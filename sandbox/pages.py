"""The few HTML pages that people see: what is sold, consent, checkout. No script, everything escaped."""

from __future__ import annotations

from html import escape

from .message import Reply, html_reply
from .world import World

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --accent: #2563eb; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
.narrow { max-width: 30rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .7rem; }
p { margin: .5rem 0; }
.soft { opacity: .7; }
code { font: .85em ui-monospace, monospace; overflow-wrap: anywhere; }
.card { border: 1px solid var(--line); border-radius: 10px; padding: 1.5rem; margin-top: 2rem; }
.card img { max-width: 100%; border-radius: 6px; display: block; margin: 0 0 1rem; }
.price { font-size: 1.6rem; font-weight: 600; margin: .6rem 0 1.2rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .9rem;
  padding: 0; }
.grid li { list-style: none; border: 1px solid var(--line); border-radius: 8px; overflow: hidden;
  font-size: .8rem; }
.grid .picture { height: 7.5rem; background: #8882; }
.grid img { width: 100%; height: 100%; object-fit: cover; }
.grid div.text { padding: .45rem .6rem .6rem; }
.title { display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden;
  line-height: 1.3; overflow-wrap: anywhere; }
form { display: flex; gap: .7rem; flex-wrap: wrap; }
button { font: inherit; padding: .55rem 1.1rem; cursor: pointer; border-radius: 7px; border: 1px solid
  var(--line); background: transparent; color: inherit; }
button.main { background: var(--accent); border-color: var(--accent); color: #fff; font-weight: 600; }
table { border-collapse: collapse; font-size: .9rem; }
td { padding: .15rem 1rem .15rem 0; vertical-align: top; }
"""


def consent_page(marketplace: str, scopes: list[str]) -> Reply:
    """Ask whether the application may act for the user."""
    wishes = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in scopes)
    asks = f"<p>It asks for:</p><ul>{wishes}</ul>" if wishes else ""
    return _page(
        f"{marketplace} (sandbox): allow access?",
        f"""<div class="card"><h1>Allow access to {escape(marketplace)}?</h1>
<p class="soft">Sandbox. You are signed in as <b>sandbox.user</b>.</p>
<p>The application <b>Clearance</b> wants to use your account.</p>{asks}
<form method="post"><button class="main" name="answer" value="allow">Allow (sandbox)</button>
<button name="answer" value="deny">Cancel</button></form></div>""",
        narrow=True,
    )


def code_page(code: str) -> Reply:
    """Show an authorization code for copying, where the application has no address to return to."""
    body = f'<div class="card"><h1>Your code</h1><p><code id="code">{escape(code)}</code></p></div>'
    return _page("Authorization code", body, narrow=True)


def address_page(marketplace: str, address: str) -> Reply:
    """Show the address that a sign-in ends on, where no browser can open it: the user copies it."""
    body = f"""<div class="card"><h1>Back to the application</h1>
<p>{escape(marketplace)} (sandbox) now opens the application by this address. Where nothing opens, copy it and
paste it there:</p><p><code id="address">{escape(address)}</code></p></div>"""
    return _page(f"{marketplace} (sandbox): signed in", body, narrow=True)


def checkout_page(*, order_id: str, title: str, author: str, price: str, picture: str, paid: bool) -> Reply:
    """Show an order with its price, to be paid or canceled; a paid one says so and takes no more money."""
    image = f'<img src="{escape(picture)}" alt="" width="320">' if picture else ""
    if paid:
        action = "<p><b>This order is paid.</b> You may close this page.</p>"
    else:
        action = """<form method="post"><button class="main" name="action" value="pay">Pay (sandbox)</button>
<button name="action" value="cancel">Cancel</button></form>
<p class="soft">No money moves; no card is asked for.</p>"""
    return _page(
        f"Checkout, order {order_id} (sandbox)",
        f"""<div class="card"><h1>Checkout</h1>
<p class="soft">CGTrader sandbox, order {escape(order_id)}</p>{image}
<p><b class="title">{escape(_plain(title))}</b></p><p class="soft">by {escape(author)}</p>
<p class="price">{escape(price)} USD</p>{action}</div>""",
        narrow=True,
    )


def web_page(title: str, body: str, *, narrow: bool = False) -> Reply:
    """Show a page of a shop; ``body`` is HTML in which everything foreign is escaped already."""
    return _page(title, body, narrow=narrow)


def index_page(world: World, base_url: str) -> Reply:
    """List what the sandbox sells."""
    images = "".join(
        _tile(
            item.description,
            f"{base_url}/image.shutterstock.com/huge_thumb/shutterstock-{item.id}.jpg"
            if item.has_preview
            else "",
            f"{item.id} · {'editorial' if item.is_editorial else item.image_type}",
        )
        for item in world.catalogue.images.values()
    )
    models = "".join(
        _tile(
            item.title,
            f"{base_url}/img-new.cgtrader.com/items/{item.id}/0.jpg" if item.has_preview else "",
            f"{item.id} · {item.price:.2f} USD · {item.license}",
        )
        for item in world.catalogue.models.values()
    )
    stock = "".join(
        f"<h2>{escape(shop)}: {len(items)} videos, tracks and photos</h2><ul class='grid'>"
        + "".join(_tile(item.title, "", f"{item.id} · {item.kind}") for item in items.values())
        + "</ul>"
        for shop in world.catalogue.shops
        if (items := world.catalogue.stock(shop))
    )
    rows = "".join(
        f"<tr><td>{escape(marketplace)}</td><td>{escape(name)}</td><td><code>{escape(value)}</code></td></tr>"
        for marketplace, pairs in world.credentials.items()
        for name, value in pairs.items()
    )
    return _page(
        "Clearance sandbox",
        f"""<h1>Clearance sandbox</h1>
<p>Marketplaces on this machine. Nothing here costs money; none of the keys opens anything elsewhere.</p>
<p>Put <code>{escape(base_url)}/</code> before a real host's name, as in
<code>{escape(base_url)}/api.shutterstock.com</code>.
<a href="/_control/books">The books</a> say what was charged, <a href="/_control/requests">the log</a> what
was asked, <a href="/_control/variant">the variants</a> what is open.</p>
<h2>Keys</h2><table>{rows}</table>
<h2>Shutterstock: {len(world.catalogue.images)} images</h2><ul class="grid">{images}</ul>
<h2>CGTrader: {len(world.catalogue.models)} models</h2><ul class="grid">{models}</ul>
{stock}""",
    )


def _tile(title: str, picture: str, line: str) -> str:
    image = f'<img loading="lazy" src="{escape(picture)}" alt="">' if picture else ""
    label = escape(_plain(title)[:140])
    return (
        f'<li><div class="picture">{image}</div><div class="text"><span class="title">{label}</span>'
        f'<span class="soft">{escape(line)}</span></div></li>'
    )


def _plain(text: str) -> str:
    """Drop what is not printable: control characters and marks that turn the direction of writing."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _page(title: str, body: str, *, narrow: bool = False) -> Reply:
    return html_reply(
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><main{' class=narrow' if narrow else ''}>{body}</main></body></html>"
    )
