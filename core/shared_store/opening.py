"""Opens the shared store that the settings name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..errors import UserInputError
from .folder import FolderObjects
from .keys import StudioKeys
from .objects import Objects
from .store import SharedStore


def open_shared_store(
    place: str, *, sealing: bool, read_keys: Callable[[], StudioKeys]
) -> SharedStore | None:
    """Open a folder (an absolute path) or an address such as ``s3://bucket/folder``; None for an empty text.

    Connects nowhere. Raises UserInputError for a place that cannot be.
    """
    if not place:
        return None
    return SharedStore(objects=_open_objects(place), read_keys=read_keys, sealing=sealing)


def _open_objects(place: str) -> Objects:
    if "://" in place:
        # Only who has such a store needs the package for it.
        from .fsspec_objects import open_fsspec

        return open_fsspec(place)
    root = Path(place)
    if not root.is_absolute():
        raise UserInputError(
            f"The shared store must be an absolute path or an address, not {place!r}.",
            code="shared_store.bad_place",
        )
    return FolderObjects(root=root)
