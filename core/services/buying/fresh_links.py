"""Download links that came with a purchase, kept in memory until the download takes them.

Some licenses allow no second download at the marketplace; the link in the answer to the purchase is then the
only way to the file. A link is a secret while it is valid: it is never written down.
"""

from __future__ import annotations

import threading

from ...marketplaces.base import DownloadLink


class FreshLinks:
    """Links by order. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._links: dict[str, tuple[DownloadLink, ...]] = {}

    def keep(self, order_id: str, links: tuple[DownloadLink, ...]) -> None:
        """Keep the links of an order; nothing is kept when there are none."""
        if links:
            with self._lock:
                self._links[order_id] = links

    def take(self, order_id: str) -> tuple[DownloadLink, ...]:
        """Return the links of an order, once; empty when there are none."""
        with self._lock:
            return self._links.pop(order_id, ())
