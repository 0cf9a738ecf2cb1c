"""Signed download links as both vendors give them: an HMAC over path and expiry; no token to fetch."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote, urlencode

from .message import Request


class Signer:
    """Sign paths with the state folder's own key."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def sign(self, base_url: str, host: str, path: str, *, expires_at: float) -> str:
        """Make a link to a path, good until a time."""
        expires = str(int(expires_at))
        query = urlencode({"Expires": expires, "Signature": self._signature(host, path, expires)})
        return f"{base_url}/{host}{quote(path)}?{query}"

    def check(self, request: Request, now: float) -> str | None:
        """Tell why a link is refused ('signature' or 'expired'), or None for a good one."""
        expires, signature = request.value("Expires") or "", request.value("Signature") or ""
        expected = self._signature(request.host, request.path, expires)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass")):
            return "signature"
        return "expired" if float(expires) <= now else None

    def _signature(self, host: str, path: str, expires: str) -> str:
        text = f"{host}\n{path}\n{expires}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:40]
