"""A studio whose marketplaces and clock a test steers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from studio_shop import StudioShop, open_studio_shop


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[StudioShop]:
    """A ledger without members: one person's."""
    with open_studio_shop(tmp_path) as opened:
        yield opened


@pytest.fixture
def house(alone: StudioShop) -> StudioShop:
    """A studio with people."""
    alone.add_people()
    return alone
