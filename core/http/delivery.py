"""What a download is made of, as values and ports: the link, the patience, the file that came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .cancel import CancelToken, Pause
from .routes import Routes
from .sending import Timeouts
from .site import Site
from .transport import NO_PEER, Peer, Transport

OnProgress = Callable[[int, int | None], None]
"""Told the bytes that are there and, if known, how many there will be."""


class Link(Protocol):
    """Where a file is: a ``marketplaces.base.DownloadLink`` by its shape."""

    @property
    def url(self) -> str:
        """Signed address; a secret."""
        ...

    @property
    def name(self) -> str:
        """The vendor's file name."""
        ...

    @property
    def size(self) -> int | None:
        """Bytes, when told."""
        ...

    @property
    def sha256(self) -> str | None:
        """Hash, when told."""
        ...

    @property
    def token_parameter(self) -> str:
        """Query parameter in which the host wants the account's token; empty: none."""
        ...


class SignLink(Protocol):
    """Puts the account's token into an address; see ``TokenKeeper.sign_link``."""

    def __call__(
        self, link: Link, site: Site, *, renew: bool = False, cancel: CancelToken | None = None
    ) -> str:
        """Return the address to open, which is a secret; ``renew``: the one given before was refused."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedFile:
    """A whole file. ``name`` is safe to use; ``media_type`` is what the server said, "" when nothing."""

    path: Path
    sha256: str
    size: int
    name: str
    media_type: str
    source_host: str
    peer: Peer = NO_PEER
    """Who the last bytes came from: whether the connection was secured, and by which certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadPolicy:
    """How patient we are. ``idle_attempts`` counts tries in a row that brought no byte."""

    idle_attempts: int = 5
    all_attempts: int = 1000
    restarts: int = 8
    """How often to begin again at the first byte: some servers never get beyond a certain one."""
    fresh_links: int = 3
    first_wait_s: float = 0.5
    longest_wait_s: float = 20.0
    longest_asked_wait_s: float = 120.0
    max_bytes: int = 20 * 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What a transfer works with."""

    transport: Transport
    routes: Routes
    pause: Pause
    random: Callable[[], float]
    check_online: Callable[[], None]
    user_agent: str
    timeouts: Timeouts
    policy: DownloadPolicy
    sign_link: SignLink | None
