"""A catalogue in an empty folder, and feeds written on the spot."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClock

from core.feeds.catalogue import FeedCatalogue

Row = dict[str, Any]
COLUMNS = ("id", "title", "description", "link", "price", "availability", "brand", "formats", "polygons")


@pytest.fixture
def catalogue(tmp_path: Path) -> FeedCatalogue:
    """An empty one."""
    return FeedCatalogue(tmp_path / "feeds", clock=FakeClock())


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as a feed: ``write("a.tsv", [{...}])``; the name's ending says how."""

    def write_feed(name: str, rows: Iterable[Row]) -> Path:
        path = tmp_path / name
        rows = list(rows)
        plain = name.removesuffix(".gz")
        if plain.endswith(".jsonl"):
            text = "".join(json.dumps(row) + "\n" for row in rows)
        else:
            columns = list(dict.fromkeys(key for row in rows for key in row))
            lines = [columns, *([str(row.get(key, "")) for key in columns] for row in rows)]
            text = "".join("\t".join(line) + "\n" for line in lines)
        data = text.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write_feed


@pytest.fixture
def product() -> Callable[..., Row]:
    """Make a product's row: ``product(1, title="Oak chair")``."""

    def make(number: int, **more: Any) -> Row:
        row = {
            "id": str(1_000_000 + number),
            "title": f"Model {number} 3D model",
            "price": "19.00 USD",
            "availability": "in stock",
            "brand": "studio",
        }
        return {**row, **more}

    return make
