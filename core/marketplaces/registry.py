"""Which marketplaces there are. A module is imported when it is first asked for, and never changed.

Adding one is one line here. It must not know anything else about a marketplace.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import cast

from ..errors import UserInputError
from .base import Marketplace

MODULES: Mapping[str, str] = MappingProxyType(
    {
        "adobe_stock": ".adobe_stock",
        "cgtrader": ".cgtrader",
        "getty_images": ".getty_images",
        "pond5": ".pond5",
        "shutterstock": ".shutterstock",
        "turbosquid": ".turbosquid",
        "unity": ".unity",
    }
)
"""Marketplace id → module, relative to this package: the same code runs under three package names."""


def all_ids() -> tuple[str, ...]:
    """Return the ids of all marketplaces, sorted."""
    return tuple(sorted(MODULES))


def find(marketplace_id: str) -> Marketplace:
    """Return the marketplace with an id; raise UserInputError that lists the known ones."""
    path = MODULES.get(marketplace_id)
    if path is None:
        raise UserInputError(
            f"“{marketplace_id[:40]}” is not a marketplace that Clearance knows. "
            f"Choose one of: {', '.join(all_ids())}.",
            code="user_input.marketplace",
        )
    return cast(Marketplace, import_module(path, __package__))
