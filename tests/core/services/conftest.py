"""Services over a real ledger on disk, with time and marketplaces that the test steers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import MODEL
from shops import Shop, open_shop

from core.model.listing import Listing


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop with an empty ledger; beside the real marketplaces there are three that a test steers."""
    with open_shop(tmp_path) as opened:
        yield opened


@pytest.fixture
def model() -> Listing:
    """A 3D model."""
    return MODEL
