"""What a walk is: the rows of the table in :mod:`walk_table`, as values. Runs in Blender's Python, too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.marketplaces import registry
from core.marketplaces.base import AppAuth, Capability, MarketplaceInfo
from core.model.listing import MediaKind


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One wrong turn: what has happened before the user does something, and what the sentence says of it."""

    name: str
    arrange: Callable[[Any], object] = lambda _walker: None
    says: tuple[str, ...] = ()
    listing: str = ""
    """Another listing than the good one."""
    words: str = ""
    """Words that find it."""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Limited:
    """One way in which a marketplace says "too many requests"."""

    name: str
    fault: Mapping[str, Any]
    says: str
    """What the user is told about how long, as a regular expression."""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What is different about a marketplace. ``good``, ``editorial`` are listing ids of the sandbox."""

    marketplace: str
    words: str
    """Finds ``good``, and with it ``editorial`` where that can be found."""
    kind: MediaKind
    good: str
    editorial: str = ""
    details: str = ""
    """Path of the request that reads a listing, with ``{id}``."""
    purchase: str = ""
    """Method and path of the request that buys."""
    files: str = ""
    """Host of the files."""
    editorial_words: str = ""
    """Other words that find the editorial listing."""
    by_hand: str = ""
    """Where files cannot be fetched again: some file of the sandbox, as what the user gets another way."""
    feed: str = ""
    """Where the sandbox has the product feed."""
    tier: str = ""
    """The license that is chosen on the website, as its form calls it."""
    other: str = ""
    """Another product of the website, for when the wrong file is picked."""
    into_cache: bool = False
    """Whether another program downloads the file, into a cache of its own."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    """The keys that are entered; empty: all that are asked for."""
    no_money: tuple[Trouble, ...] = ()
    no_rights: tuple[Trouble, ...] = ()
    not_licensed: tuple[Trouble, ...] = ()
    surcharge: tuple[Trouble, ...] = ()
    """It can be had, but for more than what is paid for already."""
    noted: tuple[Trouble, ...] = ()
    """The account's administrator wants something noted with every license."""
    changed: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """What can change between approval and purchase: a name, and what to tell the sandbox."""
    limited: tuple[Limited, ...] = ()

    def __str__(self) -> str:
        return self.marketplace

    @property
    def info(self) -> MarketplaceInfo:
        """Everything that the marketplace says of itself."""
        return registry.find(self.marketplace).INFO

    def can(self, *capabilities: Capability) -> bool:
        """Say whether it offers all of them."""
        return set(capabilities) <= self.info.capabilities

    @property
    def has_keys(self) -> bool:
        """Whether there is a key to enter."""
        return self.info.auth.app is not AppAuth.NONE

    @property
    def on_website(self) -> bool:
        """Whether it is bought on the website."""
        return self.can(Capability.PURCHASE_WEB)

    @property
    def signs_in(self) -> bool:
        """Whether somebody signs in."""
        return bool(self.info.auth.authorize_url)
