"""Decides where a request may go, and sends all of it to the sandbox when one is set. Pure.

Addresses have two forms. The *logical* one names the vendor's host (``https://api.example.com/v1``); every
rule is about it. The *wire* one is what is really opened: the same, or ``<sandbox_url>/<host>/<path>``.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urljoin, urlsplit, urlunsplit

from ..errors import MarketplaceError, UnexpectedResponse, UserInputError
from .redact import redact_url
from .site import Site

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


class Routes:
    """Maps and checks addresses. ``sandbox_url`` None: the real hosts, over https only."""

    def __init__(self, sandbox_url: str | None = None) -> None:
        self._base = _read_sandbox_url(sandbox_url) if sandbox_url else None

    @property
    def is_sandbox(self) -> bool:
        """Say whether everything goes to a sandbox on this machine."""
        return self._base is not None

    def logical(self, url: str) -> str:
        """Return the vendor's form of an address; raise UnexpectedResponse when it is not a usable one."""
        if self._base is not None and url.startswith(f"{self._base}/"):
            url = f"https://{url[len(self._base) + 1 :]}"
        return _check_form(url)

    def wire(self, url: str) -> str:
        """Return the address that is really opened."""
        logical = self.logical(url)
        if self._base is None:
            return logical
        parts = urlsplit(logical)
        return urlunsplit(("", "", f"{self._base}/{parts.hostname}{parts.path or '/'}", parts.query, ""))

    def host(self, url: str) -> str:
        """Return the vendor host of an address, in lower case."""
        return urlsplit(self.logical(url)).hostname or ""

    def redirected(self, url: str, location: str) -> str:
        """Return the logical address that a ``Location`` leads to from ``url``."""
        if self._base is not None and location.startswith(f"{self._base}/"):
            return self.logical(location)
        return self.logical(urljoin(self.logical(url), location))

    def check_api(self, url: str, site: Site) -> str:
        """Return the logical address if its host may see a credential; else raise."""
        logical = self.logical(url)
        own = (site.auth.token_url, site.auth.revoke_url)
        allowed = site.api_hosts | {urlsplit(url).hostname or "" for url in own if url}
        if (urlsplit(logical).hostname or "") not in allowed:
            raise _refuse(logical, site, "is not one of its API hosts")
        return logical

    def check_download(self, url: str, site: Site) -> str:
        """Return the logical address if a file may come from its host; else raise."""
        return self._check(url, site, site.download_hosts, "is not one of its download hosts")

    def check_preview(self, url: str, site: Site) -> str:
        """Return the logical address if a preview may come from its host; else raise."""
        return self._check(url, site, site.preview_hosts, "is not one of its hosts for previews")

    def _check(self, url: str, site: Site, patterns: frozenset[str], why: str) -> str:
        logical = self.logical(url)
        host = urlsplit(logical).hostname or ""
        if not any(_matches(host, pattern) for pattern in patterns):
            raise _refuse(logical, site, why)
        return logical


def _matches(host: str, pattern: str) -> bool:
    return host.endswith(pattern) and len(host) > len(pattern) if pattern.startswith(".") else host == pattern


def _refuse(url: str, site: Site, why: str) -> MarketplaceError:
    host = urlsplit(url).hostname or ""
    return UnexpectedResponse(
        f"{site.name} sent an address at {host!r}, which {why}; no connection was made. "
        "If the marketplace has moved, update Clearance.",
        marketplace=site.id,
        context={"host": host},
    )


def _check_form(url: str) -> str:
    if any(char <= " " or char in {"\\", "\x7f"} for char in url):
        raise UnexpectedResponse("An address with spaces or control characters was refused.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UnexpectedResponse("An address that cannot be read was refused.") from None
    if parts.scheme != "https" or not host or parts.username is not None or parts.password is not None:
        raise UnexpectedResponse(
            f"Only plain https addresses are opened; {redact_url(url)} was refused.", context={"host": host}
        )
    if port not in {None, 443}:
        raise UnexpectedResponse(
            f"Only the usual https port is used; {redact_url(url)} was refused.", context={"host": host}
        )
    return urlunsplit(("https", host, parts.path or "/", parts.query, ""))


def _read_sandbox_url(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    harmless = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme != "http" or host not in LOOPBACK_NAMES or not harmless:
        raise UserInputError(
            "The sandbox address must be on this machine, such as http://127.0.0.1:8765; "
            "use 127.0.0.1, localhost or [::1]."
        )
    netloc = f"[{host}]" if ":" in host else host
    return f"http://{netloc}{f':{port}' if port is not None else ''}{parts.path.rstrip('/')}"


_FAKE_DNS_NET = ipaddress.ip_network("198.18.0.0/15")
"""Set aside for benchmarks (RFC 2544), hence on no real network; some VPNs answer DNS with it, though."""


def is_private_address(text: str) -> bool:
    """Say whether an IP address is one that no marketplace can have: private, loopback, link-local."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return True
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.version == 4 and address in _FAKE_DNS_NET:
        return False
    return (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
