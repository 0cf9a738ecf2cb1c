"""Shared stores in folders, with keys in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from shared_files import Keys

from core.shared_store.folder import FolderObjects
from core.shared_store.store import SharedStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the shared store is."""
    folder = tmp_path / "Freigabe Büro" / "store"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def open_store(root: Path) -> Callable[..., SharedStore]:
    """Open the store from one more machine, which has some keys."""

    def opened(*keys: bytes, sealing: bool = True) -> SharedStore:
        return SharedStore(objects=FolderObjects(root=root), read_keys=Keys(*keys), sealing=sealing)

    return opened
