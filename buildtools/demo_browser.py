# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand in for the buyer's browser in the demo: allow the sign-in, press "Pay" on the checkout page.

Blender opens web pages with whatever the environment variable BROWSER names; the demo names this. It only
visits the sandbox on this machine.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follow redirects on this machine, and none that lead out into the world."""

    def redirect_request(  # noqa: PLR0917 - the library's signature
        self, request: urllib.request.Request, fp: Any, code: int, message: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Stop where a real browser would leave the machine."""
        if urllib.parse.urlsplit(newurl).hostname not in LOOPBACK:
            return None
        return super().redirect_request(request, fp, code, message, headers, newurl)


def main() -> int:
    """Visit one page and do what a buyer does there."""
    url = sys.argv[1]
    if urllib.parse.urlsplit(url).hostname not in LOOPBACK:
        print(f"not opened: {url.partition('?')[0]} is not on this machine", file=sys.stderr)
        return 1
    browser = urllib.request.build_opener(_StayHere, urllib.request.ProxyHandler({}))
    with browser.open(url, timeout=20) as page:
        address = page.geturl()
        body = page.read().decode()
    answer = {"action": "pay"} if 'value="pay"' in body else {"answer": "allow"}
    try:
        with browser.open(address, data=urllib.parse.urlencode(answer).encode(), timeout=20) as page:
            page.read()
    except urllib.error.HTTPError as error:
        # After paying, the marketplace sends the buyer to pages of its own, where this browser does not go.
        if error.code not in (301, 302, 303, 307):
            raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
