"""What the HTTP layer needs to know about a marketplace, so that it need not know the marketplaces.

``marketplaces.base.MarketplaceInfo`` is one of these by its shape; importing it here would turn the
layers upside down.
"""

from __future__ import annotations

from typing import Protocol

from .auth import AuthConfig


class Site(Protocol):
    """Identity, authentication, hosts and ceiling of one marketplace."""

    @property
    def id(self) -> str:
        """Stable short name."""
        ...

    @property
    def name(self) -> str:
        """Name for people."""
        ...

    @property
    def auth(self) -> AuthConfig:
        """Where and how to authenticate."""
        ...

    @property
    def api_hosts(self) -> frozenset[str]:
        """Hosts that may see a credential."""
        ...

    @property
    def download_hosts(self) -> frozenset[str]:
        """Hosts, or suffixes with a leading dot, that a file may come from."""
        ...

    @property
    def preview_hosts(self) -> frozenset[str]:
        """Hosts, or suffixes with a leading dot, that previews come from."""
        ...

    @property
    def key_page_url(self) -> str:
        """Where the user gets a key."""
        ...

    @property
    def requests_per_hour(self) -> int:
        """Our own ceiling."""
        ...
