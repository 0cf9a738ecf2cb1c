# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand in for the buyer in front of a web page: allow a sign-in, pay at a checkout, buy on a website.

Blender opens web pages with whatever the environment variable BROWSER names; the demo names this. It only
visits the sandbox on this machine. What is bought on a website is downloaded into DEMO_DOWNLOADS with its
invoice (a Unity package into the Editor's cache, ASSETSTORE_CACHE_PATH), and what the order's page says is
noted there last, as `order-<marketplace>-<product>.json`.
"""

from __future__ import annotations

import html
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

LOOPBACK = ("127.0.0.1", "localhost", "::1")
WEBSITES = {"www.turbosquid.com": "turbosquid", "assetstore.unity.com": "unity"}
TIMEOUT_S = 20


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follow redirects on this machine, and none that lead out into the world."""

    def redirect_request(  # noqa: PLR0917 - the library's signature
        self, request: urllib.request.Request, fp: Any, code: int, message: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Stop where a real browser would leave the machine."""
        if urllib.parse.urlsplit(newurl).hostname not in LOOPBACK:
            return None
        return super().redirect_request(request, fp, code, message, headers, newurl)


BROWSER = urllib.request.build_opener(_StayHere, urllib.request.ProxyHandler({}))


def main() -> int:
    """Visit one page and do what a buyer does there."""
    url = sys.argv[1]
    if urllib.parse.urlsplit(url).hostname not in LOOPBACK:
        print(f"not opened: {url.partition('?')[0]} is not on this machine", file=sys.stderr)
        return 1
    address, body = visit(url)
    website = urllib.parse.urlsplit(url).path.split("/")[1]
    if website in WEBSITES:
        buy(WEBSITES[website], address, body)
        return 0
    answer = {"action": "pay"} if 'value="pay"' in body else {"answer": "allow"}
    try:
        visit(address, answer)
    except urllib.error.HTTPError as error:
        # After paying, the marketplace sends the buyer to pages of its own, where this browser does not go.
        if error.code not in (301, 302, 303, 307):
            raise
    return 0


def visit(url: str, form: dict[str, str] | None = None) -> tuple[str, str]:
    """Open a page, with a form filled in if there is one; return where it ended and what it says."""
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    with BROWSER.open(url, data=data, timeout=TIMEOUT_S) as page:
        return page.geturl(), page.read().decode()


def buy(marketplace: str, page: str, body: str) -> None:
    """Buy with the first license of a product's page, and download file and invoice."""
    product = find(r"product (\d+)", body)
    address, order = visit(page, {"tier": find(r'name="tier" value="([^"]+)"', body)})
    links = {text: urllib.parse.urljoin(address, html.unescape(link)) for link, text in re.findall(
        r'<a href="([^"]+)">([^<]+)</a>', order
    )}  # fmt: skip
    downloads = Path(os.environ["DEMO_DOWNLOADS"])
    invoice = save(links["Invoice"], downloads)
    folder = downloads
    if marketplace == "unity":
        folder = Path(os.environ["ASSETSTORE_CACHE_PATH"], "Asset Store-5.x", "Publisher", "Category")
    save(links["Download"], folder)
    noted = {
        "order_number": find(r"<h1>Order (\d+)</h1>", order),
        "bought_on": find(r'id="date">([^<]+)<', order),
        "price": find(r'id="total">([^<]+)<', order),
        "license": find(r'id="license">([^<]+)<', order),
        "invoice": str(invoice),
    }
    paper = downloads / f"order-{marketplace}-{product}.json"
    half = paper.with_suffix(".part")
    half.write_text(json.dumps(noted), encoding="utf-8")
    half.replace(paper)


def find(pattern: str, text: str) -> str:
    """Return what a page shows; a page without it is not the one that is expected."""
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"the page does not show {pattern}")
    return html.unescape(found.group(1))


def save(url: str, folder: Path) -> Path:
    """Download a file under the name that the website gives it."""
    folder.mkdir(parents=True, exist_ok=True)
    with BROWSER.open(url, timeout=TIMEOUT_S) as answer:
        name = answer.headers.get_filename() or "download"
        path = folder / Path(name).name
        path.write_bytes(answer.read())
    return path


if __name__ == "__main__":
    sys.exit(main())
